/*
 * Sum, mean, minimum and maximum over all elements of a view.
 *
 * Floats of every width are summed in double precision: each row by numpy's pairwise summation, and the sums of the
 * rows pairwise, too. For a contiguous float64 array this is the very order in which numpy adds.
 */
#include <math.h>

#include "value/convert.h"
#include "value/dtype.h"
#include "value/status.h"
#include "value/walk.h"

/* ---- Whole numbers -------------------------------------------------------------------------- */

/* 128 bits in two's complement: no sum of 64-bit integers of one array overflows them. */
struct wide_sum {
    uint64_t low;
    int64_t high;
};

static inline void add_int(struct wide_sum *sum, int64_t value)
{
    uint64_t low = sum->low + (uint64_t)value;
    sum->high += (low < sum->low) - (value < 0);
    sum->low = low;
}

static inline void add_uint(struct wide_sum *sum, uint64_t value)
{
    uint64_t low = sum->low + value;
    sum->high += low < sum->low;
    sum->low = low;
}

/* `narrow`: items of at most 32 bits. The sum of a block of them fits 64 bits: one wide addition for all. */
static void add_int_block(struct wide_sum *sum, const int64_t *block, size_t n, bool narrow)
{
    int64_t total = 0;
    for (size_t k = 0; k < n; k++) {
        if (narrow)
            total += block[k];
        else
            add_int(sum, block[k]);
    }
    add_int(sum, total);
}

static void add_uint_block(struct wide_sum *sum, const uint64_t *block, size_t n, bool narrow)
{
    uint64_t total = 0;
    for (size_t k = 0; k < n; k++) {
        if (narrow)
            total += block[k];
        else
            add_uint(sum, block[k]);
    }
    add_uint(sum, total);
}

static void sum_integer_row(struct wide_sum *sum, shoal_dtype dtype, const unsigned char *at, int64_t step, size_t n)
{
    union shoal__block block;
    bool narrow = dtype.itemsize < 8;
    while (n > 0) {
        size_t some = n < SHOAL__BLOCK ? n : SHOAL__BLOCK;
        shoal__block_load(&block, dtype, at, step, some);
        if (shoal__dtype_family(dtype) == SHOAL__FAMILY_UINT)
            add_uint_block(sum, block.u, some, narrow);
        else
            add_int_block(sum, block.i, some, narrow);
        at += (int64_t)some * step;
        n -= some;
    }
}

static int sum_integers(shoal_scalar *out, const shoal_view *view)
{
    char name[16];
    struct wide_sum sum = {0, 0};
    struct shoal__walk walk;
    for (bool more = shoal__walk_first(&walk, view, view); more; more = shoal__walk_next(&walk))
        sum_integer_row(&sum, view->dtype, walk.at[0], walk.step[0], walk.count);
    bool is_unsigned = shoal__dtype_family(view->dtype) == SHOAL__FAMILY_UINT;
    int64_t fitting = !is_unsigned && sum.low > INT64_MAX ? -1 : 0;
    if (sum.high != fitting)
        return shoal__fail(SHOAL_EOVERFLOW, "the sum of the array of %s does not fit in 64 bits",
                           shoal_dtype_name(view->dtype, name));
    out->type = is_unsigned ? SHOAL_SCALAR_UINT : SHOAL_SCALAR_INT;
    out->u = is_unsigned ? sum.low : 0;
    out->i = is_unsigned ? 0 : (int64_t)sum.low;
    return SHOAL_OK;
}

/* ---- Floats --------------------------------------------------------------------------------- */

/* Sum at most SHOAL__BLOCK numbers, in eight independent chains that a processor can add in parallel. */
static double sum_leaf(const double *block, size_t n)
{
    double chain[8], sum = 0;
    size_t k = 0;
    if (n >= 8) {
        for (; k < 8; k++)
            chain[k] = block[k];
        for (; k + 8 <= n; k += 8)
            for (size_t j = 0; j < 8; j++)
                chain[j] += block[k + j];
        sum = ((chain[0] + chain[1]) + (chain[2] + chain[3])) + ((chain[4] + chain[5]) + (chain[6] + chain[7]));
    }
    for (; k < n; k++)
        sum += block[k];
    return sum;
}

