/* The directory and values: names, kinds, atomic replacement. */
#include "check.h"

#include <stdatomic.h>

#include "scratch.h"
#include "segment/segment.h"
#include "segment/big.h"

/* ---- Values --------------------------------------------------------------------------------- */

TEST(values_of_every_size_come_back_and_are_replaced)
{
    shoal_segment *segment = open_or_create(new_context(), "values");
    static const size_t sizes[] = {1,    15,   16,   31,    32,    33,    64,    100,    511,    512,    4095,    4096,
                                   4097, 8191, 8192, 32767, 32768, 32769, 65536, 262143, 262144, 262145, 3000000, 5};
    unsigned char *bytes = malloc(3000000);
    size_t size;
    for (size_t i = 0; i < 3000000; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 251);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            CHECK_STATUS(put(segment, "same", bytes + round, sizes[i] - (sizes[i] > 1000) * round), SHOAL_OK);
            unsigned char *back = get(segment, "same", &size);
            CHECK(size == sizes[i] - (sizes[i] > 1000) * round && memcmp(back, bytes + round, size) == 0);
            free(back);
        }
    }
    check_sound(segment);
    free(bytes);
}

TEST(a_value_that_does_not_fit_the_buffer_says_how_large_it_is)
{
    shoal_segment *segment = open_or_create(new_context(), "values");
    unsigned char buffer[64];
    size_t size = 0;
    memset(buffer, 7, sizeof buffer);
    CHECK_STATUS(put(segment, "v", buffer, 40), SHOAL_OK);
    CHECK_STATUS(shoal_value_get(segment, "v", 1, NULL, 0, &size), SHOAL_LARGER);
    CHECK(size >= 40);
    memset(buffer, 0, sizeof buffer);
    CHECK_STATUS(shoal_value_get(segment, "v", 1, buffer, 39, &size), SHOAL_LARGER);
    CHECK(buffer[0] == 7 && memcmp(buffer, buffer + 1, 38) == 0 && buffer[39] == 0); /* its beginning */
    CHECK_STATUS(shoal_value_get(segment, "v", 1, buffer, 40, &size), SHOAL_OK);
    CHECK(size == 40);
    CHECK_STATUS(shoal_value_get(segment, "none", 4, buffer, 40, &size), SHOAL_ENOKEY);
    CHECK(strstr(shoal_error_message(), "none") != NULL);
}

struct storm {
    shoal_segment *segment;
    _Atomic int reads;
    _Atomic bool done;
};

/* Whole values of one repeated byte and of changing length, until enough of them were read. */
static void *write_patterns(void *argument)
{
    struct storm *storm = argument;
    unsigned char bytes[6000];
    for (int i = 0; i < 6000 || atomic_load(&storm->reads) < 1000; i++) {
        size_t size = 1 + (size_t)(i * 37) % (i % 2 ? 100 : sizeof bytes);
        memset(bytes, i % 251, size);
        CHECK_STATUS(put(storm->segment, "torn", bytes, size), SHOAL_OK);
    }
    atomic_store(&storm->done, true);
    return NULL;
}

TEST(a_reader_never_sees_a_mixture_of_two_values)
{
    struct storm storm = {.segment = open_or_create(new_context(), "torn")};
    shoal_segment *readonly = open_readonly(new_context(), "torn");
    unsigned char bytes[6000];
    pthread_t writer;
    size_t size;
    CHECK_STATUS(put(storm.segment, "torn", "x", 1), SHOAL_OK);
    CHECK(pthread_create(&writer, NULL, write_patterns, &storm) == 0);
    while (!atomic_load(&storm.done)) {
        CHECK_STATUS(shoal_value_get(readonly, "torn", 4, bytes, sizeof bytes, &size), SHOAL_OK);
        CHECK(size >= 1 && size <= sizeof bytes);
        for (size_t i = 1; i < size; i++)
            CHECK(bytes[i] == bytes[0]);
        atomic_fetch_add(&storm.reads, 1);
    }
    CHECK(pthread_join(writer, NULL) == 0);
}

static void put_and_remove_large(void *argument)
{
    shoal_segment *segment = argument;
    static unsigned char bytes[1 << 20];
    for (unsigned i = 0;; i++) {
        size_t size = i % 5 == 4 ? 100 : (300u << 10) + i % 7 * 90000;
        memset(bytes, (int)(i % 251), size);
        CHECK_STATUS(put(segment, "large", bytes, size), SHOAL_OK);
        if (i % 11 == 10)
            CHECK_STATUS(shoal_object_remove(segment, "large", 5), SHOAL_OK);
    }
}

