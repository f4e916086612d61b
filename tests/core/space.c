/* Running out of memory: of the segment, and of the file system under it. */
#include "check.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>

#include "scratch.h"
#include "segment/directory.h"
#include "segment/stripe.h"

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

/* The child has the stripe of the name, and nothing else, when it dies. */
TEST(a_value_is_replaced_in_a_full_segment_after_a_death_in_its_stripe)
{
    static unsigned char bytes[4000];
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = 1 << 20;
    CHECK_STATUS(shoal_create(&segment, new_context(), "full", &options), SHOAL_OK);
    for (int i = 0; i < 15; i++) /* so often that it keeps its spare */
        CHECK_STATUS(put(segment, "value", bytes, 600), SHOAL_OK);
    fill_up(segment, 600);
    CHECK_STATUS(put(segment, "value", bytes, 600), SHOAL_OK);
    if (fork() == 0) {
        CHECK_STATUS(put(segment, "value", bytes, 600), SHOAL_OK);
        CHECK(shoal__mutex_try_free(shoal__stripe(segment, shoal__name_hash(segment, "value", 5)), segment->party.me));
        kill(getpid(), SIGKILL);
    }
    wait(NULL);
    CHECK_STATUS(put(segment, "value", bytes, 600), SHOAL_OK);
    check_sound(segment);
}

/* 100 names, each replaced so often. */
static shoal_segment *with_replaced(const char *called, int often)
{
    static unsigned char bytes[2000];
    char name[16];
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = 1 << 20;
    CHECK_STATUS(shoal_create(&segment, new_context(), called, &options), SHOAL_OK);
    for (int i = 0; i < 100 * (often + 1); i++) {
        snprintf(name, sizeof name, "old%d", i % 100);
        CHECK_STATUS(put(segment, name, bytes, 2000), SHOAL_OK);
    }
    return segment;
}

TEST(spares_are_given_back_before_a_segment_says_that_it_is_full)
{
    int without = fill_up(with_replaced("once", 1), 2000);
    shoal_segment *segment = with_replaced("twice", 2);
    CHECK(fill_up(segment, 2000) >= without - 8); /* of other objects of one class a span may be left */
    check_filled(segment, without - 8, 2000);
    check_sound(segment);
}

TEST(a_name_that_is_replaced_again_and_again_keeps_its_spare_in_a_full_segment)
{
    static unsigned char bytes[2000];
    char name[16];
    shoal_segment *segment = with_replaced("often", 14);
    int count = fill_up(segment, 2000);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "old%d", i % 100);
        CHECK_STATUS(put(segment, name, bytes, 2000), SHOAL_OK);
    }
    CHECK_STATUS(put(segment, "one more", bytes, 2000), SHOAL_ENOSPACE);
    check_filled(segment, count, 2000);
    check_sound(segment);
}

TEST(spares_that_come_after_a_segment_was_full_are_given_back_too)
{
    static unsigned char bytes[2000];
    char name[16];
    shoal_segment *segment = with_replaced("full", 0);
    int count = fill_up(segment, 2000);
    CHECK(count > 100);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, i < 20 ? "%d" : "old%d", i < 20 ? i : i % 20);
        CHECK_STATUS(i < 20 ? shoal_object_remove(segment, name, strlen(name)) : put(segment, name, bytes, 2000),
                     SHOAL_OK);
    }
    for (int i = 0; i < 20; i++) { /* what they had are spares now */
        snprintf(name, sizeof name, "%d", i);
        memset(bytes, i, sizeof bytes);
        CHECK_STATUS(put(segment, name, bytes, 2000), SHOAL_OK);
    }
    check_filled(segment, count, 2000);
    check_sound(segment);
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

/* ---- What stays backed ---- */

static off_t backed; /* so much memory was asked for */

int posix_fallocate(int fd, off_t offset, off_t size)
{
    backed += size;
    return fallocate(fd, 0, offset, size) < 0 ? errno : 0;
}

enum { RUN = 60000 }; /* bytes of a value in a run of pages, which is not a big one */

TEST(what_stays_backed_is_not_backed_again)
{
    static unsigned char bytes[RUN];
    shoal_segment *segment = open_or_create(new_context(), "kept");
    for (int i = 0; i < 4; i++)
        CHECK_STATUS(put(segment, "v", bytes, RUN), SHOAL_OK);
    backed = 0;
    for (int i = 0; i < 10; i++)
        CHECK_STATUS(put(segment, "v", bytes, RUN - (size_t)i), SHOAL_OK);
    CHECK(backed == 0);
    CHECK_STATUS(put(segment, "w", bytes, RUN), SHOAL_OK);
    CHECK_STATUS(put(segment, "x", bytes, RUN), SHOAL_OK);
    CHECK(backed > 0); /* so it is counted */
    check_sound(segment);
}

