/* Sum, mean, minimum and maximum. Expected values without another source are numpy's. */
#include "check.h"

#include <math.h>

static shoal_view over(void *data, const char *dtype_text, size_t ndim, const int64_t *shape)
{
    shoal_view view;
    shoal_dtype dtype;
    uint64_t nbytes;
    CHECK_STATUS(shoal_dtype_parse(&dtype, dtype_text, strlen(dtype_text)), SHOAL_OK);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype, ndim, shape), SHOAL_OK);
    view.data = data;
    return view;
}
#define OVER(array, dtype) over(array, dtype, 1, (int64_t[]){sizeof(array) / sizeof((array)[0])})

TEST(integers_are_summed_in_64_bits)
{
    int8_t i8[300];
    uint8_t u8[300];
    bool b[300];
    shoal_scalar out;
    memset(i8, -128, sizeof i8);
    memset(u8, 255, sizeof u8);
    memset(b, 1, sizeof b);
    shoal_view view = OVER(i8, "i1");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_INT && out.i == -128 * 300);
    view = OVER(u8, "u1");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_UINT && out.u == 255 * 300);
    view = OVER(b, "bool");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_INT && out.i == 300);
}

TEST(a_sum_that_leaves_64_bits_is_refused_and_one_that_comes_back_is_not)
{
    int64_t back[] = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN, 5};
    int64_t above[] = {INT64_MAX, 1}, below[] = {INT64_MIN, -1}, edge[] = {INT64_MIN, 1, -1};
    uint64_t top[] = {UINT64_MAX, 0}, beyond[] = {UINT64_MAX, 1};
    shoal_scalar out;
    shoal_view view = OVER(back, "i8");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.i == 3);
    view = OVER(edge, "i8");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.i == INT64_MIN);
    view = OVER(above, "i8");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_EOVERFLOW);
    view = OVER(below, "i8");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_EOVERFLOW);
    view = OVER(top, "u8");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.u == UINT64_MAX);
    view = OVER(beyond, "u8");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_EOVERFLOW);
}

/* Ten million times 0.1: a running sum is off by 1.6e-4, the pairwise one by less than 1e-8. */
TEST(floats_are_summed_pairwise)
{
    size_t n = 10000000;
    double *values = malloc(n * sizeof *values), running = 0;
    shoal_scalar out;
    for (size_t i = 0; i < n; i++)
        running += values[i] = 0.1;
    shoal_view view = over(values, "f8", 1, (int64_t[]){(int64_t)n});
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(fabs(running - 1e6) > 1e-5 && fabs(out.re - 1e6) < 1e-8);
    view = over(values, "f8", 2, (int64_t[]){(int64_t)n / 10, 10}); /* rows among each other, too */
    CHECK_STATUS(shoal_view_slice(&view, 1, 0, 1, 9), SHOAL_OK);
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(fabs(out.re - 0.9e6) < 1e-8);
    free(values);
}

/* numpy.sum of the same 1000 numbers, bit for bit. */
TEST(a_contiguous_float64_sum_is_numpys)
{
    double values[1000];
    shoal_scalar out;
    for (int i = 0; i < 1000; i++)
        values[i] = 1.0 / (i + 1);
    shoal_view view = OVER(values, "f8");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.re == 0x1.df11f45f4e61ap+2);
}

TEST(floats_of_every_width_are_summed_in_double_precision)
{
    float f32[4] = {1e8f, 1, 1, 1};
    uint16_t f16[3] = {0x7bff, 0x7bff, 0x3c00}; /* 65504, 65504, 1 */
    float c64[4] = {1, -2, 3, -4};
    shoal_scalar out;
    shoal_view view = OVER(f32, "f4");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_FLOAT && out.re == 100000003.0);
    view = OVER(f16, "f2");
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.re == 131009.0);
    view = over(c64, "c8", 1, (int64_t[]){2});
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_COMPLEX && out.re == 4 && out.im == -6);
    CHECK_STATUS(shoal_view_mean(&out, &view), SHOAL_OK);
    CHECK(out.re == 2 && out.im == -3);
}

