/* Memory, or disk blocks, for files: backed before they are touched, and punched. Each int result is 0 or -errno. */
#ifndef SHOAL_PLATFORM_BACK_H
#define SHOAL_PLATFORM_BACK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Back [offset, offset+size) with memory or disk blocks, so that no later store there is a SIGBUS: -ENOSPC instead.
 * Existing contents stay. `base`: where the file is mapped for writing; NULL: the file is new and empty. On a disk the
 * range is extended to multiples of 2 MiB, and only whole such pieces are ever punched.
 */
int shoal__file_commit(int fd, void *base, uint64_t offset, uint64_t size);
/*
 * Write the bytes into a hole, which backs it: half the price of backing it first, as nothing is zeroed and no page is
 * faulted in. 1: not all of it was written, as the file is on a disk, or a limit of this process is in the way; then
 * back it, and copy.
 */
int shoal__file_fill(int fd, uint64_t offset, const void *bytes, uint64_t size);
/*
 * As shoal__file_commit, for all holes in [offset, offset+size), as the file system reports them. *clear keeps a result from one call
 * to the next: up to that offset no hole is left after the last call's range; 0 at first. Call this for ranges in
 * ascending order: to find a hole takes time in proportion to the data before the hole.
 */
int shoal__file_fill_holes(int fd, void *base, uint64_t offset, uint64_t size, uint64_t *clear);
/*
 * Punch the range, which then reads as zero. 0: all of it; 1: not all of it, as on a disk only whole pieces of 2 MiB.
 */
int shoal__file_punch(int fd, uint64_t offset, uint64_t size);
/*
 * Is the file on tmpfs or hugetlbfs? There a page that fallocate has backed can be written to, whatever happens later.
 */
bool shoal__file_is_memory(int fd);

uint64_t shoal__file_free_space(int fd); /* bytes free on its file system */
/* False: the file is on tmpfs and has less than `bytes` of memory. True: it has as much, or we cannot tell. */
bool shoal__file_holds(int fd, uint64_t bytes);

#endif
