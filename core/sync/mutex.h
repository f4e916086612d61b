/*
 * The recoverable mutex: one 32-bit word on a futex that names its owner.
 *
 *   bits 0-10   the owner's slot + 1; 0: free
 *   bit 11      IDLE: of an RWLock's writer: it sleeps until readers have left, and others may take the word from it
 *   bits 12-27  the owner's incarnation, low 16 bits, never 0
 *   bit 28      LONGWAIT: somebody has waited long; newcomers back off, once, for 2 ms at most
 *   bit 29      GRACE: of an RWLock's writer: readers may still enter
 *   bit 30      NEEDREC: an owner died, and no later owner has released the mutex normally since
 *   bit 31      WAITERS: somebody sleeps
 *
 * Invariants. (1) The word changes owner only by a compare-and-swap from a free word, or from a full value whose owner
 * was proved dead. (2) NEEDREC stays in the word from the steal until the release, so a thief's own death is another
 * steal. (3) A waiter sleeps in slices of at most 100 ms and looks at the owner after each. Slices go by the clock,
 * however often signals end a sleep. So a waiter killed after it was woken, an unlocker killed before it wakes one, and
 * a dead owner cost other waiters at most 100 ms. (4) LONGWAIT is a hint: every taker clears it, and a waiter that has
 * backed off once ignores it.
 *
 * A waiter looks a few times, at growing intervals, and then sleeps. A release frees the word and does not hand it to a
 * sleeper: a thread that is running may take it at once, while the sleeper still wakes up. LONGWAIT makes this fair: it
 * stays in the free word and makes newcomers back off, so that a waiter that has slept takes the word; the kernel wakes
 * the longest sleeper first.
 *
 * The owner that a word names is a process, but threads of one process exclude each other all the same.
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

/*
 * SHOAL_OK, SHOAL_RECOVERED, SHOAL_ETIMEDOUT. Signals do not end the call. A dead owner's lock is taken even with
 * SHOAL_NO_WAIT.
 */
int shoal__mutex_lock(shoal_word *word, const struct shoal_party *party, shoal_time deadline);
/*
 * The same without sleeping: SHOAL_OK, SHOAL_RECOVERED, or SHOAL_PENDING with the word to sleep on, its expected value,
 * and `slice` if the sleep is to be short. `wait` is zeroed before the first step. The caller sets `slice_over` when a
 * slice has ended, so that the step looks for a dead owner, and WAIT_LOOK_ONCE if it will not sleep.
 */
int shoal__mutex_step(shoal_word *word, const struct shoal_party *party, struct shoal__wait *wait);
/*
 * Sleep as the step said, until `end` at the latest; if `end` has passed already, the next step is the last. Slices go
 * by the clock, whatever ends a sleep. False: a signal ended it.
 */
bool shoal__mutex_sleep(struct shoal__wait *wait, shoal_time end);
/* Give up after steps that did not get the lock. */
void shoal__mutex_stop(shoal_word *word, const struct shoal__wait *wait);
/* The slot's incarnation wrapped around: a word held by an earlier user of the slot becomes free, with NEEDREC. */
void shoal__mutex_forget(shoal_word *word, uint32_t slot);
/*
 * Wake one sleeper, after the word became free. If we are killed before that, the sleepers look at the end of their
 * slice.
 */
void shoal__mutex_wake_one(shoal_word *word);

static inline void shoal__mutex_let_go(shoal_word *word, uint32_t value)
{
    /*
     * LONGWAIT stays, for the next taker to clear. If a waiter sets LONGWAIT between our two instructions it is lost,
     * and the waiter sets it again later.
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
