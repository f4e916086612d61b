/* Which file a backup may replace. */
#ifndef SHOAL_SEGMENT_REPLACE_H
#define SHOAL_SEGMENT_REPLACE_H

#include "segment/segment.h"

/*
 * May the file `path` be replaced by another? SHOAL_OK also if there is none. SHOAL_EDENIED, with a sentence: it is not
 * a regular file, may not be read, is the file of `segment`, or a process has it open as a segment: that process would
 * go on in a file without a name, apart from those that open the new one. (A readonly attach of another process that
 * has no object open is not seen.)
 */
int shoal__may_replace(const shoal_segment *segment, const char *path);

#endif
