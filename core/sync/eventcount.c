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
 * Killed before the wake: the sleepers look at the end of their slice. If nobody slept, WAITERS is cleared. A waiter
 * that had prepared before then finds the count changed, or has fallen asleep meanwhile and is woken, to prepare again.
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
