/* Waiting for a Queue: for its locks, for room, for messages. Implements docs/recovery.md, "Queue". */
#include "objects/queue.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "segment/lock.h"
#include "segment/runs.h"
#include "segment/waiting.h"
#include "value/status.h"

struct shoal__cost shoal__queue_cost(const shoal_object *object, uint64_t size)
{
    const struct shoal_segment *segment = object->segment;
    if (size <= SHOAL_QUEUE_SMALL)
        return (struct shoal__cost){shoal__record_units((uint32_t)size), 0};
    uint64_t units = ((uint64_t)shoal__pages_for(segment, size) << segment->is.page_shift) / RECORD_UNIT;
    uint64_t most = RING_MOST_CAPACITY / RECORD_UNIT;
    return (struct shoal__cost){RING_LARGE_UNITS, (uint32_t)(units < most ? units : most) - RING_LARGE_UNITS};
}

/* ---- Sentences ---- */

int shoal__queue_damaged(const shoal_object *object)
{
    return shoal__fail(SHOAL_ECORRUPT, "queue \"%s\" in segment \"%s\" is damaged", object->name,
                       object->segment->name);
}

int shoal__queue_is_over(const shoal_object *object)
{
    return shoal__fail(SHOAL_ESHUT, "queue \"%s\" in segment \"%s\" was shut down", object->name,
                       object->segment->name);
}

int shoal__queue_in_vain(int status, int queue_status)
{
    return status == SHOAL_ETIMEDOUT ? shoal__fail(queue_status, "%s", shoal_error_message()) : status;
}

/* Whose lock it was that could not be had. */
static int is_held(const shoal_object *object, uint32_t word, const char *what)
{
    shoal_owner owner;
    shoal__describe(&owner, object->segment, word);
    if (!owner.pid)
        return shoal__fail(SHOAL_ETIMEDOUT, "queue \"%s\" in segment \"%s\": others were at work in %s all the time",
                           object->name, object->segment->name, what);
    return shoal__fail(
        SHOAL_ETIMEDOUT, "queue \"%s\" in segment \"%s\": %.15s (pid %d) is at work in %s and does not get on%s",
        object->name, object->segment->name, owner.program, owner.pid, what,
        shoal__is_stopped((uint32_t)owner.pid) ? ": it is stopped; continue it (SIGCONT) or end it" : "");
}

/* ---- The locks ---- */

static shoal_word *lock_of(struct queue_sh *queue, int operation)
{
    return operation == WAIT_PUT_LOCK ? &queue->put_lock : &queue->get_lock;
}

static int attempt_lock(struct shoal__wait *wait)
{
    return shoal__mutex_step(lock_of(wait->object->body, (int)wait->operation), &wait->object->segment->party, wait);
}

static int give_up_lock(struct shoal__wait *wait, bool time_is_up)
{
    (void)time_is_up;
    shoal__mutex_stop(lock_of(wait->object->body, (int)wait->operation), wait);
    return SHOAL_ETIMEDOUT;
}

int shoal__queue_structure_is_held(const shoal_object *object)
{
    return is_held(object, load_relaxed(&shoal__header(object->segment)->lock), "the segment's structure");
}

static bool is_stopped(const shoal_object *object, uint32_t word)
{
    shoal_owner owner;
    shoal__describe(&owner, object->segment, word);
    return owner.pid && shoal__is_stopped((uint32_t)owner.pid);
}

/*
 * Who does not wait for room or for a message still waits for others to leave a lock: they have it for less than a
 * microsecond, and on a busy host may be kept from running meanwhile. A look of SHORT_WAIT each, but no more once the holder
 * is seen to be stopped.
 */
#define MOST_LOOKS 25

static int lock_structure(shoal_object *object)
{
    struct shoal_segment *segment = object->segment;
    int status = SHOAL_ETIMEDOUT;
    for (int i = 0; i < MOST_LOOKS && status == SHOAL_ETIMEDOUT; i++) {
        status = shoal__lock_before(segment, shoal_now() + SHORT_WAIT);
        if (status == SHOAL_ETIMEDOUT && is_stopped(object, load_relaxed(&shoal__header(segment)->lock)))
            break;
    }
    return status == SHOAL_ETIMEDOUT ? shoal__queue_structure_is_held(object) : status;
}

