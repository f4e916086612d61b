/* The heap's part of check(). */
#ifndef SHOAL_SEGMENT_WALK_HEAP_H
#define SHOAL_SEGMENT_WALK_HEAP_H

#include "segment/finding.h"

void shoal__walk_heap(struct shoal_walk *walk);  /* checks runs, spans, bins, lists, and the sum */
void shoal__walk_leaks(struct shoal_walk *walk); /* last: blocks that nothing refers to */

#endif
