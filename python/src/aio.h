/* The methods that are to be awaited: coroutines of shoal/_aio.py. */
#ifndef SHOAL_PYTHON_AIO_H
#define SHOAL_PYTHON_AIO_H

#include "binding.h"

/* The one argument `timeout`, a keyword, of an awaitable method: borrowed, or NULL. */
int arg_async_timeout(const char *method, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                      PyObject **timeout);
/* The coroutine shoal._aio.<function>(*args, timeout=...). Takes over `args`. */
PyObject *aio_start(ModuleState *state, const char *function, PyObject *args, PyObject *timeout);
/* What acquire_async() and wait_async() with those arguments return: take() and wait() of shoal._aio, by enum shoal_operation. */
PyObject *aio_acquire(void *self, int operation, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *aio_wait(void *self, int operation, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
/* What __aenter__ returns: awaits `taken`, which is taken over, and gives `self`; Timeout if that gave False. */
PyObject *aio_enter(ModuleState *state, PyObject *self, PyObject *taken);
/* What __aexit__ returns, after `exited` gave `result`, which is taken over. */
PyObject *aio_exit(ModuleState *state, PyObject *result);

#endif
