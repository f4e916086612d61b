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
