/* How others see an NdArray without a copy: the buffer protocol, numpy's array interface, DLPack. */
#include <stdlib.h>

#include "args.h"
#include "dlpack.h"
#include "errors.h"
#include "gil.h"
#include "ndarray.h"

/* ---- Buffer protocol (PEP 3118) ------------------------------------------------------------------- */

/* What Py_buffer points to for as long as it is out. */
typedef struct Export {
    char format[16];
    Py_ssize_t lengths[]; /* shape, then strides */
} Export;

/* Where long has 64 bits numpy's int64 is one: long long would come back as another type of the same name. */
static void prefer_long(char *format)
{
    if (sizeof(long) == sizeof(int64_t) && (format[0] == 'q' || format[0] == 'Q'))
        format[0] = format[0] == 'q' ? 'l' : 'L';
}

static Export *export_new(const shoal_view *view)
{
    Export *export = PyMem_Malloc(sizeof *export + 2 * (size_t)view->ndim * sizeof(Py_ssize_t));
    if (!export) {
        PyErr_NoMemory();
        return NULL;
    }
    shoal_dtype_format(view->dtype, export->format);
    prefer_long(export->format);
    for (uint32_t i = 0; i < view->ndim; i++) {
        export->lengths[i] = (Py_ssize_t)view->shape[i];
        export->lengths[view->ndim + i] = (Py_ssize_t)view->strides[i];
    }
    return export;
}

static bool asks(int flags, int for_all)
{
    return (flags & for_all) == for_all;
}

/* What the consumer cannot be given: the reason, or NULL. */
static const char *refusal(const Py_buffer *buffer, int flags)
{
    if (asks(flags, PyBUF_WRITABLE) && buffer->readonly)
        return "the array is attached readonly";
    if (asks(flags, PyBUF_C_CONTIGUOUS) && !PyBuffer_IsContiguous(buffer, 'C'))
        return "the array is not C-contiguous";
    if (asks(flags, PyBUF_F_CONTIGUOUS) && !PyBuffer_IsContiguous(buffer, 'F'))
        return "the array is not Fortran-contiguous";
    if (asks(flags, PyBUF_ANY_CONTIGUOUS) && !PyBuffer_IsContiguous(buffer, 'A'))
        return "the array is not contiguous";
    if (!asks(flags, PyBUF_STRIDES) && !PyBuffer_IsContiguous(buffer, 'C'))
        return "the array is not contiguous, and the consumer did not ask for strides";
    return NULL;
}

int ndarray_getbuffer(NdArrayObject *self, Py_buffer *buffer, int flags)
{
    const shoal_view *view = ndarray_view(self);
    Export *export = view ? export_new(view) : NULL;
    buffer->obj = NULL;
    if (!export)
        return -1;
    *buffer = (Py_buffer){
        .buf = view->data,
        .len = (Py_ssize_t)view_nbytes(view),
        .itemsize = (Py_ssize_t)view->dtype.itemsize,
        .readonly = view->readonly,
        .ndim = (int)view->ndim,
        .format = export->format,
        .shape = export->lengths,
        .strides = export->lengths + view->ndim,
        .internal = export,
    };
    const char *reason = refusal(buffer, flags);
    if (reason) {
        PyErr_SetString(PyExc_BufferError, reason);
        PyMem_Free(export);
        return -1;
    }
    if (!asks(flags, PyBUF_FORMAT))
        buffer->format = NULL;
    if (!asks(flags, PyBUF_STRIDES))
        buffer->strides = NULL;
    if (!asks(flags, PyBUF_ND)) {
        buffer->shape = NULL;
        buffer->ndim = 1;
    }
    buffer->obj = Py_NewRef((PyObject *)self);
    return 0;
}

void ndarray_releasebuffer(NdArrayObject *Py_UNUSED(self), Py_buffer *buffer)
{
    PyMem_Free(buffer->internal);
}

/* ---- __array_interface__ --------------------------------------------------------------------------- */

