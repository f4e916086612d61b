/* Views: geometry, slices with any stride, fill, assign with conversion and overlap, pack and unpack. */
#include "check.h"

#include <math.h>

static shoal_dtype dtype_of(const char *text)
{
    shoal_dtype dtype;
    CHECK_STATUS(shoal_dtype_parse(&dtype, text, strlen(text)), SHOAL_OK);
    return dtype;
}

/* A view over fresh zeroed memory; freed with free(view.data) while data is not moved. */
static shoal_view array_of(const char *dtype, size_t ndim, const int64_t *shape)
{
    shoal_view view;
    uint64_t nbytes;
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of(dtype), ndim, shape), SHOAL_OK);
    view.data = calloc(nbytes > 0 ? nbytes : 1, 1);
    CHECK(view.data != NULL);
    return view;
}

static shoal_view numbered(const char *dtype, size_t ndim, const int64_t *shape)
{
    shoal_view view = array_of(dtype, ndim, shape);
    for (uint64_t i = 0; i < shoal_view_size(&view); i++) {
        shoal_scalar value = {.type = SHOAL_SCALAR_INT, .i = (int64_t)i};
        CHECK_STATUS(shoal_scalar_store(view.data + i * view.dtype.itemsize, view.dtype, &value), SHOAL_OK);
    }
    return view;
}

static void count_up(const shoal_view *view, int64_t *index)
{
    for (uint32_t i = view->ndim; i-- > 0;) {
        if (++index[i] < view->shape[i])
            return;
        index[i] = 0;
    }
}

/* Element by element through shoal_view_at: the plain way that the fast ones must agree with. */
static shoal_scalar element(const shoal_view *view, const int64_t *index)
{
    unsigned char *at;
    shoal_scalar out = {0};
    CHECK_STATUS(shoal_view_at(&at, view, view->ndim, index), SHOAL_OK);
    shoal_scalar_load(&out, view->dtype, at);
    return out;
}

static double number(const shoal_scalar *value)
{
    switch (value->type) {
    case SHOAL_SCALAR_UINT:
        return (double)value->u;
    case SHOAL_SCALAR_FLOAT:
    case SHOAL_SCALAR_COMPLEX:
        return value->re;
    default:
        return (double)value->i;
    }
}

static void check_equal(const shoal_view *a, const shoal_view *b)
{
    int64_t index[SHOAL_MAX_DIMS] = {0};
    for (uint64_t i = 0; i < shoal_view_size(a); i++, count_up(a, index)) {
        shoal_scalar x = element(a, index), y = element(b, index);
        CHECK(number(&x) == number(&y));
    }
}

static bool has_values(const shoal_view *view, size_t n, const double *values)
{
    int64_t index[SHOAL_MAX_DIMS] = {0};
    if (shoal_view_size(view) != n)
        return false;
    for (size_t i = 0; i < n; i++, count_up(view, index)) {
        shoal_scalar value = element(view, index);
        if (number(&value) != values[i])
            return false;
    }
    return true;
}
#define HAS_VALUES(view, ...)                                                                                          \
    has_values(view, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

TEST(shapes_are_in_c_order)
{
    uint64_t nbytes;
    shoal_view view;
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("f8"), 3, (int64_t[]){2, 3, 4}), SHOAL_OK);
    CHECK(nbytes == 192 && shoal_view_size(&view) == 24 && shoal_view_contiguous(&view));
    CHECK(view.strides[0] == 96 && view.strides[1] == 32 && view.strides[2] == 8);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("S5"), 0, NULL), SHOAL_OK);
    CHECK(nbytes == 5 && shoal_view_size(&view) == 1 && view.ndim == 0 && shoal_view_contiguous(&view));
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("f8"), 3, (int64_t[]){2, 0, 4}), SHOAL_OK);
    CHECK(nbytes == 0 && shoal_view_size(&view) == 0 && shoal_view_contiguous(&view) && view.strides[0] == 32);
}

