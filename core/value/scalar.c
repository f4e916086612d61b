/*
 * Loads and stores one element at an address of any alignment.
 *
 * A store refuses a value that would read back differently: an integer that is out of range, a number that would become
 * infinite, more bytes than fit, an integer other than 0 and 1 for a bool (all SHOAL_EOVERFLOW); a fraction or NaN for
 * an integer, a float or complex number for a bool, a complex number for a real one, and bytes for a number or the
 * other way round (SHOAL_ETYPE). Rounding to the precision of a float is allowed.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "value/dtype.h"
#include "value/half.h"
#include "value/status.h"

/* ---- Load ----------------------------------------------------------------------------------- */

static int64_t load_int(uint32_t number, const unsigned char *at)
{
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (number) {
    case SHOAL_INT8:
        memcpy(&i8, at, sizeof i8);
        return i8;
    case SHOAL_INT16:
        memcpy(&i16, at, sizeof i16);
        return i16;
    case SHOAL_INT32:
        memcpy(&i32, at, sizeof i32);
        return i32;
    default:
        memcpy(&i64, at, sizeof i64);
        return i64;
    }
}

static uint64_t load_uint(uint32_t number, const unsigned char *at)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (number) {
    case SHOAL_UINT8:
        return at[0];
    case SHOAL_UINT16:
        memcpy(&u16, at, sizeof u16);
        return u16;
    case SHOAL_UINT32:
        memcpy(&u32, at, sizeof u32);
        return u32;
    default:
        memcpy(&u64, at, sizeof u64);
        return u64;
    }
}

/* Load a real number of `width` 2, 4 or 8 bytes. */
static double load_real(size_t width, const unsigned char *at)
{
    uint16_t half;
    float single;
    double real;
    switch (width) {
    case 2:
        memcpy(&half, at, sizeof half);
        return shoal__half_to_double(half);
    case 4:
        memcpy(&single, at, sizeof single);
        return (double)single;
    default:
        memcpy(&real, at, sizeof real);
        return real;
    }
}

static size_t without_trailing_nuls(const unsigned char *bytes, size_t size)
{
    while (size > 0 && bytes[size - 1] == 0)
        size--;
    return size;
}

void shoal_scalar_load(shoal_scalar *out, shoal_dtype dtype, const unsigned char *at)
{
    switch (shoal__dtype_family(dtype)) {
    case SHOAL__FAMILY_BOOL:
        out->type = SHOAL_SCALAR_BOOL;
        out->i = at[0] != 0;
        return;
    case SHOAL__FAMILY_INT:
        out->type = SHOAL_SCALAR_INT;
        out->i = load_int(dtype.number, at);
        return;
    case SHOAL__FAMILY_UINT:
        out->type = SHOAL_SCALAR_UINT;
        out->u = load_uint(dtype.number, at);
        return;
    case SHOAL__FAMILY_FLOAT:
        out->type = SHOAL_SCALAR_FLOAT;
        out->re = load_real(dtype.itemsize, at);
        return;
    case SHOAL__FAMILY_COMPLEX:
        out->type = SHOAL_SCALAR_COMPLEX;
        out->re = load_real(dtype.itemsize / 2, at);
        out->im = load_real(dtype.itemsize / 2, at + dtype.itemsize / 2);
        return;
    default:
        out->type = SHOAL_SCALAR_BYTES;
        out->bytes = at;
        out->size = without_trailing_nuls(at, dtype.itemsize);
    }
}

/* ---- Store ---------------------------------------------------------------------------------- */

static int refuse_type(shoal_dtype dtype, const char *what)
{
    char name[16];
    return shoal__fail(SHOAL_ETYPE, "%s cannot be stored in an array of %s", what, shoal_dtype_name(dtype, name));
}

static int refuse_int(shoal_dtype dtype, int64_t value)
{
    char name[16];
    return shoal__fail(SHOAL_EOVERFLOW, "%" PRId64 " does not fit in %s", value, shoal_dtype_name(dtype, name));
}

