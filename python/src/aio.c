/* The methods that are to be awaited: coroutines of shoal/_aio.py. */
#include "aio.h"

#include "args.h"

/* A new reference. shoal._aio is imported by the first who awaits, since it imports asyncio. */
static PyObject *aio_function(ModuleState *state, const char *function)
{
    PyObject *aio = once_get(&state->aio);
    if (!aio)
        aio = once_put(&state->aio, NULL, PyImport_ImportModule("shoal._aio"));
    return aio ? PyObject_GetAttrString(aio, function) : NULL;
}

PyObject *aio_start(ModuleState *state, const char *function, PyObject *args, PyObject *timeout)
{
    PyObject *callable = args ? aio_function(state, function) : NULL;
    PyObject *kwargs = callable ? Py_BuildValue("{s:O}", "timeout", timeout ? timeout : Py_None) : NULL;
    PyObject *coroutine = kwargs ? PyObject_Call(callable, args, kwargs) : NULL;
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

PyObject *aio_acquire(void *self, int operation, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    if (arg_async_timeout("acquire_async", args, nargs, kwnames, &timeout) < 0)
        return NULL;
    return aio_start(state_of(self), "take", Py_BuildValue("(Oi)", self, operation), timeout);
}

PyObject *aio_wait(void *self, int operation, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    if (arg_async_timeout("wait_async", args, nargs, kwnames, &timeout) < 0)
        return NULL;
    return aio_start(state_of(self), "wait", Py_BuildValue("(Oi)", self, operation), timeout);
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
