/* Named objects: the directory, values, arrays; removal, readonly attaches, and running out of memory. */
#include "check.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>

#include "scratch.h"

static int put(shoal_segment *segment, const char *name, const void *bytes, size_t size)
{
    return shoal_value_put(segment, name, strlen(name), bytes, size);
}

/* The value of that name into a fresh buffer of exactly its size. */
static unsigned char *get(shoal_segment *segment, const char *name, size_t *size)
{
    unsigned char *buffer = NULL;
    size_t capacity = 0;
    for (;;) {
        int status = shoal_value_get(segment, name, strlen(name), buffer, capacity, size);
        CHECK(status == SHOAL_OK || status == SHOAL_LARGER);
        if (status == SHOAL_OK)
            return buffer;
        CHECK(*size > capacity);
        capacity = *size;
        free(buffer);
        buffer = malloc(capacity);
    }
}

static shoal_object *open_array(shoal_segment *segment, const char *name, const char *dtype, int64_t length)
{
    shoal_object *array;
    CHECK_STATUS(shoal_array_open(&array, segment, name, strlen(name), dtype_of(dtype), 1, &length), SHOAL_OK);
    return array;
}

static shoal_view view_of(const shoal_object *array)
{
    shoal_view view;
    CHECK_STATUS(shoal_array_view(&view, array), SHOAL_OK);
    return view;
}

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
    CHECK_STATUS(shoal_value_get(segment, "v", 1, buffer, 39, &size), SHOAL_LARGER);
    CHECK_STATUS(shoal_value_get(segment, "v", 1, buffer, 40, &size), SHOAL_OK);
    CHECK(size == 40);
    CHECK_STATUS(shoal_value_get(segment, "none", 4, buffer, 40, &size), SHOAL_ENOKEY);
    CHECK(strstr(shoal_error_message(), "none") != NULL);
}

struct storm {
    shoal_segment *segment;
    _Atomic bool done;
};

