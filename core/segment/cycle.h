/* Deadlocks: threads that hold and wait for each other's locks. Implements docs/recovery.md, "Cycles". */
#ifndef SHOAL_SEGMENT_CYCLE_H
#define SHOAL_SEGMENT_CYCLE_H

#include "segment/object.h"

/*
 * Is this thread's wait part of a deadlock? It waits for `object`, a Lock or RWLock, without a deadline, and has noted
 * that. SHOAL_ELOCK, with the cycle in the sentence: it is, and this thread is the one to give way; else SHOAL_OK.
 */
int shoal__look_for_cycle(const shoal_object *object);

#endif
