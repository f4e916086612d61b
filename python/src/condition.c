/* Condition: as threading.Condition, between processes, with a Lock of the same segment. */
#include "condition.h"

#include "aio.h"
#include "args.h"
#include "errors.h"
#include "gil.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "wait.h"

typedef struct ConditionObject {
    HandleObject handle;
    LockObject *lock;
} ConditionObject;

/* ---- Waiting ------------------------------------------------------------------------------------ */

typedef struct Raised {
    PyObject *type, *value, *traceback;
} Raised;

static void fetch(Raised *raised)
{
    PyErr_Fetch(&raised->type, &raised->value, &raised->traceback);
}

static void forget(Raised *raised)
{
    Py_XDECREF(raised->type);
    Py_XDECREF(raised->value);
    Py_XDECREF(raised->traceback);
}

static int end_without_gil(bool *notified, shoal_wait *wait)
{
    int status;
    WITHOUT_GIL(status = shoal_condition_end(notified, wait, SHOAL_FOREVER));
    return status;
}

/*
 * Take the lock back, also when a signal handler has raised: that exception waits until we have it. A second one does not:
 * who presses Ctrl-C again gets out of here without the lock, whoever holds it.
 */
static int take_back(bool *notified, bool *lost, shoal_wait *wait)
{
    Raised first, second;
    int status;
    fetch(&first);
    while ((status = end_without_gil(notified, wait)) == SHOAL_EINTR) {
        if (PyErr_CheckSignals() == 0)
            continue;
        fetch(&second);
        if (first.type) {
            forget(&first);
            first = second;
            break;
        }
        first = second;
    }
    if (status < 0) {
        shoal_wait_cancel(wait);
        *lost = true;
    }
    if (!first.type)
        return status;
    PyErr_Restore(first.type, first.value, first.traceback);
    return STATUS_RAISED;
}

/* Let go of the lock, wait, take it back: < 0 with an exception, else whether we were notified. */
static int wait_until(ConditionObject *self, shoal_time deadline)
{
    shoal_wait wait;
    bool notified = false, lost = false;
    int status =
        shoal_condition_begin(&wait, self->handle.object, self->lock->handle.object, lock_wait_flags(self->lock));
    if (status >= 0) {
        wait_on(&wait, deadline);
        status = take_back(&notified, &lost, &wait);
    }
    if (status >= 0)
        return notified;
    raise_status(state_of(self), status);
    if (lost)
        lock_is_lost(self->lock);
    return -1;
}

static PyObject *condition_wait(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline;
    if (arg_only_timeout("wait", args, nargs, kwnames, &deadline) < 0)
        return NULL;
    int notified = wait_until(self, deadline);
    return notified < 0 ? NULL : PyBool_FromLong(notified);
}

/* What `predicate` says: a new reference, and whether it is true. */
static PyObject *ask(PyObject *predicate, int *truth)
{
    PyObject *answer = PyObject_CallObject(predicate, NULL);
    *truth = answer ? PyObject_IsTrue(answer) : -1;
    if (*truth < 0)
        Py_CLEAR(answer);
    return answer;
}

static PyObject *wait_for_until(ConditionObject *self, PyObject *predicate, shoal_time deadline)
{
    int truth, notified = 1;
    PyObject *answer = ask(predicate, &truth);
    while (truth == 0 && notified == 1) {
        Py_DECREF(answer);
        notified = wait_until(self, deadline);
        answer = notified < 0 ? NULL : ask(predicate, &truth);
    }
    return answer;
}

static const char *const wait_for_names[] = {"predicate", "timeout", NULL};

static PyObject *condition_wait_for(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const Signature signature = {"wait_for", wait_for_names, 2, 1};
    PyObject *given[2];
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_timeout(given[1], &deadline) < 0)
        return NULL;
    return wait_for_until(self, given[0], deadline);
}

static PyObject *condition_wait_async(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout;
    if (arg_async_timeout("wait_async", args, nargs, kwnames, &timeout) < 0)
        return NULL;
    return aio_start(state_of(self), "wait_condition", PyTuple_Pack(1, self), timeout);
}

static PyObject *condition_wait_for_async(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs,
                                          PyObject *kwnames)
{
    static const Signature signature = {"wait_for_async", wait_for_names, 1, 1};
    PyObject *given[2];
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0)
        return NULL;
    return aio_start(state_of(self), "wait_condition_for", PyTuple_Pack(2, self, given[0]), given[1]);
}

/* ---- Notifying ---------------------------------------------------------------------------------- */