int shoal__queue_structure(shoal_object *object, shoal_time deadline)
{
    struct shoal_segment *segment = object->segment;
    shoal_time slice = segment->context->slice, end = deadline;
    if (deadline == SHOAL_NO_WAIT)
        return lock_structure(object);
    if (deadline > 0 && slice != SHOAL_FOREVER && shoal_now() + slice < deadline)
        end = shoal_now() + slice;
    int status = shoal__lock_before(segment, end);
    if (status != SHOAL_ETIMEDOUT)
        return status;
    return end < deadline ? SHOAL_EINTR : shoal__queue_structure_is_held(object);
}

static int lock_soon(shoal_object *object, const shoal_word *lock, int operation)
{
    int status = SHOAL_ETIMEDOUT;
    for (int i = 0; i < MOST_LOOKS && status == SHOAL_ETIMEDOUT; i++) {
        status = shoal__wait_for(object, operation, 0, 0, shoal_now() + SHORT_WAIT);
        if (status == SHOAL_ETIMEDOUT && is_stopped(object, load_relaxed(lock)))
            break;
    }
    return status;
}

/*
 * What a dead holder had committed in the journal is done before anything else: else it would be stored over what we do.
 * If that cannot be had now, the next holder does it.
 */
static int mend(shoal_object *object, const struct shoal_ring *ring, int operation, shoal_time deadline)
{
    SHOAL_POINT("queue: lock of a dead one");
    int status = shoal__queue_structure(object, deadline);
    if (status < 0) {
        shoal__mutex_abandon(lock_of(ring->queue, operation));
        return status;
    }
    shoal__leave(object->segment);
    if (operation == WAIT_PUT_LOCK)
        shoal__ring_mend_put(ring);
    else
        shoal__ring_mend_get(ring);
    return SHOAL_OK;
}

int shoal__queue_enter(shoal_object *object, const struct shoal_ring *ring, int operation, shoal_time deadline)
{
    shoal_word *lock = lock_of(ring->queue, operation);
    if (__builtin_expect(shoal__mutex_try_free(lock, object->segment->party.me), 1))
        return SHOAL_OK;
    int status = deadline == SHOAL_NO_WAIT ? lock_soon(object, lock, operation)
                                           : shoal__wait_for(object, operation, 0, 0, deadline);
    if (status == SHOAL_RECOVERED)
        return mend(object, ring, operation, deadline);
    return status == SHOAL_ETIMEDOUT ? is_held(object, load_relaxed(lock), "it") : status;
}

/* ---- For room and for messages ---- */

/* The wait is over with what it was for. Who has slept has the wake-up of all: `more` says whether the next may have some. */
static void came(const struct shoal__wait *wait, shoal_word *word, bool more)
{
    if (!wait->seen)
        return;
    shoal__eventcount_slept(word);
    SHOAL_POINT("queue: sleeper has the wake-up");
    if (more)
        shoal__eventcount_tell_one(word);
}

static void prepare(struct shoal__wait *wait, shoal_word *word)
{
    wait->expected = shoal__eventcount_prepare(word);
    wait->word = (const uint32_t *)word;
    wait->seen = 1;
}

static int pass_on(const struct shoal__wait *wait, shoal_word *word)
{
    if (wait->seen)
        shoal__eventcount_tell_one(word);
    return SHOAL_ETIMEDOUT;
}

static int attempt_room(struct shoal__wait *wait)
{
    struct shoal_ring ring;
    if (!shoal__ring_of(&ring, wait->object))
        return shoal__queue_damaged(wait->object);
    shoal_word *room = &ring.queue->room;
    struct shoal__cost cost = shoal__queue_cost(wait->object, (uint64_t)wait->argument);
    for (bool prepared = false;; prepared = true) {
        if (load_sequential(&ring.queue->state) != QUEUE_OPEN)
            return shoal__queue_is_over(wait->object);
        if (shoal__ring_has_room(&ring, cost.record, cost.outside)) {
            came(wait, room, shoal__queue_is_roomy(&ring));
            return SHOAL_OK;
        }
        if (prepared || wait->flags & WAIT_LOOK_ONCE)
            return SHOAL_PENDING;
        prepare(wait, room);
    }
}

