/* MessagePack: round trips, every lead byte, hostile bytes, and that no node is lost or freed twice. */
#include "check.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

/* ---- A builder whose nodes are text, and which counts them ---------------------------------- */

struct ledger {
    int made, consumed, dropped, calls;
    int fail_at;      /* the call that fails; 0: none */
    size_t announced; /* items that all containers promised */
};

static int refused(struct ledger *ledger)
{
    return ++ledger->calls == ledger->fail_at ? SHOAL_ENOMEM : SHOAL_OK;
}

__attribute__((format(printf, 3, 4))) static int make(void *user, shoal_node *out, const char *format, ...)
{
    struct ledger *ledger = user;
    char *text = malloc(256);
    va_list arguments;
    if (refused(ledger) < 0) {
        free(text);
        return SHOAL_ENOMEM;
    }
    va_start(arguments, format);
    vsnprintf(text, 256, format, arguments);
    va_end(arguments);
    out->pointer = text;
    ledger->made++;
    return SHOAL_OK;
}

static char *consume(struct ledger *ledger, shoal_node *node)
{
    char *text = node->pointer;
    CHECK(text != NULL); /* never the same node twice */
    node->pointer = NULL;
    ledger->consumed++;
    return text;
}

static int build_nil(void *user, shoal_node *out)
{
    return make(user, out, "nil");
}

static int build_boolean(void *user, bool value, shoal_node *out)
{
    return make(user, out, value ? "true" : "false");
}

static int build_integer(void *user, int64_t value, shoal_node *out)
{
    return make(user, out, "%" PRId64, value);
}

static int build_unsigned(void *user, uint64_t value, shoal_node *out)
{
    return make(user, out, "%" PRIu64 "u", value);
}

static int build_real(void *user, double value, shoal_node *out)
{
    return make(user, out, "%a", value);
}

static int build_str(void *user, const char *bytes, size_t size, shoal_node *out)
{
    return make(user, out, "str%zu(%.*s)", size, (int)(size < 20 ? size : 20), bytes);
}

static int build_bin(void *user, const char *bytes, size_t size, shoal_node *out)
{
    return make(user, out, "bin%zu(%.*s)", size, (int)(size < 20 ? size : 20), bytes);
}

static int build_time(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out)
{
    return make(user, out, "time(%" PRId64 ".%09" PRIu32 ")", seconds, nanoseconds);
}

static int build_ndarray(void *user, const shoal_view *view, shoal_node *out)
{
    char name[16];
    shoal_scalar sum = {0};
    if (shoal_view_sum(&sum, view) < 0) /* reads every byte, so that the sanitizers see it */
        memset(&sum, 0, sizeof sum);
    return make(user, out, "ndarray(%s,%" PRIu32 ",%" PRIu64 ",%" PRId64 ",%g)", shoal_dtype_name(view->dtype, name),
                view->ndim, shoal_view_size(view), sum.i, sum.re);
}

static int build_ext(void *user, int type, const char *bytes, size_t size, shoal_node *out)
{
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (unsigned char)bytes[i];
    return make(user, out, "ext(%d,%zu,%u)", type, size, sum);
}

static int build_array(void *user, size_t count, shoal_node *out)
{
    ((struct ledger *)user)->announced += count;
    return make(user, out, "[");
}

static int build_map(void *user, size_t count, shoal_node *out)
{
    ((struct ledger *)user)->announced += 2 * count;
    return make(user, out, "{");
}

static void join(shoal_node *container, const char *a, const char *b)
{
    size_t length = strlen(container->pointer) + strlen(a) + strlen(b) + 3;
    container->pointer = realloc(container->pointer, length);
    strcat(strcat(strcat(container->pointer, a), b), " ");
}

static int build_append(void *user, shoal_node *array, shoal_node *item)
{
    char *text = consume(user, item);
    if (refused(user) == SHOAL_OK)
        join(array, text, "");
    free(text);
    return ((struct ledger *)user)->calls == ((struct ledger *)user)->fail_at ? SHOAL_ENOMEM : SHOAL_OK;
}

