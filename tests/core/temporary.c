/* Names that a file has until it gets its own: what a death leaves of them is swept, what somebody still makes is not. */
#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* so that open is here what it is in the library */

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "check.h"

#include "scratch.h"

/* What happens at certain moments of the library, which is linked in statically: once. */
static void (*at_sync)(void), (*at_rename)(void), (*at_mode)(void), (*when_made)(void);
static bool no_nameless; /* the file system has no O_TMPFILE */

static void now(void (**hook)(void))
{
    void (*act)(void) = *hook;
    *hook = NULL;
    if (act)
        act();
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (no_nameless && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
    if (fd >= 0 && strstr(path, "/.shoal-new-") && (flags & O_CREAT))
        now(&when_made);
    return fd;
}

int fsync(int fd)
{
    now(&at_sync);
    return (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
    now(&at_mode);
    return (int)syscall(SYS_fchmod, fd, mode);
}

int rename(const char *from, const char *to)
{
    now(&at_rename);
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* How many temporary names there are; `path`: one of them. */
static size_t left(char *path)
{
    size_t count = 0;
    DIR *directory = opendir(scratch_directory);
    for (struct dirent *it; (it = readdir(directory));)
        if (strncmp(it->d_name, ".shoal-new-", 11) == 0 && ++count)
            snprintf(path, 400, "%s/%s", scratch_directory, it->d_name);
    closedir(directory);
    return count;
}

/* ---- Who dies, and where ---- */

static void die(void)
{
    raise(SIGKILL);
}

static void back_up(bool overwrite)
{
    char path[400];
    shoal_segment *segment = open_or_create(new_context(), "live");
    snprintf(path, sizeof path, "%s", path_of("copy"));
    CHECK_STATUS(shoal_segment_backup(segment, path, overwrite), SHOAL_OK);
}

static void die_copying(void *overwrite)
{
    at_sync = die;
    back_up(overwrite != NULL);
}

static void die_replacing(void *unused)
{
    (void)unused;
    at_rename = die;
    back_up(true);
}

static void die_making(void *unused)
{
    (void)unused;
    at_mode = die;
    open_or_create(new_context(), "half");
}

static void die_before_it_is_locked(void *unused)
{
    (void)unused;
    when_made = die;
    open_or_create(new_context(), "half");
}

/* ---- Who comes next ---- */

static void make_another(shoal_context *context)
{
    shoal_segment *segment;
    CHECK_STATUS(shoal_create(&segment, context, "another", NULL), SHOAL_OK);
}

static void make_or_open_another(shoal_context *context)
{
    open_or_create(context, "another");
}

static void replace_the_copy(shoal_context *context)
{
    CHECK_STATUS(shoal_segment_backup(open_or_create(context, "live"), path_of("copy"), true), SHOAL_OK);
}

static void find_none(shoal_context *context)
{
    shoal_segment *segment;
    CHECK_STATUS(shoal_open(&segment, context, "none", NULL), SHOAL_ENOTFOUND);
}

static void take_a_name_away(shoal_context *context)
{
    CHECK_STATUS(shoal_unlink(context, "copy"), SHOAL_OK);
}

static void take_ones_own_name_away(shoal_context *context)
{
    CHECK_STATUS(shoal_segment_unlink(open_or_create(context, "copy")), SHOAL_OK);
}

static void list_all(shoal_context *context)
{
    shoal_listed *list;
    size_t count;
    CHECK_STATUS(shoal_list(&list, &count, context), SHOAL_OK);
    shoal_list_free(list);
}

static void (*const next[])(shoal_context *) = {make_another, make_or_open_another,    replace_the_copy, find_none,
                                                list_all,     take_ones_own_name_away, take_a_name_away};
enum { NEXT = sizeof next / sizeof *next };

static void make_live(void)
{
    shoal_context *context = new_context();
    CHECK_STATUS(put(open_or_create(context, "live"), "value", "text", 4), SHOAL_OK);
    replace_the_copy(context);
    shoal_context_free(context);
}

/* Each in a segment's life of its own: what is left is swept by each of them, and what has a name is whole. */
static void check_swept(void (*death)(void *), void *argument)
{
    char path[400];
    for (size_t i = 0; i < NEXT; i++) {
        make_live();
        die_after(death, argument);
        CHECK(left(path) == 1);
        shoal_context *context = new_context();
        check_sound(open_or_create(context, "copy"));
        CHECK(shoal_object_find(open_or_create(context, "copy"), "value", 5) == SHOAL_KIND_VALUE);
        shoal_context_free(context);
        CHECK(left(path) == 1); /* an open that finds what it wants looks for nothing */
        context = new_context();
        next[i](context);
        CHECK(left(path) == 0);
        shoal_context_free(context);
        unlink(path_of("another"));
    }
}

TEST(a_death_while_a_backup_is_made_leaves_nothing)
{
    char path[400];
    make_live();
    die_after(die_copying, "overwrite");
    CHECK(unlink(path_of("copy")) == 0);
    die_after(die_copying, NULL);
    CHECK(left(path) == 0 && access(path_of("copy"), F_OK) < 0);
}

TEST(what_a_death_between_the_two_steps_of_a_replacement_left_is_swept_by_who_comes_next)
{
    check_swept(die_replacing, NULL);
}

TEST(what_a_death_left_where_every_file_has_a_name_is_swept_by_who_comes_next)
{
    no_nameless = true;
    check_swept(die_copying, "overwrite");
    check_swept(die_replacing, NULL);
    check_swept(die_making, NULL);
    check_swept(die_before_it_is_locked, NULL);
}

/* ---- What is not swept ---- */

static void all_come(void)
{
    char path[400];
    size_t before = left(path);
    bool nameless = no_nameless;
    no_nameless = false;
    shoal_context *context = new_context();
    list_all(context);
    find_none(context);
    make_another(context);
    take_ones_own_name_away(context);
    CHECK(left(path) == before && before == 1);
    shoal_context_free(context);
    unlink(path_of("another"));
    no_nameless = nameless;
}

TEST(what_a_living_process_makes_is_not_swept)
{
    make_live();
    at_rename = all_come;
    back_up(true);
    no_nameless = true;
    at_sync = all_come;
    back_up(true);
    at_rename = all_come;
    back_up(true);
    at_mode = all_come;
    open_or_create(new_context(), "other");
    CHECK(!at_rename && !at_sync && !at_mode);
}

static void sweep_it(void)
{
    char path[400];
    CHECK(left(path) == 1);
    list_all(new_context());
    CHECK(left(path) == 0);
}

TEST(what_was_swept_before_its_maker_could_lock_it_is_made_again)
{
    char path[400];
    shoal_segment *segment;
    no_nameless = true;
    when_made = sweep_it;
    CHECK_STATUS(shoal_create(&segment, new_context(), "made", NULL), SHOAL_OK);
    CHECK(!when_made && left(path) == 0);
    check_sound(segment);
    check_sound(open_or_create(new_context(), "made"));
}

static const char *temporary_of(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/.shoal-new-0123456789abcdef", scratch_directory);
    if (name)
        CHECK(rename(path_of(name), path) == 0);
    return path;
}

TEST(what_somebody_is_attached_to_is_not_swept)
{
    shoal_context *context = new_context();
    open_or_create(context, "attached");
    CHECK(access(temporary_of("attached"), F_OK) == 0);
    list_all(new_context());
    CHECK(access(temporary_of(NULL), F_OK) == 0);
    shoal_context_free(context);
    list_all(new_context());
    CHECK(access(temporary_of(NULL), F_OK) < 0);
}

TEST(what_is_of_another_user_or_no_file_or_of_another_name_is_not_swept)
{
    char path[402];
    make_live();
    CHECK(symlink("shoal.live", path_of("link")) == 0);
    temporary_of("link");
    snprintf(path, sizeof path, "%s0", temporary_of(NULL));
    CHECK(link(path_of("copy"), path) == 0);
    list_all(new_context());
    CHECK(unlink(temporary_of(NULL)) == 0 && unlink(path) == 0);
    if (geteuid() != 0)
        return;
    CHECK(chown(path_of("copy"), 4001, -1) == 0);
    temporary_of("copy");
    list_all(new_context());
    CHECK(access(temporary_of(NULL), F_OK) == 0);
}

/* Who may read the file can lock it, but not as its maker does. */
TEST(a_reader_that_locks_it_is_not_in_the_way)
{
    struct flock all = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    make_live();
    int fd = open(temporary_of("copy"), O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && fcntl(fd, F_OFD_SETLK, &all) == 0);
    list_all(new_context());
    CHECK(access(temporary_of(NULL), F_OK) < 0);
}
