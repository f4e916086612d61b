/* Reading a Channel: Frame, and what iter() and aiter() give. */
#include "aio.h"
#include "args.h"
#include "channel.h"
#include "errors.h"
#include "gil.h"
#include "ndarray.h"
#include "types.h"
#include "value.h"
#include "wait.h"

/* ---- Frame -------------------------------------------------------------------------------------- */

typedef struct FrameObject {
    PyObject_HEAD
    ChannelObject *channel;
    NdArrayObject *array; /* keeps the memory */
    PyObject *weakrefs;
    uint64_t number, time, missed;
    bool copied;
} FrameObject;

/* Takes over `memory`. */
static PyObject *frame_new(ChannelObject *channel, Memory *memory, const shoal_view *view)
{
    ModuleState *state = state_of(channel);
    PyObject *array = ndarray_of_memory(state, memory, view);
    FrameObject *self = array ? PyObject_New(FrameObject, state->frame_type) : NULL;
    if (!self) {
        Py_XDECREF(array);
        return NULL;
    }
    self->channel = (ChannelObject *)Py_NewRef((PyObject *)channel);
    self->array = (NdArrayObject *)array;
    self->weakrefs = NULL;
    return (PyObject *)self;
}

static void frame_dealloc(FrameObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->weakrefs)
        PyObject_ClearWeakRefs((PyObject *)self);
    Py_DECREF(self->array);
    Py_DECREF(self->channel);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *frame_number(FrameObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(self->number);
}

static PyObject *frame_time(FrameObject *self, void *Py_UNUSED(closure))
{
    return PyFloat_FromDouble((double)self->time / 1e9);
}

static PyObject *frame_missed(FrameObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(self->missed);
}

/* What was sent, decoded; or a copy. */
static PyObject *frame_value(FrameObject *self, void *Py_UNUSED(closure))
{
    const shoal_view *view = ndarray_view(self->array);
    if (!view)
        return NULL;
    return channel_is_of_bytes(self->channel) ? value_read(state_of(self), view->data, view_nbytes(view))
                                              : ndarray_copy_out(state_of(self), view);
}

static int frame_getbuffer(FrameObject *self, Py_buffer *buffer, int flags)
{
    return PyObject_GetBuffer((PyObject *)self->array, buffer, flags);
}

/* numpy asks for it where there is no buffer, and tells then why: it would make an array of one object otherwise. */
static PyObject *frame_interface(FrameObject *self, void *closure)
{
    return ndarray_interface(self->array, closure);
}

static PyObject *frame_repr(FrameObject *self)
{
    return PyUnicode_FromFormat("<shoal.Frame %llu of '%s'%s>", (unsigned long long)self->number,
                                shoal_object_name(self->channel->handle.object, NULL), self->copied ? ", a copy" : "");
}

