/* Queue: queue.c has the type, queue_put.c and queue_get.c what it does. */
#ifndef SHOAL_PYTHON_QUEUE_H
#define SHOAL_PYTHON_QUEUE_H

#include "handle.h"

PyObject *queue_put(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *queue_put_nowait(HandleObject *self, PyObject *value);
PyObject *queue_put_many(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *queue_put_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *queue_loan(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
/* For shoal._aio: tries that raise no Full. */
PyObject *queue_offer(HandleObject *self, PyObject *value);
PyObject *queue_parcel(HandleObject *self, PyObject *value);
PyObject *queue_offer_parcel(HandleObject *self, PyObject *args);

PyObject *queue_get(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *queue_get_nowait(HandleObject *self, PyObject *unused);
PyObject *queue_get_many(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *queue_get_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *queue_poll(HandleObject *self, PyObject *nothing);
PyObject *queue_next(HandleObject *self);
PyObject *queue_anext(HandleObject *self);

#endif
