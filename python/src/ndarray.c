/*
 * NdArray: the type, its making, its attributes. Indexing and exports have files of their own; what is left is long by the
 * number of attributes that numpy has taught people to ask for.
 */
#include "ndarray.h"

#include "errors.h"
#include "foreign.h"
#include "gil.h"
#include "kinds.h"
#include "ndarray_numpy.h"
#include "scalar.h"
#include "types.h"

/* ---- Making and unmaking ------------------------------------------------------------------------- */

/* Only the dimensions in use: a view is over 500 bytes. */
static void copy_view(shoal_view *to, const shoal_view *from)
{
    to->data = from->data;
    to->dtype = from->dtype;
    to->ndim = from->ndim;
    to->readonly = from->readonly;
    memcpy(to->shape, from->shape, from->ndim * sizeof *from->shape);
    memcpy(to->strides, from->strides, from->ndim * sizeof *from->strides);
}

static NdArrayObject *allocate(PyTypeObject *type, Attachment *attachment)
{
    NdArrayObject *self = PyObject_New(NdArrayObject, type);
    if (!self)
        return NULL;
    self->object = NULL;
    self->attachment = attachment ? attachment_retain(attachment) : NULL;
    self->memory = NULL;
    self->weakrefs = NULL;
    self->lost = NULL;
    return self;
}

static void take_object(NdArrayObject *self, shoal_object *object)
{
    self->object = object;
    self->lost = shoal_object_lost(object);
}

static void take_memory(NdArrayObject *self, Memory *memory)
{
    self->memory = memory;
    self->lost = memory->lost;
}

const shoal_view *ndarray_lost(NdArrayObject *self)
{
    const char *text = NULL;
    int status = self->object ? shoal_object_usable(self->object) : self->memory->kind->why_lost(self->memory, &text);
    if (text)
        raise_text(state_of(self), status, "%s", text);
    else
        raise_status(state_of(self), status);
    return NULL;
}

PyObject *ndarray_wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    NdArrayObject *self = allocate(state->kind_types[SHOAL_KIND_NDARRAY], attachment);
    if (!self) {
        shoal_object_close(object);
        return NULL;
    }
    take_object(self, object);
    int status = shoal_array_view(&self->view, object);
    if (status >= 0)
        return (PyObject *)self;
    Py_DECREF(self);
    return raise_status(state, status);
}

PyObject *ndarray_window(NdArrayObject *base, const shoal_view *view)
{
    NdArrayObject *self = allocate(Py_TYPE(base), base->attachment);
    if (!self)
        return NULL;
    if (base->object)
        take_object(self, shoal_object_retain(base->object));
    else
        take_memory(self, memory_retain(base->memory));
    copy_view(&self->view, view);
    return (PyObject *)self;
}

PyObject *ndarray_of_memory(ModuleState *state, Memory *memory, const shoal_view *view)
{
    NdArrayObject *self = allocate(state->kind_types[SHOAL_KIND_NDARRAY], NULL);
    if (!self) {
        memory_release(memory);
        return NULL;
    }
    take_memory(self, memory);
    copy_view(&self->view, view);
    return (PyObject *)self;
}

NdArrayObject *ndarray_detached_like(ModuleState *state, shoal_dtype dtype, size_t ndim, const int64_t *shape)
{
    uint64_t nbytes;
    NdArrayObject *self = allocate(state->kind_types[SHOAL_KIND_NDARRAY], NULL);
    if (!self)
        return NULL;
    int status = shoal_view_init(&self->view, &nbytes, dtype, ndim, shape);
    if (status < 0)
        raise_status(state, status);
    Memory *memory = status < 0 ? NULL : memory_new(nbytes);
    if (!memory) {
        Py_DECREF(self);
        return NULL;
    }
    take_memory(self, memory);
    self->view.data = memory_bytes(memory);
    self->view.readonly = false;
    return self;
}

PyObject *ndarray_detached(ModuleState *state, const shoal_view *view)
{
    NdArrayObject *self = ndarray_detached_like(state, view->dtype, view->ndim, view->shape);
    if (self && view_nbytes(view) >= BIG)
        WITHOUT_GIL(shoal_view_pack(self->view.data, view));
    else if (self)
        shoal_view_pack(self->view.data, view);
    return (PyObject *)self;
}

