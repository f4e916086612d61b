/* shoal_segment_backup: a sound copy of a segment in use. */
#include "check.h"

#include <sys/prctl.h>

#include "scratch.h"

#include <sys/syscall.h>

#include "blocked.h"

/* Instead of the library's: what happens in the moment in which the copy is brought to the disk. */
static void (*hook)(void);

int fsync(int fd)
{
    void (*now)(void) = hook;
    hook = NULL;
    if (now)
        now();
    return (int)syscall(SYS_fsync, fd);
}

enum { SEED = 41, SIZE = 5 };

/* Filled, and held. */
static void make_one_of_each(shoal_segment *segment)
{
    shoal_object *array;
    CHECK_STATUS(shoal_array_open(&array, segment, "matrix", 6, dtype_of("i2"), 2, (int64_t[]){3, 2}), SHOAL_OK);
    memcpy(view_of(array).data, "0123456789ab", 12);
    EACH_DRIVER(it) {
        struct subject subject = subject_of(segment, it->name);
        CHECK_STATUS(it->make(&subject, SIZE), SHOAL_OK);
        CHECK(!it->fill || it->fill(&subject, SEED) == SHOAL_OK);
        CHECK(!it->hold || it->hold(subject.object, SHOAL_NO_WAIT) == SHOAL_OK);
    }
}

static void check_one_of_each(shoal_segment *segment)
{
    shoal_object *array;
    CHECK_STATUS(shoal_array_open(&array, segment, "matrix", 6, dtype_of("i2"), 2, (int64_t[]){3, 2}), SHOAL_OK);
    CHECK(memcmp(view_of(array).data, "0123456789ab", 12) == 0);
    EACH_DRIVER(it) {
        struct subject subject = subject_of(segment, it->name);
        CHECK_STATUS(kinds_open(it, &subject, SIZE), SHOAL_OK);
        CHECK_WELL(it->filled(&subject, SEED));
    }
    check_sound(segment);
}

TEST(a_backup_has_every_kind_of_object_with_its_parameters_and_free_locks)
{
    shoal_context *context = new_context();
    shoal_segment *segment, *copy;
    CHECK_STATUS(shoal_create(&segment, context, "live", NULL), SHOAL_OK);
    make_one_of_each(segment);
    CHECK_STATUS(shoal_segment_backup(segment, path_of("copy"), false), SHOAL_OK);
    CHECK_STATUS(shoal_open(&copy, context, "copy", NULL), SHOAL_OK);
    CHECK(strcmp(shoal_segment_id(copy), shoal_segment_id(segment)) != 0);
    check_one_of_each(copy);
}