static int build_insert(void *user, shoal_node *map, shoal_node *key, shoal_node *value)
{
    char *k = consume(user, key), *v = consume(user, value), pair[600];
    int status = refused(user);
    if (status == SHOAL_OK) {
        snprintf(pair, sizeof pair, "%.290s=%.290s", k, v);
        join(map, pair, "");
    }
    free(k);
    free(v);
    return status;
}

static void build_drop(void *user, shoal_node *node)
{
    CHECK(node->pointer != NULL);
    free(node->pointer);
    node->pointer = NULL;
    ((struct ledger *)user)->dropped++;
}

static const shoal_builder builder = {
    .nil = build_nil,
    .boolean = build_boolean,
    .integer = build_integer,
    .unsigned_integer = build_unsigned,
    .real = build_real,
    .str = build_str,
    .bin = build_bin,
    .time = build_time,
    .ndarray = build_ndarray,
    .ext = build_ext,
    .array = build_array,
    .append = build_append,
    .map = build_map,
    .insert = build_insert,
    .drop = build_drop,
};

/* ---- Decoding in tests ---------------------------------------------------------------------- */

/*
 * Decode a copy on the heap of exactly that size, so that the sanitizers see a read past the end. Every node
 * made must have been consumed, dropped or be the result. Returns the text of the result (to free) or NULL.
 */
static char *decode_with(struct ledger *ledger, int *status, const void *bytes, size_t size)
{
    shoal_node root = {.words = {1, 1}};
    void *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    *status = shoal_value_decode(&root, copy, size, &builder, ledger);
    free(copy);
    CHECK(ledger->made == ledger->consumed + ledger->dropped + (*status == SHOAL_OK));
    CHECK((root.pointer != NULL) == (*status == SHOAL_OK));
    CHECK(ledger->announced <= size);
    return root.pointer;
}

static int decode_status(const void *bytes, size_t size)
{
    struct ledger ledger = {0};
    int status;
    free(decode_with(&ledger, &status, bytes, size));
    return status;
}

static void check_decodes(const void *bytes, size_t size, const char *expected, const char *file, int line)
{
    struct ledger ledger = {0};
    int status;
    char *text = decode_with(&ledger, &status, bytes, size);
    if (status < 0 || strcmp(text, expected) != 0) {
        fprintf(stderr, "%s:%d: %s, %s instead of %s\n", file, line, shoal_status_name(status), text ? text : "-",
                expected);
        exit(1);
    }
    free(text);
}
#define CHECK_DECODES(bytes, size, expected) check_decodes(bytes, size, expected, __FILE__, __LINE__)
#define CHECK_WRITTEN(writer, expected)                                                                                \
    do {                                                                                                               \
        CHECK((writer).status == SHOAL_OK);                                                                            \
        CHECK_DECODES((writer).bytes, (writer).size, expected);                                                        \
        shoal_writer_free(&(writer));                                                                                  \
    } while (0)
#define LITERAL(text) text, sizeof(text) - 1
#define CHECK_LITERAL(text, expected) check_decodes(text, sizeof(text) - 1, expected, __FILE__, __LINE__)

/* ---- Round trips ---------------------------------------------------------------------------- */

TEST(scalars_come_back)
{
    shoal_writer writer = {0};
    shoal_write_nil(&writer);
    CHECK_WRITTEN(writer, "nil");
    shoal_write_bool(&writer, true);
    CHECK_WRITTEN(writer, "true");
    shoal_write_bool(&writer, false);
    CHECK_WRITTEN(writer, "false");
    shoal_write_uint(&writer, UINT64_MAX);
    CHECK_WRITTEN(writer, "18446744073709551615u");
    shoal_write_uint(&writer, INT64_MAX);
    CHECK_WRITTEN(writer, "9223372036854775807");
    shoal_write_float(&writer, -0.0);
    CHECK_WRITTEN(writer, "-0x0p+0");
    shoal_write_float(&writer, 0.1);
    CHECK_WRITTEN(writer, "0x1.999999999999ap-4");
    shoal_write_float(&writer, INFINITY);
    CHECK_WRITTEN(writer, "inf");
    shoal_write_float(&writer, NAN);
    CHECK_WRITTEN(writer, "nan");
}

