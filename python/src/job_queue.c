/* JobQueue: work that is done at least once, between processes. */
#include "job_queue.h"

#include "args.h"
#include "errors.h"
#include "info.h"
#include "kinds.h"
#include "message.h"
#include "types.h"
#include "wait.h"

/* ---- Looking ------------------------------------------------------------------------------------ */

static int look(HandleObject *self, shoal_job_sizes *sizes)
{
    int status = shoal_job_queue_sizes(sizes, self->object);
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : 0;
}

static Py_ssize_t job_queue_length(HandleObject *self)
{
    shoal_job_sizes sizes;
    return look(self, &sizes) < 0 ? -1 : (Py_ssize_t)sizes.ready;
}

static PyObject *job_queue_qsize(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_job_sizes sizes;
    return look(self, &sizes) < 0 ? NULL : PyLong_FromUnsignedLongLong(sizes.ready);
}

static PyObject *job_queue_empty(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_job_sizes sizes;
    return look(self, &sizes) < 0 ? NULL : PyBool_FromLong(sizes.ready == 0);
}

static int look_at_options(HandleObject *self, shoal_job_queue_options *options)
{
    int status = shoal_job_queue_read_options(options, self->object);
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : 0;
}

static PyObject *job_queue_full(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_job_sizes sizes;
    shoal_job_queue_options options;
    if (look(self, &sizes) < 0 || look_at_options(self, &options) < 0)
        return NULL;
    return PyBool_FromLong(sizes.used >= options.capacity);
}

/* The closure says which of the sizes. */
static PyObject *job_queue_size_at(HandleObject *self, void *offset)
{
    shoal_job_sizes sizes;
    if (look(self, &sizes) < 0)
        return NULL;
    uint64_t size;
    memcpy(&size, (const char *)&sizes + (size_t)offset, sizeof size);
    return PyLong_FromUnsignedLongLong(size);
}

/* At one moment, for shoal._work. */
static PyObject *job_queue_left(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_job_sizes sizes;
    if (look(self, &sizes) < 0)
        return NULL;
    return PyLong_FromUnsignedLongLong(sizes.ready + sizes.delayed + sizes.taken);
}

static PyObject *job_queue_capacity(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_job_queue_options options;
    return look_at_options(self, &options) < 0 ? NULL : PyLong_FromUnsignedLongLong(options.capacity);
}

static PyObject *job_queue_attempts(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_job_queue_options options;
    return look_at_options(self, &options) < 0 ? NULL : PyLong_FromUnsignedLong(options.attempts);
}

static PyObject *job_queue_lease(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_job_queue_options options;
    if (look_at_options(self, &options) < 0)
        return NULL;
    if (options.lease == 0)
        Py_RETURN_NONE;
    return PyFloat_FromDouble((double)options.lease / 1e9);
}

static PyObject *job_queue_is_shutdown(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *queue = handle_usable(self);
    return queue ? PyBool_FromLong(shoal_job_queue_is_shut(queue)) : NULL;
}

static PyObject *job_queue_repr(HandleObject *self)
{
    shoal_job_sizes sizes;
    if (look(self, &sizes) < 0)
        return NULL;
    return PyUnicode_FromFormat("<shoal.JobQueue '%s' %llu ready, %llu delayed, %llu taken, %llu dead%s>",
                                shoal_object_name(self->object, NULL), (unsigned long long)sizes.ready,
                                (unsigned long long)sizes.delayed, (unsigned long long)sizes.taken,
                                (unsigned long long)sizes.dead,
                                shoal_job_queue_is_shut(self->object) ? ", shut down" : "");
}

/* ---- Copies of jobs ------------------------------------------------------------------------------ */

static PyObject *peek(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_job_copy copy;
    int status = shoal_job_queue_peek(&copy, self->object);
    if (status < 0)
        return raise_status(state_of(self), status);
    PyObject *value = message_read(state_of(self), copy.bytes, copy.size);
    shoal_job_copy_free(&copy);
    return value;
}

