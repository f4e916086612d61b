/* What shoal_check asks of each kind: what is wrong with this body of a block of `capacity` bytes? NULL: nothing. */
#ifndef SHOAL_OBJECTS_OBJECTS_H
#define SHOAL_OBJECTS_OBJECTS_H

#include "segment/segment.h"

const char *shoal__value_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__ndarray_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__counter_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__lock_check(const shoal_segment *segment, const void *body, uint64_t capacity);

#endif