static PyObject *typestr(shoal_dtype dtype)
{
    static const char kinds[] = {
        [SHOAL_BOOL] = 'b',      [SHOAL_INT8] = 'i',       [SHOAL_INT16] = 'i',   [SHOAL_INT32] = 'i',
        [SHOAL_INT64] = 'i',     [SHOAL_UINT8] = 'u',      [SHOAL_UINT16] = 'u',  [SHOAL_UINT32] = 'u',
        [SHOAL_UINT64] = 'u',    [SHOAL_FLOAT16] = 'f',    [SHOAL_FLOAT32] = 'f', [SHOAL_FLOAT64] = 'f',
        [SHOAL_COMPLEX64] = 'c', [SHOAL_COMPLEX128] = 'c', [SHOAL_BYTES] = 'S',
    };
    bool ordered = dtype.itemsize > 1 && dtype.number != SHOAL_BYTES;
    return PyUnicode_FromFormat("%c%c%u",
                                !ordered           ? '|'
                                : PY_LITTLE_ENDIAN ? '<'
                                                   : '>',
                                kinds[dtype.number], dtype.itemsize);
}

PyObject *ndarray_interface(NdArrayObject *self, void *Py_UNUSED(closure))
{
    const shoal_view *view = ndarray_view(self);
    if (!view)
        return NULL;
    PyObject *shape = PyObject_GetAttrString((PyObject *)self, "shape");
    PyObject *strides =
        shoal_view_contiguous(view) ? Py_NewRef(Py_None) : PyObject_GetAttrString((PyObject *)self, "strides");
    if (!shape || !strides) {
        Py_XDECREF(shape);
        Py_XDECREF(strides);
        return NULL;
    }
    return Py_BuildValue("{s:i,s:N,s:N,s:(NN),s:N}", "version", 3, "typestr", typestr(view->dtype), "shape", shape,
                         "data", PyLong_FromVoidPtr(view->data), PyBool_FromLong(view->readonly), "strides", strides);
}

/* ---- DLPack -------------------------------------------------------------------------------------- */

/*
 * A consumer may free the tensor from any thread and without the GIL: so what keeps the memory alive is a
 * reference of the core's or a Memory, not a Python object.
 */
typedef struct Tensor {
    union {
        DLManagedTensor legacy;
        DLManagedTensorVersioned versioned;
    } managed;
    shoal_object *object;
    Memory *memory;
    int64_t lengths[]; /* shape, then strides in elements */
} Tensor;

static void tensor_free(Tensor *tensor)
{
    shoal_object_close(tensor->object);
    memory_release(tensor->memory);
    free(tensor);
}

static void delete_legacy(DLManagedTensor *managed)
{
    tensor_free(managed->manager_ctx);
}

static void delete_versioned(DLManagedTensorVersioned *managed)
{
    tensor_free(managed->manager_ctx);
}

/* A capsule that nobody consumed still has its first name. */
static void capsule_free(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, DLPACK_VERSIONED)) {
        DLManagedTensorVersioned *managed = PyCapsule_GetPointer(capsule, DLPACK_VERSIONED);
        managed->deleter(managed);
    } else if (PyCapsule_IsValid(capsule, DLPACK_LEGACY)) {
        DLManagedTensor *managed = PyCapsule_GetPointer(capsule, DLPACK_LEGACY);
        managed->deleter(managed);
    }
}

static int dlpack_dtype(shoal_dtype dtype, DLDataType *out)
{
    static const uint8_t codes[] = {
        [SHOAL_BOOL] = DL_BOOL,         [SHOAL_INT8] = DL_INT,           [SHOAL_INT16] = DL_INT,
        [SHOAL_INT32] = DL_INT,         [SHOAL_INT64] = DL_INT,          [SHOAL_UINT8] = DL_UINT,
        [SHOAL_UINT16] = DL_UINT,       [SHOAL_UINT32] = DL_UINT,        [SHOAL_UINT64] = DL_UINT,
        [SHOAL_FLOAT16] = DL_FLOAT,     [SHOAL_FLOAT32] = DL_FLOAT,      [SHOAL_FLOAT64] = DL_FLOAT,
        [SHOAL_COMPLEX64] = DL_COMPLEX, [SHOAL_COMPLEX128] = DL_COMPLEX,
    };
    if (dtype.number == SHOAL_BYTES) {
        PyErr_SetString(PyExc_BufferError, "DLPack has no type for fixed-width bytes");
        return -1;
    }
    *out = (DLDataType){codes[dtype.number], (uint8_t)(dtype.itemsize * 8), 1};
    return 0;
}

static int tensor_describe(Tensor *tensor, DLTensor *out, const shoal_view *view)
{
    *out = (DLTensor){.data = view->data,
                      .device = {DL_CPU, 0},
                      .ndim = (int32_t)view->ndim,
                      .shape = tensor->lengths,
                      .strides = tensor->lengths + view->ndim};
    for (uint32_t i = 0; i < view->ndim; i++) {
        out->shape[i] = view->shape[i];
        out->strides[i] = view->strides[i] / (int64_t)view->dtype.itemsize;
    }
    return dlpack_dtype(view->dtype, &out->dtype);
}

