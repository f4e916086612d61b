/*
 * What only a Stream does, by two at once: messages are sent over the oldest ones, a reader is stopped within its copy. Messages
 * are whole and have their numbers, and those that were acknowledged are there.
 */
#include "points.h"

#include "store/stream.h"

enum { RING = 1024, SIZE = 100, FULL = 9, ROUND = 30, VICTIMS_SIZE = 200, SECONDS_SIZE = 150 };

static int open_stream(void)
{
    return must(shoal_stream_open(&object, target, "victim", 6, RING), "stream");
}
static int send_sized(uint32_t number, size_t size)
{
    uint64_t given;
    return must(shoal_stream_send(&given, object, pattern(number, size), size, LONG), "send");
}
static int prepare_full(void)
{
    open_stream();
    for (uint32_t i = 1; i <= FULL; i++)
        send_sized(i, SIZE);
    return close_object();
}

static int send_own(void)
{
    return send_sized(40, VICTIMS_SIZE);
}
static int second_sends(void)
{
    return open_stream() && send_sized(41, SECONDS_SIZE) && close_object();
}
static int second_sends_round(void)
{
    open_stream();
    for (int i = 0; i < ROUND; i++)
        send_sized(41, SECONDS_SIZE);
    return close_object();
}
static int die_sending(void)
{
    open_stream();
    return send_sized(42, SIZE);
}

/* ---- Reading ---- */

static bool is_whole(const unsigned char *bytes, const shoal_message *message)
{
    return (message->number <= FULL && is_value(bytes, message->size, (uint32_t)message->number, SIZE)) ||
           is_value(bytes, message->size, 40, VICTIMS_SIZE) || is_value(bytes, message->size, 41, SECONDS_SIZE) ||
           is_value(bytes, message->size, 42, SIZE);
}

static shoal_cursor cursor;
static int begin_to_read(void)
{
    open_stream();
    return must(shoal_stream_reader(&cursor, object, true), "reader");
}
static int read_three(void)
{
    unsigned char bytes[RING];
    shoal_message message;
    uint64_t last = 0;
    for (int i = 0; i < 3; i++) {
        int status = shoal_stream_read(&message, &cursor, object, bytes, sizeof bytes, SHOAL_NO_WAIT);
        if (status == SHOAL_ETIMEDOUT)
            break;
        must(status, "read");
        if (!is_whole(bytes, &message) || message.number != last + message.missed + 1)
            wrong("message %d of %zu bytes is torn, or out of its order", (int)message.number, message.size);
        last = message.number;
    }
    return 1;
}

/* All that are there: whose are among them? */
static int whose_are_there(uint64_t *count)
{
    unsigned char bytes[RING];
    shoal_message message;
    uint64_t oldest, newest, last = 0;
    int state = 0;
    open_stream();
    must(shoal_stream_numbers(&oldest, &newest, object), "numbers");
    must(shoal_stream_reader(&cursor, object, true), "reader");
    for (*count = newest; shoal_stream_read(&message, &cursor, object, bytes, sizeof bytes, SHOAL_NO_WAIT) == SHOAL_OK;
         last = message.number) {
        if (!is_whole(bytes, &message) || (last ? message.number != last + 1 : message.number != oldest))
            violation("message %d of %zu bytes is torn, or out of its order", (int)message.number, message.size);
        state |= message.size == VICTIMS_SIZE ? VICTIMS : message.size == SECONDS_SIZE ? SECONDS : 0;
    }
    if (last != newest)
        violation("the newest is %d, and %d was read last", (int)newest, (int)last);
    close_object();
    return state;
}
static int state_sent(void)
{
    uint64_t count;
    return whose_are_there(&count);
}
static int state_sent_round(void)
{
    uint64_t count;
    whose_are_there(&count);
    return VICTIMS | (count >= FULL + ROUND ? SECONDS : 0);
}

#define SEND(name, ...)                                                                                                \
    S(name, .prepare = prepare_full, .before = open_stream, .act = send_own, .second = second_sends,                   \
      .state = state_sent, .flags = ADDS, ##__VA_ARGS__)
static const struct scene all[] = {
    SEND(stream_send),
    SEND(stream_send_after_death, .dead = die_sending, .dead_at = "stream: record begun", .dead_hit = 1),
    SEND(stream_send_after_a_numbered_death, .dead = die_sending, .dead_at = "stream: numbered", .dead_hit = 1),
    S(stream_read, .prepare = prepare_full, .before = begin_to_read, .act = read_three, .second = second_sends_round,
      .state = state_sent_round),
    S(stream_read_only, .prepare = prepare_full, .before = begin_to_read, .act = read_three,
      .second = second_sends_round, .state = state_sent_round, .flags = READONLY),
};
const struct scenes stream_scenes = {all, sizeof all / sizeof *all};
