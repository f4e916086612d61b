/* Running out of memory: of the segment, and of the file system under it. */
#include "check.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>

#include "scratch.h"

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

static uint64_t memory_of(const shoal_segment *segment)
{
    struct stat file;
    CHECK(fstat(shoal_segment_fd(segment), &file) == 0);
    return (uint64_t)file.st_blocks * 512;
}

TEST(a_process_that_locks_its_memory_does_not_fill_the_ceiling)
{
    shoal_segment *segment, *reader;
    shoal_options options;
    shoal_options_init(&options);
    options.size = 64 << 20;
    CHECK(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
    CHECK_STATUS(shoal_create(&segment, new_context(), "locked", &options), SHOAL_OK);
    CHECK(memory_of(segment) < 1 << 20);
    options.readonly = true;
    CHECK_STATUS(shoal_open(&reader, new_context(), "locked", &options), SHOAL_OK);
    CHECK_STATUS(shoal_check(reader, NULL, NULL), 0); /* which maps it once more */
    CHECK_STATUS(put(segment, "a", "text", 4), SHOAL_OK);
    CHECK(memory_of(segment) < 1 << 20);
}
