/*
 * The host's own refusals, not injected ones: a file system with k pages left, k descriptors left, little address space, a limit on
 * files, a fast timer, system calls that a filter denies, the segment's descriptor closed or become another file.
 * Every operation meets each of them; what must hold is in faults.c. A full file system needs root: else exit status 77.
 *
 *   limits [--seed N] [--share N] [--replay mode:k:operation] [mode ...]
 */
#include "deny.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SMALL_HOST (64u << 20) /* bytes; what is larger is not filled */

static int k; /* how much is left, or which of several */

static void bad_host(const char *what)
{
    perror(what);
    _exit(98);
}

/* ---- A full file system ---- */

static void make_small_host(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", directory, "tmpfs", 0, "size=8m") < 0) {
        printf("a full file system needs root, to mount one\n");
        rmdir(directory);
        exit(77);
    }
}

static void fill(struct world *world, const struct operation *operation)
{
    char path[400];
    struct statvfs space;
    (void)world, (void)operation;
    snprintf(path, sizeof path, "%s/filler", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fstatvfs(fd, &space) < 0)
        bad_host("filler");
    if ((uint64_t)space.f_blocks * space.f_bsize > SMALL_HOST) {
        errno = EFBIG; /* by no means the machine's own */
        bad_host("this file system is not the small one");
    }
    off_t size = ((off_t)space.f_bfree - k) * (off_t)space.f_bsize;
    if (size > 0 && fallocate(fd, 0, 0, size) < 0)
        bad_host("filler");
    close(fd);
}

static void make_room(struct world *world, const struct operation *operation)
{
    char path[400];
    (void)world, (void)operation;
    snprintf(path, sizeof path, "%s/filler", directory);
    unlink(path);
}

/* ---- Limits of the process ---- */

static struct rlimit saved;
static int fillers[1000];
static int filler_count;

