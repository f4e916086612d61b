/* Waiting in pieces, signals, slices, and what a wait that is cancelled leaves: nothing. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "segment/handle.h"
#include "sync/condition.h"
#include "sync/rwlock.h"

static shoal_wait begun(shoal_object *object, int operation, uint32_t flags)
{
    shoal_wait wait;
    CHECK_STATUS(shoal_wait_begin(&wait, object, operation, flags, 0), SHOAL_OK);
    return wait;
}

static shoal_wait pending(shoal_object *object, int operation)
{
    shoal_wait wait = begun(object, operation, SHOAL_WAIT_TASK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    CHECK(wait.slice > 0 && wait.slice <= 100000000 && !shoal_wait_is_ready(&wait));
    return wait;
}

static struct piece piece_of(const struct way *way, shoal_object *object, uint32_t flags)
{
    struct piece piece;
    CHECK_STATUS(piece_begin(&piece, way, object, flags), SHOAL_OK);
    return piece;
}

static struct piece pending_piece(const struct way *way, shoal_object *object)
{
    struct piece piece = piece_of(way, object, SHOAL_WAIT_TASK);
    CHECK_STATUS(shoal_wait_try(&piece.wait), SHOAL_PENDING);
    CHECK(piece.wait.slice > 0 && piece.wait.slice <= 100000000 && !shoal_wait_is_ready(&piece.wait));
    return piece;
}

/* Two peers' handles on one object, and `mine` does what the other will wait for. */
struct two {
    shoal_object *mine, *theirs;
};

static struct two blocked_in(const struct driver *driver, const struct way *way)
{
    struct two two = {made(driver, new_context(), 0).object, made(driver, new_context(), 0).object};
    CHECK(!way->block || way->block(two.mine) == SHOAL_OK);
    return two;
}

/* Sleep and try, as an event loop does, until it is not pending any more. */
static int finish(shoal_wait *wait)
{
    uint32_t bell = 0;
    shoal_time end = SOON;
    int status;
    while ((status = shoal_wait_try(wait)) == SHOAL_PENDING) {
        shoal_time start = shoal_now();
        CHECK(start < end);
        shoal_wait_any(&wait, 1, &bell, 0);
        wait->slice_over = shoal_now() - start >= wait->slice;
    }
    return status;
}

/* ---- Each kind ---- */

TEST(every_kind_can_be_waited_for_in_pieces)
{
    EACH_DRIVER(it)
        EACH_WAY(way, it) {
            struct two two = blocked_in(it, way);
            struct piece piece = pending_piece(way, two.theirs);
            CHECK(count_waiters(two.mine) == 1);
            CHECK_STATUS(way->free(two.mine), SHOAL_OK);
            CHECK(shoal_wait_is_ready(&piece.wait));
            CHECK_STATUS(shoal_wait_try(&piece.wait), SHOAL_OK);
            CHECK_STATUS(piece_end(&piece, SHOAL_NO_WAIT), SHOAL_OK);
            CHECK(count_waiters(two.mine) == 0 && piece.notified == (way->end != NULL));
            CHECK(!it->hold || (it->held(two.theirs) && count_holders(two.mine) == 1));
            CHECK_STATUS(shoal_wait_try(&piece.wait), SHOAL_EVALUE); /* it has ended */
            CHECK_STATUS(shoal_wait_until(&piece.wait, SHOAL_FOREVER), SHOAL_EVALUE);
            piece_cancel(&piece);
            CHECK(!it->hold || it->held(two.theirs));
            CHECK(!way->give || way->give(two.theirs) == SHOAL_OK);
        }
}

TEST(what_may_be_waited_for_readonly_can_be_waited_for_in_pieces)
{
    int tried = 0;
    EACH_DRIVER(it)
        EACH_WAY(way, it) {
            shoal_object *seen;
            if (!way->readonly)
                continue;
            struct two two = blocked_in(it, way);
            CHECK_STATUS(shoal_object_open(&seen, open_readonly(new_context(), "locks"), it->name, strlen(it->name)),
                         SHOAL_OK);
            struct piece piece = pending_piece(way, seen);
            CHECK_STATUS(way->free(two.mine), SHOAL_OK);
            CHECK(shoal_wait_is_ready(&piece.wait));
            CHECK_STATUS(shoal_wait_try(&piece.wait), SHOAL_OK);
            tried++;
        }
    CHECK(tried >= 2);
}

