/* One element of an array, from and to Python. */
#ifndef SHOAL_PYTHON_SCALAR_H
#define SHOAL_PYTHON_SCALAR_H

#include "binding.h"

PyObject *scalar_to_python(const shoal_scalar *scalar);
/* `bytes` of the scalar may point into `object`. */
int scalar_from_python(ModuleState *state, shoal_scalar *out, PyObject *object);
/* 1: `out` is set; 0: `object` is no number, bool or bytes; -1: exception. */
int scalar_try_python(ModuleState *state, shoal_scalar *out, PyObject *object);

#endif
