/* Channel: frames that are begun, published, pinned, copied and waited for; and deaths of writers and readers. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

enum { BYTES = 128 };

static shoal_object *a_channel(shoal_context *context, uint32_t slots, uint32_t history)
{
    shoal_object *channel;
    shoal_channel_options options = {.bytes = BYTES, .slots = slots, .history = history};
    CHECK_STATUS(shoal_channel_open(&channel, open_or_create(context, "channels"), "c", 1, &options), SHOAL_OK);
    return channel;
}

static void publish(shoal_object *channel, unsigned char byte, uint64_t size)
{
    shoal_slot slot;
    CHECK_STATUS(shoal_slot_begin(&slot, channel), SHOAL_OK);
    CHECK(slot.size == BYTES && ((uintptr_t)slot.data & 63) == 0);
    memset(slot.data, byte, BYTES);
    CHECK_STATUS(shoal_slot_publish(channel, &slot, size), SHOAL_OK);
}

static void expect(shoal_object *channel, uint64_t newer_than, uint64_t number, unsigned char byte)
{
    shoal_slot slot;
    CHECK_STATUS(shoal_slot_pin(&slot, channel, newer_than), SHOAL_OK);
    CHECK(slot.number == number);
    for (size_t i = 0; i < slot.size; i++)
        CHECK(((unsigned char *)slot.data)[i] == byte);
    CHECK_STATUS(shoal_slot_unpin(channel, &slot), SHOAL_OK);
}

TEST(the_newest_frame_is_read_by_all)
{
    shoal_slot slot;
    shoal_object *a = a_channel(new_context(), 0, 0), *b = a_channel(new_context(), 0, 0);
    CHECK_STATUS(shoal_slot_pin(&slot, b, SHOAL_NEWEST), SHOAL_ETIMEDOUT);
    CHECK(shoal_channel_newest(b) == 0);
    for (unsigned char i = 1; i <= 40; i++) {
        publish(i % 2 ? a : b, i, i);
        expect(b, SHOAL_NEWEST, i, i);
        expect(a, i - 1u, i, i);
        CHECK_STATUS(shoal_slot_pin(&slot, b, i), SHOAL_ETIMEDOUT);
    }
    CHECK_STATUS(shoal_slot_pin(&slot, a, SHOAL_NEWEST), SHOAL_OK);
    CHECK(slot.size == 40 && slot.time > 1600000000ull * 1000000000);
    CHECK_STATUS(shoal_slot_unpin(a, &slot), SHOAL_OK);
    CHECK_STATUS(shoal_slot_unpin(a, &slot), SHOAL_ELOCK);
    check_sound(open_or_create(new_context(), "channels"));
}

TEST(what_is_pinned_stays_though_all_other_slots_go_round)
{
    shoal_slot slot, again;
    shoal_object *a = a_channel(new_context(), 3, 0), *b = a_channel(new_context(), 3, 0);
    publish(a, 1, BYTES);
    CHECK_STATUS(shoal_slot_pin(&slot, b, SHOAL_NEWEST), SHOAL_OK);
    CHECK_STATUS(shoal_slot_pin(&again, b, SHOAL_NEWEST), SHOAL_OK); /* pins of one process are counted */
    CHECK_STATUS(shoal_slot_unpin(b, &again), SHOAL_OK);
    for (unsigned char i = 2; i < 50; i++) {
        publish(a, i, BYTES);
        for (size_t k = 0; k < BYTES; k++)
            CHECK(((unsigned char *)slot.data)[k] == 1);
    }
    CHECK_STATUS(shoal_slot_unpin(b, &slot), SHOAL_OK);
    expect(b, SHOAL_NEWEST, 49, 49);
}

