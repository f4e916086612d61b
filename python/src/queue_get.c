/* Getting from a Queue. */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "gil.h"
#include "message.h"
#include "queue.h"
#include "wait.h"

/* ---- One ---------------------------------------------------------------------------------------- */

__attribute__((noinline)) static int get_without_gil(shoal_taken *taken, shoal_object *queue, void *buffer,
                                                     shoal_time deadline)
{
    for (;;) {
        int status;
        WITHOUT_GIL(status = shoal_queue_get(taken, queue, buffer, deadline));
        if (status != SHOAL_EINTR)
            return status;
        if (check_signals_in_wait(queue, SHOAL_WAIT_GET, 0) < 0)
            return STATUS_RAISED;
    }
}

/* NULL with *status of shoal_queue_get, where that is no error with an exception. */
static PyObject *get_until(HandleObject *self, shoal_time deadline, int *status)
{
    _Alignas(16) unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    *status = shoal_queue_get(&taken, self->object, buffer, SHOAL_GLANCE);
    if (__builtin_expect(*status == SHOAL_EEMPTY, 0))
        *status = get_without_gil(&taken, self->object, buffer, deadline);
    return *status < 0 ? NULL : message_take(state_of(self), &taken);
}

static PyObject *got(HandleObject *self, shoal_time deadline)
{
    int status;
    PyObject *value = get_until(self, deadline, &status);
    return status < 0 ? raise_status(state_of(self), status) : value;
}

PyObject *queue_get(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"block", "timeout", NULL};
    static const Signature signature = {"get", names, 2, 0};
    PyObject *given[2];
    shoal_time deadline = SHOAL_FOREVER;
    if ((nargs > 0 || kwnames) &&
        (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_blocking(given[0], given[1], &deadline) < 0))
        return NULL;
    return got(self, deadline);
}

PyObject *queue_get_nowait(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return got(self, SHOAL_NO_WAIT);
}

/* Iteration ends when the queue is shut and there is nothing left. */
PyObject *queue_next(HandleObject *self)
{
    int status;
    PyObject *value = get_until(self, SHOAL_FOREVER, &status);
    return status < 0 && status != SHOAL_ESHUT ? raise_status(state_of(self), status) : value;
}

/* ---- Many --------------------------------------------------------------------------------------- */

#define AT_ONCE 128
#define AT_ONCE_BYTES (64 * 1024)

typedef struct Bunch {
    shoal_taken taken[AT_ONCE];
    size_t count;
    _Alignas(16) unsigned char buffer[AT_ONCE_BYTES];
} Bunch;

static int bunch_get(Bunch *bunch, size_t limit, shoal_object *queue, shoal_time deadline)
{
    limit = limit < AT_ONCE ? limit : AT_ONCE;
    bunch->count = 0;
    return shoal_queue_get_many(bunch->taken, limit, &bunch->count, queue, bunch->buffer, AT_ONCE_BYTES, deadline);
}

/* The first ones: as get_without_gil. */
static int bunch_wait(Bunch *bunch, size_t limit, shoal_object *queue, shoal_time deadline)
{
    int status = bunch_get(bunch, limit, queue, SHOAL_GLANCE);
    while (status == SHOAL_EEMPTY || status == SHOAL_EINTR) {
        WITHOUT_GIL(status = bunch_get(bunch, limit, queue, deadline));
        if (status == SHOAL_EINTR && check_signals_in_wait(queue, SHOAL_WAIT_GET, 0) < 0)
            return STATUS_RAISED;
        if (status == SHOAL_EEMPTY)
            break;
    }
    return status;
}

/* All are taken out of `bunch`; after an exception those that are left are lost, as is what was got. */
static int bunch_append(ModuleState *state, Bunch *bunch, PyObject *list)
{
    int result = 0;
    for (size_t i = 0; i < bunch->count; i++) {
        if (result < 0) {
            shoal_taken_end(&bunch->taken[i]);
            continue;
        }
        PyObject *value = message_take(state, &bunch->taken[i]);
        result = value ? PyList_Append(list, value) : -1;
        Py_XDECREF(value);
    }
    return result;
}

/* Whatever comes after the first ones must be there already. */
static int get_all(HandleObject *self, Bunch *bunch, PyObject *list, size_t limit, shoal_time deadline)
{
    int status = bunch_wait(bunch, limit, self->object, deadline);
    while (status >= 0) {
        if (bunch_append(state_of(self), bunch, list) < 0)
            return STATUS_RAISED;
        size_t rest = limit - (size_t)PyList_GET_SIZE(list);
        if (rest == 0)
            return SHOAL_OK;
        status = bunch_get(bunch, rest, self->object, SHOAL_GLANCE);
    }
    return PyList_GET_SIZE(list) > 0 ? SHOAL_OK : status;
}

PyObject *queue_get_many(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"max", "block", "timeout", NULL};
    static const Signature signature = {"get_many", names, 3, 1};
    PyObject *given[3];
    uint32_t limit;
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_count(given[0], "max", 1, UINT32_MAX, &limit) < 0 || arg_blocking(given[1], given[2], &deadline) < 0)
        return NULL;
    Bunch *bunch = PyMem_Malloc(sizeof *bunch);
    if (!bunch)
        return PyErr_NoMemory();
    PyObject *list = PyList_New(0);
    int status = list ? get_all(self, bunch, list, limit, deadline) : STATUS_RAISED;
    PyMem_Free(bunch);
    if (status >= 0)
        return list;
    Py_XDECREF(list);
    return raise_status(state_of(self), status);
}

/* ---- Tasks -------------------------------------------------------------------------------------- */

PyObject *queue_get_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    shoal_time deadline;
    if (arg_async_timeout("get_async", args, nargs, kwnames, &timeout) < 0 || arg_timeout(timeout, &deadline) < 0)
        return NULL;
    return aio_start(state_of(self), "get", Py_BuildValue("(O)", self), timeout);
}

PyObject *queue_anext(HandleObject *self)
{
    return aio_start(state_of(self), "get_next", Py_BuildValue("(O)", self), NULL);
}

/* A value that is there, or `nothing`. */
PyObject *queue_poll(HandleObject *self, PyObject *nothing)
{
    int status;
    PyObject *value = get_until(self, SHOAL_NO_WAIT, &status);
    if (status == SHOAL_EEMPTY)
        return Py_NewRef(nothing);
    return status < 0 ? raise_status(state_of(self), status) : value;
}