TEST(integers_round_every_power_of_two_come_back_in_the_fewest_bytes)
{
    for (int shift = 0; shift < 64; shift++) {
        for (int64_t off = -1; off <= 1; off++) {
            char expected[32];
            int64_t value = (int64_t)(((uint64_t)1 << shift) + (uint64_t)off);
            for (int sign = 0; sign < 2; sign++, value = (int64_t) - (uint64_t)value) {
                shoal_writer writer = {0};
                shoal_write_int(&writer, value);
                size_t fewest = value >= -32 && value < 128                          ? 1
                                : value >= INT8_MIN && value <= UINT8_MAX            ? 2
                                : value >= INT16_MIN && value <= UINT16_MAX          ? 3
                                : value >= INT32_MIN && value <= (int64_t)UINT32_MAX ? 5
                                                                                     : 9;
                CHECK(writer.size == fewest);
                snprintf(expected, sizeof expected, "%" PRId64, value);
                CHECK_WRITTEN(writer, expected);
            }
        }
    }
}

TEST(text_and_bytes_of_every_length_class_come_back)
{
    static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 1000000};
    char *bytes = malloc(1000000), expected[64];
    memset(bytes, 'x', 1000000);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t n = lengths[i];
        shoal_writer writer = {0};
        shoal_write_str(&writer, bytes, n);
        CHECK(n < 32 || writer.bytes[0] == (n < 256 ? 0xd9 : n < 65536 ? 0xda : 0xdb));
        CHECK(n == 0 || memcmp(writer.bytes + writer.size - n, bytes, n) == 0);
        snprintf(expected, sizeof expected, "str%zu(%.*s)", n, (int)(n < 20 ? n : 20), bytes);
        CHECK_WRITTEN(writer, expected);
        shoal_write_bin(&writer, n > 0 ? bytes : NULL, n);
        CHECK(writer.bytes[0] == (n < 256 ? 0xc4 : n < 65536 ? 0xc5 : 0xc6));
        snprintf(expected, sizeof expected, "bin%zu(%.*s)", n, (int)(n < 20 ? n : 20), bytes);
        CHECK_WRITTEN(writer, expected);
    }
    free(bytes);
}

TEST(containers_of_every_length_class_come_back)
{
    static const size_t counts[] = {0, 1, 15, 16, 65535, 65536};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct ledger ledger = {0};
        shoal_writer writer;
        int status;
        shoal_writer_init(&writer);
        shoal_write_array(&writer, 2);
        shoal_write_array(&writer, counts[i]);
        for (size_t k = 0; k < counts[i]; k++)
            shoal_write_nil(&writer);
        shoal_write_map(&writer, counts[i]);
        for (size_t k = 0; k < counts[i]; k++) {
            shoal_write_int(&writer, (int64_t)k);
            shoal_write_bool(&writer, true);
        }
        /* joining 65,536 pieces of text would take long: look at the ledger instead */
        if (counts[i] <= 16) {
            free(decode_with(&ledger, &status, writer.bytes, writer.size));
            CHECK(status == SHOAL_OK && ledger.announced == 2 + 3 * counts[i]);
            CHECK((size_t)ledger.made == 3 + 3 * counts[i] && ledger.dropped == 0);
        } else {
            ledger.fail_at = 2000;
            free(decode_with(&ledger, &status, writer.bytes, writer.size));
            CHECK(status == SHOAL_ENOMEM && writer.bytes[1] == (counts[i] < 65536 ? 0xdc : 0xdd));
        }
        shoal_writer_free(&writer);
    }
}

TEST(nested_containers_come_back_in_order)
{
    shoal_writer writer = {0};
    shoal_write_map(&writer, 3);
    shoal_write_str(&writer, "rows", 4);
    shoal_write_array(&writer, 3);
    shoal_write_int(&writer, -5);
    shoal_write_array(&writer, 0);
    shoal_write_map(&writer, 0);
    shoal_write_int(&writer, 7);
    shoal_write_float(&writer, 0.5);
    shoal_write_array(&writer, 1); /* any item may be a key on the wire */
    shoal_write_nil(&writer);
    shoal_write_bin(&writer, "\0", 1);
    CHECK_WRITTEN(writer, "{str4(rows)=[-5 [ {  7=0x1p-1 [nil =bin1() ");
}

