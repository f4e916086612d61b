#include "value/convert.h"

#include <string.h>

#include "value/dtype.h"
#include "value/half.h"

/* The C types of the dtypes: X(NAME, type). Not bool, a byte of which any value but 0 is true, nor float16. */
#define INT_TYPES(X)                                                                                                   \
    X(INT8, int8_t)                                                                                                    \
    X(INT16, int16_t)                                                                                                  \
    X(INT32, int32_t)                                                                                                  \
    X(INT64, int64_t)
#define UINT_TYPES(X)                                                                                                  \
    X(UINT8, uint8_t)                                                                                                  \
    X(UINT16, uint16_t)                                                                                                \
    X(UINT32, uint32_t)                                                                                                \
    X(UINT64, uint64_t)

/* ---- Load ----------------------------------------------------------------------------------- */

/*
 * A loop over elements of `type`, compiled twice: for adjacent elements the step is a constant, so the compiler can use
 * vector instructions. memcpy, because elements of a view need not be aligned.
 */
#define EACH(type, statement)                                                                                          \
    do {                                                                                                               \
        type item;                                                                                                     \
        if (step == (int64_t)sizeof item) {                                                                            \
            for (size_t k = 0; k < n; k++) {                                                                           \
                memcpy(&item, at + k * sizeof item, sizeof item);                                                      \
                statement;                                                                                             \
            }                                                                                                          \
        } else {                                                                                                       \
            for (size_t k = 0; k < n; k++, at += step) {                                                               \
                memcpy(&item, at, sizeof item);                                                                        \
                statement;                                                                                             \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

#define CASE_LOAD_INT(NAME, type)                                                                                      \
    case SHOAL_##NAME:                                                                                                 \
        EACH(type, out->i[k] = item);                                                                                  \
        return;
#define CASE_LOAD_UINT(NAME, type)                                                                                     \
    case SHOAL_##NAME:                                                                                                 \
        EACH(type, out->u[k] = item);                                                                                  \
        return;

void shoal__block_load(union shoal__block *out, shoal_dtype dtype, const unsigned char *at, int64_t step, size_t n)
{
    struct {
        float part[2];
    } item_c64;
    switch (dtype.number) {
        INT_TYPES(CASE_LOAD_INT)
        UINT_TYPES(CASE_LOAD_UINT)
    case SHOAL_BOOL:
        EACH(uint8_t, out->i[k] = item != 0);
        return;
    case SHOAL_FLOAT16:
        EACH(uint16_t, out->f[k] = shoal__half_to_double(item));
        return;
    case SHOAL_FLOAT32:
        EACH(float, out->f[k] = (double)item);
        return;
    case SHOAL_FLOAT64:
        EACH(double, out->f[k] = item);
        return;
    case SHOAL_COMPLEX64:
        for (size_t k = 0; k < n; k++, at += step) {
            memcpy(&item_c64, at, sizeof item_c64);
            out->c[k][0] = (double)item_c64.part[0];
            out->c[k][1] = (double)item_c64.part[1];
        }
        return;
    default:
        for (size_t k = 0; k < n; k++, at += step)
            memcpy(out->c[k], at, sizeof out->c[k]);
    }
}

#define CASE_LOAD_REAL(NAME, type)                                                                                     \
    case SHOAL_##NAME:                                                                                                 \
        EACH(type, out[k] = (double)item);                                                                             \
        return;

void shoal__block_load_real(double *out, shoal_dtype dtype, const unsigned char *at, int64_t step, size_t n)
{
    switch (dtype.number) {
        INT_TYPES(CASE_LOAD_REAL)
        UINT_TYPES(CASE_LOAD_REAL)
        CASE_LOAD_REAL(FLOAT32, float)
        CASE_LOAD_REAL(FLOAT64, double)
    case SHOAL_BOOL:
        EACH(uint8_t, out[k] = item != 0);
        return;
    default:
        EACH(uint16_t, out[k] = shoal__half_to_double(item));
    }
}

/* ---- Store ---------------------------------------------------------------------------------- */

#define PUT(type, value)                                                                                               \
    do {                                                                                                               \
        if (step == (int64_t)sizeof(type)) {                                                                           \
            for (size_t k = 0; k < n; k++) {                                                                           \
                type item = (type)(value);                                                                             \
                memcpy(at + k * sizeof item, &item, sizeof item);                                                      \
            }                                                                                                          \
        } else {                                                                                                       \
            for (size_t k = 0; k < n; k++, at += step) {                                                               \
                type item = (type)(value);                                                                             \
                memcpy(at, &item, sizeof item);                                                                        \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

/*
 * Convert directly from the wide type to the target: an integer that went to float32 by way of double would be rounded
 * twice. (To float16 the way through double is harmless: double is exact for all integers in the range of float16.)
 */
#define CASE_STORE(NAME, type)                                                                                         \
    case SHOAL_##NAME:                                                                                                 \
        PUT(type, source[k]);                                                                                          \
        return;
#define REAL_CASES                                                                                                     \
    case SHOAL_FLOAT16:                                                                                                \
        PUT(uint16_t, shoal__half_from_double((double)source[k]));                                                     \
        return;                                                                                                        \
        CASE_STORE(FLOAT32, float)                                                                                     \
        CASE_STORE(FLOAT64, double)
#define COMPLEX_PUT(type, real, imaginary)                                                                             \
    for (size_t k = 0; k < n; k++, at += step) {                                                                       \
        type item[2] = {(type)(real), (type)(imaginary)};                                                              \
        memcpy(at, item, sizeof item);                                                                                 \
    }
#define COMPLEX_CASES                                                                                                  \
    case SHOAL_COMPLEX64:                                                                                              \
        COMPLEX_PUT(float, source[k], 0)                                                                               \
        return;                                                                                                        \
    case SHOAL_COMPLEX128:                                                                                             \
        COMPLEX_PUT(double, source[k], 0)                                                                              \
        return;

static void store_ints(unsigned char *at, int64_t step, uint32_t number, const int64_t *source, size_t n)
{
    switch (number) {
        INT_TYPES(CASE_STORE)
        UINT_TYPES(CASE_STORE)
        CASE_STORE(BOOL, uint8_t)
        REAL_CASES
        COMPLEX_CASES
    }
}

static void store_uints(unsigned char *at, int64_t step, uint32_t number, const uint64_t *source, size_t n)
{
    switch (number) {
        INT_TYPES(CASE_STORE)
        UINT_TYPES(CASE_STORE)
        REAL_CASES
        COMPLEX_CASES
    }
}

static void store_floats(unsigned char *at, int64_t step, uint32_t number, const double *source, size_t n)
{
    switch (number) {
        REAL_CASES
        COMPLEX_CASES
    }
}

static void store_complexes(unsigned char *at, int64_t step, uint32_t number, const double (*source)[2], size_t n)
{
    if (number == SHOAL_COMPLEX64)
        COMPLEX_PUT(float, source[k][0], source[k][1])
    else
        COMPLEX_PUT(double, source[k][0], source[k][1])
}

void shoal__block_store(unsigned char *at, int64_t step, shoal_dtype to, const union shoal__block *block,
                        shoal_dtype from, size_t n)
{
    switch (shoal__dtype_family(from)) {
    case SHOAL__FAMILY_BOOL:
    case SHOAL__FAMILY_INT:
        store_ints(at, step, to.number, block->i, n);
        return;
    case SHOAL__FAMILY_UINT:
        store_uints(at, step, to.number, block->u, n);
        return;
    case SHOAL__FAMILY_FLOAT:
        store_floats(at, step, to.number, block->f, n);
        return;
    default:
        store_complexes(at, step, to.number, block->c, n);
    }
}
