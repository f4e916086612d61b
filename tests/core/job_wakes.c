/* JobQueue: who sleeps is woken, and not only at the end of a slice. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "jobs.h"
#include "store/jobs.h"

/*
 * A wake-up that is lost costs the rest of a slice of 20 ms, each time. So the best of ten rounds tells, on however busy a machine.
 */
static double least(double a, double b)
{
    return a < b ? a : b;
}

enum { TAKERS = 6 };

/* As many jobs are ready again, in one change after the other, of which one taker is told: it tells the next. */
TEST(every_waiting_taker_gets_one_of_as_many_jobs_soon)
{
    shoal_object *queue = a_queue(new_context());
    double best = 1;
    for (int round = 0; round < 10; round++) {
        struct call calls[TAKERS] = {0};
        uint64_t revived;
        for (int i = 0; i < TAKERS; i++) {
            put_job(queue, "x", 0);
            shoal_job job = took(queue, "x");
            CHECK_STATUS(shoal_job_bury(&job), SHOAL_OK);
        }
        for (int i = 0; i < TAKERS; i++)
            begin_call(&calls[i], call_take, queue, SOON);
        EVENTUALLY(count_waiters(queue) == TAKERS);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL); /* all sleep by now; their slices are over later */
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_job_queue_revive(&revived, queue, 0), SHOAL_OK);
        CHECK(revived == TAKERS);
        for (int i = 0; i < TAKERS; i++)
            CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
        best = least(best, seconds_since(start));
    }
    CHECK(best < 0.008);
}

TEST(a_full_queue_is_not_waited_for_longer_than_it_is_full)
{
    shoal_object *queue = a_queue_with(new_context(), 100, 0, 0);
    struct call call = {.object = queue, .deadline = SHOAL_NO_WAIT};
    double best = 1;
    CHECK_STATUS(call_put(&call), SHOAL_OK);
    for (int round = 0; round < 10; round++) {
        shoal_job job;
        CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
        begin_call(&call, call_put, queue, SOON);
        EVENTUALLY(count_waiters(queue) == 1);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
        CHECK_STATUS(end_call(&call), SHOAL_OK);
        best = least(best, seconds_since(start));
    }
    CHECK(best < 0.008);
}

/* Ends `count` jobs one after the other while somebody waits for room, and says how soon that one has put its own. */
static double seconds_to_put(shoal_object *queue, int count)
{
    struct call call = {0};
    begin_call(&call, call_put, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    shoal_time start = shoal_now();
    for (int i = 0; i < count; i++) {
        shoal_job job;
        CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    }
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    return seconds_since(start);
}

static void put_of_size(shoal_object *queue, size_t size)
{
    static const char bytes[40000];
    CHECK_STATUS(shoal_job_queue_put(queue, bytes, size, 0, 0, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_producer_is_told_when_half_of_the_capacity_is_free)
{
    double best = 1;
    for (int round = 0; round < 10; round++) {
        shoal_object *queue = a_queue_with(new_context(), 64000, 0, 0);
        for (int i = 0; i < 16; i++)
            put_of_size(queue, 4000);
        best = least(best, seconds_to_put(queue, 8));
        CHECK_STATUS(shoal_object_remove(queue->segment, "jobs", 4), SHOAL_OK);
    }
    CHECK(best < 0.008);
}

TEST(a_producer_is_told_at_once_when_a_large_message_went)
{
    double best = 1;
    for (int round = 0; round < 10; round++) {
        shoal_object *queue = a_queue_with(new_context(), 100000, 0, 0);
        put_of_size(queue, 20000);
        put_of_size(queue, 40000);
        put_of_size(queue, 40000);
        best = least(best, seconds_to_put(queue, 1));
        CHECK_STATUS(shoal_object_remove(queue->segment, "jobs", 4), SHOAL_OK);
    }
    CHECK(best < 0.008);
}

TEST(takers_of_a_shut_queue_are_told_of_its_end_at_once)
{
    double best = 1;
    shoal_segment *segment = a_queue(new_context())->segment;
    for (int round = 0; round < 10; round++) {
        struct call calls[4] = {0};
        shoal_job_queue_options options;
        shoal_object *queue;
        char name[2] = {(char)('a' + round)};
        shoal_job_queue_options_init(&options);
        CHECK_STATUS(shoal_job_queue_open(&queue, segment, name, 1, &options), SHOAL_OK);
        put_job(queue, "x", 0);
        shoal_job job = took(queue, "x");
        CHECK_STATUS(shoal_job_queue_shutdown(queue, false), SHOAL_OK);
        for (int i = 0; i < 4; i++)
            begin_call(&calls[i], call_take, queue, SOON);
        EVENTUALLY(count_waiters(queue) == 4);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
        for (int i = 0; i < 4; i++)
            CHECK_STATUS(end_call(&calls[i]), SHOAL_ESHUT);
        best = least(best, seconds_since(start));
    }
    CHECK(best < 0.008);
}

/* ---- One wake-up is on its way; the words tell what slices would hide ---- */

static shoal_wait a_waiting_taker(shoal_object *queue)
{
    shoal_wait wait;
    CHECK_STATUS(shoal_wait_begin(&wait, queue, SHOAL_WAIT_GET, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    return wait;
}

TEST(who_gives_up_waiting_for_a_job_passes_the_wake_up_on)
{
    shoal_object *queue = a_queue(new_context());
    struct job_queue_sh *words = queue->body;
    shoal_wait first = a_waiting_taker(queue), second = a_waiting_taker(queue);
    uint32_t before = load_relaxed(&words->items);
    CHECK(before & 1);
    put_job(queue, "x", 0);
    CHECK(load_relaxed(&words->items) == before + 1); /* told, and the mark taken out */
    shoal_wait_cancel(&first);
    CHECK(load_relaxed(&words->items) == before + 3); /* told again */
    CHECK_STATUS(shoal_wait_try(&second), SHOAL_OK);
    CHECK(load_relaxed(&words->items) == before + 4); /* the mark for who else sleeps */
}

TEST(a_shutdown_tells_takers_also_while_a_wake_up_is_on_its_way)
{
    shoal_object *queue = a_queue(new_context());
    struct job_queue_sh *words = queue->body;
    shoal_wait first = a_waiting_taker(queue), second = a_waiting_taker(queue);
    put_job(queue, "x", 0);
    shoal_job job = took(queue, "x");
    CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    uint32_t before = load_relaxed(&words->items);
    CHECK(!(before & 1));
    CHECK_STATUS(shoal_job_queue_shutdown(queue, false), SHOAL_OK);
    CHECK(load_relaxed(&words->items) != before);
    CHECK_STATUS(shoal_wait_try(&first), SHOAL_ESHUT);
    CHECK_STATUS(shoal_wait_try(&second), SHOAL_ESHUT);
}
