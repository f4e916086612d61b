/* Segment, and what the openers of its objects have in common. */
#ifndef SHOAL_PYTHON_SEGMENT_H
#define SHOAL_PYTHON_SEGMENT_H

#include "attachment.h"
#include "binding.h"

typedef struct SegmentObject {
    PyObject_HEAD
    Attachment *attachment; /* NULL once closed; guarded by a critical section */
    PyObject *name;
    PyObject *weakrefs;
    shoal_identity identity;
} SegmentObject;

int segment_init(PyObject *module, ModuleState *state);
PyObject *segment_new(ModuleState *state, Attachment *attachment); /* takes over the reference */
Attachment *segment_attachment(SegmentObject *self);               /* a reference; NULL with Closed when it is closed */
bool segment_is_open(SegmentObject *self);                         /* for now; false with Closed */

/* segment_open.c: an opener's one argument `name`; a reference, or NULL with an exception. */
Attachment *segment_only_name(SegmentObject *self, const char *function, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames, Name *name);
/* What an opener returns after the core's gave `object` or an error. Takes over both references. */
PyObject *segment_opened(SegmentObject *self, Attachment *attachment, shoal_object *object, int status);

/* segment_items.c */
PyObject *segment_subscript(SegmentObject *self, PyObject *key);
PyObject *segment_get(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
int segment_contains(SegmentObject *self, PyObject *key);
Py_ssize_t segment_length(SegmentObject *self);
PyObject *segment_keys(SegmentObject *self, PyObject *unused);
PyObject *segment_iter(SegmentObject *self);
int segment_ass_subscript(SegmentObject *self, PyObject *key, PyObject *value);

#endif
