/* Implements docs/recovery.md, "Reaping". */
#include "segment/reap.h"

#include "platform/point.h"
#include "segment/alive.h"
#include "segment/big.h"
#include "segment/directory.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/kind.h"
#include "segment/lock.h"
#include "segment/places.h"
#include "segment/stripe.h"

#define FREES_AT_ONCE 64u /* pins, runs and removed objects that are freed in one hold of the lock */
#define BIG_AT_ONCE 16u   /* how many of these may be big runs */
/* slots, or removed objects, that the kernel is asked about in one hold of the lock */
#define LOOKS_AT_ONCE 64u
#define REPLACED_OFTEN 32u /* the version of a name that was replaced 14 times: 6, and then by 2 */
#define NAMES_A_CHANGE 64u

/*
 * One hold of the lock: how much may still be done in it, and which big runs were taken over, to be punched after it.
 * Until then we own them privately: if we die, our reaper frees them.
 */
struct step {
    uint32_t frees, looks;
    uint32_t bigs, big[BIG_AT_ONCE];
};

static struct step begun(void)
{
    return (struct step){.frees = FREES_AT_ONCE, .looks = LOOKS_AT_ONCE};
}

static int begin(struct shoal_segment *segment, struct step *step, shoal_time deadline)
{
    *step = begun();
    return shoal__lock_in_attach(segment, deadline);
}

/* False: another process keeps the lock; the work is left to the next process that looks for the dead. */
static bool begin_shortly(struct shoal_segment *segment, struct step *step)
{
    *step = begun();
    return shoal__lock_shortly(segment);
}

static void end(struct shoal_segment *segment, const struct step *step)
{
    shoal__unlock(segment);
    SHOAL_POINT("reaper: step done, big runs in our hands");
    for (uint32_t i = 0; i < step->bigs; i++)
        shoal__big_dispose(segment, step->big[i]);
}

static bool is_over(const struct step *step)
{
    return step->frees == 0 || step->looks == 0 || step->bigs == BIG_AT_ONCE;
}

static void count_free(struct step *step, uint32_t big)
{
    step->frees--;
    if (big)
        step->big[step->bigs++] = big;
}

/* ---- Dead peers ---- */

/* What the slot's user has in blocks of the object that it has pinned. True: the step is over, and more is left. */
static bool bury_locked(struct shoal_segment *segment, uint32_t slot, uint32_t ref, struct step *step)
{
    const struct pin_sh *pin = shoal__block(segment, ref, sizeof *pin);
    const struct entry_sh *entry = pin ? shoal__entry_at(segment, pin->entry) : NULL;
    const struct shoal__kind *kind = entry ? shoal__kind(load_relaxed(&entry->kind) & 0xff) : NULL;
    if (!kind || !kind->bury)
        return false;
    uint32_t body = shoal__body_of(entry), most = step->frees;
    if (shoal__block_capacity(segment, body) < kind->head)
        return false;
    uint32_t buried = kind->bury(segment, shoal__at(segment, shoal__offset(segment, body)), slot, most);
    step->frees -= buried < most ? buried : most;
    return buried >= most;
}

/* True: the step is over, and pins are left. A pin that cannot be removed is damage: then the rest is given up. */
static bool reap_pins_locked(struct shoal_segment *segment, uint32_t slot, struct step *step)
{
    struct peer_sh *peer = shoal__peer(segment, slot);
    while (peer->pins && !is_over(step)) {
        uint32_t big, first = peer->pins;
        if (bury_locked(segment, slot, first, step))
            return true;
        SHOAL_POINT("reaper: claims given up");
        if (shoal__unpin_locked(segment, first, &big) < 0 || peer->pins == first)
            return false;
        count_free(step, big);
        SHOAL_POINT("reaper: pin taken away");
    }
    return peer->pins != 0;
}

