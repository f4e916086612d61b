/* Values that are one string: put from where it is, and read to where the caller wants it. */
#include "check.h"

#include "scratch.h"

enum { MOST = 300000 };

static const size_t lengths[] = {0,    1,    31,   32,   255,  256,   257,   1000,   4079,   4080, 4096,
                                 4097, 8191, 8192, 8193, 9000, 65535, 65536, 262000, 262144, MOST};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char text[MOST];
static unsigned char have[MOST + 16];

static void fill_text(void)
{
    for (size_t i = 0; i < MOST; i++)
        text[i] = (char)('a' + i * 7 % 26);
}

/* What is stored is what the writer makes of the same string. */
static void check_stored(shoal_segment *segment, bool is_str, size_t length)
{
    size_t size = 7;
    shoal_writer writer;
    shoal_writer_init(&writer);
    is_str ? shoal_write_str(&writer, text, length) : shoal_write_bin(&writer, text, length);
    CHECK_STATUS(shoal_value_get(segment, "v", 1, have, sizeof have, &size), SHOAL_OK);
    CHECK(size == writer.size && memcmp(have, writer.bytes, size) == 0);
    shoal_writer_free(&writer);
}

TEST(a_string_is_stored_as_a_writer_writes_it)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    static const int types[] = {SHOAL_STR, SHOAL_BIN, SHOAL_STR_OR_BIN};
    fill_text();
    for (size_t i = 0; i < COUNT(lengths); i++)
        for (size_t type = 0; type < COUNT(types); type++)
            for (int again = 0; again < 3; again++) {
                CHECK_STATUS(shoal_value_put_string(segment, "v", 1, types[type], text, lengths[i]), SHOAL_OK);
                check_stored(segment, types[type] != SHOAL_BIN, lengths[i]);
            }
    check_sound(segment);
}

/* Two bytes at `at` that are a character, or none. */
static void check_judged(shoal_segment *segment, size_t length, size_t at, bool is_utf8)
{
    if (length < 2 || at > length - 2)
        return;
    fill_text();
    memcpy(text + at, is_utf8 ? "\xc3\xa4" : "\xc3\x28", 2);
    CHECK_STATUS(shoal_value_put_string(segment, "v", 1, SHOAL_STR_OR_BIN, text, length), SHOAL_OK);
    check_stored(segment, is_utf8, length);
}

TEST(a_string_is_text_if_it_is_utf8_wherever_it_stops_to_be_ascii)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    for (size_t i = 0; i < COUNT(lengths); i++)
        for (int is_utf8 = 0; is_utf8 < 2; is_utf8++) {
            for (size_t k = 0; k < COUNT(lengths); k++)
                for (size_t before = 0; before < 3 && before <= lengths[k]; before++)
                    check_judged(segment, lengths[i], lengths[k] - before, is_utf8);
            check_judged(segment, lengths[i], lengths[i] - 2, is_utf8);
        }
    check_sound(segment);
}

TEST(a_string_that_was_taken_for_ascii_leaves_nothing_behind)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    static const size_t sizes[] = {5000, 70000, MOST};
    uint64_t before = 0;
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int again = 0; again < 20; again++) {
            check_judged(segment, sizes[i], sizes[i] - 2, again % 2);
            CHECK_STATUS(shoal_object_remove(segment, "v", 1), SHOAL_OK);
            check_sound(segment);
            before = again ? before : shoal_segment_used(segment);
            CHECK(shoal_segment_used(segment) == before);
        }
}

TEST(a_string_is_refused_as_other_values_are)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    shoal_segment *reader = open_readonly(new_context(), "strings");
    shoal_object *counter;
    static const size_t sizes[] = {1, 5000, MOST};
    CHECK_STATUS(shoal_counter_open(&counter, segment, "counter", 7, 3), SHOAL_OK);
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int odd = 0; odd < 2; odd++) {
            size_t size = sizes[i];
            fill_text();
            text[size - 1] = odd ? '\xff' : 'a';
            CHECK_STATUS(shoal_value_put_string(segment, "counter", 7, SHOAL_STR_OR_BIN, text, size), SHOAL_EMISMATCH);
            CHECK_STATUS(shoal_value_put_string(segment, "", 0, SHOAL_STR_OR_BIN, text, size), SHOAL_EVALUE);
            CHECK_STATUS(shoal_value_put_string(reader, "v", 1, SHOAL_STR_OR_BIN, text, size), SHOAL_EREADONLY);
        }
    check_sound(segment);
}