/* Whole values of one repeated byte and of changing length. */
static void *write_patterns(void *argument)
{
    struct storm *storm = argument;
    unsigned char bytes[6000];
    for (int i = 0; i < 6000; i++) {
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
    int reads = 0;
    CHECK_STATUS(put(storm.segment, "torn", "x", 1), SHOAL_OK);
    CHECK(pthread_create(&writer, NULL, write_patterns, &storm) == 0);
    while (!atomic_load(&storm.done)) {
        CHECK_STATUS(shoal_value_get(readonly, "torn", 4, bytes, sizeof bytes, &size), SHOAL_OK);
        CHECK(size >= 1 && size <= sizeof bytes);
        for (size_t i = 1; i < size; i++)
            CHECK(bytes[i] == bytes[0]);
        reads++;
    }
    CHECK(pthread_join(writer, NULL) == 0 && reads > 10);
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

/* ---- Arrays --------------------------------------------------------------------------------- */

TEST(an_array_is_made_of_zeros_and_aligned)
{
    static const char *const dtypes[] = {"bool", "int8", "float16", "int32", "float64", "complex128", "S3"};
    shoal_segment *segment = open_or_create(new_context(), "arrays");
    for (int round = 0; round < 3; round++) { /* also in memory that was used before */
        for (size_t i = 0; i < 7; i++) {
            const int64_t shape[] = {2, 3, 100};
            shoal_object *array;
            CHECK_STATUS(shoal_array_open(&array, segment, "a", 1, dtype_of(dtypes[i]), 3, shape), SHOAL_OK);
            shoal_view view = view_of(array);
            size_t size = (size_t)shoal_view_size(&view) * view.dtype.itemsize;
            CHECK(view.ndim == 3 && view.shape[2] == 100 && shoal_view_contiguous(&view) && !view.readonly);
            CHECK((uintptr_t)view.data % 64 == 0);
            for (size_t k = 0; k < size; k++)
                CHECK(view.data[k] == 0);
            memset(view.data, 0xff, size);
            CHECK_STATUS(shoal_object_remove(segment, "a", 1), SHOAL_OK);
            shoal_object_close(array);
        }
    }
    check_sound(segment);
}

TEST(an_array_is_opened_again_only_as_what_it_is)
{
    shoal_segment *segment = open_or_create(new_context(), "arrays"), *other = open_or_create(new_context(), "arrays");
    shoal_object *array = open_array(segment, "a", "f8", 3), *again;
    int64_t shapes[4][2] = {{3, 0}, {4, 0}, {3, 1}, {-1, 0}};
    ((double *)(void *)view_of(array).data)[2] = 2.5;
    CHECK_STATUS(shoal_array_open(&again, other, "a", 1, dtype_of("f8"), 1, shapes[0]), SHOAL_OK);
    CHECK(((double *)(void *)view_of(again).data)[2] == 2.5);
    CHECK_STATUS(shoal_array_open(&again, other, "a", 1, dtype_of("i8"), 1, shapes[0]), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_array_open(&again, other, "a", 1, dtype_of("f8"), 1, shapes[1]), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_array_open(&again, other, "a", 1, dtype_of("f8"), 2, shapes[2]), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_array_open(&again, other, "a", 1, dtype_of("f8"), 0, NULL), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_array_open(&again, other, "b", 1, dtype_of("f8"), 1, shapes[3]), SHOAL_EVALUE);
    CHECK_STATUS(shoal_array_open(&again, other, "b", 1, (shoal_dtype){99, 8}, 1, shapes[0]), SHOAL_EVALUE);
    CHECK(again == NULL && shoal_object_find(segment, "b", 1) == SHOAL_ENOKEY);
}

TEST(arrays_of_no_dimension_and_of_no_elements_exist)
{
    shoal_segment *segment = open_or_create(new_context(), "arrays");
    shoal_object *scalar, *empty;
    CHECK_STATUS(shoal_array_open(&scalar, segment, "s", 1, dtype_of("f8"), 0, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_array_open(&empty, segment, "e", 1, dtype_of("f8"), 3, (int64_t[]){4, 0, 2}), SHOAL_OK);
    shoal_view view = view_of(scalar);
    CHECK(view.ndim == 0 && shoal_view_size(&view) == 1);
    view = view_of(empty);
    CHECK(view.ndim == 3 && shoal_view_size(&view) == 0 && view.shape[0] == 4 && view.data != NULL);
    check_sound(segment);
}

static void hold_array(void *argument)
{
    shoal_object *array = open_array(argument, "a", "i4", 100000);
    view_of(array).data[5] = 77;
}

TEST(a_view_outlives_close_unlink_removal_and_the_death_of_the_others)
{
    shoal_context *context = new_context(), *other = new_context();
    shoal_segment *segment = open_or_create(context, "outlive"), *second = open_or_create(other, "outlive");
    shoal_object *array = open_array(segment, "a", "i4", 100000);
    die_after(hold_array, second);
    shoal_view view = view_of(array);
    CHECK(view.data[5] == 77);
    memset(view.data, 3, 400000);
    CHECK_STATUS(shoal_object_remove(second, "a", 1), SHOAL_OK);
    shoal_object *fresh = open_array(second, "a", "i4", 100000); /* another array of that name */
    memset(view_of(fresh).data, 9, 400000);
    for (int i = 0; i < 100; i++) { /* what was its memory would be used again */
        char name[16];
        unsigned char bytes[5000];
        memset(bytes, 8, sizeof bytes);
        snprintf(name, sizeof name, "%d", i);
        CHECK_STATUS(put(second, name, bytes, sizeof bytes), SHOAL_OK);
    }
    check_sound(second);
    shoal_context_free(other);
    CHECK_STATUS(shoal_unlink(context, "outlive"), SHOAL_OK);
    shoal_close(segment);
    shoal_context_free(context);
    for (size_t i = 0; i < 400000; i++)
        CHECK(view.data[i] == 3);
    memset(view.data, 4, 400000); /* still writable */
    shoal_object_close(array);
}

TEST(the_memory_of_a_removed_array_comes_back_when_the_last_view_goes)
{
    shoal_segment *segment = open_or_create(new_context(), "back"), *other = open_or_create(new_context(), "back");
    shoal_object *array = open_array(segment, "a", "u1", 10000000), *same = open_array(other, "a", "u1", 10000000);
    uint64_t full = shoal_segment_used(segment);
    shoal_info info;
    CHECK_STATUS(shoal_object_remove(segment, "a", 1), SHOAL_OK);
    shoal_object_close(array);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.removed == 1 && info.used + 1000000 > full);
    shoal_object_close(same);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.removed == 0 && info.used + 9000000 < full);
    die_after(hold_array, other); /* a dead process's hold does not count */
    CHECK_STATUS(shoal_object_remove(segment, "a", 1), SHOAL_OK);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.used + 9000000 < full);
    check_sound(segment);
}