/* The same for private runs: we take over each. */
static bool reap_runs_locked(struct shoal_segment *segment, uint32_t slot, struct step *step)
{
    struct peer_sh *peer = shoal__peer(segment, slot);
    while (peer->runs && !is_over(step)) {
        uint32_t ref = shoal__big_of_list_locked(segment, slot, peer->runs);
        if (!ref || shoal__big_take_over_locked(segment, ref) < 0)
            return false;
        count_free(step, ref);
        SHOAL_POINT("reaper: run taken over");
    }
    return peer->runs != 0;
}

/* The same for the blocks in which the peer noted waits. */
static bool reap_places_locked(struct shoal_segment *segment, struct peer_sh *peer, struct step *step)
{
    while (load_relaxed(&peer->waits_more) && !is_over(step)) {
        if (!shoal__free_places_locked(segment, peer))
            return false;
        count_free(step, 0);
        SHOAL_POINT("reaper: row of places freed");
    }
    return load_relaxed(&peer->waits_more) != 0;
}

static bool is_dead_locked(const struct shoal_segment *segment, uint32_t slot)
{
    const struct peer_sh *peer = shoal__peer(segment, slot);
    /* in_use alone does not tell: it is 0 in a peer that died while joining */
    bool has_something = load_relaxed(&peer->in_use) || peer->pins || peer->runs || load_relaxed(&peer->waits_more);
    return slot != segment->slot && has_something && !shoal__slot_alive(segment, slot);
}

/* True: the step is over, and something is left. */
static bool reap_slot_locked(struct shoal_segment *segment, uint32_t slot, struct step *step)
{
    struct peer_sh *peer = shoal__peer(segment, slot);
    if (reap_pins_locked(segment, slot, step) || reap_runs_locked(segment, slot, step) ||
        reap_places_locked(segment, peer, step))
        return true;
    atomic_store(&peer->reading, 0);
    SHOAL_POINT("reaper: nothing left of it");
    store_release(&peer->in_use, 0);
    SHOAL_POINT("reaper: slot free");
    return false;
}

/* Returns how many of the slots are still to be looked at. */
static uint32_t reap_some_locked(struct shoal_segment *segment, uint32_t limit, struct step *step)
{
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    for (; limit > 0 && !is_over(step); limit--) {
        uint32_t slot = segment->reap_cursor % slots;
        step->looks--;
        if (is_dead_locked(segment, slot) && reap_slot_locked(segment, slot, step))
            break;
        segment->reap_cursor++;
    }
    return limit;
}

void shoal__reap(struct shoal_segment *segment, uint32_t limit)
{
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    if (limit > slots)
        limit = slots;
    struct step step;
    while (limit > 0 && begin_shortly(segment, &step)) {
        limit = reap_some_locked(segment, limit, &step);
        end(segment, &step);
    }
}

/* ---- One slot ---- */

/*
 * The slot is ours now, and so are the private runs in its list: note some of them in `step`, to be punched and freed.
 */
static void find_runs_locked(struct shoal_segment *segment, struct step *step)
{
    uint32_t next = shoal__peer(segment, segment->slot)->runs;
    while (next && !is_over(step)) {
        uint32_t ref = shoal__big_of_list_locked(segment, segment->slot, next);
        if (!ref)
            return;
        count_free(step, ref);
        next = shoal__page(segment, next - 1)->next;
    }
}

int shoal__reap_seat(struct shoal_segment *segment, uint32_t slot, shoal_time deadline)
{
    struct step step;
    struct peer_sh *peer = shoal__peer(segment, slot);
    for (bool more = true; more;) {
        int status = begin(segment, &step, deadline);
        if (status < 0)
            return status;
        /* big runs in `step` are in our own list until `end` frees them: find_runs_locked must not note them again */
        more = reap_pins_locked(segment, slot, &step) || step.bigs > 0;
        if (!more && slot == segment->slot)
            find_runs_locked(segment, &step);
        else if (!more)
            more = reap_runs_locked(segment, slot, &step);
        more = more || step.bigs > 0 || reap_places_locked(segment, peer, &step);
        end(segment, &step);
    }
    return SHOAL_OK;
}

