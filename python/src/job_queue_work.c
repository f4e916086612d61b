/* Putting jobs, taking them, waiting until all are done. */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "gil.h"
#include "job_queue.h"
#include "message.h"
#include "wait.h"

/* ---- Putting ------------------------------------------------------------------------------------ */

typedef struct Terms {
    uint32_t priority;
    shoal_time delay;
} Terms;

static int arg_terms(PyObject *priority, PyObject *delay, Terms *terms)
{
    *terms = (Terms){0, 0};
    if (priority && arg_count(priority, "priority", 0, SHOAL_JOB_PRIORITIES - 1, &terms->priority) < 0)
        return -1;
    return delay ? arg_duration(delay, "a delay", &terms->delay) : 0;
}

static uint64_t capacity_of(const shoal_object *queue)
{
    shoal_job_queue_options options;
    return shoal_job_queue_read_options(&options, queue) < 0 ? 0 : options.capacity;
}

/* First with the GIL, which is free; more than a little is copied without it. */
static int put_bytes(shoal_object *queue, const void *bytes, size_t size, Terms terms, shoal_time deadline)
{
    int status = SHOAL_EFULL;
    if (size < BIG)
        status = shoal_job_queue_put(queue, bytes, size, terms.priority, terms.delay, SHOAL_FIRST_LOOK(deadline));
    if (status != SHOAL_EFULL || (deadline == SHOAL_NO_WAIT && size < BIG))
        return status;
    for (;;) {
        WITHOUT_GIL(status = shoal_job_queue_put(queue, bytes, size, terms.priority, terms.delay, deadline));
        if (status != SHOAL_EINTR)
            return status;
        if (check_signals_in_wait(queue, SHOAL_WAIT_PUT, (int64_t)size) < 0)
            return STATUS_RAISED;
    }
}

static int put_until(HandleObject *self, PyObject *value, Terms terms, shoal_time deadline)
{
    shoal_writer writer;
    int status = STATUS_RAISED;
    shoal_writer_init(&writer);
    if (message_write(state_of(self), &writer, value, capacity_of(self->object)) == 0)
        status = put_bytes(self->object, writer.bytes, writer.size, terms, deadline);
    shoal_writer_free(&writer);
    return status;
}

PyObject *job_queue_put(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"value", "block", "timeout", "priority", "delay", NULL};
    static const Signature signature = {"put", names, 3, 1};
    PyObject *given[5];
    Terms terms = {0, 0};
    shoal_time deadline = SHOAL_FOREVER;
    if (nargs == 1 && !kwnames)
        return done(self, put_until(self, args[0], terms, deadline));
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_blocking(given[1], given[2], &deadline) < 0 ||
        arg_terms(given[3], given[4], &terms) < 0)
        return NULL;
    return done(self, put_until(self, given[0], terms, deadline));
}

PyObject *job_queue_put_nowait(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"value", "priority", "delay", NULL};
    static const Signature signature = {"put_nowait", names, 1, 1};
    PyObject *given[3];
    Terms terms;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_terms(given[1], given[2], &terms) < 0)
        return NULL;
    return done(self, put_until(self, given[0], terms, SHOAL_NO_WAIT));
}

/* How many were put before the time was over or the queue shut; NULL: an exception. */
static PyObject *put_all(HandleObject *self, PyObject *iterator, Terms terms, shoal_time deadline)
{
    PyObject *value;
    Py_ssize_t count = 0;
    int status = SHOAL_OK;
    while (status >= 0 && !(count > 0 && is_over_at(deadline)) && (value = PyIter_Next(iterator))) {
        status = put_until(self, value, terms, deadline);
        count += status >= 0;
        Py_DECREF(value);
    }
    if (status >= 0 && PyErr_Occurred())
        return NULL;
    if (status < 0 && status != SHOAL_EFULL && !(status == SHOAL_ESHUT && count > 0))
        return raise_status(state_of(self), status);
    return PyLong_FromSsize_t(count);
}

PyObject *job_queue_put_many(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"values", "block", "timeout", "priority", "delay", NULL};
    static const Signature signature = {"put_many", names, 3, 1};
    PyObject *given[5];
    Terms terms;
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_blocking(given[1], given[2], &deadline) < 0 ||
        arg_terms(given[3], given[4], &terms) < 0)
        return NULL;
    PyObject *iterator = PyObject_GetIter(given[0]);
    PyObject *count = iterator ? put_all(self, iterator, terms, deadline) : NULL;
    Py_XDECREF(iterator);
    return count;
}

