/* What a Segment opens: array(), counter(), lock() and their kin, and the handle of whatever object it is. */
#include "binding.h"

#define MOST_PARTIES 4096 /* of a Barrier, as its page says; the core judges */

/* ---- Live objects ------------------------------------------------------------------------------- */

/* The handle of a Condition that was found by its name, with one of its Lock. */
static PyObject *wrap_condition(ModuleState *state, Attachment *attachment, shoal_object *condition)
{
    shoal_object *lock;
    int status = shoal_condition_lock(&lock, condition);
    if (status < 0) {
        raise_status(state, status);
        shoal_object_close(condition);
        return NULL;
    }
    PyObject *handle = handle_new(state, attachment, condition);
    if (!handle) {
        shoal_object_close(lock);
        return NULL;
    }
    ((HandleObject *)handle)->lock = (HandleObject *)handle_new(state, attachment, lock);
    if (!((HandleObject *)handle)->lock)
        Py_CLEAR(handle);
    return handle;
}

PyObject *handle_wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    int kind = shoal_object_kind(object);
    if (kind == SHOAL_KIND_NDARRAY)
        return ndarray_wrap(state, attachment, object);
    if (kind == SHOAL_KIND_CONDITION)
        return wrap_condition(state, attachment, object);
    if (kind == SHOAL_KIND_BARRIER)
        return barrier_new(state, attachment, object);
    if (kind > 0 && kind <= LAST_KIND && state->handle_types[kind])
        return handle_new(state, attachment, object);
    raise_text(state, SHOAL_EVERSION, "'%s' is of a kind that this version does not know",
               shoal_object_name(object, NULL));
    shoal_object_close(object);
    return NULL;
}

int open_kind(ModuleState *state, Attachment *attachment, const char *name, size_t length, int kind, shoal_object **out)
{
    int status = shoal_object_open(out, attachment->segment, name, length);
    if (status < 0) {
        raise_status(state, status);
        return -1;
    }
    if (shoal_object_kind(*out) == kind)
        return 0;
    raise_text(state, SHOAL_EMISMATCH, "'%s' is %s, not %s", name, shoal_kind_phrase(shoal_object_kind(*out)),
               shoal_kind_phrase(kind));
    shoal_object_close(*out);
    return -1;
}

/* ---- array(), counter(), lock() ------------------------------------------------------------------ */

/* Takes over the reference. */
static PyObject *wrap_opened(SegmentObject *self, Attachment *attachment, shoal_object *object, int status)
{
    PyObject *made =
        status < 0 ? raise_status(state_of(self), status) : handle_wrap(state_of(self), attachment, object);
    attachment_release(attachment);
    return made;
}

static PyObject *open_array(SegmentObject *self, Attachment *attachment, Name name)
{
    shoal_object *object;
    if (open_kind(state_of(self), attachment, name.text, name.length, SHOAL_KIND_NDARRAY, &object) < 0)
        return NULL;
    return ndarray_wrap(state_of(self), attachment, object);
}

/* array(name, dtype=...) without a shape: open, and insist on the dtype. */
static PyObject *open_array_of(SegmentObject *self, Attachment *attachment, Name name, shoal_dtype dtype)
{
    PyObject *array = open_array(self, attachment, name);
    if (!array)
        return NULL;
    shoal_dtype found = ((NdArrayObject *)array)->view.dtype;
    if (found.number == dtype.number && found.itemsize == dtype.itemsize)
        return array;
    char is[16], asked[16];
    raise_text(state_of(self), SHOAL_EMISMATCH, "the NdArray '%s' is of %s, not of %s", name.text,
               shoal_dtype_name(found, is), shoal_dtype_name(dtype, asked));
    Py_DECREF(array);
    return NULL;
}

PyObject *segment_array(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "shape", "dtype", NULL};
    static const Signature signature = {"array", names, 3, 1};
    PyObject *given[3];
    Name name;
    shoal_dtype dtype = {SHOAL_FLOAT64, 8};
    size_t ndim;
    int64_t shape[SHOAL_MAX_DIMS];
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_object_name(given[0], &name.text, &name.length) < 0)
        return NULL;
    bool has_shape = given[1] && given[1] != Py_None, has_dtype = given[2] && given[2] != Py_None;
    if ((has_dtype && arg_dtype(state_of(self), given[2], &dtype) < 0) ||
        (has_shape && arg_shape(given[1], &ndim, shape) < 0))
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    if (!has_shape) {
        PyObject *array = has_dtype ? open_array_of(self, attachment, name, dtype) : open_array(self, attachment, name);
        attachment_release(attachment);
        return array;
    }
    shoal_object *object;
    int status;
    WITHOUT_GIL(status = shoal_array_open(&object, attachment->segment, name.text, name.length, dtype, ndim, shape));
    return wrap_opened(self, attachment, object, status);
}

