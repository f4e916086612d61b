/* Creating segments. */
#ifndef SHOAL_SEGMENT_CREATE_H
#define SHOAL_SEGMENT_CREATE_H

#include "segment/segment.h"

/*
 * Create and attach a segment whose file gets the name `path` only later, by shoal__file_settle. `temporary` receives
 * the file's name until then; "": it has none.
 */
int shoal__create_nameless(shoal_segment **out, char *temporary, size_t capacity, shoal_context *context,
                           const char *path, const shoal_options *options);

#endif
