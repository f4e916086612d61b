/*
 * The locks of writers of Values: docs/recovery.md, "Stripes". A name has one of STRIPES stripes, by its hash.
 *
 * A writer that only replaces a Value in its spare takes the stripe alone. For a change of a Value's structure (its
 * bodies, its entry) a process takes the lock of the structure first and then the stripe, for which it never waits
 * while it holds the first: shoal__enter_both. In a stripe whose holder died nothing is replaced before a process has
 * had both locks, since the next taker of the structure's lock may have to complete what the dead holder had committed.
 */
#ifndef SHOAL_SEGMENT_STRIPE_H
#define SHOAL_SEGMENT_STRIPE_H

#include "platform/point.h"
#include "segment/lock.h"
#include "sync/mutex.h"

static inline shoal_word *shoal__stripe(const struct shoal_segment *segment, uint32_t hash)
{
    struct stripe_sh *stripes = (struct stripe_sh *)((unsigned char *)segment->base + STRIPES_AT);
    return &stripes[hash % STRIPES].lock;
}

/* shoal__stripe_enter, if the first try failed. */
int shoal__stripe_enter_slowly(struct shoal_segment *segment, shoal_word *stripe, struct shoal_turn *turn);

/*
 * SHOAL_OK: the stripe is ours. NOT_NOW: its holder died: take both locks. < 0: the language's answer to a signal ends
 * the call, or this process cannot find out whether the holder is alive (segment/lock.h).
 */
static inline int shoal__stripe_enter(struct shoal_segment *segment, shoal_word *stripe, struct shoal_turn *turn)
{
    if (__builtin_expect(!shoal__mutex_try_free(stripe, segment->party.me), 0))
        return shoal__stripe_enter_slowly(segment, stripe, turn);
    SHOAL_POINT("stripe: locked");
    return SHOAL_OK;
}

static inline void shoal__stripe_leave(shoal_word *stripe)
{
    SHOAL_POINT("stripe: to be let go");
    shoal__mutex_unlock(stripe);
}

/* Take the lock of the structure and the stripe; statuses as of shoal__enter. To be released in the reverse order. */
int shoal__enter_both(struct shoal_segment *segment, shoal_word *stripe, struct shoal_turn *turn);

/*
 * With the lock of the structure held. False: another has the stripe. Also takes a dead holder's: what that one had
 * begun in the journal has been completed or undone, since the structure's lock is ours.
 */
bool shoal__stripe_take_locked(struct shoal_segment *segment, shoal_word *stripe);

/* The slot's incarnation wrapped around: free, with NEEDREC, stripes that a dead user of the slot left locked. */
void shoal__forget_stripes(struct shoal_segment *segment, uint32_t slot);
/* For check(): what is wrong if a stripe's word cannot be right, else NULL. */
const char *shoal__judge_stripes(const struct shoal_segment *segment);

#endif
