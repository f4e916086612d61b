/* Closing. With the context's lock held. */
#ifndef SHOAL_SEGMENT_HANDLE_CLOSE_H
#define SHOAL_SEGMENT_HANDLE_CLOSE_H

#include "segment/object.h"

/* Its pin is taken away. False: another has the structure's lock, and it is pinned still. */
bool shoal__handle_unpin(shoal_object *object);
/* What a child had only from its parent, and what was closed while another had the structure's lock, if that can be had now. */
void shoal__settle_now_locked(struct shoal_context *context);
static inline void shoal__settle_locked(struct shoal_context *context)
{
    if (context->orphans || load_relaxed(&context->owes))
        shoal__settle_now_locked(context);
}
/* Handles that nobody has open but whose locks we hold. */
void shoal__drop_idle_handles_locked(shoal_segment *segment);

#endif
