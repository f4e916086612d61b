/* Counter: a signed 64-bit integer, changed atomically. */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

static PyObject *counter_value(HandleObject *self, void *Py_UNUSED(closure))
{
    int64_t value;
    int status = shoal_counter_value(&value, self->object);
    return status < 0 ? raise_status(state_of(self), status) : PyLong_FromLongLong(value);
}

static PyObject *counter_int(HandleObject *self)
{
    return counter_value(self, NULL);
}

typedef int (*change)(int64_t *out, shoal_object *counter, int64_t n);

static PyObject *apply(HandleObject *self, change change, int64_t n)
{
    int64_t value;
    int status = change(&value, self->object, n);
    return status < 0 ? raise_status(state_of(self), status) : PyLong_FromLongLong(value);
}

/* add() and sub(): one optional argument `n`, 1 by default. */
static PyObject *change_by(HandleObject *self, const char *function, change change, PyObject *const *args,
                           Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"n", NULL};
    PyObject *given = nargs == 1 ? args[0] : NULL;
    int64_t n = 1;
    if ((nargs > 1 || kwnames) && arg_parse(&(Signature){function, names, 1, 0}, args, nargs, kwnames, &given) < 0)
        return NULL;
    if (given && arg_int64(given, "n", &n) < 0)
        return NULL;
    return apply(self, change, n);
}

static PyObject *counter_add(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return change_by(self, "add", shoal_counter_add, args, nargs, kwnames);
}

static PyObject *counter_sub(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return change_by(self, "sub", shoal_counter_sub, args, nargs, kwnames);
}

static PyObject *counter_exchange(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"value", NULL};
    static const Signature signature = {"exchange", names, 1, 1};
    PyObject *given[1];
    int64_t value;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_int64(given[0], "value", &value) < 0)
        return NULL;
    return apply(self, shoal_counter_exchange, value);
}

static PyObject *counter_compare_exchange(HandleObject *self, PyObject *const *args, Py_ssize_t nargs,
                                          PyObject *kwnames)
{
    static const char *const names[] = {"expected", "desired", NULL};
    static const Signature signature = {"compare_exchange", names, 2, 2};
    PyObject *given[2];
    int64_t expected, desired;
    bool changed;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_int64(given[0], "expected", &expected) < 0 ||
        arg_int64(given[1], "desired", &desired) < 0)
        return NULL;
    int status = shoal_counter_compare_exchange(&changed, self->object, expected, desired);
    return status < 0 ? raise_status(state_of(self), status) : PyBool_FromLong(changed);
}

static int wait_until(HandleObject *self, int64_t differs_from, shoal_time deadline)
{
    int status = shoal_counter_wait(self->object, differs_from, SHOAL_FIRST_LOOK(deadline));
    return wait_after(status, self->object, SHOAL_WAIT_VALUE, 0, differs_from, deadline);
}

static PyObject *counter_wait(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"differs_from", "timeout", NULL};
    static const Signature signature = {"wait", names, 2, 1};
    PyObject *given[2];
    int64_t differs_from;
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_int64(given[0], "differs_from", &differs_from) < 0 || arg_timeout(given[1], &deadline) < 0)
        return NULL;
    return waited(self, wait_until(self, differs_from, deadline));
}

static PyObject *counter_wait_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"differs_from", "timeout", NULL};
    static const Signature signature = {"wait_async", names, 1, 1};
    PyObject *given[2];
    int64_t differs_from;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_int64(given[0], "differs_from", &differs_from) < 0)
        return NULL;
    return aio_start(state_of(self), "wait", Py_BuildValue("(OiO)", self, SHOAL_WAIT_VALUE, given[0]), given[1]);
}

static PyObject *counter_repr(HandleObject *self)
{
    int64_t value;
    int status = shoal_counter_value(&value, self->object);
    if (status < 0)
        return raise_status(state_of(self), status);
    return PyUnicode_FromFormat("<shoal.Counter '%s' %lld>", shoal_object_name(self->object, NULL), (long long)value);
}

static PyMethodDef counter_methods[] = {
    METHOD("add", counter_add, FASTCALL,
           "add($self, /, n=1)\n--\n\nAdd n and return the new value. OverflowError beyond 64 bits; nothing changes "
           "then."),
    METHOD("sub", counter_sub, FASTCALL, "sub($self, /, n=1)\n--\n\nSubtract n and return the new value."),
    METHOD("exchange", counter_exchange, FASTCALL,
           "exchange($self, /, value)\n--\n\nSet the value and return the old one."),
    METHOD("compare_exchange", counter_compare_exchange, FASTCALL,
           "compare_exchange($self, /, expected, desired)\n--\n\nIf the value equals expected, set it to desired; "
           "return whether the value was set."),
    METHOD("wait", counter_wait, FASTCALL,
           "wait($self, /, differs_from, timeout=None)\n--\n\nWait until the value differs from differs_from. False if "
           "the timeout passed first."),
    METHOD("wait_async", counter_wait_async, FASTCALL,
           "wait_async($self, /, differs_from, *, timeout=None)\n--\n\nwait() as a coroutine."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef counter_getset[] = {
    {"value", (getter)counter_value, NULL, PyDoc_STR("the value now"), NULL},
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for a change: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef counter_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot counter_slots[] = {
    {Py_tp_doc, PyDoc_STR("A signed 64-bit integer in shared memory, changed atomically. Made by Segment.counter().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, counter_repr},
    {Py_tp_methods, counter_methods},
    {Py_tp_getset, counter_getset},
    {Py_tp_members, counter_members},
    {Py_nb_int, counter_int},
    {0, NULL},
};

static PyType_Spec counter_spec = {"shoal.Counter", sizeof(HandleObject), 0, TYPE_FLAGS, counter_slots};

static PyObject *counter_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "initial", NULL};
    static const Signature signature = {"counter", names, 2, 1};
    PyObject *given[2];
    Name name;
    int64_t initial = 0;
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0 ||
        (given[1] && arg_int64(given[1], "initial", &initial) < 0))
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status = shoal_counter_open(&object, attachment->segment, name.text, name.length, initial);
    return segment_opened(self, attachment, object, status);
}

const Kind counter_kind = {
    .opener =
        METHOD("counter", counter_open, FASTCALL,
               "counter($self, /, name, initial=0)\n--\n\nOpen the Counter of that name, or make it with the initial "
               "value."),
    .spec = &counter_spec,
    .wrap = handle_new,
    .begin = handle_begin,
};
