/* Which file a backup may replace. */
#ifndef SHOAL_SEGMENT_REPLACE_H
#define SHOAL_SEGMENT_REPLACE_H

#include "segment/segment.h"

/*
 * May a backup replace the file `path`? SHOAL_OK also if there is no such file. SHOAL_EDENIED, with a sentence: it is
 * not a regular file, may not be read, is the file of `segment`, or a process has it open as a segment; that process
 * would then share nothing with those that open the new file. A readonly attach of another process is seen only if it
 * has an object open.
 */
int shoal__may_replace(const shoal_segment *segment, const char *path);

#endif
