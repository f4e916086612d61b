/*
 * Freeing what dead peers had, and objects that were removed while open. All of it is done in steps: each holds the
 * structure's lock for a limited number of frees, and memory is punched without it. The caller holds no lock.
 */
#ifndef SHOAL_SEGMENT_REAP_H
#define SHOAL_SEGMENT_REAP_H

#include "segment/segment.h"

/*
 * Free what dead peers had open or owned privately, looking at `limit` slots from where the last look ended. Called
 * when a process joins, removes an open object, asks for facts, or finds the lock's owner dead or the memory used up.
 */
void shoal__reap(struct shoal_segment *segment, uint32_t limit);
/*
 * Free what the last user of a slot left, whose byte we hold: before we, or the child that we prepare it for, become
 * its next user. This and shoal__mark_old_locks are steps of an attach, or of a fork: shoal__lock_in_attach.
 */
int shoal__reap_seat(struct shoal_segment *segment, uint32_t slot, shoal_time deadline);
/*
 * Free what a dead peer left, one step of it, if the lock is free: the next process that looks for the dead does the
 * rest.
 */
void shoal__reap_slot_soon(struct shoal_segment *segment, uint32_t slot);
/*
 * Free objects that were removed while readers had them open, and no longer are (deferred frees). At most `limit`
 * looks.
 */
void shoal__sweep_limbo(struct shoal_segment *segment, uint32_t limit);
/*
 * That slot's incarnation wrapped around: every lock that still names a user of the slot from that long ago must become
 * free, with NEEDREC, before the next user's tag can be in any. While we hold the slot's byte nobody can write such
 * words.
 */
int shoal__mark_old_locks(struct shoal_segment *segment, uint32_t slot, shoal_time deadline);

/*
 * Free all that dead peers and removed objects still occupy. Called without the segment's lock when space ran out: then
 * retry.
 */
void shoal__make_room(shoal_segment *segment);

#endif
