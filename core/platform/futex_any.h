/* Sleeping on many words at once, for event loops. The contract of platform/futex.h. */
#ifndef SHOAL_PLATFORM_FUTEX_ANY_H
#define SHOAL_PLATFORM_FUTEX_ANY_H

#include <stddef.h>

#include "platform/futex.h"

#define SHOAL_MOST_SLEEPS 128 /* the kernel's FUTEX_WAITV_MAX */

struct shoal_sleep {
    const shoal_word *word;
    uint32_t expected;
};

/*
 * Sleep until one of the words differs from what is expected, a wake-up or a signal comes, or `slice` has passed. Where
 * the kernel can sleep on one word only, this sleeps on the first, for at most `alone`.
 */
void shoal__wait_any(const struct shoal_sleep *sleeps, size_t count, shoal_time slice, shoal_time alone);

#endif
