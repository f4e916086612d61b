/* Segment: the type, what it opens, its facts. Its items have a file of their own. */
#include "binding.h"

PyObject *segment_new(ModuleState *state, Attachment *attachment)
{
    SegmentObject *self = PyObject_New(SegmentObject, state->segment_type);
    if (!self) {
        attachment_release(attachment);
        return NULL;
    }
    self->attachment = attachment;
    self->name = Py_NewRef(attachment->name);
    self->weakrefs = NULL;
    return (PyObject *)self;
}

static void segment_dealloc(SegmentObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->weakrefs)
        PyObject_ClearWeakRefs((PyObject *)self);
    attachment_release(self->attachment);
    Py_DECREF(self->name);
    PyObject_Free(self);
    Py_DECREF(type);
}

Attachment *segment_attachment(SegmentObject *self)
{
    if (!self->attachment)
        raise_text(state_of(self), SHOAL_ECLOSED, "the segment %R is closed", self->name);
    return self->attachment;
}

/* ---- Live objects ------------------------------------------------------------------------------- */

PyObject *handle_wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    switch (shoal_object_kind(object)) {
    case SHOAL_KIND_NDARRAY:
        return ndarray_wrap(state, attachment, object);
    case SHOAL_KIND_COUNTER:
        return handle_new(state->counter_type, attachment, object);
    case SHOAL_KIND_LOCK:
        return handle_new(state->lock_type, attachment, object);
    default:
        raise_text(state, SHOAL_EVERSION, "'%s' is a %s, which this version does not know",
                   shoal_object_name(object, NULL), shoal_kind_name(shoal_object_kind(object)));
        shoal_object_close(object);
        return NULL;
    }
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
    raise_text(state, SHOAL_EMISMATCH, "'%s' is a %s, not a %s", name, shoal_kind_name(shoal_object_kind(*out)),
               shoal_kind_name(kind));
    shoal_object_close(*out);
    return -1;
}

/* ---- array(), counter(), lock() ------------------------------------------------------------------ */

