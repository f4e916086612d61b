/*
 * The recoverable semaphore. Implements docs/recovery.md, "Semaphore".
 *
 * Each permit is a cell: 0 when it is free, else the tag (slot + 1, incarnation: the owner bits of a lock word) of the
 * peer that has it. As a signal it has no cells but a count.
 */
#ifndef SHOAL_SYNC_SEMAPHORE_H
#define SHOAL_SYNC_SEMAPHORE_H

#include "sync/mutex.h"

struct semaphore_sh {
    uint32_t flags;      /* SHOAL_SEMAPHORE_SIGNAL; written once */
    uint32_t initial;    /* permits there are, or the first count; written once */
    shoal_word count;    /* of a signal */
    shoal_word returned; /* eventcount: who finds no permit sleeps on it */
    uint32_t zero[4];
    shoal_word permit[];
};
_Static_assert(sizeof(struct semaphore_sh) == 32, "docs/format.md, Semaphore");

/* `from` is where to look first; where the permit was found is left there. */
bool shoal__semaphore_take(struct semaphore_sh *semaphore, uint32_t me, uint32_t *from);
bool shoal__semaphore_take_from_dead(struct semaphore_sh *semaphore, const struct shoal_party *party);
/* OK, or PENDING with what to sleep on, and `mark`. When slice_over, the permits of the dead are taken. */
int shoal__semaphore_try(struct semaphore_sh *semaphore, const struct shoal_party *party, uint32_t *from,
                         shoal_wait *wait);
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
