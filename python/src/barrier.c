/* Barrier: as threading.Barrier, between processes; a party that dies breaks it. */
#include "barrier.h"

#include "aio.h"
#include "args.h"
#include "errors.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

#define MOST_PARTIES 4096 /* as its page says; the core judges */

/* ---- The list of them --------------------------------------------------------------------------- */

static PyObject *barrier_wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    BarrierObject *self = (BarrierObject *)handle_new(state, attachment, object);
    if (!self)
        return NULL;
    pthread_mutex_lock(&state->barriers_mutex);
    self->previous = NULL;
    self->next = state->barriers;
    if (self->next)
        self->next->previous = self;
    state->barriers = self;
    pthread_mutex_unlock(&state->barriers_mutex);
    return (PyObject *)self;
}

static void unlist_locked(ModuleState *state, BarrierObject *self)
{
    if (self->previous)
        self->previous->next = self->next;
    else
        state->barriers = self->next;
    if (self->next)
        self->next->previous = self->previous;
}

static void barrier_dealloc(BarrierObject *self)
{
    ModuleState *state = state_of(self);
    pthread_mutex_lock(&state->barriers_mutex);
    if (self->handle.object)
        unlist_locked(state, self);
    pthread_mutex_unlock(&state->barriers_mutex);
    handle_dealloc(&self->handle);
}

/* The object of one that was not left yet, which is now; NULL: there is none. */
static shoal_object *take_one(ModuleState *state)
{
    shoal_object *object = NULL;
    pthread_mutex_lock(&state->barriers_mutex);
    BarrierObject *first = state->barriers;
    if (first) {
        object = first->handle.object;
        first->handle.object = NULL;
        unlist_locked(state, first);
    }
    pthread_mutex_unlock(&state->barriers_mutex);
    return object;
}

void barriers_leave(ModuleState *state)
{
    shoal_object *object;
    while ((object = take_one(state)))
        shoal_object_close(object);
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
    shoal_object *barrier = handle_hold(self); /* a daemon's thread may wait when the process leaves */
    if (!barrier)
        return NULL;
    int status = wait_until(&wait, barrier, deadline);
    if (status >= 0 && wait.last)
        status = pass(&wait, given[1]);
    PyObject *index = status < 0 ? raise_status(state_of(self), status) : PyLong_FromUnsignedLong(wait.index);
    shoal_object_close(barrier);
    return index;
}

static PyObject *barrier_wait_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    if (arg_async_timeout("wait_async", args, nargs, kwnames, &timeout) < 0)
        return NULL;
    shoal_object *barrier = handle_hold(self);
    PyObject *coroutine = barrier ? aio_start(state_of(self), "wait_barrier", PyTuple_Pack(1, self), timeout) : NULL;
    shoal_object_close(barrier);
    return coroutine;
}

static PyObject *change(HandleObject *self, int (*change)(shoal_object *barrier))
{
    shoal_object *barrier = handle_hold(self);
    PyObject *none = barrier ? done(self, change(barrier)) : NULL;
    shoal_object_close(barrier);
    return none;
}

static PyObject *barrier_abort(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return change(self, shoal_barrier_abort);
}

static PyObject *barrier_reset(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return change(self, shoal_barrier_reset);
}

/* ---- Facts -------------------------------------------------------------------------------------- */

static PyObject *look(HandleObject *self, PyObject *(*fact)(const shoal_object *barrier))
{
    shoal_object *barrier = handle_hold(self);
    if (!barrier)
        return NULL;
    int status = shoal_object_usable(barrier);
    PyObject *seen = status < 0 ? raise_status(state_of(self), status) : fact(barrier);
    shoal_object_close(barrier);
    return seen;
}

static PyObject *is_broken(const shoal_object *barrier)
{
    return PyBool_FromLong(shoal_barrier_broken(barrier));
}

static PyObject *parties_of(const shoal_object *barrier)
{
    return PyLong_FromUnsignedLong(shoal_barrier_parties(barrier));
}

static PyObject *waiting_at(const shoal_object *barrier)
{
    return PyLong_FromUnsignedLong(shoal_barrier_waiting(barrier));
}

