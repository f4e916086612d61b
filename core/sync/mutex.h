/*
 * The recoverable mutex: one 32-bit word on a futex that names its owner.
 *
 *   bits 0-11   the owner's slot + 1; 0: free
 *   bits 12-27  the owner's incarnation, low 16 bits, never 0
 *   bit 30      NEEDREC: an owner died since what it guards was last known to be whole
 *   bit 31      WAITERS: somebody sleeps
 *
 * Invariants. (1) The word changes owner only by a compare-and-swap from a free word, or from a full value
 * whose owner was proved dead. (2) NEEDREC stays in the word from the steal until the release, so a
 * thief's own death is another steal. (3) No sleep is longer than a slice, and each slice ends with a look
 * at the owner: a waiter killed after its wake-up, an unlocker killed before its wake, a dead owner cost
 * at most 100 ms.
 *
 * It is a process that holds a mutex; threads of one process exclude each other all the same.
 */
#ifndef SHOAL_SYNC_MUTEX_H
#define SHOAL_SYNC_MUTEX_H

#include "platform/atomic.h"
#include "shoal.h"

#define MUTEX_SLOT 0x00000fffu
#define MUTEX_INCARNATION 0x0ffff000u
#define MUTEX_OWNER (MUTEX_SLOT | MUTEX_INCARNATION)
#define MUTEX_NEEDREC 0x40000000u
#define MUTEX_WAITERS 0x80000000u

/* Who takes, and how to learn that another owner is dead. */
struct shoal_party {
    uint32_t me; /* the owner bits of this peer */
    bool (*is_dead)(const struct shoal_party *party, uint32_t word);
};

static inline uint32_t shoal__mutex_me(uint32_t slot, uint32_t incarnation)
{
    return (slot + 1) | (incarnation & 0xffff) << 12;
}

static inline bool shoal__mutex_try_free(shoal_word *word, uint32_t me)
{
    return compare_swap(word, 0, me);
}

/* SHOAL_OK, SHOAL_RECOVERED, SHOAL_ETIMEDOUT, SHOAL_EINTR. With NO_WAIT a dead owner's lock is still taken. */
int shoal__mutex_lock(shoal_word *word, const struct shoal_party *party, shoal_time deadline);
void shoal__mutex_unlock(shoal_word *word);
/* Let go as if the owner had died: the next taker gets SHOAL_RECOVERED. */
void shoal__mutex_abandon(shoal_word *word);

#endif
