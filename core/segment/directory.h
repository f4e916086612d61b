/* From names to objects: a chained hash table that readers follow without a lock. docs/format.md, "The directory". */
#ifndef SHOAL_SEGMENT_DIRECTORY_H
#define SHOAL_SEGMENT_DIRECTORY_H

#include "platform/clock.h"
#include "segment/segment.h"
#include "segment/table.h"

/* Where a name was found, and which words must not have changed for that still to be true. */
struct shoal_found {
    struct entry_sh *entry;
    uint32_t ref;
    const shoal_word *table; /* header_sh.table; header_sh.growth if the name was found in a growing table */
    uint32_t table_ref;      /* the value of that word */
    struct bucket_sh *bucket;
    uint32_t bucket_version;
};

uint32_t shoal__name_hash(const struct shoal_segment *segment, const char *name, size_t length);
/* SHOAL_OK, SHOAL_ENOKEY (sets no sentence), SHOAL_ECORRUPT. Without a lock. */
int shoal__find(struct shoal_found *out, const struct shoal_segment *segment, const char *name, size_t length,
                uint32_t hash);
/* The same for a caller that itself retries: all its tries share one retry budget. */
int shoal__find_again(struct shoal_found *out, const struct shoal_segment *segment, const char *name, size_t length,
                      uint32_t hash, struct shoal_patience *patience);
int shoal__never_still(const struct shoal_segment *segment); /* SHOAL_ECORRUPT: the retry budget is used up */
/* Is the table still current, and has nothing left the chain since? Then what was read from them was not freed yet. */
static inline bool shoal__still_there(const struct shoal_found *found)
{
    fence_acquire();
    return load_relaxed(&found->bucket->version) == found->bucket_version &&
           load_relaxed(found->table) == found->table_ref;
}
/* The ref of the entry's current body. */
static inline uint32_t shoal__body_of(const struct entry_sh *entry)
{
    return load_acquire((shoal_word *)&entry->body[load_acquire((shoal_word *)&entry->version) / 2 % 2]);
}
int shoal__no_such_object(const struct shoal_segment *segment, const char *name, size_t length); /* SHOAL_ENOKEY */

/* With the structure's lock held: */
struct entry_sh *shoal__entry_locked(const struct shoal_segment *segment, const char *name, size_t length,
                                     uint32_t hash, uint32_t *ref);
/* Add a name, inside a change that the caller commits; `body` then belongs to the entry. */
int shoal__entry_add_locked(struct shoal_segment *segment, const char *name, size_t length, uint32_t hash, int kind,
                            uint32_t body);
/*
 * Each is one change, committed. *big: 0, or a run that we own privately now: the caller gives it to shoal__big_dispose
 * when it has released the lock.
 */
int shoal__entry_remove_locked(struct shoal_segment *segment, uint32_t ref, uint32_t *big);
int shoal__pin_locked(struct shoal_segment *segment, uint32_t slot, uint32_t ref, uint32_t *pin);
int shoal__unpin_locked(struct shoal_segment *segment, uint32_t pin, uint32_t *big);
/* Free a body inside a change; a big one becomes privately owned, in *big. */
void shoal__free_body_locked(struct shoal_segment *segment, uint32_t body, uint32_t *big);
/*
 * Free an entry in limbo, or one part of its object, if no process has it open any more: one change, committed.
 * SHOAL_PENDING: one has. PARTS_LEFT: a part is freed, call again. The two above free no parts: after PARTS_LEFT the
 * entry is in limbo, nobody has it open, and shoal__sweep_parts goes on.
 */
#define PARTS_LEFT 32767 /* a status that no API call returns */
int shoal__limbo_free_locked(struct shoal_segment *segment, uint32_t ref, uint32_t *big);

#endif
