#include "sync/mutex.h"

#include "platform/clock.h"
#include "platform/futex.h"
#include "platform/process.h"

#define FIRST_SLICE (2 * SHOAL_MILLISECOND)

static int spins_before_sleep(void)
{
    static shoal_word known; /* 0: not asked yet; else 1 + spins */
    uint32_t spins = load_relaxed(&known);
    if (spins == 0) {
        spins = shoal__single_cpu() ? 1 : 101;
        store_relaxed(&known, spins);
    }
    return (int)spins - 1;
}

/* The word is free, whatever marks it has: take it and keep them. */
static bool take_free(shoal_word *word, uint32_t seen, uint32_t owner)
{
    return compare_swap(word, seen, owner | (seen & (MUTEX_NEEDREC | MUTEX_WAITERS)));
}

/* Take over from a dead owner. A thief that dies right after is a dead owner with NEEDREC: the next steals again. */
static bool steal(shoal_word *word, const struct shoal_party *party)
{
    uint32_t seen = load_acquire(word);
    if ((seen & MUTEX_SLOT) == 0 || !party->is_dead(party, seen))
        return false;
    return compare_swap(word, seen, party->me | MUTEX_NEEDREC | MUTEX_WAITERS);
}

static shoal_time shorter(shoal_time slice, shoal_time rest)
{
    return slice < rest ? slice : rest;
}

int shoal__mutex_lock(shoal_word *word, const struct shoal_party *party, shoal_time deadline)
{
    uint32_t mark = 0; /* WAITERS once we slept: others may sleep still, and only we know */
    shoal_time slice = FIRST_SLICE;
    int spins = deadline == SHOAL_NO_WAIT ? 0 : spins_before_sleep();
    for (;;) {
        uint32_t seen = load_relaxed(word);
        if ((seen & MUTEX_SLOT) == 0) {
            if (take_free(word, seen, party->me | mark))
                return seen & MUTEX_NEEDREC ? SHOAL_RECOVERED : SHOAL_OK;
            continue;
        }
        if (spins-- > 0) {
            spin_pause();
            continue;
        }
        shoal_time rest = deadline == SHOAL_FOREVER ? SHOAL_LONGEST_SLICE : deadline - shoal_now();
        if (deadline == SHOAL_NO_WAIT || rest <= 0)
            return steal(word, party) ? SHOAL_RECOVERED : SHOAL_ETIMEDOUT;
        if (!(seen & MUTEX_WAITERS) && !compare_swap(word, seen, seen | MUTEX_WAITERS))
            continue;
        enum shoal_woken woken = shoal__wait(word, seen | MUTEX_WAITERS, shorter(slice, rest));
        mark = MUTEX_WAITERS;
        if (woken == SHOAL_SIGNAL)
            return SHOAL_EINTR;
        if (woken == SHOAL_SLICE_OVER) {
            if (steal(word, party))
                return SHOAL_RECOVERED;
            slice = shorter(2 * slice, SHOAL_LONGEST_SLICE);
        }
    }
}

static void let_go(shoal_word *word, uint32_t value)
{
    /* Killed between the two: the sleepers find the word free at the end of their slice. */
    uint32_t seen = atomic_exchange_explicit(word, value, memory_order_seq_cst);
    if (seen & MUTEX_WAITERS)
        shoal__wake(word, 1);
}

void shoal__mutex_unlock(shoal_word *word)
{
    let_go(word, 0);
}

void shoal__mutex_abandon(shoal_word *word)
{
    let_go(word, MUTEX_NEEDREC);
}
