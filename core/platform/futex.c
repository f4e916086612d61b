#include "platform/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * The timespec that SYS_futex reads, with longs; struct timespec may have a wider time_t: in 32-bit musl, and in 32-bit
 * glibc with _TIME_BITS=64.
 */
#ifdef SYS_futex
struct time_of_kernel {
    long seconds, nanoseconds;
};
#else
#define SYS_futex SYS_futex_time64
struct time_of_kernel {
    int64_t seconds, nanoseconds;
};
#endif

static enum shoal_woken nap(shoal_time slice)
{
    const shoal_time longest = 1000000; /* the futex call is refused (seccomp): poll, as the contract allows */
    struct timespec pause = {0, (long)(slice < longest ? slice : longest)};
    return nanosleep(&pause, NULL) < 0 && errno == EINTR ? SHOAL_SIGNAL : SHOAL_SLICE_OVER;
}

enum shoal_woken shoal__wait(const shoal_word *word, uint32_t expected, shoal_time slice)
{
    if (slice <= 0)
        return SHOAL_SLICE_OVER;
    if (slice > SHOAL_LONGEST_SLEEP)
        slice = SHOAL_LONGEST_SLEEP;
    struct time_of_kernel relative = {(long)(slice / 1000000000), (long)(slice % 1000000000)};
    if (syscall(SYS_futex, word, FUTEX_WAIT, expected, &relative, NULL, 0) == 0 || errno == EAGAIN)
        return SHOAL_WOKEN;
    if (errno == EINTR)
        return SHOAL_SIGNAL;
    if (errno != ETIMEDOUT)
        return nap(slice);
    return SHOAL_SLICE_OVER;
}

int shoal__wake(shoal_word *word, int count)
{
    long woken = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
    return woken > 0 ? (int)woken : 0;
}
