/* Closing handles, and giving up holds. Implements docs/recovery.md, "Pins". */
#include "segment/handle_close.h"

#include <errno.h>

#include "platform/file.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/big.h"
#include "segment/detach.h"
#include "segment/directory.h"
#include "segment/handle.h"
#include "segment/holds.h"
#include "segment/lock.h"
#include "segment/readers.h"
#include "segment/reap.h"

shoal_object *shoal_object_retain(shoal_object *object)
{
    pthread_mutex_lock(&object->segment->context->lock);
    object->refs++;
    pthread_mutex_unlock(&object->segment->context->lock);
    return object;
}

bool shoal__handle_unpin(shoal_object *object)
{
    shoal_segment *segment = object->segment;
    if (object->lost || load_relaxed(&segment->generation) != *segment->context->generation)
        return true; /* no pin of ours: the handle lost its object, or this forked child never became a peer */
    if (segment->readonly) {
        if (shoal__file_compare(segment->fd, segment->device, segment->inode) != -EBADF)
            shoal__reader_unpin(segment, object->serial);
        return true;
    }
    uint32_t big;
    if (!shoal__lock_shortly(segment))
        return false;
    int status = shoal__unpin_locked(segment, object->pin, &big);
    SHOAL_POINT("close: unpinned");
    shoal__leave(segment);
    shoal__big_dispose(segment, big);
    if (status == PARTS_LEFT)
        shoal__sweep_parts(segment, object->entry, object->serial);
    return true;
}

static bool abandon(shoal_object *object, uint64_t thread)
{
    return shoal__row_of(object)->abandon && shoal__row_of(object)->abandon(object, thread);
}

static void quit(shoal_object *object)
{
    if (shoal__row_of(object)->quit && !object->lost && shoal__is_peer(object->segment))
        shoal__row_of(object)->quit(object);
}

static __attribute__((noinline)) void drop(shoal_object *object)
{
    shoal_segment *segment = object->segment;
    quit(object);
    if (!shoal__handle_unpin(object)) {
        shoal__owe(segment); /* shoal__settle_locked retries */
        return;
    }
    shoal__handle_forget(object);
    shoal__detach_locked(segment);
}

/* Drop a handle that nobody has open, unless this process holds its lock, for whose release it may be opened again. */
static void release_locked(shoal_object *object)
{
    if (object->refs == 0 && !shoal__holds(object))
        drop(object);
}

/* Do what was deferred in the segment, if its structure's lock can be had now. */
static void pay_debts(shoal_segment *segment)
{
    if (!load_relaxed(&segment->owes) || !shoal__is_peer(segment) || !shoal__lock_shortly(segment))
        return;
    shoal__pay_runs_locked(segment);
    shoal__leave(segment);
    store_relaxed(&segment->owes, false);
    segment->opens++; /* keeps the segment until the walk is over */
    for (uint32_t i = 0; i < segment->handle_buckets && !load_relaxed(&segment->owes); i++)
        for (shoal_object *it = segment->handles[i], *next; it && !load_relaxed(&segment->owes); it = next) {
            next = it->next;
            release_locked(it);
        }
    segment->opens--;
}

void shoal__settle_now_locked(struct shoal_context *context)
{
    shoal__free_orphans_locked(context);
    if (!load_relaxed(&context->owes))
        return;
    store_relaxed(&context->owes, false);
    for (shoal_segment *it = context->segments, *next; it; it = next) {
        next = it->next;
        pay_debts(it);
        if (load_relaxed(&it->owes))
            store_relaxed(&context->owes, true);
        shoal__detach_locked(it);
    }
}

void shoal_object_close(shoal_object *object)
{
    if (!object)
        return;
    struct shoal_context *context = object->segment->context;
    pthread_mutex_lock(&context->lock);
    object->refs--;
    release_locked(object);
    shoal__settle_locked(context);
    pthread_mutex_unlock(&context->lock);
}

void shoal__drop_idle_handles_locked(shoal_segment *segment)
{
    segment->opens++; /* keeps the segment until the caller is done with it */
    for (uint32_t i = 0; i < segment->handle_buckets; i++)
        for (shoal_object *it = segment->handles[i], *next; it; it = next) {
            next = it->next;
            if (it->refs == 0) {
                abandon(it, 0);
                release_locked(it);
            }
        }
    segment->opens--;
}

static void give_up_locked(shoal_segment *segment, uint64_t thread, int *count)
{
    segment->opens++;
    for (uint32_t i = 0; i < segment->handle_buckets; i++)
        for (shoal_object *it = segment->handles[i], *next; it; it = next) {
            next = it->next;
            if (!abandon(it, thread))
                continue;
            ++*count;
            release_locked(it);
        }
    segment->opens--;
}

int shoal_context_abandon_locks(shoal_context *context, bool all_threads)
{
    int count = 0;
    uint64_t thread = all_threads ? 0 : shoal__thread_number();
    pthread_mutex_lock(&context->lock);
    for (struct shoal_segment *it = context->segments, *next; it; it = next) {
        next = it->next;
        if (shoal__is_peer(it))
            give_up_locked(it, thread, &count);
        shoal__detach_locked(it);
    }
    pthread_mutex_unlock(&context->lock);
    return count;
}