static int give_up_room(struct shoal__wait *wait, bool time_is_up)
{
    (void)time_is_up;
    return pass_on(wait, &((struct queue_sh *)wait->object->body)->room);
}

static int begin_room(struct shoal__wait *wait)
{
    const struct queue_sh *queue = wait->object->body;
    if (wait->argument >= 0 && (uint64_t)wait->argument <= queue->capacity)
        return SHOAL_OK;
    return shoal__fail(SHOAL_EVALUE, "queue \"%s\" has a capacity of %llu bytes: it will never have room for %lld",
                       wait->object->name, (unsigned long long)queue->capacity, (long long)wait->argument);
}

/*
 * The queue is shut and was empty. Is it for good? A producer that was in put_lock before it was shut may still put: then
 * the wait is for that lock. SHOAL_OK: nobody is in it, and who comes finds the queue shut.
 */
static int settle(struct shoal__wait *wait, const struct shoal_ring *ring)
{
    shoal_word *lock = &ring->queue->put_lock;
    if (!(load_sequential(lock) & (MUTEX_SLOT | MUTEX_NEEDREC)))
        return SHOAL_OK;
    int status = shoal__mutex_step(lock, &wait->object->segment->party, wait);
    if (status == SHOAL_PENDING)
        return SHOAL_PENDING;
    if (status == SHOAL_RECOVERED && mend(wait->object, ring, WAIT_PUT_LOCK, SHOAL_GLANCE) < 0) {
        prepare(wait, &ring->queue->items);
        wait->slice = SHORT_WAIT;
        wait->mark = 0;
        return SHOAL_PENDING;
    }
    shoal__mutex_unlock(lock);
    wait->mark = wait->spins = 0;
    return SHOAL_OK;
}

/* A wake-up that was meant for one who waits for put_lock goes on to another. */
static void leave_line(struct shoal__wait *wait, const struct shoal_ring *ring)
{
    shoal__mutex_stop(&ring->queue->put_lock, wait);
    wait->mark = wait->spins = 0;
}

static int attempt_message(struct shoal__wait *wait)
{
    struct shoal_ring ring;
    if (!shoal__ring_of(&ring, wait->object))
        return shoal__queue_damaged(wait->object);
    shoal_word *items = &ring.queue->items;
    for (bool prepared = false, settled = false;;) {
        uint32_t state = load_sequential(&ring.queue->state);
        if (state != QUEUE_SHUT_NOW && !shoal__ring_is_empty(&ring)) {
            leave_line(wait, &ring);
            came(wait, items, shoal__ring_has_more(&ring));
            return SHOAL_OK;
        }
        if (state == QUEUE_SHUT_NOW || settled) {
            leave_line(wait, &ring);
            return shoal__queue_is_over(wait->object);
        }
        if (state == QUEUE_SHUT) {
            if (settle(wait, &ring) == SHOAL_PENDING)
                return SHOAL_PENDING;
            settled = true;
            continue;
        }
        if (prepared || wait->flags & WAIT_LOOK_ONCE)
            return SHOAL_PENDING;
        prepare(wait, items);
        prepared = true;
    }
}

static int give_up_message(struct shoal__wait *wait, bool time_is_up)
{
    struct queue_sh *queue = wait->object->body;
    (void)time_is_up;
    shoal__mutex_stop(&queue->put_lock, wait); /* if it was waited for */
    return pass_on(wait, &queue->items);
}

const struct shoal_waits shoal__queue_waits[] = {
    {.operation = SHOAL_WAIT_PUT, .begin = begin_room, .attempt = attempt_room, .give_up = give_up_room},
    {.operation = SHOAL_WAIT_GET, .attempt = attempt_message, .give_up = give_up_message},
    {.operation = WAIT_PUT_LOCK, .spins = true, .attempt = attempt_lock, .give_up = give_up_lock},
    {.operation = WAIT_GET_LOCK, .spins = true, .attempt = attempt_lock, .give_up = give_up_lock},
    {0},
};
