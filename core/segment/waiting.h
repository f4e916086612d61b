/*
 * Notes of who waits for what, for people and for the search for deadlocks.
 * Implements docs/recovery.md, "Who waits for whom".
 */
#ifndef SHOAL_SEGMENT_WAITING_H
#define SHOAL_SEGMENT_WAITING_H

#include "segment/object.h"

enum shoal_noted {
    NOTED_WAIT,  /* of this thread; it may have a deadline, or what it waits for has no owner */
    NOTED_TASK,  /* of a task of an event loop */
    NOTED_CYCLE, /* of this thread, for a Lock or RWLock, without a deadline: may be part of a deadlock */
};

/*
 * Note that we wait for `object`. Returns the argument for shoal__stop_waiting, also if there was no place: while the
 * wait goes on call again with it in `place` (0 the first time). insist: if a place must be made, wait up to 20 ms.
 */
uint32_t shoal__start_waiting(const shoal_object *object, enum shoal_noted as, uint32_t place, bool insist);
void shoal__stop_waiting(const shoal_object *object, uint32_t place);
/* Of a wait that is noted at `place`: may it be part of a cycle? Not while its thread does something else for a moment. */
void shoal__note_cycle(const shoal_object *object, uint32_t place, bool may_be_in_cycle);

/* Describe the peer that the owner bits of a word name. */
void shoal__describe(shoal_owner *out, const struct shoal_segment *segment, uint32_t word);

#endif
