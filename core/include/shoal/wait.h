/* Waiting in pieces, for everything that can be waited for. Part of shoal.h. */
#ifndef SHOAL_WAIT_H
#define SHOAL_WAIT_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A shoal_wait is a wait that the caller carries on piece by piece: for a language that must handle its signals, for a
 * Condition or a Barrier (whose waits have state), and for event loops. If this thread itself holds what it waits for,
 * shoal_wait_until returns SHOAL_ELOCK, and shoal_wait_try returns SHOAL_PENDING.
 *
 *   shoal_wait wait;
 *   status = shoal_wait_begin(&wait, object, SHOAL_WAIT_ACQUIRE, 0, 0);
 *   while (status == SHOAL_OK && (status = shoal_wait_until(&wait, deadline)) == SHOAL_EINTR)
 *       …
 *
 * or, without sleeping: shoal_wait_try; on SHOAL_PENDING let some thread sleep in shoal_wait_any, then try again. A
 * wait that has begun ends with any status of shoal_wait_until or shoal_wait_try except SHOAL_EINTR and SHOAL_PENDING,
 * or with shoal_wait_cancel. Until then it must not move in memory, only one thread at a time may use it, and the
 * object must stay open.
 */
enum shoal_operation {
    SHOAL_WAIT_ACQUIRE = 1, /* Lock, Semaphore; Locks: the shoal_key at the address `argument` */
    SHOAL_WAIT_READ = 2,    /* RWLock; Locks: such a key, shared */
    SHOAL_WAIT_WRITE = 3,
    SHOAL_WAIT_SET = 4,     /* Event */
    SHOAL_WAIT_VALUE = 5,   /* Counter: until its value differs from `argument` */
    SHOAL_WAIT_NOTIFY = 6,  /* Condition: shoal_condition_begin */
    SHOAL_WAIT_PASS = 7,    /* Barrier */
    SHOAL_WAIT_PUT = 8,     /* Queue, JobQueue: until there is room for `argument` bytes; then try to put */
    SHOAL_WAIT_GET = 9,     /* Queue: until there is a message; JobQueue: a job; Stream: one that is newer; then try */
    SHOAL_WAIT_JOIN = 10,   /* JobQueue: until no job is ready, delayed or taken */
    SHOAL_WAIT_FRAME = 11,  /* Channel: until there is a frame newer than `argument` */
    SHOAL_WAIT_FLIGHT = 12, /* Map: until nobody computes the key, a shoal_bytes at the address `argument` */
};

#define SHOAL_WAIT_STRICT 1u /* Lock: SHOAL_EOWNERDIED instead of SHOAL_RECOVERED */
#define SHOAL_WAIT_TASK 2u   /* for a task of an event loop: the task becomes the holder, not this thread */

typedef struct shoal_wait {
    /* After SHOAL_PENDING: try again when *word is not `expected`, or after `slice` nanoseconds. */
    const uint32_t *word;
    shoal_time slice;
    uint32_t expected;
    bool slice_over; /* set this before a try if `slice` has passed: the try then looks for dead owners */

    bool last;      /* Barrier, SHOAL_OK: all others wait until this thread calls shoal_barrier_pass */
    uint32_t index; /* Barrier: 0 for the first to arrive … parties - 1 for the last */

    /* For the library, with room for later versions: the caller must not read, write or copy it. */
    union {
        void *pointer;
        int64_t number;
        uint64_t words[28];
    } reserved;
} shoal_wait;

/* SHOAL_OK: begun, nothing is taken yet. SHOAL_ETYPE, SHOAL_EREADONLY, SHOAL_ELOCK (a task and a reentrant Lock), … */
SHOAL_API int shoal_wait_begin(shoal_wait *wait, shoal_object *object, int operation, uint32_t flags, int64_t argument);
/* Returns the statuses of the kind's blocking call. SHOAL_ETIMEDOUT ends the wait. */
SHOAL_API int shoal_wait_until(shoal_wait *wait, shoal_time deadline);
/* The same without sleeping: SHOAL_PENDING when the wait goes on. */
SHOAL_API int shoal_wait_try(shoal_wait *wait);
/*
 * End the wait and leave nothing behind: a wake-up that this wait had received goes to another waiter; a Barrier is
 * broken. Does nothing if the wait is over.
 */
SHOAL_API void shoal_wait_cancel(shoal_wait *wait);
/* Whether another try is worthwhile now. */
SHOAL_API bool shoal_wait_is_ready(const shoal_wait *wait);
/*
 * Sleep until another try of one of `count` pending waits is worthwhile, *bell is not `heard`, the shortest of their
 * slices has passed, or a signal came. At most 127 of them are slept on; with more, or on a kernel without futex_waitv
 * (5.16), this returns after about 2 ms, so that the caller tries again. `bell` is the caller's own word;
 * shoal_wait_ring changes it.
 */
SHOAL_API void shoal_wait_any(shoal_wait *const *waits, size_t count, const uint32_t *bell, uint32_t heard);
SHOAL_API void shoal_wait_ring(uint32_t *bell);

#endif
