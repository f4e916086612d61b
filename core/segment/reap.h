/*
 * Freeing what the dead had, and what was removed while somebody had it open. All of it is done in steps: each holds the
 * structure's lock for so many frees at most, and memory is given back to the host without it. The caller holds no lock.
 */
#ifndef SHOAL_SEGMENT_REAP_H
#define SHOAL_SEGMENT_REAP_H

#include "segment/segment.h"

/*
 * Free what dead peers had open or in their hands, looking at `limit` slots from where the last look ended.
 * Whoever joins, removes what somebody has open, asks for facts, or finds the lock's owner or the memory gone, looks.
 */
void shoal__reap(struct shoal_segment *segment, uint32_t limit);
/* Free what the last user of a slot left, whose byte is ours: before we, or the child that we make it for, are its next.
 * This and the marking below are steps of an attach, or of a fork: shoal__lock_in_attach. */
int shoal__reap_seat(struct shoal_segment *segment, uint32_t slot, shoal_time deadline);
/* Free what a dead peer left, one step of it, if the lock is free: who looks for the dead does the rest. */
void shoal__reap_slot_soon(struct shoal_segment *segment, uint32_t slot);
/* Free objects that were removed while readers had them open, and no longer are. At most `limit` looks. */
void shoal__sweep_limbo(struct shoal_segment *segment, uint32_t limit);
/*
 * That slot's incarnations came round: every lock that still names a user of the slot from that long ago is to be free, with
 * NEEDREC, before the next one's can be in any. In a slot whose byte is ours nobody can write such words meanwhile.
 */
int shoal__mark_old_locks(struct shoal_segment *segment, uint32_t slot, shoal_time deadline);

/* Free what the dead and the removed still occupy, without the segment's lock. For when space ran out: then try once more. */
void shoal__make_room(shoal_segment *segment);

#endif
