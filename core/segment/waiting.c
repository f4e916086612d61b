#include "segment/waiting.h"

#include <string.h>

#include "platform/point.h"
#include "platform/process.h"
#include "segment/alive.h"
#include "segment/places.h"
#include "segment/use.h"

/* ---- Noting a wait ---- */

static void fill(struct wait_sh *place, const shoal_object *object, uint32_t thread)
{
    SHOAL_POINT("waits: place taken");
    store_relaxed(&place->thread, thread);
    store_release(&place->object, object->entry);
    SHOAL_POINT("waits: noted");
}

uint32_t shoal__start_waiting(const shoal_object *object, enum shoal_noted as, uint32_t place, bool insist)
{
    struct shoal_segment *segment = object->segment;
    struct peer_sh *peer = shoal__peer(segment, segment->slot);
    if (!shoal__is_peer(segment))
        return 0;
    uint32_t found = shoal__take_place(segment, as == NOTED_CYCLE, insist);
    if (!found && place != NO_PLACE)
        atomic_fetch_add(&peer->waits_missed, 1);
    if (!found)
        return NO_PLACE;
    uint32_t thread = as == NOTED_TASK ? WAIT_TASK : (uint32_t)shoal__thread_id();
    fill(shoal__place(segment, found), object, thread | (as == NOTED_CYCLE ? WAIT_FOREVER : 0));
    if (place == NO_PLACE)
        atomic_fetch_sub(&peer->waits_missed, 1);
    return found;
}

void shoal__stop_waiting(const shoal_object *object, uint32_t place)
{
    struct shoal_segment *segment = object->segment;
    if (place == 0 || !shoal__is_peer(segment))
        return;
    if (place == NO_PLACE)
        atomic_fetch_sub(&shoal__peer(segment, segment->slot)->waits_missed, 1);
    else
        shoal__give_place(segment, place);
}

/*
 * The word is changed before the count: so if a reader finds both the same twice, with WAIT_FOREVER, the wait could be
 * part of a deadlock all the time in between.
 */
void shoal__note_cycle(const shoal_object *object, uint32_t place, bool may_be_in_cycle)
{
    const struct shoal_segment *segment = object->segment;
    struct wait_sh *it = shoal__is_peer(segment) ? shoal__place(segment, place) : NULL;
    if (!it)
        return;
    if (may_be_in_cycle)
        atomic_fetch_or(&it->thread, WAIT_FOREVER);
    else
        atomic_fetch_and(&it->thread, ~WAIT_FOREVER);
    atomic_fetch_add(&it->changes, 1);
}

void shoal__note_claim(const shoal_object *object, uint32_t place, uint32_t claim)
{
    const struct shoal_segment *segment = object->segment;
    struct wait_sh *it = shoal__is_peer(segment) ? shoal__place(segment, place) : NULL;
    if (it)
        store_release(&it->claim, claim);
}

/* ---- Describing waits ---- */

void shoal__describe(shoal_owner *out, const struct shoal_segment *segment, uint32_t word)
{
    uint32_t slot = (word & MUTEX_SLOT) - 1;
    memset(out, 0, sizeof *out);
    if (!(word & MUTEX_SLOT) || slot >= load_acquire(&shoal__header(segment)->slots_committed) ||
        slot >= segment->is.slots)
        return;
    const struct peer_sh *peer = shoal__peer(segment, slot);
    out->pid = (int32_t)peer->pid;
    out->count = 1;
    memcpy(out->program, peer->program, sizeof out->program - 1);
    out->alive = !shoal__party_is_dead(&segment->party, word);
}

static uint32_t waits_for(const struct wait_sh *place, const shoal_object *object)
{
    return load_acquire(&place->object) == object->entry ? load_relaxed(&place->thread) : 0;
}

struct list {
    shoal_owner *out;
    size_t limit, count;
};

static void add(struct list *list, const shoal_owner *owner, uint32_t thread, uint32_t count)
{
    if (list->count++ >= list->limit)
        return;
    shoal_owner *it = &list->out[list->count - 1];
    *it = *owner;
    it->thread = (int32_t)thread;
    it->count = count;
}

/* The system is asked whether the peer is alive only if there is a note of it that it waits. */
static void add_waits_of(struct list *list, const shoal_object *object, uint32_t slot)
{
    const struct shoal_segment *segment = object->segment;
    const struct peer_sh *peer = shoal__peer(segment, slot);
    uint32_t tag = shoal__mutex_me(slot, load_acquire(&peer->incarnation));
    shoal_owner owner = {0};
    struct shoal_places row = shoal__places_of(segment, slot);
    while (shoal__next_places(&row))
        for (uint32_t i = 0; i < row.count; i++) {
            uint32_t thread = waits_for(&row.wait[i], object);
            if (thread && !owner.count)
                shoal__describe(&owner, segment, tag);
            if (thread && owner.alive)
                add(list, &owner, thread & WAIT_THREAD, 1);
        }
    if (load_relaxed(&peer->waits_missed) == 0)
        return;
    if (!owner.count)
        shoal__describe(&owner, segment, tag);
    if (owner.alive)
        add(list, &owner, 0, 0);
}

/* If the peer left meanwhile, the blocks of its places may be used for something else: then nothing is added. */
static void add_waits_of_present(struct list *list, const shoal_object *object, uint32_t slot)
{
    const struct peer_sh *peer = shoal__peer(object->segment, slot);
    uint32_t incarnation = load_acquire(&peer->incarnation);
    size_t before = list->count;
    if (!load_acquire(&peer->in_use))
        return;
    add_waits_of(list, object, slot);
    fence_acquire();
    if (!load_acquire(&peer->in_use) || load_acquire(&peer->incarnation) != incarnation)
        list->count = before;
}

int shoal_object_waiters(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    const struct shoal_segment *segment = object->segment;
    struct list list = {out, limit, 0};
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    *count = 0;
    /* refuses a lost handle: its ref may be another object's by now, with that one's waiters */
    int status = shoal__may_look(object, object->kind);
    if (status < 0)
        return shoal__unless_damaged(segment, status);
    for (uint32_t slot = 0; slot < slots && slot < segment->is.slots; slot++)
        add_waits_of_present(&list, object, slot);
    *count = list.count;
    return shoal__unless_damaged(segment, SHOAL_OK);
}
