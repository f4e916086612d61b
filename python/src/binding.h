/*
 * What every file of the CPython binding begins with: Python, shoal.h and the module's state. Each file also includes the headers of
 * the rooms it enters: handle.h, args.h and so on, one for each .c file or group of them. The binding includes shoal.h and nothing
 * else of the core. A kind of object is one file, or a group of them, and a row: kinds.h.
 *
 * Rules: no static type, no global object; a method parses, calls the core, converts. The GIL is kept
 * for what takes well under a microsecond and given up to wait, to copy BIG bytes and around system calls, by WITHOUT_GIL only: gil.h.
 * No lock of a segment is ever held while Python code can run.
 *
 * There may be no GIL (free-threaded CPython): then any two methods run at once, and "with the GIL" means: attached to the
 * interpreter, which stops the world only between our calls. So what is written after an object was made is guarded by a
 * critical section (compat.h), a mutex or an atomic operation, and the field says which. The core needs no GIL.
 */
#ifndef SHOAL_PYTHON_BINDING_H
#define SHOAL_PYTHON_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <structmember.h>

#include "compat.h"
#include "shoal.h"

#define LAST_STATUS 24 /* the statuses of shoal.h are -1 to -LAST_STATUS */
#define SCRATCH 4096   /* bytes: values up to here are read without an allocation */

typedef struct ModuleState {
    shoal_context *context;
    PyObject *exceptions[LAST_STATUS + 1]; /* by -status; once_put: those that errors.c makes late */
    PyTypeObject *segment_type;
    PyTypeObject *kind_types[SHOAL_KIND_LAST + 1]; /* Counter, Lock, ..., by enum shoal_kind; NULL for a Value */
    PyTypeObject *iterator_type;
    PyTypeObject *guard_type;
    PyTypeObject *key_type;
    PyTypeObject *job_type;
    PyTypeObject *reader_type;
    PyTypeObject *frame_type;
    PyTypeObject *frames_type;
    PyTypeObject *frame_writer_type;
    PyTypeObject *wait_type;
    PyTypeObject *sleeper_type;
    /* Of the list and the `object` of each Barrier. Held for a look, never where Python can run or the GIL be given up. */
    pthread_mutex_t barriers_mutex;
    struct BarrierObject *barriers; /* all that were not left */
    PyObject *records;              /* once_put: shoal._records, the dataclasses of info() and its kin */
    PyObject *aio;                  /* once_put: shoal._aio, when somebody awaited */
    PyObject *reattach;             /* the functions that unpickle a segment, a live object, a detached array */
    PyObject *reopen;
    PyObject *detached;
    PyObject *numpy;   /* once_put. NULL: not tried yet; None: could not be imported */
    void *datetime;    /* PyDateTime_CAPI of this interpreter, once a time was met */
    bool scratch_lent; /* guarded by the GIL; without one, none is lent */
    unsigned char scratch[SCRATCH];
} ModuleState;

extern struct PyModuleDef shoal_python_module;

static inline ModuleState *state_of(void *self)
{
    return PyType_GetModuleState(Py_TYPE((PyObject *)self));
}

typedef struct Name {
    const char *text;
    size_t length;
} Name;

#endif
