/* Queue: what it takes and gives, in which order, and how it ends. Large messages are in queue_large.c, deaths in queue_deaths.c. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "objects/queue.h"

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
    CHECK(taken.size == sizeof *number && !taken.in_place);
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

/* ---- In their order ---- */

/* Bytes of any size that differ from message to message. */
static size_t make_message(unsigned char *bytes, uint32_t number, size_t most)
{
    size_t size = (number * 2654435761u >> 7) % (most + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(number + 7 * i);
    return size;
}

static void check_message(shoal_object *queue, uint32_t number, size_t most)
{
    unsigned char expected[SHOAL_QUEUE_SMALL], buffer[SHOAL_QUEUE_SMALL];
    size_t size = make_message(expected, number, most);
    shoal_taken taken;
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(taken.size == size && memcmp(taken.bytes, expected, size) == 0);
}

static void go_round(shoal_object *queue, size_t most, uint32_t rounds)
{
    unsigned char bytes[SHOAL_QUEUE_SMALL];
    uint32_t put = 0, got = 0;
    while (got < rounds) {
        size_t size = make_message(bytes, put, most);
        int status = shoal_queue_put(queue, bytes, size, SHOAL_NO_WAIT);
        CHECK(status == SHOAL_OK || (status == SHOAL_EFULL && put > got));
        put += status == SHOAL_OK;
        CHECK(count(queue) == put - got);
        if (status == SHOAL_EFULL || put % 3 == 0)
            check_message(queue, got++, most);
    }
    while (got < put)
        check_message(queue, got++, most);
    CHECK(count(queue) == 0 && used(queue) == 0);
}

TEST(messages_of_any_size_come_out_as_they_went_in_and_in_their_order)
{
    shoal_context *context = new_context();
    go_round(a_queue(context, 0), SHOAL_QUEUE_SMALL, 5000);
    CHECK_STATUS(shoal_object_remove(open_or_create(context, "locks"), "q", 1), SHOAL_OK);
    shoal_object *small;
    CHECK_STATUS(shoal_queue_open(&small, open_or_create(context, "locks"), "small", 5, 300), SHOAL_OK);
    go_round(small, 200, 5000);
    check_sound(open_or_create(context, "locks"));
}

static struct shoal_ring ring_of(shoal_object *queue)
{
    struct shoal_ring ring;
    CHECK(shoal__ring_of(&ring, queue));
    return ring;
}

TEST(positions_and_numbers_come_round)
{
    shoal_object *queue = a_queue(new_context(), 5000);
    struct shoal_ring ring = ring_of(queue);
    shoal__ring_begin_at(&ring, UINT32_MAX - 100);
    store_relaxed(&ring.queue->number, UINT32_MAX - 10);
    go_round(queue, 300, 2000);
    CHECK(load_relaxed(&ring.queue->tail) < UINT32_MAX / 2 && load_relaxed(&ring.queue->number) < UINT32_MAX / 2);
    check_sound(open_or_create(new_context(), "locks"));
}

TEST(two_peers_have_one_queue)
{
    shoal_object *a = a_queue(new_context(), 1000), *b = a_queue(new_context(), 0);
    for (uint64_t i = 0; i < 5; i++)
        CHECK_STATUS(put_number(i % 2 ? a : b, i, SHOAL_NO_WAIT), SHOAL_OK);
    for (uint64_t i = 0; i < 5; i++)
        CHECK_NEXT(i % 2 ? a : b, i);
    CHECK_STATUS(get_number(a, &(uint64_t){0}, SHOAL_NO_WAIT), SHOAL_EEMPTY);
    CHECK(strstr(shoal_error_message(), "is empty") != NULL);
}

/* ---- Its capacity ---- */

TEST(a_queue_is_opened_with_the_capacity_that_it_has_or_with_none)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *queue, *again;
    CHECK_STATUS(shoal_queue_open(&queue, segment, "q", 1, 0), SHOAL_OK);
    CHECK(shoal_queue_capacity(queue) == SHOAL_QUEUE_CAPACITY);
    CHECK_STATUS(shoal_queue_open(&again, segment, "q", 1, SHOAL_QUEUE_CAPACITY), SHOAL_OK);
    CHECK_STATUS(shoal_queue_open(&again, segment, "q", 1, SHOAL_QUEUE_CAPACITY + 1), SHOAL_EMISMATCH);
    CHECK(again == NULL && strstr(shoal_error_message(), "1048576") != NULL);
    CHECK_STATUS(shoal_queue_open(&again, segment, "r", 1, (UINT64_C(16) << 30) + 1), SHOAL_EVALUE);
    CHECK_STATUS(shoal_queue_open(&again, segment, "r", 1, UINT64_MAX), SHOAL_EVALUE);
    CHECK_STATUS(shoal_queue_open(&again, segment, "r", 1, UINT64_C(16) << 30), SHOAL_ENOSPACE);
    CHECK_STATUS(shoal_object_find(segment, "r", 1), SHOAL_ENOKEY);
}

