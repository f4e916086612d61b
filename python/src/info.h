/* Facts, as the dataclasses of shoal/_records.py. */
#ifndef SHOAL_PYTHON_INFO_H
#define SHOAL_PYTHON_INFO_H

#include "binding.h"
#include "segment.h"

/* An object of that class of _records.py, made of the tuple `fields`, which is taken over; NULL: an exception is set. */
PyObject *record_new(ModuleState *state, const char *name, PyObject *fields);
PyObject *segment_info(SegmentObject *self, PyObject *unused);
PyObject *segment_check(SegmentObject *self, PyObject *unused);
PyObject *owner_record(ModuleState *state, const shoal_owner *owner); /* None for nobody */
/* shoal_object_holders or shoal_object_waiters as a list of Owner. */
typedef int (*owner_lister)(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
PyObject *owner_list(ModuleState *state, owner_lister lister, const shoal_object *object);
PyObject *listed_segments(ModuleState *state);

#endif
