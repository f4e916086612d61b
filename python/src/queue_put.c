/* Putting into a Queue. Values are encoded before anything of the queue is touched. */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "gil.h"
#include "message.h"
#include "queue.h"
#include "value.h"
#include "wait.h"

/* ---- One ---------------------------------------------------------------------------------------- */

/* A status of shoal_queue_put, or STATUS_RAISED. */
static int put_until(HandleObject *self, PyObject *value, shoal_time deadline)
{
    Outgoing out;
    if (outgoing_begin(state_of(self), &out, value, self->object) < 0)
        return STATUS_RAISED;
    int status = outgoing_put(&out, self->object, deadline);
    outgoing_end(&out);
    return status;
}

PyObject *queue_put(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"value", "block", "timeout", NULL};
    static const Signature signature = {"put", names, 3, 1};
    PyObject *given[3];
    shoal_time deadline = SHOAL_FOREVER;
    if (nargs == 1 && !kwnames)
        return done(self, put_until(self, args[0], deadline));
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_blocking(given[1], given[2], &deadline) < 0)
        return NULL;
    return done(self, put_until(self, given[0], deadline));
}

PyObject *queue_put_nowait(HandleObject *self, PyObject *value)
{
    return done(self, put_until(self, value, SHOAL_NO_WAIT));
}

/* ---- Many --------------------------------------------------------------------------------------- */

#define BATCH_VALUES 512                     /* of what is no list or tuple: so many are encoded, then put */
#define BATCH_BYTES (256 * 1024)             /* and about so many bytes, */
#define BATCH_TIME ((shoal_time)1000 * 1000) /* or what comes within so many nanoseconds */

typedef struct Batch {
    shoal_writer writer; /* the messages, one after the other */
    size_t *ends;
    shoal_bytes *messages;
    size_t count, room;
} Batch;

static void batch_free(Batch *batch)
{
    shoal_writer_free(&batch->writer);
    PyMem_Free(batch->ends);
    PyMem_Free(batch->messages);
}

static int batch_grow(Batch *batch)
{
    size_t room = batch->room ? 2 * batch->room : 64;
    size_t *ends = PyMem_Realloc(batch->ends, room * sizeof *ends);
    if (ends)
        batch->ends = ends;
    shoal_bytes *messages = ends ? PyMem_Realloc(batch->messages, room * sizeof *messages) : NULL;
    if (!messages) {
        PyErr_NoMemory();
        return -1;
    }
    batch->messages = messages;
    batch->room = room;
    return 0;
}

static int batch_add(ModuleState *state, Batch *batch, PyObject *value, uint64_t capacity)
{
    if ((batch->count == batch->room && batch_grow(batch) < 0) ||
        message_write(state, &batch->writer, value, capacity) < 0)
        return -1;
    batch->ends[batch->count++] = batch->writer.size;
    return 0;
}

/* How much is taken from an iterable: all of a list or tuple; else a batch, or, where the time may be over, one value. */
typedef enum Amount { WHOLE, SOME, ONE } Amount;

static bool batch_is_full(const Batch *batch, Amount amount, shoal_time start)
{
    return amount == ONE ? batch->count == 1
                         : amount == SOME && batch->count > 0 &&
                               (batch->count == BATCH_VALUES || batch->writer.size >= BATCH_BYTES ||
                                shoal_now() - start >= BATCH_TIME);
}

/* Encode the next values. *over: there are no more. */
static int batch_fill(HandleObject *self, Batch *batch, PyObject *iterator, Amount amount, bool *over)
{
    uint64_t capacity = shoal_queue_capacity(self->object);
    shoal_time start = amount == SOME ? shoal_now() : 0;
    PyObject *value;
    batch->count = 0;
    batch->writer.size = 0;
    while (!batch_is_full(batch, amount, start)) {
        if (!(value = PyIter_Next(iterator))) {
            *over = true;
            return PyErr_Occurred() ? -1 : 0;
        }
        int result = batch_add(state_of(self), batch, value, capacity);
        Py_DECREF(value);
        if (result < 0)
            return -1;
    }
    return 0;
}

static int put_rest(Batch *batch, size_t *put, shoal_object *queue, shoal_time deadline)
{
    size_t done = 0;
    int status = shoal_queue_put_many(&done, queue, batch->messages + *put, batch->count - *put, deadline);
    *put += done;
    return status;
}

static int batch_put(HandleObject *self, Batch *batch, size_t *put, shoal_time deadline)
{
    const unsigned char *start = batch->writer.bytes;
    for (size_t i = 0; i < batch->count; i++) {
        batch->messages[i] = (shoal_bytes){start, (size_t)(batch->writer.bytes + batch->ends[i] - start)};
        start = batch->writer.bytes + batch->ends[i];
    }
    int status = batch->writer.size < BIG ? put_rest(batch, put, self->object, SHOAL_GLANCE) : SHOAL_EFULL;
    while (status == SHOAL_EFULL || status == SHOAL_EINTR) {
        WITHOUT_GIL(status = put_rest(batch, put, self->object, deadline));
        if (status == SHOAL_EINTR &&
            check_signals_in_wait(self->object, SHOAL_WAIT_PUT, (int64_t)batch->messages[*put].size) < 0)
            return STATUS_RAISED;
        if (status == SHOAL_EFULL)
            break;
    }
    return status;
}

