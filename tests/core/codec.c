/* MessagePack: round trips and every lead byte. */
#include "check.h"

#include <math.h>

#include "text_builder.h"

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
            for (int sign = 0; sign < 2; sign++, value = (int64_t)-(uint64_t)value) {
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
        {-62135596800, 0, 15, "time(-62135596800.000000000)"},
        {253402300799, 999999999, 15, "time(253402300799.999999999)"},
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

TEST(times_that_not_every_language_has_are_refused_and_the_rest_is_not_written)
{
    static const int64_t cases[] = {INT64_MIN, -62135596801, 253402300800, INT64_MAX};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        shoal_writer writer = {0};
        shoal_write_time(&writer, cases[i], 0);
        CHECK(writer.status == SHOAL_EOVERFLOW && strstr(shoal_error_message(), "years 1 to 9999") != NULL);
        shoal_write_nil(&writer);
        CHECK(writer.status == SHOAL_EOVERFLOW && writer.size == 0);
    }
}

TEST(shapes_that_no_reader_takes_are_refused_and_the_rest_is_not_written)
{
    static const int64_t cases[][2] = {
        {0, (int64_t)1 << 45}, {(int64_t)1 << 45, 0}, {(int64_t)1 << 40, (int64_t)1 << 40}};
    double one = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        shoal_writer writer = {0};
        shoal_view view = view_over(&one, "f8", 2, (int64_t[]){1, 1});
        memcpy(view.shape, cases[i], sizeof cases[i]); /* as it comes from others, a broadcast one too */
        view.strides[0] = view.strides[1] = 0;
        shoal_write_ndarray(&writer, &view);
        CHECK(writer.status == SHOAL_EVALUE && writer.size == 0);
        shoal_write_nil(&writer);
        CHECK(writer.status == SHOAL_EVALUE && writer.size == 0);
    }
    shoal_writer writer = {0};
    shoal_view view = view_over(&one, "f8", 2, (int64_t[]){0, (int64_t)1 << 44});
    shoal_write_ndarray(&writer, &view);
    CHECK(writer.status == SHOAL_OK);
    CHECK_WRITTEN(writer, "ndarray(float64,2,0,0,0)");
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