TEST(a_condition_is_waited_for_in_pieces)
{
    shoal_context *a = new_context(), *b = new_context();
    shoal_object *lock = a_lock(a), *theirs = a_lock(b), *condition = a_condition(a, lock);
    shoal_object *condition_too = a_condition(b, theirs);
    shoal_wait wait;
    uint32_t count;
    bool notified = false;
    CHECK_STATUS(shoal_condition_begin(&wait, condition, lock, SHOAL_WAIT_TASK), SHOAL_ELOCK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_condition_begin(&wait, condition, lock, SHOAL_WAIT_TASK), SHOAL_OK);
    CHECK(!shoal_lock_is_locked(lock));
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    CHECK(count_waiters(condition) == 1);
    CHECK_STATUS(shoal_lock_acquire(theirs, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&count, condition_too, theirs, 5), SHOAL_OK);
    CHECK(count == 1 && shoal_wait_is_ready(&wait));
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_OK);
    CHECK_STATUS(shoal_condition_end(&notified, &wait, SHOAL_NO_WAIT), SHOAL_PENDING); /* the lock is held */
    CHECK(count_waiters(lock) == 1 && count_waiters(condition) == 0);
    CHECK_STATUS(shoal_lock_release(theirs), SHOAL_OK);
    CHECK(shoal_wait_is_ready(&wait));
    CHECK_STATUS(shoal_condition_end(&notified, &wait, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(notified && shoal_lock_is_mine(lock) && count_waiters(lock) == 0);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_condition_end(&notified, &wait, SHOAL_NO_WAIT), SHOAL_EVALUE);
}

TEST(tasks_of_one_thread_exclude_each_other_and_do_not_count_as_it)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context), *rwlock = an_rwlock(context);
    shoal_wait first = begun(lock, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_TASK), second, third;
    CHECK_STATUS(shoal_wait_try(&first), SHOAL_OK);
    second = pending(lock, SHOAL_WAIT_ACQUIRE); /* not SHOAL_ELOCK: another task has it */
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&second), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    first = begun(rwlock, SHOAL_WAIT_READ, SHOAL_WAIT_TASK);
    second = begun(rwlock, SHOAL_WAIT_READ, SHOAL_WAIT_TASK);
    CHECK_STATUS(shoal_wait_try(&first), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&second), SHOAL_OK);
    third = pending(rwlock, SHOAL_WAIT_WRITE);
    CHECK_STATUS(shoal_rwlock_read_unlock(rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&third), SHOAL_PENDING);
    CHECK_STATUS(shoal_rwlock_read_unlock(rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&third), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_downgrade(rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    CHECK(count_holders(rwlock) == 0);
    CHECK_STATUS(shoal_wait_begin(&first, a_reentrant_lock(context), SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_TASK, 0),
                 SHOAL_ELOCK);
}

TEST(a_wait_that_cannot_be_is_refused_at_its_beginning)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context), *event = an_event(context), *rwlock = an_rwlock(context), *seen;
    shoal_wait wait;
    CHECK_STATUS(shoal_wait_begin(&wait, lock, SHOAL_WAIT_READ, 0, 0), SHOAL_ETYPE);
    CHECK_STATUS(shoal_wait_begin(&wait, event, SHOAL_WAIT_ACQUIRE, 0, 0), SHOAL_ETYPE);
    CHECK_STATUS(shoal_wait_begin(&wait, event, 77, 0, 0), SHOAL_ETYPE);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_EVALUE);
    shoal_wait_cancel(&wait);
    CHECK_STATUS(shoal_object_open(&seen, open_readonly(new_context(), "locks"), "l", 1), SHOAL_OK);
    CHECK_STATUS(shoal_wait_begin(&wait, seen, SHOAL_WAIT_ACQUIRE, 0, 0), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_rwlock_read(rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_wait_begin(&wait, rwlock, SHOAL_WAIT_WRITE, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    CHECK_STATUS(shoal_wait_until(&wait, SOON), SHOAL_ELOCK); /* when it would wait */
    CHECK_STATUS(shoal_rwlock_write(an_rwlock(new_context()), SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(an_rwlock(new_context()), SHOAL_NO_WAIT), SHOAL_OK); /* nothing was left by that */
}

TEST(waits_of_conditions_begin_and_end_with_their_own_functions)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context), *condition = a_condition(context, lock);
    shoal_wait wait;
    bool notified;
    CHECK_STATUS(shoal_wait_begin(&wait, condition, SHOAL_WAIT_NOTIFY, 0, 0), SHOAL_EVALUE);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_EVALUE);
    CHECK_STATUS(shoal_wait_begin(&wait, condition, 64, 0, 0), SHOAL_EVALUE);
    CHECK_STATUS(shoal_wait_begin(&wait, lock, SHOAL_WAIT_ACQUIRE, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_condition_end(&notified, &wait, SHOAL_NO_WAIT), SHOAL_ETYPE);
    shoal_wait_cancel(&wait);
    CHECK(!shoal_lock_is_mine(condition) && !shoal_lock_is_locked(condition) && !shoal_lock_recovered(condition));
}

TEST(a_strict_wait_is_refused_what_a_dead_owner_left)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_context_abandon_locks(context, true);
    shoal_wait wait = begun(lock, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_STRICT);
    CHECK_STATUS(shoal_wait_until(&wait, SOON), SHOAL_EOWNERDIED);
    CHECK_STATUS(shoal_wait_until(&wait, SOON), SHOAL_EVALUE);
    CHECK_STATUS(shoal_lock_repair(lock), SHOAL_OK);
    wait = begun(lock, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_STRICT);
    CHECK_STATUS(shoal_wait_until(&wait, SOON), SHOAL_OK);
}

