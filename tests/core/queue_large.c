/* Large messages of a Queue: runs of pages that change hands, loans, arrays that are used where they are. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "objects/queue.h"
#include "segment/lock.h"

enum { LARGE = 300000, MIDDLE = 10000 };

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

static uint64_t used(const shoal_object *queue)
{
    uint64_t bytes;
    CHECK_STATUS(shoal_queue_used(&bytes, queue), SHOAL_OK);
    return bytes;
}

static unsigned char *random_bytes(size_t size, uint32_t seed)
{
    unsigned char *bytes = malloc(size);
    CHECK(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)((seed = seed * 1664525 + 1013904223) >> 24);
    return bytes;
}

static void check_next(shoal_object *queue, size_t size, uint32_t seed)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL], *expected = random_bytes(size, seed);
    shoal_taken taken;
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(taken.size == size && taken.in_place == (size > SHOAL_QUEUE_SMALL));
    CHECK(memcmp(taken.bytes, expected, size) == 0);
    shoal_taken_end(&taken);
    CHECK(taken.bytes == NULL && !taken.in_place);
    shoal_taken_end(&taken);
    free(expected);
}

static int put_random(shoal_object *queue, size_t size, uint32_t seed, shoal_time deadline)
{
    unsigned char *bytes = random_bytes(size, seed);
    int status = shoal_queue_put(queue, bytes, size, deadline);
    free(bytes);
    return status;
}

static uint64_t memory_of(shoal_segment *segment)
{
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    return info.used;
}

/* ---- Whole, and in their order ---- */

