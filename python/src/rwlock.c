/* RWLock: many readers or one writer; and its guards, which are what read() and write() return. */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "info.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

/* One side of it, to be entered: what read() and write() return. */
typedef struct GuardObject {
    PyObject_HEAD
    HandleObject *rwlock;
    double timeout; /* seconds; -1: for ever */
    bool write;
} GuardObject;

/* ---- Taking and giving back --------------------------------------------------------------------- */

static int take(shoal_object *rwlock, bool write, shoal_time deadline)
{
    int status = write ? shoal_rwlock_write(rwlock, SHOAL_FIRST_LOOK(deadline))
                       : shoal_rwlock_read(rwlock, SHOAL_FIRST_LOOK(deadline));
    return wait_after(status, rwlock, write ? SHOAL_WAIT_WRITE : SHOAL_WAIT_READ, 0, 0, deadline);
}

static int give_back(const GuardObject *self)
{
    shoal_object *rwlock = self->rwlock->object;
    return self->write ? shoal_rwlock_write_unlock(rwlock) : shoal_rwlock_read_unlock(rwlock);
}

static shoal_time guard_deadline(const GuardObject *self)
{
    if (self->timeout < 0)
        return SHOAL_FOREVER;
    return self->timeout == 0 ? SHOAL_NO_WAIT : shoal_deadline(self->timeout);
}

/* ---- The guard ---------------------------------------------------------------------------------- */

static PyObject *guard_acquire(GuardObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline = guard_deadline(self);
    if ((nargs > 0 || kwnames) && arg_acquire(args, nargs, kwnames, &deadline) < 0)
        return NULL;
    return waited(self, take(self->rwlock->object, self->write, deadline));
}

static PyObject *guard_release(GuardObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, give_back(self));
}

static PyObject *guard_enter(GuardObject *self, PyObject *Py_UNUSED(unused))
{
    return entered(self, take(self->rwlock->object, self->write, guard_deadline(self)));
}

/* A block that writes may have called downgrade(): whichever side it holds. */
static PyObject *guard_exit(GuardObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int status = self->write ? shoal_rwlock_unlock(self->rwlock->object) : give_back(self);
    return exited(self, status, args, nargs);
}

static PyObject *take_async(GuardObject *self, PyObject *timeout)
{
    int operation = self->write ? SHOAL_WAIT_WRITE : SHOAL_WAIT_READ;
    return aio_start(state_of(self), self->write ? "take" : "wait", Py_BuildValue("(Oi)", self->rwlock, operation),
                     timeout);
}

/* The guard's own timeout: a new reference. */
static PyObject *guard_timeout(GuardObject *self, void *Py_UNUSED(closure))
{
    if (self->timeout < 0)
        Py_RETURN_NONE;
    return PyFloat_FromDouble(self->timeout);
}

static PyObject *guard_acquire_async(GuardObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *given;
    if (arg_async_timeout("acquire_async", args, nargs, kwnames, &given) < 0)
        return NULL;
    PyObject *timeout = given ? Py_NewRef(given) : guard_timeout(self, NULL);
    PyObject *coroutine = timeout ? take_async(self, timeout) : NULL;
    Py_XDECREF(timeout);
    return coroutine;
}

static PyObject *guard_aenter(GuardObject *self, PyObject *Py_UNUSED(unused))
{
    return aio_enter(state_of(self), (PyObject *)self, guard_acquire_async(self, NULL, 0, NULL));
}

static PyObject *guard_aexit(GuardObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return aio_exit(state_of(self), guard_exit(self, args, nargs));
}

static PyObject *guard_recovered(GuardObject *self, void *Py_UNUSED(closure))
{
    shoal_object *rwlock = handle_usable(self->rwlock);
    return rwlock ? PyBool_FromLong(shoal_rwlock_recovered(rwlock)) : NULL;
}

/* As the call of read() or write() that made it. */
static PyObject *guard_reduce(GuardObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *method = PyObject_GetAttrString((PyObject *)self->rwlock, self->write ? "write" : "read");
    return method ? Py_BuildValue("N(N)", method, guard_timeout(self, NULL)) : NULL;
}

