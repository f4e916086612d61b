/* JobQueue: what becomes of the jobs of workers that die, are stopped, or are late; removal, and damage. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "jobs.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "store/jobs.h"

TEST(the_job_of_a_killed_worker_is_taken_by_the_next_at_once)
{
    shoal_object *queue = a_queue(new_context());
    char *large = message(100000, 5);
    shoal_job job;
    put_job(queue, "one", 0);
    put_job(queue, "two", 0);
    CHECK_STATUS(shoal_job_queue_put(queue, large, 100000, 3, 0, SOON), SHOAL_OK);
    die_after(take_and_leave, NULL);
    check_sizes(queue, 3, 0, 0, 0); /* who looks finds it */
    die_after(take_and_leave, NULL);
    CHECK(took(queue, "one").attempt == 1); /* there was one: nobody looked for the dead */
    took(queue, "two");
    CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(job.attempt == 3 && job.size == 100000 && memcmp(job.bytes, large, job.size) == 0);
    CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    check_sound(queue->segment);
    free(large);
}

/* There is always another job, so nobody looks because there is none. */
TEST(the_job_of_a_killed_worker_is_found_in_a_queue_that_is_never_empty)
{
    shoal_object *queue = a_queue(new_context());
    shoal_time end = SOON;
    shoal_job job = {0};
    for (int i = 0; i < 3; i++)
        put_job(queue, "x", 0);
    die_after(take_and_leave, NULL);
    while (job.attempt != 2) {
        CHECK(shoal_now() < end);
        CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(job.number == 1 || job.attempt == 1);
        if (job.number == 1)
            break;
        CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
        put_job(queue, "x", 0);
        nap();
    }
    CHECK(job.number == 1 && job.attempt == 2);
}

static void take_and_tell(void *argument)
{
    struct board *board = argument;
    take_and_leave(NULL);
    board->count[0] = getpid();
}

TEST(after_its_attempts_the_job_of_killed_workers_is_dead_and_says_who_died)
{
    shoal_object *queue = a_queue(new_context());
    struct board *board = new_board();
    uint64_t count;
    put_job(queue, "x", 0);
    for (int i = 0; i < 3; i++)
        die_after(take_and_tell, board);
    check_sizes(queue, 0, 0, 0, 1);
    CHECK(count_of(queue, SHOAL_JOB_DEAD) == 1 && one_dead.end == SHOAL_JOB_DIED && one_dead.attempts == 3);
    CHECK(one_dead.pid == board->count[0] && one_dead.since >= one_dead.put && one_dead.since > 1.6e9);
    CHECK_STATUS(shoal_job_queue_revive(&count, queue, 0), SHOAL_OK);
    CHECK(took(queue, "x").attempt == 1);
}

static void take_and_hang(void *argument)
{
    struct board *board = argument;
    take_and_leave(NULL);
    board->step = 1;
    for (;;)
        pause();
}

static pid_t a_worker(struct board *board)
{
    board->step = 0;
    pid_t worker = process(take_and_hang, board);
    EVENTUALLY(board->step);
    return worker;
}

static int call_get(struct call *call)
{
    shoal_wait wait;
    int status = shoal_wait_begin(&wait, call->object, SHOAL_WAIT_GET, 0, 0);
    return status < 0 ? status : shoal_wait_until(&wait, call->deadline);
}

TEST(who_waits_gets_the_job_of_a_worker_that_is_killed_meanwhile)
{
    int (*ways[])(struct call *) = {call_get, call_take};
    shoal_object *queue = a_queue(new_context());
    put_job(queue, "x", 0);
    for (int i = 0; i < 2; i++) {
        struct call call = {0};
        pid_t worker = a_worker(new_board());
        begin_call(&call, ways[i], queue, SOON);
        EVENTUALLY(count_waiters(queue) == 1);
        nap();
        CHECK(!call.ended);
        kill_now(worker);
        shoal_time start = shoal_now();
        CHECK_STATUS(end_call(&call), SHOAL_OK);
        CHECK(seconds_since(start) < 2);
    }
    check_sizes(queue, 0, 0, 0, 0);
}