void shoal__reap_slot_soon(struct shoal_segment *segment, uint32_t slot)
{
    if (!shoal__mutex_try_free(&shoal__header(segment)->lock, segment->party.me))
        return;
    fence_release();
    struct step step = begun();
    if (is_dead_locked(segment, slot))
        reap_slot_locked(segment, slot, &step);
    end(segment, &step);
}

/* ---- Limbo: deferred frees ---- */

/* The removed entry at which the last step ended. It may have been freed since: `serial` tells. */
struct place {
    uint32_t ref, serial;
};

static bool links_back(const struct shoal_segment *segment, uint32_t ref, const struct entry_sh *entry)
{
    const struct entry_sh *prev = entry->limbo_prev ? shoal__entry_at(segment, entry->limbo_prev) : NULL;
    return (prev ? prev->limbo_next : shoal__header(segment)->limbo) == ref;
}

static uint32_t go_on_locked(const struct shoal_segment *segment, const struct place *place)
{
    const struct entry_sh *entry = place->ref ? shoal__entry_at(segment, place->ref) : NULL;
    if (entry && shoal__block_capacity(segment, place->ref) && entry->serial == place->serial &&
        load_relaxed(&entry->kind) & ENTRY_REMOVED && links_back(segment, place->ref, entry))
        return place->ref;
    return shoal__header(segment)->limbo;
}

static uint32_t sweep_some_locked(struct shoal_segment *segment, uint32_t limit, struct place *place, struct step *step)
{
    uint32_t ref = go_on_locked(segment, place);
    while (ref && limit > 0 && !is_over(step)) {
        struct entry_sh *entry = shoal__entry_at(segment, ref);
        if (!entry)
            return 0;
        uint32_t next = entry->limbo_next, big = 0;
        int status = shoal__limbo_free_locked(segment, ref, &big);
        if (status < 0)
            return 0;
        if (status == SHOAL_OK || status == PARTS_LEFT)
            count_free(step, big);
        SHOAL_POINT("sweep: looked at one in limbo");
        if (status == PARTS_LEFT)
            continue;
        ref = next;
        step->looks--;
        limit--;
    }
    const struct entry_sh *stop = ref ? shoal__entry_at(segment, ref) : NULL;
    *place = (struct place){ref, stop ? stop->serial : 0};
    return stop ? limit : 0;
}

static void sweep(struct shoal_segment *segment, uint32_t limit, struct place place)
{
    struct step step;
    for (bool first = true; limit > 0 && begin_shortly(segment, &step); first = false) {
        uint32_t removed = shoal__header(segment)->removed;
        if (first && limit > removed)
            limit = removed;
        limit = sweep_some_locked(segment, limit, &place, &step);
        end(segment, &step);
    }
}

void shoal__sweep_limbo(struct shoal_segment *segment, uint32_t limit)
{
    sweep(segment, limit, (struct place){0, 0});
}

void shoal__sweep_parts(struct shoal_segment *segment, uint32_t ref, uint32_t serial)
{
    sweep(segment, 1, (struct place){ref, serial});
}

/* ---- Lock words that name earlier users of a slot ---- */

static void mark_old_lock(struct shoal_segment *segment, struct entry_sh *entry, uint32_t slot)
{
    void *body = shoal__block(segment, shoal__body_of(entry), sizeof(shoal_word));
    const struct shoal__kind *kind = shoal__kind(load_relaxed(&entry->kind) & 0xff);
    if (body && kind && kind->forget_slot)
        kind->forget_slot(body, slot);
    uint64_t capacity = shoal__block_capacity(segment, shoal__body_of(entry));
    if (kind && kind->forget_slot_of_parts && capacity >= kind->head)
        kind->forget_slot_of_parts(segment, body, capacity, slot);
    SHOAL_POINT("roster: an old lock marked");
}

