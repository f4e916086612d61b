/* Implements docs/recovery.md, "Queue". */
#include "store/ring.h"

#include <string.h>

#include "platform/copy.h"
#include "platform/point.h"
#include "segment/parts.h"

#define LOOKS 10000 /* of one who counts beside others that are at work */
#define WALKS 100   /* of one who checks */

uint32_t shoal__ring_units(uint64_t capacity)
{
    const uint64_t most = 4 * (uint64_t)SHOAL_QUEUE_SMALL; /* so that a pad and the largest small message fit */
    uint64_t twice = 2 * capacity + 2 * RECORD_UNIT;
    if (capacity >= most)
        return shoal__record_ring(capacity);
    return shoal__record_ring(twice < most ? twice : most);
}

static inline uint32_t large_out(const struct queue_sh *queue)
{
    return load_relaxed(&queue->large_put) - load_acquire(&queue->large_got);
}

/* ---- Room ---- */

/*
 * What there is room for, if so many units come to lie outside the ring: nothing that is not got yet is written over, and
 * the capacity is kept. False: the positions contradict each other.
 */
static bool find_until(const struct shoal_ring *ring, uint32_t head, uint32_t tail, uint32_t outside, uint32_t *until)
{
    uint64_t large = (uint64_t)large_out(ring->queue) + outside;
    uint64_t room = large < ring->limit ? ring->limit - large : 0;
    *until = head + (room < ring->units ? (uint32_t)room : ring->units);
    return tail - head <= ring->units;
}

static inline bool is_up_to(uint32_t position, uint32_t until)
{
    return (int32_t)(until - position) >= 0;
}

/* An empty ring takes more than the capacity has. */
static enum shoal_ring_result look_for_room(const struct shoal_ring *ring, uint32_t tail, uint32_t end)
{
    uint32_t head = load_acquire(&ring->queue->head), until;
    if (!find_until(ring, head, tail, 0, &until))
        return RING_DAMAGED;
    ring->queue->until = until;
    return is_up_to(end, head == tail ? head + ring->units : until) ? RING_OK : RING_FULL;
}

static inline enum shoal_ring_result make_room(const struct shoal_ring *ring, uint32_t tail, uint32_t end)
{
    uint32_t until = shoal__once(&ring->queue->until);
    bool known = is_up_to(end, until) && until - tail <= ring->units;
    return __builtin_expect(known, 1) ? RING_OK : look_for_room(ring, tail, end);
}

bool shoal__ring_has_room(const struct shoal_ring *ring, uint32_t record, uint32_t outside)
{
    uint32_t head = load_sequential(&ring->queue->head), tail = load_sequential(&ring->queue->tail), until;
    uint32_t end = tail + shoal__record_pad(ring->units, tail, record) + record;
    if (head == tail || !find_until(ring, head, tail, outside, &until))
        return true; /* who tries is told that it is damaged, or all has changed meanwhile */
    return is_up_to(end, until);
}

/* ---- Putting ---- */

/* Where the record of so many units goes, after a pad if it would wrap. NULL: `result` says why not. */
static inline struct record_sh *place_record(const struct shoal_ring *ring, uint32_t *tail, uint32_t need,
                                             enum shoal_ring_result *result)
{
    uint32_t pad = shoal__record_pad(ring->units, *tail, need);
    *result = make_room(ring, *tail, *tail + pad + need);
    if (*result != RING_OK)
        return NULL;
    if (pad) {
        struct record_sh *it = shoal__record_at(ring->bytes, ring->units, *tail);
        it->head = shoal__record_head(RECORD_PAD, pad * RECORD_UNIT - (uint32_t)sizeof *it);
        it->number = 0;
        *tail += pad;
        SHOAL_POINT("queue: padded");
    }
    struct record_sh *it = shoal__record_at(ring->bytes, ring->units, *tail);
    *tail += need;
    return it;
}

/* The number is counted before the tail: a death in between is mended by counting anew (shoal__ring_mend_put). */
static inline void take_number(const struct shoal_ring *ring, struct record_sh *record)
{
    uint32_t number = load_relaxed(&ring->queue->number);
    record->number = number;
    store_relaxed(&ring->queue->number, number + 1);
}

/* One store puts all messages before `tail`. Who put them lets the lock go with a full barrier, and looks for sleepers. */
static inline void publish_tail(const struct shoal_ring *ring, uint32_t tail)
{
    SHOAL_POINT("queue: written");
    store_release(&ring->queue->tail, tail);
    SHOAL_POINT("queue: put");
}

