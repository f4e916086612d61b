/* JobQueue: putting, taking, what becomes of jobs. What deaths leave is in job_deaths.c. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "jobs.h"

TEST(jobs_are_taken_by_priority_in_the_order_of_their_puts)
{
    shoal_object *a = a_queue(new_context()), *b = a_queue(new_context());
    put_job(a, "first", 0);
    put_job(a, "second", 0);
    put_job(a, "urgent", 3);
    put_job(b, "soon", 1);
    check_sizes(b, 4, 0, 0, 0);
    shoal_job urgent = took(b, "urgent"), soon = took(a, "soon"), first = took(b, "first"), second = took(b, "second");
    CHECK(urgent.number == 3 && soon.number == 4 && first.number == 1 && second.number == 2);
    CHECK(urgent.priority == 3 && first.attempt == 1);
    CHECK(first.put > 1.6e9 && second.put >= first.put);
    check_sizes(a, 0, 0, 4, 0);
    CHECK_STATUS(take_none(a), SHOAL_EEMPTY);
    shoal_job *all[] = {&urgent, &soon, &first, &second};
    for (int i = 0; i < 4; i++)
        CHECK_STATUS(shoal_job_done(all[i]), SHOAL_OK);
    check_sizes(a, 0, 0, 0, 0);
    CHECK(used_by(a) == 0);
    check_sound(a->segment);
}

TEST(messages_of_all_sizes_come_out_as_they_were_put)
{
    shoal_object *queue = a_queue(new_context());
    const size_t sizes[] = {0, 1, 8191, 8192, 8193, 32768, 65537, 262144, 500001};
    shoal_segment *segment = queue->segment;
    uint64_t before = shoal_segment_used(segment);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *bytes = message(sizes[i], (unsigned)i);
        CHECK_STATUS(shoal_job_queue_put(queue, bytes, sizes[i], 0, 0, SOON), SHOAL_OK);
        free(bytes);
    }
    check_sound(segment);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        shoal_job job;
        char *bytes = message(sizes[i], (unsigned)i);
        CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
        check_sound(segment);
        CHECK(job.size == sizes[i] && memcmp(job.bytes, bytes, job.size) == 0);
        CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
        free(bytes);
    }
    CHECK(used_by(queue) == 0 && shoal_segment_used(segment) == before);
    check_sound(segment);
}

TEST(what_cannot_be_put_is_refused_and_changes_nothing)
{
    shoal_object *queue = a_queue_with(new_context(), 100, 3, 0), *other;
    char bytes[101] = {0};
    shoal_job_queue_options options;
    CHECK_STATUS(shoal_job_queue_put(queue, bytes, 101, 0, 0, SOON), SHOAL_EVALUE);
    CHECK_STATUS(shoal_job_queue_put(queue, bytes, 1, 4, 0, SOON), SHOAL_EVALUE);
    CHECK_STATUS(shoal_job_queue_put(queue, bytes, 1, 0, -1, SOON), SHOAL_EVALUE);
    CHECK_STATUS(shoal_job_queue_put(a_lock(new_context()), bytes, 1, 0, 0, SOON), SHOAL_ETYPE);
    check_sizes(queue, 0, 0, 0, 0);
    const struct {
        shoal_job_queue_options options;
        int status;
    } wrong[] = {{{0, 3, 0, 0}, SHOAL_EVALUE},      {{1, 1000001, 0, 0}, SHOAL_EVALUE},
                 {{1, 1, 0, -1}, SHOAL_EVALUE},     {{UINT64_MAX, 1, 0, 0}, SHOAL_EVALUE},
                 {{101, 3, 0, 0}, SHOAL_EMISMATCH}, {{100, 2, 0, 0}, SHOAL_EMISMATCH},
                 {{100, 3, 0, 1}, SHOAL_EMISMATCH}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_STATUS(shoal_job_queue_open(&other, queue->segment, "jobs", 4, &wrong[i].options), wrong[i].status);
    CHECK_STATUS(shoal_job_queue_open(&other, queue->segment, "none", 4, NULL), SHOAL_ENOKEY);
    CHECK_STATUS(shoal_job_queue_open(&other, queue->segment, "jobs", 4, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_read_options(&options, other), SHOAL_OK);
    CHECK(options.capacity == 100 && options.attempts == 3 && options.lease == 0);
}

TEST(a_full_queue_takes_more_when_a_job_is_done)
{
    shoal_object *queue = a_queue_with(new_context(), 100, 3, 0);
    struct call call = {.object = queue, .deadline = SHOAL_NO_WAIT};
    CHECK_STATUS(call_put(&call), SHOAL_OK);
    CHECK_STATUS(call_put(&call), SHOAL_EFULL);
    CHECK(strstr(shoal_error_message(), "60 of 100") != NULL);
    shoal_job job;
    CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(call_put(&call), SHOAL_EFULL); /* what is taken counts */
    begin_call(&call, call_put, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    CHECK(!call.ended);
    CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    CHECK(call.seconds < 5 && used_by(queue) == 60);
    shoal_time start = shoal_now();
    CHECK_STATUS(in_a_thread(call_put, queue, shoal_deadline(0.05)), SHOAL_EFULL);
    CHECK(seconds_since(start) >= 0.05);
}