TEST(impossible_shapes_are_refused)
{
    uint64_t nbytes = 1;
    shoal_view view;
    int64_t many[33];
    for (int i = 0; i < 33; i++)
        many[i] = 1;
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i1"), 32, many), SHOAL_OK);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i1"), 33, many), SHOAL_EVALUE);
    CHECK(nbytes == 0);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i1"), 2, (int64_t[]){3, -1}), SHOAL_EVALUE);
    CHECK(strstr(shoal_error_message(), "-1 in axis 1") != NULL);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i1"), 1, (int64_t[]){(int64_t)1 << 47}), SHOAL_OK);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i1"), 1, (int64_t[]){((int64_t)1 << 47) + 1}), SHOAL_EVALUE);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i2"), 1, (int64_t[]){(int64_t)1 << 47}), SHOAL_EVALUE);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i8"), 2, (int64_t[]){INT64_MAX, INT64_MAX}), SHOAL_EVALUE);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i8"), 4, (int64_t[]){65536, 65536, 65536, 65536}),
                 SHOAL_EVALUE);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype_of("i8"), 2, (int64_t[]){0, INT64_MAX}), SHOAL_EVALUE);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, (shoal_dtype){SHOAL_INT64, 4}, 0, NULL), SHOAL_EVALUE);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, (shoal_dtype){0, 0}, 0, NULL), SHOAL_EVALUE);
}

TEST(an_index_counts_from_either_end_and_not_beyond)
{
    shoal_view view = numbered("i4", 2, (int64_t[]){3, 4}), row = view;
    unsigned char *at;
    CHECK_STATUS(shoal_view_at(&at, &view, 2, (int64_t[]){2, 1}), SHOAL_OK);
    CHECK(at == view.data + 4 * 9);
    CHECK_STATUS(shoal_view_at(&at, &view, 2, (int64_t[]){-1, -4}), SHOAL_OK);
    CHECK(at == view.data + 4 * 8);
    CHECK_STATUS(shoal_view_at(&at, &view, 2, (int64_t[]){0, 4}), SHOAL_EINDEX);
    CHECK(at == NULL);
    CHECK_TEXT(shoal_error_message(), "index 4 is out of range for axis 1 with length 4");
    CHECK_STATUS(shoal_view_at(&at, &view, 2, (int64_t[]){-4, 0}), SHOAL_EINDEX);
    CHECK_STATUS(shoal_view_at(&at, &view, 2, (int64_t[]){INT64_MIN, 0}), SHOAL_EINDEX);
    CHECK_STATUS(shoal_view_at(&at, &view, 1, (int64_t[]){0}), SHOAL_EINDEX);
    CHECK_STATUS(shoal_view_index(&row, 3), SHOAL_EINDEX);
    CHECK_STATUS(shoal_view_index(&row, -2), SHOAL_OK);
    CHECK(row.ndim == 1 && HAS_VALUES(&row, 4, 5, 6, 7));
    CHECK_STATUS(shoal_view_index(&row, 3), SHOAL_OK);
    CHECK(row.ndim == 0 && HAS_VALUES(&row, 7));
    CHECK_STATUS(shoal_view_index(&row, 0), SHOAL_EINDEX);
    free(view.data);
}

