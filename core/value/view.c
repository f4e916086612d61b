/*
 * The geometry of views: shapes, strides, indices and slices. No element is touched here.
 */
#include <inttypes.h>
#include <string.h>

#include "value/dtype.h"
#include "value/status.h"

#define NBYTES_LIMIT ((uint64_t)1 << 47)

/* The size in bytes of a C-contiguous array, where an axis of length 0 counts as 1: so no stride overflows, either. */
static int extent(uint64_t *out, shoal_dtype dtype, size_t ndim, const int64_t *shape)
{
    uint64_t product = dtype.itemsize;
    for (size_t i = 0; i < ndim; i++) {
        if (shape[i] < 0)
            return shoal__fail(SHOAL_EVALUE, "the shape has the negative length %" PRId64 " in axis %zu", shape[i], i);
        if (shape[i] > 0 && (uint64_t)shape[i] > NBYTES_LIMIT / product)
            return shoal__fail(SHOAL_EVALUE, "the shape makes an array of more than 2^47 bytes");
        product *= shape[i] > 0 ? (uint64_t)shape[i] : 1;
    }
    *out = product;
    return SHOAL_OK;
}

int shoal_view_init(shoal_view *out, uint64_t *nbytes, shoal_dtype dtype, size_t ndim, const int64_t *shape)
{
    uint64_t bytes = 0;
    *nbytes = 0;
    out->data = NULL;
    out->dtype = dtype;
    out->ndim = 0;
    out->readonly = false;
    if (!shoal__dtype_valid(dtype))
        return shoal__fail(SHOAL_EVALUE, "there is no dtype with number %" PRIu32 " and an item size of %" PRIu32,
                           dtype.number, dtype.itemsize);
    if (ndim > SHOAL_MAX_DIMS)
        return shoal__fail(SHOAL_EVALUE, "the shape has %zu dimensions; at most %d are allowed", ndim, SHOAL_MAX_DIMS);
    int status = extent(&bytes, dtype, ndim, shape);
    if (status < 0)
        return status;
    int64_t stride = (int64_t)dtype.itemsize;
    bool empty = false;
    for (size_t i = ndim; i-- > 0;) {
        out->shape[i] = shape[i];
        out->strides[i] = stride;
        stride *= shape[i] > 0 ? shape[i] : 1;
        empty = empty || shape[i] == 0;
    }
    out->ndim = (uint32_t)ndim;
    *nbytes = empty ? 0 : bytes;
    return SHOAL_OK;
}

uint64_t shoal_view_size(const shoal_view *view)
{
    uint64_t size = 1;
    for (uint32_t i = 0; i < view->ndim; i++)
        size *= (uint64_t)view->shape[i];
    return size;
}

bool shoal_view_contiguous(const shoal_view *view)
{
    bool dense = true;
    int64_t stride = (int64_t)view->dtype.itemsize;
    for (uint32_t i = view->ndim; i-- > 0;) {
        if (view->shape[i] == 0)
            return true;
        dense = dense && (view->shape[i] == 1 || view->strides[i] == stride);
        stride *= view->shape[i];
    }
    return dense;
}

/* A negative index counts from the end. */
static int resolve(int64_t *index, size_t axis, int64_t length)
{
    int64_t given = *index;
    if (given < -length || given >= length)
        return shoal__fail(SHOAL_EINDEX, "index %" PRId64 " is out of range for axis %zu with length %" PRId64, given,
                           axis, length);
    if (given < 0)
        *index = given + length;
    return SHOAL_OK;
}

int shoal_view_index(shoal_view *view, int64_t index)
{
    if (view->ndim == 0)
        return shoal__fail(SHOAL_EINDEX, "too many indices: the array has no dimension left to index");
    int status = resolve(&index, 0, view->shape[0]);
    if (status < 0)
        return status;
    view->data += index * view->strides[0];
    view->ndim--;
    memmove(view->shape, view->shape + 1, view->ndim * sizeof view->shape[0]);
    memmove(view->strides, view->strides + 1, view->ndim * sizeof view->strides[0]);
    return SHOAL_OK;
}

/* Is start + (count - 1) * step within [0, length), without overflow? count > 0. */
static bool slice_fits(int64_t length, int64_t start, int64_t step, int64_t count)
{
    if (start < 0 || start >= length)
        return false;
    if (count == 1 || step == 0)
        return true;
    if (step > 0)
        return count - 1 <= (length - 1 - start) / step;
    return step > -length && count - 1 <= start / -step;
}

int shoal_view_slice(shoal_view *view, size_t axis, int64_t start, int64_t step, int64_t count)
{
    if (axis >= view->ndim)
        return shoal__fail(SHOAL_EINDEX, "there is no axis %zu in an array of %" PRIu32 " dimensions", axis,
                           view->ndim);
    if (count < 0 || (count > 0 && !slice_fits(view->shape[axis], start, step, count)))
        return shoal__fail(SHOAL_EINDEX,
                           "%" PRId64 " items from %" PRId64 " in steps of %" PRId64
                           " are out of range for axis %zu with length %" PRId64,
                           count, start, step, axis, view->shape[axis]);
    if (count > 0)
        view->data += start * view->strides[axis];
    if (count > 1)
        view->strides[axis] *= step;
    view->shape[axis] = count;
    return SHOAL_OK;
}

int shoal_view_at(unsigned char **out, const shoal_view *view, size_t count, const int64_t *index)
{
    unsigned char *at = view->data;
    *out = NULL;
    if (count != view->ndim)
        return shoal__fail(SHOAL_EINDEX, "%zu indices were given for an array of %" PRIu32 " dimensions", count,
                           view->ndim);
    for (size_t axis = 0; axis < count; axis++) {
        int64_t i = index[axis];
        int status = resolve(&i, axis, view->shape[axis]);
        if (status < 0)
            return status;
        at += i * view->strides[axis];
    }
    *out = at;
    return SHOAL_OK;
}