TEST(making_and_removing_for_ever_takes_no_memory)
{
    shoal_segment *segment = open_or_create(new_context(), "rounds");
    static unsigned char bytes[100000];
    uint64_t used = 0;
    for (int i = 0; i < 3000; i++) {
        shoal_object *array = open_array(segment, "a", "f8", 1 + i % 500), *counter;
        CHECK_STATUS(shoal_counter_open(&counter, segment, "c", 1, 0), SHOAL_OK);
        CHECK_STATUS(put(segment, "v", bytes, 1 + (size_t)(i * 991) % sizeof bytes), SHOAL_OK);
        shoal_object_close(array);
        CHECK_STATUS(shoal_object_remove(segment, "a", 1), SHOAL_OK);
        CHECK_STATUS(shoal_object_remove(segment, "c", 1), SHOAL_OK);
        CHECK_STATUS(shoal_object_remove(segment, "v", 1), SHOAL_OK);
        shoal_object_close(counter);
        if (i == 100)
            used = shoal_segment_used(segment);
    }
    CHECK(shoal_segment_used(segment) <= used);
    check_sound(segment);
}

/* ---- Readonly ------------------------------------------------------------------------------- */

static void write_through(void *view)
{
    ((shoal_view *)view)->data[0] = 1;
}

TEST(a_readonly_attach_reads_everything_and_changes_nothing)
{
    shoal_segment *segment = open_or_create(new_context(), "ro"), *readonly = open_readonly(new_context(), "ro");
    shoal_object *array = open_array(segment, "a", "f8", 3), *seen;
    size_t size;
    int64_t three = 3;
    uint64_t count;
    CHECK_STATUS(put(segment, "v", "\x2a", 1), SHOAL_OK);
    ((double *)(void *)view_of(array).data)[1] = 1.5;
    CHECK(shoal_segment_readonly(readonly));
    free(get(readonly, "v", &size));
    CHECK_STATUS(shoal_array_open(&seen, readonly, "a", 1, dtype_of("f8"), 1, &three), SHOAL_OK);
    shoal_view view = view_of(seen);
    CHECK(view.readonly && ((double *)(void *)view.data)[1] == 1.5);
    CHECK_STATUS(shoal_object_count(&count, readonly), SHOAL_OK);
    CHECK(count == 2);
    CHECK_STATUS(shoal_view_fill(&view, &(shoal_scalar){.type = SHOAL_SCALAR_INT}), SHOAL_EREADONLY);
    CHECK_STATUS(put(readonly, "v", "\x01", 1), SHOAL_EREADONLY);
    CHECK_STATUS(put(readonly, "new", "\x01", 1), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_object_remove(readonly, "v", 1), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_array_open(&seen, readonly, "new", 3, dtype_of("f8"), 1, &three), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_lock_open(&seen, readonly, "new", 3, 0), SHOAL_EREADONLY);
    check_sound(readonly);
    pid_t child = fork(); /* and the kernel holds to it */
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        write_through(&view);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

TEST(a_readonly_attach_is_no_peer_and_needs_only_read_permission)
{
    if (geteuid() != 0) {
        printf("not tried: only root can become another user\n");
        return;
    }
    shoal_segment *segment = open_or_create(new_context(), "permission"), *opened;
    shoal_options options;
    size_t size;
    CHECK_STATUS(put(segment, "v", "\x2a", 1), SHOAL_OK);
    CHECK(chmod(path_of("permission"), 0644) == 0 && chmod(scratch_directory, 0755) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        CHECK(setgid(54321) == 0 && setuid(54321) == 0);
        shoal_context *context = new_context();
        CHECK_STATUS(shoal_open(&opened, context, "permission", NULL), SHOAL_EDENIED);
        shoal_options_init(&options);
        options.readonly = true;
        CHECK_STATUS(shoal_open(&opened, context, "permission", &options), SHOAL_OK); /* root's is accepted */
        free(get(opened, "v", &size));
        _exit(0);
    }
    join(child);
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers == 1);
}

