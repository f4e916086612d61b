/* The half of check() for peers and names. */
#ifndef SHOAL_SEGMENT_WALK_NAMES_H
#define SHOAL_SEGMENT_WALK_NAMES_H

#include "segment/finding.h"

void shoal__walk_peers(struct shoal_walk *walk);     /* checks pins, private runs, and blocks of places */
void shoal__walk_directory(struct shoal_walk *walk); /* checks the table, every entry and body, and limbo */

#endif
