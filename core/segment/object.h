/* A handle: what a process knows of an object that it has open. */
#ifndef SHOAL_SEGMENT_OBJECT_H
#define SHOAL_SEGMENT_OBJECT_H

#include "segment/kind.h"
#include "segment/segment.h"

#define SHOAL_SHARES 17
#define SHOAL_DEFERRED 8
#define HELD_BY_TASK UINT64_MAX

/* Shares of threads that the handle itself has no room for: a list of chunks, which stay as long as the handle. */
struct shoal_shares {
    struct shoal_shares *next;
    _Alignas(8) _Atomic uint64_t share[SHOAL_SHARES];
};

/* Something of a process that keeps a handle, and is lost in a forked child: segment/handle_close.h. */
struct shoal_borrowed {
    bool lost;
    struct shoal_borrowed *next, **link;
};

struct shoal_object {
    /*
     * First field, since shoal_object_lost of the API reads it there. True in a forked child that got no pin: the
     * memory may belong to another object by now.
     */
    bool lost;
    int kind;
    struct shoal_segment *segment;
    const uint32_t *generation; /* the context's, which each use compares with the segment's */
    void *body;                 /* of the object, in shared memory; never moves */

    /* What this process holds of a Lock, or as the writer of an RWLock: */
    _Atomic uint64_t holder; /* a thread's number (platform/process.h), or HELD_BY_TASK; 0: not held by this process */
    uint32_t depth;
    shoal_word recovered; /* atomic, since any thread may ask for it */
    uint32_t deferred;    /* number of words in `wake`: their sleepers want this Lock, and are woken at its release */
    shoal_word *wake[SHOAL_DEFERRED];

    struct shoal_object *next; /* in segment->handles */
    uint64_t capacity;         /* of the body's block, in bytes: counts in the segment are not trusted beyond it */
    char *_Atomic text;        /* of a Condition: the name of its Lock */
    uint32_t refs; /* 0: closed, but the handle stays: this process still holds the object, or could not unpin it yet */
    uint32_t entry; /* ref of its entry_sh */
    uint32_t serial;
    uint32_t pin;       /* ref of its pin_sh; 0 in a readonly attach, which has a byte lock instead */
    uint32_t child_pin; /* ref of the pin for a child that is about to be forked */
    /* Holds of an RWLock's readers, and permits of a Semaphore: segment/holds.h. */
    shoal_word crowded;
    shoal_word permit;       /* of a Semaphore: the cell at which the next search begins */
    shoal_word want_to_read; /* of an RWLock: number of threads that wait to read */
    /* one for each thread: its number, and in the lowest 24 bits how many it holds */
    _Alignas(8) _Atomic uint64_t shares[SHOAL_SHARES];
    struct shoal_shares *_Atomic more;
    struct shoal_borrowed *borrowed;

    size_t name_length;
    char name[];
};

_Static_assert(offsetof(struct shoal_object, lost) == 0 && sizeof(bool) == 1, "shoal_object_lost reads it");

static inline const struct shoal__kind *shoal__row_of(const shoal_object *object)
{
    return shoal__kinds[object->kind]; /* not NULL: only objects of a known kind are opened */
}

/* The thread that holds the object, by this process's own note. Any thread may ask at any time. */
static inline uint64_t shoal__holder(const shoal_object *object)
{
    return atomic_load_explicit((_Atomic uint64_t *)&object->holder, memory_order_relaxed);
}

static inline void shoal__set_holder(shoal_object *object, uint64_t thread)
{
    atomic_store_explicit(&object->holder, thread, memory_order_relaxed);
}

/* `says`, a count that the segment has, or fewer, if the block has no room for so many cells of `each` bytes. */
static inline uint32_t shoal__cells(const shoal_object *object, uint32_t says, uint32_t head, uint32_t each)
{
    uint64_t room = object->capacity < head ? 0 : (object->capacity - head) / each;
    return says < room ? says : (uint32_t)room;
}

#endif
