#include "interpose.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STORM_LENGTH 200
#define ENDLESS 2000000          /* calls in one operation */
#define TIMER_REACH (256u << 10) /* bytes that an older kernel backs between two ticks */

struct fault_state *faults;

/* ---- The plan ---- */

const char *fault_name(enum fault_function function)
{
    static const char *const names[] = {"none",
#define FAULT_NAME(name, ...) #name,
                                        FAULT_LIST(FAULT_NAME)
#undef FAULT_NAME
    };
    return names[function];
}

const int *fault_errors(enum fault_function function)
{
#define FAULT_ERRORS(name, ...) static const int errors_##name[] = {__VA_ARGS__, 0};
    FAULT_LIST(FAULT_ERRORS)
#undef FAULT_ERRORS
    static const int *const all[] = {NULL,
#define FAULT_POINTER(name, ...) errors_##name,
                                     FAULT_LIST(FAULT_POINTER)
#undef FAULT_POINTER
    };
    return all[function];
}

void fault_begin(void)
{
    faults = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (faults == MAP_FAILED)
        abort();
    faults->harness = getpid();
}

void fault_own(void)
{
    faults->owner = getpid();
    faults->heap = faults->maps = 0;
}

void fault_arm(bool in_child)
{
    faults->calls = 0;
    memset(faults->storms, 0, sizeof faults->storms);
    memset(faults->hit, 0, sizeof faults->hit);
    faults->in_child = in_child;
    faults->armed = true;
}

void fault_disarm(void)
{
    faults->armed = false;
}

static bool is_owner(void)
{
    return faults->owner == getpid();
}

static bool is_harness(void)
{
    return faults->harness == getpid();
}

static bool can_fail_so(enum fault_function function, int error)
{
    for (const int *it = fault_errors(function); *it; it++)
        if (*it == error)
            return true;
    return false;
}

static int fires(uint32_t i, enum fault_function function, uint32_t call)
{
    const struct fault *fault = &faults->faults[i];
    if (fault->at == 0)
        return 0;
    if (call == fault->at && can_fail_so(function, fault->error)) /* after another fault other calls come */
        faults->hit[i] = function;
    if (faults->hit[i] != (uint32_t)function)
        return 0;
    bool now = call == fault->at || fault->repeat == FAULT_EVER ||
               (fault->repeat == FAULT_STORM && faults->storms[i]++ < STORM_LENGTH);
    return now ? fault->error : 0;
}

/* One more call: 0, or how it is to fail. */
static int next_fault(enum fault_function function)
{
    if (!faults || !faults->armed || is_owner() == faults->in_child || is_harness())
        return 0;
    uint32_t call = ++faults->calls;
    faults->counts[function]++;
    if (call <= FAULT_TRACE)
        faults->trace[call - 1] = (uint8_t)function;
    if (call > ENDLESS) {
        static const char text[] = "endless: the operation makes calls for ever\n";
        (void)!write(2, text, sizeof text - 1);
        _exit(99);
    }
    for (uint32_t i = 0; i < FAULT_PLANS; i++) {
        int error = fires(i, function, call);
        if (error)
            return error;
    }
    return 0;
}

static bool host_is(uint32_t host)
{
    return faults && (faults->hosts & host) && !is_harness();
}

static int failing(int error)
{
    errno = error;
    return -1;
}

static void count_heap(int blocks)
{
    if (faults && is_owner())
        faults->heap += blocks;
}

#define FAIL_IF(function)                                                                                              \
    do {                                                                                                               \
        int fault_error = next_fault(FAULT_##function);                                                                \
        if (fault_error)                                                                                               \
            return failing(fault_error);                                                                               \
    } while (0)

/* ---- Files ---- */

int fault_open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    bool nameless = (flags & O_TMPFILE) == O_TMPFILE, in_proc = strncmp(path, "/proc/", 6) == 0;
    int error = next_fault(nameless ? FAULT_open_nameless : in_proc ? FAULT_open_link : FAULT_open);
    if (!error && in_proc && host_is(HOST_NO_PROC))
        error = ENOENT;
    if (!error && nameless && host_is(HOST_NO_TMPFILE))
        error = EOPNOTSUPP;
    return error ? failing(error) : open(path, flags, mode);
}

/* In /proc only: the descriptors of a thread. */
int fault_openat64(int folder, const char *path, int flags, ...)
{
    int error = next_fault(FAULT_open_link);
    return error ? failing(error) : openat(folder, path, flags);
}

int fault_close(int fd)
{
    int error = next_fault(FAULT_close), result = close(fd); /* it is gone in any case, says close(2) */
    return error ? failing(error) : result;
}

int fault_ftruncate64(int fd, off_t size)
{
    FAIL_IF(ftruncate);
    return ftruncate(fd, size);
}