static int highest_descriptor(void)
{
    int highest = 0;
    for (int fd = 0; fd < 1000; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            highest = fd;
    return highest;
}

static void few_descriptors(struct world *world, const struct operation *operation)
{
    (void)world, (void)operation;
    int end = highest_descriptor() + 1;
    for (filler_count = 0; filler_count < 1000; filler_count++) { /* no holes below */
        int fd = dup(0);
        if (fd >= end) {
            close(fd);
            break;
        }
        fillers[filler_count] = fd;
    }
    getrlimit(RLIMIT_NOFILE, &saved);
    struct rlimit few = {(rlim_t)(end + k), saved.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
}

static void many_descriptors(struct world *world, const struct operation *operation)
{
    (void)world, (void)operation;
    setrlimit(RLIMIT_NOFILE, &saved);
    while (filler_count > 0)
        close(fillers[--filler_count]);
}

static void touch_stack(void)
{
    volatile char room[1 << 18];
    for (size_t i = 0; i < sizeof room; i += 4096)
        room[i] = 0;
}

static void little_address_space(struct world *world, const struct operation *operation)
{
    long pages = 0;
    (void)world, (void)operation;
    touch_stack();
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file || fscanf(file, "%ld", &pages) != 1)
        bad_host("statm");
    fclose(file);
    getrlimit(RLIMIT_AS, &saved);
    struct rlimit little = {(rlim_t)(pages * 4096 + ((long)k << 14)), saved.rlim_max};
    setrlimit(RLIMIT_AS, &little);
}

static void much_address_space(struct world *world, const struct operation *operation)
{
    (void)world, (void)operation;
    setrlimit(RLIMIT_AS, &saved);
}

static void short_files(struct world *world, const struct operation *operation)
{
    (void)world, (void)operation;
    getrlimit(RLIMIT_FSIZE, &saved);
    struct rlimit limit = {(rlim_t)k << 20, saved.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void long_files(struct world *world, const struct operation *operation)
{
    (void)world, (void)operation;
    setrlimit(RLIMIT_FSIZE, &saved);
}

/* ---- Interruptions ---- */

static timer_t timer;

static void on_tick(int number)
{
    (void)number;
}

static void tick(struct world *world, const struct operation *operation)
{
    struct sigaction action = {.sa_handler = on_tick}; /* no SA_RESTART */
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec period = {{0, 40000 + 1000 * k}, {0, 2000 + 3000 * k}};
    (void)world, (void)operation;
    sigaction(SIGUSR1, &action, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 || timer_settime(timer, 0, &period, NULL) < 0)
        bad_host("timer");
}

static void no_tick(struct world *world, const struct operation *operation)
{
    (void)world, (void)operation;
    timer_delete(timer);
}

/* ---- Descriptors that were closed under us ---- */

#define OTHER_SIZE (12 << 20) /* more than the segment's, so that a mapping of it would not even fault */

static int stolen[3], stolen_count;

static void steal_descriptor(shoal_segment *segment)
{
    if (!segment)
        return;
    int fd = shoal_segment_fd(segment);
    for (int i = 0; i < stolen_count; i++)
        if (stolen[i] == fd)
            return;
    stolen[stolen_count++] = fd;
    close(fd);
    if (k == 0)
        return;
    int other = memfd_create("other", MFD_CLOEXEC);
    if (ftruncate(other, OTHER_SIZE) < 0 || dup2(other, fd) < 0)
        bad_host("other file");
    if (other != fd)
        close(other);
    for (int i = 0; i < 32; i++)
        if (pwrite(fd, "other", 5, (off_t)i << 18) != 5)
            bad_host("other file");
}

static void steal_descriptors(struct world *world, const struct operation *operation)
{
    (void)operation;
    stolen_count = 0;
    steal_descriptor(world->segment);
    steal_descriptor(world->second);
    steal_descriptor(world->reader);
}

/* Nobody closed, wrote, punched or locked what is somebody else's. */
static void judge_other_file(int fd)
{
    char bytes[6] = "";
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    struct stat stat;
    bool same = fstat(fd, &stat) == 0 && stat.st_size == OTHER_SIZE && stat.st_blocks * 512 >= 32 * 4096;
    for (int i = 0; same && i < 32; i++)
        same = pread(fd, bytes, 5, (off_t)i << 18) == 5 && strcmp(bytes, "other") == 0;
    if (!same || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type != F_UNLCK)
        strcat(shared->problem, "the other file is closed, written, punched or locked; ");
    close(fd);
}

static void judge_other_files(void)
{
    while (stolen_count > 0 && k > 0)
        judge_other_file(stolen[--stolen_count]);
    stolen_count = 0;
}

/* ---- System calls that are denied ---- */

struct denial {
    const char *name;
    long number;
    int argument; /* -1: all of them; else those whose argument & mask is value */
    uint32_t mask, value;
    enum fault_function function;
};

static const struct denial denials[] = {
    {"futex", SYS_futex, 1, FUTEX_PRIVATE_FLAG, 0, FAULT_futex_wait}, /* the C library's own are private */
    {"futex_waitv", 449, -1, 0, 0, FAULT_futex_waitv},
    {"fcntl(F_OFD_SETLK)", SYS_fcntl, 1, ~0u, F_OFD_SETLK, FAULT_setlk},
    {"fcntl(F_OFD_GETLK)", SYS_fcntl, 1, ~0u, F_OFD_GETLK, FAULT_getlk},
    {"fallocate", SYS_fallocate, -1, 0, 0, FAULT_fallocate},
    {"memfd_create", SYS_memfd_create, -1, 0, 0, FAULT_memfd_create},
    {"getrandom", SYS_getrandom, -1, 0, 0, FAULT_getrandom},
    {"madvise", SYS_madvise, -1, 0, 0, FAULT_madvise},
    {"linkat", SYS_linkat, -1, 0, 0, FAULT_link},
    {"openat(O_TMPFILE)", SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, O_TMPFILE & ~O_DIRECTORY, FAULT_open_nameless},
    {"ftruncate", SYS_ftruncate, -1, 0, 0, FAULT_ftruncate},
    {"fchmod", SYS_fchmod, -1, 0, 0, FAULT_fchmod},
    {"pread64", SYS_pread64, -1, 0, 0, FAULT_pread},
    {"dup3", SYS_dup3, -1, 0, 0, FAULT_dup3},
    {"unlink", SYS_unlink, -1, 0, 0, FAULT_unlink},
    {"getcwd", SYS_getcwd, -1, 0, 0, FAULT_getcwd},
    {"sched_getaffinity", SYS_sched_getaffinity, -1, 0, 0, FAULT_sched_getaffinity},
};
#define DENIALS (int)(sizeof denials / sizeof *denials)
static const int denial_errors[] = {EPERM, ENOSYS};

static void deny(struct world *world, const struct operation *operation)
{
    const struct denial *it = &denials[k / 2];
    (void)world, (void)operation;
    if (deny_calls(it->number, it->argument, it->mask, it->value, denial_errors[k % 2]) < 0)
        bad_host("seccomp");
}

/* ---- The modes ---- */

struct mode {
    const char *name;
    struct trouble trouble;
    int first, last, step; /* of k; step 0: twice as much each time */
    struct fault_and_function {
        enum fault_function function;
        int error;
    } looks_like[FAULT_PLANS]; /* injected faults that the outcome may be taken for */
};

static const struct mode modes[] = {
    {"full", {fill, make_room, NULL, true}, 0, 90, 1, {{FAULT_fallocate, ENOSPC}}},
    {"descriptors", {few_descriptors, many_descriptors, NULL, false}, 0, 4, 1, {{FAULT_fcntl, EMFILE}}},
    {"address_space",
     {little_address_space, much_address_space, NULL, false},
     1,
     1024,
     0,
     {{FAULT_mmap, ENOMEM}, {FAULT_malloc, ENOMEM}}},
    {"file_size", {short_files, long_files, NULL, false}, 0, 7, 7, {{FAULT_ftruncate, EFBIG}}},
    {"timer", {tick, no_tick, NULL, false}, 0, 30, 3, {{FAULT_futex_wait, EINTR}}},
    {"descriptor_gone", {steal_descriptors, NULL, judge_other_files, false}, 0, 1, 1, {{FAULT_fstat, EBADF}}},
    {"denied", {deny, NULL, NULL, false}, 0, 2 * DENIALS - 1, 1, {{FAULT_none, 0}}},
};
#define MODES (int)(sizeof modes / sizeof *modes)

static const struct mode *mode;

static void describe_limit(char *out, size_t size)
{
    snprintf(out, size, "%s:%d:%s", mode ? mode->name : "none", k, now->name);
}

/* So that judge.c judges as if these had been injected. */
static void pretend(void)
{
    memset(faults->faults, 0, sizeof faults->faults);
    for (int i = 0; i < FAULT_PLANS && mode->looks_like[i].function; i++) {
        faults->faults[i] = (struct fault){1, mode->looks_like[i].error, FAULT_EVER};
        faults->hit[i] = mode->looks_like[i].function;
    }
    if (mode->trouble.begin == deny) {
        faults->faults[0] = (struct fault){1, denial_errors[k % 2], FAULT_EVER};
        faults->hit[0] = denials[k / 2].function;
    }
}

/* With each k; a full file system until what is left is enough three times in a row. */
static void try_operation(const struct operation *operation, uint32_t share)
{
    static struct reference reference;
    int enough = 0;
    memset(faults->faults, 0, sizeof faults->faults);
    take_reference(&reference, operation, NULL);
    for (k = mode->first; k <= mode->last && enough < 3; k = mode->step ? k + mode->step : 2 * k) {
        if (share > 1 && (uint32_t)rand() % share != 0)
            continue;
        pretend();
        try_case(&reference, operation, &mode->trouble);
        enough = mode->trouble.full && shared->status == reference.status ? enough + 1 : 0;
    }
}

static void try_mode(const struct mode *it, const struct operation *operation, uint32_t share)
{
    mode = it;
    for (unsigned i = 0; i < operation_count; i++)
        if (!operation || operation == &operations[i])
            try_operation(&operations[i], share);
}

static void begin(bool needs_root)
{
    static bool begun;
    if (begun)
        return;
    begun = true;
    describe = describe_limit;
    harness_begin(NULL);
    if (needs_root)
        make_small_host();
}

int main(int argc, char **argv)
{
    unsigned seed = (unsigned)time(NULL);
    uint32_t share = 1;
    double began = seconds();
    const struct mode *chosen[MODES];
    int count = 0;
    char *replayed = NULL;
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && more)
            seed = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--share") == 0 && more)
            share = (uint32_t)atoi(argv[++i]);
        else if (strcmp(argv[i], "--replay") == 0 && more)
            replayed = argv[++i];
        else if (strcmp(argv[i], "--go-on") == 0)
            allowed_violations = 1 << 30;
        for (int m = 0; m < MODES; m++)
            if (strcmp(argv[i], modes[m].name) == 0 ||
                (replayed == argv[i] && strncmp(replayed, modes[m].name, strcspn(replayed, ":")) == 0))
                chosen[count++] = &modes[m];
    }
    srand(seed);
    for (int m = 0; m < count; m++) {
        begin(chosen[m]->trouble.full);
        if (!replayed) {
            try_mode(chosen[m], NULL, share);
            continue;
        }
        static struct reference reference;
        mode = chosen[m];
        k = atoi(strchr(replayed, ':') + 1);
        const struct operation *operation = find_operation(strrchr(replayed, ':') + 1);
        take_reference(&reference, operation, NULL);
        pretend();
        try_case(&reference, operation, &mode->trouble);
        printf("%s: %s\n", shoal_status_name(shared->status), shared->message);
    }
    if (count > 0 && chosen[0]->trouble.full)
        umount(directory);
    harness_end();
    printf("{\"tool\": \"limits\", \"modes\": %d, \"cases\": %ld, \"calls_that_failed\": %ld, \"seed\": %u, "
           "\"seconds\": %.1f, "
           "\"violations\": %ld}\n",
           count, cases, failed_calls, seed, seconds() - began, violations);
    return violations > 0;
}