PyObject *ndarray_shape_tuple(uint32_t ndim, const int64_t *lengths)
{
    PyObject *tuple = PyTuple_New(ndim);
    for (uint32_t i = 0; tuple && i < ndim; i++) {
        PyObject *length = PyLong_FromLongLong(lengths[i]);
        if (!length)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, length);
    }
    return tuple;
}

static int fill_buffer(PyObject *array, const shoal_view *view)
{
    Py_buffer buffer;
    if (PyObject_GetBuffer(array, &buffer, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE) < 0)
        return -1;
    bool fits = (uint64_t)buffer.len == view_nbytes(view);
    if (fits)
        shoal_view_pack(buffer.buf, view);
    else
        PyErr_SetString(PyExc_ValueError, "numpy.empty() gave an array of another size");
    PyBuffer_Release(&buffer);
    return fits ? 0 : -1;
}

PyObject *ndarray_copy_out(ModuleState *state, const shoal_view *view)
{
    PyObject *numpy = numpy_imported(state);
    if (!numpy)
        return PyErr_Occurred() ? NULL : ndarray_detached(state, view);
    char name[16];
    PyObject *shape = ndarray_shape_tuple(view->ndim, view->shape);
    PyObject *array =
        shape ? PyObject_CallMethod(numpy, "empty", "Ns", shape, shoal_dtype_name(view->dtype, name)) : NULL;
    if (array && fill_buffer(array, view) < 0)
        Py_CLEAR(array);
    return array;
}

PyObject *ndarray_object_name(NdArrayObject *self)
{
    size_t length;
    const char *name = shoal_object_name(self->object, &length);
    return PyUnicode_FromStringAndSize(name, (Py_ssize_t)length);
}

static void ndarray_dealloc(NdArrayObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->weakrefs)
        PyObject_ClearWeakRefs((PyObject *)self);
    shoal_object_close(self->object);
    memory_release(self->memory);
    attachment_release(self->attachment);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- Reductions ----------------------------------------------------------------------------------- */

typedef int (*reduction)(shoal_scalar *out, const shoal_view *view);

static PyObject *reduce_with(NdArrayObject *self, reduction reduction)
{
    shoal_scalar result;
    const shoal_view *view = ndarray_view(self);
    if (!view)
        return NULL;
    bool given_up = view_nbytes(view) >= BIG;
    if (given_up)
        gil_give_up();
    int status = reduction(&result, view);
    if (given_up)
        gil_take_back();
    return status < 0 ? raise_status(state_of(self), status) : scalar_to_python(&result);
}

