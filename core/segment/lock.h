/*
 * The structure's lock, and how calls wait for it: its holder may be stopped for any length of time.
 *
 * A call that sleeps for it holds no other lock of this process meanwhile:
 * docs/recovery.md, "Waiting for the structure's lock".
 *
 *     struct shoal_turn turn;
 *     shoal__turn_begin(&turn);
 *     int status = shoal__enter(segment, &turn);          < 0: a signal of the language ended the call
 *     ...
 *     shoal__leave(segment);
 *     shoal__turn_end(segment, &turn);                     last: afterwards the segment may be gone (segment/detach.h)
 *
 * A caller that has the context's lock calls shoal__enter_soon; after NOT_NOW it releases the context's lock, calls
 * shoal__await_turn and retries. A turn is one waiter of the mutex (sync/mutex.h) over all these tries: it does not
 * lose its place.
 */
#ifndef SHOAL_SEGMENT_LOCK_H
#define SHOAL_SEGMENT_LOCK_H

#include "segment/segment.h"

#define NOT_NOW (-32768) /* a status that no API call returns: another has the lock, and nothing was done */
#define SHORT_WAIT (20 * (shoal_time)1000000) /* longer than it takes to find out that the owner is dead */

/* Take the structure's lock, and repair what a dead holder left. Always succeeds. */
void shoal__lock(struct shoal_segment *segment);
int shoal__lock_before(struct shoal_segment *segment, shoal_time deadline); /* SHOAL_ETIMEDOUT, with a sentence */
void shoal__unlock(struct shoal_segment *segment);

struct shoal_turn {
    shoal_time deadline; /* after it the wait ends with SHOAL_ETIMEDOUT; shoal__turn_begin sets SHOAL_FOREVER */
    bool waits;          /* the first try failed: the other fields are set */
    bool napped;
    bool slept;           /* the language was told that we sleep, and the segment is kept attached */
    uint32_t generation;  /* of the context at the beginning: differs in a child that a signal handler forks */
    shoal_time answer_at; /* when to let the language answer signals */
    shoal_word *word;     /* the lock that is waited for: the structure's, or a stripe */
    struct shoal__wait wait;
};

static inline void shoal__turn_begin(struct shoal_turn *turn)
{
    turn->waits = false;
    turn->deadline = SHOAL_FOREVER;
}

/*
 * The first half of shoal__turn_end (segment/detach.h): stop being a waiter. True: the caller must still decrement
 * `opens`, by which the turn kept the segment, and tell the language that we are awake.
 */
bool shoal__turn_stop(struct shoal_segment *segment, struct shoal_turn *turn);

/*
 * SHOAL_OK: the lock is ours. < 0: nothing was done, because the turn's deadline has passed, or the language's answer to a
 * signal ends the call, or because another has held the lock for long, and this process, without a descriptor of the file, cannot find out
 * whether the owner is alive.
 */
int shoal__enter(struct shoal_segment *segment, struct shoal_turn *turn);
/* The same without sleeping: SHOAL_OK; NOT_NOW after a spin; < 0 as above. */
int shoal__enter_soon(struct shoal_segment *segment, struct shoal_turn *turn);
/* After NOT_NOW: sleep once. The caller holds no lock. < 0: the deadline, or the language's answer to a signal, ends the call. */
int shoal__await_turn(struct shoal_segment *segment, struct shoal_turn *turn);
/*
 * The same as shoal__enter_soon for the lock `word`: SHOAL_OK or SHOAL_RECOVERED: it is ours; NOT_NOW; < 0 as above. A
 * dead owner's work is not repaired.
 */
int shoal__turn_step(struct shoal_segment *segment, struct shoal_turn *turn, shoal_word *word);
/*
 * False in a child that a signal handler forked during the turn: the turn, and privately owned runs, are its parent's.
 */
bool shoal__is_our_turn(const struct shoal_segment *segment, const struct shoal_turn *turn);
/*
 * For a caller that waits for another lock of the segment in pieces of about 20 ms: to be called between two pieces,
 * holding no lock. < 0: the language's answer to a signal ends the call (only if `answers`); or the descriptor is gone,
 * so that a death of the owner would not be found.
 */
int shoal__meanwhile(struct shoal_segment *segment, struct shoal_turn *turn, bool answers);
/*
 * For the steps of an attach: take the structure's lock. The caller has the context's lock, which this releases while
 * it waits, and answers signals. With a deadline, as in a fork, it does neither. If not SHOAL_OK the structure's lock
 * is not held, and the steps that are left are done by the next user of the slot.
 */
int shoal__lock_in_attach(struct shoal_segment *segment, shoal_time deadline);
/*
 * A step of a wait of objects/, as shoal__mutex_step: SHOAL_OK, the lock is ours and its structure mended, and the wait is
 * as before its first step; or SHOAL_PENDING, and who gives up then calls shoal__mutex_stop.
 */
int shoal__lock_step(struct shoal_segment *segment, struct shoal__wait *wait);
bool shoal__lock_at_once(struct shoal_segment *segment); /* false: another has it */
/*
 * For work that can be deferred: waits SHORT_WAIT at most, or tries once if work was deferred already. False: the lock
 * is not held.
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
    shoal__unlock(segment); /* the function that has a SHOAL_POINT */
#else
    shoal__mutex_unlock(&shoal__header(segment)->lock);
#endif
}

#endif
