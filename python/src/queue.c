/* Queue: as queue.Queue, between processes. queue_put.c and queue_get.c have what it does. */
#include "queue.h"

#include "args.h"
#include "errors.h"
#include "job_queue.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

/* ---- Looking ------------------------------------------------------------------------------------ */

typedef int (*number_of)(uint64_t *out, const shoal_object *queue);

static int ask(HandleObject *self, number_of number, uint64_t *out)
{
    int status = number(out, self->object);
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : 0;
}

static Py_ssize_t queue_length(HandleObject *self)
{
    uint64_t size;
    return ask(self, shoal_queue_size, &size) < 0 ? -1 : (Py_ssize_t)size;
}

static PyObject *queue_qsize(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    uint64_t size;
    return ask(self, shoal_queue_size, &size) < 0 ? NULL : PyLong_FromUnsignedLongLong(size);
}

static PyObject *queue_empty(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    uint64_t size;
    return ask(self, shoal_queue_size, &size) < 0 ? NULL : PyBool_FromLong(size == 0);
}

#define SMALLEST_MESSAGE 16

static PyObject *queue_full(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    uint64_t used;
    if (ask(self, shoal_queue_used, &used) < 0)
        return NULL;
    return PyBool_FromLong(used + SMALLEST_MESSAGE > shoal_queue_capacity(self->object));
}

static PyObject *queue_used(HandleObject *self, void *Py_UNUSED(closure))
{
    uint64_t used;
    return ask(self, shoal_queue_used, &used) < 0 ? NULL : PyLong_FromUnsignedLongLong(used);
}

static PyObject *queue_capacity(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *queue = handle_usable(self);
    return queue ? PyLong_FromUnsignedLongLong(shoal_queue_capacity(queue)) : NULL;
}

static PyObject *queue_is_shutdown(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *queue = handle_usable(self);
    return queue ? PyBool_FromLong(shoal_queue_is_shut(queue)) : NULL;
}

static PyObject *queue_repr(HandleObject *self)
{
    uint64_t size, used;
    if (ask(self, shoal_queue_size, &size) < 0 || ask(self, shoal_queue_used, &used) < 0)
        return NULL;
    return PyUnicode_FromFormat("<shoal.Queue '%s' %llu message%s, %llu of %llu bytes%s>",
                                shoal_object_name(self->object, NULL), (unsigned long long)size, size == 1 ? "" : "s",
                                (unsigned long long)used, (unsigned long long)shoal_queue_capacity(self->object),
                                shoal_queue_is_shut(self->object) ? ", shut down" : "");
}

static PyObject *queue_shutdown(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"immediate", NULL};
    static const Signature signature = {"shutdown", names, 1, 0};
    PyObject *given[1];
    bool immediate;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_bool(given[0], false, &immediate) < 0)
        return NULL;
    return done(self, shoal_queue_shut(self->object, immediate));
}

/* ---- The type ----------------------------------------------------------------------------------- */

