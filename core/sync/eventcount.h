/*
 * Eventcount: a word to sleep on until somebody notifies that something changed, whatever it is.
 *
 *   bit 0      WAITERS: somebody sleeps, or is about to
 *   bits 1-31  counts the notifications given while there were waiters
 *
 * A waiter: key = prepare; check (with sequentially consistent loads) whether it has to wait at all; sleep while the
 * word is `key`. A notifier: change something, then notify. This is a store-load (Dekker) pair: either the waiter's
 * check sees the change, or notify sees WAITERS, and then the word is not `key` any more. Nothing is owned, so a death
 * leaves at most WAITERS without a waiter, which costs one system call that wakes nobody.
 *
 * The name, and preparing before the check: folly's EventCount and D. Vyukov's, after D. P. Reed and R. K. Kanodia,
 * "Synchronization with eventcounts and sequencers", CACM 22(2), 1979.
 */
#ifndef SHOAL_SYNC_EVENTCOUNT_H
#define SHOAL_SYNC_EVENTCOUNT_H

#include "platform/atomic.h"

uint32_t shoal__eventcount_prepare(shoal_word *word);
void shoal__eventcount_tell(shoal_word *word, int sleepers);
void shoal__eventcount_pass(shoal_word *word);

/* Call after a change that others may wait for, made with a sequentially consistent operation. */
static inline void shoal__eventcount_notify(shoal_word *word, int sleepers)
{
    if (__builtin_expect(atomic_load_explicit(word, memory_order_seq_cst) & 1, 0))
        shoal__eventcount_tell(word, sleepers);
}

/*
 * One wake-up on its way at a time (a baton), for words of which each change satisfies one sleeper, and changes come more
 * quickly than a sleeper wakes up: who tells takes WAITERS out, so the changes until the woken one runs cost nothing. In
 * return the woken one has the baton: when it has what it waited for it calls shoal__eventcount_slept, which sets WAITERS
 * again for those who still sleep, then looks whether there is more (in this order: what comes in between sees no mark), and
 * if there is, calls shoal__eventcount_tell_one. Who gives up after it may have been woken does the same. If the one with
 * the baton dies, those who sleep look at the end of their slice, and set WAITERS again. Who tells all, for good, does not
 * ask for WAITERS: shoal__eventcount_tell. tests/model/baton.pml has it step by step.
 */
static inline void shoal__eventcount_tell_one(shoal_word *word)
{
    if (__builtin_expect(atomic_load_explicit(word, memory_order_seq_cst) & 1, 0))
        shoal__eventcount_pass(word);
}

static inline void shoal__eventcount_slept(shoal_word *word)
{
    atomic_fetch_or_explicit(word, 1, memory_order_seq_cst);
}

#endif
