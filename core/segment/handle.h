/*
 * The handles of an attach: one per open object and context, counted; each is one pin in the segment. Called with the
 * context's lock held.
 */
#ifndef SHOAL_SEGMENT_HANDLE_H
#define SHOAL_SEGMENT_HANDLE_H

#include "segment/directory.h"
#include "segment/object.h"

static inline shoal_object **shoal__handle_bucket(shoal_segment *segment, uint32_t entry)
{
    uint32_t hash = entry * 2654435769u; /* Knuth, TAOCP 3, 6.4 */
    return &segment->handles[hash >> (__builtin_clz(segment->handle_buckets) + 1)];
}

static inline shoal_object *shoal__handle_known(shoal_segment *segment, uint32_t entry, uint32_t serial)
{
    for (shoal_object *it = segment->handles ? *shoal__handle_bucket(segment, entry) : NULL; it; it = it->next)
        if (it->entry == entry && it->serial == serial && !it->lost)
            return it;
    return NULL;
}

/* Make room for one more. False: there is no memory for the first one. */
bool shoal__handle_room(shoal_segment *segment);
shoal_object *shoal__handle_new(shoal_segment *segment, const char *name, size_t length); /* NULL: no memory */
/* Enter it into the table, under the entry that was found. */
void shoal__handle_enter(shoal_object *object, const struct shoal_found *found);
/* The next in the table after `it`, or the first of all; NULL after the last. */
shoal_object *shoal__handle_next(const shoal_segment *segment, const shoal_object *it);
void shoal__handle_forget(shoal_object *object);
void shoal__handle_free(shoal_object *object); /* a handle that is in no table */

/* The room of the block that the entry leads to, cut to the mapping; 0: there is no block. */
uint64_t shoal__room_of(const shoal_segment *segment, const struct entry_sh *entry);
/* Find the body and its room. False: there is less room than its kind needs. */
bool shoal__handle_find_body(shoal_object *object, const struct entry_sh *entry);

void shoal__disown_ended_locked(shoal_segment *segment); /* segment/context.h */

/*
 * In a forked child, at once: changes only its own memory. The child's next call frees handles that only the parent
 * needed.
 */
void shoal__handle_orphan(shoal_object *object);
void shoal__free_orphans_locked(struct shoal_context *context);

#endif
