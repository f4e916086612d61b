/* The end of an attach: by a close, or by the last user that kept it. */
#ifndef SHOAL_SEGMENT_DETACH_H
#define SHOAL_SEGMENT_DETACH_H

#include "segment/lock.h"

/* With the context's lock held: */
void shoal__detach_locked(struct shoal_segment *segment); /* does nothing while it has opens or open objects */
void shoal__drop(struct shoal_segment *segment);          /* free an attach that is in no context's list, and no peer */

void shoal__turn_finish(struct shoal_segment *segment, struct shoal_turn *turn);

/*
 * End a call's wait for the structure's lock: segment/lock.h has an example. If the segment was closed meanwhile this
 * call frees it, so the caller must not touch it afterwards.
 */
static inline void shoal__turn_end(struct shoal_segment *segment, struct shoal_turn *turn)
{
    if (__builtin_expect(turn->waits, 0))
        shoal__turn_finish(segment, turn);
}

#endif
