/*
 * The locks of writers of Values: docs/recovery.md, "Stripes". A name has one of STRIPES stripes, by its hash.
 *
 * A writer that only replaces a Value in its spare takes the stripe alone. A change of a Value's structure (its bodies,
 * its entry) takes the lock of the structure first and then the stripe, for which it never waits there:
 * shoal__enter_both. In a stripe whose holder died nothing is replaced before a process has had both locks: what the
 * dead holder had committed may still have to be finished by the next taker of the structure's lock.
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

int shoal__stripe_enter_slowly(struct shoal_segment *segment, shoal_word *stripe, struct shoal_turn *turn);

/*
 * SHOAL_OK: it is ours. NOT_NOW: its holder died; take both. < 0: the language's answer to a signal, or no death can be
 * proved.
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

/* Take the lock of the structure and the stripe, as shoal__enter does. Release them in the other order. */
int shoal__enter_both(struct shoal_segment *segment, shoal_word *stripe, struct shoal_turn *turn);

/* The slot's incarnation wrapped around: a stripe that still names it was left by a long-dead user of the slot. */
void shoal__forget_stripes(struct shoal_segment *segment, uint32_t slot);
/* A sentence about the first stripe with an impossible word, or NULL. */
const char *shoal__judge_stripes(const struct shoal_segment *segment);

#endif
