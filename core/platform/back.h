/* Memory, or disk blocks, for files: backed before they are touched, and punched. An int is 0 or -errno. */
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
 * The same for all parts of [offset, offset+size) that the file system calls a hole. *clear, 0 at first: there is no
 * hole between the last call's range and it. Ask in ascending order, for finding a hole costs what lies before it.
 */
int shoal__file_fill_holes(int fd, void *base, uint64_t offset, uint64_t size, uint64_t *clear);
/* Punch it: what was punched reads as zero afterwards. 0: all of it; 1: on a disk, only whole pieces of 2 MiB. */
int shoal__file_punch(int fd, uint64_t offset, uint64_t size);
/* On tmpfs and its like: a page that fallocate has backed can be written to, whatever happens later. */
bool shoal__file_is_memory(int fd);

uint64_t shoal__file_free_space(int fd); /* bytes free on its file system */
/* Can the file system hold so many bytes? tmpfs no more than its limit; of others we cannot know, so: true. */
bool shoal__file_holds(int fd, uint64_t bytes);

#endif
