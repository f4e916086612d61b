#include "segment/cycle.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "platform/point.h"
#include "platform/process.h"
#include "segment/alive.h"
#include "segment/context.h"
#include "segment/kind.h"
#include "segment/places.h"
#include "segment/table.h"
#include "sync/hold.h"
#include "value/status.h"

#define MOST_STEPS (1u << 20) /* of a walk; no cycle has as many threads: a longer walk follows notes that change */
#define SHOWN 8u              /* how many threads of a long cycle are named */

/* A thread, and what it waits for. */
struct member {
    const struct shoal_segment *holds_in; /* where it holds the lock that the member before waits for, as peer `slot` */
    uint32_t slot, thread;
    uint64_t process;
    const struct shoal_segment *waits_in;
    const struct wait_sh *place;
    uint32_t changes, entry, claim, word;
};

/* One walk along a cycle. */
struct tour {
    struct member self;
    /* Follow waits into all segments that this process has attached (shoal__keep_attaches); else only in the lock's. */
    bool everywhere;
    uint64_t number; /* of this search, for shoal_segment.in_cycle */
    uint32_t length; /* 0: the walk did not come back */
    uint64_t sum;    /* checksum of all that was read, to compare two walks */
    struct member shown[SHOWN];
};

static bool is_same_thread(const struct member *a, const struct member *b)
{
    return a->process == b->process && a->thread == b->thread;
}

/* ---- One step ---- */

/* Who holds what `it` waits for: in the object, or, of a kind with KIND_KEYED, in the waiter's own block. */
static const struct hold_sh *hold_of(const struct member *it)
{
    const struct shoal_segment *segment = it->waits_in;
    const struct entry_sh *entry = shoal__entry_at(segment, it->entry);
    uint32_t kind = entry ? load_relaxed(&entry->kind) & 0xff : SHOAL_KIND_NONE;
    if (shoal__kind_is(kind, KIND_HOLD))
        return shoal__block(segment, load_relaxed(&entry->body[0]), sizeof(struct hold_sh));
    if (!shoal__kind_is(kind, KIND_KEYED) || !it->claim)
        return NULL;
    const unsigned char *claim = shoal__block(segment, it->claim, KEYED_HOLD_AT + sizeof(struct hold_sh));
    return claim ? (const struct hold_sh *)(claim + KEYED_HOLD_AT) : NULL;
}

/* Read a note as a seqlock is read: if `changes` is equal before and after, all that was read belongs to one wait. */
static bool reads_wait(struct member *it, const struct wait_sh *place)
{
    uint32_t changes = load_acquire(&place->changes);
    it->place = place;
    it->entry = load_acquire(&place->object);
    if (it->entry <= BEING_FILLED_IN || load_relaxed(&place->thread) != (it->thread | WAIT_FOREVER))
        return false;
    it->claim = load_acquire(&place->claim);
    fence_acquire();
    it->changes = load_acquire(&place->changes);
    return it->changes == changes;
}

static bool waits_at(struct member *it, const struct shoal_segment *segment, uint32_t slot)
{
    struct shoal_places row = shoal__places_of(segment, slot);
    while (shoal__next_places(&row))
        for (uint32_t i = 0; i < row.count; i++)
            if (load_relaxed(&row.wait[i].thread) == (it->thread | WAIT_FOREVER) && reads_wait(it, &row.wait[i])) {
                it->waits_in = segment;
                return true;
            }
    return false;
}

static uint32_t slots_of(const struct shoal_segment *segment)
{
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    return slots < segment->is.slots ? slots : segment->is.slots;
}

#define NO_SLOT UINT32_MAX

/* The next slot from `from` on that belongs to the process: it may have several. */
static uint32_t slot_of(const struct shoal_segment *segment, uint64_t process, uint32_t from)
{
    uint32_t slots = slots_of(segment);
    for (; from < slots; from++) {
        const struct peer_sh *peer = shoal__peer(segment, from);
        if (atomic_load(&peer->process) == process && load_acquire(&peer->in_use))
            return from;
    }
    return NO_SLOT;
}

