/* Values: stored whole, read as a copy. What is in them is read and written by value_read.c and value_write.c. */
#include "value.h"

#include "errors.h"
#include "gil.h"
#include "kinds.h"
#include "segment.h"

/* ---- Reading ------------------------------------------------------------------------------------ */

/*
 * A large byte string or ASCII text is copied once: with its MessagePack head into the last bytes of what the object has
 * before its own bytes, so that what follows the head lies where it belongs. What was there is put back.
 */
#define HEAD_MAX 5 /* 0xc6 or 0xdb, and four bytes of length */
_Static_assert(offsetof(PyBytesObject, ob_sval) >= HEAD_MAX && sizeof(PyASCIIObject) >= HEAD_MAX, "there is room");

static size_t head_size(size_t size)
{
    return size <= UINT16_MAX + 3 ? 3 : HEAD_MAX;
}

static bool is_text(unsigned char head)
{
    return head == 0xda || head == 0xdb;
}

/* Is it one bin or str with a head of that size and nothing else? */
static bool is_one_string(const unsigned char *bytes, size_t size, size_t head)
{
    uint32_t length = head == 3
                          ? (uint32_t)bytes[1] << 8 | bytes[2]
                          : (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
    bool kind = head == 3 ? bytes[0] == 0xc5 || bytes[0] == 0xda : bytes[0] == 0xc6 || bytes[0] == 0xdb;
    return kind && length == size - head;
}

/* Reads at most *size bytes and says how many there are. The GIL is given up for many. */
static int get_unlocked(Attachment *attachment, Name name, unsigned char *bytes, size_t *size)
{
    size_t capacity = *size;
    bool given_up = capacity >= BIG;
    if (given_up)
        gil_give_up();
    int status = shoal_value_get(attachment->segment, name.text, name.length, bytes, capacity, size);
    if (given_up)
        gil_take_back();
    return status;
}

/* It had `size` bytes, the first of them `first`, when it was looked at; it may have been replaced since. */
static PyObject *read_large(ModuleState *state, Attachment *attachment, Name name, unsigned char first, size_t size,
                            int *status)
{
    unsigned char before[HEAD_MAX];
    do {
        size_t head = head_size(size), room = size - head;
        bool text = is_text(first);
        PyObject *value = NULL;
        PyObject *raw = text ? PyUnicode_New((Py_ssize_t)room, 127) : PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
        *status = SHOAL_OK;
        if (!raw)
            return NULL;
        unsigned char *its_own =
            text ? (unsigned char *)PyUnicode_1BYTE_DATA(raw) : (unsigned char *)PyBytes_AS_STRING(raw);
        unsigned char *bytes = its_own - head;
        memcpy(before, bytes, head);
        *status = get_unlocked(attachment, name, bytes, &size);
        first = bytes[0];
        bool is_it = *status == SHOAL_OK && size == head + room && is_one_string(bytes, size, head) &&
                     is_text(first) == text && (!text || shoal_is_ascii((const char *)its_own, room));
        if (*status == SHOAL_OK && !is_it)
            value = value_read(state, bytes, size);
        memcpy(bytes, before, head);
        if (is_it)
            return raw;
        Py_DECREF(raw);
        if (*status != SHOAL_LARGER)
            return value;
    } while (true);
}

/*
 * The buffer of values that are not large: the interpreter's own, so that a thread's stack may be small. Making the objects
 * may run Python code (what is collected) that reads in its turn, and finds it lent. Without a GIL each read has one of its own.
 */
static unsigned char *lend_scratch(ModuleState *state)
{
    if (FREE_THREADED || state->scratch_lent)
        return PyMem_Malloc(SCRATCH);
    state->scratch_lent = true;
    return state->scratch;
}

static void take_scratch_back(ModuleState *state, unsigned char *scratch)
{
    if (scratch == state->scratch)
        state->scratch_lent = false;
    else
        PyMem_Free(scratch);
}

/* A value that is not large. NULL with *status; SHOAL_LARGER: *size and *first say what it is. */
static PyObject *read_small(ModuleState *state, Attachment *attachment, Name name, unsigned char *first, size_t *size,
                            int *status)
{
    unsigned char *bytes = lend_scratch(state);
    PyObject *value = NULL;
    if (!bytes) {
        *status = STATUS_RAISED;
        return PyErr_NoMemory();
    }
    *status = shoal_value_get(attachment->segment, name.text, name.length, bytes, SCRATCH, size);
    if (*status == SHOAL_OK)
        value = value_read(state, bytes, *size);
    *first = bytes[0];
    take_scratch_back(state, bytes);
    return value;
}

PyObject *value_get(ModuleState *state, Attachment *attachment, Name name, int *status)
{
    unsigned char first = 0;
    size_t size;
    PyObject *small = read_small(state, attachment, name, &first, &size, status);
    if (*status != SHOAL_LARGER)
        return small;
    return read_large(state, attachment, name, first, size, status);
}

/* ---- Writing ------------------------------------------------------------------------------------ */

/* The value's own Python code may have closed the segment. */
static int put_bytes(SegmentObject *self, Attachment *attachment, Name name, const shoal_writer *writer)
{
    if (!segment_is_open(self))
        return -1;
    bool given_up = writer->size >= BIG;
    if (given_up)
        gil_give_up();
    int status = shoal_value_put(attachment->segment, name.text, name.length, writer->bytes, writer->size);
    if (given_up)
        gil_take_back();
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : 0;
}

int value_put(SegmentObject *self, Name name, PyObject *value)
{
    shoal_writer writer;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return -1;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(attachment->segment);
    int result = value_write(state_of(self), &writer, value);
    if (result == 0)
        result = put_bytes(self, attachment, name, &writer);
    shoal_writer_free(&writer);
    attachment_release(attachment);
    return result;
}

/* It has no handle: who reads one has a copy. */
const Kind value_kind = {0};
