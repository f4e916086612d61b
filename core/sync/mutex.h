/*
 * The recoverable mutex: one 32-bit word on a futex that names its owner.
 *
 *   bits 0-10   the owner's slot + 1; 0: free
 *   bit 11      IDLE: of an RWLock's writer: it sleeps until readers have left, and others may take the word from it
 *   bits 12-27  the owner's incarnation, low 16 bits, never 0
 *   bit 28      LONGWAIT: somebody has waited long; newcomers back off, once, for 2 ms at most
 *   bit 29      GRACE: of an RWLock's writer: readers may still enter
 *   bit 30      NEEDREC: an owner died, and what the mutex guards has not been known to be whole since
 *   bit 31      WAITERS: somebody sleeps
 *
 * Invariants. (1) The word changes owner only by a compare-and-swap from a free word, or from a full value whose owner
 * was proved dead. (2) NEEDREC stays in the word from the steal until the release, so a thief's own death is another
 * steal. (3) No sleep is longer than a slice, and each slice ends with a look at the owner, by the clock, however often
 * signals end a sleep: a waiter killed after its wake-up, an unlocker killed before its wake, or a dead owner cost at
 * most 100 ms. (4) LONGWAIT is advice: every taker clears it, and a waiter that has backed off once ignores it.
 *
 * A waiter looks a few times, at growing intervals, and then sleeps. A release does not hand the lock over: any running
 * thread may take it, so that one processor goes on with it while sleepers on others wake up. LONGWAIT makes this fair:
 * it stays in the free word, so that a waiter that has slept gets it; the longest sleeper is woken first.
 *
 * A mutex is held by a process, but threads of one process exclude each other all the same.
 */
#ifndef SHOAL_SYNC_MUTEX_H
#define SHOAL_SYNC_MUTEX_H

#include "platform/atomic.h"
#include "sync/waiting.h"

#define MUTEX_SLOT 0x000007ffu
#define MUTEX_IDLE 0x00000800u
#define MUTEX_INCARNATION 0x0ffff000u
#define MUTEX_OWNER (MUTEX_SLOT | MUTEX_INCARNATION)
#define MUTEX_LONGWAIT 0x10000000u
#define MUTEX_GRACE 0x20000000u
#define MUTEX_NEEDREC 0x40000000u
#define MUTEX_WAITERS 0x80000000u

/* The taker, and how to learn that another owner is dead. */
struct shoal_party {
    uint32_t me; /* the owner bits of this peer */
    bool (*is_dead)(const struct shoal_party *party, uint32_t word);
};

static inline uint32_t shoal__mutex_me(uint32_t slot, uint32_t incarnation)
{
    return (slot + 1) | (incarnation & 0xffff) << 12;
}

static inline bool shoal__mutex_is_free(const shoal_word *word)
{
    return !(load_relaxed(word) & MUTEX_SLOT);
}

static inline bool shoal__mutex_try_free(shoal_word *word, uint32_t me)
{
    return compare_swap(word, 0, me);
}

/* SHOAL_OK, SHOAL_RECOVERED, SHOAL_ETIMEDOUT. Signals do not end it. Even with NO_WAIT a dead owner's lock is taken. */
int shoal__mutex_lock(shoal_word *word, const struct shoal_party *party, shoal_time deadline);
/*
 * The same without sleeping: SHOAL_OK, SHOAL_RECOVERED, or SHOAL_PENDING with the word to sleep on, its expected value,
 * and `slice` if the sleep is to be short. Begin with zeroes. `slice_over`: the last sleep ended by itself, look for
 * dead owners. WAIT_LOOK_ONCE in its flags: the caller will not sleep.
 */
int shoal__mutex_step(shoal_word *word, const struct shoal_party *party, struct shoal__wait *wait);
/*
 * Sleep as the step said, until `end` at the latest: after that the next step is the last. Slices go by the clock,
 * whatever ends a sleep. False: a signal ended it.
 */
bool shoal__mutex_sleep(struct shoal__wait *wait, shoal_time end);
/* Give up after steps that did not get the lock. */
void shoal__mutex_stop(shoal_word *word, const struct shoal__wait *wait);
/* The slot's incarnation wrapped around: a word held by an earlier user of the slot becomes free, with NEEDREC. */
void shoal__mutex_forget(shoal_word *word, uint32_t slot);
/* Wake one sleeper, after the word became free. Killed before that: the sleepers look at the end of their slice. */
void shoal__mutex_wake_one(shoal_word *word);

static inline void shoal__mutex_let_go(shoal_word *word, uint32_t value)
{
    /*
     * LONGWAIT stays, for the next taker to clear. If it is set between the two instructions it is lost, and set again
     * later.
     */
    value |= load_relaxed(word) & MUTEX_LONGWAIT;
    uint32_t seen = atomic_exchange_explicit(word, value, memory_order_seq_cst);
    if (__builtin_expect(seen & MUTEX_WAITERS, 0))
        shoal__mutex_wake_one(word);
}

static inline void shoal__mutex_unlock(shoal_word *word)
{
    shoal__mutex_let_go(word, 0);
}

/* Release as if the owner had died: the next taker gets SHOAL_RECOVERED. */
static inline void shoal__mutex_abandon(shoal_word *word)
{
    shoal__mutex_let_go(word, MUTEX_NEEDREC);
}

#endif
