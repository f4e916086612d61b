/* Which of the processes attached for writing are alive. */
#ifndef SHOAL_SEGMENT_ALIVE_H
#define SHOAL_SEGMENT_ALIVE_H

#include "segment/segment.h"

bool shoal__slot_alive(const struct shoal_segment *segment, uint32_t slot);
bool shoal__others_alive_locked(const struct shoal_segment *segment);
uint32_t shoal__peers_alive(const struct shoal_segment *segment);
/* 1: some process surely is; 0: none is; -errno: of some process the system does not say. */
int shoal__anybody_alive(const struct shoal_segment *segment);

/* Does the tag name the slot's present incarnation? It says nothing about whether that is alive. */
bool shoal__is_present(const struct shoal_segment *segment, uint32_t tag);
/* The attach as a party of locks: `is_dead` of shoal_party. */
bool shoal__party_is_dead(const struct shoal_party *party, uint32_t word);

#endif
