/* A check of one image of a segment: what was found so far, and which blocks something refers to. */
#ifndef SHOAL_SEGMENT_WALK_H
#define SHOAL_SEGMENT_WALK_H

#include "segment/finding.h"

/* Everything, in this order. Returns the number of findings, or an error. */
int shoal__walk_all(struct shoal_walk *walk);
void shoal__walk_end(struct shoal_walk *walk);
/* The same for an image, without the header's counts, which shut nobody out. */
int shoal__walk_image(const shoal_segment *image, shoal_report report, void *argument);

#endif
