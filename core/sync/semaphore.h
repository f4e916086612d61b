/*
 * The recoverable semaphore. Implements docs/recovery.md, "Semaphore".
 *
 * Each permit is a cell: 0 when it is free, else the tag (slot + 1, incarnation: the owner bits of a lock word) of the
 * peer that has it. As a signal it has no cells but a count.
 *
 * With more permits than SEMAPHORE_FEW each peer has a hand as well, which says how many it has: a look at so many cells would
 * take long. A peer signs its hand (the tag, no permits) before it takes its first permit. It counts up after it has
 * taken one, and down before it gives one back, so a hand never says too much; only its peer counts. What the hand of a dead
 * peer says is not believed: its cells say what it had. Who finds it dead takes the hand away.
 */
#ifndef SHOAL_SYNC_SEMAPHORE_H
#define SHOAL_SYNC_SEMAPHORE_H

#include "sync/mutex.h"

#define SEMAPHORE_FEW 256u

struct semaphore_sh {
    uint32_t flags;      /* SHOAL_SEMAPHORE_SIGNAL; written once */
    uint32_t initial;    /* permits there are, or the first count; written once */
    shoal_word count;    /* of a signal; with hands: where a permit was given back last. Advice */
    shoal_word returned; /* eventcount: who finds no permit sleeps on it */
    uint32_t hands;      /* as many as slots, if there are more permits than SEMAPHORE_FEW; else 0. Written once */
    shoal_word look_due; /* sync/look.h */
    uint32_t zero[2];
    shoal_word
        permit[]; /* then, at the next multiple of 8: hand[hands], a tag in the upper half, permits in the lower */
};
_Static_assert(sizeof(struct semaphore_sh) == 32, "docs/format.md, Semaphore");

/* How many hands a semaphore with `initial` permits has in a segment of so many slots, and the size of all. */
static inline uint32_t shoal__semaphore_hands(uint32_t initial, uint32_t slots)
{
    return initial > SEMAPHORE_FEW ? slots : 0;
}

static inline uint64_t shoal__semaphore_size(uint32_t initial, uint32_t hands)
{
    uint64_t cells = sizeof(struct semaphore_sh) + 4ull * initial;
    return hands ? (cells + 7) / 8 * 8 + 8ull * hands : cells;
}

/* Of a semaphore with `initial` permits, whatever it says by now. */
static inline _Atomic uint64_t *shoal__semaphore_hand(const struct semaphore_sh *semaphore, uint32_t initial)
{
    return (_Atomic uint64_t *)(uintptr_t)&semaphore->permit[initial + (initial & 1)];
}

/* `from` is where to look first; where the permit was found is left there. */
bool shoal__semaphore_take(struct semaphore_sh *semaphore, uint32_t me, uint32_t *from);
bool shoal__semaphore_take_from_dead(struct semaphore_sh *semaphore, const struct shoal_party *party);
/* OK, or PENDING with what to sleep on, and `mark`. When slice_over, the permits of the dead are taken. */
int shoal__semaphore_try(struct semaphore_sh *semaphore, const struct shoal_party *party, uint32_t *from,
                         struct shoal__wait *wait);
/* n permits of ours, or all of them if we have fewer; how many. */
uint32_t shoal__semaphore_give(struct semaphore_sh *semaphore, uint32_t me, uint32_t n, uint32_t *from);
bool shoal__semaphore_raise(struct semaphore_sh *semaphore, uint32_t n); /* a signal; false: it would be too much */
void shoal__semaphore_wake(struct semaphore_sh *semaphore, uint32_t n);
/* Take every permit, if none is in living hands: 0; else the owner bits of such a one, and none is taken. A signal has none. */
uint32_t shoal__semaphore_claim(struct semaphore_sh *semaphore, const struct shoal_party *party);
void shoal__semaphore_unclaim(struct semaphore_sh *semaphore, uint32_t me);
uint32_t shoal__semaphore_held(const struct semaphore_sh *semaphore, uint32_t me);
/* The slot's number came round: permits of its users of old are free. */
void shoal__semaphore_forget(struct semaphore_sh *semaphore, uint32_t slot);

#endif
