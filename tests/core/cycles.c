/* Threads that hold and wait for each other's locks: found, told to one of them, and only when it is so. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

static shoal_object *lock_named(shoal_context *context, const char *name)
{
    shoal_object *lock;
    CHECK_STATUS(shoal_lock_open(&lock, open_or_create(context, "locks"), name, strlen(name), 0), SHOAL_OK);
    return lock;
}

static shoal_object *rwlock_named(shoal_context *context, const char *name)
{
    shoal_object *rwlock;
    CHECK_STATUS(shoal_rwlock_open(&rwlock, open_or_create(context, "locks"), name, strlen(name)), SHOAL_OK);
    return rwlock;
}

struct ring {
    struct board *board;
    int number, size;
    bool write; /* RWLocks, to be written */
    shoal_time deadline;
};

enum { TOLD, ENTERED, BUSY, WRONG };

/* Take the own one, wait for all to have theirs, then for the next one's; who is told gives its own back. */
static void take_own_and_next(void *argument)
{
    const struct ring *ring = argument;
    shoal_context *context = new_context();
    char own_name[24], next_name[16];
    snprintf(own_name, sizeof own_name, "l%d", ring->number);
    snprintf(next_name, sizeof next_name, "l%d", (ring->number + 1) % ring->size);
    shoal_object *own = ring->write ? rwlock_named(context, own_name) : lock_named(context, own_name);
    shoal_object *next = ring->write ? rwlock_named(context, next_name) : lock_named(context, next_name);
    int (*release)(shoal_object *) = ring->write ? shoal_rwlock_unlock : shoal_lock_release;
    CHECK_STATUS(ring->write ? shoal_rwlock_write(own, SOON) : shoal_lock_acquire(own, false, SOON), SHOAL_OK);
    atomic_fetch_add(&ring->board->step, 1);
    EVENTUALLY(ring->board->step == ring->size);
    int status =
        ring->write ? shoal_rwlock_write(next, ring->deadline) : shoal_lock_acquire(next, false, ring->deadline);
    int what = status == SHOAL_OK ? ENTERED : status == SHOAL_ELOCK ? TOLD : status == SHOAL_ETIMEDOUT ? BUSY : WRONG;
    atomic_fetch_add(&ring->board->count[what], 1);
    if (status == SHOAL_ELOCK) /* the message names the whole cycle; of a long one how many are in it */
        CHECK(strstr(shoal_error_message(), next_name));
    if (status == SHOAL_ELOCK && ring->size <= 8)
        CHECK(strstr(shoal_error_message(), own_name) && strstr(shoal_error_message(), "this thread, "));
    if (status == SHOAL_ELOCK && ring->size > 8) {
        snprintf(own_name, sizeof own_name, "%d threads", ring->size);
        CHECK(strstr(shoal_error_message(), own_name));
    }
    if (status == SHOAL_OK)
        CHECK_STATUS(release(next), SHOAL_OK);
    CHECK_STATUS(release(own), SHOAL_OK);
}

enum { LONGEST = 100 };

static void *in_thread(void *ring)
{
    take_own_and_next(ring);
    return NULL;
}

static void go_round(int size, bool threads, bool write, bool forever)
{
    struct board *board = new_board();
    struct ring rings[LONGEST];
    pid_t children[LONGEST];
    pthread_t ids[LONGEST];
    new_context();
    for (int i = 0; i < size; i++) {
        rings[i] = (struct ring){board, i, size, write, forever ? SHOAL_FOREVER : shoal_deadline(0.4)};
        if (threads)
            CHECK(pthread_create(&ids[i], NULL, in_thread, &rings[i]) == 0);
        else
            children[i] = process(take_own_and_next, &rings[i]);
    }
    for (int i = 0; i < size; i++)
        if (threads)
            CHECK(pthread_join(ids[i], NULL) == 0);
        else
            join(children[i]);
    CHECK(board->count[WRONG] == 0);
    if (forever)
        CHECK(board->count[TOLD] == 1 && board->count[ENTERED] == size - 1);
    else
        CHECK(board->count[TOLD] == 0 && board->count[BUSY] >= 1);
    munmap(board, sizeof *board);
}

TEST(of_processes_that_wait_for_each_other_one_is_told)
{
    for (int size = 2; size <= 5; size++)
        go_round(size, false, false, true);
}

TEST(of_threads_that_wait_for_each_other_one_is_told)
{
    go_round(2, true, false, true);
    go_round(4, true, false, true);
}

TEST(of_as_many_as_there_may_be_one_is_told)
{
    go_round(31, false, false, true);
    go_round(33, false, false, true);
    go_round(32, true, false, true);
    go_round(LONGEST, true, false, true);
}

TEST(of_writers_that_wait_for_each_other_one_is_told)
{
    go_round(2, false, true, true);
    go_round(3, true, true, true);
}

TEST(who_has_a_deadline_is_not_told)
{
    go_round(2, false, false, false);
    go_round(3, true, false, false);
}

