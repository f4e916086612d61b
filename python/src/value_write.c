/* Python objects as MessagePack. What cannot be stored is named by the path to it: ["rows"][3]: set. */
#include "errors.h"
#include "foreign.h"
#include "gil.h"
#include "value.h"

#define SHOWN_STEPS 16   /* of a path, in a message */
#define MOST_AT_A_TIME 8 /* by one thread: each may need a hundred kilobytes of its stack */

/* The way from the value that is stored to the item at hand, a link on the stack for each container. */
typedef struct Place {
    const struct Place *parent;
    PyObject *container;
    PyObject *key;    /* NULL in a list */
    Py_ssize_t index; /* in a dict: the sorts of its keys so far */
} Place;

typedef struct Writing {
    ModuleState *state;
    shoal_writer *writer;
} Writing;

static int write_item(Writing *writing, PyObject *value, const Place *place, int depth);

/* ---- Messages ----------------------------------------------------------------------------------- */

static PyObject *step_text(const Place *place)
{
    if (!place->key)
        return PyUnicode_FromFormat("[%zd]", place->index);
    if (PyUnicode_Check(place->key))
        return PyUnicode_FromFormat("[\"%U\"]", place->key);
    return PyUnicode_FromFormat(PyBytes_Check(place->key) ? "[%R]" : "[%S]", place->key);
}

/* The path down to `place`: its first steps, if there are many. */
static PyObject *path_text(const Place *place)
{
    const Place *steps[SHOAL_MAX_DEPTH + 2];
    int count = 0;
    for (; place && count < SHOAL_MAX_DEPTH + 2; place = place->parent)
        steps[count++] = place;
    int last = count > SHOWN_STEPS ? count - SHOWN_STEPS : 0;
    PyObject *text = PyUnicode_FromString("");
    for (int i = count - 1; text && i >= last; i--)
        PyUnicode_AppendAndDel(&text, step_text(steps[i]));
    if (last > 0 && text)
        PyUnicode_AppendAndDel(&text, PyUnicode_FromString("..."));
    if (count > 0 && text)
        PyUnicode_AppendAndDel(&text, PyUnicode_FromString(": "));
    return text;
}

static int refuse(PyObject *exception, const Place *place, const char *format, ...)
{
    PyObject *path = path_text(place);
    va_list arguments;
    va_start(arguments, format);
    PyObject *what = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    if (path && what)
        PyErr_Format(exception, "%U%U", path, what);
    Py_XDECREF(path);
    Py_XDECREF(what);
    return -1;
}

static int refuse_type(PyObject *value, const Place *place)
{
    const char *advice = advice_for(value);
    return refuse(PyExc_TypeError, place, "%s cannot be stored%s%s", Py_TYPE(value)->tp_name, advice ? ": store " : "",
                  advice ? advice : "");
}

/* Put the path before the message of the exception that is set. */
static int add_path(const Place *place)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    refuse(type, place, "%S", value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return -1;
}

/* After a write that the core refuses for what it was given. */
static int check_written(Writing *writing, int before, const Place *place)
{
    int status = writing->writer->status;
    if (status == before || (status != SHOAL_EVALUE && status != SHOAL_EOVERFLOW))
        return 0; /* what is wrong with all of the value is told in the end */
    raise_status(writing->state, status);
    return add_path(place);
}

/* ---- Scalars ------------------------------------------------------------------------------------ */

static int write_int(Writing *writing, PyObject *value, const Place *place)
{
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow)
        return refuse(PyExc_OverflowError, place, "an int of more than 64 bits (signed) cannot be stored");
    shoal_write_int(writing->writer, number);
    return 0;
}

/* The UTF-8 of a text may be a copy, and is at least as long as it. */
__attribute__((noinline)) static bool admits_text(shoal_writer *writer, PyObject *value)
{
    return shoal_writer_admits(writer, (uint64_t)PyUnicode_GET_LENGTH(value));
}

__attribute__((noinline)) static int refuse_text(const Place *place)
{
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return -1;
    PyErr_Clear();
    return refuse(PyExc_ValueError, place, "text with a lone surrogate has no UTF-8 form and cannot be stored");
}

static inline int write_str(Writing *writing, PyObject *value, const Place *place)
{
    Py_ssize_t size;
    if (__builtin_expect(PyUnicode_GET_LENGTH(value) >= BIG, 0) && !admits_text(writing->writer, value))
        return 0;
    const char *utf8 = PyUnicode_AsUTF8AndSize(value, &size);
    if (!utf8)
        return refuse_text(place);
    shoal_write_str(writing->writer, utf8, (size_t)size);
    return 0;
}

