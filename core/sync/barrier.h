/*
 * The recoverable barrier. Implements docs/recovery.md, "Barrier".
 *
 * Each party has a cell: its tag (the owner bits of a lock word), and
 *
 *   bit 28  WAITING: it has arrived, and has not seen yet what came of it
 *   bit 29  FAILED: the barrier was reset while it waited
 *   bit 30  the parity of the generation it arrived in
 *   bit 31  PASSED: the barrier was reset after it had passed, and before it saw that
 *
 * The word: the generation, and bit 31, BROKEN. The mutex is held to change it, to arrive and to reset.
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

/* Who broke it, for people to read. */
struct breaker_sh {
    shoal_word reason;
    shoal_word pid;
    char program[16];
};

struct barrier_sh {
    shoal_word mutex;
    uint32_t parties; /* written once */
    shoal_word word;
    shoal_word left; /* eventcount: who finds no free cell sleeps on it until a slow party has left */
    struct breaker_sh breaker;
    uint32_t resetting;  /* 1: whoever holds the mutex resets it, or died doing that */
    shoal_word look_due; /* sync/look.h */
    shoal_word cell[];
};
_Static_assert(sizeof(struct barrier_sh) == 48, "docs/format.md, Barrier");

/*
 * Arrive: SHOAL_OK (with the cell, the index, the generation, and whether we are the last), SHOAL_EBROKEN, or
 * SHOAL_PENDING while parties of the generation before have not left.
 */
int shoal__barrier_arrive_try(struct barrier_sh *barrier, const struct shoal_party *party, struct shoal__wait *wait);
/* We have arrived, and are not the last: SHOAL_OK (passed, and left), SHOAL_EBROKEN (and left), or SHOAL_PENDING. */
int shoal__barrier_wait_try(struct barrier_sh *barrier, const struct shoal_party *party, struct shoal__wait *wait);
/*
 * These three need the mutex. SHOAL_PENDING: it could not be had within 20 ms, nothing was done, call again. Its owner is
 * stopped, or nobody can tell whether it is dead.
 *
 * The last one lets all go on: SHOAL_OK, or SHOAL_EBROKEN if it was broken or reset since it arrived.
 */
int shoal__barrier_pass(struct barrier_sh *barrier, const struct shoal_party *party, const struct shoal__wait *wait);
int shoal__barrier_break(struct barrier_sh *barrier, const struct shoal_party *party, uint32_t generation,
                         const struct breaker_sh *breaker);
int shoal__barrier_reset(struct barrier_sh *barrier, const struct shoal_party *party);
/* We stop waiting: our cell is a party's that is not here. */
void shoal__barrier_leave(struct barrier_sh *barrier, const struct shoal_party *party, const struct shoal__wait *wait);
/* A dead party's tag, or 0. Cells of the dead that were told of a reset are freed on the way. */
uint32_t shoal__barrier_find_dead(struct barrier_sh *barrier, const struct shoal_party *party);
/* The same by one who waits: 0 also if another looks, or looked just now. */
uint32_t shoal__barrier_look_for_dead(struct barrier_sh *barrier, const struct shoal_party *party);
/*
 * How long the slices of a waiting party may become. Those who came first look as often as any waiter. The more
 * came before, the more look already: so a crowd costs little.
 */
shoal_time shoal__barrier_longest_slice(const struct shoal__wait *wait);
void shoal__barrier_breaker(struct breaker_sh *out, const struct barrier_sh *barrier);
/* How many have arrived and live. */
uint32_t shoal__barrier_waiting(const struct barrier_sh *barrier, uint32_t parties, const struct shoal_party *party);
/*
 * Its mutex, if nobody who lives has arrived: 0, and nobody can before unclaim. Else the owner bits of such a one, or of who
 * has the mutex now; never waits.
 */
uint32_t shoal__barrier_claim(struct barrier_sh *barrier, const struct shoal_party *party);
void shoal__barrier_unclaim(struct barrier_sh *barrier);
/* This process is no party any more: cells of it that do not wait are freed. */
void shoal__barrier_quit(struct barrier_sh *barrier, const struct shoal_party *party);
void shoal__barrier_forget(struct barrier_sh *barrier, uint32_t slot);

static inline uint32_t shoal__barrier_generation(uint32_t word)
{
    return word & ~BARRIER_BROKEN;
}

#endif
