/*
 * The recoverable semaphore. Implements docs/recovery.md, "Semaphore".
 *
 * Each permit is a cell: 0 when it is free, else the tag (slot + 1, incarnation: the owner bits of a lock word) of the
 * peer that has it. A signal has a count and no cells.
 *
 * With more permits than SEMAPHORE_FEW searching all cells would take long, so each peer has a hand as well: a count of
 * its permits. A peer signs its hand (stores its tag, and no permits) before it takes its first permit. It counts the
 * hand up after it has taken a permit, and down before it releases one, so a hand never counts too many; while the peer
 * lives no other process changes its hand. The hand of a dead peer is not believed, since the cells with the peer's tag
 * say what it had; a process that finds the peer dead clears the hand.
 */
#ifndef SHOAL_SYNC_SEMAPHORE_H
#define SHOAL_SYNC_SEMAPHORE_H

#include "sync/mutex.h"

#define SEMAPHORE_FEW 256u

struct semaphore_sh {
    uint32_t flags;      /* SHOAL_SEMAPHORE_SIGNAL; written once */
    uint32_t initial;    /* the number of permits, or the first count; written once */
    shoal_word count;    /* of a signal: the count; with hands: the cell that was last released, a hint */
    shoal_word returned; /* eventcount: a waiter that finds no permit sleeps on it */
    uint32_t hands;      /* the number of slots if there are more permits than SEMAPHORE_FEW, else 0. Written once */
    shoal_word look_due; /* sync/look.h */
    uint32_t zero[2];
    /* The permits; then, at the next multiple of 8, hand[hands], 64 bits each: upper half the tag, lower the count. */
    shoal_word permit[];
};
_Static_assert(sizeof(struct semaphore_sh) == 32, "docs/format.md, Semaphore");

/* How many hands a semaphore with `initial` permits has in a segment with `slots` slots, and the size of its body. */
static inline uint32_t shoal__semaphore_hands(uint32_t initial, uint32_t slots)
{
    return initial > SEMAPHORE_FEW ? slots : 0;
}

static inline uint64_t shoal__semaphore_size(uint32_t initial, uint32_t hands)
{
    uint64_t cells = sizeof(struct semaphore_sh) + 4ull * initial;
    return hands ? (cells + 7) / 8 * 8 + 8ull * hands : cells;
}

/* The first hand, after `initial` permits: the caller's number, since the field in the segment may be overwritten. */
static inline _Atomic uint64_t *shoal__semaphore_hand(const struct semaphore_sh *semaphore, uint32_t initial)
{
    return (_Atomic uint64_t *)(uintptr_t)&semaphore->permit[initial + (initial & 1)];
}

/* `from`: the cell to look at first; receives the cell whose permit was taken. */
bool shoal__semaphore_take(struct semaphore_sh *semaphore, uint32_t me, uint32_t *from);
bool shoal__semaphore_take_from_dead(struct semaphore_sh *semaphore, const struct shoal_party *party);
/*
 * SHOAL_OK, or SHOAL_PENDING with the word to sleep on (none with WAIT_LOOK_ONCE) and wait.mark: we may be woken from
 * now on. With wait.slice_over a dead peer's permit is taken if none is free.
 */
int shoal__semaphore_try(struct semaphore_sh *semaphore, const struct shoal_party *party, uint32_t *from,
                         struct shoal__wait *wait);
/* Release n permits of ours, or all if we have fewer; returns how many. */
uint32_t shoal__semaphore_give(struct semaphore_sh *semaphore, uint32_t me, uint32_t n, uint32_t *from);
/* Add n to the count of a signal. False: the count would be too large. */
bool shoal__semaphore_raise(struct semaphore_sh *semaphore, uint32_t n);
void shoal__semaphore_wake(struct semaphore_sh *semaphore, uint32_t n);
/*
 * If no live peer has a permit take them all and return 0; else take none and return the owner bits of a live peer that
 * has one. A signal has no permits: 0.
 */
uint32_t shoal__semaphore_claim(struct semaphore_sh *semaphore, const struct shoal_party *party);
void shoal__semaphore_unclaim(struct semaphore_sh *semaphore, uint32_t me);
uint32_t shoal__semaphore_held(const struct semaphore_sh *semaphore, uint32_t me);
/* The slot's incarnation wrapped around: free the permits of its earlier users. */
void shoal__semaphore_forget(struct semaphore_sh *semaphore, uint32_t slot);

#endif
