/* Writing a Channel: what write() gives, to be entered, and send(). */
#include "args.h"
#include "channel.h"
#include "errors.h"
#include "gil.h"
#include "ndarray.h"
#include "types.h"
#include "value.h"
#include "wait.h"

typedef struct WriterObject {
    PyObject_HEAD
    ChannelObject *channel;
    uint64_t size; /* of the frame, in bytes */
    Memory *draft; /* exchanged atomically; NULL: not entered, or no slot was free */
} WriterObject;

/* ---- write() ------------------------------------------------------------------------------------ */

/* An NdArray to fill, and its memory, of which the caller has a reference. SHOAL_EFULL: there is no slot for it. */
static int begin(PyObject **out, Memory **draft, ChannelObject *channel, uint64_t size)
{
    unsigned char *data;
    shoal_view view;
    int status = channel_begin(draft, &data, channel);
    if (status < 0)
        return status;
    channel_view(&view, channel, data, size, false);
    *out = ndarray_of_memory(state_of(channel), memory_retain(*draft), &view);
    if (*out)
        return SHOAL_OK;
    memory_release(*draft); /* the last: it is dropped */
    return STATUS_RAISED;
}

static int end(Memory *draft, bool publish, uint64_t size)
{
    int status = channel_end(draft, publish, size);
    memory_release(draft);
    return status;
}

static PyObject *writer_enter(WriterObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *frame;
    Memory *draft, *none = NULL;
    int status = begin(&frame, &draft, self->channel, self->size);
    if (status == SHOAL_EFULL)
        Py_RETURN_NONE;
    if (status < 0)
        return raise_status(state_of(self), status);
    if (__atomic_compare_exchange_n(&self->draft, &none, draft, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return frame;
    Py_DECREF(frame);
    end(draft, false, 0);
    PyErr_SetString(PyExc_RuntimeError, "this frame is being written already: each `with` takes a write() of its own");
    return NULL;
}

static PyObject *writer_exit(WriterObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Memory *draft = __atomic_exchange_n(&self->draft, NULL, __ATOMIC_ACQ_REL);
    int status = draft ? end(draft, nargs == 0 || args[0] == Py_None, self->size) : SHOAL_OK;
    return exited(self, status, args, nargs);
}

static void writer_dealloc(WriterObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->draft)
        end(self->draft, false, 0);
    Py_DECREF(self->channel);
    PyObject_Free(self);
    Py_DECREF(type);
}

PyObject *channel_write(ChannelObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"bytes", NULL};
    static const Signature signature = {"write", names, 0, 0};
    PyObject *given[1];
    int64_t size = (int64_t)self->facts.bytes;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        (given[0] && given[0] != Py_None && arg_int64(given[0], "bytes", &size) < 0))
        return NULL;
    if (channel_is_of_bytes(self) ? size < 0 || size > (int64_t)self->facts.bytes : size != (int64_t)self->facts.bytes)
        return PyErr_Format(PyExc_ValueError,
                            channel_is_of_bytes(self) ? "a frame of this channel has 0 to %llu bytes, not %lld"
                                                      : "every frame of this channel has %llu bytes, not %lld",
                            (unsigned long long)self->facts.bytes, (long long)size);
    WriterObject *made = PyObject_New(WriterObject, state_of(self)->frame_writer_type);
    if (!made)
        return NULL;
    made->channel = (ChannelObject *)Py_NewRef((PyObject *)self);
    made->size = (uint64_t)size;
    made->draft = NULL;
    return (PyObject *)made;
}

static PyMethodDef writer_methods[] = {
    METHOD("__enter__", writer_enter, METH_NOARGS,
           "__enter__($self, /)\n--\n\nThe frame, an NdArray to be filled; None when no slot is free."),
    METHOD("__exit__", writer_exit, METH_FASTCALL,
           EXIT_SIGNATURE "Publish the frame; after an exception of the block, drop it."),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot writer_slots[] = {
    {Py_tp_doc, PyDoc_STR("A frame that is being written, to be entered. Made by Channel.write().")},
    {Py_tp_dealloc, writer_dealloc},
    {Py_tp_methods, writer_methods},
    {0, NULL},
};

static PyType_Spec writer_spec = {"shoal.FrameWriter", sizeof(WriterObject), 0, TYPE_FLAGS, writer_slots};

int channel_write_init(PyObject *module, ModuleState *state)
{
    state->frame_writer_type = type_new(module, &writer_spec);
    return state->frame_writer_type ? 0 : -1;
}

/* ---- send() ------------------------------------------------------------------------------------- */

/* True; False where no slot was free. */
static PyObject *sent(ChannelObject *self, int status)
{
    if (status == SHOAL_EFULL)
        Py_RETURN_FALSE;
    if (status < 0)
        return raise_status(state_of(self), status);
    Py_RETURN_TRUE;
}

static int send_bytes(ChannelObject *self, const shoal_writer *writer)
{
    Memory *draft;
    unsigned char *data;
    if (writer->size > self->facts.bytes) {
        raise_text(state_of(self), SHOAL_EVALUE,
                   "the value takes %zu bytes, and a frame of Channel '%s' has %llu at most", writer->size,
                   shoal_object_name(self->handle.object, NULL), (unsigned long long)self->facts.bytes);
        return STATUS_RAISED;
    }
    int status = channel_begin(&draft, &data, self);
    if (status < 0)
        return status;
    bool given_up = writer->size >= BIG;
    if (given_up)
        gil_give_up();
    memcpy(data, writer->bytes, writer->size);
    if (given_up)
        gil_take_back();
    return end(draft, true, writer->size);
}

static int send_value(ChannelObject *self, PyObject *value)
{
    shoal_writer writer;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(self->handle.attachment->segment);
    int status = value_write(state_of(self), &writer, value) < 0 ? STATUS_RAISED : send_bytes(self, &writer);
    shoal_writer_free(&writer);
    return status;
}

/* As frame[...] = value. */
static int send_array(ChannelObject *self, PyObject *value)
{
    PyObject *frame;
    Memory *draft;
    int status = begin(&frame, &draft, self, self->facts.bytes);
    if (status < 0)
        return status;
    bool filled = PyObject_SetItem(frame, Py_Ellipsis, value) == 0;
    Py_DECREF(frame);
    status = end(draft, filled, self->facts.bytes);
    return filled ? status : STATUS_RAISED;
}

PyObject *channel_send(ChannelObject *self, PyObject *value)
{
    int status = channel_is_of_bytes(self) ? send_value(self, value) : send_array(self, value);
    return sent(self, status);
}
