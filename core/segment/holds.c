#include "segment/holds.h"

#include <stdlib.h>

#define COUNT_BITS 24
#define HOMES (SHOAL_SHARES - 1)
#define OTHERS HOMES /* the last place in the handle: the shares of all tasks, each of which counts as an owner */

typedef _Atomic uint64_t share_word;

static uint64_t thread_of(uint64_t share)
{
    return share >> COUNT_BITS;
}

static uint32_t count_of(uint64_t share)
{
    return (uint32_t)share & SHARES_MOST;
}

static uint64_t share_with(uint64_t thread, uint32_t count)
{
    return thread << COUNT_BITS | count;
}

static uint64_t load(const share_word *place)
{
    return atomic_load_explicit((share_word *)place, memory_order_relaxed);
}

/* `seen` was loaded from `place` by the caller, in this call. */
static bool swap(share_word *place, uint64_t seen, uint64_t share)
{
    if (shoal__is_single_threaded()) {
        atomic_store_explicit(place, share, memory_order_relaxed);
        return true;
    }
    return atomic_compare_exchange_strong_explicit(place, &seen, share, memory_order_acq_rel, memory_order_relaxed);
}

/* ---- Places ---- */

/* Where a walk over all places is: those in the handle, then those in its chunks. next_place: NULL after the last. */
struct walk {
    shoal_object *object;
    struct shoal_shares *chunk;
    uint32_t next;
};

static share_word *next_place(struct walk *walk)
{
    if (walk->next == SHOAL_SHARES) {
        walk->chunk = walk->chunk ? walk->chunk->next : atomic_load(&walk->object->more);
        walk->next = 0;
        if (!walk->chunk)
            return NULL;
    }
    uint32_t at = walk->next++;
    return walk->chunk ? &walk->chunk->share[at] : &walk->object->shares[at];
}

static struct walk all_places(const shoal_object *object)
{
    return (struct walk){(shoal_object *)object, NULL, 0};
}

static bool is_for_tasks(const shoal_object *object, const share_word *place)
{
    return place == &object->shares[OTHERS];
}

static share_word *place_of(const shoal_object *object, uint64_t thread)
{
    share_word *home = (share_word *)&object->shares[thread % HOMES];
    if (thread_of(load(home)) == thread && count_of(load(home)) > 0)
        return home;
    if (!load_relaxed(&object->crowded))
        return NULL;
    struct walk walk = all_places(object);
    for (share_word *place = next_place(&walk); place; place = next_place(&walk))
        if (thread_of(load(place)) == thread && count_of(load(place)) > 0)
            return place;
    return NULL;
}

/* A place with any share. Tasks' shares first: a thread's own share should stay as long as there is another. */
static share_word *any_place(const shoal_object *object)
{
    share_word *tasks = (share_word *)&object->shares[OTHERS];
    if (count_of(load(tasks)) > 0)
        return tasks;
    struct walk walk = all_places(object);
    for (share_word *place = next_place(&walk); place; place = next_place(&walk))
        if (count_of(load(place)) > 0)
            return place;
    return NULL;
}

/* The first place of a new chunk. Out of memory: the tasks' place, where the share's thread is not recorded. */
static share_word *new_chunk(shoal_object *object)
{
    struct shoal_shares *chunk = calloc(1, sizeof *chunk);
    if (!chunk)
        return &object->shares[OTHERS];
    chunk->next = atomic_load(&object->more);
    while (!atomic_compare_exchange_strong(&object->more, &chunk->next, chunk))
        ;
    return &chunk->share[0];
}

static share_word *free_place(shoal_object *object)
{
    struct walk walk = all_places(object);
    for (share_word *place = next_place(&walk); place; place = next_place(&walk))
        if (count_of(load(place)) == 0 && !is_for_tasks(object, place))
            return place;
    return new_chunk(object);
}

/*
 * The place where `thread` counts its shares, or may begin to. From the time that two threads first want the same home
 * place (`crowded`), place_of searches all places.
 */
static share_word *place_for(shoal_object *object, uint64_t thread)
{
    if (thread == SHARE_TASK)
        return &object->shares[OTHERS];
    share_word *place = place_of(object, thread), *home = &object->shares[thread % HOMES];
    if (place)
        return place;
    if (count_of(load(home)) == 0)
        return home;
    store_relaxed(&object->crowded, 1);
    return free_place(object);
}

/* ---- Counting ---- */

