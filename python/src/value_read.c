/* MessagePack as Python objects: the callbacks of shoal_value_decode. A node holds a reference. */
#include "errors.h"
#include "ndarray.h"
#include "value.h"

static ModuleState *state_in(void *user)
{
    return user;
}

static int made(shoal_node *out, PyObject *object)
{
    out->words[0] = out->words[1] = 0;
    out->pointer = object;
    return object ? SHOAL_OK : STATUS_RAISED;
}

static int read_nil(void *Py_UNUSED(user), shoal_node *out)
{
    return made(out, Py_NewRef(Py_None));
}

static int read_bool(void *Py_UNUSED(user), bool value, shoal_node *out)
{
    return made(out, PyBool_FromLong(value));
}

static int read_int(void *Py_UNUSED(user), int64_t value, shoal_node *out)
{
    return made(out, PyLong_FromLongLong(value));
}

static int read_uint(void *Py_UNUSED(user), uint64_t value, shoal_node *out)
{
    return made(out, PyLong_FromUnsignedLongLong(value));
}

static int read_float(void *Py_UNUSED(user), double value, shoal_node *out)
{
    return made(out, PyFloat_FromDouble(value));
}

/* Most text, without the decoder. Python has its one-letter strings once and for all: they are left to it. */
static PyObject *text_of(const char *bytes, size_t size)
{
    if (size <= 1 || !shoal_is_ascii(bytes, size))
        return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)size, NULL);
    PyObject *text = PyUnicode_New((Py_ssize_t)size, 127);
    if (text)
        memcpy(PyUnicode_1BYTE_DATA(text), bytes, size);
    return text;
}

PyObject *value_text(ModuleState *state, const char *bytes, size_t size)
{
    PyObject *text = text_of(bytes, size);
    if (!text && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        raise_text(state, SHOAL_ECORRUPT, "the stored value has text that is not UTF-8");
    }
    return text;
}

static int read_str(void *user, const char *bytes, size_t size, shoal_node *out)
{
    return made(out, value_text(state_in(user), bytes, size));
}

static int read_bin(void *Py_UNUSED(user), const char *bytes, size_t size, shoal_node *out)
{
    return made(out, PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size));
}

static int read_time(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out)
{
    return made(out, time_to_python(state_in(user), seconds, nanoseconds));
}

static int read_ndarray(void *user, const shoal_view *view, shoal_node *out)
{
    return made(out, ndarray_copy_out(state_in(user), view));
}

static int read_ext(void *user, int type, const char *Py_UNUSED(bytes), size_t Py_UNUSED(size), shoal_node *out)
{
    raise_text(state_in(user), SHOAL_EVERSION,
               "the stored value has a MessagePack extension of type %d, which this version does not know", type);
    return made(out, NULL);
}

/* words[1] counts the items that are in already; the places after them are NULL, which the list allows. */
static int read_array(void *Py_UNUSED(user), size_t count, shoal_node *out)
{
    return made(out, PyList_New((Py_ssize_t)count));
}

static int read_append(void *Py_UNUSED(user), shoal_node *array, shoal_node *item)
{
    PyList_SET_ITEM(array->pointer, (Py_ssize_t)array->words[1], item->pointer);
    array->words[1]++;
    return SHOAL_OK;
}

static int read_map(void *Py_UNUSED(user), size_t Py_UNUSED(count), shoal_node *out)
{
    return made(out, PyDict_New());
}

/* The format has text, whole numbers and bytes for keys. A hostile key is asked for no hash: it may have none. */
static bool is_key(PyObject *key)
{
    return PyUnicode_CheckExact(key) || PyLong_CheckExact(key) || PyBytes_CheckExact(key);
}

static int read_insert(void *user, shoal_node *map, shoal_node *key, shoal_node *value)
{
    int result = -1;
    if (is_key(key->pointer))
        result = PyDict_SetItem(map->pointer, key->pointer, value->pointer);
    else
        raise_text(state_in(user), SHOAL_ECORRUPT, "the stored value is damaged: a map with a key of type %s",
                   Py_TYPE((PyObject *)key->pointer)->tp_name);
    Py_DECREF(key->pointer);
    Py_DECREF(value->pointer);
    return result < 0 ? STATUS_RAISED : SHOAL_OK;
}

static void read_drop(void *Py_UNUSED(user), shoal_node *node)
{
    Py_XDECREF(node->pointer);
}

static const shoal_builder builder = {
    .nil = read_nil,
    .boolean = read_bool,
    .integer = read_int,
    .unsigned_integer = read_uint,
    .real = read_float,
    .str = read_str,
    .bin = read_bin,
    .time = read_time,
    .ndarray = read_ndarray,
    .ext = read_ext,
    .array = read_array,
    .append = read_append,
    .map = read_map,
    .insert = read_insert,
    .drop = read_drop,
};

PyObject *value_read(ModuleState *state, const void *bytes, size_t size)
{
    shoal_node node;
    int status = shoal_value_decode(&node, bytes, size, &builder, state);
    return status < 0 ? raise_status(state, status) : node.pointer;
}
