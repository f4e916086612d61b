#include "sync/eventcount.h"

#include "platform/futex.h"
#include "platform/point.h"

#define WAITERS 1u

uint32_t shoal__eventcount_prepare(shoal_word *word)
{
    uint32_t key = atomic_fetch_or_explicit(word, WAITERS, memory_order_seq_cst) | WAITERS;
    SHOAL_POINT("eventcount: prepared");
    return key;
}

/*
 * If we are killed before the wake-up, the sleepers look at the end of their slice. If the wake-up found nobody,
 * WAITERS is cleared and the count goes up once more. A waiter that prepared before that does not fall asleep, since
 * the word has changed, or it fell asleep on `told` meanwhile: the second wake-up wakes it, and it prepares again.
 */
void shoal__eventcount_tell(shoal_word *word, int sleepers)
{
    uint32_t told = atomic_fetch_add_explicit(word, 2, memory_order_seq_cst) + 2;
    SHOAL_POINT("eventcount: told, nobody woken");
    if (shoal__wake(word, sleepers) == 0 && compare_swap(word, told, (told + 2) & ~WAITERS)) {
        SHOAL_POINT("eventcount: nobody there, mark taken out");
        shoal__wake(word, INT32_MAX);
    }
}

/*
 * The word changes, so who has prepared and does not sleep yet looks again. If we are killed before the wake-up, the
 * sleepers look at the end of their slice.
 */
void shoal__eventcount_pass(shoal_word *word)
{
    uint32_t seen = load_relaxed(word);
    while (seen & WAITERS)
        if (atomic_compare_exchange_weak(word, &seen, (seen + 2) & ~WAITERS)) {
            SHOAL_POINT("eventcount: mark taken out, nobody woken");
            shoal__wake(word, 1);
            return;
        }
}
