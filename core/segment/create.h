/* Creating segments. */
#ifndef SHOAL_SEGMENT_CREATE_H
#define SHOAL_SEGMENT_CREATE_H

#include "segment/segment.h"

/*
 * Create and attach a segment for a file `path`, which gets that name later: shoal__file_settle. `temporary`: its name
 * until then, or "" if it needs none.
 */
int shoal__create_nameless(shoal_segment **out, char *temporary, size_t capacity, shoal_context *context,
                           const char *path, const shoal_options *options);

#endif
