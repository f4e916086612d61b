/* Implements docs/recovery.md, "Forks". */
#include "segment/fork.h"

#include <stdio.h>
#include <string.h>

#include "platform/clock.h"
#include "platform/file.h"
#include "platform/futex.h"
#include "platform/guard.h"
#include "platform/map.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/descriptor.h"
#include "segment/directory.h"
#include "segment/handle.h"
#include "segment/holds.h"
#include "segment/lock.h"
#include "segment/readers.h"
#include "segment/reap.h"
#include "segment/refuse.h"
#include "segment/roster.h"
#include "value/status.h"

#define PINS_A_HOLD 256u /* pins per hold of the structure's lock, when a fork pins all open objects */
#define NEVER UINT32_MAX /* no context reaches this generation */
/* how long a fork waits for the structure's lock; if that is not enough, the child is not born a peer */
#define LOCK_PATIENCE (1000 * SHOAL_MILLISECOND)

/* An empty segment, without objects, pages and peers: what a stillborn child has instead of the real one. */
static const union {
    struct header_sh header;
    unsigned char bytes[HEADER_BYTES];
} nothing;

/* ---- Before the fork: in the parent ---- */

/* Does the child need the handle? One that nobody has open is kept only for what the parent holds or has deferred. */
static bool is_for_child(const shoal_object *object)
{
    return object->refs > 0 && !object->lost;
}

static bool has_open(const shoal_segment *segment)
{
    for (const shoal_object *it = shoal__handle_next(segment, NULL); it; it = shoal__handle_next(segment, it))
        if (is_for_child(it))
            return true;
    return false;
}

static int pin_for_child(shoal_object *object, uint32_t slot)
{
    shoal_segment *segment = object->segment;
    int status = shoal__pin_locked(segment, slot, object->entry, &object->child_pin);
    SHOAL_POINT("fork: one pinned");
    return status;
}

/* Pin all open objects for the child. The parent's own pins keep them, so the lock may be released in between. */
static int pin_handles(shoal_segment *segment, uint32_t slot, shoal_time deadline)
{
    bool room_made = false;
    shoal_object *it = shoal__handle_next(segment, NULL);
    while (it) {
        int status = shoal__lock_before(segment, deadline);
        if (status < 0)
            return status;
        for (uint32_t n = 0; it && n < PINS_A_HOLD && status == SHOAL_OK; n++) {
            status = is_for_child(it) ? pin_for_child(it, slot) : SHOAL_OK;
            it = status == SHOAL_OK ? shoal__handle_next(segment, it) : it;
        }
        shoal__unlock(segment);
        if (status < 0 && (status != SHOAL_ENOSPACE || room_made))
            return status;
        if (status < 0)
            shoal__make_room(segment);
        room_made = status < 0;
    }
    return SHOAL_OK;
}

/*
 * Enter the child into the roster. Mostly the seat's last user has left nothing, and one hold of the lock is enough;
 * else what it left is freed first.
 */
static int sign_in(struct shoal_segment *segment, shoal_time deadline)
{
    const struct shoal_seat *seat = &segment->birth.seat;
    int status = shoal__lock_before(segment, deadline);
    if (status == SHOAL_OK && !shoal__seat_is_clear_locked(segment, seat)) {
        shoal__unlock(segment);
        status = shoal__seat_clear(segment, seat, deadline);
        if (status == SHOAL_OK)
            status = shoal__lock_before(segment, deadline);
    }
    if (status < 0)
        return status;
    shoal__seat_sign_locked(segment, seat, true);
    shoal__unlock(segment);
    SHOAL_POINT("fork: signed in, nothing pinned");
    return SHOAL_OK;
}

/* Close what keeps the seat's byte locked in this process. A child that has inherited that keeps the byte locked. */
static void let_go(struct shoal_seat *seat)
{
    shoal__life_end(&seat->life);
    shoal__close(seat->fd);
    seat->fd = -1;
}

/*
 * What becomes of a child that could not be made a peer. If it has open objects (`bound`), or if the segment's lifetime
 * "shared" could end without it, it gets none of the memory; else it joins when it first writes.
 */