/* The values that came before an exception of their iterator are put; Ctrl-C, and what else is no Exception, waits for no room. */
static void put_before_exception(HandleObject *self, Batch *batch, shoal_time deadline)
{
    PyObject *type, *value, *traceback;
    size_t put = 0;
    bool waits = PyErr_ExceptionMatches(PyExc_Exception);
    PyErr_Fetch(&type, &value, &traceback);
    if (batch->count > 0 && batch_put(self, batch, &put, waits ? deadline : SHOAL_NO_WAIT) == STATUS_RAISED)
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

/* How many were put before the time was over or the queue shut; NULL with the exception, also of a queue that was shut before. */
static PyObject *put_all(HandleObject *self, PyObject *iterator, Amount amount, shoal_time deadline)
{
    Batch batch = {.ends = NULL};
    size_t total = 0;
    bool over = false;
    int status = SHOAL_OK;
    shoal_writer_init(&batch.writer);
    while (!over && status >= 0) {
        size_t put = 0;
        status = batch_fill(self, &batch, iterator, amount, &over) < 0 ? STATUS_RAISED : SHOAL_OK;
        if (status < 0 && amount != WHOLE)
            put_before_exception(self, &batch, deadline);
        if (status >= 0 && batch.count > 0)
            status = batch_put(self, &batch, &put, deadline);
        total += put;
        over = over || is_over_at(deadline);
    }
    batch_free(&batch);
    if (status < 0 && status != SHOAL_EFULL && !(status == SHOAL_ESHUT && total > 0))
        return raise_status(state_of(self), status);
    return PyLong_FromSize_t(total);
}

PyObject *queue_put_many(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"values", "block", "timeout", NULL};
    static const Signature signature = {"put_many", names, 3, 1};
    PyObject *given[3];
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_blocking(given[1], given[2], &deadline) < 0)
        return NULL;
    PyObject *iterator = PyObject_GetIter(given[0]);
    if (!iterator)
        return NULL;
    bool whole = PyList_Check(given[0]) || PyTuple_Check(given[0]);
    Amount amount = whole ? WHOLE : deadline == SHOAL_FOREVER ? SOME : ONE;
    PyObject *count = put_all(self, iterator, amount, deadline);
    Py_DECREF(iterator);
    return count;
}

/* ---- Tasks -------------------------------------------------------------------------------------- */

PyObject *queue_put_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"value", "timeout", NULL};
    static const Signature signature = {"put_async", names, 1, 1};
    PyObject *given[2];
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_timeout(given[1], &deadline) < 0)
        return NULL;
    return aio_start(state_of(self), "put", Py_BuildValue("(OO)", self, given[0]), given[1]);
}

/* Whether it was put; Full instead of False if that was the last try. */
static PyObject *offered(HandleObject *self, int status, bool last)
{
    if (status < 0 && (last || status != SHOAL_EFULL))
        return raise_status(state_of(self), status);
    return PyBool_FromLong(status >= 0);
}

PyObject *queue_offer(HandleObject *self, PyObject *value)
{
    return offered(self, put_until(self, value, SHOAL_NO_WAIT), false);
}

/* The bytes of a message, and their number: a task that waits for room encodes its value once. A loan is put as it is. */
PyObject *queue_parcel(HandleObject *self, PyObject *value)
{
    Outgoing out;
    ModuleState *state = state_of(self);
    if (!handle_usable(self))
        return NULL;
    if (is_ndarray(state, value) && ((NdArrayObject *)value)->memory) {
        out.loan = loan_begin(state, (NdArrayObject *)value, self->object);
        if (out.loan) {
            size_t size = loan_size(out.loan);
            loan_done(out.loan);
            return Py_BuildValue("(On)", value, (Py_ssize_t)size);
        }
        if (PyErr_Occurred())
            return NULL;
    }
    shoal_writer_init(&out.writer);
    PyObject *parcel = NULL;
    if (message_write(state, &out.writer, value, shoal_queue_capacity(self->object)) == 0)
        parcel = Py_BuildValue("(y#n)", (const char *)out.writer.bytes, (Py_ssize_t)out.writer.size,
                               (Py_ssize_t)out.writer.size);
    shoal_writer_free(&out.writer);
    return parcel;
}

/* (parcel, last=False) */
PyObject *queue_offer_parcel(HandleObject *self, PyObject *args)
{
    Outgoing out;
    PyObject *parcel;
    int last = 0;
    if (!PyArg_ParseTuple(args, "O|p:_offer_parcel", &parcel, &last))
        return NULL;
    if (!PyBytes_Check(parcel))
        return offered(self, put_until(self, parcel, SHOAL_NO_WAIT), last);
    outgoing_of_bytes(&out, PyBytes_AS_STRING(parcel), (size_t)PyBytes_GET_SIZE(parcel));
    return offered(self, outgoing_put(&out, self->object, SHOAL_NO_WAIT), last);
}

/* ---- Loans -------------------------------------------------------------------------------------- */

PyObject *queue_loan(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"shape", "dtype", "timeout", NULL};
    static const Signature signature = {"loan", names, 2, 1};
    ModuleState *state = state_of(self);
    PyObject *given[3], *array = NULL;
    shoal_dtype dtype = {SHOAL_FLOAT64, 8};
    shoal_view view;
    size_t ndim;
    int64_t shape[SHOAL_MAX_DIMS];
    uint64_t nbytes;
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_shape(given[0], &ndim, shape) < 0 ||
        (given[1] && given[1] != Py_None && arg_dtype(state, given[1], &dtype) < 0) ||
        arg_timeout(given[2], &deadline) < 0)
        return NULL;
    int status = shoal_view_init(&view, &nbytes, dtype, ndim, shape);
    if (status >= 0)
        status = loan_array(&array, state, self->object, &view, deadline);
    return status < 0 ? raise_status(state, status) : array;
}