/* Encoded once, however often the task has to try. */
static PyObject *parcel_of(HandleObject *self, PyObject *value)
{
    shoal_writer writer;
    PyObject *parcel = NULL;
    shoal_writer_init(&writer);
    if (message_write(state_of(self), &writer, value, capacity_of(self->object)) == 0)
        parcel = PyBytes_FromStringAndSize((const char *)writer.bytes, (Py_ssize_t)writer.size);
    shoal_writer_free(&writer);
    return parcel;
}

PyObject *job_queue_put_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"value", "priority", "delay", "timeout", NULL};
    static const Signature signature = {"put_async", names, 1, 1};
    PyObject *given[4];
    Terms terms;
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_terms(given[1], given[2], &terms) < 0 ||
        arg_timeout(given[3], &deadline) < 0)
        return NULL;
    PyObject *parcel = parcel_of(self, given[0]);
    if (!parcel)
        return NULL;
    PyObject *wanted = Py_BuildValue("(ONIL)", self, parcel, terms.priority, (long long)terms.delay);
    return aio_start(state_of(self), "put_job", wanted, given[3]);
}

/* (parcel, priority, delay in nanoseconds, last=False): whether it was put; Full instead of False if it is the last try. */
PyObject *job_queue_offer_parcel(HandleObject *self, PyObject *args)
{
    PyObject *parcel;
    Terms terms;
    long long delay;
    int last = 0;
    if (!PyArg_ParseTuple(args, "SIL|p:_offer_parcel", &parcel, &terms.priority, &delay, &last))
        return NULL;
    terms.delay = (shoal_time)delay;
    int status =
        put_bytes(self->object, PyBytes_AS_STRING(parcel), (size_t)PyBytes_GET_SIZE(parcel), terms, SHOAL_NO_WAIT);
    if (status < 0 && (last || status != SHOAL_EFULL))
        return raise_status(state_of(self), status);
    return PyBool_FromLong(status >= 0);
}

/* ---- Taking ------------------------------------------------------------------------------------- */

static int take_until(HandleObject *self, shoal_job *job, shoal_time deadline)
{
    int status = shoal_job_queue_take(job, self->object, SHOAL_FIRST_LOOK(deadline));
    if (status != SHOAL_EEMPTY || deadline == SHOAL_NO_WAIT)
        return status;
    for (;;) {
        WITHOUT_GIL(status = shoal_job_queue_take(job, self->object, deadline));
        if (status != SHOAL_EINTR)
            return status;
        if (check_signals_in_wait(self->object, SHOAL_WAIT_GET, 0) < 0)
            return STATUS_RAISED;
    }
}

static PyObject *taken(HandleObject *self, shoal_time deadline)
{
    shoal_job job;
    int status = take_until(self, &job, deadline);
    return status < 0 ? raise_status(state_of(self), status) : job_new(self, &job);
}

PyObject *job_queue_take(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"block", "timeout", NULL};
    static const Signature signature = {"take", names, 2, 0};
    PyObject *given[2];
    shoal_time deadline = SHOAL_FOREVER;
    if ((nargs > 0 || kwnames) &&
        (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_blocking(given[0], given[1], &deadline) < 0))
        return NULL;
    return taken(self, deadline);
}

PyObject *job_queue_take_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    shoal_time deadline;
    if (arg_async_timeout("take_async", args, nargs, kwnames, &timeout) < 0 || arg_timeout(timeout, &deadline) < 0)
        return NULL;
    return aio_start(state_of(self), "take_job", Py_BuildValue("(O)", self), timeout);
}

/* A job that is there now, or `nothing`. */
PyObject *job_queue_poll(HandleObject *self, PyObject *nothing)
{
    shoal_job job;
    int status = take_until(self, &job, SHOAL_NO_WAIT);
    if (status == SHOAL_EEMPTY)
        return Py_NewRef(nothing);
    return status < 0 ? raise_status(state_of(self), status) : job_new(self, &job);
}

/* ---- Waiting until all are done ------------------------------------------------------------------ */

PyObject *job_queue_join(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline;
    if (arg_only_timeout("join", args, nargs, kwnames, &deadline) < 0)
        return NULL;
    int status = shoal_job_queue_join(self->object, SHOAL_FIRST_LOOK(deadline));
    return waited(self, wait_after(status, self->object, SHOAL_WAIT_JOIN, 0, 0, deadline));
}

PyObject *job_queue_join_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    if (arg_async_timeout("join_async", args, nargs, kwnames, &timeout) < 0)
        return NULL;
    return aio_start(state_of(self), "wait", Py_BuildValue("(Oi)", self, SHOAL_WAIT_JOIN), timeout);
}
