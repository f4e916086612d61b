/* The clocks. Monotonic times never go into a segment: they differ between time namespaces. */
#ifndef SHOAL_PLATFORM_CLOCK_H
#define SHOAL_PLATFORM_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "shoal.h"

#define SHOAL_MILLISECOND ((shoal_time)1000000)

/*
 * The retry budget of a reader whose data a writer changed while the reader copied it: 100 tries, and then more for a
 * second. A writer that is not hostile leaves the reader time long before that. Initialise to zeroes.
 */
struct shoal_patience {
    uint32_t tries;
    shoal_time end;
};
bool shoal__patience_ends(struct shoal_patience *patience);

/* Nanoseconds since 1970, exact to a few ms; a call takes about 5 ns. For the times at which something began. */
uint64_t shoal__coarse_realtime(void);

/* The same as two words of 32 bits, which overflow in 2106. */
static inline void shoal__coarse_moment(uint32_t *seconds, uint32_t *nanoseconds)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    *seconds = (uint32_t)now.tv_sec;
    *nanoseconds = (uint32_t)now.tv_nsec;
}

#endif
