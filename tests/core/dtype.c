/* Dtypes by name, and binary16. */
#include "check.h"

#include <math.h>

#include "value/dtype.h"
#include "value/half.h"

static shoal_dtype parse(const char *text)
{
    shoal_dtype dtype;
    CHECK_STATUS(shoal_dtype_parse(&dtype, text, strlen(text)), SHOAL_OK);
    CHECK(shoal__dtype_valid(dtype));
    return dtype;
}

TEST(every_dtype_is_parsed_from_its_name_and_its_codes)
{
    char text[20], name[16];
#define CHECK_DTYPE(NAME, value, numpy_name, size, code)                                                               \
    if (SHOAL_##NAME != SHOAL_BYTES) {                                                                                 \
        shoal_dtype dtype = parse(numpy_name);                                                                         \
        CHECK(dtype.number == value && dtype.itemsize == size);                                                        \
        CHECK_TEXT(shoal_dtype_name(dtype, name), numpy_name);                                                         \
        CHECK(shoal__dtype_equal(parse(code), dtype));                                                                 \
        snprintf(text, sizeof text, "=%s", code);                                                                      \
        CHECK(shoal__dtype_equal(parse(text), dtype));                                                                 \
    }
    SHOAL_DTYPE_LIST(CHECK_DTYPE)
}

TEST(byte_strings_have_a_length)
{
    char name[16];
    CHECK(parse("S12").number == SHOAL_BYTES && parse("S12").itemsize == 12);
    CHECK(parse("|S1").itemsize == 1);
    CHECK(parse("S2147483647").itemsize == 2147483647u);
    CHECK_TEXT(shoal_dtype_name(parse("|S7"), name), "S7");
    CHECK_TEXT(shoal_dtype_name(parse("S2147483647"), name), "S2147483647");
    CHECK_TEXT(shoal_dtype_format(parse("S2147483647"), name), "2147483647s");
}

TEST(numpys_other_spellings_are_understood)
{
    CHECK(parse("int").number == SHOAL_INT64 && parse("float").number == SHOAL_FLOAT64);
    CHECK(parse("double").number == SHOAL_FLOAT64 && parse("complex").number == SHOAL_COMPLEX128);
    CHECK(parse("i").number == SHOAL_INT32 && parse("f").number == SHOAL_FLOAT32 && parse("d").number == SHOAL_FLOAT64);
    CHECK(parse("b").number == SHOAL_INT8 && parse("B").number == SHOAL_UINT8 && parse("b1").number == SHOAL_BOOL);
    CHECK(parse("e").number == SHOAL_FLOAT16 && parse("F").number == SHOAL_COMPLEX64);
    CHECK(parse("|u1").number == SHOAL_UINT8 && parse("|b1").number == SHOAL_BOOL && parse("|?").number == SHOAL_BOOL);
}

TEST(formats_are_those_of_pep_3118)
{
    static const struct {
        const char *dtype, *format;
    } expected[] = {{"bool", "?"},    {"int8", "b"},    {"int16", "h"},      {"int32", "i"},       {"int64", "q"},
                    {"uint8", "B"},   {"uint16", "H"},  {"uint32", "I"},     {"uint64", "Q"},      {"float16", "e"},
                    {"float32", "f"}, {"float64", "d"}, {"complex64", "Zf"}, {"complex128", "Zd"}, {"S12", "12s"}};
    char format[16];
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        CHECK_TEXT(shoal_dtype_format(parse(expected[i].dtype), format), expected[i].format);
}

static int refusal(const char *text, size_t length)
{
    shoal_dtype dtype = {9, 9};
    int status = shoal_dtype_parse(&dtype, text, length);
    CHECK(status == SHOAL_OK || (dtype.number == 0 && dtype.itemsize == 0));
    return status;
}