int fault_fchmod(int fd, mode_t mode)
{
    FAIL_IF(fchmod);
    return fchmod(fd, mode);
}

int fault_fchown(int fd, uid_t owner, gid_t group)
{
    FAIL_IF(fchown);
    return fchown(fd, owner, group);
}

int fault_fstat64(int fd, struct stat *out)
{
    FAIL_IF(fstat);
    return fstat(fd, out);
}

int fault_lstat64(const char *path, struct stat *out)
{
    FAIL_IF(lstat);
    return lstat(path, out);
}

int fault_access(const char *path, int mode)
{
    FAIL_IF(lstat);
    if (strncmp(path, "/proc/", 6) == 0 && host_is(HOST_NO_PROC))
        return failing(ENOENT);
    return access(path, mode);
}

int fault_fstatvfs64(int fd, struct statvfs *out)
{
    FAIL_IF(fstatvfs);
    return fstatvfs(fd, out);
}

static int interrupted(off_t size)
{
    return host_is(HOST_BUSY_TIMER) && size > (off_t)TIMER_REACH ? EINTR : 0;
}

int fault_fstatfs64(int fd, struct statfs *out)
{
    FAIL_IF(fstatfs);
    return fstatfs(fd, out);
}

int fault_sigaction(int signal, const struct sigaction *action, struct sigaction *before)
{
    FAIL_IF(sigaction);
    return sigaction(signal, action, before);
}

int fault_fallocate64(int fd, int mode, off_t offset, off_t size)
{
    int error = next_fault(mode & FALLOC_FL_PUNCH_HOLE ? FAULT_punch : FAULT_fallocate);
    if (!error && !(mode & FALLOC_FL_PUNCH_HOLE))
        error = interrupted(size);
    return error ? failing(error) : fallocate(fd, mode, offset, size);
}

int fault_posix_fallocate64(int fd, off_t offset, off_t size)
{
    int error = next_fault(FAULT_fallocate);
    if (!error)
        error = interrupted(size);
    return error ? error : posix_fallocate(fd, offset, size);
}

int fault_fcntl64(int fd, int command, void *argument)
{
    FAIL_IF(fcntl + (command == F_OFD_SETLK ? FAULT_setlk - FAULT_fcntl : 0) +
            (command == F_OFD_GETLK ? FAULT_getlk - FAULT_fcntl : 0));
    return fcntl(fd, command, argument);
}

int fault_link(const char *from, const char *to)
{
    FAIL_IF(link);
    return link(from, to);
}

int fault_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    FAIL_IF(link);
    if (strncmp(from, "/proc/", 6) == 0 && host_is(HOST_NO_PROC))
        return failing(ENOENT);
    return linkat(from_fd, from, to_fd, to, flags);
}

int fault_unlink(const char *path)
{
    FAIL_IF(unlink);
    return unlink(path);
}

int fault_rename(const char *from, const char *to)
{
    FAIL_IF(rename);
    return rename(from, to);
}

ssize_t fault_pread64(int fd, void *out, size_t size, off_t offset)
{
    int error = next_fault(FAULT_pread);
    if (error && error != SHORT)
        return failing(error);
    return pread(fd, out, error && size > 1 ? size / 2 : size, offset);
}

ssize_t fault_pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    int error = next_fault(FAULT_pwrite);
    if (error && error != SHORT)
        return failing(error);
    return pwrite(fd, bytes, error && size > 1 ? size / 2 : size, offset);
}

off_t fault_lseek64(int fd, off_t offset, int whence)
{
    FAIL_IF(lseek);
    return lseek(fd, offset, whence);
}

int fault_fsync(int fd)
{
    FAIL_IF(fsync);
    return fsync(fd);
}

int fault_getrlimit64(int which, struct rlimit *out)
{
    FAIL_IF(getrlimit);
    return getrlimit(which, out);
}

ssize_t fault_read(int fd, void *out, size_t size)
{
    FAIL_IF(read);
    return read(fd, out, size);
}

int fault_dup3(int from, int to, int flags)
{
    FAIL_IF(dup3);
    return dup3(from, to, flags);
}

int fault_memfd_create(const char *name, unsigned flags)
{
    FAIL_IF(memfd_create);
    return memfd_create(name, flags);
}

DIR *fault_opendir(const char *path)
{
    int error = next_fault(FAULT_opendir);
    if (error)
        errno = error;
    return error ? NULL : opendir(path);
}

struct dirent *fault_readdir64(DIR *directory)
{
    int error = next_fault(FAULT_readdir);
    if (error)
        errno = error;
    return error ? NULL : readdir(directory);
}

char *fault_getcwd(char *out, size_t size)
{
    int error = next_fault(FAULT_getcwd);
    if (error)
        errno = error;
    return error ? NULL : getcwd(out, size);
}

/* ---- Memory ---- */

static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

