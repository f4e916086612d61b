/* Looking at a word for a few microseconds before sleeping on it: being woken takes longer than most waits last. */
#ifndef SHOAL_SYNC_SPIN_H
#define SHOAL_SYNC_SPIN_H

#include "platform/atomic.h"
#include "platform/clock.h"
#include "platform/process.h"

#define SPIN_FIRST_PAUSE 500 /* ns between the first looks; each pause is twice as long as the one before */
#define SPIN_MOST_LOOKS 4    /* then the caller sleeps */

static inline bool shoal__spinning_helps(void)
{
    static shoal_word known; /* 0: not asked yet; 1: no; 2: yes */
    uint32_t answer = load_relaxed(&known);
    if (answer == 0) {
        answer = shoal__single_cpu() ? 1 : 2;
        store_relaxed(&known, answer);
    }
    return answer == 2;
}

/*
 * Spin until `is_over(*word, argument)`; false: all looks were in vain. Every look takes the cache line from the
 * holder, which could take and release the lock a hundred times while we spin: hence few looks, and growing pauses.
 * Pauses go by the clock, since processors differ in how long a pause instruction takes. After a spin in vain the next
 * one with the same `looks` is shorter: the holder may be waiting for this very processor.
 */
static inline bool shoal__spin(shoal_word *looks, const shoal_word *word,
                               bool (*is_over)(uint32_t seen, uint32_t argument), uint32_t argument)
{
    uint32_t most = load_relaxed(looks);
    shoal_time now = shoal_now();
    for (uint32_t i = 0; i < most && !is_over(load_relaxed(word), argument); i++)
        for (shoal_time end = now + (SPIN_FIRST_PAUSE << i); now < end; now = shoal_now())
            spin_pause();
    bool over = is_over(load_relaxed(word), argument);
    if (over)
        store_relaxed(looks, most < SPIN_MOST_LOOKS ? most + 1 : most);
    else
        store_relaxed(looks, most > 1 ? most - 1 : 1);
    return over;
}

#endif
