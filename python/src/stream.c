/*
 * Stream: messages for everybody. A stream and each of its readers have a place: the messages of one place go to whoever reads
 * there first, as those of an iterator do.
 */
#include "aio.h"
#include "args.h"
#include "errors.h"
#include "gil.h"
#include "kinds.h"
#include "segment.h"
#include "types.h"
#include "value.h"
#include "wait.h"

/* Guarded by a critical section of the object that has it. */
typedef struct Place {
    shoal_cursor cursor;
    uint64_t number; /* of the message that was read last; 0: none was */
} Place;

typedef struct StreamObject {
    HandleObject handle;
    Place place;
} StreamObject;

typedef struct ReaderObject {
    PyObject_HEAD
    StreamObject *stream;
    Place place;
} ReaderObject;

/* What reads: where its place is, and the stream. `owner` is one of the two. */
typedef struct Reading {
    PyObject *owner;
    Place *place;
    HandleObject *stream;
} Reading;

static Reading reading_of_stream(StreamObject *self)
{
    return (Reading){(PyObject *)self, &self->place, &self->handle};
}

static Reading reading_of_reader(ReaderObject *self)
{
    return (Reading){(PyObject *)self, &self->place, &self->stream->handle};
}

/* ---- Reading ------------------------------------------------------------------------------------ */

static Place place_now(const Reading *reading)
{
    Place place;
    Py_BEGIN_CRITICAL_SECTION(reading->owner)
        ;
        place = *reading->place;
    Py_END_CRITICAL_SECTION();
    return place;
}

/* Move on from `before`. False: another thread has read there meanwhile, and the message is its. */
static bool move_on(const Reading *reading, const shoal_cursor *before, const Place *after)
{
    bool same;
    Py_BEGIN_CRITICAL_SECTION(reading->owner)
        ;
        same = memcmp(&reading->place->cursor, before, sizeof *before) == 0;
        if (same)
            *reading->place = *after;
    Py_END_CRITICAL_SECTION();
    return same;
}

/* Bytes of a message: at first in a buffer of the caller's. */
typedef struct Room {
    unsigned char *bytes;
    size_t size;
    bool ours;
} Room;

static int make_room(Room *room, size_t size)
{
    unsigned char *bytes = PyMem_Realloc(room->ours ? room->bytes : NULL, size);
    if (!bytes) {
        PyErr_NoMemory();
        return STATUS_RAISED;
    }
    *room = (Room){bytes, size, true};
    return SHOAL_PENDING;
}

/*
 * One try: SHOAL_OK: the message is in `room`. SHOAL_PENDING: try again. The place has moved in any case but SHOAL_PENDING, past
 * what is damaged too.
 */
static int read_once(const Reading *reading, Room *room, shoal_message *message)
{
    Place place = place_now(reading);
    const shoal_cursor before = place.cursor;
    bool given_up = room->size >= BIG;
    if (given_up)
        gil_give_up();
    int status =
        shoal_stream_read(message, &place.cursor, reading->stream->object, room->bytes, room->size, SHOAL_GLANCE);
    if (given_up)
        gil_take_back();
    if (status == SHOAL_LARGER)
        return make_room(room, message->size);
    if (status == SHOAL_OK)
        place.number = message->number;
    return move_on(reading, &before, &place) ? status : SHOAL_PENDING;
}

static bool is_over(shoal_time deadline)
{
    return deadline != SHOAL_FOREVER && shoal_now() >= deadline;
}

/* What comes next: SHOAL_OK, with *value NULL if it cannot be decoded; SHOAL_ETIMEDOUT: there is none yet. */
static int read_next(const Reading *reading, PyObject **value, shoal_time deadline)
{
    unsigned char scratch[SCRATCH];
    Room room = {scratch, sizeof scratch, false};
    shoal_message message;
    int status;
    while ((status = read_once(reading, &room, &message)) == SHOAL_PENDING || status == SHOAL_EINTR) {
        if (status == SHOAL_PENDING)
            continue;
        status = PyErr_CheckSignals() < 0 ? STATUS_RAISED : is_over(deadline) ? SHOAL_ETIMEDOUT : SHOAL_PENDING;
        if (status != SHOAL_PENDING)
            break;
    }
    *value = status == SHOAL_OK ? value_read(state_of(reading->stream), room.bytes, message.size) : NULL;
    if (room.ours)
        PyMem_Free(room.bytes);
    return status;
}