static const struct way *the_way; /* and the object of who dies */

static void block_and_die(void *object)
{
    CHECK(!the_way->block || the_way->block(object) == SHOAL_OK);
}

TEST(a_glance_takes_what_is_free_and_leaves_what_the_dead_hold)
{
    EACH_DRIVER(it)
        EACH_WAY(way, it) {
            shoal_object *object = made(it, new_context(), 0).object;
            if (!way->glances)
                continue;
            if (way->give) {
                CHECK(way->wait(object, SHOAL_GLANCE) >= 0); /* perhaps told of the last one's death */
                CHECK_STATUS(way->give(object), SHOAL_OK);
            }
            the_way = way;
            die_after(block_and_die, object);
            CHECK_STATUS(way->wait(object, SHOAL_GLANCE), SHOAL_ETIMEDOUT);
            CHECK(count_waiters(object) == 0);
            if (way->death == SHOAL_PENDING) {
                struct piece piece = piece_of(way, object, 0);
                CHECK_STATUS(way->free(object), SHOAL_OK);
                CHECK_STATUS(shoal_wait_until(&piece.wait, SHOAL_GLANCE), SHOAL_OK);
            } else {
                CHECK_STATUS(way->wait(object, SHOAL_NO_WAIT), way->death); /* that looks for them */
                CHECK_STATUS(way->give(object), SHOAL_OK);
            }
        }
}

/* ---- Many at once ---- */

enum { MANY = 300 };

struct many {
    shoal_wait waits[MANY];
    shoal_wait *pointers[MANY];
    uint32_t bell;
    _Atomic int rounds, ended;
    size_t count;
};

static void *sleep_for_any(void *argument)
{
    struct many *many = argument;
    for (size_t i = 0; i < many->count; i++) {
        if (shoal_wait_is_ready(many->pointers[i]))
            many->ended = 1;
    }
    while (!many->ended && __atomic_load_n(&many->bell, __ATOMIC_ACQUIRE) == 0) {
        shoal_wait_any(many->pointers, many->count, &many->bell, 0);
        many->rounds++;
        for (size_t i = 0; i < many->count; i++)
            if (shoal_wait_is_ready(many->pointers[i]))
                many->ended = 1;
    }
    return NULL;
}

