/* The clocks. Monotonic times never go into a segment: they differ between time namespaces. */
#ifndef SHOAL_PLATFORM_CLOCK_H
#define SHOAL_PLATFORM_CLOCK_H

#include <stdint.h>

#include "shoal.h"

#define SHOAL_MILLISECOND ((shoal_time)1000000)

/* Nanoseconds since 1970, to a few ms, in about 5 ns: for "since when". */
uint64_t shoal__coarse_realtime(void);
void shoal__coarse_moment(uint32_t *seconds, uint32_t *nanoseconds); /* the same, in two words; until 2106 */

#endif
