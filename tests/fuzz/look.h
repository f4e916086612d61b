/* Every call of shoal.h that a readonly attach may make, on whatever is there. */
#ifndef SHOAL_FUZZ_LOOK_H
#define SHOAL_FUZZ_LOOK_H

#include "shoal.h"

#define MOST_NAMES 64

struct names {
    unsigned count;
    struct {
        char text[256];
        size_t length;
    } name[MOST_NAMES];
};

/*
 * Of the `known` names those in `wanted` (a bit each) are looked at, and a few that the segment lists and nobody knows.
 * lister: a context that looks into the directory where the segment lies; NULL: not this time. Returns how often something
 * was damaged.
 */
unsigned look_at_segment(shoal_segment *segment, shoal_context *lister, const struct names *known, uint64_t wanted);

#endif