/* The usual case: the thread's home place, which no other thread has. 0: not that case, nothing was counted. */
static inline uint32_t take_at_home(shoal_object *object, uint64_t thread)
{
    share_word *home = &object->shares[thread % HOMES];
    uint64_t share = load(home);
    uint32_t count = count_of(share);
    if (thread == SHARE_TASK || (count > 0 ? thread_of(share) != thread : load_relaxed(&object->crowded)))
        return 0;
    return count < SHARES_MOST && swap(home, share, share_with(thread, count + 1)) ? count + 1 : 0;
}

uint32_t shoal__share_take(shoal_object *object, uint64_t thread)
{
    uint32_t at_home = take_at_home(object, thread);
    if (__builtin_expect(at_home != 0, 1))
        return at_home;
    for (;;) {
        share_word *place = place_for(object, thread);
        uint64_t share = load(place);
        uint64_t owner = is_for_tasks(object, place) ? SHARE_TASK : thread;
        uint32_t count = count_of(share) + 1;
        if (count > 1 && thread_of(share) != owner)
            continue; /* another thread was faster */
        if (count > SHARES_MOST)
            return 0;
        if (swap(place, share, share_with(owner, count)))
            return owner == SHARE_TASK ? 1 : count;
    }
}

uint32_t shoal__share_of(const shoal_object *object, uint64_t thread)
{
    const share_word *place = place_of(object, thread);
    return place ? count_of(load(place)) : 0;
}

enum shoal_share shoal__share_drop(shoal_object *object, uint64_t thread)
{
    share_word *home = &object->shares[thread % HOMES];
    uint64_t seen = load(home);
    if (__builtin_expect(thread_of(seen) == thread && count_of(seen) > 0 && swap(home, seen, seen - 1), 1))
        return count_of(seen) == 1 ? SHARE_LAST : SHARE_MORE;
    for (;;) {
        share_word *place = thread == SHARE_TASK ? NULL : place_of(object, thread);
        place = place ? place : any_place(object);
        if (!place)
            return SHARE_NONE;
        uint64_t share = load(place);
        if (count_of(share) > 0 && swap(place, share, share - 1))
            return is_for_tasks(object, place) || count_of(share) == 1 ? SHARE_LAST : SHARE_MORE;
    }
}

uint32_t shoal__share_drop_all(shoal_object *object, uint64_t thread, bool nested)
{
    uint32_t dropped = 0;
    struct walk walk = all_places(object);
    for (share_word *place = next_place(&walk); place; place = next_place(&walk)) {
        uint64_t share;
        do
            share = load(place);
        while (count_of(share) > 0 && (!thread || thread_of(share) == thread) && !swap(place, share, 0));
        if (count_of(share) == 0 || (thread && thread_of(share) != thread))
            continue;
        dropped += nested && !is_for_tasks(object, place) ? 1 : count_of(share);
    }
    return dropped;
}

uint32_t shoal__count_shares(const shoal_object *object)
{
    uint32_t count = 0;
    struct walk walk = all_places(object);
    for (share_word *place = next_place(&walk); place; place = next_place(&walk))
        count += count_of(load(place));
    return count;
}

bool shoal__holds_shares(const shoal_object *object)
{
    return any_place(object) != NULL;
}

void shoal__free_shares(shoal_object *object)
{
    for (struct shoal_shares *it = atomic_load(&object->more), *next; it; it = next) {
        next = it->next;
        free(it);
    }
}

/* ---- Holds of any kind ---- */

bool shoal__holds(const shoal_object *object)
{
    return (shoal__row_of(object)->flags & KIND_LOCK) && (shoal__holder(object) || shoal__holds_shares(object));
}

static void forget_holder(shoal_object *object)
{
    object->depth = object->deferred = 0; /* sleepers whose wake was deferred look at the end of their slice */
    store_relaxed(&object->recovered, false);
    shoal__set_holder(object, 0);
}

bool shoal__holder_drop(shoal_object *object, uint64_t thread)
{
    uint64_t holder = shoal__holder(object);
    if (!holder || (thread && holder != thread))
        return false;
    forget_holder(object);
    return true;
}

void shoal__lose_borrowed(shoal_object *object)
{
    for (struct shoal_borrowed *it = object->borrowed; it; it = it->next)
        it->lost = true;
}

void shoal__forget_holds(shoal_object *object)
{
    forget_holder(object);
    store_relaxed(&object->want_to_read, 0);
    shoal__share_drop_all(object, 0, false);
    shoal__lose_borrowed(object);
}