static int call_join(struct call *call)
{
    return shoal_job_queue_join(call->object, call->deadline);
}

/* The worker dies with the last attempt: nothing is left to wait for. */
TEST(who_joins_is_told_when_the_last_job_dies_with_its_worker)
{
    shoal_object *queue = a_queue(new_context());
    struct call call = {0};
    put_job(queue, "x", 0);
    for (int i = 0; i < 2; i++)
        die_after(take_and_leave, NULL);
    pid_t worker = a_worker(new_board());
    begin_call(&call, call_join, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    kill_now(worker);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    check_sizes(queue, 0, 0, 0, 1);
}

static void take_all_and_leave(void *argument)
{
    (void)argument;
    shoal_object *queue = a_queue(new_context());
    for (int i = 0; i < 100; i++)
        CHECK_STATUS(call_take(&(struct call){.object = a_lock(new_context())}), SHOAL_ETYPE);
    shoal_job job;
    while (shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT) == SHOAL_OK) {
    }
}

TEST(all_jobs_of_a_killed_worker_come_back_in_their_order)
{
    shoal_object *queue = a_queue(new_context());
    char text[20];
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "%d", i);
        put_job(queue, text, 0);
    }
    die_after(take_all_and_leave, NULL);
    check_sizes(queue, 300, 0, 0, 0);
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "%d", i);
        shoal_job job = took(queue, text);
        CHECK(job.attempt == 2);
        CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    }
    check_sound(queue->segment);
}

static void be_stopped(pid_t child)
{
    int status;
    CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
}

TEST(a_stopped_worker_keeps_its_job)
{
    shoal_object *queue = a_queue(new_context());
    shoal_job job;
    put_job(queue, "x", 0);
    pid_t worker = a_worker(new_board());
    be_stopped(worker);
    CHECK_STATUS(shoal_job_queue_take(&job, queue, shoal_deadline(0.3)), SHOAL_EEMPTY);
    check_sizes(queue, 0, 0, 1, 0);
    kill_now(worker);
    took(queue, "x");
}

TEST(a_lease_gives_the_job_of_a_late_worker_to_another)
{
    shoal_context *context = new_context();
    shoal_object *late = a_queue_with(context, 1 << 20, 3, 0.2), *other = a_queue_with(new_context(), 1 << 20, 3, 0.2);
    shoal_job again;
    put_job(late, "x", 0);
    shoal_job job = took(late, "x");
    shoal_time start = shoal_now();
    CHECK_STATUS(take_none(other), SHOAL_EEMPTY);
    CHECK_STATUS(shoal_job_queue_take(&again, other, SOON), SHOAL_OK);
    CHECK(again.attempt == 2 && seconds_since(start) > 0.15);
    CHECK(!shoal_job_is_mine(&job));
    CHECK_STATUS(shoal_job_done(&job), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "lease") != NULL);
    check_sizes(other, 0, 0, 1, 0);
    CHECK_STATUS(shoal_job_queue_take(&again, late, SOON), SHOAL_OK); /* and late again, the last time */
    CHECK(count_of(late, SHOAL_JOB_TAKEN) == 1 && one_dead.end == SHOAL_JOB_LATE);
    EVENTUALLY(count_of(other, SHOAL_JOB_DEAD) == 1);
    CHECK(one_dead.end == SHOAL_JOB_LATE && one_dead.pid == getpid());
    CHECK_STATUS(shoal_job_retry(&again, 0), SHOAL_ELOCK);
}

