/* Implements docs/recovery.md, "Locks": the steps of a key. */
#include <string.h>

#include "platform/clock.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/heap.h"
#include "segment/holds.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "store/keys.h"
#include "sync/look.h"
#include "value/status.h"

/* ---- Waking ---- */

void shoal__keys_wake(const struct shoal_key_news *news)
{
    for (uint32_t i = 0; i < news->wakes; i++)
        shoal__wake(news->wake[i], 1);
}

void shoal__keys_leave(const struct shoal_keys *keys, const struct shoal_key_news *news)
{
    shoal__leave(keys->segment);
    SHOAL_POINT("keys: lock let go, nobody woken");
    shoal__keys_wake(news);
}

/* If we die before the waiter is woken, it looks at the end of its slice. */
static void tell(struct key_sh *it, struct shoal_key_news *news)
{
    if (load_relaxed(&it->wake) || news->wakes == KEYS_AT_ONCE)
        return;
    store_release(&it->wake, 1);
    news->wake[news->wakes++] = &it->wake;
}

/*
 * Tell the waiters that can have the key now: the first one, and, if that shares it, those behind it that share it, too. One
 * that seems stopped is told, and so is the next. More than KEYS_AT_ONCE: those who were told tell the others.
 */
static void tell_next(const struct shoal_keys *keys, const struct shoal_key_ask *ask, struct shoal_key_news *news)
{
    struct shoal_key_survey seen;
    struct shoal_key_walk walk = shoal__key_walk_of(keys, ask);
    shoal__key_survey(&seen, keys, ask);
    if (seen.holder || !seen.waiters)
        return;
    bool shared = seen.shares > 0;
    for (struct key_sh *it = shoal__key_next_of(&walk, ask); it; it = shoal__key_next_of(&walk, ask)) {
        if (!shoal__key_is_waiting(it))
            continue;
        bool alone = shoal__key_state(it) == KEY_WAITS;
        if (!alone || !shared)
            tell(it, news);
        if (alone && !shoal__key_is_stale(it))
            return;
        shared = shared || !alone;
    }
}

/* Who waits for the key waits for this holder from now on; NULL: for none. For the search for deadlocks. */
static void note_holder(const struct shoal_keys *keys, const struct shoal_key_ask *ask, const struct hold_sh *hold)
{
    struct shoal_key_walk walk = shoal__key_walk_of(keys, ask);
    for (struct key_sh *it = shoal__key_next_of(&walk, ask); it; it = shoal__key_next_of(&walk, ask)) {
        if (!shoal__key_is_waiting(it))
            continue;
        store_release(&it->hold.word, 0);
        store_release(&it->hold.thread, hold ? load_relaxed(&hold->thread) : 0);
        if (hold)
            store_release(&it->hold.word, load_relaxed(&hold->word));
    }
}

/* ---- Taking ---- */

/* These words count only in a claim that holds: if the change is undone, its owner is dead. */
static void sign(const struct shoal_keys *keys, const struct shoal_key_ask *ask, struct key_sh *it)
{
    uint32_t seconds, nanoseconds;
    shoal__coarse_moment(&seconds, &nanoseconds);
    store_relaxed(&it->hold.seconds, seconds);
    store_relaxed(&it->hold.nanoseconds, nanoseconds);
    store_relaxed(&it->hold.word, keys->segment->party.me);
    store_relaxed(&it->hold.thread, ask->thread == SHARE_TASK ? 0 : (uint32_t)shoal__thread_id());
}