static PyGetSetDef frame_getset[] = {
    {"number", (getter)frame_number, NULL, PyDoc_STR("1 for the first frame that was ever published"), NULL},
    {"time", (getter)frame_time, NULL, PyDoc_STR("when it was published, as time.time()"), NULL},
    {"missed", (getter)frame_missed, NULL,
     PyDoc_STR("how many frames went by between the one that this reader had before and this one"), NULL},
    {"value", (getter)frame_value, NULL, PyDoc_STR("a copy of what is in it: the value that was sent, or an array"),
     NULL},
    {"__array_interface__", (getter)frame_interface, NULL, PyDoc_STR("numpy's array interface, version 3"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef frame_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(FrameObject, weakrefs), READONLY, NULL},
    {"array", T_OBJECT_EX, offsetof(FrameObject, array), READONLY,
     PyDoc_STR("what is in it, readonly: an NdArray; of a channel of bytes, of uint8")},
    {"copied", T_BOOL, offsetof(FrameObject, copied), READONLY,
     PyDoc_STR("whether it is a copy in private memory, which takes no slot")},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot frame_slots[] = {
    {Py_tp_doc,
     PyDoc_STR("A frame of a Channel, as it was published: it stays so while it, or any view of it, lives. Made by "
               "Channel.read(). numpy.asarray(frame) and memoryview(frame) are views of it.")},
    {Py_tp_dealloc, frame_dealloc},
    {Py_tp_repr, frame_repr},
    {Py_tp_getset, frame_getset},
    {Py_tp_members, frame_members},
    {Py_bf_getbuffer, frame_getbuffer},
    {0, NULL},
};

static PyType_Spec frame_spec = {"shoal.Frame", sizeof(FrameObject), 0, TYPE_FLAGS, frame_slots};

/* ---- Taking one --------------------------------------------------------------------------------- */

/* What a reader wants. */
typedef struct Wanted {
    uint64_t newer_than;
    bool first; /* the newest, whatever is older: `newer_than` is no number that the reader has seen */
    bool copy;
} Wanted;

/* After the greatest number comes 1 again. */
static uint32_t gone_by(uint64_t before, uint64_t number)
{
    return (uint32_t)(number - before) - 1 - (number <= before);
}

/* What it was, and how many went by. */
static PyObject *finish(ChannelObject *self, PyObject *made, const Wanted *wanted, uint64_t number, uint64_t time,
                        bool copied)
{
    FrameObject *frame = (FrameObject *)made;
    if (!frame)
        return NULL;
    frame->number = number;
    frame->time = time;
    frame->copied = copied;
    frame->missed = wanted->first ? 0 : gone_by(wanted->newer_than, number);
    if (frame->missed)
        __atomic_fetch_add(&self->missed, frame->missed, __ATOMIC_RELAXED);
    return made;
}

static uint64_t floor_of(const Wanted *wanted)
{
    return wanted->first ? SHOAL_NEWEST : wanted->newer_than;
}

static Memory *copy_of(const shoal_view *view)
{
    Memory *copy = memory_new(view_nbytes(view));
    bool given_up = copy && view_nbytes(view) >= BIG;
    if (given_up)
        gil_give_up();
    if (copy)
        shoal_view_pack(memory_bytes(copy), view);
    if (given_up)
        gil_take_back();
    return copy;
}

/* Pinned; or copied, and not pinned any more. */
static int take_pinned(PyObject **out, ChannelObject *self, const Wanted *wanted)
{
    Memory *memory;
    shoal_frame *frame;
    shoal_view view;
    int status = channel_pin(&memory, &frame, self, floor_of(wanted));
    if (status < 0)
        return status;
    uint64_t number = shoal_frame_number(frame), time = shoal_frame_time(frame);
    channel_view(&view, self, shoal_frame_data(frame), shoal_frame_size(frame), true);
    if (wanted->copy) {
        Memory *copy = copy_of(&view);
        memory_release(memory);
        if (!copy)
            return STATUS_RAISED;
        channel_view(&view, self, memory_bytes(copy), view_nbytes(&view), false);
        memory = copy;
    }
    *out = finish(self, frame_new(self, memory, &view), wanted, number, time, wanted->copy);
    return *out ? SHOAL_OK : STATUS_RAISED;
}

/* Who may not pin has a copy that the core has made sure of. */
static int take_unpinned(PyObject **out, ChannelObject *self, const Wanted *wanted)
{
    uint64_t number, time;
    size_t size = 0, room = self->facts.bytes;
    shoal_view view;
    int status;
    Memory *copy = memory_new(room);
    if (!copy)
        return STATUS_RAISED;
    bool given_up = room >= BIG;
    if (given_up)
        gil_give_up();
    status = shoal_channel_copy(memory_bytes(copy), room, &size, &number, &time, self->handle.object, floor_of(wanted));
    if (given_up)
        gil_take_back();
    if (status != SHOAL_OK) {
        memory_release(copy);
        return status;
    }
    channel_view(&view, self, memory_bytes(copy), size, false);
    *out = finish(self, frame_new(self, copy, &view), wanted, number, time, true);
    return *out ? SHOAL_OK : STATUS_RAISED;
}

static int take(PyObject **out, ChannelObject *self, const Wanted *wanted)
{
    return (shoal_object_readonly(self->handle.object) ? take_unpinned : take_pinned)(out, self, wanted);
}

/* Within the time, or SHOAL_ETIMEDOUT. Others may be quicker to write over the frame that was waited for: there is a newer one then. */
static int take_until(PyObject **out, ChannelObject *self, const Wanted *wanted, shoal_time deadline)
{
    int status;
    while ((status = take(out, self, wanted)) == SHOAL_ETIMEDOUT && deadline != SHOAL_NO_WAIT) {
        status = wait_without_gil(self->handle.object, SHOAL_WAIT_FRAME, 0, (int64_t)wanted->newer_than, deadline);
        if (status < 0)
            return status;
    }
    return status;
}

static PyObject *taken(ChannelObject *self, PyObject *frame, int status)
{
    if (status == SHOAL_ETIMEDOUT)
        Py_RETURN_NONE;
    return status < 0 ? raise_status(state_of(self), status) : frame;
}

/* ---- read() ------------------------------------------------------------------------------------- */

static int arg_wanted(PyObject *newer_than, PyObject *copy, Wanted *wanted)
{
    int64_t number = 0;
    wanted->first = !newer_than || newer_than == Py_None;
    if ((!wanted->first && arg_int64(newer_than, "newer_than", &number) < 0) ||
        arg_bool(copy, false, &wanted->copy) < 0)
        return -1;
    if (number < 0 || number > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "newer_than must be the number of a frame, or 0 for any");
        return -1;
    }
    wanted->newer_than = (uint64_t)number;
    return 0;
}

PyObject *channel_read(ChannelObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"newer_than", "timeout", "copy", NULL};
    static const Signature signature = {"read", names, 3, 0};
    PyObject *given[3], *frame = NULL;
    Wanted wanted;
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_wanted(given[0], given[2], &wanted) < 0 ||
        arg_timeout(given[1], &deadline) < 0)
        return NULL;
    int status = take_until(&frame, self, &wanted, deadline);
    return taken(self, frame, status);
}

