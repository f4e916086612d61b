/* MessagePack that somebody cut, damaged or made up: refused, and no node is lost or freed twice. */
#include "check.h"

#include <pthread.h>

#include "text_builder.h"

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

/* `depth` containers, each with one of these headers in turn; then a list of two, and something after it. */
static size_t write_nest(unsigned char *bytes, size_t depth, unsigned turn)
{
    static const char *const headers[] = {"\x1\x91",   "\x3\xdc\0\1",   "\x5\xdd\0\0\0\1",
                                          "\x2\x81\7", "\x4\xde\0\1\7", "\x6\xdf\0\0\0\1\7"};
    size_t size = 0;
    for (size_t i = 0; i < depth; i++) {
        const char *header = headers[(turn + i) % 6];
        memcpy(bytes + size, header + 1, (size_t)header[0]);
        size += (size_t)header[0];
    }
    memcpy(bytes + size, "\x92\1\xa1x", 4);
    return size + 4;
}

TEST(containers_of_every_header_nest_as_deep)
{
    unsigned char bytes[6 * (SHOAL_MAX_DEPTH + 1) + 4];
    for (unsigned turn = 0; turn < 6; turn++)
        for (size_t depth = 0; depth <= SHOAL_MAX_DEPTH; depth += depth < 40 || depth > 500 ? 1 : 20) {
            size_t size = write_nest(bytes, depth, turn);
            CHECK_STATUS(decode_status(bytes, size), depth < SHOAL_MAX_DEPTH ? SHOAL_OK : SHOAL_ECORRUPT);
            CHECK_STATUS(decode_status(bytes, size - 1), SHOAL_ECORRUPT); /* it ends within the innermost */
        }
}

static int nothing_made(void *user, shoal_node *out)
{
    (void)user;
    *out = (shoal_node){.words = {0}};
    return SHOAL_OK;
}

static void *decode_in_a_small_stack(void *unused)
{
    static const shoal_builder nil_only = {.nil = nothing_made};
    shoal_node node;
    (void)unused;
    CHECK_STATUS(shoal_value_decode(&node, "\xc0", 1, &nil_only, NULL), SHOAL_OK);
    return NULL;
}

/* The smallest that pthreads give: 16 KiB. */
TEST(a_small_stack_is_enough_to_decode)
{
    pthread_t thread;
    pthread_attr_t small;
    CHECK(pthread_attr_init(&small) == 0);
    CHECK(pthread_attr_setstacksize(&small, 16384) == 0);
    CHECK(pthread_create(&thread, &small, decode_in_a_small_stack, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&small);
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
