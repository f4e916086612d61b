/* JobQueue: job_queue.c has the type, job_queue_work.c putting and taking, job.c what was taken. */
#ifndef SHOAL_PYTHON_JOB_QUEUE_H
#define SHOAL_PYTHON_JOB_QUEUE_H

#include "handle.h"
#include "segment.h"

/* What Segment.queue() and Segment.job_queue() do with their arguments; NULL: not given. */
PyObject *job_queue_open_with(SegmentObject *self, Attachment *attachment, Name name, PyObject *capacity,
                              PyObject *attempts, PyObject *lease);
bool job_queue_is_there(Attachment *attachment, Name name);

PyObject *job_queue_put(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *job_queue_put_nowait(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *job_queue_put_many(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *job_queue_put_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *job_queue_take(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *job_queue_take_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *job_queue_join(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *job_queue_join_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
/* For shoal._aio: tries that raise no Full, no Empty. */
PyObject *job_queue_offer_parcel(HandleObject *self, PyObject *args);
PyObject *job_queue_poll(HandleObject *self, PyObject *nothing);

/* job.c: what was taken, as a Job, which takes over `job`. NULL: it was given back. */
PyObject *job_new(HandleObject *queue, const shoal_job *job);
int job_init(PyObject *module, ModuleState *state);

#endif
