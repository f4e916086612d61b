#include "waits.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

static void (*interrupted)(void);

void waits_are_interrupted(void (*told)(void))
{
    interrupted = told;
}

static int sleeps(long number, long operation)
{
    long command = operation & FUTEX_CMD_MASK;
    return number == SYS_futex_waitv ||
           (number == SYS_futex && (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET));
}

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (!interrupted || !sleeps(number, b))
        return __real_syscall(number, a, b, c, d, e, f);
    interrupted();
    errno = EINTR;
    return -1;
}
