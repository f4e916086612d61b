/* Files that hold segments: opened, made and checked. A file gets its name when it is complete (names.h). */
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

/* Each int result is 0, a descriptor, or -errno. */
/* Open a regular file only: -ELOOP for a symbolic link, -EISDIR for a directory, -ENXIO for anything else. */
int shoal__file_open(const char *path, bool readonly);
int shoal__file_reopen(int fd, bool readonly); /* another open file description of the same file */
/*
 * Put these around many calls of shoal__file_reopen and shoal__file_leaves_room by one thread: they then open the
 * folder /proc/…/fd once for all, and read the limit of descriptors once.
 */
void shoal__file_many_begin(void);
void shoal__file_many_end(void);
int shoal__file_open_link(const char *path); /* for writing, through a link in /proc */
/* Make the number `to` refer to the description of `from`, and close `from`. < 0: both are unchanged. */
int shoal__file_become(int from, int to);
int shoal__file_stat(int fd, struct shoal_stat *out);
int shoal__file_read(int fd, void *out, size_t size, uint64_t offset); /* all of it, or -ENODATA */

/*
 * The folder of this thread in /proc. /proc/self shows the first thread of the process, which has no descriptors any
 * more once it has ended; but kernels before 3.17, and some sandboxes, have only that folder.
 */
#define PROC_OWN "/proc/thread-self"
#define PROC_FIRST "/proc/self"

int shoal__file_make(const char *path); /* create; -EEXIST if the name is taken */
int shoal__file_dup(int fd);            /* another descriptor of the same description */
int shoal__file_sync(int fd);           /* flush the file from the kernel's memory to the disk */
/*
 * Create a nameless file in the directory of `path`, or in memory (`path` NULL). Where the file system has no nameless
 * files: a file with a temporary name (temporary.h), which is written to `temporary` (else "").
 */
int shoal__file_new(const char *path, char *temporary, size_t capacity);
int shoal__file_prepare(int fd, uint64_t size, uint32_t mode, int64_t group); /* group -1: not changed */
/*
 * Does `fd` still refer to that file? 0: yes; -EBADF: no, the number was closed, or refers to another file now; any
 * other -errno: the system did not say, so neither is proved.
 */
int shoal__file_compare(int fd, uint64_t device, uint64_t inode);

/* Call `each` with every name in a directory, until `each` returns non-zero. A missing directory is an empty one. */
int shoal__file_list(const char *directory, int (*each)(void *argument, const char *name), void *argument);

/*
 * A hash that identifies the file and its present state until the machine restarts. It changes when the file is written
 * (also by the first store into a clean page of a mapping), truncated, renamed, or its mode or times are set. 0:
 * unknown. *committed: the file's memory in bytes; 0 if the hash is.
 */
uint64_t shoal__file_place(int fd, uint64_t *committed);
/* *type: the file system's name if it is one of several hosts or of a server (NFS, FUSE …), else NULL. */
int shoal__file_is_remote(int fd, const char **type);

/* Is `fd`, just opened and so the lowest number that was free, in the lower half of what the limit allows? */
bool shoal__file_leaves_room(int fd);

void shoal__close(int fd);
/* Close `fd`, unless it is proved that the number refers to another file by now. */
void shoal__close_own(int fd, uint64_t device, uint64_t inode);

#endif