static PyObject *none_came(const Reading *reading)
{
    const Place place = place_now(reading);
    return raise_text(state_of(reading->stream), SHOAL_ETIMEDOUT, "stream '%s': message %llu did not come in time",
                      shoal_object_name(reading->stream->object, NULL), (unsigned long long)place.cursor.next);
}

static int wait_for_newer(const Reading *reading, shoal_time deadline)
{
    const Place place = place_now(reading);
    return wait_without_gil(reading->stream->object, SHOAL_WAIT_GET, 0, (int64_t)(place.cursor.next - 1), deadline);
}

/* NULL with an exception. */
static PyObject *read_until(const Reading *reading, shoal_time deadline)
{
    for (;;) {
        PyObject *value;
        int status = read_next(reading, &value, deadline);
        if (status == SHOAL_OK)
            return value;
        if (status == SHOAL_ETIMEDOUT && deadline != SHOAL_NO_WAIT)
            status = wait_for_newer(reading, deadline);
        if (status == SHOAL_ETIMEDOUT)
            return none_came(reading);
        if (status < 0)
            return raise_status(state_of(reading->stream), status);
    }
}

static PyObject *read_with(Reading reading, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    shoal_time deadline = SHOAL_FOREVER;
    if ((nargs > 0 || kwnames) && arg_only_timeout("read", args, nargs, kwnames, &deadline) < 0)
        return NULL;
    return read_until(&reading, deadline);
}

static PyObject *read_async_with(Reading reading, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *timeout = NULL;
    shoal_time deadline;
    if ((nargs > 0 || kwnames) &&
        (arg_async_timeout("read_async", args, nargs, kwnames, &timeout) < 0 || arg_timeout(timeout, &deadline) < 0))
        return NULL;
    return aio_start(state_of(reading.stream), "read", PyTuple_Pack(2, reading.stream, reading.owner), timeout);
}

/* For shoal._aio: (value,), or the number of which a newer one is to be waited for. */
static PyObject *poll_with(Reading reading)
{
    PyObject *value;
    int status = read_next(&reading, &value, SHOAL_NO_WAIT);
    if (status == SHOAL_ETIMEDOUT)
        return PyLong_FromUnsignedLongLong(place_now(&reading).cursor.next - 1);
    if (status < 0)
        return raise_status(state_of(reading.stream), status);
    return value ? Py_BuildValue("(N)", value) : NULL;
}

/* Its place: of a damaged stream the first read tells of it. */
static int place_at(Place *place, const shoal_object *stream, bool from_start)
{
    int status = shoal_stream_reader(&place->cursor, stream, from_start);
    place->number = 0;
    if (status != SHOAL_ECORRUPT && status != SHOAL_EINTR)
        return status;
    place->cursor = (shoal_cursor){.next = 1};
    return SHOAL_OK;
}