static const char *reason_of(uint32_t end)
{
    static const char *const reasons[] = {"", "died", "retried", "late", "buried"};
    return end < sizeof reasons / sizeof *reasons ? reasons[end] : "";
}

typedef struct Hearing {
    ModuleState *state;
    PyObject *list;
} Hearing;

static int hear_dead(void *argument, const shoal_job_copy *copy)
{
    Hearing *hearing = argument;
    PyObject *value = message_read(hearing->state, copy->bytes, copy->size);
    if (!value)
        return STATUS_RAISED;
    PyObject *fields = Py_BuildValue("(NKIIisdd)", value, (unsigned long long)copy->number, copy->attempts,
                                     copy->priority, (int)copy->pid, reason_of(copy->end), copy->since, copy->put);
    PyObject *job = record_new(hearing->state, "DeadJob", fields);
    int result = job ? PyList_Append(hearing->list, job) : -1;
    Py_XDECREF(job);
    return result < 0 ? STATUS_RAISED : SHOAL_OK;
}

static PyObject *job_queue_dead(HandleObject *self, void *Py_UNUSED(closure))
{
    Hearing hearing = {state_of(self), PyList_New(0)};
    if (!hearing.list)
        return NULL;
    int status = shoal_job_queue_each(self->object, SHOAL_JOB_DEAD, hear_dead, &hearing);
    if (status >= 0)
        return hearing.list;
    Py_DECREF(hearing.list);
    return raise_status(hearing.state, status);
}

/* ---- The dead, and the end ----------------------------------------------------------------------- */

typedef int (*by_number)(uint64_t *count, shoal_object *queue, uint64_t number);

/* number: of one of them; None: all. */
static PyObject *of_dead(HandleObject *self, const char *function, by_number act, PyObject *const *args,
                         Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"number", NULL};
    PyObject *given[1];
    int64_t number = 0;
    uint64_t count;
    if (arg_parse(&(Signature){function, names, 1, 0}, args, nargs, kwnames, given) < 0)
        return NULL;
    if (given[0] && given[0] != Py_None) {
        if (arg_int64(given[0], "number", &number) < 0)
            return NULL;
        if (number < 1)
            return PyErr_Format(PyExc_ValueError, "number must be at least 1, not %lld", (long long)number);
    }
    int status = act(&count, self->object, (uint64_t)number);
    return status < 0 ? raise_status(state_of(self), status) : PyLong_FromUnsignedLongLong(count);
}

static PyObject *job_queue_revive(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return of_dead(self, "revive", shoal_job_queue_revive, args, nargs, kwnames);
}

static PyObject *job_queue_drop(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return of_dead(self, "drop", shoal_job_queue_drop, args, nargs, kwnames);
}

static PyObject *job_queue_purge(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    uint64_t count;
    int status = shoal_job_queue_purge(&count, self->object);
    return status < 0 ? raise_status(state_of(self), status) : PyLong_FromUnsignedLongLong(count);
}

static PyObject *job_queue_shutdown(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"immediate", NULL};
    static const Signature signature = {"shutdown", names, 1, 0};
    PyObject *given[1];
    bool immediate;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_bool(given[0], false, &immediate) < 0)
        return NULL;
    return done(self, shoal_job_queue_shutdown(self->object, immediate));
}

/* ---- The type ----------------------------------------------------------------------------------- */

