/*
 * Shares: the reads of an RWLock and the permits of a Semaphore that this process holds through a handle, counted by
 * thread. Kept in the process's own memory: the segment does not know the threads.
 */
#ifndef SHOAL_SEGMENT_HOLDS_H
#define SHOAL_SEGMENT_HOLDS_H

#include "platform/process.h"
#include "segment/object.h"

/* `thread` for waits with SHOAL_WAIT_TASK: each task is an owner of its own, but it is not recorded which. */
#define SHARE_TASK (SHOAL__THREADS + 1)
#define SHARES_MOST 0xffffffu /* how many shares one thread may have */

/*
 * Count one more for `thread`; returns how many it has now, or 0: it has SHARES_MOST already. 1 for a task, and for a
 * thread for which there was no memory for a count of its own: these are counted together.
 */
uint32_t shoal__share_take(shoal_object *object, uint64_t thread);
uint32_t shoal__share_of(const shoal_object *object, uint64_t thread);
/*
 * Count one less for `thread`; if it has none, for any other owner. SHARE_NONE: there was none. SHARE_LAST: that owner
 * has no more, so the caller lowers the segment's count of an RWLock's readers. SHARE_MORE: that owner has more.
 */
enum shoal_share { SHARE_NONE, SHARE_LAST, SHARE_MORE };
enum shoal_share shoal__share_drop(shoal_object *object, uint64_t thread);
/* Drop all shares of `thread` (0: of all); returns how many. nested: all shares of one thread count as one. */
uint32_t shoal__share_drop_all(shoal_object *object, uint64_t thread, bool nested);
bool shoal__holds_shares(const shoal_object *object);
uint32_t shoal__count_shares(const shoal_object *object); /* of all threads together */
void shoal__free_shares(shoal_object *object);

/* Does this process hold the object in any way? */
bool shoal__holds(const shoal_object *object);
/*
 * Note that `thread` (0: any thread of this process) no longer holds the Lock, or the RWLock for writing. False: it did
 * not hold it. The caller releases the word in the segment.
 */
bool shoal__holder_drop(shoal_object *object, uint64_t thread);
void shoal__lose_borrowed(shoal_object *object); /* segment/handle_close.h */
void shoal__forget_holds(shoal_object *object);  /* in a forked child: all holds were its parent's */

#endif
