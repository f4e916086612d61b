/* _Wait: one wait of a task in pieces, begun, tried and ended by the thread of its event loop. See shoal/_aio.py. */
#include "wait_object.h"

#include <unistd.h>

#include "args.h"
#include "condition.h"
#include "errors.h"
#include "types.h"
#include "wait.h"

bool wait_is_of_this_process(const WaitObject *self)
{
    return self->process == (int64_t)getpid();
}

/* A forked child leaves its parent's wait alone. */
void wait_cancel_begun(WaitObject *self)
{
    if (self->begun && wait_is_of_this_process(self))
        shoal_wait_cancel(&self->wait);
    self->begun = false;
}

/* ---- Birth and death ---------------------------------------------------------------------------- */

static const Kind *awaitable_kind(ModuleState *state, PyObject *object)
{
    const Kind *kind = kind_of(state, object);
    if (kind && kind->begin)
        return kind;
    PyErr_Format(PyExc_TypeError, "a %.100s cannot be waited for", Py_TYPE(object)->tp_name);
    return NULL;
}

/* Before Python can run, and be told of it: nothing to undo when it fails. */
static WaitObject *blank(PyTypeObject *type, HandleObject *handle)
{
    shoal_object *object = handle_hold(handle);
    WaitObject *self = object ? PyObject_New(WaitObject, type) : NULL;
    if (!self) {
        shoal_object_close(object);
        return NULL;
    }
    Py_INCREF(handle);
    self->handle = handle;
    self->object = object;
    self->process = (int64_t)getpid();
    self->bytes = NULL;
    self->begun = false;
    self->place = NOWHERE;
    self->previous = self->next = NULL;
    self->future = NULL;
    self->cancel = false;
    return self;
}

/* What the wait is for: an integer, or the address of a key, which stays with the wait. */
static int argument_of(WaitObject *self, PyObject *given, int64_t *argument)
{
    *argument = 0;
    if (!self->kind->keyed)
        return given ? arg_int64(given, "differs_from", argument) : 0;
    if (!given || !PyBytes_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "the wait for a key needs its bytes");
        return -1;
    }
    self->bytes = Py_NewRef(given);
    self->key = (shoal_key){PyBytes_AS_STRING(given), (size_t)PyBytes_GET_SIZE(given)};
    *argument = (int64_t)(uintptr_t)&self->key;
    return 0;
}

/* _Wait(handle, operation, timeout, argument=0) */
static PyObject *wait_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    ModuleState *state = PyType_GetModuleState(type);
    PyObject *object, *timeout, *given = NULL;
    int operation;
    int64_t argument;
    shoal_time deadline;
    if (!PyArg_ParseTuple(args, "OiO|O:_Wait", &object, &operation, &timeout, &given) ||
        arg_timeout(timeout, &deadline) < 0)
        return NULL;
    const Kind *kind = awaitable_kind(state, object);
    WaitObject *self = kind ? blank(type, (HandleObject *)object) : NULL;
    if (!self)
        return NULL;
    self->kind = kind;
    self->operation = operation;
    self->deadline = deadline;
    if (argument_of(self, given, &argument) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    int status = kind->begin(&self->wait, self->object, self->handle, operation, SHOAL_WAIT_TASK, argument);
    self->begun = status >= 0;
    if (status >= 0)
        return (PyObject *)self;
    raise_status(state, status);
    Py_DECREF(self);
    return NULL;
}

