/* Channels, of frames with a shape; the sort "messages" has frames of bytes. */
#include <string.h>

#include "driver.h"

enum { ELEMENTS = 32, ROOM = 200 };

static int open_shaped(shoal_object **out, const struct subject *subject)
{
    const int64_t shape[] = {ELEMENTS};
    shoal_channel_options options = {.dtype = {SHOAL_UINT32, 4}, .ndim = 1, .shape = shape, .slots = 4, .history = 2};
    return shoal_channel_open(out, subject->segment, subject->name, subject->length, &options);
}

static int open_bytes(shoal_object **out, const struct subject *subject)
{
    shoal_channel_options options = {.bytes = ROOM};
    return shoal_channel_open(out, subject->segment, subject->name, subject->length, &options);
}

static int make(struct subject *subject, uint32_t size)
{
    (void)size;
    return open_shaped(&subject->object, subject);
}

static int make_bytes(struct subject *subject, uint32_t size)
{
    (void)size;
    return open_bytes(&subject->object, subject);
}

static int again(shoal_object **out, const struct subject *subject)
{
    return LOOK(open_shaped, out, subject);
}

static int again_bytes(shoal_object **out, const struct subject *subject)
{
    return LOOK(open_bytes, out, subject);
}

static bool is_bytes(const shoal_object *object)
{
    shoal_channel_facts facts;
    return shoal_channel_facts_of(&facts, object) == SHOAL_OK && facts.frame.dtype.number == 0;
}

/* Every byte of the frame says the same. */
static int publish(shoal_object *object, unsigned char byte)
{
    shoal_slot slot;
    int status = shoal_slot_begin(&slot, object);
    if (status < 0)
        return status;
    memset(slot.data, byte, slot.size);
    return shoal_slot_publish(object, &slot, slot.size);
}

static int fill(const struct subject *subject, uint32_t seed)
{
    return publish(subject->object, (unsigned char)(seed % 251));
}

static const char *uniform(const unsigned char *bytes, size_t size)
{
    for (size_t i = 1; i < size; i++)
        EXPECT(bytes[i] == bytes[0]);
    return NULL;
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    size_t size;
    uint64_t number, time;
    unsigned char bytes[256];
    EXPECT(shoal_channel_copy(bytes, sizeof bytes, &size, &number, &time, subject->object, SHOAL_NEWEST) == SHOAL_OK);
    EXPECT(size > 0 && bytes[0] == seed % 251 && number > 0 && time > 0);
    return uniform(bytes, size);
}

static const char *look(const struct subject *subject)
{
    size_t size;
    uint64_t number, time;
    unsigned char bytes[256];
    shoal_channel_facts facts;
    const shoal_object *object = subject->object;
    LOOK(shoal_channel_facts_of, &facts, object);
    SEE(shoal_channel_newest, object);
    SEE(shoal_channel_dropped, object);
    LOOK(shoal_channel_copy, bytes, sizeof bytes, &size, &number, &time, object, 0);
    LOOK(shoal_channel_copy, NULL, 0, &size, &number, &time, object, 1);
    LOOK(shoal_channel_wait, object, 0, SHOAL_NO_WAIT);
    LOOK(shoal_channel_wait, object, shoal_channel_newest(object), kinds_deadline());
    kinds_look_at_wait(object, SHOAL_WAIT_FRAME, (int64_t)shoal_channel_newest(object));
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    shoal_slot slot = {0};
    shoal_frame *frame;
    REFUSED(shoal_slot_begin, &slot, subject->object);
    REFUSED(shoal_slot_publish, subject->object, &slot, 1);
    REFUSED(shoal_slot_drop, subject->object, &slot);
    REFUSED(shoal_slot_pin, &slot, subject->object, 0);
    REFUSED(shoal_slot_unpin, subject->object, &slot);
    REFUSED(shoal_channel_begin, &frame, subject->object);
    REFUSED(shoal_channel_pin, &frame, subject->object, 0);
    return NULL;
}

static const char *write_one(shoal_object *object)
{
    int status = publish(object, (unsigned char)kinds_below(251));
    return status == SHOAL_EFULL ? NULL : kinds_unusual("channel: publish", status);
}

static const char *drop_one(shoal_object *object)
{
    shoal_slot slot;
    int status = shoal_slot_begin(&slot, object);
    if (status < 0)
        return status == SHOAL_EFULL ? NULL : kinds_unusual("channel: begin", status);
    memset(slot.data, 0xa5, slot.size);
    return kinds_unusual("channel: drop", shoal_slot_drop(object, &slot));
}

