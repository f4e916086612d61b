/*
 * Waiting on a 32-bit word of shared memory.
 *
 * Contract: a wait may end spuriously and a wake-up may be lost, but no wait is longer than its slice.
 * Everything above is correct under that contract; a better wait only makes it faster.
 */
#ifndef SHOAL_PLATFORM_FUTEX_H
#define SHOAL_PLATFORM_FUTEX_H

#include "platform/atomic.h"
#include "shoal.h"

#define SHOAL_LONGEST_SLICE (100 * (shoal_time)1000000)
#define SHOAL_LONGEST_READ (2000 * (shoal_time)1000000)  /* of readers, which nobody wakes */
#define SHOAL_LONGEST_SLEEP (4000 * (shoal_time)1000000) /* in crowds, where other waiters look more often */

enum shoal_woken { SHOAL_WOKEN, SHOAL_SLICE_OVER, SHOAL_SIGNAL };

/* Sleep while *word == expected, at most `slice` nanoseconds. Works on a PROT_READ mapping. */
enum shoal_woken shoal__wait(const shoal_word *word, uint32_t expected, shoal_time slice);
/* Wake up to `count` sleepers on the word, the longest sleeper first. Returns how many were woken. */
int shoal__wake(shoal_word *word, int count);

#endif