static PyObject *guard_repr(GuardObject *self)
{
    return PyUnicode_FromFormat("<shoal.RWLockGuard of '%s' for %s>", shoal_object_name(self->rwlock->object, NULL),
                                self->write ? "writing" : "reading");
}

static void guard_dealloc(GuardObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(self->rwlock);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *guard_new(HandleObject *rwlock, bool write, double timeout)
{
    GuardObject *self = PyObject_New(GuardObject, state_of(rwlock)->guard_type);
    if (!self)
        return NULL;
    self->rwlock = (HandleObject *)Py_NewRef((PyObject *)rwlock);
    self->timeout = timeout;
    self->write = write;
    return (PyObject *)self;
}

static PyMethodDef guard_methods[] = {
    METHOD("acquire", guard_acquire, FASTCALL,
           ACQUIRE_SIGNATURE "Acquire this side of the lock; False if that was not possible in time. Without "
                             "arguments: within the guard's own timeout."),
    METHOD("release", guard_release, METH_NOARGS,
           "release($self, /)\n--\n\nRelease this side. LockError if this process does not hold it."),
    METHOD("acquire_async", guard_acquire_async, FASTCALL, ACQUIRE_ASYNC_DOC),
    METHOD("__enter__", guard_enter, METH_NOARGS,
           "__enter__($self, /)\n--\n\nAcquire this side of the lock; Timeout if that was not possible in time."),
    METHOD("__exit__", guard_exit, METH_FASTCALL, EXIT_SIGNATURE "Give this side back."),
    METHOD("__aenter__", guard_aenter, METH_NOARGS, AENTER_DOC),
    METHOD("__aexit__", guard_aexit, METH_FASTCALL, AEXIT_DOC),
    METHOD("__reduce__", guard_reduce, METH_NOARGS, "Pickle as the RWLock and the side of it."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef guard_getset[] = {
    {"recovered", (getter)guard_recovered, NULL,
     PyDoc_STR("whether this process holds the lock, and a writer died writing and none has finished writing since"),
     NULL},
    {"timeout", (getter)guard_timeout, NULL, PyDoc_STR("how many seconds acquire() waits; None: for ever"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef guard_members[] = {
    {"rwlock", T_OBJECT_EX, offsetof(GuardObject, rwlock), READONLY, PyDoc_STR("the RWLock")},
    {"writing", T_BOOL, offsetof(GuardObject, write), READONLY, PyDoc_STR("whether it is the side of writers")},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot guard_slots[] = {
    {Py_tp_doc, PyDoc_STR("One side of an RWLock, to be entered. Made by RWLock.read() and RWLock.write().")},
    {Py_tp_dealloc, guard_dealloc},
    {Py_tp_repr, guard_repr},
    {Py_tp_methods, guard_methods},
    {Py_tp_getset, guard_getset},
    {Py_tp_members, guard_members},
    {0, NULL},
};

static PyType_Spec guard_spec = {"shoal.RWLockGuard", sizeof(GuardObject), 0, TYPE_FLAGS, guard_slots};

/* ---- The lock ----------------------------------------------------------------------------------- */

/* Seconds, or -1 for ever. */
static int seconds_of(PyObject *timeout, double *seconds)
{
    shoal_time deadline;
    *seconds = -1;
    if (!timeout || timeout == Py_None)
        return 0;
    if (arg_timeout(timeout, &deadline) < 0)
        return -1;
    *seconds = PyFloat_AsDouble(timeout);
    return *seconds == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *guard_for(HandleObject *self, const char *function, bool write, PyObject *const *args,
                           Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"timeout", NULL};
    PyObject *given[1] = {NULL};
    double seconds;
    if ((nargs > 0 || kwnames) && arg_parse(&(Signature){function, names, 1, 0}, args, nargs, kwnames, given) < 0)
        return NULL;
    return seconds_of(given[0], &seconds) < 0 ? NULL : guard_new(self, write, seconds);
}

static PyObject *rwlock_read(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return guard_for(self, "read", false, args, nargs, kwnames);
}

static PyObject *rwlock_write(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return guard_for(self, "write", true, args, nargs, kwnames);
}

static PyObject *rwlock_unlock(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, shoal_rwlock_unlock(self->object));
}

static PyObject *rwlock_downgrade(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, shoal_rwlock_downgrade(self->object));
}

static PyObject *rwlock_recovered(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *rwlock = handle_usable(self);
    return rwlock ? PyBool_FromLong(shoal_rwlock_recovered(rwlock)) : NULL;
}

/* Holders are the readers, unless there is a writer. */
static int list_readers(shoal_owner *out, size_t limit, size_t *count, const shoal_object *rwlock)
{
    shoal_owner before, after;
    int status = shoal_lock_owner(&before, rwlock);
    if (status >= 0)
        status = shoal_object_holders(out, limit, count, rwlock);
    if (status >= 0)
        status = shoal_lock_owner(&after, rwlock);
    if (status >= 0 && (before.pid != 0 || after.pid != 0))
        *count = 0;
    return status;
}

static PyObject *rwlock_readers(HandleObject *self, void *Py_UNUSED(closure))
{
    return owner_list(state_of(self), list_readers, self->object);
}

static PyObject *rwlock_repr(HandleObject *self)
{
    const char *name = shoal_object_name(self->object, NULL);
    shoal_owner owner;
    size_t readers;
    if (!handle_usable(self))
        return NULL;
    if (shoal_lock_owner(&owner, self->object) >= 0 && owner.pid != 0)
        return PyUnicode_FromFormat("<shoal.RWLock '%s' written by process %d%s>", name, (int)owner.pid,
                                    owner.alive ? "" : ", which died");
    if (list_readers(NULL, 0, &readers, self->object) >= 0 && readers > 0)
        return PyUnicode_FromFormat("<shoal.RWLock '%s' with %zu readers>", name, readers);
    return PyUnicode_FromFormat("<shoal.RWLock '%s' unlocked>", name);
}

static PyMethodDef rwlock_methods[] = {
    METHOD("read", rwlock_read, FASTCALL,
           "read($self, /, timeout=None)\n--\n\nThe readers' side, for a with statement: shared with other readers."),
    METHOD("write", rwlock_write, FASTCALL,
           "write($self, /, timeout=None)\n--\n\nThe writers' side, for a with statement: alone."),
    METHOD("unlock", rwlock_unlock, METH_NOARGS,
           "unlock($self, /)\n--\n\nRelease the side that this thread, or else this process, holds."),
    METHOD("downgrade", rwlock_downgrade, METH_NOARGS,
           "downgrade($self, /)\n--\n\nGo from writing to reading, with no other writer in between."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef rwlock_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"recovered", (getter)rwlock_recovered, NULL,
     PyDoc_STR("whether this process holds the lock, and a writer died writing and none has finished writing since"),
     NULL},
    {"owner", (getter)handle_owner, NULL, PyDoc_STR("the writer: an Owner, or None"), NULL},
    {"readers", (getter)rwlock_readers, NULL, PyDoc_STR("the readers: a list of Owner"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for either side: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef rwlock_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot rwlock_slots[] = {
    {Py_tp_doc, PyDoc_STR("A lock for many readers or one writer, in any processes. Made by Segment.rwlock().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, rwlock_repr},
    {Py_tp_methods, rwlock_methods},
    {Py_tp_getset, rwlock_getset},
    {Py_tp_members, rwlock_members},
    {0, NULL},
};

static PyType_Spec rwlock_spec = {"shoal.RWLock", sizeof(HandleObject), 0, TYPE_FLAGS, rwlock_slots};

static int guard_init(PyObject *module, ModuleState *state)
{
    state->guard_type = type_new(module, &guard_spec);
    return state->guard_type ? 0 : -1;
}

static PyObject *rwlock_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    Name name;
    shoal_object *object;
    Attachment *attachment = segment_only_name(self, "rwlock", args, nargs, kwnames, &name);
    if (!attachment)
        return NULL;
    int status = shoal_rwlock_open(&object, attachment->segment, name.text, name.length);
    return segment_opened(self, attachment, object, status);
}

const Kind rwlock_kind = {
    .opener = METHOD("rwlock", rwlock_open, FASTCALL,
                     "rwlock($self, /, name)\n--\n\nOpen the RWLock of that name, or make it."),
    .spec = &rwlock_spec,
    .init = guard_init,
    .wrap = handle_new,
    .begin = handle_begin,
    .wakes_one = true,
};
