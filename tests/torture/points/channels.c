/*
 * What only a Channel does, by two at once: a writer takes a slot while a reader pins it, slots and pins of the dead, a number
 * that was given and not published, a reader that copies while all slots go round.
 */
#include "points.h"

enum { BYTES = 200, FRAMES = 4, ROUND = 12 };
enum { OWN = 40, SECONDS_OWN = 41, DEADS_OWN = 42 };

static int open_channel(void)
{
    shoal_channel_options options = {.bytes = BYTES, .slots = 3, .history = 2};
    return must(shoal_channel_open(&object, target, "victim", 6, &options), "channel");
}
/* A slot may be with somebody who has stopped: then none is free. */
static int publish(uint32_t what)
{
    shoal_slot slot;
    int status = shoal_slot_begin(&slot, object);
    if (status == SHOAL_EFULL)
        return 0;
    must(status, "begin");
    memcpy(slot.data, pattern(what, BYTES), BYTES);
    return must(shoal_slot_publish(object, &slot, BYTES), "publish");
}
static int prepare_full(void)
{
    open_channel();
    for (uint32_t i = 1; i <= FRAMES; i++)
        publish(i);
    return close_object();
}

static int publish_own(void)
{
    return publish(OWN);
}
static int drop_own(void)
{
    shoal_slot slot;
    int status = shoal_slot_begin(&slot, object);
    if (status == SHOAL_EFULL)
        return 0;
    must(status, "begin");
    memset(slot.data, 0xee, BYTES);
    return must(shoal_slot_drop(object, &slot), "drop");
}
static int second_publishes(void)
{
    open_channel();
    publish(SECONDS_OWN);
    return close_object();
}
static int second_publishes_round(void)
{
    open_channel();
    for (int i = 0; i < ROUND; i++)
        publish(SECONDS_OWN);
    return close_object();
}

/* ---- Pins ---- */

static shoal_slot pinned;

/* Are these the bytes of the frame of that number? Those that were there before have their numbers. */
static bool is_whole(uint64_t number, const unsigned char *bytes, size_t size)
{
    if (number <= FRAMES)
        return is_value(bytes, size, (uint32_t)number, BYTES);
    return is_value(bytes, size, OWN, BYTES) || is_value(bytes, size, SECONDS_OWN, BYTES) ||
           is_value(bytes, size, DEADS_OWN, BYTES);
}
static int pin_it(void)
{
    open_channel();
    return must(shoal_slot_pin(&pinned, object, SHOAL_NEWEST), "pin");
}
static int unpin_it(void)
{
    if (!is_whole(pinned.number, pinned.data, pinned.size))
        wrong("a pinned frame is torn");
    must(shoal_slot_unpin(object, &pinned), "unpin");
    return close_object();
}
static int pin_and_look(void)
{
    unsigned char before[BYTES];
    must(shoal_slot_pin(&pinned, object, SHOAL_NEWEST), "pin");
    memcpy(before, pinned.data, BYTES);
    if (!is_whole(pinned.number, before, pinned.size))
        wrong("frame %d is torn", (int)pinned.number);
    for (int i = 0; i < 1000; i++)
        if (memcmp(before, pinned.data, BYTES) != 0)
            wrong("frame %d changed while it was pinned", (int)pinned.number);
    return must(shoal_slot_unpin(object, &pinned), "unpin");
}
/* While the victim has stopped, the newest but one is pinned, which may be what it takes; it is looked at when it went on. */
static int pin_last_but_one(void)
{
    int status = shoal_slot_pin(&pinned, object, 2);
    if (status == SHOAL_ETIMEDOUT)
        return 0;
    return must(status, "pin");
}
static int pin_and_unpin(void)
{
    open_channel();
    for (int i = 0; i < 20; i++) {
        if (!pin_last_but_one())
            continue;
        if (!is_whole(pinned.number, pinned.data, pinned.size))
            wrong("frame %d is torn while it is pinned", (int)pinned.number);
        must(shoal_slot_unpin(object, &pinned), "unpin");
    }
    return close_object();
}
/*
 * One slot is the partner's, so the victim takes that of the last but one. When it has stopped, the partner pins that, if it
 * can, and it stays as it is until the victim is done.
 */