TEST(times_come_back_in_the_form_that_the_specification_wants)
{
    static const struct {
        int64_t seconds;
        uint32_t nanoseconds;
        size_t size;
        const char *expected;
    } cases[] = {
        {0, 0, 6, "time(0.000000000)"},
        {UINT32_MAX, 0, 6, "time(4294967295.000000000)"},
        {(int64_t)UINT32_MAX + 1, 0, 10, "time(4294967296.000000000)"},
        {1, 999999999, 10, "time(1.999999999)"},
        {((int64_t)1 << 34) - 1, 1, 10, "time(17179869183.000000001)"},
        {(int64_t)1 << 34, 0, 15, "time(17179869184.000000000)"},
        {-1, 500000000, 15, "time(-1.500000000)"},
        {INT64_MIN, 0, 15, "time(-9223372036854775808.000000000)"},
        {INT64_MAX, 999999999, 15, "time(9223372036854775807.999999999)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        shoal_writer writer = {0};
        shoal_write_time(&writer, cases[i].seconds, cases[i].nanoseconds);
        CHECK(writer.size == cases[i].size);
        CHECK_WRITTEN(writer, cases[i].expected);
    }
    shoal_writer writer = {0};
    shoal_write_time(&writer, 0, 1000000000);
    CHECK(writer.status == SHOAL_EVALUE && writer.size == 0);
}

static shoal_view view_over(void *data, const char *dtype_text, size_t ndim, const int64_t *shape)
{
    shoal_view view;
    shoal_dtype dtype;
    uint64_t nbytes;
    CHECK_STATUS(shoal_dtype_parse(&dtype, dtype_text, strlen(dtype_text)), SHOAL_OK);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype, ndim, shape), SHOAL_OK);
    view.data = data;
    return view;
}

TEST(arrays_come_back_also_from_a_window)
{
    int32_t numbers[6] = {1, 2, 3, 4, 5, 6};
    double one = 2.5;
    char words[6] = "abcde";
    shoal_writer writer = {0};
    shoal_view view = view_over(numbers, "i4", 2, (int64_t[]){2, 3});
    shoal_write_ndarray(&writer, &view);
    CHECK(writer.size == 3 + 8 + 16 + 24 && writer.bytes[2] == SHOAL_EXT_NDARRAY && writer.bytes[3] == SHOAL_INT32);
    CHECK_WRITTEN(writer, "ndarray(int32,2,6,21,0)");
    CHECK_STATUS(shoal_view_slice(&view, 1, 2, -2, 2), SHOAL_OK);
    shoal_write_ndarray(&writer, &view);
    CHECK_WRITTEN(writer, "ndarray(int32,2,4,14,0)");
    view = view_over(&one, "f8", 0, NULL);
    shoal_write_ndarray(&writer, &view);
    CHECK_WRITTEN(writer, "ndarray(float64,0,1,0,2.5)");
    view = view_over(numbers, "f8", 3, (int64_t[]){4, 0, 2});
    shoal_write_ndarray(&writer, &view);
    CHECK_WRITTEN(writer, "ndarray(float64,3,0,0,0)");
    view = view_over(words, "S3", 1, (int64_t[]){2});
    shoal_write_ndarray(&writer, &view);
    CHECK_WRITTEN(writer, "ndarray(S3,1,2,0,0)");
}

TEST(the_writer_grows_and_keeps_what_is_in_it)
{
    shoal_writer writer;
    shoal_writer_init(&writer);
    shoal_write_array(&writer, 60000);
    CHECK(writer.bytes == writer.inline_bytes);
    for (int i = 0; i < 60000; i++)
        shoal_write_int(&writer, i);
    CHECK(writer.status == SHOAL_OK && writer.bytes != writer.inline_bytes && writer.size <= writer.capacity);
    CHECK(writer.capacity < 4 * writer.size);
    CHECK(writer.bytes[0] == 0xdc && writer.bytes[3] == 0 && writer.bytes[3 + 127] == 127);
    shoal_writer_free(&writer);
    CHECK(writer.size == 0 && writer.bytes == writer.inline_bytes);
}

