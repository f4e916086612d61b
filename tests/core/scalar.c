/* Single elements: what each dtype takes, what it refuses, and that a refusal changes nothing. */
#include "check.h"

#include <math.h>

#include "value/dtype.h"

static shoal_dtype dtype_of(const char *text)
{
    shoal_dtype dtype;
    CHECK_STATUS(shoal_dtype_parse(&dtype, text, strlen(text)), SHOAL_OK);
    return dtype;
}

static shoal_scalar of_int(int64_t value)
{
    return (shoal_scalar){.type = SHOAL_SCALAR_INT, .i = value};
}

static shoal_scalar of_uint(uint64_t value)
{
    return (shoal_scalar){.type = SHOAL_SCALAR_UINT, .u = value};
}

static shoal_scalar of_bool(bool value)
{
    return (shoal_scalar){.type = SHOAL_SCALAR_BOOL, .i = value};
}

static shoal_scalar of_float(double value)
{
    return (shoal_scalar){.type = SHOAL_SCALAR_FLOAT, .re = value};
}

static shoal_scalar of_complex(double re, double im)
{
    return (shoal_scalar){.type = SHOAL_SCALAR_COMPLEX, .re = re, .im = im};
}

static shoal_scalar of_bytes(const char *bytes, size_t size)
{
    return (shoal_scalar){.type = SHOAL_SCALAR_BYTES, .bytes = (const unsigned char *)bytes, .size = size};
}

/* Store at an odd address between guards, and load what was stored. */
static shoal_scalar stored(const char *dtype_text, shoal_scalar value)
{
    static unsigned char memory[64];
    shoal_dtype dtype = dtype_of(dtype_text);
    shoal_scalar out = {0};
    memset(memory, 0xa5, sizeof memory);
    CHECK_STATUS(shoal_scalar_store(memory + 1, dtype, &value), SHOAL_OK);
    CHECK(memory[0] == 0xa5 && memory[1 + dtype.itemsize] == 0xa5);
    shoal_scalar_load(&out, dtype, memory + 1);
    return out;
}

static int refused(const char *dtype_text, shoal_scalar value)
{
    unsigned char memory[32], before[32];
    memset(memory, 0xa5, sizeof memory);
    memcpy(before, memory, sizeof memory);
    int status = shoal_scalar_store(memory, dtype_of(dtype_text), &value);
    CHECK(memcmp(memory, before, sizeof memory) == 0);
    CHECK(strlen(shoal_error_message()) > 0);
    return status;
}

TEST(integers_are_stored_up_to_their_limits_and_not_beyond)
{
    static const char *const names[] = {"int8", "int16", "int32"};
    for (unsigned i = 0; i < 3; i++) {
        int64_t highest = ((int64_t)1 << (8 * (1 << i) - 1)) - 1, lowest = -highest - 1;
        CHECK(stored(names[i], of_int(highest)).i == highest && stored(names[i], of_int(lowest)).i == lowest);
        CHECK(stored(names[i], of_uint((uint64_t)highest)).i == highest);
        CHECK_STATUS(refused(names[i], of_int(highest + 1)), SHOAL_EOVERFLOW);
        CHECK_STATUS(refused(names[i], of_int(lowest - 1)), SHOAL_EOVERFLOW);
        CHECK_STATUS(refused(names[i], of_uint((uint64_t)highest + 1)), SHOAL_EOVERFLOW);
    }
    CHECK(stored("int64", of_int(INT64_MIN)).i == INT64_MIN && stored("int64", of_int(INT64_MAX)).i == INT64_MAX);
    CHECK_STATUS(refused("int64", of_uint((uint64_t)INT64_MAX + 1)), SHOAL_EOVERFLOW);
    CHECK(strstr(shoal_error_message(), "9223372036854775808 does not fit in int64") != NULL);
}

TEST(unsigned_integers_are_stored_up_to_their_limits_and_not_beyond)
{
    static const char *const names[] = {"uint8", "uint16", "uint32"};
    for (unsigned i = 0; i < 3; i++) {
        uint64_t highest = ((uint64_t)1 << 8 * (1 << i)) - 1;
        shoal_scalar out = stored(names[i], of_uint(highest));
        CHECK(out.type == SHOAL_SCALAR_UINT && out.u == highest);
        CHECK(stored(names[i], of_int((int64_t)highest)).u == highest && stored(names[i], of_int(0)).u == 0);
        CHECK_STATUS(refused(names[i], of_uint(highest + 1)), SHOAL_EOVERFLOW);
        CHECK_STATUS(refused(names[i], of_int(-1)), SHOAL_EOVERFLOW);
    }
    CHECK(stored("uint64", of_uint(UINT64_MAX)).u == UINT64_MAX);
    CHECK_STATUS(refused("uint64", of_int(-1)), SHOAL_EOVERFLOW);
}

