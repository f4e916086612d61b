/* Cycles through several segments, beside many who wait for other things, and those that dissolve while they are looked for. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

#include "segment/cycle.h"
#include "segment/places.h"
#include "segment/waiting.h"

enum { TOLD, ENTERED, WRONG };

static shoal_object *lock_in(shoal_context *context, const char *segment)
{
    shoal_object *lock;
    CHECK_STATUS(shoal_lock_open(&lock, open_or_create(context, segment), "l", 1, 0), SHOAL_OK);
    return lock;
}

/* ---- Through several segments ---- */

struct party {
    struct board *board;
    const char *own, *next;
    const char *also[2]; /* attached, and not used */
    int parties, idle;
};

static void be_idle(shoal_context *context, int threads)
{
    static struct call calls[400];
    shoal_object *event = an_event(context);
    for (int i = 0; i < threads; i++)
        begin_call(&calls[i], call_event, event, SHOAL_FOREVER);
    EVENTUALLY(count_waiters(event) >= (size_t)threads);
}

static void take_both(void *argument)
{
    const struct party *it = argument;
    shoal_context *context = new_context();
    alarm(20); /* if nobody is told */
    shoal_object *own = lock_in(context, it->own), *next = lock_in(context, it->next);
    for (int i = 0; i < 2 && it->also[i]; i++)
        open_or_create(context, it->also[i]);
    if (it->idle)
        be_idle(context, it->idle);
    CHECK_STATUS(shoal_lock_acquire(own, false, SOON), SHOAL_OK);
    atomic_fetch_add(&it->board->step, 1);
    EVENTUALLY(it->board->step == it->parties);
    int status = shoal_lock_acquire(next, false, SHOAL_FOREVER);
    atomic_fetch_add(&it->board->count[status == SHOAL_ELOCK ? TOLD : status == SHOAL_OK ? ENTERED : WRONG], 1);
    if (status == SHOAL_ELOCK && strcmp(it->own, it->next))
        CHECK(strstr(shoal_error_message(), "of segment"));
    if (status == SHOAL_OK)
        CHECK_STATUS(shoal_lock_release(next), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(own), SHOAL_OK);
}

/* Exactly one is told, whoever has the highest number. */
static void one_is_told(struct party *parties, int count)
{
    pid_t children[4];
    struct board *board = new_board();
    new_context();
    for (int i = 0; i < count; i++) {
        parties[i].board = board;
        parties[i].parties = count;
        children[i] = process(take_both, &parties[i]);
    }
    for (int i = 0; i < count; i++)
        join(children[i]);
    CHECK(board->count[WRONG] == 0 && board->count[TOLD] == 1 && board->count[ENTERED] == count - 1);
    munmap(board, sizeof *board);
}

TEST(a_cycle_through_two_segments_is_found)
{
    for (int round = 0; round < 4; round++)
        one_is_told((struct party[]){{.own = "locks", .next = "more"}, {.own = "more", .next = "locks"}}, 2);
}

/* Only one of the three has all of it, so it is the one, though another may have the higher number. */
TEST(who_sees_the_whole_of_a_cycle_gives_way)
{
    for (int round = 0; round < 6; round++)
        one_is_told((struct party[]){{.own = "a", .next = "b", .also = {"c"}},
                                     {.own = "b", .next = "c"},
                                     {.own = "c", .next = "a"}},
                    3);
}

/* ---- Beside many ---- */

static void beside(int idle)
{
    one_is_told((struct party[]){{.own = "locks", .next = "more", .idle = idle},
                                 {.own = "more", .next = "locks", .idle = idle}},
                2);
}

TEST(a_cycle_beside_hundreds_of_waiting_threads_is_found)
{
    beside(40);
    beside(400);
}

static shoal_object *lock_of(shoal_context *context, const char *name)
{
    shoal_object *lock;
    CHECK_STATUS(shoal_lock_open(&lock, open_or_create(context, "locks"), name, strlen(name), 0), SHOAL_OK);
    return lock;
}

