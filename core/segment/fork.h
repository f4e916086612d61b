/*
 * Forks: before the fork the parent makes its coming child a peer, or decides what else the child will be.
 * docs/recovery.md, "Forks".
 *
 * The first four functions are called with the context's lock held.
 */
#ifndef SHOAL_SEGMENT_FORK_H
#define SHOAL_SEGMENT_FORK_H

#include "segment/segment.h"

/* In the parent, before the fork: take a slot for the child and pin all open objects, or note why that failed. */
void shoal__birth_prepare(struct shoal_segment *segment);
/* In the parent, after the fork, whether or not there is a child. */
void shoal__birth_over(struct shoal_segment *segment);
/*
 * In the child, as its first act. Uses only system calls and shared memory: another thread may have held any lock of
 * libc.
 */
void shoal__birth_take(struct shoal_segment *segment, uint32_t generation);

/* Make a child that no fork handler prepared (a bare clone) forget its parent's identity. */
void shoal__be_reborn_locked(struct shoal_context *context);

/* In a forked child that was not born a peer: become one. 0 or a status. Called by shoal__here. */
int shoal__rejoin(struct shoal_segment *segment);

/* Every call that writes starts with this. */
static inline int shoal__here(struct shoal_segment *segment)
{
    if (__builtin_expect(load_acquire(&segment->generation) == *segment->context->generation, 1))
        return SHOAL_OK;
    return shoal__rejoin(segment);
}

#endif
