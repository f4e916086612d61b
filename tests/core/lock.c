/* Locks: who holds them, what happens when the holder dies. */
#include "check.h"

#include "scratch.h"

#include <sys/time.h>

static shoal_object *open_lock(shoal_segment *segment, const char *name, uint32_t flags)
{
    shoal_object *lock;
    CHECK_STATUS(shoal_lock_open(&lock, segment, name, strlen(name), flags), SHOAL_OK);
    return lock;
}

static shoal_object *lock_of(shoal_context *context, uint32_t flags)
{
    return open_lock(open_or_create(context, "locks"), "l", flags);
}

static void take(void *lock)
{
    CHECK(shoal_lock_acquire(lock, false, shoal_deadline(5)) >= 0);
}

TEST(a_lock_is_taken_and_given_back)
{
    shoal_object *lock = lock_of(new_context(), 0);
    shoal_owner owner;
    CHECK(!shoal_lock_is_locked(lock) && !shoal_lock_is_mine(lock));
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_ELOCK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(shoal_lock_is_locked(lock) && shoal_lock_is_mine(lock) && !shoal_lock_recovered(lock));
    CHECK_STATUS(shoal_lock_owner(&owner, lock), SHOAL_OK);
    CHECK(owner.pid == getpid() && owner.alive && owner.since > 1.6e9 && strlen(owner.program) > 0);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* this thread has it */
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_ELOCK);
    CHECK_STATUS(shoal_lock_owner(&owner, lock), SHOAL_OK);
    CHECK(owner.pid == 0 && !shoal_lock_is_locked(lock));
}

TEST(a_try_by_the_holder_is_in_vain_and_only_a_wait_without_a_deadline_is_an_error)
{
    shoal_object *lock = lock_of(new_context(), 0);
    shoal_wait wait;
    take(lock);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_GLANCE), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_lock_acquire(lock, true, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_lock_acquire(lock, false, shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
    CHECK(seconds_since(start) >= 0.05);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_FOREVER), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "held by this thread already") != NULL);
    CHECK_STATUS(shoal_wait_begin(&wait, lock, SHOAL_WAIT_ACQUIRE, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    CHECK_STATUS(shoal_wait_until(&wait, SHOAL_FOREVER), SHOAL_ELOCK);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK); /* held once, and nothing was left by that */
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
}