enum shoal_ring_result shoal__ring_put(const struct shoal_ring *ring, const struct shoal_message *message)
{
    enum shoal_ring_result result;
    uint32_t tail = load_relaxed(&ring->queue->tail), size = message->head_size + (uint32_t)message->size;
    struct record_sh *it = place_record(ring, &tail, shoal__record_units(size), &result);
    if (!it)
        return result;
    it->head = shoal__record_head(RECORD_PLAIN, size);
    unsigned char *at = (unsigned char *)(it + 1);
    if (message->head_size)
        shoal__copy(at, message->head, message->head_size);
    shoal__copy(at + message->head_size, message->bytes, message->size);
    take_number(ring, it);
    publish_tail(ring, tail);
    return RING_OK;
}

enum shoal_ring_result shoal__ring_put_many(const struct shoal_ring *ring, const shoal_bytes *messages, size_t count,
                                            size_t *put)
{
    enum shoal_ring_result result = RING_OK;
    uint32_t tail = load_relaxed(&ring->queue->tail), end = tail;
    for (*put = 0; *put < count && messages[*put].size <= SHOAL_QUEUE_SMALL; ++*put) {
        uint32_t size = (uint32_t)messages[*put].size;
        struct record_sh *it = place_record(ring, &tail, shoal__record_units(size), &result);
        if (!it)
            break;
        it->head = shoal__record_head(RECORD_PLAIN, size);
        shoal__copy(it + 1, messages[*put].bytes, size);
        take_number(ring, it);
        end = tail;
    }
    if (*put)
        publish_tail(ring, end);
    return result;
}

enum shoal_ring_result shoal__ring_put_large(const struct shoal_ring *ring, const struct large_sh *large,
                                             uint32_t units, uint32_t *tail)
{
    enum shoal_ring_result result;
    *tail = load_relaxed(&ring->queue->tail);
    if (!shoal__ring_has_room(ring, RING_LARGE_UNITS, units))
        return RING_FULL;
    struct record_sh *it = place_record(ring, tail, RING_LARGE_UNITS, &result);
    ring->queue->until = *tail; /* what was known of room takes no account of these pages */
    if (!it)
        return result;
    it->head = shoal__record_head(RECORD_LARGE, (uint32_t)sizeof *large);
    memcpy(it + 1, large, sizeof *large);
    take_number(ring, it);
    SHOAL_POINT("queue: record of a large one written");
    return RING_OK;
}

/* ---- Getting ---- */

/*
 * The record at *position, past pads, read once; `end`: the position after it. Nothing in [head, tail) is written over
 * while get_lock is held, or while `head` has not changed.
 */
static inline enum shoal_ring_result read_record(const struct shoal_ring *ring, uint32_t *position, uint32_t tail,
                                                 struct record_sh *out, uint32_t *end)
{
    for (uint32_t begin = *position;;) {
        uint32_t left = tail - *position;
        if (left == 0)
            return *position == begin ? RING_EMPTY : RING_DAMAGED; /* a message follows each pad */
        if (left > ring->units)
            return RING_DAMAGED;
        const struct record_sh *it = shoal__record_at(ring->bytes, ring->units, *position);
        out->head = shoal__once(&it->head);
        out->number = shoal__once(&it->number);
        if (!shoal__record_fits(out->head, ring->units, *position, left))
            return RING_DAMAGED;
        *end = *position + shoal__record_units(out->head & RECORD_SIZE);
        switch (shoal__record_kind(out->head)) {
        case RECORD_PLAIN:
            return (out->head & RECORD_SIZE) <= SHOAL_QUEUE_SMALL ? RING_OK : RING_DAMAGED;
        case RECORD_LARGE:
            return (out->head & RECORD_SIZE) == sizeof(struct large_sh) ? RING_LARGE : RING_DAMAGED;
        case RECORD_PAD:
            *position = *end;
            break;
        default:
            return RING_DAMAGED;
        }
    }
}

/* The record at `*head`, for a consumer. It looks at the producers' line only when it has got all that it knew of. */
static inline enum shoal_ring_result next_record(const struct shoal_ring *ring, uint32_t *head, struct record_sh *out,
                                                 uint32_t *end)
{
    struct queue_sh *queue = ring->queue;
    uint32_t tail = shoal__once(&queue->tail_seen);
    if (*head == tail || tail - *head > ring->units) {
        tail = load_acquire(&queue->tail);
        queue->tail_seen = tail;
    }
    return read_record(ring, head, tail, out, end);
}

static inline void publish_head(const struct shoal_ring *ring, uint32_t head)
{
    SHOAL_POINT("queue: copied out");
    store_release(&ring->queue->head, head);
    SHOAL_POINT("queue: got");
}