/* `count` events are waited for by one thread; the last of them is set, or (count 0: never) the bell is rung. */
static double wake_by_the_last(size_t count, bool ring)
{
    static struct many many;
    shoal_segment *segment = open_or_create(new_context(), "locks");
    shoal_object *event = NULL;
    pthread_t thread;
    char name[16];
    many.count = count;
    many.bell = 0;
    many.rounds = many.ended = 0;
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "e%zu", i);
        CHECK_STATUS(shoal_event_open(&event, segment, name, strlen(name)), SHOAL_OK);
        CHECK_STATUS(shoal_event_clear(event), SHOAL_OK);
        many.waits[i] = begun(event, SHOAL_WAIT_SET, SHOAL_WAIT_TASK);
        CHECK_STATUS(shoal_wait_try(&many.waits[i]), SHOAL_PENDING);
        many.pointers[i] = &many.waits[i];
    }
    for (size_t i = 0; i < count; i++)
        many.waits[i].slice = 100000000;
    CHECK(pthread_create(&thread, NULL, sleep_for_any, &many) == 0);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    CHECK(!many.ended);
    shoal_time start = shoal_now();
    if (ring)
        shoal_wait_ring(&many.bell);
    else
        CHECK_STATUS(shoal_event_set(event), SHOAL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
    double seconds = seconds_since(start);
    for (size_t i = 0; i < count; i++)
        shoal_wait_cancel(&many.waits[i]);
    printf("%zu waits: %d sleeps, woken after %.1f ms\n", count, many.rounds, seconds * 1e3);
    return seconds;
}

TEST(any_of_many_waits_wakes_who_sleeps_for_all_of_them)
{
    double best = 1;
    for (int i = 0; i < 3; i++) {
        double seconds = wake_by_the_last(100, false);
        best = seconds < best ? seconds : best;
    }
    CHECK(best < 0.02);
    wake_by_the_last(1, false);
    wake_by_the_last(127, false);
}

TEST(with_more_waits_than_can_be_slept_on_it_looks_every_2_ms)
{
    double best = 1;
    for (int i = 0; i < 3; i++) {
        double seconds = wake_by_the_last(MANY, false);
        best = seconds < best ? seconds : best;
    }
    CHECK(best < 0.02);
    wake_by_the_last(128, false);
}

TEST(the_bell_wakes_who_sleeps)
{
    double best = 1;
    for (int i = 0; i < 3; i++) {
        double seconds = wake_by_the_last((size_t)i, true);
        best = seconds < best ? seconds : best;
    }
    CHECK(best < 0.02);
    wake_by_the_last(MANY, true);
}

TEST(who_did_not_hear_the_bell_does_not_sleep)
{
    uint32_t bell = 5;
    shoal_time start = shoal_now();
    shoal_wait_any(NULL, 0, &bell, 4);
    CHECK(seconds_since(start) < 0.09);
}

/* ---- Signals and slices ---- */

static void ignore_signal(int number)
{
    (void)number;
}

/* Waits that no change ends, by a signal: all of them. */
TEST(a_signal_ends_a_piece_of_any_wait)
{
    struct sigaction action = {.sa_handler = ignore_signal};
    struct itimerval now_and_then = {{.tv_usec = 7000}, {.tv_usec = 7000}}; /* one may come between two sleeps */
    struct itimerval never = {{0}, {0}};
    sigaction(SIGALRM, &action, NULL);
    EACH_DRIVER(it)
        EACH_WAY(way, it) {
            struct two two = blocked_in(it, way);
            struct piece piece = piece_of(way, two.theirs, 0);
            CHECK(setitimer(ITIMER_REAL, &now_and_then, NULL) == 0);
            for (int k = 0; k < 2; k++) /* it goes on where it was */
                CHECK_STATUS(shoal_wait_until(&piece.wait, SOON), SHOAL_EINTR);
            CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
            CHECK_STATUS(shoal_wait_until(&piece.wait, shoal_deadline(0.01)), SHOAL_ETIMEDOUT);
            CHECK_STATUS(piece_end(&piece, SOON), SHOAL_OK);
            CHECK(!piece.notified);
            CHECK(!way->block || way->free(two.mine) == SHOAL_OK); /* for the next way to it */
            if (it->sound)
                CHECK_WELL(it->sound(two.mine));
        }
}

