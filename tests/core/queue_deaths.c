/*
 * What deaths leave of a Queue, by real SIGKILLs of who has one of its locks. tests/torture/step does the same at each
 * instruction.
 */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "objects/queue.h"
#include "segment/big.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/parts.h"

#define IN_TIME 1.0 /* seconds in which the next must have got on */

static shoal_object *a_queue(shoal_context *context, uint64_t capacity)
{
    shoal_object *queue;
    CHECK_STATUS(shoal_queue_open(&queue, open_or_create(context, "locks"), "q", 1, capacity), SHOAL_OK);
    return queue;
}

static uint64_t count(const shoal_object *queue)
{
    uint64_t messages;
    CHECK_STATUS(shoal_queue_size(&messages, queue), SHOAL_OK);
    return messages;
}

static int put_number(shoal_object *queue, uint64_t number, shoal_time deadline)
{
    return shoal_queue_put(queue, &number, sizeof number, deadline);
}

static int get_number(shoal_object *queue, uint64_t *number, shoal_time deadline)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    int status = shoal_queue_get(&taken, queue, buffer, deadline);
    if (status < 0)
        return status;
    memcpy(number, taken.bytes, sizeof *number);
    shoal_taken_end(&taken);
    return status;
}

#define CHECK_NEXT(queue, expected)                                                                                    \
    do {                                                                                                               \
        uint64_t check_number = UINT64_MAX;                                                                            \
        CHECK_STATUS(get_number(queue, &check_number, SHOAL_NO_WAIT), SHOAL_OK);                                       \
        CHECK(check_number == (expected));                                                                             \
    } while (0)

static struct queue_sh *words_of(shoal_object *queue)
{
    return queue->body;
}

static void take(shoal_object *queue, shoal_word *lock)
{
    CHECK(shoal__mutex_lock(lock, &queue->segment->party, SOON) >= 0);
}

/* ---- A producer ---- */

/* A record is written and numbered, and `tail` is as it was. */
static void die_before_the_tail(void *argument)
{
    shoal_object *queue = a_queue(new_context(), 0);
    struct queue_sh *words = words_of(queue);
    (void)argument;
    take(queue, &words->put_lock);
    memset((unsigned char *)(words + 1) + (load_relaxed(&words->tail) & (words->units - 1)) * 16, 0xff, 64);
    store_relaxed(&words->number, load_relaxed(&words->number) + 1);
}

TEST(what_a_producer_had_not_put_when_it_died_is_not_there_and_the_numbers_are_right)
{
    shoal_object *queue = a_queue(new_context(), 0), *seen;
    CHECK_STATUS(shoal_queue_open(&seen, open_readonly(new_context(), "locks"), "q", 1, 0), SHOAL_OK);
    for (uint64_t i = 0; i < 3; i++)
        CHECK_STATUS(put_number(queue, i, SHOAL_NO_WAIT), SHOAL_OK);
    for (uint64_t i = 3; i < 8; i++) {
        die_after(die_before_the_tail, NULL);
        CHECK(count(queue) == 3 && count(seen) == 3);
        shoal_time start = shoal_now();
        CHECK_STATUS(put_number(queue, i, SOON), SHOAL_OK);
        CHECK(seconds_since(start) < IN_TIME);
        CHECK(count(queue) == 4 && count(seen) == 4);
        CHECK_NEXT(queue, i - 3);
    }
    check_sound(open_or_create(new_context(), "locks"));
}

static void die_in_an_empty_queue(void *argument)
{
    shoal_object *queue = a_queue(new_context(), 0);
    (void)argument;
    take(queue, &words_of(queue)->put_lock);
    store_relaxed(&words_of(queue)->number, 77);
}

TEST(an_empty_queue_counts_on_after_the_death_of_a_producer)
{
    shoal_object *queue = a_queue(new_context(), 0);
    die_after(die_in_an_empty_queue, NULL);
    CHECK(count(queue) == 0);
    CHECK_STATUS(get_number(queue, &(uint64_t){0}, SHOAL_NO_WAIT), SHOAL_EEMPTY);
    CHECK_STATUS(put_number(queue, 1, SHOAL_NO_WAIT), SHOAL_OK); /* who does not wait takes a dead one's lock, too */
    CHECK(count(queue) == 1);
    CHECK_NEXT(queue, 1);
}

