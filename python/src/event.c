/* Event: as threading.Event, between processes. */
#include "aio.h"
#include "args.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

static PyObject *event_set(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, shoal_event_set(self->object));
}

static PyObject *event_clear(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, shoal_event_clear(self->object));
}

static PyObject *event_is_set(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return handle_usable(self) ? PyBool_FromLong(shoal_event_is_set(self->object)) : NULL;
}

static int wait_until(HandleObject *self, shoal_time deadline)
{
    int status = shoal_event_wait(self->object, SHOAL_FIRST_LOOK(deadline));
    return wait_after(status, self->object, SHOAL_WAIT_SET, 0, 0, deadline);
}

static PyObject *event_wait(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline;
    if (arg_only_timeout("wait", args, nargs, kwnames, &deadline) < 0)
        return NULL;
    return waited(self, wait_until(self, deadline));
}

static PyObject *event_wait_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return aio_wait(self, SHOAL_WAIT_SET, args, nargs, kwnames);
}

static PyObject *event_repr(HandleObject *self)
{
    shoal_object *event = handle_usable(self);
    return event ? PyUnicode_FromFormat("<shoal.Event '%s' %s>", shoal_object_name(event, NULL),
                                        shoal_event_is_set(event) ? "set" : "not set")
                 : NULL;
}

static PyMethodDef event_methods[] = {
    METHOD("set", event_set, METH_NOARGS, "set($self, /)\n--\n\nSet the flag: all waiters go on."),
    METHOD("clear", event_clear, METH_NOARGS,
           "clear($self, /)\n--\n\nClear the flag: later waits wait until it is set again."),
    METHOD("is_set", event_is_set, METH_NOARGS, "is_set($self, /)\n--\n\nWhether the flag is set now."),
    METHOD("wait", event_wait, FASTCALL,
           "wait($self, /, timeout=None)\n--\n\nWait until the flag is set, or was set meanwhile. False if the timeout "
           "passed first."),
    METHOD("wait_async", event_wait_async, FASTCALL, WAIT_ASYNC_DOC),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef event_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef event_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot event_slots[] = {
    {Py_tp_doc, PyDoc_STR("A flag that processes wait for. Made by Segment.event().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, event_repr},
    {Py_tp_methods, event_methods},
    {Py_tp_getset, event_getset},
    {Py_tp_members, event_members},
    {0, NULL},
};

static PyType_Spec event_spec = {"shoal.Event", sizeof(HandleObject), 0, TYPE_FLAGS, event_slots};

static PyObject *event_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    Name name;
    shoal_object *object;
    Attachment *attachment = segment_only_name(self, "event", args, nargs, kwnames, &name);
    if (!attachment)
        return NULL;
    int status = shoal_event_open(&object, attachment->segment, name.text, name.length);
    return segment_opened(self, attachment, object, status);
}

const Kind event_kind = {
    .opener = METHOD("event", event_open, FASTCALL,
                     "event($self, /, name)\n--\n\nOpen the Event of that name, or make it, not set."),
    .spec = &event_spec,
    .wrap = handle_new,
    .begin = handle_begin,
};