static int without_a_place(const struct shoal_segment *segment, bool bound)
{
    return bound || (segment->is.lifetime == SHOAL_SHARED && !segment->readonly) ? BIRTH_DENIED : BIRTH_LATER;
}

static int bear_writer(struct shoal_segment *segment)
{
    struct shoal_birth *birth = &segment->birth;
    int status = shoal__seat_take(segment, &birth->seat, true);
    if (status < 0)
        return status;
    SHOAL_POINT("fork: seat taken");
    shoal_time deadline = shoal_now() + LOCK_PATIENCE;
    status = sign_in(segment, deadline);
    if (status == SHOAL_OK)
        status = pin_handles(segment, birth->seat.slot, deadline);
    SHOAL_POINT("fork: pinned");
    if (status < 0) { /* from here on the seat looks like that of any dead peer, and may be reaped */
        let_go(&birth->seat);
        shoal__reap_slot_soon(segment, birth->seat.slot);
    }
    return status;
}

static int bear_reader(struct shoal_segment *segment)
{
    struct shoal_birth *birth = &segment->birth;
    int fd = shoal__file_reopen(segment->fd, true);
    int error = fd < 0 ? 0 : shoal__file_compare(fd, segment->device, segment->inode);
    if (error) {
        shoal__close(fd);
        return shoal__no_descriptor(segment, error);
    }
    error = fd < 0 ? fd : shoal__reader_pin_for_child(segment, fd);
    if (error) {
        shoal__close(fd);
        return shoal__fail(SHOAL_ESYSTEM, "its file can't be opened again for the child: %s", strerror(-error));
    }
    birth->fd = fd;
    return SHOAL_OK;
}

void shoal__birth_prepare(struct shoal_segment *segment)
{
    struct shoal_birth *birth = &segment->birth;
    *birth = (struct shoal_birth){.fd = -1};
    if (load_relaxed(&segment->damaged) == SHOAL__STILLBORN)
        birth->outcome = BIRTH_DENIED;
    if (birth->outcome == BIRTH_DENIED || load_relaxed(&segment->generation) != *segment->context->generation)
        return;
    bool bound = has_open(segment);
    int status = segment->readonly ? bear_reader(segment) : bear_writer(segment);
    if (status == SHOAL_OK)
        birth->outcome = BIRTH_GIVEN;
    else
        birth->outcome = without_a_place(segment, bound);
    if (status < 0)
        snprintf(segment->why, sizeof segment->why, "%s", shoal_error_message());
    segment->why_error = 0;
}

/* If the fork failed, or the child is gone already, the seat is then like that of any dead peer, and is reaped. */
void shoal__birth_over(struct shoal_segment *segment)
{
    struct shoal_birth *birth = &segment->birth;
    if (birth->outcome == BIRTH_GIVEN && !segment->readonly) {
        let_go(&birth->seat);
        SHOAL_POINT("fork: left to the child");
    }
    shoal__close(birth->fd);
    birth->fd = -1;
    birth->outcome = BIRTH_LATER;
}

/* ---- After the fork: in the child ---- */

/* The child holds nothing. Handles that nobody has open, kept for what the parent held or had deferred, are dropped. */
static void forget_parents_holds(shoal_segment *segment)
{
    for (shoal_object *it = shoal__handle_next(segment, NULL), *next; it; it = next) {
        next = shoal__handle_next(segment, it);
        shoal__forget_holds(it);
        if (it->refs == 0)
            shoal__handle_orphan(it);
    }
}

/* The child has the pins that were made for it. If it was not born a peer it has none, and pins anew when it joins. */
static void adopt_handles(shoal_segment *segment)
{
    forget_parents_holds(segment);
    for (shoal_object *it = shoal__handle_next(segment, NULL); it; it = shoal__handle_next(segment, it))
        it->pin = it->child_pin;
}

