/*
 * Where a peer notes what its threads wait for (docs/recovery.md, "Who waits for whom"): in a few places of its record
 * (peer_sh.waits), which is row 0, and in blocks that it owns, the further rows. Blocks grow with their number up to 32
 * KiB, are made when needed, and are kept until the peer leaves.
 */
#ifndef SHOAL_SEGMENT_PLACES_H
#define SHOAL_SEGMENT_PLACES_H

#include "segment/segment.h"

#define BEING_FILLED_IN 1u  /* in wait_sh.object */
#define NO_PLACE UINT32_MAX /* of a wait that is not noted, but counted in peer_sh.waits_missed */

/*
 * A walk over the places of a peer, row by row. If the peer is another, and leaves meanwhile, the rows may be used for
 * something else by now, and hold anything.
 */
struct shoal_places {
    const struct shoal_segment *segment;
    const shoal_word *link; /* to the next row */
    struct wait_sh *wait;   /* this row; NULL before the first */
    uint32_t count, row;
    uint32_t first; /* number of the row's first place; the peer's places are numbered from 1 */
};

struct shoal_places shoal__places_of(const struct shoal_segment *segment, uint32_t slot);
bool shoal__next_places(struct shoal_places *it);

/*
 * Take a free place of this peer, and mark it BEING_FILLED_IN; 0: none is free. of_lock: the wait is for a lock,
 * without a deadline, and so may be part of a deadlock: some places are reserved for such waits. If none is free this
 * makes more under the structure's lock, which it tries once, or, if `insist`, waits for at most 20 ms.
 */
uint32_t shoal__take_place(struct shoal_segment *segment, bool of_lock, bool insist);
struct wait_sh *shoal__place(const struct shoal_segment *segment, uint32_t place);
void shoal__give_place(struct shoal_segment *segment, uint32_t place);

/* Free the peer's first block of places. False: there is none, or the list is damaged. */
bool shoal__free_places_locked(struct shoal_segment *segment, struct peer_sh *peer);

#endif