enum shoal_ring_result shoal__ring_get(const struct shoal_ring *ring, void *buffer, size_t *size)
{
    struct record_sh it;
    uint32_t head = load_relaxed(&ring->queue->head), end;
    enum shoal_ring_result result = next_record(ring, &head, &it, &end);
    if (result != RING_OK)
        return result;
    *size = it.head & RECORD_SIZE;
    shoal__copy(buffer, shoal__record_at(ring->bytes, ring->units, head) + 1, *size);
    publish_head(ring, end);
    return RING_OK;
}

enum shoal_ring_result shoal__ring_get_many(const struct shoal_ring *ring, shoal_taken *out, size_t limit, void *buffer,
                                            size_t size, size_t *got)
{
    struct record_sh it;
    enum shoal_ring_result result = RING_OK;
    uint32_t from = load_relaxed(&ring->queue->head), head = from, end = from;
    size_t at = 0;
    for (*got = 0; *got < limit; ++*got, from = end) {
        head = from;
        result = next_record(ring, &head, &it, &end);
        size_t bytes = it.head & RECORD_SIZE;
        if (result != RING_OK || bytes > size - at)
            break;
        shoal__copy((unsigned char *)buffer + at, shoal__record_at(ring->bytes, ring->units, head) + 1, bytes);
        out[*got] = (shoal_taken){.bytes = (unsigned char *)buffer + at, .size = bytes};
        at += (bytes + 7) & ~(size_t)7;
        at = at < size ? at : size;
    }
    if (*got)
        publish_head(ring, from);
    return result;
}

enum shoal_ring_result shoal__ring_get_large(const struct shoal_ring *ring, struct large_sh *large, uint32_t *head)
{
    struct record_sh it;
    uint32_t at = load_relaxed(&ring->queue->head);
    enum shoal_ring_result result = next_record(ring, &at, &it, head);
    if (result == RING_LARGE)
        memcpy(large, shoal__record_at(ring->bytes, ring->units, at) + 1, sizeof *large);
    return result;
}

/* ---- After a death ---- */

/*
 * The number of the next message is one more than that of the last record of [head, tail), where nothing is written over
 * while put_lock is held. If there is none, any number will do.
 */
void shoal__ring_mend_put(const struct shoal_ring *ring)
{
    struct record_sh it;
    struct queue_sh *queue = ring->queue;
    uint32_t at = load_acquire(&queue->head), tail = load_acquire(&queue->tail), number = load_relaxed(&queue->number);
    enum shoal_ring_result result;
    for (uint32_t end; (result = read_record(ring, &at, tail, &it, &end)) == RING_OK || result == RING_LARGE; at = end)
        number = it.number + 1;
    store_relaxed(&queue->number, number);
    queue->until = tail;
    SHOAL_POINT("queue: producers' words mended");
}

void shoal__ring_mend_get(const struct shoal_ring *ring)
{
    ring->queue->tail_seen = load_acquire(&ring->queue->tail);
    SHOAL_POINT("queue: consumers' words mended");
}

/* ---- Looking ---- */

uint64_t shoal__ring_used(const struct shoal_ring *ring)
{
    const struct queue_sh *queue = ring->queue;
    uint64_t used;
    uint32_t head;
    for (int i = 0; i < LOOKS; i++) {
        head = load_sequential(&queue->head);
        used = (uint64_t)(load_sequential(&queue->tail) - head) + large_out(queue);
        if (load_sequential(&queue->head) == head)
            break;
    }
    return used;
}

bool shoal__ring_has_more(const struct shoal_ring *ring)
{
    struct record_sh it;
    uint32_t at = load_sequential(&ring->queue->head), tail = load_sequential(&ring->queue->tail), end = tail;
    enum shoal_ring_result result = read_record(ring, &at, tail, &it, &end);
    return (result == RING_OK || result == RING_LARGE) && end != tail;
}

struct moment {
    uint32_t lock, head, tail;
};

static struct moment moment_of(const struct queue_sh *queue)
{
    struct moment now = {load_sequential(&queue->put_lock), load_sequential(&queue->head),
                         load_sequential(&queue->tail)};
    return now;
}

/* Was nothing put or got in between? */
static bool is_still(const struct queue_sh *queue, const struct moment *then)
{
    fence_acquire();
    return load_relaxed(&queue->tail) == then->tail && load_relaxed(&queue->head) == then->head;
}

