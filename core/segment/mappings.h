/* Where this process has segments mapped, in all its contexts: one file may be at several addresses. */
#ifndef SHOAL_SEGMENT_MAPPINGS_H
#define SHOAL_SEGMENT_MAPPINGS_H

#include "segment/segment.h"

void shoal__mapped(struct shoal_segment *segment);   /* once its file, base and size are known */
void shoal__unmapped(struct shoal_segment *segment); /* before it is unmapped; does nothing if it was not listed */

/*
 * The distance from `first` to the same bytes in this segment's own mapping, if [first, end) lies in another mapping of
 * its file; else 0. One load if there is no other.
 */
int64_t shoal__mapping_distance(const struct shoal_segment *segment, uintptr_t first, uintptr_t end);

/* Taken around a fork, as the last of all locks. */
void shoal__mappings_lock(void);
void shoal__mappings_unlock(void);

#endif
