/* Waiting without the GIL, so that Ctrl-C and other signals are answered, and what acquire() and its kin return. */
#include "wait.h"

#include "errors.h"
#include "gil.h"

int wait_on(shoal_wait *wait, shoal_time deadline)
{
    for (;;) {
        int status;
        WITHOUT_GIL(status = shoal_wait_until(wait, deadline));
        if (status != SHOAL_EINTR)
            return status;
        if (PyErr_CheckSignals() < 0)
            return STATUS_RAISED;
    }
}

int wait_without_gil(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline)
{
    shoal_wait wait;
    int status = shoal_wait_begin(&wait, object, operation, flags, argument);
    if (status < 0)
        return status;
    status = wait_on(&wait, deadline);
    if (status == STATUS_RAISED)
        shoal_wait_cancel(&wait);
    return status;
}

int check_signals_in_wait(shoal_object *object, int operation, int64_t argument)
{
    shoal_wait wait;
    bool begun = shoal_wait_begin(&wait, object, operation, 0, argument) >= 0;
    bool waits = begun && shoal_wait_try(&wait) == SHOAL_PENDING;
    int result = PyErr_CheckSignals();
    if (waits)
        shoal_wait_cancel(&wait);
    return result;
}

/* ---- What comes back ---------------------------------------------------------------------------- */

PyObject *waited(void *self, int status)
{
    if (status == SHOAL_ETIMEDOUT)
        Py_RETURN_FALSE;
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_TRUE;
}

PyObject *done(void *self, int status)
{
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_NONE;
}

PyObject *entered(void *self, int status)
{
    return status < 0 ? raise_status(state_of(self), status) : Py_NewRef(self);
}

/* The exception of the block is what its caller must see: one of the release goes to sys.unraisablehook then. */
PyObject *exited(void *self, int status, PyObject *const *args, Py_ssize_t nargs)
{
    if (status >= 0)
        Py_RETURN_FALSE;
    raise_status(state_of(self), status);
    if (nargs == 0 || args[0] == Py_None)
        return NULL;
    PyErr_WriteUnraisable(self);
    Py_RETURN_FALSE;
}