/* Of two neighbours the first was backed for a value: both together are not. */
TEST(a_run_of_which_only_a_part_stays_backed_is_backed)
{
    static unsigned char bytes[3 * RUN];
    shoal_segment *segment = open_or_create(new_context(), "kept");
    CHECK_STATUS(put(segment, "v", bytes, RUN), SHOAL_OK);
    CHECK_STATUS(shoal_object_remove(segment, "v", 1), SHOAL_OK);
    backed = 0;
    CHECK_STATUS(put(segment, "v", bytes, 3 * RUN), SHOAL_OK);
    CHECK(backed >= 3 * RUN);
    check_sound(segment);
}

/* ---- What was freed ---- */

#define NAMES 1500

static bool there[NAMES];

/* A value, or an array, of 8 bytes to 128 KiB, every power of two as often. False: the segment is full. */
static bool make_one(shoal_segment *segment, int number)
{
    static unsigned char bytes[2 << 17];
    char name[16];
    shoal_object *array;
    size_t size = (size_t)8 << rand() % 14;
    size += (size_t)rand() % size;
    int64_t length = (int64_t)size;
    snprintf(name, sizeof name, "%d", number);
    int status = number % 5 ? put(segment, name, bytes, size)
                            : shoal_array_open(&array, segment, name, strlen(name), dtype_of("u1"), 1, &length);
    if (status == SHOAL_ENOSPACE)
        return false;
    CHECK_STATUS(status, SHOAL_OK);
    if (number % 5 == 0)
        shoal_object_close(array);
    return true;
}

static void remove_one(shoal_segment *segment, int number)
{
    char name[16];
    snprintf(name, sizeof name, "%d", number);
    CHECK_STATUS(shoal_object_remove(segment, name, strlen(name)), SHOAL_OK);
    there[number] = false;
}

static void use_at_random(shoal_segment *segment, int operations)
{
    while (operations-- > 0) {
        int number = rand() % NAMES;
        if (!there[number])
            there[number] = make_one(segment, number);
        else if (rand() % 2 || number % 5 == 0)
            remove_one(segment, number);
        else
            make_one(segment, number); /* another size */
    }
    for (int i = 0; i < NAMES; i++)
        if (there[i])
            remove_one(segment, i);
}

TEST(what_was_freed_can_be_used_again_whatever_was_there)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    shoal_info info;
    shoal_options_init(&options);
    options.size = 32 << 20;
    unsigned char *large = malloc(options.size);
    srand(11);
    for (int round = 0; round < 8; round++) {
        CHECK_STATUS(shoal_create(&segment, context, NULL, &options), SHOAL_OK);
        use_at_random(segment, 20000);
        if (round % 2) { /* who asks is told what can be had */
            CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
            CHECK(info.used == 0 && info.largest_free > options.size / 10 * 8);
        }
        CHECK_STATUS(put(segment, "large", large, options.size / 10 * 8), SHOAL_OK);
        check_sound(segment);
        CHECK_STATUS(shoal_object_remove(segment, "large", 5), SHOAL_OK);
        use_at_random(segment, 2000);
        check_sound(segment);
        shoal_close(segment);
    }
    free(large);
}

TEST(a_reader_finds_what_is_stored_after_the_last_name_went)
{
    shoal_context *context = new_context(), *other = new_context();
    shoal_segment *segment = open_or_create(context, "empty"), *reader;
    shoal_options options;
    shoal_info info;
    size_t size;
    shoal_options_init(&options);
    options.readonly = true;
    CHECK_STATUS(shoal_open(&reader, other, "empty", &options), SHOAL_OK);
    for (int round = 0; round < 3; round++) {
        CHECK_STATUS(put(segment, "a", "one", 3), SHOAL_OK);
        free(get(reader, "a", &size));
        CHECK_STATUS(shoal_object_remove(segment, "a", 1), SHOAL_OK);
        CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK); /* the table goes */
        CHECK(info.used == 0);
        CHECK_STATUS(shoal_object_find(reader, "a", 1), SHOAL_ENOKEY);
        check_sound(segment);
        check_sound(reader);
    }
}