TEST(the_mean_of_integers_does_not_overflow)
{
    int64_t values[] = {INT64_MAX, INT64_MAX, INT64_MAX};
    uint8_t bytes[] = {1, 2, 2};
    shoal_scalar out;
    shoal_view view = OVER(values, "i8");
    CHECK_STATUS(shoal_view_mean(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_FLOAT && out.re == 0x1p63);
    view = OVER(bytes, "u1");
    CHECK_STATUS(shoal_view_mean(&out, &view), SHOAL_OK);
    CHECK(out.re == (double)(5.0 / 3));
}

TEST(nan_spreads_and_infinities_are_extremes)
{
    double values[400];
    shoal_scalar out;
    shoal_view view = OVER(values, "f8");
    for (int place = 0; place < 400; place += 57) {
        for (int i = 0; i < 400; i++)
            values[i] = i;
        values[place] = -INFINITY;
        CHECK_STATUS(shoal_view_min(&out, &view), SHOAL_OK);
        CHECK(out.type == SHOAL_SCALAR_FLOAT && out.re == -INFINITY);
        values[place] = NAN;
        CHECK_STATUS(shoal_view_min(&out, &view), SHOAL_OK);
        CHECK(isnan(out.re));
        CHECK_STATUS(shoal_view_max(&out, &view), SHOAL_OK);
        CHECK(isnan(out.re));
        CHECK_STATUS(shoal_view_mean(&out, &view), SHOAL_OK);
        CHECK(isnan(out.re));
    }
}

TEST(extremes_are_found_wherever_they_are)
{
    int64_t i64[300] = {0};
    uint64_t u64[300];
    float f32[300] = {0};
    shoal_scalar out;
    for (int place = 0; place < 300; place++) {
        memset(u64, 0xff, sizeof u64);
        i64[place] = INT64_MIN;
        u64[place] = (uint64_t)INT64_MAX + 1;
        f32[place] = 2.5f;
        shoal_view view = OVER(i64, "i8");
        CHECK_STATUS(shoal_view_min(&out, &view), SHOAL_OK);
        CHECK(out.type == SHOAL_SCALAR_INT && out.i == INT64_MIN);
        CHECK_STATUS(shoal_view_max(&out, &view), SHOAL_OK);
        CHECK(out.i == 0);
        view = OVER(u64, "u8");
        CHECK_STATUS(shoal_view_min(&out, &view), SHOAL_OK);
        CHECK(out.type == SHOAL_SCALAR_UINT && out.u == (uint64_t)INT64_MAX + 1);
        CHECK_STATUS(shoal_view_max(&out, &view), SHOAL_OK);
        CHECK(out.u == UINT64_MAX);
        view = over(f32, "f4", 2, (int64_t[]){100, 3});
        CHECK_STATUS(shoal_view_slice(&view, 0, 99, -1, 100), SHOAL_OK);
        CHECK_STATUS(shoal_view_max(&out, &view), SHOAL_OK);
        CHECK(out.re == 2.5);
        i64[place] = 0;
        f32[place] = 0;
    }
    bool flags[2] = {true, false};
    shoal_view view = OVER(flags, "bool");
    CHECK_STATUS(shoal_view_min(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_BOOL && out.i == 0);
    CHECK_STATUS(shoal_view_max(&out, &view), SHOAL_OK);
    CHECK(out.i == 1);
}

TEST(nothing_has_a_sum_and_a_nan_mean_but_no_extremes)
{
    shoal_scalar out;
    shoal_view view = over(&out, "f8", 2, (int64_t[]){3, 0});
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_FLOAT && out.re == 0);
    CHECK_STATUS(shoal_view_mean(&out, &view), SHOAL_OK);
    CHECK(isnan(out.re));
    CHECK_STATUS(shoal_view_min(&out, &view), SHOAL_EVALUE);
    CHECK_STATUS(shoal_view_max(&out, &view), SHOAL_EVALUE);
    view = over(&out, "i4", 1, (int64_t[]){0});
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_OK);
    CHECK(out.type == SHOAL_SCALAR_INT && out.i == 0);
    CHECK_STATUS(shoal_view_mean(&out, &view), SHOAL_OK);
    CHECK(isnan(out.re));
}

TEST(bytes_and_complex_numbers_have_no_order)
{
    char bytes[8] = "abcdefg";
    double numbers[4] = {0};
    shoal_scalar out;
    shoal_view view = over(bytes, "S4", 1, (int64_t[]){2});
    CHECK_STATUS(shoal_view_sum(&out, &view), SHOAL_ETYPE);
    CHECK_STATUS(shoal_view_mean(&out, &view), SHOAL_ETYPE);
    CHECK_STATUS(shoal_view_min(&out, &view), SHOAL_ETYPE);
    view = over(numbers, "c16", 1, (int64_t[]){2});
    CHECK_STATUS(shoal_view_max(&out, &view), SHOAL_ETYPE);
    CHECK_TEXT(shoal_error_message(), "an array of complex128 has no maximum");
}
