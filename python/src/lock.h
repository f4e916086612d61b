/* Lock, for the Condition that has one. */
#ifndef SHOAL_PYTHON_LOCK_H
#define SHOAL_PYTHON_LOCK_H

#include "handle.h"

typedef struct LockObject {
    HandleObject handle;
    bool strict;
} LockObject;

bool is_lock(ModuleState *state, PyObject *object);
PyObject *lock_wrap(ModuleState *state, Attachment *attachment, shoal_object *object);
uint32_t lock_wait_flags(const LockObject *self);

PyObject *lock_acquire(LockObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *lock_acquire_async(LockObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *lock_release(LockObject *self, PyObject *unused);
int lock_acquire_until(LockObject *self, shoal_time deadline);
/* The exception that is set says that a Condition's wait ended without its Lock. `__exit__` of both asks for that. */
void lock_is_lost(LockObject *self);
PyObject *lock_exited(LockObject *self, PyObject *const *args, Py_ssize_t nargs);

#endif
