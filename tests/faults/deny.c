/* deny errno what... -- command...: run the command with these denied: futex (shared ones only), futex_waitv, locks, … */
#include <fcntl.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "deny.h"

static const struct {
    const char *name;
    long number;
    int argument;
    uint32_t mask, value;
} calls[] = {
    {"futex", SYS_futex, 1, FUTEX_PRIVATE_FLAG, 0}, /* the C library's own are private */
    {"futex_waitv", 449, -1, 0, 0},
    {"locks", SYS_fcntl, 1, ~0u, F_OFD_SETLK},
    {"looks for locks", SYS_fcntl, 1, ~0u, F_OFD_GETLK},
    {"fallocate", SYS_fallocate, -1, 0, 0},
    {"memfd_create", SYS_memfd_create, -1, 0, 0},
    {"getrandom", SYS_getrandom, -1, 0, 0},
    {"nameless", SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, O_TMPFILE & ~O_DIRECTORY},
};

static bool deny_named(const char *name, int error)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(calls[i].name, name) == 0)
            return deny_calls(calls[i].number, calls[i].argument, calls[i].mask, calls[i].value, error) == 0;
    return false;
}

int main(int argc, char **argv)
{
    int i = 2;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (!deny_named(argv[i], atoi(argv[1]))) {
            fprintf(stderr, "cannot deny %s\n", argv[i]);
            return 2;
        }
    if (i + 1 >= argc)
        return 2;
    execvp(argv[i + 1], argv + i + 1);
    perror(argv[i + 1]);
    return 2;
}