PyObject *segment_counter(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "initial", NULL};
    static const Signature signature = {"counter", names, 2, 1};
    PyObject *given[2];
    Name name;
    int64_t initial = 0;
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_object_name(given[0], &name.text, &name.length) < 0 ||
        (given[1] && arg_int64(given[1], "initial", &initial) < 0))
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status = shoal_counter_open(&object, attachment->segment, name.text, name.length, initial);
    return wrap_opened(self, attachment, object, status);
}

PyObject *segment_lock(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "reentrant", "strict", NULL};
    static const Signature signature = {"lock", names, 2, 1};
    PyObject *given[3];
    Name name;
    bool reentrant, strict;
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_object_name(given[0], &name.text, &name.length) < 0 || arg_bool(given[1], false, &reentrant) < 0 ||
        arg_bool(given[2], false, &strict) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    uint32_t flags = reentrant ? SHOAL_LOCK_REENTRANT : 0;
    int status = shoal_lock_open(&object, attachment->segment, name.text, name.length, flags);
    PyObject *lock = wrap_opened(self, attachment, object, status);
    if (lock)
        ((HandleObject *)lock)->strict = strict;
    return lock;
}

/* The one argument `name`: a reference. */
static Attachment *only_name(SegmentObject *self, const char *function, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames, Name *name)
{
    static const char *const names[] = {"name", NULL};
    PyObject *given[1];
    if (arg_parse(&(Signature){function, names, 1, 1}, args, nargs, kwnames, given) < 0 ||
        arg_object_name(given[0], &name->text, &name->length) < 0)
        return NULL;
    return segment_attachment(self);
}

PyObject *segment_rwlock(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    Name name;
    shoal_object *object;
    Attachment *attachment = only_name(self, "rwlock", args, nargs, kwnames, &name);
    if (!attachment)
        return NULL;
    int status = shoal_rwlock_open(&object, attachment->segment, name.text, name.length);
    return wrap_opened(self, attachment, object, status);
}

PyObject *segment_semaphore(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "value", "bounded", NULL};
    static const Signature signature = {"semaphore", names, 2, 1};
    PyObject *given[3];
    Name name;
    uint32_t value = 1;
    bool bounded;
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_object_name(given[0], &name.text, &name.length) < 0 ||
        (given[1] && arg_count(given[1], "value", 0, INT32_MAX, &value) < 0) || arg_bool(given[2], true, &bounded) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    uint32_t flags = bounded ? 0 : SHOAL_SEMAPHORE_SIGNAL;
    int status = shoal_semaphore_open(&object, attachment->segment, name.text, name.length, value, flags);
    return wrap_opened(self, attachment, object, status);
}

PyObject *segment_event(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    Name name;
    shoal_object *object;
    Attachment *attachment = only_name(self, "event", args, nargs, kwnames, &name);
    if (!attachment)
        return NULL;
    int status = shoal_event_open(&object, attachment->segment, name.text, name.length);
    return wrap_opened(self, attachment, object, status);
}

PyObject *segment_condition(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "lock", NULL};
    static const Signature signature = {"condition", names, 2, 2};
    PyObject *given[2];
    Name name;
    shoal_object *object;
    ModuleState *state = state_of(self);
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_object_name(given[0], &name.text, &name.length) < 0)
        return NULL;
    if (!Py_IS_TYPE(given[1], state->handle_types[SHOAL_KIND_LOCK]))
        return PyErr_Format(PyExc_TypeError, "lock must be a Lock of the same segment, not %.100s",
                            Py_TYPE(given[1])->tp_name);
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    HandleObject *lock = (HandleObject *)given[1];
    int status = shoal_condition_open(&object, attachment->segment, name.text, name.length, lock->object);
    PyObject *made = status < 0 ? raise_status(state, status) : handle_new(state, attachment, object);
    attachment_release(attachment);
    if (made)
        ((HandleObject *)made)->lock = (HandleObject *)Py_NewRef(given[1]);
    return made;
}

PyObject *segment_barrier(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "parties", NULL};
    static const Signature signature = {"barrier", names, 2, 2};
    PyObject *given[2];
    Name name;
    uint32_t parties;
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        arg_object_name(given[0], &name.text, &name.length) < 0 ||
        arg_count(given[1], "parties", 1, MOST_PARTIES, &parties) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status = shoal_barrier_open(&object, attachment->segment, name.text, name.length, parties);
    return wrap_opened(self, attachment, object, status);
}
