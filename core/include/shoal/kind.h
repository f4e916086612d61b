/* The kinds of objects. Each has a header of its own: value.h, ndarray.h, … Part of shoal.h. */
#ifndef SHOAL_KIND_H
#define SHOAL_KIND_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * The one list of kinds: X(CODE, number, file, article, name), in the order of the numbers, which are part of the
 * format. `file` is the base name of the kind's files: its header here, and its files in the core, the bindings and the
 * tests.
 */
#define SHOAL_KIND_LIST(X)                                                                                             \
    X(VALUE, 1, value, "a", "Value")                                                                                   \
    X(NDARRAY, 2, ndarray, "an", "NdArray")                                                                            \
    X(COUNTER, 3, counter, "a", "Counter")                                                                             \
    X(LOCK, 4, lock, "a", "Lock")                                                                                      \
    X(RWLOCK, 5, rwlock, "an", "RWLock")                                                                               \
    X(SEMAPHORE, 6, semaphore, "a", "Semaphore")                                                                       \
    X(EVENT, 7, event, "an", "Event")                                                                                  \
    X(CONDITION, 8, condition, "a", "Condition")                                                                       \
    X(BARRIER, 9, barrier, "a", "Barrier")                                                                             \
    X(QUEUE, 10, queue, "a", "Queue")                                                                                  \
    X(JOB_QUEUE, 11, job_queue, "a", "JobQueue")                                                                       \
    X(CHANNEL, 12, channel, "a", "Channel")                                                                            \
    X(STREAM, 13, stream, "a", "Stream")                                                                               \
    X(MAP, 14, map, "a", "Map")                                                                                        \
    X(LOCKS, 15, locks, "a", "Locks")

enum shoal_kind {
    SHOAL_KIND_NONE = 0,
#define SHOAL_KIND_ENUM(code, number, file, article, name) SHOAL_KIND_##code = number,
    SHOAL_KIND_LIST(SHOAL_KIND_ENUM)
#undef SHOAL_KIND_ENUM
        SHOAL_KIND_END, /* one more than the last */
};
#define SHOAL_KIND_LAST (SHOAL_KIND_END - 1)
SHOAL_API const char *shoal_kind_name(int kind);   /* "Value", "NdArray", "Counter", "Lock", "RWLock", … */
SHOAL_API const char *shoal_kind_phrase(int kind); /* "a Value", "an NdArray", … */

#endif