/* A new claim, last in its list, as the first part of a change. */
static int add(const struct shoal_keys *keys, const struct shoal_key_ask *ask, uint32_t state, uint32_t *ref)
{
    struct shoal_segment *segment = keys->segment;
    struct list_sh *list = &keys->locks->bucket[ask->hash % KEY_BUCKETS];
    struct key_sh *last = list->last ? shoal__key_at(segment, list->last) : NULL;
    struct shoal_key_walk walk = shoal__key_walk_of(keys, ask);
    if (!last != !list->last)
        return shoal__keys_damaged(keys);
    bool first = true;
    for (const struct key_sh *it = shoal__key_next(&walk); it; it = shoal__key_next(&walk))
        first = first && !shoal__key_is_of(&walk, it, ask);
    int status = shoal__alloc_locked(segment, sizeof(struct key_sh) + ask->length, ref);
    if (status < 0)
        return status;
    struct key_sh *it = shoal__at(segment, shoal__offset(segment, *ref));
    memset(it, 0, sizeof *it);
    *it = (struct key_sh){.hash = ask->hash, .owner = segment->party.me, .state = state, .length = ask->length};
    it->thread = ask->thread;
    memcpy(it->bytes, ask->bytes, ask->length);
    SHOAL_POINT("keys: claim written");
    shoal__change(segment, last ? &last->next : &list->first, *ref);
    shoal__change(segment, &list->last, *ref);
    shoal__change(segment, &list->count, list->count + 1);
    if (first)
        shoal__change(segment, &keys->locks->keys, keys->locks->keys + 1);
    return SHOAL_OK;
}

static int told(const struct shoal_key_survey *seen)
{
    return seen->died ? SHOAL_RECOVERED : SHOAL_OK;
}

static int grant(const struct shoal_keys *keys, struct shoal_key_ask *ask, const struct shoal_key_survey *seen,
                 struct shoal_key_news *news)
{
    struct shoal_segment *segment = keys->segment;
    bool mends = seen->died && !ask->shared;
    uint32_t state = ask->shared ? KEY_SHARED : KEY_HELD | (mends ? KEY_RECOVERED : 0), ref = ask->claim;
    int status = ref ? SHOAL_OK : add(keys, ask, state, &ref);
    struct key_sh *it = status < 0 ? NULL : shoal__key_at(segment, ref);
    if (status == SHOAL_OK && !it)
        status = shoal__keys_damaged(keys);
    if (status < 0) {
        shoal__abort(segment);
        return status;
    }
    sign(keys, ask, it);
    shoal__change(segment, &it->state, state);
    shoal__change(segment, &it->depth, 1);
    SHOAL_POINT("keys: to be taken");
    status = shoal__keys_finish(keys, !mends || shoal__key_unlink(keys, ask->hash % KEY_BUCKETS, seen->died, false));
    if (status < 0)
        return status;
    ask->claim = 0;
    if (!ask->shared)
        note_holder(keys, ask, &it->hold);
    else if (seen->waiters)
        tell_next(keys, ask, news);
    return told(seen);
}

/* It does not get the key: who has it, and who waits from now on. */
static int stay(const struct shoal_keys *keys, struct shoal_key_ask *ask, const struct shoal_key_survey *seen)
{
    if (!ask->claim) {
        int status = add(keys, ask, ask->shared ? KEY_WAITS_SHARED : KEY_WAITS, &ask->claim);
        if (status < 0)
            shoal__abort(keys->segment);
        else
            status = shoal__commit(keys->segment);
        if (status < 0) {
            ask->claim = 0;
            return status;
        }
    }
    struct key_sh *it = shoal__key_at(keys->segment, ask->claim);
    const struct key_sh *holder = seen->holder ? shoal__key_at(keys->segment, seen->holder) : NULL;
    if (!it)
        return shoal__keys_damaged(keys);
    store_relaxed(&it->wake, 0);
    store_relaxed(&it->seen, shoal__look_moment());
    store_relaxed(&it->hold.thread, holder ? load_relaxed(&holder->hold.thread) : 0);
    store_release(&it->hold.word, holder ? load_relaxed(&holder->hold.word) : 0);
    return SHOAL_PENDING;
}

