/* numpy, where there is numpy, and arrays of others. */
#ifndef SHOAL_PYTHON_FOREIGN_H
#define SHOAL_PYTHON_FOREIGN_H

#include "binding.h"

PyObject *numpy_loaded(ModuleState *state);   /* borrowed; NULL, without exception, while nobody imported numpy */
PyObject *numpy_imported(ModuleState *state); /* borrowed; NULL, without exception, where there is none */
bool is_numpy_array(ModuleState *state, PyObject *object);
bool is_numpy_scalar(ModuleState *state, PyObject *object);
bool is_numpy_bool(ModuleState *state, PyObject *object);
/* numpy's or ours. */
bool is_array(ModuleState *state, PyObject *object);

/* An array, held while it is looked at. */
typedef struct Foreign {
    shoal_view view;
    Py_buffer buffer;
    bool held;
} Foreign;

/* 1: `out` is set, release it; 0: `object` is not such an array; -1: exception. */
int foreign_acquire(ModuleState *state, Foreign *out, PyObject *object);
void foreign_release(Foreign *foreign);
/*
 * Copy with conversion, as the core has it; shapes and kinds are judged before anything is changed.
 * `array`: whose memory `to` shows, which `from` may show at another address; NULL: private.
 */
int assign_view(ModuleState *state, const shoal_object *array, const shoal_view *to, const shoal_view *from);

#endif
