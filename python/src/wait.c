/* Waiting without the GIL, so that Ctrl-C and other signals are answered, and what acquire() and its kin return. */
#include "binding.h"

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

/* ---- asyncio ------------------------------------------------------------------------------------ */

/* A new reference. shoal._aio is imported by the first who awaits, since it imports asyncio. */
static PyObject *aio_function(ModuleState *state, const char *function)
{
    PyObject *aio = once_get(&state->aio);
    if (!aio)
        aio = once_put(&state->aio, NULL, PyImport_ImportModule("shoal._aio"));
    return aio ? PyObject_GetAttrString(aio, function) : NULL;
}

PyObject *aio_start(ModuleState *state, const char *function, PyObject *self, PyObject *argument, PyObject *timeout)
{
    PyObject *callable = aio_function(state, function);
    PyObject *args = argument ? PyTuple_Pack(2, self, argument) : PyTuple_Pack(1, self);
    PyObject *kwargs = Py_BuildValue("{s:O}", "timeout", timeout ? timeout : Py_None);
    PyObject *coroutine = callable && args && kwargs ? PyObject_Call(callable, args, kwargs) : NULL;
    Py_XDECREF(callable);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return coroutine;
}

int arg_async_timeout(const char *method, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                      PyObject **timeout)
{
    static const char *const names[] = {"timeout", NULL};
    return arg_parse(&(Signature){method, names, 0, 0}, args, nargs, kwnames, timeout);
}

PyObject *aio_acquire(void *self, const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    if (arg_async_timeout("acquire_async", args, nargs, kwnames, &timeout) < 0)
        return NULL;
    return aio_start(state_of(self), function, self, NULL, timeout);
}

PyObject *aio_wait(void *self, const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    if (arg_async_timeout("wait_async", args, nargs, kwnames, &timeout) < 0)
        return NULL;
    return aio_start(state_of(self), function, self, NULL, timeout);
}

PyObject *aio_enter(ModuleState *state, PyObject *self, PyObject *taken)
{
    PyObject *callable = taken ? aio_function(state, "enter") : NULL;
    PyObject *coroutine = callable ? PyObject_CallFunctionObjArgs(callable, self, taken, NULL) : NULL;
    Py_XDECREF(callable);
    Py_XDECREF(taken);
    return coroutine;
}

PyObject *aio_exit(ModuleState *state, PyObject *result)
{
    PyObject *callable = result ? aio_function(state, "leave") : NULL;
    PyObject *coroutine = callable ? PyObject_CallFunctionObjArgs(callable, result, NULL) : NULL;
    Py_XDECREF(callable);
    Py_XDECREF(result);
    return coroutine;
}
