/* One segment at two addresses of one process: what overlaps, and whose handles are equal. */
#include "check.h"

#include "scratch.h"

static const shoal_options readonly = {.mode = 0600, .group = -1, .owner = -1, .readonly = true};
enum { LENGTH = 1000 };

static shoal_object *open_it(shoal_view *view, shoal_segment *segment)
{
    shoal_object *array;
    CHECK_STATUS(shoal_object_open(&array, segment, "a", 1), SHOAL_OK);
    CHECK_STATUS(shoal_array_view(view, array), SHOAL_OK);
    return array;
}

static shoal_object *make_it(shoal_view *view, shoal_segment *segment)
{
    shoal_object *array = open_array(segment, "a", "int64", LENGTH);
    CHECK_STATUS(shoal_array_view(view, array), SHOAL_OK);
    return array;
}

static bool same(const shoal_object *one, const shoal_object *other)
{
    return shoal_identity_equal(shoal_object_identity(one), shoal_object_identity(other));
}

static uint64_t hash(const shoal_object *object)
{
    return shoal_identity_hash(shoal_object_identity(object));
}

static void count_up(const shoal_view *view)
{
    for (int64_t i = 0; i < LENGTH; i++)
        ((int64_t *)(void *)view->data)[i] = i;
}

/* written[by:] = read[:-by], written[:-by] = read[by:], written[:] = read[::-1] */
static void check_shifts(const shoal_object *array, const shoal_view *written, const shoal_view *read)
{
    const int64_t *item = (const int64_t *)(const void *)written->data;
    for (int64_t by = -4; by < 5; by++) {
        shoal_view to = *written, from = *read;
        count_up(written);
        CHECK_STATUS(shoal_view_slice(&to, 0, by > 0 ? by : 0, 1, LENGTH - llabs(by)), SHOAL_OK);
        CHECK_STATUS(shoal_view_slice(&from, 0, by > 0 ? 0 : -by, 1, LENGTH - llabs(by)), SHOAL_OK);
        CHECK_STATUS(shoal_array_assign(array, &to, &from), SHOAL_OK);
        for (int64_t i = 0; i < LENGTH; i++)
            CHECK(item[i] == (i < by || i >= LENGTH + by ? i : i - by));
    }
    shoal_view backwards = *read;
    count_up(written);
    CHECK_STATUS(shoal_view_slice(&backwards, 0, LENGTH - 1, -1, LENGTH), SHOAL_OK);
    CHECK_STATUS(shoal_array_assign(array, written, &backwards), SHOAL_OK);
    for (int64_t i = 0; i < LENGTH; i++)
        CHECK(item[i] == LENGTH - 1 - i);
}