static void name_blockers(const struct shoal_keys *keys, const struct shoal_key_ask *ask, struct shoal_key_news *news)
{
    struct shoal_key_walk walk = shoal__key_walk_of(keys, ask);
    for (const struct key_sh *it = shoal__key_next_of(&walk, ask); it && news->blockers < KEYS_AT_ONCE;
         it = shoal__key_next_of(&walk, ask)) {
        bool known = !it->owner || it->owner == keys->segment->party.me;
        for (uint32_t i = 0; i < news->blockers; i++)
            known = known || news->blocker[i] == it->owner;
        if (!known)
            news->blocker[news->blockers++] = it->owner;
    }
}

/* Once more by a thread that has it: shared as often as it likes, alone if keys are reentrant. */
static bool may_enter_again(const struct shoal_keys *keys, const struct shoal_key_ask *ask,
                            const struct shoal_key_survey *seen)
{
    return seen->own && (ask->shared ? seen->own_state == KEY_SHARED
                                     : seen->own_state == KEY_HELD && keys->locks->flags & SHOAL_LOCK_REENTRANT);
}

int shoal__key_take_locked(const struct shoal_keys *keys, struct shoal_key_ask *ask, struct shoal_key_news *news)
{
    struct shoal_key_survey seen;
    int status = shoal__keys_free_given_up(keys, ask->hash % KEY_BUCKETS);
    if (status < 0)
        return status;
    shoal__key_survey(&seen, keys, ask);
    if (may_enter_again(keys, ask, &seen)) {
        struct key_sh *own = shoal__key_at(keys->segment, seen.own);
        shoal__change(keys->segment, &own->depth, own->depth + 1);
        status = shoal__commit(keys->segment);
        return status < 0 ? status : ask->shared ? told(&seen) : SHOAL_OK;
    }
    if (!seen.holder && !seen.ahead && (ask->shared || !seen.shares))
        return seen.died && ask->strict ? SHOAL_EOWNERDIED : grant(keys, ask, &seen, news);
    name_blockers(keys, ask, news);
    return ask->stays ? stay(keys, ask, &seen) : SHOAL_PENDING;
}

/* ---- Releasing ---- */

/* This process's hold; of this thread, if it has one, or of a task, or of another thread. */
static uint32_t own_hold(const struct shoal_keys *keys, const struct shoal_key_ask *ask)
{
    struct shoal_key_walk walk = shoal__key_walk_of(keys, ask);
    uint32_t found = 0, state = ask->shared ? KEY_SHARED : KEY_HELD;
    for (const struct key_sh *it = shoal__key_next_of(&walk, ask); it; it = shoal__key_next_of(&walk, ask)) {
        if (it->owner != keys->segment->party.me || shoal__key_state(it) != state)
            continue;
        if (it->thread == ask->thread)
            return walk.ref;
        if (!found || it->thread == SHARE_TASK)
            found = walk.ref;
    }
    return found;
}

static int let_go(const struct shoal_keys *keys, const struct shoal_key_ask *ask, uint32_t ref,
                  struct shoal_key_news *news)
{
    if (!ask->shared)
        note_holder(keys, ask, NULL); /* before: nobody may think later that we hold it */
    int status = shoal__key_drop(keys, ask, ref);
    SHOAL_POINT("keys: let go, nobody told");
    if (status == SHOAL_OK)
        tell_next(keys, ask, news);
    return status;
}

int shoal__key_release_locked(const struct shoal_keys *keys, const struct shoal_key_ask *ask, uint64_t *thread,
                              struct shoal_key_news *news)
{
    uint32_t ref = own_hold(keys, ask);
    struct key_sh *it = ref ? shoal__key_at(keys->segment, ref) : NULL;
    if (!it)
        return SHOAL_ELOCK;
    *thread = it->thread;
    if (it->depth <= 1)
        return let_go(keys, ask, ref, news);
    shoal__change(keys->segment, &it->depth, it->depth - 1);
    return shoal__commit(keys->segment);
}

