#include "segment/holds.h"

#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/rwlock.h"
#include "sync/semaphore.h"

#define COUNT_ONE ((uint64_t)1 << 32)
#define OTHERS (SHOAL_SHARES - 1) /* the last place: tasks, and threads that found no room; each hold is by itself */

static uint32_t thread_of(uint64_t share)
{
    return (uint32_t)share;
}

static uint32_t count_of(uint64_t share)
{
    return (uint32_t)(share >> 32);
}

static uint64_t load(const shoal_object *object, uint32_t place)
{
    return atomic_load_explicit(&((shoal_object *)object)->shares[place], memory_order_relaxed);
}

static bool swap(shoal_object *object, uint32_t place, uint64_t seen, uint64_t share)
{
    return atomic_compare_exchange_strong_explicit(&object->shares[place], &seen, share, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

/* The place of `thread`, beginning where it usually is; -1: it has none. */
static int place_of(const shoal_object *object, uint32_t thread)
{
    for (uint32_t i = 0; i < OTHERS; i++) {
        uint32_t place = (thread + i) % OTHERS;
        uint64_t share = load(object, place);
        if (thread_of(share) == thread && count_of(share) > 0)
            return (int)place;
    }
    return -1;
}

static int free_place(const shoal_object *object, uint32_t thread)
{
    for (uint32_t i = 0; i < OTHERS; i++)
        if (count_of(load(object, (thread + i) % OTHERS)) == 0)
            return (int)((thread + i) % OTHERS);
    return OTHERS;
}

uint32_t shoal__share_take(shoal_object *object, uint32_t thread)
{
    for (;;) {
        uint32_t home = thread % OTHERS; /* where it is, or may be, if no other thread is near */
        uint64_t share = load(object, home);
        int place = OTHERS;
        if (thread != SHARE_TASK && (thread_of(share) == thread || !count_of(share)) && !load_relaxed(&object->crowded))
            place = (int)home;
        else if (thread != SHARE_TASK) {
            store_relaxed(&object->crowded, 1); /* from now on, all places are looked at */
            place = place_of(object, thread);
            place = place >= 0 ? place : free_place(object, thread);
        }
        share = load(object, (uint32_t)place);
        uint32_t owner = place == OTHERS ? SHARE_TASK : thread;
        uint32_t count = count_of(share) + 1;
        if (count > 1 && thread_of(share) != owner)
            continue; /* another thread was faster */
        if (swap(object, (uint32_t)place, share, owner | (uint64_t)count << 32))
            return place == OTHERS ? 1 : count;
    }
}

uint32_t shoal__share_of(const shoal_object *object, uint32_t thread)
{
    int place = place_of(object, thread);
    return place < 0 ? 0 : count_of(load(object, (uint32_t)place));
}

static int any_place(const shoal_object *object)
{
    for (int place = OTHERS; place >= 0; place--)
        if (count_of(load(object, (uint32_t)place)) > 0)
            return place;
    return -1;
}

enum shoal_share shoal__share_drop(shoal_object *object, uint32_t thread)
{
    for (;;) {
        int place = thread == SHARE_TASK ? -1 : place_of(object, thread);
        place = place >= 0 ? place : any_place(object);
        if (place < 0)
            return SHARE_NONE;
        uint64_t share = load(object, (uint32_t)place);
        if (count_of(share) > 0 && swap(object, (uint32_t)place, share, share - COUNT_ONE))
            return place == OTHERS || count_of(share) == 1 ? SHARE_LAST : SHARE_MORE;
    }
}

uint32_t shoal__share_drop_all(shoal_object *object, uint32_t thread, bool nested)
{
    uint32_t dropped = 0;
    for (uint32_t place = 0; place < SHOAL_SHARES; place++) {
        uint64_t share = load(object, place);
        if (count_of(share) == 0 || (thread && thread_of(share) != thread))
            continue;
        atomic_store(&object->shares[place], 0);
        dropped += nested && place != OTHERS ? 1 : count_of(share);
    }
    return dropped;
}

bool shoal__holds_shares(const shoal_object *object)
{
    return any_place(object) >= 0;
}

/* ---- Of a kind ---- */

bool shoal__holds(const shoal_object *object)
{
    return load_relaxed(&object->holder) || shoal__holds_shares(object);
}

static bool give_up_word(shoal_object *object, uint32_t thread)
{
    uint32_t holder = load_relaxed(&object->holder);
    if (!holder || (thread && holder != thread))
        return false;
    object->depth = object->deferred = 0; /* who was notified looks at the end of its slice */
    object->recovered = false;
    store_relaxed(&object->holder, 0);
    if (!shoal__is_peer(object->segment))
        return true;
    if (object->kind == SHOAL_KIND_RWLOCK)
        shoal__rwlock_write_unlock(object->body, true);
    else
        shoal__mutex_abandon(object->body);
    return true;
}

static bool give_up_shares(shoal_object *object, uint32_t thread)
{
    bool reads = object->kind == SHOAL_KIND_RWLOCK;
    uint32_t count = shoal__share_drop_all(object, thread, reads), me = object->segment->party.me;
    if (count > 0 && shoal__is_peer(object->segment)) {
        uint32_t from = load_relaxed(&object->permit);
        if (reads)
            shoal__rwlock_leave(object->body, me, count);
        else
            shoal__semaphore_give(object->body, me, count, &from);
    }
    return count > 0;
}

bool shoal__give_up(shoal_object *object, uint32_t thread)
{
    bool word = give_up_word(object, thread);
    return give_up_shares(object, thread) || word;
}

void shoal__forget_holds(shoal_object *object)
{
    store_relaxed(&object->holder, 0);
    object->depth = object->deferred = 0;
    object->recovered = false;
    for (uint32_t place = 0; place < SHOAL_SHARES; place++)
        atomic_store(&object->shares[place], 0);
}

void shoal__quit(shoal_object *object)
{
    if (object->kind == SHOAL_KIND_BARRIER && !object->lost && shoal__is_peer(object->segment))
        shoal__barrier_quit(object->body, &object->segment->party);
}

static void forget_lock(shoal_word *word, uint32_t slot)
{
    uint32_t seen = load_relaxed(word);
    if ((seen & MUTEX_SLOT) == slot + 1)
        compare_swap(word, seen, MUTEX_NEEDREC | (seen & MUTEX_WAITERS));
}

void shoal__forget_slot(int kind, void *body, uint32_t slot)
{
    switch (kind) {
    case SHOAL_KIND_RWLOCK:
        store_relaxed(&((struct rwlock_sh *)body)->cell[shoal__rwlock_index(body, slot)], 0);
        forget_lock(body, slot);
        break;
    case SHOAL_KIND_LOCK:
        forget_lock(body, slot);
        break;
    case SHOAL_KIND_SEMAPHORE:
        shoal__semaphore_forget(body, slot);
        break;
    case SHOAL_KIND_CONDITION:
        shoal__condition_forget(body, slot);
        break;
    case SHOAL_KIND_BARRIER:
        shoal__barrier_forget(body, slot);
        break;
    default:
        break;
    }
}