/* With nobody in put_lock the next message's number is what it will be: no record need be read but the first. */
static enum shoal_ring_result count_by_number(const struct shoal_ring *ring, const struct moment *now, uint64_t *out)
{
    struct record_sh first;
    uint32_t at = now->head, end, number = load_acquire(&ring->queue->number);
    enum shoal_ring_result result = read_record(ring, &at, now->tail, &first, &end);
    *out = result == RING_OK || result == RING_LARGE ? number - first.number : 0;
    return result;
}

static enum shoal_ring_result count_records(const struct shoal_ring *ring, const struct moment *now, uint64_t *out)
{
    struct record_sh it;
    uint32_t at = now->head;
    enum shoal_ring_result result;
    *out = 0;
    for (uint32_t end; (result = read_record(ring, &at, now->tail, &it, &end)) == RING_OK || result == RING_LARGE;
         at = end)
        ++*out;
    return result;
}

static enum shoal_ring_result count_once(const struct shoal_ring *ring, struct moment *now, uint64_t *out)
{
    *now = moment_of(ring->queue);
    bool quiet = !(now->lock & (MUTEX_SLOT | MUTEX_NEEDREC));
    enum shoal_ring_result result = quiet ? count_by_number(ring, now, out) : count_records(ring, now, out);
    if (quiet && load_sequential(&ring->queue->put_lock) & MUTEX_SLOT)
        return RING_CHANGED; /* the number may be that of a message that is not put yet */
    return is_still(ring->queue, now) ? result : RING_CHANGED;
}

enum shoal_ring_result shoal__ring_count(const struct shoal_ring *ring, uint64_t *out)
{
    struct moment now;
    enum shoal_ring_result result = RING_CHANGED;
    *out = 0;
    for (int i = 0; i < LOOKS && result == RING_CHANGED; i++)
        result = count_once(ring, &now, out);
    if (result == RING_DAMAGED || *out > ring->units)
        return RING_DAMAGED;
    return RING_OK;
}

/* How many large messages there are in sound runs. */
static enum shoal_ring_result count_large(const struct shoal_ring *ring, const struct shoal_segment *segment,
                                          const struct moment *now, uint32_t *out)
{
    struct record_sh it;
    struct large_sh large;
    uint32_t at = now->head;
    enum shoal_ring_result result;
    *out = 0;
    for (uint32_t end; (result = read_record(ring, &at, now->tail, &it, &end)) == RING_OK || result == RING_LARGE;
         at = end) {
        if (result == RING_OK)
            continue;
        memcpy(&large, shoal__record_at(ring->bytes, ring->units, at) + 1, sizeof large);
        *out += large.size <= segment->is.size && shoal__part_is_sound(segment, large.run, large.at + large.size);
    }
    return result;
}

const char *shoal__ring_walk(const struct shoal_ring *ring, const struct shoal_segment *segment, uint32_t runs)
{
    uint32_t large;
    for (int i = 0; i < WALKS; i++) {
        struct moment now = moment_of(ring->queue);
        enum shoal_ring_result result = count_large(ring, segment, &now, &large);
        if (!is_still(ring->queue, &now))
            continue;
        if (result == RING_DAMAGED)
            return "a record of its ring is damaged";
        return large == runs ? NULL : "its large messages are not those whose runs it has";
    }
    return NULL;
}

/* ---- Copying ---- */

bool shoal__ring_is_at(const struct shoal_ring *ring, uint32_t position)
{
    fence_acquire();
    return (int32_t)(load_relaxed(&ring->queue->head) - position) <= 0;
}

enum shoal_ring_result shoal__ring_copy(const struct shoal_ring *ring, uint32_t *position, uint32_t tail, void *buffer,
                                        size_t *size, struct large_sh *large)
{
    struct record_sh it = {0};
    uint32_t at = *position, end = at;
    enum shoal_ring_result result = read_record(ring, &at, tail, &it, &end);
    const struct record_sh *from = shoal__record_at(ring->bytes, ring->units, at);
    *size = it.head & RECORD_SIZE;
    if (result == RING_OK)
        shoal__copy(buffer, from + 1, *size);
    if (result == RING_LARGE)
        memcpy(large, from + 1, sizeof *large);
    if (!shoal__ring_is_at(ring, *position)) {
        *position = load_sequential(&ring->queue->head);
        return (int32_t)(tail - *position) > 0 ? RING_CHANGED : RING_EMPTY;
    }
    *position = end;
    return result;
}

void shoal__ring_begin_at(const struct shoal_ring *ring, uint32_t position)
{
    struct queue_sh *queue = ring->queue;
    queue->until = queue->tail_seen = position;
    store_relaxed(&queue->head, position);
    store_release(&queue->tail, position);
}
