/* Opening handles. */
#ifndef SHOAL_SEGMENT_HANDLE_OPEN_H
#define SHOAL_SEGMENT_HANDLE_OPEN_H

#include "segment/object.h"

/* Opens an existing object. SHOAL_ENOKEY; SHOAL_EMISMATCH unless it is of that kind (SHOAL_KIND_NONE: any live one). */
int shoal__handle_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind);

/* The same; with SHOAL_ENOKEY it sets a sentence. */
int shoal__handle_open_only(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind);

#endif