TEST(a_blocking_call_that_a_signal_ended_leaves_nothing)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    struct sigaction action = {.sa_handler = ignore_signal};
    struct itimerval now_and_then = {{.tv_usec = 7000}, {.tv_usec = 7000}};
    sigaction(SIGALRM, &action, NULL);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    setitimer(ITIMER_REAL, &now_and_then, NULL);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_FOREVER), SHOAL_EINTR);
    CHECK(count_waiters(a) == 0);
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_OK); /* the writer is gone */
}

TEST(a_slice_gives_the_wait_back_to_the_caller_in_time)
{
    shoal_context *a = new_context(), *b = new_context();
    shoal_object *lock = a_lock(a), *theirs = a_lock(b);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_context_set_slice(b, 20000000);
    shoal_wait wait = begun(theirs, SHOAL_WAIT_ACQUIRE, 0);
    for (int i = 0; i < 3; i++) {
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_wait_until(&wait, SHOAL_FOREVER), SHOAL_EINTR);
        CHECK(seconds_since(start) >= 0.019 && seconds_since(start) < 1);
    }
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_wait_until(&wait, SHOAL_FOREVER), SHOAL_OK);
    shoal_context_set_slice(b, SHOAL_FOREVER);
}

/* ---- What is cancelled leaves nothing ---- */

static void check_free(const struct driver *driver, shoal_object *object)
{
    CHECK(count_waiters(object) == 0);
    if (driver->sound)
        CHECK_WELL(driver->sound(object));
    check_sound(object->segment);
}

TEST(a_cancelled_wait_leaves_nothing)
{
    EACH_DRIVER(it)
        EACH_WAY(way, it)
            for (int tried = 0; tried < 2; tried++) {
                struct two two = blocked_in(it, way);
                struct piece piece = piece_of(way, two.theirs, SHOAL_WAIT_TASK);
                if (tried)
                    CHECK_STATUS(shoal_wait_try(&piece.wait), SHOAL_PENDING);
                piece_cancel(&piece);
                piece_cancel(&piece); /* nothing to do any more */
                CHECK_STATUS(shoal_wait_try(&piece.wait), SHOAL_EVALUE);
                CHECK(!way->give || it->held(two.mine));
                CHECK(!way->block || way->free(two.mine) == SHOAL_OK);
                check_free(it, made(it, new_context(), 0).object);
            }
}

TEST(a_writer_that_is_cancelled_while_it_waits_for_readers_lets_new_ones_in)
{
    shoal_context *a = new_context(), *b = new_context(), *c = new_context();
    struct call late = {0};
    CHECK_STATUS(shoal_rwlock_read(an_rwlock(a), SHOAL_NO_WAIT), SHOAL_OK);
    shoal_wait write = pending(an_rwlock(b), SHOAL_WAIT_WRITE);
    begin_call(&late, call_read, an_rwlock(c), SOON);
    EVENTUALLY(count_waiters(an_rwlock(a)) == 2);
    shoal_time start = shoal_now();
    shoal_wait_cancel(&write);
    CHECK_STATUS(end_call(&late), SHOAL_OK);
    CHECK(seconds_since(start) < 1 && !shoal_rwlock_is_writing(an_rwlock(b)));
    CHECK_STATUS(shoal_rwlock_unlock(an_rwlock(a)), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(an_rwlock(c)), SHOAL_OK);
    check_free(driver_named("rwlock"), an_rwlock(b));
}

TEST(a_reader_that_is_cancelled_does_not_delay_writers)
{
    shoal_context *a = new_context(), *b = new_context();
    shoal_object *rwlock = an_rwlock(a);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_wait read = pending(an_rwlock(b), SHOAL_WAIT_READ);
    const struct rwlock_sh *shared = rwlock->body;
    uint32_t cell = shoal__rwlock_index(shared, an_rwlock(b)->segment->slot);
    CHECK(shared->cell[cell] & RWLOCK_WAITING);
    shoal_wait_cancel(&read);
    CHECK(!(shared->cell[cell] & (RWLOCK_WAITING | RWLOCK_COUNT)));
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    check_free(driver_named("rwlock"), an_rwlock(b));
}

/*
 * The first to sleep is woken and gives up: seconds until the second, in the middle of a long slice, has it. Which of
 * them is woken is the kernel's choice; 1 when it was the second.
 */
