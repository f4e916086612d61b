/* Queues. Every message says itself whether it is whole: its first bytes say how long it is, and what the others are. */
#include "driver.h"

#include <string.h>

enum {
    CAPACITY = 16000,
    LARGE = 3000, /* put as a loan, so that it lies in a page of its own, as larger messages do */
    WIDE = 3900,  /* few of these fill the queue */
    MOST = CAPACITY / 16,
};

static int make(struct subject *subject, uint32_t size)
{
    return shoal_queue_open(&subject->object, subject->segment, subject->name, subject->length, CAPACITY + 16 * size);
}

static int again(shoal_object **out, const struct subject *subject)
{
    uint64_t capacity = shoal_queue_capacity(subject->object);
    int status = LOOK(shoal_queue_open, out, subject->segment, subject->name, subject->length, capacity);
    if (status < 0)
        return status;
    shoal_object_close(*out);
    return LOOK(shoal_queue_open, out, subject->segment, subject->name, subject->length, 0);
}

/* ---- Messages ---- */

static void write_message(unsigned char *bytes, uint32_t size, uint32_t seed)
{
    memset(bytes, (int)(seed * 31 % 251), size);
    memcpy(bytes, &size, sizeof size);
    memcpy(bytes + 4, &seed, sizeof seed);
}

static const char *is_whole(const unsigned char *bytes, size_t size, uint32_t *seed)
{
    uint32_t says = 0;
    if (size >= 8)
        memcpy(&says, bytes, sizeof says), memcpy(seed, bytes + 4, sizeof *seed);
    if (size < 8 || says != size)
        return kinds_say("a message of %zu bytes says that it has %u", size, says);
    for (size_t i = 8; i < size; i++)
        if (bytes[i] != (unsigned char)(*seed * 31 % 251))
            return kinds_say("byte %zu of a message of %zu is torn", i, size);
    return NULL;
}

static int lend(shoal_object *queue, uint32_t size, uint32_t seed, shoal_time deadline)
{
    shoal_loan loan;
    int status = shoal_queue_loan(&loan, queue, size, 0, deadline);
    if (status < 0)
        return status;
    write_message(loan.bytes, size, seed);
    status = shoal_queue_put_loan(&loan, size, deadline);
    shoal_loan_end(&loan);
    return status;
}

static int put(shoal_object *queue, uint32_t size, uint32_t seed, shoal_time deadline)
{
    unsigned char bytes[WIDE];
    if (size == LARGE)
        return lend(queue, size, seed, deadline);
    write_message(bytes, size, seed);
    return shoal_queue_put(queue, bytes, size, deadline);
}

/* `status` below zero: there was none. */
static const char *get(shoal_object *queue, uint32_t *size, uint32_t *seed, int *status, shoal_time deadline)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    *status = shoal_queue_get(&taken, queue, buffer, deadline);
    if (*status < 0)
        return NULL;
    const char *sentence = is_whole(taken.bytes, taken.size, seed);
    *size = (uint32_t)taken.size;
    shoal_taken_end(&taken);
    return sentence;
}

static const char *empty(shoal_object *queue)
{
    uint32_t size, seed;
    int status = SHOAL_OK;
    for (uint32_t i = 0; i <= MOST && status == SHOAL_OK; i++)
        WELL(get(queue, &size, &seed, &status, SHOAL_NO_WAIT));
    EXPECT(status == SHOAL_EEMPTY);
    return NULL;
}

/* ---- A state ---- */

/* `seed` % 5 small ones and a large one. */
static int fill(const struct subject *subject, uint32_t seed)
{
    if (empty(subject->object))
        return SHOAL_ECORRUPT;
    int status = put(subject->object, LARGE, seed, SHOAL_NO_WAIT);
    for (uint32_t i = 0; i < seed % 5 + 1 && status == SHOAL_OK; i++)
        status = put(subject->object, 8 + 100 * i, seed + i, SHOAL_NO_WAIT);
    return status;
}