TEST(every_waiting_taker_gets_one_of_as_many_jobs)
{
    enum { TAKERS = 6 };
    shoal_object *queue = a_queue(new_context());
    struct call calls[TAKERS] = {0};
    for (int i = 0; i < TAKERS; i++)
        begin_call(&calls[i], call_take, queue, SOON);
    EVENTUALLY(count_waiters(queue) == TAKERS);
    for (int i = 0; i < TAKERS; i++)
        put_job(queue, "x", 0);
    for (int i = 0; i < TAKERS; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    check_sizes(queue, 0, 0, 0, 0);
}

TEST(a_job_that_is_given_back_is_the_next_and_dead_after_its_attempts)
{
    shoal_object *queue = a_queue(new_context());
    put_job(queue, "bad", 1);
    put_job(queue, "good", 1);
    for (uint32_t i = 1; i <= 3; i++) {
        shoal_job job = took(queue, "bad");
        CHECK(job.attempt == i);
        CHECK_STATUS(shoal_job_retry(&job, 0), SHOAL_OK);
        CHECK_STATUS(shoal_job_retry(&job, 0), SHOAL_ELOCK);
        CHECK_STATUS(shoal_job_done(&job), SHOAL_ELOCK);
        CHECK(!shoal_job_is_mine(&job));
    }
    check_sizes(queue, 1, 0, 0, 1);
    CHECK(count_of(queue, SHOAL_JOB_DEAD) == 1);
    CHECK(one_dead.number == 1 && one_dead.attempts == 3 && one_dead.end == SHOAL_JOB_RETRIED &&
          one_dead.priority == 1);
    CHECK(one_dead.pid == getpid() && one_dead.since > 1.6e9 && one_dead.size == 3);
    shoal_job good = took(queue, "good");
    CHECK_STATUS(shoal_job_done(&good), SHOAL_OK);
    CHECK(used_by(queue) == 3); /* the dead count */
    check_sound(queue->segment);
}

TEST(without_a_limit_a_job_is_tried_again_and_again)
{
    shoal_object *queue = a_queue_with(new_context(), 100, 0, 0);
    put_job(queue, "x", 0);
    for (int i = 0; i < 100; i++) {
        shoal_job job = took(queue, "x");
        CHECK_STATUS(shoal_job_retry(&job, 0), SHOAL_OK);
    }
    check_sizes(queue, 1, 0, 0, 0);
}

TEST(a_buried_job_is_dead_at_once_and_can_be_revived_or_dropped)
{
    shoal_object *queue = a_queue(new_context());
    uint64_t count;
    for (int i = 0; i < 3; i++) {
        put_job(queue, "x", 2);
        shoal_job job = took(queue, "x");
        CHECK_STATUS(shoal_job_bury(&job), SHOAL_OK);
        CHECK_STATUS(shoal_job_bury(&job), SHOAL_ELOCK);
    }
    CHECK(count_of(queue, SHOAL_JOB_DEAD) == 3 && one_dead.end == SHOAL_JOB_BURIED && one_dead.attempts == 1);
    CHECK_STATUS(shoal_job_queue_drop(&count, queue, 2), SHOAL_OK);
    CHECK(count == 1);
    CHECK_STATUS(shoal_job_queue_drop(&count, queue, 2), SHOAL_OK);
    CHECK(count == 0);
    CHECK_STATUS(shoal_job_queue_revive(&count, queue, 3), SHOAL_OK);
    CHECK(count == 1);
    check_sizes(queue, 1, 0, 0, 1);
    shoal_job job = took(queue, "x");
    CHECK(job.number == 3 && job.attempt == 1 && job.priority == 2);
    CHECK_STATUS(shoal_job_queue_revive(&count, queue, 3), SHOAL_OK); /* taken, and not dead */
    CHECK(count == 0);
    CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_revive(&count, queue, 0), SHOAL_OK);
    CHECK(count == 1);
    check_sizes(queue, 1, 0, 0, 0);
    check_sound(queue->segment);
}

