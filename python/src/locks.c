/* Locks: a lock for each key; and KeyLock, one key or the shared side of it, to be entered. */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "info.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

typedef struct LocksObject {
    HandleObject handle;
    bool strict;
} LocksObject;

typedef struct KeyLockObject {
    PyObject_HEAD
    LocksObject *locks;
    PyObject *bytes; /* the key */
    double timeout;  /* seconds; -1: for ever */
    bool shared;
} KeyLockObject;

static shoal_object *object_of(const KeyLockObject *self)
{
    return self->locks->handle.object;
}

static shoal_key key_of(PyObject *bytes)
{
    return (shoal_key){PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes)};
}

/* ---- Keys --------------------------------------------------------------------------------------- */

/* A key as bytes: a new reference. */
static PyObject *arg_key(PyObject *given)
{
    PyObject *bytes = PyUnicode_Check(given) ? PyUnicode_AsUTF8String(given)
                      : PyBytes_Check(given) ? Py_NewRef(given)
                                             : NULL;
    if (!bytes && !PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "a key is str or bytes, and not %.100s", Py_TYPE(given)->tp_name);
    if (!bytes || (PyBytes_GET_SIZE(bytes) > 0 && PyBytes_GET_SIZE(bytes) <= (Py_ssize_t)SHOAL_KEY_LONGEST))
        return bytes;
    PyErr_Format(PyExc_ValueError, "a key has 1 to %u bytes, and this one has %zd", SHOAL_KEY_LONGEST,
                 PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return NULL;
}

/* str where it is UTF-8, else bytes: a new reference. */
static PyObject *key_to_python(const shoal_key *key)
{
    if (shoal_is_utf8(key->bytes, key->length))
        return PyUnicode_DecodeUTF8(key->bytes, (Py_ssize_t)key->length, NULL);
    return PyBytes_FromStringAndSize(key->bytes, (Py_ssize_t)key->length);
}

/* ---- Taking and giving back --------------------------------------------------------------------- */

static int operation_of(const KeyLockObject *self)
{
    return self->shared ? SHOAL_WAIT_READ : SHOAL_WAIT_ACQUIRE;
}

static int take(const KeyLockObject *self, shoal_time deadline)
{
    shoal_key key = key_of(self->bytes);
    uint32_t flags = (self->shared ? SHOAL_KEY_SHARED : 0) | (self->locks->strict ? SHOAL_KEY_STRICT : 0);
    int status = shoal_locks_acquire(object_of(self), &key, flags, SHOAL_FIRST_LOOK(deadline));
    return wait_after(status, object_of(self), operation_of(self), self->locks->strict ? SHOAL_WAIT_STRICT : 0,
                      (int64_t)(uintptr_t)&key, deadline);
}

static int give_back(const KeyLockObject *self)
{
    shoal_key key = key_of(self->bytes);
    return shoal_locks_release(object_of(self), &key, self->shared ? SHOAL_KEY_SHARED : 0);
}

static shoal_time own_deadline(const KeyLockObject *self)
{
    if (self->timeout < 0)
        return SHOAL_FOREVER;
    return self->timeout == 0 ? SHOAL_NO_WAIT : shoal_deadline(self->timeout);
}

static PyObject *key_acquire(KeyLockObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline = own_deadline(self);
    if ((nargs > 0 || kwnames) && arg_acquire(args, nargs, kwnames, &deadline) < 0)
        return NULL;
    return waited(self, take(self, deadline));
}

static PyObject *key_release(KeyLockObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, give_back(self));
}

static PyObject *key_enter(KeyLockObject *self, PyObject *Py_UNUSED(unused))
{
    return entered(self, take(self, own_deadline(self)));
}

static PyObject *key_exit(KeyLockObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return exited(self, give_back(self), args, nargs);
}

/* Its own timeout: a new reference. */
static PyObject *key_timeout(KeyLockObject *self, void *Py_UNUSED(closure))
{
    if (self->timeout < 0)
        Py_RETURN_NONE;
    return PyFloat_FromDouble(self->timeout);
}

static PyObject *key_acquire_async(KeyLockObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *given;
    if (arg_async_timeout("acquire_async", args, nargs, kwnames, &given) < 0)
        return NULL;
    PyObject *timeout = given ? Py_NewRef(given) : key_timeout(self, NULL);
    PyObject *wait = timeout ? Py_BuildValue("(OiO)", (PyObject *)self->locks, operation_of(self), self->bytes) : NULL;
    PyObject *coroutine = wait ? aio_start(state_of(self), "wait", wait, timeout) : NULL;
    Py_XDECREF(timeout);
    return coroutine;
}