static bool waits_elsewhere(struct member *it)
{
    for (struct shoal_segment *segment = shoal__next_attach(NULL); segment && it->process;
         segment = shoal__next_attach(segment)) {
        if (!shoal__is_peer(segment))
            continue;
        for (uint32_t slot = slot_of(segment, it->process, 0); slot != NO_SLOT;
             slot = slot_of(segment, it->process, slot + 1))
            if ((segment != it->holds_in || slot != it->slot) && waits_at(it, segment, slot))
                return true;
    }
    return false;
}

/* Find the lock that `it` waits for without a deadline, and read from its word the owner. False: there is none. */
static bool look_up(struct member *it, bool everywhere)
{
    if (!waits_at(it, it->holds_in, it->slot) && !(everywhere && waits_elsewhere(it)))
        return false;
    const struct hold_sh *hold = hold_of(it);
    /* only the owner's bits: that other threads wait, too, does not matter */
    it->word = hold ? load_acquire(&hold->word) & MUTEX_OWNER : 0;
    return it->word != 0;
}

static bool owner_of(struct member *owner, const struct member *it)
{
    const struct hold_sh *hold = hold_of(it);
    uint32_t slot = (it->word & MUTEX_SLOT) - 1;
    if (!hold || slot >= slots_of(it->waits_in))
        return false;
    *owner = (struct member){.holds_in = it->waits_in, .slot = slot, .thread = load_acquire(&hold->thread)};
    owner->process = atomic_load(&shoal__peer(it->waits_in, slot)->process);
    return owner->thread && owner->process;
}

/* ---- All the way ---- */

static void add_up(uint64_t *sum, uint64_t value)
{
    *sum = (*sum ^ value) * 0x9e3779b97f4a7c15u;
    *sum ^= *sum >> 29;
}

static void note(struct tour *tour, const struct member *it, uint32_t at)
{
    if (at < SHOWN)
        tour->shown[at] = *it;
    if (tour->everywhere)
        ((struct shoal_segment *)it->waits_in)->in_cycle = tour->number;
    add_up(&tour->sum, (uintptr_t)it->place);
    add_up(&tour->sum, (uint64_t)it->changes << 32 | it->entry);
    add_up(&tour->sum, (uint64_t)it->word << 32 | it->thread);
    add_up(&tour->sum, it->claim);
    add_up(&tour->sum, it->process);
}

/* Called for every member; false ends the walk. */
typedef bool (*ask_member)(const struct tour *tour, const struct member *it);

/*
 * Walk from this thread to the owner of the lock that it waits for, and so on, until the walk is back at this thread.
 * False: it does not come back. A walk that enters a cycle without this thread is ended by Brent's method: the member
 * at each power of two of steps is remembered, and in such a cycle it is met again.
 */
static bool go_round(struct tour *tour, ask_member ask)
{
    struct member it = tour->self, met = tour->self, owner;
    tour->length = 0;
    tour->sum = 0;
    for (uint32_t step = 1; step <= MOST_STEPS; step++) {
        if (!look_up(&it, tour->everywhere) || !owner_of(&owner, &it) || (ask && !ask(tour, &it)))
            return false;
        note(tour, &it, step - 1);
        if (is_same_thread(&owner, &tour->self)) {
            tour->length = step;
            return true;
        }
        if (is_same_thread(&owner, &met))
            return false;
        if ((step & (step - 1)) == 0)
            met = owner;
        it = owner;
    }
    return false;
}

/* ---- Which thread gives way ---- */

/* Has that process attached all segments of the cycle, so that it sees the same cycle? */
static bool sees_all(const struct tour *tour, uint64_t process)
{
    struct shoal_segment *segment = tour->everywhere ? shoal__next_attach(NULL) : NULL;
    for (; segment; segment = shoal__next_attach(segment))
        if (segment->in_cycle == tour->number && slot_of(segment, process, 0) == NO_SLOT)
            return false;
    return true;
}