static double seconds_to_pass_on(shoal_object *held, shoal_object *first, shoal_object *second,
                                 int (*give)(shoal_object *), int (*block)(struct call *))
{
    struct call call = {0};
    shoal_wait woken = pending(first, SHOAL_WAIT_ACQUIRE);
    pthread_t sleeper;
    struct many many = {.count = 1, .pointers = {&woken}};
    woken.slice = 100000000;
    CHECK(pthread_create(&sleeper, NULL, sleep_for_any, &many) == 0);
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    begin_call(&call, block, second, SOON);
    nanosleep(&(struct timespec){.tv_nsec = 72000000}, NULL);
    shoal_time start = shoal_now();
    CHECK_STATUS(give(held), SHOAL_OK);
    CHECK(pthread_join(sleeper, NULL) == 0);
    bool first_was_woken = seconds_since(start) < 0.01 && !call.ended;
    start = shoal_now();
    shoal_wait_cancel(&woken);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    return first_was_woken ? seconds_since(start) : 1;
}

static int give_permit(shoal_object *semaphore)
{
    return shoal_semaphore_release(semaphore, 1);
}

TEST(a_wake_up_of_one_who_gives_up_goes_to_another)
{
    shoal_context *a = new_context(), *b = new_context(), *c = new_context();
    double locks = 1, permits = 1, took;
    for (int i = 0; i < 10 && (locks > 0.02 || permits > 0.02); i++) {
        CHECK_STATUS(shoal_lock_acquire(a_lock(a), false, SHOAL_NO_WAIT), SHOAL_OK);
        took = seconds_to_pass_on(a_lock(a), a_lock(b), a_lock(c), shoal_lock_release, call_acquire);
        locks = took < locks ? took : locks;
        CHECK_STATUS(shoal_lock_release(a_lock(c)), SHOAL_OK);
        CHECK_STATUS(shoal_semaphore_acquire(a_semaphore(a, 1), SHOAL_NO_WAIT), SHOAL_OK);
        took = seconds_to_pass_on(a_semaphore(a, 1), a_semaphore(b, 1), a_semaphore(c, 1), give_permit, call_semaphore);
        permits = took < permits ? took : permits;
        CHECK_STATUS(shoal_semaphore_release(a_semaphore(c, 1), 1), SHOAL_OK);
    }
    printf("passed on after %.1f ms (lock), %.1f ms (semaphore)\n", locks * 1e3, permits * 1e3);
    CHECK(locks < 0.02 && permits < 0.02);
    check_free(driver_named("lock"), a_lock(a));
    check_free(driver_named("semaphore"), a_semaphore(a, 1));
}

/* ---- Conditions and barriers that are cancelled ---- */

struct trio {
    shoal_object *lock, *condition;
};

static struct trio party(void)
{
    struct trio it;
    shoal_context *context = new_context();
    it.lock = a_lock(context);
    it.condition = a_condition(context, it.lock);
    return it;
}

