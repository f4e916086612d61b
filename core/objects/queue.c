/* Queue: messages, first in first out, in a ring between two locks, as a named object. The ring is store/ring.c. */
#include "objects/queue.h"

#include <stdlib.h>
#include <string.h>

#include "platform/futex.h"
#include "platform/point.h"
#include "value/status.h"

/* ---- Opening ---- */

static void fill(void *body, const void *argument)
{
    const uint64_t *capacity = argument;
    struct queue_sh *queue = body;
    queue->units = shoal__ring_units(*capacity);
    queue->capacity = *capacity;
}

static int check_capacity(const shoal_object *object, uint64_t capacity)
{
    uint64_t has = ((const struct queue_sh *)object->body)->capacity;
    if (capacity == 0 || capacity == has)
        return SHOAL_OK;
    return shoal__fail(SHOAL_EMISMATCH,
                       "queue \"%s\" in segment \"%s\" has a capacity of %llu bytes, and one of %llu was asked for",
                       object->name, object->segment->name, (unsigned long long)has, (unsigned long long)capacity);
}

int shoal_queue_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, uint64_t capacity)
{
    uint64_t made_with = capacity ? capacity : SHOAL_QUEUE_CAPACITY;
    *out = NULL;
    if (capacity > RING_MOST_CAPACITY)
        return shoal__fail(SHOAL_EVALUE, "a queue has a capacity of 1 byte to 16 GiB, and %llu bytes were asked for",
                           (unsigned long long)capacity);
    uint64_t size = sizeof(struct queue_sh) + (uint64_t)shoal__ring_units(made_with) * RECORD_UNIT;
    struct shoal_recipe recipe = {SHOAL_KIND_QUEUE, size, fill, &made_with};
    int status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0 || (status = check_capacity(*out, capacity)) == SHOAL_OK)
        return status;
    shoal_object_close(*out);
    *out = NULL;
    return status;
}

/* ---- Looking ---- */

static int look(struct shoal_ring *ring, const shoal_object *object)
{
    int status = shoal__may_look(object, SHOAL_KIND_QUEUE);
    if (status == SHOAL_OK && !shoal__ring_of(ring, object))
        status = shoal__queue_damaged(object);
    return status;
}

uint64_t shoal_queue_capacity(const shoal_object *object)
{
    struct shoal_ring ring;
    return look(&ring, object) == SHOAL_OK ? ring.queue->capacity : 0;
}

int shoal_queue_size(uint64_t *out, const shoal_object *object)
{
    struct shoal_ring ring;
    int status = look(&ring, object);
    *out = 0;
    if (status == SHOAL_OK && load_acquire(&ring.queue->state) != QUEUE_SHUT_NOW &&
        shoal__ring_count(&ring, out) != RING_OK)
        status = shoal__queue_damaged(object);
    if (status < 0)
        *out = 0;
    return shoal__unless_damaged(object->segment, status);
}

int shoal_queue_used(uint64_t *out, const shoal_object *object)
{
    struct shoal_ring ring;
    int status = look(&ring, object);
    *out = status == SHOAL_OK ? shoal__ring_used(&ring) * RECORD_UNIT : 0;
    return shoal__unless_damaged(object->segment, status);
}

bool shoal_queue_is_shut(const shoal_object *object)
{
    struct shoal_ring ring;
    return look(&ring, object) == SHOAL_OK && load_acquire(&ring.queue->state) != QUEUE_OPEN;
}

/* ---- Shutting ---- */

/* What is there is dropped. If we die before that, or cannot have the lock, it goes with the queue: nobody gets it. */
static void drop_all(shoal_object *object, const struct shoal_ring *ring)
{
    enum shoal_ring_result result = RING_OK;
    while (result == RING_OK || result == RING_LARGE) {
        shoal_taken taken = {0};
        unsigned char buffer[SHOAL_QUEUE_SMALL];
        size_t size;
        if (shoal__queue_enter(object, ring, WAIT_GET_LOCK, SHOAL_NO_WAIT) < 0)
            return;
        result = shoal__ring_get(ring, buffer, &size);
        if (result != RING_LARGE)
            shoal__queue_leave_get(ring);
        else if (shoal__queue_take(&taken, object, ring, SHOAL_NO_WAIT) < 0)
            return;
        shoal_taken_end(&taken);
    }
}

/* If we die before the wake-ups, sleepers look at the end of their slice. */
int shoal_queue_shut(shoal_object *object, bool immediate)
{
    struct shoal_ring ring;
    uint32_t wanted = immediate ? QUEUE_SHUT_NOW : QUEUE_SHUT;
    int status = shoal__may_use(object, SHOAL_KIND_QUEUE);
    if (status == SHOAL_OK && !shoal__ring_of(&ring, object))
        status = shoal__queue_damaged(object);
    if (status < 0)
        return status;
    for (uint32_t seen = load_relaxed(&ring.queue->state); seen < wanted; seen = load_relaxed(&ring.queue->state))
        if (compare_swap(&ring.queue->state, seen, wanted))
            break;
    SHOAL_POINT("queue: shut, nobody woken");
    shoal__eventcount_notify(&ring.queue->items, INT32_MAX);
    shoal__eventcount_notify(&ring.queue->room, INT32_MAX);
    if (immediate)
        drop_all(object, &ring);
    return SHOAL_OK;
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct queue_sh *queue = body;
    (void)segment;
    if (capacity < sizeof *queue)
        return "its block is too small";
    const char *wrong = shoal__ring_judge(queue, capacity);
    if (wrong)
        return wrong;
    if (queue->parts.lists || load_relaxed(&queue->state) > QUEUE_SHUT_NOW)
        return "its state is impossible";
    uint32_t head = load_acquire(&queue->head), tail = load_acquire(&queue->tail);
    return tail - head > queue->units && load_acquire(&queue->head) == head
               ? "there is more in its ring than it has room for"
               : NULL;
}

static const char *check_deeply(const shoal_segment *segment, const void *body, uint64_t capacity, uint32_t runs)
{
    struct shoal_ring ring;
    return shoal__ring_at(&ring, (struct queue_sh *)body, capacity) ? shoal__ring_walk(&ring, segment, runs) : NULL;
}

static void forget_slot(void *body, uint32_t slot)
{
    struct queue_sh *queue = body;
    shoal__mutex_forget(&queue->put_lock, slot);
    shoal__mutex_forget(&queue->get_lock, slot);
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    uint64_t messages, used;
    struct shoal_ring ring;
    int status = shoal_queue_size(&messages, object);
    if (status == SHOAL_OK)
        status = shoal_queue_used(&used, object);
    if (status == SHOAL_OK)
        status = look(&ring, object);
    if (status < 0)
        return status;
    shoal_write_uint(shoal__part_of(map, "capacity"), ring.queue->capacity);
    shoal_write_uint(shoal__part_of(map, "messages"), messages);
    shoal_write_uint(shoal__part_of(map, "used"), used);
    shoal_write_bool(shoal__part_of(map, "shut"), load_acquire(&ring.queue->state) != QUEUE_OPEN);
    shoal_write_bool(shoal__part_of(map, "shut_now"), load_acquire(&ring.queue->state) == QUEUE_SHUT_NOW);
    return SHOAL_OK;
}

const struct shoal__kind shoal__queue_kind = {
    .flags = KIND_PARTS,
    .head = sizeof(struct queue_sh),
    .check = check,
    .check_deeply = check_deeply,
    .forget_slot = forget_slot,
    .waits = shoal__queue_waits,
    .describe = describe,
    .copy = shoal__queue_copy,
};
