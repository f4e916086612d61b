/* Implements docs/recovery.md, "Who is alive". */
#include "segment/roster.h"

#include <errno.h>
#include <string.h>

#include "platform/back.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/names.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/alive.h"
#include "segment/descriptor.h"
#include "segment/lock.h"
#include "segment/opening.h"
#include "segment/places.h"
#include "segment/reap.h"
#include "segment/big.h"
#include "value/status.h"

#define CAME_ROUND 16 /* so many claims after a wrap-around mark old locks: some claimers may die before that is done */
/*
 * lifetime "shared": how long a leaving peer waits for the lock. If its owner looked for peers before we left, and we
 * gave up, the name would stay.
 */
#define LEAVE_WAIT (1000 * SHOAL_MILLISECOND)
#define DEAD_TRIES 4 /* slots marked as in use that a claim tries before a free one: so the dead are found in time */

/* ---- Joining ---- */

/*
 * Unlink the name, if it is still this file's. Called under the lock, so that of several processes that find the
 * lifetime over only one unlinks it.
 */
void shoal__take_name_away_locked(struct shoal_segment *segment)
{
    if (*segment->path)
        shoal__file_take_away(segment->path, segment->device, segment->inode);
}

/* Back one more page of slots: 1 if there are more now, 0 at the limit, or an error. */
static int more_slots(struct shoal_segment *segment)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t have = load_acquire(&header->slots_committed), step = 4096 / sizeof(struct peer_sh);
    if (have >= segment->is.slots)
        return 0;
    uint32_t want = have + step < segment->is.slots ? have + step : segment->is.slots;
    uint64_t at = segment->is.roster + (uint64_t)have * sizeof(struct peer_sh);
    int error = shoal__descriptor(segment);
    if (error)
        return shoal__no_descriptor(segment, error);
    error = shoal__file_commit(segment->fd, segment->base, at, (uint64_t)(want - have) * sizeof(struct peer_sh));
    if (error)
        return shoal__fail(error == -ENOSPC || error == -ENOMEM || error == -EDQUOT ? SHOAL_ENOSPACE : SHOAL_ESYSTEM,
                           "segment \"%s\": no memory for more peers than the %u it has room for now: %s",
                           segment->name, have, strerror(-error));
    SHOAL_POINT("roster: slots backed");
    compare_swap(&header->slots_committed, have, want); /* fails if another process has backed the same slots */
    SHOAL_POINT("roster: slots known");
    return 1;
}

/* Try each slot that is not in use, and at most `tries` of those marked as in use, whose users may be dead. */
static bool claim_one_of(struct shoal_segment *segment, int lock_fd, uint32_t tries, uint32_t *out, int *error)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t slots = load_acquire(&header->slots_committed);
    uint32_t first = atomic_fetch_add_explicit(&header->slot_cursor, 1, memory_order_relaxed);
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t slot = (first + i) % slots;
        if (load_relaxed(&shoal__peer(segment, slot)->in_use)) {
            if (tries == 0)
                continue;
            tries--;
        }
        *out = slot;
        *error = shoal__life_try(lock_fd, slot);
        if (*error != SHOAL_LIFE_TAKEN)
            return *error == 0;
    }
    *error = 0;
    return false;
}

/*
 * Lock the byte of some slot. Tries a few slots of peers that may be dead first, and all of them only when the roster
 * cannot be made larger.
 */
static int claim(struct shoal_segment *segment, int lock_fd, uint32_t *out)
{
    int error = 0, more = 1;
    bool have = claim_one_of(segment, lock_fd, DEAD_TRIES, out, &error);
    while (!have && !error && more > 0) {
        more = more_slots(segment);
        have = claim_one_of(segment, lock_fd, more > 0 ? 0 : UINT32_MAX, out, &error);
    }
    if (have)
        return SHOAL_OK;
    if (more < 0)
        return more;
    if (error)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\": the system refused a byte lock on it: %s", segment->name,
                           strerror(-error));
    uint32_t alive = shoal__peers_alive(segment);
    if (alive < segment->is.slots)
        return shoal__fail(SHOAL_ENOSPACE,
                           "segment \"%s\" has room for %u peers and only %u are alive, but the bytes of the file "
                           "that the other peers would lock are locked by a process that may read it (lslocks says "
                           "which): end that process",
                           segment->name, segment->is.slots, alive);
    return shoal__fail(SHOAL_ENOSPACE,
                       "segment \"%s\" has all of its %u peers (attached processes): detach some, or attach readonly",
                       segment->name, segment->is.slots);
}

/*
 * Lock words have 16 bits of the incarnation. Each time these wrap around, words that a user of the slot left 65,536
 * claims ago would look like ours: *came_round: such words must be marked before we take any lock.
 */
