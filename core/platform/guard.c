#include "platform/guard.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define GUARDED_IN_CHUNK 32

/*
 * A handler may look at it at any time: `base` is stored last and cleared first, and the rest does not change while
 * there are `users`.
 */
struct shoal_guarded {
    _Atomic uintptr_t base; /* 0: this place is free */
    shoal_word users;       /* handlers at work on it */
    shoal_word taken;
    size_t size;
    int fd;
    int protection;
    shoal_word *damaged;
};

/* Chunks are never freed. */
struct chunk {
    struct chunk *_Atomic next;
    struct shoal_guarded guarded[GUARDED_IN_CHUNK];
};

static struct chunk first_chunk;
static uintptr_t page_size;

/* The handler that ours passes signals on to. Written before ours is installed. */
static struct sigaction previous;

/* Guards the rest; no handler takes it. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static uint32_t in_use;
static bool installed; /* our handler is the process's, or somewhere in the chain of those installed later */

/* ---- In the handler: only system calls and atomic words ---- */

static struct shoal_guarded *next_guarded(struct chunk **chunk, uint32_t *at)
{
    if (*at == GUARDED_IN_CHUNK) {
        *chunk = atomic_load(&(*chunk)->next);
        *at = 0;
    }
    return *chunk ? &(*chunk)->guarded[(*at)++] : NULL;
}

/*
 * A process with very many mappings may not be able to map a single page: then the whole mapping is replaced, which
 * needs no more than it has now.
 */
static bool put_zeroes(const struct shoal_guarded *it, uintptr_t base, uintptr_t address)
{
    int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *page = (void *)(address & ~(page_size - 1));
    return mmap(page, page_size, it->protection, flags, -1, 0) != MAP_FAILED ||
           mmap((void *)base, it->size, it->protection, flags, -1, 0) != MAP_FAILED;
}

/* While `users` counts us it stays what it is: shoal__unguard waits for us before the mapping goes. */
static bool mend_in(struct shoal_guarded *it, uintptr_t address)
{
    atomic_fetch_add(&it->users, 1);
    uintptr_t base = atomic_load(&it->base);
    bool mended = base && address - base < it->size && put_zeroes(it, base, address);
    if (mended)
        store_release(it->damaged, 1);
    atomic_fetch_sub(&it->users, 1);
    return mended;
}

static bool mend(uintptr_t address)
{
    struct chunk *chunk = &first_chunk;
    uint32_t at = 0;
    for (struct shoal_guarded *it = next_guarded(&chunk, &at); it; it = next_guarded(&chunk, &at))
        if (atomic_load_explicit(&it->base, memory_order_relaxed) && mend_in(it, address))
            return true;
    return false;
}

/*
 * Can an access to this mapping raise SIGBUS? Also true if the file cannot be asked: then the repeated access shows it.
 */
static bool has_lost_something(struct shoal_guarded *it)
{
    struct stat file;
    struct statfs host;
    atomic_fetch_add(&it->users, 1);
    bool lost = atomic_load(&it->base) && (fstat(it->fd, &file) < 0 || (uint64_t)file.st_size < it->size ||
                                           (fstatfs(it->fd, &host) == 0 && host.f_bavail == 0));
    atomic_fetch_sub(&it->users, 1);
    return lost;
}

/*
 * A handler that was installed later, as Python's faulthandler, got the signal first, reported it, restored ours, and
 * raised it again, now without an address. When it returns the access is repeated, and we learn the address.
 */
static bool comes_again(const siginfo_t *info)
{
    struct chunk *chunk = &first_chunk;
    uint32_t at = 0;
    if (info->si_code != SI_TKILL || info->si_pid != getpid())
        return false;
    for (struct shoal_guarded *it = next_guarded(&chunk, &at); it; it = next_guarded(&chunk, &at))
        if (has_lost_something(it))
            return true;
    return false;
}

static bool is_function(const struct sigaction *action)
{
    return action->sa_flags & SA_SIGINFO || (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

/* Act as if our handler were not there. If the program itself caused the fault, it is repeated when we return. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
    struct sigaction to = previous;
    bool sent = info->si_code <= 0;
    if (is_function(&to)) {
        if (to.sa_flags & (int)SA_RESETHAND)
            previous = (struct sigaction){.sa_handler = SIG_DFL};
        if (to.sa_flags & SA_SIGINFO)
            to.sa_sigaction(signal, info, context);
        else
            to.sa_handler(signal);
    } else if (!sent || to.sa_handler == SIG_DFL) { /* the kernel does not let a fault be ignored */
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        if (sent)
            raise(signal);
    }
}

