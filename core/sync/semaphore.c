#include "sync/semaphore.h"

#include "platform/point.h"
#include "sync/eventcount.h"

#define EMPTY_ROUNDS 1000 /* a whole round may miss the cells of ours, but not so many in a row */

static uint32_t permits(const struct semaphore_sh *semaphore)
{
    return semaphore->flags & SHOAL_SEMAPHORE_SIGNAL ? 0 : semaphore->initial;
}

static bool lower(struct semaphore_sh *semaphore)
{
    uint32_t count = atomic_load(&semaphore->count);
    while (count > 0) {
        if (compare_swap(&semaphore->count, count, count - 1)) {
            SHOAL_POINT("signal: lowered");
            return true;
        }
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
            SHOAL_POINT("semaphore: permit taken");
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
        bool may_take = seen == 0 || (seen != alive && party->is_dead(party, seen));
        if (may_take && compare_swap(&semaphore->permit[i], seen, party->me)) {
            SHOAL_POINT("semaphore: permit of the dead taken");
            return true;
        }
        alive = may_take ? alive : seen;
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
    if (wait->flags & WAIT_LOOK_ONCE)
        return SHOAL_PENDING;
    wait->mark = 1; /* we may be woken from now on */
    wait->word = (const uint32_t *)&semaphore->returned;
    wait->expected = shoal__eventcount_prepare(&semaphore->returned);
    return shoal__semaphore_take(semaphore, party->me, from) ? SHOAL_OK : SHOAL_PENDING;
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
            SHOAL_POINT("semaphore: permit given");
            *from = at;
            given++;
        }
    }
    return given;
}

/*
 * Threads of this process acquire and release meanwhile, so a cell of ours may lie behind us when we come to the end:
 * round again. The caller knows that there are n; many whole rounds without one of them mean damage.
 */
uint32_t shoal__semaphore_give(struct semaphore_sh *semaphore, uint32_t me, uint32_t n, uint32_t *from)
{
    uint32_t given = 0, empty = 0;
    while (given < n && empty < EMPTY_ROUNDS) {
        bool ours;
        given += give_round(semaphore, me, n - given, from, &ours);
        empty = ours ? 0 : empty + 1;
    }
    SHOAL_POINT("semaphore: given, nobody told"); /* the sleepers look at the end of their slice */
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
    SHOAL_POINT("signal: raised, nobody told");
    shoal__semaphore_wake(semaphore, n);
    return true;
}

static uint32_t living_hand(const struct semaphore_sh *semaphore, const struct shoal_party *party)
{
    for (uint32_t i = 0, dead = 0; i < permits(semaphore); i++) {
        uint32_t seen = load_acquire(&semaphore->permit[i]);
        if (seen == 0 || seen == dead)
            continue;
        if (!party->is_dead(party, seen))
            return seen;
        dead = seen;
    }
    return 0;
}

/* Dead half-way: its permits come back as any others'. */
uint32_t shoal__semaphore_claim(struct semaphore_sh *semaphore, const struct shoal_party *party)
{
    uint32_t who = living_hand(semaphore, party), taken = 0, from = 0;
    for (uint32_t i = 0, dead = 0; i < permits(semaphore) && !who; i++) {
        uint32_t seen = load_acquire(&semaphore->permit[i]);
        if (seen && seen != dead && !party->is_dead(party, seen))
            who = seen;
        else if (compare_swap(&semaphore->permit[i], seen, party->me))
            taken++;
        else
            who = load_acquire(&semaphore->permit[i]) & MUTEX_OWNER;
        dead = seen;
        SHOAL_POINT("semaphore: permit claimed");
    }
    if (who && taken)
        shoal__semaphore_give(semaphore, party->me, taken, &from);
    return who;
}

void shoal__semaphore_unclaim(struct semaphore_sh *semaphore, uint32_t me)
{
    uint32_t from = 0;
    if (permits(semaphore) > 0)
        shoal__semaphore_give(semaphore, me, permits(semaphore), &from);
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
