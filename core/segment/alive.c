/* Implements docs/recovery.md, "Who is alive": the questions to the kernel. */
#include "segment/alive.h"

#include "platform/file.h"
#include "segment/descriptor.h"

/* Is the process of that slot alive? 1, 0, or -errno: not known. */
static int ask_slot(const struct shoal_segment *segment, uint32_t slot)
{
    if (slot == segment->slot && shoal__is_peer(segment))
        return 1;
    int error = shoal__descriptor(segment); /* fails if somebody closed ours and we can open no other */
    int alive = error ? error : shoal__life_ask(segment->fd, slot);
    if (alive)
        return alive;
    /* "Not locked" counts only if the descriptor still leads to our file. -EBADF: we asked about another file. */
    return shoal__file_compare(segment->fd, segment->device, segment->inode);
}

bool shoal__slot_alive(const struct shoal_segment *segment, uint32_t slot)
{
    return ask_slot(segment, slot) != 0;
}

static uint32_t incarnation_bits(const struct shoal_segment *segment, uint32_t slot)
{
    return shoal__mutex_me(slot, load_acquire(&shoal__peer(segment, slot)->incarnation)) & MUTEX_INCARNATION;
}

bool shoal__is_present(const struct shoal_segment *segment, uint32_t tag)
{
    uint32_t slot = (tag & MUTEX_SLOT) - 1;
    return slot < load_acquire(&shoal__header(segment)->slots_committed) && slot < segment->is.slots &&
           incarnation_bits(segment, slot) == (tag & MUTEX_INCARNATION);
}

bool shoal__party_is_dead(const struct shoal_party *party, uint32_t word)
{
    const struct shoal_segment *segment = (const struct shoal_segment *)party;
    uint32_t slot = (word & MUTEX_SLOT) - 1;
    if (slot >= load_acquire(&shoal__header(segment)->slots_committed) || slot >= segment->is.slots)
        return true; /* no process ever had this slot: the word is damaged */
    if (incarnation_bits(segment, slot) != (word & MUTEX_INCARNATION))
        return true; /* the slot has a later user, so the owner is gone */
    if (!shoal__slot_alive(segment, slot))
        return true;
    /* was the slot claimed again while we asked? */
    return incarnation_bits(segment, slot) != (word & MUTEX_INCARNATION);
}

static bool is_other(const struct shoal_segment *segment, uint32_t slot)
{
    return slot != segment->slot && load_relaxed(&shoal__peer(segment, slot)->in_use);
}

/*
 * Is another peer of the slots [from, end) alive? One query covers them all, and the kernel answers with any slot whose
 * byte is locked, not with the first. If that slot is not another peer's, query the slots before it and those after it.
 */
static bool is_any_alive(const struct shoal_segment *segment, uint32_t from, uint32_t end)
{
    while (from < end) {
        uint32_t slot = shoal__life_among(segment->fd, from, end);
        if (slot < end && (is_other(segment, slot) || is_any_alive(segment, from, slot)))
            return true;
        from = slot < end ? slot + 1 : end;
    }
    return false;
}

bool shoal__others_alive_locked(const struct shoal_segment *segment)
{
    uint32_t others = 0, slots = load_acquire(&shoal__header(segment)->slots_committed);
    for (uint32_t slot = 0; slot < slots && slot < segment->is.slots; slot++)
        others += is_other(segment, slot);
    if (others == 0)
        return false;
    /* Without a descriptor of our file no death is proved: the others count as alive, as in shoal__slot_alive. */
    return shoal__descriptor(segment) != 0 || is_any_alive(segment, 0, slots) ||
           shoal__file_compare(segment->fd, segment->device, segment->inode) != 0;
}

uint32_t shoal__peers_alive(const struct shoal_segment *segment)
{
    uint32_t count = 0, slots = load_acquire(&shoal__header(segment)->slots_committed);
    for (uint32_t slot = 0; slot < slots && slot < segment->is.slots; slot++)
        count += load_relaxed(&shoal__peer(segment, slot)->in_use) && shoal__slot_alive(segment, slot);
    return count;
}

int shoal__anybody_alive(const struct shoal_segment *segment)
{
    int alive = 0;
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    for (uint32_t slot = 0; slot < slots && slot < segment->is.slots && alive <= 0; slot++) {
        int answer = load_relaxed(&shoal__peer(segment, slot)->in_use) ? ask_slot(segment, slot) : 0;
        alive = answer ? answer : alive;
    }
    return alive;
}
