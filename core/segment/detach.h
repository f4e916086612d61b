/* The end of an attach: by a close, or by the last user that kept it. */
#ifndef SHOAL_SEGMENT_DETACH_H
#define SHOAL_SEGMENT_DETACH_H

#include "segment/lock.h"

/* With the context's lock held: */
void shoal__detach_locked(struct shoal_segment *segment); /* if nothing holds it any more */
void shoal__drop(struct shoal_segment *segment); /* an attach that the context does not know, and that is no peer */

void shoal__turn_finish(struct shoal_segment *segment, struct shoal_turn *turn);

/* Declared in segment/lock.h. The segment may be gone afterwards: if it was closed meanwhile, this call frees it. */
static inline void shoal__turn_end(struct shoal_segment *segment, struct shoal_turn *turn)
{
    if (__builtin_expect(turn->waits, 0))
        shoal__turn_finish(segment, turn);
}

#endif