__attribute__((noinline)) static bool fits(ModuleState *state, PyObject *value, uint64_t limit)
{
    shoal_writer writer;
    shoal_writer_init(&writer);
    writer.limit = limit;
    bool admitted = admits_text(&writer, value);
    if (!admitted)
        raise_status(state, writer.status);
    return admitted;
}

const char *value_utf8(ModuleState *state, PyObject *value, uint64_t limit, size_t *size)
{
    Py_ssize_t length;
    if (__builtin_expect(PyUnicode_GET_LENGTH(value) >= BIG, 0) && !fits(state, value, limit))
        return NULL;
    const char *utf8 = PyUnicode_AsUTF8AndSize(value, &length);
    if (!utf8)
        refuse_text(NULL);
    *size = (size_t)length;
    return utf8;
}

static int write_buffer(Writing *writing, PyObject *value)
{
    Py_buffer buffer;
    int result;
    Py_BEGIN_CRITICAL_SECTION(value)
        ; /* bytearray and memoryview only count their exports */
        result = PyObject_GetBuffer(value, &buffer, PyBUF_FULL_RO);
    Py_END_CRITICAL_SECTION();
    if (result < 0)
        return -1;
    if (PyBuffer_IsContiguous(&buffer, 'C')) {
        shoal_write_bin(writing->writer, buffer.buf, (size_t)buffer.len);
    } else if (shoal_writer_admits(writing->writer, (uint64_t)buffer.len)) {
        char *packed = PyMem_Malloc(buffer.len ? (size_t)buffer.len : 1);
        result = packed ? PyBuffer_ToContiguous(packed, &buffer, buffer.len, 'C') : -1;
        if (result == 0)
            shoal_write_bin(writing->writer, packed, (size_t)buffer.len);
        else if (!packed)
            PyErr_NoMemory();
        PyMem_Free(packed);
    }
    Py_BEGIN_CRITICAL_SECTION(value)
        ;
        PyBuffer_Release(&buffer);
    Py_END_CRITICAL_SECTION();
    return result;
}

static int write_datetime(Writing *writing, PyObject *value, const Place *place)
{
    int64_t seconds;
    uint32_t nanoseconds;
    int nat = time_is_nat(writing->state, value);
    if (nat != 0)
        return nat < 0 ? -1
                       : refuse(PyExc_TypeError, place, "%s cannot be stored: it names no point in time; store None",
                                Py_TYPE(value)->tp_name);
    int aware = time_from_python(writing->state, value, &seconds, &nanoseconds);
    if (aware < 0)
        return -1;
    if (aware == 0)
        return refuse(PyExc_TypeError, place,
                      "%s without a time zone cannot be stored: it names no point in time; store value.astimezone() "
                      "if it is local, value.replace(tzinfo=datetime.timezone.utc) if it is in UTC",
                      Py_TYPE(value)->tp_name);
    int before = writing->writer->status;
    shoal_write_time(writing->writer, seconds, nanoseconds);
    return check_written(writing, before, place);
}

static int write_array(Writing *writing, PyObject *value, const Place *place)
{
    Foreign foreign;
    int found = foreign_acquire(writing->state, &foreign, value);
    if (found < 0)
        return PyErr_ExceptionMatches(PyExc_TypeError) ? add_path(place) : -1;
    if (found == 0)
        return refuse_type(value, place);
    int before = writing->writer->status;
    shoal_write_ndarray(writing->writer, &foreign.view);
    foreign_release(&foreign);
    return check_written(writing, before, place);
}

/* bool, int and float of numpy; its text and bytes are Python's already, the rest has no counterpart. */
static int write_numpy_scalar(Writing *writing, PyObject *value, const Place *place)
{
    if (is_numpy_time(value))
        return refuse_type(value, place);
    PyObject *item = PyObject_CallMethod(value, "item", NULL);
    if (!item)
        return -1;
    bool plain = PyBool_Check(item) || PyLong_CheckExact(item) || PyFloat_CheckExact(item);
    int result = plain ? write_item(writing, item, place, 0) : refuse_type(value, place);
    Py_DECREF(item);
    return result;
}

/* ---- Containers ---------------------------------------------------------------------------------- */