static void wait_dealloc(WaitObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    wait_cancel_begun(self);
    shoal_object_close(self->object);
    Py_DECREF(self->handle);
    Py_XDECREF(self->bytes);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- Trying ------------------------------------------------------------------------------------- */

static int check_begun(const WaitObject *self)
{
    if (self->begun && wait_is_of_this_process(self))
        return 0;
    PyErr_SetString(PyExc_RuntimeError, self->begun ? "this wait belongs to the parent process: await anew in the child"
                                                    : "this wait is over");
    return -1;
}

/* None: not yet. The time over is the end of all but a Condition's, which has its lock to take back. */
static PyObject *attempt(WaitObject *self)
{
    if (check_begun(self) < 0)
        return NULL;
    int status = shoal_wait_try(&self->wait);
    self->wait.slice_over = false;
    if (status == SHOAL_PENDING && self->deadline != SHOAL_FOREVER && shoal_now() >= self->deadline)
        status = shoal_wait_until(&self->wait, SHOAL_NO_WAIT);
    if (status == SHOAL_PENDING || status == SHOAL_EINTR)
        Py_RETURN_NONE;
    bool notify = self->operation == SHOAL_WAIT_NOTIFY, pass = self->operation == SHOAL_WAIT_PASS;
    self->begun = notify || (pass && status >= 0 && self->wait.last);
    if (status == SHOAL_ETIMEDOUT && !pass)
        Py_RETURN_FALSE;
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_TRUE;
}

/* Without a loop: True, or False when its time was over. */
static PyObject *until(WaitObject *self)
{
    if (check_begun(self) < 0)
        return NULL;
    int status = wait_on(&self->wait, self->deadline);
    if (status == STATUS_RAISED)
        wait_cancel_begun(self);
    self->begun = false;
    return waited(self, status);
}

/* A Condition: take the lock back, however long that takes. */
static PyObject *end(WaitObject *self)
{
    bool notified;
    LockObject *lock = condition_lock(state_of(self), self->handle);
    if (check_begun(self) < 0)
        return NULL;
    if (!lock) {
        PyErr_SetString(PyExc_TypeError, "this is not the wait of a Condition");
        return NULL;
    }
    self->deadline = SHOAL_FOREVER;
    int status = shoal_condition_end(&notified, &self->wait, SHOAL_FOREVER); /* a task's: does not sleep */
    self->wait.slice_over = false;
    if (status == SHOAL_PENDING || status == SHOAL_EINTR)
        Py_RETURN_NONE;
    if (status < 0) {
        raise_status(state_of(self), status);
        lock_is_lost(lock);
        return NULL;
    }
    self->begun = false;
    return PyBool_FromLong(notified);
}

/* A Barrier, by the last to arrive. */
static PyObject *let_pass(WaitObject *self)
{
    if (check_begun(self) < 0)
        return NULL;
    int status = shoal_barrier_pass(&self->wait);
    self->begun = false;
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_NONE;
}

/* Each wait is one task's. Another thread comes by only when the task's loop was closed; it finds it begun, or over. */
static PyObject *alone(WaitObject *self, PyObject *(*method)(WaitObject *self))
{
    PyObject *result;
    Py_BEGIN_CRITICAL_SECTION(self)
        ;
        result = method(self);
    Py_END_CRITICAL_SECTION();
    return result;
}

static PyObject *wait_attempt(WaitObject *self, PyObject *Py_UNUSED(unused))
{
    return alone(self, attempt);
}

static PyObject *wait_until(WaitObject *self, PyObject *Py_UNUSED(unused))
{
    return alone(self, until);
}

static PyObject *wait_end(WaitObject *self, PyObject *Py_UNUSED(unused))
{
    return alone(self, end);
}

static PyObject *wait_let_pass(WaitObject *self, PyObject *Py_UNUSED(unused))
{
    return alone(self, let_pass);
}

/* _Wait.holds(lock): does this very thread hold it? */
static PyObject *wait_holds(PyTypeObject *type, PyObject *object)
{
    ModuleState *state = PyType_GetModuleState(type);
    if (!is_lock(state, object)) {
        PyErr_Format(PyExc_TypeError, "a Lock is needed, not %.100s", Py_TYPE(object)->tp_name);
        return NULL;
    }
    return PyBool_FromLong(shoal_lock_is_this_threads(((HandleObject *)object)->object));
}

/* ---- Looking ------------------------------------------------------------------------------------ */

static PyObject *wait_key(WaitObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromVoidPtr(self->object);
}

static PyObject *wait_rest(WaitObject *self, void *Py_UNUSED(closure))
{
    if (self->deadline == SHOAL_FOREVER)
        Py_RETURN_NONE;
    shoal_time rest = self->deadline - shoal_now();
    return PyFloat_FromDouble(rest > 0 ? (double)rest / 1e9 : 0.0);
}

static PyMethodDef wait_methods[] = {
    METHOD("attempt", wait_attempt, METH_NOARGS,
           "Try once. True: the wait ended; False: its timeout passed; None: not yet."),
    METHOD("until", wait_until, METH_NOARGS,
           "Sleep, without an event loop, until it ended: True; False: its timeout passed."),
    METHOD("end", wait_end, METH_NOARGS,
           "Of a Condition: take the lock; return whether it was notified, None: not yet."),
    METHOD("holds", wait_holds, METH_O | METH_CLASS, "Whether this very thread holds the Lock."),
    METHOD("let_pass", wait_let_pass, METH_NOARGS, "Of a Barrier, when `last`: let all parties go on."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef wait_getset[] = {
    {"key", (getter)wait_key, NULL, PyDoc_STR("equal for waits for the same object"), NULL},
    {"rest", (getter)wait_rest, NULL, PyDoc_STR("seconds until its timeout passes; None: it has none"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef wait_members[] = {
    {"begun", T_BOOL, offsetof(WaitObject, begun), READONLY,
     PyDoc_STR("whether it was begun, and has neither ended nor been given up")},
    {"last", T_BOOL, offsetof(WaitObject, wait.last), READONLY,
     PyDoc_STR("of a Barrier: whether it was the last to arrive")},
    {"index", T_UINT, offsetof(WaitObject, wait.index), READONLY,
     PyDoc_STR("of a Barrier: its place in the order of arrival")},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot wait_slots[] = {
    {Py_tp_doc, PyDoc_STR("One wait of a task. shoal._aio's own.")},
    {Py_tp_new, wait_new},
    {Py_tp_dealloc, wait_dealloc},
    {Py_tp_methods, wait_methods},
    {Py_tp_getset, wait_getset},
    {Py_tp_members, wait_members},
    {0, NULL},
};

static PyType_Spec wait_spec = {"shoal._Wait", sizeof(WaitObject), 0, MADE_FLAGS, wait_slots};

int wait_object_init(PyObject *module, ModuleState *state)
{
    state->wait_type = type_new(module, &wait_spec);
    return state->wait_type ? sleeper_init(module, state) : -1;
}
