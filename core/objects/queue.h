/* What the files of the Queue share. A queue's words: store/ring.h. */
#ifndef SHOAL_OBJECTS_QUEUE_H
#define SHOAL_OBJECTS_QUEUE_H

#include "objects/objects.h"
#include "store/ring.h"
#include "sync/eventcount.h"

/* Operations of shoal__wait_for: SHOAL_OK or SHOAL_RECOVERED, and the lock is ours. */
#define WAIT_PUT_LOCK 65
#define WAIT_GET_LOCK 66

extern const struct shoal_waits shoal__queue_waits[];

/* A message as put and wait count it: units of its record, and what it takes outside the ring. */
struct shoal__cost {
    uint32_t record, outside;
};
struct shoal__cost shoal__queue_cost(const shoal_object *object, uint64_t size);

/*
 * Take put_lock (WAIT_PUT_LOCK) or get_lock, and mend what a dead holder left. SHOAL_ETIMEDOUT, with a sentence that
 * names the holder; SHOAL_EINTR. With SHOAL_NO_WAIT others get half a second to leave, and SHORT_WAIT if they are stopped.
 */
int shoal__queue_enter(shoal_object *object, const struct shoal_ring *ring, int operation, shoal_time deadline);
/* Take the lock of the structure while one of the queue's is held: these statuses. */
int shoal__queue_structure(shoal_object *object, shoal_time deadline);
int shoal__queue_structure_is_held(const shoal_object *object); /* SHOAL_ETIMEDOUT, with a sentence */

/* Let put_lock go; has something been put? */
static inline void shoal__queue_leave_put(const struct shoal_ring *ring, bool put)
{
    shoal__mutex_unlock(&ring->queue->put_lock);
    if (put)
        shoal__eventcount_tell_one(&ring->queue->items);
}

/*
 * Producers are told when half of the capacity is free, and not at each get: until they run others get more. Of a small
 * queue, or when a large message went, at once.
 */
static inline bool shoal__queue_is_roomy(const struct shoal_ring *ring)
{
    return ring->limit <= 256 || 2 * shoal__ring_used(ring) <= ring->limit;
}

static inline void shoal__queue_tell_room(const struct shoal_ring *ring)
{
    shoal_word *room = &ring->queue->room;
    if (__builtin_expect(load_sequential(room) & 1, 0) && shoal__queue_is_roomy(ring))
        shoal__eventcount_tell_one(room);
}

static inline void shoal__queue_leave_get(const struct shoal_ring *ring)
{
    shoal__mutex_unlock(&ring->queue->get_lock);
    shoal__queue_tell_room(ring);
}

/* Sentences. */
int shoal__queue_damaged(const shoal_object *object);
int shoal__queue_is_over(const shoal_object *object);
/* After SHOAL_ETIMEDOUT of a lock: the same sentence with the queue's status. */
int shoal__queue_in_vain(int status, int queue_status);

/* May the object be used, and is its body what it says? */
int shoal__queue_begin(struct shoal_ring *ring, shoal_object *object);
/* SHOAL_EVALUE for a message that never fits. */
int shoal__queue_check_size(const shoal_object *object, const struct shoal_ring *ring, uint64_t size);
/* After a put that was not RING_OK (RING_CHANGED: it is shut): its status; SHOAL_PENDING: try again, there is room. */
int shoal__queue_await_room(shoal_object *object, const struct shoal_ring *ring, enum shoal_ring_result result,
                            uint64_t size, shoal_time deadline);

/* Of large messages. */
int shoal__queue_put_large(shoal_object *object, const struct shoal_ring *ring, const struct shoal_message *message,
                           shoal_time deadline);
/* With get_lock, which it lets go: get the large message at the head. */
int shoal__queue_take(shoal_taken *out, shoal_object *object, const struct shoal_ring *ring, shoal_time deadline);
int shoal__queue_copy(shoal_object **out, shoal_segment *to, shoal_object *object);

#endif
