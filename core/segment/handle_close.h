/* Closing handles. With the context's lock held. */
#ifndef SHOAL_SEGMENT_HANDLE_CLOSE_H
#define SHOAL_SEGMENT_HANDLE_CLOSE_H

#include "segment/object.h"

/* Remove its pin. False: another has the structure's lock, and the object is still pinned. */
bool shoal__handle_unpin(shoal_object *object);
/*
 * Do what was deferred, if the structure's lock can be had now: handles that a child has only from its parent, and
 * objects closed while another had the lock.
 */
void shoal__settle_now_locked(struct shoal_context *context);
static inline void shoal__settle_locked(struct shoal_context *context)
{
    if (context->orphans || load_relaxed(&context->owes))
        shoal__settle_now_locked(context);
}
/* Drop handles that nobody has open but whose locks we hold. */
void shoal__drop_idle_handles_locked(shoal_segment *segment);

#endif
