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
