/*
 * The structure's lock, taken by calls that may have to wait for it: who has it may be stopped for as long as somebody likes.
 *
 * A call that waits holds nothing else of this process while it sleeps (docs/recovery.md, "Waiting for the structure's lock"):
 *
 *     struct shoal_turn turn;
 *     shoal__turn_begin(&turn);
 *     int status = shoal__enter(segment, &turn);          the language's signals are answered meanwhile: < 0
 *     ...
 *     shoal__leave(segment);
 *     shoal__turn_end(segment, &turn);                     last: only now is the segment not kept any more (segment/detach.h)
 *
 * Who has the context's lock asks with shoal__enter_soon, and after NOT_NOW lets go of it, calls shoal__await_turn and begins
 * anew. A turn keeps its place over all of its tries, as one sleeper of sync/mutex.h does.
 */
#ifndef SHOAL_SEGMENT_LOCK_H
#define SHOAL_SEGMENT_LOCK_H

#include "segment/segment.h"

#define NOT_NOW (-32768) /* a status that never leaves the core: another has the lock, and nothing was done */
#define SHORT_WAIT (20 * (shoal_time)1000000) /* a dead owner is found before that */

/* Take the structure's lock, mending what a dead holder left. Always succeeds. */
void shoal__lock(struct shoal_segment *segment);
int shoal__lock_before(struct shoal_segment *segment, shoal_time deadline); /* SHOAL_ETIMEDOUT, with a sentence */
void shoal__unlock(struct shoal_segment *segment);

struct shoal_turn {
    bool waits; /* begun in vain: the rest counts */
    bool napped;
    bool slept;           /* there is a language, which knows that we sleep, and the segment is kept */
    uint32_t generation;  /* of the context: a handler may fork */
    shoal_time answer_at; /* signals */
    shoal_word *word;     /* that it waits for: the lock of the structure, or a stripe */
    struct shoal__wait wait;
};

static inline void shoal__turn_begin(struct shoal_turn *turn)
{
    turn->waits = false;
}

/*
 * The first half of shoal__turn_end (segment/detach.h): we are no sleeper any more. True: the segment is kept still, by one of
 * its opens, and the language does not know yet that we are awake.
 */
bool shoal__turn_stop(struct shoal_segment *segment, struct shoal_turn *turn);

/*
 * SHOAL_OK: the lock is ours. < 0: nothing was done, for what the language made of a signal; or because it is held for long, and
 * our descriptor is gone, so that nobody can tell whether its owner lives.
 */
int shoal__enter(struct shoal_segment *segment, struct shoal_turn *turn);
/* SHOAL_OK; NOT_NOW after a spin; < 0 as above. */
int shoal__enter_soon(struct shoal_segment *segment, struct shoal_turn *turn);
/* After NOT_NOW, holding none of our locks: one sleep. < 0: what the language made of a signal; give up then. */
int shoal__await_turn(struct shoal_segment *segment, struct shoal_turn *turn);
/* One look at another lock, to be waited for as above: SHOAL_OK and SHOAL_RECOVERED, it is ours; NOT_NOW; < 0. */
int shoal__turn_step(struct shoal_segment *segment, struct shoal_turn *turn, shoal_word *word);
/* False in a child that a handler forked: what is in our hands is its parent's, and so is the turn. */
bool shoal__is_our_turn(const struct shoal_segment *segment, const struct shoal_turn *turn);
/*
 * For another lock of the segment, which the caller waits for in pieces of 20 ms or so, holding none of ours: between two of
 * them. < 0: what the language made of a signal, if it `answers` them; or our descriptor is gone, so that no death is proved.
 */
int shoal__meanwhile(struct shoal_segment *segment, struct shoal_turn *turn, bool answers);
/*
 * For the steps of an attach, by who has the context's lock: lets go of that while it waits, and answers signals. With a
 * deadline, which a fork has, it does neither. Not SHOAL_OK: nobody has the lock, and what is done so far is left to the next user of the slot.
 */
int shoal__lock_in_attach(struct shoal_segment *segment, shoal_time deadline);
bool shoal__lock_at_once(struct shoal_segment *segment); /* false: another has it */
/* For what is done later if it cannot be done now: SHORT_WAIT, or one try of who owes already. False: not now. */
bool shoal__lock_shortly(struct shoal_segment *segment);

/* It could not be done now: the next call that opens or closes something looks whether it can. */
static inline void shoal__owe(struct shoal_segment *segment)
{
    store_relaxed(&segment->owes, true);
    store_relaxed(&segment->context->owes, true);
}

static inline void shoal__leave(struct shoal_segment *segment)
{
#ifdef SHOAL_POINTS
    shoal__unlock(segment); /* which has one */
#else
    shoal__mutex_unlock(&shoal__header(segment)->lock);
#endif
}

#endif
