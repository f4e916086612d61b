/* Slots of a Channel: begun and published, pinned, copied. The protocol is in store/frames.c. */
#include <string.h>

#include "objects/channel.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/waiting.h"
#include "value/status.h"

#define PATIENCE (1000 * SHOAL_MILLISECOND) /* with a process that was stopped while it had the lock of the writers */

/* ---- Writing ---- */

static int usable(struct shoal_frames *frames, shoal_object *object)
{
    int status = shoal__is_ready(object, SHOAL_KIND_CHANNEL) ? SHOAL_OK : shoal__may_use(object, SHOAL_KIND_CHANNEL);
    if (status < 0)
        return status;
    return shoal__channel_frames(frames, object) ? SHOAL_OK : shoal__channel_damaged(object);
}

/* The deadline of a call that found the lock taken; most do not ask the clock. */
static int too_long(const shoal_object *object)
{
    shoal_owner owner;
    const struct channel_sh *channel = object->body;
    shoal__describe(&owner, object->segment, load_relaxed(&channel->lock));
    return shoal__fail(
        SHOAL_ETIMEDOUT,
        "channel \"%s\": %s (pid %d) has been inside for a second: it seems to be stopped; let it go on, or kill it",
        object->name, owner.program, owner.pid);
}

static int none_free(const shoal_object *object, const struct shoal_frames *frames)
{
    return shoal__fail(
        SHOAL_EFULL,
        "channel \"%s\": none of its %u slots is free: each is the newest frame, being written, or pinned by a reader",
        object->name, frames->slots);
}

int shoal_slot_begin(shoal_slot *out, shoal_object *object)
{
    struct shoal_frames frames;
    memset(out, 0, sizeof *out);
    int status = usable(&frames, object);
    if (status < 0)
        return status;
    const struct shoal_party *party = &object->segment->party;
    uint32_t thread = (uint32_t)shoal__thread_number();
    status = shoal__frames_begin(&frames, party, thread, SHOAL_NO_WAIT, &out->slot);
    if (__builtin_expect(status == SHOAL_ETIMEDOUT, 0))
        status = shoal__frames_begin(&frames, party, thread, shoal_now() + PATIENCE, &out->slot);
    if (status < 0)
        return status == SHOAL_EFULL ? none_free(object, &frames) : too_long(object);
    out->data = shoal__frame_data(&frames, out->slot);
    out->size = frames.bytes;
    return SHOAL_OK;
}

static int not_written(const shoal_object *object)
{
    return shoal__fail(SHOAL_ELOCK, "channel \"%s\": this process does not write that frame", object->name);
}

static int check_size(const shoal_object *object, const struct shoal_frames *frames, uint64_t size)
{
    if (size <= frames->bytes)
        return SHOAL_OK;
    return shoal__fail(SHOAL_EVALUE, "channel \"%s\": a frame of %llu bytes, and its frames have at most %llu",
                       object->name, (unsigned long long)size, (unsigned long long)frames->bytes);
}

int shoal_slot_publish(shoal_object *object, shoal_slot *slot, uint64_t size)
{
    struct shoal_frames frames;
    int status = usable(&frames, object);
    if (status < 0)
        return status;
    const struct shoal_party *party = &object->segment->party;
    if (!shoal__frames_is_filling(&frames, party, slot->slot))
        return not_written(object);
    if ((status = check_size(object, &frames, size)) < 0)
        return status;
    size = shoal__once(&frames.channel->dtype) ? frames.bytes : size;
    uint32_t number;
    status = shoal__frames_publish(&frames, party, slot->slot, size, SHOAL_NO_WAIT, &number);
    if (__builtin_expect(status == SHOAL_ETIMEDOUT, 0))
        status = shoal__frames_publish(&frames, party, slot->slot, size, shoal_now() + PATIENCE, &number);
    if (status < 0)
        return too_long(object);
    slot->number = number;
    slot->size = size;
    slot->data = NULL;
    return SHOAL_OK;
}

int shoal_slot_drop(shoal_object *object, shoal_slot *slot)
{
    struct shoal_frames frames;
    int status = usable(&frames, object);
    if (status < 0)
        return status;
    if (!shoal__frames_is_filling(&frames, &object->segment->party, slot->slot))
        return not_written(object);
    shoal__frames_drop(&frames, &object->segment->party, slot->slot);
    slot->data = NULL;
    return SHOAL_OK;
}

/* ---- Pins, counted for all threads of this process ---- */

/*
 * shares[slot] counts our pins of that slot. Whoever takes out the last one first makes it LEAVING, and takes our bit out
 * of the cell before it is 0: another thread that pins meanwhile waits these few instructions, or its bit would go.
 */
#define LEAVING ((uint64_t)0xffffff)

