/* Files that hold segments: complete before they have a name, backed before they are touched. */
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
/* Opens regular files only: -ELOOP for a symbolic link, -EISDIR for a directory, -ENXIO for anything else. */
int shoal__file_open(const char *path, bool readonly);
int shoal__file_reopen(int fd, bool readonly); /* another open file description of the same file */
/* Around many of these calls by one thread: opens the folder in /proc once, and reads the limit of descriptors once. */
void shoal__file_many_begin(void);
void shoal__file_many_end(void);
int shoal__file_open_link(const char *path); /* for writing, through a link in /proc */
/* The number `to` refers to what `from` did, which is closed. < 0: both are unchanged. */
int shoal__file_become(int from, int to);
int shoal__file_stat(int fd, struct shoal_stat *out);
int shoal__file_read(int fd, void *out, size_t size, uint64_t offset); /* all of it, or -ENODATA */

/*
 * This thread in /proc. "self" is the first thread of the process, which has no descriptors any more once it has ended;
 * but kernels before 3.17, and some sandboxes, have only that.
 */
#define PROC_OWN "/proc/thread-self"
#define PROC_FIRST "/proc/self"

int shoal__file_make(const char *path); /* -EEXIST if it is there */
int shoal__file_dup(int fd);            /* another descriptor of the same description */
int shoal__file_sync(int fd);           /* flush all of it from the kernel's memory to the disk */
/*
 * A nameless file in the directory of `path`, or memory (path NULL). Where nameless files do not exist: one with a
 * temporary name (temporary.h), which is left in `temporary`.
 */
int shoal__file_new(const char *path, char *temporary, size_t capacity);
int shoal__file_prepare(int fd, uint64_t size, uint32_t mode, int64_t group);
/*
 * Is `fd` still that file? 0: yes; -EBADF: no, somebody closed our number, or it is another file's now; any other
 * -errno: the system did not say, so neither is proved.
 */
int shoal__file_compare(int fd, uint64_t device, uint64_t inode);

/* Call `each` with every name in a directory (with none if it does not exist), until `each` returns non-zero. */
int shoal__file_list(const char *directory, int (*each)(void *argument, const char *name), void *argument);

/*
 * A hash that identifies this state of the file while the machine is up. It changes when the file is written (also by
 * the first store into a clean page of a mapping), truncated, renamed, or its mode or times are set. 0: not known.
 */
uint64_t shoal__file_place(int fd);
/* *type: the name of its file system, if locks and mappings there may involve several hosts or a server; else NULL. */
int shoal__file_is_remote(int fd, const char **type);

/* Is this descriptor, the lowest number that was free, in the lower half of those that the process may have? */
bool shoal__file_leaves_room(int fd);

void shoal__close(int fd);
/* Does not close it if the number is proved to be another file's by now. */
void shoal__close_own(int fd, uint64_t device, uint64_t inode);

#endif
