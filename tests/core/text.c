/* Status list, messages, hash, UTF-8, names and sizes. */
#include "check.h"

#include <pthread.h>

#include "value/hash.h"
#include "value/status.h"
#include "value/text.h"

TEST(every_status_has_a_name_an_exception_and_a_message)
{
#define CHECK_ENTRY(code, number, exception, message)                                                                  \
    CHECK_TEXT(shoal_status_name(number), "SHOAL_" #code);                                                             \
    CHECK_TEXT(shoal_status_exception(SHOAL_##code), exception);                                                       \
    CHECK_TEXT(shoal_status_message(SHOAL_##code), message);
    SHOAL_STATUS_LIST(CHECK_ENTRY)
    CHECK_TEXT(shoal_status_name(SHOAL_RECOVERED), "SHOAL_RECOVERED");
    CHECK_TEXT(shoal_status_exception(SHOAL_OK), "");
    CHECK_TEXT(shoal_status_name(-999), "unknown status");
    CHECK_TEXT(shoal_status_exception(-999), "Error");
}

TEST(a_failure_leaves_its_sentence_and_a_plain_one_the_general_message)
{
    CHECK(shoal__fail(SHOAL_ENOSPACE, "%d wanted, %d free", 7, 3) == SHOAL_ENOSPACE);
    CHECK_TEXT(shoal_error_message(), "7 wanted, 3 free");
    CHECK(shoal__fail(SHOAL_ENOSPACE, "x: %s", shoal_error_message()) == SHOAL_ENOSPACE);
    CHECK_TEXT(shoal_error_message(), "x: 7 wanted, 3 free");
    CHECK(shoal__fail_plainly(SHOAL_ECLOSED) == SHOAL_ECLOSED);
    CHECK_TEXT(shoal_error_message(), "used after close");
}

TEST(a_message_that_is_too_long_is_cut)
{
    char *text = malloc(5000);
    memset(text, 'x', 4999);
    text[4999] = '\0';
    shoal__fail(SHOAL_EVALUE, "%s", text);
    CHECK(strlen(shoal_error_message()) == SHOAL__ERROR_SIZE - 1);
    free(text);
}

static void *fail_in_thread(void *argument)
{
    shoal__fail(SHOAL_EVALUE, "of the other thread");
    return argument;
}

TEST(a_message_belongs_to_its_thread)
{
    pthread_t thread;
    shoal__fail(SHOAL_EVALUE, "mine");
    CHECK(pthread_create(&thread, NULL, fail_in_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
    CHECK_TEXT(shoal_error_message(), "mine");
}

/*
 * Key 00..0f, message 00..(n-1), as in the paper's appendix. The hashes come from an implementation in another
 * language that gives the paper's vector for SipHash-2-4 and what CPython's own SipHash-1-3 gives for key 0.
 */
TEST(the_hash_is_siphash_1_3)
{
    static const struct {
        size_t n;
        uint64_t hash;
    } expected[] = {{0, 0xabac0158050fc4dcu},  {1, 0xc9f49bf37d57ca93u},  {2, 0x82cb9b024dc7d44du},
                    {3, 0x8bf80ab8e7ddf7fbu},  {4, 0xcf75576088d38328u},  {5, 0xdef9d52f49533b67u},
                    {6, 0xc50d2b50c59f22a7u},  {7, 0xd3927d989bb11140u},  {8, 0x369095118d299a8eu},
                    {9, 0x25a48eb36c063de4u},  {15, 0xd320d86d2a519956u}, {16, 0xcc4fdd1a7d908b66u},
                    {17, 0x9cf2689063dbd80cu}, {31, 0x2370dd1f8c21d1bcu}, {63, 0x9d199062b7bbb3a8u}};
    unsigned char message[64];
    const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        CHECK(shoal__hash(message, expected[i].n, key) == (uint32_t)expected[i].hash);
}

TEST(the_hash_depends_on_the_key_and_not_on_alignment)
{
    const uint64_t a[2] = {1, 2}, b[2] = {1, 3};
    char text[40] = "0123456789012345678901234567890123456";
    uint32_t hash = shoal__hash(text, 30, a);
    CHECK(hash != shoal__hash(text, 30, b));
    memmove(text + 3, text, 30);
    CHECK(shoal__hash(text + 3, 30, a) == hash);
}

static bool utf8(const char *text)
{
    return shoal_is_utf8(text, strlen(text));
}

TEST(utf8_is_accepted)
{
    CHECK(shoal_is_utf8("", 0));
    CHECK(shoal_is_utf8("a\0b", 3));
    CHECK(utf8("plain text of more than eight bytes"));
    CHECK(utf8("Grüße, 世界, 🐟, and ASCII again"));
    CHECK(utf8("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
    CHECK(utf8("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

TEST(what_is_not_utf8_is_refused)
{
    static const char *const bad[] = {
        "\x80", /* continuation alone */
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf", /* overlong */
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",
        "\xed\xbf\xbf", /* surrogates */
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", /* above U+10FFFF */
        "\xff",
        "\xfe",
        "\xc3", /* truncated, and so on */
        "\xe2\x82",
        "\xf0\x9f\x90",
        "\xc3(",
        "\xe2(\xa1",
        "\xe2\x82(",
        "\xf0(\x8c\xbc",
        "\xf0\x90(\xbc",
        "\xf0\x9f\x90(",
    };
    char text[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!utf8(bad[i]));
        for (int before = 0; before < 17; before++) {
            snprintf(text, sizeof text, "%.*s%s", before, "aaaaaaaaaaaaaaaaa", bad[i]);
            CHECK(!utf8(text));
            strcat(text, "aaaaaaaaa");
            CHECK(!utf8(text));
        }
    }
}

/* Against a decoder of another kind: by value instead of by table. */
static bool utf8_by_value(const unsigned char *at, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    while (n > 0) {
        size_t length = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
        if (length == 0 || length > n)
            return false;
        uint32_t point = length == 1 ? at[0] : at[0] & (0x7fu >> length);
        for (size_t i = 1; i < length; i++) {
            if (at[i] >> 6 != 2)
                return false;
            point = point << 6 | (at[i] & 0x3fu);
        }
        if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return false;
        at += length;
        n -= length;
    }
    return true;
}

TEST(utf8_agrees_with_decoding_on_random_bytes)
{
    static const unsigned char likely[] = {0x00, 'a',  0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1,
                                           0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
    unsigned char bytes[12];
    unsigned valid = 0;
    srand(1);
    for (int round = 0; round < 500000; round++) {
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < n; i++)
            bytes[i] = likely[(size_t)rand() % sizeof likely];
        bool expected = utf8_by_value(bytes, n);
        valid += expected && n > 1;
        CHECK(shoal_is_utf8((const char *)bytes, n) == expected);
    }
    CHECK(valid > 1000);
}

TEST(object_names_have_1_to_255_bytes_of_utf8)
{
    char name[256];
    memset(name, 'n', sizeof name);
    CHECK_STATUS(shoal__check_object_name("a", 1), SHOAL_OK);
    CHECK_STATUS(shoal__check_object_name("a/b c\n", 6), SHOAL_OK);
    CHECK_STATUS(shoal__check_object_name(name, 255), SHOAL_OK);
    CHECK_STATUS(shoal__check_object_name(name, 256), SHOAL_EVALUE);
    CHECK(strstr(shoal_error_message(), "\"nnnn") != NULL && strstr(shoal_error_message(), "256 bytes") != NULL);
    CHECK_STATUS(shoal__check_object_name("", 0), SHOAL_EVALUE);
    CHECK_STATUS(shoal__check_object_name("a\0b", 3), SHOAL_EVALUE);
    CHECK(strstr(shoal_error_message(), "\"a\\x00b\" has a NUL") != NULL);
    CHECK_STATUS(shoal__check_object_name("Gr\xfc\xdf", 4), SHOAL_EVALUE);
    CHECK(strstr(shoal_error_message(), "\"Gr\\xfc\\xdf\" is not valid UTF-8") != NULL);
}

TEST(segment_names_are_plain_file_names)
{
    char name[202];
    memset(name, 'n', sizeof name);
    name[200] = '\0';
    CHECK_STATUS(shoal__check_segment_name("demo"), SHOAL_OK);
    CHECK_STATUS(shoal__check_segment_name("Grüße 1.2"), SHOAL_OK);
    CHECK_STATUS(shoal__check_segment_name(name), SHOAL_OK);
    name[200] = 'n';
    name[201] = '\0';
    CHECK_STATUS(shoal__check_segment_name(name), SHOAL_EVALUE);
    static const char *const bad[] = {"",     ".",     "..",       ".hidden", "a/b",       "/",
                                      "a\nb", "a\x7f", "\xc2\x85", "\xff",    "a\xc2\x9f!"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_STATUS(shoal__check_segment_name(bad[i]), SHOAL_EVALUE);
}

TEST(a_quoted_name_is_escaped_and_cut)
{
    char buffer[SHOAL__QUOTE_SIZE], text[100];
    CHECK_TEXT(shoal__quote(buffer, "a\"\\\n\x7f\xff é", 9), "\"a\\x22\\x5c\\x0a\\x7f\\xff é\"");
    memset(text, 0, sizeof text);
    CHECK(strlen(shoal__quote(buffer, text, sizeof text)) == 2 + 4 * 40 + 3);
    memset(text, 'a', 39);
    memcpy(text + 39, "🐟🐟", 8);
    CHECK(shoal_is_utf8(shoal__quote(buffer, text, 47), strlen(buffer)));
    CHECK(strcmp(buffer + strlen(buffer) - 8, "🐟\"...") == 0);
}

TEST(sizes_are_read)
{
    static const struct {
        const char *text;
        uint64_t size;
    } good[] = {
        {"4096", 4096},
        {"1", 1},
        {"64M", (uint64_t)64 << 20},
        {"1.5g", (uint64_t)3 << 29},
        {"2 GiB", (uint64_t)2 << 30},
        {"64KB", 64 << 10},
        {"64kb", 64 << 10},
        {"10b", 10},
        {"0.5K", 512},
        {"1.25kib", 1280},
        {"1t", (uint64_t)1 << 40},
        {"128T", (uint64_t)1 << 47},
        {"140737488355328", (uint64_t)1 << 47},
        {"0.001M", 1048},
        {"0001K", 1024},
    };
    uint64_t size;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_STATUS(shoal_parse_size(&size, good[i].text, strlen(good[i].text)), SHOAL_OK);
        CHECK(size == good[i].size);
    }
    CHECK_STATUS(shoal_parse_size(&size, "12garbage", 2), SHOAL_OK); /* only `length` bytes count */
    CHECK(size == 12);
}

TEST(what_is_no_size_is_refused)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "M",
                                      "12Q",
                                      "-1",
                                      "-64M",
                                      "+5",
                                      "0",
                                      "0M",
                                      "0.0G",
                                      "1.5",
                                      "1.5B",
                                      "1.",
                                      ".5G",
                                      "1e6",
                                      "0x10",
                                      "64 ",
                                      " 64",
                                      "64M ",
                                      "64 M B",
                                      "64Mi",
                                      "64MM",
                                      "64MBB",
                                      "1.2.3M",
                                      "128.1T",
                                      "129T",
                                      "140737488355329",
                                      "99999999999999999999999999",
                                      "1,5M",
                                      "inf",
                                      "nan",
                                      "64\xc2\xa0M"};
    uint64_t size = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size = 77;
        CHECK_STATUS(shoal_parse_size(&size, bad[i], strlen(bad[i])), SHOAL_EVALUE);
        CHECK(size == 0);
        CHECK(strstr(shoal_error_message(), "size") != NULL);
    }
    CHECK_STATUS(shoal_parse_size(&size, "64\0M", 4), SHOAL_EVALUE);
}