/* Sum each half of a row in the same way: the error grows only with the logarithm of n. */
static double sum_pairwise(shoal_dtype dtype, const unsigned char *at, int64_t step, size_t n)
{
    if (n <= SHOAL__BLOCK) {
        double block[SHOAL__BLOCK];
        shoal__block_load_real(block, dtype, at, step, n);
        return sum_leaf(block, n);
    }
    size_t half = n / 2 - n / 2 % 8;
    return sum_pairwise(dtype, at, step, half) + sum_pairwise(dtype, at + (int64_t)half * step, step, n - half);
}

/* Adds the sums of rows pairwise as they come: if bit i of `rows` is set, level[i] is the sum of 2^i rows. */
struct cascade {
    uint64_t rows;
    double level[64];
};

static void cascade_add(struct cascade *cascade, double sum)
{
    size_t i = 0;
    for (uint64_t rows = cascade->rows++; rows & 1; rows >>= 1)
        sum = cascade->level[i++] + sum;
    cascade->level[i] = sum;
}

static double cascade_total(const struct cascade *cascade)
{
    double total = 0;
    bool any = false;
    for (size_t i = 0; i < 64 && cascade->rows >> i != 0; i++) {
        if ((cascade->rows >> i & 1) == 0)
            continue;
        total = any ? cascade->level[i] + total : cascade->level[i];
        any = true;
    }
    return total + 0.0; /* numpy's sum begins with 0.0, so it is never -0.0 */
}

static double sum_reals(const shoal_view *view)
{
    struct cascade cascade;
    struct shoal__walk walk;
    cascade.rows = 0;
    for (bool more = shoal__walk_first(&walk, view, view); more; more = shoal__walk_next(&walk))
        cascade_add(&cascade, sum_pairwise(view->dtype, walk.at[0], walk.step[0], walk.count));
    return cascade_total(&cascade);
}

/* The real (0) or imaginary (1) parts of complex numbers, as a view of floats with the same strides. */
static shoal_view part_of(const shoal_view *view, uint32_t part)
{
    shoal_view floats = *view;
    floats.dtype.number = view->dtype.number == SHOAL_COMPLEX64 ? SHOAL_FLOAT32 : SHOAL_FLOAT64;
    floats.dtype.itemsize = view->dtype.itemsize / 2;
    floats.data += part * floats.dtype.itemsize;
    return floats;
}

/* Sum elements of any numeric dtype as doubles, or complex ones as pairs of doubles. */
static void sum_as_floats(shoal_scalar *out, const shoal_view *view)
{
    if (shoal__dtype_family(view->dtype) == SHOAL__FAMILY_COMPLEX) {
        shoal_view real = part_of(view, 0), imaginary = part_of(view, 1);
        out->type = SHOAL_SCALAR_COMPLEX;
        out->re = sum_reals(&real);
        out->im = sum_reals(&imaginary);
    } else {
        out->type = SHOAL_SCALAR_FLOAT;
        out->re = sum_reals(view);
    }
}

/* ---- Extremes ------------------------------------------------------------------------------- */

#define INTEGER_EXTREME(name, type, order)                                                                             \
    static type name(const type *item, size_t n)                                                                       \
    {                                                                                                                  \
        type best = item[0];                                                                                           \
        for (size_t k = 1; k < n; k++)                                                                                 \
            best = item[k] order best ? item[k] : best;                                                                \
        return best;                                                                                                   \
    }

/*
 * Two chains, so that a comparison need not wait for the one before. NaNs are counted, since no comparison finds them.
 */
#define FLOAT_EXTREME(name, order)                                                                                     \
    static double name(const double *item, size_t n)                                                                   \
    {                                                                                                                  \
        double even = item[0], odd = item[0];                                                                          \
        int nans = isnan(item[n - 1]);                                                                                 \
        for (size_t k = 0; k + 2 <= n; k += 2) {                                                                       \
            even = item[k] order even ? item[k] : even;                                                                \
            odd = item[k + 1] order odd ? item[k + 1] : odd;                                                           \
            nans += isunordered(item[k], item[k + 1]);                                                                 \
        }                                                                                                              \
        even = item[n - 1] order even ? item[n - 1] : even;                                                            \
        return nans > 0 ? (double)NAN : odd order even ? odd : even;                                                   \
    }

INTEGER_EXTREME(least_int, int64_t, <)
INTEGER_EXTREME(greatest_int, int64_t, >)
INTEGER_EXTREME(least_uint, uint64_t, <)
INTEGER_EXTREME(greatest_uint, uint64_t, >)
FLOAT_EXTREME(least_float, <)
FLOAT_EXTREME(greatest_float, >)

