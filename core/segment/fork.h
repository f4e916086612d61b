/*
 * Forks: a child is born a peer. docs/recovery.md, "Forks".
 *
 * The first four are called with the context's lock held. What a child is to be is decided before the fork, in its parent.
 */
#ifndef SHOAL_SEGMENT_FORK_H
#define SHOAL_SEGMENT_FORK_H

#include "segment/segment.h"

/* In the parent, before: a slot, and pins of everything that is open; or the reason why there is none. */
void shoal__birth_prepare(struct shoal_segment *segment);
/* In the parent, after, whether or not there is a child. */
void shoal__birth_over(struct shoal_segment *segment);
/* In the child, as its first act. Only system calls and shared memory: another thread may have held any lock of libc. */
void shoal__birth_take(struct shoal_segment *segment, uint32_t generation);

/* What a child that no handler told of its birth (made by a bare clone) inherited of its parent's identity it forgets. */
void shoal__be_reborn_locked(struct shoal_context *context);

/* Become a peer in a forked child that was not born one. 0 or a status. Called through shoal__here. */
int shoal__rejoin(struct shoal_segment *segment);

/* Every call that writes starts here. */
static inline int shoal__here(struct shoal_segment *segment)
{
    if (__builtin_expect(load_acquire(&segment->generation) == *segment->context->generation, 1))
        return SHOAL_OK;
    return shoal__rejoin(segment);
}

#endif
