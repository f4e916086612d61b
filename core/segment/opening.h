/* Checks a file that no process is attached to, before it is opened for writing: docs/recovery.md, "Files". */
#ifndef SHOAL_SEGMENT_OPENING_H
#define SHOAL_SEGMENT_OPENING_H

#include "segment/segment.h"

/*
 * Called before a writing attach joins. If no process is attached for writing, and the file has no valid mark of a
 * clean shutdown: walk it as check() does (SHOAL_ECORRUPT), and back what the segment counts as backed
 * (SHOAL_ENOSPACE).
 */
int shoal__opening_judge(shoal_segment *segment);
void shoal__opening_in_use(shoal_segment *segment);          /* remove the mark of a clean shutdown */
void shoal__opening_in_peace_locked(shoal_segment *segment); /* we leave: set the mark, if no other peer is alive */

#endif
