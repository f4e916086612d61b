/*
 * The handles of an attach: one for each open object, with a count of its users and one pin in the segment. Called with
 * the context's lock held.
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

/* Make room in the table for one more handle. False: there is no memory for a first table. */
bool shoal__handle_room(shoal_segment *segment);
shoal_object *shoal__handle_new(shoal_segment *segment, const char *name, size_t length); /* NULL: no memory */
/* Enter the handle into the table, under the entry that was found. */
void shoal__handle_enter(shoal_object *object, const struct shoal_found *found);
/* The handle after `it` in the table, or, if `it` is NULL, the first; NULL after the last. */
shoal_object *shoal__handle_next(const shoal_segment *segment, const shoal_object *it);
void shoal__handle_forget(shoal_object *object);
void shoal__handle_free(shoal_object *object); /* a handle that is in no table */

/* How many bytes the block of the entry's body has, within the mapping; 0: there is no block. */
uint64_t shoal__room_of(const shoal_segment *segment, const struct entry_sh *entry);
/* Set the body and capacity of the handle. False: there is no body, or it is smaller than its kind needs. */
bool shoal__handle_find_body(shoal_object *object, const struct entry_sh *entry);

void shoal__disown_ended_locked(shoal_segment *segment); /* a part of shoal__disown_ended (segment/context.h) */

/*
 * In a forked child, where nothing can be freed at once: move a handle that only the parent needed out of the table,
 * into a list. The child's next call frees that list.
 */
void shoal__handle_orphan(shoal_object *object);
void shoal__free_orphans_locked(struct shoal_context *context);

#endif
