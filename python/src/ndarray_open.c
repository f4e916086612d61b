/* An NdArray by its name: Segment.array(), and segment[name] = array, which is copied into the one that is there. */
#include "args.h"
#include "errors.h"
#include "foreign.h"
#include "gil.h"
#include "handle.h"
#include "ndarray.h"

/* ---- array() -------------------------------------------------------------------------------------- */

static PyObject *open_array(SegmentObject *self, Attachment *attachment, Name name)
{
    shoal_object *object;
    if (open_kind(state_of(self), attachment, name, SHOAL_KIND_NDARRAY, &object) < 0)
        return NULL;
    return ndarray_wrap(state_of(self), attachment, object);
}

/* array(name, dtype=...) without a shape: open, and insist on the dtype. */
static PyObject *open_array_of(SegmentObject *self, Attachment *attachment, Name name, shoal_dtype dtype)
{
    PyObject *array = open_array(self, attachment, name);
    if (!array)
        return NULL;
    shoal_dtype found = ((NdArrayObject *)array)->view.dtype;
    if (found.number == dtype.number && found.itemsize == dtype.itemsize)
        return array;
    char is[16], asked[16];
    raise_text(state_of(self), SHOAL_EMISMATCH, "the NdArray '%s' is of %s, not of %s", name.text,
               shoal_dtype_name(found, is), shoal_dtype_name(dtype, asked));
    Py_DECREF(array);
    return NULL;
}

PyObject *ndarray_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "shape", "dtype", NULL};
    static const Signature signature = {"array", names, 3, 1};
    PyObject *given[3];
    Name name;
    shoal_dtype dtype = {SHOAL_FLOAT64, 8};
    size_t ndim;
    int64_t shape[SHOAL_MAX_DIMS];
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0)
        return NULL;
    bool has_shape = given[1] && given[1] != Py_None, has_dtype = given[2] && given[2] != Py_None;
    if ((has_dtype && arg_dtype(state_of(self), given[2], &dtype) < 0) ||
        (has_shape && arg_shape(given[1], &ndim, shape) < 0))
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    if (!has_shape) {
        PyObject *array = has_dtype ? open_array_of(self, attachment, name, dtype) : open_array(self, attachment, name);
        attachment_release(attachment);
        return array;
    }
    shoal_object *object;
    int status;
    WITHOUT_GIL(status = shoal_array_open(&object, attachment->segment, name.text, name.length, dtype, ndim, shape));
    return segment_opened(self, attachment, object, status);
}

/* ---- Assignment to the name ----------------------------------------------------------------------- */

static bool equal_shape(const shoal_view *one, const shoal_view *other)
{
    return one->ndim == other->ndim && memcmp(one->shape, other->shape, one->ndim * sizeof *one->shape) == 0;
}

int ndarray_store(ModuleState *state, shoal_object *object, const shoal_view *from)
{
    shoal_view to;
    int status = shoal_array_view(&to, object);
    if (status < 0) {
        raise_status(state, status);
        return -1;
    }
    if (equal_shape(&to, from) && to.dtype.number == from->dtype.number && to.dtype.itemsize == from->dtype.itemsize)
        return assign_view(state, object, &to, from);
    char ours[16], theirs[16];
    raise_text(state, SHOAL_EMISMATCH,
               "'%s' is an NdArray of %s with %u dimensions: only an array of equal dtype and shape can be assigned to "
               "it, not one of %s with %u; remove it first to store something else under its name",
               shoal_object_name(object, NULL), shoal_dtype_name(to.dtype, ours), to.ndim,
               shoal_dtype_name(from->dtype, theirs), from->ndim);
    return -1;
}
