/*
 * What this process holds through a handle, by thread: reads of an RWLock, permits of a Semaphore. Kept in the
 * process's own memory; the segment knows only that the process holds them.
 */
#ifndef SHOAL_SEGMENT_HOLDS_H
#define SHOAL_SEGMENT_HOLDS_H

#include "platform/process.h"
#include "segment/object.h"

/* For waits with SHOAL_WAIT_TASK: every task is an owner of its own, and none is known. */
#define SHARE_TASK (SHOAL__THREADS + 1)
#define SHARES_MOST 0xffffffu /* of one thread */

/*
 * Count one more for `thread`; returns how many it has now, 0: it has SHARES_MOST. Tasks, and threads without a place,
 * count 1 each.
 */
uint32_t shoal__share_take(shoal_object *object, uint64_t thread);
uint32_t shoal__share_of(const shoal_object *object, uint64_t thread);
/*
 * Count one less, for this thread, else for any other. SHARE_NONE: there was none. SHARE_LAST: its owner has no more,
 * so the segment's count goes down, too. SHARE_MORE: its owner has more.
 */
enum shoal_share { SHARE_NONE, SHARE_LAST, SHARE_MORE };
enum shoal_share shoal__share_drop(shoal_object *object, uint64_t thread);
/* Drop all shares of `thread` (0: of all); returns how many, counting each owner's reads as one if `nested`. */
uint32_t shoal__share_drop_all(shoal_object *object, uint64_t thread, bool nested);
bool shoal__holds_shares(const shoal_object *object);
uint32_t shoal__count_shares(const shoal_object *object); /* of all threads together */
void shoal__free_shares(shoal_object *object);

/* Does this process hold the object in any way? */
bool shoal__holds(const shoal_object *object);
/*
 * Note that `thread` (0: any thread of this process) no longer holds it. False: it did not. The caller releases the
 * word.
 */
bool shoal__holder_drop(shoal_object *object, uint64_t thread);
void shoal__forget_holds(shoal_object *object); /* in a forked child: all holds were its parent's */

#endif
