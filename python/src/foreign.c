/* numpy, where there is numpy, and arrays that come through the buffer protocol. */
#include "foreign.h"

#include <ctype.h>

#include "errors.h"
#include "gil.h"
#include "ndarray.h"

/* ---- numpy -------------------------------------------------------------------------------------- */

static bool is_usable(PyObject *numpy)
{
    return numpy && numpy != Py_None;
}

/* While nobody has imported numpy, no object can be of one of its types. */
PyObject *numpy_loaded(ModuleState *state)
{
    PyObject *numpy = once_get(&state->numpy);
    if (is_usable(numpy))
        return numpy;
    PyObject *name = PyUnicode_FromString("numpy");
    PyObject *module = name ? PyImport_GetModule(name) : NULL;
    Py_XDECREF(name);
    PyErr_Clear();
    /* None in sys.modules forbids the import; a module without ndarray is half-way through its own. */
    if (!is_usable(module) || !PyObject_HasAttrString(module, "ndarray")) {
        Py_XDECREF(module);
        return NULL;
    }
    return once_put(&state->numpy, numpy, module);
}

PyObject *numpy_imported(ModuleState *state)
{
    PyObject *numpy = once_get(&state->numpy);
    if (!numpy) {
        PyObject *module = PyImport_ImportModule("numpy");
        if (!module && PyErr_ExceptionMatches(PyExc_ImportError)) {
            PyErr_Clear();
            module = Py_NewRef(Py_None);
        }
        numpy = once_put(&state->numpy, NULL, module);
    }
    return is_usable(numpy) ? numpy : NULL;
}

/* What most values are needs no look at numpy. */
static bool is_of_python(PyObject *object)
{
    return PyUnicode_CheckExact(object) || PyLong_CheckExact(object) || PyFloat_CheckExact(object) ||
           PyBytes_CheckExact(object) || PyDict_CheckExact(object) || PyList_CheckExact(object) ||
           PyTuple_CheckExact(object) || PyBool_Check(object) || object == Py_None;
}

static bool is_instance(ModuleState *state, PyObject *object, const char *class_name)
{
    if (is_of_python(object))
        return false;
    PyObject *numpy = numpy_loaded(state);
    PyObject *class = numpy ? PyObject_GetAttrString(numpy, class_name) : NULL;
    bool result = class && PyType_Check(class) && PyObject_TypeCheck(object, (PyTypeObject *)class);
    Py_XDECREF(class);
    PyErr_Clear();
    return result;
}

/* A masked array is left out: its mask would be lost without a word. */
bool is_numpy_array(ModuleState *state, PyObject *object)
{
    return is_instance(state, object, "ndarray") && !PyObject_HasAttrString(object, "mask");
}

bool is_array(ModuleState *state, PyObject *object)
{
    return is_ndarray(state, object) || is_numpy_array(state, object);
}

bool is_numpy_scalar(ModuleState *state, PyObject *object)
{
    return is_instance(state, object, "generic");
}

bool is_numpy_bool(ModuleState *state, PyObject *object)
{
    return is_instance(state, object, "bool_");
}

/* ---- The struct-module format of one element ------------------------------------------------------- */

static uint32_t number_of(uint32_t size, uint32_t one, uint32_t two, uint32_t four, uint32_t eight)
{
    return size == 1 ? one : size == 2 ? two : size == 4 ? four : size == 8 ? eight : 0;
}

/* The sizes of letters differ between native and standard; the item's size says which it is. */
static uint32_t dtype_number(const char *letter, uint32_t size)
{
    if (letter[0] == 'Z')
        return letter[1] == 'f' && size == 8 ? SHOAL_COMPLEX64 : letter[1] == 'd' && size == 16 ? SHOAL_COMPLEX128 : 0;
    switch (letter[0]) {
    case '?':
        return size == 1 ? SHOAL_BOOL : 0;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q':
    case 'n':
        return number_of(size, SHOAL_INT8, SHOAL_INT16, SHOAL_INT32, SHOAL_INT64);
    case 'B':
    case 'H':
    case 'I':
    case 'L':
    case 'Q':
    case 'N':
        return number_of(size, SHOAL_UINT8, SHOAL_UINT16, SHOAL_UINT32, SHOAL_UINT64);
    case 'e':
    case 'f':
    case 'd':
        return number_of(size, 0, SHOAL_FLOAT16, SHOAL_FLOAT32, SHOAL_FLOAT64);
    case 's':
    case 'c':
        return size > 0 ? SHOAL_BYTES : 0;
    default:
        return 0;
    }
}

static bool is_swapped(char order)
{
    return order == (PY_LITTLE_ENDIAN ? '>' : '<') || (PY_LITTLE_ENDIAN && order == '!');
}

/* False for what no dtype of ours is: objects, wide text, records, several numbers to an item, long doubles. */
static bool parse_format(const char *format, Py_ssize_t itemsize, shoal_dtype *out, bool *swapped)
{
    const char *letter = format ? format : "B";
    *swapped = is_swapped(*letter);
    if (*letter && strchr("@=<>!", *letter))
        letter++;
    const char *count = letter;
    while (isdigit((unsigned char)*letter))
        letter++;
    if (letter > count && *letter != 's')
        return false;
    size_t length = letter[0] == 'Z' ? 2 : 1;
    if (strlen(letter) != length || itemsize > INT32_MAX)
        return false;
    *out = (shoal_dtype){dtype_number(letter, (uint32_t)itemsize), (uint32_t)itemsize};
    return out->number != 0;
}

