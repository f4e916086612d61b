/* New segments. */
#ifndef SHOAL_SEGMENT_CREATE_H
#define SHOAL_SEGMENT_CREATE_H

#include "segment/segment.h"

/*
 * A new segment, attached, for a file `path` that gets that name later: shoal__file_settle. `temporary`: the name that it has till
 * then, where a file must have one, else "".
 */
int shoal__create_nameless(shoal_segment **out, char *temporary, size_t capacity, shoal_context *context,
                           const char *path, const shoal_options *options);

#endif