static void *get_large(void *argument)
{
    unsigned char *bytes = malloc(1 << 20);
    size_t size;
    for (int seen = 0; seen < 1500;) {
        int status = shoal_value_get(argument, "large", 5, bytes, 1 << 20, &size);
        if (status == SHOAL_ENOKEY)
            continue;
        CHECK_STATUS(status, SHOAL_OK);
        CHECK((size == 100 || size >= 300 << 10) && memcmp(bytes, bytes + 1, size - 1) == 0);
        seen += size > 100;
    }
    free(bytes);
    return NULL;
}

/* Two threads of one peer, of which one at a time copies for itself and the other lets the kernel; and a readonly one. */
TEST(large_values_are_whole_whoever_reads_while_they_are_replaced_and_removed)
{
    shoal_segment *segment = open_or_create(new_context(), "large"), *readonly = open_readonly(new_context(), "large");
    pid_t child = in_child(put_and_remove_large, segment);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, get_large, i < 2 ? segment : readonly) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    check_sound(segment);
}

static long long memory_of(const char *name)
{
    struct stat file;
    CHECK(stat(path_of(name), &file) == 0);
    return (long long)file.st_blocks * 512;
}

/* As who dies while it copies, of all pages. */
static void note_and_die(void *argument)
{
    (void)argument;
    shoal_segment *segment = open_or_create(new_context(), "noted");
    atomic_store(&shoal__peer(segment, segment->slot)->reading, UINT32_MAX);
    raise(SIGKILL);
}

TEST(pages_that_a_dead_reader_noted_are_given_back_once_it_is_reaped)
{
    enum { SIZE = 1 << 20 };
    static unsigned char bytes[SIZE];
    shoal_info info;
    shoal_segment *segment = open_or_create(new_context(), "noted");
    CHECK_STATUS(put(segment, "v", bytes, SIZE), SHOAL_OK);
    long long with = memory_of("noted");
    pid_t child = in_child(note_and_die, NULL);
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK_STATUS(shoal_object_remove(segment, "v", 1), SHOAL_OK);
    shoal__big_cool_all(segment);
    CHECK(memory_of("noted") >= with); /* it may be copying still, for all that is known */
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    shoal__big_cool_all(segment);
    CHECK(memory_of("noted") <= with - SIZE);
    check_sound(segment);
}

static void put_and_die(void *argument)
{
    shoal_segment *segment = argument;
    static unsigned char bytes[1 << 20];
    for (unsigned char i = 0;; i++) {
        memset(bytes, i, sizeof bytes);
        CHECK_STATUS(put(segment, "v", bytes, sizeof bytes), SHOAL_OK);
    }
}

TEST(a_writer_killed_half_way_leaves_a_whole_value)
{
    shoal_segment *segment = open_or_create(new_context(), "half"), *readonly = open_readonly(new_context(), "half");
    size_t size;
    put(segment, "v", "\xc0", 1);
    for (int i = 0; i < 60; i++) {
        pid_t child = in_child(put_and_die, segment);
        nanosleep(&(struct timespec){.tv_nsec = 3000000 + (rand() % 4000) * 1000}, NULL); /* any moment will do */
        CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
        unsigned char *bytes = get(readonly, "v", &size); /* no one has recovered anything yet */
        CHECK(size == 1 || size == 1 << 20);
        for (size_t k = 1; k < size; k++)
            CHECK(bytes[k] == bytes[0]);
        free(bytes);
        CHECK_STATUS(put(segment, "v", "\xc0", 1), SHOAL_OK);
        check_sound(segment);
    }
}

/* ---- Names ---------------------------------------------------------------------------------- */

