/* Channel: frames, the newest of which any number of readers have without a copy. What reads is in channel_read.c, what writes in channel_write.c. */
#include "channel.h"

#include "args.h"
#include "errors.h"
#include "foreign.h"
#include "gil.h"
#include "kinds.h"
#include "ndarray.h"
#include "segment.h"
#include "types.h"

/* ---- Facts -------------------------------------------------------------------------------------- */

static PyObject *channel_shape(ChannelObject *self, void *Py_UNUSED(closure))
{
    if (channel_is_of_bytes(self))
        Py_RETURN_NONE;
    return ndarray_shape_tuple(self->facts.frame.ndim, self->facts.frame.shape);
}

/* As that of an NdArray. */
static PyObject *channel_dtype(ChannelObject *self, void *Py_UNUSED(closure))
{
    char name[16];
    if (channel_is_of_bytes(self))
        Py_RETURN_NONE;
    shoal_dtype_name(self->facts.frame.dtype, name);
    PyObject *numpy = numpy_imported(state_of(self));
    if (numpy)
        return PyObject_CallMethod(numpy, "dtype", "s", name);
    return PyErr_Occurred() ? NULL : PyUnicode_FromString(name);
}

static PyObject *channel_bytes(ChannelObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(self->facts.bytes);
}

static PyObject *channel_slots(ChannelObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLong(self->facts.slots);
}

static PyObject *channel_history(ChannelObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLong(self->facts.history);
}

static PyObject *channel_newest(ChannelObject *self, void *Py_UNUSED(closure))
{
    shoal_object *channel = handle_usable(&self->handle);
    return channel ? PyLong_FromUnsignedLongLong(shoal_channel_newest(channel)) : NULL;
}

static PyObject *channel_dropped(ChannelObject *self, void *Py_UNUSED(closure))
{
    shoal_object *channel = handle_usable(&self->handle);
    return channel ? PyLong_FromUnsignedLongLong(shoal_channel_dropped(channel)) : NULL;
}

static PyObject *channel_missed(ChannelObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(__atomic_load_n(&self->missed, __ATOMIC_RELAXED));
}

static PyObject *channel_repr(ChannelObject *self)
{
    char dtype[16];
    const char *name = shoal_object_name(self->handle.object, NULL);
    if (channel_is_of_bytes(self))
        return PyUnicode_FromFormat("<shoal.Channel '%s' of up to %llu bytes>", name,
                                    (unsigned long long)self->facts.bytes);
    PyObject *shape = channel_shape(self, NULL);
    PyObject *text = shape ? PyUnicode_FromFormat("<shoal.Channel '%s' of %s %S>", name,
                                                  shoal_dtype_name(self->facts.frame.dtype, dtype), shape)
                           : NULL;
    Py_XDECREF(shape);
    return text;
}

/* ---- The type ----------------------------------------------------------------------------------- */