TEST(a_string_that_finds_no_room_leaves_the_old_value)
{
    shoal_options options;
    shoal_segment *segment;
    static const int types[] = {SHOAL_STR, SHOAL_BIN, SHOAL_STR_OR_BIN};
    shoal_options_init(&options);
    options.size = 256 << 10;
    fill_text();
    CHECK_STATUS(shoal_create(&segment, new_context(), "strings", &options), SHOAL_OK);
    CHECK_STATUS(shoal_value_put_string(segment, "v", 1, SHOAL_STR, text, 100000), SHOAL_OK);
    for (size_t i = 0; i < COUNT(types); i++) {
        CHECK_STATUS(shoal_value_put_string(segment, "v", 1, types[i], text, MOST), SHOAL_ENOSPACE);
        CHECK(strstr(shoal_error_message(), "is larger than its segment, which has room for"));
        CHECK_STATUS(shoal_value_put_string(segment, "w", 1, types[i], text, 150000), SHOAL_ENOSPACE);
    }
    check_stored(segment, true, 100000);
    check_sound(segment);
}

/* ---- Reading ---- */

/* Where a string goes: room for just so much. */
struct place {
    char *bytes;
    size_t size;
    int calls;
    void (*meanwhile)(void);
};

static void *place(void *user, size_t size)
{
    struct place *it = user;
    free(it->bytes);
    it->bytes = malloc(size + 1);
    it->bytes[size] = 'z';
    it->size = size;
    it->calls++;
    if (it->meanwhile)
        it->meanwhile();
    return it->bytes;
}

static void check_placed(shoal_segment *segment, size_t length)
{
    struct place to = {0};
    size_t size = 7;
    CHECK_STATUS(shoal_value_get_string(segment, "v", 1, have, 4096, &size, place, &to), SHOAL_OK);
    CHECK(size == SHOAL_PLACED && to.size == length && to.calls == 1);
    CHECK(memcmp(to.bytes, text, length) == 0 && to.bytes[length] == 'z');
    free(to.bytes);
}

TEST(a_string_is_read_to_where_the_caller_wants_it)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    shoal_segment *reader = open_readonly(new_context(), "strings");
    fill_text();
    for (size_t i = 0; i < COUNT(lengths) && lengths[i] < 262000; i++)
        for (int type = SHOAL_STR; type <= SHOAL_BIN; type++) {
            CHECK_STATUS(shoal_value_put_string(segment, "v", 1, type, text, lengths[i]), SHOAL_OK);
            check_placed(segment, lengths[i]);
            check_placed(reader, lengths[i]);
        }
}

TEST(every_string_of_many_is_read_wherever_it_crosses_a_page)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "%d", i);
        memset(text, 'a' + i % 26, 1100);
        CHECK_STATUS(shoal_value_put_string(segment, name, strlen(name), SHOAL_STR_OR_BIN, text, 1100), SHOAL_OK);
    }
    for (int i = 0; i < 1000; i++) {
        struct place to = {0};
        size_t size = i;
        snprintf(name, sizeof name, "%d", i);
        CHECK_STATUS(shoal_value_get_string(segment, name, strlen(name), have, 100, &size, place, &to), SHOAL_OK);
        CHECK(size == SHOAL_PLACED && to.size == 1100 && to.bytes[0] == 'a' + i % 26);
        CHECK(memcmp(to.bytes, to.bytes + 1, 1099) == 0);
        free(to.bytes);
    }
}