TEST(lengths_that_the_format_does_not_hold_are_refused_and_the_rest_is_not_written)
{
#if SIZE_MAX > UINT32_MAX
    shoal_writer writer = {0};
    shoal_write_array(&writer, (size_t)UINT32_MAX + 1);
    CHECK(writer.status == SHOAL_EVALUE && writer.size == 0);
    shoal_write_nil(&writer);
    CHECK(writer.status == SHOAL_EVALUE && writer.size == 0);
    shoal_writer_init(&writer);
    shoal_write_str(&writer, "", (size_t)UINT32_MAX + 1);
    CHECK(writer.status == SHOAL_EVALUE && writer.size == 0);
    shoal_writer_init(&writer);
    shoal_write_bin(&writer, "", (size_t)UINT32_MAX + 1);
    CHECK(writer.status == SHOAL_EVALUE && writer.size == 0);
    shoal_view view = view_over(&writer, "i1", 1, (int64_t[]){(int64_t)UINT32_MAX - 15});
    shoal_writer_init(&writer);
    shoal_write_ndarray(&writer, &view);
    CHECK(writer.status == SHOAL_EVALUE && writer.size == 0);
#endif
}

/* ---- Every lead byte ------------------------------------------------------------------------ */

TEST(every_lead_byte_is_understood)
{
    CHECK_LITERAL("\x00", "0");
    CHECK_LITERAL("\x7f", "127");
    CHECK_LITERAL("\xe0", "-32");
    CHECK_LITERAL("\xff", "-1");
    CHECK_LITERAL("\x80", "{");
    CHECK_LITERAL("\x81\x01\x02", "{1=2 ");
    CHECK_LITERAL("\x90", "[");
    CHECK_LITERAL("\x92\x01\x02", "[1 2 ");
    CHECK_LITERAL("\xa0", "str0()");
    CHECK_LITERAL("\xa3"
                  "abc",
                  "str3(abc)");
    CHECK_LITERAL("\xc0", "nil");
    CHECK_LITERAL("\xc2", "false");
    CHECK_LITERAL("\xc3", "true");
    CHECK_LITERAL("\xc4\x01x", "bin1(x)");
    CHECK_LITERAL("\xc5\x00\x01x", "bin1(x)");
    CHECK_LITERAL("\xc6\x00\x00\x00\x00", "bin0()");
    CHECK_LITERAL("\xc7\x03\x05\x01\x02\x03", "ext(5,3,6)");
    CHECK_LITERAL("\xc8\x00\x00\x80", "ext(-128,0,0)");
    CHECK_LITERAL("\xc9\x00\x00\x00\x01\x7f\x09", "ext(127,1,9)");
    CHECK_LITERAL("\xca\x3f\x00\x00\x00", "0x1p-1");
    CHECK_LITERAL("\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00", "0x1p-1");
    CHECK_LITERAL("\xcc\xff", "255");
    CHECK_LITERAL("\xcd\xff\xff", "65535");
    CHECK_LITERAL("\xce\xff\xff\xff\xff", "4294967295");
    CHECK_LITERAL("\xcf\x80\x00\x00\x00\x00\x00\x00\x00", "9223372036854775808u");
    CHECK_LITERAL("\xcf\x00\x00\x00\x00\x00\x00\x00\x07", "7");
    CHECK_LITERAL("\xd0\x80", "-128");
    CHECK_LITERAL("\xd1\x80\x00", "-32768");
    CHECK_LITERAL("\xd2\x80\x00\x00\x00", "-2147483648");
    CHECK_LITERAL("\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808");
    CHECK_LITERAL("\xd4\x02\x01", "ext(2,1,1)");
    CHECK_LITERAL("\xd5\x02\x01\x01", "ext(2,2,2)");
    CHECK_LITERAL("\xd6\x02\x01\x01\x01\x01", "ext(2,4,4)");
    CHECK_LITERAL("\xd7\x02\x01\x01\x01\x01\x01\x01\x01\x01", "ext(2,8,8)");
    CHECK_LITERAL("\xd8\x02\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", "ext(2,16,16)");
    CHECK_LITERAL("\xd9\x01x", "str1(x)");
    CHECK_LITERAL("\xda\x00\x01x", "str1(x)");
    CHECK_LITERAL("\xdb\x00\x00\x00\x01x", "str1(x)");
    CHECK_LITERAL("\xdc\x00\x01\x05", "[5 ");
    CHECK_LITERAL("\xdd\x00\x00\x00\x01\x05", "[5 ");
    CHECK_LITERAL("\xde\x00\x01\x05\x06", "{5=6 ");
    CHECK_LITERAL("\xdf\x00\x00\x00\x00", "{");
    CHECK_STATUS(decode_status("\xc1", 1), SHOAL_ECORRUPT); /* the only byte without a meaning */
}