static void lose_handles(shoal_segment *segment)
{
    for (shoal_object *it = shoal__handle_next(segment, NULL); it; it = shoal__handle_next(segment, it)) {
        it->lost = true;
        shoal__lose_borrowed(it);
    }
}

static void forget_parent(struct shoal_segment *segment)
{
    shoal__life_forget(&segment->life);
    segment->party.me = 0;
    segment->overflow = false;
    atomic_store(&segment->table_made, 0);          /* the parent's, like the runs that it owes */
    store_relaxed(&segment->owes, false);           /* the parent's debts */
    store_relaxed(&segment->joining, 0);            /* the parent's thread that was about to join */
    memset(segment->rows, 0, sizeof segment->rows); /* the parent's waits */
}

static bool refuse(struct shoal_segment *segment, const char *why, int error)
{
    memcpy(segment->why, why, strlen(why) + 1);
    segment->why_error = -error;
    return false;
}

/*
 * Tie the lock of the seat's byte to this child. 0, or -errno: another fork handler, called before, may have closed the
 * descriptor; then nothing proves that this child lives, and it gets none of the memory.
 */
static int tie(struct shoal_segment *segment, struct shoal_seat *seat)
{
    if (seat->fd < 0)
        return 0; /* the parent has tied the lock to a page that the child inherited */
    int fd = seat->fd;
    seat->fd = -1;
    int error = shoal__file_compare(fd, segment->device, segment->inode);
    return error ? error : shoal__life_pin_for_child(&seat->life, fd);
}

static bool take_seat(struct shoal_segment *segment)
{
    struct shoal_seat *seat = &segment->birth.seat;
    int error = tie(segment, seat);
    if (error < 0)
        return refuse(segment,
                      "the child could not map the page to which its file lock is tied (address space, ulimit -v), or "
                      "closed the file",
                      error);
    SHOAL_POINT("fork: tied to the child");
    shoal__life_keep(&seat->life); /* not inherited by its own children, which would keep it alive */
    segment->life = seat->life;
    segment->slot = seat->slot;
    segment->party.me = seat->me;
    shoal__peer(segment, seat->slot)->pid = shoal__process_id();
    atomic_store(&shoal__peer(segment, seat->slot)->process, shoal__process_number());
    return true;
}

/*
 * Leave a stillborn child none of the memory. The mapping's addresses stay taken, but forbidden: an access through an
 * old view is a fault, and cannot reach what is mapped there later.
 */
static void bury(struct shoal_segment *segment)
{
    if (segment->base != nothing.bytes) {
        shoal__forbid(segment->base, segment->is.size);
        segment->inherited = segment->base;
    }
    segment->base = (unsigned char *)nothing.bytes;
    store_relaxed(&segment->damaged, SHOAL__STILLBORN);
    store_relaxed(&segment->generation, NEVER);
    lose_handles(segment);
}

/*
 * Replace the descriptor that the child inherited by `fd`, whose description is the child's own, for its pins. The
 * number stays the same, unless the limit on descriptors was set below it meanwhile.
 */
static void use_descriptor(struct shoal_segment *segment, int fd)
{
    int old = segment->fd;
    if (shoal__file_become(fd, old) >= 0)
        return;
    segment->fd = fd;
    shoal__guard_descriptor(segment->guarded, fd);
    shoal__close_own(old, segment->device, segment->inode);
}

/*
 * Replace the parent's description, which both the descriptor and the mapping would keep open: else the parent's pins
 * would last as long as this child.
 */
static bool take_description(struct shoal_segment *segment, int fd)
{
    use_descriptor(segment, fd);
    int error = shoal__map_over(segment->base, segment->is.size, segment->fd);
    return error ? refuse(segment, "the child could not map the file again", error) : true;
}

void shoal__birth_take(struct shoal_segment *segment, uint32_t generation)
{
    struct shoal_birth *birth = &segment->birth;
    forget_parent(segment);
    if (birth->outcome == BIRTH_GIVEN &&
        !(segment->readonly ? take_description(segment, birth->fd) : take_seat(segment)))
        birth->outcome = without_a_place(segment, has_open(segment));
    birth->fd = -1;
    adopt_handles(segment);
    if (birth->outcome == BIRTH_DENIED)
        bury(segment);
    else if (birth->outcome == BIRTH_GIVEN)
        store_release(&segment->generation, generation);
    birth->outcome = BIRTH_LATER;
}