/*
 * May this thread be the one to give way, as far as this member goes? That is the thread with the highest process and
 * thread number among those whose process sees the whole cycle. If the owner of a lock is dead there is no deadlock.
 */
static bool leaves_it_to_us(const struct tour *tour, const struct member *it)
{
    if (shoal__party_is_dead(&it->waits_in->party, it->word))
        return false;
    bool higher =
        it->process > tour->self.process || (it->process == tour->self.process && it->thread > tour->self.thread);
    return !higher || !sees_all(tour, it->process);
}

/* ---- The sentence ---- */

/* snprintf that appends. */
__attribute__((format(printf, 3, 4))) static void say(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(text);
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static int tell_cycle(const struct tour *tour)
{
    char text[SHOAL__ERROR_SIZE - 128] = "";
    for (uint32_t i = 0; i < tour->length && i < SHOWN; i++) {
        const struct member *it = &tour->shown[i];
        const struct entry_sh *entry = shoal__entry_at(it->waits_in, it->entry);
        const struct peer_sh *owner = shoal__peer(it->waits_in, (it->word & MUTEX_SLOT) - 1);
        bool back = i + 1 == tour->length;
        uint32_t thread = back ? tour->self.thread : i + 1 < SHOWN ? tour->shown[i + 1].thread : 0;
        say(text, sizeof text, "%s\"%.40s\"", i ? " while it waits for " : "", entry ? entry->name : "?");
        if (it->waits_in != tour->self.holds_in)
            say(text, sizeof text, " of segment \"%.40s\"", it->waits_in->name);
        if (i + 1 == SHOWN && !back)
            say(text, sizeof text, ", and so on: %u threads in all", tour->length);
        else
            say(text, sizeof text, ", which %s%.15s (pid %u, thread %u) holds", back ? "this thread, " : "",
                owner->program, owner->pid, thread);
    }
    return shoal__fail(SHOAL_ELOCK,
                       "deadlock: this thread waits for %s; its wait was ended so that it can release its locks", text);
}

/* ---- Looking ---- */

/*
 * Does this thread wait through one context for a lock that it holds through another? This is not reported: the two
 * are different peers, and the holding one may yet release the lock. Within one context it is a deadlock.
 */
static bool is_by_other_context(const struct tour *tour)
{
    return tour->length == 1 && (tour->shown[0].word & MUTEX_SLOT) - 1 != tour->self.slot;
}

/* SHOAL_OK: no cycle, or another thread gives way. */
static int look(const shoal_object *object, bool everywhere)
{
    static _Atomic uint64_t looks;
    struct tour tour = {.everywhere = everywhere, .number = atomic_fetch_add(&looks, 1) + 1};
    tour.self = (struct member){.holds_in = object->segment,
                                .slot = object->segment->slot,
                                .thread = (uint32_t)shoal__thread_id(),
                                .process = shoal__process_number()};
    if (!go_round(&tour, NULL) || tour.shown[0].waits_in != object->segment || tour.shown[0].entry != object->entry ||
        is_by_other_context(&tour))
        return SHOAL_OK;
    uint64_t sum = tour.sum;
    SHOAL_POINT("cycle: gone round once");
    if (!go_round(&tour, leaves_it_to_us) || tour.sum != sum)
        return SHOAL_OK;
    fence_acquire();
    if (!go_round(&tour, NULL) || tour.sum != sum)
        return SHOAL_OK;
    return tell_cycle(&tour);
}

int shoal__look_for_cycle(const shoal_object *object)
{
    int status = look(object, false);
    if (status < 0 || !shoal__keep_attaches())
        return status; /* another thread has a context's lock: the caller tries again at the end of the next slice */
    if (shoal__next_attach(shoal__next_attach(NULL)))
        status = look(object, true);
    shoal__let_attaches_go();
    return status;
}
