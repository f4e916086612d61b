/* Values: value.c, and Python objects from and to MessagePack. */
#ifndef SHOAL_PYTHON_VALUE_H
#define SHOAL_PYTHON_VALUE_H

#include "attachment.h"
#include "binding.h"
#include "segment.h"

/*
 * A copy of the Value `name`, which had `size` bytes and began with `first`, SHOAL_STRING_HEAD of them. NULL with an exception where
 * *status is 0 or STATUS_RAISED; SHOAL_LARGER: it is another by now, look again.
 */
PyObject *value_read_large(ModuleState *state, Attachment *attachment, Name name, const unsigned char *first,
                           size_t size, int *status);
int value_put(SegmentObject *self, Name name, PyObject *value);

/* value_write.c: appends `value` as MessagePack; -1 with an exception that names the path to what cannot be stored. */
int value_write(ModuleState *state, shoal_writer *writer, PyObject *value);
/* The UTF-8 of a str, which lives as long as it; NULL with an exception: it has none, or is longer than `limit`. */
const char *value_utf8(ModuleState *state, PyObject *value, uint64_t limit, size_t *size);
/* value_read.c */
PyObject *value_read(ModuleState *state, const void *bytes, size_t size);
PyObject *value_text(ModuleState *state, const char *bytes, size_t size); /* Corrupt if it is not UTF-8 */

/* value_keys.c: 1: two keys of the dict, or of the list of pairs, are one to a reader: *complaint says which; -1: exception. */
int keys_judge(PyObject *keys, PyObject **complaint);

/* value_advice.c: what to store instead of `value`, or NULL. */
const char *advice_for(PyObject *value);
/* datetime64 or timedelta64, which have an item() and a float() that mean nothing without their unit. */
bool is_numpy_time(PyObject *object);

/* time.c */
int time_is_datetime(ModuleState *state, PyObject *object);
/* pandas.NaT: a datetime that is not equal to itself. -1: exception. */
int time_is_nat(ModuleState *state, PyObject *object);
/* 1: done; 0: it is naive; -1: exception. */
int time_from_python(ModuleState *state, PyObject *object, int64_t *seconds, uint32_t *nanoseconds);
PyObject *time_to_python(ModuleState *state, int64_t seconds, uint32_t nanoseconds);

#endif
