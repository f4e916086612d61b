/* Waits that PHP can interrupt. */
#ifndef PHP_SHOAL_WAIT_H
#define PHP_SHOAL_WAIT_H

#include "php_shoal.h"

/* The core comes back from a wait this often, so that we can look at PHP's interrupts. */
#define SHOAL_SLICE ((shoal_time)50 * 1000 * 1000) /* nanoseconds */

/* ?float $timeout -> a deadline; false: a ValueError was thrown. */
bool php_shoal_deadline(shoal_time *deadline, double timeout, bool is_null, uint32_t argument);
/* The same, or return from the method with the exception. */
#define SHOAL_DEADLINE(deadline, timeout, is_null, argument)                                                           \
    shoal_time deadline;                                                                                               \
    if (UNEXPECTED(!php_shoal_deadline(&deadline, timeout, is_null, argument))) {                                      \
        RETURN_THROWS();                                                                                               \
    }

/*
 * Wait as shoal_wait_begin and shoal_wait_until do, with PHP's signal handlers called in between. SHOAL_EINTR: one of
 * them threw, or called exit: nothing is taken. Does not return when max_execution_time is over (one wait lasts no longer
 * either), or a handler made a fatal error: the script ends, and nothing is taken.
 */
int php_shoal_wait(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline);
/* The same for a wait that was begun. After SHOAL_EINTR it is still, and the caller ends or cancels it. */
int php_shoal_wait_until(shoal_wait *wait, shoal_time deadline);
/*
 * Of a Condition: take the lock back, also with an exception pending; its wait is over then. Below zero: not taken, and an
 * exception is pending. SHOAL_EINTR: (another) handler threw.
 */
int php_shoal_wait_end(shoal_wait *wait, bool *notified);
/* shoal_wait_cancel, and on with the bailout: for a zend_catch. */
ZEND_NORETURN void php_shoal_wait_bailout(shoal_wait *wait);

/*
 * A call that is tried, and waited for in between: of a queue, whose messages and room others may be quicker to take. `attempt` gives
 * `in_vain` where it had to wait longer than until `deadline`.
 */
typedef struct shoal_trial {
    int (*attempt)(void *call, shoal_time deadline);
    void (*end)(void *call); /* frees what the call has when the engine leaves; NULL: nothing */
    shoal_object *object;
    int in_vain;      /* status */
    int operation;    /* of the wait */
    int64_t argument; /* the same */
} shoal_trial;

/* `status` is what a first attempt, with SHOAL_FIRST_LOOK(deadline), has said. Then what the last one says, or as php_shoal_wait. */
int php_shoal_try_on(int status, const shoal_trial *trial, void *call, shoal_time deadline);

static zend_always_inline int php_shoal_try(const shoal_trial *trial, void *call, shoal_time deadline)
{
    int status = trial->attempt(call, SHOAL_FIRST_LOOK(deadline));
    if (EXPECTED(status != SHOAL_EINTR && (status != trial->in_vain || deadline == SHOAL_NO_WAIT))) {
        return status;
    }
    return php_shoal_try_on(status, trial, call, deadline);
}

/*
 * Call `step` until it says something else than SHOAL_EINTR, with PHP's signal handlers called in between. SHOAL_EINTR: one of them,
 * or `step`, threw. Where php_shoal_wait does not return it calls `end` and does not either.
 */
int php_shoal_repeat(int (*step)(void *call), void *call, void (*end)(void *call));

/* `status` is what a first look, with SHOAL_FIRST_LOOK(deadline), has said. If that was too early, wait. */
static zend_always_inline int php_shoal_wait_after(int status, shoal_object *object, int operation, uint32_t flags,
                                                   int64_t argument, shoal_time deadline)
{
    if (EXPECTED(status != SHOAL_ETIMEDOUT) || deadline == SHOAL_NO_WAIT) {
        return status;
    }
    return php_shoal_wait(object, operation, flags, argument, deadline);
}

/* Calls of this context that wait for the lock of a segment's structure answer interrupts; php_shoal_raise ends them. */
void php_shoal_serve(shoal_context *context);
void php_shoal_closes(const shoal_segment *segment); /* a Segment lets go of it */
void php_shoal_end_if_over(void);

#endif