#define METHODS_OF_A_PLACE(type, prefix)                                                                               \
    static PyObject *prefix##_read(type *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)             \
    {                                                                                                                  \
        return read_with(reading_of_##prefix(self), args, nargs, kwnames);                                             \
    }                                                                                                                  \
    static PyObject *prefix##_read_async(type *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)       \
    {                                                                                                                  \
        return read_async_with(reading_of_##prefix(self), args, nargs, kwnames);                                       \
    }                                                                                                                  \
    static PyObject *prefix##_poll(type *self, PyObject *Py_UNUSED(unused))                                            \
    {                                                                                                                  \
        return poll_with(reading_of_##prefix(self));                                                                   \
    }                                                                                                                  \
    static PyObject *prefix##_next(type *self)                                                                         \
    {                                                                                                                  \
        Reading reading = reading_of_##prefix(self);                                                                   \
        return read_until(&reading, SHOAL_FOREVER);                                                                    \
    }                                                                                                                  \
    static PyObject *prefix##_anext(type *self)                                                                        \
    {                                                                                                                  \
        return read_async_with(reading_of_##prefix(self), NULL, 0, NULL);                                              \
    }                                                                                                                  \
    static PyObject *prefix##_missed(type *self, void *Py_UNUSED(closure))                                             \
    {                                                                                                                  \
        Reading reading = reading_of_##prefix(self);                                                                   \
        return PyLong_FromUnsignedLongLong(place_now(&reading).cursor.missed);                                         \
    }                                                                                                                  \
    static PyObject *prefix##_number(type *self, void *Py_UNUSED(closure))                                             \
    {                                                                                                                  \
        Reading reading = reading_of_##prefix(self);                                                                   \
        return PyLong_FromUnsignedLongLong(place_now(&reading).number);                                                \
    }

METHODS_OF_A_PLACE(StreamObject, stream)
METHODS_OF_A_PLACE(ReaderObject, reader)

static PyObject *itself(PyObject *self)
{
    return Py_NewRef(self);
}

#define READ_DOC(where)                                                                                                \
    "read($self, /, timeout=None)\n--\n\nThe next message of " where                                                   \
    ": wait for it. Timeout if none came in time; Corrupt, once, for one that is damaged."
#define READ_ASYNC_DOC "read_async($self, /, *, timeout=None)\n--\n\nread() as a coroutine."
#define POLL_DOC "_poll($self, /)\n--\n\n(value,), or the number of which a newer message is to be waited for."
#define MISSED_DOC "how many messages were written over before they were read here"
#define NUMBER_DOC "the number of the message that was read here last; 0 before the first"

/* ---- Sending ------------------------------------------------------------------------------------ */

static PyObject *send_bytes(StreamObject *self, const shoal_writer *writer, shoal_time deadline)
{
    uint64_t number;
    shoal_object *stream = self->handle.object;
    int status = writer->size >= BIG ? SHOAL_ETIMEDOUT
                                     : shoal_stream_send(&number, stream, writer->bytes, writer->size, SHOAL_GLANCE);
    while (status == SHOAL_ETIMEDOUT || status == SHOAL_EINTR) {
        WITHOUT_GIL(status = shoal_stream_send(&number, stream, writer->bytes, writer->size, deadline));
        if (status != SHOAL_EINTR)
            break;
        if (PyErr_CheckSignals() < 0)
            return NULL;
    }
    return status < 0 ? raise_status(state_of(self), status) : PyLong_FromUnsignedLongLong(number);
}

/* Too large a value is not copied whole before that is said. */
static void *too_large(StreamObject *self, uint64_t limit)
{
    PyErr_Clear();
    return raise_text(
        state_of(self), SHOAL_EVALUE,
        "stream '%s': the value takes more than %llu bytes, which is the limit of one message: half of the "
        "capacity of %llu bytes",
        shoal_object_name(self->handle.object, NULL), (unsigned long long)limit,
        (unsigned long long)shoal_stream_capacity(self->handle.object));
}

static PyObject *send(StreamObject *self, PyObject *value, shoal_time deadline)
{
    shoal_writer writer;
    shoal_object *stream = handle_usable(&self->handle);
    if (!stream)
        return NULL;
    shoal_writer_init(&writer);
    writer.limit = shoal_stream_limit(stream);
    PyObject *sent = NULL;
    if (value_write(state_of(self), &writer, value) == 0)
        sent = send_bytes(self, &writer, deadline);
    else if (writer.limit && PyErr_ExceptionMatches(state_of(self)->exceptions[-SHOAL_ENOSPACE]))
        too_large(self, writer.limit);
    shoal_writer_free(&writer);
    return sent;
}

static PyObject *stream_send(StreamObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"value", "timeout", NULL};
    static const Signature signature = {"send", names, 2, 1};
    PyObject *given[2] = {NULL, NULL};
    shoal_time deadline = SHOAL_FOREVER;
    if (nargs == 1 && !kwnames)
        return send(self, args[0], deadline);
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_timeout(given[1], &deadline) < 0)
        return NULL;
    return send(self, given[0], deadline);
}

/* ---- Looking ------------------------------------------------------------------------------------ */

static PyObject *stream_capacity(StreamObject *self, void *Py_UNUSED(closure))
{
    shoal_object *stream = handle_usable(&self->handle);
    return stream ? PyLong_FromUnsignedLongLong(shoal_stream_capacity(stream)) : NULL;
}

static PyObject *stream_limit(StreamObject *self, void *Py_UNUSED(closure))
{
    shoal_object *stream = handle_usable(&self->handle);
    return stream ? PyLong_FromUnsignedLongLong(shoal_stream_limit(stream)) : NULL;
}

/* Which of the two numbers: `closure` is NULL for the oldest. */
static PyObject *stream_end(StreamObject *self, void *closure)
{
    uint64_t oldest, newest;
    int status = shoal_stream_numbers(&oldest, &newest, self->handle.object);
    if (status < 0)
        return raise_status(state_of(self), status);
    return PyLong_FromUnsignedLongLong(closure ? newest : oldest);
}

static PyObject *stream_repr(StreamObject *self)
{
    uint64_t oldest, newest;
    shoal_object *stream = self->handle.object;
    int status = shoal_stream_numbers(&oldest, &newest, stream);
    if (status < 0)
        return raise_status(state_of(self), status);
    return PyUnicode_FromFormat("<shoal.Stream '%s' %llu messages, the newest is %llu>",
                                shoal_object_name(stream, NULL), (unsigned long long)(newest + 1 - oldest),
                                (unsigned long long)newest);
}

/* ---- Readers ------------------------------------------------------------------------------------ */

static PyObject *stream_reader(StreamObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"from_start", NULL};
    static const Signature signature = {"reader", names, 1, 0};
    PyObject *given[1];
    Place place;
    bool from_start;
    ModuleState *state = state_of(self);
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_bool(given[0], false, &from_start) < 0)
        return NULL;
    int status = place_at(&place, self->handle.object, from_start);
    if (status < 0)
        return raise_status(state, status);
    ReaderObject *reader = PyObject_New(ReaderObject, state->reader_type);
    if (!reader)
        return NULL;
    reader->stream = (StreamObject *)Py_NewRef((PyObject *)self);
    reader->place = place;
    return (PyObject *)reader;
}