static PyObject *notify(ConditionObject *self, uint32_t n)
{
    uint32_t notified;
    int status = shoal_condition_notify(&notified, self->handle.object, self->lock->handle.object, n);
    return status < 0 ? raise_status(state_of(self), status) : PyLong_FromUnsignedLong(notified);
}

static PyObject *condition_notify(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"n", NULL};
    static const Signature signature = {"notify", names, 1, 0};
    PyObject *given[1];
    uint32_t n = 1;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        (given[0] && arg_count(given[0], "n", 0, UINT32_MAX, &n) < 0))
        return NULL;
    return notify(self, n);
}

static PyObject *condition_notify_all(ConditionObject *self, PyObject *Py_UNUSED(unused))
{
    return notify(self, UINT32_MAX);
}

/* ---- Its lock ----------------------------------------------------------------------------------- */

static PyObject *condition_acquire(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return lock_acquire(self->lock, args, nargs, kwnames);
}

static PyObject *condition_acquire_async(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs,
                                         PyObject *kwnames)
{
    return lock_acquire_async(self->lock, args, nargs, kwnames);
}

static PyObject *condition_release(ConditionObject *self, PyObject *Py_UNUSED(unused))
{
    return lock_release(self->lock, NULL);
}

static PyObject *condition_enter(ConditionObject *self, PyObject *Py_UNUSED(unused))
{
    return entered(self, lock_acquire_until(self->lock, SHOAL_FOREVER));
}

static PyObject *condition_exit(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return lock_exited(self->lock, args, nargs);
}

static PyObject *condition_aenter(ConditionObject *self, PyObject *Py_UNUSED(unused))
{
    return aio_enter(state_of(self), (PyObject *)self, condition_acquire_async(self, NULL, 0, NULL));
}

static PyObject *condition_aexit(ConditionObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return aio_exit(state_of(self), condition_exit(self, args, nargs));
}

static PyObject *condition_recovered(ConditionObject *self, void *Py_UNUSED(closure))
{
    shoal_object *condition = handle_usable(&self->handle);
    return condition ? PyBool_FromLong(shoal_lock_recovered(self->lock->handle.object)) : NULL;
}

static PyObject *condition_repr(ConditionObject *self)
{
    return PyUnicode_FromFormat("<shoal.Condition '%s' with the lock '%s'>",
                                shoal_object_name(self->handle.object, NULL),
                                shoal_object_name(self->lock->handle.object, NULL));
}

static PyObject *condition_reduce(ConditionObject *self, PyObject *Py_UNUSED(unused))
{
    return handle_reduce_with(&self->handle, PyBool_FromLong(self->lock->strict));
}

static void condition_dealloc(ConditionObject *self)
{
    LockObject *lock = self->lock;
    handle_dealloc(&self->handle);
    Py_XDECREF(lock);
}

/* ---- The type ----------------------------------------------------------------------------------- */