/* Merge the extreme of a block into `out`, which has that of the blocks before (`first`: there is none before). */
static void take_block(shoal_scalar *out, const union shoal__block *block, size_t n, int sign, bool first)
{
    int64_t i[2] = {out->i};
    uint64_t u[2] = {out->u};
    double f[2] = {out->re};
    switch (out->type) {
    case SHOAL_SCALAR_UINT:
        u[1] = sign < 0 ? least_uint(block->u, n) : greatest_uint(block->u, n);
        out->u = first ? u[1] : sign < 0 ? least_uint(u, 2) : greatest_uint(u, 2);
        return;
    case SHOAL_SCALAR_FLOAT:
        f[1] = sign < 0 ? least_float(block->f, n) : greatest_float(block->f, n);
        out->re = first ? f[1] : sign < 0 ? least_float(f, 2) : greatest_float(f, 2);
        return;
    default:
        i[1] = sign < 0 ? least_int(block->i, n) : greatest_int(block->i, n);
        out->i = first ? i[1] : sign < 0 ? least_int(i, 2) : greatest_int(i, 2);
    }
}

static void extreme_row(shoal_scalar *out, shoal_dtype dtype, const struct shoal__walk *walk, int sign, bool first)
{
    union shoal__block block;
    const unsigned char *at = walk->at[0];
    for (size_t n = walk->count; n > 0;) {
        size_t some = n < SHOAL__BLOCK ? n : SHOAL__BLOCK;
        shoal__block_load(&block, dtype, at, walk->step[0], some);
        take_block(out, &block, some, sign, first);
        at += (int64_t)some * walk->step[0];
        n -= some;
        first = false;
    }
}

static int refuse(const char *what, shoal_dtype dtype)
{
    char name[16];
    return shoal__fail(SHOAL_ETYPE, "an array of %s has no %s", shoal_dtype_name(dtype, name), what);
}

static int extreme(shoal_scalar *out, const shoal_view *view, int sign)
{
    const char *what = sign < 0 ? "minimum" : "maximum";
    enum shoal__family family = shoal__dtype_family(view->dtype);
    struct shoal__walk walk;
    *out = (shoal_scalar){.type = SHOAL_SCALAR_INT};
    if (family == SHOAL__FAMILY_COMPLEX || family == SHOAL__FAMILY_BYTES)
        return refuse(what, view->dtype);
    if (shoal_view_size(view) == 0)
        return shoal__fail(SHOAL_EVALUE, "an array without elements has no %s", what);
    if (family == SHOAL__FAMILY_BOOL)
        out->type = SHOAL_SCALAR_BOOL;
    else if (family == SHOAL__FAMILY_UINT)
        out->type = SHOAL_SCALAR_UINT;
    else if (family == SHOAL__FAMILY_FLOAT)
        out->type = SHOAL_SCALAR_FLOAT;
    bool first = true;
    for (bool more = shoal__walk_first(&walk, view, view); more; more = shoal__walk_next(&walk)) {
        extreme_row(out, view->dtype, &walk, sign, first);
        first = false;
    }
    return SHOAL_OK;
}

/* ---- Public --------------------------------------------------------------------------------- */

int shoal_view_sum(shoal_scalar *out, const shoal_view *view)
{
    *out = (shoal_scalar){.type = SHOAL_SCALAR_INT};
    switch (shoal__dtype_family(view->dtype)) {
    case SHOAL__FAMILY_BYTES:
        return refuse("sum", view->dtype);
    case SHOAL__FAMILY_FLOAT:
    case SHOAL__FAMILY_COMPLEX:
        sum_as_floats(out, view);
        return SHOAL_OK;
    default:
        return sum_integers(out, view);
    }
}

int shoal_view_mean(shoal_scalar *out, const shoal_view *view)
{
    uint64_t size = shoal_view_size(view);
    *out = (shoal_scalar){.type = SHOAL_SCALAR_FLOAT};
    if (shoal__dtype_family(view->dtype) == SHOAL__FAMILY_BYTES)
        return refuse("mean", view->dtype);
    sum_as_floats(out, view);
    out->re = size > 0 ? out->re / (double)size : NAN;
    out->im = size > 0 ? out->im / (double)size : out->type == SHOAL_SCALAR_COMPLEX ? NAN : 0.0;
    return SHOAL_OK;
}

int shoal_view_min(shoal_scalar *out, const shoal_view *view)
{
    return extreme(out, view, -1);
}

int shoal_view_max(shoal_scalar *out, const shoal_view *view)
{
    return extreme(out, view, 1);
}