static uint32_t next_incarnation(struct shoal_segment *segment, uint32_t slot, bool *came_round)
{
    uint32_t next = load_relaxed(&shoal__peer(segment, slot)->incarnation) + 1;
    next += (next & 0xffff) == 0; /* these bits are never 0 in a lock word */
    *came_round = next > 0xffff && (next & 0xffff) <= CAME_ROUND;
    return next;
}

void shoal__seat_sign_locked(struct shoal_segment *segment, const struct shoal_seat *seat, bool newborn)
{
    struct peer_sh *peer = shoal__peer(segment, seat->slot);
    peer->pid = newborn ? 0 : shoal__process_id(); /* the child stores its own id */
    peer->uid = shoal__user_id();
    peer->since = shoal__coarse_realtime();
    if (newborn)
        memcpy(peer->program, shoal__peer(segment, segment->slot)->program, sizeof peer->program);
    else
        shoal__program_name(peer->program);
    atomic_store(&peer->reading, 0);
    atomic_store(&peer->process, newborn ? 0 : shoal__process_number());
    store_relaxed(&peer->waits_missed, 0);
    memset(peer->waits, 0, sizeof peer->waits);
    SHOAL_POINT("roster: peer described");
    /* under the lock: a peer that leaves sets the mark of a clean shutdown before this, or finds us in use */
    shoal__opening_in_use(segment);
    store_release(&peer->in_use, 1);
    SHOAL_POINT("roster: joined");
}

/*
 * Lifetime "shared": is it over, as no other peer is alive? Peers that are still joining are not counted: of several
 * that join a segment without live peers, the first to get here ends the lifetime.
 */
static bool is_over_locked(struct shoal_segment *segment)
{
    shoal_word *retired = &shoal__header(segment)->retired;
    if (!load_relaxed(retired) && !shoal__others_alive_locked(segment))
        store_release(retired, 1);
    SHOAL_POINT("segment: judged, over or not");
    return load_relaxed(retired);
}

/*
 * Keep the byte locked until the child is born: through the descriptor, which the child then ties to a page of its own,
 * or, if descriptors are scarce, through a page, with which the fork takes longer.
 */
static int keep_for_child(struct shoal_seat *seat, int lock_fd)
{
    if (!shoal__file_leaves_room(lock_fd))
        return shoal__life_pin_for_child(&seat->life, lock_fd);
    seat->fd = lock_fd;
    return 0;
}

/* The byte lock cannot be tied to this process. What the sentence advises depends on the system's error. */
static int cannot_tie(const struct shoal_segment *segment, int error)
{
    if (error == -ENOMEM || error == -EAGAIN)
        return shoal__fail(
            SHOAL_ESYSTEM,
            "segment \"%s\": no page of address space is left, to which this process would tie its file lock: %s; "
            "raise the limits of address space or locked memory (ulimit -v, ulimit -l), or vm.max_map_count",
            segment->name, strerror(-error));
    if (error != -ENOTSUP && error != -ENODEV && error != -EINVAL)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\": its file lock can't be tied to this process: %s",
                           segment->name, strerror(-error));
    return shoal__fail(
        SHOAL_ESYSTEM,
        "segment \"%s\": the file system it lies on cannot tie a file lock to a process: %s; use /dev/shm, or a "
        "directory on a disk (in a container, whose own root is an overlay: a mounted volume)",
        segment->name, strerror(-error));
}

int shoal__seat_take(struct shoal_segment *segment, struct shoal_seat *seat, bool for_child)
{
    *seat = (struct shoal_seat){.fd = -1};
    int lock_fd = shoal__life_open(segment->fd, segment->path, segment->device, segment->inode, segment->is.size);
    if (lock_fd == -ENODATA) /* and so its mapping may not be touched */
        return shoal__fail(SHOAL_ECORRUPT, "segment \"%s\": its file was truncated", segment->name);
    if (lock_fd < 0)
        return shoal__fail(lock_fd == -EACCES || lock_fd == -EPERM || lock_fd == -EROFS ? SHOAL_EDENIED : SHOAL_ESYSTEM,
                           "segment \"%s\": cannot open it again for its byte lock: %s", segment->name,
                           strerror(-lock_fd));
    int status = claim(segment, lock_fd, &seat->slot);
    if (status < 0) {
        shoal__close(lock_fd);
        return status;
    }
    SHOAL_POINT("roster: byte locked");
    int error =
        for_child ? keep_for_child(seat, lock_fd) : shoal__life_pin(&seat->life, lock_fd, segment->fd, seat->slot);
    if (error)
        return cannot_tie(segment, error);
    SHOAL_POINT("roster: byte tied to us");
    uint32_t incarnation = next_incarnation(segment, seat->slot, &seat->came_round);
    seat->me = shoal__mutex_me(seat->slot, incarnation);
    store_release(&shoal__peer(segment, seat->slot)->incarnation, incarnation); /* before any lock word has it */
    SHOAL_POINT("roster: incarnation counted");
    return SHOAL_OK;
}