int shoal__key_repair_locked(const struct shoal_keys *keys, const struct shoal_key_ask *ask,
                             struct shoal_key_news *news)
{
    struct shoal_key_survey seen;
    shoal__key_survey(&seen, keys, ask);
    struct key_sh *holder = seen.holder ? shoal__key_at(keys->segment, seen.holder) : NULL;
    name_blockers(keys, ask, news);
    if (holder) {
        if (holder->owner != keys->segment->party.me || !(holder->state & KEY_RECOVERED))
            return SHOAL_ELOCK;
        shoal__change(keys->segment, &holder->state, KEY_HELD);
        return shoal__commit(keys->segment);
    }
    return seen.died && !seen.shares ? shoal__key_drop(keys, ask, seen.died) : SHOAL_ELOCK;
}

int shoal__key_give_up_locked(const struct shoal_keys *keys, struct shoal_key_ask *ask, struct shoal_key_news *news)
{
    int status = shoal__key_drop(keys, ask, ask->claim);
    SHOAL_POINT("keys: given up, nobody told");
    ask->claim = 0;
    if (status == SHOAL_OK)
        tell_next(keys, ask, news);
    return status;
}

/* ---- Of the dead ---- */

/* Who held it alone leaves a claim of nobody, for the next taker to find; another's claim is freed. */
static int abandon_one(const struct shoal_keys *keys, struct key_sh *it, uint32_t ref, struct shoal_key_news *news)
{
    unsigned char bytes[KEY_MOST];
    struct shoal_key_ask ask = shoal__key_ask_of(it);
    struct shoal_segment *segment = keys->segment;
    memcpy(bytes, it->bytes, it->length);
    ask.bytes = bytes;
    int status;
    if (shoal__key_state(it) == KEY_HELD) {
        note_holder(keys, &ask, NULL);
        shoal__change(segment, &it->state, KEY_DIED);
        shoal__change(segment, &it->owner, 0);
        shoal__change(segment, &it->depth, 0);
        SHOAL_POINT("keys: to be nobody's");
        status = shoal__commit(segment);
    } else {
        status = shoal__key_drop(keys, &ask, ref);
    }
    SHOAL_POINT("keys: of the dead, nobody told");
    if (status == SHOAL_OK)
        tell_next(keys, &ask, news);
    return status;
}

static bool is_whose(const struct key_sh *it, const struct shoal_key_whose *whose)
{
    return it->owner && (it->owner & whose->mask) == whose->owner && (!whose->thread || it->thread == whose->thread) &&
           !(whose->holds_only && shoal__key_is_waiting(it));
}

int64_t shoal__keys_abandon_locked(const struct shoal_keys *keys, const struct shoal_key_whose *whose, uint32_t *bucket,
                                   uint32_t most, struct shoal_key_news *news)
{
    int64_t count = 0;
    for (; *bucket < KEY_BUCKETS; ++*bucket) {
        struct shoal_key_walk walk = shoal__key_walk(keys, *bucket);
        struct key_sh *it = shoal__key_next(&walk);
        while (it) {
            if (!is_whose(it, whose)) {
                it = shoal__key_next(&walk);
                continue;
            }
            if (count == most)
                return count;
            int status = abandon_one(keys, it, walk.ref, news);
            if (status < 0)
                return status;
            count++;
            walk = shoal__key_walk(keys, *bucket); /* the claim may be gone */
            it = shoal__key_next(&walk);
        }
    }
    return count;
}

void shoal__keys_disown_locked(const struct shoal_keys *keys, uint64_t thread, uint32_t id)
{
    for (uint32_t bucket = 0; bucket < KEY_BUCKETS; bucket++) {
        struct shoal_key_walk walk = shoal__key_walk(keys, bucket);
        struct key_sh *it;
        while ((it = shoal__key_next(&walk))) {
            if (it->owner != keys->segment->party.me || shoal__key_is_waiting(it) || it->thread == thread ||
                !compare_swap(&it->hold.thread, id, 0))
                continue;
            struct shoal_key_ask ask = shoal__key_ask_of(it);
            if (shoal__key_state(it) == KEY_HELD)
                note_holder(keys, &ask, &it->hold);
        }
    }
}
