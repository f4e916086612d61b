/* Semaphore: permits in the hands of processes, or a plain count. What deaths leave is in deaths.c. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "sync/semaphore.h"

TEST(as_many_get_in_as_there_are_permits)
{
    shoal_object *a = a_semaphore(new_context(), 3), *b = a_semaphore(new_context(), 3);
    CHECK(free_permits(a) == 3 && shoal_semaphore_initial(a) == 3 && shoal_semaphore_flags(a) == 0);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(b, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_FOREVER), SHOAL_OK);
    CHECK(free_permits(b) == 0 && shoal_semaphore_held(a) == 2 && shoal_semaphore_held(b) == 1);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_semaphore_acquire(b, shoal_deadline(0.1)), SHOAL_ETIMEDOUT);
    CHECK(seconds_since(start) >= 0.1 && seconds_since(start) < 1.5);
    CHECK_STATUS(shoal_semaphore_release(b, 1), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(a, 3), SHOAL_OK);
    CHECK(free_permits(a) == 3 && shoal_semaphore_held(a) == 0);
}

TEST(a_release_too_many_is_refused)
{
    shoal_object *a = a_semaphore(new_context(), 2), *b = a_semaphore(new_context(), 2);
    CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_ELOCK);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(b, 1), SHOAL_ELOCK); /* what a acquired, a releases */
    CHECK_STATUS(shoal_semaphore_release(a, 0), SHOAL_EVALUE);
    CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_ELOCK);
    CHECK(free_permits(b) == 2);
}

TEST(a_release_of_several_gives_back_all_or_none)
{
    shoal_object *a = a_semaphore(new_context(), 5);
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(a, 4), SHOAL_ELOCK);
    CHECK_STATUS(shoal_semaphore_release(a, UINT32_MAX), SHOAL_ELOCK);
    CHECK(free_permits(a) == 2 && shoal_semaphore_held(a) == 3);
    CHECK_STATUS(shoal_semaphore_release(a, 2), SHOAL_OK);
    CHECK(free_permits(a) == 4 && shoal_semaphore_held(a) == 1);
    CHECK_STATUS(shoal_semaphore_release(a, 2), SHOAL_ELOCK);
    CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_OK);
}

static void *release_too_many(void *argument)
{
    struct call *call = argument;
    while (!call->ended)
        CHECK_STATUS(shoal_semaphore_release(call->object, 3), SHOAL_ELOCK);
    return NULL;
}

TEST(a_refused_release_takes_nothing_from_other_threads)
{
    struct call refused = {.object = a_semaphore(new_context(), 2)};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, release_too_many, &refused) == 0);
    shoal_time end = shoal_deadline(0.5);
    while (shoal_now() < end) {
        CHECK_STATUS(shoal_semaphore_acquire(refused.object, SOON), SHOAL_OK);
        CHECK_STATUS(shoal_semaphore_release(refused.object, 1), SHOAL_OK);
    }
    refused.ended = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(free_permits(refused.object) == 2);
}