TEST(a_backup_takes_no_name_that_is_taken_unless_it_is_told_to)
{
    shoal_context *context = new_context();
    shoal_segment *segment, *copy;
    CHECK_STATUS(shoal_create(&segment, context, "live", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_segment_backup(segment, path_of("copy"), false), SHOAL_OK);
    CHECK_STATUS(put(segment, "value", "text", 4), SHOAL_OK);
    CHECK_STATUS(shoal_segment_backup(segment, path_of("copy"), false), SHOAL_EEXISTS);
    CHECK_STATUS(shoal_segment_backup(segment, path_of("copy"), true), SHOAL_OK);
    CHECK_STATUS(shoal_open(&copy, context, "copy", NULL), SHOAL_OK);
    CHECK(shoal_object_find(copy, "value", 5) == SHOAL_KIND_VALUE);
}

/* Names that are every kind in turn, and values that are one byte all over. */
static void write_forever(void)
{
    shoal_segment *segment;
    shoal_object *object;
    static char bytes[30000];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* also of a test that fails */
    CHECK_STATUS(shoal_open(&segment, new_context(), "live", NULL), SHOAL_OK);
    for (unsigned i = 0;; i++) {
        char name[8];
        size_t length = (size_t)snprintf(name, sizeof name, "%u", i * 7 % 20);
        memset(bytes, (int)i, sizeof bytes);
        if (i % 3 == 0)
            shoal_object_remove(segment, name, length);
        else if (i % 5 == 0 && shoal_counter_open(&object, segment, name, length, 1) == SHOAL_OK)
            shoal_object_close(object);
        else
            shoal_value_put(segment, name, length, bytes, 1 + i * 997 % sizeof bytes);
    }
}

static int check_whole(void *argument, const char *name, size_t length, int kind)
{
    static unsigned char bytes[30000];
    size_t size;
    (void)length;
    if (kind == SHOAL_KIND_VALUE) {
        CHECK_STATUS(shoal_value_get(argument, name, length, bytes, sizeof bytes, &size), SHOAL_OK);
        CHECK(size > 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
    }
    return SHOAL_OK;
}

TEST(a_backup_under_writers_is_sound_and_its_values_are_whole)
{
    shoal_context *context = new_context();
    shoal_segment *segment, *copy;
    CHECK_STATUS(shoal_create(&segment, context, "live", NULL), SHOAL_OK);
    pid_t writer = fork();
    if (writer == 0)
        write_forever();
    for (int i = 0; i < 100; i++) {
        CHECK_STATUS(shoal_segment_backup(segment, path_of("copy"), true), SHOAL_OK);
        CHECK_STATUS(shoal_open(&copy, context, "copy", NULL), SHOAL_OK);
        check_sound(copy);
        CHECK_STATUS(shoal_object_each(copy, check_whole, copy), SHOAL_OK);
        shoal_close(copy);
    }
    kill(writer, SIGKILL);
    CHECK(waitpid(writer, NULL, 0) == writer);
    check_sound(segment);
}

/* Names that are a Counter, a Condition and a Value in turn. */
static void change_kinds_forever(void)
{
    shoal_segment *segment;
    shoal_object *object, *lock;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    CHECK_STATUS(shoal_open(&segment, new_context(), "live", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_lock_open(&lock, segment, "lock", 4, 0), SHOAL_OK);
    for (unsigned i = 0;; i++) {
        char name[8];
        size_t length = (size_t)snprintf(name, sizeof name, "%u", i % 50);
        shoal_object_remove(segment, name, length);
        if (i % 3 == 0)
            CHECK_STATUS(shoal_value_put(segment, name, length, "\xc0", 1), SHOAL_OK);
        else if (i % 3 == 1)
            CHECK_STATUS(shoal_counter_open(&object, segment, name, length, 1), SHOAL_OK);
        else
            CHECK_STATUS(shoal_condition_open(&object, segment, name, length, lock), SHOAL_OK);
        if (i % 3)
            shoal_object_close(object);
    }
}

TEST(a_backup_of_names_that_become_conditions_is_made)
{
    shoal_context *context = new_context();
    shoal_segment *segment, *copy;
    CHECK_STATUS(shoal_create(&segment, context, "live", NULL), SHOAL_OK);
    pid_t writer = fork();
    if (writer == 0)
        change_kinds_forever();
    for (int i = 0; i < 100; i++) {
        CHECK_STATUS(shoal_segment_backup(segment, path_of("copy"), true), SHOAL_OK);
        CHECK_STATUS(shoal_open(&copy, context, "copy", NULL), SHOAL_OK);
        check_sound(copy);
        shoal_close(copy);
    }
    kill(writer, SIGKILL);
    CHECK(waitpid(writer, NULL, 0) == writer);
    check_sound(segment);
}

/* ---- What is not replaced ---- */

static size_t count_files(void)
{
    size_t count = 0;
    DIR *directory = opendir(scratch_directory);
    for (struct dirent *it; (it = readdir(directory));)
        count += *it->d_name != '.' || strncmp(it->d_name, ".shoal-", 7) == 0;
    closedir(directory);
    return count;
}

static void check_refused(shoal_segment *segment, const char *path, const char *reason)
{
    struct stat before, after;
    size_t files = count_files();
    CHECK(lstat(path, &before) == 0);
    CHECK_STATUS(shoal_segment_backup(segment, path, false), SHOAL_EEXISTS);
    CHECK_STATUS(shoal_segment_backup(segment, path, true), SHOAL_EDENIED);
    if (!strstr(shoal_error_message(), reason))
        CHECK_TEXT(shoal_error_message(), reason);
    CHECK(lstat(path, &after) == 0 && before.st_ino == after.st_ino && before.st_mode == after.st_mode);
    CHECK(count_files() == files);
}

TEST(a_backup_replaces_nothing_but_a_regular_file)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "live");
    char path[400];
    CHECK(mkfifo(path_of("fifo"), 0600) == 0);
    check_refused(segment, path_of("fifo"), "not a regular file");
    CHECK(symlink("shoal.fifo", path_of("link")) == 0);
    check_refused(segment, path_of("link"), "not a regular file");
    CHECK(symlink("nothing-is-there", path_of("dangling")) == 0);
    check_refused(segment, path_of("dangling"), "not a regular file");
    snprintf(path, sizeof path, "%s", path_of("directory"));
    CHECK(mkdir(path, 0700) == 0);
    check_refused(segment, path, "not a regular file");
    close(open(path_of("file"), O_CREAT | O_WRONLY, 0600));
    CHECK_STATUS(shoal_segment_backup(segment, path_of("file"), true), SHOAL_OK);
    CHECK_STATUS(shoal_segment_backup(segment, path_of("nothing"), true), SHOAL_OK);
}

TEST(a_backup_does_not_replace_the_segments_own_file_whatever_its_name)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "live"), *reader = open_readonly(new_context(), "live");
    char other[400];
    snprintf(other, sizeof other, "%s", path_of("renamed"));
    check_refused(segment, path_of("live"), "own file");
    check_refused(reader, path_of("live"), "own file");
    CHECK(link(path_of("live"), other) == 0);
    check_refused(segment, other, "own file");
    CHECK(unlink(other) == 0 && rename(path_of("live"), other) == 0);
    check_refused(segment, other, "own file");
}

