/* Putting into a Queue. Implements docs/recovery.md, "Queue". */
#include <string.h>

#include "objects/queue.h"
#include "platform/point.h"
#include "value/parts.h"
#include "value/status.h"

static int is_full(const shoal_object *object, const struct shoal_ring *ring, uint64_t size)
{
    return shoal__fail(
        SHOAL_EFULL,
        "queue \"%s\" in segment \"%s\" is full: %llu of its %llu bytes are used, and there was no room for "
        "a message of %llu before the deadline",
        object->name, object->segment->name, (unsigned long long)shoal__ring_used(ring) * RECORD_UNIT,
        (unsigned long long)ring->queue->capacity, (unsigned long long)size);
}

static int is_too_large(const shoal_object *object, const struct shoal_ring *ring, uint64_t size)
{
    return shoal__fail(SHOAL_EVALUE,
                       "queue \"%s\" in segment \"%s\" has a capacity of %llu bytes: a message of %llu never fits (a "
                       "small one takes 8 more); make the queue with a larger capacity",
                       object->name, object->segment->name, (unsigned long long)ring->queue->capacity,
                       (unsigned long long)size);
}

int shoal__queue_check_size(const shoal_object *object, const struct shoal_ring *ring, uint64_t size)
{
    bool fits =
        size <= SHOAL_QUEUE_SMALL ? shoal__record_units((uint32_t)size) <= ring->limit : size <= ring->queue->capacity;
    return fits ? SHOAL_OK : is_too_large(object, ring, size);
}

static inline bool is_open(const struct shoal_ring *ring)
{
    return load_sequential(&ring->queue->state) == QUEUE_OPEN;
}

static inline uint64_t size_of(const struct shoal_parcel *message)
{
    return (uint64_t)message->head_size + message->size;
}

/* ---- One small message ---- */

/* With put_lock, which it lets go. */
static inline enum shoal_ring_result put_locked(const struct shoal_ring *ring, const struct shoal_parcel *message)
{
    enum shoal_ring_result result = is_open(ring) ? shoal__ring_put(ring, message) : RING_CHANGED;
    shoal__queue_leave_put(ring, result == RING_OK);
    return result;
}

int shoal__queue_await_room(shoal_object *object, const struct shoal_ring *ring, enum shoal_ring_result result,
                            uint64_t size, shoal_time deadline)
{
    if (result != RING_FULL)
        return result == RING_CHANGED ? shoal__queue_is_over(object) : shoal__queue_damaged(object);
    int status = deadline <= SHOAL_NO_WAIT ? SHOAL_ETIMEDOUT
                                           : shoal__wait_for(object, SHOAL_WAIT_PUT, 0, (int64_t)size, deadline);
    if (status == SHOAL_ETIMEDOUT)
        return is_full(object, ring, size);
    return status < 0 ? status : SHOAL_PENDING;
}

static int put_small(shoal_object *object, const struct shoal_ring *ring, const struct shoal_parcel *message,
                     shoal_time deadline)
{
    int status;
    do {
        status = shoal__queue_enter(object, ring, WAIT_PUT_LOCK, deadline);
        if (status < 0)
            return shoal__queue_in_vain(status, SHOAL_EFULL);
        enum shoal_ring_result result = put_locked(ring, message);
        if (result == RING_OK)
            return SHOAL_OK;
        status = shoal__queue_await_room(object, ring, result, size_of(message), deadline);
    } while (status == SHOAL_PENDING);
    return status;
}

int shoal__queue_begin(struct shoal_ring *ring, shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_QUEUE);
    if (status < 0)
        return status;
    return shoal__ring_of(ring, object) ? SHOAL_OK : shoal__queue_damaged(object);
}

__attribute__((noinline)) static int put_slowly(shoal_object *object, const struct shoal_parcel *message,
                                                shoal_time deadline)
{
    struct shoal_ring ring;
    int status = shoal__queue_begin(&ring, object);
    if (status == SHOAL_OK)
        status = shoal__queue_check_size(object, &ring, size_of(message));
    if (status < 0)
        return status;
    if (size_of(message) <= SHOAL_QUEUE_SMALL)
        return put_small(object, &ring, message, deadline);
    return shoal__queue_put_large(object, &ring, message, deadline);
}