TEST(a_writer_that_finds_no_slot_is_told_and_it_is_counted)
{
    shoal_slot slot[3], more;
    shoal_object *a = a_channel(new_context(), 3, 0), *b = a_channel(new_context(), 3, 0);
    publish(a, 1, BYTES);
    CHECK_STATUS(shoal_slot_pin(&slot[0], b, SHOAL_NEWEST), SHOAL_OK);
    publish(a, 2, BYTES);
    CHECK_STATUS(shoal_slot_begin(&slot[1], a), SHOAL_OK);
    CHECK_STATUS(shoal_slot_begin(&more, a), SHOAL_EFULL);
    CHECK(shoal_channel_dropped(b) == 1);
    CHECK_STATUS(shoal_slot_drop(a, &slot[1]), SHOAL_OK);
    CHECK_STATUS(shoal_slot_drop(a, &slot[1]), SHOAL_ELOCK);
    CHECK_STATUS(shoal_slot_begin(&slot[1], a), SHOAL_OK);
    CHECK_STATUS(shoal_slot_publish(a, &slot[1], BYTES + 1), SHOAL_EVALUE);
    memset(slot[1].data, 3, BYTES);
    CHECK_STATUS(shoal_slot_publish(a, &slot[1], 5), SHOAL_OK);
    CHECK_STATUS(shoal_slot_publish(a, &slot[1], 5), SHOAL_ELOCK);
    expect(b, SHOAL_NEWEST, 3, 3);
}

TEST(a_history_is_read_in_order_and_what_was_missed_is_known)
{
    shoal_object *a = a_channel(new_context(), 8, 4);
    for (unsigned char i = 1; i <= 10; i++)
        publish(a, i, BYTES);
    expect(a, SHOAL_NEWEST, 10, 10);
    expect(a, 9, 10, 10);
    expect(a, 8, 9, 9);
    expect(a, 6, 7, 7);
    expect(a, 1, 7, 7); /* 2 to 6 were missed */
}