static PyMethodDef queue_methods[] = {
    METHOD(
        "put", queue_put, FASTCALL,
        "put($self, /, value, block=True, timeout=None)\n--\n\nPut a copy of the value, or a loan without a copy. Full "
        "if there was no room in time; ShutDown; ValueError if it is larger than the capacity."),
    METHOD("put_nowait", queue_put_nowait, METH_O, "put_nowait($self, value, /)\n--\n\nput(value, block=False)."),
    METHOD("put_many", queue_put_many, FASTCALL,
           "put_many($self, /, values, block=True, timeout=None)\n--\n\nPut the values in their order; return how many "
           "were "
           "put before the timeout passed or the queue was shut down."),
    METHOD("get", queue_get, FASTCALL,
           "get($self, /, block=True, timeout=None)\n--\n\nGet the next value. Empty if there was none in time; "
           "ShutDown if "
           "there will be none any more."),
    METHOD("get_nowait", queue_get_nowait, METH_NOARGS, "get_nowait($self, /)\n--\n\nget(block=False)."),
    METHOD("get_many", queue_get_many, FASTCALL,
           "get_many($self, /, max, block=True, timeout=None)\n--\n\nWait as get() does for the first, and get at most "
           "max "
           "of the values that are there, as a list."),
    METHOD("put_async", queue_put_async, FASTCALL,
           "put_async($self, /, value, *, timeout=None)\n--\n\nput() as a coroutine."),
    METHOD("get_async", queue_get_async, FASTCALL, "get_async($self, /, *, timeout=None)\n--\n\nget() as a coroutine."),
    METHOD("loan", queue_loan, FASTCALL,
           "loan($self, /, shape, dtype='float64', *, timeout=None)\n--\n\nAn NdArray of garbage in the segment's "
           "memory, to "
           "be filled and put without a copy."),
    METHOD("qsize", queue_qsize, METH_NOARGS, "qsize($self, /)\n--\n\nHow many values there are to be got, as len()."),
    METHOD("empty", queue_empty, METH_NOARGS, "empty($self, /)\n--\n\nWhether there is nothing to be got."),
    METHOD("full", queue_full, METH_NOARGS,
           "full($self, /)\n--\n\nWhether there is no room for even the smallest value."),
    METHOD("shutdown", queue_shutdown, FASTCALL,
           "shutdown($self, /, immediate=False)\n--\n\nNo more values are put: ShutDown, as from get() when nothing is "
           "left. "
           "immediate: drop what is there."),
    METHOD("__anext__", queue_anext, METH_NOARGS, NULL),
    METHOD("_offer", queue_offer, METH_O, "Put if there is room now; whether it was put."),
    METHOD("_parcel", queue_parcel, METH_O, "What _offer_parcel takes for the value, and its size."),
    METHOD("_offer_parcel", queue_offer_parcel, METH_VARARGS, "Put it if there is room now; whether it was put."),
    METHOD("_poll", queue_poll, METH_O, "Get a value that is there now, or the argument."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef queue_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"capacity", (getter)queue_capacity, NULL, PyDoc_STR("bytes that all messages may have together"), NULL},
    {"used", (getter)queue_used, NULL, PyDoc_STR("bytes of the capacity that are taken now"), NULL},
    {"is_shutdown", (getter)queue_is_shutdown, NULL, PyDoc_STR("whether it was shut down"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for values or room: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef queue_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot queue_slots[] = {
    {Py_tp_doc, PyDoc_STR("Values, first in first out, between processes; each is got at most once. Made by "
                          "Segment.queue(). Iteration gets values until it is shut down and empty.")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, queue_repr},
    {Py_mp_length, queue_length},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, queue_next},
    {Py_am_aiter, PyObject_SelfIter},
    {Py_am_anext, queue_anext},
    {Py_tp_methods, queue_methods},
    {Py_tp_getset, queue_getset},
    {Py_tp_members, queue_members},
    {0, NULL},
};

static PyType_Spec queue_spec = {"shoal.Queue", sizeof(HandleObject), 0, TYPE_FLAGS, queue_slots};

/* ---- Opening ------------------------------------------------------------------------------------ */

/* A queue of jobs where that was asked for, or is there and nothing was said. */
static int wants_jobs(Attachment *attachment, Name name, PyObject *jobs, bool *wanted)
{
    *wanted = false;
    if (jobs && jobs != Py_None)
        return arg_bool(jobs, false, wanted);
    *wanted = job_queue_is_there(attachment, name);
    return 0;
}

static PyObject *open_plain(SegmentObject *self, Attachment *attachment, Name name, PyObject **given)
{
    uint64_t capacity = 0; /* as it is */
    shoal_object *object;
    if (given[3] || given[4]) {
        PyErr_SetString(PyExc_ValueError, "attempts and lease are of a queue of jobs: say jobs=True");
        return NULL;
    }
    if (arg_capacity(state_of(self), given[1], &capacity) < 0)
        return NULL;
    int status = shoal_queue_open(&object, attachment->segment, name.text, name.length, capacity);
    return segment_opened(self, attachment_retain(attachment), object, status);
}

static PyObject *queue_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "capacity", "jobs", "attempts", "lease", NULL};
    static const Signature signature = {"queue", names, 2, 1};
    PyObject *given[5], *made = NULL;
    Name name;
    bool jobs;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (attachment && wants_jobs(attachment, name, given[2], &jobs) == 0)
        made = jobs ? job_queue_open_with(self, attachment, name, given[1], given[3], given[4])
                    : open_plain(self, attachment, name, given);
    attachment_release(attachment);
    return made;
}

static PyObject *wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    errors_make_late(state);
    return handle_new(state, attachment, object);
}

const Kind queue_kind = {
    .opener =
        METHOD("queue", queue_open, FASTCALL,
               "queue($self, /, name, capacity='1M', *, jobs=None, attempts=3, lease=None)\n--\n\nOpen the Queue of "
               "that name, or make it. jobs=True, or a JobQueue there: as job_queue()."),
    .spec = &queue_spec,
    .wrap = wrap,
    .begin = handle_begin,
    .wakes_one = true,
};