static shoal_slot begun;
static int begin_one(void)
{
    open_channel();
    return must(shoal_slot_begin(&begun, object), "begin");
}
static int pin_and_watch(void)
{
    if (pin_last_but_one()) {
        do
            if (!is_whole(pinned.number, pinned.data, pinned.size))
                wrong("frame %d changes while it is pinned", (int)pinned.number);
        while (board->seat[VICTIM].state < DONE && !board->seat[VICTIM].died);
        must(shoal_slot_unpin(object, &pinned), "unpin");
    }
    must(shoal_slot_drop(object, &begun), "drop");
    return close_object();
}
/* It becomes the oldest while it is pinned, so that a writer wants its slot. */
static int pin_and_publish(void)
{
    pin_it();
    return publish(SECONDS_OWN);
}
/* The newest frame stays pinned, another becomes the newest, and the third slot is being written. */
static int die_with_all_slots(void)
{
    shoal_slot slot;
    pin_it();
    publish(DEADS_OWN);
    return must(shoal_slot_begin(&slot, object), "begin");
}
static int die_publishing(void)
{
    open_channel();
    return publish(DEADS_OWN);
}

static int copy_it(void)
{
    size_t size;
    uint64_t number, time;
    unsigned char bytes[BYTES];
    must(shoal_channel_copy(bytes, BYTES, &size, &number, &time, object, SHOAL_NEWEST), "copy");
    if (!is_whole(number, bytes, size))
        wrong("frame %d is torn", (int)number);
    return 1;
}

/* ---- What has been done ---- */

/* Everybody is gone: the newest frame is whole, and all slots can be had. */
static int state_of_frames(void)
{
    const char *sentence;
    open_channel();
    copy_it();
    sentence = driver_of(SHOAL_KIND_CHANNEL)->sound(object);
    if (sentence)
        violation("%s", sentence);
    close_object();
    return VICTIMS | SECONDS;
}

#define FRAME(name, ...)                                                                                               \
    S(name, .prepare = prepare_full, .before = open_channel, .second = second_publishes, .state = state_of_frames,     \
      ##__VA_ARGS__)
static const struct scene all[] = {
    FRAME(channel_publish, .act = publish_own),
    FRAME(channel_publish_beside_a_pin, .partner = pin_it, .partner_then = unpin_it, .act = publish_own),
    FRAME(channel_publish_beside_an_old_pin, .partner = pin_and_publish, .partner_then = unpin_it, .act = publish_own),
    S(channel_publish_while_one_watches, .prepare = prepare_full, .partner = begin_one, .partner_then = pin_and_watch,
      .before = open_channel, .act = publish_own, .second = second_publishes, .state = state_of_frames),
    S(channel_publish_while_one_pins, .prepare = prepare_full, .before = open_channel, .act = publish_own,
      .second = pin_and_unpin, .state = state_of_frames),
    FRAME(channel_publish_after_the_dead, .dead = die_with_all_slots, .act = publish_own),
    FRAME(channel_publish_after_a_numbered_death, .dead = die_publishing, .dead_at = "frame: numbered", .dead_hit = 1,
          .act = publish_own),
    FRAME(channel_publish_after_a_death_unreadable, .dead = die_publishing, .dead_at = "frame: unreadable",
          .dead_hit = 1, .act = publish_own),
    FRAME(channel_drop, .act = drop_own),
    S(channel_pin, .prepare = prepare_full, .before = open_channel, .act = pin_and_look,
      .second = second_publishes_round, .state = state_of_frames),
    S(channel_copy, .prepare = prepare_full, .before = open_channel, .act = copy_it, .second = second_publishes_round,
      .state = state_of_frames),
    S(channel_copy_only, .prepare = prepare_full, .before = open_channel, .act = copy_it,
      .second = second_publishes_round, .state = state_of_frames, .flags = READONLY),
};
const struct scenes channel_scenes = {all, sizeof all / sizeof *all};
