/* Job: what was taken from a JobQueue. It is done, or tried again; one that is dropped is tried again. */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "job_queue.h"
#include "message.h"
#include "types.h"
#include "wait.h"

typedef enum Ending { OPEN, DONE, RETRIED, BURIED } Ending;

typedef struct JobObject {
    PyObject_HEAD
    HandleObject *queue; /* the core wants it open as long as the job is taken */
    shoal_job job;       /* of the core's calls; in a critical section, with `ending` */
    Ending ending;       /* OPEN until it is done, or given back */
    PyObject *value;     /* NULL: `error` says why it has none */
    PyObject *error;
    PyObject *weakrefs;
} JobObject;

/* ---- Taken -------------------------------------------------------------------------------------- */

static PyObject *raised(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
}

/* While it is read it may become another's, if the queue has a lease, and its memory something else. */
static void read_value(JobObject *self)
{
    ModuleState *state = state_of(self);
    self->value = message_read(state, self->job.bytes, self->job.size);
    if (shoal_job_is_mine(&self->job) && (self->value || PyErr_Occurred())) {
        self->error = self->value ? NULL : raised();
        return;
    }
    PyErr_Clear();
    Py_CLEAR(self->value);
    raise_text(state, SHOAL_ELOCK, "the lease of job %llu was over before it was read",
               (unsigned long long)self->job.number);
    self->error = raised();
}

PyObject *job_new(HandleObject *queue, const shoal_job *job)
{
    JobObject *self = PyObject_GC_New(JobObject, state_of(queue)->job_type);
    if (!self) {
        shoal_job given_back = *job;
        shoal_job_retry(&given_back, 0);
        return NULL;
    }
    Py_INCREF(queue);
    self->queue = queue;
    self->job = *job;
    self->ending = OPEN;
    self->value = self->error = self->weakrefs = NULL;
    read_value(self);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static int job_traverse(JobObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->value);
    Py_VISIT(self->error);
    return 0;
}

static int job_clear(JobObject *self)
{
    Py_CLEAR(self->value);
    Py_CLEAR(self->error);
    return 0;
}

/* One that nobody has finished is another's to try. */
static void job_dealloc(JobObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs)
        PyObject_ClearWeakRefs((PyObject *)self);
    if (self->ending == OPEN)
        shoal_job_retry(&self->job, 0);
    job_clear(self);
    Py_DECREF(self->queue);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

/* ---- Finishing ---------------------------------------------------------------------------------- */

static int end_as(JobObject *self, Ending ending, shoal_time delay)
{
    int status = ending == DONE      ? shoal_job_done(&self->job)
                 : ending == RETRIED ? shoal_job_retry(&self->job, delay)
                                     : shoal_job_bury(&self->job);
    if (status >= 0)
        self->ending = ending;
    return status;
}

/* `leniently`: one that is over already is left as it is. */
static int end_job(JobObject *self, Ending ending, shoal_time delay, bool leniently)
{
    int status;
    Py_BEGIN_CRITICAL_SECTION(self)
        ;
        status = leniently && self->ending != OPEN ? SHOAL_OK : end_as(self, ending, delay);
    Py_END_CRITICAL_SECTION();
    return status;
}

static PyObject *job_done(JobObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, end_job(self, DONE, 0, false));
}

static PyObject *job_retry(JobObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"delay", NULL};
    static const Signature signature = {"retry", names, 1, 0};
    PyObject *given[1];
    shoal_time delay = 0;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        (given[0] && arg_duration(given[0], "a delay", &delay) < 0))
        return NULL;
    return done(self, end_job(self, RETRIED, delay, false));
}

static PyObject *job_bury(JobObject *self, PyObject *Py_UNUSED(unused))
{
    return done(self, end_job(self, BURIED, 0, false));
}

static PyObject *job_enter(JobObject *self, PyObject *Py_UNUSED(unused))
{
    return Py_NewRef((PyObject *)self);
}

static PyObject *job_exit(JobObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    bool clean = nargs == 0 || args[0] == Py_None;
    return exited(self, end_job(self, clean ? DONE : RETRIED, 0, true), args, nargs);
}

static PyObject *job_aenter(JobObject *self, PyObject *Py_UNUSED(unused))
{
    return aio_exit(state_of(self), Py_NewRef((PyObject *)self));
}

static PyObject *job_aexit(JobObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return aio_exit(state_of(self), job_exit(self, args, nargs));
}

/* ---- Looking ------------------------------------------------------------------------------------ */

