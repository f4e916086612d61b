/* JobQueue: who sleeps is woken, and not only at the end of a slice. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "jobs.h"

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