/* A job that was lost, whose memory another job has by now: it is not taken for the old one. */
TEST(what_lies_where_a_lost_job_lay_is_not_taken_for_it)
{
    shoal_context *context = new_context();
    shoal_object *late = a_queue_with(context, 1 << 20, 0, 0.05),
                 *other = a_queue_with(new_context(), 1 << 20, 0, 0.05);
    put_job(late, "x", 0);
    shoal_job job = took(late, "x"), again;
    CHECK_STATUS(shoal_job_queue_take(&again, other, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_job_done(&again), SHOAL_OK);
    CHECK_STATUS(shoal_job_done(&job), SHOAL_ELOCK);
    put_job(late, "y", 0);
    job = took(late, "y");
    shoal_job old = job;
    CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    uint32_t ref; /* somebody's, who has not written there yet */
    shoal__lock(late->segment);
    CHECK_STATUS(shoal__alloc_locked(late->segment, sizeof(struct job_sh) + 1, &ref), SHOAL_OK);
    CHECK(shoal__at(late->segment, shoal__offset(late->segment, ref) + sizeof(struct job_sh)) == old.bytes);
    CHECK(!shoal_job_is_mine(&old));
    shoal__abort(late->segment);
    shoal__unlock(late->segment);
    put_job(late, "z", 0);
    job = took(late, "z");
    CHECK(job.bytes == old.bytes); /* else this shows nothing */
    CHECK(!shoal_job_is_mine(&old));
    CHECK_STATUS(shoal_job_done(&old), SHOAL_ELOCK);
    CHECK(shoal_job_is_mine(&job));
}

struct family {
    shoal_object *queue;
    shoal_job job;
};

static void have_none(void *argument)
{
    struct family *family = argument;
    CHECK(!shoal_job_is_mine(&family->job) && count_holders(family->queue) == 1);
    CHECK_STATUS(shoal_job_done(&family->job), SHOAL_ELOCK);
    CHECK_STATUS(take_none(family->queue), SHOAL_EEMPTY);
    CHECK(shoal_context_abandon_locks(family->queue->segment->context, true) == 0);
    shoal_object_close(family->queue);
}

TEST(a_forked_child_has_none_of_the_jobs)
{
    struct family family = {.queue = a_queue(new_context())};
    put_job(family.queue, "x", 0);
    family.job = took(family.queue, "x");
    join(in_child(have_none, &family));
    die_after(have_none, &family);
    check_sizes(family.queue, 0, 0, 1, 0);
    CHECK(shoal_job_is_mine(&family.job));
    CHECK_STATUS(shoal_job_done(&family.job), SHOAL_OK);
}

/* Then a peer is in the slot of the dead, with the same 16 bits of incarnation: as 65,536 claims later. */
static void take_and_say_who(void *argument)
{
    struct board *board = argument;
    shoal_object *queue = a_queue(new_context());
    shoal_job job;
    board->count[0] = queue->segment->slot;
    board->count[1] = queue->segment->party.me;
    CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(the_job_of_a_user_of_old_is_not_taken_for_the_present_users)
{
    struct board *board = new_board();
    shoal_object *queue = a_queue(new_context());
    put_job(queue, "x", 0);
    die_after(take_and_say_who, board);
    uint32_t slot = (uint32_t)board->count[0], me = (uint32_t)board->count[1];
    store_relaxed(&shoal__peer(queue->segment, slot)->incarnation, (me & MUTEX_INCARNATION) >> 12 | 0xffff);
    store_relaxed(&shoal__header(queue->segment)->slot_cursor, slot);
    shoal_object *later = a_queue(new_context());
    CHECK(later->segment->slot == slot && later->segment->party.me == me); /* else this shows nothing */
    CHECK(count_holders(queue) == 0);
    CHECK(took(later, "x").attempt == 2);
    check_sound(queue->segment);
}

/* ---- Removal ---- */

TEST(a_queue_of_which_somebody_has_a_job_keeps_its_name)
{
    shoal_object *mine = a_queue(new_context()), *theirs = a_queue(new_context());
    put_job(mine, "x", 0);
    shoal_job job = took(theirs, "x");
    CHECK_STATUS(shoal_object_remove(mine->segment, "jobs", 4), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "has a job of") != NULL);
    CHECK_STATUS(shoal_job_retry(&job, 0), SHOAL_OK);
    die_after(take_and_leave, NULL);
    CHECK_STATUS(shoal_object_remove(mine->segment, "jobs", 4), SHOAL_OK); /* the dead are not in the way */
    took(theirs, "x");                                                     /* who has it open uses it still */
    check_sound(mine->segment);
}

TEST(all_memory_of_a_removed_queue_goes_back)
{
    shoal_object_close(a_queue(new_context())); /* a segment with room */
    shoal_segment *segment = a_lock(new_context())->segment;
    char *large = message(300000, 2);
    shoal_job job;
    CHECK_STATUS(shoal_object_remove(segment, "jobs", 4), SHOAL_OK);
    uint64_t before = shoal_segment_used(segment);
    for (int close_first = 0; close_first < 2; close_first++) {
        shoal_object *queue = a_queue_with(new_context(), 32 << 20, 3, 0);
        for (int i = 0; i < 500; i++)
            CHECK_STATUS(shoal_job_queue_put(queue, large, i % 10 ? 100 : 300000 - i, 0, i % 3 ? 0 : 1000000000, SOON),
                         SHOAL_OK);
        CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
        if (close_first)
            shoal_object_close(queue);
        check_sound(segment);
        if (!close_first)
            CHECK_STATUS(shoal_job_queue_shutdown(queue, false), SHOAL_OK);
        CHECK_STATUS(shoal_object_remove(segment, "jobs", 4), close_first ? SHOAL_OK : SHOAL_ELOCK);
        if (!close_first) {
            shoal_object_close(queue); /* the jobs are given back, and the queue has others still */
            CHECK_STATUS(shoal_object_remove(segment, "jobs", 4), SHOAL_OK);
        }
        check_sound(segment);
    }
    free(large);
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.removed == 0 && shoal_segment_used(segment) == before);
}