TEST(whole_floats_are_stored_in_integers_and_fractions_are_not)
{
    CHECK(stored("int8", of_float(-128.0)).i == -128 && stored("uint8", of_float(255.0)).u == 255);
    CHECK(stored("int64", of_float(-0x1p63)).i == INT64_MIN && stored("uint64", of_float(0x1p63)).u == (uint64_t)1
                                                                                                           << 63);
    CHECK(stored("uint16", of_float(-0.0)).u == 0);
    CHECK_STATUS(refused("int32", of_float(0.5)), SHOAL_ETYPE);
    CHECK_STATUS(refused("uint64", of_float(-1e-9)), SHOAL_ETYPE);
    CHECK_STATUS(refused("int32", of_float(NAN)), SHOAL_ETYPE);
    CHECK_STATUS(refused("int32", of_float(INFINITY)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("int8", of_float(128.0)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("uint8", of_float(-1.0)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("int64", of_float(0x1p63)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("uint64", of_float(0x1p64)), SHOAL_EOVERFLOW);
}

TEST(a_bool_takes_bools_and_0_and_1)
{
    CHECK(stored("bool", of_bool(true)).i == 1 && stored("bool", of_bool(false)).i == 0);
    CHECK(stored("bool", of_int(1)).type == SHOAL_SCALAR_BOOL && stored("bool", of_uint(0)).i == 0);
    CHECK_STATUS(refused("bool", of_int(2)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("bool", of_int(-1)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("bool", of_uint(UINT64_MAX)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("bool", of_float(1.0)), SHOAL_ETYPE);
    CHECK_STATUS(refused("bool", of_complex(1, 0)), SHOAL_ETYPE);
    unsigned char odd = 7; /* not ours: whatever is not 0 is true */
    shoal_scalar out;
    shoal_scalar_load(&out, dtype_of("bool"), &odd);
    CHECK(out.i == 1);
}

/* As a constant it has the precision of the registers, on 32-bit x86 of 80 bits. */
static const float tenth = 0.1f;

TEST(floats_round_but_do_not_become_infinite)
{
    CHECK(stored("float64", of_float(0.1)).re == (double)0.1 && stored("float32", of_float(0.1)).re == tenth);
    CHECK(stored("float16", of_float(0.1)).re == 0.0999755859375 && stored("float16", of_float(65504)).re == 65504);
    CHECK(isnan(stored("float16", of_float(NAN)).re) && isnan(stored("float32", of_float(NAN)).re));
    CHECK(stored("float16", of_float(-INFINITY)).re == -INFINITY &&
          stored("float32", of_float(INFINITY)).re == INFINITY);
    CHECK(signbit(stored("float16", of_float(-0.0)).re) && signbit(stored("float64", of_float(-0.0)).re));
    CHECK(stored("float64", of_uint(UINT64_MAX)).re == 0x1p64 && stored("float32", of_bool(true)).re == 1);
    CHECK_STATUS(refused("float16", of_float(65520)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("float16", of_int(70000)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("float32", of_float(1e39)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("float64", of_complex(1, 0)), SHOAL_ETYPE);
}

TEST(complex_numbers_keep_both_parts_or_change_nothing)
{
    shoal_scalar out = stored("complex128", of_complex(1.5, -2.5));
    CHECK(out.type == SHOAL_SCALAR_COMPLEX && out.re == 1.5 && out.im == -2.5);
    out = stored("complex64", of_complex(0.1, INFINITY));
    CHECK(out.re == tenth && out.im == INFINITY);
    out = stored("complex64", of_int(-3));
    CHECK(out.re == -3 && out.im == 0);
    CHECK_STATUS(refused("complex64", of_complex(1, 1e39)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("int8", of_complex(1, 0)), SHOAL_ETYPE);
    CHECK_STATUS(refused("uint8", of_complex(1, 0)), SHOAL_ETYPE);
}

TEST(bytes_are_padded_with_nuls_which_do_not_come_back)
{
    shoal_scalar out = stored("S4", of_bytes("ab", 2));
    CHECK(out.type == SHOAL_SCALAR_BYTES && out.size == 2 && memcmp(out.bytes, "ab\0\0", 4) == 0);
    CHECK(stored("S4", of_bytes("a\0b\0", 4)).size == 3);
    CHECK(stored("S4", of_bytes("", 0)).size == 0 && stored("S4", of_bytes(NULL, 0)).size == 0);
    CHECK(stored("S2", of_bytes("ab\0\0\0", 5)).size == 2);
    CHECK_STATUS(refused("S4", of_bytes("abcde", 5)), SHOAL_EOVERFLOW);
    CHECK_STATUS(refused("S4", of_int(1)), SHOAL_ETYPE);
    CHECK_STATUS(refused("int8", of_bytes("a", 1)), SHOAL_ETYPE);
}