static void *release_soon(void *lock)
{
    shoal_time start = shoal_now();
    size_t waiters = 0;
    while (waiters == 0 && seconds_since(start) < 20)
        CHECK_STATUS(shoal_object_waiters(NULL, 0, &waiters, lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    return NULL;
}

TEST(the_holder_may_wait_until_another_thread_of_its_process_gives_it_back)
{
    shoal_object *lock = lock_of(new_context(), 0);
    pthread_t thread;
    take(lock);
    CHECK(pthread_create(&thread, NULL, release_soon, lock) == 0);
    CHECK_STATUS(shoal_lock_acquire(lock, false, shoal_deadline(20)), SHOAL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_ELOCK);
}

TEST(a_held_lock_is_not_had_by_another_peer)
{
    shoal_object *mine = lock_of(new_context(), 0), *theirs = lock_of(new_context(), 0);
    CHECK_STATUS(shoal_lock_acquire(mine, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(theirs, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_lock_acquire(theirs, false, shoal_deadline(0.25)), SHOAL_ETIMEDOUT);
    CHECK(seconds_since(start) >= 0.25 && seconds_since(start) < 1.5);
    CHECK_STATUS(shoal_lock_release(theirs), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "not held by this process") != NULL);
    CHECK(shoal_lock_is_locked(theirs) && !shoal_lock_is_mine(theirs));
    CHECK_STATUS(shoal_lock_release(mine), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(theirs, false, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_reentrant_lock_is_given_back_as_often_as_it_was_taken)
{
    shoal_object *lock = lock_of(new_context(), SHOAL_LOCK_REENTRANT), *other;
    CHECK(shoal_lock_flags(lock) == SHOAL_LOCK_REENTRANT);
    other = lock_of(new_context(), SHOAL_LOCK_ANY);
    CHECK(shoal_lock_flags(other) == SHOAL_LOCK_REENTRANT);
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(shoal_lock_acquire(other, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
        CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    }
    CHECK_STATUS(shoal_lock_acquire(other, false, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_lock_with_other_flags_is_a_mismatch)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    shoal_object *lock = open_lock(segment, "plain", 0), *again;
    CHECK_STATUS(shoal_lock_open(&again, segment, "plain", 5, SHOAL_LOCK_REENTRANT), SHOAL_EMISMATCH);
    CHECK(again == NULL);
    CHECK_STATUS(shoal_lock_open(&again, segment, "plain", 5, SHOAL_LOCK_ANY), SHOAL_OK);
    CHECK(again == lock);
    CHECK_STATUS(shoal_lock_open(&again, segment, "x", 1, 2), SHOAL_EVALUE);
}

TEST(next_taker_is_told_that_the_holder_died)
{
    shoal_object *lock = lock_of(new_context(), 0);
    die_after(take, lock);
    shoal_time start = shoal_now();
    CHECK(!shoal_lock_is_locked(lock));
    CHECK_STATUS(shoal_lock_acquire(lock, false, shoal_deadline(5)), SHOAL_RECOVERED);
    CHECK(seconds_since(start) < 0.3 && shoal_lock_recovered(lock));
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK(!shoal_lock_recovered(lock));
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK); /* told only once */
    CHECK(!shoal_lock_recovered(lock));
}

static void take_and_wait(void *argument)
{
    void **lock_and_pipe = argument;
    take(lock_and_pipe[0]);
    CHECK(write(((int *)lock_and_pipe[1])[1], "x", 1) == 1);
    pause();
}

struct killing {
    pid_t victim;
    shoal_time killed;
};

static void *kill_soon(void *argument)
{
    struct killing *killing = argument;
    nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL); /* by then the main thread waits for the lock */
    killing->killed = shoal_now();
    kill(killing->victim, SIGKILL);
    return NULL;
}

TEST(a_waiter_has_the_lock_within_300_ms_of_the_holders_death)
{
    shoal_object *lock = lock_of(new_context(), 0);
    struct killing killing;
    pthread_t thread;
    int pipes[2];
    char byte;
    CHECK(pipe(pipes) == 0);
    killing.victim = in_child(take_and_wait, (void *[]){lock, pipes});
    CHECK(read(pipes[0], &byte, 1) == 1);
    CHECK(pthread_create(&thread, NULL, kill_soon, &killing) == 0);
    CHECK_STATUS(shoal_lock_acquire(lock, false, shoal_deadline(10)), SHOAL_RECOVERED);
    double waited = seconds_since(killing.killed);
    CHECK(waited >= 0 && waited < 0.3);
    CHECK(pthread_join(thread, NULL) == 0 && waitpid(killing.victim, NULL, 0) == killing.victim);
}

TEST(a_strict_lock_is_refused_until_it_is_repaired)
{
    shoal_object *lock = lock_of(new_context(), 0), *other = lock_of(new_context(), 0);
    CHECK_STATUS(shoal_lock_repair(lock), SHOAL_ELOCK);
    die_after(take, lock);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(shoal_lock_acquire(lock, true, shoal_deadline(5)), SHOAL_EOWNERDIED);
        CHECK_STATUS(shoal_lock_acquire(other, true, SHOAL_NO_WAIT), SHOAL_EOWNERDIED);
        CHECK(!shoal_lock_is_mine(lock) && !shoal_lock_is_locked(lock));
    }
    CHECK_STATUS(shoal_lock_repair(other), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(lock, true, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(!shoal_lock_recovered(lock));
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_repair(lock), SHOAL_ELOCK);
}

TEST(one_who_is_not_strict_takes_what_strict_ones_refused)
{
    shoal_object *lock = lock_of(new_context(), 0);
    die_after(take, lock);
    CHECK_STATUS(shoal_lock_acquire(lock, true, SHOAL_NO_WAIT), SHOAL_EOWNERDIED);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(lock, true, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_holder_that_was_told_and_dies_leaves_it_to_the_next)
{
    shoal_object *lock = lock_of(new_context(), 0);
    for (int i = 0; i < 3; i++)
        die_after(take, lock);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
}

static void try_as_child(void *lock)
{
    CHECK(!shoal_lock_is_mine(lock) && !shoal_lock_recovered(lock));
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_ELOCK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK(shoal_lock_is_locked(lock));
}

TEST(a_forked_child_does_not_hold_its_parents_lock)
{
    shoal_object *lock = lock_of(new_context(), SHOAL_LOCK_REENTRANT);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    join(in_child(try_as_child, lock));
    die_after(try_as_child, lock);
    CHECK(shoal_lock_is_mine(lock) && !shoal_lock_recovered(lock));
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
}

static void *release_in_thread(void *lock)
{
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* it excludes threads as well */
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    return NULL;
}

TEST(any_thread_of_the_process_may_release_it)
{
    shoal_object *lock = lock_of(new_context(), 0);
    pthread_t thread;
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(pthread_create(&thread, NULL, release_in_thread, lock) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(!shoal_lock_is_locked(lock));
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
}

struct sum {
    shoal_object *lock;
    int64_t *number;
};

static void *add_under_lock(void *argument)
{
    const struct sum *sum = argument;
    for (int i = 0; i < 5000; i++) {
        CHECK_STATUS(shoal_lock_acquire(sum->lock, false, SHOAL_FOREVER), SHOAL_OK);
        int64_t n = *(volatile int64_t *)sum->number;
        if (i % 64 == 0)
            sched_yield();
        *(volatile int64_t *)sum->number = n + 1;
        CHECK_STATUS(shoal_lock_release(sum->lock), SHOAL_OK);
    }
    return NULL;
}

static void add_in_two_threads(void *argument)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, add_under_lock, argument) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

TEST(threads_and_processes_exclude_each_other)
{
    shoal_segment *segment = open_or_create(new_context(), "exclusion");
    shoal_object *array;
    shoal_view view;
    pid_t children[3];
    CHECK_STATUS(shoal_array_open(&array, segment, "n", 1, dtype_of("int64"), 0, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_array_view(&view, array), SHOAL_OK);
    struct sum sum = {open_lock(segment, "l", 0), (int64_t *)(void *)view.data};
    for (int i = 0; i < 3; i++)
        children[i] = in_child(add_in_two_threads, &sum);
    for (int i = 0; i < 3; i++)
        join(children[i]);
    CHECK(*sum.number == 3 * 2 * 5000);
}

TEST(abandoned_locks_are_as_if_their_holder_had_died)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "abandon");
    shoal_segment *others = open_or_create(new_context(), "abandon");
    shoal_object *a = open_lock(segment, "a", 0), *b = open_lock(segment, "b", SHOAL_LOCK_REENTRANT);
    open_lock(segment, "c", 0);
    CHECK(shoal_context_abandon_locks(context, false) == 0);
    take(a);
    take(b);
    take(b);
    CHECK(shoal_context_abandon_locks(context, false) == 2);
    CHECK(!shoal_lock_is_mine(a) && !shoal_lock_is_mine(b));
    CHECK_STATUS(shoal_lock_acquire(open_lock(others, "a", 0), false, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK_STATUS(shoal_lock_acquire(b, false, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK_STATUS(shoal_lock_release(b), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(b), SHOAL_ELOCK);
    CHECK(shoal_context_abandon_locks(context, true) == 0);
}

static void *take_in_thread(void *lock)
{
    take(lock);
    return NULL;
}

TEST(abandoning_spares_other_threads_locks_unless_told)
{
    shoal_context *context = new_context();
    shoal_object *lock = lock_of(context, 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, take_in_thread, lock) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(shoal_context_abandon_locks(context, false) == 0 && shoal_lock_is_mine(lock));
    CHECK(shoal_context_abandon_locks(context, true) == 1 && !shoal_lock_is_mine(lock));
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_RECOVERED);
}

TEST(a_context_that_goes_while_it_holds_a_lock_abandons_it)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *lock = open_lock(segment, "l", 0), *other = lock_of(new_context(), 0);
    take(lock);
    shoal_object_close(lock);
    shoal_context_free(context);
    CHECK_STATUS(shoal_lock_acquire(other, false, shoal_deadline(1)), SHOAL_RECOVERED);
}

static void ignore_signal(int number)
{
    (void)number;
}

TEST(a_signal_ends_the_wait)
{
    shoal_object *lock = lock_of(new_context(), 0), *other = lock_of(new_context(), 0);
    struct sigaction action = {.sa_handler = ignore_signal}; /* without SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    take(lock);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 300000}, {1, 0}}, NULL); /* the first may come between two slices */
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_lock_acquire(other, false, shoal_deadline(20)), SHOAL_EINTR);
    CHECK(seconds_since(start) < 5);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(other, false, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_readonly_attach_sees_the_lock_and_cannot_take_it)
{
    shoal_context *context = new_context(), *reader = new_context();
    shoal_object *lock = lock_of(context, 0), *seen;
    shoal_segment *readonly = open_readonly(reader, "locks");
    shoal_owner owner;
    CHECK_STATUS(shoal_object_open(&seen, readonly, "l", 1), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(seen, false, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_lock_release(seen), SHOAL_EREADONLY);
    CHECK(!shoal_lock_is_locked(seen));
    take(lock);
    CHECK(shoal_lock_is_locked(seen) && !shoal_lock_is_mine(seen));
    CHECK_STATUS(shoal_lock_owner(&owner, seen), SHOAL_OK);
    CHECK(owner.pid == getpid() && owner.alive);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    die_after(take, lock);
    CHECK_STATUS(shoal_lock_owner(&owner, seen), SHOAL_OK);
    CHECK(!shoal_lock_is_locked(seen) && (owner.pid == 0 || !owner.alive));
}

TEST(lock_functions_want_a_lock)
{
    shoal_segment *segment = open_or_create(new_context(), "kinds");
    shoal_object *counter, *lock = open_lock(segment, "l", 0);
    shoal_owner owner;
    shoal_view view;
    int64_t value;
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(counter, false, SHOAL_NO_WAIT), SHOAL_ETYPE);
    CHECK_STATUS(shoal_lock_release(counter), SHOAL_ETYPE);
    CHECK_STATUS(shoal_lock_repair(counter), SHOAL_ETYPE);
    CHECK_STATUS(shoal_lock_owner(&owner, counter), SHOAL_ETYPE);
    CHECK_STATUS(shoal_counter_add(&value, lock, 1), SHOAL_ETYPE);
    CHECK_STATUS(shoal_counter_value(&value, lock), SHOAL_ETYPE);
    CHECK_STATUS(shoal_array_view(&view, lock), SHOAL_ETYPE);
    CHECK_STATUS(shoal_lock_open(&lock, segment, "n", 1, 0), SHOAL_EMISMATCH);
}
