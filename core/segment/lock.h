/*
 * The structure's lock, for calls that may have to wait for it: its holder may be stopped for any length of time.
 *
 * A call that waits holds nothing else of this process while it sleeps:
 * docs/recovery.md, "Waiting for the structure's lock".
 *
 *     struct shoal_turn turn;
 *     shoal__turn_begin(&turn);
 *     int status = shoal__enter(segment, &turn);          answers the language's signals meanwhile: < 0
 *     ...
 *     shoal__leave(segment);
 *     shoal__turn_end(segment, &turn);                     last: from now on the segment is not kept (segment/detach.h)
 *
 * A caller that has the context's lock calls shoal__enter_soon; after NOT_NOW it releases that lock, calls
 * shoal__await_turn and begins anew. A turn keeps its place among the waiters over all its tries, as one sleeper of
 * sync/mutex.h does.
 */
#ifndef SHOAL_SEGMENT_LOCK_H
#define SHOAL_SEGMENT_LOCK_H

#include "segment/segment.h"

#define NOT_NOW (-32768) /* a status that never leaves the core: another has the lock, and nothing was done */
#define SHORT_WAIT (20 * (shoal_time)1000000) /* longer than finding a dead owner takes */

/* Take the structure's lock, repairing what a dead holder left. Always succeeds. */
void shoal__lock(struct shoal_segment *segment);
int shoal__lock_before(struct shoal_segment *segment, shoal_time deadline); /* SHOAL_ETIMEDOUT, with a sentence */
void shoal__unlock(struct shoal_segment *segment);

struct shoal_turn {
    bool waits; /* the first try was in vain: the other fields are set */
    bool napped;
    bool slept;           /* the language knows that we sleep, and the segment is kept */
    uint32_t generation;  /* of the context: a signal handler may fork */
    shoal_time answer_at; /* when to answer signals */
    shoal_word *word;     /* what it waits for: the lock of the structure, or a stripe */
    struct shoal__wait wait;
};

static inline void shoal__turn_begin(struct shoal_turn *turn)
{
    turn->waits = false;
}

/*
 * The first half of shoal__turn_end (segment/detach.h): stop being a sleeper. True: one of its opens still keeps the
 * segment, and the language does not know yet that we are awake.
 */
bool shoal__turn_stop(struct shoal_segment *segment, struct shoal_turn *turn);

/*
 * SHOAL_OK: the lock is ours. < 0: nothing was done, either because the language's answer to a signal ends the call, or
 * because the lock is held for long and without our descriptor nobody can tell whether its owner is alive.
 */
int shoal__enter(struct shoal_segment *segment, struct shoal_turn *turn);
/* SHOAL_OK; NOT_NOW after a spin; < 0 as above. */
int shoal__enter_soon(struct shoal_segment *segment, struct shoal_turn *turn);
/* After NOT_NOW, holding no lock of ours: sleep once. < 0: the language's answer to a signal ends the call. */
int shoal__await_turn(struct shoal_segment *segment, struct shoal_turn *turn);
/* One look at another lock, which is waited for as above: SHOAL_OK or SHOAL_RECOVERED: it is ours; NOT_NOW; < 0. */
int shoal__turn_step(struct shoal_segment *segment, struct shoal_turn *turn, shoal_word *word);
/* False in a child that a signal handler forked: the private runs and the turn are its parent's. */
bool shoal__is_our_turn(const struct shoal_segment *segment, const struct shoal_turn *turn);
/*
 * For another lock of the segment, for which the caller waits in pieces of about 20 ms, holding no lock of ours: call
 * it between two pieces. < 0: the language's answer to a signal ends the call, if `answers`; or our descriptor is gone,
 * so no death is proved.
 */
int shoal__meanwhile(struct shoal_segment *segment, struct shoal_turn *turn, bool answers);
/*
 * For the steps of an attach, called with the context's lock: releases that while it waits, and answers signals. With a
 * deadline, as in a fork, it does neither. If not SHOAL_OK the lock is not held, and the next user of the slot does
 * what is left.
 */
int shoal__lock_in_attach(struct shoal_segment *segment, shoal_time deadline);
bool shoal__lock_at_once(struct shoal_segment *segment); /* false: another has it */
/*
 * For work that can be done later: waits SHORT_WAIT, or tries once if there is deferred work already. False: not now.
 */
bool shoal__lock_shortly(struct shoal_segment *segment);

/* Defer the work: the next call that opens or closes something tries again. */
static inline void shoal__owe(struct shoal_segment *segment)
{
    store_relaxed(&segment->owes, true);
    store_relaxed(&segment->context->owes, true);
}

static inline void shoal__leave(struct shoal_segment *segment)
{
#ifdef SHOAL_POINTS
    shoal__unlock(segment); /* this function has a point */
#else
    shoal__mutex_unlock(&shoal__header(segment)->lock);
#endif
}

#endif
