/* The slots and attributes of ndarray_numpy.c, for the table of the type. */
#ifndef SHOAL_PYTHON_NDARRAY_NUMPY_H
#define SHOAL_PYTHON_NDARRAY_NUMPY_H

#include "ndarray.h"

/* clang-format off */
/* X(slot of PyNumberMethods, name of the function) */
#define NDARRAY_BINARY(X)                                                                                              \
    X(add) X(subtract) X(multiply) X(true_divide) X(floor_divide) X(remainder) X(matrix_multiply)                      \
    X(lshift) X(rshift) X(and) X(or) X(xor)
/* clang-format on */
#define NDARRAY_UNARY(X) X(negative) X(positive) X(absolute) X(invert)

#define NDARRAY_DECLARE(name)                                                                                          \
    PyObject *ndarray_##name(PyObject *left, PyObject *right);                                                         \
    PyObject *ndarray_in_place_##name(PyObject *left, PyObject *right);
NDARRAY_BINARY(NDARRAY_DECLARE)
#undef NDARRAY_DECLARE
#define NDARRAY_DECLARE(name) PyObject *ndarray_##name(PyObject *self);
NDARRAY_UNARY(NDARRAY_DECLARE)
#undef NDARRAY_DECLARE

PyObject *ndarray_divmod(PyObject *left, PyObject *right);
PyObject *ndarray_power(PyObject *left, PyObject *right, PyObject *modulus);
PyObject *ndarray_in_place_power(PyObject *left, PyObject *right, PyObject *modulus);
int ndarray_bool(NdArrayObject *self);
PyObject *ndarray_int(NdArrayObject *self);
PyObject *ndarray_float(NdArrayObject *self);
PyObject *ndarray_complex(NdArrayObject *self, PyObject *unused);
PyObject *ndarray_richcompare(PyObject *self, PyObject *other, int operation);
int ndarray_contains(NdArrayObject *self, PyObject *value);

/* A getter: numpy's attribute of that name. */
PyObject *ndarray_of_numpy(PyObject *self, void *name);
/* A call of numpy's method of that name, with numpy arrays for NdArrays. */
PyObject *ndarray_ask_numpy(PyObject *self, const char *method, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames);

/* clang-format off */
/* What numpy.ndarray has and an NdArray leaves to it. X(name) */
#define NDARRAY_OF_NUMPY(X)                                                                                            \
    X(T) X(all) X(any) X(argmax) X(argmin) X(argpartition) X(argsort) X(astype) X(byteswap) X(choose) X(clip)          \
    X(compress) X(conj) X(conjugate) X(ctypes) X(cumprod) X(cumsum) X(data) X(diagonal) X(dot) X(flags) X(flat)        \
    X(flatten) X(imag) X(item) X(nonzero) X(partition) X(prod) X(ptp) X(put) X(ravel) X(real) X(repeat) X(reshape)     \
    X(round) X(searchsorted) X(sort) X(squeeze) X(std) X(swapaxes) X(take) X(tobytes) X(tofile) X(trace)               \
    X(transpose) X(var) X(view)
/* clang-format on */

#endif