static void fill_up(shoal_segment *segment)
{
    char name[16], bytes[4000] = {0};
    size_t size = sizeof bytes;
    for (int i = 0; size > 0; i++) {
        snprintf(name, sizeof name, "v%d", i);
        if (put(segment, name, bytes, size) == SHOAL_ENOSPACE)
            size /= 2;
    }
}

struct both {
    shoal_object *own, *next;
    _Atomic int *holding;
    int status;
};

static void *take_in_turn(void *argument)
{
    struct both *it = argument;
    CHECK_STATUS(shoal_lock_acquire(it->own, false, SOON), SHOAL_OK);
    atomic_fetch_add(it->holding, 1);
    EVENTUALLY(*it->holding == 2);
    it->status = shoal_lock_acquire(it->next, false, SHOAL_FOREVER);
    if (it->status == SHOAL_OK)
        CHECK_STATUS(shoal_lock_release(it->next), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(it->own), SHOAL_OK);
    return NULL;
}

/* There is no memory for more places: those of the record that are kept for locks are enough for two. */
TEST(a_cycle_beside_waiting_threads_is_found_in_a_full_segment)
{
    shoal_context *context = new_context();
    shoal_object *a = lock_of(context, "a"), *b = lock_of(context, "b"), *event = an_event(context);
    _Atomic int holding = 0;
    struct both both[] = {{a, b, &holding, 0}, {b, a, &holding, 0}};
    struct call calls[9] = {0};
    pthread_t threads[2];
    alarm(20);
    fill_up(open_or_create(context, "locks"));
    for (int i = 0; i < 9; i++)
        begin_call(&calls[i], call_event, event, SHOAL_FOREVER);
    EVENTUALLY(count_waiters(event) == 2); /* one, and one that says that there are more */
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, take_in_turn, &both[i]) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK((both[0].status == SHOAL_ELOCK) + (both[1].status == SHOAL_ELOCK) == 1);
    CHECK_STATUS(shoal_event_set(event), SHOAL_OK);
    for (int i = 0; i < 9; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
}

/* ---- Rings that dissolve ---- */

/* Who finds the same wait in it twice tells by the count whether it was one. */
TEST(a_place_counts_the_waits_that_ended_in_it)
{
    shoal_object *lock = lock_of(new_context(), "a");
    uint32_t place = shoal__start_waiting(lock, NOTED_CYCLE, 0, false);
    const struct wait_sh *it = shoal__place(lock->segment, place);
    uint32_t changes = it->changes;
    CHECK(it->object == lock->entry);
    shoal__stop_waiting(lock, place);
    CHECK(it->object == 0 && it->changes == changes + 1);
    CHECK(shoal__start_waiting(lock, NOTED_CYCLE, 0, false) == place && it->changes == changes + 1);
    shoal__stop_waiting(lock, place);
}

struct flipping {
    shoal_object *holds, *wants;
    _Atomic int *end;
};

/* It holds the one, or waits for the other, and never both at once; each so often that every look meets all of it. */
static void *hold_or_wait(void *argument)
{
    struct flipping *it = argument;
    while (!*it->end) {
        CHECK_STATUS(shoal_lock_acquire(it->holds, false, SHOAL_FOREVER), SHOAL_OK);
        CHECK_STATUS(shoal_lock_release(it->holds), SHOAL_OK);
        uint32_t place = shoal__start_waiting(it->wants, NOTED_CYCLE, 0, false);
        CHECK(place);
        shoal__stop_waiting(it->wants, place);
    }
    return NULL;
}

TEST(nobody_is_told_of_a_ring_that_is_never_whole)
{
    shoal_context *contexts[] = {new_context(), new_context()};
    shoal_object *ours = lock_of(contexts[0], "a"), *theirs = lock_of(contexts[0], "b");
    _Atomic int end = 0;
    struct flipping flipping = {lock_of(contexts[1], "b"), lock_of(contexts[1], "a"), &end};
    pthread_t thread;
    CHECK_STATUS(shoal_lock_acquire(ours, false, SHOAL_NO_WAIT), SHOAL_OK);
    uint32_t place = shoal__start_waiting(theirs, NOTED_CYCLE, 0, false);
    CHECK(pthread_create(&thread, NULL, hold_or_wait, &flipping) == 0);
    for (shoal_time until = shoal_deadline(2); shoal_now() < until;)
        CHECK_STATUS(shoal__look_for_cycle(theirs), SHOAL_OK);
    end = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    shoal__stop_waiting(theirs, place);
    CHECK_STATUS(shoal_lock_release(ours), SHOAL_OK);
}

