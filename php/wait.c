/*
 * Waits that PHP can interrupt.
 *
 * A wait is done in slices, between which the engine's interrupt flag is looked at: pcntl's asynchronous handlers
 * run there, and max_execution_time ends the script. A signal with the default action ends the process in the middle
 * of a slice, as it should.
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

/*
 * End of the script, as the engine does it. Here and not by the flags alone: the engine may look at them only after
 * the script went on as if the wait had ended.
 */
static void time_out(void)
{
    CLEAR(vm_interrupt);
    zend_timeout();
}

/* May the wait go on? */
static bool serve_interrupts(shoal_time script_end)
{
    if (shoal_now() >= script_end || (FLAG(vm_interrupt) && FLAG(timed_out))) {
        time_out();
    }
    if (!FLAG(vm_interrupt)) {
        return true;
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
    if (EXPECTED(status != SHOAL_ETIMEDOUT && status != SHOAL_EINTR)) {
        return status;
    }
    /* max_execution_time counts processor time on most systems, and a wait takes none: count its seconds here. */
    shoal_time script_end = EG(timeout_seconds) > 0 ? shoal_deadline((double)EG(timeout_seconds)) : SHOAL_FOREVER;
    while ((status == SHOAL_ETIMEDOUT || status == SHOAL_EINTR) && shoal_now() < deadline) {
        if (!serve_interrupts(script_end)) {
            return SHOAL_EINTR;
        }
        shoal_time slice = shoal_deadline(SLICE);
        status = attempt(argument, MIN(slice, deadline));
    }
    return status == SHOAL_EINTR ? SHOAL_ETIMEDOUT : status;
}