/* Got, and put again behind the others. */
static const char *filled(const struct subject *subject, uint32_t seed)
{
    uint64_t count;
    shoal_object *queue = subject->object;
    EXPECT(shoal_queue_size(&count, queue) == SHOAL_OK && count == seed % 5 + 2);
    for (uint32_t i = 0; i < count && !shoal_object_readonly(queue); i++) {
        uint32_t size, was;
        int status;
        WELL(get(queue, &size, &was, &status, SHOAL_NO_WAIT));
        EXPECT(status == SHOAL_OK && was == (i ? seed + i - 1 : seed) && size == (i ? 8 + 100 * (i - 1) : LARGE));
        EXPECT(put(queue, size, was, SHOAL_NO_WAIT) == SHOAL_OK);
    }
    return NULL;
}

static const char *look(const struct subject *subject)
{
    uint64_t number;
    SEE(shoal_queue_capacity, subject->object);
    SEE(shoal_queue_is_shut, subject->object);
    if (LOOK(shoal_queue_size, &number, subject->object) == SHOAL_OK)
        kinds_touch(&number, sizeof number);
    if (LOOK(shoal_queue_used, &number, subject->object) == SHOAL_OK)
        kinds_touch(&number, sizeof number);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL] = {0};
    shoal_object *queue = subject->object;
    shoal_bytes one = {buffer, 8};
    size_t count;
    shoal_taken taken;
    shoal_loan loan;
    shoal_view view;
    uint64_t size;
    int64_t shape = 4;
    shoal_dtype dtype;
    EXPECT(shoal_dtype_parse(&dtype, "uint8", 5) == SHOAL_OK);
    EXPECT(shoal_view_init(&view, &size, dtype, 1, &shape) == SHOAL_OK);
    view.data = buffer;
    REFUSED(shoal_queue_put, queue, buffer, 8, SHOAL_NO_WAIT);
    REFUSED(shoal_queue_put_string, queue, SHOAL_BIN, buffer, 8, SHOAL_NO_WAIT);
    REFUSED(shoal_queue_put_array, queue, &view, SHOAL_NO_WAIT);
    REFUSED(shoal_queue_put_many, &count, queue, &one, 1, SHOAL_NO_WAIT);
    REFUSED(shoal_queue_get, &taken, queue, buffer, SHOAL_NO_WAIT);
    REFUSED(shoal_queue_get_many, &taken, 1, &count, queue, buffer, sizeof buffer, SHOAL_NO_WAIT);
    REFUSED(shoal_queue_loan, &loan, queue, 8, 0, SHOAL_NO_WAIT);
    REFUSED(shoal_queue_loan_array, &loan, &view, queue, SHOAL_NO_WAIT);
    REFUSED(shoal_queue_shut, queue, false);
    return NULL;
}

/* ---- Among others ---- */

static const char *unusual(const char *what, int status)
{
    bool is_usual = status == SHOAL_EFULL || status == SHOAL_EEMPTY || status == SHOAL_ENOSPACE;
    return is_usual ? NULL : kinds_unusual(what, status);
}

static const char *use(const struct subject *subject)
{
    shoal_object *queue = subject->object;
    uint32_t size, seed = kinds_below(1000);
    int status;
    if (shoal_object_readonly(queue))
        return NULL;
    size = kinds_below(16) == 0 ? LARGE : 8 + kinds_below(500);
    status = put(queue, size, seed, kinds_deadline());
    if (status < 0 || kinds_below(4) == 0)
        return unusual("put", status);
    WELL(get(queue, &size, &seed, &status, kinds_deadline())); /* one for one: somebody may wait for what is there */
    return unusual("get", status);
}

static const char *intact(const struct subject *subject)
{
    uint64_t count, used;
    EXPECT(shoal_queue_size(&count, subject->object) == SHOAL_OK);
    EXPECT(shoal_queue_used(&used, subject->object) == SHOAL_OK);
    if (count > MOST || used > 4 * CAPACITY)
        return kinds_say("a queue that is open has %llu messages of %llu bytes", (unsigned long long)count,
                         (unsigned long long)used);
    return NULL;
}