/* Which lead bytes are a whole item, alone and before zeros: the specification's table of formats. */
TEST(a_lead_byte_alone_is_an_item_only_if_it_needs_nothing_more)
{
    for (unsigned lead = 0; lead < 256; lead++) {
        unsigned char byte = (unsigned char)lead;
        bool whole = lead <= 0x80 || lead == 0x90 || lead == 0xa0 || lead == 0xc0 || lead == 0xc2 || lead == 0xc3 ||
                     lead >= 0xe0;
        CHECK_STATUS(decode_status(&byte, 1), whole ? SHOAL_OK : SHOAL_ECORRUPT);
    }
}

/* ---- Hostile bytes -------------------------------------------------------------------------- */

/* One of everything, nested. */
static void write_corpus(shoal_writer *writer)
{
    static double numbers[3] = {1, 2, 3};
    shoal_view view = view_over(numbers, "f8", 1, (int64_t[]){3});
    shoal_write_map(writer, 4);
    shoal_write_str(writer, "list", 4);
    shoal_write_array(writer, 8);
    shoal_write_int(writer, -70000);
    shoal_write_uint(writer, UINT64_MAX);
    shoal_write_float(writer, 1.5);
    shoal_write_time(writer, -1, 5);
    shoal_write_ndarray(writer, &view);
    shoal_write_bin(writer, "raw", 3);
    shoal_write_nil(writer);
    shoal_write_array(writer, 1);
    shoal_write_map(writer, 1);
    shoal_write_bool(writer, true);
    shoal_write_str(writer, "a text of more than thirty-one bytes", 36);
    shoal_write_int(writer, 300);
    shoal_write_map(writer, 1);
    shoal_write_time(writer, 7, 0);
    shoal_write_array(writer, 0);
    shoal_write_array(writer, 1);
    shoal_write_int(writer, 1);
    shoal_write_time(writer, 1700000000, 123);
    shoal_write_str(writer, "", 0);
    shoal_write_bool(writer, false);
}

TEST(a_value_cut_anywhere_is_refused_and_nothing_is_lost)
{
    shoal_writer writer = {0};
    write_corpus(&writer);
    CHECK_STATUS(decode_status(writer.bytes, writer.size), SHOAL_OK);
    for (size_t size = 0; size < writer.size; size++)
        CHECK_STATUS(decode_status(writer.bytes, size), SHOAL_ECORRUPT);
    shoal_writer_free(&writer);
}

TEST(bytes_after_the_value_are_refused_and_nothing_is_lost)
{
    shoal_writer writer = {0};
    write_corpus(&writer);
    size_t size = writer.size;
    shoal_write_nil(&writer);
    CHECK_STATUS(decode_status(writer.bytes, writer.size), SHOAL_ECORRUPT);
    CHECK(strstr(shoal_error_message(), "ends after") != NULL);
    CHECK_STATUS(decode_status(writer.bytes, size), SHOAL_OK);
    CHECK_STATUS(decode_status("\x01\x02", 2), SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status("\x90\xc1", 2), SHOAL_ECORRUPT);
    shoal_writer_free(&writer);
}

