/* The table of processes attached for writing: claiming a slot, signing in, leaving. */
#ifndef SHOAL_SEGMENT_ROSTER_H
#define SHOAL_SEGMENT_ROSTER_H

#include "segment/segment.h"

/*
 * Claim a slot, publish a new incarnation, free what the slot's last user left, and become a peer. SHOAL_ENOSPACE when
 * all slots are taken. may_be_over: if no other peer is alive, end the segment's lifetime: SHOAL_ENOTFOUND, without a
 * sentence. Releases the context's lock, which the caller holds, while it waits for the structure's lock; < 0 also if
 * the language's answer to a signal ends the call.
 */
int shoal__roster_join(struct shoal_segment *segment, bool may_be_over);

/*
 * The parts of joining, also for a child that is about to be forked. shoal__seat_take: claim a slot, lock its byte,
 * publish a new incarnation.
 */
int shoal__seat_take(struct shoal_segment *segment, struct shoal_seat *seat, bool for_child);
/*
 * shoal__seat_clear: free what the slot's last user left; if not SHOAL_OK some is left (shoal__lock_in_attach).
 * shoal__seat_is_clear_locked: is nothing left? shoal__seat_sign_locked: describe the peer, and set its in_use.
 */
int shoal__seat_clear(struct shoal_segment *segment, const struct shoal_seat *seat, shoal_time deadline);
bool shoal__seat_is_clear_locked(const struct shoal_segment *segment, const struct shoal_seat *seat);
void shoal__seat_sign_locked(struct shoal_segment *segment, const struct shoal_seat *seat, bool newborn);

void shoal__take_name_away_locked(struct shoal_segment *segment);
void shoal__roster_leave(struct shoal_segment *segment); /* the caller has removed its pins, and released its locks */
/*
 * At the end of the process: if the lifetime is "shared", leave, but keep pins and locks, which die with the process.
 */
void shoal__roster_end(struct shoal_segment *segment);

#endif
