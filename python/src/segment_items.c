/* Segment as a mapping: seg[name], seg[name] = value, del, in, len, get() and the names. */
#include "args.h"
#include "errors.h"
#include "foreign.h"
#include "gil.h"
#include "kinds.h"
#include "segment.h"
#include "value.h"

/* ---- Reading ------------------------------------------------------------------------------------ */

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

/* The handle of what was live when it was looked at; or a Value, if it is one by now. */
static PyObject *read_live(ModuleState *state, Attachment *attachment, Name name, unsigned char *bytes, size_t *size,
                           int *status)
{
    shoal_object *object;
    *status = shoal_object_open(&object, attachment->segment, name.text, name.length);
    if (*status == SHOAL_EMISMATCH)
        *status = shoal_object_read(&object, attachment->segment, name.text, name.length, bytes, SCRATCH, size);
    if (object)
        return handle_wrap(state, attachment, object);
    return *status == SHOAL_OK ? value_read(state, bytes, *size) : NULL;
}

/* A Value that is not large, or a handle. NULL with *status; SHOAL_LARGER: *size and `first` say what it is. */
static PyObject *read_small(ModuleState *state, Attachment *attachment, Name name, unsigned char *first, size_t *size,
                            int *status)
{
    PyObject *value = NULL;
    unsigned char *bytes = lend_scratch(state);
    *status = STATUS_RAISED;
    if (!bytes)
        return PyErr_NoMemory();
    *status = shoal_value_get(attachment->segment, name.text, name.length, bytes, SCRATCH, size);
    if (*status == SHOAL_OK)
        value = value_read(state, bytes, *size);
    else if (*status == SHOAL_LIVE)
        value = read_live(state, attachment, name, bytes, size, status);
    if (*status == SHOAL_LARGER)
        memcpy(first, bytes, SHOAL_STRING_HEAD);
    take_scratch_back(state, bytes);
    return value;
}

/* The object `name`, a copy or a handle. NULL with *status and, where that is not an error of the core's, an exception. */
static PyObject *read_object(ModuleState *state, Attachment *attachment, Name name, int *status)
{
    unsigned char first[SHOAL_STRING_HEAD];
    size_t size;
    for (;;) {
        PyObject *value = read_small(state, attachment, name, first, &size, status);
        if (*status == SHOAL_LARGER)
            value = value_read_large(state, attachment, name, first, size, status);
        if (*status != SHOAL_LARGER)
            return value;
    }
}

/* The segment may be closed meanwhile: by another thread while a large value is read, by what is collected while its objects are made. */
static PyObject *read_named(SegmentObject *self, PyObject *key, int *status)
{
    Name name;
    Attachment *attachment = segment_attachment(self);
    *status = STATUS_RAISED;
    PyObject *value = NULL;
    if (attachment && arg_object_name(key, &name) == 0)
        value = read_object(state_of(self), attachment, name, status);
    attachment_release(attachment);
    return value;
}

PyObject *segment_subscript(SegmentObject *self, PyObject *key)
{
    int status;
    PyObject *value = read_named(self, key, &status);
    if (!value && status < 0)
        raise_status(state_of(self), status);
    return value;
}

PyObject *segment_get(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "default", NULL};
    static const Signature signature = {"get", names, 2, 1};
    PyObject *given[2];
    int status;
    if (!segment_is_open(self) || arg_parse(&signature, args, nargs, kwnames, given) < 0)
        return NULL;
    PyObject *value = read_named(self, given[0], &status);
    if (!value && status == SHOAL_ENOKEY)
        return Py_NewRef(given[1] ? given[1] : Py_None);
    if (!value && status < 0)
        raise_status(state_of(self), status);
    return value;
}

int segment_contains(SegmentObject *self, PyObject *key)
{
    Name name;
    int kind = STATUS_RAISED;
    Attachment *attachment = segment_attachment(self);
    if (attachment && arg_object_name(key, &name) == 0)
        kind = shoal_object_find(attachment->segment, name.text, name.length);
    attachment_release(attachment);
    if (kind >= 0 || kind == SHOAL_ENOKEY)
        return kind > 0;
    raise_status(state_of(self), kind);
    return -1;
}

Py_ssize_t segment_length(SegmentObject *self)
{
    uint64_t count;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return -1;
    int status = shoal_object_count(&count, attachment->segment);
    attachment_release(attachment);
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : (Py_ssize_t)count;
}

/* ---- Names -------------------------------------------------------------------------------------- */

static PyObject *sorted_names(const shoal_text *texts, size_t count)
{
    PyObject *names = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; names && i < count; i++) {
        PyObject *name = PyUnicode_FromStringAndSize(texts[i].text, (Py_ssize_t)texts[i].length);
        if (name)
            PyList_SET_ITEM(names, (Py_ssize_t)i, name);
        else
            Py_CLEAR(names);
    }
    if (names && PyList_Sort(names) < 0)
        Py_CLEAR(names);
    return names;
}

PyObject *segment_keys(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_text *texts;
    size_t count;
    int status;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    WITHOUT_GIL(status = shoal_object_names(&texts, &count, attachment->segment));
    attachment_release(attachment);
    if (status < 0)
        return raise_status(state_of(self), status);
    PyObject *names = sorted_names(texts, count);
    shoal_list_free(texts);
    return names;
}

PyObject *segment_iter(SegmentObject *self)
{
    PyObject *names = segment_keys(self, NULL);
    PyObject *iterator = names ? PyObject_GetIter(names) : NULL;
    Py_XDECREF(names);
    return iterator;
}

/* ---- Writing ------------------------------------------------------------------------------------ */

/* 1: `name` takes arrays and has the contents of `from` now; 0: it takes none, or does not any more since it was found; -1: exception. */
static int put_into(SegmentObject *self, Attachment *attachment, Name name, const shoal_view *from)
{
    shoal_object *object;
    const Kind *kind = kind_row(shoal_object_find(attachment->segment, name.text, name.length));
    if (!kind || !kind->assign)
        return 0;
    int status = shoal_object_open(&object, attachment->segment, name.text, name.length);
    if (status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH)
        return 0;
    if (status < 0) {
        raise_status(state_of(self), status);
        return -1;
    }
    bool is_it = kind_row(shoal_object_kind(object)) == kind;
    int result = is_it ? kind->assign(state_of(self), object, from) : 0;
    shoal_object_close(object);
    return result < 0 ? -1 : is_it;
}

static int put_array(SegmentObject *self, Name name, PyObject *value)
{
    Foreign foreign;
    int found = foreign_acquire(state_of(self), &foreign, value);
    if (found <= 0)
        return found;
    Attachment *attachment = segment_attachment(self);
    int result = -1;
    if (attachment)
        result = put_into(self, attachment, name, &foreign.view);
    attachment_release(attachment);
    foreign_release(&foreign);
    return result;
}

static int delete_object(SegmentObject *self, Name name)
{
    Attachment *attachment = segment_attachment(self); /* a handler may close the segment while we wait */
    if (!attachment)
        return -1;
    int status = shoal_object_remove(attachment->segment, name.text, name.length);
    attachment_release(attachment);
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : 0;
}

int segment_ass_subscript(SegmentObject *self, PyObject *key, PyObject *value)
{
    Name name;
    if (!segment_is_open(self) || arg_object_name(key, &name) < 0)
        return -1;
    if (!value)
        return delete_object(self, name);
    if (is_array(state_of(self), value)) {
        int done = put_array(self, name, value);
        if (done != 0)
            return done < 0 ? -1 : 0;
    }
    return value_put(self, name, value);
}