PyObject *channel_read_async(ChannelObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"newer_than", "timeout", "copy", NULL};
    static const Signature signature = {"read_async", names, 1, 0};
    PyObject *given[3];
    Wanted wanted;
    shoal_time deadline;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_wanted(given[0], given[2], &wanted) < 0 ||
        arg_timeout(given[1], &deadline) < 0)
        return NULL;
    return aio_start(state_of(self), "read_frame",
                     Py_BuildValue("(OOO)", self, given[0] ? given[0] : Py_None, wanted.copy ? Py_True : Py_False),
                     given[1]);
}

/* ---- One after the other ------------------------------------------------------------------------ */

typedef struct FramesObject {
    PyObject_HEAD
    ChannelObject *channel;
    uint64_t last; /* number of the newest that it gave, 0: none yet. Threads that share it may get the same frame */
} FramesObject;

PyObject *channel_iter(ChannelObject *self)
{
    FramesObject *made = PyObject_New(FramesObject, state_of(self)->frames_type);
    if (!made)
        return NULL;
    made->channel = (ChannelObject *)Py_NewRef((PyObject *)self);
    made->last = 0;
    return (PyObject *)made;
}

static void frames_dealloc(FramesObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(self->channel);
    PyObject_Free(self);
    Py_DECREF(type);
}

static int frames_take(PyObject **out, FramesObject *self, shoal_time deadline)
{
    uint64_t last = __atomic_load_n(&self->last, __ATOMIC_RELAXED);
    Wanted wanted = {.newer_than = last, .first = last == 0};
    int status = take_until(out, self->channel, &wanted, deadline);
    if (status >= 0)
        __atomic_store_n(&self->last, ((FrameObject *)*out)->number, __ATOMIC_RELAXED);
    return status;
}

static PyObject *frames_next(FramesObject *self)
{
    PyObject *frame = NULL;
    int status = frames_take(&frame, self, SHOAL_FOREVER);
    return taken(self->channel, frame, status);
}

static PyObject *frames_attempt(FramesObject *self, PyObject *Py_UNUSED(unused))
{
    PyObject *frame = NULL;
    int status = frames_take(&frame, self, SHOAL_NO_WAIT);
    return taken(self->channel, frame, status);
}

static PyObject *frames_anext(FramesObject *self)
{
    return aio_start(state_of(self), "next_frame", Py_BuildValue("(O)", self), NULL);
}

static PyObject *frames_last(FramesObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(__atomic_load_n(&self->last, __ATOMIC_RELAXED));
}

static PyMethodDef frames_methods[] = {
    METHOD("_attempt", frames_attempt, METH_NOARGS,
           "_attempt($self, /)\n--\n\nThe next frame; None if there is none yet."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef frames_getset[] = {
    {"last", (getter)frames_last, NULL, PyDoc_STR("the number of the last frame that it gave; 0: none"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef frames_members[] = {
    {"channel", T_OBJECT_EX, offsetof(FramesObject, channel), READONLY, PyDoc_STR("the Channel")},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot frames_slots[] = {
    {Py_tp_doc, PyDoc_STR("What iter() and aiter() of a Channel give: one frame after the other, without an end.")},
    {Py_tp_dealloc, frames_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, frames_next},
    {Py_am_aiter, PyObject_SelfIter},
    {Py_am_anext, frames_anext},
    {Py_tp_methods, frames_methods},
    {Py_tp_getset, frames_getset},
    {Py_tp_members, frames_members},
    {0, NULL},
};

static PyType_Spec frames_spec = {"shoal.FrameIterator", sizeof(FramesObject), 0, TYPE_FLAGS, frames_slots};

int channel_read_init(PyObject *module, ModuleState *state)
{
    state->frame_type = type_new(module, &frame_spec);
    state->frames_type = state->frame_type ? type_new(module, &frames_spec) : NULL;
    return state->frames_type ? 0 : -1;
}
