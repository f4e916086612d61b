/* The clocks. Monotonic times never go into a segment: they differ between time namespaces. */
#ifndef SHOAL_PLATFORM_CLOCK_H
#define SHOAL_PLATFORM_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "shoal.h"

#define SHOAL_MILLISECOND ((shoal_time)1000000)

/*
 * Retry budget of a reader that retries because a writer changed what it read. Honest writers leave it time long before
 * the budget is used up: 100 tries and a second. Begin with zeroes.
 */
struct shoal_patience {
    uint32_t tries;
    shoal_time end;
};
bool shoal__patience_ends(struct shoal_patience *patience);

/* Nanoseconds since 1970, to a few ms, in about 5 ns: for "since when". */
uint64_t shoal__coarse_realtime(void);

/* The same in two words; lasts until 2106. */
static inline void shoal__coarse_moment(uint32_t *seconds, uint32_t *nanoseconds)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    *seconds = (uint32_t)now.tv_sec;
    *nanoseconds = (uint32_t)now.tv_nsec;
}

#endif
