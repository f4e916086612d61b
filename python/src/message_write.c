/* Values on their way into a queue. */
#include "args.h"
#include "errors.h"
#include "gil.h"
#include "message.h"
#include "value.h"
#include "wait.h"

int arg_blocking(PyObject *block, PyObject *timeout, shoal_time *deadline)
{
    bool blocking;
    if (arg_bool(block, true, &blocking) < 0)
        return -1;
    if (blocking)
        return arg_timeout(timeout, deadline);
    *deadline = SHOAL_NO_WAIT;
    return 0;
}

/* ---- Encoding ----------------------------------------------------------------------------------- */

static int refuse_size(ModuleState *state, uint64_t capacity)
{
    raise_text(state, SHOAL_EVALUE, "a message of more than %llu bytes, the capacity of the queue, would never fit",
               (unsigned long long)capacity);
    return -1;
}

int message_write(ModuleState *state, shoal_writer *writer, PyObject *value, uint64_t capacity)
{
    writer->limit = writer->size + capacity;
    if (value_write(state, writer, value) == 0)
        return 0;
    if (writer->status != SHOAL_ENOSPACE || !PyErr_ExceptionMatches(state->exceptions[-SHOAL_ENOSPACE]))
        return -1;
    PyErr_Clear();
    return refuse_size(state, capacity);
}

static int begin_string(Outgoing *out, int type, const void *bytes, size_t size)
{
    out->how = OUT_STRING;
    out->type = type;
    out->bytes = bytes;
    out->size = size;
    return 0;
}

static int begin_text(ModuleState *state, Outgoing *out, PyObject *text, const shoal_object *queue)
{
    size_t size;
    uint64_t capacity = PyUnicode_GET_LENGTH(text) >= (Py_ssize_t)BIG ? shoal_queue_capacity(queue) : 0;
    if (capacity && (uint64_t)PyUnicode_GET_LENGTH(text) > capacity)
        return refuse_size(state, capacity);
    const char *utf8 = value_utf8(state, text, 0, &size);
    return utf8 ? begin_string(out, SHOAL_STR, utf8, size) : -1;
}

/* A loan of this queue, another array that is copied from where it is, or, 0, one that a Value would not take either. */
static int begin_array(ModuleState *state, Outgoing *out, PyObject *value, const shoal_object *queue)
{
    if (is_ndarray(state, value)) {
        if (!ndarray_view((NdArrayObject *)value))
            return -1;
        out->loan = loan_begin(state, (NdArrayObject *)value, queue);
        out->how = OUT_LOAN;
        if (out->loan || PyErr_Occurred())
            return out->loan ? 1 : -1;
    }
    out->how = OUT_ARRAY;
    return foreign_acquire(state, &out->foreign, value);
}

static int begin_written(ModuleState *state, Outgoing *out, PyObject *value, const shoal_object *queue)
{
    out->how = OUT_BYTES;
    shoal_writer_init(&out->writer);
    if (message_write(state, &out->writer, value, shoal_queue_capacity(queue)) < 0) {
        shoal_writer_free(&out->writer);
        return -1;
    }
    out->bytes = out->writer.bytes;
    out->size = out->writer.size;
    return 0;
}

int outgoing_begin(ModuleState *state, Outgoing *out, PyObject *value, const shoal_object *queue)
{
    if (PyBytes_Check(value))
        return begin_string(out, SHOAL_BIN, PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
    if (PyUnicode_Check(value))
        return begin_text(state, out, value, queue);
    if (!PyLong_Check(value) && !PyDict_Check(value) && !PyTuple_Check(value) && is_array(state, value)) {
        int found = begin_array(state, out, value, queue);
        if (found != 0)
            return found < 0 ? -1 : 0;
    }
    return begin_written(state, out, value, queue);
}

void outgoing_of_bytes(Outgoing *out, const void *bytes, size_t size)
{
    shoal_writer_init(&out->writer);
    out->how = OUT_BYTES;
    out->bytes = bytes;
    out->size = size;
}

void outgoing_end(Outgoing *out)
{
    if (out->how == OUT_BYTES)
        shoal_writer_free(&out->writer);
    else if (out->how == OUT_ARRAY)
        foreign_release(&out->foreign);
    else if (out->how == OUT_LOAN)
        loan_done(out->loan);
}

/* ---- Putting ------------------------------------------------------------------------------------ */

static int put_once(Outgoing *out, shoal_object *queue, shoal_time deadline)
{
    switch (out->how) {
    case OUT_STRING:
        return shoal_queue_put_string(queue, out->type, out->bytes, out->size, deadline);
    case OUT_ARRAY:
        return shoal_queue_put_array(queue, &out->foreign.view, deadline);
    case OUT_LOAN:
        return loan_put(out->loan, deadline);
    default:
        return shoal_queue_put(queue, out->bytes, out->size, deadline);
    }
}

/* About. */
static uint64_t size_of(const Outgoing *out)
{
    return out->how == OUT_ARRAY  ? view_nbytes(&out->foreign.view)
           : out->how == OUT_LOAN ? loan_size(out->loan)
                                  : out->size;
}

__attribute__((noinline)) static int put_without_gil(Outgoing *out, shoal_object *queue, shoal_time deadline)
{
    for (;;) {
        int status;
        WITHOUT_GIL(status = put_once(out, queue, deadline));
        if (status != SHOAL_EINTR)
            return status;
        if (check_signals_in_wait(queue, SHOAL_WAIT_PUT, (int64_t)size_of(out)) < 0)
            return STATUS_RAISED;
    }
}

int outgoing_put(Outgoing *out, shoal_object *queue, shoal_time deadline)
{
    int status = put_once(out, queue, SHOAL_GLANCE);
    return __builtin_expect(status != SHOAL_EFULL, 1) ? status : put_without_gil(out, queue, deadline);
}
