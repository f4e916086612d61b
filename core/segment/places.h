/*
 * Where a peer notes what its threads wait for (docs/recovery.md, "Who waits for whom"): a few places in its record,
 * the others in blocks of its own, each twice as large as the one before, made when needed and kept until the peer
 * leaves.
 */
#ifndef SHOAL_SEGMENT_PLACES_H
#define SHOAL_SEGMENT_PLACES_H

#include "segment/segment.h"

#define BEING_FILLED_IN 1u  /* in wait_sh.object */
#define NO_PLACE UINT32_MAX /* of a wait that is counted in peer_sh.waits_missed */

/* A walk over the places of a peer, row by row. After another peer has left, what is read of it may be anything. */
struct shoal_places {
    const struct shoal_segment *segment;
    const shoal_word *link; /* to the next row */
    struct wait_sh *wait;   /* this row; NULL before the first */
    uint32_t count, row;
    uint32_t first; /* number of its first place, from 1 */
};

struct shoal_places shoal__places_of(const struct shoal_segment *segment, uint32_t slot);
bool shoal__next_places(struct shoal_places *it);

/*
 * Take a free place of this peer, and mark it BEING_FILLED_IN; 0: none is free. A wait for a lock without a deadline,
 * which may be part of a cycle, may use more places than other waits, some of them reserved. insist: if none is free,
 * wait shortly for the structure's lock to make more.
 */
uint32_t shoal__take_place(struct shoal_segment *segment, bool of_lock, bool insist);
struct wait_sh *shoal__place(const struct shoal_segment *segment, uint32_t place);
void shoal__give_place(struct shoal_segment *segment, uint32_t place);

/* Free one block. False: there is none, or the list is damaged. */
bool shoal__free_places_locked(struct shoal_segment *segment, struct peer_sh *peer);

#endif
