/*
 * The warm pool (docs/recovery.md, "Big runs"): big runs that are nobody's keep their memory for a while, for the next large
 * body. What is noted by a reader stays there, neither written nor given back, until the note is gone.
 */
#ifndef SHOAL_SEGMENT_WARM_H
#define SHOAL_SEGMENT_WARM_H

#include "segment/segment.h"

#define WARM_LOOKS 64u /* more runs than the pool holds are there only while readers keep them */

/* From our hands into the pool, if it has room, or if the run is read: a part of the caller's change. False: it is ours still. */
bool shoal__warm_give_locked(struct shoal_segment *segment, uint32_t ref);
/* The other way: a run of about so many pages that nobody reads, backed; 0: there is none. */
uint32_t shoal__warm_take_locked(struct shoal_segment *segment, uint32_t pages);
/* One that is old, or any, and that nobody reads: into our hands. */
uint32_t shoal__warm_take_old_locked(struct shoal_segment *segment, bool any);
/* Without the lock, so that not everybody takes it who looks. */
bool shoal__warm_may_have_old(const struct shoal_segment *segment);

static inline uint64_t shoal__warm_bytes(const struct shoal_segment *segment)
{
    return (uint64_t)shoal__once(&shoal__header(segment)->warm_pages) << segment->is.page_shift;
}

#endif
