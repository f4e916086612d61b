/* Who waits for what, for people to read, and for those who look for cycles. Implements docs/recovery.md, "Who waits for whom". */
#ifndef SHOAL_SEGMENT_WAITING_H
#define SHOAL_SEGMENT_WAITING_H

#include "segment/object.h"

enum shoal_noted {
    NOTED_WAIT,  /* of this thread, which may have a deadline, or nobody owns what it waits for */
    NOTED_TASK,  /* of a task of an event loop */
    NOTED_CYCLE, /* of this thread, for a Lock or RWLock, without a deadline: a wait that may be part of a cycle */
};

/*
 * Note that we wait for `object`. Returns what shoal__stop_waiting wants, also if there was no place: then call again with
 * that in `place` (else 0) when it is still so later. insist: for a place that is to be made, wait up to 20 ms.
 */
uint32_t shoal__start_waiting(const shoal_object *object, enum shoal_noted as, uint32_t place, bool insist);
void shoal__stop_waiting(const shoal_object *object, uint32_t place);

/* The peer that the owner bits of a word name. */
void shoal__describe(shoal_owner *out, const struct shoal_segment *segment, uint32_t word);

#endif