TEST(a_builder_that_fails_at_any_call_gets_every_node_back)
{
    shoal_writer writer = {0};
    int status, failures = 0;
    write_corpus(&writer);
    for (int fail_at = 1;; fail_at++) {
        struct ledger ledger = {.fail_at = fail_at};
        free(decode_with(&ledger, &status, writer.bytes, writer.size));
        if (status == SHOAL_OK)
            break;
        CHECK(status == SHOAL_ENOMEM);
        failures++;
    }
    CHECK(failures > 30);
    shoal_writer_free(&writer);
}

TEST(containers_that_promise_more_than_there_are_bytes_are_refused_at_once)
{
    CHECK_STATUS(decode_status(LITERAL("\xdd\xff\xff\xff\xff")), SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\xdf\xff\xff\xff\xff")), SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\xdf\x80\x00\x00\x00\x01\x01")), SHOAL_ECORRUPT); /* twice 2^31 */
    CHECK_STATUS(decode_status(LITERAL("\xdc\x00\x03\x01\x02")), SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\x82\x01\x02\x03")), SHOAL_ECORRUPT);
    /* each level promises all of the rest: what they promise together is bounded as well (see decode_with) */
    unsigned char bytes[5 * 200];
    for (size_t i = 0; i < 200; i++) {
        size_t left = sizeof bytes - 5 * (i + 1);
        unsigned char header[5] = {0xdd, 0, 0, (unsigned char)(left >> 8), (unsigned char)left};
        memcpy(bytes + 5 * i, header, 5);
    }
    CHECK_STATUS(decode_status(bytes, sizeof bytes), SHOAL_ECORRUPT);
}

TEST(lengths_beyond_the_end_are_refused)
{
    CHECK_STATUS(decode_status(LITERAL("\xa5"
                                       "abcd")),
                 SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\xdb\xff\xff\xff\xff"
                                       "abcd")),
                 SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\xc6\xff\xff\xff\xff"
                                       "abcd")),
                 SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\xc9\xff\xff\xff\xff\x01"
                                       "abcd")),
                 SHOAL_ECORRUPT); /* 2^32-1 and the type byte: a sum that wraps to 0 */
    CHECK_STATUS(decode_status(LITERAL("\xc9\xff\xff\xff\xfe\x01"
                                       "abcd")),
                 SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status("", 0), SHOAL_ECORRUPT);
}

TEST(bad_times_are_refused)
{
    CHECK_STATUS(decode_status(LITERAL("\xd4\xff\x00")), SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\xc7\x00\xff")), SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\xd7\xff\xff\xff\xff\xff\x00\x00\x00\x00")), SHOAL_ECORRUPT);
    CHECK_STATUS(decode_status(LITERAL("\xc7\x0c\xff\x3b\x9a\xca\x00\x00\x00\x00\x00\x00\x00\x00\x00")),
                 SHOAL_ECORRUPT);
    CHECK_LITERAL("\xc7\x0c\xff\x3b\x9a\xc9\xff\x00\x00\x00\x00\x00\x00\x00\x01", "time(1.999999999)");
}

/* An array extension with this payload. */
static int decode_ndarray(const unsigned char *payload, size_t size)
{
    unsigned char bytes[3 + 255] = {0xc7, (unsigned char)size, SHOAL_EXT_NDARRAY};
    CHECK(size <= 255);
    memcpy(bytes + 3, payload, size);
    return decode_status(bytes, 3 + size);
}

