/* An NdArray in a pickle: shared memory as the segment, the name and the window; private memory as its bytes. */
#include "args.h"
#include "errors.h"
#include "ndarray.h"

static PyObject *pack_bytes(const shoal_view *view)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)view_nbytes(view));
    if (bytes)
        shoal_view_pack(PyBytes_AS_STRING(bytes), view);
    return bytes;
}

/*
 * A window pickles as its place in the whole: (offset, shape, strides), with the dtype to check. One without elements is
 * at the beginning: of an array that has none itself, slices lie beyond the end.
 */
static PyObject *geometry(NdArrayObject *self, const shoal_view *whole)
{
    char dtype[16];
    ptrdiff_t offset = view_nbytes(&self->view) ? self->view.data - whole->data : 0;
    return Py_BuildValue("(sLNN)", shoal_dtype_name(self->view.dtype, dtype), (long long)offset,
                         ndarray_shape_tuple(self->view.ndim, self->view.shape),
                         ndarray_shape_tuple(self->view.ndim, self->view.strides));
}

PyObject *ndarray_reduce(NdArrayObject *self, PyObject *Py_UNUSED(unused))
{
    ModuleState *state = state_of(self);
    char dtype[16];
    shoal_view whole;
    if (!self->object && !ndarray_view(self))
        return NULL;
    if (!self->object)
        return Py_BuildValue("O(sNN)", state->detached, shoal_dtype_name(self->view.dtype, dtype),
                             ndarray_shape_tuple(self->view.ndim, self->view.shape), pack_bytes(&self->view));
    int status = shoal_array_view(&whole, self->object);
    if (status < 0)
        return raise_status(state, status);
    return Py_BuildValue("O(NNiN)", state->reopen, attachment_origin(self->attachment), ndarray_object_name(self),
                         SHOAL_KIND_NDARRAY, geometry(self, &whole));
}

/*
 * The bytes that a window reaches, as offsets from its first element. False when that overflows; the caller
 * has made sure that lengths are not negative.
 */
static bool window_reach(const shoal_view *view, int64_t *low, int64_t *high)
{
    *low = 0;
    *high = view->dtype.itemsize;
    for (uint32_t i = 0; i < view->ndim; i++) {
        int64_t span;
        if (view->shape[i] == 0) {
            *low = *high = 0;
            return true;
        }
        if (__builtin_mul_overflow(view->shape[i] - 1, view->strides[i], &span) ||
            __builtin_add_overflow(span < 0 ? *low : *high, span, span < 0 ? low : high))
            return false;
    }
    return true;
}

static bool on_elements(const shoal_view *window, int64_t offset)
{
    int64_t itemsize = window->dtype.itemsize, misplaced = offset % itemsize;
    for (uint32_t i = 0; i < window->ndim; i++)
        misplaced |= window->strides[i] % itemsize;
    return misplaced == 0;
}

/* No window of ours has more elements than the array; with strides of 0 it could have any number of them. */
static bool has_possible_shape(const shoal_view *window, uint64_t limit)
{
    shoal_view alone;
    uint64_t nbytes;
    return shoal_view_init(&alone, &nbytes, window->dtype, window->ndim, window->shape) >= 0 && nbytes <= limit;
}

/* A pickle is not to be trusted with addresses: the window must lie within the array as it is here. */
static bool window_fits(const shoal_view *window, int64_t offset, const shoal_view *whole)
{
    int64_t low, high, nbytes = (int64_t)view_nbytes(whole);
    if (!has_possible_shape(window, (uint64_t)nbytes) || !window_reach(window, &low, &high) || offset < 0 ||
        offset > nbytes || !on_elements(window, offset))
        return false;
    return low >= -offset && high <= nbytes - offset;
}

static int int64_tuple(PyObject *tuple, uint32_t ndim, int64_t *out)
{
    for (uint32_t i = 0; i < ndim; i++) {
        out[i] = PyLong_AsLongLong(PyTuple_GET_ITEM(tuple, i));
        if (out[i] == -1 && PyErr_Occurred())
            return -1;
    }
    return 0;
}

static int read_geometry(ModuleState *state, PyObject *tuple, const shoal_view *whole, shoal_view *window)
{
    PyObject *dtype, *shape, *strides;
    long long offset;
    if (!PyTuple_Check(tuple)) {
        PyErr_SetString(PyExc_TypeError, "the geometry must be a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(tuple, "O!LO!O!:geometry", &PyUnicode_Type, &dtype, &offset, &PyTuple_Type, &shape,
                          &PyTuple_Type, &strides) ||
        arg_dtype(state, dtype, &window->dtype) < 0)
        return -1;
    size_t ndim = 0;
    if (arg_shape(shape, &ndim, window->shape) < 0)
        return -1;
    window->ndim = (uint32_t)ndim;
    window->readonly = whole->readonly;
    if (PyTuple_GET_SIZE(strides) != (Py_ssize_t)ndim || window->dtype.number != whole->dtype.number ||
        window->dtype.itemsize != whole->dtype.itemsize || int64_tuple(strides, window->ndim, window->strides) < 0 ||
        !window_fits(window, offset, whole)) {
        if (!PyErr_Occurred())
            raise_text(state, SHOAL_EMISMATCH, "the pickled array does not fit the array that has its name now");
        return -1;
    }
    window->data = whole->data + offset;
    return 0;
}

PyObject *ndarray_reopen(ModuleState *state, Attachment *attachment, shoal_object *object, PyObject *geometry)
{
    shoal_view window;
    NdArrayObject *whole = (NdArrayObject *)ndarray_wrap(state, attachment, object);
    PyObject *made = NULL;
    if (whole && read_geometry(state, geometry, &whole->view, &window) == 0)
        made = ndarray_window(whole, &window);
    Py_XDECREF(whole);
    return made;
}

PyObject *ndarray_rebuild_detached(ModuleState *state, PyObject *dtype, PyObject *shape, PyObject *bytes)
{
    shoal_dtype parsed;
    size_t ndim;
    int64_t lengths[SHOAL_MAX_DIMS];
    if (arg_dtype(state, dtype, &parsed) < 0 || arg_shape(shape, &ndim, lengths) < 0)
        return NULL;
    NdArrayObject *self = ndarray_detached_like(state, parsed, ndim, lengths);
    if (!self)
        return NULL;
    int status = shoal_view_unpack(&self->view, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    if (status >= 0)
        return (PyObject *)self;
    Py_DECREF(self);
    return raise_status(state, status);
}
