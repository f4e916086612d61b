/* Segment as a mapping: seg[name], seg[name] = value, del, in, len, get() and the names. */
#include "binding.h"

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

/* The object `name`, a copy or a handle. NULL with *status and, where that is 0 or STATUS_RAISED, an exception. */
static PyObject *read_object(ModuleState *state, Attachment *attachment, Name name, int *status)
{
    unsigned char first;
    size_t size;
    PyObject *small = read_small(state, attachment, name, &first, &size, status);
    if (small || *status == SHOAL_OK)
        return small;
    if (*status == SHOAL_LARGER) {
        PyObject *value = read_large(state, attachment, name, first, size, status);
        if (value || *status != SHOAL_LIVE)
            return value;
    }
    if (*status < 0)
        return NULL;
    shoal_object *object;
    *status = shoal_object_open(&object, attachment->segment, name.text, name.length);
    return *status < 0 ? NULL : handle_wrap(state, attachment, object);
}

/*
 * A live object may be removed, and a value stored under its name, between the two steps of reading it. And the segment may
 * be closed: by another thread while a large value is read, by what is collected while its objects are made.
 */
static PyObject *read_again(ModuleState *state, Attachment *attachment, Name name, int *status)
{
    PyObject *value = NULL;
    for (int tries = 0; tries < 10; tries++) {
        value = read_object(state, attachment, name, status);
        if (value || *status != SHOAL_EMISMATCH)
            break;
    }
    return value;
}

static PyObject *read_named(SegmentObject *self, PyObject *key, int *status)
{
    Name name;
    Attachment *attachment = segment_attachment(self);
    *status = STATUS_RAISED;
    PyObject *value = NULL;
    if (attachment && arg_object_name(key, &name.text, &name.length) == 0)
        value = read_again(state_of(self), attachment, name, status);
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
    if (attachment && arg_object_name(key, &name.text, &name.length) == 0)
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

static int collect_name(void *argument, const char *name, size_t length, int kind)
{
    NameList *list = argument;
    if (list->size + length + 2 > list->capacity) {
        size_t capacity = (list->capacity + length + 2) * 2;
        char *grown = PyMem_RawRealloc(list->bytes, capacity);
        if (!grown)
            return SHOAL_ENOMEM;
        list->bytes = grown;
        list->capacity = capacity;
    }
    list->bytes[list->size] = (char)kind;
    list->bytes[list->size + 1] = (char)length;
    memcpy(list->bytes + list->size + 2, name, length);
    list->size += length + 2;
    list->count++;
    return 0;
}

int names_collect(NameList *list, Attachment *attachment)
{
    int status;
    *list = (NameList){0};
    WITHOUT_GIL(status = shoal_object_each(attachment->segment, collect_name, list));
    return status;
}

void names_free(NameList *list)
{
    PyMem_RawFree(list->bytes);
}

static int append_name(PyObject *names, const char *text, size_t length)
{
    PyObject *name = PyUnicode_FromStringAndSize(text, (Py_ssize_t)length);
    int result = name ? PyList_Append(names, name) : -1;
    Py_XDECREF(name);
    return result;
}

static PyObject *sorted_names(const NameList *list)
{
    PyObject *names = PyList_New(0);
    for (size_t at = 0; names && at < list->size;) {
        size_t length = (unsigned char)list->bytes[at + 1];
        if (append_name(names, list->bytes + at + 2, length) < 0)
            Py_CLEAR(names);
        at += length + 2;
    }
    if (names && PyList_Sort(names) < 0)
        Py_CLEAR(names);
    return names;
}

PyObject *segment_keys(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    NameList list;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status = names_collect(&list, attachment);
    attachment_release(attachment);
    PyObject *names = status < 0 ? raise_status(state_of(self), status) : sorted_names(&list);
    names_free(&list);
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

static int put_value(SegmentObject *self, Name name, PyObject *value)
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

static bool equal_shape(const shoal_view *one, const shoal_view *other)
{
    return one->ndim == other->ndim && memcmp(one->shape, other->shape, one->ndim * sizeof *one->shape) == 0;
}

/* The array assigned to the name of an NdArray is copied in if dtype and shape are equal. */
static int copy_into(ModuleState *state, shoal_object *object, const shoal_view *from)
{
    shoal_view to;
    int status = shoal_array_view(&to, object);
    if (status < 0) {
        raise_status(state, status);
        return -1;
    }
    if (equal_shape(&to, from) && to.dtype.number == from->dtype.number && to.dtype.itemsize == from->dtype.itemsize)
        return assign_view(state, object, &to, from);
    char ours[16], theirs[16];
    raise_text(state, SHOAL_EMISMATCH,
               "'%s' is an NdArray of %s with %u dimensions: only an array of equal dtype and shape can be assigned to "
               "it, not one of %s with %u; remove it first to store something else under its name",
               shoal_object_name(object, NULL), shoal_dtype_name(to.dtype, ours), to.ndim,
               shoal_dtype_name(from->dtype, theirs), from->ndim);
    return -1;
}

/* 1: `name` was an NdArray and has the contents of `value` now; 0: it is none, or none any more since it was found; -1: exception. */
static int put_into_array(SegmentObject *self, Attachment *attachment, Name name, const shoal_view *from)
{
    shoal_object *object;
    if (shoal_object_find(attachment->segment, name.text, name.length) != SHOAL_KIND_NDARRAY)
        return 0;
    int status = shoal_object_open(&object, attachment->segment, name.text, name.length);
    if (status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH)
        return 0;
    if (status < 0) {
        raise_status(state_of(self), status);
        return -1;
    }
    bool is_array = shoal_object_kind(object) == SHOAL_KIND_NDARRAY;
    int result = is_array ? copy_into(state_of(self), object, from) : 0;
    shoal_object_close(object);
    return result < 0 ? -1 : is_array;
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
        result = put_into_array(self, attachment, name, &foreign.view);
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
    if (!segment_is_open(self) || arg_object_name(key, &name.text, &name.length) < 0)
        return -1;
    if (!value)
        return delete_object(self, name);
    ModuleState *state = state_of(self);
    if (Py_IS_TYPE(value, state->ndarray_type) || is_numpy_array(state, value)) {
        int done = put_array(self, name, value);
        if (done != 0)
            return done < 0 ? -1 : 0;
    }
    return put_value(self, name, value);
}
