#include "segment/waiting.h"

#include <stdio.h>
#include <string.h>

#include "platform/point.h"
#include "platform/process.h"
#include "segment/directory.h"
#include "segment/roster.h"
#include "sync/hold.h"
#include "value/status.h"

#define BEING_FILLED_IN 1u
#define LONGEST_CYCLE 32

/* ---- Noting ---- */

uint32_t shoal__start_waiting(const shoal_object *object, bool forever, bool task)
{
    struct peer_sh *peer = shoal__peer(object->segment, object->segment->slot);
    if (!shoal__is_peer(object->segment))
        return 0;
    uint32_t thread = task ? WAIT_TASK : (uint32_t)shoal__thread_id() | (forever ? WAIT_FOREVER : 0);
    for (uint32_t i = 0; i < PEER_WAITS; i++) {
        struct wait_sh *place = &peer->waits[i];
        if (load_relaxed(&place->object) || !compare_swap(&place->object, 0, BEING_FILLED_IN))
            continue;
        SHOAL_POINT("waits: place taken");
        store_relaxed(&place->thread, thread);
        store_release(&place->object, object->entry);
        SHOAL_POINT("waits: noted");
        atomic_fetch_add(&peer->wait_changes, 1);
        return i + 1;
    }
    return 0;
}

void shoal__stop_waiting(const shoal_object *object, uint32_t place)
{
    struct peer_sh *peer = shoal__peer(object->segment, object->segment->slot);
    if (place == 0 || !shoal__is_peer(object->segment))
        return;
    store_release(&peer->waits[place - 1].object, 0);
    SHOAL_POINT("waits: taken away");
    atomic_fetch_add(&peer->wait_changes, 1);
}

/* ---- Telling ---- */

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

int shoal_object_waiters(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    const struct shoal_segment *segment = object->segment;
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    *count = 0;
    int status = shoal__may_look(object, object->kind); /* by its ref the waiters of another are not its own */
    if (status < 0)
        return shoal__unless_damaged(segment, status);
    for (uint32_t slot = 0; slot < slots && slot < segment->is.slots; slot++) {
        const struct peer_sh *peer = shoal__peer(segment, slot);
        shoal_owner owner = {0}; /* asked for, and whether it is alive, only if it says that it waits */
        for (uint32_t i = 0; i < PEER_WAITS && load_acquire(&peer->in_use); i++) {
            uint32_t thread = waits_for(&peer->waits[i], object);
            if (thread && !owner.count)
                shoal__describe(&owner, segment, shoal__mutex_me(slot, load_acquire(&peer->incarnation)));
            owner.thread = (int32_t)(thread & WAIT_THREAD);
            if (thread && owner.alive && (*count)++ < limit)
                out[*count - 1] = owner;
        }
    }
    return shoal__unless_damaged(segment, SHOAL_OK);
}

/* ---- Cycles ---- */

/* A thread that waits for the object `entry`, whose lock word is `word`. `changes`: of its peer's notes. */
struct waiting {
    uint32_t slot, thread, entry, word, changes;
};

static const struct hold_sh *hold_of(const struct shoal_segment *segment, uint32_t ref)
{
    const struct entry_sh *entry = shoal__entry_at(segment, ref);
    uint32_t kind = entry ? load_relaxed(&entry->kind) & 0xff : 0;
    if (kind != SHOAL_KIND_LOCK && kind != SHOAL_KIND_RWLOCK)
        return NULL;
    return shoal__block(segment, load_relaxed(&entry->body), sizeof(struct hold_sh));
}

/* What thread `it` of peer `slot` waits for without a deadline, and by whom that is owned. */
static bool look_up(struct waiting *it, const struct shoal_segment *segment)
{
    const struct peer_sh *peer = shoal__peer(segment, it->slot);
    it->changes = load_acquire(&peer->wait_changes);
    it->entry = 0;
    for (uint32_t i = 0; i < PEER_WAITS && !it->entry; i++)
        if (load_acquire(&peer->waits[i].object) > BEING_FILLED_IN &&
            load_relaxed(&peer->waits[i].thread) == (it->thread | WAIT_FOREVER))
            it->entry = load_relaxed(&peer->waits[i].object);
    const struct hold_sh *hold = it->entry ? hold_of(segment, it->entry) : NULL;
    it->word = hold ? load_acquire(&hold->word) : 0;
    return it->word & MUTEX_SLOT;
}

