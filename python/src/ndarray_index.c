/* a[i], a[i, j], a[2:5], a[...] and assignment to them. Windows, never copies. */
#include "errors.h"
#include "foreign.h"
#include "gil.h"
#include "ndarray.h"
#include "scalar.h"

/* ---- What a key names: an element, or a window ---------------------------------------------------- */

typedef struct Selection {
    shoal_view view; /* the axes still open */
    uint32_t axis;   /* of `view`, that the next part of the key is for */
    uint32_t asked;  /* of the array, for messages */
    bool window;     /* a slice or ... was among the parts: never a bare element */
} Selection;

static int raise_index(int64_t index, uint32_t axis, int64_t length)
{
    PyErr_Format(PyExc_IndexError, "index %lld is out of bounds for axis %u with length %lld", (long long)index, axis,
                 (long long)length);
    return -1;
}

/* numpy's bool says that it is a number, too, and means a mask. */
static bool is_index(ModuleState *state, PyObject *part)
{
    return PyLong_CheckExact(part) || (PyIndex_Check(part) && !PyBool_Check(part) && !is_numpy_bool(state, part));
}

static int refuse_index(PyObject *part)
{
    PyErr_Format(
        PyExc_IndexError,
        "an index must be an int, a slice, ... or a tuple of these, not %.100s (numpy.asarray(a) takes the rest)",
        Py_TYPE(part)->tp_name);
    return -1;
}

static int read_index(ModuleState *state, PyObject *part, int64_t *index)
{
    if (!is_index(state, part))
        return refuse_index(part);
    *index = PyNumber_AsSsize_t(part, PyExc_IndexError);
    if (*index != -1 || !PyErr_Occurred())
        return 0;
    return PyErr_ExceptionMatches(PyExc_TypeError) ? refuse_index(part) : -1; /* an array of one bool, say */
}

static int select_index(ModuleState *state, Selection *selection, PyObject *part)
{
    shoal_view *view = &selection->view;
    uint32_t axis = selection->axis;
    int64_t given, length = view->shape[axis];
    if (read_index(state, part, &given) < 0)
        return -1;
    int64_t index = given < 0 ? given + length : given;
    if (index < 0 || index >= length)
        return raise_index(given, selection->asked, length);
    view->data += index * view->strides[axis];
    view->ndim--;
    memmove(view->shape + axis, view->shape + axis + 1, (view->ndim - axis) * sizeof *view->shape);
    memmove(view->strides + axis, view->strides + axis + 1, (view->ndim - axis) * sizeof *view->strides);
    selection->asked++;
    return 0;
}

static int select_slice(ModuleState *state, Selection *selection, PyObject *part)
{
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(part, &start, &stop, &step) < 0)
        return -1;
    Py_ssize_t count = PySlice_AdjustIndices(selection->view.shape[selection->axis], &start, &stop, step);
    int status =
        shoal_view_slice(&selection->view, selection->axis, count > 0 ? start : 0, count > 0 ? step : 1, count);
    if (status < 0) {
        raise_status(state, status);
        return -1;
    }
    selection->axis++;
    selection->asked++;
    selection->window = true;
    return 0;
}

static int select_part(ModuleState *state, Selection *selection, PyObject *part, uint32_t skipped)
{
    if (part == Py_Ellipsis) {
        selection->axis += skipped;
        selection->asked += skipped;
        selection->window = true;
        return 0;
    }
    if (selection->axis >= selection->view.ndim) {
        PyErr_Format(PyExc_IndexError, "too many indices for an array of %u dimensions", selection->asked);
        return -1;
    }
    return PySlice_Check(part) ? select_slice(state, selection, part) : select_index(state, selection, part);
}

/* How many axes the ... among `parts` stands for. */
static int count_skipped(PyObject *const *parts, Py_ssize_t count, uint32_t ndim, uint32_t *skipped)
{
    Py_ssize_t ellipses = 0;
    for (Py_ssize_t i = 0; i < count; i++)
        ellipses += parts[i] == Py_Ellipsis;
    if (ellipses > 1) {
        PyErr_SetString(PyExc_IndexError, "an index can have only one ...");
        return -1;
    }
    Py_ssize_t named = count - ellipses;
    if (named > (Py_ssize_t)ndim) {
        PyErr_Format(PyExc_IndexError, "too many indices: the array has %u dimensions, but %zd were indexed", ndim,
                     named);
        return -1;
    }
    *skipped = ndim - (uint32_t)named;
    return 0;
}

