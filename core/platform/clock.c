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

bool shoal__patience_ends(struct shoal_patience *patience)
{
    if (++patience->tries < 100)
        return false;
    if (patience->end == 0)
        patience->end = shoal_now() + 1000 * SHOAL_MILLISECOND;
    return shoal_now() > patience->end;
}

uint64_t shoal__coarse_realtime(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
