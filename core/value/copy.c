/*
 * Operations on all elements of a view: fill, assign, pack, unpack.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "value/convert.h"
#include "value/dtype.h"
#include "value/status.h"
#include "value/walk.h"

/* ---- Rows ----------------------------------------------------------------------------------- */

#define COPY_ITEMS(size)                                                                                               \
    do {                                                                                                               \
        for (size_t k = 0; k < n; k++, to += to_step, from += from_step) {                                             \
            unsigned char item[size];                                                                                  \
            memcpy(item, from, size);                                                                                  \
            memcpy(to, item, size);                                                                                    \
        }                                                                                                              \
        return;                                                                                                        \
    } while (0)

/* Copy items of the same size. */
static void copy_row(unsigned char *to, int64_t to_step, const unsigned char *from, int64_t from_step, size_t n,
                     size_t itemsize)
{
    if (to_step == (int64_t)itemsize && from_step == (int64_t)itemsize) {
        memmove(to, from, n * itemsize);
        return;
    }
    switch (itemsize) {
    case 1:
        COPY_ITEMS(1);
    case 2:
        COPY_ITEMS(2);
    case 4:
        COPY_ITEMS(4);
    case 8:
        COPY_ITEMS(8);
    case 16:
        COPY_ITEMS(16);
    default:
        for (size_t k = 0; k < n; k++, to += to_step, from += from_step)
            memmove(to, from, itemsize);
    }
}

/* Copy byte strings of `from_size` bytes to ones of `to_size`: cut, or padded with NULs. */
static void resize_row(unsigned char *to, int64_t to_step, size_t to_size, const unsigned char *from, int64_t from_step,
                       size_t from_size, size_t n)
{
    size_t kept = to_size < from_size ? to_size : from_size;
    for (size_t k = 0; k < n; k++, to += to_step, from += from_step) {
        memmove(to, from, kept);
        memset(to + kept, 0, to_size - kept);
    }
}

static void convert_row(unsigned char *to, int64_t to_step, shoal_dtype to_dtype, const unsigned char *from,
                        int64_t from_step, shoal_dtype from_dtype, size_t n)
{
    union shoal__block block;
    while (n > 0) {
        size_t some = n < SHOAL__BLOCK ? n : SHOAL__BLOCK;
        shoal__block_load(&block, from_dtype, from, from_step, some);
        shoal__block_store(to, to_step, to_dtype, &block, from_dtype, some);
        from += (int64_t)some * from_step;
        to += (int64_t)some * to_step;
        n -= some;
    }
}

/* The views must not overlap, or must be the same memory. */
static void copy_all(const shoal_view *to, const shoal_view *from)
{
    struct shoal__walk walk;
    shoal_dtype target = to->dtype, source = from->dtype;
    for (bool more = shoal__walk_first(&walk, to, from); more; more = shoal__walk_next(&walk)) {
        if (shoal__dtype_equal(target, source))
            copy_row(walk.at[0], walk.step[0], walk.at[1], walk.step[1], walk.count, target.itemsize);
        else if (target.number == SHOAL_BYTES)
            resize_row(walk.at[0], walk.step[0], target.itemsize, walk.at[1], walk.step[1], source.itemsize,
                       walk.count);
        else
            convert_row(walk.at[0], walk.step[0], target, walk.at[1], walk.step[1], source, walk.count);
    }
}

/* ---- Pack and unpack ------------------------------------------------------------------------ */

/* Make a view of C-order bytes with the shape and dtype of `view`, which need no check again. */
static void packed_like(shoal_view *out, const shoal_view *view, const void *bytes)
{
    int64_t stride = (int64_t)view->dtype.itemsize;
    out->data = (unsigned char *)(uintptr_t)bytes;
    out->dtype = view->dtype;
    out->ndim = view->ndim;
    out->readonly = false;
    for (uint32_t i = view->ndim; i-- > 0;) {
        out->shape[i] = view->shape[i];
        out->strides[i] = stride;
        stride *= view->shape[i] > 0 ? view->shape[i] : 1;
    }
}

void shoal_view_pack(void *out, const shoal_view *view)
{
    shoal_view packed;
    packed_like(&packed, view, out);
    copy_all(&packed, view);
}

static int check_writable(const shoal_view *view)
{
    return view->readonly ? shoal__fail(SHOAL_EREADONLY, "the array is attached readonly") : SHOAL_OK;
}

