/*
 * What tests of locks share: one of each kind, calls that block in a thread of their own, processes that hold or wait, and
 * how to know that they do without guessing times. Include after check.h and scratch.h, once.
 */
#ifndef SHOAL_TESTS_BLOCKED_H
#define SHOAL_TESTS_BLOCKED_H

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>

#include "../kinds/kinds.h"

#define UNUSED __attribute__((unused))
#define SOON shoal_deadline(20) /* for what must not take long: a test that hangs is a red line, and names the line */

static inline void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

#define EVENTUALLY(condition)                                                                                          \
    do {                                                                                                               \
        shoal_time eventually_end = SOON;                                                                              \
        while (!(condition)) {                                                                                         \
            CHECK(shoal_now() < eventually_end || !#condition);                                                        \
            nap();                                                                                                     \
        }                                                                                                              \
    } while (0)

/* What a driver says is wrong. */
#define CHECK_WELL(sentence)                                                                                           \
    do {                                                                                                               \
        const char *check_wrong = (sentence);                                                                          \
        if (check_wrong) {                                                                                             \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #sentence, check_wrong);                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* ---- One of each kind, in the segment "locks" ---- */

/* Named as its driver. size: tests/kinds/kinds.h */
UNUSED static struct subject made(const struct driver *driver, shoal_context *context, uint32_t size)
{
    struct subject subject = subject_of(open_or_create(context, "locks"), driver->name);
    CHECK_STATUS(driver->make(&subject, size), SHOAL_OK);
    CHECK(driver->kind == SHOAL_KIND_VALUE || shoal_object_kind(subject.object) == driver->kind);
    return subject;
}

UNUSED static shoal_object *a_lock(shoal_context *context)
{
    shoal_object *lock;
    CHECK_STATUS(shoal_lock_open(&lock, open_or_create(context, "locks"), "l", 1, 0), SHOAL_OK);
    return lock;
}

UNUSED static shoal_object *a_reentrant_lock(shoal_context *context)
{
    shoal_object *lock;
    CHECK_STATUS(shoal_lock_open(&lock, open_or_create(context, "locks"), "r", 1, SHOAL_LOCK_REENTRANT), SHOAL_OK);
    return lock;
}

UNUSED static shoal_object *an_rwlock(shoal_context *context)
{
    shoal_object *rwlock;
    CHECK_STATUS(shoal_rwlock_open(&rwlock, open_or_create(context, "locks"), "rw", 2), SHOAL_OK);
    return rwlock;
}

UNUSED static shoal_object *a_semaphore(shoal_context *context, uint32_t value)
{
    shoal_object *semaphore;
    CHECK_STATUS(shoal_semaphore_open(&semaphore, open_or_create(context, "locks"), "s", 1, value, 0), SHOAL_OK);
    return semaphore;
}

UNUSED static shoal_object *a_signal(shoal_context *context, uint32_t value)
{
    shoal_object *signal;
    shoal_segment *segment = open_or_create(context, "locks");
    CHECK_STATUS(shoal_semaphore_open(&signal, segment, "i", 1, value, SHOAL_SEMAPHORE_SIGNAL), SHOAL_OK);
    return signal;
}

UNUSED static shoal_object *an_event(shoal_context *context)
{
    shoal_object *event;
    CHECK_STATUS(shoal_event_open(&event, open_or_create(context, "locks"), "e", 1), SHOAL_OK);
    return event;
}

/* Of a lock that is given, in its segment. */
UNUSED static shoal_object *a_condition(shoal_context *context, shoal_object *lock)
{
    shoal_object *condition;
    CHECK_STATUS(shoal_condition_open(&condition, open_or_create(context, "locks"), "c", 1, lock), SHOAL_OK);
    return condition;
}

UNUSED static shoal_object *a_barrier(shoal_context *context, uint32_t parties)
{
    shoal_object *barrier;
    CHECK_STATUS(shoal_barrier_open(&barrier, open_or_create(context, "locks"), "b", 1, parties), SHOAL_OK);
    return barrier;
}

/* One of each driver, of that size, as one peer has them. */
struct one {
    const struct driver *driver;
    shoal_object *object; /* NULL: a Value */
};
struct all {
    shoal_context *context;
    shoal_segment *segment;
    struct one of[32]; /* up to one without a driver */
};
#define EACH_OF(it, all) for (struct one *it = (all)->of; it->driver; it++)

UNUSED static struct all all_of(shoal_context *context, uint32_t size)
{
    struct all all = {.context = context, .segment = open_or_create(context, "locks")};
    struct one *next = all.of;
    EACH_DRIVER(it)
        *next++ = (struct one){it, made(it, context, size).object};
    return all;
}

/* What can be held. */
UNUSED static void hold_all(struct all *all)
{
    EACH_OF(it, all)
        CHECK(!it->driver->hold || it->driver->hold(it->object, SHOAL_NO_WAIT) == SHOAL_OK);
}

UNUSED static void close_all(struct all *all)
{
    EACH_OF(it, all)
        shoal_object_close(it->object);
}

/* ---- Who holds, who waits ---- */

UNUSED static size_t count_holders(const shoal_object *object)
{
    size_t count;
    CHECK_STATUS(shoal_object_holders(NULL, 0, &count, object), SHOAL_OK);
    return count;
}

UNUSED static size_t count_waiters(const shoal_object *object)
{
    size_t count;
    CHECK_STATUS(shoal_object_waiters(NULL, 0, &count, object), SHOAL_OK);
    return count;
}

UNUSED static uint32_t free_permits(const shoal_object *semaphore)
{
    uint32_t value;
    CHECK_STATUS(shoal_semaphore_value(&value, semaphore), SHOAL_OK);
    return value;
}

/* ---- Calls that block, each in a thread of its own ---- */

struct call {
    int (*function)(struct call *call);
    shoal_object *object, *lock;
    shoal_time deadline;
    int status;
    uint32_t index;
    double seconds; /* that it took */
    _Atomic int ended;
    pthread_t thread;
};

static void *run_call(void *argument)
{
    struct call *call = argument;
    shoal_time start = shoal_now();
    call->status = call->function(call);
    call->seconds = seconds_since(start);
    atomic_store(&call->ended, 1);
    return NULL;
}

UNUSED static void begin_call(struct call *call, int (*function)(struct call *call), shoal_object *object,
                              shoal_time deadline)
{
    call->function = function;
    call->object = object;
    call->deadline = deadline;
    call->ended = 0;
    CHECK(pthread_create(&call->thread, NULL, run_call, call) == 0);
}

UNUSED static int end_call(struct call *call)
{
    EVENTUALLY(call->ended);
    CHECK(pthread_join(call->thread, NULL) == 0);
    return call->status;
}

/* The same in this thread's stead: whoever does it, it is another thread. */
UNUSED static int in_a_thread(int (*function)(struct call *call), shoal_object *object, shoal_time deadline)
{
    struct call call = {0};
    begin_call(&call, function, object, deadline);
    return end_call(&call);
}

UNUSED static int call_acquire(struct call *call)
{
    return shoal_lock_acquire(call->object, false, call->deadline);
}
UNUSED static int call_release(struct call *call)
{
    return shoal_lock_release(call->object);
}
UNUSED static int call_read(struct call *call)
{
    return shoal_rwlock_read(call->object, call->deadline);
}
UNUSED static int call_write(struct call *call)
{
    return shoal_rwlock_write(call->object, call->deadline);
}
UNUSED static int call_unlock(struct call *call)
{
    return shoal_rwlock_unlock(call->object);
}
UNUSED static int call_semaphore(struct call *call)
{
    return shoal_semaphore_acquire(call->object, call->deadline);
}
UNUSED static int call_event(struct call *call)
{
    return shoal_event_wait(call->object, call->deadline);
}
UNUSED static int call_barrier(struct call *call)
{
    return shoal_barrier_wait(&call->index, call->object, call->deadline);
}
/* Takes the lock, waits, gives the lock back. */
UNUSED static int call_condition(struct call *call)
{
    CHECK_STATUS(shoal_lock_acquire(call->lock, false, SOON), SHOAL_OK);
    int status = shoal_condition_wait(call->object, call->lock, call->deadline);
    if (shoal_lock_is_mine(call->lock))
        CHECK_STATUS(shoal_lock_release(call->lock), SHOAL_OK);
    return status;
}

/* ---- Processes ---- */

/* Memory that processes of one test share besides the segment. */
struct board {
    _Atomic int step, failed;
    _Alignas(8) _Atomic int64_t count[64];
    _Alignas(8) _Atomic int64_t time[64];
};

UNUSED static struct board *new_board(void)
{
    struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(board != MAP_FAILED);
    return board;
}

/* As in_child; and it ends with this process. */
UNUSED static pid_t process(void (*act)(void *argument), void *argument)
{
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    act(argument);
    _exit(0);
}

UNUSED static void kill_now(pid_t child)
{
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, NULL, 0) == child);
}

#endif
