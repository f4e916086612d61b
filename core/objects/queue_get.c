/* Getting from a Queue. Implements docs/recovery.md, "Queue". */
#include <string.h>

#include "objects/queue.h"
#include "platform/point.h"
#include "value/status.h"

/* A message is there, or the status that ends the call: then try again. SHOAL_PENDING. */
static int wait_for_message(shoal_object *object, enum shoal_ring_result result, shoal_time deadline)
{
    if (result == RING_DAMAGED)
        return shoal__queue_damaged(object);
    int status = shoal__wait_for(object, SHOAL_WAIT_GET, 0, 0, deadline);
    if (status == SHOAL_ETIMEDOUT)
        return shoal__fail(SHOAL_EEMPTY, "queue \"%s\" in segment \"%s\" is empty, and the deadline passed",
                           object->name, object->segment->name);
    return status < 0 ? status : SHOAL_PENDING;
}

static inline bool is_over(const struct shoal_ring *ring)
{
    return load_sequential(&ring->queue->state) == QUEUE_SHUT_NOW;
}

/* With get_lock, which it lets go. */
static inline enum shoal_ring_result get_locked(shoal_taken *out, const struct shoal_ring *ring, void *buffer)
{
    size_t size = 0;
    enum shoal_ring_result result = is_over(ring) ? RING_EMPTY : shoal__ring_get(ring, buffer, &size);
    if (result != RING_LARGE) /* a large one is got with the lock that we have */
        shoal__queue_leave_get(ring);
    out->bytes = buffer;
    out->size = size;
    out->in_place = false;
    return result;
}

static int get_once(shoal_taken *out, shoal_object *object, const struct shoal_ring *ring, void *buffer,
                    shoal_time deadline)
{
    enum shoal_ring_result result = RING_EMPTY;
    if (!shoal__ring_is_empty(ring)) {
        int status = shoal__queue_enter(object, ring, WAIT_GET_LOCK, deadline);
        if (status < 0)
            return status;
        result = get_locked(out, ring, buffer);
    }
    if (result == RING_LARGE)
        return shoal__queue_take(out, object, ring, deadline);
    return result == RING_OK ? SHOAL_OK : wait_for_message(object, result, deadline);
}

__attribute__((noinline)) static int get_slowly(shoal_taken *out, shoal_object *object, void *buffer,
                                                shoal_time deadline)
{
    struct shoal_ring ring;
    int status = shoal__queue_begin(&ring, object);
    if (status == SHOAL_OK)
        do
            status = get_once(out, object, &ring, buffer, deadline);
        while (status == SHOAL_PENDING);
    if (status < 0)
        *out = (shoal_taken){0};
    return shoal__queue_in_vain(status, SHOAL_EEMPTY);
}

int shoal_queue_get(shoal_taken *out, shoal_object *object, void *buffer, shoal_time deadline)
{
    struct shoal_ring ring;
    bool quick = shoal__is_ready(object, SHOAL_KIND_QUEUE) && shoal__ring_of(&ring, object) &&
                 shoal__mutex_try_free(&ring.queue->get_lock, object->segment->party.me);
    enum shoal_ring_result result = __builtin_expect(quick, 1) ? get_locked(out, &ring, buffer) : RING_EMPTY;
    if (__builtin_expect(result == RING_OK, 1))
        return SHOAL_OK;
    if (result == RING_LARGE)
        shoal__mutex_unlock(&ring.queue->get_lock);
    return get_slowly(out, object, buffer, deadline);
}

/* ---- Many ---- */

/* What is there, with get_lock. SHOAL_PENDING: there was nothing. */
static int get_some(shoal_taken *out, size_t limit, size_t *count, shoal_object *object, const struct shoal_ring *ring,
                    void *buffer, size_t size, shoal_time deadline)
{
    enum shoal_ring_result result = RING_EMPTY;
    int status = shoal__queue_enter(object, ring, WAIT_GET_LOCK, deadline);
    if (status < 0)
        return status;
    if (!is_over(ring))
        result = shoal__ring_get_many(ring, out, limit, buffer, size, count);
    if (result == RING_LARGE && *count == 0) {
        status = shoal__queue_take(out, object, ring, deadline);
        *count = status == SHOAL_OK;
        return status;
    }
    shoal__queue_leave_get(ring);
    return *count > 0 || result == RING_EMPTY ? SHOAL_OK : shoal__queue_damaged(object);
}

/* As many as are there at once, also where large ones are among them. */
static int get_many(shoal_taken *out, size_t limit, size_t *count, shoal_object *object, const struct shoal_ring *ring,
                    void *buffer, size_t size, shoal_time deadline)
{
    int status = SHOAL_OK;
    size_t got = 1, used = 0;
    while (status == SHOAL_OK && got > 0 && *count < limit && !shoal__ring_is_empty(ring) &&
           size - used >= SHOAL_QUEUE_SMALL) {
        unsigned char *place = (unsigned char *)buffer + used;
        got = 0;
        status = get_some(out + *count, limit - *count, &got, object, ring, place, size - used, deadline);
        for (size_t i = *count; i < *count + got; i++)
            if (!out[i].in_place)
                used += (out[i].size + 7) & ~(size_t)7;
        *count += got;
        deadline = *count > 0 ? SHOAL_GLANCE : deadline;
        used = used < size ? used : size;
    }
    return *count > 0 ? SHOAL_OK : status;
}

int shoal_queue_get_many(shoal_taken *out, size_t limit, size_t *count, shoal_object *object, void *buffer, size_t size,
                         shoal_time deadline)
{
    struct shoal_ring ring;
    *count = 0;
    int status = shoal__queue_begin(&ring, object);
    if (status < 0)
        return status;
    if (limit == 0 || size < SHOAL_QUEUE_SMALL)
        return shoal__fail(SHOAL_EVALUE,
                           "at least 1 message is got, into at least %u bytes; %zu and %zu bytes were asked for",
                           SHOAL_QUEUE_SMALL, limit, size);
    for (;;) {
        status = get_many(out, limit, count, object, &ring, buffer, size, deadline);
        if (status < 0 || *count > 0)
            return shoal__queue_in_vain(status, SHOAL_EEMPTY);
        status = wait_for_message(object, RING_EMPTY, deadline);
        if (status != SHOAL_PENDING)
            return status;
    }
}