TEST(a_slice_may_step_backwards_or_stand_still)
{
    shoal_view view = numbered("u2", 1, (int64_t[]){10}), part = view;
    CHECK_STATUS(shoal_view_slice(&part, 0, 2, 3, 3), SHOAL_OK);
    CHECK(HAS_VALUES(&part, 2, 5, 8) && !shoal_view_contiguous(&part));
    CHECK_STATUS(shoal_view_slice(&part, 0, 2, -1, 3), SHOAL_OK);
    CHECK(HAS_VALUES(&part, 8, 5, 2));
    CHECK_STATUS(shoal_view_slice(&part, 0, 1, 0, 4), SHOAL_OK);
    CHECK(HAS_VALUES(&part, 5, 5, 5, 5));
    part = view;
    CHECK_STATUS(shoal_view_slice(&part, 0, 9, -1, 10), SHOAL_OK);
    CHECK(HAS_VALUES(&part, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    CHECK_STATUS(shoal_view_slice(&part, 0, 9, INT64_MIN, 1), SHOAL_OK); /* the step of one item says nothing */
    CHECK(HAS_VALUES(&part, 0));
    part = view;
    CHECK_STATUS(shoal_view_slice(&part, 0, 99, 5, 0), SHOAL_OK);
    CHECK(shoal_view_size(&part) == 0 && part.data == view.data && shoal_view_contiguous(&part));
    free(view.data);
}

TEST(a_slice_out_of_bounds_is_refused_and_changes_nothing)
{
    static const int64_t bad[][3] = {{0, 1, 11},        {10, 1, 1},        {-1, 1, 1},        {0, 2, 6},
                                     {9, -1, 11},       {4, -2, 4},        {0, -1, 2},        {0, 1, -1},
                                     {1, INT64_MAX, 2}, {9, INT64_MIN, 2}, {0, 1, INT64_MAX}, {5, 0, -5}};
    shoal_view view = numbered("u2", 1, (int64_t[]){10}), part = view;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(shoal_view_slice(&part, 0, bad[i][0], bad[i][1], bad[i][2]), SHOAL_EINDEX);
        CHECK(part.data == view.data && part.shape[0] == 10 && part.strides[0] == 2);
    }
    CHECK_STATUS(shoal_view_slice(&part, 1, 0, 1, 1), SHOAL_EINDEX);
    free(view.data);
}

TEST(contiguity_ignores_axes_of_length_1)
{
    shoal_view view = numbered("u1", 3, (int64_t[]){4, 1, 5}), part = view;
    part.strides[1] = -77;
    CHECK(shoal_view_contiguous(&part));
    CHECK_STATUS(shoal_view_slice(&part, 0, 1, 1, 2), SHOAL_OK);
    CHECK(shoal_view_contiguous(&part));
    CHECK_STATUS(shoal_view_slice(&part, 2, 0, 1, 4), SHOAL_OK);
    CHECK(!shoal_view_contiguous(&part));
    free(view.data);
}

/* A random window on a 4-d array: axes turned round, thinned, shortened and exchanged. */
static shoal_view random_window(const shoal_view *whole)
{
    shoal_view view = *whole;
    for (uint32_t axis = 0; axis < view.ndim; axis++) {
        int64_t length = view.shape[axis], step = 1 + rand() % 3;
        int64_t count = 1 + rand() % ((length - 1) / step + 1), start = rand() % (length - (count - 1) * step);
        if (rand() % 2) {
            start += (count - 1) * step;
            step = -step;
        }
        CHECK_STATUS(shoal_view_slice(&view, axis, start, step, count), SHOAL_OK);
    }
    uint32_t a = (uint32_t)rand() % view.ndim, b = (uint32_t)rand() % view.ndim;
    int64_t shape = view.shape[a], stride = view.strides[a];
    view.shape[a] = view.shape[b];
    view.strides[a] = view.strides[b];
    view.shape[b] = shape;
    view.strides[b] = stride;
    return view;
}

TEST(pack_and_unpack_agree_with_element_by_element_on_random_windows)
{
    static const char *const dtypes[] = {"u1", "i2", "f4", "i8", "c16", "S5", "S32"};
    srand(2);
    for (int round = 0; round < 400; round++) {
        const char *dtype = dtypes[round % 7];
        shoal_view whole = array_of(dtype, 4, (int64_t[]){5, 4, 3, 6}), copy = whole;
        size_t size = (size_t)(shoal_view_size(&whole) * whole.dtype.itemsize);
        for (size_t i = 0; i < size; i++)
            whole.data[i] = (unsigned char)rand();
        shoal_view view = random_window(&whole);
        size_t packed_size = (size_t)shoal_view_size(&view) * view.dtype.itemsize;
        unsigned char *packed = malloc(packed_size), *at;
        shoal_view_pack(packed, &view);
        int64_t index[SHOAL_MAX_DIMS] = {0};
        for (size_t i = 0; i < packed_size; i += view.dtype.itemsize, count_up(&view, index)) {
            CHECK_STATUS(shoal_view_at(&at, &view, view.ndim, index), SHOAL_OK);
            CHECK(memcmp(packed + i, at, view.dtype.itemsize) == 0);
        }
        copy.data = malloc(size);
        memcpy(copy.data, whole.data, size);
        for (size_t i = 0; i < packed_size; i++)
            packed[i] ^= 0xff;
        CHECK_STATUS(shoal_view_unpack(&view, packed, packed_size), SHOAL_OK);
        for (size_t i = 0; i < packed_size; i++)
            packed[i] ^= 0xff;
        CHECK(memcmp(copy.data, whole.data, size) != 0);
        CHECK_STATUS(shoal_view_unpack(&view, packed, packed_size), SHOAL_OK); /* and what is outside stayed */
        CHECK(memcmp(copy.data, whole.data, size) == 0);
        free(packed);
        free(copy.data);
        free(whole.data);
    }
}

TEST(unpack_wants_the_exact_number_of_bytes)
{
    shoal_view view = numbered("f4", 1, (int64_t[]){3});
    unsigned char bytes[16] = {0};
    CHECK_STATUS(shoal_view_unpack(&view, bytes, 11), SHOAL_EVALUE);
    CHECK_TEXT(shoal_error_message(), "the array has 12 bytes, and 11 were given");
    CHECK_STATUS(shoal_view_unpack(&view, bytes, 13), SHOAL_EVALUE);
    CHECK(HAS_VALUES(&view, 0, 1, 2));
    CHECK_STATUS(shoal_view_unpack(&view, bytes, 12), SHOAL_OK);
    CHECK(HAS_VALUES(&view, 0, 0, 0));
    free(view.data);
}

TEST(a_readonly_view_is_not_written)
{
    shoal_view view = numbered("f8", 1, (int64_t[]){3}), other = numbered("f8", 1, (int64_t[]){3});
    unsigned char bytes[24] = {0};
    view.readonly = true;
    CHECK_STATUS(shoal_view_fill(&view, &(shoal_scalar){.type = SHOAL_SCALAR_INT}), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_view_assign(&view, &other), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_view_unpack(&view, bytes, 24), SHOAL_EREADONLY);
    CHECK(HAS_VALUES(&view, 0, 1, 2));
    CHECK_STATUS(shoal_view_assign(&other, &view), SHOAL_OK);
    free(view.data);
    free(other.data);
}

TEST(fill_reaches_every_element_of_a_window_and_no_other)
{
    static const char *const dtypes[] = {"u1", "i2", "f4", "i8", "c8", "c16"};
    shoal_scalar seven = {.type = SHOAL_SCALAR_INT, .i = 7};
    srand(3);
    for (int round = 0; round < 100; round++) {
        shoal_view whole = array_of(dtypes[round % 6], 4, (int64_t[]){5, 4, 3, 6}), view = random_window(&whole);
        CHECK_STATUS(shoal_view_fill(&view, &seven), SHOAL_OK);
        uint64_t sevens = 0;
        int64_t index[SHOAL_MAX_DIMS] = {0};
        for (uint64_t i = 0; i < shoal_view_size(&whole); i++, count_up(&whole, index)) {
            shoal_scalar value = element(&whole, index);
            CHECK(number(&value) == 7 || number(&value) == 0);
            sevens += number(&value) == 7;
        }
        memset(index, 0, sizeof index);
        CHECK(sevens == shoal_view_size(&view));
        for (uint64_t i = 0; i < sevens; i++, count_up(&view, index)) {
            shoal_scalar value = element(&view, index);
            CHECK(number(&value) == 7);
        }
        free(whole.data);
    }
}

TEST(fill_refuses_what_does_not_fit_and_changes_nothing)
{
    shoal_view view = numbered("u1", 1, (int64_t[]){4}), text = array_of("S3", 1, (int64_t[]){2});
    CHECK_STATUS(shoal_view_fill(&view, &(shoal_scalar){.type = SHOAL_SCALAR_INT, .i = 256}), SHOAL_EOVERFLOW);
    CHECK(HAS_VALUES(&view, 0, 1, 2, 3));
    shoal_scalar bytes = {.type = SHOAL_SCALAR_BYTES, .bytes = (const unsigned char *)"abc", .size = 3};
    CHECK_STATUS(shoal_view_fill(&view, &bytes), SHOAL_ETYPE);
    CHECK_STATUS(shoal_view_fill(&text, &bytes), SHOAL_OK);
    CHECK(memcmp(text.data, "abcabc", 6) == 0);
    bytes.bytes = (const unsigned char *)"xxxx";
    bytes.size = 4;
    CHECK_STATUS(shoal_view_fill(&text, &bytes), SHOAL_EOVERFLOW);
    CHECK(memcmp(text.data, "abcabc", 6) == 0);
    free(view.data);
    free(text.data);
}

TEST(assign_converts_between_all_dtypes_that_same_kind_casting_allows)
{
    static const char *const dtypes[] = {"bool",  "uint8", "uint16",  "uint32",  "uint64",  "int8",      "int16",
                                         "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"};
    static const int rank[] = {0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4};
    for (int from = 0; from < 14; from++) {
        shoal_view source =
            from == 0 ? array_of("bool", 1, (int64_t[]){100}) : numbered(dtypes[from], 1, (int64_t[]){100});
        for (int to = 0; to < 14; to++) {
            shoal_view target = array_of(dtypes[to], 1, (int64_t[]){100}), strided = target;
            int expected = rank[from] <= rank[to] ? SHOAL_OK : SHOAL_EMISMATCH;
            if (from == 0)
                source.data[5] = source.data[99] = 1;
            CHECK_STATUS(shoal_view_assign(&target, &source), expected);
            if (expected == SHOAL_OK)
                check_equal(&target, &source);
            CHECK_STATUS(shoal_view_slice(&strided, 0, 99, -1, 100), SHOAL_OK);
            CHECK_STATUS(shoal_view_assign(&strided, &source), expected);
            if (expected == SHOAL_OK)
                check_equal(&strided, &source);
            free(target.data);
        }
        free(source.data);
    }
}

TEST(assign_converts_as_numpy_does)
{
    shoal_view i8 = array_of("i1", 1, (int64_t[]){3}), i64 = array_of("i8", 1, (int64_t[]){3});
    shoal_view f32 = array_of("f4", 1, (int64_t[]){3}), f16 = array_of("f2", 1, (int64_t[]){3});
    int64_t values[3] = {300, -129, 16777217 + ((int64_t)1 << 55)};
    CHECK_STATUS(shoal_view_unpack(&i64, values, sizeof values), SHOAL_OK);
    CHECK_STATUS(shoal_view_assign(&i8, &i64), SHOAL_OK); /* integers wrap */
    CHECK(HAS_VALUES(&i8, 44, 127, 1));
    /* 2^60 + 2^36 + 1 is just above the middle of two float32: by way of double it would go down to the even one. */
    values[2] = ((int64_t)1 << 60) + ((int64_t)1 << 36) + 1;
    CHECK_STATUS(shoal_view_unpack(&i64, values, sizeof values), SHOAL_OK);
    CHECK_STATUS(shoal_view_assign(&f32, &i64), SHOAL_OK);
    volatile int64_t above_middle = values[2];
    if ((float)above_middle == 0x1p60f + 0x1p37f) /* valgrind's processor rounds twice itself */
        CHECK(HAS_VALUES(&f32, 300, -129, 0x1p60 + 0x1p37));
    CHECK_STATUS(shoal_view_assign(&f16, &f32), SHOAL_OK); /* floats become infinite */
    CHECK(HAS_VALUES(&f16, 300, -129, INFINITY));
    shoal_view s2 = array_of("S2", 1, (int64_t[]){2}), s4 = array_of("S4", 1, (int64_t[]){2});
    CHECK_STATUS(shoal_view_unpack(&s4, "abcdx\0\0\0", 8), SHOAL_OK);
    CHECK_STATUS(shoal_view_assign(&s2, &s4), SHOAL_OK); /* byte strings are cut, and padded */
    CHECK(memcmp(s2.data, "abx\0", 4) == 0);
    CHECK_STATUS(shoal_view_assign(&s4, &s2), SHOAL_OK);
    CHECK(memcmp(s4.data, "ab\0\0x\0\0\0", 8) == 0);
    CHECK_STATUS(shoal_view_assign(&s2, &i8), SHOAL_EMISMATCH);
    free(i8.data), free(i64.data), free(f32.data), free(f16.data), free(s2.data), free(s4.data);
}

TEST(assign_wants_equal_shapes)
{
    shoal_view a = numbered("i4", 2, (int64_t[]){2, 3}), b = numbered("i4", 2, (int64_t[]){3, 2});
    shoal_view c = numbered("i4", 1, (int64_t[]){6}), s = array_of("S4", 2, (int64_t[]){2, 3});
    CHECK_STATUS(shoal_view_assign(&a, &b), SHOAL_EMISMATCH);
    CHECK_TEXT(shoal_error_message(), "axis 0 has length 3 in the array assigned and 2 in the array assigned to");
    CHECK_STATUS(shoal_view_assign(&a, &c), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_view_assign(&a, &s), SHOAL_EMISMATCH);
    CHECK_TEXT(shoal_error_message(), "S4 does not convert to int32");
    free(a.data), free(b.data), free(c.data), free(s.data);
}

TEST(assign_between_overlapping_windows_is_as_if_through_a_copy)
{
    srand(4);
    for (int round = 0; round < 500; round++) {
        shoal_view whole = numbered("i2", 4, (int64_t[]){5, 4, 3, 6});
        shoal_view expected = numbered("i2", 4, (int64_t[]){5, 4, 3, 6});
        shoal_view from = random_window(&whole), to = random_window(&whole);
        for (uint32_t i = 0; i < 4; i++) { /* the shape they have in common */
            int64_t least = from.shape[i] < to.shape[i] ? from.shape[i] : to.shape[i];
            from.shape[i] = to.shape[i] = least;
        }
        shoal_view target = to, packed;
        uint64_t nbytes;
        target.data = expected.data + (to.data - whole.data);
        CHECK_STATUS(shoal_view_init(&packed, &nbytes, from.dtype, 4, from.shape), SHOAL_OK);
        packed.data = malloc(nbytes);
        shoal_view_pack(packed.data, &from);
        CHECK_STATUS(shoal_view_assign(&target, &packed), SHOAL_OK);
        CHECK_STATUS(shoal_view_assign(&to, &from), SHOAL_OK);
        CHECK(memcmp(whole.data, expected.data, 2 * 5 * 4 * 3 * 6) == 0);
        free(packed.data), free(whole.data), free(expected.data);
    }
}

TEST(assign_between_overlapping_dtypes_is_as_if_through_a_copy)
{
    union {
        int32_t i[8];
        double f[4];
    } memory;
    for (int i = 0; i < 8; i++)
        memory.i[i] = i + 1;
    shoal_view ints, floats;
    uint64_t nbytes;
    CHECK_STATUS(shoal_view_init(&ints, &nbytes, dtype_of("i4"), 1, (int64_t[]){4}), SHOAL_OK);
    CHECK_STATUS(shoal_view_init(&floats, &nbytes, dtype_of("f8"), 1, (int64_t[]){4}), SHOAL_OK);
    ints.data = floats.data = (unsigned char *)&memory;
    CHECK_STATUS(shoal_view_assign(&floats, &ints), SHOAL_OK);
    CHECK(HAS_VALUES(&floats, 1, 2, 3, 4));
}

TEST(views_without_elements_take_part_in_everything)
{
    shoal_view a = array_of("f8", 3, (int64_t[]){2, 0, 3}), b = array_of("i4", 3, (int64_t[]){2, 0, 3});
    CHECK_STATUS(shoal_view_assign(&a, &b), SHOAL_OK);
    CHECK_STATUS(shoal_view_unpack(&a, "", 0), SHOAL_OK);
    CHECK_STATUS(shoal_view_fill(&a, &(shoal_scalar){.type = SHOAL_SCALAR_INT, .i = 1}), SHOAL_OK);
    shoal_view_pack(a.data, &a);
    shoal_view row = a;
    CHECK_STATUS(shoal_view_index(&row, 0), SHOAL_OK);
    CHECK(row.ndim == 2 && row.shape[0] == 0);
    CHECK_STATUS(shoal_view_index(&row, 0), SHOAL_EINDEX);
    free(a.data), free(b.data);
}

TEST(equal_views_have_equal_dtypes_shapes_and_elements)
{
    shoal_view a = numbered("f8", 2, (int64_t[]){3, 4}), b = numbered("f8", 2, (int64_t[]){3, 4}), other = a;
    shoal_view wide = numbered("f8", 2, (int64_t[]){4, 3}), ints = numbered("i8", 2, (int64_t[]){3, 4});
    double *first = (double *)(void *)a.data, *second = (double *)(void *)b.data;
    CHECK(shoal_view_equal(&a, &b) && !shoal_view_equal(&a, &wide) && !shoal_view_equal(&a, &ints));
    CHECK_STATUS(shoal_view_slice(&other, 0, 2, -1, 3), SHOAL_OK);
    CHECK(!shoal_view_equal(&a, &other));
    shoal_view turned = b;
    CHECK_STATUS(shoal_view_slice(&turned, 0, 2, -1, 3), SHOAL_OK);
    CHECK(shoal_view_equal(&turned, &other));
    first[0] = 0.0, second[0] = -0.0;
    CHECK(shoal_view_equal(&turned, &other));
    first[5] = second[5] = __builtin_nan("");
    CHECK(!shoal_view_equal(&turned, &other) && shoal_view_equal(&b, &b)); /* the same memory is */
    free(a.data), free(b.data), free(wide.data), free(ints.data);
}