TEST(an_empty_queue_takes_whatever_is_not_above_its_capacity)
{
    static unsigned char bytes[20000], buffer[SHOAL_QUEUE_SMALL];
    const uint64_t capacities[] = {1, 8, 9, 16, 24, 40, 100, 1000, 4095, 4096, 8191, 8192, 8200, 8208, 9000, 16384};
    shoal_segment *segment = open_or_create(new_context(), "locks");
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        shoal_object *queue;
        uint64_t capacity = capacities[i], most = 0;
        CHECK_STATUS(shoal_queue_open(&queue, segment, "c", 1, capacity), SHOAL_OK);
        for (uint64_t size = 0; size <= capacity + 1; size += 1 + (size > 100 && size + 20 < capacity ? 7 : 0)) {
            shoal_taken taken;
            int status = shoal_queue_put(queue, bytes, size, SHOAL_NO_WAIT);
            CHECK(status == SHOAL_OK || (status == SHOAL_EVALUE && size + 24 > capacity && size + 8 > capacity));
            most = status == SHOAL_OK ? size : most;
            CHECK((status == SHOAL_OK) == (count(queue) == 1));
            if (status == SHOAL_OK) {
                CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
                CHECK(taken.size == size);
                shoal_taken_end(&taken);
            }
        }
        CHECK(most + 8 >= capacity && most <= capacity + 8);
        shoal_object_close(queue);
        CHECK_STATUS(shoal_object_remove(segment, "c", 1), SHOAL_OK);
    }
}