static shoal_wait waiting(struct trio *it)
{
    shoal_wait wait;
    CHECK_STATUS(shoal_lock_acquire(it->lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_condition_begin(&wait, it->condition, it->lock, SHOAL_WAIT_TASK), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    return wait;
}

static void notify(struct trio *it, uint32_t n, uint32_t expected)
{
    uint32_t notified;
    CHECK_STATUS(shoal_lock_acquire(it->lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, it->condition, it->lock, n), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(it->lock), SHOAL_OK);
    CHECK(notified == expected);
}

static void check_no_cell_is_used(const struct trio *it)
{
    const struct condition_sh *condition = it->condition->body;
    for (uint32_t i = 0; i < condition->cells; i++)
        CHECK(condition->waiter[i].word == 0);
    check_sound(open_or_create(new_context(), "locks"));
}

static void end_well(struct trio *it, shoal_wait *wait)
{
    bool notified;
    CHECK_STATUS(finish(wait), SHOAL_OK);
    CHECK_STATUS(shoal_condition_end(&notified, wait, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(notified);
    CHECK_STATUS(shoal_lock_release(it->lock), SHOAL_OK);
}

TEST(a_condition_that_is_cancelled_while_it_waits_is_not_notified)
{
    struct trio a = party(), b = party();
    shoal_wait first = waiting(&a), second = waiting(&b);
    shoal_wait_cancel(&first);
    CHECK(!shoal_lock_is_mine(a.lock) && count_waiters(a.condition) == 1);
    notify(&a, 1, 1);
    end_well(&b, &second);
    check_no_cell_is_used(&a);
}

TEST(a_notification_of_one_who_gives_up_goes_to_another)
{
    struct trio a = party(), b = party(), c = party();
    bool notified;
    for (int phase = 0; phase < 3; phase++) {
        shoal_wait first = waiting(&a), second = waiting(&b);
        notify(&c, 1, 1);
        if (phase > 0)
            CHECK_STATUS(shoal_wait_try(&first), SHOAL_OK); /* knows that it was notified */
        if (phase > 1) {
            CHECK_STATUS(shoal_lock_acquire(c.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
            CHECK_STATUS(shoal_condition_end(&notified, &first, SHOAL_NO_WAIT), SHOAL_PENDING); /* waits for the lock */
            CHECK_STATUS(shoal_lock_release(c.lock), SHOAL_OK);
        }
        shoal_wait_cancel(&first);
        end_well(&b, &second);
        notify(&c, 1, 0);
        check_no_cell_is_used(&a);
    }
}

TEST(who_comes_after_a_notification_does_not_take_it_over)
{
    struct trio a = party(), b = party(), c = party();
    shoal_wait first = waiting(&a), late;
    notify(&c, 1, 1);
    late = waiting(&b);
    shoal_wait_cancel(&first);
    late.slice_over = true;
    CHECK_STATUS(shoal_wait_try(&late), SHOAL_PENDING);
    notify(&c, 1, 1);
    end_well(&b, &late);
}

/* Two notifications, given when A, B waited, and when A, B, C did: A has both, and hands the later on. */
TEST(of_two_notifications_the_one_that_more_may_take_goes_on)
{
    struct trio a = party(), b = party(), c = party(), d = party();
    shoal_wait first = waiting(&d), heir = waiting(&a), late;
    bool notified;
    notify(&b, 1, 1); /* to d, who gives up: a takes it over */
    shoal_wait_cancel(&first);
    CHECK_STATUS(finish(&heir), SHOAL_OK);
    late = waiting(&c);
    notify(&b, 1, 1); /* to a's own cell */
    CHECK_STATUS(shoal_condition_end(&notified, &heir, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(notified);
    CHECK_STATUS(shoal_lock_release(a.lock), SHOAL_OK);
    end_well(&c, &late); /* it waited when the second was given */
    check_no_cell_is_used(&a);
}

static int call_end(struct call *call)
{
    bool notified;
    int status;
    while ((status = shoal_condition_end(&notified, (shoal_wait *)(void *)call->object, SHOAL_FOREVER)) == SHOAL_EINTR)
        ;
    return status;
}

TEST(a_wait_for_a_condition_may_go_on_to_its_end_after_a_signal)
{
    struct trio a = party(), b = party();
    struct call end = {0};
    shoal_wait wait;
    CHECK_STATUS(shoal_lock_acquire(a.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_condition_begin(&wait, a.condition, a.lock, 0), SHOAL_OK);
    shoal_context_set_slice(a.condition->segment->context, 5000000);
    CHECK_STATUS(shoal_wait_until(&wait, SHOAL_FOREVER), SHOAL_EINTR);
    CHECK_STATUS(shoal_lock_acquire(b.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&end, call_end, (shoal_object *)(void *)&wait, 0);
    EVENTUALLY(count_waiters(b.lock) == 1);
    CHECK(count_waiters(b.condition) == 0); /* it waits for the lock now */
    CHECK_STATUS(shoal_lock_release(b.lock), SHOAL_OK);
    CHECK_STATUS(end_call(&end), SHOAL_OK);
    CHECK(count_waiters(b.lock) == 0 && shoal_lock_is_mine(a.lock));
    check_no_cell_is_used(&a);
}

static atomic_bool go_on;

static int call_lock_and_second(struct call *call)
{
    int status = shoal_lock_acquire(call->lock, false, SHOAL_NO_WAIT);
    while (!go_on)
        nap();
    return status < 0 ? status : shoal_lock_acquire(call->object, false, SHOAL_FOREVER);
}

static shoal_object *second_lock(shoal_object *first)
{
    shoal_object *second;
    CHECK_STATUS(shoal_lock_open(&second, first->segment, "second", 6, 0), SHOAL_OK);
    return second;
}

/* A handler may give back what its thread holds. */
TEST(who_runs_a_signal_handler_is_no_part_of_a_cycle)
{
    shoal_context *a = new_context(), *b = new_context();
    shoal_object *ours = a_lock(b), *second = second_lock(ours);
    struct call call = {.lock = a_lock(a)};
    CHECK_STATUS(shoal_lock_acquire(second, false, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&call, call_lock_and_second, second_lock(call.lock), 0);
    EVENTUALLY(shoal_lock_is_locked(ours));
    shoal_context_set_slice(b, 5000000);
    shoal_wait wait = begun(ours, SHOAL_WAIT_ACQUIRE, 0);
    CHECK_STATUS(shoal_wait_until(&wait, SHOAL_FOREVER), SHOAL_EINTR);
    go_on = true;
    EVENTUALLY(count_waiters(second) == 1);
    CHECK(count_waiters(ours) == 1);
    nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL); /* some slices */
    CHECK_STATUS(shoal_lock_release(second), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    shoal_wait_cancel(&wait);
    CHECK(count_waiters(ours) == 0);
}

TEST(who_is_back_in_the_language_for_a_moment_waits_still)
{
    EACH_DRIVER(it)
        EACH_WAY(way, it) {
            struct two two = blocked_in(it, way);
            struct piece piece = piece_of(way, two.theirs, 0);
            shoal_context_set_slice(two.theirs->segment->context, 5000000);
            for (int k = 0; k < 3; k++) {
                CHECK_STATUS(shoal_wait_until(&piece.wait, SHOAL_FOREVER), SHOAL_EINTR);
                CHECK(count_waiters(two.mine) == 1);
                CHECK_STATUS(shoal_object_remove(two.mine->segment, two.mine->name, two.mine->name_length),
                             SHOAL_ELOCK);
            }
            shoal_wait_cancel(&piece.wait);
            CHECK(count_waiters(two.mine) == 0);
            shoal_context_set_slice(two.theirs->segment->context, SHOAL_FOREVER);
            CHECK(!way->block || way->free(two.mine) == SHOAL_OK);
        }
}

TEST(a_barrier_that_is_cancelled_is_broken)
{
    shoal_object *a = a_barrier(new_context(), 2), *b = a_barrier(new_context(), 2);
    struct call call = {0};
    uint32_t index;
    shoal_wait wait = pending(a, SHOAL_WAIT_PASS);
    shoal_wait_cancel(&wait);
    CHECK_STATUS(shoal_barrier_wait(&index, b, SOON), SHOAL_EBROKEN);
    CHECK(strstr(shoal_error_message(), "stopped waiting") != NULL);
    CHECK_STATUS(shoal_barrier_reset(b), SHOAL_OK);
    begin_call(&call, call_barrier, a, SOON);
    CHECK_STATUS(shoal_barrier_wait(&index, b, SOON), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
}

/* ---- Children ---- */

static void use_the_parents_wait(void *argument)
{
    struct piece *piece = argument;
    CHECK_STATUS(shoal_wait_try(&piece->wait), SHOAL_ELOCK);
    CHECK_STATUS(shoal_wait_until(&piece->wait, SHOAL_FOREVER), SHOAL_ELOCK);
    piece_cancel(piece);
}

TEST(a_wait_that_a_child_inherited_is_its_parents)
{
    EACH_DRIVER(it)
        EACH_WAY(way, it) {
            struct two two = blocked_in(it, way);
            struct piece piece = pending_piece(way, two.theirs);
            join(process(use_the_parents_wait, &piece));
            CHECK(count_waiters(two.mine) == 1);
            CHECK_STATUS(way->free(two.mine), SHOAL_OK);
            CHECK_STATUS(shoal_wait_try(&piece.wait), SHOAL_OK);
            CHECK_STATUS(piece_end(&piece, SOON), SHOAL_OK);
            CHECK(!way->give || way->give(two.theirs) == SHOAL_OK);
        }
}
