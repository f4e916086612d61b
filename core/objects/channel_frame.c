/* Frames of a Channel that are held by reference, for languages: a slot that keeps its channel's handle. */
#include <stdlib.h>
#include <string.h>

#include "objects/channel.h"
#include "segment/handle_close.h"
#include "value/status.h"

struct shoal_frame {
    struct shoal_borrowed borrowed; /* lost: published, dropped, or the parent's */
    bool begun;
    shoal_word refs;
    shoal_object *object;
    shoal_slot slot;
};

static int make(shoal_frame **out, shoal_object *object, const shoal_slot *slot, bool begun)
{
    shoal_frame *frame = calloc(1, sizeof *frame);
    if (!frame)
        return shoal__fail(SHOAL_ENOMEM, "no memory for a frame of channel \"%s\"", object->name);
    frame->object = object;
    frame->slot = *slot;
    frame->begun = begun;
    store_relaxed(&frame->refs, 1);
    shoal__borrow(object, &frame->borrowed);
    *out = frame;
    return SHOAL_OK;
}

int shoal_channel_begin(shoal_frame **out, shoal_object *object)
{
    shoal_slot slot;
    *out = NULL;
    int status = shoal_slot_begin(&slot, object);
    if (status == SHOAL_OK && (status = make(out, object, &slot, true)) < 0)
        shoal_slot_drop(object, &slot);
    return status;
}

int shoal_channel_pin(shoal_frame **out, shoal_object *object, uint64_t newer_than)
{
    shoal_slot slot;
    *out = NULL;
    int status = shoal_slot_pin(&slot, object, newer_than);
    if (status == SHOAL_OK && (status = make(out, object, &slot, false)) < 0)
        shoal_slot_unpin(object, &slot);
    return status;
}

int shoal_frame_usable(const shoal_frame *frame)
{
    if (!frame->borrowed.lost)
        return SHOAL_OK;
    if (frame->begun)
        return shoal__fail(
            SHOAL_ECLOSED,
            "the frame of channel \"%s\" is published or dropped, or was begun by the parent of this process",
            frame->object->name);
    return shoal__fail(SHOAL_ECLOSED,
                       "frame %llu of channel \"%s\" was pinned by the parent of this process: read it again here",
                       (unsigned long long)frame->slot.number, frame->object->name);
}

int shoal_frame_publish(shoal_frame *frame, uint64_t size)
{
    int status = frame->begun ? shoal_frame_usable(frame) : SHOAL_ELOCK;
    if (status < 0)
        return shoal__fail(SHOAL_ELOCK, "channel \"%s\": that frame is not being written by this process",
                           frame->object->name);
    status = shoal_slot_publish(frame->object, &frame->slot, size);
    if (status == SHOAL_OK)
        shoal__borrow_lose(frame->object, &frame->borrowed);
    return status;
}

shoal_frame *shoal_frame_retain(shoal_frame *frame)
{
    atomic_fetch_add(&frame->refs, 1);
    return frame;
}

void shoal_frame_drop(shoal_frame *frame)
{
    if (frame->begun && shoal__borrow_lose(frame->object, &frame->borrowed)) /* so the last reference does not either */
        shoal_slot_drop(frame->object, &frame->slot);
}

void shoal_frame_close(shoal_frame *frame)
{
    if (!frame || atomic_fetch_sub(&frame->refs, 1) != 1)
        return;
    if (shoal__borrow_lose(frame->object, &frame->borrowed)) {
        if (frame->begun)
            shoal_slot_drop(frame->object, &frame->slot);
        else
            shoal_slot_unpin(frame->object, &frame->slot);
    }
    shoal__borrow_end(frame->object, &frame->borrowed);
    free(frame);
}

void *shoal_frame_data(const shoal_frame *frame)
{
    return frame->slot.data;
}

uint64_t shoal_frame_size(const shoal_frame *frame)
{
    return frame->slot.size;
}

uint64_t shoal_frame_number(const shoal_frame *frame)
{
    return frame->slot.number;
}

uint64_t shoal_frame_time(const shoal_frame *frame)
{
    return frame->slot.time;
}

const bool *shoal_frame_lost(const shoal_frame *frame)
{
    return &frame->borrowed.lost;
}