static int refuse_uint(shoal_dtype dtype, uint64_t value)
{
    char name[16];
    return shoal__fail(SHOAL_EOVERFLOW, "%" PRIu64 " does not fit in %s", value, shoal_dtype_name(dtype, name));
}

static int refuse_float(shoal_dtype dtype, double value)
{
    char name[16];
    return shoal__fail(SHOAL_EOVERFLOW, "%g does not fit in %s", value, shoal_dtype_name(dtype, name));
}

/* Store the low bytes of a word that is known to fit. */
static void put_word(unsigned char *at, size_t width, uint64_t word)
{
    uint8_t u8 = (uint8_t)word;
    uint16_t u16 = (uint16_t)word;
    uint32_t u32 = (uint32_t)word;
    switch (width) {
    case 1:
        memcpy(at, &u8, sizeof u8);
        return;
    case 2:
        memcpy(at, &u16, sizeof u16);
        return;
    case 4:
        memcpy(at, &u32, sizeof u32);
        return;
    default:
        memcpy(at, &word, sizeof word);
    }
}

static int store_int(unsigned char *at, shoal_dtype dtype, int64_t value)
{
    unsigned bits = 8 * dtype.itemsize;
    int64_t highest = INT64_MAX >> (64 - bits);
    if (value > highest || value < -highest - 1)
        return refuse_int(dtype, value);
    put_word(at, dtype.itemsize, (uint64_t)value);
    return SHOAL_OK;
}

static int store_uint(unsigned char *at, shoal_dtype dtype, uint64_t value)
{
    unsigned bits = 8 * dtype.itemsize;
    if (value > UINT64_MAX >> (64 - bits))
        return refuse_uint(dtype, value);
    put_word(at, dtype.itemsize, value);
    return SHOAL_OK;
}

/* False, and nothing is stored, if a finite value would become infinite. */
static bool put_real(unsigned char *at, size_t width, double value)
{
    uint16_t half;
    float single;
    switch (width) {
    case 2:
        half = shoal__half_from_double(value);
        if (isfinite(value) && (half & 0x7fff) == 0x7c00)
            return false;
        memcpy(at, &half, sizeof half);
        return true;
    case 4:
        single = (float)value;
        if (isfinite(value) && !isfinite(single))
            return false;
        memcpy(at, &single, sizeof single);
        return true;
    default:
        memcpy(at, &value, sizeof value);
        return true;
    }
}

/* Stores both parts or none. */
static int store_complex(unsigned char *at, shoal_dtype dtype, double re, double im)
{
    unsigned char halves[16];
    size_t width = dtype.itemsize / 2;
    if (!put_real(halves, width, re))
        return refuse_float(dtype, re);
    if (!put_real(halves + width, width, im))
        return refuse_float(dtype, im);
    memcpy(at, halves, 2 * width);
    return SHOAL_OK;
}

static int store_real(unsigned char *at, shoal_dtype dtype, double value)
{
    return put_real(at, dtype.itemsize, value) ? SHOAL_OK : refuse_float(dtype, value);
}

/* Is it finite and without a fraction? Not by floor(), for which alone we would need libm. */
static bool is_whole(double value)
{
    if (!isfinite(value))
        return false;
    return value >= 0x1p53 || value <= -0x1p53 || (double)(int64_t)value == value;
}

/* Store a float in an array of integers, if it is a whole number. The bounds 2^63 and 2^64 are exact as doubles. */
static int store_float_as_integer(unsigned char *at, shoal_dtype dtype, double value)
{
    char name[16];
    if (!is_whole(value) && !isinf(value))
        return shoal__fail(SHOAL_ETYPE, "%g is not a whole number and cannot be stored in an array of %s", value,
                           shoal_dtype_name(dtype, name));
    bool is_signed = shoal__dtype_family(dtype) == SHOAL__FAMILY_INT;
    if (is_signed && value >= -0x1p63 && value < 0x1p63)
        return store_int(at, dtype, (int64_t)value);
    if (!is_signed && value >= 0 && value < 0x1p64)
        return store_uint(at, dtype, (uint64_t)value);
    return refuse_float(dtype, value);
}