int shoal_view_unpack(const shoal_view *view, const void *bytes, size_t size)
{
    shoal_view packed;
    uint64_t wanted = shoal_view_size(view) * view->dtype.itemsize;
    int status = check_writable(view);
    if (status < 0)
        return status;
    if (size != wanted)
        return shoal__fail(SHOAL_EVALUE, "the array has %" PRIu64 " bytes, and %zu were given", wanted, size);
    packed_like(&packed, view, bytes);
    copy_all(view, &packed);
    return SHOAL_OK;
}

/* ---- Fill ----------------------------------------------------------------------------------- */

static int fill_bytes(const shoal_view *view, const shoal_scalar *value)
{
    struct shoal__walk walk;
    for (bool more = shoal__walk_first(&walk, view, view); more; more = shoal__walk_next(&walk)) {
        unsigned char *at = walk.at[0];
        for (size_t k = 0; k < walk.count; k++, at += walk.step[0]) {
            int status = shoal_scalar_store(at, view->dtype, value);
            if (status < 0) /* only the first store can fail: nothing has changed */
                return status;
        }
    }
    return SHOAL_OK;
}

int shoal_view_fill(const shoal_view *view, const shoal_scalar *value)
{
    unsigned char item[16]; /* every dtype but BYTES */
    int status = check_writable(view);
    if (status < 0)
        return status;
    if (view->dtype.number == SHOAL_BYTES)
        return fill_bytes(view, value);
    status = shoal_scalar_store(item, view->dtype, value);
    if (status < 0)
        return status;
    shoal_view all = *view; /* strides of 0: the one item for all elements */
    all.data = item;
    memset(all.strides, 0, sizeof all.strides);
    copy_all(view, &all);
    return SHOAL_OK;
}

/* ---- Assign --------------------------------------------------------------------------------- */

struct shoal__range shoal__view_range(const shoal_view *view)
{
    struct shoal__range range = {(uintptr_t)view->data, (uintptr_t)view->data + view->dtype.itemsize};
    for (uint32_t i = 0; i < view->ndim; i++) {
        int64_t span = (view->shape[i] - 1) * view->strides[i];
        if (span < 0)
            range.first -= (uintptr_t)-span;
        else
            range.end += (uintptr_t)span;
    }
    return range;
}

static bool same_place(const shoal_view *a, const shoal_view *b)
{
    size_t strides = a->ndim * sizeof a->strides[0];
    return a->data == b->data && a->dtype.itemsize == b->dtype.itemsize && memcmp(a->strides, b->strides, strides) == 0;
}

/* Would reading an element of `from` see what was written to `to` for another element? */
static bool interfere(const shoal_view *to, const shoal_view *from)
{
    struct shoal__range a = shoal__view_range(to), b = shoal__view_range(from);
    if (a.first >= b.end || b.first >= a.end || same_place(to, from))
        return false;
    bool memmove_does_it =
        shoal__dtype_equal(to->dtype, from->dtype) && shoal_view_contiguous(to) && shoal_view_contiguous(from);
    return !memmove_does_it;
}

static int assign_through_copy(const shoal_view *to, const shoal_view *from)
{
    shoal_view packed;
    size_t size = (size_t)(shoal_view_size(from) * from->dtype.itemsize);
    void *copy = malloc(size);
    if (copy == NULL)
        return shoal__fail(SHOAL_ENOMEM, "no memory for a copy of %zu bytes, which overlapping arrays need", size);
    packed_like(&packed, from, copy);
    copy_all(&packed, from);
    copy_all(to, &packed);
    free(copy);
    return SHOAL_OK;
}

static int check_assignable(const shoal_view *to, const shoal_view *from)
{
    char target[16], source[16];
    if (to->ndim != from->ndim)
        return shoal__fail(SHOAL_EMISMATCH, "an array of %" PRIu32 " dimensions cannot be assigned to one of %" PRIu32,
                           from->ndim, to->ndim);
    for (uint32_t i = 0; i < to->ndim; i++)
        if (to->shape[i] != from->shape[i])
            return shoal__fail(SHOAL_EMISMATCH,
                               "axis %" PRIu32 " has length %" PRId64 " in the array assigned and %" PRId64
                               " in the array assigned to",
                               i, from->shape[i], to->shape[i]);
    if (!shoal__dtype_converts(to->dtype, from->dtype))
        return shoal__fail(SHOAL_EMISMATCH, "%s does not convert to %s", shoal_dtype_name(from->dtype, source),
                           shoal_dtype_name(to->dtype, target));
    return check_writable(to);
}

int shoal_view_assign(const shoal_view *to, const shoal_view *from)
{
    int status = check_assignable(to, from);
    if (status < 0 || shoal_view_size(to) == 0)
        return status;
    if (interfere(to, from))
        return assign_through_copy(to, from);
    copy_all(to, from);
    return SHOAL_OK;
}