TEST(a_delayed_job_is_ready_when_its_time_has_come)
{
    shoal_object *queue = a_queue(new_context());
    shoal_job job;
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_job_queue_put(queue, "later", 5, 3, 300 * SHOAL_MILLISECOND, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_put(queue, "soon", 4, 0, 150 * SHOAL_MILLISECOND, SOON), SHOAL_OK);
    check_sizes(queue, 0, 2, 0, 0);
    CHECK(count_of(queue, SHOAL_JOB_DELAYED) == 2 && one_dead.due > one_dead.put + 0.25 && one_dead.since == 0);
    CHECK_STATUS(take_none(queue), SHOAL_EEMPTY);
    CHECK_STATUS(shoal_job_queue_take(&job, queue, SOON), SHOAL_OK);
    CHECK(job.size == 4 && seconds_since(start) > 0.14);
    CHECK_STATUS(shoal_job_retry(&job, 300 * SHOAL_MILLISECOND), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_take(&job, queue, SOON), SHOAL_OK);
    CHECK(job.size == 5 && seconds_since(start) > 0.29);
    CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_take(&job, queue, SOON), SHOAL_OK);
    CHECK(job.size == 4 && job.attempt == 2 && seconds_since(start) > 0.44);
    check_sound(queue->segment);
}