static PyMethodDef condition_methods[] = {
    METHOD("wait", condition_wait, FASTCALL,
           "wait($self, /, timeout=None)\n--\n\nRelease the lock, wait to be notified, acquire the lock again. False "
           "if the timeout passed first. LockError if this process does not hold the lock."),
    METHOD("wait_for", condition_wait_for, FASTCALL,
           "wait_for($self, /, predicate, timeout=None)\n--\n\nWait until predicate() is true, or the timeout has "
           "passed; return its last value."),
    METHOD("notify", condition_notify, FASTCALL,
           "notify($self, /, n=1)\n--\n\nNotify up to n waiters, the longest waiting first; return how many. LockError "
           "if this process does not hold the lock."),
    METHOD("notify_all", condition_notify_all, METH_NOARGS,
           "notify_all($self, /)\n--\n\nNotify all waiters; return how many."),
    METHOD("wait_async", condition_wait_async, FASTCALL, WAIT_ASYNC_DOC),
    METHOD("wait_for_async", condition_wait_for_async, FASTCALL,
           "wait_for_async($self, /, predicate, *, timeout=None)\n--\n\nwait_for() as a coroutine."),
    METHOD("acquire", condition_acquire, FASTCALL, ACQUIRE_SIGNATURE "Acquire the lock, as Lock.acquire()."),
    METHOD("release", condition_release, METH_NOARGS, "release($self, /)\n--\n\nGive the lock back."),
    METHOD("acquire_async", condition_acquire_async, FASTCALL, ACQUIRE_ASYNC_DOC),
    METHOD("__enter__", condition_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nTake the lock."),
    METHOD("__exit__", condition_exit, METH_FASTCALL, EXIT_SIGNATURE "Give the lock back."),
    METHOD("__aenter__", condition_aenter, METH_NOARGS, AENTER_DOC),
    METHOD("__aexit__", condition_aexit, METH_FASTCALL, AEXIT_DOC),
    METHOD("__reduce__", condition_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef condition_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"recovered", (getter)condition_recovered, NULL,
     PyDoc_STR("whether this process holds the lock and its last holder died holding it"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for a notification: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef condition_members[] = {
    {"lock", T_OBJECT_EX, offsetof(ConditionObject, lock), READONLY, PyDoc_STR("its Lock")},
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot condition_slots[] = {
    {Py_tp_doc, PyDoc_STR("A way to wait for changes of what a Lock guards. Made by Segment.condition().")},
    {Py_tp_dealloc, condition_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, condition_repr},
    {Py_tp_methods, condition_methods},
    {Py_tp_getset, condition_getset},
    {Py_tp_members, condition_members},
    {0, NULL},
};

static PyType_Spec condition_spec = {"shoal.Condition", sizeof(ConditionObject), 0, TYPE_FLAGS, condition_slots};

/* ---- Opening ------------------------------------------------------------------------------------ */

LockObject *condition_lock(ModuleState *state, HandleObject *handle)
{
    bool is_one = Py_IS_TYPE((PyObject *)handle, state->kind_types[SHOAL_KIND_CONDITION]);
    return is_one ? ((ConditionObject *)handle)->lock : NULL;
}

/* Takes over `condition` and `lock`. */
static PyObject *condition_new(ModuleState *state, Attachment *attachment, shoal_object *condition, LockObject *lock)
{
    ConditionObject *self = (ConditionObject *)handle_new(state, attachment, condition);
    if (self)
        self->lock = lock;
    else
        Py_DECREF(lock);
    return (PyObject *)self;
}

/* One that was found by its name, with a handle of its Lock. */
static PyObject *condition_wrap(ModuleState *state, Attachment *attachment, shoal_object *condition)
{
    shoal_object *object;
    int status = shoal_condition_lock(&object, condition);
    PyObject *lock = status < 0 ? raise_status(state, status) : lock_wrap(state, attachment, object);
    if (lock)
        return condition_new(state, attachment, condition, (LockObject *)lock);
    shoal_object_close(condition);
    return NULL;
}

static PyObject *condition_reopen(ModuleState *state, Attachment *attachment, shoal_object *object, PyObject *strict)
{
    PyObject *condition = condition_wrap(state, attachment, object);
    if (condition)
        ((ConditionObject *)condition)->lock->strict = strict == Py_True;
    return condition;
}

/* Only its waits end with taking a Lock back. */
static int condition_begin(shoal_wait *wait, shoal_object *object, HandleObject *self, int operation, uint32_t flags,
                           int64_t argument)
{
    const LockObject *lock = ((ConditionObject *)self)->lock;
    flags |= lock_wait_flags(lock);
    if (operation != SHOAL_WAIT_NOTIFY)
        return handle_begin(wait, object, self, operation, flags, argument);
    return shoal_condition_begin(wait, object, lock->handle.object, flags);
}

static PyObject *condition_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "lock", NULL};
    static const Signature signature = {"condition", names, 2, 2};
    PyObject *given[2];
    Name name;
    shoal_object *object;
    ModuleState *state = state_of(self);
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0)
        return NULL;
    if (!is_lock(state, given[1]))
        return PyErr_Format(PyExc_TypeError, "lock must be a Lock of the same segment, not %.100s",
                            Py_TYPE(given[1])->tp_name);
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    LockObject *lock = (LockObject *)Py_NewRef(given[1]);
    int status = shoal_condition_open(&object, attachment->segment, name.text, name.length, lock->handle.object);
    PyObject *made = status < 0 ? raise_status(state, status) : condition_new(state, attachment, object, lock);
    attachment_release(attachment);
    if (status < 0)
        Py_DECREF(lock);
    return made;
}

const Kind condition_kind = {
    .opener = METHOD("condition", condition_open, FASTCALL,
                     "condition($self, /, name, lock)\n--\n\nOpen the Condition of that name, or make it. It belongs "
                     "to one Lock of the same segment, for ever."),
    .spec = &condition_spec,
    .wrap = condition_wrap,
    .reopen = condition_reopen,
    .begin = condition_begin,
};