struct ring {
    shoal_object *own, *next;
    pthread_barrier_t *start;
    int number, size;
};

enum { DISSOLVE_ROUNDS = 12 };

/* A ring that is whole for some slices, and would be one for ever if the one with a deadline had none. */
static void *take_and_let_go(void *argument)
{
    struct ring *it = argument;
    for (int round = 0; round < DISSOLVE_ROUNDS; round++) {
        CHECK_STATUS(shoal_lock_acquire(it->own, false, SHOAL_FOREVER), SHOAL_OK);
        pthread_barrier_wait(it->start);
        bool gives_up = round % it->size == it->number;
        int status =
            shoal_lock_acquire(it->next, false, gives_up ? shoal_deadline(0.03 + 0.01 * (round % 7)) : SHOAL_FOREVER);
        CHECK(status == SHOAL_OK || (gives_up && status == SHOAL_ETIMEDOUT));
        if (status == SHOAL_OK)
            CHECK_STATUS(shoal_lock_release(it->next), SHOAL_OK);
        CHECK_STATUS(shoal_lock_release(it->own), SHOAL_OK);
        pthread_barrier_wait(it->start);
    }
    return NULL;
}

TEST(nobody_is_told_of_a_ring_that_one_leaves)
{
    enum { SIZE = 5 };
    struct ring ring[SIZE];
    pthread_t threads[SIZE];
    pthread_barrier_t start;
    char own[8], next[8];
    pthread_barrier_init(&start, NULL, SIZE);
    for (int i = 0; i < SIZE; i++) {
        shoal_context *context = new_context();
        snprintf(own, sizeof own, "l%d", i);
        snprintf(next, sizeof next, "l%d", (i + 1) % SIZE);
        ring[i] = (struct ring){lock_of(context, own), lock_of(context, next), &start, i, SIZE};
        CHECK(pthread_create(&threads[i], NULL, take_and_let_go, &ring[i]) == 0);
    }
    for (int i = 0; i < SIZE; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Who waits for a lock whose owner is in a circle that it is not part of itself: looked for, and nobody's but theirs. */
TEST(who_waits_for_one_of_a_cycle_is_not_told)
{
    shoal_context *contexts[] = {new_context(), new_context(), new_context()};
    shoal_object *a = lock_of(contexts[0], "a"), *b = lock_of(contexts[1], "b"), *theirs = lock_of(contexts[2], "a");
    CHECK_STATUS(shoal_lock_acquire(a, false, SHOAL_NO_WAIT), SHOAL_OK);
    _Atomic int holding = 1;
    struct both other = {b, lock_of(contexts[1], "a"), &holding, 0};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, take_in_turn, &other) == 0);
    EVENTUALLY(count_waiters(a) == 1);
    struct call call = {0};
    begin_call(&call, call_acquire, theirs, SHOAL_FOREVER);
    EVENTUALLY(count_waiters(a) == 2); /* before there is a cycle: one of the two may be told, and gone, 20 ms later */
    shoal_object *wanted = lock_of(contexts[0], "b");
    uint32_t place = shoal__start_waiting(wanted, NOTED_CYCLE, 0, false); /* a cycle of the two, from here on */
    EVENTUALLY(other.status == SHOAL_ELOCK ||
               shoal__look_for_cycle(wanted) == SHOAL_ELOCK); /* one of the two gives way */
    shoal__stop_waiting(wanted, place);
    CHECK_STATUS(shoal_lock_release(a), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    CHECK_STATUS(in_a_thread(call_release, theirs, SOON), SHOAL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
}
