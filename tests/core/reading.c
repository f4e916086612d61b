/* What languages read with: a name whatever it has, a value with its head apart, and lists that the caller owns. */
#include "check.h"

#include "scratch.h"
#include "segment/lock.h"

/* ---- By kind, and of whatever kind ---- */

TEST(an_object_is_opened_by_its_kind_and_by_no_other)
{
    shoal_segment *segment = open_or_create(new_context(), "kinds");
    shoal_object *lock, *again, *none;
    CHECK_STATUS(shoal_lock_open(&lock, segment, "lock", 4, SHOAL_LOCK_REENTRANT), SHOAL_OK);
    CHECK_STATUS(put(segment, "value", "\x01", 1), SHOAL_OK);
    CHECK_STATUS(shoal_object_open_kind(&again, segment, "lock", 4, SHOAL_KIND_LOCK), SHOAL_OK);
    CHECK(again == lock);
    CHECK_STATUS(shoal_object_open_kind(&again, segment, "lock", 4, SHOAL_KIND_NONE), SHOAL_OK);
    CHECK(again == lock);
    CHECK_STATUS(shoal_object_open_kind(&none, segment, "lock", 4, SHOAL_KIND_RWLOCK), SHOAL_EMISMATCH);
    CHECK(!none &&
          strstr(shoal_error_message(), "\"lock\" in segment \"kinds\" is a Lock, and an RWLock was asked for"));
    CHECK_STATUS(shoal_object_open_kind(&none, segment, "value", 5, SHOAL_KIND_LOCK), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_object_open_kind(&none, segment, "none", 4, SHOAL_KIND_LOCK), SHOAL_ENOKEY);
    CHECK(!none);
}

TEST(no_handle_is_opened_of_what_is_no_kind_of_live_objects)
{
    shoal_segment *segment = open_or_create(new_context(), "kinds");
    static const int kinds[] = {-1, SHOAL_KIND_VALUE, 200, 255, INT32_MAX};
    CHECK_STATUS(put(segment, "value", "\x01", 1), SHOAL_OK);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        shoal_object *none = (shoal_object *)&none;
        CHECK_STATUS(shoal_object_open_kind(&none, segment, "value", 5, kinds[i]), SHOAL_EVALUE);
        CHECK(none == NULL);
    }
    check_sound(segment);
}

TEST(a_name_is_read_as_bytes_or_as_a_handle_whatever_it_has)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "names");
    shoal_object *counter, *object;
    unsigned char bytes[8] = {0};
    size_t size;
    CHECK_STATUS(shoal_counter_open(&counter, segment, "counter", 7, 3), SHOAL_OK);
    CHECK_STATUS(put(segment, "value",
                     "\xa3"
                     "abc",
                     4),
                 SHOAL_OK);
    for (int readonly = 0; readonly < 2; readonly++) {
        int64_t value;
        shoal_segment *reader = readonly ? open_readonly(new_context(), "names") : segment;
        CHECK_STATUS(shoal_object_read(&object, reader, "value", 5, bytes, sizeof bytes, &size), SHOAL_OK);
        CHECK(!object && size == 4 &&
              memcmp(bytes,
                     "\xa3"
                     "abc",
                     4) == 0);
        CHECK_STATUS(shoal_object_read(&object, reader, "value", 5, bytes, 2, &size), SHOAL_LARGER);
        CHECK(!object && size == 4);
        CHECK_STATUS(shoal_object_read(&object, reader, "counter", 7, bytes, sizeof bytes, &size), SHOAL_LIVE);
        CHECK_STATUS(shoal_counter_value(&value, object), SHOAL_OK);
        CHECK(value == 3 && shoal_object_kind(object) == SHOAL_KIND_COUNTER);
        shoal_object_close(object);
        CHECK_STATUS(shoal_object_read(&object, reader, "none", 4, bytes, sizeof bytes, &size), SHOAL_ENOKEY);
        CHECK(!object && size == 0 && strstr(shoal_error_message(), "none"));
        CHECK_STATUS(shoal_object_read(&object, reader, "", 0, bytes, sizeof bytes, &size), SHOAL_EVALUE);
    }
}