TEST(an_array_overlaps_itself_through_a_readonly_attach)
{
    shoal_view written, read;
    shoal_segment *writer, *reader;
    shoal_context *context = new_context();
    CHECK_STATUS(shoal_create(&writer, context, "s", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_open(&reader, context, "s", &readonly), SHOAL_OK);
    shoal_object *array = make_it(&written, writer);
    open_it(&read, reader);
    CHECK(written.data != read.data);
    check_shifts(array, &written, &read);
}

TEST(an_array_overlaps_itself_through_another_context)
{
    shoal_view written, read;
    shoal_segment *first, *second, *third;
    CHECK_STATUS(shoal_create(&first, new_context(), "s", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_open(&second, new_context(), "s", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_open(&third, new_context(), "s", &readonly), SHOAL_OK);
    shoal_object *array = make_it(&written, first), *same = open_it(&read, second);
    check_shifts(array, &written, &read);
    check_shifts(same, &read, &written);
    open_it(&read, third);
    check_shifts(array, &written, &read);
}

TEST(an_attach_that_is_gone_is_no_mapping_any_more)
{
    shoal_view written, read;
    shoal_segment *writer, *reader;
    shoal_context *context = new_context();
    CHECK_STATUS(shoal_create(&writer, context, "s", NULL), SHOAL_OK);
    shoal_object *array = make_it(&written, writer);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(shoal_open(&reader, context, "s", &readonly), SHOAL_OK);
        shoal_object *other = open_it(&read, reader);
        check_shifts(array, &written, &read);
        shoal_close(reader);
        check_shifts(array, &written, &read); /* the array keeps it */
        shoal_object_close(other);
    }
    check_shifts(array, &written, &written);
}

TEST(a_copy_of_the_file_is_another_memory)
{
    shoal_view written, read;
    shoal_segment *writer, *copy;
    shoal_context *context = new_context();
    CHECK_STATUS(shoal_create(&writer, context, "s", NULL), SHOAL_OK);
    shoal_object *array = make_it(&written, writer);
    CHECK_STATUS(shoal_segment_backup(writer, path_of("copy"), false), SHOAL_OK);
    CHECK_STATUS(shoal_open(&copy, context, path_of("copy"), NULL), SHOAL_OK);
    shoal_object *other = open_it(&read, copy);
    count_up(&read);
    CHECK_STATUS(shoal_array_assign(array, &written, &read), SHOAL_OK);
    CHECK(shoal_view_equal(&written, &read));
    CHECK(!same(array, other));
}

static void *attach_and_close(void *context)
{
    shoal_segment *segment;
    for (int i = 0; i < 300; i++) {
        CHECK_STATUS(shoal_open(&segment, context, "s", &readonly), SHOAL_OK);
        shoal_close(segment);
    }
    return NULL;
}

/* A child that forked while another thread attached could find the list locked for ever. */
TEST(a_child_of_a_fork_beside_attaches_assigns)
{
    pthread_t thread;
    shoal_view written, read;
    shoal_segment *writer, *reader;
    shoal_context *context = new_context();
    CHECK_STATUS(shoal_create(&writer, context, "s", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_open(&reader, context, "s", &readonly), SHOAL_OK);
    shoal_object *array = make_it(&written, writer);
    open_it(&read, reader);
    CHECK(pthread_create(&thread, NULL, attach_and_close, new_context()) == 0);
    for (int i = 0; i < 30; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            check_shifts(array, &written, &read);
            _exit(0);
        }
        join(child);
    }
    pthread_join(thread, NULL);
}

TEST(handles_of_one_object_are_the_same_through_whatever_attach)
{
    shoal_view view;
    shoal_segment *writer, *reader, *other;
    shoal_object *counter;
    shoal_context *context = new_context();
    CHECK_STATUS(shoal_create(&writer, context, "s", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_create(&other, context, "t", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_open(&reader, context, "s", &readonly), SHOAL_OK);
    shoal_object *array = make_it(&view, writer), *again = open_it(&view, reader), *foreign = make_it(&view, other);
    CHECK_STATUS(shoal_counter_open(&counter, writer, "c", 1, 0), SHOAL_OK);
    CHECK(array != again && same(array, again) && hash(array) == hash(again));
    CHECK(!same(array, foreign) && !same(array, counter));
    CHECK(hash(array) != hash(counter));
    shoal_identity its = shoal_segment_identity(writer), elsewhere = shoal_segment_identity(other);
    CHECK(shoal_identity_equal(its, shoal_segment_identity(reader)) && !shoal_identity_equal(its, elsewhere));
    CHECK(shoal_identity_hash(its) == shoal_identity_hash(shoal_segment_identity(reader)));
    CHECK(shoal_identity_hash(its) != shoal_identity_hash(elsewhere) &&
          !shoal_identity_equal(its, shoal_object_identity(array)));
    CHECK_STATUS(shoal_object_remove(writer, "a", 1), SHOAL_OK);
    CHECK(!same(array, make_it(&view, writer))); /* another of its name */
}

TEST(messages_call_a_segment_by_its_name)
{
    shoal_segment *segment, *again;
    shoal_object *object;
    shoal_context *context = new_context();
    CHECK_STATUS(shoal_create(&segment, context, NULL, NULL), SHOAL_OK);
    CHECK(strcmp(shoal_segment_name(segment), "") == 0);
    CHECK_STATUS(shoal_object_open(&object, segment, "x", 1), SHOAL_ENOKEY);
    CHECK(strstr(shoal_error_message(), "segment \"(anonymous)\""));
    CHECK_STATUS(shoal_create(&segment, context, "s", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_open(&again, new_context(), shoal_segment_path(segment), NULL), SHOAL_OK);
    CHECK(strcmp(shoal_segment_name(again), "s") == 0);
    CHECK_STATUS(shoal_object_open(&object, again, "x", 1), SHOAL_ENOKEY);
    CHECK(strstr(shoal_error_message(), "segment \"s\""));
    CHECK_STATUS(shoal_open(&again, shoal_context_new(), path_of("s"), NULL), SHOAL_OK); /* its names lie elsewhere */
    CHECK(strcmp(shoal_segment_name(again), path_of("s")) == 0);
}

TEST(kinds_have_the_right_article)
{
    shoal_segment *segment;
    shoal_object *object;
    shoal_view view;
    CHECK_STATUS(shoal_create(&segment, new_context(), "s", NULL), SHOAL_OK);
    make_it(&view, segment);
    CHECK_STATUS(shoal_counter_open(&object, segment, "a", 1, 0), SHOAL_EMISMATCH);
    CHECK(strstr(shoal_error_message(), "is an NdArray, and a Counter was asked for"));
    CHECK(strcmp(shoal_kind_phrase(99), "of an unknown kind") == 0);
}
