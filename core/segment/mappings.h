/* The mappings of segments in this process, of all its contexts: one file may be mapped at several addresses. */
#ifndef SHOAL_SEGMENT_MAPPINGS_H
#define SHOAL_SEGMENT_MAPPINGS_H

#include "segment/segment.h"

void shoal__mapped(struct shoal_segment *segment);   /* list it, once its file, base and size are known */
void shoal__unmapped(struct shoal_segment *segment); /* called before unmapping; does nothing if it was not listed */

/*
 * If [first, end) lies in another mapping of this segment's file: the distance to the same bytes in the segment's own
 * mapping; else 0. Costs one load if the file has no other mapping.
 */
int64_t shoal__mapping_distance(const struct shoal_segment *segment, uintptr_t first, uintptr_t end);

/* For fork, which takes this lock last of all. */
void shoal__mappings_lock(void);
void shoal__mappings_unlock(void);

#endif
