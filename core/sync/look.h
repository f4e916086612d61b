/*
 * Looking for dead owners, by turns. A look asks the kernel once for each possible owner, so if every waiter looked at
 * the end of each slice the cost would grow with the square of their number. So a waiter whose slice is over looks only
 * if a look is due, and then sets when the next look is due: LOOK_REST times as long from now as this one took, at most
 * LOOK_LONGEST_REST. All looks together take about 1/LOOK_REST of a processor, unless one look takes longer than
 * LOOK_LONGEST_REST / LOOK_REST (0.3 ms).
 *
 * The word is the time in milliseconds at which the next look is due. It is only a hint: if a looker is killed or
 * stopped, another waiter looks LOOK_CLAIM later, and a time further ahead than any look can have set (the clock was
 * set back, or the word is damaged) is ignored.
 */
#ifndef SHOAL_SYNC_LOOK_H
#define SHOAL_SYNC_LOOK_H

#include "platform/atomic.h"
#include "platform/clock.h"
#include "platform/point.h"

#define LOOK_REST 256
#define LOOK_CLAIM 20u        /* ms in which no other waiter looks */
#define LOOK_LONGEST_REST 80u /* ms: a death may go unnoticed for so long, and for the next looker's slice */

static inline uint32_t shoal__look_moment(void)
{
    return (uint32_t)(shoal__coarse_realtime() / (uint64_t)SHOAL_MILLISECOND);
}

static inline bool shoal__look_is_due(shoal_word *due)
{
    uint32_t seen = load_relaxed(due), now = shoal__look_moment();
    bool too_early = seen - now - 1 < LOOK_LONGEST_REST;
    if (too_early || !compare_swap(due, seen, now + LOOK_CLAIM))
        return false;
    SHOAL_POINT("look: claimed");
    return true;
}

static inline void shoal__look_is_over(shoal_word *due, shoal_time began)
{
    shoal_time rest = (shoal_now() - began) * LOOK_REST / SHOAL_MILLISECOND;
    store_relaxed(due, shoal__look_moment() + (rest < LOOK_LONGEST_REST ? (uint32_t)rest : LOOK_LONGEST_REST));
}

#endif
