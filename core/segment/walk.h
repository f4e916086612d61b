/* A check of one image of a segment. */
#ifndef SHOAL_SEGMENT_WALK_H
#define SHOAL_SEGMENT_WALK_H

#include "segment/finding.h"

/* Walk everything. Returns the number of findings, or an error. */
int shoal__walk_all(struct shoal_walk *walk);
void shoal__walk_end(struct shoal_walk *walk);
/* The same, but counts in the header are not compared: a process may attach to a file in which only these are wrong. */
int shoal__walk_image(const shoal_segment *image, shoal_report report, void *argument);

#endif
