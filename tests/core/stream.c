/* Stream: written over, read by many, each from a place of its own. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "objects/objects.h"
#include "store/stream.h"

enum { SMALL = 1024 };

static shoal_object *a_stream(shoal_context *context, uint64_t capacity)
{
    shoal_object *stream;
    CHECK_STATUS(shoal_stream_open(&stream, open_or_create(context, "streams"), "s", 1, capacity), SHOAL_OK);
    return stream;
}

static shoal_object *seen_readonly(void)
{
    shoal_object *stream;
    CHECK_STATUS(shoal_object_open(&stream, open_readonly(new_context(), "streams"), "s", 1), SHOAL_OK);
    return stream;
}

/* `text`, padded with blanks to `size` bytes. */
static uint64_t send_padded(shoal_object *stream, const char *text, size_t size)
{
    static char bytes[1 << 20];
    uint64_t number;
    memset(bytes, ' ', size);
    memcpy(bytes, text, strlen(text));
    CHECK_STATUS(shoal_stream_send(&number, stream, bytes, size, SHOAL_NO_WAIT), SHOAL_OK);
    return number;
}

static uint64_t send_text(shoal_object *stream, const char *text)
{
    return send_padded(stream, text, strlen(text));
}

static shoal_cursor reader_of(const shoal_object *stream, bool from_start)
{
    shoal_cursor cursor;
    CHECK_STATUS(shoal_stream_reader(&cursor, stream, from_start), SHOAL_OK);
    return cursor;
}

/* What comes next, or the name of the status. */
static const char *next_of(shoal_cursor *cursor, const shoal_object *stream, shoal_message *message)
{
    static char text[SMALL + 1];
    int status = shoal_stream_read(message, cursor, stream, text, SMALL, SHOAL_NO_WAIT);
    if (status != SHOAL_OK)
        return shoal_status_name(status);
    text[message->size] = 0;
    return text;
}

#define CHECK_NEXT(cursor, stream, text, its_number, its_missed)                                                       \
    do {                                                                                                               \
        shoal_message check_message;                                                                                   \
        CHECK_TEXT(next_of(cursor, stream, &check_message), text);                                                     \
        CHECK(check_message.number == (its_number) && check_message.missed == (its_missed));                           \
    } while (0)
#define CHECK_NO_NEXT(cursor, stream, status)                                                                          \
    do {                                                                                                               \
        shoal_message check_message;                                                                                   \
        CHECK_TEXT(next_of(cursor, stream, &check_message), status);                                                   \
    } while (0)

/* ---- Sending and reading ---- */

TEST(every_reader_gets_every_message_in_order)
{
    shoal_object *a = a_stream(new_context(), 0), *b = a_stream(new_context(), 0), *seen = seen_readonly();
    shoal_cursor first = reader_of(a, false), second = reader_of(b, false), third = reader_of(seen, true);
    CHECK_NO_NEXT(&first, a, "SHOAL_ETIMEDOUT");
    CHECK(send_text(a, "one") == 1 && send_text(b, "two") == 2 && send_text(a, "") == 3);
    for (int i = 0; i < 3; i++) {
        shoal_cursor *cursor = i == 0 ? &first : i == 1 ? &second : &third;
        const shoal_object *stream = i == 0 ? a : i == 1 ? b : seen;
        CHECK_NEXT(cursor, stream, "one", 1, 0);
        CHECK_NEXT(cursor, stream, "two", 2, 0);
        CHECK_NEXT(cursor, stream, "", 3, 0);
        CHECK_NO_NEXT(cursor, stream, "SHOAL_ETIMEDOUT");
        CHECK(cursor->next == 4 && cursor->missed == 0);
    }
    shoal_cursor late = reader_of(a, false), all = reader_of(a, true);
    CHECK_NO_NEXT(&late, a, "SHOAL_ETIMEDOUT");
    CHECK_NEXT(&all, a, "one", 1, 0);
    check_sound(open_or_create(new_context(), "streams"));
}

