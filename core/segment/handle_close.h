/* Closing handles. With the context's lock held, but for what says otherwise. */
#ifndef SHOAL_SEGMENT_HANDLE_CLOSE_H
#define SHOAL_SEGMENT_HANDLE_CLOSE_H

#include "segment/object.h"

/* Remove the handle's pin. False: another has the structure's lock, and the object is still pinned. */
bool shoal__handle_unpin(shoal_object *object);
/*
 * Do what was deferred: free handles that a forked child inherited and does not need; and, if the structure's lock can
 * be had now, free runs and close objects whose time came while another had that lock.
 */
void shoal__settle_now_locked(struct shoal_context *context);
static inline void shoal__settle_locked(struct shoal_context *context)
{
    if (context->orphans || load_relaxed(&context->owes))
        shoal__settle_now_locked(context);
}
/* Abandon locks that we hold through handles that nobody has open any more, and drop these handles. */
void shoal__drop_idle_handles_locked(shoal_segment *segment);

/*
 * What keeps a handle, and is lost in a forked child: it is one more reference of the object. borrow_lose: it may not be
 * used any more; false if that was so already. These three take the context's lock themselves.
 */
void shoal__borrow(shoal_object *object, struct shoal_borrowed *borrowed);
bool shoal__borrow_lose(shoal_object *object, struct shoal_borrowed *borrowed);
void shoal__borrow_end(shoal_object *object, struct shoal_borrowed *borrowed);

#endif