/* ---- A consumer ---- */

static void die_before_the_head(void *argument)
{
    shoal_object *queue = a_queue(new_context(), 0);
    (void)argument;
    take(queue, &words_of(queue)->get_lock);
    words_of(queue)->tail_seen = 12345;
}

TEST(what_a_consumer_had_not_got_when_it_died_is_still_there)
{
    shoal_object *queue = a_queue(new_context(), 0);
    for (uint64_t i = 0; i < 3; i++)
        CHECK_STATUS(put_number(queue, i, SHOAL_NO_WAIT), SHOAL_OK);
    die_after(die_before_the_head, NULL);
    CHECK(count(queue) == 3);
    for (uint64_t i = 0; i < 3; i++)
        CHECK_NEXT(queue, i);
}

/* ---- A large message, between its commit and what it does ---- */

static unsigned char large[20000];

static void commit_half(shoal_object *queue)
{
    struct journal_sh *journal = shoal__journal(queue->segment);
    store_relaxed(&journal->committed, 1); /* decided; nothing is stored yet */
}

/* As give_locked in queue_large.c, up to its commit. */
static void die_committed(void *argument)
{
    shoal_object *queue = a_queue(new_context(), 0);
    shoal_segment *segment = queue->segment;
    struct queue_sh *words = words_of(queue);
    struct shoal_ring ring;
    shoal_loan loan;
    uint32_t run, tail;
    (void)argument;
    CHECK(shoal__ring_of(&ring, queue));
    CHECK_STATUS(shoal_queue_loan(&loan, queue, sizeof large, 0, SOON), SHOAL_OK);
    memset(loan.bytes, 9, sizeof large);
    run = (uint32_t)(((unsigned char *)loan.bytes - segment->base) >> segment->is.granule_shift);
    uint32_t pages = shoal__page(segment, shoal__page_of(segment, run))->pages;
    uint32_t units = (uint32_t)(((uint64_t)pages << segment->is.page_shift) / 16) - RING_LARGE_UNITS;
    struct large_sh record = {run, pages, sizeof large, 0, 0};
    take(queue, &words->put_lock);
    shoal__lock(segment);
    CHECK(shoal__ring_put_large(&ring, &record, units, &tail) == RING_OK);
    shoal__part_give_locked(segment, &words->parts, run);
    shoal__publish(segment, &words->large_put, load_relaxed(&words->large_put) + units);
    shoal__publish(segment, &words->tail, tail);
    commit_half(queue);
}

/* What is committed is stored before the next producer does anything: else it would be stored over the producer's tail. */
TEST(a_large_message_that_was_committed_is_there_before_the_next_one_puts)
{
    shoal_object *queue = a_queue(new_context(), 0);
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    for (uint64_t i = 0; i < 5; i++) {
        die_after(die_committed, NULL);
        CHECK_STATUS(put_number(queue, i, SOON), SHOAL_OK);
        CHECK(count(queue) == 2);
        CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SOON), SHOAL_OK);
        CHECK(taken.in_place && taken.size == sizeof large && ((const unsigned char *)taken.bytes)[19999] == 9);
        shoal_taken_end(&taken);
        CHECK_NEXT(queue, i);
    }
    check_sound(open_or_create(new_context(), "locks"));
}

TEST(a_large_message_of_a_dead_producer_is_found_by_who_only_gets)
{
    shoal_object *queue = a_queue(new_context(), 0);
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    die_after(die_committed, NULL);
    shoal__lock(queue->segment); /* anybody who changes the segment */
    shoal__unlock(queue->segment);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SOON), SHOAL_OK);
    CHECK(taken.size == sizeof large);
    shoal_taken_end(&taken);
}

/* ---- Shut, with a producer in the lock ---- */

static void hold_the_lock(void *argument)
{
    struct board *board = argument;
    shoal_object *queue = a_queue(new_context(), 0);
    take(queue, &words_of(queue)->put_lock);
    board->step = 1;
    while (board->step == 1)
        nap();
    struct shoal_ring ring;
    CHECK(shoal__ring_of(&ring, queue));
    struct shoal_message message = {.bytes = "12345678", .size = 8};
    CHECK(shoal__ring_put(&ring, &message) == RING_OK); /* it looked before it was shut */
    shoal__queue_leave_put(&ring, true);
    pause();
}