/* ---- Foreign arrays ------------------------------------------------------------------------------- */

static int refuse(PyObject *object, const char *what)
{
    PyErr_Format(PyExc_TypeError, "%.100s of %s cannot be stored", Py_TYPE(object)->tp_name, what);
    return -1;
}

/* What to store instead of an array whose dtype is of that kind. */
static const char *advice_for_kind(char kind)
{
    switch (kind) {
    case 'm':
    case 'M':
        return ": store value.view(\"int64\") and its unit";
    case 'f':
        return ": store value.astype(\"float64\")";
    case 'c':
        return ": store value.astype(\"complex128\")";
    case 'O':
    case 'U':
    case 'V':
        return ": store value.tolist()";
    default:
        return "";
    }
}

static const char *advice_for_dtype(PyObject *dtype)
{
    PyObject *kind = PyObject_GetAttrString(dtype, "kind");
    const char *letter = kind && PyUnicode_Check(kind) ? PyUnicode_AsUTF8(kind) : NULL;
    const char *advice = advice_for_kind(letter ? *letter : '\0');
    Py_XDECREF(kind);
    PyErr_Clear();
    return advice;
}

static int refuse_dtype(PyObject *object)
{
    PyErr_Clear(); /* what the buffer protocol said is less than we know */
    PyObject *dtype = PyObject_GetAttrString(object, "dtype");
    PyErr_Clear();
    if (!dtype)
        return refuse(object, "elements that no dtype describes");
    PyErr_Format(PyExc_TypeError, "%.100s of dtype %S cannot be stored%s", Py_TYPE(object)->tp_name, dtype,
                 advice_for_dtype(dtype));
    Py_DECREF(dtype);
    return -1;
}

/* Without strides, as ctypes has it, the items lie in C order. */
static void describe(shoal_view *view, const Py_buffer *buffer)
{
    int64_t next = buffer->itemsize;
    view->data = buffer->buf;
    view->ndim = (uint32_t)buffer->ndim;
    view->readonly = buffer->readonly;
    for (int i = buffer->ndim - 1; i >= 0; i--) {
        view->shape[i] = buffer->shape[i];
        view->strides[i] = buffer->strides ? buffer->strides[i] : next;
        next *= buffer->shape[i];
    }
}

/* A copy of a numpy array in this machine's byte order. */
static PyObject *in_native_order(PyObject *array)
{
    PyObject *dtype = PyObject_GetAttrString(array, "dtype");
    PyObject *native = dtype ? PyObject_CallMethod(dtype, "newbyteorder", "s", "=") : NULL;
    PyObject *copy = native ? PyObject_CallMethod(array, "astype", "O", native) : NULL;
    Py_XDECREF(dtype);
    Py_XDECREF(native);
    return copy;
}

/* `native`: it is a copy in this machine's byte order already, if it does what it was asked for. */
static int acquire_buffer(ModuleState *state, Foreign *out, PyObject *object, bool native)
{
    bool swapped;
    if (PyObject_GetBuffer(object, &out->buffer, PyBUF_FULL_RO) < 0)
        return PyErr_ExceptionMatches(PyExc_MemoryError) ? -1 : refuse_dtype(object);
    out->held = true;
    if (!parse_format(out->buffer.format, out->buffer.itemsize, &out->view.dtype, &swapped)) {
        foreign_release(out);
        return refuse_dtype(object);
    }
    if (out->buffer.ndim > SHOAL_MAX_DIMS || out->buffer.suboffsets || (out->buffer.ndim > 0 && !out->buffer.shape)) {
        foreign_release(out);
        return refuse(object, "too many dimensions, with suboffsets or without a shape");
    }
    if (swapped && out->view.dtype.number != SHOAL_BYTES && out->view.dtype.itemsize > 1) {
        foreign_release(out);
        PyObject *copy = !native && is_numpy_array(state, object) ? in_native_order(object) : NULL;
        if (!copy)
            return PyErr_Occurred() ? -1 : refuse(object, "another byte order than this host's");
        int result = acquire_buffer(state, out, copy, true);
        Py_DECREF(copy); /* the buffer keeps it */
        return result;
    }
    describe(&out->view, &out->buffer);
    return 1;
}

int foreign_acquire(ModuleState *state, Foreign *out, PyObject *object)
{
    out->held = false;
    if (is_ndarray(state, object)) {
        const shoal_view *view = ndarray_view((NdArrayObject *)object);
        if (view)
            out->view = *view;
        return view ? 1 : -1;
    }
    if (!PyObject_CheckBuffer(object))
        return 0;
    return acquire_buffer(state, out, object, false);
}

void foreign_release(Foreign *foreign)
{
    if (foreign->held)
        PyBuffer_Release(&foreign->buffer);
    foreign->held = false;
}

/* ---- Assignment --------------------------------------------------------------------------------- */

int assign_view(ModuleState *state, const shoal_object *array, const shoal_view *to, const shoal_view *from)
{
    bool given_up = view_nbytes(to) >= BIG;
    if (given_up)
        gil_give_up();
    int status = array ? shoal_array_assign(array, to, from) : shoal_view_assign(to, from);
    if (given_up)
        gil_take_back();
    if (status < 0)
        raise_status(state, status);
    return status < 0 ? -1 : 0;
}
