/*
 * JobQueue::work() with several processes: forked workers, and this process, which sees that they live.
 *
 * A worker and its supervisor have a socket between them. The worker writes what exceptions said; when it ends, however it does, the
 * supervisor sees the end of the socket. Counts are in memory that all share, so that a worker that is killed has counted what it did.
 */
#include "work.h"

#include "exceptions.h"
#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "SAPI.h"
#include "ext/standard/basic_functions.h"
#include "php_output.h"
#include "zend_exceptions.h"

#define TICK 50   /* milliseconds: so often the supervisor looks at signals, and at who died unheard */
#define TEXT 1024 /* bytes of a message */
#define YOUNG                                                                                                          \
    ((shoal_time)1000 * 1000 * 1000) /* nanoseconds: a worker that dies younger, and did nothing, is waited for */
#define PAUSE ((shoal_time)50 * 1000 * 1000)           /* nanoseconds before the next one then; doubled each time, */
#define LONGEST_PAUSE ((shoal_time)5000 * 1000 * 1000) /* up to this */

typedef struct member {
    pid_t pid; /* 0: none */
    int socket;
    bool over;            /* nobody takes its place any more */
    unsigned failed;      /* so often in a row it died young */
    shoal_time born, due; /* when it was forked; when the next one is */
} member;

/* In memory that all processes of the pool share. */
typedef struct shared {
    shoal_counts counts;
    shoal_worker_state states[];
} shared;

typedef struct pool {
    shoal_worker *worker;
    shoal_work_report *report;
    shared *shared;
    size_t size; /* of `shared` */
    member *members;
    struct pollfd *polled;
    uint32_t count;
    shoal_signals signals;
    int told; /* so often the workers were told to stop */
} pool;

/* ---- The worker -------------------------------------------------------------------------------------------- */

static void hear_worker(void *user, const char *error)
{
    size_t length = strlen(error);
    if (send(*(const int *)user, error, MIN(length, TEXT), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        return; /* the supervisor is gone, or does not keep up: the counts are right */
    }
}

/*
 * Of what it has from its parent it ends nothing: neither the destructors of objects that were there before nor the functions for the
 * end of the script are called in it, and nothing that the script has buffered is printed twice.
 */
static void forget_parent(const pool *pool, uint32_t index)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        if (i != index && pool->members[i].pid) {
            close(pool->members[i].socket);
        }
    }
    php_output_discard_all();
    php_free_shutdown_functions();
    zend_objects_store_mark_destructed(&EG(objects_store));
}

/* What no callable threw ends this process, and not the script that it is a copy of. */
static void tell_last(const shoal_worker *worker)
{
    if (zend_is_unwind_exit(EG(exception))) {
        return;
    }
    zend_object *error = EG(exception);
    zval unused;
    zend_string *message = zval_get_string(zend_read_property(error->ce, error, ZEND_STRL("message"), true, &unused));
    worker->hear(worker->user, ZSTR_VAL(message));
    zend_string_release(message);
    zend_clear_exception();
    EG(exit_status) = 255;
}

/* Leaves with exit pending, so that the engine ends the process as it does every other. */
static void be_worker(const pool *pool, uint32_t index, int socket, pid_t parent)
{
    EG(active_fiber) = NULL; /* a fiber that work() was called in cannot be suspended: its caller is the parent's */
    shoal_signals signals;
    shoal_worker worker = *pool->worker;
    php_shoal_signals_take(&signals, true);
    forget_parent(pool, index);
    worker.counts = &pool->shared->counts;
    worker.state = &pool->shared->states[index];
    worker.parent = parent;
    worker.hear = hear_worker;
    worker.user = &socket;
    EG(exit_status) = 0;
    php_shoal_work(&worker);
    if (EG(exception)) {
        tell_last(&worker);
    }
    if (!EG(exception)) {
        zend_throw_unwind_exit();
    }
}

/* ---- Starting them ---------------------------------------------------------------------------------------------- */

static shoal_time pause_of(unsigned failed)
{
    return failed == 0 ? 0 : failed > 7 ? LONGEST_PAUSE : MIN(PAUSE << (failed - 1), LONGEST_PAUSE);
}

/* 0 in the worker; below zero: not now. */
static pid_t start(pool *pool, uint32_t index)
{
    member *member = &pool->members[index];
    int ends[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return -1;
    }
    memset(&pool->shared->states[index], 0, sizeof pool->shared->states[index]);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        be_worker(pool, index, ends[1], parent);
        return 0;
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    member->pid = pid;
    member->socket = ends[0];
    member->born = shoal_now();
    pool->report->running++;
    return pid;
}

/* false: this is a worker, whose end is pending, or there is not even one worker and an exception says why. */
static bool start_due(pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        member *member = &pool->members[i];
        if (member->pid || member->over || shoal_now() < member->due) {
            continue;
        }
        pid_t pid = start(pool, i);
        if (pid == 0) {
            return false;
        }
        if (pid < 0 && pool->report->running == 0 && member->failed == 0) {
            php_shoal_raise_because(SHOAL_ESYSTEM, "no worker can be forked: %s", strerror(errno));
            return false;
        }
        if (pid < 0) {
            member->due = shoal_now() + pause_of(++member->failed);
        }
    }
    return true;
}

/* ---- Their end ------------------------------------------------------------------------------------------------------ */

static void read_errors(pool *pool, const member *member)
{
    char text[TEXT];
    ssize_t size;
    while ((size = recv(member->socket, text, sizeof text, MSG_DONTWAIT)) > 0) {
        php_shoal_report_error(pool->report, text, (size_t)size);
    }
}

