/* A filter that makes a system call fail, for this process and all that come of it. */
#ifndef SHOAL_TESTS_DENY_H
#define SHOAL_TESTS_DENY_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>

/* Calls of that number; with `argument` >= 0 only those whose argument & mask is value. 0, or -1 with errno. */
static inline int deny_calls(long number, int argument, uint32_t mask, uint32_t value, int error)
{
    bool all = argument < 0;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 (uint32_t)offsetof(struct seccomp_data, args) + 8 * (uint32_t)(all ? 0 : argument)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, all ? 0 : mask),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, all ? 0 : value, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#endif
