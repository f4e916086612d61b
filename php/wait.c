/*
 * Waits that PHP can interrupt.
 *
 * A wait in the core goes on through signals if nobody looks at them, so it is done in slices. Between two slices
 * the engine's interrupt flag is looked at: pcntl's asynchronous handlers run there, and max_execution_time ends
 * the wait. A signal with the default action ends the process in the middle of a slice, as it should.
 */
#include "php_shoal.h"

#define SLICE 0.05 /* seconds */

#if PHP_VERSION_ID >= 80200
#define FLAG(name) zend_atomic_bool_load_ex(&EG(name))
#define CLEAR(name) zend_atomic_bool_store_ex(&EG(name), false)
#else
#define FLAG(name) EG(name)
#define CLEAR(name) (EG(name) = 0)
#endif

bool php_shoal_deadline(shoal_time *deadline, double timeout, bool is_null, uint32_t argument)
{
    if (is_null) {
        *deadline = SHOAL_FOREVER;
        return true;
    }
    if (!(timeout >= 0)) {
        zend_argument_value_error(argument, "must be null, 0 or a positive number of seconds");
        return false;
    }
    *deadline = timeout == 0 ? SHOAL_NO_WAIT : shoal_deadline(timeout);
    return true;
}

/* May the wait go on? */
static bool serve_interrupts(void)
{
    if (!FLAG(vm_interrupt)) {
        return true;
    }
    if (FLAG(timed_out)) {
        return false; /* leave the flags: the engine raises the error when the method has returned */
    }
    CLEAR(vm_interrupt);
    if (zend_interrupt_function) {
        zend_interrupt_function(EG(current_execute_data));
    }
    return !EG(exception);
}

int php_shoal_wait(shoal_attempt attempt, void *argument, shoal_time deadline)
{
    int status = attempt(argument, SHOAL_NO_WAIT);
    while ((status == SHOAL_ETIMEDOUT || status == SHOAL_EINTR) && deadline != SHOAL_NO_WAIT) {
        if (!serve_interrupts()) {
            return SHOAL_EINTR;
        }
        shoal_time slice = shoal_deadline(SLICE);
        bool last = slice >= deadline;
        status = attempt(argument, last ? deadline : slice);
        if (last && status == SHOAL_ETIMEDOUT) {
            return status;
        }
    }
    return status == SHOAL_EINTR ? SHOAL_ETIMEDOUT : status; /* a single try, disturbed */
}