TEST(a_name_has_one_object_of_one_kind)
{
    shoal_segment *segment = open_or_create(new_context(), "kinds");
    shoal_object *object, *other;
    unsigned char buffer[8];
    size_t size;
    uint64_t count;
    int64_t three = 3;
    open_array(segment, "a", "f8", 3);
    CHECK_STATUS(shoal_counter_open(&object, segment, "c", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_lock_open(&object, segment, "l", 1, 0), SHOAL_OK);
    CHECK_STATUS(put(segment, "v", "\x01", 1), SHOAL_OK);
    CHECK(shoal_object_find(segment, "a", 1) == SHOAL_KIND_NDARRAY);
    CHECK(shoal_object_find(segment, "c", 1) == SHOAL_KIND_COUNTER);
    CHECK(shoal_object_find(segment, "l", 1) == SHOAL_KIND_LOCK);
    CHECK(shoal_object_find(segment, "v", 1) == SHOAL_KIND_VALUE);
    CHECK_STATUS(shoal_object_find(segment, "x", 1), SHOAL_ENOKEY);
    CHECK_STATUS(shoal_object_count(&count, segment), SHOAL_OK);
    CHECK(count == 4);
    CHECK_STATUS(shoal_counter_open(&other, segment, "a", 1, 0), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_counter_open(&other, segment, "v", 1, 0), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_array_open(&other, segment, "c", 1, dtype_of("f8"), 1, &three), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_object_open(&other, segment, "v", 1), SHOAL_EMISMATCH);
    CHECK(other == NULL);
    CHECK_STATUS(shoal_object_open(&other, segment, "x", 1), SHOAL_ENOKEY);
    CHECK_STATUS(put(segment, "c", "\x01", 1), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_value_get(segment, "c", 1, buffer, sizeof buffer, &size), SHOAL_LIVE);
    CHECK_STATUS(shoal_object_open(&other, segment, "l", 1), SHOAL_OK);
    CHECK(other == object && shoal_object_kind(other) == SHOAL_KIND_LOCK);
    CHECK_TEXT(shoal_object_name(other, &size), "l");
    CHECK(size == 1);
    CHECK_TEXT(shoal_kind_name(SHOAL_KIND_NDARRAY), "NdArray");
}

TEST(bad_object_names_are_refused)
{
    shoal_segment *segment = open_or_create(new_context(), "names");
    char name[300];
    shoal_object *object;
    size_t size;
    memset(name, 'n', sizeof name);
    static const struct {
        const char *name;
        size_t length;
    } bad[] = {{"", 0}, {"a\0b", 3}, {"\xff", 1}, {"\xed\xa0\x80", 3}};
    for (size_t i = 0; i <= sizeof bad / sizeof bad[0]; i++) {
        const char *text = i < sizeof bad / sizeof bad[0] ? bad[i].name : name;
        size_t length = i < sizeof bad / sizeof bad[0] ? bad[i].length : 256;
        CHECK_STATUS(shoal_value_put(segment, text, length, "\x01", 1), SHOAL_EVALUE);
        CHECK_STATUS(shoal_counter_open(&object, segment, text, length, 0), SHOAL_EVALUE);
        CHECK_STATUS(shoal_lock_open(&object, segment, text, length, 0), SHOAL_EVALUE);
        CHECK_STATUS(shoal_array_open(&object, segment, text, length, dtype_of("f8"), 0, NULL), SHOAL_EVALUE);
        CHECK(shoal_value_get(segment, text, length, name, 0, &size) < 0);
        CHECK(shoal_object_find(segment, text, length) < 0 && shoal_object_remove(segment, text, length) < 0);
    }
    CHECK_STATUS(shoal_value_put(segment, name, 255, "\x01", 1), SHOAL_OK);
    CHECK(shoal_object_find(segment, name, 255) == SHOAL_KIND_VALUE);
    CHECK_STATUS(shoal_object_find(segment, name, 254), SHOAL_ENOKEY);
    CHECK_STATUS(put(segment, "日本/🐟 \n", "\x01", 1), SHOAL_OK);
    check_sound(segment);
}

static int mark_name(void *argument, const char *name, size_t length, int kind)
{
    bool *seen = argument;
    char text[32] = "";
    CHECK(length < sizeof text && kind == SHOAL_KIND_VALUE);
    memcpy(text, name, length);
    size_t i = strtoul(text, NULL, 10);
    CHECK(!seen[i]);
    seen[i] = true;
    return i == 77777777 ? 1 : 0;
}

static int stop_at_once(void *argument, const char *name, size_t length, int kind)
{
    (void)name, (void)length, (void)kind;
    ++*(int *)argument;
    return 42;
}

TEST(a_hundred_thousand_objects_are_found_listed_and_removed)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    static bool seen[100000];
    char name[16];
    uint64_t count;
    size_t size;
    int calls = 0;
    shoal_options_init(&options);
    options.size = 256 << 20;
    CHECK_STATUS(shoal_create(&segment, context, "hundred", &options), SHOAL_OK);
    uint64_t before = shoal_segment_used(segment);
    for (uint32_t i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "%u", i);
        CHECK_STATUS(put(segment, name, &i, sizeof i), SHOAL_OK);
    }
    CHECK_STATUS(shoal_object_count(&count, segment), SHOAL_OK);
    CHECK(count == 100000);
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t value = 0;
        snprintf(name, sizeof name, "%u", i);
        CHECK_STATUS(shoal_value_get(segment, name, strlen(name), &value, sizeof value, &size), SHOAL_OK);
        CHECK(value == i && size == sizeof value);
    }
    CHECK_STATUS(shoal_object_each(segment, mark_name, seen), 0);
    for (uint32_t i = 0; i < 100000; i++)
        CHECK(seen[i]);
    CHECK(shoal_object_each(segment, stop_at_once, &calls) == 42 && calls == 1);
    check_sound(segment);
    for (uint32_t i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "%u", i);
        CHECK_STATUS(shoal_object_remove(segment, name, strlen(name)), SHOAL_OK);
        CHECK_STATUS(shoal_object_find(segment, name, strlen(name)), SHOAL_ENOKEY);
    }
    CHECK_STATUS(shoal_object_count(&count, segment), SHOAL_OK);
    CHECK(count == 0 && shoal_segment_used(segment) < before + (4 << 20)); /* the table stays as large as it was */
    check_sound(segment);
    shoal_context_free(context);
}

