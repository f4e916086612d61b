/* Semaphore: as threading.Semaphore, between processes; what a dead process held comes back. */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

static int acquire_until(HandleObject *self, shoal_time deadline)
{
    int status = shoal_semaphore_acquire(self->object, SHOAL_FIRST_LOOK(deadline));
    return wait_after(status, self->object, SHOAL_WAIT_ACQUIRE, 0, 0, deadline);
}

static PyObject *semaphore_acquire(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline;
    if (arg_acquire(args, nargs, kwnames, &deadline) < 0)
        return NULL;
    return waited(self, acquire_until(self, deadline));
}

static PyObject *semaphore_acquire_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return aio_acquire(self, SHOAL_WAIT_ACQUIRE, args, nargs, kwnames);
}

static PyObject *semaphore_release(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"n", NULL};
    static const Signature signature = {"release", names, 1, 0};
    PyObject *given[1] = {NULL};
    uint32_t n = 1;
    if ((nargs > 0 || kwnames) && arg_parse(&signature, args, nargs, kwnames, given) < 0)
        return NULL;
    if (given[0] && arg_count(given[0], "n", 1, UINT32_MAX, &n) < 0)
        return NULL;
    return done(self, shoal_semaphore_release(self->object, n));
}

static PyObject *semaphore_enter(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return entered(self, acquire_until(self, SHOAL_FOREVER));
}

static PyObject *semaphore_exit(HandleObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return exited(self, shoal_semaphore_release(self->object, 1), args, nargs);
}

static PyObject *semaphore_aenter(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return aio_enter(state_of(self), (PyObject *)self, semaphore_acquire_async(self, NULL, 0, NULL));
}

static PyObject *semaphore_aexit(HandleObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return aio_exit(state_of(self), semaphore_exit(self, args, nargs));
}

static PyObject *semaphore_value(HandleObject *self, void *Py_UNUSED(closure))
{
    uint32_t value;
    int status = shoal_semaphore_value(&value, self->object);
    return status < 0 ? raise_status(state_of(self), status) : PyLong_FromUnsignedLong(value);
}

static PyObject *semaphore_initial(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *semaphore = handle_usable(self);
    return semaphore ? PyLong_FromUnsignedLong(shoal_semaphore_initial(semaphore)) : NULL;
}

static PyObject *semaphore_bounded(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *semaphore = handle_usable(self);
    return semaphore ? PyBool_FromLong((shoal_semaphore_flags(semaphore) & SHOAL_SEMAPHORE_SIGNAL) == 0) : NULL;
}

static PyObject *semaphore_held(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *semaphore = handle_usable(self);
    return semaphore ? PyLong_FromUnsignedLong(shoal_semaphore_held(semaphore)) : NULL;
}

static PyObject *semaphore_repr(HandleObject *self)
{
    const char *name = shoal_object_name(self->object, NULL);
    uint32_t value;
    int status = shoal_semaphore_value(&value, self->object);
    if (status < 0)
        return raise_status(state_of(self), status);
    if (shoal_semaphore_flags(self->object) & SHOAL_SEMAPHORE_SIGNAL)
        return PyUnicode_FromFormat("<shoal.Semaphore '%s' %lu, unbounded>", name, (unsigned long)value);
    return PyUnicode_FromFormat("<shoal.Semaphore '%s' %lu of %lu free>", name, (unsigned long)value,
                                (unsigned long)shoal_semaphore_initial(self->object));
}

static PyMethodDef semaphore_methods[] = {
    METHOD("acquire", semaphore_acquire, FASTCALL,
           ACQUIRE_SIGNATURE "Acquire one permit; False if none was free in time. block is another name of blocking."),
    METHOD("release", semaphore_release, FASTCALL,
           "release($self, /, n=1)\n--\n\nRelease n permits, all or none. LockError if this process does not hold so "
           "many; an unbounded semaphore counts up."),
    METHOD("acquire_async", semaphore_acquire_async, FASTCALL, ACQUIRE_ASYNC_DOC),
    METHOD("__enter__", semaphore_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nTake one permit."),
    METHOD("__exit__", semaphore_exit, METH_FASTCALL, EXIT_SIGNATURE "Give one permit back."),
    METHOD("__aenter__", semaphore_aenter, METH_NOARGS, AENTER_DOC),
    METHOD("__aexit__", semaphore_aexit, METH_FASTCALL, AEXIT_DOC),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef semaphore_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"value", (getter)semaphore_value, NULL, PyDoc_STR("how many permits are free now"), NULL},
    {"initial", (getter)semaphore_initial, NULL, PyDoc_STR("the number of permits that it was created with"), NULL},
    {"bounded", (getter)semaphore_bounded, NULL,
     PyDoc_STR("whether permits belong to the processes that acquired them"), NULL},
    {"held", (getter)semaphore_held, NULL, PyDoc_STR("how many permits this process holds; 0 if unbounded"), NULL},
    {"holders", (getter)handle_holders, NULL,
     PyDoc_STR("the holders of permits, and how many each has: a list of Owner"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for a permit: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef semaphore_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot semaphore_slots[] = {
    {Py_tp_doc,
     PyDoc_STR(
         "Permits between processes; the permits of a dead process are free again. Made by Segment.semaphore().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, semaphore_repr},
    {Py_tp_methods, semaphore_methods},
    {Py_tp_getset, semaphore_getset},
    {Py_tp_members, semaphore_members},
    {0, NULL},
};

static PyType_Spec semaphore_spec = {"shoal.Semaphore", sizeof(HandleObject), 0, TYPE_FLAGS, semaphore_slots};

static PyObject *semaphore_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "value", "bounded", NULL};
    static const Signature signature = {"semaphore", names, 2, 1};
    PyObject *given[3];
    Name name;
    uint32_t value = 1;
    bool bounded;
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0 ||
        (given[1] && arg_count(given[1], "value", 0, INT32_MAX, &value) < 0) || arg_bool(given[2], true, &bounded) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    uint32_t flags = bounded ? 0 : SHOAL_SEMAPHORE_SIGNAL;
    int status = shoal_semaphore_open(&object, attachment->segment, name.text, name.length, value, flags);
    return segment_opened(self, attachment, object, status);
}

const Kind semaphore_kind = {
    .opener = METHOD(
        "semaphore", semaphore_open, FASTCALL,
        "semaphore($self, /, name, value=1, *, bounded=True)\n--\n\nOpen the Semaphore of that name, or make it. "
        "bounded: its permits belong to the processes that acquired them; otherwise it is a count that anybody may "
        "raise."),
    .spec = &semaphore_spec,
    .wrap = handle_new,
    .begin = handle_begin,
    .wakes_one = true,
};