TEST(the_last_close_of_a_removed_queue_frees_all_of_it)
{
    shoal_object *keeper = a_lock(new_context()), *queue = a_queue(new_context());
    shoal_segment *segment = keeper->segment;
    char *large = message(300000, 2);
    for (int i = 0; i < 200; i++)
        CHECK_STATUS(shoal_job_queue_put(queue, large, i == 100 ? 300000 : 100, 0, 0, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_object_remove(segment, "jobs", 4), SHOAL_OK);
    CHECK(shoal__header(segment)->removed == 1 && used_by(queue) == 300000 + 19900);
    uint64_t before = shoal_segment_used(segment);
    shoal_object_close(queue);
    CHECK(shoal__header(segment)->removed == 0 && shoal_segment_used(segment) < before - 300000);
    check_sound(segment);
    free(large);
}

/* ---- A lock whose holder makes no progress ---- */

static void hold_the_structure(void *argument)
{
    struct board *board = argument;
    shoal__lock(a_lock(new_context())->segment);
    board->step = 1;
    for (;;)
        pause();
}

TEST(who_waits_beside_a_stopped_holder_of_the_lock_waits_no_longer_than_its_deadline)
{
    struct board *board = new_board();
    shoal_object *queue = a_queue(new_context());
    char *large = message(100000, 2);
    shoal_job job;
    put_job(queue, "x", 0);
    pid_t holder = process(hold_the_structure, board);
    EVENTUALLY(board->step);
    be_stopped(holder);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_job_queue_put(queue, "x", 1, 0, 0, SHOAL_NO_WAIT), SHOAL_EFULL);
    CHECK(strstr(shoal_error_message(), "stopped") != NULL);
    CHECK_STATUS(shoal_job_queue_take(&job, queue, shoal_deadline(0.1)), SHOAL_EEMPTY);
    CHECK(strstr(shoal_error_message(), "stopped") != NULL);
    CHECK_STATUS(shoal_job_queue_put(queue, large, 100000, 0, 0, shoal_deadline(0.1)), SHOAL_EFULL);
    CHECK_STATUS(shoal_job_queue_join(queue, shoal_deadline(0.1)), SHOAL_ETIMEDOUT);
    CHECK(seconds_since(start) >= 0.3 && seconds_since(start) < 3);
    kill_now(holder);
    took(queue, "x");
    CHECK_STATUS(shoal_job_queue_put(queue, large, 100000, 0, 0, SHOAL_NO_WAIT), SHOAL_OK);
    check_sound(queue->segment);
    free(large);
}