TEST(bad_arrays_are_refused)
{
    /* int16, 1 dimension, 3 items */
    static const unsigned char good[22] = {3, 1, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0};
    unsigned char bytes[22];
    CHECK_STATUS(decode_ndarray(good, sizeof good), SHOAL_OK);
    for (size_t size = 0; size < sizeof good; size++)
        CHECK_STATUS(decode_ndarray(good, size), SHOAL_ECORRUPT);
    for (size_t i = 0; i < 16; i++) { /* every change of the header is noticed: all of it is needed */
        for (unsigned value = 0; value < 256; value++) {
            memcpy(bytes, good, sizeof good);
            bytes[i] = (unsigned char)value;
            if (value == good[i])
                continue;
            CHECK_STATUS(decode_ndarray(bytes, sizeof bytes), i == 0 && value == SHOAL_UINT16    ? SHOAL_OK
                                                              : i == 0 && value == SHOAL_FLOAT16 ? SHOAL_OK
                                                              : i == 0 && value == SHOAL_BYTES   ? SHOAL_OK
                                                                                                 : SHOAL_ECORRUPT);
        }
    }
    unsigned char huge[8 + 32] = {2, 4, 0, 0, 1}; /* 2^16 four times over: a product of 0 in 64 bits */
    for (size_t i = 0; i < 4; i++)
        huge[8 + 8 * i + 2] = 1;
    CHECK_STATUS(decode_ndarray(huge, sizeof huge), SHOAL_ECORRUPT);
}

TEST(arrays_have_at_most_32_dimensions)
{
    for (unsigned ndim = 31; ndim < 256; ndim++) { /* of length 1 each, with the one byte of data */
        unsigned char bytes[4 + 8 + 8 * 255 + 1] = {0xc8};
        size_t size = 8 + 8 * ndim + 1;
        bytes[1] = (unsigned char)(size >> 8);
        bytes[2] = (unsigned char)size;
        bytes[3] = SHOAL_EXT_NDARRAY;
        bytes[4] = SHOAL_INT8;
        bytes[5] = (unsigned char)ndim;
        bytes[8] = 1;
        for (unsigned i = 0; i < ndim; i++)
            bytes[12 + 8 * i] = 1;
        CHECK_STATUS(decode_status(bytes, 4 + size), ndim <= SHOAL_MAX_DIMS ? SHOAL_OK : SHOAL_ECORRUPT);
    }
}

static int decode_depth(size_t depth, unsigned char container)
{
    unsigned char bytes[4 * SHOAL_MAX_DEPTH];
    size_t size = 0;
    for (size_t i = 0; i < depth; i++) {
        bytes[size++] = container;
        if (container == 0x81)
            bytes[size++] = 0x01; /* a key */
    }
    bytes[size++] = 0xc0;
    return decode_status(bytes, size);
}

TEST(containers_nest_512_deep_and_no_deeper)
{
    CHECK_STATUS(decode_depth(SHOAL_MAX_DEPTH, 0x91), SHOAL_OK);
    CHECK_STATUS(decode_depth(SHOAL_MAX_DEPTH + 1, 0x91), SHOAL_ECORRUPT);
    CHECK(strstr(shoal_error_message(), "512") != NULL);
    CHECK_STATUS(decode_depth(1000, 0x91), SHOAL_ECORRUPT);
    CHECK_STATUS(decode_depth(300, 0x81), SHOAL_OK);
    CHECK_STATUS(decode_depth(SHOAL_MAX_DEPTH + 1, 0x81), SHOAL_ECORRUPT);
}

TEST(random_bytes_do_no_harm)
{
    unsigned char bytes[64];
    int decoded = 0;
    srand(5);
    for (int round = 0; round < 200000; round++) {
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < n; i++) /* half of them bytes that begin something */
            bytes[i] = (unsigned char)(rand() % 2 ? rand() : 0x80 + rand() % 0x60);
        int status = decode_status(bytes, n);
        CHECK(status == SHOAL_OK || status == SHOAL_ECORRUPT);
        decoded += status == SHOAL_OK;
    }
    CHECK(decoded > 100);
}

TEST(a_damaged_value_does_no_harm)
{
    shoal_writer writer = {0};
    write_corpus(&writer);
    unsigned char *bytes = malloc(writer.size);
    srand(6);
    for (int round = 0; round < 50000; round++) {
        memcpy(bytes, writer.bytes, writer.size);
        for (int changes = 1 + rand() % 3; changes > 0; changes--)
            bytes[(size_t)rand() % writer.size] = (unsigned char)rand();
        int status = decode_status(bytes, writer.size);
        CHECK(status == SHOAL_OK || status == SHOAL_ECORRUPT);
    }
    free(bytes);
    shoal_writer_free(&writer);
}