/* Another peer has the structure's lock when the name is to be opened; before it lets go of that, the name is another thing. */
static shoal_segment *others;
static bool is_value_then;

static void take_its_place(void)
{
    shoal__unlock(others);
    CHECK_STATUS(shoal_object_remove(others, "name", 4), SHOAL_OK);
    if (is_value_then)
        CHECK_STATUS(put(others, "name", "\x05", 1), SHOAL_OK);
}

static int read_while_its_place_is_taken(shoal_segment *segment, unsigned char *byte)
{
    shoal_object *object, *counter;
    size_t size;
    CHECK_STATUS(shoal_counter_open(&counter, others, "name", 4, 0), SHOAL_OK);
    shoal_object_close(counter);
    shoal__lock(others);
    int status = shoal_object_read(&object, segment, "name", 4, byte, 1, &size);
    CHECK(object == NULL && size == (status == SHOAL_OK));
    return status;
}

TEST(a_value_that_took_the_place_of_what_was_to_be_opened_is_read)
{
    static const shoal_language language = {take_its_place, NULL, NULL};
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "turns");
    unsigned char byte = 0;
    others = open_or_create(new_context(), "turns");
    shoal_context_set_language(context, &language);
    is_value_then = true;
    CHECK_STATUS(read_while_its_place_is_taken(segment, &byte), SHOAL_OK);
    CHECK(byte == 5);
    CHECK_STATUS(shoal_object_remove(others, "name", 4), SHOAL_OK);
    is_value_then = false;
    CHECK_STATUS(read_while_its_place_is_taken(segment, &byte), SHOAL_ENOKEY);
    check_sound(segment);
}

/* ---- The head apart ---- */

static void read_apart(shoal_segment *segment, const unsigned char *bytes, size_t size, size_t head, size_t rest)
{
    unsigned char first[8], *others = malloc(rest + 1);
    size_t have, all = head + rest;
    memset(first, 0xee, sizeof first);
    memset(others, 0xee, rest + 1);
    CHECK_STATUS(shoal_value_get_split(segment, "v", 1, first, head, others, rest, &have),
                 all < size ? SHOAL_LARGER : SHOAL_OK);
    size_t some = all < size ? all : size, in_head = some < head ? some : head;
    CHECK(have == size && memcmp(first, bytes, in_head) == 0 && first[in_head] == 0xee);
    CHECK(memcmp(others, bytes + in_head, some - in_head) == 0 && others[some - in_head] == 0xee);
    free(others);
}

TEST(a_value_is_read_with_its_head_apart)
{
    shoal_segment *segment = open_or_create(new_context(), "apart");
    shoal_segment *reader = open_readonly(new_context(), "apart");
    static const size_t sizes[] = {0, 1, 4, 5, 6, 100, 4090, 4096, 4101, 70000, 262144, 1000000};
    unsigned char *bytes = malloc(1000000);
    for (size_t i = 0; i < 1000000; i++)
        bytes[i] = (unsigned char)(i * 11 + i / 253);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        CHECK_STATUS(put(segment, "v", bytes, size), SHOAL_OK);
        for (size_t head = 0; head <= 5; head++)
            for (int readonly = 0; readonly < 2; readonly++) {
                shoal_segment *from = readonly ? reader : segment;
                read_apart(from, bytes, size, head, 0);
                read_apart(from, bytes, size, head, size > head ? size - head : 0);
                read_apart(from, bytes, size, head, size > head ? size - head - 1 : 0);
                read_apart(from, bytes, size, head, size + 10);
            }
    }
    free(bytes);
}

TEST(what_is_live_or_not_there_is_not_read_apart)
{
    shoal_segment *segment = open_or_create(new_context(), "apart");
    shoal_object *counter;
    unsigned char head, rest;
    size_t size = 7;
    CHECK_STATUS(shoal_counter_open(&counter, segment, "counter", 7, 3), SHOAL_OK);
    CHECK_STATUS(shoal_value_get_split(segment, "counter", 7, &head, 1, &rest, 1, &size), SHOAL_LIVE);
    CHECK_STATUS(shoal_value_get_split(segment, "none", 4, &head, 1, &rest, 1, &size), SHOAL_ENOKEY);
    CHECK(size == 0);
}