TEST(what_is_no_dtype_is_refused_by_name)
{
    static const char *const bad[] = {
        "",         "S",     "S0",         "S2147483648", "S-1",  "Sx",       "S12x",
        "float128", "U5",    "O",          "i3",          "f1",   "Float64",  " f8",
        "f8 ",      "f8,f8", "<",          "=",           "<S",   "=float64", "<float64",
        "<<f8",     "<=f8",  "datetime64", "V8",          "int7", "uint9",    "S99999999999999999999",
        "c",        "M8[ns]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(refusal(bad[i], strlen(bad[i])), SHOAL_EVALUE);
        CHECK(strstr(shoal_error_message(), bad[i]) != NULL);
    }
    CHECK_STATUS(refusal("f8\0", 3), SHOAL_EVALUE);
    CHECK_STATUS(refusal("\0f8", 3), SHOAL_EVALUE);
}

TEST(the_foreign_byte_order_is_refused)
{
    const uint16_t one = 1;
    bool little = *(const unsigned char *)&one == 1;
    const char *native = little ? "<f8" : ">f8", *foreign = little ? ">f8" : "<f8";
    CHECK(parse(native).number == SHOAL_FLOAT64);
    CHECK_STATUS(refusal(foreign, 3), SHOAL_EVALUE);
    CHECK(strstr(shoal_error_message(), "byte order") != NULL);
    CHECK(parse(">i1").number == SHOAL_INT8 && parse(">S3").itemsize == 3 && parse("<b1").number == SHOAL_BOOL);
}

TEST(invalid_dtypes_are_told_apart)
{
    char text[16];
    CHECK(!shoal__dtype_valid((shoal_dtype){0, 8}) && !shoal__dtype_valid((shoal_dtype){16, 8}));
    CHECK(!shoal__dtype_valid((shoal_dtype){SHOAL_FLOAT64, 4}) && !shoal__dtype_valid((shoal_dtype){SHOAL_BYTES, 0}));
    CHECK(!shoal__dtype_valid((shoal_dtype){SHOAL_BYTES, 0x80000000u}) && !shoal__dtype_valid((shoal_dtype){~0u, ~0u}));
    CHECK_TEXT(shoal_dtype_name((shoal_dtype){99, 1}, text), "invalid");
}

/* By the definition in IEEE 754, without looking at a double's bits. */
static double half_by_definition(unsigned half)
{
    int exponent = half >> 10 & 0x1f;
    double fraction = half & 0x3ff, sign = half & 0x8000 ? -1 : 1;
    if (exponent == 0x1f)
        return fraction != 0 ? NAN : sign * INFINITY;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25));
}

TEST(all_65536_halves_are_decoded_and_come_back)
{
    for (unsigned half = 0; half < 65536; half++) {
        double value = shoal__half_to_double((uint16_t)half), expected = half_by_definition(half);
        CHECK(isnan(expected) ? isnan(value) : value == expected);
        CHECK(!signbit(value) == !(half & 0x8000));
        unsigned back = shoal__half_from_double(value);
        /* The registers of 32-bit x86 make a signalling NaN, which nobody can compute, a quiet one. */
        CHECK(back == half || (sizeof(void *) == 4 && isnan(value) && back == (half | 0x200)));
    }
}

TEST(doubles_are_rounded_to_the_nearest_half_and_ties_to_even)
{
    for (unsigned half = 0; half < 0x7bff; half++) { /* finite and positive, with a finite neighbour above */
        double here = half_by_definition(half), above = half_by_definition(half + 1), middle = (here + above) / 2;
        unsigned even = half % 2 == 0 ? half : half + 1;
        CHECK(shoal__half_from_double(middle) == even);
        CHECK(shoal__half_from_double(nextafter(middle, 0)) == half);
        CHECK(shoal__half_from_double(nextafter(middle, 1e9)) == half + 1);
        CHECK(shoal__half_from_double(-middle) == (even | 0x8000));
    }
    CHECK(shoal__half_from_double(65519.99) == 0x7bff && shoal__half_from_double(65520) == 0x7c00);
    CHECK(shoal__half_from_double(1e300) == 0x7c00 && shoal__half_from_double(-1e300) == 0xfc00);
    CHECK(shoal__half_from_double(0x1p-25) == 0 && shoal__half_from_double(0x1.8p-25) == 1);
    CHECK(shoal__half_from_double(5e-324) == 0 && shoal__half_from_double(-5e-324) == 0x8000);
}