TEST(who_only_looks_waits_for_no_stopped_holder_of_the_lock)
{
    struct board *board = new_board();
    shoal_object *queue = a_queue(new_context());
    shoal_job_sizes sizes;
    shoal_job_copy copy;
    for (int i = 0; i < 100; i++)
        put_job(queue, "x", 0);
    shoal_job job = took(queue, "x");
    pid_t holder = process(hold_the_structure, board);
    EVENTUALLY(board->step);
    be_stopped(holder);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_job_queue_sizes(&sizes, queue), SHOAL_OK);
    CHECK(sizes.ready == 99 && sizes.taken == 1);
    CHECK_STATUS(shoal_job_queue_peek(&copy, queue), SHOAL_OK);
    CHECK(copy.size == 1 && copy.number == 2);
    shoal_job_copy_free(&copy);
    CHECK(count_of(queue, SHOAL_JOB_READY | SHOAL_JOB_TAKEN) == 100);
    CHECK(seconds_since(start) < 1);
    kill_now(holder);
    CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
    check_sound(queue->segment);
}

/* ---- Damage ---- */

TEST(a_wrong_link_or_size_of_a_job_is_found_and_nothing_is_done_by_it)
{
    shoal_object *queue = a_queue(new_context());
    struct job_queue_sh *body = queue->body;
    put_job(queue, "x", 0);
    put_job(queue, "y", 0);
    put_job(queue, "z", 0);
    struct job_sh *first = shoal__job_at(queue->segment, body->list[0].first);
    struct job_sh *second = shoal__job_at(queue->segment, first->next);
    uint32_t *const words[] = {&first->prev, &second->prev, &first->list, &body->used[0]};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        uint32_t was = *words[i];
        *words[i] = i < 2 ? body->list[0].last : was + 1;
        CHECK(shoal_check(queue->segment, NULL, NULL) > 0);
        if (i < 3)
            CHECK_STATUS(take_none(queue), SHOAL_ECORRUPT);
        *words[i] = was;
        check_sound(queue->segment);
    }
    shoal_job job = took(queue, "x");
    CHECK_STATUS(shoal_job_done(&job), SHOAL_OK);
}

TEST(what_is_wrong_in_its_lists_is_found_and_followed_by_nobody)
{
    shoal_object *queue = a_queue(new_context());
    struct job_queue_sh *body = queue->body;
    uint32_t *const words[] = {&body->list[0].first, &body->list[0].last, &body->list[0].count, &body->parts.runs};
    char *large = message(100000, 2);
    put_job(queue, "x", 0);
    put_job(queue, "y", 0);
    CHECK_STATUS(shoal_job_queue_put(queue, large, 100000, 0, 0, SOON), SHOAL_OK);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (uint32_t wrong = 0; wrong < 3; wrong++) {
            uint32_t was = *words[i];
            *words[i] = wrong == 0 ? 0xfffffff0u : wrong == 1 ? was + 1 : 0;
            CHECK(shoal_check(queue->segment, NULL, NULL) > 0);
            *words[i] = was;
            check_sound(queue->segment);
        }
    body->list[0].first = 0xfffffff0u;
    CHECK_STATUS(take_none(queue), SHOAL_ECORRUPT);
    body->list[0].first = 0;
    CHECK_STATUS(take_none(queue), SHOAL_ECORRUPT);
    free(large);
}