static PyObject *job_value(JobObject *self, void *Py_UNUSED(closure))
{
    if (self->value)
        return Py_NewRef(self->value);
    if (self->error)
        PyErr_SetObject((PyObject *)Py_TYPE(self->error), self->error);
    else
        PyErr_SetString(PyExc_ReferenceError, "this job is being collected");
    return NULL;
}

static PyObject *job_number(JobObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(self->job.number);
}

static PyObject *job_put_at(JobObject *self, void *Py_UNUSED(closure))
{
    return PyFloat_FromDouble(self->job.put);
}

static PyObject *job_queue_of(JobObject *self, void *Py_UNUSED(closure))
{
    return Py_NewRef((PyObject *)self->queue);
}

/* For shoal._work: what became of it, or None. */
static PyObject *job_ending(JobObject *self, void *Py_UNUSED(closure))
{
    static const char *const endings[] = {NULL, "done", "retried", "buried"};
    Ending ending;
    Py_BEGIN_CRITICAL_SECTION(self)
        ;
        ending = self->ending;
    Py_END_CRITICAL_SECTION();
    return ending == OPEN ? Py_NewRef(Py_None) : PyUnicode_FromString(endings[ending]);
}

static PyObject *job_repr(JobObject *self)
{
    bool mine;
    Py_BEGIN_CRITICAL_SECTION(self)
        ;
        mine = self->ending == OPEN && shoal_job_is_mine(&self->job);
    Py_END_CRITICAL_SECTION();
    return PyUnicode_FromFormat("<shoal.Job %llu of '%s', attempt %u%s>", (unsigned long long)self->job.number,
                                shoal_object_name(self->queue->object, NULL), self->job.attempt, mine ? "" : ", over");
}

static PyMethodDef job_methods[] = {
    METHOD("done", job_done, METH_NOARGS,
           "done($self, /)\n--\n\nThe job is done, for good. LockError if it is not this process's any more."),
    METHOD("retry", job_retry, FASTCALL,
           "retry($self, /, delay=0)\n--\n\nGive the job back, to be tried again after so many seconds; after its last "
           "attempt "
           "it is dead."),
    METHOD("bury", job_bury, METH_NOARGS, "bury($self, /)\n--\n\nThe job is dead: it is not tried again."),
    METHOD("__enter__", job_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe job itself."),
    METHOD("__exit__", job_exit, METH_FASTCALL, EXIT_SIGNATURE "done(), or after an exception retry()."),
    METHOD("__aenter__", job_aenter, METH_NOARGS, AENTER_DOC),
    METHOD("__aexit__", job_aexit, METH_FASTCALL, AEXIT_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef job_getset[] = {
    {"value", (getter)job_value, NULL, PyDoc_STR("what was put"), NULL},
    {"number", (getter)job_number, NULL, PyDoc_STR("its number: 1, 2, ... in the order of the puts"), NULL},
    {"put_at", (getter)job_put_at, NULL, PyDoc_STR("when it was put, in seconds since 1970"), NULL},
    {"queue", (getter)job_queue_of, NULL, PyDoc_STR("the JobQueue"), NULL},
    {"_ending", (getter)job_ending, NULL, PyDoc_STR("done, retried or buried; None: not yet"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef job_members[] = {
    {"attempt", T_UINT, offsetof(JobObject, job.attempt), READONLY, PyDoc_STR("1: it is tried for the first time")},
    {"priority", T_UINT, offsetof(JobObject, job.priority), READONLY, PyDoc_STR("0 to 3, the most urgent")},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(JobObject, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot job_slots[] = {
    {Py_tp_doc,
     PyDoc_STR("A job that this process has taken. Made by JobQueue.take(). As a context manager it is done after "
               "the block, or, after an exception, tried again.")},
    {Py_tp_dealloc, job_dealloc},
    {Py_tp_traverse, job_traverse},
    {Py_tp_clear, job_clear},
    {Py_tp_repr, job_repr},
    {Py_tp_methods, job_methods},
    {Py_tp_getset, job_getset},
    {Py_tp_members, job_members},
    {0, NULL},
};

static PyType_Spec job_spec = {"shoal.Job", sizeof(JobObject), 0, TYPE_FLAGS | Py_TPFLAGS_HAVE_GC, job_slots};

int job_init(PyObject *module, ModuleState *state)
{
    state->job_type = type_new(module, &job_spec);
    return state->job_type ? 0 : -1;
}