/* Of all elements, as the core has it; what is more specific, as all that numpy's functions ask for, is numpy's. */
#define REDUCTION(name)                                                                                                \
    static PyObject *ndarray_##name(NdArrayObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)   \
    {                                                                                                                  \
        return nargs || kwnames ? ndarray_ask_numpy((PyObject *)self, #name, args, nargs, kwnames)                     \
                                : reduce_with(self, shoal_view_##name);                                                \
    }
REDUCTION(sum)
REDUCTION(min)
REDUCTION(max)
REDUCTION(mean)

/* ---- Copies --------------------------------------------------------------------------------------- */

static PyObject *private_copy(NdArrayObject *self, PyObject *Py_UNUSED(unused))
{
    const shoal_view *view = ndarray_view(self);
    return view ? ndarray_detached(state_of(self), view) : NULL;
}

static PyObject *ndarray_copy(NdArrayObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return nargs || kwnames ? ndarray_ask_numpy((PyObject *)self, "copy", args, nargs, kwnames)
                            : private_copy(self, NULL);
}

/* ---- Attributes --------------------------------------------------------------------------------- */

static PyObject *ndarray_shape(NdArrayObject *self, void *Py_UNUSED(closure))
{
    return ndarray_shape_tuple(self->view.ndim, self->view.shape);
}

static PyObject *ndarray_strides(NdArrayObject *self, void *Py_UNUSED(closure))
{
    return ndarray_shape_tuple(self->view.ndim, self->view.strides);
}

/* numpy's dtype where there is numpy, else the name: both equal "float64". */
static PyObject *ndarray_dtype(NdArrayObject *self, void *Py_UNUSED(closure))
{
    char name[16];
    shoal_dtype_name(self->view.dtype, name);
    PyObject *numpy = numpy_imported(state_of(self));
    if (numpy)
        return PyObject_CallMethod(numpy, "dtype", "s", name);
    return PyErr_Occurred() ? NULL : PyUnicode_FromString(name);
}

static PyObject *ndarray_ndim(NdArrayObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLong(self->view.ndim);
}

static PyObject *ndarray_size(NdArrayObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(shoal_view_size(&self->view));
}

static PyObject *ndarray_nbytes(NdArrayObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(view_nbytes(&self->view));
}

static PyObject *ndarray_itemsize(NdArrayObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLong(self->view.dtype.itemsize);
}

static PyObject *ndarray_readonly(NdArrayObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->view.readonly);
}

static PyObject *ndarray_name(NdArrayObject *self, void *Py_UNUSED(closure))
{
    if (!self->object)
        Py_RETURN_NONE;
    return ndarray_object_name(self);
}

static Py_ssize_t ndarray_length(NdArrayObject *self)
{
    if (self->view.ndim > 0)
        return (Py_ssize_t)self->view.shape[0];
    PyErr_SetString(PyExc_TypeError, "an array without dimensions has no len()");
    return -1;
}

static PyObject *ndarray_repr(NdArrayObject *self)
{
    char dtype[16];
    shoal_dtype_name(self->view.dtype, dtype);
    PyObject *shape = ndarray_shape_tuple(self->view.ndim, self->view.shape);
    PyObject *name = shape ? ndarray_name(self, NULL) : NULL;
    PyObject *text = NULL;
    if (name && self->object)
        text = PyUnicode_FromFormat("<shoal.NdArray %R %s %S%s>", name, dtype, shape,
                                    self->view.readonly ? ", readonly" : "");
    else if (name)
        text = PyUnicode_FromFormat("<shoal.NdArray %s %s %S%s>", self->memory->kind->name, dtype, shape,
                                    self->view.readonly ? ", readonly" : "");
    Py_XDECREF(shape);
    Py_XDECREF(name);
    return text;
}

/* ---- The type ----------------------------------------------------------------------------------- */

static PyMethodDef ndarray_methods[] = {
    METHOD("sum", ndarray_sum, FASTCALL,
           "sum($self, /, *args, **kwargs)\n--\n\nThe sum of all elements; with arguments numpy's."),
    METHOD("min", ndarray_min, FASTCALL,
           "min($self, /, *args, **kwargs)\n--\n\nThe smallest element, NaN if any is NaN; with arguments numpy's."),
    METHOD("max", ndarray_max, FASTCALL,
           "max($self, /, *args, **kwargs)\n--\n\nThe largest element, NaN if any is NaN; with arguments numpy's."),
    METHOD("mean", ndarray_mean, FASTCALL,
           "mean($self, /, *args, **kwargs)\n--\n\nThe mean of all elements; with arguments numpy's."),
    METHOD("copy", ndarray_copy, FASTCALL,
           "copy($self, /, *args, **kwargs)\n--\n\nA copy in private memory, an NdArray; with arguments numpy's."),
    METHOD("fill", ndarray_fill, METH_O, "fill($self, value, /)\n--\n\nSet every element to value."),
    METHOD("tolist", ndarray_tolist, METH_NOARGS, "tolist($self, /)\n--\n\nA copy as nested lists."),
    METHOD("__dlpack__", ndarray_dlpack, FASTCALL,
           "__dlpack__($self, /, *, stream=None, max_version=None, dl_device=None, copy=None)\n--\n\nExport through "
           "DLPack."),
    METHOD("__dlpack_device__", ndarray_dlpack_device, METH_NOARGS,
           "__dlpack_device__($self, /)\n--\n\n(1, 0): memory of the CPU."),
    METHOD("__complex__", ndarray_complex, METH_NOARGS, "__complex__($self, /)\n--\n\nThe one element as a complex."),
    METHOD("__copy__", private_copy, METH_NOARGS, "__copy__($self, /)\n--\n\nA copy in private memory."),
    METHOD("__deepcopy__", private_copy, METH_O, "__deepcopy__($self, memo, /)\n--\n\nA copy in private memory."),
    METHOD("__reduce__", ndarray_reduce, METH_NOARGS, "Pickle as the segment, the name and the part of the array."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef ndarray_getset[] = {
    {"shape", (getter)ndarray_shape, NULL, PyDoc_STR("the lengths of the axes"), NULL},
    {"dtype", (getter)ndarray_dtype, NULL, PyDoc_STR("numpy's dtype where there is numpy, else its name"), NULL},
    {"ndim", (getter)ndarray_ndim, NULL, PyDoc_STR("the number of axes"), NULL},
    {"size", (getter)ndarray_size, NULL, PyDoc_STR("the number of elements"), NULL},
    {"nbytes", (getter)ndarray_nbytes, NULL, PyDoc_STR("the number of bytes of the elements"), NULL},
    {"itemsize", (getter)ndarray_itemsize, NULL, PyDoc_STR("the number of bytes of one element"), NULL},
    {"strides", (getter)ndarray_strides, NULL, PyDoc_STR("bytes from one element to the next along each axis"), NULL},
    {"readonly", (getter)ndarray_readonly, NULL, PyDoc_STR("whether it cannot be written"), NULL},
    {"name", (getter)ndarray_name, NULL, PyDoc_STR("the name in the segment; None when detached"), NULL},
    {"__array_interface__", (getter)ndarray_interface, NULL, PyDoc_STR("numpy's array interface, version 3"), NULL},
#define OF_NUMPY(name) {#name, ndarray_of_numpy, NULL, PyDoc_STR("numpy.asarray(a)." #name), #name},
    NDARRAY_OF_NUMPY(OF_NUMPY)
#undef OF_NUMPY
        {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef ndarray_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(NdArrayObject, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot ndarray_slots[] = {
    {Py_tp_doc, PyDoc_STR("An n-dimensional array in shared memory. Made by Segment.array(). Pass numpy.asarray(a) to "
                          "libraries, and the NdArray a itself to other processes.")},
    {Py_tp_dealloc, ndarray_dealloc},
    {Py_tp_repr, ndarray_repr},
    {Py_tp_iter, ndarray_iter},
    {Py_tp_methods, ndarray_methods},
    {Py_tp_getset, ndarray_getset},
    {Py_tp_members, ndarray_members},
    {Py_mp_subscript, ndarray_subscript},
    {Py_mp_ass_subscript, ndarray_ass_subscript},
    {Py_mp_length, ndarray_length},
    {Py_sq_length, ndarray_length},
    {Py_sq_item, ndarray_item},
    {Py_sq_contains, ndarray_contains},
    {Py_tp_richcompare, ndarray_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
#define BINARY(name) {Py_nb_##name, ndarray_##name}, {Py_nb_inplace_##name, ndarray_in_place_##name},
    NDARRAY_BINARY(BINARY)
#undef BINARY
#define UNARY(name) {Py_nb_##name, ndarray_##name},
        NDARRAY_UNARY(UNARY)
#undef UNARY
            {Py_nb_divmod, ndarray_divmod},
    {Py_nb_power, ndarray_power},
    {Py_nb_inplace_power, ndarray_in_place_power},
    {Py_nb_bool, ndarray_bool},
    {Py_nb_int, ndarray_int},
    {Py_nb_float, ndarray_float},
    {Py_bf_getbuffer, ndarray_getbuffer},
    {Py_bf_releasebuffer, ndarray_releasebuffer},
    {0, NULL},
};

static PyType_Spec ndarray_spec = {"shoal.NdArray", sizeof(NdArrayObject), 0, TYPE_FLAGS, ndarray_slots};

const Kind ndarray_kind = {
    .opener = METHOD(
        "array", ndarray_open, FASTCALL,
        "array($self, /, name, shape=None, dtype=None)\n--\n\nOpen the NdArray of that name; with a shape, make it if "
        "there is none (dtype float64 unless given)."),
    .spec = &ndarray_spec,
    .init = ndarray_iter_init,
    .wrap = ndarray_wrap,
    .reopen = ndarray_reopen,
    .assign = ndarray_store,
};
