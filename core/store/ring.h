/*
 * The ring of a Queue, between two recoverable mutexes: docs/format.md, "Queue", and docs/recovery.md, "Queue".
 *
 * Producers hold put_lock and write records from `tail` on; consumers hold get_lock and read those from `head` on. One
 * store of `tail` decides that messages are put, one store of `head` that they are got. What else is in their lines is
 * derived, and made anew by who takes the lock after a death. A large message's record has only the number of a run of
 * pages; its run and the position change in one change of the segment's journal.
 *
 * Nothing here sleeps. Nothing that lies in the segment is believed: a ring that contradicts itself is RING_DAMAGED.
 */
#ifndef SHOAL_STORE_RING_H
#define SHOAL_STORE_RING_H

#include "segment/object.h"
#include "store/record.h"

enum { QUEUE_OPEN, QUEUE_SHUT, QUEUE_SHUT_NOW }; /* queue_sh.state; it never goes back */

struct queue_sh {
    struct parts_sh parts; /* the runs of its large messages; no lists */
    uint32_t units;        /* of the ring, a power of two; constant */
    uint32_t zero;
    uint64_t capacity; /* bytes; constant */
    shoal_word state;
    uint8_t gap0[36];

    /* What producers change, in one cache line. */
    shoal_word put_lock;
    shoal_word tail;      /* decides */
    shoal_word number;    /* of the next message */
    shoal_word large_put; /* units of the pages of all large messages ever put, less those of their records */
    uint32_t until;       /* up to this position there is room, by the producers' last look at `head` */
    uint8_t gap1[44];

    /* What consumers change. */
    shoal_word get_lock;
    shoal_word head;      /* decides */
    shoal_word large_got; /* as large_put, of those ever got */
    uint32_t tail_seen;   /* the consumers' last look at `tail` */
    uint8_t gap2[48];

    /* Eventcounts, which change when somebody sleeps: sync/eventcount.h, a baton. */
    shoal_word items; /* consumers sleep */
    shoal_word room;  /* producers sleep */
    uint8_t gap3[56];
};
_Static_assert(sizeof(struct queue_sh) == 256 && offsetof(struct queue_sh, put_lock) == 64 &&
                   offsetof(struct queue_sh, get_lock) == 128 && offsetof(struct queue_sh, items) == 192,
               "docs/format.md, Queue");

#define RING_SMALL_UNITS ((uint32_t)(sizeof(struct record_sh) + SHOAL_QUEUE_SMALL + RECORD_UNIT - 1) / RECORD_UNIT)
#define RING_LARGE_UNITS ((uint32_t)(sizeof(struct record_sh) + sizeof(struct large_sh)) / RECORD_UNIT)
#define RING_MOST_CAPACITY ((uint64_t)1 << 34)

/* A queue's body, with what was believed of it after a look. */
struct shoal_ring {
    struct queue_sh *queue;
    unsigned char *bytes;
    uint32_t units;
    uint32_t limit; /* units of its capacity */
};

enum shoal_ring_result { RING_OK, RING_FULL, RING_EMPTY, RING_LARGE, RING_CHANGED, RING_DAMAGED };

/* Units of the ring for such a capacity: any small message that is not above it fits when the ring is empty. */
uint32_t shoal__ring_units(uint64_t capacity);

static inline uint32_t shoal__ring_limit(uint64_t capacity)
{
    return (uint32_t)((capacity + RECORD_UNIT - 1) / RECORD_UNIT);
}

static inline const char *shoal__ring_judge(const struct queue_sh *queue, uint64_t room)
{
    uint64_t capacity = *(const volatile uint64_t *)&queue->capacity;
    if (capacity == 0 || capacity > RING_MOST_CAPACITY)
        return "its capacity is impossible";
    uint32_t units = shoal__once(&queue->units);
    return units != shoal__ring_units(capacity) || room < sizeof *queue + (uint64_t)units * RECORD_UNIT
               ? "its ring is larger than its block, or not what its capacity asks for"
               : NULL;
}

