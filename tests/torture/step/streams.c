/*
 * What only a Stream does: messages over the end of the ring and over the oldest ones, numbers beyond 32 bits, a dead sender's
 * lock. In each image there are the messages of before, but perhaps the oldest ones, or with them the victim's.
 */
#include "step.h"

#include "segment/object.h"
#include "store/stream.h"

enum {
    RING = 1024, /* 64 units */
    SIZE = 100,  /* 7 units: nine fit, the tenth needs a pad and the place of the first two */
    FULL = 9,
    GREATEST = RING / 2 - 8
};

static int open_stream(void)
{
    return must(shoal_stream_open(&object, target, "victim", 6, RING), "stream");
}

static int send_sized(uint32_t number, size_t size)
{
    uint64_t given;
    must(shoal_stream_send(&given, object, pattern(number, size), size, SHOAL_NO_WAIT), "send");
    return must(given % 1000 == number ? SHOAL_OK : SHOAL_ECORRUPT, "its number");
}

/* After `before` messages of old; at last `number` was sent. */
static int prepare_until(uint64_t before, uint32_t number, size_t size)
{
    open_stream();
    if (before)
        shoal__stream_number_from(object->body, before + 1);
    for (uint32_t i = 1; i <= number; i++)
        send_sized(i, size);
    return close_object();
}
static int prepare_few(void)
{
    return prepare_until(0, 3, SIZE);
}
static int prepare_full(void)
{
    return prepare_until(0, FULL, SIZE);
}
/* The tail is one unit beyond the middle: who sends the greatest message makes all others go. */
static int prepare_middle(void)
{
    prepare_until(0, 4, SIZE);
    open_stream();
    send_sized(5, 72); /* 5 units: 28 and 5 */
    return close_object();
}
/* The next number is 2^32, which has another high half. */
#define MANY (((uint64_t)1 << 32) / 1000 * 1000)
static int prepare_many(void)
{
    return prepare_until(MANY, ((uint64_t)1 << 32) - MANY - 1, 20);
}

static int take_lock_and_write(void)
{
    open_stream();
    struct stream_sh *stream = object->body;
    must(shoal__mutex_lock(&stream->lock, &object->segment->party, SHOAL_NO_WAIT), "lock");
    store_relaxed(&stream->head, 14); /* it would have written over the first two, */
    memset((char *)(stream + 1) + 63 * 16, 0xee, 16);
    memset((char *)(stream + 1), 0xee, 100); /* has in part, */
    store_relaxed(&stream->mark[0].tail, 7777);
    store_relaxed(&stream->mark[0].number_high, 7);
    return 1;
}
static int prepare_dead_sender(void)
{
    prepare_full();
    dying(act_attach, take_lock_and_write);
    return 1;
}

/* ---- Deeds ---- */

static int act_send_fourth(void)
{
    return send_sized(4, SIZE);
}
static int act_send_tenth(void)
{
    return send_sized(FULL + 1, SIZE);
}
static int act_send_greatest(void)
{
    return send_sized(FULL + 1, GREATEST);
}
static int act_send_sixth(void)
{
    return send_sized(6, GREATEST);
}
static int act_send_carry(void)
{
    return send_sized(((uint64_t)1 << 32) - MANY, 20);
}

/* ---- What has been done ---- */

static bool is_message(const unsigned char *bytes, const shoal_message *message)
{
    static const size_t sizes[] = {SIZE, GREATEST, 72, 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (is_value(bytes, message->size, (uint32_t)(message->number % 1000), sizes[i]))
            return true;
    return false;
}

/* Whole ones without a gap, from the oldest to the newest? */
static bool are_whole(uint64_t oldest, uint64_t newest)
{
    unsigned char bytes[RING];
    shoal_cursor cursor;
    shoal_message message;
    if (shoal_stream_reader(&cursor, object, true) < 0 || cursor.next != oldest)
        return false;
    for (uint64_t number = oldest; number <= newest; number++)
        if (shoal_stream_read(&message, &cursor, object, bytes, sizeof bytes, SHOAL_NO_WAIT) < 0 ||
            message.number != number || message.missed || !is_message(bytes, &message))
            return false;
    return shoal_stream_read(&message, &cursor, object, bytes, sizeof bytes, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT;
}

/* Before the victim's there were messages up to `last`. `stay`: all that there were, whatever was done. */
static int state_after(uint64_t last, bool stay)
{
    uint64_t oldest, newest;
    if (shoal_stream_open(&object, target, "victim", 6, RING) < 0)
        return -1;
    bool whole = shoal_stream_numbers(&oldest, &newest, object) == SHOAL_OK && are_whole(oldest, newest);
    close_object();
    if (!whole || (stay && oldest != 1))
        return -1;
    return newest == last ? 0 : newest == last + 1 ? 1 : -1;
}
static int state_fourth(void)
{
    return state_after(3, true);
}
static int state_tenth(void)
{
    return state_after(FULL, false);
}
static int state_sixth(void)
{
    return state_after(5, false);
}
static int state_carry(void)
{
    return state_after(((uint64_t)1 << 32) - 1, false);
}

static const struct operation all[] = {
    {"stream_send", prepare_few, open_stream, act_send_fourth, state_fourth, 0},
    {"stream_send_over_end", prepare_full, open_stream, act_send_tenth, state_tenth, 0},
    {"stream_send_greatest", prepare_full, open_stream, act_send_greatest, state_tenth, 0},
    {"stream_send_all_gone", prepare_middle, open_stream, act_send_sixth, state_sixth, 0},
    {"stream_send_carry", prepare_many, open_stream, act_send_carry, state_carry, 0},
    {"stream_steal", prepare_dead_sender, open_stream, act_send_tenth, state_tenth, 0},
};

const struct operations stream_operations = {all, sizeof all / sizeof *all};
