/* The table of processes attached for writing: claiming a slot, signing in, leaving. */
#ifndef SHOAL_SEGMENT_ROSTER_H
#define SHOAL_SEGMENT_ROSTER_H

#include "segment/segment.h"

/*
 * Claim a slot, publish a new incarnation, free what the slot's last user left. SHOAL_ENOSPACE when all slots are
 * taken. may_be_over: SHOAL_ENOTFOUND (sets no sentence) if no other peer is alive; it is retired then. Releases the
 * context's lock, which the caller holds, while it waits for the structure's; < 0 also if the language's answer to a
 * signal ends the call.
 */
int shoal__roster_join(struct shoal_segment *segment, bool may_be_over);

/* The parts of joining, for a peer that a fork will make. shoal__seat_take: a slot, its byte, a new incarnation. */
int shoal__seat_take(struct shoal_segment *segment, struct shoal_seat *seat, bool for_child);
/*
 * Free what its last user left. If not SHOAL_OK some is left (shoal__lock_in_attach). Second, under the lock: is all of
 * it freed?
 */
int shoal__seat_clear(struct shoal_segment *segment, const struct shoal_seat *seat, shoal_time deadline);
bool shoal__seat_is_clear_locked(const struct shoal_segment *segment, const struct shoal_seat *seat);
void shoal__seat_sign_locked(struct shoal_segment *segment, const struct shoal_seat *seat, bool newborn);

void shoal__take_name_away_locked(struct shoal_segment *segment);
void shoal__roster_leave(struct shoal_segment *segment); /* the caller has removed its pins and released its locks */
/* lifetime "shared": pins and locks are kept, and go with the process */
void shoal__roster_end(struct shoal_segment *segment);

#endif