static uint32_t mark_in_limbo_locked(struct shoal_segment *segment, uint32_t slot, uint32_t limit, struct place *place,
                                     struct step *step)
{
    uint32_t ref = go_on_locked(segment, place);
    struct entry_sh *entry = NULL;
    for (; ref && limit > 0 && !is_over(step); limit--, step->looks--) {
        if (!(entry = shoal__entry_at(segment, ref)))
            return 0;
        mark_old_lock(segment, entry, slot);
        ref = entry->limbo_next;
    }
    const struct entry_sh *stop = ref ? shoal__entry_at(segment, ref) : NULL;
    *place = (struct place){ref, stop ? stop->serial : 0};
    return stop ? limit : 0;
}

/* Named objects first: one that is removed meanwhile was visited already, or is found among the removed ones. */
int shoal__mark_old_locks(struct shoal_segment *segment, uint32_t slot, shoal_time deadline)
{
    struct step step;
    struct place place = {0, 0};
    shoal__forget_stripes(segment, slot);
    int status = shoal__each_named(segment, mark_old_lock, slot, deadline);
    for (uint32_t limit = UINT32_MAX; status == SHOAL_OK && limit > 0;)
        if ((status = begin(segment, &step, deadline)) == SHOAL_OK) {
            limit = mark_in_limbo_locked(segment, slot, limit, &place, &step);
            end(segment, &step);
        }
    return status;
}

/* ---- When memory is used up ---- */

/*
 * The spare of a Value, if it has one. A name that is replaced again and again, as its version says, keeps its spare,
 * so that it can be replaced in a full segment, too.
 */
static uint32_t spare_to_give(const struct entry_sh *entry)
{
    uint32_t version = load_relaxed(&entry->version);
    if (version >= REPLACED_OFTEN || !shoal__kind_is(load_relaxed(&entry->kind), KIND_STORED))
        return 0;
    return load_relaxed(&entry->body[!(version / 2 % 2)]);
}

/* Readers that still copy the spare, which was the body before, see another version and retry. The body stays. */
static void give_spare(struct shoal_segment *segment, struct entry_sh *entry)
{
    uint32_t spare = spare_to_give(entry), version = load_relaxed(&entry->version) & ~1u;
    if (!spare)
        return;
    shoal__publish(segment, &entry->version, version + 4);
    shoal__publish(segment, &entry->body[!(version / 2 % 2)], 0);
    shoal__free_locked(segment, spare);
    SHOAL_POINT("spare: to be given back");
    shoal__commit(segment);
    SHOAL_POINT("spare: given back");
}

/* Who is in a stripe now keeps the spare. */
static void try_to_give_spare(struct shoal_segment *segment, struct entry_sh *entry, uint32_t unused)
{
    (void)unused;
    shoal_word *stripe = shoal__stripe(segment, entry->hash);
    if (!spare_to_give(entry) || !shoal__stripe_take_locked(segment, stripe))
        return;
    give_spare(segment, entry);
    shoal__stripe_leave(stripe);
}

/*
 * A spare comes from a change. So that not every put into a full segment looks at all names, this process looks again
 * only after one change for each NAMES_A_CHANGE names.
 */
static void give_spares(struct shoal_segment *segment)
{
    shoal_word *changes = &shoal__journal(segment)->changes;
    uint32_t since = load_relaxed(changes) - load_relaxed(&segment->spares_given);
    if (since < load_relaxed(&shoal__header(segment)->objects) / NAMES_A_CHANGE)
        return;
    shoal__each_named(segment, try_to_give_spare, 0, shoal_now() + SHORT_WAIT);
    store_relaxed(&segment->spares_given, load_relaxed(changes));
}

void shoal__make_room(shoal_segment *segment)
{
    shoal__reap(segment, UINT32_MAX);
    shoal__sweep_limbo(segment, UINT32_MAX);
    shoal__big_cool_all(segment);
    give_spares(segment);
    if (!shoal__lock_shortly(segment))
        return;
    shoal__pay_runs_locked(segment);
    shoal__gather_locked(segment);
    shoal__unlock(segment);
}