TEST(a_full_queue_says_so_changes_nothing_and_takes_again_what_was_got)
{
    shoal_object *queue = a_queue(new_context(), 1000);
    uint64_t n = 0;
    while (put_number(queue, n, SHOAL_NO_WAIT) == SHOAL_OK)
        n++;
    CHECK(n == 63 && count(queue) == n && used(queue) == n * 16); /* 16 bytes each, of 1008 */
    CHECK_STATUS(put_number(queue, 1, SHOAL_NO_WAIT), SHOAL_EFULL);
    CHECK(strstr(shoal_error_message(), "1008 of its 1000 bytes") != NULL);
    CHECK(count(queue) == n);
    CHECK_STATUS(shoal_queue_put(queue, "", 1001, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK(strstr(shoal_error_message(), "1001 never fits") != NULL);
    for (uint64_t i = 0; i < 200; i++) {
        CHECK_NEXT(queue, i);
        CHECK_STATUS(put_number(queue, n + i, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK_STATUS(put_number(queue, 0, SHOAL_NO_WAIT), SHOAL_EFULL);
    }
}

/* ---- Many at once ---- */

TEST(many_are_put_as_far_as_they_fit_and_got_as_many_as_are_wanted)
{
    shoal_object *queue = a_queue(new_context(), 1000);
    uint64_t numbers[100];
    shoal_bytes messages[100];
    static unsigned char buffer[2 * SHOAL_QUEUE_SMALL];
    shoal_taken taken[100];
    size_t done;
    for (uint64_t i = 0; i < 100; i++) {
        numbers[i] = i;
        messages[i] = (shoal_bytes){&numbers[i], sizeof *numbers};
    }
    CHECK_STATUS(shoal_queue_put_many(&done, queue, messages, 10, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(done == 10 && count(queue) == 10);
    CHECK_STATUS(shoal_queue_put_many(&done, queue, messages + 10, 90, shoal_deadline(0.05)), SHOAL_EFULL);
    CHECK(done == 53 && count(queue) == 63);
    CHECK_STATUS(shoal_queue_put_many(&done, queue, messages, 0, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(done == 0);
    for (uint64_t i = 0; i < 63; i += done) {
        CHECK_STATUS(shoal_queue_get_many(taken, 20, &done, queue, buffer, sizeof buffer, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(done == (i < 60 ? 20 : 3));
        for (size_t k = 0; k < done; k++)
            CHECK(taken[k].size == 8 && (uintptr_t)taken[k].bytes % 8 == (uintptr_t)buffer % 8 &&
                  memcmp(taken[k].bytes, &numbers[i + k], 8) == 0);
    }
    CHECK_STATUS(shoal_queue_get_many(taken, 20, &done, queue, buffer, sizeof buffer, SHOAL_NO_WAIT), SHOAL_EEMPTY);
    CHECK(done == 0 && count(queue) == 0);
    messages[99].size = 1001;
    CHECK_STATUS(shoal_queue_put_many(&done, queue, messages, 100, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK(done == 0 && count(queue) == 0);
    CHECK_STATUS(shoal_queue_get_many(taken, 0, &done, queue, buffer, sizeof buffer, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK_STATUS(shoal_queue_get_many(taken, 1, &done, queue, buffer, 100, SHOAL_NO_WAIT), SHOAL_EVALUE);
}

TEST(many_that_do_not_fit_the_buffer_stay)
{
    static unsigned char bytes[5000], buffer[2 * SHOAL_QUEUE_SMALL];
    shoal_object *queue = a_queue(new_context(), 0);
    shoal_taken taken[10];
    size_t done;
    for (int i = 0; i < 6; i++)
        CHECK_STATUS(shoal_queue_put(queue, bytes, sizeof bytes - (size_t)i, SHOAL_NO_WAIT), SHOAL_OK);
    for (size_t i = 0; i < 6; i += done) {
        CHECK_STATUS(shoal_queue_get_many(taken, 10, &done, queue, buffer, sizeof buffer, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(done == 3 && taken[0].size == sizeof bytes - i && taken[2].size == sizeof bytes - i - 2);
    }
}

TEST(a_string_is_put_with_its_head)
{
    shoal_object *queue = a_queue(new_context(), 0);
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    CHECK_STATUS(shoal_queue_put_string(queue, SHOAL_STR, "abc", 3, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_put_string(queue, SHOAL_STR_OR_BIN, "ab\xff", 3, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(taken.size == 4 && memcmp(taken.bytes,
                                    "\xa3"
                                    "abc",
                                    4) == 0);
    CHECK_STATUS(shoal_queue_get(&taken, queue, buffer, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(taken.size == 5 && memcmp(taken.bytes,
                                    "\xc4\x03"
                                    "ab\xff",
                                    5) == 0);
}

/* ---- Waiting ---- */

static int call_get(struct call *call)
{
    uint64_t number = 0;
    int status = get_number(call->object, &number, call->deadline);
    call->index = (uint32_t)number;
    return status;
}

static int call_put(struct call *call)
{
    return put_number(call->object, 77, call->deadline);
}

TEST(who_gets_waits_for_a_message_and_who_puts_for_room)
{
    shoal_object *queue = a_queue(new_context(), 16);
    struct call getter = {0}, putter = {0};
    begin_call(&getter, call_get, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    CHECK_STATUS(put_number(queue, 5, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(end_call(&getter), SHOAL_OK);
    CHECK(getter.index == 5);
    CHECK_STATUS(put_number(queue, 6, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&putter, call_put, queue, SOON);
    EVENTUALLY(count_waiters(queue) == 1);
    CHECK_NEXT(queue, 6);
    CHECK_STATUS(end_call(&putter), SHOAL_OK);
    CHECK_NEXT(queue, 77);
    CHECK(count_waiters(queue) == 0);
}

TEST(a_deadline_ends_the_whole_call)
{
    shoal_object *queue = a_queue(new_context(), 16);
    uint64_t number;
    shoal_time start = shoal_now();
    CHECK_STATUS(get_number(queue, &number, shoal_deadline(0.1)), SHOAL_EEMPTY);
    CHECK_STATUS(put_number(queue, 1, shoal_deadline(0.1)), SHOAL_OK);
    CHECK_STATUS(put_number(queue, 2, shoal_deadline(0.1)), SHOAL_EFULL);
    CHECK_STATUS(put_number(queue, 2, SHOAL_GLANCE), SHOAL_EFULL);
    CHECK(seconds_since(start) >= 0.2 && seconds_since(start) < 2);
}

/* The slices of those who sleep are not what wakes them: they would take seconds for all. */
TEST(each_message_wakes_one_of_those_who_sleep)
{
    enum { SLEEPERS = 12 };
    shoal_object *queue = a_queue(new_context(), 0);
    static struct call calls[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++)
        begin_call(&calls[i], call_get, queue, SOON);
    EVENTUALLY(count_waiters(queue) == SLEEPERS);
    for (uint64_t i = 0; i < SLEEPERS; i++)
        CHECK_STATUS(put_number(queue, i, SHOAL_NO_WAIT), SHOAL_OK);
    for (int i = 0; i < SLEEPERS; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    CHECK(count(queue) == 0);
}

/* One wake-up is on its way: who has it passes it on when it gives up. */
TEST(who_gives_up_passes_the_wake_up_on)
{
    shoal_object *queue = a_queue(new_context(), 0);
    struct queue_sh *words = queue->body;
    shoal_wait wait;
    CHECK_STATUS(shoal_wait_begin(&wait, queue, SHOAL_WAIT_GET, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    uint32_t before = load_relaxed(&words->items);
    CHECK(before & 1);
    shoal_wait_cancel(&wait);
    CHECK(load_relaxed(&words->items) != before && !(load_relaxed(&words->items) & 1));
}

static shoal_wait pending(shoal_object *queue, int operation, int64_t argument)
{
    shoal_wait wait;
    CHECK_STATUS(shoal_wait_begin(&wait, queue, operation, 0, argument), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    return wait;
}

/* Slices would wake them, too, if later: so the words are looked at. */
TEST(who_was_woken_has_the_wake_up_of_all_and_passes_it_on_if_there_is_more)
{
    shoal_object *queue = a_queue(new_context(), 0);
    struct queue_sh *words = queue->body;
    shoal_wait first = pending(queue, SHOAL_WAIT_GET, 0), second = pending(queue, SHOAL_WAIT_GET, 0);
    uint32_t before = load_relaxed(&words->items);
    CHECK(before & 1);
    CHECK_STATUS(put_number(queue, 1, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(load_relaxed(&words->items) == before + 1); /* told, and the mark taken out */
    CHECK_STATUS(put_number(queue, 2, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(load_relaxed(&words->items) == before + 1); /* one wake-up is on its way */
    CHECK_STATUS(shoal_wait_try(&first), SHOAL_OK);
    CHECK(load_relaxed(&words->items) == before + 3); /* passed on */
    CHECK_NEXT(queue, 1);
    CHECK_STATUS(shoal_wait_try(&second), SHOAL_OK);
    CHECK(load_relaxed(&words->items) == before + 4); /* there is no more: the mark is for who still sleeps */
    CHECK_NEXT(queue, 2);
}

TEST(who_waits_for_room_is_told_when_half_of_it_is_free)
{
    shoal_object *queue = a_queue(new_context(), 16000);
    struct queue_sh *words = queue->body;
    uint64_t n = 0;
    while (put_number(queue, n, SHOAL_NO_WAIT) == SHOAL_OK)
        n++;
    shoal_wait wait = pending(queue, SHOAL_WAIT_PUT, 8);
    uint32_t before = load_relaxed(&words->room);
    CHECK(before & 1);
    for (uint64_t i = 0; i < n; i++) {
        CHECK(load_relaxed(&words->room) == (2 * used(queue) <= 16000 ? before + 1 : before));
        CHECK_NEXT(queue, i);
    }
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_OK);
}

struct hammering {
    shoal_object *queue;
    _Atomic int refused;
    char why[200];
};

static void *hammer(void *argument)
{
    struct hammering *scene = argument;
    for (int i = 0; i < 20000; i++) {
        uint64_t number;
        if ((put_number(scene->queue, 1, SHOAL_NO_WAIT) != SHOAL_OK ||
             get_number(scene->queue, &number, SHOAL_NO_WAIT) != SHOAL_OK) &&
            atomic_fetch_add(&scene->refused, 1) == 0)
            snprintf(scene->why, sizeof scene->why, "%s", shoal_error_message());
    }
    return NULL;
}

TEST(with_room_a_put_that_does_not_wait_is_never_told_that_there_is_none)
{
    struct hammering scene = {.queue = a_queue(new_context(), 0)};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, hammer, &scene) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_TEXT(scene.why, "");
    CHECK(count(scene.queue) == 0);
}

/* ---- The end ---- */

TEST(what_is_in_a_queue_that_was_shut_can_still_be_got)
{
    shoal_object *queue = a_queue(new_context(), 1000), *other = a_queue(new_context(), 1000);
    size_t done;
    CHECK(!shoal_queue_is_shut(queue));
    for (uint64_t i = 0; i < 3; i++)
        CHECK_STATUS(put_number(queue, i, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    CHECK(shoal_queue_is_shut(other) && count(other) == 3);
    CHECK_STATUS(put_number(other, 3, SHOAL_FOREVER), SHOAL_ESHUT);
    CHECK(strstr(shoal_error_message(), "was shut down") != NULL);
    CHECK_STATUS(shoal_queue_put_many(&done, other, &(shoal_bytes){"a", 1}, 1, SHOAL_FOREVER), SHOAL_ESHUT);
    for (uint64_t i = 0; i < 3; i++)
        CHECK_NEXT(other, i);
    uint64_t number;
    CHECK_STATUS(get_number(queue, &number, SHOAL_FOREVER), SHOAL_ESHUT);
    CHECK_STATUS(get_number(queue, &number, SHOAL_NO_WAIT), SHOAL_ESHUT);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    check_sound(open_or_create(new_context(), "locks"));
}

TEST(an_immediate_shutdown_drops_what_is_there_and_is_for_good)
{
    shoal_object *queue = a_queue(new_context(), 100000);
    static unsigned char large[20000];
    uint64_t number;
    CHECK_STATUS(put_number(queue, 1, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_put(queue, large, sizeof large, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(put_number(queue, 2, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_shut(queue, true), SHOAL_OK);
    CHECK(count(queue) == 0 && used(queue) == 0);
    CHECK_STATUS(get_number(queue, &number, SHOAL_FOREVER), SHOAL_ESHUT);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    CHECK_STATUS(get_number(queue, &number, SHOAL_NO_WAIT), SHOAL_ESHUT);
    CHECK_STATUS(put_number(queue, 1, SHOAL_NO_WAIT), SHOAL_ESHUT);
}

TEST(a_shutdown_wakes_all_who_wait)
{
    shoal_object *queue = a_queue(new_context(), 16), *full;
    static struct call getters[5], putters[5];
    CHECK_STATUS(shoal_queue_open(&full, open_or_create(new_context(), "locks"), "full", 4, 16), SHOAL_OK);
    CHECK_STATUS(put_number(full, 1, SHOAL_NO_WAIT), SHOAL_OK);
    for (int i = 0; i < 5; i++) {
        begin_call(&getters[i], call_get, queue, SOON);
        begin_call(&putters[i], call_put, full, SOON);
    }
    EVENTUALLY(count_waiters(queue) == 5 && count_waiters(full) == 5);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    CHECK_STATUS(shoal_queue_shut(full, false), SHOAL_OK);
    for (int i = 0; i < 5; i++) {
        CHECK_STATUS(end_call(&getters[i]), SHOAL_ESHUT);
        CHECK_STATUS(end_call(&putters[i]), SHOAL_ESHUT);
    }
    CHECK_NEXT(full, 1);
}

TEST(a_queue_that_was_shut_is_so_in_a_backup)
{
    shoal_context *context = new_context();
    shoal_object *queue = a_queue(context, 1000), *copy;
    shoal_segment *segment = open_or_create(context, "locks"), *backup;
    char path[300];
    snprintf(path, sizeof path, "%s/backup", scratch_directory);
    CHECK_STATUS(put_number(queue, 4, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    CHECK_STATUS(shoal_segment_backup(segment, path, false), SHOAL_OK);
    CHECK_STATUS(shoal_open(&backup, context, path, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_queue_open(&copy, backup, "q", 1, 0), SHOAL_OK);
    CHECK(shoal_queue_is_shut(copy) && count(copy) == 1);
    CHECK_NEXT(copy, 4);
    CHECK_STATUS(get_number(copy, &(uint64_t){0}, SHOAL_NO_WAIT), SHOAL_ESHUT);
}

TEST(a_readonly_attach_counts_and_changes_nothing)
{
    shoal_object *queue = a_queue(new_context(), 1000), *seen;
    CHECK_STATUS(shoal_queue_open(&seen, open_readonly(new_context(), "locks"), "q", 1, 0), SHOAL_OK);
    for (uint64_t i = 0; i < 5; i++)
        CHECK_STATUS(put_number(queue, i, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(count(seen) == 5 && used(seen) == 80 && shoal_queue_capacity(seen) == 1000 && !shoal_queue_is_shut(seen));
    CHECK_STATUS(put_number(seen, 1, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    CHECK_STATUS(get_number(seen, &(uint64_t){0}, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_queue_shut(seen, false), SHOAL_EREADONLY);
}

/* ---- Damage ---- */

static uint32_t draw(uint32_t below)
{
    static uint64_t state = 7;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

/* All of its calls; what they say does not matter. */
static void try_all(shoal_object *queue)
{
    static unsigned char bytes[10000], buffer[3 * SHOAL_QUEUE_SMALL];
    shoal_taken taken[8] = {0};
    shoal_loan loan;
    uint64_t number;
    size_t done = 0;
    (void)shoal_queue_size(&number, queue);
    (void)shoal_queue_used(&number, queue);
    (void)shoal_queue_put(queue, bytes, draw(600), SHOAL_NO_WAIT);
    (void)shoal_queue_put(queue, bytes, sizeof bytes, SHOAL_NO_WAIT);
    (void)shoal_queue_put_many(&done, queue, (shoal_bytes[]){{bytes, 9}, {bytes, 500}}, 2, SHOAL_NO_WAIT);
    if (shoal_queue_get(taken, queue, buffer, SHOAL_NO_WAIT) == SHOAL_OK)
        shoal_taken_end(taken);
    done = 0;
    (void)shoal_queue_get_many(taken, 8, &done, queue, buffer, sizeof buffer, SHOAL_NO_WAIT);
    for (size_t i = 0; i < done; i++)
        shoal_taken_end(&taken[i]);
    if (shoal_queue_loan(&loan, queue, 100, 0, SHOAL_NO_WAIT) == SHOAL_OK) {
        (void)shoal_queue_put_loan(&loan, 100, SHOAL_NO_WAIT);
        shoal_loan_end(&loan);
    }
}

/* What a program out of control wrote over is refused, or taken for what it says, within the queue's own memory. */
TEST(a_damaged_queue_answers_whatever_is_in_it)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    enum { WORDS = 2500, ROUNDS = 1000 };
    for (int round = 0; round < ROUNDS; round++) {
        shoal_object *queue;
        CHECK_STATUS(shoal_queue_open(&queue, segment, "damaged", 7, 3000), SHOAL_OK);
        for (int i = 0; i < 5; i++)
            try_all(queue);
        uint32_t *words = queue->body;
        for (uint32_t i = draw(4); i < 4; i++) {
            uint32_t at = draw(3) ? 6 + draw(44) : 64 + draw(WORDS - 500); /* not its parts: those are the heap's */
            words[at] = draw(2) ? draw(UINT32_MAX) : words[at] + draw(9) - 4;
        }
        for (int i = 0; i < 5; i++)
            try_all(queue);
        shoal_object_close(queue);
        CHECK_STATUS(shoal_object_remove(segment, "damaged", 7), SHOAL_OK);
    }
    check_sound(segment);
}

/* ---- Many processes ---- */

enum { PRODUCERS = 3, CONSUMERS = 3, EACH = 20000 };

static void produce(void *argument)
{
    struct board *board = argument;
    shoal_object *queue = a_queue(new_context(), 2000);
    uint64_t me = (uint64_t)atomic_fetch_add(&board->step, 1);
    for (uint64_t i = 1; i <= EACH; i++)
        CHECK_STATUS(put_number(queue, me << 32 | i, SOON), SHOAL_OK);
}

/* Each sees the numbers of each producer in their order. */
static void consume(void *argument)
{
    struct board *board = argument;
    shoal_object *queue = a_queue(new_context(), 2000);
    uint64_t number, last[PRODUCERS] = {0};
    int status;
    while ((status = get_number(queue, &number, SOON)) == SHOAL_OK) {
        CHECK((uint32_t)number > last[number >> 32]);
        last[number >> 32] = (uint32_t)number;
        atomic_fetch_add(&board->count[number >> 32], 1);
    }
    CHECK_STATUS(status, SHOAL_ESHUT);
}

TEST(every_message_of_many_producers_reaches_one_of_many_consumers)
{
    struct board *board = new_board();
    shoal_object *queue = a_queue(new_context(), 2000);
    pid_t producers[PRODUCERS], consumers[CONSUMERS];
    for (int i = 0; i < CONSUMERS; i++)
        consumers[i] = process(consume, board);
    for (int i = 0; i < PRODUCERS; i++)
        producers[i] = process(produce, board);
    for (int i = 0; i < PRODUCERS; i++)
        join(producers[i]);
    CHECK_STATUS(shoal_queue_shut(queue, false), SHOAL_OK);
    for (int i = 0; i < CONSUMERS; i++)
        join(consumers[i]);
    for (int i = 0; i < PRODUCERS; i++)
        CHECK(board->count[i] == EACH);
    CHECK(count(queue) == 0);
}
