/* Names to objects: a chained hash table that readers follow without a lock. docs/format.md, "The directory". */
#ifndef SHOAL_SEGMENT_DIRECTORY_H
#define SHOAL_SEGMENT_DIRECTORY_H

#include "platform/clock.h"
#include "segment/segment.h"
#include "segment/table.h"

/* Where a name was found, and what must not have changed for that to be true still. */
struct shoal_found {
    struct entry_sh *entry;
    uint32_t ref;
    const shoal_word *table; /* the header's, or its `growth` where the table grows */
    uint32_t table_ref;
    struct bucket_sh *bucket;
    uint32_t bucket_version;
};

uint32_t shoal__name_hash(const struct shoal_segment *segment, const char *name, size_t length);
/* SHOAL_OK, SHOAL_ENOKEY (no sentence is made), SHOAL_ECORRUPT. Without a lock. */
int shoal__find(struct shoal_found *out, const struct shoal_segment *segment, const char *name, size_t length,
                uint32_t hash);
/* The same for a reader that begins again itself: all its beginnings have one patience. */
int shoal__find_again(struct shoal_found *out, const struct shoal_segment *segment, const char *name, size_t length,
                      uint32_t hash, struct shoal_patience *patience);
int shoal__never_still(const struct shoal_segment *segment); /* SHOAL_ECORRUPT: patience is over */
/* Is the table current, and has nothing left that chain since? Then what was read from both had not been freed. */
static inline bool shoal__still_there(const struct shoal_found *found)
{
    fence_acquire();
    return load_relaxed(&found->bucket->version) == found->bucket_version &&
           load_relaxed(found->table) == found->table_ref;
}
/* The body that the entry has now. */
static inline uint32_t shoal__body_of(const struct entry_sh *entry)
{
    return load_acquire((shoal_word *)&entry->body[load_acquire((shoal_word *)&entry->version) / 2 % 2]);
}
int shoal__no_such_object(const struct shoal_segment *segment, const char *name, size_t length); /* SHOAL_ENOKEY */

/* Under the lock, inside a change: */
struct entry_sh *shoal__entry_locked(const struct shoal_segment *segment, const char *name, size_t length,
                                     uint32_t hash, uint32_t *ref);
/* Add a name; `body` becomes the entry's. The caller commits. */
int shoal__entry_add_locked(struct shoal_segment *segment, const char *name, size_t length, uint32_t hash, int kind,
                            uint32_t body);
/*
 * Each is one change, committed. *big: a run that is in our hands now, free but for its memory, which
 * shoal__big_dispose gives back without the lock (0: none).
 */
int shoal__entry_remove_locked(struct shoal_segment *segment, uint32_t ref, uint32_t *big);
int shoal__pin_locked(struct shoal_segment *segment, uint32_t slot, uint32_t ref, uint32_t *pin);
int shoal__unpin_locked(struct shoal_segment *segment, uint32_t pin, uint32_t *big);
/* Free a body inside a change; a big one goes into our hands and *big. */
void shoal__free_body_locked(struct shoal_segment *segment, uint32_t body, uint32_t *big);
/* Free one that is in limbo, if nobody has it open any more: a change, committed. SHOAL_PENDING: somebody has. */
int shoal__limbo_free_locked(struct shoal_segment *segment, uint32_t ref, uint32_t *big);

#endif
