/* Names of files: a name is given without replacing another, and unlinked only if it is the checked file's. */
#ifndef SHOAL_PLATFORM_NAMES_H
#define SHOAL_PLATFORM_NAMES_H

#include <stdbool.h>
#include <stdint.h>

int shoal__directory_length(const char *path); /* up to and including its last '/' */

/* All return 0 or -errno. Give the file of `fd` its name, atomically; -EEXIST if the name is taken. */
int shoal__file_publish(int fd, const char *path, const char *temporary);
void shoal__file_discard(const char *temporary);
/*
 * As shoal__file_publish, or, with `overwrite`, replace the file of that name. The temporary name is gone in any case.
 */
int shoal__file_settle(int fd, const char *path, const char *temporary, bool overwrite);
/* Unlink other names of this file beside `path`: temporary names and names aside that a death left. */
void shoal__file_drop_spares(const char *path, uint64_t device, uint64_t inode);

int shoal__file_exists(const char *path); /* 1, 0, or -errno: the system did not say */
bool shoal__file_is(const char *path, uint64_t device, uint64_t inode);
int shoal__file_named(const char *path, uint64_t device, uint64_t inode); /* 0: it is that file; -ENOENT: it is not */

/*
 * Unlink `path` if it is a name of that file: -ENOENT if it is another file's, which keeps it. The file is moved aside
 * to an unpredictable name, checked there, and unlinked or moved back. -EEXIST: it was another file, and `path` was
 * taken meanwhile, so that file stays under the name `.shoal-old-…`.
 */
int shoal__file_take_away(const char *path, uint64_t device, uint64_t inode);
/*
 * `file` lies in the directory of the path `beside`. If it is a file of this user that a process moved aside, unlink it
 * or move it back, as that process would have; if its maker died and left it under a temporary name, unlink it. 0: it
 * is unlinked.
 */
int shoal__file_tidy(const char *beside, const char *file);
/*
 * The same for all files moved aside from the name `path`, and for all temporary names beside it. 0: one that was moved
 * aside is unlinked now; SHOAL_MAY_BE_BACK: one may have its name back; -ENOENT: none was moved aside. Reads the whole
 * directory.
 */
#define SHOAL_MAY_BE_BACK 1
int shoal__file_finish(const char *path);

#endif
