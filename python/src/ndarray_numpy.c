/* What an NdArray leaves to numpy: operators, comparisons, methods with arguments. They see the same memory, by numpy.asarray. */
#include "ndarray_numpy.h"

#include <string.h>

#include "errors.h"
#include "foreign.h"
#include "scalar.h"

#define MOST_ARGUMENTS 12 /* no method of numpy's has more */

static bool is_one_of_ours(PyObject *object)
{
    PyMappingMethods *mapping = Py_TYPE(object)->tp_as_mapping;
    return mapping && mapping->mp_subscript == (binaryfunc)ndarray_subscript;
}

/* numpy.asarray(self). NULL with `exception` where there is no numpy. */
static PyObject *as_numpy(PyObject *self, PyObject *exception, const char *what)
{
    PyObject *numpy = numpy_imported(state_of(self));
    if (numpy)
        return PyObject_CallMethod(numpy, "asarray", "O", self);
    if (!PyErr_Occurred())
        PyErr_Format(exception, "%s of an NdArray needs numpy, which cannot be imported (a.tolist() makes lists)",
                     what);
    return NULL;
}

/* An operand as it is, if it is no NdArray. */
static PyObject *operand(PyObject *object)
{
    return is_one_of_ours(object) ? as_numpy(object, PyExc_TypeError, "arithmetic") : Py_NewRef(object);
}

/* ---- Operators ---------------------------------------------------------------------------------- */

static PyObject *operate(PyObject *left, PyObject *right, binaryfunc operation)
{
    PyObject *one = operand(left), *other = one ? operand(right) : NULL;
    PyObject *result = other ? operation(one, other) : NULL;
    Py_XDECREF(one);
    Py_XDECREF(other);
    return result;
}

static PyObject *operate_once(PyObject *self, unaryfunc operation)
{
    PyObject *array = operand(self);
    PyObject *result = array ? operation(array) : NULL;
    Py_XDECREF(array);
    return result;
}

/* What is added to an array may be the same memory at another address, which numpy would not see. */
static PyObject *right_operand(NdArrayObject *self, PyObject *object)
{
    Foreign foreign;
    bool ours = is_one_of_ours(object);
    if (!self->object || (!ours && !is_numpy_array(state_of(self), object)))
        return operand(object);
    int found = foreign_acquire(state_of(self), &foreign, object);
    if (found <= 0 && ours)
        return NULL;
    if (found <= 0 || (foreign.held && foreign.buffer.obj != object)) { /* no dtype of ours, or of another byte order */
        PyErr_Clear();
        if (found > 0)
            foreign_release(&foreign);
        return PyObject_CallMethod(object, "copy", NULL);
    }
    const unsigned char *before = foreign.view.data;
    shoal_array_meet(self->object, &foreign.view);
    PyObject *window = foreign.view.data == before ? Py_NewRef(object) : ndarray_window(self, &foreign.view);
    foreign_release(&foreign);
    PyObject *result = window ? operand(window) : NULL;
    Py_XDECREF(window);
    return result;
}

/* The array itself, unless the other operand made something else of both. */
static PyObject *operate_in_place(PyObject *self, PyObject *other, binaryfunc operation)
{
    if (!is_one_of_ours(self))
        return operate(self, other, operation);
    if (ndarray_check_writable((NdArrayObject *)self) < 0)
        return NULL;
    PyObject *array = operand(self), *right = array ? right_operand((NdArrayObject *)self, other) : NULL;
    PyObject *result = right ? operation(array, right) : NULL;
    if (result && result == array)
        Py_SETREF(result, Py_NewRef(self));
    Py_XDECREF(array);
    Py_XDECREF(right);
    return result;
}

static PyObject *power(PyObject *left, PyObject *right)
{
    return PyNumber_Power(left, right, Py_None);
}

static PyObject *power_in_place(PyObject *left, PyObject *right)
{
    return PyNumber_InPlacePower(left, right, Py_None);
}

#define OPERATOR(name, function)                                                                                       \
    PyObject *ndarray_##name(PyObject *left, PyObject *right)                                                          \
    {                                                                                                                  \
        return operate(left, right, function);                                                                         \
    }
#define IN_PLACE(name, function)                                                                                       \
    PyObject *ndarray_in_place_##name(PyObject *left, PyObject *right)                                                 \
    {                                                                                                                  \
        return operate_in_place(left, right, function);                                                                \
    }
#define BOTH(name, function, in_place)                                                                                 \
    OPERATOR(name, function)                                                                                           \
    IN_PLACE(name, in_place)
#define ONCE(name, function)                                                                                           \
    PyObject *ndarray_##name(PyObject *self)                                                                           \
    {                                                                                                                  \
        return operate_once(self, function);                                                                           \
    }

BOTH(add, PyNumber_Add, PyNumber_InPlaceAdd)
BOTH(subtract, PyNumber_Subtract, PyNumber_InPlaceSubtract)
BOTH(multiply, PyNumber_Multiply, PyNumber_InPlaceMultiply)
BOTH(true_divide, PyNumber_TrueDivide, PyNumber_InPlaceTrueDivide)
BOTH(floor_divide, PyNumber_FloorDivide, PyNumber_InPlaceFloorDivide)
BOTH(remainder, PyNumber_Remainder, PyNumber_InPlaceRemainder)
BOTH(matrix_multiply, PyNumber_MatrixMultiply, PyNumber_InPlaceMatrixMultiply)
BOTH(lshift, PyNumber_Lshift, PyNumber_InPlaceLshift)
BOTH(rshift, PyNumber_Rshift, PyNumber_InPlaceRshift)
BOTH(and, PyNumber_And, PyNumber_InPlaceAnd)
BOTH(or, PyNumber_Or, PyNumber_InPlaceOr)
BOTH(xor, PyNumber_Xor, PyNumber_InPlaceXor)
OPERATOR(divmod, PyNumber_Divmod)
ONCE(negative, PyNumber_Negative)
ONCE(positive, PyNumber_Positive)
ONCE(absolute, PyNumber_Absolute)
ONCE(invert, PyNumber_Invert)