TEST(what_one_thread_acquired_another_may_release)
{
    shoal_object *a = a_semaphore(new_context(), 2);
    CHECK_STATUS(in_a_thread(call_semaphore, a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(a, 2), SHOAL_OK);
    CHECK(free_permits(a) == 2);
}

TEST(more_threads_than_a_process_has_places_for_acquire_and_release)
{
    shoal_object *a = a_semaphore(new_context(), 40);
    for (int i = 0; i < 40; i++)
        CHECK_STATUS(in_a_thread(call_semaphore, a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(shoal_semaphore_held(a) == 40 && free_permits(a) == 0);
    CHECK_STATUS(shoal_semaphore_release(a, 41), SHOAL_ELOCK);
    CHECK_STATUS(shoal_semaphore_release(a, 40), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_ELOCK);
}

TEST(a_released_permit_wakes_one_who_waits)
{
    shoal_object *a = a_semaphore(new_context(), 1), *b = a_semaphore(new_context(), 1);
    double best = 1;
    for (int i = 0; i < 5; i++) {
        struct call call = {0};
        CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
        begin_call(&call, call_semaphore, b, SOON);
        EVENTUALLY(count_waiters(a) == 1);
        nanosleep(&(struct timespec){.tv_nsec = 130000000}, NULL); /* slices of 64 ms and more by now */
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_OK);
        CHECK_STATUS(end_call(&call), SHOAL_OK);
        best = seconds_since(start) < best ? seconds_since(start) : best;
        CHECK_STATUS(shoal_semaphore_release(b, 1), SHOAL_OK);
    }
    CHECK(best < 0.02);
}

TEST(a_release_of_n_wakes_n)
{
    shoal_object *a = a_semaphore(new_context(), 3), *b = a_semaphore(new_context(), 3);
    struct call calls[4] = {0};
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    for (int i = 0; i < 4; i++)
        begin_call(&calls[i], call_semaphore, b, SOON);
    EVENTUALLY(count_waiters(a) == 4);
    CHECK_STATUS(shoal_semaphore_release(a, 3), SHOAL_OK);
    EVENTUALLY(calls[0].ended + calls[1].ended + calls[2].ended + calls[3].ended == 3);
    CHECK(count_waiters(a) == 1 && free_permits(a) == 0);
    CHECK_STATUS(shoal_semaphore_release(b, 1), SHOAL_OK);
    for (int i = 0; i < 4; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    CHECK(shoal_semaphore_held(b) == 3);
}

TEST(a_semaphore_with_another_value_is_a_mismatch)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *a = a_semaphore(context, 3), *again;
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "s", 1, 4, 0), SHOAL_EMISMATCH);
    CHECK(again == NULL && strstr(shoal_error_message(), "3") && strstr(shoal_error_message(), "4"));
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "s", 1, 3, SHOAL_SEMAPHORE_SIGNAL), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "s", 1, 9, SHOAL_SEMAPHORE_ANY), SHOAL_OK);
    CHECK(again == a);
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "none", 4, 1, SHOAL_SEMAPHORE_ANY), SHOAL_ENOKEY);
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "x", 1, 0, 0), SHOAL_EVALUE);
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "x", 1, SHOAL_SEMAPHORE_MOST_PERMITS + 1, 0), SHOAL_EVALUE);
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "x", 1, 1u << 31, SHOAL_SEMAPHORE_SIGNAL), SHOAL_EVALUE);
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "x", 1, 1, 2), SHOAL_EVALUE);
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "x", 1, SHOAL_SEMAPHORE_MOST_PERMITS, 0), SHOAL_OK);
    CHECK(free_permits(again) == SHOAL_SEMAPHORE_MOST_PERMITS);
    CHECK_STATUS(shoal_semaphore_open(&again, segment, "zero", 4, 0, SHOAL_SEMAPHORE_SIGNAL), SHOAL_OK);
}