__attribute__((noinline)) static int raise_written(Writing *writing)
{
    raise_status(writing->state, writing->writer->status);
    return -1;
}

static int check_container(Writing *writing, PyObject *container, const Place *place, int depth)
{
    if (__builtin_expect(writing->writer->status < 0, 0)) /* what follows would be gone through for nothing */
        return raise_written(writing);
    for (const Place *up = place; up; up = up->parent)
        if (up->container == container)
            return refuse(PyExc_ValueError, place, "%s contains itself and cannot be stored",
                          Py_TYPE(container)->tp_name);
    if (depth >= SHOAL_MAX_DEPTH)
        return refuse(PyExc_ValueError, place, "more than %d containers within containers cannot be stored",
                      SHOAL_MAX_DEPTH);
    return 0;
}

static int changed(PyObject *container)
{
    PyErr_Format(PyExc_RuntimeError, "%.100s changed size while it was stored", Py_TYPE(container)->tp_name);
    return -1;
}

/* Storing an item may run Python code, hence the references and the checks of the size. */
static int write_items(Writing *writing, PyObject *value, const Place *place, int depth)
{
    Py_ssize_t count = PySequence_Fast_GET_SIZE(value);
    Place here = {place, value, NULL, 0};
    shoal_write_array(writing->writer, (size_t)count);
    for (here.index = 0; here.index < count; here.index++) {
        if (PySequence_Fast_GET_SIZE(value) != count)
            return changed(value);
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(value, here.index));
        int result = write_item(writing, item, &here, depth + 1);
        Py_DECREF(item);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* A list or tuple. A list that other threads change is one that it was at some time, as far as its items run no Python code. */
static int write_sequence(Writing *writing, PyObject *value, const Place *place, int depth)
{
    int result;
    if (check_container(writing, value, place, depth) < 0)
        return -1;
    if (PyTuple_Check(value))
        return write_items(writing, value, place, depth);
    Py_BEGIN_CRITICAL_SECTION(value)
        ;
        result = write_items(writing, value, place, depth);
    Py_END_CRITICAL_SECTION();
    return result;
}

/* The sorts of keys that a dict has. Of one sort they differ; an odd one may be like others and say that it is not. */
enum { TEXTS = 1, NUMBERS = 2, ODD = 4 };

/* PHP has keys that are no text: they come as bytes, and go back. Other bytes would come back from PHP as text. */
static int write_key_of_bytes(Writing *writing, PyObject *key, const Place *place)
{
    size_t size = (size_t)PyBytes_GET_SIZE(key);
    if (shoal_is_utf8(PyBytes_AS_STRING(key), size))
        return refuse(PyExc_TypeError, place,
                      "a key of dict must be str or int, not bytes that are UTF-8 (key.decode() is a str)");
    shoal_write_bin(writing->writer, PyBytes_AS_STRING(key), size);
    return ODD;
}

__attribute__((noinline)) static int write_rare_key(Writing *writing, PyObject *key, const Place *place)
{
    if (PyUnicode_Check(key))
        return write_str(writing, key, place) < 0 ? -1 : ODD;
    if (PyLong_Check(key) && !PyBool_Check(key))
        return write_int(writing, key, place) < 0 ? -1 : PyLong_CheckExact(key) ? NUMBERS : ODD;
    if (PyBytes_Check(key))
        return write_key_of_bytes(writing, key, place);
    return refuse(PyExc_TypeError, place, "a key of dict must be str or int, not %s", Py_TYPE(key)->tp_name);
}

/* Its sort, or -1. */
static inline int write_key(Writing *writing, PyObject *key, const Place *place)
{
    if (__builtin_expect(PyUnicode_CheckExact(key), 1))
        return write_str(writing, key, place) < 0 ? -1 : TEXTS;
    return write_rare_key(writing, key, place);
}

static int write_pair(Writing *writing, PyObject *key, PyObject *value, Place *here, int depth)
{
    /* A key that cannot be stored may not be printable either: name the dict that it is in. */
    int sort = write_key(writing, key, here->parent);
    if (sort < 0)
        return -1;
    here->key = key;
    here->index |= sort;
    return write_item(writing, value, here, depth + 1);
}

static int check_keys(PyObject *keys, const Place *place)
{
    PyObject *complaint;
    int result = keys_judge(keys, &complaint);
    if (result > 0) {
        result = refuse(PyExc_ValueError, place, "%U", complaint);
        Py_DECREF(complaint);
    }
    return result;
}

static int write_pairs(Writing *writing, PyObject *value, Place *here, int depth)
{
    PyObject *key, *item;
    Py_ssize_t position = 0, count = PyDict_GET_SIZE(value), seen = 0;
    shoal_write_map(writing->writer, (size_t)count);
    while (PyDict_Next(value, &position, &key, &item)) {
        Py_INCREF(key);
        Py_INCREF(item);
        int result = write_pair(writing, key, item, here, depth);
        Py_DECREF(key);
        Py_DECREF(item);
        if (result < 0)
            return -1;
        if (PyDict_GET_SIZE(value) != count || ++seen > count)
            return changed(value);
    }
    if (seen != count)
        return changed(value);
    return here->index <= NUMBERS ? 0 : check_keys(value, here->parent);
}

static int write_exact_dict(Writing *writing, PyObject *value, Place *here, int depth)
{
    int result;
    Py_BEGIN_CRITICAL_SECTION(value)
        ;
        result = write_pairs(writing, value, here, depth);
    Py_END_CRITICAL_SECTION();
    return result;
}

/* A subclass has an order of its own (OrderedDict), which items() tells. */
static int write_dict_subclass(Writing *writing, PyObject *value, Place *here, int depth)
{
    PyObject *items = PyMapping_Items(value);
    if (!items)
        return -1;
    Py_ssize_t count = PyList_GET_SIZE(items);
    int result = 0;
    shoal_write_map(writing->writer, (size_t)count);
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        PyObject *pair = PyList_GET_ITEM(items, i);
        if (PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2) {
            result = write_pair(writing, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1), here, depth);
        } else {
            PyErr_Format(PyExc_TypeError, "%.100s.items() must give pairs", Py_TYPE(value)->tp_name);
            result = -1;
        }
    }
    if (result == 0)
        result = check_keys(items, here->parent);
    Py_DECREF(items);
    return result;
}