/* A pinned frame stays as it is. */
static const char *read_one(shoal_object *object)
{
    shoal_slot slot;
    int status = shoal_slot_pin(&slot, object, SHOAL_NEWEST);
    if (status < 0)
        return status == SHOAL_ETIMEDOUT ? NULL : kinds_unusual("channel: pin", status);
    const char *sentence = uniform(slot.data, slot.size);
    kinds_dwell();
    sentence = sentence ? sentence : uniform(slot.data, slot.size);
    status = shoal_slot_unpin(object, &slot);
    return sentence ? sentence : kinds_unusual("channel: unpin", status);
}

static const char *use(const struct subject *subject)
{
    if (shoal_object_readonly(subject->object))
        return NULL;
    switch (kinds_below(4)) {
    case 0:
        return drop_one(subject->object);
    case 1:
        return write_one(subject->object);
    default:
        return read_one(subject->object);
    }
}

static const char *intact(const struct subject *subject)
{
    size_t size;
    uint64_t number, time;
    unsigned char bytes[256];
    int status = shoal_channel_copy(bytes, sizeof bytes, &size, &number, &time, subject->object, SHOAL_NEWEST);
    if (status == SHOAL_ETIMEDOUT)
        return NULL;
    EXPECT(status == SHOAL_OK);
    return uniform(bytes, size);
}

/* All slots but one can be pinned or written: no dead process has any. */
static const char *sound(shoal_object *object)
{
    shoal_channel_facts facts;
    shoal_slot slot[SHOAL_CHANNEL_SLOTS], more;
    EXPECT(shoal_channel_facts_of(&facts, object) == SHOAL_OK);
    EXPECT(publish(object, 7) == SHOAL_OK);
    for (uint32_t i = 0; i + 1 < facts.slots; i++)
        EXPECT(shoal_slot_begin(&slot[i], object) == SHOAL_OK);
    EXPECT(shoal_slot_begin(&more, object) == SHOAL_EFULL);
    EXPECT(shoal_slot_pin(&more, object, SHOAL_NEWEST) == SHOAL_OK && *(unsigned char *)more.data == 7);
    EXPECT(shoal_slot_unpin(object, &more) == SHOAL_OK);
    for (uint32_t i = 0; i + 1 < facts.slots; i++)
        EXPECT(shoal_slot_drop(object, &slot[i]) == SHOAL_OK);
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    size_t size;
    uint64_t number, time;
    unsigned char bytes[256];
    (void)peer;
    if (take(2)) {
        unsigned char byte = (unsigned char)take(250);
        EXPECT(publish(object, byte) == SHOAL_OK);
        model->bytes[0] = byte;
        model->count++;
    }
    EXPECT(shoal_channel_newest(object) == (uint64_t)model->count);
    int status = shoal_channel_copy(bytes, sizeof bytes, &size, &number, &time, object, SHOAL_NEWEST);
    EXPECT(status == (model->count ? SHOAL_OK : SHOAL_ETIMEDOUT));
    EXPECT(!model->count || (bytes[0] == model->bytes[0] && number == (uint64_t)model->count));
    return NULL;
}

static int64_t argument(shoal_object *object)
{
    uint64_t newest = shoal_channel_newest(object);
    if (newest == 0 && publish(object, 1) == SHOAL_OK)
        newest = shoal_channel_newest(object);
    return (int64_t)newest;
}

/* For a frame that is newer than the newest now. */
static int wait(shoal_object *object, shoal_time deadline)
{
    return shoal_channel_wait(object, shoal_channel_newest(object), deadline);
}

/* There is a frame, so that one can wait for a newer one. */
static int block(shoal_object *object)
{
    return shoal_channel_newest(object) ? SHOAL_OK : publish(object, 1);
}

static int publish_one(shoal_object *object)
{
    return publish(object, 2);
}

static const struct way ways[] = {
    {.name = "frame",
     .operation = SHOAL_WAIT_FRAME,
     .death = SHOAL_PENDING,
     .glances = true,
     .readonly = true,
     .block = block,
     .wait = wait,
     .free = publish_one,
     .argument = argument},
    {0},
};

static const struct driver messages;

const struct driver channel_driver = {
    .name = "channel",
    .kind = SHOAL_KIND_CHANNEL,
    .sort = &messages,
    .is_other_sort = is_bytes,
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

static const struct driver messages = {
    .name = "bytes_channel",
    .kind = SHOAL_KIND_CHANNEL,
    .make = make_bytes,
    .again = again_bytes,
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
