/* What the files of Locks ask of each other. */
#ifndef SHOAL_OBJECTS_LOCKS_H
#define SHOAL_OBJECTS_LOCKS_H

#include "objects/objects.h"
#include "store/keys.h"

extern const struct shoal_waits shoal__key_waits[];                     /* locks_take.c */
int shoal__key_check(const shoal_object *object, const shoal_key *key); /* its length */
struct shoal_key_ask shoal__key_ask(const shoal_object *object, const shoal_key *key, bool shared, bool task);
const char *shoal__key_quote(char *buffer, const shoal_key *key); /* of SHOAL__QUOTE_SIZE bytes */

#endif
