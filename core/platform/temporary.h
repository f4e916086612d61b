/*
 * Names that a file has until it gets its own, `.shoal-new-…`: made, kept by their maker, and swept after its death.
 * The maker holds a byte lock on the file (liveness.h) as long as the file has such a name; whoever can take that lock
 * knows that the maker is dead.
 */
#ifndef SHOAL_PLATFORM_TEMPORARY_H
#define SHOAL_PLATFORM_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

bool shoal__is_temporary(const char *file);
/* Make such a name, free and unpredictable, beside `path`. 0 or -errno. */
int shoal__temporary_name(char *temporary, size_t capacity, const char *path);
/* Create a file with such a name beside `path`, and lock it. A descriptor, or -errno and no name. */
int shoal__temporary_new(char *temporary, size_t capacity, const char *path);
/*
 * `file` lies in the directory of the path `beside`: if it is a file of this user whose maker is dead, unlink it. 0:
 * unlinked.
 */
int shoal__temporary_sweep(const char *beside, const char *file);

#endif