/* The thread that owns what `it` waits for. */
static bool owner_of(struct waiting *owner, const struct waiting *it, const struct shoal_segment *segment)
{
    const struct hold_sh *hold = hold_of(segment, it->entry);
    owner->slot = (it->word & MUTEX_SLOT) - 1;
    owner->thread = hold ? load_acquire(&hold->thread) : 0;
    return owner->thread && owner->slot < load_acquire(&shoal__header(segment)->slots_committed) &&
           owner->slot < segment->is.slots;
}

/* Follow from chain[0], this thread, until we are back: how many are in the cycle; 0: there is none. */
static uint32_t walk_chain(struct waiting *chain, const struct shoal_segment *segment)
{
    for (uint32_t length = 1; length < LONGEST_CYCLE; length++) {
        if (!look_up(&chain[length - 1], segment) || !owner_of(&chain[length], &chain[length - 1], segment))
            return 0;
        if (chain[length].slot == chain[0].slot && chain[length].thread == chain[0].thread)
            return length;
    }
    return 0;
}

static bool is_same(const struct waiting *a, const struct waiting *b, uint32_t length)
{
    return memcmp(a, b, length * sizeof *a) == 0;
}

static bool all_live(const struct waiting *chain, uint32_t length, const struct shoal_segment *segment)
{
    for (uint32_t i = 0; i < length; i++)
        if (shoal__party_is_dead(&segment->party, chain[i].word))
            return false;
    return true;
}

static bool gives_way(const struct waiting *chain, uint32_t length)
{
    for (uint32_t i = 1; i < length; i++)
        if (chain[i].slot > chain[0].slot || (chain[i].slot == chain[0].slot && chain[i].thread > chain[0].thread))
            return false;
    return true;
}

static int tell_cycle(const struct waiting *chain, uint32_t length, const struct shoal_segment *segment)
{
    char text[SHOAL__ERROR_SIZE] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < length && used < sizeof text - 1; i++) {
        const struct entry_sh *entry = shoal__entry_at(segment, chain[i].entry);
        const struct peer_sh *owner = shoal__peer(segment, (chain[i].word & MUTEX_SLOT) - 1);
        bool back = i + 1 == length;
        int size = snprintf(text + used, sizeof text - used, "\"%.40s\", which %s%.15s (pid %u, thread %u) holds%s",
                            entry ? entry->name : "?", back ? "this thread, " : "", owner->program, owner->pid,
                            back ? chain[0].thread : chain[i + 1].thread, back ? "" : " while it waits for ");
        used += size > 0 ? (size_t)size : sizeof text;
    }
    return shoal__fail(SHOAL_ELOCK, "waiting would never end: this thread waits for %s; it is told so, to give way",
                       text);
}

int shoal__look_for_cycle(const shoal_object *object)
{
    const struct shoal_segment *segment = object->segment;
    struct waiting chain[LONGEST_CYCLE], again[LONGEST_CYCLE];
    memset(chain, 0, sizeof chain);
    memset(again, 0, sizeof again);
    chain[0].slot = again[0].slot = segment->slot;
    chain[0].thread = again[0].thread = (uint32_t)shoal__thread_id();
    uint32_t length = walk_chain(chain, segment);
    if (length == 0 || chain[0].entry != object->entry || !gives_way(chain, length) ||
        !all_live(chain, length, segment))
        return SHOAL_OK;
    fence_acquire();
    if (walk_chain(again, segment) != length || !is_same(chain, again, length))
        return SHOAL_OK;
    return tell_cycle(chain, length, segment);
}