void *fault_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    int error = next_fault(FAULT_mmap);
    if (error)
        errno = error;
    void *base = error ? MAP_FAILED : mmap(at, size, protection, flags, fd, offset);
    if (base != MAP_FAILED && is_owner())
        faults->maps += (int64_t)whole_pages(size);
    return base;
}

int fault_munmap(void *base, size_t size)
{
    int error = next_fault(FAULT_munmap), result = munmap(base, size); /* else it would be a leak, and not the core's */
    if (result == 0 && is_owner())
        faults->maps -= (int64_t)whole_pages(size);
    return error ? failing(error) : result;
}

int fault_madvise(void *base, size_t size, int advice)
{
    FAIL_IF(madvise);
    if (advice == MADV_WIPEONFORK && host_is(HOST_NO_WIPE))
        return failing(EINVAL);
    return madvise(base, size, advice);
}

int fault_munlock(const void *base, size_t size)
{
    FAIL_IF(munlock);
    return munlock(base, size);
}

int fault_mprotect(void *base, size_t size, int protection)
{
    FAIL_IF(mprotect);
    return mprotect(base, size, protection);
}

#define COUNTED(function, call)                                                                                        \
    do {                                                                                                               \
        int fault_error = next_fault(FAULT_##function);                                                                \
        if (fault_error) {                                                                                             \
            errno = fault_error;                                                                                       \
            return NULL;                                                                                               \
        }                                                                                                              \
        void *fault_block = (call);                                                                                    \
        count_heap(fault_block != NULL);                                                                               \
        return fault_block;                                                                                            \
    } while (0)

void *fault_malloc(size_t size)
{
    COUNTED(malloc, malloc(size));
}

void *fault_calloc(size_t count, size_t size)
{
    COUNTED(calloc, calloc(count, size));
}

char *fault_strdup(const char *text)
{
    COUNTED(strdup, strdup(text));
}

void *fault_realloc(void *block, size_t size)
{
    if (!block)
        COUNTED(realloc, malloc(size));
    int error = next_fault(FAULT_realloc);
    if (error)
        errno = error;
    return error ? NULL : realloc(block, size);
}

void fault_free(void *block)
{
    if (block) {
        count_heap(-1);
        memset(block, 0xdb, malloc_usable_size(block)); /* who looks at it again is seen */
    }
    free(block);
}

/* ---- Processes, time ---- */

static enum fault_function function_of(long number, int operation)
{
    if (number == SYS_futex)
        return (operation & FUTEX_CMD_MASK) == FUTEX_WAIT ? FAULT_futex_wait : FAULT_futex_wake;
    if (number == SYS_renameat2)
        return FAULT_rename;
    return number == 449 ? FAULT_futex_waitv : FAULT_none;
}

/* One without O_TMPFILE has no renameat2 either; each is older than the other in some file system. */
static bool host_lacks(enum fault_function function)
{
    if (function == FAULT_rename)
        return host_is(HOST_NO_TMPFILE);
    return (function == FAULT_futex_waitv && host_is(HOST_NO_WAITV)) || (function && host_is(HOST_NO_FUTEX));
}

long fault_syscall(long number, ...)
{
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_statx)
        FAIL_IF(statx);
    enum fault_function function = function_of(number, (int)a[1]);
    int error = function ? next_fault(function) : 0;
    if (!error && host_lacks(function))
        error = ENOSYS;
    return error ? failing(error) : syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t fault_getrandom(void *out, size_t size, unsigned flags)
{
    int error = next_fault(FAULT_getrandom);
    if (error && error != SHORT)
        return failing(error);
    return getrandom(out, error && size > 1 ? size / 2 : size, flags);
}

int fault_nanosleep(const struct timespec *pause, struct timespec *rest)
{
    FAIL_IF(nanosleep);
    return nanosleep(pause, rest);
}

int fault_clock_gettime(clockid_t clock, struct timespec *out)
{
    static time_t jump = 1;
    int result = clock_gettime(clock, out);
    if (result == 0 && clock != CLOCK_MONOTONIC && host_is(HOST_JUMPING))
        out->tv_sec += jump = jump * -3 % 1000000007; /* up to 32 years, back and forth */
    return result;
}

int fault_prctl(int option, unsigned long argument)
{
    FAIL_IF(prctl);
    return prctl(option, argument, 0, 0, 0);
}

int fault_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    FAIL_IF(sched_getaffinity);
    return sched_getaffinity(pid, size, set);
}

int fault_pthread_key_create(pthread_key_t *key, void (*end)(void *))
{
    int error = next_fault(FAULT_pthread_key_create);
    return error ? error : pthread_key_create(key, end);
}

int fault_pthread_setspecific(pthread_key_t key, const void *value)
{
    int error = next_fault(FAULT_pthread_setspecific);
    return error ? error : pthread_setspecific(key, value);
}