TEST(a_sleeping_taker_is_told_of_a_job_that_is_ready_sooner)
{
    shoal_object *queue = a_queue(new_context());
    struct call call = {0};
    CHECK_STATUS(shoal_job_queue_put(queue, "much later", 10, 0, 3600 * (shoal_time)1000000000, SOON), SHOAL_OK);
    begin_call(&call, call_take, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    CHECK_STATUS(shoal_job_queue_put(queue, "soon", 4, 0, SHOAL_MILLISECOND, SOON), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    check_sizes(queue, 0, 1, 0, 0);
}

TEST(closing_the_queue_gives_its_jobs_back)
{
    shoal_context *context = new_context();
    shoal_object *mine = a_queue(context), *theirs = a_queue(new_context());
    put_job(theirs, "one", 0);
    put_job(theirs, "two", 0);
    took(mine, "one");
    took(mine, "two");
    CHECK(count_holders(theirs) == 1);
    CHECK_STATUS(take_none(theirs), SHOAL_EEMPTY);
    shoal_object_close(mine);
    check_sizes(theirs, 2, 0, 0, 0);
    CHECK(took(theirs, "one").attempt == 2);
    took(theirs, "two");
}

TEST(the_last_close_after_that_of_the_segment_gives_all_jobs_back)
{
    shoal_object *theirs = a_queue(new_context()), *mine = a_queue(new_context());
    put_job(theirs, "one", 0);
    took(mine, "one");
    shoal_context_free(mine->segment->context); /* it stays as long as the queue is open */
    check_sizes(theirs, 0, 0, 1, 0);
    shoal_object_close(mine);
    check_sizes(theirs, 1, 0, 0, 0);
}

static int call_take_and_keep(struct call *call)
{
    shoal_job job;
    return shoal_job_queue_take(&job, call->object, call->deadline);
}

TEST(the_end_of_a_request_gives_back_what_its_thread_took)
{
    shoal_context *context = new_context();
    shoal_object *mine = a_queue(context), *theirs = a_queue(new_context());
    put_job(mine, "one", 0);
    put_job(mine, "two", 0);
    shoal_job job = took(mine, "one");
    CHECK_STATUS(in_a_thread(call_take_and_keep, mine, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(shoal_context_abandon_locks(context, false) == 1);
    check_sizes(theirs, 1, 0, 1, 0);
    CHECK_STATUS(shoal_job_done(&job), SHOAL_ELOCK);
    CHECK(shoal_context_abandon_locks(context, true) == 1);
    check_sizes(theirs, 2, 0, 0, 0);
    CHECK(shoal_context_abandon_locks(context, true) == 0);
}

TEST(many_jobs_are_purged_dropped_and_revived)
{
    enum { MANY = 1000 };
    shoal_object *queue = a_queue(new_context());
    shoal_segment *segment = queue->segment;
    uint64_t count, before = shoal_segment_used(segment);
    char *large = message(20000, 1);
    for (int i = 0; i < MANY; i++)
        CHECK_STATUS(shoal_job_queue_put(queue, large, i % 50 ? 10 : 20000, (uint32_t)i % 4,
                                         i % 5 ? 0 : 3600 * (shoal_time)1000000000, SOON),
                     SHOAL_OK);
    check_sizes(queue, 800, 200, 0, 0);
    CHECK_STATUS(shoal_job_queue_purge(&count, queue), SHOAL_OK);
    CHECK(count == MANY && used_by(queue) == 0 && shoal_segment_used(segment) == before);
    for (int i = 0; i < MANY; i++) {
        shoal_job job;
        CHECK_STATUS(shoal_job_queue_put(queue, large, i % 50 ? 10 : 20000, 0, 0, SOON), SHOAL_OK);
        CHECK_STATUS(shoal_job_queue_take(&job, queue, SOON), SHOAL_OK);
        CHECK_STATUS(shoal_job_bury(&job), SHOAL_OK);
    }
    CHECK_STATUS(shoal_job_queue_revive(&count, queue, 0), SHOAL_OK);
    CHECK(count == MANY);
    check_sizes(queue, MANY, 0, 0, 0);
    check_sound(segment);
    CHECK_STATUS(shoal_job_queue_purge(&count, queue), SHOAL_OK);
    CHECK(count == MANY && shoal_segment_used(segment) == before);
    free(large);
}

static int stop_at_two(void *argument, const shoal_job_copy *copy)
{
    (void)copy;
    return ++*(int *)argument == 2 ? SHOAL_EVALUE : SHOAL_OK;
}

TEST(jobs_are_copied_without_being_taken)
{
    shoal_object *queue = a_queue(new_context());
    shoal_job_copy copy;
    int heard = 0;
    char *large = message(200000, 9);
    CHECK_STATUS(shoal_job_queue_peek(&copy, queue), SHOAL_EEMPTY);
    CHECK(copy.bytes == NULL);
    CHECK_STATUS(shoal_job_queue_put(queue, large, 200000, 0, 0, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_peek(&copy, queue), SHOAL_OK);
    CHECK(copy.size == 200000 && memcmp(copy.bytes, large, copy.size) == 0);
    CHECK(copy.state == SHOAL_JOB_READY && copy.attempts == 0 && copy.pid == 0 && copy.end == 0 && copy.since == 0);
    shoal_job_copy_free(&copy);
    shoal_job_copy_free(&copy);
    put_job(queue, "b", 2);
    put_job(queue, "c", 2);
    CHECK_STATUS(shoal_job_queue_peek(&copy, queue), SHOAL_OK);
    CHECK(copy.size == 1 && copy.number == 2);
    shoal_job_copy_free(&copy);
    took(queue, "b");
    CHECK(count_of(queue, SHOAL_JOB_TAKEN) == 1 && one_dead.pid == getpid() && one_dead.since > 1.6e9);
    CHECK(count_of(queue, SHOAL_JOB_READY) == 2 && one_dead.number == 1);
    CHECK(count_of(queue, SHOAL_JOB_READY | SHOAL_JOB_TAKEN | SHOAL_JOB_DEAD) == 3);
    CHECK_STATUS(shoal_job_queue_each(queue, UINT32_MAX, stop_at_two, &heard), SHOAL_EVALUE);
    CHECK(heard == 2);
    free(large);
}

static int call_join(struct call *call)
{
    return shoal_job_queue_join(call->object, call->deadline);
}

TEST(joining_waits_until_no_job_is_ready_delayed_or_taken)
{
    shoal_object *queue = a_queue(new_context()), *other = a_queue(new_context());
    struct call call = {0};
    CHECK_STATUS(shoal_job_queue_join(queue, SHOAL_NO_WAIT), SHOAL_OK);
    put_job(queue, "x", 0);
    CHECK_STATUS(shoal_job_queue_join(queue, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    shoal_job job = took(other, "x");
    begin_call(&call, call_join, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    CHECK_STATUS(shoal_job_retry(&job, SHOAL_MILLISECOND), SHOAL_OK);
    CHECK(!call.ended);
    CHECK_STATUS(shoal_job_queue_take(&job, other, SOON), SHOAL_OK);
    CHECK(!call.ended);
    CHECK_STATUS(shoal_job_bury(&job), SHOAL_OK); /* the dead are not waited for */
    CHECK_STATUS(end_call(&call), SHOAL_OK);
}

TEST(a_queue_that_is_shut_is_emptied_and_then_says_so)
{
    shoal_object *queue = a_queue_with(new_context(), 100, 3, 0);
    struct call taker = {0}, putter = {0};
    for (int i = 0; i < 2; i++)
        put_job(queue, "12345678901234567890123456789012345678901234567890", 0);
    begin_call(&putter, call_put, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    CHECK_STATUS(shoal_job_queue_shutdown(queue, false), SHOAL_OK);
    CHECK_STATUS(end_call(&putter), SHOAL_ESHUT);
    CHECK(putter.seconds < 5 && shoal_job_queue_is_shut(queue));
    CHECK_STATUS(call_put(&putter), SHOAL_ESHUT);
    shoal_job one, two;
    CHECK_STATUS(shoal_job_queue_take(&one, queue, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_take(&two, queue, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(take_none(queue), SHOAL_EEMPTY); /* it may be given back */
    begin_call(&taker, call_take, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    CHECK_STATUS(shoal_job_done(&one), SHOAL_OK);
    CHECK(!taker.ended);
    CHECK_STATUS(shoal_job_done(&two), SHOAL_OK);
    CHECK_STATUS(end_call(&taker), SHOAL_ESHUT);
    CHECK(taker.seconds < 5);
    CHECK_STATUS(take_none(queue), SHOAL_ESHUT);
    CHECK_STATUS(shoal_job_queue_join(queue, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_shutdown(queue, false), SHOAL_OK);
}

TEST(shut_immediately_it_drops_what_is_ready_and_buries_what_is_given_back)
{
    shoal_object *queue = a_queue(new_context());
    for (int i = 0; i < 4; i++)
        put_job(queue, "x", 0);
    shoal_job one = took(queue, "x"), two = took(queue, "x");
    CHECK_STATUS(shoal_job_queue_shutdown(queue, true), SHOAL_OK);
    check_sizes(queue, 0, 0, 2, 0);
    CHECK_STATUS(take_none(queue), SHOAL_ESHUT);
    CHECK_STATUS(shoal_job_done(&one), SHOAL_OK);
    CHECK_STATUS(shoal_job_retry(&two, 0), SHOAL_OK);
    check_sizes(queue, 0, 0, 0, 1);
    CHECK_STATUS(shoal_job_queue_shutdown(queue, false), SHOAL_OK); /* it stays as it is */
    CHECK_STATUS(take_none(queue), SHOAL_ESHUT);
}

TEST(a_readonly_attach_counts_and_takes_nothing)
{
    shoal_object *queue = a_queue(new_context()), *seen;
    shoal_job_copy copy;
    put_job(queue, "x", 0);
    put_job(queue, "y", 0);
    took(queue, "x");
    CHECK_STATUS(shoal_object_open(&seen, open_readonly(new_context(), "locks"), "jobs", 4), SHOAL_OK);
    check_sizes(seen, 1, 0, 1, 0);
    CHECK(used_by(seen) == 2 && count_holders(seen) == 1 && !shoal_job_queue_is_shut(seen));
    CHECK_STATUS(take_none(seen), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_job_queue_peek(&copy, seen), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_job_queue_join(seen, SHOAL_NO_WAIT), SHOAL_EREADONLY);
}

TEST(a_segment_without_room_refuses_a_job_and_nothing_is_lost)
{
    shoal_segment *segment;
    shoal_object *queue;
    shoal_options options;
    shoal_job_queue_options its = {1 << 30, 3, 0, 0};
    uint64_t put_small = 0, count;
    char *large = message(100000, 3);
    shoal_options_init(&options);
    options.size = 1 << 20;
    CHECK_STATUS(shoal_open_or_create(&segment, new_context(), "small", &options), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_open(&queue, segment, "jobs", 4, &its), SHOAL_OK);
    while (shoal_job_queue_put(queue, large, 100000, 0, 0, SHOAL_NO_WAIT) == SHOAL_OK)
        put_small++;
    CHECK_STATUS(shoal_job_queue_put(queue, large, 100000, 0, 0, SHOAL_NO_WAIT), SHOAL_ENOSPACE);
    CHECK(put_small > 4);
    while (shoal_job_queue_put(queue, large, 100, 0, 0, SHOAL_NO_WAIT) == SHOAL_OK)
        put_small++;
    CHECK_STATUS(shoal_job_queue_put(queue, large, 100, 0, 0, SHOAL_NO_WAIT), SHOAL_ENOSPACE);
    check_sizes(queue, put_small, 0, 0, 0);
    check_sound(segment);
    CHECK_STATUS(shoal_job_queue_purge(&count, queue), SHOAL_OK);
    CHECK(count == put_small);
    CHECK_STATUS(shoal_job_queue_put(queue, large, 100000, 0, 0, SHOAL_NO_WAIT), SHOAL_OK);
    free(large);
}

TEST(a_backup_has_all_jobs_that_are_not_done)
{
    shoal_context *context = new_context();
    shoal_object *queue = a_queue(context), *copy;
    shoal_segment *other;
    put_job(queue, "buried", 0);
    shoal_job job = took(queue, "buried");
    CHECK_STATUS(shoal_job_bury(&job), SHOAL_OK);
    put_job(queue, "taken", 0);
    took(queue, "taken");
    put_job(queue, "low", 0);
    put_job(queue, "high", 3);
    CHECK_STATUS(shoal_job_queue_put(queue, "later", 5, 0, 3600 * (shoal_time)1000000000, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_segment_backup(queue->segment, path_of("copy"), false), SHOAL_OK);
    CHECK_STATUS(shoal_open(&other, context, "copy", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_open(&copy, other, "jobs", 4, NULL), SHOAL_OK);
    check_sizes(copy, 3, 1, 0, 1);
    took(copy, "high");
    CHECK(count_of(copy, SHOAL_JOB_DEAD) == 1 && one_dead.size == 6);
    CHECK(count_of(copy, SHOAL_JOB_DELAYED) == 1 && one_dead.due > one_dead.put + 3000);
    check_sound(other);
}