static const char *sound(shoal_object *queue)
{
    uint64_t count, used;
    uint32_t size = 0, seed = 0;
    int status;
    WELL(empty(queue));
    EXPECT(shoal_queue_size(&count, queue) == SHOAL_OK && count == 0);
    EXPECT(shoal_queue_used(&used, queue) == SHOAL_OK && used == 0);
    EXPECT(put(queue, 100, 7, SHOAL_NO_WAIT) == SHOAL_OK);
    int large = put(queue, LARGE, 8, SHOAL_NO_WAIT);
    EXPECT(large == SHOAL_OK || large == SHOAL_ENOSPACE);
    uint64_t there = large == SHOAL_OK ? 2 : 1;
    EXPECT(shoal_queue_size(&count, queue) == SHOAL_OK && count == there);
    for (uint32_t i = 0; i < there; i++) {
        WELL(get(queue, &size, &seed, &status, SHOAL_NO_WAIT));
        EXPECT(status == SHOAL_OK && seed == 7 + i && size == (i ? LARGE : 100));
    }
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    uint64_t count;
    (void)peer;
    if (take(2) && model->count < MODEL_BYTES) {
        uint32_t seed = take(200), size = take(20) ? 8 + take(50) : LARGE;
        int status = put(object, size, seed, SHOAL_NO_WAIT);
        EXPECT(status == SHOAL_OK || status == SHOAL_ENOSPACE || (status == SHOAL_EFULL && model->count > 0));
        if (status == SHOAL_OK)
            model->bytes[model->count++] = (unsigned char)seed;
    } else {
        uint32_t size, seed = 0;
        int status;
        WELL(get(object, &size, &seed, &status, SHOAL_NO_WAIT));
        EXPECT(status == (model->count ? SHOAL_OK : SHOAL_EEMPTY));
        if (model->count) {
            EXPECT(seed == model->bytes[0]);
            memmove(model->bytes, model->bytes + 1, (size_t)--model->count);
        }
    }
    EXPECT(shoal_queue_size(&count, object) == SHOAL_OK && (int64_t)count == model->count);
    return NULL;
}

/* ---- Waiting ---- */

static int plainly(int status)
{
    return status == SHOAL_EFULL || status == SHOAL_EEMPTY ? SHOAL_ETIMEDOUT : status;
}

static int drain(shoal_object *queue)
{
    return empty(queue) ? SHOAL_ECORRUPT : SHOAL_OK;
}

static int get_one(shoal_object *queue, shoal_time deadline)
{
    uint32_t size, seed;
    int status;
    return get(queue, &size, &seed, &status, deadline) ? SHOAL_ECORRUPT : plainly(status);
}

static int give_message(shoal_object *queue)
{
    return put(queue, 20, 5, SHOAL_NO_WAIT);
}

static int fill_up(shoal_object *queue)
{
    int status = drain(queue);
    while (status == SHOAL_OK)
        status = put(queue, WIDE, 3, SHOAL_NO_WAIT);
    return status == SHOAL_EFULL ? SHOAL_OK : status;
}

static int put_one(shoal_object *queue, shoal_time deadline)
{
    return plainly(put(queue, WIDE, 4, deadline));
}

static int give_room(shoal_object *queue)
{
    int status = SHOAL_OK;
    for (int i = 0; i < 3 && status == SHOAL_OK; i++) /* more than half of it: then producers are told */
        status = get_one(queue, SHOAL_NO_WAIT);
    return status;
}

static int64_t wide(shoal_object *queue)
{
    (void)queue;
    return WIDE;
}

static const struct way ways[] = {
    {.name = "message",
     .operation = SHOAL_WAIT_GET,
     .death = SHOAL_PENDING,
     .glances = true,
     .block = drain,
     .wait = get_one,
     .free = give_message},
    {.name = "room",
     .operation = SHOAL_WAIT_PUT,
     .death = SHOAL_PENDING,
     .glances = true,
     .block = fill_up,
     .wait = put_one,
     .free = give_room,
     .argument = wide},
    {0},
};

const struct driver queue_driver = {
    .name = "queue",
    .kind = SHOAL_KIND_QUEUE,
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
