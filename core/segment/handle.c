/* The handles of an attach: a growing hash table, by entry. */
#include "segment/handle.h"

#include <stdlib.h>
#include <string.h>

#include "platform/process.h"
#include "segment/heap.h"
#include "segment/holds.h"
#include "sync/hold.h"

#define FIRST_HANDLES 64u

/*
 * Double the table when it has as many handles as lists. If there is no memory for that, the lists get longer; only
 * having no table at all is an error.
 */
bool shoal__handle_room(shoal_segment *segment)
{
    if (segment->holds < segment->handle_buckets)
        return true;
    uint32_t had = segment->handle_buckets;
    shoal_object **old = segment->handles, **new = calloc(had ? 2 * had : FIRST_HANDLES, sizeof *new);
    if (!new)
        return old != NULL;
    segment->handles = new;
    segment->handle_buckets = had ? 2 * had : FIRST_HANDLES;
    for (uint32_t i = 0; i < had; i++)
        for (shoal_object *it = old[i], *next; it; it = next) {
            next = it->next;
            it->next = *shoal__handle_bucket(segment, it->entry);
            *shoal__handle_bucket(segment, it->entry) = it;
        }
    free(old);
    return true;
}

void shoal__handle_free(shoal_object *object)
{
    shoal__free_shares(object);
    free(atomic_load(&object->text));
    free(object);
}

static void take_out(shoal_object *object)
{
    for (shoal_object **it = shoal__handle_bucket(object->segment, object->entry); *it; it = &(*it)->next)
        if (*it == object) {
            *it = object->next;
            break;
        }
    object->segment->holds--;
}

void shoal__handle_forget(shoal_object *object)
{
    take_out(object);
    shoal__handle_free(object);
}

shoal_object *shoal__handle_new(shoal_segment *segment, const char *name, size_t length)
{
    shoal_object *object = malloc(sizeof *object + length + 1); /* and not calloc, which bypasses the thread's cache */
    if (!object)
        return NULL;
    memset(object, 0, sizeof *object);
    object->segment = segment;
    object->generation = segment->context->generation;
    object->refs = 1;
    object->name_length = length;
    memcpy(object->name, name, length);
    object->name[length] = 0;
    return object;
}

uint64_t shoal__room_of(const shoal_segment *segment, const struct entry_sh *entry)
{
    uint32_t ref = shoal__body_of(entry);
    if (!shoal__block(segment, ref, 1))
        return 0;
    uint64_t capacity = shoal__block_capacity(segment, ref);
    uint64_t rest = segment->is.size - shoal__offset(segment, ref);
    return capacity < rest ? capacity : rest;
}

/* A writing attach calls this under the structure's lock, as body and room change only under it. */
bool shoal__handle_find_body(shoal_object *object, const struct entry_sh *entry)
{
    const shoal_segment *segment = object->segment;
    object->body = shoal__block(segment, shoal__body_of(entry), 1);
    object->capacity = shoal__room_of(segment, entry);
    return object->body && object->capacity >= shoal__least_body(segment, (uint32_t)object->kind);
}

void shoal__handle_enter(shoal_object *object, const struct shoal_found *found)
{
    shoal_segment *segment = object->segment;
    object->entry = found->ref;
    object->serial = found->entry->serial;
    object->next = *shoal__handle_bucket(segment, object->entry);
    *shoal__handle_bucket(segment, object->entry) = object;
    segment->holds++;
}

shoal_object *shoal__handle_next(const shoal_segment *segment, const shoal_object *it)
{
    if (it && it->next)
        return it->next;
    uint32_t bucket =
        it ? (uint32_t)(shoal__handle_bucket((shoal_segment *)segment, it->entry) - segment->handles) + 1 : 0;
    for (; bucket < segment->handle_buckets; bucket++)
        if (segment->handles[bucket])
            return segment->handles[bucket];
    return NULL;
}

/* If another thread's hold names the kernel id of `me`, that thread ended, and `me` has its id now: remove the id. */
static void disown(shoal_object *object, const struct shoal_thread *me)
{
    uint64_t holder = shoal__holder(object);
    const struct shoal__kind *row = shoal__row_of(object);
    if (row->disown && !object->lost && shoal__is_peer(object->segment))
        row->disown(object, me->number, (uint32_t)me->id);
    if (!(row->flags & KIND_HOLD) || holder == 0 || holder == me->number || object->lost ||
        !shoal__is_peer(object->segment))
        return;
    compare_swap(&((struct hold_sh *)object->body)->thread, (uint32_t)me->id, 0);
}

void shoal__disown_ended_locked(shoal_segment *segment)
{
    for (shoal_object *it = shoal__handle_next(segment, NULL); it; it = shoal__handle_next(segment, it))
        disown(it, shoal__this_thread());
}

/* ---- Of a forked child ---- */

void shoal__handle_orphan(shoal_object *object)
{
    struct shoal_context *context = object->segment->context;
    take_out(object);
    object->next = context->orphans;
    context->orphans = object;
}

void shoal__free_orphans_locked(struct shoal_context *context)
{
    for (shoal_object *it = context->orphans, *next; it; it = next) {
        next = it->next;
        shoal__handle_free(it);
    }
    context->orphans = NULL;
}
