/* Threads that hold and wait for each other's locks. Implements docs/recovery.md, "Cycles". */
#ifndef SHOAL_SEGMENT_CYCLE_H
#define SHOAL_SEGMENT_CYCLE_H

#include "segment/object.h"

/*
 * This thread waits for `object`, a Lock or RWLock, without a deadline, and has noted that. Are all who hold and wait on the
 * way from its owner waiting for us in the end? SHOAL_OK, or SHOAL_ELOCK with the cycle, if we are the one to give way.
 */
int shoal__look_for_cycle(const shoal_object *object);

#endif
