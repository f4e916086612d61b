/*
 * Freeing what dead peers had, and objects that were removed while open. This is done in steps: each holds the
 * structure's lock for a limited number of frees, and memory is punched after it. The caller does not hold that lock.
 */
#ifndef SHOAL_SEGMENT_REAP_H
#define SHOAL_SEGMENT_REAP_H

#include "segment/segment.h"

/*
 * Free what dead peers had open or owned privately. Looks at `limit` slots, from where the last call ended. Called by
 * info(), by a removal if limbo is not empty, and when the lock's owner is found dead or memory used up.
 */
void shoal__reap(struct shoal_segment *segment, uint32_t limit);
/*
 * Free what the last user of a slot left. We hold the slot's byte lock, and prepare the slot for ourselves or for a
 * child. A step of an attach or a fork, as shoal__mark_old_locks is: status and deadline as of shoal__lock_in_attach.
 */
int shoal__reap_seat(struct shoal_segment *segment, uint32_t slot, shoal_time deadline);
/*
 * If the structure's lock is free: do one step of freeing what the slot's user left, if that peer is dead. The rest is
 * left to the next process that looks for the dead.
 */
void shoal__reap_slot_soon(struct shoal_segment *segment, uint32_t slot);
/*
 * Deferred frees: free objects that were removed while open, and that no process has open any more. Looks at `limit` of
 * them at most.
 */
void shoal__sweep_limbo(struct shoal_segment *segment, uint32_t limit);
/* Free the parts of the removed object that this entry names, and the entry: after PARTS_LEFT. */
void shoal__sweep_parts(struct shoal_segment *segment, uint32_t ref, uint32_t serial);
/*
 * The slot's incarnation wrapped around: every lock word that still names an earlier user of the slot becomes free,
 * with NEEDREC. Must be done before the next user's tag, which may be equal, can be in any. We hold the slot's byte
 * lock, so no process can write such words meanwhile.
 */
int shoal__mark_old_locks(struct shoal_segment *segment, uint32_t slot, shoal_time deadline);

/*
 * Free all that dead peers and removed objects still occupy. Called without the structure's lock when an allocation
 * failed for lack of space, which the caller then retries.
 */
void shoal__make_room(shoal_segment *segment);

#endif
