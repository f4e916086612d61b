/* What calls return, and the time until which they wait. Part of shoal.h. */
#ifndef SHOAL_STATUS_H
#define SHOAL_STATUS_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * The one list of errors: X(code, number, exception, message). `exception` is the class that both bindings raise;
 * TypeError, ValueError, IndexError, OverflowError and OSError are the host language's own.
 */
#define SHOAL_STATUS_LIST(X)                                                                                           \
    X(ENOTFOUND, -1, "NotFound", "no such segment")                                                                    \
    X(ENOKEY, -2, "NotFound", "no object of that name in the segment")                                                 \
    X(EEXISTS, -3, "AlreadyExists", "a segment of that name exists already")                                           \
    X(EMISMATCH, -4, "TypeMismatch", "the object has another type, dtype, shape or parameters than asked for")         \
    X(ENOSPACE, -5, "NoSpace", "the segment, the host's memory or a fixed limit is full")                              \
    X(EDENIED, -6, "Denied", "not permitted, or owned by somebody else")                                               \
    X(EREADONLY, -7, "ReadOnly", "write through a readonly attach")                                                    \
    X(ECORRUPT, -8, "Corrupt", "not a segment, or damaged")                                                            \
    X(EVERSION, -9, "VersionMismatch", "a segment of another format version")                                          \
    X(ETIMEDOUT, -10, "Timeout", "the deadline passed")                                                                \
    X(EOWNERDIED, -11, "OwnerDied", "the owner of a strict lock died, and repair() was not called yet")                \
    X(ELOCK, -12, "LockError", "held, not held, or waiting for it would be a deadlock")                                \
    X(ECLOSED, -13, "Closed", "used after close")                                                                      \
    X(EINTR, -14, "OSError", "a signal came first; call again with the same deadline")                                 \
    X(EVALUE, -15, "ValueError", "an argument is out of range")                                                        \
    X(ETYPE, -16, "TypeError", "an argument has the wrong type")                                                       \
    X(EINDEX, -17, "IndexError", "an index is out of range")                                                           \
    X(EOVERFLOW, -18, "OverflowError", "the result does not fit; nothing changed")                                     \
    X(ESYSTEM, -19, "OSError", "the operating system refused")                                                         \
    X(ENOMEM, -20, "MemoryError", "this process is out of memory")                                                     \
    X(EBROKEN, -21, "BrokenBarrier", "the barrier is broken, or was reset while waiting at it")                        \
    X(EFULL, -22, "Full", "the queue has no room for it, and the deadline passed")                                     \
    X(EEMPTY, -23, "Empty", "the queue has nothing to give, and the deadline passed")                                  \
    X(ESHUT, -24, "ShutDown", "the queue was shut down")

enum shoal_status {
    SHOAL_OK = 0,
    SHOAL_RECOVERED = 1, /* the lock is yours, but its last holder died holding it */
    SHOAL_LIVE = 2,      /* the name is a live object, not a Value: open it instead */
    SHOAL_LARGER = 3,    /* the buffer is too small; *size is the size needed */
    SHOAL_PENDING = 4,   /* of a wait in pieces: the wait goes on */
    SHOAL_MISS = 5,      /* of a map: the key is not there, or is not as the call asks for */
#define SHOAL_STATUS_ENUM(code, number, exception, message) SHOAL_##code = number,
    SHOAL_STATUS_LIST(SHOAL_STATUS_ENUM)
#undef SHOAL_STATUS_ENUM
};

SHOAL_API const char *shoal_status_name(int status);      /* "SHOAL_ENOTFOUND" */
SHOAL_API const char *shoal_status_exception(int status); /* "NotFound" */
SHOAL_API const char *shoal_status_message(int status);   /* the general sentence of the list */

/* What exactly went wrong in this thread's last failed call: never NULL, valid until the next failing call. */
SHOAL_API const char *shoal_error_message(void);

typedef int64_t shoal_time; /* nanoseconds of this process's CLOCK_MONOTONIC */
#define SHOAL_NO_WAIT ((shoal_time)0)
#define SHOAL_FOREVER INT64_MAX
/*
 * As SHOAL_NO_WAIT, but without asking the kernel whether the holder is dead. For a binding that tries first while it
 * has the interpreter's lock, and releases that lock only if it must wait. Not for a Barrier.
 */
#define SHOAL_GLANCE ((shoal_time) - 1)
#define SHOAL_FIRST_LOOK(deadline) ((deadline) == SHOAL_NO_WAIT ? SHOAL_NO_WAIT : SHOAL_GLANCE)

SHOAL_API shoal_time shoal_now(void);
SHOAL_API shoal_time shoal_deadline(double seconds); /* now + seconds; negative: SHOAL_NO_WAIT, huge or inf: FOREVER */

#endif
