/*
 * Waits that PHP can interrupt.
 *
 * The core comes back from a wait at least every SHOAL_SLICE, and on every signal; then the engine's interrupt flag is
 * looked at: pcntl's asynchronous handlers run there, and max_execution_time ends the script. A signal with the default
 * action ends the process in the middle of a slice, as it should.
 *
 * The core is given the caller's deadline and not the slice's, because it looks for cycles of waiting processes only in
 * waits without one. And it keeps the wait over all of it, so that nobody who came later goes in before.
 *
 * The engine leaves by longjmp when the script's time is over, or a handler makes a fatal error. A wait must not stay
 * begun then: it lies on the stack that is left.
 */
#include "wait.h"

#include "exceptions.h"
#include "zend_exceptions.h"

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

/* max_execution_time counts processor time on most systems, and a wait takes none: count its seconds here. */
static shoal_time end_of_script(void)
{
    return EG(timeout_seconds) > 0 ? shoal_deadline((double)EG(timeout_seconds)) : SHOAL_FOREVER;
}

/*
 * End of the script, as the engine does it. Here and not by the flags alone: the engine may look at them only after
 * the script went on as if the wait had ended.
 */
static void time_out(shoal_wait *wait)
{
    shoal_wait_cancel(wait);
    CLEAR(vm_interrupt);
    zend_timeout();
}

void php_shoal_wait_bailout(shoal_wait *wait)
{
    shoal_wait_cancel(wait);
    zend_bailout();
}

/* May the wait go on? */
static bool serve_interrupts(shoal_wait *wait, shoal_time script_end)
{
    bool interrupted = FLAG(vm_interrupt);
    if (SHOAL_G(ending)) {
        php_shoal_wait_bailout(wait);
    }
    if ((interrupted && FLAG(timed_out)) || (script_end != SHOAL_FOREVER && shoal_now() >= script_end)) {
        time_out(wait);
    }
    if (!interrupted) {
        return true;
    }
    CLEAR(vm_interrupt);
    if (zend_interrupt_function) {
        zend_try
        {
            zend_interrupt_function(EG(current_execute_data));
        }
        zend_catch
        {
            php_shoal_wait_bailout(wait);
        }
        zend_end_try();
    }
    return !EG(exception);
}

int php_shoal_wait_until(shoal_wait *wait, shoal_time deadline)
{
    shoal_time script_end = end_of_script();
    int status;
    do {
        if (!serve_interrupts(wait, script_end)) {
            return SHOAL_EINTR;
        }
        status = shoal_wait_until(wait, deadline);
    } while (status == SHOAL_EINTR);
    return status;
}

int php_shoal_wait(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline)
{
    shoal_wait wait;
    int status = shoal_wait_begin(&wait, object, operation, flags, argument);
    if (status < 0) {
        return status;
    }
    status = php_shoal_wait_until(&wait, deadline);
    if (status == SHOAL_EINTR) {
        shoal_wait_cancel(&wait);
    }
    return status;
}

/* ---- The lock of a segment's structure ------------------------------------------------------------ */

/*
 * Calls that find it taken answer interrupts too, from within the core, which the engine must not leave by longjmp: the
 * call ends with SHOAL_EINTR, and php_shoal_raise goes on with what the engine was about to do.
 */
static void begin(void)
{
    SHOAL_G(script_end) = end_of_script();
}

static bool is_over(void)
{
    return FLAG(timed_out) || (SHOAL_G(script_end) != SHOAL_FOREVER && shoal_now() >= SHOAL_G(script_end));
}

static void run_handlers(void)
{
    CLEAR(vm_interrupt);
    if (!zend_interrupt_function) {
        return;
    }
    zend_try
    {
        zend_interrupt_function(EG(current_execute_data));
    }
    zend_catch
    {
        SHOAL_G(ending) = true;
    }
    zend_end_try();
}

/* A handler may close the very segment that its call is about. */
static int answer(shoal_segment *segment)
{
    shoal_segment *outer = SHOAL_G(awaited);
    SHOAL_G(awaited) = segment;
    if (!is_over() && FLAG(vm_interrupt)) {
        run_handlers();
    }
    bool closed = SHOAL_G(awaited) == NULL;
    SHOAL_G(awaited) = outer;
    if (closed && !EG(exception) && !SHOAL_G(ending)) {
        php_shoal_raise_because(SHOAL_ECLOSED, "a signal's handler closed segment \"%s\", which this call waited for",
                                shoal_segment_name(segment));
    }
    return EG(exception) || SHOAL_G(ending) || is_over() ? SHOAL_EINTR : SHOAL_OK;
}

void php_shoal_serve(shoal_context *context)
{
    const shoal_language php = {begin, answer, NULL};
    shoal_context_set_language(context, &php);
    shoal_context_set_slice(context, SHOAL_SLICE);
}

void php_shoal_closes(const shoal_segment *segment)
{
    if (SHOAL_G(awaited) == segment) {
        SHOAL_G(awaited) = NULL;
    }
}

/* What the engine was about to do when the core had to be left first. */
void php_shoal_end_if_over(void)
{
    if (SHOAL_G(ending)) {
        SHOAL_G(ending) = false;
        zend_bailout();
    }
    if (!EG(exception) && is_over()) {
        CLEAR(vm_interrupt);
        zend_timeout();
    }
}

/* ---- Taking the lock of a Condition back --------------------------------------------------------- */

/* An exception that waits until handlers have run: they could not with one pending. */
static zend_object *set_aside(void)
{
    zend_object *thrown = EG(exception);
    EG(exception) = NULL;
    return thrown;
}

/* The first exception, or the later one with the first as its previous. */
static void put_back(zend_object *first)
{
    if (!first) {
        return;
    }
    if (!EG(exception)) {
        EG(exception) = first;
    } else if (zend_is_unwind_exit(EG(exception))) {
        OBJ_RELEASE(first);
    } else {
        zend_exception_set_previous(EG(exception), first);
    }
}

static int end(shoal_wait *wait, bool *notified)
{
    shoal_time script_end = end_of_script();
    int status = shoal_condition_end(notified, wait, SHOAL_NO_WAIT);
    while (status == SHOAL_ETIMEDOUT || status == SHOAL_EINTR) {
        if (!serve_interrupts(wait, script_end)) {
            return SHOAL_EINTR;
        }
        status = shoal_condition_end(notified, wait, SHOAL_FOREVER);
    }
    return status;
}

/* One exception waits until the lock is back, whether it was thrown before or meanwhile. The second ends the wait. */
int php_shoal_wait_end(shoal_wait *wait, bool *notified)
{
    zend_object *first = set_aside();
    int status = end(wait, notified);
    if (status == SHOAL_EINTR && !first && !zend_is_unwind_exit(EG(exception))) {
        first = set_aside();
        status = end(wait, notified);
    }
    if (status < 0) {
        shoal_wait_cancel(wait); /* gives the lock up */
        php_shoal_raise_unless_thrown(status);
    }
    put_back(first);
    return status;
}
