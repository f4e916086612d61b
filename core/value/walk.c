#include "value/walk.h"

/* Can axis `i` of both views be merged with axis `last` of the walk, the one gathered before it? */
static bool joins(const struct shoal__walk *walk, size_t last, const shoal_view *a, const shoal_view *b, uint32_t i)
{
    return walk->strides[0][last] == a->strides[i] * a->shape[i] &&
           walk->strides[1][last] == b->strides[i] * b->shape[i];
}

/* Gather the axes, without those of length 1, merging neighbours where possible; returns how many axes remain. */
static size_t gather_axes(struct shoal__walk *walk, const shoal_view *a, const shoal_view *b)
{
    size_t n = 0;
    for (uint32_t i = 0; i < a->ndim; i++) {
        if (a->shape[i] == 1)
            continue;
        bool joined = n > 0 && joins(walk, n - 1, a, b, i);
        size_t axis = joined ? n - 1 : n++;
        walk->shape[axis] = joined ? walk->shape[axis] * a->shape[i] : a->shape[i];
        walk->strides[0][axis] = a->strides[i];
        walk->strides[1][axis] = b->strides[i];
    }
    return n;
}

bool shoal__walk_first(struct shoal__walk *walk, const shoal_view *a, const shoal_view *b)
{
    if (shoal_view_size(a) == 0)
        return false;
    size_t n = gather_axes(walk, a, b);
    walk->at[0] = a->data;
    walk->at[1] = b->data;
    walk->outer = n > 0 ? n - 1 : 0;
    walk->count = n > 0 ? (size_t)walk->shape[n - 1] : 1;
    walk->step[0] = n > 0 ? walk->strides[0][n - 1] : (int64_t)a->dtype.itemsize;
    walk->step[1] = n > 0 ? walk->strides[1][n - 1] : (int64_t)b->dtype.itemsize;
    for (size_t i = 0; i < walk->outer; i++)
        walk->index[i] = 0;
    return true;
}

bool shoal__walk_next(struct shoal__walk *walk)
{
    for (size_t i = walk->outer; i-- > 0;) {
        walk->at[0] += walk->strides[0][i];
        walk->at[1] += walk->strides[1][i];
        if (++walk->index[i] < walk->shape[i])
            return true;
        walk->at[0] -= walk->strides[0][i] * walk->shape[i];
        walk->at[1] -= walk->strides[1][i] * walk->shape[i];
        walk->index[i] = 0;
    }
    return false;
}
