#include "sync/mutex.h"

#include "platform/clock.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "sync/spin.h"

#define PATIENCE 8 /* retry budget: after so many sleeps in vain a waiter sets LONGWAIT */
#define FIRST_SLICE (8 * SHOAL_MILLISECOND)
#define STAND_BACK (2 * SHOAL_MILLISECOND)

static bool is_free(uint32_t word)
{
    return !(word & MUTEX_SLOT);
}

static bool is_free_by(uint32_t word, uint32_t unused)
{
    (void)unused;
    return is_free(word);
}

static void spin(const shoal_word *word)
{
    static shoal_word looks = SPIN_MOST_LOOKS;
    shoal__spin(&looks, word, is_free_by, 0);
}

/*
 * Steal the word from a dead owner. If the thief dies right after, the word names a dead owner again, with NEEDREC: the
 * next waiter steals it from the thief.
 */
static bool steal(shoal_word *word, const struct shoal_party *party)
{
    uint32_t seen = load_acquire(word);
    if (is_free(seen) || !party->is_dead(party, seen))
        return false;
    SHOAL_POINT("mutex: its owner is dead");
    return compare_swap(word, seen, party->me | MUTEX_NEEDREC | MUTEX_WAITERS);
}

/*
 * Anyone may take a free word, but under LONGWAIT only a waiter that has slept or backed off. A trylock never sleeps:
 * on its last attempt it wakes a sleeper, and takes the word itself only if there was none.
 */
static bool may_take(shoal_word *word, uint32_t seen, const struct shoal__wait *wait)
{
    if (!is_free(seen))
        return false;
    if (!(seen & MUTEX_LONGWAIT) || wait->mark)
        return true;
    return wait->flags & WAIT_LOOK_ONCE && wait->slice_over && shoal__wake(word, 1) == 0;
}

static uint32_t marks_to_sleep_with(uint32_t seen, const struct shoal__wait *wait)
{
    if (is_free(seen))
        return seen; /* backing off */
    bool long_wait = wait->slice_over || wait->spins >= PATIENCE;
    return seen | MUTEX_WAITERS | (long_wait ? MUTEX_LONGWAIT : 0);
}

int shoal__mutex_step(shoal_word *word, const struct shoal_party *party, struct shoal__wait *wait)
{
    if (wait->slice_over && steal(word, party)) {
        SHOAL_POINT("mutex: stolen");
        return SHOAL_RECOVERED;
    }
    for (bool spun = wait->flags & (WAIT_LOOK_ONCE | SHOAL_WAIT_TASK) || !shoal__spinning_helps();;) {
        uint32_t seen = load_relaxed(word);
        if (may_take(word, seen, wait)) {
            if (compare_swap(word, seen, party->me | wait->mark | (seen & (MUTEX_NEEDREC | MUTEX_WAITERS)))) {
                SHOAL_POINT("mutex: taken");
                return seen & MUTEX_NEEDREC ? SHOAL_RECOVERED : SHOAL_OK;
            }
            continue;
        }
        if (wait->flags & WAIT_LOOK_ONCE)
            return SHOAL_PENDING;
        if (!spun && !(seen & MUTEX_LONGWAIT)) {
            spin(word);
            spun = true;
            continue;
        }
        uint32_t expected = marks_to_sleep_with(seen, wait);
        if (expected != seen && !compare_swap(word, seen, expected))
            continue;
        SHOAL_POINT("mutex: sleeper marked");
        /* From now on we take the word with WAITERS set: there may be other sleepers, and nothing else says so. */
        wait->mark = MUTEX_WAITERS;
        wait->spins++;
        wait->word = (const uint32_t *)word;
        wait->expected = expected;
        if (is_free(seen))
            wait->slice = STAND_BACK;
        return SHOAL_PENDING;
    }
}

/*
 * We may have consumed a wake-up that another waiter needs: if the word is held, set WAITERS, so that its holder wakes
 * one; if it is free, wake one now. Clear LONGWAIT, since it may have been ours; another long waiter sets it again.
 */
void shoal__mutex_stop(shoal_word *word, const struct shoal__wait *wait)
{
    uint32_t seen, left;
    if (!wait->mark)
        return;
    SHOAL_POINT("mutex: giving up");
    do {
        seen = load_relaxed(word);
        left = (seen & ~MUTEX_LONGWAIT) | (is_free(seen) ? 0 : MUTEX_WAITERS);
    } while (!compare_swap(word, seen, left));
    SHOAL_POINT("mutex: given up");
    if (is_free(seen))
        shoal__wake(word, 1);
}

static shoal_time shorter(shoal_time a, shoal_time b)
{
    return a < b ? a : b;
}

/* A slice goes by the clock: neither a signal nor a spurious wake-up restarts it. */
static void end_slice(struct shoal__wait *wait, shoal_time now)
{
    wait->slice_over = now >= wait->look_at;
    if (!wait->slice_over)
        return;
    wait->patience = shorter(2 * wait->patience, SHOAL_LONGEST_SLICE);
    wait->look_at = now + wait->patience;
}

bool shoal__mutex_sleep(struct shoal__wait *wait, shoal_time end)
{
    shoal_time now = shoal_now();
    if (now >= end) {
        wait->flags |= WAIT_LOOK_ONCE;
        wait->slice_over = true; /* the last look also looks for a dead owner */
        return true;
    }
    if (wait->patience == 0) {
        wait->patience = FIRST_SLICE;
        wait->look_at = now + FIRST_SLICE;
    }
    shoal_time rest = shorter(wait->look_at, end) - now;
    shoal_time slice = wait->slice ? shorter(wait->slice, rest) : rest;
    wait->slice = 0;
    enum shoal_woken woken = shoal__wait((const shoal_word *)wait->word, wait->expected, slice);
    SHOAL_POINT("mutex: slept");
    end_slice(wait, shoal_now());
    return woken != SHOAL_SIGNAL;
}

int shoal__mutex_lock(shoal_word *word, const struct shoal_party *party, shoal_time deadline)
{
    bool once = deadline == SHOAL_NO_WAIT;
    struct shoal__wait wait = {.slice_over = once, .flags = once ? WAIT_LOOK_ONCE : 0};
    int status;
    while ((status = shoal__mutex_step(word, party, &wait)) == SHOAL_PENDING) {
        if (wait.flags & WAIT_LOOK_ONCE) {
            shoal__mutex_stop(word, &wait);
            return SHOAL_ETIMEDOUT;
        }
        shoal__mutex_sleep(&wait, deadline);
    }
    return status;
}

void shoal__mutex_wake_one(shoal_word *word)
{
    SHOAL_POINT("mutex: free, nobody woken");
    shoal__wake(word, 1);
    SHOAL_POINT("mutex: free, one woken");
}

/* Retry, since others may set bits in the word meanwhile. */
void shoal__mutex_forget(shoal_word *word, uint32_t slot)
{
    for (uint32_t seen = load_relaxed(word); (seen & MUTEX_SLOT) == slot + 1; seen = load_relaxed(word))
        if (compare_swap(word, seen, MUTEX_NEEDREC | (seen & MUTEX_WAITERS)))
            return;
}