TEST(a_string_is_known_by_its_head)
{
    static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 100000};
    char *text = calloc(1, 100000);
    bool is_str;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int str = 0; str < 2; str++) {
            shoal_writer writer;
            shoal_writer_init(&writer);
            str ? shoal_write_str(&writer, text, lengths[i]) : shoal_write_bin(&writer, text, lengths[i]);
            size_t head = writer.size - lengths[i];
            CHECK(shoal_string_head(&is_str, writer.bytes, writer.size) == head && is_str == (str == 1));
            CHECK(head <= SHOAL_STRING_HEAD);
            CHECK(shoal_string_head(&is_str, writer.bytes, writer.size + 1) == 0);
            CHECK(shoal_string_head(&is_str, writer.bytes, writer.size - 1) == 0);
            shoal_writer_free(&writer);
        }
    free(text);
    for (int first = 0; first < 256; first++) {
        unsigned char bytes[SHOAL_STRING_HEAD] = {(unsigned char)first};
        bool may_be =
            (first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb) || (first >= 0xc4 && first <= 0xc6);
        for (size_t size = 0; size < 40; size++)
            CHECK(shoal_string_head(&is_str, bytes, size) == 0 || may_be);
    }
}

/* ---- Lists ---- */

static size_t count_of(const shoal_text *list, size_t count, const char *text, int kind)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += list[i].length == strlen(text) && strcmp(list[i].text, text) == 0 && list[i].kind == kind;
    return found;
}

TEST(names_come_as_a_list_that_the_caller_owns)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "names");
    shoal_text *list;
    size_t count = 7;
    char name[16];
    CHECK_STATUS(shoal_object_names(&list, &count, segment), SHOAL_OK);
    CHECK(!list && count == 0);
    shoal_list_free(list);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "name %d", i);
        CHECK_STATUS(put(segment, name, "\x01", 1), SHOAL_OK);
    }
    open_array(segment, "array", "int8", 3);
    CHECK_STATUS(shoal_object_names(&list, &count, segment), SHOAL_OK);
    shoal_context_free(context); /* it points to nothing of the segment's */
    CHECK(count == 1001 && count_of(list, count, "array", SHOAL_KIND_NDARRAY) == 1);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "name %d", i);
        CHECK(count_of(list, count, name, SHOAL_KIND_VALUE) == 1);
    }
    shoal_list_free(list);
}

TEST(findings_come_as_a_list_that_the_caller_owns)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "findings");
    shoal_text *list;
    size_t count = 7;
    CHECK_STATUS(shoal_check_findings(&list, &count, segment), SHOAL_OK);
    CHECK(!list && count == 0);
    shoal__header(segment)->used += 4096;
    CHECK_STATUS(shoal_check_findings(&list, &count, segment), SHOAL_OK);
    CHECK(count > 0 && list[0].length > 10 && list[0].length == strlen(list[0].text) &&
          list[0].kind == SHOAL_KIND_NONE);
    shoal_list_free(list);
}

TEST(locks_come_as_a_list_of_handles_that_stay_open)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    shoal_object *lock, *event, *counter, **list;
    size_t count = 7;
    CHECK_STATUS(shoal_segment_locks(&list, &count, segment), SHOAL_OK);
    CHECK(!list && count == 0);
    CHECK_STATUS(shoal_lock_open(&lock, segment, "lock", 4, 0), SHOAL_OK);
    CHECK_STATUS(shoal_event_open(&event, segment, "event", 5), SHOAL_OK);
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_segment_locks(&list, &count, segment), SHOAL_OK);
    CHECK(count == 2 && (list[0] == lock ? list[1] == event : list[0] == event && list[1] == lock));
    shoal_object_close(lock);
    shoal_object_close(event);
    for (size_t i = 0; i < count; i++) {
        CHECK_STATUS(shoal_object_usable(list[i]), SHOAL_OK);
        shoal_object_close(list[i]);
    }
    shoal_list_free(list);
    check_sound(segment);
}
