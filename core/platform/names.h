/* Names of files: given once, and taken away from the file that was judged and from no other. */
#ifndef SHOAL_PLATFORM_NAMES_H
#define SHOAL_PLATFORM_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* All return 0 or -errno. Give `fd` its name, atomically; -EEXIST if somebody was first. */
int shoal__file_publish(int fd, const char *path, const char *temporary);
void shoal__file_discard(const char *temporary);
/* Bring the file to the disk, then give it that name instead of its own; -EEXIST if it is taken, unless `overwrite`. */
int shoal__file_settle(const char *from, const char *to, bool overwrite);
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
/* `file` lies in the directory of the path `beside`: if a dead process of this user moved it aside, end what it had begun. 0: it is unlinked. */
int shoal__file_tidy(const char *beside, const char *file);
/* Nothing has that name. Is there what was moved aside from it to be unlinked, and was not? 0: it is unlinked now; else -ENOENT. */
int shoal__file_finish(const char *path);

#endif
