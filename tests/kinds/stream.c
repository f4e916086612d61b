/* Streams: small ones, which are written over soon. A message is words that count up, so a torn one shows. */
#include "driver.h"

#include <string.h>

enum { CAPACITY = 1024, WORDS = 40 };

static int make(struct subject *subject, uint32_t size)
{
    (void)size;
    return shoal_stream_open(&subject->object, subject->segment, subject->name, subject->length, CAPACITY);
}

static int again(shoal_object **out, const struct subject *subject)
{
    return LOOK(shoal_stream_open, out, subject->segment, subject->name, subject->length,
                shoal_stream_capacity(subject->object));
}

/* 1 to WORDS words from `first` on. */
static int send_words(uint64_t *number, shoal_object *stream, uint32_t first, shoal_time deadline)
{
    uint32_t words[WORDS], count = 1 + first % WORDS;
    for (uint32_t i = 0; i < count; i++)
        words[i] = first + i;
    return shoal_stream_send(number, stream, words, count * sizeof *words, deadline);
}

static bool are_words(const uint32_t *words, size_t size)
{
    if (size != (1 + words[0] % WORDS) * sizeof *words)
        return false;
    for (size_t i = 0; i < size / sizeof *words; i++)
        if (words[i] != words[0] + i)
            return false;
    return true;
}

/* Read all from the oldest on: *first is the first word of the last that was there. */
static const char *read_all(uint32_t *first, const shoal_object *stream)
{
    uint32_t words[WORDS] = {0};
    uint64_t last = 0;
    shoal_cursor cursor;
    shoal_message message;
    int status = LOOK(shoal_stream_reader, &cursor, stream, true);
    for (int i = 0; i < 1000 && status == SHOAL_OK; i++) {
        status = LOOK(shoal_stream_read, &message, &cursor, stream, words, sizeof words, SHOAL_NO_WAIT);
        if (status != SHOAL_OK)
            break;
        EXPECT(are_words(words, message.size) && message.number > last);
        EXPECT(last == 0 || message.number == last + message.missed + 1);
        last = message.number;
        *first = words[0];
    }
    return status == SHOAL_OK || status == SHOAL_ETIMEDOUT ? NULL : kinds_unusual("read", status);
}

static int fill(const struct subject *subject, uint32_t seed)
{
    uint64_t number;
    return send_words(&number, subject->object, seed, SHOAL_NO_WAIT);
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    uint32_t first = ~seed;
    WELL(read_all(&first, subject->object));
    EXPECT(first == seed);
    return NULL;
}

static const char *look(const struct subject *subject)
{
    uint64_t oldest, newest;
    unsigned char bytes[CAPACITY];
    shoal_cursor cursor;
    shoal_message message;
    SEE(shoal_stream_capacity, subject->object);
    SEE(shoal_stream_limit, subject->object);
    LOOK(shoal_stream_numbers, &oldest, &newest, subject->object);
    LOOK(shoal_stream_reader, &cursor, subject->object, false);
    if (LOOK(shoal_stream_reader, &cursor, subject->object, true) < 0)
        return NULL;
    for (int i = 0; i < 3; i++)
        if (LOOK(shoal_stream_read, &message, &cursor, subject->object, bytes, sizeof bytes, SHOAL_NO_WAIT) == SHOAL_OK)
            kinds_touch(bytes, message.size);
    LOOK(shoal_stream_read, &message, &cursor, subject->object, bytes, 4, kinds_deadline());
    kinds_look_at_wait(subject->object, SHOAL_WAIT_GET, (int64_t)newest);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    uint64_t number;
    REFUSED(shoal_stream_send, &number, subject->object, "x", 1, SHOAL_NO_WAIT);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    uint64_t number;
    uint32_t first;
    if (shoal_object_readonly(subject->object) || kinds_below(2))
        return read_all(&first, subject->object);
    return kinds_unusual("send", send_words(&number, subject->object, kinds_below(1 << 20), kinds_deadline()));
}

static const char *intact(const struct subject *subject)
{
    uint32_t first;
    return read_all(&first, subject->object);
}

static const char *sound(shoal_object *stream)
{
    uint64_t number, before = 0, oldest = 0, newest = 0;
    uint32_t first = 0;
    EXPECT(shoal_stream_numbers(&oldest, &before, stream) == SHOAL_OK && oldest <= before + 1);
    EXPECT(send_words(&number, stream, 77, SHOAL_NO_WAIT) == SHOAL_OK && number == before + 1);
    EXPECT(shoal_stream_numbers(&oldest, &newest, stream) == SHOAL_OK && newest == number && oldest <= newest);
    WELL(read_all(&first, stream));
    EXPECT(first == 77);
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    uint64_t number, oldest, newest;
    uint32_t first = take(256) * 3 + peer, had;
    memcpy(&had, model->bytes, sizeof had);
    if (take(2)) {
        EXPECT(send_words(&number, object, first, SHOAL_NO_WAIT) == SHOAL_OK);
        EXPECT(number == (uint64_t)++model->count);
        memcpy(model->bytes, &first, sizeof first);
        return NULL;
    }
    EXPECT(shoal_stream_numbers(&oldest, &newest, object) == SHOAL_OK && newest == (uint64_t)model->count);
    WELL(read_all(&first, object));
    EXPECT(model->count == 0 || first == had);
    return NULL;
}

/* ---- Waiting ---- */

static int64_t argument(shoal_object *stream)
{
    uint64_t oldest, newest;
    (void)shoal_stream_numbers(&oldest, &newest, stream);
    return (int64_t)newest;
}

static int wait(shoal_object *stream, shoal_time deadline)
{
    uint32_t words[WORDS];
    shoal_cursor cursor;
    shoal_message message;
    int status = shoal_stream_reader(&cursor, stream, false);
    return status < 0 ? status : shoal_stream_read(&message, &cursor, stream, words, sizeof words, deadline);
}

static int send_one(shoal_object *stream)
{
    uint64_t number;
    return send_words(&number, stream, 5, SHOAL_NO_WAIT);
}

static const struct way ways[] = {
    {.name = "message",
     .operation = SHOAL_WAIT_GET,
     .death = SHOAL_PENDING,
     .glances = true,
     .readonly = true,
     .wait = wait,
     .free = send_one,
     .argument = argument},
    {0},
};

const struct driver stream_driver = {
    .name = "stream",
    .kind = SHOAL_KIND_STREAM,
    .make = make,
    .again = again,
    .fill = fill,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .why_waited = "waits for it",
    .ways = ways,
    .obey = obey,
};