static PyObject *capsule_of(Tensor *tensor, const shoal_view *view, bool versioned, bool copied)
{
    DLTensor *described = versioned ? &tensor->managed.versioned.dl_tensor : &tensor->managed.legacy.dl_tensor;
    PyObject *capsule = NULL;
    if (tensor_describe(tensor, described, view) == 0)
        capsule = PyCapsule_New(tensor, versioned ? DLPACK_VERSIONED : DLPACK_LEGACY, capsule_free);
    if (!capsule) {
        tensor_free(tensor);
        return NULL;
    }
    if (versioned) {
        DLManagedTensorVersioned *managed = &tensor->managed.versioned;
        managed->version = (DLPackVersion){DLPACK_MAJOR, DLPACK_MINOR};
        managed->manager_ctx = tensor;
        managed->deleter = delete_versioned;
        managed->flags = (view->readonly ? DLPACK_READ_ONLY : 0) | (copied ? DLPACK_IS_COPIED : 0);
    } else {
        tensor->managed.legacy.manager_ctx = tensor;
        tensor->managed.legacy.deleter = delete_legacy;
    }
    return capsule;
}

static PyObject *export_tensor(NdArrayObject *self, bool versioned, bool copied)
{
    const shoal_view *view = &self->view;
    Tensor *tensor = calloc(1, sizeof *tensor + 2 * (size_t)view->ndim * sizeof(int64_t));
    if (!tensor)
        return PyErr_NoMemory();
    if (self->object)
        tensor->object = shoal_object_retain(self->object);
    tensor->memory = memory_retain(self->memory);
    return capsule_of(tensor, view, versioned, copied);
}

static PyObject *export_copy(NdArrayObject *self, bool versioned)
{
    NdArrayObject *copy = (NdArrayObject *)ndarray_detached(state_of(self), &self->view);
    PyObject *capsule = copy ? export_tensor(copy, versioned, true) : NULL;
    Py_XDECREF(copy);
    return capsule;
}

static int check_device(PyObject *device)
{
    int type, id;
    if (!device || device == Py_None)
        return 0;
    if (!PyTuple_Check(device)) {
        PyErr_SetString(PyExc_TypeError, "dl_device must be a tuple (type, id)");
        return -1;
    }
    if (!PyArg_ParseTuple(device, "ii:dl_device", &type, &id))
        return -1;
    if (type == DL_CPU && id == 0)
        return 0;
    PyErr_SetString(PyExc_BufferError, "an NdArray can be exported to the CPU, device (1, 0), only");
    return -1;
}

/* The versioned form is for consumers that say that they know it. */
static int wants_versioned(PyObject *max_version, bool *versioned)
{
    int major, minor;
    *versioned = false;
    if (!max_version || max_version == Py_None)
        return 0;
    if (!PyTuple_Check(max_version)) {
        PyErr_SetString(PyExc_TypeError, "max_version must be a tuple (major, minor)");
        return -1;
    }
    if (!PyArg_ParseTuple(max_version, "ii:max_version", &major, &minor))
        return -1;
    *versioned = major >= DLPACK_MAJOR;
    return 0;
}

PyObject *ndarray_dlpack(NdArrayObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"stream", "max_version", "dl_device", "copy", NULL};
    static const Signature signature = {"__dlpack__", names, 0, 0};
    PyObject *given[4];
    bool versioned, copy;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || check_device(given[2]) < 0 ||
        wants_versioned(given[1], &versioned) < 0 || arg_bool(given[3], false, &copy) < 0)
        return NULL;
    if (given[0] && given[0] != Py_None) {
        PyErr_SetString(PyExc_BufferError, "memory of the CPU has no stream: stream must be None");
        return NULL;
    }
    if (!ndarray_view(self))
        return NULL;
    if (copy)
        return export_copy(self, versioned);
    if (self->view.readonly && !versioned) {
        PyErr_SetString(PyExc_BufferError, "a readonly array can only be exported to consumers of DLPack 1.0 or later "
                                           "(max_version), or as a copy");
        return NULL;
    }
    return export_tensor(self, versioned, false);
}

PyObject *ndarray_dlpack_device(NdArrayObject *Py_UNUSED(self), PyObject *Py_UNUSED(unused))
{
    return Py_BuildValue("(ii)", DL_CPU, 0);
}
