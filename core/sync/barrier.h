/*
 * The recoverable barrier. Implements docs/recovery.md, "Barrier".
 *
 * Each party has a cell: its tag (the owner bits of a lock word), and
 *
 *   bit 28  WAITING: it has arrived, and has not yet seen what became of its generation
 *   bit 29  FAILED: the barrier was reset while it waited
 *   bit 30  the parity of the generation it arrived in
 *   bit 31  PASSED: the barrier was reset after this party's generation had passed, before the party saw that
 *
 * The word: the generation, and bit 31, BROKEN. The mutex is held to change the word, to arrive and to reset.
 */
#ifndef SHOAL_SYNC_BARRIER_H
#define SHOAL_SYNC_BARRIER_H

#include "sync/mutex.h"

#define BARRIER_MOST_PARTIES 4096u
#define BARRIER_BROKEN 0x80000000u
#define PARTY_WAITING 0x10000000u
#define PARTY_FAILED 0x20000000u
#define PARTY_PARITY 0x40000000u
#define PARTY_PASSED 0x80000000u

enum barrier_reason { BARRIER_ABORTED = 1, BARRIER_TIMED_OUT, BARRIER_PARTY_DIED, BARRIER_PARTY_GAVE_UP };

/* Who broke the barrier, and why, for people to read. */
struct breaker_sh {
    shoal_word reason;
    shoal_word pid;
    char program[16];
};

struct barrier_sh {
    shoal_word mutex;
    uint32_t parties; /* written once */
    shoal_word word;
    shoal_word left; /* eventcount: a party that finds no free cell sleeps on it until a slow one has left */
    struct breaker_sh breaker;
    uint32_t resetting;  /* 1: the holder of the mutex is resetting the barrier, or died doing so */
    shoal_word look_due; /* sync/look.h */
    shoal_word cell[];
};
_Static_assert(sizeof(struct barrier_sh) == 48, "docs/format.md, Barrier");

/*
 * Arrive: SHOAL_OK (with the cell, the index, the generation, and whether we are the last), SHOAL_EBROKEN, or
 * SHOAL_PENDING while parties of the previous generation have not left.
 */
int shoal__barrier_arrive_try(struct barrier_sh *barrier, const struct shoal_party *party, struct shoal__wait *wait);
/* After arriving, when not the last: SHOAL_OK (passed, and left), SHOAL_EBROKEN (and left), or SHOAL_PENDING. */
int shoal__barrier_wait_try(struct barrier_sh *barrier, const struct shoal_party *party, struct shoal__wait *wait);
/*
 * The next three take the mutex. SHOAL_PENDING: the mutex was not to be had within 20 ms, since its owner is stopped,
 * or since no death can be proved. Nothing was done; call again.
 *
 * shoal__barrier_pass is called by the last to arrive and lets all go on: SHOAL_OK, or SHOAL_EBROKEN if the barrier was
 * broken or reset since.
 */
int shoal__barrier_pass(struct barrier_sh *barrier, const struct shoal_party *party, const struct shoal__wait *wait);
int shoal__barrier_break(struct barrier_sh *barrier, const struct shoal_party *party, uint32_t generation,
                         const struct breaker_sh *breaker);
int shoal__barrier_reset(struct barrier_sh *barrier, const struct shoal_party *party);
/* Stop waiting: our cell becomes that of a party which is not at the barrier. */
void shoal__barrier_leave(struct barrier_sh *barrier, const struct shoal_party *party, const struct shoal__wait *wait);
/* The tag of a dead party, or 0. Frees cells of dead parties that a reset had marked. */
uint32_t shoal__barrier_find_dead(struct barrier_sh *barrier, const struct shoal_party *party);
/* The same for a waiter: also 0 if another waiter is looking, or looked just now. */
uint32_t shoal__barrier_look_for_dead(struct barrier_sh *barrier, const struct shoal_party *party);
/*
 * How long the slices of a waiting party may become: the longer, the more parties arrived before it, so that a crowd
 * costs little. The first to arrive look as often as any waiter.
 */
shoal_time shoal__barrier_longest_slice(const struct shoal__wait *wait);
void shoal__barrier_breaker(struct breaker_sh *out, const struct barrier_sh *barrier);
/* The number of live parties that have arrived. */
uint32_t shoal__barrier_waiting(const struct barrier_sh *barrier, uint32_t parties, const struct shoal_party *party);
/*
 * If no live party has arrived take the mutex and return 0: then none can arrive before unclaim. Else return the owner
 * bits of a live party that has arrived, or of the mutex's owner. Never waits.
 */
uint32_t shoal__barrier_claim(struct barrier_sh *barrier, const struct shoal_party *party);
void shoal__barrier_unclaim(struct barrier_sh *barrier);
/* This process is no party any more: free its cells, except those that wait. */
void shoal__barrier_quit(struct barrier_sh *barrier, const struct shoal_party *party);
void shoal__barrier_forget(struct barrier_sh *barrier, uint32_t slot);

static inline uint32_t shoal__barrier_generation(uint32_t word)
{
    return word & ~BARRIER_BROKEN;
}

#endif
