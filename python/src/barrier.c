/* Barrier: as threading.Barrier, between processes; a party that dies breaks it. */
#include "binding.h"

/* ---- The list of them --------------------------------------------------------------------------- */

PyObject *barrier_new(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    BarrierObject *self = (BarrierObject *)handle_new(state, attachment, object);
    if (!self)
        return NULL;
    self->previous = NULL;
    self->next = state->barriers;
    if (self->next)
        self->next->previous = self;
    state->barriers = self;
    return (PyObject *)self;
}

static void barrier_dealloc(BarrierObject *self)
{
    if (self->previous)
        self->previous->next = self->next;
    else
        state_of(self)->barriers = self->next;
    if (self->next)
        self->next->previous = self->previous;
    handle_dealloc(&self->handle);
}

void barriers_leave(ModuleState *state)
{
    for (BarrierObject *it = state->barriers; it; it = it->next) {
        shoal_object_close(it->handle.object);
        it->handle.object = NULL;
    }
}

/* ---- Waiting ------------------------------------------------------------------------------------ */

/* The last party runs the action before anybody goes on; an exception in it breaks the barrier. */
static int pass(shoal_wait *wait, PyObject *action)
{
    PyObject *result = action && action != Py_None ? PyObject_CallObject(action, NULL) : Py_NewRef(Py_None);
    if (!result) {
        shoal_wait_cancel(wait);
        return STATUS_RAISED;
    }
    Py_DECREF(result);
    return shoal_barrier_pass(wait);
}

/* First without waiting and with the GIL, which is free; then without it. An exception of a signal handler breaks it. */
static int wait_until(shoal_wait *wait, shoal_object *barrier, shoal_time deadline)
{
    int status = shoal_wait_begin(wait, barrier, SHOAL_WAIT_PASS, 0, 0);
    if (status >= 0)
        status = shoal_wait_try(wait);
    if (status == SHOAL_PENDING)
        status = wait_on(wait, deadline);
    if (status == STATUS_RAISED)
        shoal_wait_cancel(wait);
    return status;
}

static PyObject *barrier_wait(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"timeout", "action", NULL};
    static const Signature signature = {"wait", names, 1, 0};
    PyObject *given[2];
    shoal_time deadline;
    shoal_wait wait;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_timeout(given[0], &deadline) < 0)
        return NULL;
    shoal_object *barrier = handle_object(self);
    if (!barrier)
        return NULL;
    shoal_object_retain(barrier); /* a daemon's thread may wait when the process leaves */
    int status = wait_until(&wait, barrier, deadline);
    if (status >= 0 && wait.last)
        status = pass(&wait, given[1]);
    PyObject *index = status < 0 ? raise_status(state_of(self), status) : PyLong_FromUnsignedLong(wait.index);
    shoal_object_close(barrier);
    return index;
}

static PyObject *barrier_wait_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return handle_object(self) ? aio_wait(self, "wait_barrier", args, nargs, kwnames) : NULL;
}

static PyObject *barrier_abort(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_object *barrier = handle_object(self);
    return barrier ? done(self, shoal_barrier_abort(barrier)) : NULL;
}

static PyObject *barrier_reset(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_object *barrier = handle_object(self);
    return barrier ? done(self, shoal_barrier_reset(barrier)) : NULL;
}

/* ---- Facts -------------------------------------------------------------------------------------- */

static PyObject *barrier_broken(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *barrier = handle_usable(self);
    return barrier ? PyBool_FromLong(shoal_barrier_broken(barrier)) : NULL;
}

static PyObject *barrier_parties(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *barrier = handle_usable(self);
    return barrier ? PyLong_FromUnsignedLong(shoal_barrier_parties(barrier)) : NULL;
}

static PyObject *barrier_n_waiting(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *barrier = handle_usable(self);
    return barrier ? PyLong_FromUnsignedLong(shoal_barrier_waiting(barrier)) : NULL;
}

static PyObject *barrier_repr(HandleObject *self)
{
    if (!self->object)
        return PyUnicode_FromString("<shoal.Barrier left>");
    if (!handle_usable(self))
        return NULL;
    const char *name = shoal_object_name(self->object, NULL);
    if (shoal_barrier_broken(self->object))
        return PyUnicode_FromFormat("<shoal.Barrier '%s' broken>", name);
    return PyUnicode_FromFormat("<shoal.Barrier '%s' %lu of %lu waiting>", name,
                                (unsigned long)shoal_barrier_waiting(self->object),
                                (unsigned long)shoal_barrier_parties(self->object));
}

static PyMethodDef barrier_methods[] = {
    METHOD(
        "wait", barrier_wait, FASTCALL,
        "wait($self, /, timeout=None, *, action=None)\n--\n\nWait until all parties are here; which of them this is, "
        "from 0. The last one calls its action before anybody goes on. BrokenBarrier if it is or gets broken; Timeout, "
        "which breaks it, if the timeout passed first."),
    METHOD("wait_async", barrier_wait_async, FASTCALL, WAIT_ASYNC_DOC),
    METHOD("abort", barrier_abort, METH_NOARGS, "abort($self, /)\n--\n\nBreak it: all who wait get BrokenBarrier."),
    METHOD("reset", barrier_reset, METH_NOARGS,
           "reset($self, /)\n--\n\nEmpty and whole again; who waits gets BrokenBarrier."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef barrier_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"broken", (getter)barrier_broken, NULL, PyDoc_STR("whether it is broken"), NULL},
    {"parties", (getter)barrier_parties, NULL, PyDoc_STR("how many must meet"), NULL},
    {"n_waiting", (getter)barrier_n_waiting, NULL, PyDoc_STR("how many wait now"), NULL},
    {"holders", (getter)handle_holders, NULL, PyDoc_STR("who has arrived: a list of Owner"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("who waits at it: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef barrier_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(HandleObject, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot barrier_slots[] = {
    {Py_tp_doc, PyDoc_STR("Where a number of parties meet; one that dies breaks it. Made by Segment.barrier().")},
    {Py_tp_dealloc, barrier_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, barrier_repr},
    {Py_tp_methods, barrier_methods},
    {Py_tp_getset, barrier_getset},
    {Py_tp_members, barrier_members},
    {0, NULL},
};

static PyType_Spec barrier_spec = {"shoal.Barrier", sizeof(BarrierObject), 0, TYPE_FLAGS, barrier_slots};

int barrier_init(PyObject *module, ModuleState *state)
{
    return handle_type(module, state, SHOAL_KIND_BARRIER, &barrier_spec);
}