static PyObject *key_aenter(KeyLockObject *self, PyObject *Py_UNUSED(unused))
{
    return aio_enter(state_of(self), (PyObject *)self, key_acquire_async(self, NULL, 0, NULL));
}

static PyObject *key_aexit(KeyLockObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return aio_exit(state_of(self), key_exit(self, args, nargs));
}

static PyObject *key_repair(KeyLockObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_key key = key_of(self->bytes);
    return done(self, shoal_locks_repair(object_of(self), &key));
}

/* ---- Looking ------------------------------------------------------------------------------------ */

/* False, with an exception. */
static bool look(KeyLockObject *self, shoal_key_state *state)
{
    shoal_key key = key_of(self->bytes);
    int status = shoal_locks_look(state, object_of(self), &key);
    if (status < 0)
        raise_status(state_of(self), status);
    return status >= 0;
}

static PyObject *key_locked(KeyLockObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_key_state state;
    return look(self, &state) ? PyBool_FromLong(state.holders > 0) : NULL;
}

static PyObject *key_recovered(KeyLockObject *self, void *Py_UNUSED(closure))
{
    shoal_key_state state;
    return look(self, &state) ? PyBool_FromLong(state.recovered) : NULL;
}

static PyObject *key_owner(KeyLockObject *self, void *Py_UNUSED(closure))
{
    shoal_key_state state;
    return look(self, &state) ? owner_record(state_of(self), &state.owner) : NULL;
}

static PyObject *key_sharing(KeyLockObject *self, void *Py_UNUSED(closure))
{
    shoal_key_state state;
    return look(self, &state) ? PyLong_FromUnsignedLong(state.shared ? state.holders : 0) : NULL;
}

static PyObject *key_waiting(KeyLockObject *self, void *Py_UNUSED(closure))
{
    shoal_key_state state;
    return look(self, &state) ? PyLong_FromUnsignedLong(state.waiters) : NULL;
}

static PyObject *key_key(KeyLockObject *self, void *Py_UNUSED(closure))
{
    shoal_key key = key_of(self->bytes);
    return key_to_python(&key);
}

static PyObject *key_repr(KeyLockObject *self)
{
    PyObject *key = key_key(self, NULL);
    PyObject *repr =
        key ? PyUnicode_FromFormat("<shoal.KeyLock %R of '%s'%s>", key, shoal_object_name(object_of(self), NULL),
                                   self->shared ? ", shared" : "")
            : NULL;
    Py_XDECREF(key);
    return repr;
}

/* ---- The key's object --------------------------------------------------------------------------- */

/* Takes over `bytes`. */
static PyObject *key_new(LocksObject *locks, PyObject *bytes, bool shared, double timeout)
{
    KeyLockObject *self = bytes ? PyObject_New(KeyLockObject, state_of(locks)->key_type) : NULL;
    if (!self) {
        Py_XDECREF(bytes);
        return NULL;
    }
    self->locks = (LocksObject *)Py_NewRef((PyObject *)locks);
    self->bytes = bytes;
    self->timeout = timeout;
    self->shared = shared;
    return (PyObject *)self;
}

static void key_dealloc(KeyLockObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(self->locks);
    Py_DECREF(self->bytes);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *key_read(KeyLockObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"timeout", NULL};
    PyObject *given[1] = {NULL};
    shoal_time deadline;
    double seconds = -1;
    if ((nargs > 0 || kwnames) && arg_parse(&(Signature){"read", names, 1, 0}, args, nargs, kwnames, given) < 0)
        return NULL;
    if (given[0] && given[0] != Py_None) {
        if (arg_timeout(given[0], &deadline) < 0)
            return NULL;
        seconds = PyFloat_AsDouble(given[0]);
        if (seconds == -1.0 && PyErr_Occurred())
            return NULL;
    }
    return key_new(self->locks, Py_NewRef(self->bytes), true, seconds);
}

/* As the expression that made it: locks[key], or .read(timeout) of that. */
static PyObject *key_reduce(KeyLockObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *plain = self->shared ? key_new(self->locks, Py_NewRef(self->bytes), false, -1) : NULL;
    PyObject *method = self->shared ? plain ? PyObject_GetAttrString(plain, "read") : NULL
                                    : PyObject_GetAttrString((PyObject *)self->locks, "__getitem__");
    PyObject *argument = self->shared ? key_timeout(self, NULL) : Py_NewRef(self->bytes);
    PyObject *reduced = method && argument ? Py_BuildValue("O(O)", method, argument) : NULL;
    Py_XDECREF(plain);
    Py_XDECREF(method);
    Py_XDECREF(argument);
    return reduced;
}

