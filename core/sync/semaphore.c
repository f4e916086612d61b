#include "sync/semaphore.h"

#include "platform/point.h"
#include "sync/asked.h"
#include "sync/eventcount.h"
#include "sync/look.h"

/* with hands: so many cells are searched before the hands are added up to see if any is free */
#define NEAR_CELLS 16u
#define EMPTY_ROUNDS 1000 /* one round may find no cell of ours by chance; so many in a row mean damage */

static uint32_t permits(const struct semaphore_sh *semaphore)
{
    return semaphore->flags & SHOAL_SEMAPHORE_SIGNAL ? 0 : semaphore->initial;
}

/* ---- Hands ---- */

static _Atomic uint64_t *hand_of(const struct semaphore_sh *semaphore, uint32_t tag)
{
    return &shoal__semaphore_hand(semaphore, semaphore->initial)[(tag & MUTEX_SLOT) - 1];
}

static uint32_t tag_of(uint64_t hand)
{
    return (uint32_t)(hand >> 32);
}

/*
 * Store our tag in our hand, before the first permit. An earlier user of our slot is dead: its permits are known by its
 * cells, so its count may be overwritten.
 */
static inline void sign_hand(struct semaphore_sh *semaphore, uint32_t me)
{
    _Atomic uint64_t *hand = semaphore->hands ? hand_of(semaphore, me) : NULL;
    uint64_t seen = hand ? atomic_load(hand) : 0;
    while (hand && tag_of(seen) != me)
        if (atomic_compare_exchange_weak(hand, &seen, (uint64_t)me << 32)) {
            SHOAL_POINT("semaphore: hand signed");
            return;
        }
}

static inline void count_up(struct semaphore_sh *semaphore, uint32_t me)
{
    if (semaphore->hands)
        atomic_fetch_add(hand_of(semaphore, me), 1);
}

static inline void count_down(struct semaphore_sh *semaphore, uint32_t me, uint32_t n)
{
    if (!semaphore->hands)
        return;
    atomic_fetch_sub(hand_of(semaphore, me), n);
    SHOAL_POINT("semaphore: counted down, not given");
}

/*
 * How many permits the hands count. While none is taken or released that is at most as many as are taken; else it may
 * be too many. With a `party` the hands of dead peers are cleared, and not counted.
 */
static uint32_t count_hands(struct semaphore_sh *semaphore, const struct shoal_party *party)
{
    _Atomic uint64_t *hand = shoal__semaphore_hand(semaphore, semaphore->initial);
    uint32_t count = 0;
    for (uint32_t i = 0; i < semaphore->hands; i++) {
        uint64_t seen = atomic_load(&hand[i]);
        if (!(uint32_t)seen)
            continue;
        if (party && party->is_dead(party, tag_of(seen))) {
            atomic_compare_exchange_strong(&hand[i], &seen, 0);
            SHOAL_POINT("semaphore: hand of the dead taken away");
        } else {
            count += (uint32_t)seen;
        }
    }
    return count;
}

/* ---- Taking ---- */

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

/* Take one of `count` cells from `at` on, wrapping around after the last. */
static bool take_from(struct semaphore_sh *semaphore, uint32_t me, uint32_t at, uint32_t count, uint32_t *from)
{
    for (uint32_t i = 0, all = permits(semaphore); i < count; i++, at = at + 1 < all ? at + 1 : 0) {
        if (atomic_load(&semaphore->permit[at]) == 0 && compare_swap(&semaphore->permit[at], 0, me)) {
            SHOAL_POINT("semaphore: permit taken");
            count_up(semaphore, me);
            *from = at;
            return true;
        }
    }
    return false;
}

static bool take_near(struct semaphore_sh *semaphore, uint32_t me, uint32_t at, uint32_t *from)
{
    return take_from(semaphore, me, at, NEAR_CELLS, from) ||
           take_from(semaphore, me, load_relaxed(&semaphore->count) % semaphore->initial, 1, from) ||
           (count_hands(semaphore, NULL) < semaphore->initial &&
            take_from(semaphore, me, at, semaphore->initial, from));
}

bool shoal__semaphore_take(struct semaphore_sh *semaphore, uint32_t me, uint32_t *from)
{
    uint32_t count = permits(semaphore), at = *from < count ? *from : 0;
    if (semaphore->flags & SHOAL_SEMAPHORE_SIGNAL)
        return lower(semaphore);
    if (__builtin_expect(!semaphore->hands, 1))
        return take_from(semaphore, me, at, count, from);
    sign_hand(semaphore, me);
    return take_near(semaphore, me, at, from);
}

/* Call this after count_hands has cleared the hands of the dead: then a peer whose hand counts permits is alive. */
static bool may_be_dead(const struct semaphore_sh *semaphore, uint32_t tag)
{
    if (!semaphore->hands || (tag & MUTEX_SLOT) > semaphore->hands)
        return true;
    uint64_t hand = atomic_load(hand_of(semaphore, tag));
    return tag_of(hand) != tag || (uint32_t)hand == 0;
}

