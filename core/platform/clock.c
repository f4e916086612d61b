#include "platform/clock.h"

#include <time.h>

shoal_time shoal_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (shoal_time)now.tv_sec * 1000000000 + now.tv_nsec;
}

shoal_time shoal_deadline(double seconds)
{
    if (!(seconds > 0)) /* NaN too */
        return SHOAL_NO_WAIT;
    if (seconds > 1e9)
        return SHOAL_FOREVER;
    return shoal_now() + (shoal_time)(seconds * 1e9);
}

uint64_t shoal__coarse_realtime(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
