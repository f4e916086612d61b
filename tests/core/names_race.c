/* A name that becomes another segment's while it is taken away: between the look and what comes of it, each time. */
#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* so that lstat is here what it is in the library */

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "check.h"

#include "scratch.h"

#include <sys/random.h>

static void (*hook)(void);
static int looks_until_hook;

static void after_look(void)
{
    if (hook && looks_until_hook-- == 0) {
        void (*now)(void) = hook;
        hook = NULL;
        now();
    }
}

static bool no_renameat2; /* and what lies aside can't be looked at */

/* Instead of the library's: this program is linked with the static core. */
int lstat(const char *path, struct stat *out)
{
    if (no_renameat2 && strstr(path, "/.shoal-old-")) {
        errno = EIO;
        return -1;
    }
    int result = fstatat(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW), error = errno;
    after_look();
    errno = error;
    return result;
}

long syscall(long number, ...)
{
    static long (*real)(long, long, long, long, long, long, long);
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_renameat2 && no_renameat2) {
        errno = ENOSYS;
        return -1;
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "syscall");
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static bool out_of_chance;

ssize_t getrandom(void *out, size_t size, unsigned flags)
{
    if (!out_of_chance)
        return syscall(SYS_getrandom, out, size, flags);
    memset(out, 0x5a, size);
    return (ssize_t)size;
}

static shoal_context *others;
static char second_id[33];

/* What another process may do at any time. */
static void unlink_and_make_anew(void)
{
    CHECK(unlink(path_of("raced")) == 0);
    strcpy(second_id, shoal_segment_id(open_or_create(others, "raced")));
}

static void make_one_more(void)
{
    char made[400];
    CHECK(access(path_of("raced"), F_OK) < 0);
    shoal_context_free(others);
    others = new_context();
    open_or_create(others, "made");
    snprintf(made, sizeof made, "%s", path_of("made"));
    CHECK(rename(made, path_of("raced")) == 0); /* not by opening the name: that would give it back what lies aside */
}

static void check_second_is_there(void)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    CHECK_STATUS(shoal_open(&segment, context, "raced", NULL), SHOAL_OK);
    CHECK_TEXT(shoal_segment_id(segment), second_id);
    shoal_context_free(context);
}

static size_t files_aside(char *name)
{
    size_t count = 0;
    DIR *directory = opendir(scratch_directory);
    for (struct dirent *it; (it = readdir(directory));)
        if (strncmp(it->d_name, ".shoal-old-", 11) == 0 && ++count)
            snprintf(name, 400, "%s/%s", scratch_directory, it->d_name);
    closedir(directory);
    return count;
}

TEST(an_old_segments_unlink_leaves_the_new_one_its_name)
{
    char name[400];
    shoal_context *context = new_context();
    shoal_segment *old = open_or_create(context, "raced");
    others = new_context();
    hook = unlink_and_make_anew;
    CHECK_STATUS(shoal_segment_unlink(old), SHOAL_ENOTFOUND);
    CHECK(!hook);
    check_second_is_there();
    CHECK(files_aside(name) == 0);
    shoal_context_free(context);
    shoal_context_free(others);
}

/* By name it is whatever segment has the name by then. */
TEST(an_unlink_by_name_judges_anew_what_has_the_name_by_then)
{
    char name[400];
    shoal_context *context = new_context();
    open_or_create(context, "raced");
    others = new_context();
    hook = unlink_and_make_anew;
    CHECK_STATUS(shoal_unlink(context, "raced"), SHOAL_OK);
    CHECK(!hook && access(path_of("raced"), F_OK) < 0 && files_aside(name) == 0);
    shoal_context_free(context);
    shoal_context_free(others);
}

static void put_something_else_there(void)
{
    CHECK(unlink(path_of("raced")) == 0);
    int fd = open(path_of("raced"), O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0 && write(fd, "precious", 8) == 8);
    close(fd);
}

TEST(what_is_no_segment_keeps_a_name_that_a_segment_had_when_it_was_judged)
{
    shoal_context *context = new_context();
    open_or_create(context, "raced");
    hook = put_something_else_there;
    CHECK_STATUS(shoal_unlink(context, "raced"), SHOAL_ECORRUPT);
    CHECK(access(path_of("raced"), F_OK) == 0);
    shoal_context_free(context);
}

