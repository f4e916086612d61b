/* Compares the elements of two views. */
#include <string.h>

#include "value/dtype.h"
#include "value/walk.h"

static bool same_geometry(const shoal_view *one, const shoal_view *other)
{
    return shoal__dtype_equal(one->dtype, other->dtype) && one->ndim == other->ndim &&
           memcmp(one->shape, other->shape, one->ndim * sizeof *one->shape) == 0;
}

static bool same_memory(const shoal_view *one, const shoal_view *other)
{
    return one->data == other->data && memcmp(one->strides, other->strides, one->ndim * sizeof *one->strides) == 0;
}

/* Does each value of this dtype have only one representation? */
static bool is_plain(shoal_dtype dtype)
{
    enum shoal__family family = shoal__dtype_family(dtype);
    return family == SHOAL__FAMILY_INT || family == SHOAL__FAMILY_UINT || family == SHOAL__FAMILY_BYTES;
}

static bool equal_numbers(shoal_dtype dtype, const unsigned char *a, const unsigned char *b)
{
    shoal_scalar one, other;
    shoal_scalar_load(&one, dtype, a);
    shoal_scalar_load(&other, dtype, b);
    if (one.type == SHOAL_SCALAR_BOOL)
        return (one.i != 0) == (other.i != 0);
    return one.re == other.re && (one.type != SHOAL_SCALAR_COMPLEX || one.im == other.im);
}

static bool equal_rows(const struct shoal__walk *walk, shoal_dtype dtype, bool plain)
{
    const unsigned char *a = walk->at[0], *b = walk->at[1];
    for (size_t k = 0; k < walk->count; k++, a += walk->step[0], b += walk->step[1])
        if (plain ? memcmp(a, b, dtype.itemsize) != 0 : !equal_numbers(dtype, a, b))
            return false;
    return true;
}

bool shoal_view_equal(const shoal_view *one, const shoal_view *other)
{
    struct shoal__walk walk;
    if (!same_geometry(one, other))
        return false;
    if (same_memory(one, other))
        return true;
    bool plain = is_plain(one->dtype);
    for (bool more = shoal__walk_first(&walk, one, other); more; more = shoal__walk_next(&walk))
        if (!equal_rows(&walk, one->dtype, plain))
            return false;
    return true;
}
