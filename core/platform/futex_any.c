#include "platform/futex_any.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* on every architecture; headers before Linux 5.16 lack it */
#endif
#define WORD_OF_32_BITS 2 /* FUTEX_32; without FUTEX_PRIVATE_FLAG: shared with other processes */

/* struct futex_waitv of the kernel. */
struct wait_of_kernel {
    uint64_t value, address;
    uint32_t flags, reserved;
};
struct time_of_kernel {
    int64_t seconds, nanoseconds;
};

static struct time_of_kernel end_of(shoal_time slice)
{
    shoal_time end = shoal_now() + slice;
    return (struct time_of_kernel){end / 1000000000, end % 1000000000};
}

void shoal__wait_any(const struct shoal_sleep *sleeps, size_t count, shoal_time slice, shoal_time alone)
{
    struct wait_of_kernel waits[SHOAL_MOST_SLEEPS];
    if (slice > SHOAL_LONGEST_SLICE)
        slice = SHOAL_LONGEST_SLICE;
    struct time_of_kernel end = end_of(slice);
    for (size_t i = 0; i < count; i++)
        waits[i] = (struct wait_of_kernel){sleeps[i].expected, (uintptr_t)sleeps[i].word, WORD_OF_32_BITS, 0};
    long status = syscall(SYS_futex_waitv, waits, (unsigned)count, 0, &end, CLOCK_MONOTONIC);
    if (status < 0 && errno != EAGAIN && errno != ETIMEDOUT && errno != EINTR) /* an older kernel, or seccomp */
        shoal__wait(sleeps[0].word, sleeps[0].expected, slice < alone ? slice : alone);
}
