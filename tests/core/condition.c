/* Condition: waiters of a Lock, notified in their turn. What deaths leave is in deaths.c. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

struct two { /* the same lock and condition, by two peers */
    shoal_object *lock, *condition, *lock_too, *condition_too;
};

static struct two two_peers(uint32_t flags)
{
    struct two two;
    shoal_context *a = new_context(), *b = new_context();
    two.lock = flags ? a_reentrant_lock(a) : a_lock(a);
    two.lock_too = flags ? a_reentrant_lock(b) : a_lock(b);
    two.condition = a_condition(a, two.lock);
    two.condition_too = a_condition(b, two.lock_too);
    return two;
}

static void begin_waiting(struct call *call, shoal_object *condition, shoal_object *lock, shoal_time deadline)
{
    call->lock = lock;
    begin_call(call, call_condition, condition, deadline);
}

/* Take the lock, notify up to n, give it back: how many. */
static uint32_t notify(const struct two *two, uint32_t n)
{
    uint32_t notified;
    CHECK_STATUS(shoal_lock_acquire(two->lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, two->condition, two->lock, n), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(two->lock), SHOAL_OK);
    return notified;
}

TEST(a_waiter_lets_go_of_the_lock_and_has_it_again_when_notified)
{
    struct two two = two_peers(0);
    uint32_t notified;
    struct call call = {0};
    begin_waiting(&call, two.condition_too, two.lock_too, SOON);
    EVENTUALLY(count_waiters(two.condition) == 1);
    CHECK_STATUS(shoal_lock_acquire(two.lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, two.condition, two.lock, 1), SHOAL_OK);
    CHECK(notified == 1);
    EVENTUALLY(count_waiters(two.lock) == 1); /* notified, and waiting for the lock */
    CHECK(!call.ended && shoal_lock_is_mine(two.lock));
    CHECK_STATUS(shoal_lock_release(two.lock), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
}

TEST(without_the_lock_waiting_and_notifying_are_refused)
{
    struct two two = two_peers(0);
    uint32_t notified = 7;
    CHECK_STATUS(shoal_condition_wait(two.condition, two.lock, SHOAL_NO_WAIT), SHOAL_ELOCK);
    CHECK_STATUS(shoal_condition_notify(&notified, two.condition, two.lock, 1), SHOAL_ELOCK);
    CHECK(notified == 0);
    CHECK_STATUS(shoal_lock_acquire(two.lock_too, false, SHOAL_NO_WAIT), SHOAL_OK); /* another process's is not ours */
    CHECK_STATUS(shoal_condition_wait(two.condition, two.lock, SHOAL_NO_WAIT), SHOAL_ELOCK);
}

TEST(waiting_ends_at_the_deadline_with_the_lock_held)
{
    struct two two = two_peers(0);
    CHECK_STATUS(shoal_lock_acquire(two.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_condition_wait(two.condition, two.lock, shoal_deadline(0.1)), SHOAL_ETIMEDOUT);
    CHECK(seconds_since(start) >= 0.1 && seconds_since(start) < 1.5);
    CHECK(shoal_lock_is_mine(two.lock) && !shoal_lock_recovered(two.lock));
    CHECK_STATUS(shoal_condition_wait(two.condition, two.lock, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_lock_acquire(two.lock_too, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_lock_release(two.lock), SHOAL_OK);
    CHECK(notify(&two, 5) == 0); /* nobody is left to be notified */
}

TEST(the_lock_comes_back_however_long_it_takes)
{
    struct two two = two_peers(0);
    struct call call = {0};
    begin_waiting(&call, two.condition_too, two.lock_too, shoal_deadline(0.2));
    EVENTUALLY(count_waiters(two.condition) == 1);
    CHECK_STATUS(shoal_lock_acquire(two.lock, false, SOON), SHOAL_OK);
    nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
    CHECK(!call.ended);
    CHECK_STATUS(shoal_lock_release(two.lock), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_ETIMEDOUT);
    CHECK(!shoal_lock_is_locked(two.lock));
}

enum { WAITERS = 6 };

TEST(who_waits_longest_is_notified_first)
{
    struct two two = two_peers(0);
    struct call calls[WAITERS] = {0};
    for (int i = 0; i < WAITERS; i++) {
        bool even = i % 2 == 0; /* of both peers, in turns */
        begin_waiting(&calls[i], even ? two.condition : two.condition_too, even ? two.lock : two.lock_too, SOON);
        EVENTUALLY(count_waiters(two.condition) == (size_t)i + 1);
    }
    for (int i = 0; i < WAITERS; i++) {
        for (int k = i; k < WAITERS; k++)
            CHECK(!calls[k].ended);
        CHECK(notify(&two, 1) == 1);
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    }
    CHECK(notify(&two, 1) == 0);
}

static int how_many_ended(const struct call *calls)
{
    int ended = 0;
    for (int i = 0; i < WAITERS; i++)
        ended += calls[i].ended;
    return ended;
}

TEST(exactly_n_are_notified)
{
    struct two two = two_peers(0);
    struct call calls[WAITERS] = {0};
    for (int i = 0; i < WAITERS; i++)
        begin_waiting(&calls[i], two.condition_too, two.lock_too, SOON);
    EVENTUALLY(count_waiters(two.condition) == WAITERS);
    CHECK(notify(&two, 0) == 0);
    CHECK(notify(&two, 2) == 2);
    EVENTUALLY(how_many_ended(calls) == 2);
    CHECK(notify(&two, 3) == 3);
    EVENTUALLY(how_many_ended(calls) == 5);
    nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL); /* longer than any slice */
    CHECK(how_many_ended(calls) == 5 && count_waiters(two.condition) == 1);
    CHECK(notify(&two, 3) == 1);
    for (int i = 0; i < WAITERS; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
}

TEST(notify_all_wakes_all)
{
    struct two two = two_peers(0);
    struct call calls[WAITERS] = {0};
    for (int i = 0; i < WAITERS; i++)
        begin_waiting(&calls[i], two.condition_too, two.lock_too, SOON);
    EVENTUALLY(count_waiters(two.condition) == WAITERS);
    CHECK(notify(&two, UINT32_MAX) == WAITERS);
    for (int i = 0; i < WAITERS; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    CHECK(notify(&two, UINT32_MAX) == 0);
}

TEST(a_notification_before_the_wait_is_nobodys)
{
    struct two two = two_peers(0);
    CHECK(notify(&two, 1) == 0);
    CHECK_STATUS(shoal_lock_acquire(two.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_condition_wait(two.condition, two.lock, shoal_deadline(0.02)), SHOAL_ETIMEDOUT);
}

static int take_and_notify(struct call *call)
{
    uint32_t notified;
    CHECK_STATUS(shoal_lock_acquire(call->lock, false, call->deadline), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, call->object, call->lock, 1), SHOAL_OK);
    CHECK(notified == 1);
    return shoal_lock_release(call->lock);
}

TEST(a_reentrant_lock_that_is_held_twice_is_let_go_and_held_twice_again)
{
    struct two two = two_peers(SHOAL_LOCK_REENTRANT);
    struct call call = {.lock = two.lock_too};
    for (int i = 0; i < 2; i++)
        CHECK_STATUS(shoal_lock_acquire(two.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&call, take_and_notify, two.condition_too, SOON); /* can only while this thread waits */
    CHECK_STATUS(shoal_condition_wait(two.condition, two.lock, SOON), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    CHECK_STATUS(shoal_condition_wait(two.condition, two.lock, shoal_deadline(0.01)), SHOAL_ETIMEDOUT);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(shoal_lock_acquire(two.lock_too, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
        CHECK_STATUS(shoal_lock_release(two.lock), SHOAL_OK);
    }
    CHECK_STATUS(shoal_lock_acquire(two.lock_too, false, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(mismatches_are_refused)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks"), *other = open_or_create(context, "other");
    shoal_object *lock = a_lock(context), *reentrant = a_reentrant_lock(context), *elsewhere, *again;
    shoal_object *condition = a_condition(context, lock);
    uint32_t notified;
    size_t length;
    CHECK_TEXT(shoal_condition_lock_name(condition, &length), "l");
    CHECK(length == 1);
    CHECK_STATUS(shoal_condition_lock(&again, condition), SHOAL_OK);
    CHECK(again == lock);
    CHECK_STATUS(shoal_condition_lock(&again, lock), SHOAL_ETYPE);
    CHECK_STATUS(shoal_condition_open(&again, segment, "c", 1, reentrant), SHOAL_EMISMATCH);
    CHECK(again == NULL && strstr(shoal_error_message(), "\"l\"") && strstr(shoal_error_message(), "\"r\""));
    CHECK_STATUS(shoal_condition_open(&again, segment, "c", 1, NULL), SHOAL_OK);
    CHECK(again == condition);
    CHECK_STATUS(shoal_condition_open(&again, segment, "none", 4, NULL), SHOAL_ENOKEY);
    CHECK_STATUS(shoal_lock_open(&elsewhere, other, "l", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_condition_open(&again, segment, "c2", 2, elsewhere), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_condition_open(&again, segment, "c2", 2, condition), SHOAL_ETYPE);
    CHECK(shoal_object_find(segment, "c2", 2) == SHOAL_ENOKEY);
    CHECK_STATUS(shoal_lock_acquire(reentrant, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(elsewhere, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_condition_wait(condition, reentrant, SHOAL_NO_WAIT), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_condition_notify(&notified, condition, elsewhere, 1), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_condition_notify(&notified, condition, condition, 1), SHOAL_ETYPE);
    CHECK_STATUS(shoal_condition_notify(&notified, lock, lock, 1), SHOAL_ETYPE);
}

TEST(a_condition_whose_lock_was_removed_is_a_mismatch)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *lock = a_lock(context), *condition = a_condition(context, lock), *again;
    uint32_t notified;
    CHECK_STATUS(shoal_object_remove(segment, "l", 1), SHOAL_OK);
    shoal_object *anew = a_lock(new_context());
    shoal_object *mine = a_lock(context);
    CHECK(mine != lock && anew != lock);
    CHECK_STATUS(shoal_condition_lock(&again, condition), SHOAL_EMISMATCH);
    CHECK(again == NULL && strstr(shoal_error_message(), "removed") != NULL);
    CHECK_STATUS(shoal_condition_open(&again, segment, "c", 1, mine), SHOAL_EMISMATCH);
    CHECK(strstr(shoal_error_message(), "removed") != NULL);
    CHECK_STATUS(shoal_lock_acquire(mine, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, condition, mine, 1), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK); /* who has the old one open may go on */
    CHECK_STATUS(shoal_condition_notify(&notified, condition, lock, 1), SHOAL_OK);
}

TEST(a_readonly_attach_cannot_wait_for_a_condition)
{
    struct two two = two_peers(0);
    shoal_object *seen, *lock;
    shoal_segment *readonly = open_readonly(new_context(), "locks");
    struct call call = {0};
    uint32_t notified;
    CHECK_STATUS(shoal_object_open(&seen, readonly, "c", 1), SHOAL_OK);
    CHECK_STATUS(shoal_object_open(&lock, readonly, "l", 1), SHOAL_OK);
    CHECK_STATUS(shoal_condition_wait(seen, lock, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_condition_notify(&notified, seen, lock, 1), SHOAL_EREADONLY);
    begin_waiting(&call, two.condition, two.lock, SOON);
    EVENTUALLY(count_waiters(seen) == 1);
    CHECK_TEXT(shoal_condition_lock_name(seen, NULL), "l");
    CHECK(notify(&two, 1) == 1);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
}

/* ---- Deadlines that race with notifications ---- */

struct race {
    struct two two;
    int woken; /* under the lock */
    _Atomic int stop;
};

static void *wait_briefly(void *argument)
{
    struct race *race = argument;
    while (!race->stop) {
        CHECK_STATUS(shoal_lock_acquire(race->two.lock_too, false, SOON), SHOAL_OK);
        int status = shoal_condition_wait(race->two.condition_too, race->two.lock_too, shoal_now() + 100000);
        CHECK(status == SHOAL_OK || status == SHOAL_ETIMEDOUT);
        race->woken += status == SHOAL_OK;
        CHECK_STATUS(shoal_lock_release(race->two.lock_too), SHOAL_OK);
    }
    return NULL;
}

TEST(a_notification_that_races_with_a_deadline_is_neither_lost_nor_doubled)
{
    struct race race = {.two = two_peers(0)};
    pthread_t threads[3];
    int notified = 0;
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, wait_briefly, &race) == 0);
    shoal_time end = shoal_deadline(1);
    while (shoal_now() < end)
        notified += (int)notify(&race.two, 1 + notified % 2);
    race.stop = 1;
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    printf("%d notified\n", notified);
    CHECK(notified > 0 && race.woken == notified);
}

/* ---- A queue of one place, by two conditions: no wake-up is lost ---- */

enum { ITEMS = 3000 };

struct place {
    shoal_object *lock, *full, *empty;
    volatile int64_t *word; /* 0: empty */
};

static void produce(void *argument)
{
    const struct place *it = argument;
    uint32_t notified;
    for (int i = 1; i <= ITEMS; i++) {
        CHECK_STATUS(shoal_lock_acquire(it->lock, false, SOON), SHOAL_OK);
        while (*it->word)
            CHECK_STATUS(shoal_condition_wait(it->empty, it->lock, SOON), SHOAL_OK);
        *it->word = i;
        CHECK_STATUS(shoal_condition_notify(&notified, it->full, it->lock, 1), SHOAL_OK);
        CHECK_STATUS(shoal_lock_release(it->lock), SHOAL_OK);
    }
}

TEST(a_queue_of_one_place_loses_nothing)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    struct place place = {.lock = a_lock(context)};
    uint32_t notified;
    int64_t sum = 0;
    pid_t producers[2];
    place.word = (volatile int64_t *)(void *)view_of(open_array(segment, "n", "int64", 1)).data;
    CHECK_STATUS(shoal_condition_open(&place.full, segment, "full", 4, place.lock), SHOAL_OK);
    CHECK_STATUS(shoal_condition_open(&place.empty, segment, "empty", 5, place.lock), SHOAL_OK);
    for (int i = 0; i < 2; i++)
        producers[i] = process(produce, &place);
    shoal_time start = shoal_now();
    for (int i = 0; i < 2 * ITEMS; i++) {
        CHECK_STATUS(shoal_lock_acquire(place.lock, false, SOON), SHOAL_OK);
        while (!*place.word)
            CHECK_STATUS(shoal_condition_wait(place.full, place.lock, SOON), SHOAL_OK);
        sum += *place.word;
        *place.word = 0;
        CHECK_STATUS(shoal_condition_notify(&notified, place.empty, place.lock, 1), SHOAL_OK);
        CHECK_STATUS(shoal_lock_release(place.lock), SHOAL_OK);
    }
    CHECK(seconds_since(start) < 15 && sum == (int64_t)ITEMS * (ITEMS + 1));
    for (int i = 0; i < 2; i++)
        join(producers[i]);
    check_sound(segment);
}

/* ---- As many as there is room for ---- */

TEST(more_waiters_than_a_condition_has_room_for_are_refused)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_object *lock, *condition;
    static shoal_wait waits[5000];
    bool notified;
    int begun = 0, status = SHOAL_OK;
    shoal_options_init(&options);
    options.size = 512 << 10; /* few slots */
    CHECK_STATUS(shoal_create(&segment, new_context(), "small", &options), SHOAL_OK);
    CHECK_STATUS(shoal_lock_open(&lock, segment, "l", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_condition_open(&condition, segment, "c", 1, lock), SHOAL_OK);
    while (status == SHOAL_OK) {
        CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(begun < 5000);
        status = shoal_condition_begin(&waits[begun], condition, lock, SHOAL_WAIT_TASK);
        begun += status == SHOAL_OK;
    }
    CHECK_STATUS(status, SHOAL_ENOSPACE);
    CHECK(begun >= 20 && shoal_lock_is_mine(lock)); /* refused: it was not let go */
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    shoal_wait_cancel(&waits[0]);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_condition_begin(&waits[0], condition, lock, SHOAL_WAIT_TASK), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    uint32_t count;
    CHECK_STATUS(shoal_condition_notify(&count, condition, lock, UINT32_MAX), SHOAL_OK);
    CHECK((int)count == begun);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    for (int i = 0; i < begun; i++) {
        CHECK_STATUS(shoal_wait_try(&waits[i]), SHOAL_OK);
        CHECK_STATUS(shoal_condition_end(&notified, &waits[i], SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(notified);
        CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    }
    check_sound(segment);
}
