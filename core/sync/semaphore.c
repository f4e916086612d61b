#include "sync/semaphore.h"

#include "sync/eventcount.h"

#define EMPTY_ROUNDS 1000 /* cells of ours may be missed by a whole round, but hardly twice in a row */

static uint32_t permits(const struct semaphore_sh *semaphore)
{
    return semaphore->flags & SHOAL_SEMAPHORE_SIGNAL ? 0 : semaphore->initial;
}

static bool lower(struct semaphore_sh *semaphore)
{
    uint32_t count = atomic_load(&semaphore->count);
    while (count > 0) {
        if (compare_swap(&semaphore->count, count, count - 1))
            return true;
        count = atomic_load(&semaphore->count);
    }
    return false;
}

bool shoal__semaphore_take(struct semaphore_sh *semaphore, uint32_t me, uint32_t *from)
{
    uint32_t count = permits(semaphore), at = *from < count ? *from : 0;
    if (semaphore->flags & SHOAL_SEMAPHORE_SIGNAL)
        return lower(semaphore);
    for (uint32_t i = 0; i < count; i++, at = at + 1 < count ? at + 1 : 0) {
        if (atomic_load(&semaphore->permit[at]) == 0 && compare_swap(&semaphore->permit[at], 0, me)) {
            *from = at;
            return true;
        }
    }
    return false;
}

bool shoal__semaphore_take_from_dead(struct semaphore_sh *semaphore, const struct shoal_party *party)
{
    uint32_t alive = 0; /* the last owner found alive: usually the owner of the next too */
    for (uint32_t i = 0; i < permits(semaphore); i++) {
        uint32_t seen = load_acquire(&semaphore->permit[i]);
        if (seen == 0
                ? compare_swap(&semaphore->permit[i], 0, party->me)
                : seen != alive && party->is_dead(party, seen) && compare_swap(&semaphore->permit[i], seen, party->me))
            return true;
        alive = seen ? seen : alive;
    }
    return false;
}

int shoal__semaphore_try(struct semaphore_sh *semaphore, const struct shoal_party *party, uint32_t *from,
                         shoal_wait *wait)
{
    if (shoal__semaphore_take(semaphore, party->me, from))
        return SHOAL_OK;
    if (wait->slice_over && shoal__semaphore_take_from_dead(semaphore, party))
        return SHOAL_OK;
    uint32_t key = shoal__eventcount_prepare(&semaphore->returned);
    if (shoal__semaphore_take(semaphore, party->me, from))
        return SHOAL_OK;
    wait->word = (const uint32_t *)&semaphore->returned;
    wait->expected = key;
    return SHOAL_PENDING;
}

void shoal__semaphore_wake(struct semaphore_sh *semaphore, uint32_t n)
{
    shoal__eventcount_notify(&semaphore->returned, n > INT32_MAX ? INT32_MAX : (int)n);
}

/* One round over the cells: how many of ours were freed. *ours: there was one. */
static uint32_t give_round(struct semaphore_sh *semaphore, uint32_t me, uint32_t n, uint32_t *from, bool *ours)
{
    uint32_t count = permits(semaphore), at = *from < count ? *from : 0, given = 0;
    *ours = false;
    for (uint32_t i = 0; i < count && given < n; i++, at = at + 1 < count ? at + 1 : 0) {
        if (load_relaxed(&semaphore->permit[at]) != me)
            continue;
        *ours = true;
        if (compare_swap(&semaphore->permit[at], me, 0)) {
            *from = at;
            given++;
        }
    }
    return given;
}

/*
 * Threads of this process acquire and release meanwhile, so a cell of ours may lie behind us when we come to the end:
 * round again. The caller knows that there are n; a whole round without one of them means damage.
 */
uint32_t shoal__semaphore_give(struct semaphore_sh *semaphore, uint32_t me, uint32_t n, uint32_t *from)
{
    uint32_t given = 0, empty = 0;
    while (given < n && empty < EMPTY_ROUNDS) {
        bool ours;
        given += give_round(semaphore, me, n - given, from, &ours);
        empty = ours ? 0 : empty + 1;
    }
    /* Killed here: the sleepers look at the end of their slice. */
    shoal__semaphore_wake(semaphore, given);
    return given;
}

bool shoal__semaphore_raise(struct semaphore_sh *semaphore, uint32_t n)
{
    uint32_t count;
    do {
        count = load_relaxed(&semaphore->count);
        if (n > INT32_MAX || count > INT32_MAX - n)
            return false;
    } while (!compare_swap(&semaphore->count, count, count + n));
    shoal__semaphore_wake(semaphore, n);
    return true;
}

uint32_t shoal__semaphore_held(const struct semaphore_sh *semaphore, uint32_t me)
{
    uint32_t held = 0;
    for (uint32_t i = 0; i < permits(semaphore); i++)
        held += load_relaxed(&semaphore->permit[i]) == me;
    return held;
}

void shoal__semaphore_forget(struct semaphore_sh *semaphore, uint32_t slot)
{
    for (uint32_t i = 0; i < permits(semaphore); i++) {
        uint32_t seen = load_relaxed(&semaphore->permit[i]);
        if ((seen & MUTEX_SLOT) == slot + 1)
            compare_swap(&semaphore->permit[i], seen, 0);
    }
}
