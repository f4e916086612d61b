/* Lock: as threading.Lock, between processes, and it survives the death of its holder. */
#include "lock.h"

#include "aio.h"
#include "args.h"
#include "errors.h"
#include "info.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

bool is_lock(ModuleState *state, PyObject *object)
{
    return Py_IS_TYPE(object, state->kind_types[SHOAL_KIND_LOCK]);
}

/* ---- Taking and giving back --------------------------------------------------------------------- */

uint32_t lock_wait_flags(const LockObject *self)
{
    return self->strict ? SHOAL_WAIT_STRICT : 0;
}

int lock_acquire_until(LockObject *self, shoal_time deadline)
{
    int status = shoal_lock_acquire(self->handle.object, self->strict, SHOAL_FIRST_LOOK(deadline));
    return wait_after(status, self->handle.object, SHOAL_WAIT_ACQUIRE, lock_wait_flags(self), 0, deadline);
}

PyObject *lock_acquire(LockObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline;
    if (arg_acquire(args, nargs, kwnames, &deadline) < 0)
        return NULL;
    return waited(self, lock_acquire_until(self, deadline));
}

PyObject *lock_acquire_async(LockObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return aio_acquire(self, SHOAL_WAIT_ACQUIRE, args, nargs, kwnames);
}

PyObject *lock_release(LockObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, shoal_lock_release(self->handle.object));
}

/* ---- Lost while a Condition waited -------------------------------------------------------------- */

/* The exception that is set ends a wait which could not take the lock back: its block does not hold the lock any more. */
void lock_is_lost(LockObject *self)
{
    PyObject *type, *value, *traceback, *which = PyLong_FromVoidPtr(self->handle.object);
    if (!which)
        PyErr_Clear();
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (which && PyObject_SetAttrString(value, "_lost_lock", which) < 0)
        PyErr_Clear(); /* then the release says so */
    Py_XDECREF(which);
    PyErr_Restore(type, value, traceback);
}

static bool says_lost(LockObject *self, PyObject *exception)
{
    PyObject *which = PyObject_GetAttrString(exception, "_lost_lock");
    bool lost = which && PyLong_Check(which) && PyLong_AsVoidPtr(which) == (void *)self->handle.object;
    Py_XDECREF(which);
    PyErr_Clear();
    return lost;
}

/* What another thread or task has taken since is not given back. */
PyObject *lock_exited(LockObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs > 1 && args[1] != Py_None && says_lost(self, args[1]) && !shoal_lock_is_this_threads(self->handle.object))
        Py_RETURN_FALSE;
    return exited(self, shoal_lock_release(self->handle.object), args, nargs);
}

static PyObject *lock_enter(LockObject *self, PyObject *Py_UNUSED(unused))
{
    return entered(self, lock_acquire_until(self, SHOAL_FOREVER));
}

static PyObject *lock_aenter(LockObject *self, PyObject *Py_UNUSED(unused))
{
    return aio_enter(state_of(self), (PyObject *)self, lock_acquire_async(self, NULL, 0, NULL));
}

static PyObject *lock_aexit(LockObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return aio_exit(state_of(self), lock_exited(self, args, nargs));
}

static PyObject *lock_locked(LockObject *self, PyObject *Py_UNUSED(unused))
{
    return handle_usable(&self->handle) ? PyBool_FromLong(shoal_lock_is_locked(self->handle.object)) : NULL;
}

static PyObject *lock_repair(LockObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, shoal_lock_repair(self->handle.object));
}

static PyObject *lock_recovered(LockObject *self, void *Py_UNUSED(closure))
{
    shoal_object *lock = handle_usable(&self->handle);
    return lock ? PyBool_FromLong(shoal_lock_recovered(lock)) : NULL;
}

static PyObject *lock_reentrant(LockObject *self, void *Py_UNUSED(closure))
{
    shoal_object *lock = handle_usable(&self->handle);
    return lock ? PyBool_FromLong((shoal_lock_flags(lock) & SHOAL_LOCK_REENTRANT) != 0) : NULL;
}

static PyObject *lock_repr(LockObject *self)
{
    const char *name = shoal_object_name(self->handle.object, NULL);
    shoal_owner owner;
    if (!handle_usable(&self->handle))
        return NULL;
    if (shoal_lock_owner(&owner, self->handle.object) < 0 || owner.pid == 0)
        return PyUnicode_FromFormat("<shoal.Lock '%s' unlocked>", name);
    return PyUnicode_FromFormat("<shoal.Lock '%s' held by process %d%s>", name, (int)owner.pid,
                                owner.alive ? "" : ", which died");
}

