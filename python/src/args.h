/* From Python's arguments to the core's. Each function returns -1 with an exception, but where it says another thing. */
#ifndef SHOAL_PYTHON_ARGS_H
#define SHOAL_PYTHON_ARGS_H

#include "binding.h"

typedef struct Signature {
    const char *function;
    const char *const *names; /* NULL-terminated */
    int positional;           /* so many may be given by position */
    int required;             /* so many must be given */
} Signature;

/* Sort the arguments of a fastcall into `out`, one place for each name; NULL where none was given. */
int arg_parse(const Signature *signature, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **out);
int arg_object_name(PyObject *object, Name *name);
/* The name of a segment as the core wants it: a new bytes object. */
PyObject *arg_segment_name(PyObject *object);
/* paths=: whether a name may be a path, or the number of a descriptor. */
int arg_paths(PyObject *object, bool *plain);
int arg_size(ModuleState *state, PyObject *object, uint64_t *size);
/* The same of an object's memory: *capacity stays as it is where none was given. */
int arg_capacity(ModuleState *state, PyObject *object, uint64_t *capacity);
int arg_mode(PyObject *object, uint32_t *mode);
int arg_group(PyObject *object, int64_t *group);
int arg_owner(PyObject *object, int64_t *owner);
int arg_lifetime(PyObject *object, uint32_t *lifetime);
int arg_bool(PyObject *object, bool fallback, bool *out);
int arg_int64(PyObject *object, const char *what, int64_t *out);
/* ValueError outside of least to most. */
int arg_count(PyObject *object, const char *what, uint32_t least, uint32_t most, uint32_t *out);
int arg_dtype(ModuleState *state, PyObject *object, shoal_dtype *out);
int arg_shape(PyObject *object, size_t *ndim, int64_t *shape);
/* Seconds as nanoseconds; `what` has a name in the message. Negative: ValueError. */
int arg_duration(PyObject *object, const char *what, shoal_time *out);
/* Seconds from now as a deadline; NULL and None are for ever. Negative: ValueError. */
int arg_timeout(PyObject *object, shoal_time *deadline);
/* The one argument `timeout` of a wait, by position or name. */
int arg_only_timeout(const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                     shoal_time *deadline);
/* The arguments of acquire(), as threading.Lock has them. */
int arg_acquire(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, shoal_time *deadline);

#endif