static void reader_dealloc(ReaderObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(self->stream);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *reader_repr(ReaderObject *self)
{
    Reading reading = reading_of_reader(self);
    Place place = place_now(&reading);
    return PyUnicode_FromFormat("<shoal.StreamReader of '%s' at message %llu, %llu missed>",
                                shoal_object_name(reading.stream->object, NULL), (unsigned long long)place.cursor.next,
                                (unsigned long long)place.cursor.missed);
}

static PyMethodDef reader_methods[] = {
    METHOD("read", reader_read, FASTCALL, READ_DOC("this reader")),
    METHOD("read_async", reader_read_async, FASTCALL, READ_ASYNC_DOC),
    METHOD("_poll", reader_poll, METH_NOARGS, POLL_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef reader_getset[] = {
    {"missed", (getter)reader_missed, NULL, PyDoc_STR(MISSED_DOC), NULL},
    {"number", (getter)reader_number, NULL, PyDoc_STR(NUMBER_DOC), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef reader_members[] = {
    {"stream", T_OBJECT_EX, offsetof(ReaderObject, stream), READONLY, PyDoc_STR("the Stream that it reads")},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot reader_slots[] = {
    {Py_tp_doc, PyDoc_STR("A place in a Stream, from which messages are read. Made by Stream.reader().")},
    {Py_tp_dealloc, reader_dealloc},
    {Py_tp_repr, reader_repr},
    {Py_tp_iter, itself},
    {Py_tp_iternext, reader_next},
    {Py_am_aiter, itself},
    {Py_am_anext, reader_anext},
    {Py_tp_methods, reader_methods},
    {Py_tp_getset, reader_getset},
    {Py_tp_members, reader_members},
    {0, NULL},
};

static PyType_Spec reader_spec = {"shoal.StreamReader", sizeof(ReaderObject), 0, TYPE_FLAGS, reader_slots};

static int init(PyObject *module, ModuleState *state)
{
    state->reader_type = type_new(module, &reader_spec);
    return state->reader_type ? 0 : -1;
}

/* ---- The type ----------------------------------------------------------------------------------- */

static PyMethodDef stream_methods[] = {
    METHOD("send", stream_send, FASTCALL,
           "send($self, /, value, timeout=None)\n--\n\nSend a message to all readers; return its number. It waits for "
           "others who are just sending only: Timeout if one of them was stopped all that time."),
    METHOD("read", stream_read, FASTCALL, READ_DOC("this handle, which began with those sent after it was opened")),
    METHOD("read_async", stream_read_async, FASTCALL, READ_ASYNC_DOC),
    METHOD("_poll", stream_poll, METH_NOARGS, POLL_DOC),
    METHOD(
        "reader", stream_reader, FASTCALL,
        "reader($self, /, from_start=False)\n--\n\nA StreamReader, with a place of its own: behind the newest message, "
        "or at the oldest that is there."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef stream_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"capacity", (getter)stream_capacity, NULL, PyDoc_STR("bytes of its ring, a power of two"), NULL},
    {"limit", (getter)stream_limit, NULL, PyDoc_STR("bytes that one message may have, as MessagePack"), NULL},
    {"oldest", (getter)stream_end, NULL,
     PyDoc_STR("the number of the oldest message that is there; newest + 1 if none is"), NULL},
    {"newest", (getter)stream_end, NULL, PyDoc_STR("the number of the newest message; 0 before the first"), ""},
    {"missed", (getter)stream_missed, NULL, PyDoc_STR(MISSED_DOC), NULL},
    {"number", (getter)stream_number, NULL, PyDoc_STR(NUMBER_DOC), NULL},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for a message: a list of Owner"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef stream_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot stream_slots[] = {
    {Py_tp_doc, PyDoc_STR("Messages for everybody, the oldest of which are written over. Made by Segment.stream().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, stream_repr},
    {Py_tp_iter, itself},
    {Py_tp_iternext, stream_next},
    {Py_am_aiter, itself},
    {Py_am_anext, stream_anext},
    {Py_tp_methods, stream_methods},
    {Py_tp_getset, stream_getset},
    {Py_tp_members, stream_members},
    {0, NULL},
};

static PyType_Spec stream_spec = {"shoal.Stream", sizeof(StreamObject), 0, TYPE_FLAGS, stream_slots};

/* ---- Opening ------------------------------------------------------------------------------------ */

static PyObject *wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    Place place;
    int status = place_at(&place, object, false);
    if (status < 0) {
        raise_status(state, status);
        shoal_object_close(object);
        return NULL;
    }
    StreamObject *self = (StreamObject *)handle_new(state, attachment, object);
    if (self)
        self->place = place;
    return (PyObject *)self;
}

static PyObject *stream_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "capacity", NULL};
    static const Signature signature = {"stream", names, 2, 1};
    PyObject *given[2];
    Name name;
    uint64_t capacity = 0; /* as it is, or as usual */
    shoal_object *object;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0 ||
        arg_capacity(state_of(self), given[1], &capacity) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status = shoal_stream_open(&object, attachment->segment, name.text, name.length, capacity);
    return segment_opened(self, attachment, object, status);
}

const Kind stream_kind = {
    .opener = METHOD("stream", stream_open, FASTCALL,
                     "stream($self, /, name, capacity='1M')\n--\n\nOpen the Stream of that name, or make it. capacity: "
                     "bytes of its ring, rounded up to a power of two; if it is not said, a stream that is there may "
                     "have any."),
    .spec = &stream_spec,
    .init = init,
    .wrap = wrap,
    .begin = handle_begin,
};
