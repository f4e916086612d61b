/* A handle: what a process knows of an object that it has open. */
#ifndef SHOAL_SEGMENT_OBJECT_H
#define SHOAL_SEGMENT_OBJECT_H

#include "segment/kind.h"
#include "segment/segment.h"

#define SHOAL_SHARES 17
#define SHOAL_DEFERRED 8
#define HELD_BY_TASK UINT64_MAX

/* Shares of more threads than the handle has room for: chunks that stay as long as the handle. */
struct shoal_shares {
    struct shoal_shares *next;
    _Alignas(8) _Atomic uint64_t share[SHOAL_SHARES];
};

struct shoal_object {
    /*
     * First, for shoal_object_lost of shoal.h. True in a forked child without a pin: the memory may belong to something
     * else by now. /
     */
    bool lost;
    struct shoal_segment *segment;
    struct shoal_object *next; /* in segment->handles */
    void *body;                /* of the object, in shared memory; it never moves */
    uint64_t capacity;         /* of its block, bytes: readers trust no count in the segment */
    char *_Atomic text;        /* of a Condition: the name of its Lock */
    uint32_t refs;             /* 0: nobody has it open, but this process still holds its lock */
    uint32_t entry;            /* ref */
    uint32_t serial;
    uint32_t pin; /* ref; readonly: none, a reader's lock instead */
    int kind;
    uint32_t child_pin; /* pin of the child that is about to be forked */

    /* Holds of this process. Of a Lock, and of an RWLock's writer: */
    _Atomic uint64_t holder; /* a thread's number (platform/process.h), or HELD_BY_TASK; 0: not held by this process */
    uint32_t depth;
    shoal_word recovered; /* any thread may ask */
    uint32_t deferred;    /* words whose sleepers are woken when this Lock is released, since they want it next */
    shoal_word *wake[SHOAL_DEFERRED];
    /* Reads and permits: segment/holds.h. */
    shoal_word crowded;
    shoal_word permit;       /* semaphore: the cell to search first */
    shoal_word want_to_read; /* threads that wait to read */
    /* of a thread: its number, and in the lowest 24 bits its count */
    _Alignas(8) _Atomic uint64_t shares[SHOAL_SHARES];
    struct shoal_shares *_Atomic more;

    size_t name_length;
    char name[];
};

_Static_assert(offsetof(struct shoal_object, lost) == 0 && sizeof(bool) == 1, "shoal_object_lost reads it");

static inline const struct shoal__kind *shoal__row_of(const shoal_object *object)
{
    return shoal__kinds[object->kind]; /* a kind that can be opened */
}

/* Any thread may call it at any time; the holder itself stores it, before other threads of the process may ask. */
static inline uint64_t shoal__holder(const shoal_object *object)
{
    return atomic_load_explicit((_Atomic uint64_t *)&object->holder, memory_order_relaxed);
}

static inline void shoal__set_holder(shoal_object *object, uint64_t thread)
{
    atomic_store_explicit(&object->holder, thread, memory_order_relaxed);
}

/* How many cells of `each` bytes fit the body after a head of `head` bytes, at most `says`. */
static inline uint32_t shoal__cells(const shoal_object *object, uint32_t says, uint32_t head, uint32_t each)
{
    uint64_t room = object->capacity < head ? 0 : (object->capacity - head) / each;
    return says < room ? says : (uint32_t)room;
}

#endif