PyObject *ndarray_power(PyObject *left, PyObject *right, PyObject *modulus)
{
    if (modulus == Py_None)
        return operate(left, right, power);
    Py_RETURN_NOTIMPLEMENTED;
}

PyObject *ndarray_in_place_power(PyObject *left, PyObject *right, PyObject *modulus)
{
    if (modulus == Py_None)
        return operate_in_place(left, right, power_in_place);
    Py_RETURN_NOTIMPLEMENTED;
}

/* ---- The one element ---------------------------------------------------------------------------- */

static PyObject *only_element(NdArrayObject *self, PyObject *exception, const char *otherwise)
{
    shoal_scalar scalar;
    const shoal_view *view = ndarray_view(self);
    if (!view)
        return NULL;
    if (shoal_view_size(view) != 1) {
        PyErr_SetString(exception, otherwise);
        return NULL;
    }
    shoal_scalar_load(&scalar, view->dtype, view->data);
    return scalar_to_python(&scalar);
}

int ndarray_bool(NdArrayObject *self)
{
    PyObject *element = only_element(self, PyExc_ValueError,
                                     "only an array of one element is true or false: use a.any(), a.all() or len(a)");
    int result = element ? PyObject_IsTrue(element) : -1;
    Py_XDECREF(element);
    return result;
}

static PyObject *as_number(NdArrayObject *self, unaryfunc convert)
{
    PyObject *element = only_element(self, PyExc_TypeError, "only an array of one element is a number");
    PyObject *result = element ? convert(element) : NULL;
    Py_XDECREF(element);
    return result;
}

PyObject *ndarray_int(NdArrayObject *self)
{
    return as_number(self, PyNumber_Long);
}

PyObject *ndarray_float(NdArrayObject *self)
{
    return as_number(self, PyNumber_Float);
}

static PyObject *complex_of(PyObject *element)
{
    return PyObject_CallOneArg((PyObject *)&PyComplex_Type, element);
}

PyObject *ndarray_complex(NdArrayObject *self, PyObject *Py_UNUSED(unused))
{
    return as_number(self, complex_of);
}

/* ---- Comparisons: element by element -------------------------------------------------------------- */

PyObject *ndarray_richcompare(PyObject *self, PyObject *other, int operation)
{
    PyObject *one = as_numpy(self, PyExc_TypeError, "comparison"), *two = one ? operand(other) : NULL;
    PyObject *result = two ? PyObject_RichCompare(one, two, operation) : NULL;
    Py_XDECREF(one);
    Py_XDECREF(two);
    return result;
}

/* Without numpy: row by row. */
static int search(NdArrayObject *self, PyObject *value)
{
    const shoal_view *view = ndarray_view(self);
    int64_t length = !view ? -1 : view->ndim ? view->shape[0] : 0;
    int found = length < 0 ? -1 : 0;
    for (int64_t i = 0; i < length && found == 0; i++) {
        PyObject *item = ndarray_item(self, (Py_ssize_t)i);
        found = !item                  ? -1
                : is_one_of_ours(item) ? search((NdArrayObject *)item, value)
                                       : PyObject_RichCompareBool(item, value, Py_EQ);
        Py_XDECREF(item);
    }
    return found;
}

int ndarray_contains(NdArrayObject *self, PyObject *value)
{
    if (!numpy_imported(state_of(self)))
        return PyErr_Occurred() ? -1 : search(self, value);
    PyObject *array = operand((PyObject *)self), *wanted = array ? operand(value) : NULL;
    int found = wanted ? PySequence_Contains(array, wanted) : -1;
    Py_XDECREF(array);
    Py_XDECREF(wanted);
    return found;
}

/* ---- Methods and attributes ----------------------------------------------------------------------- */

PyObject *ndarray_of_numpy(PyObject *self, void *name)
{
    PyObject *array = as_numpy(self, PyExc_AttributeError, name);
    PyObject *result = array ? PyObject_GetAttrString(array, name) : NULL;
    Py_XDECREF(array);
    return result;
}

PyObject *ndarray_ask_numpy(PyObject *self, const char *method, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    PyObject *given[MOST_ARGUMENTS + 1];
    Py_ssize_t count = nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0), ready = 0;
    if (count > MOST_ARGUMENTS)
        return PyErr_Format(PyExc_TypeError, "%s() takes no %zd arguments", method, count);
    PyObject *array = as_numpy(self, PyExc_TypeError, method);
    PyObject *bound = array ? PyObject_GetAttrString(array, method) : NULL;
    while (bound && ready < count && (given[ready + 1] = operand(args[ready])))
        ready++;
    PyObject *result = NULL;
    if (bound && ready == count)
        result = PyObject_Vectorcall(bound, given + 1, (size_t)nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
    while (ready > 0)
        Py_DECREF(given[ready--]);
    Py_XDECREF(bound);
    Py_XDECREF(array);
    return result;
}
