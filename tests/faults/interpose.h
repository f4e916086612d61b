/*
 * Faults of the host, injected: the core's own undefined symbols (and only the core's) are renamed to fault_…, so each
 * call it makes to the system or to malloc comes here, is counted, and fails when the plan says so.
 */
#ifndef SHOAL_TESTS_INTERPOSE_H
#define SHOAL_TESTS_INTERPOSE_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, what may go wrong: errno values, ended by 0). SHORT: fewer bytes than asked for, and no error. */
#define SHORT 1000
#define FAULT_LIST(X)                                                                                                  \
    X(open, ENOENT, EACCES, EPERM, EROFS, EMFILE, ENFILE, ENOMEM, ENOSPC, EIO, EINTR, ELOOP, ENXIO)                    \
    X(open_nameless, EACCES, EPERM, EROFS, EMFILE, ENFILE, ENOMEM, ENOSPC, EIO, EINTR, EOPNOTSUPP, EISDIR, EINVAL)     \
    X(open_link, ENOENT, EACCES, EPERM, EMFILE, ENFILE, ENOMEM, EIO, EINTR, ENXIO)                                     \
    X(ftruncate, ENOSPC, ENOMEM, EFBIG, EIO, EPERM, EINTR, EINVAL)                                                     \
    X(fchmod, EPERM, EIO, EROFS)                                                                                       \
    X(fchown, EPERM, EIO, EINVAL, EDQUOT)                                                                              \
    X(fstat, EIO, ENOMEM, EOVERFLOW)                                                                                   \
    X(lstat, EIO, ENOMEM, EACCES, ENOENT)                                                                              \
    X(fstatvfs, EIO, ENOSYS, EINTR)                                                                                    \
    X(fstatfs, EIO, ENOSYS, ENOMEM)                                                                                    \
    X(sigaction, EINVAL, EPERM)                                                                                        \
    X(mmap, ENOMEM, EAGAIN, EPERM, EACCES, ENODEV, EINVAL, ENFILE)                                                     \
    X(munmap, ENOMEM, EINVAL)                                                                                          \
    X(madvise, ENOMEM, EINVAL, EAGAIN, ENOSYS, EPERM)                                                                  \
    X(fallocate, ENOSPC, ENOMEM, EDQUOT, EFBIG, EIO, EPERM, ENOSYS, EOPNOTSUPP, EINTR)                                 \
    X(punch, ENOSPC, ENOMEM, EIO, EPERM, ENOSYS, EOPNOTSUPP, EINTR)                                                    \
    X(setlk, EAGAIN, EACCES, ENOLCK, ENOMEM, EINVAL, EPERM, ENOSYS, EINTR)                                             \
    X(getlk, ENOLCK, ENOMEM, EINVAL, EPERM, ENOSYS, EINTR)                                                             \
    X(fcntl, EMFILE, EINVAL, EPERM)                                                                                    \
    X(link, EEXIST, EACCES, EPERM, ENOSPC, ENOMEM, EROFS, EIO, EXDEV, EMLINK, ENOENT, EINTR)                           \
    X(unlink, EACCES, EPERM, EROFS, EIO, ENOMEM, EBUSY, ENOENT)                                                        \
    X(rename, EACCES, EPERM, EROFS, EIO, ENOMEM, EBUSY, ENOSPC, EDQUOT, EINVAL, ENOSYS)                                \
    X(pread, EIO, ENOMEM, EINTR, SHORT)                                                                                \
    X(pwrite, ENOSPC, EDQUOT, EIO, EINTR, SHORT)                                                                       \
    X(lseek, EINVAL, EIO, EOPNOTSUPP)                                                                                  \
    X(statx, ENOSYS, EPERM, EIO)                                                                                       \
    X(fsync, EIO, ENOSPC, EDQUOT, EROFS)                                                                               \
    X(munlock, ENOMEM, EPERM, ENOSYS)                                                                                  \
    X(mprotect, ENOMEM, EACCES, EPERM)                                                                                 \
    X(getrlimit, EPERM, ENOSYS)                                                                                        \
    X(read, EIO, EINTR)                                                                                                \
    X(close, EIO, EINTR)                                                                                               \
    X(dup3, EBUSY, EINTR, EMFILE)                                                                                      \
    X(getrandom, ENOSYS, EPERM, EAGAIN, EINTR, SHORT)                                                                  \
    X(memfd_create, ENOSYS, EPERM, EMFILE, ENFILE, ENOMEM, EINVAL)                                                     \
    X(opendir, ENOENT, EACCES, EMFILE, ENFILE, ENOMEM, ENOTDIR)                                                        \
    X(readdir, EIO, ENOENT)                                                                                            \
    X(getcwd, ENOENT, EACCES, ENOMEM)                                                                                  \
    X(futex_wait, EINTR, EAGAIN, EINVAL, ENOMEM, EPERM, ENOSYS)                                                        \
    X(futex_wake, EINVAL, EPERM, ENOSYS)                                                                               \
    X(futex_waitv, EINTR, EAGAIN, EINVAL, ENOMEM, EPERM, ENOSYS)                                                       \
    X(nanosleep, EINTR, EINVAL, ENOSYS)                                                                                \
    X(prctl, EINVAL, EPERM)                                                                                            \
    X(sched_getaffinity, EINVAL, EPERM, ENOSYS)                                                                        \
    X(malloc, ENOMEM)                                                                                                  \
    X(calloc, ENOMEM)                                                                                                  \
    X(realloc, ENOMEM)                                                                                                 \
    X(strdup, ENOMEM)                                                                                                  \
    X(pthread_key_create, EAGAIN, ENOMEM)                                                                              \
    X(pthread_setspecific, ENOMEM)

