/* Lock: as threading.Lock, between processes, and it survives the death of its holder. */
#include "binding.h"

#include <math.h>

typedef struct LockWait {
    shoal_object *lock;
    bool strict;
} LockWait;

static int try_acquire(void *argument, shoal_time deadline)
{
    LockWait *wait = argument;
    return shoal_lock_acquire(wait->lock, wait->strict, deadline);
}

/* First without waiting and with the GIL, which is free; then without it. */
static int acquire_until(HandleObject *self, shoal_time deadline)
{
    int status = shoal_lock_acquire(self->object, self->strict, SHOAL_NO_WAIT);
    if (status != SHOAL_ETIMEDOUT || deadline == SHOAL_NO_WAIT)
        return status;
    LockWait wait = {self->object, self->strict};
    return wait_without_gil(try_acquire, &wait, deadline);
}

/* As threading.Lock has it: -1 waits for ever, another negative timeout or one beside blocking=False is an error. */
static int acquire_deadline(bool blocking, PyObject *timeout, shoal_time *deadline)
{
    double seconds = timeout && timeout != Py_None ? PyFloat_AsDouble(timeout) : -1.0;
    if (seconds == -1.0 && PyErr_Occurred())
        return -1;
    *deadline = blocking ? SHOAL_FOREVER : SHOAL_NO_WAIT;
    if (seconds == -1.0)
        return 0;
    if (!blocking) {
        PyErr_SetString(PyExc_ValueError, "can't specify a timeout for a non-blocking call");
        return -1;
    }
    if (isnan(seconds) || seconds < 0) {
        PyErr_SetString(PyExc_ValueError, "timeout must be a non-negative number of seconds, or -1 to wait for ever");
        return -1;
    }
    *deadline = seconds == 0 ? SHOAL_NO_WAIT : shoal_deadline(seconds);
    return 0;
}

static int acquire_arguments(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, shoal_time *deadline)
{
    static const char *const names[] = {"blocking", "timeout", "block", NULL};
    static const Signature signature = {"acquire", names, 2, 0};
    PyObject *given[3];
    bool blocking;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0)
        return -1;
    if (given[0] && given[2]) {
        PyErr_SetString(PyExc_TypeError, "acquire() takes blocking or block, which mean the same, not both");
        return -1;
    }
    if (arg_bool(given[0] ? given[0] : given[2], true, &blocking) < 0)
        return -1;
    return acquire_deadline(blocking, given[1], deadline);
}

static PyObject *lock_acquire(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline = SHOAL_FOREVER;
    if ((nargs > 0 || kwnames) && acquire_arguments(args, nargs, kwnames, &deadline) < 0)
        return NULL;
    int status = acquire_until(self, deadline);
    if (status == SHOAL_ETIMEDOUT)
        Py_RETURN_FALSE;
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_TRUE;
}

static PyObject *lock_release(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    int status = shoal_lock_release(self->object);
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_NONE;
}

static PyObject *lock_enter(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    int status = acquire_until(self, SHOAL_FOREVER);
    return status < 0 ? raise_status(state_of(self), status) : Py_NewRef((PyObject *)self);
}

/* The exception of the block is what its caller must see: one of the release goes to sys.unraisablehook then. */
static PyObject *lock_exit(HandleObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int status = shoal_lock_release(self->object);
    if (status >= 0)
        Py_RETURN_FALSE;
    raise_status(state_of(self), status);
    if (nargs == 0 || args[0] == Py_None)
        return NULL;
    PyErr_WriteUnraisable((PyObject *)self);
    Py_RETURN_FALSE;
}

static PyObject *lock_locked(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return PyBool_FromLong(shoal_lock_is_locked(self->object));
}

static PyObject *lock_repair(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    int status = shoal_lock_repair(self->object);
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_NONE;
}

static PyObject *lock_recovered(HandleObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(shoal_lock_recovered(self->object));
}

static PyObject *lock_reentrant(HandleObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong((shoal_lock_flags(self->object) & SHOAL_LOCK_REENTRANT) != 0);
}

static PyObject *lock_owner(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_owner owner;
    int status = shoal_lock_owner(&owner, self->object);
    return status < 0 ? raise_status(state_of(self), status) : owner_record(state_of(self), &owner);
}

static PyObject *lock_repr(HandleObject *self)
{
    const char *name = shoal_object_name(self->object, NULL);
    shoal_owner owner;
    if (shoal_lock_owner(&owner, self->object) < 0 || owner.pid == 0)
        return PyUnicode_FromFormat("<shoal.Lock '%s' unlocked>", name);
    return PyUnicode_FromFormat("<shoal.Lock '%s' held by process %d%s>", name, (int)owner.pid,
                                owner.alive ? "" : ", which died");
}

static PyMethodDef lock_methods[] = {
    METHOD("acquire", lock_acquire, FASTCALL,
           "acquire($self, /, blocking=True, timeout=-1, *, block=True)\n--\n\nTake the lock; False if it was not to "
           "be had in time. block is another name of blocking."),
    METHOD("release", lock_release, METH_NOARGS,
           "release($self, /)\n--\n\nGive the lock back. LockError if this process does not hold it."),
    METHOD("locked", lock_locked, METH_NOARGS, "locked($self, /)\n--\n\nWhether a live process holds the lock."),
    METHOD("repair", lock_repair, METH_NOARGS,
           "repair($self, /)\n--\n\nDeclare sound what the lock of a dead owner guards."),
    METHOD("__enter__", lock_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nTake the lock."),
    METHOD("__exit__", lock_exit, METH_FASTCALL,
           "__exit__($self, type=None, value=None, traceback=None, /)\n--\n\nGive the lock back."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, "Pickle as the segment and the object's name."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef lock_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"recovered", (getter)lock_recovered, NULL,
     PyDoc_STR("whether this process holds the lock and its last holder died holding it"), NULL},
    {"reentrant", (getter)lock_reentrant, NULL, PyDoc_STR("whether the holding thread may take it again"), NULL},
    {"owner", (getter)lock_owner, NULL, PyDoc_STR("who holds the lock: an Owner, or None"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef lock_members[] = {
    {"strict", T_BOOL, offsetof(HandleObject, strict), READONLY,
     PyDoc_STR("whether this handle refuses the lock of a dead owner until repair() was called")},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(HandleObject, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot lock_slots[] = {
    {Py_tp_doc, PyDoc_STR("A lock between processes that survives the death of its holder. Made by Segment.lock().")},
    {Py_tp_dealloc, handle_dealloc},
    {Py_tp_repr, lock_repr},
    {Py_tp_methods, lock_methods},
    {Py_tp_getset, lock_getset},
    {Py_tp_members, lock_members},
    {0, NULL},
};

static PyType_Spec lock_spec = {"shoal.Lock", sizeof(HandleObject), 0, TYPE_FLAGS, lock_slots};

int lock_init(PyObject *module, ModuleState *state)
{
    state->lock_type = type_new(module, &lock_spec);
    return state->lock_type ? 0 : -1;
}
