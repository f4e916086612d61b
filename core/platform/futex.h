/*
 * Waiting on a 32-bit word of shared memory.
 *
 * Contract: a wait may end spuriously and a wake-up may be lost, but no wait is longer than its slice. All callers are
 * correct under that contract; fewer lost wake-ups only make them faster.
 */
#ifndef SHOAL_PLATFORM_FUTEX_H
#define SHOAL_PLATFORM_FUTEX_H

#include "platform/atomic.h"
#include "shoal.h"

#define SHOAL_LONGEST_SLICE (100 * (shoal_time)1000000)  /* of waiters in general */
#define SHOAL_LONGEST_READ (2000 * (shoal_time)1000000)  /* through a readonly attach, where nobody wakes a waiter */
#define SHOAL_LONGEST_SLEEP (4000 * (shoal_time)1000000) /* in a crowd, where others look for the dead more often */

enum shoal_woken { SHOAL_WOKEN, SHOAL_SLICE_OVER, SHOAL_SIGNAL };

/* Sleep while *word == expected, at most `slice` nanoseconds. Works on a PROT_READ mapping. */
enum shoal_woken shoal__wait(const shoal_word *word, uint32_t expected, shoal_time slice);
/* Wake up to `count` sleepers on the word, the longest sleeper first. Returns how many were woken. */
int shoal__wake(shoal_word *word, int count);

#endif