enum fault_function {
    FAULT_none,
#define FAULT_ENUM(name, ...) FAULT_##name,
    FAULT_LIST(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_COUNT
};

enum fault_repeat {
    FAULT_ONCE,
    FAULT_EVER,  /* that call, and every later one of that function */
    FAULT_STORM, /* that call, and the next 200 of that function */
};

/* A host that lacks something all along. */
#define HOST_NO_PROC 1u
#define HOST_NO_TMPFILE 2u
#define HOST_NO_FUTEX 4u
#define HOST_NO_WAITV 8u
/* an older kernel: whatever takes longer than the timer's period is interrupted, again and again */
#define HOST_BUSY_TIMER 16u
#define HOST_NO_WIPE 32u /* no MADV_WIPEONFORK */
#define HOST_JUMPING 64u /* the wall clock is stepped, by years, at each look */

struct fault {
    uint32_t at; /* which call, from 1; 0: none */
    int error;
    enum fault_repeat repeat;
};

#define FAULT_TRACE 4096
#define FAULT_PLANS 2

struct fault_state {
    uint32_t hosts;
    bool armed, in_child;   /* in_child: not the process that armed counts, but its children */
    int32_t owner, harness; /* processes: who is tried (its children with in_child), and who never is */
    struct fault faults[FAULT_PLANS];
    uint32_t storms[FAULT_PLANS];
    uint32_t hit[FAULT_PLANS];  /* the function that call was of: 0, it never came */
    uint32_t calls;             /* since it was armed */
    uint8_t trace[FAULT_TRACE]; /* which function each was */
    uint32_t counts[FAULT_COUNT];
    int64_t heap, maps; /* blocks and mapped bytes that the core has in the owner */
};

extern struct fault_state *faults;

void fault_begin(void); /* once, in the ancestor of all */
void fault_arm(bool in_child);
void fault_disarm(void);
void fault_own(void); /* from here on `heap` and `maps` are this process's */
const char *fault_name(enum fault_function function);
const int *fault_errors(enum fault_function function); /* ended by 0 */

#endif
