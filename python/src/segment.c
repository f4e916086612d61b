/* Segment: the type and its facts. What it opens and its items have files of their own. */
#include "segment.h"

#include "errors.h"
#include "gil.h"
#include "handle.h"
#include "info.h"
#include "kinds.h"
#include "types.h"

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
    self->identity = shoal_segment_identity(attachment->segment);
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

/* Another thread may close it at any time, so who looks takes a reference at once. */
static Attachment *attachment_or_null(SegmentObject *self)
{
    Attachment *attachment;
    Py_BEGIN_CRITICAL_SECTION(self)
        ;
        attachment = self->attachment ? attachment_retain(self->attachment) : NULL;
    Py_END_CRITICAL_SECTION();
    return attachment;
}

static void *raise_closed(SegmentObject *self)
{
    raise_text(state_of(self), SHOAL_ECLOSED,
               self->name == Py_None ? "the anonymous segment is closed" : "the segment %R is closed", self->name);
    return NULL;
}

Attachment *segment_attachment(SegmentObject *self)
{
    Attachment *attachment = attachment_or_null(self);
    return attachment ? attachment : raise_closed(self);
}

static bool is_open(SegmentObject *self)
{
    return __atomic_load_n(&self->attachment, __ATOMIC_RELAXED) != NULL;
}

bool segment_is_open(SegmentObject *self)
{
    return is_open(self) || raise_closed(self);
}

/* ---- Facts, and the end --------------------------------------------------------------------------- */

typedef PyObject *(*fact)(Attachment *attachment);

static PyObject *ask(SegmentObject *self, fact fact)
{
    Attachment *attachment = segment_attachment(self);
    PyObject *answer = attachment ? fact(attachment) : NULL;
    attachment_release(attachment);
    return answer;
}

static PyObject *size_of(Attachment *attachment)
{
    return PyLong_FromUnsignedLongLong(shoal_segment_size(attachment->segment));
}

static PyObject *used_of(Attachment *attachment)
{
    return PyLong_FromUnsignedLongLong(shoal_segment_used(attachment->segment));
}

static PyObject *readonly_of(Attachment *attachment)
{
    return PyBool_FromLong(shoal_segment_readonly(attachment->segment));
}

static PyObject *fd_of(Attachment *attachment)
{
    return PyLong_FromLong(shoal_segment_fd(attachment->segment));
}

static PyObject *segment_get_size(SegmentObject *self, void *Py_UNUSED(closure))
{
    return ask(self, size_of);
}

static PyObject *segment_get_used(SegmentObject *self, void *Py_UNUSED(closure))
{
    return ask(self, used_of);
}

static PyObject *segment_get_readonly(SegmentObject *self, void *Py_UNUSED(closure))
{
    return ask(self, readonly_of);
}

static PyObject *segment_get_closed(SegmentObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(!is_open(self));
}

static PyObject *segment_fileno(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    return ask(self, fd_of);
}

static PyObject *segment_unlink(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status;
    WITHOUT_GIL(status = shoal_segment_unlink_path(attachment->segment, PyBytes_AS_STRING(attachment->path)));
    attachment_release(attachment);
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_NONE;
}

static PyObject *segment_close(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment;
    Py_BEGIN_CRITICAL_SECTION(self)
        ;
        attachment = self->attachment;
        __atomic_store_n(&self->attachment, NULL, __ATOMIC_RELAXED);
    Py_END_CRITICAL_SECTION();
    attachment_release(attachment);
    Py_RETURN_NONE;
}

static PyObject *segment_enter(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    return segment_is_open(self) ? Py_NewRef((PyObject *)self) : NULL;
}

static PyObject *segment_exit(SegmentObject *self, PyObject *const *Py_UNUSED(args), Py_ssize_t Py_UNUSED(nargs))
{
    return segment_close(self, NULL);
}

static PyObject *segment_reduce(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *origin = ask(self, attachment_origin);
    return origin ? Py_BuildValue("O(N)", state_of(self)->reattach, origin) : NULL;
}

static PyObject *segment_repr(SegmentObject *self)
{
    Attachment *attachment = attachment_or_null(self);
    if (!attachment)
        return PyUnicode_FromFormat("<shoal.Segment %R closed>", self->name);
    unsigned long long size = shoal_segment_size(attachment->segment);
    bool readonly = shoal_segment_readonly(attachment->segment);
    attachment_release(attachment);
    return PyUnicode_FromFormat("<shoal.Segment %R of %llu bytes%s>", self->name, size, readonly ? ", readonly" : "");
}

static PyObject *segment_richcompare(SegmentObject *self, PyObject *other, int operation)
{
    if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(other) != Py_TYPE(self))
        Py_RETURN_NOTIMPLEMENTED;
    bool same = shoal_identity_equal(self->identity, ((SegmentObject *)other)->identity);
    return PyBool_FromLong(same == (operation == Py_EQ));
}

static Py_hash_t segment_hash(SegmentObject *self)
{
    return identity_hash(self->identity);
}

/* But for those that open an object, which its kind has. */
static const PyMethodDef own_methods[] = {
    METHOD("get", segment_get, FASTCALL,
           "get($self, /, name, default=None)\n--\n\nThe object of that name, or default if there is none."),
    METHOD("keys", segment_keys, METH_NOARGS, "keys($self, /)\n--\n\nThe names in the segment, sorted: a list."),
    METHOD("info", segment_info, METH_NOARGS, "info($self, /)\n--\n\nReturn facts about the segment: an Info."),
    METHOD("check", segment_check, METH_NOARGS,
           "check($self, /)\n--\n\nCheck everything; return a list of what is wrong, empty when sound."),
    METHOD("fileno", segment_fileno, METH_NOARGS,
           "fileno($self, /)\n--\n\nReturn the file descriptor, which belongs to the segment."),
    METHOD("unlink", segment_unlink, METH_NOARGS,
           "unlink($self, /)\n--\n\nUnlink the name; attached processes keep their memory."),
    METHOD("close", segment_close, METH_NOARGS, "close($self, /)\n--\n\nDetach. Arrays in use stay valid."),
    METHOD("__enter__", segment_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe segment itself."),
    METHOD("__exit__", segment_exit, METH_FASTCALL,
           "__exit__($self, type=None, value=None, traceback=None, /)\n--\n\nDetach."),
    METHOD("__reduce__", segment_reduce, METH_NOARGS, "Pickle as the name, to be attached again."),
};

/* The same in every interpreter of the process, and kept: a method that is called may outlive the module. */
static PyMethodDef all_methods[MOST_OPENERS + Py_ARRAY_LENGTH(own_methods) + 1];

static void collect_methods(void)
{
    size_t openers = kinds_openers(all_methods);
    memcpy(all_methods + openers, own_methods, sizeof own_methods);
}

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
    {Py_tp_richcompare, segment_richcompare},
    {Py_tp_hash, segment_hash},
    {Py_tp_iter, segment_iter},
    {Py_tp_methods, all_methods},
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
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, collect_methods);
    state->segment_type = type_new(module, &segment_spec);
    return state->segment_type ? 0 : -1;
}
