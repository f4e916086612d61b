/* What iter(array) gives. One of its own: CPython's for sequences is not made for threads that share one (3.13t). */
#include "errors.h"
#include "ndarray.h"
#include "scalar.h"
#include "types.h"

typedef struct IteratorObject {
    PyObject_HEAD
    NdArrayObject *array;
    Py_ssize_t next; /* the index of what comes next, or more than there are; drawn by draw() */
} IteratorObject;

PyObject *ndarray_iter(NdArrayObject *self)
{
    if (self->view.ndim == 0) {
        PyErr_SetString(PyExc_TypeError, "an array without dimensions cannot be iterated over");
        return NULL;
    }
    IteratorObject *made = PyObject_New(IteratorObject, state_of(self)->iterator_type);
    if (!made)
        return NULL;
    made->array = (NdArrayObject *)Py_NewRef((PyObject *)self);
    made->next = 0;
    return (PyObject *)made;
}

static void iterator_dealloc(IteratorObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(self->array);
    PyObject_Free(self);
    Py_DECREF(type);
}

static Py_ssize_t length_of(const IteratorObject *self)
{
    return (Py_ssize_t)self->array->view.shape[0];
}

static Py_ssize_t next_of(IteratorObject *self)
{
    Py_ssize_t next = __atomic_load_n(&self->next, __ATOMIC_RELAXED), length = length_of(self);
    return next < length ? next : length;
}

/* Threads that share it get each element once. */
static PyObject *iterator_next(IteratorObject *self)
{
    if (next_of(self) == length_of(self))
        return NULL;
    Py_ssize_t index = FREE_THREADED ? __atomic_fetch_add(&self->next, 1, __ATOMIC_RELAXED) : self->next++;
    return index < length_of(self) ? ndarray_item(self->array, index) : NULL;
}

static PyObject *iterator_length_hint(IteratorObject *self, PyObject *Py_UNUSED(unused))
{
    return PyLong_FromSsize_t(length_of(self) - next_of(self));
}

/* As iter() of the window with the rest. */
static PyObject *iterator_reduce(IteratorObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_view rest = self->array->view;
    Py_ssize_t next = next_of(self), count = length_of(self) - next;
    PyObject *iter = PyDict_GetItemString(PyEval_GetBuiltins(), "iter");
    if (!iter)
        return PyErr_Format(PyExc_AttributeError, "there is no builtins.iter");
    int status = shoal_view_slice(&rest, 0, count > 0 ? next : 0, 1, count);
    if (status < 0)
        return raise_status(state_of(self), status);
    PyObject *window = ndarray_window(self->array, &rest);
    return window ? Py_BuildValue("O(N)", iter, window) : NULL;
}

static PyMethodDef iterator_methods[] = {
    METHOD("__length_hint__", iterator_length_hint, METH_NOARGS, "How many are still to come."),
    METHOD("__reduce__", iterator_reduce, METH_NOARGS, "Pickle as iter() of the rest."),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot iterator_slots[] = {
    {Py_tp_doc, PyDoc_STR("What iter() of an NdArray gives.")},
    {Py_tp_dealloc, iterator_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    {Py_tp_methods, iterator_methods},
    {0, NULL},
};

static PyType_Spec iterator_spec = {"shoal._NdArrayIterator", sizeof(IteratorObject), 0, TYPE_FLAGS, iterator_slots};

int ndarray_iter_init(PyObject *module, ModuleState *state)
{
    state->iterator_type = type_new(module, &iterator_spec);
    return state->iterator_type ? 0 : -1;
}