TEST(what_is_no_string_is_read_as_bytes)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    struct place to = {0};
    shoal_object *counter;
    size_t size = 7;
    static const char *const items[] = {"\x07", "\x92\xa1x\xa1y", "\xa2x", "\xd9\x02x", "\xc4"};
    for (size_t i = 0; i < COUNT(items); i++) {
        CHECK_STATUS(put(segment, "v", items[i], strlen(items[i])), SHOAL_OK);
        CHECK_STATUS(shoal_value_get_string(segment, "v", 1, have, 16, &size, place, &to), SHOAL_OK);
        CHECK(size == strlen(items[i]) && memcmp(have, items[i], size) == 0);
        CHECK_STATUS(shoal_value_get_string(segment, "v", 1, have, 0, &size, place, &to), SHOAL_LARGER);
        CHECK(size == strlen(items[i]));
    }
    CHECK_STATUS(put(segment, "v", "", 0), SHOAL_OK);
    CHECK_STATUS(shoal_value_get_string(segment, "v", 1, have, 16, &size, place, &to), SHOAL_OK);
    CHECK(size == 0);
    CHECK_STATUS(shoal_counter_open(&counter, segment, "counter", 7, 3), SHOAL_OK);
    CHECK_STATUS(shoal_value_get_string(segment, "counter", 7, have, 16, &size, place, &to), SHOAL_LIVE);
    CHECK_STATUS(shoal_value_get_string(segment, "none", 4, have, 16, &size, place, &to), SHOAL_ENOKEY);
    CHECK(size == 0 && to.calls == 0);
}

TEST(a_string_too_large_to_be_placed_is_larger)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    struct place to = {0};
    size_t size = 7;
    CHECK_STATUS(shoal_value_put_string(segment, "v", 1, SHOAL_BIN, text, MOST), SHOAL_OK);
    CHECK_STATUS(shoal_value_get_string(segment, "v", 1, have, 100, &size, place, &to), SHOAL_LARGER);
    CHECK(size == MOST + 5 && to.calls == 0 && have[0] == 0xc6);
}

static void *no_place(void *user, size_t size)
{
    (void)user, (void)size;
    return NULL;
}

TEST(a_caller_without_memory_for_a_string_is_told)
{
    shoal_segment *segment = open_or_create(new_context(), "strings");
    static const size_t sizes[] = {10, 70000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t size = 7;
        CHECK_STATUS(shoal_value_put_string(segment, "v", 1, SHOAL_BIN, text, sizes[i]), SHOAL_OK);
        CHECK_STATUS(shoal_value_get_string(segment, "v", 1, have, 100, &size, no_place, NULL), SHOAL_ENOMEM);
        CHECK(size == 0);
    }
}

static shoal_segment *here;
static size_t next_length;

static void replace_twice(void)
{
    if (next_length == 0)
        return;
    size_t length = next_length;
    next_length = 0;
    for (int i = 0; i < 2; i++)
        if (length == 1)
            CHECK_STATUS(put(here, "v", "\x07", 1), SHOAL_OK);
        else
            CHECK_STATUS(shoal_value_put_string(here, "v", 1, SHOAL_STR, text, length), SHOAL_OK);
}

TEST(a_string_that_is_replaced_while_a_place_is_made_is_read_again)
{
    static const size_t sizes[] = {40, 50, 3000, 70000};
    fill_text();
    here = open_or_create(new_context(), "strings");
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t k = 0; k < COUNT(sizes); k++) {
            struct place to = {.meanwhile = replace_twice};
            size_t size = 7;
            CHECK_STATUS(shoal_value_put_string(here, "v", 1, SHOAL_STR, text, sizes[i]), SHOAL_OK);
            next_length = sizes[k];
            CHECK_STATUS(shoal_value_get_string(here, "v", 1, have, 100, &size, place, &to), SHOAL_OK);
            CHECK(size == SHOAL_PLACED && to.calls == 2 && to.size == sizes[k]);
            CHECK(memcmp(to.bytes, text, sizes[k]) == 0 && to.bytes[sizes[k]] == 'z');
            next_length = 1;
            CHECK_STATUS(shoal_value_get_string(here, "v", 1, have, 100, &size, place, &to), SHOAL_OK);
            CHECK(size == 1 && have[0] == 7);
            free(to.bytes);
        }
}