static int select_key(ModuleState *state, Selection *selection, const shoal_view *view, PyObject *key)
{
    PyObject *const *parts = PyTuple_Check(key) ? ((PyTupleObject *)key)->ob_item : &key;
    Py_ssize_t count = PyTuple_Check(key) ? PyTuple_GET_SIZE(key) : 1;
    uint32_t skipped;
    selection->view = *view;
    selection->axis = selection->asked = 0;
    selection->window = false;
    if (count_skipped(parts, count, view->ndim, &skipped) < 0)
        return -1;
    for (Py_ssize_t i = 0; i < count; i++)
        if (select_part(state, selection, parts[i], skipped) < 0)
            return -1;
    selection->window = selection->window || selection->view.ndim > 0;
    return 0;
}

/* ---- Reading ------------------------------------------------------------------------------------ */

/* float64 and int64, which are in nearly every array, without the way through a scalar. */
static inline PyObject *load(const shoal_view *view, const unsigned char *at)
{
    shoal_scalar scalar;
    if (view->dtype.number == SHOAL_FLOAT64) {
        memcpy(&scalar.re, at, sizeof scalar.re);
        return PyFloat_FromDouble(scalar.re);
    }
    if (view->dtype.number == SHOAL_INT64) {
        memcpy(&scalar.i, at, sizeof scalar.i);
        return PyLong_FromLongLong(scalar.i);
    }
    shoal_scalar_load(&scalar, view->dtype, at);
    return scalar_to_python(&scalar);
}

/* The common case, a[i] of one dimension: no Selection. NULL without exception: take the long way. */
static unsigned char *element(NdArrayObject *self, PyObject *key)
{
    const shoal_view *view = &self->view;
    if (view->ndim != 1 || !PyLong_CheckExact(key) || *self->lost)
        return NULL;
    Py_ssize_t index = PyLong_AsSsize_t(key);
    if (index == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return NULL;
    }
    index += index < 0 ? (Py_ssize_t)view->shape[0] : 0;
    return index >= 0 && index < view->shape[0] ? view->data + index * view->strides[0] : NULL;
}

PyObject *ndarray_subscript(NdArrayObject *self, PyObject *key)
{
    unsigned char *at = element(self, key);
    if (at)
        return load(&self->view, at);
    Selection selection;
    const shoal_view *view = ndarray_view(self);
    if (!view || select_key(state_of(self), &selection, view, key) < 0)
        return NULL;
    if (!selection.window)
        return load(&selection.view, selection.view.data);
    return ndarray_window(self, &selection.view);
}

/* For iteration and PySequence_GetItem, which has added the length to a negative index already. */
PyObject *ndarray_item(NdArrayObject *self, Py_ssize_t index)
{
    const shoal_view *view = ndarray_view(self);
    if (!view)
        return NULL;
    if (view->ndim == 0 || index < 0 || index >= view->shape[0]) {
        PyErr_SetString(PyExc_IndexError, "index out of bounds");
        return NULL;
    }
    if (view->ndim == 1)
        return load(view, view->data + index * view->strides[0]);
    shoal_view row = *view;
    int status = shoal_view_index(&row, index);
    return status < 0 ? raise_status(state_of(self), status) : ndarray_window(self, &row);
}

static PyObject *list_axis(const shoal_view *view, uint32_t axis, unsigned char *at)
{
    if (axis == view->ndim)
        return load(view, at);
    PyObject *list = PyList_New((Py_ssize_t)view->shape[axis]);
    for (int64_t i = 0; list && i < view->shape[axis]; i++) {
        PyObject *item = list_axis(view, axis + 1, at + i * view->strides[axis]);
        if (item)
            PyList_SET_ITEM(list, i, item);
        else
            Py_CLEAR(list);
    }
    return list;
}

PyObject *ndarray_tolist(NdArrayObject *self, PyObject *Py_UNUSED(unused))
{
    const shoal_view *view = ndarray_view(self);
    return view ? list_axis(view, 0, view->data) : NULL;
}

/* ---- Assignment --------------------------------------------------------------------------------- */

static inline int store(ModuleState *state, const shoal_view *view, unsigned char *at, PyObject *value)
{
    shoal_scalar scalar;
    if (view->dtype.number == SHOAL_FLOAT64 && PyFloat_CheckExact(value)) {
        double real = PyFloat_AS_DOUBLE(value);
        memcpy(at, &real, sizeof real);
        return 0;
    }
    if (scalar_from_python(state, &scalar, value) < 0)
        return -1;
    int status = shoal_scalar_store(at, view->dtype, &scalar);
    if (status < 0)
        raise_status(state, status);
    return status < 0 ? -1 : 0;
}

static int store_list(ModuleState *state, const shoal_view *view, uint32_t axis, unsigned char *at, PyObject *value);

static int store_items(ModuleState *state, const shoal_view *view, uint32_t axis, unsigned char *at, PyObject *value)
{
    Py_ssize_t count = PySequence_Fast_GET_SIZE(value);
    if (count != view->shape[axis]) {
        raise_text(state, SHOAL_EMISMATCH, "axis %u has length %lld, but the list has %zd items", axis,
                   (long long)view->shape[axis], count);
        return -1;
    }
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        if (PySequence_Fast_GET_SIZE(value) != count) {
            PyErr_SetString(PyExc_RuntimeError, "the list changed while it was copied");
            return -1;
        }
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(value, i));
        result = store_list(state, view, axis + 1, at + i * view->strides[axis], item);
        Py_DECREF(item);
    }
    return result;
}