static inline uint64_t count_of(_Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static inline bool swap_count(_Atomic uint64_t *count, uint64_t from, uint64_t to)
{
    if (shoal__is_single_threaded()) {
        atomic_store_explicit(count, to, memory_order_relaxed);
        return true;
    }
    return atomic_compare_exchange_strong_explicit(count, &from, to, memory_order_acq_rel, memory_order_relaxed);
}

static bool count_pin(shoal_object *object, uint32_t slot)
{
    _Atomic uint64_t *count = &object->shares[slot];
    for (;;) {
        uint64_t seen = count_of(count);
        if (seen == LEAVING)
            shoal__thread_yield();
        else if (seen == LEAVING - 1)
            return false;
        else if (swap_count(count, seen, seen + 1))
            return true;
    }
}

static bool uncount_pin(shoal_object *object, const struct shoal_frames *frames, uint32_t slot)
{
    _Atomic uint64_t *count = &object->shares[slot];
    for (;;) {
        uint64_t seen = count_of(count);
        if (seen == 0)
            return false;
        if (seen == LEAVING) {
            shoal__thread_yield();
        } else if (swap_count(count, seen, seen == 1 ? LEAVING : seen - 1)) {
            if (seen > 1)
                return true;
            shoal__frames_unpin(frames, object->segment->party.me, slot);
            atomic_store_explicit(count, 0, memory_order_release);
            return true;
        }
    }
}

static bool pin(shoal_object *object, const struct shoal_frames *frames, uint32_t slot, uint32_t number, int *status)
{
    if (!count_pin(object, slot)) {
        *status = shoal__fail(SHOAL_EOVERFLOW, "channel \"%s\": this process pins a frame %llu times already",
                              object->name, (unsigned long long)LEAVING - 1);
        return true;
    }
    if (shoal__frames_pin(frames, object->segment->party.me, slot, number))
        return true;
    uncount_pin(object, frames, slot);
    return false;
}

static int no_newer(const shoal_object *object, uint64_t newer_than)
{
    if (newer_than == 0 || newer_than == SHOAL_NEWEST)
        return shoal__fail(SHOAL_ETIMEDOUT, "channel \"%s\" has no frame yet", object->name);
    return shoal__fail(SHOAL_ETIMEDOUT, "channel \"%s\" has no frame newer than number %llu; the newest is %llu",
                       object->name, (unsigned long long)newer_than, (unsigned long long)shoal_channel_newest(object));
}

static int contradicts(const shoal_object *object)
{
    return shoal__unless_damaged(
        object->segment,
        shoal__fail(SHOAL_ECORRUPT, "the newest frame of channel \"%s\" in segment \"%s\" is not where it should be",
                    object->name, object->segment->name));
}

/*
 * The slot of the frame that was chosen has another number. That of the newest frame is never taken, so if it is the
 * newest still, the channel is damaged; looking again would find the same.
 */
static bool is_gone(const struct shoal_frames *frames, uint32_t number)
{
    fence_acquire();
    return load_acquire(&frames->channel->newest) != number;
}

static void describe_slot(shoal_slot *out, const struct shoal_frames *frames, uint32_t slot, uint32_t number)
{
    const struct slot_sh *it = &frames->channel->slot[slot];
    uint64_t size = *(const volatile uint64_t *)&it->size;
    *out = (shoal_slot){.data = shoal__frame_data(frames, slot),
                        .size = size < frames->bytes ? size : frames->bytes,
                        .number = number,
                        .time = shoal__once(&it->seconds) * UINT64_C(1000000000) + shoal__once(&it->nanoseconds),
                        .slot = slot};
}

int shoal_slot_pin(shoal_slot *out, shoal_object *object, uint64_t newer_than)
{
    struct shoal_frames frames;
    struct shoal_patience patience = {0};
    uint32_t number, slot;
    memset(out, 0, sizeof *out);
    int status = usable(&frames, object);
    if (status < 0)
        return status;
    do {
        if (!shoal__frames_choose(&frames, newer_than, &number, &slot))
            return no_newer(object, newer_than);
        if (!pin(object, &frames, slot, number, &status))
            continue;
        if (status == SHOAL_OK)
            describe_slot(out, &frames, slot, number);
        return status;
    } while (is_gone(&frames, number) && !shoal__patience_ends(&patience));
    return contradicts(object);
}

int shoal_slot_unpin(shoal_object *object, shoal_slot *slot)
{
    struct shoal_frames frames;
    int status = usable(&frames, object);
    if (status < 0)
        return status;
    slot->data = NULL;
    if (slot->slot >= frames.slots || !uncount_pin(object, &frames, slot->slot))
        return shoal__fail(SHOAL_ELOCK, "channel \"%s\": this process has not pinned that frame", object->name);
    return SHOAL_OK;
}

/* ---- Copies ---- */

/* RETRY: a writer took the slot meanwhile. */
enum { RETRY = 100 };

static int copy_slot(void *buffer, size_t capacity, shoal_slot *out, const struct shoal_frames *frames, uint32_t slot,
                     uint32_t number)
{
    if (load_acquire(&frames->channel->slot[slot].number) != number)
        return RETRY;
    describe_slot(out, frames, slot, number);
    bool fits = out->size <= capacity;
    if (fits && out->size)
        memcpy(buffer, out->data, out->size);
    SHOAL_POINT("frame: copied, not looked at again");
    if (!shoal__frames_is_still(frames, slot, number))
        return RETRY;
    return fits ? SHOAL_OK : SHOAL_LARGER;
}

int shoal_channel_copy(void *buffer, size_t capacity, size_t *size, uint64_t *number, uint64_t *time,
                       const shoal_object *object, uint64_t newer_than)
{
    shoal_slot slot;
    struct shoal_frames frames;
    struct shoal_patience patience = {0};
    uint32_t wanted, index;
    *size = 0;
    *number = *time = 0;
    int status = shoal__may_look(object, SHOAL_KIND_CHANNEL);
    if (status < 0)
        return status;
    if (!shoal__channel_frames(&frames, object))
        return shoal__channel_damaged(object);
    do {
        if (!shoal__frames_choose(&frames, newer_than, &wanted, &index))
            return shoal__unless_damaged(object->segment, no_newer(object, newer_than));
        status = copy_slot(buffer, capacity, &slot, &frames, index, wanted);
        if (status == RETRY)
            continue;
        *size = slot.size;
        *number = slot.number;
        *time = slot.time;
        return shoal__unless_damaged(object->segment, status);
    } while (is_gone(&frames, wanted) && !shoal__patience_ends(&patience));
    return contradicts(object);
}