TEST(a_slow_reader_is_told_how_many_it_missed)
{
    shoal_object *stream = a_stream(new_context(), SMALL);
    shoal_cursor slow = reader_of(stream, false);
    uint64_t oldest, newest;
    char text[24];
    for (int i = 1; i <= 200; i++) {
        snprintf(text, sizeof text, "message %d", i); /* two units: 32 of them fit */
        CHECK(send_text(stream, text) == (uint64_t)i);
    }
    CHECK_STATUS(shoal_stream_numbers(&oldest, &newest, stream), SHOAL_OK);
    CHECK(oldest == 169 && newest == 200);
    CHECK_NEXT(&slow, stream, "message 169", 169, 168);
    CHECK_NEXT(&slow, stream, "message 170", 170, 0);
    send_text(stream, "message 201");
    CHECK_NEXT(&slow, stream, "message 171", 171, 0);
    for (int i = 0; i < 40; i++)
        send_padded(stream, "large", 56); /* four units */
    CHECK_STATUS(shoal_stream_numbers(&oldest, &newest, stream), SHOAL_OK);
    CHECK(newest == 241 && oldest == 241 - 15);
    shoal_message message;
    CHECK(strncmp(next_of(&slow, stream, &message), "large ", 6) == 0);
    CHECK(message.number == oldest && message.missed == oldest - 172 && slow.missed == 168 + oldest - 172);
}