static void *hold_both(void *argument)
{
    shoal_object **locks = argument;
    CHECK_STATUS(shoal_lock_acquire(locks[0], false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(locks[1], false, SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(locks[1]), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(locks[0]), SHOAL_OK);
    return NULL;
}

TEST(a_chain_that_ends_is_no_cycle)
{
    shoal_context *a = new_context(), *b = new_context(), *c = new_context();
    shoal_object *first[] = {lock_named(a, "x"), lock_named(a, "y")},
                 *second[] = {lock_named(b, "y"), lock_named(b, "z")};
    shoal_object *last = lock_named(c, "z");
    pthread_t threads[2];
    CHECK_STATUS(shoal_lock_acquire(last, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(pthread_create(&threads[0], NULL, hold_both, second) == 0);
    EVENTUALLY(count_waiters(last) == 1);
    CHECK(pthread_create(&threads[1], NULL, hold_both, first) == 0);
    EVENTUALLY(count_waiters(second[0]) == 1);
    nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL); /* several looks of both */
    CHECK_STATUS(shoal_lock_release(last), SHOAL_OK);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

struct reading {
    shoal_object *rwlock;
    _Atomic int inside, leave;
};

static void *read_until_told(void *argument)
{
    struct reading *it = argument;
    CHECK_STATUS(shoal_rwlock_read(it->rwlock, SOON), SHOAL_RECOVERED);
    it->inside = 1;
    EVENTUALLY(it->leave);
    CHECK_STATUS(shoal_rwlock_unlock(it->rwlock), SHOAL_OK);
    return NULL;
}

static void *let_leave_soon(void *argument)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL); /* several slices of the one who waits */
    ((struct reading *)argument)->leave = 1;
    return NULL;
}

/* What a thread abandoned it does not hold any more, whatever is noted of it. */
TEST(who_waits_for_what_it_abandoned_is_in_no_cycle)
{
    shoal_context *context = new_context();
    shoal_object *rwlock = an_rwlock(context);
    struct reading reading = {.rwlock = an_rwlock(new_context())};
    pthread_t threads[2];
    CHECK_STATUS(shoal_rwlock_write(rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(shoal_context_abandon_locks(context, false) == 1);
    CHECK(pthread_create(&threads[0], NULL, read_until_told, &reading) == 0);
    EVENTUALLY(reading.inside);
    CHECK(pthread_create(&threads[1], NULL, let_leave_soon, &reading) == 0);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SHOAL_FOREVER), SHOAL_RECOVERED);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* ---- Looking for cycles disturbs nobody ---- */

enum { ROUNDS = 400 };

struct mixed {
    struct board *board;
    int number;
};

/* Always in the same order, so there is no cycle ever; nobody may be told of one. */
static void take_in_order(void *argument)
{
    const struct mixed *it = argument;
    shoal_context *context = new_context();
    shoal_object *locks[] = {lock_named(context, "a"), lock_named(context, "b"), lock_named(context, "c")};
    for (int i = 0; i < ROUNDS; i++) {
        int first = (i + it->number) % 2, last = 2;
        CHECK_STATUS(shoal_lock_acquire(locks[first], false, SHOAL_FOREVER), SHOAL_OK);
        CHECK_STATUS(shoal_lock_acquire(locks[last], false, SHOAL_FOREVER), SHOAL_OK);
        if (i % 50 == it->number)
            nanosleep(&(struct timespec){.tv_nsec = 25000000}, NULL); /* longer than the first slice */
        CHECK_STATUS(shoal_lock_release(locks[last]), SHOAL_OK);
        CHECK_STATUS(shoal_lock_release(locks[first]), SHOAL_OK);
    }
}

TEST(nobody_is_told_of_a_cycle_that_there_is_not)
{
    struct board *board = new_board();
    struct mixed mixed[4];
    pid_t children[4];
    new_context();
    for (int i = 0; i < 4; i++) {
        mixed[i] = (struct mixed){board, i};
        children[i] = process(take_in_order, &mixed[i]);
    }
    for (int i = 0; i < 4; i++)
        join(children[i]);
}

/* A condition's waiter that takes its lock back is in a cycle as any other. */
struct relocking {
    shoal_object *lock, *condition, *other;
    int status;
    _Atomic int waits;
};

static void *hold_other_and_relock(void *argument)
{
    struct relocking *it = argument;
    CHECK_STATUS(shoal_lock_acquire(it->other, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(it->lock, false, SOON), SHOAL_OK);
    it->waits = 1;
    it->status = shoal_condition_wait(it->condition, it->lock, shoal_deadline(0.1));
    if (shoal_lock_is_mine(it->lock))
        CHECK_STATUS(shoal_lock_release(it->lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(it->other), SHOAL_OK);
    return NULL;
}

TEST(a_waiter_that_takes_its_lock_back_is_found_in_a_cycle)
{
    shoal_context *a = new_context(), *b = new_context();
    struct relocking it = {.lock = a_lock(a), .other = lock_named(a, "other")};
    shoal_object *lock = a_lock(b), *other = lock_named(b, "other");
    pthread_t thread;
    it.condition = a_condition(a, it.lock);
    CHECK(pthread_create(&thread, NULL, hold_other_and_relock, &it) == 0);
    EVENTUALLY(it.waits);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SOON), SHOAL_OK);
    int status = shoal_lock_acquire(other, false, SHOAL_FOREVER); /* its holder wants `lock` back */
    CHECK(status == SHOAL_OK || status == SHOAL_ELOCK);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK((it.status == SHOAL_ELOCK) == (status == SHOAL_OK)); /* one of the two was told */
    CHECK(it.status == SHOAL_ELOCK || it.status == SHOAL_ETIMEDOUT);
}
