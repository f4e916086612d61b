/* Implements docs/recovery.md, "Big runs": readers say what they copy, and who would write or punch looks. */
#include "segment/notes.h"

#include "platform/file.h"
#include "platform/point.h"
#include "segment/descriptor.h"
#include "segment/heap.h"

bool shoal__is_big(const struct shoal_segment *segment, uint32_t ref, uint64_t room)
{
    return room > BIG_RUN || (room == BIG_RUN && !shoal__stays_backed(segment, ref, room));
}

static bool note_in_slot(struct shoal_segment *segment, const struct shoal_note *note)
{
    uint64_t none = 0, pages = (uint64_t)note->page << 32 | note->pages;
    if (!atomic_compare_exchange_strong(&shoal__peer(segment, segment->slot)->reading, &none, pages))
        return false;
    fence_sequential();
    return true;
}

/* Of one thread at a time: their locks would be one. Not in a child without a description of its own. */
static bool note_by_lock(struct shoal_segment *segment, struct shoal_note *note)
{
    uint32_t free = 0;
    if (*segment->context->generation == 0 || !atomic_compare_exchange_strong(&segment->noting, &free, 1))
        return false;
    note->fd = segment->fd;
    bool ours = shoal__file_compare(note->fd, segment->device, segment->inode) == 0;
    if (ours && note->pages && shoal__pages_note(note->fd, note->page, note->pages, true) == 0) {
        fence_sequential();
        return true;
    }
    store_release(&segment->noting, 0);
    return false;
}

bool shoal__reading_begin(struct shoal_segment *segment, uint32_t ref, struct shoal_note *note)
{
    uint64_t room = shoal__block_room(segment, ref);
    *note = (struct shoal_note){room, shoal__page_of(segment, ref), (uint32_t)(room >> segment->is.page_shift), -1};
    bool noted =
        segment->readonly ? note_by_lock(segment, note) : shoal__is_peer(segment) && note_in_slot(segment, note);
    SHOAL_POINT("reading: noted");
    return noted;
}

bool shoal__reading_end(struct shoal_segment *segment, const struct shoal_note *note)
{
    if (note->fd < 0) {
        atomic_store_explicit(&shoal__peer(segment, segment->slot)->reading, 0, memory_order_release);
        return true;
    }
    bool ours = shoal__file_compare(note->fd, segment->device, segment->inode) == 0;
    if (ours)
        shoal__pages_note(note->fd, note->page, note->pages, false);
    store_release(&segment->noting, 0);
    return ours;
}

bool shoal__is_read(const struct shoal_segment *segment, uint64_t page, uint64_t end)
{
    fence_sequential();
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    for (uint32_t slot = 0; slot < slots && slot < segment->is.slots; slot++) {
        uint64_t reading = atomic_load_explicit(&shoal__peer(segment, slot)->reading, memory_order_acquire);
        if (reading >> 32 < end && page < (reading >> 32) + (uint32_t)reading)
            return true;
    }
    return shoal__descriptor(segment) != 0 || shoal__pages_noted(segment->fd, (uint32_t)page, (uint32_t)(end - page));
}