static PyMethodDef key_methods[] = {
    METHOD("acquire", key_acquire, FASTCALL,
           ACQUIRE_SIGNATURE
           "Acquire the key; False if that was not possible in time. Without arguments: within its own "
           "timeout."),
    METHOD("release", key_release, METH_NOARGS,
           "release($self, /)\n--\n\nRelease the key. LockError if this process does not hold it."),
    METHOD("read", key_read, FASTCALL,
           "read($self, /, timeout=None)\n--\n\nThe shared side, for a with statement: held by any number at once."),
    METHOD("locked", key_locked, METH_NOARGS,
           "locked($self, /)\n--\n\nWhether a live process holds or shares the key."),
    METHOD("repair", key_repair, METH_NOARGS,
           "repair($self, /)\n--\n\nDeclare that the data which a dead holder's key guards is sound."),
    METHOD("acquire_async", key_acquire_async, FASTCALL, ACQUIRE_ASYNC_DOC),
    METHOD("__enter__", key_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nTake the key."),
    METHOD("__exit__", key_exit, METH_FASTCALL, EXIT_SIGNATURE "Give the key back."),
    METHOD("__aenter__", key_aenter, METH_NOARGS, AENTER_DOC),
    METHOD("__aexit__", key_aexit, METH_FASTCALL, AEXIT_DOC),
    METHOD("__reduce__", key_reduce, METH_NOARGS, "Pickle as the Locks and the key."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef key_getset[] = {
    {"key", (getter)key_key, NULL, PyDoc_STR("the key: str where it is UTF-8, else bytes"), NULL},
    {"timeout", (getter)key_timeout, NULL, PyDoc_STR("how many seconds acquire() waits; None: for ever"), NULL},
    {"recovered", (getter)key_recovered, NULL,
     PyDoc_STR("whether this process holds the key, and the last who held it alone died holding it"), NULL},
    {"owner", (getter)key_owner, NULL, PyDoc_STR("who holds it alone: an Owner, or None"), NULL},
    {"sharing", (getter)key_sharing, NULL, PyDoc_STR("how many threads and tasks share it"), NULL},
    {"waiting", (getter)key_waiting, NULL, PyDoc_STR("how many threads and tasks wait for it"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef key_members[] = {
    {"locks", T_OBJECT_EX, offsetof(KeyLockObject, locks), READONLY, PyDoc_STR("the Locks")},
    {"shared", T_BOOL, offsetof(KeyLockObject, shared), READONLY, PyDoc_STR("whether it is the shared side")},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot key_slots[] = {
    {Py_tp_doc, PyDoc_STR("One key of a Locks, to be entered. Made by locks[key], and its shared side by read().")},
    {Py_tp_dealloc, key_dealloc},
    {Py_tp_repr, key_repr},
    {Py_tp_methods, key_methods},
    {Py_tp_getset, key_getset},
    {Py_tp_members, key_members},
    {0, NULL},
};

static PyType_Spec key_spec = {"shoal.KeyLock", sizeof(KeyLockObject), 0, TYPE_FLAGS, key_slots};

static int key_init(PyObject *module, ModuleState *state)
{
    state->key_type = type_new(module, &key_spec);
    return state->key_type ? 0 : -1;
}

/* ---- All of them -------------------------------------------------------------------------------- */

static PyObject *locks_getitem(LocksObject *self, PyObject *key)
{
    return key_new(self, arg_key(key), false, -1);
}

static Py_ssize_t locks_length(LocksObject *self)
{
    int64_t count = shoal_locks_count(self->handle.object);
    if (count < 0)
        raise_status(state_of(self), (int)count);
    return count < 0 ? -1 : (Py_ssize_t)count;
}

static int locks_contains(LocksObject *self, PyObject *given)
{
    shoal_key_state state;
    PyObject *bytes = arg_key(given);
    if (!bytes)
        return -1;
    shoal_key key = key_of(bytes);
    int status = shoal_locks_look(&state, self->handle.object, &key);
    Py_DECREF(bytes);
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : state.holders || state.waiters || state.owner_died;
}

static int add_key(void *list, const shoal_key *key, const shoal_key_state *Py_UNUSED(state))
{
    PyObject *it = key_to_python(key);
    int result = it ? PyList_Append(list, it) : -1;
    Py_XDECREF(it);
    return result < 0 ? STATUS_RAISED : 0;
}

/* The keys of one moment. */
static PyObject *locks_iter(LocksObject *self)
{
    PyObject *list = PyList_New(0);
    int status = list ? shoal_locks_each(self->handle.object, add_key, list) : STATUS_RAISED;
    PyObject *iterator = status == 0 ? PyObject_GetIter(list) : NULL;
    Py_XDECREF(list);
    if (status < 0 && status != STATUS_RAISED)
        raise_status(state_of(self), status);
    return iterator;
}

static PyObject *locks_reentrant(LocksObject *self, void *Py_UNUSED(closure))
{
    shoal_object *locks = handle_usable(&self->handle);
    return locks ? PyBool_FromLong((shoal_locks_flags(locks) & SHOAL_LOCK_REENTRANT) != 0) : NULL;
}

static PyObject *locks_repr(LocksObject *self)
{
    int64_t count = shoal_locks_count(self->handle.object);
    if (count < 0)
        return raise_status(state_of(self), (int)count);
    return PyUnicode_FromFormat("<shoal.Locks '%s' with %zd keys>", shoal_object_name(self->handle.object, NULL),
                                (Py_ssize_t)count);
}

static PyObject *locks_reduce(LocksObject *self, PyObject *Py_UNUSED(unused))
{
    return handle_reduce_with(&self->handle, PyBool_FromLong(self->strict));
}

static PyMethodDef locks_methods[] = {
    METHOD("__reduce__", locks_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef locks_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"reentrant", (getter)locks_reentrant, NULL, PyDoc_STR("whether the thread that holds a key may take it again"),
     NULL},
    {"holders", (getter)handle_holders, NULL,
     PyDoc_STR("the processes that hold or share keys: a list of Owner; count: how many keys"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for any key: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef locks_members[] = {
    {"strict", T_BOOL, offsetof(LocksObject, strict), READONLY,
     PyDoc_STR("whether this handle refuses the key of a dead holder until repair() was called")},
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot locks_slots[] = {
    {Py_tp_doc, PyDoc_STR("A lock for each key, which has memory only while somebody holds it or waits for it. Made by "
                          "Segment.locks().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, locks_repr},
    {Py_tp_iter, locks_iter},
    {Py_mp_length, locks_length},
    {Py_mp_subscript, locks_getitem},
    {Py_sq_contains, locks_contains},
    {Py_tp_methods, locks_methods},
    {Py_tp_getset, locks_getset},
    {Py_tp_members, locks_members},
    {0, NULL},
};

static PyType_Spec locks_spec = {"shoal.Locks", sizeof(LocksObject), 0, TYPE_FLAGS, locks_slots};

/* ---- Opening ------------------------------------------------------------------------------------ */

static PyObject *locks_wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    LocksObject *self = (LocksObject *)handle_new(state, attachment, object);
    if (self)
        self->strict = false;
    return (PyObject *)self;
}

static PyObject *locks_reopen(ModuleState *state, Attachment *attachment, shoal_object *object, PyObject *strict)
{
    PyObject *locks = locks_wrap(state, attachment, object);
    if (locks)
        ((LocksObject *)locks)->strict = strict == Py_True;
    return locks;
}

static int locks_begin(shoal_wait *wait, shoal_object *object, HandleObject *self, int operation, uint32_t flags,
                       int64_t argument)
{
    uint32_t strict = ((LocksObject *)self)->strict ? SHOAL_WAIT_STRICT : 0;
    return handle_begin(wait, object, self, operation, flags | strict, argument);
}

static PyObject *locks_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "reentrant", "strict", NULL};
    static const Signature signature = {"locks", names, 2, 1};
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
    int status =
        shoal_locks_open(&object, attachment->segment, name.text, name.length, reentrant ? SHOAL_LOCK_REENTRANT : 0);
    PyObject *locks = segment_opened(self, attachment, object, status);
    if (locks)
        ((LocksObject *)locks)->strict = strict;
    return locks;
}

const Kind locks_kind = {
    .opener =
        METHOD("locks", locks_open, FASTCALL,
               "locks($self, /, name, reentrant=False, *, strict=False)\n--\n\nOpen the Locks of that name, or make "
               "it: locks[key] is a lock. A strict handle raises OwnerDied after a key's holder died, until "
               "repair()."),
    .spec = &locks_spec,
    .init = key_init,
    .wrap = locks_wrap,
    .reopen = locks_reopen,
    .begin = locks_begin,
    .wakes_one = true,
    .keyed = true,
};