/* It had a job for the last time, perhaps. */
static void count_dead(pool *pool, const shoal_worker_state *state)
{
    uint32_t attempt = atomic_load(&state->attempt);
    pool->report->died++;
    if (attempt && pool->worker->attempts && attempt >= pool->worker->attempts) {
        atomic_fetch_add(&pool->shared->counts.dead, 1);
    }
}

static void say_how(pool *pool, pid_t pid, int status)
{
    char text[64];
    int length = WIFSIGNALED(status)
                     ? snprintf(text, sizeof text, "worker %d was killed by signal %d", (int)pid, WTERMSIG(status))
                     : snprintf(text, sizeof text, "worker %d ended with status %d", (int)pid, WEXITSTATUS(status));
    php_shoal_report_error(pool->report, text, (size_t)length);
}

static void bury(pool *pool, uint32_t index, int status)
{
    member *member = &pool->members[index];
    const shoal_worker_state *state = &pool->shared->states[index];
    pid_t pid = member->pid;
    read_errors(pool, member);
    close(member->socket);
    member->pid = 0;
    pool->report->running--;
    if (atomic_load(&state->left)) {
        member->over = true;
        return;
    }
    if (!atomic_load(&state->exited)) {
        count_dead(pool, state);
        say_how(pool, pid, status);
    }
    bool young = shoal_now() - member->born < YOUNG && atomic_load(&state->done) == 0;
    member->failed = young ? member->failed + 1 : 0;
    member->due = shoal_now() + pause_of(member->failed);
    member->over = pool->told > 0;
}

static void reap(pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        int status = 0;
        pid_t pid = pool->members[i].pid;
        pid_t ended = pid ? waitpid(pid, &status, WNOHANG) : 0;
        if (ended == pid && pid) {
            bury(pool, i, status);
        } else if (ended < 0 && errno == ECHILD) { /* the script waited for it, or ignores its children */
            bury(pool, i, 0);
        }
    }
}

static void signal_all(pool *pool, int number)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->members[i].pid) {
            kill(pool->members[i].pid, number);
        }
        pool->members[i].over = true;
    }
}

/* Once: finish your jobs. Twice: now. */
static void stop(pool *pool, int times)
{
    if (times > pool->told) {
        signal_all(pool, times > 1 ? SIGKILL : SIGTERM);
        pool->told = times;
    }
}

/* ---- The supervisor ------------------------------------------------------------------------------------------------- */

static bool is_over(const pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->members[i].pid || !pool->members[i].over) {
            return false;
        }
    }
    return true;
}

/* Until a worker says something, or ends, or the tick is over. */
static void listen_to(pool *pool)
{
    nfds_t count = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->members[i].pid) {
            pool->polled[count++] = (struct pollfd){.fd = pool->members[i].socket, .events = POLLIN};
        }
    }
    poll(pool->polled, count, TICK);
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->members[i].pid) {
            read_errors(pool, &pool->members[i]);
        }
    }
    reap(pool);
}

static int supervise(void *call)
{
    pool *pool = call;
    stop(pool, php_shoal_stops());
    if (!start_due(pool)) {
        return SHOAL_ESYSTEM;
    }
    if (is_over(pool)) {
        return SHOAL_OK;
    }
    listen_to(pool);
    php_shoal_report_tell(pool->report, pool->worker, false);
    return SHOAL_EINTR; /* and again, when PHP's handlers have run */
}

static void leave(void *call)
{
    pool *pool = call;
    stop(pool, 1);
    php_shoal_signals_give_back(&pool->signals);
}

/* An exception ends the pool, when the workers have finished their jobs. */
static void stop_and_wait(pool *pool)
{
    stop(pool, 1);
    while (!is_over(pool)) {
        listen_to(pool);
        stop(pool, php_shoal_stops());
    }
}

static bool make(pool *pool)
{
    pool->size = sizeof *pool->shared + pool->count * sizeof *pool->shared->states;
    pool->shared = mmap(NULL, pool->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pool->shared == MAP_FAILED) {
        php_shoal_raise_because(SHOAL_ENOMEM, "no memory for a pool of %u workers", pool->count);
        return false;
    }
    pool->members = ecalloc(pool->count, sizeof *pool->members);
    pool->polled = ecalloc(pool->count, sizeof *pool->polled);
    pool->worker->counts = &pool->shared->counts;
    return true;
}

/* The counts stay the caller's, after the memory that all share is gone. */
static void end(pool *pool, shoal_counts *counts)
{
    atomic_store(&counts->done, atomic_load(&pool->shared->counts.done));
    atomic_store(&counts->retried, atomic_load(&pool->shared->counts.retried));
    atomic_store(&counts->dead, atomic_load(&pool->shared->counts.dead));
    pool->worker->counts = counts;
    munmap(pool->shared, pool->size);
    efree(pool->members);
    efree(pool->polled);
}

void php_shoal_pool(shoal_worker *worker, shoal_work_report *report, uint32_t count)
{
    shoal_counts *counts = worker->counts;
    pool pool = {.worker = worker, .report = report, .count = count};
    pid_t supervisor = getpid();
    if (!make(&pool)) {
        return;
    }
    php_shoal_signals_take(&pool.signals, false);
    int status = php_shoal_repeat(supervise, &pool, leave);
    if (getpid() != supervisor) {
        return; /* a worker, on its way out */
    }
    if (status < 0) {
        stop_and_wait(&pool);
    }
    php_shoal_signals_give_back(&pool.signals);
    end(&pool, counts);
}
