/* Functions in front of the C library's, in the whole program: what they do to the segment's file is written down. */
#include "step.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "segment/layout.h"

static struct {
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*munmap)(void *, size_t);
    int (*mprotect)(void *, size_t, int);
    int (*posix_fallocate)(int, off_t, off_t);
    int (*fallocate)(int, int, off_t, off_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    int (*linkat)(int, const char *, int, const char *, int);
    int (*link)(const char *, const char *);
    int (*rename)(const char *, const char *);
    int (*unlink)(const char *);
    int (*open)(const char *, int, ...);
    long (*syscall)(long, ...);
    int (*clock_gettime)(clockid_t, struct timespec *);
} libc;

double seconds(void)
{
    struct timespec time;
    libc.clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        exit(2);
    return found;
}

/* With _FILE_OFFSET_BITS=64 the functions below, and those who call them, have these names. */
void trace_prepare(void)
{
    libc.mmap = next("mmap64");
    libc.munmap = next("munmap");
    libc.mprotect = next("mprotect");
    libc.posix_fallocate = next("posix_fallocate64");
    libc.fallocate = next("fallocate64");
    libc.pwrite = next("pwrite64");
    libc.linkat = next("linkat");
    libc.link = next("link");
    libc.rename = next("rename");
    libc.unlink = next("unlink");
    libc.open = next("open64");
    libc.syscall = next("syscall");
    libc.clock_gettime = next("clock_gettime");
    trace = libc.mmap(NULL, sizeof *trace, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (trace == MAP_FAILED)
        exit(2);
}

/* What is ours between two instructions of the victim's is not stepped. */
static void note_call(uint32_t kind)
{
    if (!tracer.on)
        return;
    tracer.paused = true;
    note_file(kind);
    tracer.paused = false;
    raise(SIGTRAP);
}

/* A segment's file; while stepping the one that is stepped, and no other that a backup reads or writes. */
static bool is_segment(int fd)
{
    struct stat stat;
    return fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
           (!tracer.on || tracer.fd < 0 || stat.st_ino == tracer.inode);
}

/* Nobody knows the file yet that is made while stepping: from its first mapping on we do. */
static void know_file(int fd)
{
    struct stat stat;
    if (!tracer.on || tracer.fd >= 0)
        return;
    tracer.fd = dup(fd);
    fstat(fd, &stat);
    tracer.inode = stat.st_ino;
    trace->size = (size_t)stat.st_size;
}

/* Does that path end in the name whose file is judged? */
static bool is_target(const char *path)
{
    const char *name = strrchr(path, '/');
    return name && strcmp(name, "/shoal.target") == 0;
}

/* What was mapped last without access: a segment, or the page of a byte lock, which never gets any. */
static struct {
    void *base;
    int fd;
} unwritable;

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *base = libc.mmap(address, length, protection, flags, fd, offset);
    if (base != MAP_FAILED && protection == PROT_NONE && flags & MAP_SHARED && is_segment(fd)) {
        unwritable.base = base;
        unwritable.fd = fd;
    }
    return base;
}

/* A segment is mapped without access, and then it gets it. */
int mprotect(void *address, size_t length, int protection)
{
    int result = libc.mprotect(address, length, protection);
    if (result == 0 && protection & PROT_WRITE && address == unwritable.base) {
        unwritable.base = NULL;
        know_file(unwritable.fd);
        watch_mapping(address, length);
    }
    return result;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (!no_tmpfile || (flags & O_TMPFILE) != O_TMPFILE)
        return libc.open(path, flags, mode);
    errno = EOPNOTSUPP;
    return -1;
}

/*
 * Time goes on when somebody looks at it, and when he sleeps: everybody else is stopped or dead, and would not wake him.
 * So a sleep on a word that is as expected ends at once, and its time has passed.
 */
static int64_t moment = 1000000000;

int clock_gettime(clockid_t clock, struct timespec *out)
{
    (void)clock;
    moment += 200;
    *out = (struct timespec){(time_t)(moment / 1000000000), (long)(moment % 1000000000)};
    return 0;
}

/* Every second image is judged under a timer of 0.3 to 10 ms, whose signals end sleeps on the structure's lock. */

static long sleep_at(const uint32_t *word, uint32_t expected, const long *slice)
{
    int64_t length = slice[0] * (int64_t)1000000000 + slice[1], period = (int64_t)300000 << now.image / 2 % 6;
    errno = *word == expected ? ETIMEDOUT : EAGAIN;
    if (errno == ETIMEDOUT && now.image % 2 && length > period && is_structure_lock(word)) {
        errno = EINTR;
        moment += period;
    } else if (errno == ETIMEDOUT) {
        moment += length;
    }
    return -1;
}

/* A file came to the name that is judged, or what has it went elsewhere. */
static void note_names(const char *from, const char *to)
{
    if (from && is_target(from))
        note_call(EVENT_UNLINKED);
    if (is_target(to))
        note_call(EVENT_NAMED);
}

long syscall(long number, ...)
{
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_futex && (a[1] & 0x7f) == 0)
        return sleep_at((const uint32_t *)a[0], (uint32_t)a[2], (const long *)a[3]);
    long result = libc.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_renameat2 && result == 0)
        note_names((const char *)a[1], (const char *)a[3]);
    return result;
}

int munmap(void *base, size_t length)
{
    forget_mapping(base);
    return libc.munmap(base, length);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    if (is_segment(fd))
        know_file(fd);
    int result = libc.posix_fallocate(fd, offset, length);
    note_call(EVENT_FILE);
    return result;
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
    int result = libc.fallocate(fd, mode, offset, length);
    note_call(EVENT_FILE);
    return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    ssize_t result = libc.pwrite(fd, bytes, size, offset);
    note_call(EVENT_FILE);
    return result;
}

int linkat(int from, const char *path, int to, const char *name, int flags)
{
    int result = libc.linkat(from, path, to, name, flags);
    if (result == 0)
        note_names(NULL, name);
    return result;
}

int link(const char *path, const char *name)
{
    int result = libc.link(path, name);
    if (result == 0)
        note_names(NULL, name);
    return result;
}

int rename(const char *from, const char *to)
{
    int result = libc.rename(from, to);
    if (result == 0)
        note_names(from, to);
    return result;
}

int unlink(const char *path)
{
    int result = libc.unlink(path);
    if (result == 0 && is_target(path))
        note_call(EVENT_UNLINKED);
    return result;
}