static int write_dict(Writing *writing, PyObject *value, const Place *place, int depth)
{
    if (check_container(writing, value, place, depth) < 0)
        return -1;
    Place here = {place, value, NULL, 0};
    return PyDict_CheckExact(value) ? write_exact_dict(writing, value, &here, depth)
                                    : write_dict_subclass(writing, value, &here, depth);
}

/* ---- Any ---------------------------------------------------------------------------------------- */

static int write_other(Writing *writing, PyObject *value, const Place *place)
{
    if (is_array(writing->state, value))
        return write_array(writing, value, place);
    int is_datetime = time_is_datetime(writing->state, value);
    if (is_datetime != 0)
        return is_datetime < 0 ? -1 : write_datetime(writing, value, place);
    if (is_numpy_scalar(writing->state, value))
        return write_numpy_scalar(writing, value, place);
    return refuse_type(value, place);
}

static int write_item(Writing *writing, PyObject *value, const Place *place, int depth)
{
    if (PyUnicode_Check(value))
        return write_str(writing, value, place);
    if (value == Py_None)
        shoal_write_nil(writing->writer);
    else if (PyBool_Check(value))
        shoal_write_bool(writing->writer, value == Py_True);
    else if (PyFloat_Check(value))
        shoal_write_float(writing->writer, PyFloat_AS_DOUBLE(value));
    else if (PyBytes_Check(value))
        shoal_write_bin(writing->writer, PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
    else if (PyLong_Check(value))
        return write_int(writing, value, place);
    else if (PyList_Check(value) || PyTuple_Check(value))
        return write_sequence(writing, value, place, depth);
    else if (PyDict_Check(value))
        return write_dict(writing, value, place, depth);
    else if (PyByteArray_Check(value) || PyMemoryView_Check(value))
        return write_buffer(writing, value);
    else
        return write_other(writing, value, place);
    return 0;
}

int value_write(ModuleState *state, shoal_writer *writer, PyObject *value)
{
    static _Thread_local int at_a_time; /* a value's own Python code, such as utcoffset(), may store in its turn */
    Writing writing = {state, writer};
    if (at_a_time >= MOST_AT_A_TIME) {
        PyErr_Format(PyExc_RecursionError, "storing a value stores another value, and so on, %d times", at_a_time);
        return -1;
    }
    at_a_time++;
    int result = write_item(&writing, value, NULL, 0);
    at_a_time--;
    if (result < 0)
        return -1;
    if (writer->status < 0)
        raise_status(state, writer->status);
    return writer->status < 0 ? -1 : 0;
}