bool shoal__seat_is_clear_locked(const struct shoal_segment *segment, const struct shoal_seat *seat)
{
    const struct peer_sh *peer = shoal__peer(segment, seat->slot);
    return !peer->pins && !peer->runs && !load_relaxed(&peer->waits_more) && !seat->came_round;
}

int shoal__seat_clear(struct shoal_segment *segment, const struct shoal_seat *seat, shoal_time deadline)
{
    /* If we die in here, what is not freed yet stays in the slot, for its next user to free. */
    int status = shoal__reap_seat(segment, seat->slot, deadline);
    SHOAL_POINT("roster: slot reaped");
    if (status == SHOAL_OK && seat->came_round)
        status = shoal__mark_old_locks(segment, seat->slot, deadline);
    SHOAL_POINT("roster: old locks marked");
    return status;
}

int shoal__roster_join(struct shoal_segment *segment, bool may_be_over)
{
    struct shoal_seat seat;
    int status = shoal__seat_take(segment, &seat, false);
    if (status < 0)
        return status;
    segment->life = seat.life;
    segment->slot = seat.slot;
    segment->party.me = seat.me;
    shoal__opening_in_use(segment); /* before this peer changes anything, even by a repair */
    uint32_t generation = *segment->context->generation;
    status = shoal__seat_clear(segment, &seat, SHOAL_FOREVER);
    if (status == SHOAL_OK)
        status = shoal__lock_in_attach(segment, SHOAL_FOREVER);
    if (status < 0) { /* give up, as if we had died */
        if (generation == *segment->context->generation)
            shoal__life_end(&segment->life);
        else
            shoal__life_forget(&segment->life); /* in a child that a signal handler forked: it is not mapped here */
        segment->party.me = 0;
        return status;
    }
    bool over = may_be_over && is_over_locked(segment);
    if (over)
        shoal__take_name_away_locked(segment);
    else
        shoal__seat_sign_locked(segment, &seat, false);
    shoal__unlock(segment);
    if (over)
        shoal__life_end(&segment->life);
    return over ? SHOAL_ENOTFOUND : SHOAL_OK;
}

/*
 * The lifetime "shared" ends when the last peer leaves. `retired` is set under the lock, before the name is unlinked:
 * so a process that finds the name and joins sees that the lifetime is over; and if we die in between, the next process
 * that opens the name unlinks it.
 */
static void retire_if_last_locked(struct shoal_segment *segment)
{
    if (segment->is.lifetime != SHOAL_SHARED || shoal__others_alive_locked(segment))
        return;
    store_release(&shoal__header(segment)->retired, 1);
    SHOAL_POINT("segment: retired, its name is there");
    shoal__take_name_away_locked(segment);
    SHOAL_POINT("segment: retired, its name is gone");
}

/*
 * Lifetime "shared": a leaving peer first clears its in_use, and then takes the lock; so if several leave at once, the
 * last to get the lock finds no other.
 */
static bool lock_to_leave(struct shoal_segment *segment)
{
    if (segment->is.lifetime != SHOAL_SHARED)
        return shoal__lock_shortly(segment);
    store_release(&shoal__peer(segment, segment->slot)->in_use, 0);
    SHOAL_POINT("segment: left, to be looked at");
    return shoal__lock_before(segment, shoal_now() + LEAVE_WAIT) == SHOAL_OK;
}

void shoal__roster_end(struct shoal_segment *segment)
{
    if (segment->is.lifetime != SHOAL_SHARED || !lock_to_leave(segment))
        return;
    retire_if_last_locked(segment);
    shoal__unlock(segment);
}

void shoal__roster_leave(struct shoal_segment *segment)
{
    bool locked = lock_to_leave(segment);
    store_release(&shoal__peer(segment, segment->slot)->in_use, 0);
    SHOAL_POINT("roster: left, byte still locked");
    if (locked) { /* else a live peer has the lock, so we are not the last */
        while (shoal__free_places_locked(segment, shoal__peer(segment, segment->slot)))
            ;
        if (shoal__header(segment)->warm && !shoal__others_alive_locked(segment))
            shoal__big_cool_last_locked(segment);
        shoal__opening_in_peace_locked(segment);
        /* Last, so that it sees peers that gave up waiting for our lock, and left without it. */
        retire_if_last_locked(segment);
        shoal__unlock(segment);
    }
    shoal__life_end(&segment->life);
    segment->party.me = 0;
}