/* ---- Full ----------------------------------------------------------------------------------- */

/* Put numbered values until one is refused; how many there are then. */
static int fill_up(shoal_segment *segment, size_t size)
{
    static unsigned char bytes[100000];
    char name[16];
    for (int i = 0;; i++) {
        CHECK(i < 10000);
        snprintf(name, sizeof name, "%d", i);
        memset(bytes, i, size);
        int status = put(segment, name, bytes, size);
        if (status == SHOAL_ENOSPACE)
            return i;
        CHECK_STATUS(status, SHOAL_OK);
    }
}

static void check_filled(shoal_segment *segment, int count, size_t expected)
{
    char name[16];
    size_t size;
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%d", i);
        unsigned char *bytes = get(segment, name, &size);
        CHECK(size == expected && bytes[0] == (unsigned char)i && bytes[size - 1] == (unsigned char)i);
        free(bytes);
    }
}

TEST(a_full_segment_says_so_and_keeps_what_it_has)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    shoal_object *array;
    int64_t huge = 1 << 20;
    shoal_options_init(&options);
    options.size = 1 << 20;
    CHECK_STATUS(shoal_create(&segment, context, "full", &options), SHOAL_OK);
    CHECK_STATUS(shoal_array_open(&array, segment, "a", 1, dtype_of("f8"), 1, &huge), SHOAL_ENOSPACE);
    CHECK(array == NULL && strpbrk(shoal_error_message(), "0123456789") != NULL);
    int count = fill_up(segment, 20000);
    CHECK(count > 30 && count < 53);
    check_filled(segment, count, 20000);
    check_sound(segment);
    static unsigned char large[100000];
    CHECK_STATUS(put(segment, "0", large, 100000), SHOAL_ENOSPACE); /* and the old value stays */
    check_filled(segment, count, 20000);
    CHECK_STATUS(shoal_object_remove(segment, "0", 1), SHOAL_OK);
    CHECK_STATUS(put(segment, "0", large, 20000), SHOAL_OK);
    check_sound(segment);
}

static void fill_a_small_mount(void *argument)
{
    shoal_context *context = argument;
    shoal_segment *segment;
    CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    CHECK(mount("shoal-test", scratch_directory, "tmpfs", 0, "size=1m") == 0);
    CHECK_STATUS(shoal_create(&segment, context, "tmpfs", NULL), SHOAL_OK);
    int count = fill_up(segment, 50000);
    CHECK(count > 5 && count < 21 && strpbrk(shoal_error_message(), "0123456789") != NULL);
    CHECK(strstr(shoal_error_message(), scratch_directory) != NULL);
    check_filled(segment, count, 50000);
    check_sound(segment);
    shoal_object *array;
    int64_t length = 1 << 17;
    CHECK_STATUS(shoal_array_open(&array, segment, "a", 1, dtype_of("f8"), 1, &length), SHOAL_ENOSPACE);
    for (int i = 0; i < count; i++) { /* what is given back helps the next */
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        CHECK_STATUS(shoal_object_remove(segment, name, strlen(name)), SHOAL_OK);
    }
    CHECK(fill_up(segment, 50000) >= count - 1);
    check_sound(segment);
    umount2(scratch_directory, MNT_DETACH);
}

TEST(a_full_file_system_is_no_space_and_never_a_bus_error)
{
    shoal_context *context = new_context();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
            printf("not tried: mounting is not permitted (%s)\n", strerror(errno));
            fflush(NULL);
            _exit(0);
        }
        fill_a_small_mount(context);
        _exit(0);
    }
    join(child);
}
