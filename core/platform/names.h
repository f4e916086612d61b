/* Names of files: given once, and taken away from the file that was judged and from no other. */
#ifndef SHOAL_PLATFORM_NAMES_H
#define SHOAL_PLATFORM_NAMES_H

#include <stdbool.h>
#include <stdint.h>

int shoal__directory_length(const char *path); /* up to its last '/', that one included */

/* All return 0 or -errno. Give `fd` its name, atomically; -EEXIST if somebody was first. */
int shoal__file_publish(int fd, const char *path, const char *temporary);
void shoal__file_discard(const char *temporary);
/* The same, or, with `overwrite`, replace what has that name. `temporary` is gone in any case. */
int shoal__file_settle(int fd, const char *path, const char *temporary, bool overwrite);
/* The temporary names that a dead creator left this file, or one who could not unlink it, beside that path. */
void shoal__file_drop_spares(const char *path, uint64_t device, uint64_t inode);

int shoal__file_exists(const char *path); /* 1, 0, or -errno: the system did not say */
bool shoal__file_is(const char *path, uint64_t device, uint64_t inode);
int shoal__file_named(const char *path, uint64_t device, uint64_t inode); /* the same; -ENOENT: it is not */

/*
 * Take that name away from that file: -ENOENT if it is another's, which keeps it. The name is moved to one that nobody can
 * foretell, looked at there, and unlinked or put back. Should others have taken the old name in that moment: -EEXIST, and the file,
 * which is not the one that was meant, stays under the name `.shoal-old-…`.
 */
int shoal__file_take_away(const char *path, uint64_t device, uint64_t inode);
/*
 * `file` lies in the directory of the path `beside`: if a dead process of this user moved it aside, end what it had begun, and if its
 * dead maker left it there under a temporary name, unlink it. 0: it is unlinked.
 */
int shoal__file_tidy(const char *beside, const char *file);
/*
 * The same for all that was moved aside from the name `path`, and for all temporary names beside it. 0: what was to be unlinked
 * is; SHOAL_MAY_BE_BACK: there was something, and it may have its name back; -ENOENT: nothing. Costs a look through the directory.
 */
#define SHOAL_MAY_BE_BACK 1
int shoal__file_finish(const char *path);

#endif