TEST(options_that_are_impossible_or_others_are_refused)
{
    shoal_object *channel;
    shoal_segment *segment = open_or_create(new_context(), "channels");
    const int64_t shape[] = {4, 4};
    const shoal_dtype dtype = {SHOAL_FLOAT32, 4}, none = {0, 0};
    const struct {
        shoal_channel_options options;
        int status;
    } wrong[] = {
        {{.bytes = 10, .slots = 17}, SHOAL_EVALUE},   {{.bytes = 10, .slots = 2}, SHOAL_EVALUE},
        {{.bytes = 10, .history = 14}, SHOAL_EVALUE}, {{.bytes = 10, .slots = 4, .history = 4}, SHOAL_EVALUE},
        {{dtype, 2, shape, 10, 0, 0}, SHOAL_EVALUE},  {{.bytes = UINT64_C(1) << 60}, SHOAL_EVALUE},
        {{none, 0, NULL, 0, 0, 0}, SHOAL_ENOKEY},     {{.bytes = UINT64_C(1) << 40}, SHOAL_ENOSPACE},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_STATUS(shoal_channel_open(&channel, segment, "c", 1, &wrong[i].options), wrong[i].status);
    CHECK_STATUS(shoal_channel_open(&channel, segment, "c", 1, NULL), SHOAL_ENOKEY);
    const shoal_channel_options right = {dtype, 2, shape, 0, 5, 2};
    CHECK_STATUS(shoal_channel_open(&channel, segment, "c", 1, &right), SHOAL_OK);
    const shoal_channel_options other[] = {{.bytes = 64},
                                           {dtype, 1, shape, 0, 0, 0},
                                           {dtype, 2, shape, 0, 6, 0},
                                           {dtype, 2, shape, 0, 0, 3},
                                           {{SHOAL_INT32, 4}, 2, shape, 0, 0, 0}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        CHECK_STATUS(shoal_channel_open(&channel, segment, "c", 1, &other[i]), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_channel_open(&channel, segment, "c", 1, NULL), SHOAL_OK);
    shoal_channel_facts facts;
    CHECK_STATUS(shoal_channel_facts_of(&facts, channel), SHOAL_OK);
    CHECK(facts.bytes == 64 && facts.slots == 5 && facts.history == 2 && facts.frame.ndim == 2);
}

/* ---- Deaths ---- */

static void write_and_die(void *argument)
{
    shoal_slot slot;
    shoal_object *channel = a_channel(argument, 3, 0);
    CHECK_STATUS(shoal_slot_begin(&slot, channel), SHOAL_OK);
    memset(slot.data, 0xff, BYTES);
}

static void pin_and_die(void *argument)
{
    shoal_slot slot;
    CHECK_STATUS(shoal_slot_pin(&slot, a_channel(argument, 3, 0), SHOAL_NEWEST), SHOAL_OK);
}

TEST(slots_and_pins_of_the_dead_are_in_nobodys_way)
{
    shoal_object *a = a_channel(new_context(), 3, 0);
    shoal_slot slot[2];
    for (unsigned char i = 1; i < 20; i++) {
        publish(a, i, BYTES);
        die_after(i % 2 ? write_and_die : pin_and_die, new_context());
        expect(a, SHOAL_NEWEST, i, i);
    }
    for (int i = 0; i < 2; i++)
        CHECK_STATUS(shoal_slot_begin(&slot[i], a), SHOAL_OK);
    expect(a, SHOAL_NEWEST, 19, 19);
    CHECK(shoal_channel_dropped(a) == 0);
}

TEST(a_child_has_no_frames_of_its_parent)
{
    shoal_frame *begun, *pinned;
    shoal_object *a = a_channel(new_context(), 4, 0);
    publish(a, 5, BYTES);
    CHECK_STATUS(shoal_channel_pin(&pinned, a, SHOAL_NEWEST), SHOAL_OK);
    CHECK_STATUS(shoal_channel_begin(&begun, a), SHOAL_OK);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        publish(a, 6, BYTES);
        CHECK(*shoal_frame_lost(pinned) && *shoal_frame_lost(begun));
        CHECK_STATUS(shoal_frame_usable(pinned), SHOAL_ECLOSED);
        CHECK_STATUS(shoal_frame_publish(begun, 1), SHOAL_ELOCK);
        shoal_frame_close(pinned);
        shoal_frame_close(begun);
        for (int i = 0; i < 20; i++)
            publish(a, 7, BYTES);
        _exit(0);
    }
    join(child);
    CHECK(!*shoal_frame_lost(pinned) && *(unsigned char *)shoal_frame_data(pinned) == 5);
    memset(shoal_frame_data(begun), 8, BYTES);
    CHECK_STATUS(shoal_frame_publish(begun, BYTES), SHOAL_OK);
    CHECK_STATUS(shoal_frame_usable(begun), SHOAL_ECLOSED);
    CHECK_STATUS(shoal_frame_publish(begun, BYTES), SHOAL_ELOCK);
    expect(a, SHOAL_NEWEST, 23, 8);
    shoal_frame_close(shoal_frame_retain(pinned));
    shoal_frame_close(begun);
    CHECK(*(unsigned char *)shoal_frame_data(pinned) == 5);
    shoal_frame_close(pinned);
}

TEST(a_frame_keeps_its_memory_though_all_else_is_closed_and_removed)
{
    shoal_frame *frame;
    shoal_context *context = new_context();
    shoal_object *a = a_channel(context, 4, 0);
    shoal_segment *segment = open_or_create(context, "channels");
    publish(a, 9, BYTES);
    CHECK_STATUS(shoal_channel_pin(&frame, a, SHOAL_NEWEST), SHOAL_OK);
    shoal_object_close(a);
    CHECK_STATUS(shoal_object_remove(segment, "c", 1), SHOAL_OK);
    shoal_close(segment);
    CHECK(*(unsigned char *)shoal_frame_data(frame) == 9 && shoal_frame_size(frame) == BYTES);
    shoal_frame_close(frame);
}

TEST(a_frame_that_is_dropped_is_nobodys_though_it_is_referred_to)
{
    shoal_frame *frame;
    shoal_slot slot;
    shoal_object *a = a_channel(new_context(), 3, 0);
    publish(a, 1, BYTES);
    CHECK_STATUS(shoal_channel_begin(&frame, a), SHOAL_OK);
    CHECK_STATUS(shoal_slot_begin(&slot, a), SHOAL_OK);
    CHECK_STATUS(shoal_slot_begin(&slot, a), SHOAL_EFULL);
    shoal_frame_drop(shoal_frame_retain(frame));
    CHECK(*shoal_frame_lost(frame));
    CHECK_STATUS(shoal_frame_publish(frame, 1), SHOAL_ELOCK);
    CHECK_STATUS(shoal_slot_begin(&slot, a), SHOAL_OK);
    shoal_frame_close(frame);
    shoal_frame_close(frame);
    CHECK_STATUS(shoal_slot_publish(a, &slot, 1), SHOAL_OK);
}

TEST(a_request_that_ends_drops_what_it_writes)
{
    shoal_slot slot;
    shoal_context *context = new_context();
    shoal_object *a = a_channel(context, 3, 0), *b = a_channel(new_context(), 3, 0);
    publish(a, 1, BYTES);
    CHECK_STATUS(shoal_slot_begin(&slot, a), SHOAL_OK);
    CHECK_STATUS(shoal_slot_begin(&slot, a), SHOAL_OK);
    CHECK_STATUS(shoal_slot_begin(&slot, b), SHOAL_EFULL);
    CHECK(shoal_context_abandon_locks(context, false) == 1);
    CHECK_STATUS(shoal_slot_publish(a, &slot, 1), SHOAL_ELOCK);
    publish(b, 2, BYTES);
}

/* ---- Readonly, and waits ---- */

TEST(a_readonly_attach_copies_and_waits)
{
    size_t size;
    uint64_t number, time;
    unsigned char bytes[BYTES];
    shoal_slot slot;
    shoal_object *a = a_channel(new_context(), 3, 0), *reader;
    CHECK_STATUS(shoal_object_open(&reader, open_readonly(new_context(), "channels"), "c", 1), SHOAL_OK);
    CHECK_STATUS(shoal_channel_copy(bytes, BYTES, &size, &number, &time, reader, SHOAL_NEWEST), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_channel_wait(reader, 0, shoal_deadline(0.02)), SHOAL_ETIMEDOUT);
    publish(a, 3, 100);
    CHECK_STATUS(shoal_channel_wait(reader, 0, SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(shoal_channel_copy(bytes, 99, &size, &number, &time, reader, SHOAL_NEWEST), SHOAL_LARGER);
    CHECK(size == 100);
    CHECK_STATUS(shoal_channel_copy(bytes, BYTES, &size, &number, &time, reader, SHOAL_NEWEST), SHOAL_OK);
    CHECK(size == 100 && number == 1 && bytes[0] == 3 && bytes[99] == 3);
    CHECK_STATUS(shoal_slot_pin(&slot, reader, SHOAL_NEWEST), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_slot_begin(&slot, reader), SHOAL_EREADONLY);
}

static int call_frame(struct call *call)
{
    return shoal_channel_wait(call->object, 1, call->deadline);
}

TEST(all_who_wait_are_woken_by_a_frame)
{
    shoal_object *a = a_channel(new_context(), 0, 0), *b = a_channel(new_context(), 0, 0);
    struct call calls[5] = {0};
    publish(a, 1, BYTES);
    for (int i = 0; i < 5; i++)
        begin_call(&calls[i], call_frame, b, SOON);
    EVENTUALLY(count_waiters(a) == 5);
    publish(a, 2, BYTES);
    for (int i = 0; i < 5; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
}

/* ---- Threads ---- */

struct pinning {
    shoal_object *channel;
    atomic_bool stop;
    uint64_t pins;
};

/* What is pinned is whole, and stays so, whatever pins the other threads of the process take out. */
static void *pin_always(void *argument)
{
    struct pinning *pinning = argument;
    while (!atomic_load(&pinning->stop)) {
        shoal_slot slot;
        CHECK_STATUS(shoal_slot_pin(&slot, pinning->channel, SHOAL_NEWEST), SHOAL_OK);
        const unsigned char *bytes = slot.data;
        for (size_t i = 0; i < BYTES; i++)
            CHECK(bytes[i] == (unsigned char)slot.number);
        CHECK_STATUS(shoal_slot_unpin(pinning->channel, &slot), SHOAL_OK);
        pinning->pins++;
    }
    return NULL;
}

TEST(threads_of_one_process_pin_the_same_frames)
{
    enum { THREADS = 3, FRAMES = 100000 };
    shoal_object *a = a_channel(new_context(), 6, 0), *b = a_channel(new_context(), 6, 0);
    struct pinning pinning[THREADS];
    pthread_t thread[THREADS];
    publish(a, 1, BYTES);
    for (int i = 0; i < THREADS; i++) {
        pinning[i] = (struct pinning){.channel = b};
        CHECK(pthread_create(&thread[i], NULL, pin_always, &pinning[i]) == 0);
    }
    for (uint32_t i = 2; i < FRAMES; i++)
        publish(a, (unsigned char)i, BYTES);
    for (int i = 0; i < THREADS; i++)
        atomic_store(&pinning[i].stop, true);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    CHECK(pinning[0].pins + pinning[1].pins + pinning[2].pins > 100);
}

/* ---- Numbers ---- */

/* The number of the newest frame, in the channel's memory, after one frame. */
static uint32_t *number_of_newest(shoal_object *channel)
{
    shoal_slot slot;
    uint32_t *newest;
    CHECK_STATUS(shoal_slot_begin(&slot, channel), SHOAL_OK);
    newest = (uint32_t *)((unsigned char *)slot.data - (size_t)slot.slot * BYTES - (1536 + 256) + 324);
    for (uint32_t cells = 2; *newest != 1; cells++) /* the roster's size is the segment's own */
        newest = (uint32_t *)((unsigned char *)slot.data - (size_t)slot.slot * BYTES - (1536 + 256 * cells) + 324);
    CHECK_STATUS(shoal_slot_drop(channel, &slot), SHOAL_OK);
    return newest;
}

TEST(a_newest_frame_that_is_not_in_its_slot_is_damage_at_once)
{
    shoal_slot slot;
    size_t size;
    uint64_t number, time;
    unsigned char bytes[BYTES];
    shoal_object *a = a_channel(new_context(), 4, 3);
    publish(a, 1, BYTES);
    *number_of_newest(a) = 17; /* its place says the same slot, which has number 1 */
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_slot_pin(&slot, a, SHOAL_NEWEST), SHOAL_ECORRUPT);
    CHECK_STATUS(shoal_channel_copy(bytes, sizeof bytes, &size, &number, &time, a, SHOAL_NEWEST), SHOAL_ECORRUPT);
    CHECK(seconds_since(start) < 0.5);
}

TEST(numbers_begin_again_after_the_last)
{
    shoal_object *a = a_channel(new_context(), 4, 3);
    publish(a, 1, BYTES);
    *number_of_newest(a) = UINT32_MAX - 2;
    for (unsigned char i = 1; i < 6; i++)
        publish(a, i, BYTES);
    CHECK(shoal_channel_newest(a) == 3);
    expect(a, SHOAL_NEWEST, 3, 5);
    expect(a, 1, 2, 4);
    expect(a, UINT32_MAX, 1, 3);
}

TEST(a_reader_that_has_seen_nothing_may_begin_with_the_oldest)
{
    shoal_object *a = a_channel(new_context(), 5, 3), *b = a_channel(new_context(), 5, 3);
    for (unsigned char i = 1; i <= 2; i++)
        publish(a, i, BYTES);
    expect(b, 0, 1, 1);
    expect(b, SHOAL_NEWEST, 2, 2);
    for (unsigned char i = 3; i <= 10; i++)
        publish(a, i, BYTES);
    expect(b, 0, 8, 8);
    expect(b, 8, 9, 9);
    expect(b, SHOAL_NEWEST, 10, 10);
}