static int call_get(struct call *call)
{
    uint64_t number;
    return get_number(call->object, &number, call->deadline);
}

TEST(who_gets_from_a_queue_that_was_shut_waits_for_a_producer_that_is_at_work)
{
    shoal_object *queue = a_queue(new_context(), 0);
    struct board *board = new_board();
    pid_t child = process(hold_the_lock, board);
    struct call getter = {0};
    EVENTUALLY(board->step == 1);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    CHECK_STATUS(get_number(queue, &(uint64_t){0}, shoal_deadline(0.1)), SHOAL_EEMPTY);
    begin_call(&getter, call_get, queue, SOON);
    EVENTUALLY(load_relaxed(&words_of(queue)->put_lock) & MUTEX_WAITERS);
    board->step = 2;
    CHECK_STATUS(end_call(&getter), SHOAL_OK);
    CHECK_STATUS(get_number(queue, &(uint64_t){0}, SHOAL_FOREVER), SHOAL_ESHUT);
    kill_now(child);
}

TEST(who_gets_from_a_queue_that_was_shut_does_not_wait_for_a_dead_producer)
{
    shoal_object *queue = a_queue(new_context(), 0);
    die_after(die_before_the_tail, NULL);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    CHECK_STATUS(get_number(queue, &(uint64_t){0}, SHOAL_FOREVER), SHOAL_ESHUT);
    CHECK_STATUS(get_number(queue, &(uint64_t){0}, SHOAL_NO_WAIT), SHOAL_ESHUT);
}

TEST(what_a_dead_producer_had_committed_comes_out_of_a_queue_that_was_shut)
{
    shoal_object *queue = a_queue(new_context(), 0);
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    die_after(die_committed, NULL);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SOON), SHOAL_OK);
    shoal_taken_end(&taken);
    CHECK_STATUS(get_number(queue, &(uint64_t){0}, SOON), SHOAL_ESHUT);
}

/* ---- Stopped ---- */

TEST(a_producer_that_is_stopped_at_work_is_named_and_holds_up_no_consumer)
{
    shoal_object *queue = a_queue(new_context(), 0);
    struct board *board = new_board();
    char expected[80];
    CHECK_STATUS(put_number(queue, 1, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = process(hold_the_lock, board);
    EVENTUALLY(board->step == 1);
    int status;
    CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    snprintf(expected, sizeof expected, "(pid %d) is at work in it and does not get on: it is stopped", (int)child);
    shoal_time start = shoal_now();
    CHECK_STATUS(put_number(queue, 2, shoal_deadline(0.1)), SHOAL_EFULL);
    CHECK(strstr(shoal_error_message(), expected) != NULL);
    CHECK_STATUS(put_number(queue, 2, SHOAL_NO_WAIT), SHOAL_EFULL);
    CHECK_STATUS(put_number(queue, 2, SHOAL_GLANCE), SHOAL_EFULL);
    CHECK(seconds_since(start) >= 0.1 && seconds_since(start) < 2);
    CHECK(count(queue) == 1);
    CHECK_NEXT(queue, 1);
    kill_now(child);
    CHECK_STATUS(put_number(queue, 2, SOON), SHOAL_OK);
    CHECK_NEXT(queue, 2);
}

/* ---- Sleepers whose wake-up dies ---- */

static void sleep_for_a_message(void *argument)
{
    uint64_t number;
    (void)argument;
    (void)get_number(a_queue(new_context(), 0), &number, SHOAL_FOREVER);
    pause();
}

TEST(a_wake_up_that_dies_with_its_process_costs_others_a_slice)
{
    shoal_object *queue = a_queue(new_context(), 0);
    for (int i = 0; i < 10; i++) {
        struct call getter = {0};
        pid_t child = process(sleep_for_a_message, NULL);
        EVENTUALLY(count_waiters(queue) == 1);
        begin_call(&getter, call_get, queue, SOON);
        EVENTUALLY(count_waiters(queue) == 2);
        CHECK(kill(child, SIGSTOP) == 0);
        CHECK_STATUS(put_number(queue, 1, SHOAL_NO_WAIT), SHOAL_OK);
        shoal_time start = shoal_now();
        kill_now(child);
        CHECK_STATUS(end_call(&getter), SHOAL_OK);
        CHECK(seconds_since(start) < IN_TIME);
    }
}