/* Nested lists into a contiguous array of the same shape; a list that other threads change is one that it was at some time. */
static int store_list(ModuleState *state, const shoal_view *view, uint32_t axis, unsigned char *at, PyObject *value)
{
    int result;
    if (axis == view->ndim)
        return store(state, view, at, value);
    if (PyTuple_Check(value))
        return store_items(state, view, axis, at, value);
    if (!PyList_Check(value)) {
        PyErr_Format(PyExc_TypeError, "expected a list for axis %u, got %.100s", axis, Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_BEGIN_CRITICAL_SECTION(value)
        ;
        result = store_items(state, view, axis, at, value);
    Py_END_CRITICAL_SECTION();
    return result;
}

/* By way of private memory, so that a bad item in the middle leaves everything as it was. */
static int assign_list(ModuleState *state, const shoal_view *view, PyObject *value)
{
    shoal_view copy;
    uint64_t nbytes;
    int status = shoal_view_init(&copy, &nbytes, view->dtype, view->ndim, view->shape);
    if (status < 0) {
        raise_status(state, status);
        return -1;
    }
    Memory *memory = memory_new(nbytes);
    if (!memory)
        return -1;
    copy.data = memory_bytes(memory);
    int result = store_list(state, &copy, 0, copy.data, value);
    if (result == 0)
        result = assign_view(state, NULL, view, &copy);
    memory_release(memory);
    return result;
}

static int fill(ModuleState *state, const shoal_view *view, const shoal_scalar *scalar)
{
    bool given_up = view_nbytes(view) >= BIG;
    if (given_up)
        gil_give_up();
    int status = shoal_view_fill(view, scalar);
    if (given_up)
        gil_take_back();
    if (status < 0)
        raise_status(state, status);
    return status < 0 ? -1 : 0;
}

static int assign_foreign(NdArrayObject *self, const shoal_view *view, PyObject *value)
{
    Foreign foreign;
    shoal_scalar scalar;
    ModuleState *state = state_of(self);
    int found = foreign_acquire(state, &foreign, value);
    if (found < 0)
        return -1;
    if (found == 0) {
        PyErr_Format(PyExc_TypeError, "expected a number, a list or an array, got %.100s", Py_TYPE(value)->tp_name);
        return -1;
    }
    int result;
    if (foreign.view.ndim == 0 && view->ndim > 0) {
        shoal_scalar_load(&scalar, foreign.view.dtype, foreign.view.data);
        result = fill(state, view, &scalar);
    } else {
        result = assign_view(state, self->object, view, &foreign.view);
    }
    foreign_release(&foreign);
    return result;
}

static int assign_window(NdArrayObject *self, const shoal_view *view, PyObject *value)
{
    ModuleState *state = state_of(self);
    if (PyList_Check(value) || PyTuple_Check(value))
        return assign_list(state, view, value);
    shoal_scalar scalar;
    int found = scalar_try_python(state, &scalar, value);
    if (found != 0)
        return found < 0 ? -1 : fill(state, view, &scalar);
    return assign_foreign(self, view, value);
}

int ndarray_check_writable(NdArrayObject *self)
{
    if (!self->view.readonly)
        return 0;
    raise_text(state_of(self), SHOAL_EREADONLY,
               self->memory ? "this array is a frame that was read, which stays as it is: write to a copy()"
                            : "this array is attached readonly: open the segment without readonly=True to write to it");
    return -1;
}

int ndarray_ass_subscript(NdArrayObject *self, PyObject *key, PyObject *value)
{
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "elements of an array cannot be deleted");
        return -1;
    }
    if (ndarray_check_writable(self) < 0)
        return -1;
    ModuleState *state = state_of(self);
    unsigned char *at = element(self, key);
    if (at)
        return store(state, &self->view, at, value);
    Selection selection;
    const shoal_view *view = ndarray_view(self);
    if (!view || select_key(state, &selection, view, key) < 0)
        return -1;
    if (!selection.window)
        return store(state, &selection.view, selection.view.data, value);
    return assign_window(self, &selection.view, value);
}

PyObject *ndarray_fill(NdArrayObject *self, PyObject *value)
{
    shoal_scalar scalar;
    ModuleState *state = state_of(self);
    if (ndarray_check_writable(self) < 0 || scalar_from_python(state, &scalar, value) < 0)
        return NULL;
    const shoal_view *view = ndarray_view(self);
    if (!view || fill(state, view, &scalar) < 0)
        return NULL;
    Py_RETURN_NONE;
}