static PyObject *text_of(const shoal_object *barrier)
{
    const char *name = shoal_object_name(barrier, NULL);
    if (shoal_barrier_broken(barrier))
        return PyUnicode_FromFormat("<shoal.Barrier '%s' broken>", name);
    return PyUnicode_FromFormat("<shoal.Barrier '%s' %lu of %lu waiting>", name,
                                (unsigned long)shoal_barrier_waiting(barrier),
                                (unsigned long)shoal_barrier_parties(barrier));
}

static PyObject *barrier_broken(HandleObject *self, void *Py_UNUSED(closure))
{
    return look(self, is_broken);
}

static PyObject *barrier_parties(HandleObject *self, void *Py_UNUSED(closure))
{
    return look(self, parties_of);
}

static PyObject *barrier_n_waiting(HandleObject *self, void *Py_UNUSED(closure))
{
    return look(self, waiting_at);
}

static bool is_left(HandleObject *self)
{
    ModuleState *state = state_of(self);
    pthread_mutex_lock(&state->barriers_mutex);
    bool left = !self->object;
    pthread_mutex_unlock(&state->barriers_mutex);
    return left;
}

static PyObject *barrier_repr(HandleObject *self)
{
    return is_left(self) ? PyUnicode_FromString("<shoal.Barrier left>") : look(self, text_of);
}

static PyMethodDef barrier_methods[] = {
    METHOD(
        "wait", barrier_wait, FASTCALL,
        "wait($self, /, timeout=None, *, action=None)\n--\n\nWait until all parties have arrived, and return the "
        "caller's place in the order of arrival, from 0. The last to arrive calls its action before any other goes "
        "on. BrokenBarrier if the barrier is or gets broken; Timeout, which breaks it, if the timeout passed first."),
    METHOD("wait_async", barrier_wait_async, FASTCALL, WAIT_ASYNC_DOC),
    METHOD("abort", barrier_abort, METH_NOARGS,
           "abort($self, /)\n--\n\nBreak the barrier: all waiters get BrokenBarrier."),
    METHOD("reset", barrier_reset, METH_NOARGS,
           "reset($self, /)\n--\n\nMake the barrier empty and unbroken again; waiters get BrokenBarrier."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef barrier_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"broken", (getter)barrier_broken, NULL, PyDoc_STR("whether the barrier is broken"), NULL},
    {"parties", (getter)barrier_parties, NULL, PyDoc_STR("the number of parties that meet"), NULL},
    {"n_waiting", (getter)barrier_n_waiting, NULL, PyDoc_STR("the number of parties that wait now"), NULL},
    {"holders", (getter)handle_holders, NULL, PyDoc_STR("the parties that have arrived: a list of Owner"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the parties that wait: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef barrier_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot barrier_slots[] = {
    {Py_tp_doc,
     PyDoc_STR("A place where a number of parties meet; the death of one breaks it. Made by Segment.barrier().")},
    {Py_tp_dealloc, barrier_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, barrier_repr},
    {Py_tp_methods, barrier_methods},
    {Py_tp_getset, barrier_getset},
    {Py_tp_members, barrier_members},
    {0, NULL},
};

static PyType_Spec barrier_spec = {"shoal.Barrier", sizeof(BarrierObject), 0, TYPE_FLAGS, barrier_slots};

static PyObject *barrier_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "parties", NULL};
    static const Signature signature = {"barrier", names, 2, 2};
    PyObject *given[2];
    Name name;
    uint32_t parties;
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0 ||
        arg_count(given[1], "parties", 1, MOST_PARTIES, &parties) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status = shoal_barrier_open(&object, attachment->segment, name.text, name.length, parties);
    return segment_opened(self, attachment, object, status);
}

const Kind barrier_kind = {
    .opener = METHOD("barrier", barrier_open, FASTCALL,
                     "barrier($self, /, name, parties)\n--\n\nOpen the Barrier of that name, or make it."),
    .spec = &barrier_spec,
    .wrap = barrier_wrap,
    .begin = handle_begin,
};
