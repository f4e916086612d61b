/* Which of the processes attached for writing are alive. */
#ifndef SHOAL_SEGMENT_ALIVE_H
#define SHOAL_SEGMENT_ALIVE_H

#include "segment/segment.h"

bool shoal__slot_alive(const struct shoal_segment *segment, uint32_t slot);
bool shoal__others_alive_locked(const struct shoal_segment *segment);
uint32_t shoal__peers_alive(const struct shoal_segment *segment);
/* 1: at least one process surely is alive; 0: none is; -errno: none surely is, and of one the system does not say. */
int shoal__anybody_alive(const struct shoal_segment *segment);

/* Does the tag name the slot's present incarnation? That user of the slot may be dead. */
bool shoal__is_present(const struct shoal_segment *segment, uint32_t tag);
/* shoal_party.is_dead of an attach: is the owner that the lock word names dead? */
bool shoal__party_is_dead(const struct shoal_party *party, uint32_t word);

#endif