static PyMethodDef channel_methods[] = {
    METHOD("write", channel_write, FASTCALL,
           "write($self, /, *, bytes=None)\n--\n\nTo be entered: gives an NdArray to fill, or None when no slot is "
           "free. It is "
           "published at the end of the block, and dropped after an exception. Never waits. bytes: the size of this "
           "frame, in a channel of bytes."),
    METHOD("send", channel_send, METH_O,
           "send($self, value, /)\n--\n\nPublish a frame: a value, in a channel of bytes; else what frame[...] = value "
           "takes. False when no slot is free."),
    METHOD("read", channel_read, FASTCALL,
           "read($self, /, newer_than=None, timeout=None, copy=False)\n--\n\nThe newest Frame; or the oldest there is "
           "that "
           "is newer than a number. Waits for one; None if the timeout passed first."),
    METHOD("read_async", channel_read_async, FASTCALL,
           "read_async($self, /, newer_than=None, *, timeout=None, copy=False)\n--\n\nread() as a coroutine."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef channel_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"shape", (getter)channel_shape, NULL, PyDoc_STR("of every frame; None in a channel of bytes"), NULL},
    {"dtype", (getter)channel_dtype, NULL, PyDoc_STR("of every frame; None in a channel of bytes"), NULL},
    {"bytes", (getter)channel_bytes, NULL, PyDoc_STR("the size of a frame, at most"), NULL},
    {"slots", (getter)channel_slots, NULL, PyDoc_STR("how many frames there is room for"), NULL},
    {"history", (getter)channel_history, NULL, PyDoc_STR("how many of the newest frames may be read"), NULL},
    {"newest", (getter)channel_newest, NULL, PyDoc_STR("the number of the newest frame; 0: there is none yet"), NULL},
    {"missed", (getter)channel_missed, NULL,
     PyDoc_STR("how many frames went by between those that were read through this handle"), NULL},
    {"dropped", (getter)channel_dropped, NULL, PyDoc_STR("how often a writer found no slot that was free"), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef channel_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot channel_slots_[] = {
    {Py_tp_doc,
     PyDoc_STR(
         "Frames: the newest complete one for any number of readers, of any number of writers that never wait. Made by "
         "Segment.channel().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, channel_repr},
    {Py_tp_iter, channel_iter},
    {Py_am_aiter, channel_iter},
    {Py_tp_methods, channel_methods},
    {Py_tp_getset, channel_getset},
    {Py_tp_members, channel_members},
    {0, NULL},
};

static PyType_Spec channel_spec = {"shoal.Channel", sizeof(ChannelObject), 0, TYPE_FLAGS, channel_slots_};

static int channel_init(PyObject *module, ModuleState *state)
{
    return channel_read_init(module, state) < 0 ? -1 : channel_write_init(module, state);
}

static PyObject *channel_wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    ChannelObject *self = PyObject_New(ChannelObject, state->kind_types[SHOAL_KIND_CHANNEL]);
    if (!self) {
        shoal_object_close(object);
        return NULL;
    }
    self->handle.object = object;
    self->handle.attachment = attachment_retain(attachment);
    self->handle.weakrefs = NULL;
    self->handle.identity = shoal_object_identity(object);
    self->missed = 0;
    int status = shoal_channel_facts_of(&self->facts, object);
    if (status >= 0)
        return (PyObject *)self;
    Py_DECREF(self);
    return raise_status(state, status);
}

/* ---- The opener --------------------------------------------------------------------------------- */

enum { NAME, SHAPE, DTYPE, SLOTS, HISTORY, BYTES, CAPACITY, ARGUMENTS };

static bool is_given(PyObject *object)
{
    return object && object != Py_None;
}

/* channel(name, capacity=…): a stream of values, which is another kind. */
static PyObject *open_stream(SegmentObject *self, PyObject *const *given)
{
    for (int i = SHAPE; i < CAPACITY; i++)
        if (is_given(given[i])) {
            PyErr_SetString(PyExc_TypeError,
                            "channel() takes capacity for a stream of values, or what describes frames, not both");
            return NULL;
        }
    PyObject *method = PyObject_GetAttrString((PyObject *)self, "stream");
    PyObject *stream = method ? PyObject_CallFunctionObjArgs(method, given[NAME], given[CAPACITY], NULL) : NULL;
    Py_XDECREF(method);
    return stream;
}

/* `dtype` is told apart, since without a shape it describes nothing to be made. */
static int arg_frame(ModuleState *state, PyObject *const *given, shoal_channel_options *options, int64_t *shape,
                     shoal_dtype *dtype)
{
    if (is_given(given[SHAPE]) && is_given(given[BYTES])) {
        PyErr_SetString(PyExc_TypeError, "channel() takes a shape, for frames that are arrays, or bytes, not both");
        return -1;
    }
    *dtype = (shoal_dtype){SHOAL_FLOAT64, 8};
    if (is_given(given[DTYPE]) && arg_dtype(state, given[DTYPE], dtype) < 0)
        return -1;
    if (is_given(given[SHAPE])) {
        options->dtype = *dtype;
        options->shape = shape;
        return arg_shape(given[SHAPE], &options->ndim, shape);
    }
    return is_given(given[BYTES]) ? arg_size(state, given[BYTES], &options->bytes) : 0;
}

static int arg_slots(PyObject *const *given, shoal_channel_options *options)
{
    if (is_given(given[SLOTS]) && arg_count(given[SLOTS], "slots", 1, UINT32_MAX, &options->slots) < 0)
        return -1;
    return is_given(given[HISTORY]) ? arg_count(given[HISTORY], "history", 1, UINT32_MAX, &options->history) : 0;
}

/* channel(name, dtype=…) without a shape: open, and insist on the dtype. */
static PyObject *with_dtype(PyObject *channel, shoal_dtype asked)
{
    if (!channel)
        return NULL;
    shoal_dtype found = ((ChannelObject *)channel)->facts.frame.dtype;
    if (found.number == asked.number && found.itemsize == asked.itemsize)
        return channel;
    char is[16], wanted[16];
    raise_text(state_of(channel), SHOAL_EMISMATCH, "the frames of the Channel '%s' are of %s, not of %s",
               shoal_object_name(((ChannelObject *)channel)->handle.object, NULL),
               found.number ? shoal_dtype_name(found, is) : "bytes", shoal_dtype_name(asked, wanted));
    Py_DECREF(channel);
    return NULL;
}

static PyObject *channel_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "shape", "dtype", "slots", "history", "bytes", "capacity", NULL};
    static const Signature signature = {"channel", names, 5, 1};
    PyObject *given[ARGUMENTS];
    Name name;
    int64_t shape[SHOAL_MAX_DIMS];
    shoal_dtype dtype;
    shoal_channel_options options;
    shoal_channel_options_init(&options);
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[NAME], &name) < 0)
        return NULL;
    if (is_given(given[CAPACITY]))
        return open_stream(self, given);
    if (arg_frame(state_of(self), given, &options, shape, &dtype) < 0 || arg_slots(given, &options) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    shoal_object *object;
    int status;
    WITHOUT_GIL(status = shoal_channel_open(&object, attachment->segment, name.text, name.length, &options));
    PyObject *channel = segment_opened(self, attachment, object, status);
    return is_given(given[DTYPE]) ? with_dtype(channel, dtype) : channel;
}

const Kind channel_kind = {
    .opener =
        METHOD("channel", channel_open, FASTCALL,
               "channel($self, /, name, shape=None, dtype=None, slots=None, history=None, *, bytes=None, "
               "capacity=None)\n--\n\nOpen the Channel of that name; with a shape, or a number of bytes, "
               "make it if there is none (8 slots, and a history of 1, unless given). With a capacity it is a Stream."),
    .spec = &channel_spec,
    .init = channel_init,
    .wrap = channel_wrap,
    .begin = handle_begin,
};
