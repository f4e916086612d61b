/* Names of files: given once, and unlinked only if they are those of the file that was checked. */
#ifndef SHOAL_PLATFORM_NAMES_H
#define SHOAL_PLATFORM_NAMES_H

#include <stdbool.h>
#include <stdint.h>

int shoal__directory_length(const char *path); /* up to and including its last '/' */

/* All return 0 or -errno. Give `fd` its name, atomically; -EEXIST if the name is taken. */
int shoal__file_publish(int fd, const char *path, const char *temporary);
void shoal__file_discard(const char *temporary);
/* The same, or, with `overwrite`, replace the file of that name. `temporary` is gone in any case. */
int shoal__file_settle(int fd, const char *path, const char *temporary, bool overwrite);
/* Unlink temporary names of this file beside `path` that its creator left, because it died or could not unlink them. */
void shoal__file_drop_spares(const char *path, uint64_t device, uint64_t inode);

int shoal__file_exists(const char *path); /* 1, 0, or -errno: the system did not say */
bool shoal__file_is(const char *path, uint64_t device, uint64_t inode);
int shoal__file_named(const char *path, uint64_t device, uint64_t inode); /* 0: it is; -ENOENT: it is not */

/*
 * Unlink that name of that file: -ENOENT if it is another file's, which keeps it. The name is changed to one that
 * nobody can predict, checked there, and unlinked or restored. If the old name was taken meanwhile: -EEXIST, and the
 * file, which is not the one that was meant, stays under the name `.shoal-old-…`.
 */
int shoal__file_take_away(const char *path, uint64_t device, uint64_t inode);
/*
 * `file` lies in the directory of the path `beside`. If a dead process of this user moved it aside, finish what that
 * had begun; if its dead maker left it there under a temporary name, unlink it. 0: it is unlinked.
 */
int shoal__file_tidy(const char *beside, const char *file);
/*
 * The same for all files moved aside from the name `path`, and for all temporary names beside it. 0: all are unlinked
 * that were to be; SHOAL_MAY_BE_BACK: one may have its name back; -ENOENT: there was none. Reads the whole directory.
 */
#define SHOAL_MAY_BE_BACK 1
int shoal__file_finish(const char *path);

#endif
