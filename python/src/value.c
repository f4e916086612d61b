/* Values: stored whole, read as a copy. What is in them is read and written by value_read.c and value_write.c. */
#include "value.h"

#include "errors.h"
#include "gil.h"
#include "kinds.h"
#include "segment.h"

/* ---- Reading a large one ------------------------------------------------------------------------ */

/* What shoal_value_get_split says. The GIL is given up for many bytes. */
static int get_split(Attachment *attachment, Name name, void *head, size_t head_size, void *rest, size_t capacity,
                     size_t *size)
{
    int status;
    bool given_up = capacity >= BIG;
    if (given_up)
        gil_give_up();
    status = shoal_value_get_split(attachment->segment, name.text, name.length, head, head_size, rest, capacity, size);
    if (given_up)
        gil_take_back();
    return status;
}

/* What was looked at has been replaced since: to look again. */
static int replaced(int status)
{
    return status < 0 ? status : SHOAL_LARGER;
}

/* One string, after a head of so many bytes: text and bytes are copied once, to where they stay. */
static PyObject *read_string(ModuleState *state, Attachment *attachment, Name name, bool is_str, size_t head,
                             size_t size, int *status)
{
    unsigned char first[SHOAL_STRING_HEAD];
    size_t room = size - head, found;
    bool is_str_now;
    PyObject *string =
        is_str ? PyUnicode_New((Py_ssize_t)room, 127) : PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    *status = STATUS_RAISED;
    if (!string)
        return NULL;
    char *bytes = is_str ? (char *)PyUnicode_1BYTE_DATA(string) : PyBytes_AS_STRING(string);
    *status = get_split(attachment, name, first, head, bytes, room, &found);
    if (*status != SHOAL_OK || found != size || shoal_string_head(&is_str_now, first, size) != head ||
        is_str_now != is_str) {
        *status = replaced(*status);
        Py_CLEAR(string);
    } else if (is_str && !shoal_is_ascii(bytes, room)) {
        Py_SETREF(string, value_text(state, bytes, room));
    }
    return string;
}

static PyObject *read_any(ModuleState *state, Attachment *attachment, Name name, size_t size, int *status)
{
    PyObject *value = NULL;
    unsigned char *bytes = PyMem_Malloc(size);
    *status = STATUS_RAISED;
    if (!bytes)
        return PyErr_NoMemory();
    *status = get_split(attachment, name, NULL, 0, bytes, size, &size);
    if (*status == SHOAL_OK)
        value = value_read(state, bytes, size);
    else
        *status = replaced(*status);
    PyMem_Free(bytes);
    return value;
}

PyObject *value_read_large(ModuleState *state, Attachment *attachment, Name name, const unsigned char *first,
                           size_t size, int *status)
{
    bool is_str;
    size_t head = shoal_string_head(&is_str, first, size);
    return head ? read_string(state, attachment, name, is_str, head, size, status)
                : read_any(state, attachment, name, size, status);
}

/* ---- Writing ------------------------------------------------------------------------------------ */

static int stored(SegmentObject *self, int status)
{
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : 0;
}

/* A str or bytes is copied once, from where it is: nobody changes it, and the caller has a reference. */
static int put_string(SegmentObject *self, Attachment *attachment, Name name, int type, const char *bytes, size_t size)
{
    bool given_up = size >= BIG;
    if (given_up)
        gil_give_up();
    int status = shoal_value_put_string(attachment->segment, name.text, name.length, type, bytes, size);
    if (given_up)
        gil_take_back();
    return stored(self, status);
}

static int put_text(SegmentObject *self, Attachment *attachment, Name name, PyObject *value)
{
    size_t size;
    const char *utf8 = value_utf8(state_of(self), value, shoal_value_limit(attachment->segment), &size);
    return utf8 ? put_string(self, attachment, name, SHOAL_STR, utf8, size) : -1;
}

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
    return stored(self, status);
}

static int put_other(SegmentObject *self, Attachment *attachment, Name name, PyObject *value)
{
    shoal_writer writer;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(attachment->segment);
    int result = value_write(state_of(self), &writer, value);
    if (result == 0)
        result = put_bytes(self, attachment, name, &writer);
    shoal_writer_free(&writer);
    return result;
}

int value_put(SegmentObject *self, Name name, PyObject *value)
{
    int result;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return -1;
    if (PyUnicode_Check(value))
        result = put_text(self, attachment, name, value);
    else if (PyBytes_Check(value))
        result =
            put_string(self, attachment, name, SHOAL_BIN, PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
    else
        result = put_other(self, attachment, name, value);
    attachment_release(attachment);
    return result;
}

/* It has no handle: who reads one has a copy. */
const Kind value_kind = {0};