static PyObject *lock_reduce(LockObject *self, PyObject *Py_UNUSED(unused))
{
    return handle_reduce_with(&self->handle, PyBool_FromLong(self->strict));
}

static PyMethodDef lock_methods[] = {
    METHOD("acquire", lock_acquire, FASTCALL,
           ACQUIRE_SIGNATURE
           "Acquire the lock; False if that was not possible in time. block is another name of blocking."),
    METHOD("release", lock_release, METH_NOARGS,
           "release($self, /)\n--\n\nRelease the lock. LockError if this process does not hold it."),
    METHOD("locked", lock_locked, METH_NOARGS, "locked($self, /)\n--\n\nWhether a live process holds the lock."),
    METHOD("repair", lock_repair, METH_NOARGS,
           "repair($self, /)\n--\n\nDeclare that the data which a dead owner's lock guards is sound."),
    METHOD("__enter__", lock_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nTake the lock."),
    METHOD("__exit__", lock_exited, METH_FASTCALL, EXIT_SIGNATURE "Give the lock back."),
    METHOD("acquire_async", lock_acquire_async, FASTCALL, ACQUIRE_ASYNC_DOC),
    METHOD("__aenter__", lock_aenter, METH_NOARGS, AENTER_DOC),
    METHOD("__aexit__", lock_aexit, METH_FASTCALL, AEXIT_DOC),
    METHOD("__reduce__", lock_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef lock_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"recovered", (getter)lock_recovered, NULL,
     PyDoc_STR("whether this process holds the lock and its last holder died holding it"), NULL},
    {"reentrant", (getter)lock_reentrant, NULL, PyDoc_STR("whether the holding thread may take it again"), NULL},
    {"owner", (getter)handle_owner, NULL, PyDoc_STR("the holder: an Owner, or None"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef lock_members[] = {
    {"strict", T_BOOL, offsetof(LockObject, strict), READONLY,
     PyDoc_STR("whether this handle refuses the lock of a dead owner until repair() was called")},
    HANDLE_WEAKREFS,
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

static PyType_Spec lock_spec = {"shoal.Lock", sizeof(LockObject), 0, TYPE_FLAGS, lock_slots};

/* ---- Opening ------------------------------------------------------------------------------------ */

PyObject *lock_wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    LockObject *self = (LockObject *)handle_new(state, attachment, object);
    if (self)
        self->strict = false;
    return (PyObject *)self;
}

static PyObject *lock_reopen(ModuleState *state, Attachment *attachment, shoal_object *object, PyObject *strict)
{
    PyObject *lock = lock_wrap(state, attachment, object);
    if (lock)
        ((LockObject *)lock)->strict = strict == Py_True;
    return lock;
}

/* The core has one more wait of a Lock, a Condition's, which is begun by that alone. */
static int lock_begin(shoal_wait *wait, shoal_object *object, HandleObject *self, int operation, uint32_t flags,
                      int64_t argument)
{
    if (operation != SHOAL_WAIT_ACQUIRE) {
        PyErr_SetString(PyExc_ValueError, "a wait for a Lock can only acquire it");
        return STATUS_RAISED;
    }
    return handle_begin(wait, object, self, operation, flags | lock_wait_flags((LockObject *)self), argument);
}

static PyObject *lock_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "reentrant", "strict", NULL};
    static const Signature signature = {"lock", names, 2, 1};
    PyObject *given[3];
    Name name;
    bool reentrant, strict;
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0 ||
        arg_bool(given[1], false, &reentrant) < 0 || arg_bool(given[2], false, &strict) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    uint32_t flags = reentrant ? SHOAL_LOCK_REENTRANT : 0;
    int status = shoal_lock_open(&object, attachment->segment, name.text, name.length, flags);
    PyObject *lock = segment_opened(self, attachment, object, status);
    if (lock)
        ((LockObject *)lock)->strict = strict;
    return lock;
}

const Kind lock_kind = {
    .opener = METHOD(
        "lock", lock_open, FASTCALL,
        "lock($self, /, name, reentrant=False, *, strict=False)\n--\n\nOpen the Lock of that name, or make it. A "
        "strict handle raises OwnerDied after its holder died, until repair()."),
    .spec = &lock_spec,
    .wrap = lock_wrap,
    .reopen = lock_reopen,
    .begin = lock_begin,
    .wakes_one = true,
};
