/* The table of processes attached for writing: claiming a slot, signing in, leaving. */
#ifndef SHOAL_SEGMENT_ROSTER_H
#define SHOAL_SEGMENT_ROSTER_H

#include "segment/segment.h"

/*
 * Claim a slot, publish a new incarnation, free what the slot's last user left. SHOAL_ENOSPACE when all are
 * taken. may_be_over: SHOAL_ENOTFOUND (with no sentence) if no other peer is alive; it is retired then. The context's lock,
 * which the caller holds, it lets go of while it waits for the structure's; < 0 also if the language answered a signal so.
 */
int shoal__roster_join(struct shoal_segment *segment, bool may_be_over);

/* The parts of it, for a peer that a fork is to make. Take: a slot, its byte, a new incarnation. */
int shoal__seat_take(struct shoal_segment *segment, struct shoal_seat *seat, bool for_child);
/* Of its last user's things. Not SHOAL_OK: not all of them (shoal__lock_in_attach). Under the lock: is there any? */
int shoal__seat_clear(struct shoal_segment *segment, const struct shoal_seat *seat, shoal_time deadline);
bool shoal__seat_is_clear_locked(const struct shoal_segment *segment, const struct shoal_seat *seat);
void shoal__seat_sign_locked(struct shoal_segment *segment, const struct shoal_seat *seat, bool newborn);

void shoal__take_name_away_locked(struct shoal_segment *segment);
void shoal__roster_leave(struct shoal_segment *segment); /* pins and locks are given back before */
void shoal__roster_end(struct shoal_segment *segment);   /* lifetime "shared": they are not, and go with the process */

#endif