/* The plain table that the segment must agree with. */
struct model {
    int kind; /* 0: none */
    size_t size;
    unsigned char byte;
    int64_t value;
};

static void random_step(shoal_segment *segment, struct model *model, const char *name)
{
    static unsigned char bytes[20000];
    shoal_object *object;
    int64_t value;
    size_t size;
    switch (rand() % 5) {
    case 0:
        if (model->kind != 0 && model->kind != SHOAL_KIND_VALUE) {
            CHECK_STATUS(put(segment, name, "x", 1), SHOAL_EMISMATCH);
            return;
        }
        *model = (struct model){SHOAL_KIND_VALUE, 1 + (size_t)rand() % (rand() % 8 ? 200 : sizeof bytes),
                                (unsigned char)rand(), 0};
        memset(bytes, model->byte, model->size);
        CHECK_STATUS(put(segment, name, bytes, model->size), SHOAL_OK);
        return;
    case 1:
        CHECK_STATUS(shoal_object_remove(segment, name, strlen(name)), model->kind ? SHOAL_OK : SHOAL_ENOKEY);
        model->kind = 0;
        return;
    case 2:
        if (model->kind != 0 && model->kind != SHOAL_KIND_COUNTER) {
            CHECK_STATUS(shoal_counter_open(&object, segment, name, strlen(name), 0), SHOAL_EMISMATCH);
            return;
        }
        if (model->kind == 0)
            *model = (struct model){.kind = SHOAL_KIND_COUNTER, .value = 5};
        CHECK_STATUS(shoal_counter_open(&object, segment, name, strlen(name), 5), SHOAL_OK);
        CHECK_STATUS(shoal_counter_add(&value, object, 1), SHOAL_OK);
        CHECK(value == ++model->value);
        shoal_object_close(object);
        return;
    case 3:
        CHECK(shoal_object_find(segment, name, strlen(name)) == (model->kind ? model->kind : SHOAL_ENOKEY));
        return;
    default:
        if (model->kind != SHOAL_KIND_VALUE)
            return;
        CHECK_STATUS(shoal_value_get(segment, name, strlen(name), bytes, sizeof bytes, &size), SHOAL_OK);
        CHECK(size == model->size);
        for (size_t i = 0; i < size; i++)
            CHECK(bytes[i] == model->byte);
    }
}

TEST(random_operations_agree_with_a_plain_table)
{
    shoal_segment *a = open_or_create(new_context(), "random"), *b = open_or_create(new_context(), "random");
    static struct model models[300];
    srand(11);
    for (int step = 0; step < 40000; step++) {
        size_t i = (size_t)rand() % 300;
        char name[32];
        snprintf(name, sizeof name, "object-%zu", i);
        random_step(rand() % 2 ? a : b, &models[i], name);
        if (step % 5000 == 0)
            check_sound(a);
    }
    check_sound(b);
}