static void handle(int signal, siginfo_t *info, void *context)
{
    int error = errno;
    bool touched = info->si_code == BUS_ADRERR || info->si_code == BUS_OBJERR || info->si_code == BUS_MCEERR_AR;
    if (!(touched && mend((uintptr_t)info->si_addr)) && !comes_again(info))
        pass_on(signal, info, context);
    errno = error;
}

/* ---- Installing it ---- */

static bool is_ours(const struct sigaction *action)
{
    return action->sa_flags & SA_SIGINFO && action->sa_sigaction == handle;
}

/*
 * A handler that came after ours may pass on to us: if ours were twice in a chain, it would pass on to itself. If the
 * default is installed now, somebody restored what was there before ours.
 */
static void install(void)
{
    struct sigaction now;
    sigaction(SIGBUS, NULL, &now);
    if (is_ours(&now) || (installed && is_function(&now)))
        return;
    int keep = is_function(&now) ? now.sa_flags & (SA_NODEFER | SA_RESTART) : SA_RESTART;
    struct sigaction ours = {
        .sa_sigaction = handle, .sa_mask = now.sa_mask, .sa_flags = SA_SIGINFO | SA_ONSTACK | keep};
    previous = now;
    sigaction(SIGBUS, &ours, NULL);
    installed = true;
}

/* The library may be unloaded after this. */
static void uninstall(void)
{
    struct sigaction now;
    sigaction(SIGBUS, NULL, &now);
    if (!is_ours(&now))
        return;
    sigaction(SIGBUS, &previous, NULL);
    installed = false;
}

/* ---- Threads that block it ---- */

static void unblock(void)
{
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
}

/* The count wraps around after 256 calls. */
void shoal__guard_thread(void)
{
    static _Thread_local unsigned char calls;
    if (calls++ == 0)
        unblock();
}

/* ---- Guarding ---- */

/* The child has none of the threads that may have been inside. */
static void after_fork_in_child(void)
{
    struct chunk *chunk = &first_chunk;
    uint32_t at = 0;
    for (struct shoal_guarded *it = next_guarded(&chunk, &at); it; it = next_guarded(&chunk, &at))
        store_relaxed(&it->users, 0);
    pthread_mutex_init(&changing, NULL);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, after_fork_in_child);
}

static struct shoal_guarded *take_free(void)
{
    struct chunk *chunk = &first_chunk;
    for (;;) {
        for (uint32_t i = 0; i < GUARDED_IN_CHUNK; i++)
            if (compare_swap(&chunk->guarded[i].taken, 0, 1))
                return &chunk->guarded[i];
        if (!atomic_load(&chunk->next))
            break;
        chunk = atomic_load(&chunk->next);
    }
    struct chunk *more = calloc(1, sizeof *more);
    if (!more)
        return NULL;
    store_relaxed(&more->guarded[0].taken, 1);
    atomic_store(&chunk->next, more);
    return &more->guarded[0];
}

static bool is_switched_off(void)
{
    const char *wish = getenv("SHOAL_GUARD");
    return wish && strcmp(wish, "0") == 0;
}

int shoal__guard(struct shoal_guarded **out, void *base, size_t size, int fd, bool private_copy, shoal_word *damaged)
{
    *out = NULL;
    if (is_switched_off())
        return 0;
    pthread_once(&fork_once, watch_forks);
    pthread_mutex_lock(&changing);
    struct shoal_guarded *it = take_free();
    if (it) {
        page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
        it->size = size;
        it->fd = fd;
        it->protection = private_copy ? PROT_READ | PROT_WRITE : PROT_READ;
        it->damaged = damaged;
        atomic_store(&it->base, (uintptr_t)base);
        in_use++;
        install();
    }
    pthread_mutex_unlock(&changing);
    unblock();
    *out = it;
    return it ? 0 : -ENOMEM;
}

void shoal__guard_descriptor(struct shoal_guarded *it, int fd)
{
    if (it)
        it->fd = fd;
}

void shoal__unguard(struct shoal_guarded *it)
{
    if (!it)
        return;
    atomic_store(&it->base, 0);
    while (atomic_load(&it->users) > 0)
        sched_yield();
    pthread_mutex_lock(&changing);
    store_release(&it->taken, 0);
    if (--in_use == 0)
        uninstall();
    pthread_mutex_unlock(&changing);
}
