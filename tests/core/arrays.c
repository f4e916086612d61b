/* Arrays, how long their memory lives, and what a readonly attach may do. */
#include "check.h"

#include "scratch.h"

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
