/* A check of one image of a segment: what was found so far, and which blocks somebody accounts for. */
#ifndef SHOAL_SEGMENT_WALK_H
#define SHOAL_SEGMENT_WALK_H

#include "segment/finding.h"

/* All of it, in this order. The number of findings, or a status. */
int shoal__walk_all(struct shoal_walk *walk);
void shoal__walk_end(struct shoal_walk *walk);
/* The same of an image, but what the header counts, which shuts nobody out. */
int shoal__walk_image(const shoal_segment *image, shoal_report report, void *argument);

#endif