/* Take the first permit of a dead peer and free the others, so that other waiters need not look for the dead. */
bool shoal__semaphore_take_from_dead(struct semaphore_sh *semaphore, const struct shoal_party *party)
{
    struct shoal_asked asked = shoal__asked_nobody(party);
    uint32_t freed = 0;
    bool taken = false;
    if (semaphore->hands && count_hands(semaphore, party) >= semaphore->initial)
        return false;
    for (uint32_t i = 0; i < permits(semaphore); i++) {
        uint32_t seen = load_acquire(&semaphore->permit[i]);
        bool may_take = seen == 0 || (may_be_dead(semaphore, seen) && shoal__asked_is_dead(&asked, seen));
        if (!may_take || (taken && seen == 0) || !compare_swap(&semaphore->permit[i], seen, taken ? 0 : party->me))
            continue;
        if (taken) {
            freed++;
            continue;
        }
        SHOAL_POINT("semaphore: permit of the dead taken");
        count_up(semaphore, party->me);
        taken = true;
    }
    /* killed here: the sleepers look at the end of their slice */
    SHOAL_POINT("semaphore: permits of the dead freed, nobody told");
    if (freed)
        shoal__semaphore_wake(semaphore, freed);
    return taken;
}

/*
 * A waiter skips the look if another waiter has looked just now. A trylock always looks: it does not come back later.
 */
static bool look_for_dead(struct semaphore_sh *semaphore, const struct shoal_party *party,
                          const struct shoal__wait *wait)
{
    if (!(wait->flags & WAIT_LOOK_ONCE) && !shoal__look_is_due(&semaphore->look_due))
        return false;
    shoal_time began = shoal_now();
    bool taken = shoal__semaphore_take_from_dead(semaphore, party);
    shoal__look_is_over(&semaphore->look_due, began);
    return taken;
}

int shoal__semaphore_try(struct semaphore_sh *semaphore, const struct shoal_party *party, uint32_t *from,
                         struct shoal__wait *wait)
{
    if (shoal__semaphore_take(semaphore, party->me, from))
        return SHOAL_OK;
    if (wait->slice_over && permits(semaphore) && look_for_dead(semaphore, party, wait))
        return SHOAL_OK;
    if (wait->flags & WAIT_LOOK_ONCE)
        return SHOAL_PENDING;
    wait->mark = 1; /* from now on we may be woken */
    wait->word = (const uint32_t *)&semaphore->returned;
    wait->expected = shoal__eventcount_prepare(&semaphore->returned);
    return shoal__semaphore_take(semaphore, party->me, from) ? SHOAL_OK : SHOAL_PENDING;
}

/* ---- Giving ---- */

void shoal__semaphore_wake(struct semaphore_sh *semaphore, uint32_t n)
{
    shoal__eventcount_notify(&semaphore->returned, n > INT32_MAX ? INT32_MAX : (int)n);
}

/* Go over all cells once and free up to n of ours; returns how many. *ours: a cell of ours was seen. */
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
            if (semaphore->hands)
                store_relaxed(&semaphore->count, at);
            given++;
        }
    }
    return given;
}

/*
 * The caller knows that this process has n permits. Its other threads acquire and release meanwhile, so that a cell may
 * become ours after the round has passed it: go round again. Many rounds in a row without a cell of ours mean damage.
 */
uint32_t shoal__semaphore_give(struct semaphore_sh *semaphore, uint32_t me, uint32_t n, uint32_t *from)
{
    uint32_t given = 0, empty = 0;
    count_down(semaphore, me, n);
    while (given < n && empty < EMPTY_ROUNDS) {
        bool ours;
        given += give_round(semaphore, me, n - given, from, &ours);
        empty = ours ? 0 : empty + 1;
    }
    if (given < n && semaphore->hands)
        atomic_fetch_add(hand_of(semaphore, me), n - given);
    SHOAL_POINT("semaphore: given, nobody told"); /* killed here: the sleepers look at the end of their slice */
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

/* A claimed permit is released like any other, so our hand counts it, too. */
static bool claim_cell(struct semaphore_sh *semaphore, uint32_t cell, uint32_t seen, uint32_t me)
{
    if (!compare_swap(&semaphore->permit[cell], seen, me))
        return false;
    count_up(semaphore, me);
    return true;
}

/* If we die half-way, our permits come back like those of any dead peer. */
uint32_t shoal__semaphore_claim(struct semaphore_sh *semaphore, const struct shoal_party *party)
{
    uint32_t who = living_hand(semaphore, party), taken = 0, from = 0;
    sign_hand(semaphore, party->me);
    for (uint32_t i = 0, dead = 0; i < permits(semaphore) && !who; i++) {
        uint32_t seen = load_acquire(&semaphore->permit[i]);
        if (seen && seen != dead && !party->is_dead(party, seen))
            who = seen;
        else if (claim_cell(semaphore, i, seen, party->me))
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
    if (semaphore->hands) {
        uint64_t hand = atomic_load(hand_of(semaphore, me));
        return tag_of(hand) == me ? (uint32_t)hand : 0;
    }
    for (uint32_t i = 0; i < permits(semaphore); i++)
        held += load_relaxed(&semaphore->permit[i]) == me;
    return held;
}

void shoal__semaphore_forget(struct semaphore_sh *semaphore, uint32_t slot)
{
    if (slot < semaphore->hands)
        atomic_store(hand_of(semaphore, slot + 1), 0);
    for (uint32_t i = 0; i < permits(semaphore); i++) {
        uint32_t seen = load_relaxed(&semaphore->permit[i]);
        if ((seen & MUTEX_SLOT) == slot + 1)
            compare_swap(&semaphore->permit[i], seen, 0);
    }
}