TEST(a_signal_is_raised_by_anybody_and_lowered_by_who_takes_it)
{
    shoal_object *a = a_signal(new_context(), 0), *b = a_signal(new_context(), 0);
    struct call call = {0};
    CHECK(shoal_semaphore_flags(b) == SHOAL_SEMAPHORE_SIGNAL);
    CHECK_STATUS(shoal_semaphore_acquire(b, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    begin_call(&call, call_semaphore, b, SOON);
    EVENTUALLY(count_waiters(a) == 1);
    CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    CHECK(free_permits(a) == 0 && shoal_semaphore_held(a) == 0 && shoal_semaphore_held(b) == 0);
    CHECK_STATUS(shoal_semaphore_release(b, 5), SHOAL_OK);
    CHECK(free_permits(a) == 5 && count_holders(a) == 0);
}

TEST(a_signal_above_its_limit_is_refused)
{
    shoal_object *a = a_signal(new_context(), INT32_MAX - 2);
    CHECK_STATUS(shoal_semaphore_release(a, 3), SHOAL_EOVERFLOW);
    CHECK_STATUS(shoal_semaphore_release(a, UINT32_MAX), SHOAL_EOVERFLOW);
    CHECK(free_permits(a) == INT32_MAX - 2);
    CHECK_STATUS(shoal_semaphore_release(a, 2), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_EOVERFLOW);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(free_permits(a) == INT32_MAX - 1);
}

static void raise_one(void *signal)
{
    CHECK_STATUS(shoal_semaphore_release(signal, 1), SHOAL_OK);
}

TEST(a_signal_raised_by_one_who_died_stays_raised)
{
    shoal_object *a = a_signal(new_context(), 0);
    die_after(raise_one, a);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(a, shoal_deadline(0.15)), SHOAL_ETIMEDOUT); /* and nothing comes back */
}

TEST(who_holds_permits_is_seen)
{
    shoal_object *a = a_semaphore(new_context(), 4), *b = a_semaphore(new_context(), 4), *seen;
    shoal_owner owners[4];
    size_t count;
    CHECK_STATUS(shoal_object_open(&seen, open_readonly(new_context(), "locks"), "s", 1), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(b, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_object_holders(owners, 4, &count, seen), SHOAL_OK);
    CHECK(count == 2 && owners[0].pid == getpid() && owners[1].pid == getpid());
    CHECK(owners[0].count + owners[1].count == 3 && owners[0].count != owners[1].count);
    CHECK(free_permits(seen) == 1);
    CHECK_STATUS(shoal_semaphore_acquire(seen, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_semaphore_release(seen, 1), SHOAL_EREADONLY);
}

TEST(semaphore_functions_want_a_semaphore)
{
    shoal_context *context = new_context();
    shoal_object *event = an_event(context);
    uint32_t value;
    CHECK_STATUS(shoal_semaphore_acquire(event, SHOAL_NO_WAIT), SHOAL_ETYPE);
    CHECK_STATUS(shoal_semaphore_release(event, 1), SHOAL_ETYPE);
    CHECK_STATUS(shoal_semaphore_value(&value, event), SHOAL_ETYPE);
}

/* ---- Never more inside than permits ---- */

enum { PERMITS = 2, ROUNDS = 3000 };

struct inside {
    shoal_object *semaphore;
    struct board *board;
};

static void *go_in_and_out(void *argument)
{
    const struct inside *it = argument;
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_STATUS(shoal_semaphore_acquire(it->semaphore, SOON), SHOAL_OK);
        CHECK(atomic_fetch_add(&it->board->count[0], 1) < PERMITS);
        if (i % 64 == 0)
            sched_yield();
        atomic_fetch_sub(&it->board->count[0], 1);
        atomic_fetch_add(&it->board->count[1], 1);
        CHECK_STATUS(shoal_semaphore_release(it->semaphore, 1), SHOAL_OK);
    }
    return NULL;
}

static void in_two_threads(void *argument)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, go_in_and_out, argument) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

TEST(there_are_never_more_inside_than_permits)
{
    shoal_context *context = new_context();
    struct inside inside = {a_semaphore(context, PERMITS), new_board()};
    pid_t children[3];
    for (int i = 0; i < 3; i++)
        children[i] = process(in_two_threads, &inside);
    for (int i = 0; i < 3; i++)
        join(children[i]);
    CHECK(inside.board->count[1] == 3 * 2 * ROUNDS && free_permits(inside.semaphore) == PERMITS);
    check_sound(open_or_create(context, "locks"));
}

/* Two cells of one dead owner. While we judge the first, somebody else takes it. */
static struct semaphore_sh *raced;
#define THE_DEAD 0x1009u
#define SOMEBODY_ELSE 0x1007u

static bool dead_and_just_taken(const struct shoal_party *party, uint32_t word)
{
    (void)party;
    compare_swap(&raced->permit[0], THE_DEAD, SOMEBODY_ELSE);
    return word == THE_DEAD;
}

TEST(a_lost_race_for_one_permit_of_the_dead_leaves_the_next)
{
    struct shoal_party party = {.me = 0x1005u, .is_dead = dead_and_just_taken};
    raced = calloc(1, sizeof *raced + 2 * sizeof raced->permit[0]);
    CHECK(raced != NULL);
    raced->initial = 2;
    store_relaxed(&raced->permit[0], THE_DEAD);
    store_relaxed(&raced->permit[1], THE_DEAD);
    CHECK(shoal__semaphore_take_from_dead(raced, &party));
    CHECK(load_relaxed(&raced->permit[0]) == SOMEBODY_ELSE && load_relaxed(&raced->permit[1]) == party.me);
    free(raced);
}
