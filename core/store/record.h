/*
 * Records: messages one after the other in a ring, of which a Queue and a Stream are made (docs/format.md, "Records").
 *
 * Positions count units of 16 bytes, have 32 bits and run on: a ring of `units`, a power of two, has the unit of
 * `position` at position % units. A record does not wrap: where it would, a pad fills the ring's end. [head, tail) is
 * whole records, and tail - head <= units. Who reads a record compares its size with what lies before the tail and the
 * ring's end (shoal__record_fits): nothing else in it is believed before that.
 */
#ifndef SHOAL_STORE_RECORD_H
#define SHOAL_STORE_RECORD_H

#include "platform/atomic.h"
#include "shoal.h"

#define RECORD_UNIT 16u
#define RECORD_SIZE 0x0fffffffu /* in record_sh.head: bytes that follow the record; the bits above: its kind */
#define RECORD_KIND_SHIFT 28
#define RECORD_MOST_UNITS (1u << 26) /* of a ring: 1 GiB */

enum record_kind {
    RECORD_PLAIN = 1, /* the bytes of the message follow */
    RECORD_PAD = 2,   /* nothing, up to the end of the ring; it has no number */
    RECORD_LARGE = 3, /* the message is in a run of pages: a large_sh follows */
};

struct record_sh {
    uint32_t head;   /* size and kind */
    uint32_t number; /* of the message: one more than that of the message before */
};
_Static_assert(sizeof(struct record_sh) == 8, "docs/format.md, Records");

/* A message that lies outside of the ring. */
struct large_sh {
    uint32_t run;   /* ref */
    uint32_t pages; /* of the run */
    uint64_t size;  /* of the message, bytes */
    uint32_t at;    /* where in the run it begins, below 64 */
    uint32_t zero;
};
_Static_assert(sizeof(struct large_sh) == 24, "docs/format.md, Records");

static inline uint32_t shoal__record_head(enum record_kind kind, uint32_t size)
{
    return (uint32_t)kind << RECORD_KIND_SHIFT | size;
}

static inline uint32_t shoal__record_kind(uint32_t head)
{
    return head >> RECORD_KIND_SHIFT;
}

/* Units of a record and the `size` bytes that follow it. */
static inline uint32_t shoal__record_units(uint32_t size)
{
    return ((uint32_t)sizeof(struct record_sh) + size + RECORD_UNIT - 1) / RECORD_UNIT;
}

static inline struct record_sh *shoal__record_at(void *ring, uint32_t units, uint32_t position)
{
    return (struct record_sh *)((unsigned char *)ring + (uint64_t)(position & (units - 1)) * RECORD_UNIT);
}

/* Units of the pad without which a record of `need` units at `position` would wrap. */
static inline uint32_t shoal__record_pad(uint32_t units, uint32_t position, uint32_t need)
{
    uint32_t place = position & (units - 1);
    return place + need > units ? units - place : 0;
}

/* Does a record with this head, read once at `position`, end before the tail, `left` units away, and before the ring's end? */
static inline bool shoal__record_fits(uint32_t head, uint32_t units, uint32_t position, uint32_t left)
{
    uint32_t need = shoal__record_units(head & RECORD_SIZE);
    return need <= left && (position & (units - 1)) + need <= units;
}

/* A ring for so many bytes: units, a power of two, at least 4 and at most RECORD_MOST_UNITS. */
static inline uint32_t shoal__record_ring(uint64_t bytes)
{
    uint32_t units = 4;
    while (units < RECORD_MOST_UNITS && (uint64_t)units * RECORD_UNIT < bytes)
        units *= 2;
    return units;
}

#endif
