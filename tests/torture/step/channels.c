/*
 * What only a Channel does: frames that are begun, published, dropped, pinned; slots and pins of the dead. In each image the
 * newest frame is whole: that of before, or the victim's.
 */
#include "step.h"

enum { BYTES = 200, FRAMES = 5 };

static int open_channel(uint32_t slots)
{
    shoal_channel_options options = {.bytes = BYTES, .slots = slots, .history = 2};
    return must(shoal_channel_open(&object, target, "victim", 6, &options), "channel");
}
static int open_four(void)
{
    return open_channel(4);
}
static int open_three(void)
{
    return open_channel(3);
}

static int publish(uint32_t number)
{
    shoal_slot slot;
    must(shoal_slot_begin(&slot, object), "begin");
    memcpy(slot.data, pattern(number, BYTES), BYTES);
    must(shoal_slot_publish(object, &slot, BYTES), "publish");
    return must(slot.number == number ? SHOAL_OK : SHOAL_ECORRUPT, "its number");
}
static int prepare(uint32_t slots)
{
    open_channel(slots);
    for (uint32_t i = 1; i <= FRAMES; i++)
        publish(i);
    return close_object();
}
static int prepare_four(void)
{
    return prepare(4);
}
static int prepare_three(void)
{
    return prepare(3);
}

static int pin_and_write(void)
{
    shoal_slot slot;
    open_three();
    must(shoal_slot_pin(&slot, object, SHOAL_NEWEST), "pin");
    publish(FRAMES + 1);
    return must(shoal_slot_begin(&slot, object), "begin");
}
/* Of three slots one is the newest frame, one is pinned and one is being written, by the dead. */
static int prepare_dead(void)
{
    prepare_three();
    dying(act_attach, pin_and_write);
    return 1;
}

/* ---- Deeds ---- */

static int act_publish(void)
{
    return publish(FRAMES + 1);
}
static int act_publish_seventh(void)
{
    return publish(FRAMES + 2);
}
static int act_publish_frame(void)
{
    shoal_frame *frame;
    must(shoal_channel_begin(&frame, object), "begin");
    memcpy(shoal_frame_data(frame), pattern(FRAMES + 1, BYTES), BYTES);
    must(shoal_frame_publish(frame, BYTES), "publish");
    shoal_frame_close(frame);
    return 1;
}
static int act_drop(void)
{
    shoal_slot slot;
    must(shoal_slot_begin(&slot, object), "begin");
    memset(slot.data, 0xee, BYTES);
    return must(shoal_slot_drop(object, &slot), "drop");
}
static int act_drop_frame(void)
{
    shoal_frame *frame;
    must(shoal_channel_begin(&frame, object), "begin");
    memset(shoal_frame_data(frame), 0xee, BYTES);
    shoal_frame_drop(frame);
    shoal_frame_close(frame);
    return 1;
}
static int act_pin(void)
{
    shoal_slot slot;
    must(shoal_slot_pin(&slot, object, FRAMES - 1), "pin");
    if (slot.number != FRAMES || !is_value(slot.data, slot.size, FRAMES, BYTES))
        wrong("the pinned frame is another");
    return must(shoal_slot_unpin(object, &slot), "unpin");
}
static int act_pin_frame(void)
{
    shoal_frame *frame;
    must(shoal_channel_pin(&frame, object, SHOAL_NEWEST), "pin");
    shoal_frame_close(shoal_frame_retain(frame));
    shoal_frame_close(frame);
    return 1;
}

/* ---- What has been done ---- */

/* Frames from `first` on are whole, as far as they are there; the newest is `last` (0) or the next (1). */
static int state_after(uint32_t last)
{
    size_t size;
    uint64_t number, time;
    unsigned char bytes[BYTES];
    shoal_object *seen;
    if (shoal_object_open(&seen, target, "victim", 6) < 0)
        return -1;
    uint64_t newest = shoal_channel_newest(seen);
    bool whole = shoal_channel_copy(bytes, BYTES, &size, &number, &time, seen, SHOAL_NEWEST) == SHOAL_OK &&
                 number == newest && is_value(bytes, size, (uint32_t)number, BYTES);
    if (shoal_channel_copy(bytes, BYTES, &size, &number, &time, seen, newest - 2) == SHOAL_OK)
        whole &= is_value(bytes, size, (uint32_t)number, BYTES);
    shoal_object_close(seen);
    return !whole ? -1 : newest == last ? 0 : newest == last + 1 ? 1 : -1;
}
static int state_published(void)
{
    return state_after(FRAMES);
}
static int state_published_seventh(void)
{
    return state_after(FRAMES + 1);
}

static const struct operation all[] = {
    {"channel_publish", prepare_four, open_four, act_publish, state_published, 0},
    {"channel_publish_frame", prepare_four, open_four, act_publish_frame, state_published, 0},
    {"channel_publish_beside_the_dead", prepare_dead, open_three, act_publish_seventh, state_published_seventh, 0},
    {"channel_drop", prepare_four, open_four, act_drop, state_published, STAYS},
    {"channel_drop_frame", prepare_four, open_four, act_drop_frame, state_published, STAYS},
    {"channel_pin", prepare_four, open_four, act_pin, state_published, STAYS},
    {"channel_pin_frame", prepare_four, open_four, act_pin_frame, state_published, STAYS},
};

const struct operations channel_operations = {all, sizeof all / sizeof *all};
