/* One element of an array, from and to Python. */
#include "scalar.h"

#include "foreign.h"
#include "ndarray.h"
#include "value.h"

PyObject *scalar_to_python(const shoal_scalar *scalar)
{
    switch (scalar->type) {
    case SHOAL_SCALAR_BOOL:
        return PyBool_FromLong(scalar->i != 0);
    case SHOAL_SCALAR_INT:
        return PyLong_FromLongLong(scalar->i);
    case SHOAL_SCALAR_UINT:
        return PyLong_FromUnsignedLongLong(scalar->u);
    case SHOAL_SCALAR_FLOAT:
        return PyFloat_FromDouble(scalar->re);
    case SHOAL_SCALAR_COMPLEX:
        return PyComplex_FromDoubles(scalar->re, scalar->im);
    default:
        return PyBytes_FromStringAndSize((const char *)scalar->bytes, (Py_ssize_t)scalar->size);
    }
}

static int from_long(shoal_scalar *out, PyObject *number)
{
    int overflow;
    out->type = SHOAL_SCALAR_INT;
    out->i = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow == 0)
        return out->i == -1 && PyErr_Occurred() ? -1 : 1;
    out->type = SHOAL_SCALAR_UINT;
    out->u = overflow > 0 ? PyLong_AsUnsignedLongLong(number) : 0;
    if (overflow > 0 && !PyErr_Occurred())
        return 1;
    PyErr_Clear();
    PyErr_SetString(PyExc_OverflowError, "an int of more than 64 bits does not fit into any dtype");
    return -1;
}

static int from_float(shoal_scalar *out, double value)
{
    out->type = SHOAL_SCALAR_FLOAT;
    out->re = value;
    out->im = 0;
    return value == -1.0 && PyErr_Occurred() ? -1 : 1;
}

static int from_builtin(shoal_scalar *out, PyObject *object)
{
    if (PyFloat_Check(object))
        return from_float(out, PyFloat_AS_DOUBLE(object));
    if (PyBool_Check(object)) {
        out->type = SHOAL_SCALAR_BOOL;
        out->i = object == Py_True;
        return 1;
    }
    if (PyLong_Check(object))
        return from_long(out, object);
    if (PyComplex_Check(object)) {
        out->type = SHOAL_SCALAR_COMPLEX;
        out->re = PyComplex_RealAsDouble(object);
        out->im = PyComplex_ImagAsDouble(object);
        return 1;
    }
    if (PyBytes_Check(object)) {
        out->type = SHOAL_SCALAR_BYTES;
        out->bytes = (const unsigned char *)PyBytes_AS_STRING(object);
        out->size = (size_t)PyBytes_GET_SIZE(object);
        return 1;
    }
    return 0;
}

/* Whatever says that it is a number: by __index__, else by __float__. (A tensor has both and refuses one.) */
static int from_number(shoal_scalar *out, PyObject *object)
{
    PyNumberMethods *number = Py_TYPE(object)->tp_as_number;
    if (!number || (!number->nb_index && !number->nb_float))
        return 0;
    PyObject *integer = number->nb_index ? PyNumber_Index(object) : NULL;
    if (integer) {
        int result = from_long(out, integer);
        Py_DECREF(integer);
        return result;
    }
    if (PyErr_Occurred() && !(number->nb_float && PyErr_ExceptionMatches(PyExc_TypeError)))
        return -1;
    PyErr_Clear();
    return from_float(out, PyFloat_AsDouble(object));
}

/* numpy's scalars become Python's by item(); what that does not make a number (longdouble) says its float. */
static int from_numpy(shoal_scalar *out, PyObject *object)
{
    PyObject *item = PyObject_CallMethod(object, "item", NULL);
    if (!item)
        return -1;
    int result = PyBytes_Check(item) ? 0 : from_builtin(out, item);
    if (result == 0 && Py_TYPE(item) == Py_TYPE(object))
        result = from_number(out, item);
    Py_DECREF(item);
    return result;
}

/* Its float is a count of a unit that nobody would know. */
static int refuse_time(PyObject *object)
{
    PyErr_Format(PyExc_TypeError,
                 "%.100s is no element of an array: assign value.astype(\"int64\"), of a unit that you choose",
                 Py_TYPE(object)->tp_name);
    return -1;
}

int scalar_try_python(ModuleState *state, shoal_scalar *out, PyObject *object)
{
    int result = from_builtin(out, object);
    if (result != 0 || is_ndarray(state, object))
        return result;
    if (is_numpy_time(object))
        return refuse_time(object);
    if (is_numpy_scalar(state, object))
        return from_numpy(out, object);
    return is_numpy_array(state, object) ? 0 : from_number(out, object);
}

/* An array of no dimensions is its one element. */
static int from_array(ModuleState *state, shoal_scalar *out, PyObject *object)
{
    Foreign foreign;
    if (!is_array(state, object))
        return 0;
    int found = foreign_acquire(state, &foreign, object);
    if (found <= 0)
        return found;
    found = foreign.view.ndim == 0 && foreign.view.dtype.number != SHOAL_BYTES;
    if (found)
        shoal_scalar_load(out, foreign.view.dtype, foreign.view.data);
    foreign_release(&foreign);
    return found;
}

int scalar_from_python(ModuleState *state, shoal_scalar *out, PyObject *object)
{
    int found = scalar_try_python(state, out, object);
    if (found == 0)
        found = from_array(state, out, object);
    if (found == 0)
        PyErr_Format(PyExc_TypeError, "an element must be a number, bool or bytes, not %.100s",
                     Py_TYPE(object)->tp_name);
    return found > 0 ? 0 : -1;
}