TEST(messages_of_every_size_come_back_whole_however_the_ring_wraps)
{
    shoal_object *stream = a_stream(new_context(), SMALL);
    unsigned char bytes[SMALL], got[SMALL];
    uint64_t number, limit = shoal_stream_limit(stream), seed = 7;
    shoal_cursor cursor = reader_of(stream, true);
    shoal_message message;
    CHECK(limit == SMALL / 2 - 8);
    for (uint64_t i = 1; i <= 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t size = (seed >> 33) % (limit + 1);
        for (size_t k = 0; k < size; k++)
            bytes[k] = (unsigned char)(i + k);
        CHECK_STATUS(shoal_stream_send(&number, stream, bytes, size, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(number == i);
        CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, got, sizeof got, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(message.number == i && message.size == size && message.missed == 0);
        CHECK(memcmp(got, bytes, size) == 0);
    }
    check_sound(open_or_create(new_context(), "streams"));
}

TEST(a_message_above_the_limit_is_refused_and_changes_nothing)
{
    shoal_object *stream = a_stream(new_context(), SMALL);
    shoal_cursor cursor = reader_of(stream, true);
    uint64_t number = 1, limit = shoal_stream_limit(stream);
    char bytes[SMALL] = "x";
    send_text(stream, "here");
    CHECK_STATUS(shoal_stream_send(&number, stream, bytes, limit + 1, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK(number == 0 && strstr(shoal_error_message(), "505") && strstr(shoal_error_message(), "504") &&
          strstr(shoal_error_message(), "1024"));
    CHECK_STATUS(shoal_stream_send(&number, stream, bytes, SIZE_MAX, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK_NEXT(&cursor, stream, "here", 1, 0);
    CHECK_STATUS(shoal_stream_send(&number, stream, bytes, limit, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_stream_send(&number, stream, bytes, limit, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(number == 3);
    CHECK_TEXT(next_of(&cursor, stream, &(shoal_message){0}), "x");
}

TEST(a_buffer_that_is_too_small_is_told_the_size_and_nothing_is_lost)
{
    shoal_object *stream = a_stream(new_context(), 0);
    shoal_cursor cursor = reader_of(stream, true);
    shoal_message message;
    char got[8];
    send_text(stream, "eight by");
    CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, got, 7, SHOAL_NO_WAIT), SHOAL_LARGER);
    CHECK(message.size == 8 && message.number == 1 && cursor.next == 1);
    CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, NULL, 0, SHOAL_NO_WAIT), SHOAL_LARGER);
    CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, got, 8, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(message.size == 8 && memcmp(got, "eight by", 8) == 0 && cursor.next == 2);
}

TEST(a_stream_is_opened_again_only_with_its_capacity)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "streams");
    shoal_object *stream, *other;
    CHECK_STATUS(shoal_stream_open(&stream, segment, "s", 1, 5000), SHOAL_OK);
    CHECK(shoal_stream_capacity(stream) == 8192 && shoal_stream_limit(stream) == 4088);
    CHECK_STATUS(shoal_stream_open(&other, segment, "s", 1, 8192), SHOAL_OK);
    CHECK_STATUS(shoal_stream_open(&other, segment, "s", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_stream_open(&other, segment, "s", 1, 8193), SHOAL_EMISMATCH);
    CHECK(other == NULL && strstr(shoal_error_message(), "8192") && strstr(shoal_error_message(), "16384"));
    CHECK_STATUS(shoal_stream_open(&other, segment, "b", 1, ((uint64_t)1 << 30) + 1), SHOAL_EVALUE);
    CHECK_STATUS(shoal_stream_open(&other, segment, "b", 1, (uint64_t)1 << 30), SHOAL_ENOSPACE);
    CHECK_STATUS(shoal_object_open(&other, segment, "b", 1), SHOAL_ENOKEY);
    CHECK_STATUS(shoal_stream_open(&other, segment, "d", 1, 0), SHOAL_OK);
    CHECK(shoal_stream_capacity(other) == SHOAL_STREAM_CAPACITY);
    CHECK_STATUS(shoal_stream_open(&other, segment, "e", 1, 1), SHOAL_OK);
    CHECK(shoal_stream_capacity(other) == SMALL);
}

TEST(stream_functions_want_a_stream)
{
    shoal_object *lock = a_lock(new_context());
    uint64_t number, oldest;
    shoal_cursor cursor;
    shoal_message message;
    CHECK_STATUS(shoal_stream_send(&number, lock, "x", 1, SHOAL_NO_WAIT), SHOAL_ETYPE);
    CHECK_STATUS(shoal_stream_reader(&cursor, lock, true), SHOAL_ETYPE);
    CHECK_STATUS(shoal_stream_read(&message, &cursor, lock, NULL, 0, SHOAL_NO_WAIT), SHOAL_ETYPE);
    CHECK_STATUS(shoal_stream_numbers(&oldest, &number, lock), SHOAL_ETYPE);
    CHECK(shoal_stream_capacity(lock) == 0 && shoal_stream_limit(lock) == 0);
}

TEST(a_readonly_attach_reads_and_cannot_send)
{
    shoal_object *stream = a_stream(new_context(), 0), *seen = seen_readonly();
    shoal_cursor cursor = reader_of(seen, false);
    uint64_t number;
    CHECK_STATUS(shoal_stream_send(&number, seen, "x", 1, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    send_text(stream, "for all");
    CHECK_NEXT(&cursor, seen, "for all", 1, 0);
}

/* ---- Waiting ---- */

static int call_read_next(struct call *call)
{
    char bytes[64];
    shoal_message message;
    shoal_cursor cursor = reader_of(call->object, false);
    return shoal_stream_read(&message, &cursor, call->object, bytes, sizeof bytes, call->deadline);
}

TEST(one_message_wakes_all_who_wait_for_it)
{
    shoal_object *a = a_stream(new_context(), 0), *b = a_stream(new_context(), 0);
    struct call calls[5] = {0};
    for (int i = 0; i < 5; i++)
        begin_call(&calls[i], call_read_next, b, SOON);
    EVENTUALLY(count_waiters(a) == 5);
    send_text(a, "wake up");
    for (int i = 0; i < 5; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    CHECK(count_waiters(a) == 0);
}

TEST(one_message_wakes_all_who_wait_at_once)
{
    shoal_object *a = a_stream(new_context(), 0), *b = a_stream(new_context(), 0);
    double best = 1;
    for (int i = 0; i < 5; i++) {
        struct call calls[4] = {0};
        for (int k = 0; k < 4; k++)
            begin_call(&calls[k], call_read_next, b, SOON);
        EVENTUALLY(count_waiters(a) == 4);
        nanosleep(&(struct timespec){.tv_nsec = 170000000}, NULL); /* in a slice of 100 ms by now, its fourth */
        shoal_time start = shoal_now();
        send_text(a, "now");
        for (int k = 0; k < 4; k++)
            CHECK_STATUS(end_call(&calls[k]), SHOAL_OK);
        best = seconds_since(start) < best ? seconds_since(start) : best;
    }
    CHECK(best < 0.02);
}

TEST(a_reader_is_woken_and_does_not_find_it_out_later)
{
    shoal_object *a = a_stream(new_context(), 0), *b = a_stream(new_context(), 0);
    double best = 1;
    for (int i = 0; i < 5; i++) {
        struct call call = {0};
        begin_call(&call, call_read_next, b, SOON);
        nanosleep(&(struct timespec){.tv_nsec = 170000000}, NULL); /* in a slice of 100 ms by now, its fourth */
        shoal_time start = shoal_now();
        send_text(a, "now");
        CHECK_STATUS(end_call(&call), SHOAL_OK);
        best = seconds_since(start) < best ? seconds_since(start) : best;
    }
    CHECK(best < 0.02);
}

TEST(reading_ends_at_its_deadline)
{
    shoal_object *stream = a_stream(new_context(), 0), *seen = seen_readonly();
    shoal_cursor cursor = reader_of(stream, false);
    shoal_message message;
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, NULL, 0, shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_stream_read(&message, &cursor, seen, NULL, 0, shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
    CHECK(seconds_since(start) >= 0.1 && seconds_since(start) < 5);
}

TEST(a_wait_is_for_what_is_newer_than_its_argument)
{
    shoal_object *stream = a_stream(new_context(), 0);
    shoal_wait wait;
    send_text(stream, "one");
    CHECK_STATUS(shoal_wait_begin(&wait, stream, SHOAL_WAIT_GET, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_OK);
    CHECK_STATUS(shoal_wait_begin(&wait, stream, SHOAL_WAIT_GET, 0, 1), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    CHECK(!shoal_wait_is_ready(&wait));
    send_text(stream, "two");
    CHECK(shoal_wait_is_ready(&wait));
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_OK);
    CHECK_STATUS(shoal_wait_begin(&wait, stream, 65, 0, 0), SHOAL_ETYPE); /* its lock is nobody else's */
    CHECK(send_text(stream, "three") == 3);
}

/* ---- Deaths, and who is stopped ---- */

static void send_and_die(void *stream)
{
    send_text(stream, "last words");
}

TEST(what_one_sent_who_died_is_there)
{
    shoal_object *stream = a_stream(new_context(), 0);
    shoal_cursor cursor = reader_of(stream, false);
    die_after(send_and_die, stream);
    CHECK_NEXT(&cursor, stream, "last words", 1, 0);
    CHECK(send_text(stream, "next") == 2);
}

static void take_the_lock(void *argument)
{
    shoal_object *stream = argument;
    CHECK_STATUS(shoal__here(stream->segment), SHOAL_OK);
    CHECK(shoal__mutex_try_free(&((struct stream_sh *)stream->body)->lock, stream->segment->party.me));
}

TEST(a_sender_that_dies_sending_is_in_nobodys_way)
{
    shoal_object *stream = a_stream(new_context(), 0);
    die_after(take_the_lock, stream);
    shoal_time start = shoal_now();
    CHECK(send_text(stream, "after it") == 1);
    CHECK(seconds_since(start) < 5);
}

static void take_the_lock_and_stop(void *argument)
{
    take_the_lock(argument);
    raise(SIGSTOP);
}

TEST(a_stopped_sender_delays_others_until_their_deadline_and_is_named)
{
    shoal_object *stream = a_stream(new_context(), 0);
    shoal_cursor cursor = reader_of(stream, true);
    uint64_t number;
    char pid[32];
    send_text(stream, "before");
    pid_t child = process(take_the_lock_and_stop, stream);
    CHECK(waitpid(child, NULL, WUNTRACED) == child);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_stream_send(&number, stream, "x", 1, SHOAL_GLANCE), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_stream_send(&number, stream, "x", 1, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_stream_send(&number, stream, "x", 1, shoal_deadline(0.1)), SHOAL_ETIMEDOUT);
    CHECK(seconds_since(start) < 2);
    snprintf(pid, sizeof pid, "(pid %d)", (int)child);
    CHECK(strstr(shoal_error_message(), pid) && number == 0);
    CHECK_NEXT(&cursor, stream, "before", 1, 0); /* readers do not wait for it */
    CHECK_NO_NEXT(&cursor, stream, "SHOAL_ETIMEDOUT");
    kill_now(child);
    CHECK_STATUS(shoal_stream_send(&number, stream, "x", 1, SOON), SHOAL_OK);
}

/* ---- Damage ---- */

static struct stream_sh *body_of(const shoal_object *stream)
{
    return stream->body;
}

static struct record_sh *record_of(const shoal_object *stream, uint32_t unit)
{
    return shoal__record_at(body_of(stream) + 1, body_of(stream)->units, unit);
}

TEST(a_damaged_message_is_told_once_and_a_reader_goes_on_behind_it)
{
    static const uint32_t bad[] = {0, UINT32_MAX, 0x1ffffff0, 0x20000008, 0x30000008, 0x10000000 + SMALL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        shoal_object *stream = a_stream(new_context(), SMALL);
        shoal_cursor cursor = reader_of(stream, false);
        uint64_t number = send_text(stream, "good"), oldest, newest;
        send_text(stream, "bad");
        send_text(stream, "lost");
        uint32_t tail = load_relaxed(&body_of(stream)->mark[(number + 2) % 2].tail);
        record_of(stream, tail - 2)->head = bad[i];
        CHECK_NEXT(&cursor, stream, "good", number, 0);
        CHECK_NO_NEXT(&cursor, stream, "SHOAL_ECORRUPT");
        CHECK(strstr(shoal_error_message(), "\"s\""));
        CHECK_NO_NEXT(&cursor, stream, "SHOAL_ETIMEDOUT");
        send_text(stream, "on");
        CHECK_NEXT(&cursor, stream, "on", number + 3, 2);
        for (int k = 0; k < 100; k++) /* a writer comes by, and goes on as well */
            send_text(stream, "more");
        CHECK_STATUS(shoal_stream_numbers(&oldest, &newest, stream), SHOAL_OK);
        CHECK(newest == number + 103 && oldest > number + 3);
    }
}

TEST(a_reader_from_the_start_is_told_of_a_damaged_oldest_once)
{
    shoal_object *stream = a_stream(new_context(), SMALL);
    send_text(stream, "bad");
    record_of(stream, 0)->head = 0;
    shoal_cursor cursor = reader_of(stream, true);
    CHECK_NO_NEXT(&cursor, stream, "SHOAL_ECORRUPT");
    CHECK_NO_NEXT(&cursor, stream, "SHOAL_ETIMEDOUT");
    send_text(stream, "on");
    CHECK_NEXT(&cursor, stream, "on", 2, 1);
}

static void remember(void *last, const char *finding)
{
    snprintf(last, 512, "%s", finding);
}

TEST(impossible_positions_are_told_by_check_and_end_with_the_next_message)
{
    shoal_object *stream = a_stream(new_context(), SMALL);
    shoal_segment *segment = open_or_create(new_context(), "streams");
    shoal_cursor cursor = reader_of(stream, true);
    shoal_message message;
    char said[512] = "";
    send_text(stream, "one");
    store_relaxed(&body_of(stream)->head, 77);
    CHECK(shoal_check(segment, remember, said) == 1 && strstr(said, "positions"));
    CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, said, sizeof said, SHOAL_NO_WAIT), SHOAL_ECORRUPT);
    CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, said, sizeof said, shoal_deadline(1)), SHOAL_ECORRUPT);
    CHECK(send_text(stream, "two") == 2);
    CHECK_TEXT(next_of(&cursor, stream, &message), "two");
    check_sound(segment);
}

TEST(a_walk_over_the_ring_tells_of_a_damaged_message)
{
    shoal_object *stream = a_stream(new_context(), SMALL);
    for (int i = 0; i < 100; i++) {
        CHECK(shoal__stream_walk(body_of(stream), SMALL / 16) == NULL);
        send_padded(stream, "message", 60);
    }
    uint32_t tail = load_relaxed(&body_of(stream)->mark[0].tail);
    for (int word = 0; word < 2; word++) {
        uint32_t *it = (uint32_t *)record_of(stream, tail - 10) + word, was = *it;
        *it = was + (word ? 3 : 1u << RECORD_KIND_SHIFT);
        const char *said = shoal__stream_walk(body_of(stream), SMALL / 16);
        CHECK(said && strstr(said, "record"));
        *it = was;
        CHECK(shoal__stream_walk(body_of(stream), SMALL / 16) == NULL);
    }
}

TEST(an_impossible_capacity_is_refused_and_told_by_check)
{
    static const uint32_t bad[] = {0, 3, 128, 65, 1u << 31, 63};
    shoal_object *stream = a_stream(new_context(), SMALL);
    shoal_segment *segment = open_or_create(new_context(), "streams");
    shoal_cursor cursor = reader_of(stream, true);
    shoal_message message;
    uint64_t number, oldest;
    char said[512] = "";
    send_text(stream, "one");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        body_of(stream)->units = bad[i];
        CHECK(shoal_check(segment, remember, said) == 1 && strstr(said, "capacity"));
        CHECK_STATUS(shoal_stream_send(&number, stream, "x", 1, SHOAL_NO_WAIT), SHOAL_ECORRUPT);
        CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, said, 9, SHOAL_NO_WAIT), SHOAL_ECORRUPT);
        CHECK_STATUS(shoal_stream_numbers(&oldest, &number, stream), SHOAL_ECORRUPT);
        CHECK(shoal_stream_capacity(stream) == 0 && shoal_stream_limit(stream) == 0);
    }
    body_of(stream)->units = SMALL / 16;
    CHECK_NEXT(&cursor, stream, "one", 1, 0);
}

/* ---- Numbers and positions beyond 32 bits ---- */

TEST(numbers_and_positions_go_on_beyond_32_bits)
{
    shoal_object *stream = a_stream(new_context(), SMALL);
    struct stream_sh *body = body_of(stream);
    const uint64_t first = ((uint64_t)7 << 32) - 20;
    shoal__stream_number_from(body, first);
    struct mark_sh *mark = &body->mark[(first - 1) % 2];
    store_relaxed(&mark->tail, UINT32_MAX - 29); /* 30 units before it comes round */
    store_relaxed(&mark->tail_high, 4);
    store_relaxed(&mark->last, UINT32_MAX - 29);
    store_relaxed(&body->head, UINT32_MAX - 29);
    shoal_cursor each = reader_of(stream, false), slow = reader_of(stream, false);
    char text[24];
    for (uint64_t i = first; i < first + 200; i++) {
        snprintf(text, sizeof text, "message %d", (int)(i - first));
        CHECK(send_text(stream, text) == i);
        CHECK_NEXT(&each, stream, text, i, 0);
    }
    CHECK_NEXT(&slow, stream, "message 168", first + 168, 168);
    check_sound(open_or_create(new_context(), "streams"));
}

TEST(a_reader_that_was_away_while_positions_came_round_is_not_mistaken)
{
    shoal_object *stream = a_stream(new_context(), SMALL);
    shoal_cursor away = reader_of(stream, true);
    send_text(stream, "one");
    send_text(stream, "two"); /* the same low halves, 2^32 units and as many messages later: */
    struct mark_sh *mark = &body_of(stream)->mark[0];
    store_relaxed(&mark->tail_high, 1);
    store_relaxed(&mark->number_high, 1);
    CHECK_NEXT(&away, stream, "one", ((uint64_t)1 << 32) + 1, (uint64_t)1 << 32);
    CHECK(away.missed == (uint64_t)1 << 32);
}

/* ---- Copies ---- */

TEST(a_backup_has_the_messages_that_are_there_under_their_numbers)
{
    shoal_context *context = new_context();
    shoal_object *stream = a_stream(context, SMALL), *copy;
    char path[300], text[24];
    for (int i = 1; i <= 100; i++) {
        snprintf(text, sizeof text, "message %d", i);
        send_text(stream, text);
    }
    snprintf(path, sizeof path, "%s/copy.shoal", scratch_directory);
    CHECK_STATUS(shoal_segment_backup(open_or_create(context, "streams"), path, false), SHOAL_OK);
    CHECK_STATUS(shoal_stream_open(&copy, open_or_create(new_context(), path), "s", 1, SMALL), SHOAL_OK);
    shoal_cursor from = reader_of(stream, true), to = reader_of(copy, true);
    CHECK(from.next == to.next && to.next == 69);
    for (uint64_t i = 69; i <= 100; i++) {
        snprintf(text, sizeof text, "message %d", (int)i);
        CHECK_NEXT(&to, copy, text, i, 0);
    }
    CHECK(send_text(copy, "more") == 101);
}

/* ---- Everybody at once ---- */

enum { WRITERS = 3, READERS = 3, EACH = 30000 };

static void write_words(void *argument)
{
    shoal_object *stream = argument;
    uint32_t words[100];
    uint64_t number;
    for (uint32_t i = 0; i < EACH; i++) {
        uint32_t count = 1 + i * 7 % 100;
        for (uint32_t k = 0; k < count; k++)
            words[k] = i + k;
        CHECK_STATUS(shoal_stream_send(&number, stream, words, count * sizeof *words, SOON), SHOAL_OK);
    }
}

/* None is torn, none comes twice or late, and what is missed is counted. */
static void read_words(void *argument)
{
    shoal_object *stream = argument;
    uint32_t words[100];
    uint64_t last = 0, missed = 0;
    shoal_cursor cursor = {.next = 1};
    shoal_message message;
    while (last < (uint64_t)WRITERS * EACH) {
        CHECK_STATUS(shoal_stream_read(&message, &cursor, stream, words, sizeof words, SOON), SHOAL_OK);
        for (size_t k = 1; k < message.size / sizeof *words; k++)
            CHECK(words[k] == words[0] + k);
        CHECK(message.size == (1 + words[0] * 7 % 100) * sizeof *words);
        missed += message.missed;
        CHECK(message.number == last + message.missed + 1 && cursor.missed == missed);
        last = message.number;
    }
}

TEST(many_write_and_many_read_and_nothing_is_torn)
{
    shoal_object *stream = a_stream(new_context(), 4096);
    pid_t children[WRITERS + READERS];
    for (int i = 0; i < WRITERS + READERS; i++)
        children[i] = in_child(i < WRITERS ? write_words : read_words, stream);
    read_words(seen_readonly());
    for (int i = 0; i < WRITERS + READERS; i++)
        join(children[i]);
    check_sound(open_or_create(new_context(), "streams"));
}