/* ---- A child without a birth ---- */

void shoal__be_reborn_locked(struct shoal_context *context)
{
    if (*context->generation)
        return;
    for (shoal_segment *it = context->segments; it; it = it->next)
        forget_parent(it);
    *context->generation = ++context->generations;
}

/*
 * A reader's pins belong to its file description, which a child shares with its parent: the child opens one of its own.
 */
static int reopen(struct shoal_segment *segment)
{
    int fd = shoal__file_reopen(segment->fd, true);
    if (fd < 0)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" can't be opened again in this forked process: %s",
                           segment->name, strerror(-fd));
    if (!take_description(segment, fd))
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" can't be mapped again in this forked process", segment->name);
    return SHOAL_OK;
}

/* Pin an object that the parent had open; if it is gone the handle is lost. -errno: a later call pins all anew. */
static int repin(shoal_object *object)
{
    struct shoal_found found;
    shoal_segment *segment = object->segment;
    uint32_t hash = shoal__name_hash(segment, object->name, object->name_length);
    int error = segment->readonly ? shoal__reader_pin(segment, object->serial) : 0;
    if (error)
        return error;
    object->lost = shoal__find(&found, segment, object->name, object->name_length, hash) != SHOAL_OK ||
                   found.ref != object->entry || found.entry->serial != object->serial;
    if (!object->lost && !segment->readonly &&
        shoal__pin_locked(segment, segment->slot, object->entry, &object->pin) < 0)
        object->lost = true;
    SHOAL_POINT("fork: pinned again");
    return 0;
}

static int repin_handles_locked(shoal_segment *segment)
{
    forget_parents_holds(segment);
    int error = 0, status = segment->readonly ? SHOAL_OK : shoal__lock_in_attach(segment, SHOAL_FOREVER);
    if (status < 0)
        return status;
    if (segment->readonly)
        shoal__reader_begin_anew(segment);
    for (shoal_object *it = shoal__handle_next(segment, NULL); it && !error; it = shoal__handle_next(segment, it))
        error = repin(it);
    if (!segment->readonly)
        shoal__unlock(segment);
    if (error)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\": the system refused a reader's lock: %s", segment->name,
                           strerror(-error));
    return SHOAL_OK;
}

int shoal__rejoin(struct shoal_segment *segment)
{
    struct shoal_context *context = segment->context;
    int status = SHOAL_OK;
    if (load_relaxed(&segment->damaged) == SHOAL__STILLBORN)
        return shoal__tell_damaged(segment);
    pthread_mutex_lock(&context->lock);
    shoal__be_reborn_locked(context);
    /* another thread is joining: it has released the context's lock while it waits for the structure's */
    while (load_relaxed(&segment->joining)) {
        pthread_mutex_unlock(&context->lock);
        shoal__wait(&segment->joining, 1, SHOAL_MILLISECOND);
        pthread_mutex_lock(&context->lock);
    }
    if (load_relaxed(&segment->generation) != *context->generation) {
        store_relaxed(&segment->joining, 1);
        int error = shoal__descriptor(segment);
        if (error)
            status = shoal__no_descriptor(segment, error);
        else
            status = segment->readonly ? reopen(segment) : shoal__roster_join(segment, false);
        SHOAL_POINT("fork: joined, nothing pinned");
        if (status == SHOAL_OK && (status = repin_handles_locked(segment)) < 0 && !segment->readonly) {
            shoal__life_end(&segment->life); /* leave the seat as that of a dead peer */
            segment->party.me = 0;
        }
        if (status == SHOAL_OK)
            store_release(&segment->generation, *context->generation);
        store_relaxed(&segment->joining, 0);
    }
    pthread_mutex_unlock(&context->lock);
    return status;
}
