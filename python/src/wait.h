/* Waiting without the GIL, and what acquire() and its kin return. */
#ifndef SHOAL_PYTHON_WAIT_H
#define SHOAL_PYTHON_WAIT_H

#include "binding.h"

/*
 * Without the GIL, coming back every WAIT_SLICE to look at signals. A status of shoal_wait_until but EINTR, or STATUS_RAISED
 * when a handler raised: `wait` is not over then.
 */
int wait_on(shoal_wait *wait, shoal_time deadline);
/* A whole wait for `object`: it is over in any case. */
int wait_without_gil(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline);
/*
 * The same after a first look with the GIL, which is free, that ended with `status`: it was made with
 * SHOAL_FIRST_LOOK(deadline), so that SHOAL_ETIMEDOUT says that there is something to wait for.
 */
static inline int wait_after(int status, shoal_object *object, int operation, uint32_t flags, int64_t argument,
                             shoal_time deadline)
{
    if (__builtin_expect(status != SHOAL_ETIMEDOUT, 1) || deadline == SHOAL_NO_WAIT)
        return status;
    return wait_without_gil(object, operation, flags, argument, deadline);
}

/*
 * PyErr_CheckSignals between two calls of one wait that is no shoal_wait: a handler sees this thread among the waiters, as
 * everybody does before and after it, and cannot remove what is waited for.
 */
int check_signals_in_wait(shoal_object *object, int operation, int64_t argument);

/* True, False for SHOAL_ETIMEDOUT, or the exception of `status`. */
PyObject *waited(void *self, int status);
/* None, or the exception of `status`. */
PyObject *done(void *self, int status);
/* What __enter__ returns: self, or the exception of `status`. */
PyObject *entered(void *self, int status);
/* What __exit__ with `args` returns after a release that gave `status`. */
PyObject *exited(void *self, int status, PyObject *const *args, Py_ssize_t nargs);

#endif