static void attach_for_good(bool readonly)
{
    shoal_object *object;
    shoal_context *context = new_context();
    shoal_segment *segment = readonly ? open_readonly(context, "other") : open_or_create(context, "other");
    if (readonly)
        CHECK_STATUS(shoal_object_open(&object, segment, "c", 1), SHOAL_OK);
}

static void attach_and_stay(void *readonly)
{
    attach_for_good(readonly != NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    raise(SIGSTOP);
}

static pid_t attached(bool readonly)
{
    int status;
    pid_t child = in_child(attach_and_stay, readonly ? &status : NULL);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    return child;
}

static void kill_and_join(pid_t child)
{
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

TEST(a_backup_does_not_replace_a_segment_that_somebody_has_open)
{
    shoal_context *context = new_context(), *own = new_context();
    shoal_segment *segment = open_or_create(context, "live"), *other;
    shoal_object *object;
    char text[64];
    pid_t writer = attached(false);
    snprintf(text, sizeof text, "process %d (", (int)writer);
    check_refused(segment, path_of("other"), text);
    kill_and_join(writer);
    other = open_or_create(own, "other");
    snprintf(text, sizeof text, "process %d (", (int)getpid());
    check_refused(segment, path_of("other"), text); /* another context of this process */
    CHECK_STATUS(shoal_counter_open(&object, other, "c", 1, 0), SHOAL_OK);
    shoal_object_close(object);
    shoal_context_free(own);
    pid_t reader = attached(true);
    check_refused(segment, path_of("other"), "readonly");
    kill_and_join(reader);
    other = open_readonly(context, "other");
    check_refused(segment, path_of("other"), "this process");
    shoal_close(other);
    CHECK_STATUS(shoal_segment_backup(segment, path_of("other"), true), SHOAL_OK);
    other = open_or_create(context, "other");
    CHECK(shoal_object_find(other, "c", 1) == SHOAL_ENOKEY);
}

static void open_the_other(void)
{
    attach_for_good(false);
}

TEST(a_backup_does_not_replace_a_segment_that_somebody_opened_while_it_was_made)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "live");
    shoal_close(open_or_create(context, "other"));
    size_t files = count_files();
    hook = open_the_other;
    CHECK_STATUS(shoal_segment_backup(segment, path_of("other"), true), SHOAL_EDENIED);
    CHECK(!hook && count_files() == files);
}

TEST(a_backup_replaces_no_file_that_it_may_not_read)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "live");
    if (geteuid() != 0)
        return;
    shoal_close(open_or_create(context, "secret"));
    CHECK(chmod(path_of("secret"), 0200) == 0 && chmod(scratch_directory, 0777) == 0);
    CHECK(chown(path_of("secret"), 4001, -1) == 0 && seteuid(4001) == 0);
    int status = shoal_segment_backup(segment, path_of("secret"), true);
    CHECK(seteuid(0) == 0 && chmod(scratch_directory, 0700) == 0);
    CHECK_STATUS(status, SHOAL_EDENIED);
    CHECK(strstr(shoal_error_message(), "may not read") != NULL);
}