static PyMethodDef job_queue_methods[] = {
    METHOD(
        "put", job_queue_put, FASTCALL,
        "put($self, /, value, block=True, timeout=None, *, priority=0, delay=0)\n--\n\nPut a job; it is ready after "
        "delay "
        "seconds, and taken before those of a lower priority (0 to 3). Full if there was no room in time; ShutDown."),
    METHOD("put_nowait", job_queue_put_nowait, FASTCALL,
           "put_nowait($self, /, value, *, priority=0, delay=0)\n--\n\nput(value, block=False)."),
    METHOD("put_many", job_queue_put_many, FASTCALL,
           "put_many($self, /, values, block=True, timeout=None, *, priority=0, delay=0)\n--\n\nPut the values in "
           "their order; "
           "return how many were put before the timeout passed or the queue was shut down."),
    METHOD("put_async", job_queue_put_async, FASTCALL,
           "put_async($self, /, value, *, priority=0, delay=0, timeout=None)\n--\n\nput() as a coroutine."),
    METHOD("take", job_queue_take, FASTCALL,
           "take($self, /, block=True, timeout=None)\n--\n\nTake the next Job. Empty if there was none in time; "
           "ShutDown if "
           "there will be none any more."),
    METHOD("take_async", job_queue_take_async, FASTCALL,
           "take_async($self, /, *, timeout=None)\n--\n\ntake() as a coroutine, and `async with` it."),
    METHOD(
        "join", job_queue_join, FASTCALL,
        "join($self, /, timeout=None)\n--\n\nWait until no job is ready, delayed or taken. False if the timeout passed "
        "first."),
    METHOD("join_async", job_queue_join_async, FASTCALL,
           "join_async($self, /, *, timeout=None)\n--\n\njoin() as a coroutine."),
    METHOD("qsize", job_queue_qsize, METH_NOARGS, "qsize($self, /)\n--\n\nHow many jobs are ready, as len()."),
    METHOD("empty", job_queue_empty, METH_NOARGS, "empty($self, /)\n--\n\nWhether no job is ready."),
    METHOD("full", job_queue_full, METH_NOARGS, "full($self, /)\n--\n\nWhether there is no room."),
    METHOD("peek", peek, METH_NOARGS,
           "peek($self, /)\n--\n\nA copy of the value of the job that would be taken next. Empty if none is ready."),
    METHOD(
        "revive", job_queue_revive, FASTCALL,
        "revive($self, /, number=None)\n--\n\nMake that dead job, or all, ready as if they were new; return how many."),
    METHOD("drop", job_queue_drop, FASTCALL,
           "drop($self, /, number=None)\n--\n\nForget that dead job, or all; return how many."),
    METHOD("purge", job_queue_purge, METH_NOARGS,
           "purge($self, /)\n--\n\nForget all jobs that are ready or delayed; return how many."),
    METHOD(
        "shutdown", job_queue_shutdown, FASTCALL,
        "shutdown($self, /, immediate=False)\n--\n\nNo more jobs are put: ShutDown, as from take() when none is left. "
        "immediate: drop those that are ready or delayed."),
    METHOD("_offer_parcel", job_queue_offer_parcel, METH_VARARGS, "Put it if there is room now; whether it was put."),
    METHOD("_poll", job_queue_poll, METH_O, "Take a job that is there now, or return the argument."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

#define SIZE(name) (getter) job_queue_size_at, NULL
#define AT(name) (void *)offsetof(shoal_job_sizes, name)

static PyGetSetDef job_queue_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"capacity", (getter)job_queue_capacity, NULL, PyDoc_STR("bytes that all jobs may have together"), NULL},
    {"attempts", (getter)job_queue_attempts, NULL, PyDoc_STR("how often a job is tried before it is dead; 0: for ever"),
     NULL},
    {"lease", (getter)job_queue_lease, NULL, PyDoc_STR("seconds after which a taken job is another's; None: never"),
     NULL},
    {"used", SIZE(used), PyDoc_STR("bytes of the capacity that are taken now"), AT(used)},
    {"delayed", SIZE(delayed), PyDoc_STR("how many jobs wait for their time"), AT(delayed)},
    {"taken", SIZE(taken), PyDoc_STR("how many jobs are being worked on"), AT(taken)},
    {"_left", (getter)job_queue_left, NULL, PyDoc_STR("how many jobs are ready, delayed or taken"), NULL},
    {"dead", (getter)job_queue_dead, NULL, PyDoc_STR("the jobs that are not tried again: a list of DeadJob"), NULL},
    {"is_shutdown", (getter)job_queue_is_shutdown, NULL, PyDoc_STR("whether it was shut down"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for jobs, room or the end: a list of Owner"),
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef job_queue_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot job_queue_slots[] = {
    {Py_tp_doc,
     PyDoc_STR("Jobs between processes, each done at least once: the job of a worker that dies is taken by the next. "
               "Made by Segment.job_queue().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, job_queue_repr},
    {Py_mp_length, job_queue_length},
    {Py_tp_methods, job_queue_methods},
    {Py_tp_getset, job_queue_getset},
    {Py_tp_members, job_queue_members},
    {0, NULL},
};

static PyType_Spec job_queue_spec = {"shoal.JobQueue", sizeof(HandleObject), 0, TYPE_FLAGS, job_queue_slots};

/* ---- Opening ------------------------------------------------------------------------------------ */

bool job_queue_is_there(Attachment *attachment, Name name)
{
    return shoal_object_find(attachment->segment, name.text, name.length) == SHOAL_KIND_JOB_QUEUE;
}

/* None of them given: it is opened as it is. What is not given is as it is, or by default. */
static int read_options(ModuleState *state, shoal_job_queue_options *options, PyObject *capacity, PyObject *attempts,
                        PyObject *lease)
{
    if (arg_capacity(state, capacity, &options->capacity) < 0 ||
        (attempts && arg_count(attempts, "attempts", 0, 1000000, &options->attempts) < 0))
        return -1;
    if (!lease)
        return 0;
    options->lease = 0;
    if (lease == Py_None)
        return 0;
    if (arg_duration(lease, "a lease", &options->lease) < 0)
        return -1;
    if (options->lease == 0)
        PyErr_SetString(PyExc_ValueError, "a lease must be more than 0 seconds; None: there is none");
    return options->lease == 0 ? -1 : 0;
}

/* The options of the one that is there; SHOAL_ENOKEY and the defaults if there is none. */
static int options_of(shoal_job_queue_options *options, Attachment *attachment, Name name)
{
    shoal_object *there;
    shoal_job_queue_options_init(options);
    int status = shoal_job_queue_open(&there, attachment->segment, name.text, name.length, NULL);
    if (status < 0)
        return status;
    status = shoal_job_queue_read_options(options, there);
    shoal_object_close(there);
    return status;
}

PyObject *job_queue_open_with(SegmentObject *self, Attachment *attachment, Name name, PyObject *capacity,
                              PyObject *attempts, PyObject *lease)
{
    shoal_job_queue_options options;
    shoal_object *object;
    int status = options_of(&options, attachment, name);
    if (status < 0 && status != SHOAL_ENOKEY)
        return raise_status(state_of(self), status);
    if (read_options(state_of(self), &options, capacity, attempts, lease) < 0)
        return NULL;
    status = shoal_job_queue_open(&object, attachment->segment, name.text, name.length, &options);
    return segment_opened(self, attachment_retain(attachment), object, status);
}

static PyObject *job_queue_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "capacity", "attempts", "lease", NULL};
    static const Signature signature = {"job_queue", names, 4, 1};
    PyObject *given[4], *made = NULL;
    Name name;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (attachment)
        made = job_queue_open_with(self, attachment, name, given[1], given[2], given[3]);
    attachment_release(attachment);
    return made;
}

static PyObject *wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    errors_make_late(state);
    return handle_new(state, attachment, object);
}

const Kind job_queue_kind = {
    .opener = METHOD(
        "job_queue", job_queue_open, FASTCALL,
        "job_queue($self, /, name, capacity='1M', attempts=3, lease=None)\n--\n\nOpen the JobQueue of that name, "
        "or make it. attempts: how often a job is tried before it is dead, 0 for any number of times. lease: "
        "seconds after which a job that is still taken is given to another."),
    .spec = &job_queue_spec,
    .init = job_init,
    .wrap = wrap,
    .begin = handle_begin,
    .wakes_one = true,
};