static inline int put_message(shoal_object *object, const struct shoal_parcel *message, shoal_time deadline)
{
    struct shoal_ring ring;
    bool quick = shoal__is_ready(object, SHOAL_KIND_QUEUE) && shoal__ring_of(&ring, object) &&
                 size_of(message) <= SHOAL_QUEUE_SMALL &&
                 shoal__record_units((uint32_t)size_of(message)) <= ring.limit &&
                 shoal__mutex_try_free(&ring.queue->put_lock, object->segment->party.me);
    if (__builtin_expect(quick, 1) && __builtin_expect(put_locked(&ring, message) == RING_OK, 1))
        return SHOAL_OK;
    return put_slowly(object, message, deadline);
}

int shoal_queue_put(shoal_object *object, const void *bytes, size_t size, shoal_time deadline)
{
    struct shoal_parcel message;
    message.bytes = bytes;
    message.size = size;
    message.head_size = 0;
    return put_message(object, &message, deadline);
}

int shoal_queue_put_string(shoal_object *object, int type, const void *bytes, size_t size, shoal_time deadline)
{
    struct shoal_parcel message = {.bytes = bytes, .size = size};
    bool is_str = type == SHOAL_STR || (type == SHOAL_STR_OR_BIN && shoal_is_utf8(bytes, size));
    uint64_t length = size;
    if (length > UINT32_MAX)
        return shoal__fail(SHOAL_EVALUE, "a string of %llu bytes does not fit in a value; at most 2^32-1 are allowed",
                           (unsigned long long)size);
    message.head_size = (uint32_t)shoal__write_head(message.head, is_str, size);
    return put_message(object, &message, deadline);
}

/* ---- Many ---- */

static int check_all(const shoal_object *object, const struct shoal_ring *ring, const shoal_bytes *messages,
                     size_t count)
{
    int status = SHOAL_OK;
    for (size_t i = 0; i < count && status == SHOAL_OK; i++)
        status = shoal__queue_check_size(object, ring, messages[i].size);
    return status;
}

/* As many small ones as fit now. SHOAL_PENDING: go on. */
static int put_some(size_t *put, shoal_object *object, const struct shoal_ring *ring, const shoal_bytes *messages,
                    size_t count, shoal_time deadline)
{
    *put = 0;
    int status = shoal__queue_enter(object, ring, WAIT_PUT_LOCK, deadline);
    if (status < 0)
        return shoal__queue_in_vain(status, SHOAL_EFULL);
    enum shoal_ring_result result = is_open(ring) ? shoal__ring_put_many(ring, messages, count, put) : RING_CHANGED;
    shoal__queue_leave_put(ring, *put > 0);
    return result == RING_OK ? SHOAL_PENDING
                             : shoal__queue_await_room(object, ring, result, messages[*put].size, deadline);
}

static int put_next(size_t *put, shoal_object *object, const struct shoal_ring *ring, const shoal_bytes *messages,
                    size_t count, shoal_time deadline)
{
    if (messages->size <= SHOAL_QUEUE_SMALL)
        return put_some(put, object, ring, messages, count, deadline);
    int status = put_slowly(object, &(struct shoal_parcel){.bytes = messages->bytes, .size = messages->size}, deadline);
    *put = status == SHOAL_OK;
    return status == SHOAL_OK ? SHOAL_PENDING : status;
}

int shoal_queue_put_many(size_t *done, shoal_object *object, const shoal_bytes *messages, size_t count,
                         shoal_time deadline)
{
    struct shoal_ring ring;
    *done = 0;
    int status = shoal__queue_begin(&ring, object);
    if (status == SHOAL_OK)
        status = check_all(object, &ring, messages, count);
    if (status < 0)
        return status;
    for (status = SHOAL_PENDING; status == SHOAL_PENDING && *done < count;) {
        size_t put;
        status = put_next(&put, object, &ring, messages + *done, count - *done, deadline);
        *done += put;
    }
    return status == SHOAL_PENDING ? SHOAL_OK : status;
}