static void replace_and_be_ready_to_make_more(void)
{
    unlink_and_make_anew();
    hook = make_one_more;
    looks_until_hook = 0;
}

/* Others took the name in the very moment in which the wrong file was aside: it is not lost, and its bytes are there. */
TEST(a_segment_whose_name_is_taken_while_it_lies_aside_stays_there)
{
    char name[400];
    shoal_context *context = new_context(), *finder = new_context();
    shoal_segment *old = open_or_create(context, "raced"), *found;
    others = new_context();
    hook = replace_and_be_ready_to_make_more;
    CHECK_STATUS(shoal_segment_unlink(old), SHOAL_ESYSTEM);
    CHECK(strstr(shoal_error_message(), ".shoal-old-") != NULL);
    CHECK(files_aside(name) == 1);
    CHECK_STATUS(shoal_open(&found, finder, name, NULL), SHOAL_OK);
    CHECK_TEXT(shoal_segment_id(found), second_id);
    CHECK_STATUS(shoal_unlink(finder, "raced"), SHOAL_OK);
    shoal_listed *list;
    size_t count;
    CHECK_STATUS(shoal_list(&list, &count, finder), SHOAL_OK); /* it has its name back */
    shoal_list_free(list);
    CHECK(files_aside(name) == 0);
    check_second_is_there();
    shoal_context_free(context);
    shoal_context_free(finder);
    shoal_context_free(others);
}

/* The last of a "shared" segment: its name was taken away and given to another before. */
TEST(the_last_of_a_shared_segment_leaves_a_new_one_its_name)
{
    shoal_context *context = new_context();
    shoal_segment *old;
    shoal_options options;
    shoal_options_init(&options);
    options.lifetime = SHOAL_SHARED;
    CHECK_STATUS(shoal_create(&old, context, "raced", &options), SHOAL_OK);
    others = new_context();
    hook = unlink_and_make_anew;
    shoal_close(old);
    CHECK(!hook);
    check_second_is_there();
    shoal_context_free(context);
    shoal_context_free(others);
}

/* Nothing is put in its place, as what is there may be the last name of somebody's file. */
TEST(what_lies_aside_and_cannot_be_looked_at_stays_there)
{
    char aside[400];
    struct stat file;
    shoal_context *context = new_context();
    open_or_create(context, "raced");
    CHECK(fstatat(AT_FDCWD, path_of("raced"), &file, 0) == 0);
    snprintf(aside, sizeof aside, "%s/.shoal-old-%016llx-5a5a5a5a5a5a5a5a-shoal.raced", scratch_directory,
             (unsigned long long)file.st_ino);
    int fd = open(aside, O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0 && write(fd, "precious", 8) == 8 && fsync(fd) == 0);
    no_renameat2 = out_of_chance = true;
    CHECK_STATUS(shoal_unlink(context, "raced"), SHOAL_ESYSTEM);
    no_renameat2 = out_of_chance = false;
    CHECK(strstr(shoal_error_message(), strerror(EIO)) != NULL);
    CHECK(access(path_of("raced"), F_OK) == 0 && access(aside, F_OK) == 0);
    CHECK(fstat(fd, &file) == 0 && file.st_nlink == 1);
    CHECK(unlink(aside) == 0 && close(fd) == 0);
    shoal_context_free(context);
}

/* Somebody has foretold it, or a file system says so of every name: then the look before has to do. */
TEST(a_segment_is_unlinked_though_every_name_aside_is_taken)
{
    char aside[400], name[400];
    struct stat stat;
    shoal_context *context = new_context();
    open_or_create(context, "raced");
    CHECK(lstat(path_of("raced"), &stat) == 0);
    snprintf(aside, sizeof aside, "%s/.shoal-old-%016llx-%016llx-shoal.raced", scratch_directory,
             (unsigned long long)stat.st_ino, 0x5a5a5a5a5a5a5a5aull);
    int fd = open(aside, O_CREAT | O_EXCL | O_WRONLY, 0600);
    CHECK(fd >= 0);
    close(fd);
    out_of_chance = true;
    CHECK_STATUS(shoal_unlink(context, "raced"), SHOAL_OK);
    out_of_chance = false;
    CHECK(access(path_of("raced"), F_OK) < 0);
    CHECK(files_aside(name) == 1 && strcmp(name, aside) == 0);
    CHECK(unlink(aside) == 0);
    shoal_context_free(context);
}