static PyObject *wrap_opened(SegmentObject *self, Attachment *attachment, shoal_object *object, int status)
{
    if (status < 0)
        return raise_status(state_of(self), status);
    return handle_wrap(state_of(self), attachment, object);
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

static PyObject *segment_array(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
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
    if (!has_shape)
        return has_dtype ? open_array_of(self, attachment, name, dtype) : open_array(self, attachment, name);
    shoal_object *object;
    int status;
    attachment_retain(attachment);
    Py_BEGIN_ALLOW_THREADS status =
        shoal_array_open(&object, attachment->segment, name.text, name.length, dtype, ndim, shape);
    Py_END_ALLOW_THREADS PyObject *array = wrap_opened(self, attachment, object, status);
    attachment_release(attachment);
    return array;
}

static PyObject *segment_counter(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
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

static PyObject *segment_lock(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
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

/* ---- Facts, and the end --------------------------------------------------------------------------- */

static PyObject *segment_get_size(SegmentObject *self, void *Py_UNUSED(closure))
{
    Attachment *attachment = segment_attachment(self);
    return attachment ? PyLong_FromUnsignedLongLong(shoal_segment_size(attachment->segment)) : NULL;
}

static PyObject *segment_get_used(SegmentObject *self, void *Py_UNUSED(closure))
{
    Attachment *attachment = segment_attachment(self);
    return attachment ? PyLong_FromUnsignedLongLong(shoal_segment_used(attachment->segment)) : NULL;
}

static PyObject *segment_get_readonly(SegmentObject *self, void *Py_UNUSED(closure))
{
    Attachment *attachment = segment_attachment(self);
    return attachment ? PyBool_FromLong(shoal_segment_readonly(attachment->segment)) : NULL;
}

static PyObject *segment_get_closed(SegmentObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->attachment == NULL);
}

static PyObject *segment_fileno(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment = segment_attachment(self);
    return attachment ? PyLong_FromLong(shoal_segment_fd(attachment->segment)) : NULL;
}

static PyObject *segment_unlink(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status;
    attachment_retain(attachment);
    Py_BEGIN_ALLOW_THREADS status = shoal_segment_unlink(attachment->segment);
    Py_END_ALLOW_THREADS attachment_release(attachment);
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_NONE;
}

static PyObject *segment_close(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment = self->attachment;
    self->attachment = NULL;
    attachment_release(attachment);
    Py_RETURN_NONE;
}

static PyObject *segment_enter(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    return segment_attachment(self) ? Py_NewRef((PyObject *)self) : NULL;
}

static PyObject *segment_exit(SegmentObject *self, PyObject *const *Py_UNUSED(args), Py_ssize_t Py_UNUSED(nargs))
{
    return segment_close(self, NULL);
}

static PyObject *segment_reduce(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment = segment_attachment(self);
    return attachment ? Py_BuildValue("O(N)", state_of(self)->reattach, attachment_origin(attachment)) : NULL;
}

static PyObject *segment_repr(SegmentObject *self)
{
    if (!self->attachment)
        return PyUnicode_FromFormat("<shoal.Segment %R closed>", self->name);
    shoal_segment *segment = self->attachment->segment;
    return PyUnicode_FromFormat("<shoal.Segment %R of %llu bytes%s>", self->name,
                                (unsigned long long)shoal_segment_size(segment),
                                shoal_segment_readonly(segment) ? ", readonly" : "");
}

static PyMethodDef segment_methods[] = {
    METHOD(
        "array", segment_array, FASTCALL,
        "array($self, /, name, shape=None, dtype=None)\n--\n\nOpen the NdArray of that name; with a shape, make it if "
        "there is none (dtype float64 unless given)."),
    METHOD("counter", segment_counter, FASTCALL,
           "counter($self, /, name, initial=0)\n--\n\nOpen the Counter of that name, or make it with the initial "
           "value."),
    METHOD("lock", segment_lock, FASTCALL,
           "lock($self, /, name, reentrant=False, *, strict=False)\n--\n\nOpen the Lock of that name, or make it. A "
           "strict handle raises OwnerDied after its holder died, until repair()."),
    METHOD("get", segment_get, FASTCALL,
           "get($self, /, name, default=None)\n--\n\nThe object of that name, or default if there is none."),
    METHOD("keys", segment_keys, METH_NOARGS, "keys($self, /)\n--\n\nThe names in the segment, sorted: a list."),
    METHOD("info", segment_info, METH_NOARGS, "info($self, /)\n--\n\nFacts about the segment: an Info."),
    METHOD("check", segment_check, METH_NOARGS,
           "check($self, /)\n--\n\nWalk everything; a list of what is wrong, empty when sound."),
    METHOD("fileno", segment_fileno, METH_NOARGS,
           "fileno($self, /)\n--\n\nThe file descriptor, which stays the segment's."),
    METHOD("unlink", segment_unlink, METH_NOARGS,
           "unlink($self, /)\n--\n\nTake the name away; attached processes keep their memory."),
    METHOD("close", segment_close, METH_NOARGS, "close($self, /)\n--\n\nDetach. Arrays in use stay valid."),
    METHOD("__enter__", segment_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe segment itself."),
    METHOD("__exit__", segment_exit, METH_FASTCALL,
           "__exit__($self, type=None, value=None, traceback=None, /)\n--\n\nDetach."),
    METHOD("__reduce__", segment_reduce, METH_NOARGS, "Pickle as the name, to be attached again."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef segment_getset[] = {
    {"size", (getter)segment_get_size, NULL, PyDoc_STR("the ceiling, in bytes"), NULL},
    {"used", (getter)segment_get_used, NULL, PyDoc_STR("bytes in use by objects and tables"), NULL},
    {"readonly", (getter)segment_get_readonly, NULL, PyDoc_STR("whether it is attached for reading only"), NULL},
    {"closed", (getter)segment_get_closed, NULL, PyDoc_STR("whether close() was called"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef segment_members[] = {
    {"name", T_OBJECT_EX, offsetof(SegmentObject, name), READONLY, PyDoc_STR("the name as given; None when anonymous")},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(SegmentObject, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot segment_slots[] = {
    {Py_tp_doc, PyDoc_STR("A region of shared memory with named objects. Made by create(), open(), open_or_create().")},
    {Py_tp_dealloc, segment_dealloc},
    {Py_tp_repr, segment_repr},
    {Py_tp_iter, segment_iter},
    {Py_tp_methods, segment_methods},
    {Py_tp_getset, segment_getset},
    {Py_tp_members, segment_members},
    {Py_mp_subscript, segment_subscript},
    {Py_mp_ass_subscript, segment_ass_subscript},
    {Py_mp_length, segment_length},
    {Py_sq_contains, segment_contains},
    {0, NULL},
};

static PyType_Spec segment_spec = {"shoal.Segment", sizeof(SegmentObject), 0, TYPE_FLAGS, segment_slots};

int segment_init(PyObject *module, ModuleState *state)
{
    state->segment_type = type_new(module, &segment_spec);
    return state->segment_type ? 0 : -1;
}
