/* NdArray: ndarray.c and its kin. */
#ifndef SHOAL_PYTHON_NDARRAY_H
#define SHOAL_PYTHON_NDARRAY_H

#include "attachment.h"
#include "binding.h"
#include "memory.h"
#include "segment.h"

typedef struct NdArrayObject {
    PyObject_HEAD
    shoal_object *object;   /* NULL when detached */
    Attachment *attachment; /* NULL when detached */
    Memory *memory;         /* NULL unless detached, or a frame's */
    PyObject *weakrefs;
    const bool *lost; /* never NULL: ask ndarray_view before what it describes is touched */
    shoal_view view;
} NdArrayObject;

static inline bool is_ndarray(ModuleState *state, PyObject *object)
{
    return Py_IS_TYPE(object, state->kind_types[SHOAL_KIND_NDARRAY]);
}

/* All of `object`, which is taken over. */
PyObject *ndarray_wrap(ModuleState *state, Attachment *attachment, shoal_object *object);
/* What it shows, to be touched. NULL with Closed: this process was forked without that memory, or its object is gone. */
const shoal_view *ndarray_lost(NdArrayObject *self);
static inline const shoal_view *ndarray_view(NdArrayObject *self)
{
    return __builtin_expect(*self->lost, 0) ? ndarray_lost(self) : &self->view;
}
/* Another window onto what `base` shows. */
PyObject *ndarray_window(NdArrayObject *base, const shoal_view *view);
/* Memory that is none of an NdArray's, which is taken over: what `view` shows of it. */
PyObject *ndarray_of_memory(ModuleState *state, Memory *memory, const shoal_view *view);
/* A copy of `view` in private memory. */
PyObject *ndarray_detached(ModuleState *state, const shoal_view *view);
/* A copy of `view` as a numpy.ndarray, or as a detached NdArray where there is no numpy. */
PyObject *ndarray_copy_out(ModuleState *state, const shoal_view *view);
/* A detached array of garbage, to be filled. */
NdArrayObject *ndarray_detached_like(ModuleState *state, shoal_dtype dtype, size_t ndim, const int64_t *shape);
PyObject *ndarray_shape_tuple(uint32_t ndim, const int64_t *lengths);
PyObject *ndarray_object_name(NdArrayObject *self);

/* ndarray_open.c: Segment.array(), and segment[name] = array. */
PyObject *ndarray_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
int ndarray_store(ModuleState *state, shoal_object *object, const shoal_view *from);

/* ndarray_pickle.c */
PyObject *ndarray_reopen(ModuleState *state, Attachment *attachment, shoal_object *object, PyObject *geometry);
PyObject *ndarray_rebuild_detached(ModuleState *state, PyObject *dtype, PyObject *shape, PyObject *bytes);
PyObject *ndarray_reduce(NdArrayObject *self, PyObject *unused);

/* ndarray_export.c */
int ndarray_getbuffer(NdArrayObject *self, Py_buffer *buffer, int flags);
void ndarray_releasebuffer(NdArrayObject *self, Py_buffer *buffer);
PyObject *ndarray_interface(NdArrayObject *self, void *closure);
PyObject *ndarray_dlpack(NdArrayObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *ndarray_dlpack_device(NdArrayObject *self, PyObject *unused);

/* ndarray_iter.c */
int ndarray_iter_init(PyObject *module, ModuleState *state);
PyObject *ndarray_iter(NdArrayObject *self);

/* ndarray_index.c */
PyObject *ndarray_subscript(NdArrayObject *self, PyObject *key);
PyObject *ndarray_item(NdArrayObject *self, Py_ssize_t index);
int ndarray_ass_subscript(NdArrayObject *self, PyObject *key, PyObject *value);
int ndarray_check_writable(NdArrayObject *self);
PyObject *ndarray_fill(NdArrayObject *self, PyObject *value);
PyObject *ndarray_tolist(NdArrayObject *self, PyObject *unused);

#endif