static int store_bool(unsigned char *at, shoal_dtype dtype, const shoal_scalar *value)
{
    uint64_t word;
    if (value->type == SHOAL_SCALAR_UINT)
        word = value->u;
    else if (value->type == SHOAL_SCALAR_INT || value->type == SHOAL_SCALAR_BOOL)
        word = (uint64_t)value->i;
    else
        return refuse_type(dtype, "a float or a complex number");
    if (word > 1)
        return value->type == SHOAL_SCALAR_UINT ? refuse_uint(dtype, word) : refuse_int(dtype, value->i);
    at[0] = (unsigned char)word;
    return SHOAL_OK;
}

static int store_in_int(unsigned char *at, shoal_dtype dtype, const shoal_scalar *value)
{
    if (value->type == SHOAL_SCALAR_FLOAT)
        return store_float_as_integer(at, dtype, value->re);
    if (value->type == SHOAL_SCALAR_COMPLEX)
        return refuse_type(dtype, "a complex number");
    if (value->type == SHOAL_SCALAR_UINT && value->u > INT64_MAX)
        return refuse_uint(dtype, value->u);
    return store_int(at, dtype, value->type == SHOAL_SCALAR_UINT ? (int64_t)value->u : value->i);
}

static int store_in_uint(unsigned char *at, shoal_dtype dtype, const shoal_scalar *value)
{
    if (value->type == SHOAL_SCALAR_FLOAT)
        return store_float_as_integer(at, dtype, value->re);
    if (value->type == SHOAL_SCALAR_COMPLEX)
        return refuse_type(dtype, "a complex number");
    if (value->type != SHOAL_SCALAR_UINT && value->i < 0)
        return refuse_int(dtype, value->i);
    return store_uint(at, dtype, value->type == SHOAL_SCALAR_UINT ? value->u : (uint64_t)value->i);
}

static double as_real(const shoal_scalar *value)
{
    if (value->type == SHOAL_SCALAR_UINT)
        return (double)value->u;
    return value->type == SHOAL_SCALAR_FLOAT || value->type == SHOAL_SCALAR_COMPLEX ? value->re : (double)value->i;
}

static int store_in_float(unsigned char *at, shoal_dtype dtype, const shoal_scalar *value)
{
    if (value->type == SHOAL_SCALAR_COMPLEX)
        return refuse_type(dtype, "a complex number");
    return store_real(at, dtype, as_real(value));
}

/* Pad with NULs; NULs at the end of the value do not count. The value's bytes may overlap the element. */
static int store_bytes(unsigned char *at, shoal_dtype dtype, const shoal_scalar *value)
{
    char name[16];
    size_t size = without_trailing_nuls(value->bytes, value->size);
    if (size > dtype.itemsize)
        return shoal__fail(SHOAL_EOVERFLOW, "%zu bytes do not fit in %s", size, shoal_dtype_name(dtype, name));
    if (size > 0)
        memmove(at, value->bytes, size);
    memset(at + size, 0, dtype.itemsize - size);
    return SHOAL_OK;
}

int shoal_scalar_store(unsigned char *at, shoal_dtype dtype, const shoal_scalar *value)
{
    enum shoal__family family = shoal__dtype_family(dtype);
    if (family == SHOAL__FAMILY_BYTES)
        return value->type == SHOAL_SCALAR_BYTES ? store_bytes(at, dtype, value) : refuse_type(dtype, "a number");
    if (value->type == SHOAL_SCALAR_BYTES)
        return refuse_type(dtype, "a byte string");
    switch (family) {
    case SHOAL__FAMILY_BOOL:
        return store_bool(at, dtype, value);
    case SHOAL__FAMILY_INT:
        return store_in_int(at, dtype, value);
    case SHOAL__FAMILY_UINT:
        return store_in_uint(at, dtype, value);
    case SHOAL__FAMILY_FLOAT:
        return store_in_float(at, dtype, value);
    default:
        return store_complex(at, dtype, as_real(value), value->type == SHOAL_SCALAR_COMPLEX ? value->im : 0.0);
    }
}
