/* Lock: as threading.Lock, between processes, and it survives the death of its holder. */
#include "binding.h"

/* First without waiting and with the GIL, which is free; then without it. */
int lock_acquire_until(HandleObject *self, shoal_time deadline)
{
    int status = shoal_lock_acquire(self->object, self->strict, SHOAL_FIRST_LOOK(deadline));
    if (status != SHOAL_ETIMEDOUT || deadline == SHOAL_NO_WAIT)
        return status;
    return wait_without_gil(self->object, SHOAL_WAIT_ACQUIRE, self->strict ? SHOAL_WAIT_STRICT : 0, 0, deadline);
}

PyObject *lock_acquire(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline;
    if (arg_acquire(args, nargs, kwnames, &deadline) < 0)
        return NULL;
    return waited(self, lock_acquire_until(self, deadline));
}

PyObject *lock_acquire_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return aio_acquire(self, "acquire", args, nargs, kwnames);
}

static PyObject *lock_release(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, shoal_lock_release(self->object));
}

/* ---- Lost while a Condition waited -------------------------------------------------------------- */

/* The exception that is set ends a wait which could not take the lock back: its block does not hold the lock any more. */
void lock_is_lost(HandleObject *self)
{
    PyObject *type, *value, *traceback, *which = PyLong_FromVoidPtr(self->object);
    if (!which)
        PyErr_Clear();
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (which && PyObject_SetAttrString(value, "_lost_lock", which) < 0)
        PyErr_Clear(); /* then the release says so */
    Py_XDECREF(which);
    PyErr_Restore(type, value, traceback);
}

static bool says_lost(HandleObject *self, PyObject *exception)
{
    PyObject *which = PyObject_GetAttrString(exception, "_lost_lock");
    bool lost = which && PyLong_Check(which) && PyLong_AsVoidPtr(which) == (void *)self->object;
    Py_XDECREF(which);
    PyErr_Clear();
    return lost;
}

/* What another thread or task has taken since is not given back. */
PyObject *lock_exited(HandleObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs > 1 && says_lost(self, args[1]) && !shoal_lock_is_this_threads(self->object))
        Py_RETURN_FALSE;
    return exited(self, shoal_lock_release(self->object), args, nargs);
}

static PyObject *lock_enter(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return entered(self, lock_acquire_until(self, SHOAL_FOREVER));
}

static PyObject *lock_aenter(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return aio_enter(state_of(self), (PyObject *)self, lock_acquire_async(self, NULL, 0, NULL));
}

static PyObject *lock_aexit(HandleObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return aio_exit(state_of(self), lock_exited(self, args, nargs));
}

static PyObject *lock_locked(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return handle_usable(self) ? PyBool_FromLong(shoal_lock_is_locked(self->object)) : NULL;
}

static PyObject *lock_repair(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, shoal_lock_repair(self->object));
}

static PyObject *lock_recovered(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *lock = handle_usable(self);
    return lock ? PyBool_FromLong(shoal_lock_recovered(lock)) : NULL;
}

static PyObject *lock_reentrant(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *lock = handle_usable(self);
    return lock ? PyBool_FromLong((shoal_lock_flags(lock) & SHOAL_LOCK_REENTRANT) != 0) : NULL;
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
    if (!handle_usable(self))
        return NULL;
    if (shoal_lock_owner(&owner, self->object) < 0 || owner.pid == 0)
        return PyUnicode_FromFormat("<shoal.Lock '%s' unlocked>", name);
    return PyUnicode_FromFormat("<shoal.Lock '%s' held by process %d%s>", name, (int)owner.pid,
                                owner.alive ? "" : ", which died");
}

static PyMethodDef lock_methods[] = {
    METHOD("acquire", lock_acquire, FASTCALL,
           ACQUIRE_SIGNATURE
           "Take the lock; False if it was not to be had in time. block is another name of blocking."),
    METHOD("release", lock_release, METH_NOARGS,
           "release($self, /)\n--\n\nGive the lock back. LockError if this process does not hold it."),
    METHOD("locked", lock_locked, METH_NOARGS, "locked($self, /)\n--\n\nWhether a live process holds the lock."),
    METHOD("repair", lock_repair, METH_NOARGS,
           "repair($self, /)\n--\n\nDeclare sound what the lock of a dead owner guards."),
    METHOD("__enter__", lock_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nTake the lock."),
    METHOD("__exit__", lock_exited, METH_FASTCALL, EXIT_SIGNATURE "Give the lock back."),
    METHOD("acquire_async", lock_acquire_async, FASTCALL, ACQUIRE_ASYNC_DOC),
    METHOD("__aenter__", lock_aenter, METH_NOARGS, AENTER_DOC),
    METHOD("__aexit__", lock_aexit, METH_FASTCALL, AEXIT_DOC),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef lock_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"recovered", (getter)lock_recovered, NULL,
     PyDoc_STR("whether this process holds the lock and its last holder died holding it"), NULL},
    {"reentrant", (getter)lock_reentrant, NULL, PyDoc_STR("whether the holding thread may take it again"), NULL},
    {"owner", (getter)lock_owner, NULL, PyDoc_STR("who holds the lock: an Owner, or None"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("who waits for it: a list of Owner"), NULL},
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
    HANDLE_IDENTITY,
    {Py_tp_repr, lock_repr},
    {Py_tp_methods, lock_methods},
    {Py_tp_getset, lock_getset},
    {Py_tp_members, lock_members},
    {0, NULL},
};

static PyType_Spec lock_spec = {"shoal.Lock", sizeof(HandleObject), 0, TYPE_FLAGS, lock_slots};

int lock_init(PyObject *module, ModuleState *state)
{
    return handle_type(module, state, SHOAL_KIND_LOCK, &lock_spec);
}
