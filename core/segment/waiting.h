/* Who waits for what, and who owns it: for people to read, and to find cycles. Implements docs/recovery.md, "Who waits for whom". */
#ifndef SHOAL_SEGMENT_WAITING_H
#define SHOAL_SEGMENT_WAITING_H

#include "segment/handle.h"

/*
 * Note that this thread (task: a task of an event loop) waits for `object`. Returns what shoal__stop_waiting wants; 0 when
 * there is no place left, which matters to nobody but who looks.
 */
uint32_t shoal__start_waiting(const shoal_object *object, bool forever, bool task);
void shoal__stop_waiting(const shoal_object *object, uint32_t place);
/*
 * This thread waits for `object`, a Lock or RWLock, without a deadline, and has noted that. Are all who hold and wait on the
 * way from its owner waiting for us in the end? SHOAL_OK, or SHOAL_ELOCK with the cycle, if we are the one to give way.
 */
int shoal__look_for_cycle(const shoal_object *object);

/* The peer that the owner bits of a word name. */
void shoal__describe(shoal_owner *out, const struct shoal_segment *segment, uint32_t word);

#endif