/* False: its block of `room` bytes has no room for the ring that it says it has. */
static inline bool shoal__ring_at(struct shoal_ring *out, struct queue_sh *queue, uint64_t room)
{
    uint32_t units = shoal__once(&queue->units);
    *out = (struct shoal_ring){queue, (unsigned char *)(queue + 1), units,
                               shoal__ring_limit(*(const volatile uint64_t *)&queue->capacity)};
    return units >= 4 && (units & (units - 1)) == 0 && units <= RECORD_MOST_UNITS &&
           sizeof *queue + (uint64_t)units * RECORD_UNIT <= room;
}

static inline bool shoal__ring_of(struct shoal_ring *out, const shoal_object *object)
{
    return shoal__ring_at(out, object->body, object->capacity);
}

/* ---- With put_lock ---- */

/* A message in up to two parts: a head that the core writes, and bytes. */
struct shoal_message {
    const void *bytes;
    size_t size; /* of these */
    uint32_t head_size;
    unsigned char head[8];
};

/* The first small message that does not fit ends it; `put` is how many did, which others see from now on. */
enum shoal_ring_result shoal__ring_put(const struct shoal_ring *ring, const struct shoal_message *message);
enum shoal_ring_result shoal__ring_put_many(const struct shoal_ring *ring, const shoal_bytes *messages, size_t count,
                                            size_t *put);
/* Write the record of a large message: *tail is where the next record begins, which the caller publishes. */
enum shoal_ring_result shoal__ring_put_large(const struct shoal_ring *ring, const struct large_sh *large,
                                             uint32_t units, uint32_t *tail);
/* After a death of who had put_lock: make anew what is derived. */
void shoal__ring_mend_put(const struct shoal_ring *ring);

/* ---- With get_lock ---- */

/* RING_LARGE: nothing is done. The caller has room for SHOAL_QUEUE_SMALL bytes. */
enum shoal_ring_result shoal__ring_get(const struct shoal_ring *ring, void *buffer, size_t *size);
/*
 * Up to `limit` small messages, as many as fit: their places in `out`. RING_LARGE: the next is a large one. `got` says
 * how many, whatever is returned.
 */
enum shoal_ring_result shoal__ring_get_many(const struct shoal_ring *ring, shoal_taken *out, size_t limit, void *buffer,
                                            size_t size, size_t *got);
/* The large message at the head: *head is where the record after it begins, which the caller publishes. */
enum shoal_ring_result shoal__ring_get_large(const struct shoal_ring *ring, struct large_sh *large, uint32_t *head);
void shoal__ring_mend_get(const struct shoal_ring *ring);

/* ---- Looks, of anybody ---- */

/* Is there room for a message of so many units? One that lies outside the ring counts its pages. */
bool shoal__ring_has_room(const struct shoal_ring *ring, uint32_t record, uint32_t outside);
/* Exact: how many messages were there at one moment during the call. */
enum shoal_ring_result shoal__ring_count(const struct shoal_ring *ring, uint64_t *out);
uint64_t shoal__ring_used(const struct shoal_ring *ring); /* units */
bool shoal__ring_has_more(const struct shoal_ring *ring); /* more than one message */
/*
 * For a copy: what is at *position, before `tail`, and then *position is after it. RING_CHANGED: it was got meanwhile, and
 * *position is where the head is now.
 */
enum shoal_ring_result shoal__ring_copy(const struct shoal_ring *ring, uint32_t *position, uint32_t tail, void *buffer,
                                        size_t *size, struct large_sh *large);
/* Is what is at this position not got yet? */
bool shoal__ring_is_at(const struct shoal_ring *ring, uint32_t position);
/* Of a new queue that nobody else uses yet. */
void shoal__ring_begin_at(const struct shoal_ring *ring, uint32_t position);
/*
 * Is [head, tail) whole records, of which as many are large messages in sound runs as there are `runs`? NULL, or what is wrong; also NULL
 * if it is used meanwhile so much that this cannot be told.
 */
const char *shoal__ring_walk(const struct shoal_ring *ring, const struct shoal_segment *segment, uint32_t runs);

/* `head` first: if `tail` is the same afterwards, the ring was empty then. */
static inline bool shoal__ring_is_empty(const struct shoal_ring *ring)
{
    uint32_t head = load_sequential(&ring->queue->head);
    return load_sequential(&ring->queue->tail) == head;
}

#endif
