/* Deadlocks: threads that hold and wait for each other's locks. Implements docs/recovery.md, "Cycles". */
#ifndef SHOAL_SEGMENT_CYCLE_H
#define SHOAL_SEGMENT_CYCLE_H

#include "segment/object.h"

/*
 * This thread waits for `object`, a Lock or RWLock, without a deadline, and has noted that. Does following owners and
 * what they wait for lead back to us? SHOAL_OK, or SHOAL_ELOCK with the cycle in the sentence, if we are the thread to
 * give way.
 */
int shoal__look_for_cycle(const shoal_object *object);

#endif