TEST(large_messages_come_out_among_small_ones_in_their_order)
{
    const size_t sizes[] = {10, LARGE, SHOAL_QUEUE_SMALL, SHOAL_QUEUE_SMALL + 1, 0, MIDDLE, LARGE + 12345, 64};
    shoal_object *queue = a_queue(new_context(), 0), *other = a_queue(new_context(), 0);
    for (int round = 0; round < 50; round++) {
        for (uint32_t i = 0; i < 8; i++)
            CHECK_STATUS(put_random(queue, sizes[i], i, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(count(other) == 8);
        for (uint32_t i = 0; i < 8; i++)
            check_next(other, sizes[i], i);
        CHECK(used(queue) == 0);
    }
    check_sound(open_or_create(new_context(), "locks"));
}

TEST(pages_count_for_the_capacity)
{
    shoal_object *queue = a_queue(new_context(), 1 << 20);
    static unsigned char bytes[512 << 10];
    CHECK_STATUS(shoal_queue_put(queue, bytes, sizeof bytes, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(used(queue) >= sizeof bytes && used(queue) <= sizeof bytes * 5 / 4);
    CHECK_STATUS(shoal_queue_put(queue, bytes, sizeof bytes - 4096, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_put(queue, bytes, MIDDLE, SHOAL_NO_WAIT), SHOAL_EFULL);
    CHECK_STATUS(shoal_queue_put(queue, bytes, 7000, SHOAL_NO_WAIT), SHOAL_EFULL);
    shoal_taken taken;
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(used(queue) < 600000); /* what was taken is the taker's */
    CHECK_STATUS(shoal_queue_put(queue, bytes, MIDDLE, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_taken_end(&taken);
    CHECK_STATUS(shoal_queue_put(queue, bytes, (1 << 20) + 1, SHOAL_NO_WAIT), SHOAL_EVALUE);
}

TEST(a_message_of_the_whole_capacity_fits_an_empty_queue)
{
    shoal_object *queue = a_queue(new_context(), 1000003);
    CHECK_STATUS(put_random(queue, 1000003, 1, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(put_random(queue, 1, 2, SHOAL_NO_WAIT), SHOAL_EFULL);
    check_next(queue, 1000003, 1);
    CHECK_STATUS(put_random(queue, 1000004, 1, SHOAL_NO_WAIT), SHOAL_EVALUE);
}

TEST(many_at_once_may_be_small_and_large)
{
    shoal_object *queue = a_queue(new_context(), 0);
    const size_t sizes[] = {100, 200, MIDDLE, 300, MIDDLE + 1, MIDDLE + 2, 5};
    shoal_bytes messages[7];
    static unsigned char buffer[3 * SHOAL_QUEUE_SMALL];
    shoal_taken taken[10];
    size_t done;
    for (uint32_t i = 0; i < 7; i++)
        messages[i] = (shoal_bytes){random_bytes(sizes[i], i), sizes[i]};
    CHECK_STATUS(shoal_queue_put_many(&done, queue, messages, 7, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(done == 7 && count(queue) == 7);
    CHECK_STATUS(shoal_queue_get_many(taken, 6, &done, queue, buffer, sizeof buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(done == 6 && count(queue) == 1);
    for (uint32_t i = 0; i < 6; i++) {
        CHECK(taken[i].size == sizes[i] && memcmp(taken[i].bytes, messages[i].bytes, sizes[i]) == 0);
        CHECK(taken[i].in_place == (sizes[i] >= MIDDLE));
        shoal_taken_end(&taken[i]);
    }
    check_next(queue, 5, 6);
    for (uint32_t i = 0; i < 7; i++)
        free((void *)messages[i].bytes);
}

TEST(a_glance_copies_nothing_large)
{
    shoal_object *queue = a_queue(new_context(), 0);
    CHECK_STATUS(put_random(queue, LARGE, 1, SHOAL_GLANCE), SHOAL_EFULL);
    CHECK(count(queue) == 0);
    CHECK_STATUS(put_random(queue, LARGE, 1, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_taken taken;
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_GLANCE), SHOAL_OK);
    shoal_taken_end(&taken);
}

/* ---- What was taken ---- */

TEST(what_was_taken_lasts_after_the_queue_was_closed_and_its_name_is_gone)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *queue = a_queue(context, 0);
    unsigned char buffer[SHOAL_QUEUE_SMALL], *expected = random_bytes(LARGE, 5);
    shoal_taken taken, moved;
    uint64_t before = memory_of(segment);
    CHECK_STATUS(put_random(queue, LARGE, 5, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(put_random(queue, LARGE, 6, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_object_close(queue);
    CHECK_STATUS(shoal_object_remove(segment, "q", 1), SHOAL_OK);
    queue = a_queue(context, 5000);
    CHECK_STATUS(put_random(queue, 4000, 6, SHOAL_NO_WAIT), SHOAL_OK);
    moved = taken;
    CHECK(memcmp(moved.bytes, expected, LARGE) == 0 && shoal_taken_is_ours(&moved));
    ((unsigned char *)moved.bytes)[7] = 1; /* it is this process's own */
    shoal_taken_end(&moved);
    shoal_object_close(queue);
    CHECK_STATUS(shoal_object_remove(segment, "q", 1), SHOAL_OK);
    CHECK(memory_of(segment) < before); /* the queue and its second message are gone */
    check_sound(segment);
    free(expected);
}

TEST(a_segment_that_is_closed_stays_for_what_was_taken)
{
    shoal_context *context = new_context();
    shoal_object *queue = a_queue(context, 0);
    shoal_segment *segment = open_or_create(context, "locks");
    unsigned char buffer[SHOAL_QUEUE_SMALL], *expected = random_bytes(LARGE, 5);
    shoal_taken taken;
    CHECK_STATUS(put_random(queue, LARGE, 5, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_object_close(queue);
    shoal_close(segment);
    shoal_close(segment);
    CHECK(memcmp(taken.bytes, expected, LARGE) == 0);
    shoal_taken_end(&taken);
    check_sound(open_or_create(new_context(), "locks"));
    free(expected);
}

static shoal_taken held;
static shoal_loan lent;

static void end_what_is_the_parents(void *argument)
{
    shoal_object *queue = argument;
    CHECK(!shoal_taken_is_ours(&held));
    CHECK_STATUS(shoal_queue_put_loan(&lent, 10, SHOAL_NO_WAIT), SHOAL_ELOCK);
    shoal_taken_end(&held);
    shoal_loan_end(&lent);
    CHECK_STATUS(put_random(queue, LARGE, 9, SHOAL_NO_WAIT), SHOAL_OK); /* would be written where those are */
}

TEST(a_forked_child_has_neither_what_its_parent_took_nor_its_loans)
{
    shoal_object *queue = a_queue(new_context(), 0);
    unsigned char buffer[SHOAL_QUEUE_SMALL], *expected = random_bytes(LARGE, 5);
    CHECK_STATUS(put_random(queue, LARGE, 5, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_get(&held, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_loan(&lent, queue, LARGE, 0, SHOAL_NO_WAIT), SHOAL_OK);
    memcpy(lent.bytes, expected, LARGE);
    join(in_child(end_what_is_the_parents, queue));
    CHECK(memcmp(held.bytes, expected, LARGE) == 0 && memcmp(lent.bytes, expected, LARGE) == 0);
    CHECK_STATUS(shoal_queue_put_loan(&lent, LARGE, SHOAL_NO_WAIT), SHOAL_OK);
    check_next(queue, LARGE, 9);
    check_next(queue, LARGE, 5);
    shoal_taken_end(&held);
    free(expected);
}

static void take_and_die(void *argument)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_object *queue = a_queue(new_context(), 0);
    (void)argument;
    CHECK_STATUS(shoal_queue_get(&held, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_loan(&lent, queue, LARGE, 0, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(what_a_dead_process_had_taken_or_lent_is_memory_again)
{
    shoal_context *context = new_context();
    shoal_object *queue = a_queue(context, 0);
    shoal_segment *segment = open_or_create(context, "locks");
    for (int i = 0; i < 300; i++) { /* many times the segment, if it were lost */
        CHECK_STATUS(put_random(queue, LARGE, 5, SHOAL_NO_WAIT), SHOAL_OK);
        die_after(take_and_die, NULL);
        CHECK(count(queue) == 0 && used(queue) == 0);
    }
    check_sound(segment);
}

/* ---- Loans ---- */

TEST(a_loan_is_put_without_a_copy)
{
    shoal_context *context = new_context();
    shoal_object *queue = a_queue(context, 0);
    shoal_loan loan;
    unsigned char buffer[SHOAL_QUEUE_SMALL], *expected = random_bytes(LARGE, 3);
    shoal_taken taken;
    CHECK_STATUS(shoal_queue_loan(&loan, queue, LARGE + 1000, 30, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(loan.size == LARGE + 1000 && ((uintptr_t)loan.bytes + 30) % 64 == 0);
    const void *place = loan.bytes;
    memcpy(loan.bytes, expected, LARGE);
    CHECK_STATUS(shoal_queue_put_loan(&loan, LARGE + 1001, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK_STATUS(shoal_queue_put_loan(&loan, LARGE, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(loan.bytes == NULL);
    CHECK_STATUS(shoal_queue_put_loan(&loan, 0, SHOAL_NO_WAIT), SHOAL_EVALUE);
    shoal_loan_end(&loan);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(taken.bytes == place && taken.size == LARGE && memcmp(taken.bytes, expected, LARGE) == 0);
    shoal_taken_end(&taken);
    CHECK_STATUS(shoal_queue_loan(&loan, queue, 100, 0, SHOAL_NO_WAIT), SHOAL_OK); /* a small one, too */
    memcpy(loan.bytes, expected, 100);
    shoal_object_close(queue);
    CHECK_STATUS(shoal_queue_put_loan(&loan, 100, SHOAL_NO_WAIT), SHOAL_OK);
    queue = a_queue(context, 0);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(taken.in_place && taken.size == 100 && memcmp(taken.bytes, expected, 100) == 0);
    shoal_taken_end(&taken);
    free(expected);
}

TEST(a_loan_that_finds_no_room_goes_on_and_one_that_is_ended_is_memory_again)
{
    shoal_context *context = new_context();
    shoal_object *queue = a_queue(context, 100000);
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_loan loan;
    CHECK_STATUS(put_random(queue, 90000, 1, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_loan(&loan, queue, 50000, 0, SHOAL_NO_WAIT), SHOAL_OK);
    unsigned char *bytes = random_bytes(50000, 2);
    memcpy(loan.bytes, bytes, 50000);
    CHECK_STATUS(shoal_queue_put_loan(&loan, 50000, SHOAL_NO_WAIT), SHOAL_EFULL);
    CHECK_STATUS(shoal_queue_put_loan(&loan, 50000, shoal_deadline(0.05)), SHOAL_EFULL);
    check_next(queue, 90000, 1);
    CHECK_STATUS(shoal_queue_put_loan(&loan, 50000, shoal_deadline(0.05)), SHOAL_OK);
    check_next(queue, 50000, 2);
    CHECK_STATUS(shoal_queue_loan(&loan, queue, 100001, 0, SHOAL_NO_WAIT), SHOAL_EVALUE);
    for (int i = 0; i < 2000; i++) {
        CHECK_STATUS(shoal_queue_loan(&loan, queue, 90000, 0, SHOAL_NO_WAIT), SHOAL_OK);
        shoal_loan_end(&loan);
    }
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    CHECK_STATUS(shoal_queue_loan(&loan, queue, 90000, 0, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_put_loan(&loan, 1, SHOAL_NO_WAIT), SHOAL_ESHUT);
    shoal_loan_end(&loan);
    check_sound(segment);
    free(bytes);
}

/* ---- Arrays ---- */

static int make_nothing(void *user, const shoal_view *view, shoal_node *out)
{
    *(shoal_view *)user = *view;
    out->pointer = NULL;
    return SHOAL_OK;
}

/* The array of a message, where it is. */
static shoal_view array_of(const shoal_taken *taken)
{
    shoal_view view;
    shoal_node node;
    const shoal_builder builder = {.ndarray = make_nothing};
    CHECK_STATUS(shoal_value_decode(&node, taken->bytes, taken->size, &builder, &view), SHOAL_OK);
    return view;
}

static void check_array(shoal_object *queue, const shoal_view *expected, bool aligned)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_view view = array_of(&taken);
    CHECK(shoal_view_equal(&view, expected));
    CHECK(!aligned || (taken.in_place && (uintptr_t)view.data % 64 == 0));
    shoal_taken_end(&taken);
}

TEST(arrays_are_aligned_where_they_come_out)
{
    static double numbers[60000];
    shoal_object *queue = a_queue(new_context(), 0);
    shoal_view view, column, lent_view;
    uint64_t size;
    shoal_loan loan;
    shoal_writer writer;
    int64_t shape[] = {300, 200};
    for (int i = 0; i < 60000; i++)
        numbers[i] = i * 0.5;
    CHECK_STATUS(shoal_view_init(&view, &size, dtype_of("f8"), 2, shape), SHOAL_OK);
    view.data = (unsigned char *)numbers;
    CHECK_STATUS(shoal_queue_put_array(queue, &view, SHOAL_NO_WAIT), SHOAL_OK);
    check_array(queue, &view, true);
    column = view;
    CHECK_STATUS(shoal_view_slice(&column, 1, 3, 2, 90), SHOAL_OK);
    CHECK_STATUS(shoal_queue_put_array(queue, &column, SHOAL_NO_WAIT), SHOAL_OK);
    check_array(queue, &column, true);
    CHECK_STATUS(shoal_view_slice(&column, 0, 0, 1, 2), SHOAL_OK);
    CHECK_STATUS(shoal_queue_put_array(queue, &column, SHOAL_NO_WAIT), SHOAL_OK); /* a small one */
    check_array(queue, &column, false);
    shoal_writer_init(&writer);
    shoal_write_ndarray(&writer, &view);
    CHECK_STATUS(shoal_queue_put(queue, writer.bytes, writer.size, SHOAL_NO_WAIT), SHOAL_OK);
    check_array(queue, &view, true);
    lent_view = view;
    CHECK_STATUS(shoal_queue_loan_array(&loan, &lent_view, queue, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK((uintptr_t)lent_view.data % 64 == 0 && shoal_view_size(&lent_view) == 60000);
    CHECK_STATUS(shoal_view_assign(&lent_view, &view), SHOAL_OK);
    CHECK_STATUS(shoal_queue_put_loan(&loan, loan.size, SHOAL_NO_WAIT), SHOAL_OK);
    check_array(queue, &view, true);
    view.ndim = 40;
    CHECK_STATUS(shoal_queue_put_array(queue, &view, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK(count(queue) == 0);
    shoal_writer_free(&writer);
}

TEST(a_large_string_is_put_with_its_head)
{
    shoal_object *queue = a_queue(new_context(), 0);
    unsigned char buffer[SHOAL_QUEUE_SMALL], *bytes = random_bytes(LARGE, 7);
    shoal_taken taken;
    bool is_str;
    CHECK_STATUS(shoal_queue_put_string(queue, SHOAL_BIN, bytes, LARGE, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    size_t head = shoal_string_head(&is_str, taken.bytes, taken.size);
    CHECK(head == 5 && !is_str && taken.size == head + LARGE);
    CHECK(memcmp((const unsigned char *)taken.bytes + head, bytes, LARGE) == 0);
    shoal_taken_end(&taken);
    free(bytes);
}

/* ---- Waiting ---- */

static int call_put_large(struct call *call)
{
    return put_random(call->object, 90000, 4, call->deadline);
}

TEST(who_puts_a_large_one_waits_for_its_room)
{
    shoal_object *queue = a_queue(new_context(), 100000);
    struct call putter = {0};
    CHECK_STATUS(put_random(queue, 20000, 1, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&putter, call_put_large, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    check_next(queue, 20000, 1);
    CHECK_STATUS(end_call(&putter), SHOAL_OK);
    check_next(queue, 90000, 4);
}

TEST(a_large_one_for_which_the_segment_has_no_room_is_refused)
{
    shoal_context *context = new_context();
    shoal_options options;
    shoal_segment *segment;
    shoal_object *queue;
    shoal_options_init(&options);
    options.size = 1 << 20;
    CHECK_STATUS(shoal_open_or_create(&segment, context, "tight", &options), SHOAL_OK);
    CHECK_STATUS(shoal_queue_open(&queue, segment, "q", 1, 500000), SHOAL_OK);
    CHECK_STATUS(put_random(queue, 490000, 1, SHOAL_NO_WAIT), SHOAL_ENOSPACE);
    CHECK(count(queue) == 0 && used(queue) == 0);
    CHECK_STATUS(put_random(queue, 100000, 1, SHOAL_NO_WAIT), SHOAL_OK);
    check_next(queue, 100000, 1);
    check_sound(segment);
}

/* ---- Beside one who is stopped ---- */

static void hold_the_structure(void *argument)
{
    struct board *board = argument;
    shoal__lock(open_or_create(new_context(), "locks"));
    board->step = 1;
    pause();
}

TEST(no_call_is_longer_than_its_deadline_while_a_stopped_process_has_the_structure)
{
    shoal_object *queue = a_queue(new_context(), 0);
    struct board *board = new_board();
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    shoal_loan loan, ready;
    CHECK_STATUS(put_random(queue, LARGE, 1, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_loan(&ready, queue, LARGE, 0, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = process(hold_the_structure, board);
    EVENTUALLY(board->step == 1);
    CHECK(kill(child, SIGSTOP) == 0);
    shoal_time start = shoal_now();
    CHECK_STATUS(put_random(queue, LARGE, 2, shoal_deadline(0.1)), SHOAL_EFULL);
    CHECK(strstr(shoal_error_message(), "it is stopped; continue it") != NULL);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, shoal_deadline(0.1)), SHOAL_EEMPTY);
    CHECK(strstr(shoal_error_message(), "it is stopped; continue it") != NULL);
    CHECK_STATUS(shoal_queue_loan(&loan, queue, LARGE, 0, shoal_deadline(0.1)), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_queue_put_loan(&ready, LARGE, shoal_deadline(0.1)), SHOAL_EFULL);
    CHECK_STATUS(put_random(queue, LARGE, 2, SHOAL_NO_WAIT), SHOAL_EFULL);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_EEMPTY);
    CHECK_STATUS(put_random(queue, 1000, 3, SHOAL_NO_WAIT), SHOAL_OK); /* small ones do not need it */
    CHECK(seconds_since(start) >= 0.4 && seconds_since(start) < 3);
    CHECK(count(queue) == 2);
    kill_now(child);
    check_next(queue, LARGE, 1);
    check_next(queue, 1000, 3);
    shoal_loan_end(&ready);
    check_sound(open_or_create(new_context(), "locks"));
}
