/* Checks a file that nobody is attached to, before it is opened for writing. docs/recovery.md, "Files". */
#ifndef SHOAL_SEGMENT_OPENING_H
#define SHOAL_SEGMENT_OPENING_H

#include "segment/segment.h"

/*
 * Before a writing attach joins. If nobody is attached, and the file is not the one that its last peer left in peace:
 * walk it as check() does (SHOAL_ECORRUPT) and back what the segment counts as backed (SHOAL_ENOSPACE).
 */
int shoal__opening_judge(shoal_segment *segment);
void shoal__opening_in_use(shoal_segment *segment);          /* from now on it is not left in peace */
void shoal__opening_in_peace_locked(shoal_segment *segment); /* nobody else is attached, and we leave */

#endif
