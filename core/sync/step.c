#include "sync/step.h"
#include "platform/futex.h"
#define WAIT_LOOK_ONCE 0x80000000u
static bool steal2(shoal_word *word, const struct shoal_party *party)
{
    uint32_t seen = load_acquire(word);
    if ((seen & MUTEX_SLOT) == 0 || !party->is_dead(party, seen))
        return false;
    return compare_swap(word, seen, party->me | MUTEX_NEEDREC | MUTEX_WAITERS);
}
int shoal__mutex_step(shoal_word *word, const struct shoal_party *party, shoal_wait *wait)
{
    for (;;) {
        uint32_t seen = load_relaxed(word);
        if ((seen & MUTEX_SLOT) == 0) {
            if (compare_swap(word, seen, party->me | wait->mark | (seen & (MUTEX_NEEDREC | MUTEX_WAITERS))))
                return seen & MUTEX_NEEDREC ? SHOAL_RECOVERED : SHOAL_OK;
            continue;
        }
        if (wait->slice_over && steal2(word, party))
            return SHOAL_RECOVERED;
        if (wait->flags & WAIT_LOOK_ONCE)
            return SHOAL_PENDING;
        if (!(seen & MUTEX_WAITERS) && !compare_swap(word, seen, seen | MUTEX_WAITERS))
            continue;
        wait->mark = MUTEX_WAITERS;
        wait->word = (const uint32_t *)word;
        wait->expected = seen | MUTEX_WAITERS;
        return SHOAL_PENDING;
    }
}
/* A wake-up that we may have had is for another: who holds the lock now is to wake one, or we do. */
void shoal__mutex_stop(shoal_word *word, const shoal_wait *wait)
{
    uint32_t seen;
    if (!wait->mark)
        return;
    do {
        seen = load_relaxed(word);
        if (!(seen & MUTEX_SLOT)) {
            shoal__wake(word, 1);
            return;
        }
    } while (!compare_swap(word, seen, seen | MUTEX_WAITERS));
}
