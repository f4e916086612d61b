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
 * A guarded mapping. The signal handler may read this at any time: `base` is stored last and cleared first, and the
 * other members do not change while `users` is not 0.
 */
struct shoal_guarded {
    _Atomic uintptr_t base; /* 0: not guarded */
    shoal_word users;       /* handlers that use this entry now */
    shoal_word taken;       /* the entry belongs to a caller of shoal__guard */
    size_t size;
    int fd;
    int protection;
    shoal_word *damaged;
};

/* Chunks are never freed: a handler may be reading them. */
struct chunk {
    struct chunk *_Atomic next;
    struct shoal_guarded guarded[GUARDED_IN_CHUNK];
};

static struct chunk first_chunk;
static uintptr_t page_size;

/* The handler that ours passes signals on to. Written before ours is installed. */
static struct sigaction previous;

/* Protects the variables below and the installed handler; no signal handler takes it. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static uint32_t in_use;
static bool installed; /* our handler is the process's, or handlers that were installed later may call it */

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
 * Replace the page by zeroes. A process at the limit of mappings cannot split this one: then the whole mapping is
 * replaced, which needs no more mappings than there are now.
 */
static bool put_zeroes(const struct shoal_guarded *it, uintptr_t base, uintptr_t address)
{
    int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *page = (void *)(address & ~(page_size - 1));
    return mmap(page, page_size, it->protection, flags, -1, 0) != MAP_FAILED ||
           mmap((void *)base, it->size, it->protection, flags, -1, 0) != MAP_FAILED;
}

/* While `users` counts this handler, shoal__unguard waits, so the mapping stays. */
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
 * Can an access to this mapping raise SIGBUS? Also true if fstat fails: then the access, when repeated, shows whether
 * it does.
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
 * Did this process raise the signal for a fault of ours? A handler that was installed later (Python's faulthandler)
 * gets the fault first, reports it, restores our handler and raises the signal again, without an address. If ours
 * ignores that signal, the access is repeated when both return, and the next fault tells us the address.
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

/* Act as if our handler were not there. A fault that the program caused is repeated when we return. */
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
    } else if (!sent || to.sa_handler == SIG_DFL) { /* a real fault cannot be ignored */
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
 * If another handler was installed after ours, leave it: it may pass signals on to ours, and if ours were installed
 * again on top, it would pass them on to itself. If the default is in place now, somebody has removed ours: install it.
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

/* Called when nothing is guarded any more: the library may be unloaded after this. */
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

/* Unblocks SIGBUS in one call of 256, when the count wraps around. */
void shoal__guard_thread(void)
{
    static _Thread_local unsigned char calls;
    if (calls++ == 0)
        unblock();
}

/* ---- Guarding ---- */

/* In the child: the threads that were in a handler, or held the mutex, are not there. */
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
