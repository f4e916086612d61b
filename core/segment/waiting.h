/*
 * Notes of who waits for what, for people and for the search for deadlocks.
 * Implements docs/recovery.md, "Who waits for whom".
 */
#ifndef SHOAL_SEGMENT_WAITING_H
#define SHOAL_SEGMENT_WAITING_H

#include "segment/object.h"

enum shoal_noted {
    NOTED_WAIT,  /* of this thread; not part of a deadlock: it has a deadline, or what is waited for has no owner */
    NOTED_TASK,  /* of a task of an event loop */
    NOTED_CYCLE, /* of this thread, for a Lock or RWLock, without a deadline: may be part of a deadlock */
};

/*
 * Note that we wait for `object`. Returns the place, for shoal__stop_waiting; NO_PLACE: none was free, and the wait is
 * only counted; then call again while the wait goes on, with NO_PLACE in `place`, which is 0 the first time. insist: if
 * places must be made first, wait up to 20 ms for the structure's lock.
 */
uint32_t shoal__start_waiting(const shoal_object *object, enum shoal_noted as, uint32_t place, bool insist);
void shoal__stop_waiting(const shoal_object *object, uint32_t place);
/*
 * Change the note at `place`: may the wait be part of a deadlock? Not while its thread does something else for a
 * moment.
 */
void shoal__note_cycle(const shoal_object *object, uint32_t place, bool may_be_in_cycle);

/* Add to the note at `place` which block of the object is the waiter's: of a kind with KIND_KEYED. */
void shoal__note_claim(const shoal_object *object, uint32_t place, uint32_t claim);

/* Describe the peer that the owner bits of `word` name; zeroes if there is no such slot. */
void shoal__describe(shoal_owner *out, const struct shoal_segment *segment, uint32_t word);

#endif
