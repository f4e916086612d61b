/*
 * What this process holds through a handle, thread by thread: reads of an RWLock, permits of a Semaphore. In the
 * process's own memory; the segment says only that the process holds them.
 */
#ifndef SHOAL_SEGMENT_HOLDS_H
#define SHOAL_SEGMENT_HOLDS_H

#include "platform/process.h"
#include "segment/object.h"

/* For SHOAL_WAIT_TASK in a wait's flags: every task is an owner of its own, and none is known. */
#define SHARE_TASK (SHOAL__THREADS + 1)
#define SHARES_MOST 0xffffffu /* of one thread */

/* One more for `thread`: how many it has now; 0: it has SHARES_MOST. Tasks, and threads that find no room, count 1 each. */
uint32_t shoal__share_take(shoal_object *object, uint64_t thread);
uint32_t shoal__share_of(const shoal_object *object, uint64_t thread);
/*
 * One less, of this thread's, else of any other's. SHARE_NONE: there was none. SHARE_LAST: its owner has no more, so what
 * the segment knows of it is given back. SHARE_MORE: its owner has it once more still.
 */
enum shoal_share { SHARE_NONE, SHARE_LAST, SHARE_MORE };
enum shoal_share shoal__share_drop(shoal_object *object, uint64_t thread);
/* All of `thread` (0: of everybody): how many, each owner's reads counted as one if `nested`. */
uint32_t shoal__share_drop_all(shoal_object *object, uint64_t thread, bool nested);
bool shoal__holds_shares(const shoal_object *object);
uint32_t shoal__count_shares(const shoal_object *object); /* of all threads together */
void shoal__free_shares(shoal_object *object);

/* Does this process hold anything of it? */
bool shoal__holds(const shoal_object *object);
/* It is not held by `thread` (0: by anybody of this process) any more. False: it was not. The caller lets go of the word. */
bool shoal__holder_drop(shoal_object *object, uint64_t thread);
void shoal__forget_holds(shoal_object *object); /* in a forked child: all was its parent's */

#endif
