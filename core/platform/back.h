/* Memory, or disk, for files: given before they are touched, and given back. An int is 0 or -errno. */
#ifndef SHOAL_PLATFORM_BACK_H
#define SHOAL_PLATFORM_BACK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Back [offset, offset+size) with memory or disk, so that no store there is a SIGBUS later: -ENOSPC instead. What is there
 * already stays. `base`: where the file is mapped for writing; NULL: the file is new, there is nothing yet. On a disk what lies
 * around the range, up to multiples of 2 MiB, is backed as well, and only whole such pieces are ever punched.
 */
int shoal__file_commit(int fd, void *base, uint64_t offset, uint64_t size);
/*
 * The same for all of [offset, offset+size) that the file system calls a hole. *clear: from 0 on there is no hole before it after
 * the last call's range; ask in ascending order, for finding a hole costs what lies before it.
 */
int shoal__file_fill_holes(int fd, void *base, uint64_t offset, uint64_t size, uint64_t *clear);
/* Give it back; what was given back reads zero afterwards. 0: all of it; 1: on a disk, only whole pieces of 2 MiB. */
int shoal__file_punch(int fd, uint64_t offset, uint64_t size);
/* On tmpfs and its like: a page that fallocate has given can be written to, whatever happens later. */
bool shoal__file_is_memory(int fd);

uint64_t shoal__file_free_space(int fd); /* bytes free on its file system */
/* Can it hold so many bytes? A file on tmpfs not more than memory it takes; of others it is not known, so: true. */
bool shoal__file_holds(int fd, uint64_t bytes);

#endif
