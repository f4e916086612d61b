/* Files that hold segments: made whole before they have a name, backed before they are touched. */
#ifndef SHOAL_PLATFORM_FILE_H
#define SHOAL_PLATFORM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shoal_stat {
    uint64_t device, inode, size, committed; /* bytes */
    uint32_t owner, mode, links;
    bool regular, directory;
};

/* All return 0 or a descriptor, or -errno. */
/* Of regular files: -ELOOP a symbolic link, -EISDIR, -ENXIO any other. Nothing else is ever opened. */
int shoal__file_open(const char *path, bool readonly);
int shoal__file_reopen(int fd, bool readonly); /* another description of the same file */
/* Around many of these by one thread: the way through /proc is gone once, and the limit of numbers asked for once. */
void shoal__file_many_begin(void);
void shoal__file_many_end(void);
int shoal__file_open_link(const char *path); /* for writing, through a link of /proc */
int shoal__file_become(int from, int to); /* `to` is what `from` was, which is closed; < 0: both are what they were */
int shoal__file_stat(int fd, struct shoal_stat *out);
int shoal__file_read(int fd, void *out, size_t size, uint64_t offset); /* all of it, or -ENODATA */

/*
 * This thread in /proc. "self" is the first thread of the process, which has no descriptors any more once it has ended; but kernels
 * before 3.17, and some sandboxes, know only that.
 */
#define PROC_OWN "/proc/thread-self"
#define PROC_FIRST "/proc/self"

int shoal__file_make(const char *path); /* -EEXIST if it is there */
int shoal__file_dup(int fd);            /* the same description */
int shoal__file_sync(int fd);           /* nothing of it is in the kernel's memory only */
/* A nameless file in the directory of `path`, or memory (path NULL). Where there is none: of a name like temporary.h's, in `temporary`. */
int shoal__file_new(const char *path, char *temporary, size_t capacity);
int shoal__file_prepare(int fd, uint64_t size, uint32_t mode, int64_t group);
/*
 * Is `fd` still that file? 0: yes; -EBADF: no, somebody closed our number, or has it for another file; any other -errno: the
 * system did not say, so neither is proved.
 */
int shoal__file_compare(int fd, uint64_t device, uint64_t inode);

/* Call `each` with the name of everything in a directory (none, if that is not there), until it returns non-zero. */
int shoal__file_list(const char *directory, int (*each)(void *argument, const char *name), void *argument);

/*
 * What the kernel knows this file by, as long as the machine is not started again and nothing of it is changed: written, also by the
 * first store into a clean page of a mapping, cut, given another name, mode or time. 0: it does not say enough.
 */
uint64_t shoal__file_place(int fd);
/* *type: the name of the file system it is on if its locks and mappings may be those of several hosts or a server; else NULL. */
int shoal__file_is_remote(int fd, const char **type);

/* Is that number, the lowest that was free, in the lower half of those that this process may have? */
bool shoal__file_leaves_room(int fd);

void shoal__close(int fd);
void shoal__close_own(int fd, uint64_t device,
                      uint64_t inode); /* unless the number is proved to be another file's by now */

#endif
