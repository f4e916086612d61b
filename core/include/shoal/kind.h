/* The kinds of objects. Each has a header of its own: value.h, ndarray.h, … Part of shoal.h. */
#ifndef SHOAL_KIND_H
#define SHOAL_KIND_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

enum shoal_kind {
    SHOAL_KIND_NONE = 0,
    SHOAL_KIND_VALUE = 1,
    SHOAL_KIND_NDARRAY = 2,
    SHOAL_KIND_COUNTER = 3,
    SHOAL_KIND_LOCK = 4,
    SHOAL_KIND_RWLOCK = 5,
    SHOAL_KIND_SEMAPHORE = 6,
    SHOAL_KIND_EVENT = 7,
    SHOAL_KIND_CONDITION = 8,
    SHOAL_KIND_BARRIER = 9,
};
SHOAL_API const char *shoal_kind_name(int kind);   /* "Value", "NdArray", "Counter", "Lock", "RWLock", … */
SHOAL_API const char *shoal_kind_phrase(int kind); /* "a Value", "an NdArray", … */

#endif
