/* The memory of a frame: pinned by a reader, or about to be published by a writer. Arrays and views of it count as references. */
#include "channel.h"

#include <stdlib.h>

#include "errors.h"

/* A frame of the core's, which counts its references itself: this only adds what an NdArray asks of its memory. */
typedef struct FrameMemory {
    Memory memory;
    shoal_frame *frame;
} FrameMemory;

static shoal_frame *frame_of(Memory *memory)
{
    return ((FrameMemory *)memory)->frame;
}

/* Unpins it, or drops what was not published. */
static void end_frame(Memory *memory)
{
    shoal_frame_close(frame_of(memory));
    free(memory);
}

static int why_lost(Memory *memory, const char **Py_UNUSED(text))
{
    return shoal_frame_usable(frame_of(memory));
}

static const MemoryKind frame_kind = {"frame", end_frame, why_lost};

/* Takes over `frame`. */
static int hold(Memory **out, shoal_frame *frame)
{
    FrameMemory *made = malloc(sizeof *made);
    if (!made) {
        shoal_frame_close(frame);
        PyErr_NoMemory();
        return -1;
    }
    memory_init(&made->memory, &frame_kind, shoal_frame_lost(frame));
    made->frame = frame;
    *out = &made->memory;
    return 0;
}

int channel_pin(Memory **out, shoal_frame **frame, ChannelObject *self, uint64_t newer_than)
{
    int status = shoal_channel_pin(frame, self->handle.object, newer_than);
    if (status < 0)
        return status;
    return hold(out, *frame) < 0 ? STATUS_RAISED : SHOAL_OK;
}

int channel_begin(Memory **out, unsigned char **data, ChannelObject *self)
{
    shoal_frame *frame;
    int status = shoal_channel_begin(&frame, self->handle.object);
    if (status < 0)
        return status;
    *data = shoal_frame_data(frame);
    return hold(out, frame) < 0 ? STATUS_RAISED : SHOAL_OK;
}

int channel_end(Memory *draft, bool publish, uint64_t size)
{
    int status = publish ? shoal_frame_publish(frame_of(draft), size) : SHOAL_OK;
    if (!publish || status < 0) /* it may be refused beside a writer that is stopped */
        shoal_frame_drop(frame_of(draft));
    return status;
}

void channel_view(shoal_view *view, const ChannelObject *self, void *data, uint64_t size, bool readonly)
{
    if (channel_is_of_bytes(self)) {
        int64_t length = (int64_t)size;
        shoal_view_init(view, &size, (shoal_dtype){SHOAL_UINT8, 1}, 1, &length);
    } else {
        *view = self->facts.frame;
    }
    view->data = data;
    view->readonly = readonly;
}
