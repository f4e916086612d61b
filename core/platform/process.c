#include "platform/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/atomic.h"
#include "platform/clock.h"

uint32_t shoal__user_id(void)
{
    return (uint32_t)geteuid();
}

int shoal__working_directory(char *out, size_t size)
{
    return getcwd(out, size) ? 0 : -errno;
}

_Thread_local struct shoal_thread shoal__known_thread SHOAL__TLS_MODEL;
static _Atomic uint64_t threads; /* numbers given out */
static pthread_once_t forget_once = PTHREAD_ONCE_INIT;

static void forget_thread_id(void)
{
    shoal__known_thread.id = 0;
}

static void forget_after_fork(void)
{
    pthread_atfork(NULL, NULL, forget_thread_id);
}

void shoal__ask_thread(void)
{
    struct shoal_thread *me = &shoal__known_thread;
    pthread_once(&forget_once, forget_after_fork);
    if (me->number == 0)
        me->number = atomic_fetch_add(&threads, 1) % SHOAL__THREADS + 1;
    me->id = (int32_t)syscall(SYS_gettid);
}

void shoal__program_name(char out[16])
{
    memset(out, 0, 16);
    bool main_thread =
        (uint32_t)shoal__thread_id() == shoal__process_id(); /* the main thread's name is the program's */
    int fd = main_thread ? -1 : open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, out, 15);
    if (fd >= 0)
        close(fd);
    if (size <= 0)
        prctl(PR_GET_NAME, out);
    out[strcspn(out, "\n")] = 0;
}

/* For sandboxes that deny getrandom, and kernels that lack it. */
static int random_from_device(char *out, size_t size)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && size > 0) {
        ssize_t got = read(fd, out, size);
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        out += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    int error = size > 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
}

bool shoal__is_stopped(uint32_t pid)
{
    char path[32], text[256];
    snprintf(path, sizeof path, "/proc/%u/stat", (unsigned)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = 0;
    const char *name_end = strrchr(text, ')'); /* "pid (name) state …" */
    return name_end && name_end[1] == ' ' && (name_end[2] == 'T' || name_end[2] == 't');
}

int shoal__random(void *out, size_t size)
{
    char *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno != EINTR)
            return random_from_device(at, size);
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return 0;
}

bool shoal__single_cpu(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1;
}

/* ---- What only this process has ---- */

struct own {
    _Atomic uint64_t number;
    _Atomic uint32_t id;
};

static struct own own_without_page; /* used when there is no memory for a page that a fork wipes */
static struct own *own = &own_without_page;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

static void forget_own(void)
{
    atomic_store(&own->number, 0);
    atomic_store(&own->id, 0);
}

/* The fork handler clears it in a child; the page that a fork wipes does it after a bare clone, too. */
static void place_own(void)
{
    void *page = shoal__fork_word_new();
    if (page)
        own = page;
    pthread_atfork(NULL, NULL, forget_own);
}

uint32_t shoal__process_id(void)
{
    pthread_once(&own_once, place_own);
    uint32_t id = atomic_load(&own->id);
    if (!id)
        atomic_store(&own->id, id = (uint32_t)getpid());
    return id;
}

static uint64_t new_number(void)
{
    uint64_t made = 0;
    if (shoal__random(&made, sizeof made) < 0)
        made = (uint64_t)getpid() << 32 ^ (uint64_t)shoal_now();
    return made ? made : 1;
}

uint64_t shoal__process_number(void)
{
    pthread_once(&own_once, place_own);
    uint64_t known = atomic_load(&own->number);
    if (known)
        return known;
    uint64_t made = new_number();
    return atomic_compare_exchange_strong(&own->number, &known, made) ? made : known;
}

uint32_t *shoal__fork_word_new(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *word = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (word == MAP_FAILED)
        return NULL;
    madvise(word, page, MADV_WIPEONFORK);
    return word;
}

void shoal__fork_word_free(uint32_t *word)
{
    if (word)
        munmap(word, (size_t)sysconf(_SC_PAGESIZE));
}
