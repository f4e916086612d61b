/*
 * Temporary names, `.shoal-new-…`, which a file has until it gets its own name. The maker of the file holds a byte lock
 * on it (liveness.h) as long as the file has such a name; a process that can take that lock knows that the maker is
 * dead, and unlinks the name (a sweep).
 */
#ifndef SHOAL_PLATFORM_TEMPORARY_H
#define SHOAL_PLATFORM_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

bool shoal__is_temporary(const char *file);
/* Write a temporary name with random digits, in the directory of `path`. 0 or -errno. */
int shoal__temporary_name(char *temporary, size_t capacity, const char *path);
/* Create a file with a temporary name beside `path`, and lock it. Its descriptor, or -errno and no name. */
int shoal__temporary_new(char *temporary, size_t capacity, const char *path);
/*
 * `file` lies in the directory of the path `beside`: if it is a file of this user whose maker is dead, unlink it. 0:
 * unlinked.
 */
int shoal__temporary_sweep(const char *beside, const char *file);

#endif
