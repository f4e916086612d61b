/* Names of segments: whose they are, who may use them, and what is taken away with them. */
#include "check.h"

#include "scratch.h"

#include <sys/inotify.h>
#include <sys/resource.h>

enum { ALICE = 4001, BOB = 4002 };

static int open_as(shoal_context *context, const char *name, bool readonly, int64_t owner)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    options.owner = owner;
    int status = shoal_open(&segment, context, name, &options);
    shoal_close(segment);
    return status;
}

TEST(the_owner_is_judged_at_every_open)
{
    shoal_context *context = new_context();
    shoal_segment *trusted;
    shoal_options options;
    if (geteuid() != 0)
        return;
    shoal_close(open_or_create(context, "bobs"));
    CHECK(chown(path_of("bobs"), BOB, -1) == 0);
    CHECK_STATUS(open_as(context, "bobs", false, -1), SHOAL_EDENIED);
    shoal_options_init(&options);
    options.owner = SHOAL_ANY_OWNER;
    CHECK_STATUS(shoal_open(&trusted, context, "bobs", &options), SHOAL_OK);
    CHECK_STATUS(open_as(context, "bobs", false, -1), SHOAL_EDENIED); /* attached, and not trusted by this open */
    CHECK_STATUS(open_as(context, "bobs", false, ALICE), SHOAL_EDENIED);
    CHECK_STATUS(open_as(context, "bobs", false, BOB), SHOAL_OK);
    options.readonly = true;
    shoal_segment *reader;
    CHECK_STATUS(shoal_open(&reader, context, "bobs", &options), SHOAL_OK);
    CHECK_STATUS(open_as(context, "bobs", true, -1), SHOAL_EDENIED);
    int fd = shoal_segment_fd(trusted);
    shoal_segment *again;
    CHECK_STATUS(shoal_open_fd(&again, context, fd, NULL), SHOAL_EDENIED);
    shoal_context_free(context);
}

TEST(a_segment_with_two_hard_links_is_refused_by_either)
{
    shoal_context *context = new_context(), *other = new_context();
    shoal_segment *segment = open_or_create(context, "linked"), *opened;
    char second[400];
    snprintf(second, sizeof second, "%s", path_of("stolen"));
    CHECK(link(path_of("linked"), second) == 0);
    CHECK_STATUS(open_as(other, "stolen", false, SHOAL_ANY_OWNER), SHOAL_EDENIED);
    CHECK(strstr(shoal_error_message(), "hard links") != NULL);
    CHECK_STATUS(open_as(other, "stolen", true, -1), SHOAL_EDENIED);
    CHECK_STATUS(shoal_open_or_create(&opened, other, "stolen", NULL), SHOAL_EDENIED);
    CHECK_STATUS(open_as(context, "linked", false, -1), SHOAL_EDENIED); /* also by who is attached */
    CHECK_STATUS(shoal_unlink(other, "stolen"), SHOAL_OK);              /* the cure */
    CHECK_STATUS(open_as(context, "linked", false, -1), SHOAL_OK);
    CHECK_STATUS(shoal_open_fd(&opened, other, shoal_segment_fd(segment), NULL), SHOAL_OK);
    shoal_context_free(context);
    shoal_context_free(other);
}

/* A creator on a file system without O_TMPFILE and renameat2 died between its link and its unlink. */
TEST(a_spare_name_that_a_dead_creator_left_is_taken_away_by_who_opens)
{
    shoal_context *context = new_context();
    char spare[400], foreign[400];
    shoal_close(open_or_create(context, "spared"));
    snprintf(spare, sizeof spare, "%s/.shoal-new-0123456789abcdef", scratch_directory);
    CHECK(link(path_of("spared"), spare) == 0);
    CHECK_STATUS(open_as(context, "spared", false, -1), SHOAL_OK);
    CHECK(access(spare, F_OK) < 0);
    shoal_close(open_or_create(context, "other"));
    snprintf(foreign, sizeof foreign, "%s/.shoal-new-fedcba9876543210", scratch_directory);
    CHECK(rename(path_of("other"), foreign) == 0); /* of another segment: left alone */
    CHECK(link(path_of("spared"), spare) == 0);
    CHECK_STATUS(open_as(context, "spared", false, -1), SHOAL_OK);
    CHECK(access(foreign, F_OK) == 0);
    shoal_context_free(context);
}

/* On a file system without renameat2 somebody could not unlink it, gave its name back, and died before the other was gone. */
TEST(a_name_beside_its_own_under_which_a_segment_was_put_aside_is_taken_away_by_who_opens)
{
    shoal_context *context = new_context();
    char aside[400];
    struct stat file;
    shoal_close(open_or_create(context, "aside"));
    CHECK(stat(path_of("aside"), &file) == 0);
    snprintf(aside, sizeof aside, "%s/.shoal-old-%016llx-00112233445566ff-shoal.aside", scratch_directory,
             (unsigned long long)file.st_ino);
    CHECK(link(path_of("aside"), aside) == 0);
    CHECK_STATUS(open_as(context, "aside", false, -1), SHOAL_OK);
    CHECK(access(aside, F_OK) < 0);
    aside[strlen(scratch_directory) + strlen("/.shoal-old-")] =
        'f'; /* put aside by who looked for another file: theirs */
    CHECK(link(path_of("aside"), aside) == 0);
    CHECK_STATUS(open_as(context, "aside", false, -1), SHOAL_EDENIED);
    CHECK(access(aside, F_OK) == 0);
    shoal_context_free(context);
}

static void put_aside(const char *name)
{
    char aside[500];
    struct stat file;
    CHECK(stat(path_of(name), &file) == 0);
    snprintf(aside, sizeof aside, "%s/.shoal-old-%016llx-00112233445566ff-shoal.%s", scratch_directory,
             (unsigned long long)file.st_ino, name);
    CHECK(rename(path_of(name), aside) == 0);
}

/* It was put aside and could be neither unlinked there nor put back, or who did it died. */
TEST(an_unlink_that_came_half_way_is_finished_by_the_next)
{
    shoal_listed *list;
    size_t count;
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "half");
    put_aside("half");
    CHECK_STATUS(shoal_segment_unlink(segment), SHOAL_OK);
    CHECK_STATUS(shoal_segment_unlink(segment), SHOAL_ENOTFOUND);
    open_or_create(context, "named");
    put_aside("named");
    CHECK_STATUS(shoal_unlink(context, "name"), SHOAL_ENOTFOUND);
    CHECK_STATUS(shoal_unlink(context, "named"), SHOAL_OK);
    CHECK_STATUS(shoal_unlink(context, "named"), SHOAL_ENOTFOUND);
    CHECK_STATUS(shoal_list(&list, &count, context), SHOAL_OK);
    for (size_t i = 0; i < count; i++)
        CHECK(strcmp(list[i].name, "half") != 0 && strcmp(list[i].name, "named") != 0);
    shoal_list_free(list);
    shoal_context_free(context);
}

TEST(each_of_two_opens_takes_away_the_name_it_was_opened_by)
{
    shoal_context *context = new_context();
    char old[400], new[400], *path;
    shoal_segment *segment = open_or_create(context, "before"), *again;
    snprintf(old, sizeof old, "%s", path_of("before"));
    snprintf(new, sizeof new, "%s", path_of("after"));
    CHECK(rename(old, new) == 0);
    CHECK_STATUS(shoal_open(&again, context, "after", NULL), SHOAL_OK);
    CHECK(again == segment);
    CHECK_TEXT(shoal_segment_path(again), new);
    CHECK_TEXT(shoal_segment_name(again), "after");
    shoal_close(open_or_create(context, "before")); /* another one by now */
    CHECK_STATUS(shoal_segment_unlink_path(segment, old), SHOAL_ENOTFOUND);
    CHECK(access(old, F_OK) == 0);
    CHECK_STATUS(shoal_resolve(&path, context, "after"), SHOAL_OK);
    CHECK_TEXT(path, new);
    CHECK_STATUS(shoal_segment_unlink_path(segment, path), SHOAL_OK);
    free(path);
    CHECK(access(new, F_OK) < 0 && access(old, F_OK) == 0);
    shoal_context_free(context);
}

TEST(a_segment_opened_by_descriptor_first_has_the_name_of_a_later_open)
{
    shoal_context *maker = new_context(), *context = new_context();
    shoal_segment *made = open_or_create(maker, "later"), *by_fd, *by_name;
    CHECK_STATUS(shoal_open_fd(&by_fd, context, shoal_segment_fd(made), NULL), SHOAL_OK);
    CHECK_STATUS(shoal_segment_unlink(by_fd), SHOAL_EVALUE);
    CHECK_STATUS(shoal_open(&by_name, context, "later", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_segment_unlink(by_name), SHOAL_OK);
    CHECK(access(path_of("later"), F_OK) < 0);
    shoal_context_free(maker);
    shoal_context_free(context);
}

TEST(what_may_not_be_read_is_not_unlinked)
{
    if (geteuid() != 0)
        return;
    shoal_context *context = new_context();
    shoal_close(open_or_create(context, "secret"));
    CHECK(chmod(scratch_directory, 0777) == 0);
    CHECK(seteuid(ALICE) == 0);
    CHECK_STATUS(shoal_unlink(context, "secret"), SHOAL_EDENIED);
    CHECK(strstr(shoal_error_message(), "read") != NULL);
    CHECK(seteuid(0) == 0);
    CHECK(access(path_of("secret"), F_OK) == 0);
    CHECK_STATUS(shoal_unlink(context, "secret"), SHOAL_OK);
    shoal_context_free(context);
}

/* ---- What a death between moving aside and unlinking leaves ---- */

static uint64_t inode_of(const char *path)
{
    struct stat stat;
    CHECK(lstat(path, &stat) == 0);
    return stat.st_ino;
}

static size_t listed(shoal_context *context)
{
    shoal_listed *list;
    size_t count;
    CHECK_STATUS(shoal_list(&list, &count, context), SHOAL_OK);
    shoal_list_free(list);
    return count;
}

TEST(a_name_that_a_dead_process_moved_aside_is_gone_when_segments_are_listed)
{
    shoal_context *context = new_context();
    char aside[400];
    shoal_close(open_or_create(context, "half"));
    size_t before = listed(context);
    snprintf(aside, sizeof aside, "%s/.shoal-old-%016llx-00112233445566ff-shoal.half", scratch_directory,
             (unsigned long long)inode_of(path_of("half")));
    CHECK(rename(path_of("half"), aside) == 0);
    CHECK(listed(context) == before - 1);
    CHECK(access(aside, F_OK) < 0 && access(path_of("half"), F_OK) < 0);
    shoal_context_free(context);
}

TEST(a_name_that_was_moved_aside_wrongly_comes_back_when_segments_are_listed)
{
    shoal_context *context = new_context();
    char aside[400];
    shoal_close(open_or_create(context, "wrong"));
    snprintf(aside, sizeof aside, "%s/.shoal-old-%016llx-00112233445566ff-shoal.wrong", scratch_directory,
             (unsigned long long)inode_of(path_of("wrong")) + 1);
    CHECK(rename(path_of("wrong"), aside) == 0);
    listed(context);
    CHECK(access(aside, F_OK) < 0);
    CHECK_STATUS(open_as(context, "wrong", false, -1), SHOAL_OK);
    shoal_context_free(context);
}

/* The names that come up in the directory from now on, but for those that the test makes. */
static int watch_names(void)
{
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CHECK(watch >= 0 && inotify_add_watch(watch, scratch_directory, IN_MOVED_TO) >= 0);
    return watch;
}

static void read_moved_to(char *out, size_t size, int watch)
{
    _Alignas(struct inotify_event) char buffer[4096];
    const struct inotify_event *event = (const struct inotify_event *)buffer;
    CHECK(read(watch, buffer, sizeof buffer) > 0);
    size_t length = strnlen(event->name, event->len);
    CHECK(length > 0 && length < size);
    memcpy(out, event->name, length);
    out[length] = 0;
    close(watch);
}

/* What a name aside is made of, once and again: what another user could make before. */
TEST(the_name_aside_is_another_each_time)
{
    shoal_context *context = new_context();
    char aside[2][300], kept[400];
    snprintf(kept, sizeof kept, "%s/kept", scratch_directory);
    open_or_create(context, "twice");
    CHECK(link(path_of("twice"), kept) == 0); /* so that its inode is the same again */
    for (int i = 0; i < 2; i++) {
        if (i > 0)
            CHECK(link(kept, path_of("twice")) == 0);
        int watch = watch_names();
        CHECK_STATUS(shoal_unlink(context, "twice"), SHOAL_OK);
        read_moved_to(aside[i], sizeof aside[i], watch);
        CHECK(strncmp(aside[i], ".shoal-old-", 11) == 0 && strstr(aside[i], "-shoal.twice"));
    }
    CHECK(strncmp(aside[0], aside[1], 28) == 0); /* the inode */
    CHECK(strcmp(aside[0], aside[1]) != 0);
    CHECK(unlink(kept) == 0);
    shoal_context_free(context);
}

/* All that bob knows: the name and, by ls -i, the inode. The directory is /dev/shm's kind: his file is in the owner's way. */
static void be_in_the_way(void *name)
{
    char path[400];
    unsigned long long inode = inode_of(path_of(name));
    CHECK(setuid(BOB) == 0);
    snprintf(path, sizeof path, "%s/.shoal-old-%016llx-shoal.%s", scratch_directory, inode, (char *)name);
    CHECK(open(path, O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0);
    snprintf(path, sizeof path, "%s/.shoal-old-%016llx-%016llx-shoal.%s", scratch_directory, inode, inode,
             (char *)name);
    CHECK(open(path, O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0);
}

TEST(another_user_is_not_in_the_way_of_an_unlink)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    if (geteuid() != 0)
        return;
    CHECK(chmod(scratch_directory, 01777) == 0);
    shoal_options_init(&options);
    options.lifetime = SHOAL_SHARED;
    CHECK_STATUS(shoal_create(&segment, context, "shared", &options), SHOAL_OK);
    CHECK_STATUS(shoal_create(&segment, context, "alices", NULL), SHOAL_OK);
    join(in_child(be_in_the_way, "alices"));
    join(in_child(be_in_the_way, "shared"));
    CHECK_STATUS(shoal_unlink(context, "alices"), SHOAL_OK);
    CHECK(access(path_of("alices"), F_OK) < 0);
    shoal_context_free(context); /* the last of the shared one */
    CHECK(access(path_of("shared"), F_OK) < 0);
    context = new_context();
    CHECK_STATUS(shoal_open_or_create(&segment, context, "shared", &options), SHOAL_OK);
    CHECK(chmod(scratch_directory, 0700) == 0);
    shoal_context_free(context);
}

TEST(a_name_of_the_longest_kind_is_unlinked)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    char path[400];
    memset(path, 'n', sizeof path);
    int length = snprintf(path, sizeof path, "%s/", scratch_directory);
    path[length] = 'n';
    path[length + 255] = 0;
    CHECK_STATUS(shoal_create(&segment, context, path, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_segment_unlink(segment), SHOAL_OK);
    CHECK(access(path, F_OK) < 0);
    shoal_context_free(context);
}

/* ---- Lists ---- */

static bool is_listed(shoal_context *context, const char *name)
{
    shoal_listed *list;
    size_t count;
    bool found = false;
    CHECK_STATUS(shoal_list(&list, &count, context), SHOAL_OK);
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(list[i].name, name) == 0;
    shoal_list_free(list);
    return found;
}

static void list_with_little_address_space(void *argument)
{
    shoal_segment *segment;
    struct rlimit limit = {(rlim_t)2 << 30, (rlim_t)2 << 30};
    shoal_context *context = argument;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    CHECK_STATUS(shoal_open(&segment, context, "huge", NULL), SHOAL_ENOSPACE);
    CHECK(is_listed(context, "huge") && is_listed(context, "plain"));
}

TEST(a_segment_that_cannot_be_mapped_is_listed)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = (uint64_t)1 << (sizeof(void *) == 8 ? 36 : 30);
    CHECK_STATUS(shoal_create(&segment, context, "huge", &options), SHOAL_OK);
    shoal_close(segment);
    shoal_close(open_or_create(context, "plain"));
    join(in_child(list_with_little_address_space, new_context()));
    shoal_context_free(context);
}

/* It would be opened as another: by its descriptor's number. */
TEST(a_file_whose_name_means_something_else_is_not_listed)
{
    shoal_context *context = new_context();
    char path[400];
    shoal_close(open_or_create(context, "plain"));
    snprintf(path, sizeof path, "%s", path_of("fd:3"));
    CHECK(rename(path_of("plain"), path) == 0);
    shoal_close(open_or_create(context, "plain"));
    CHECK(is_listed(context, "plain") && !is_listed(context, "fd:3"));
    shoal_context_free(context);
}

/* ---- Names from users ---- */

TEST(only_plain_names_are_taken_where_that_is_asked_for)
{
    static const char *const bad[] = {"/dev/shm/x", "./x", "../x", "a/b", "fd:0", "sysv:1", ".x", "a\nb", ""};
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    CHECK(!options.plain);
    options.plain = true;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_STATUS(shoal_plain_name(bad[i]), SHOAL_EVALUE);
        CHECK_STATUS(shoal_create(&segment, context, bad[i], &options), SHOAL_EVALUE);
        CHECK_STATUS(shoal_open(&segment, context, bad[i], &options), SHOAL_EVALUE);
        CHECK_STATUS(shoal_open_or_create(&segment, context, bad[i], &options), SHOAL_EVALUE);
    }
    CHECK_STATUS(shoal_plain_name("users"), SHOAL_OK);
    CHECK_STATUS(shoal_open_or_create(&segment, context, "users", &options), SHOAL_OK);
    CHECK_STATUS(shoal_open(&segment, context, "users", &options), SHOAL_OK);
    CHECK_STATUS(shoal_create(&segment, context, NULL, &options), SHOAL_OK); /* anonymous: no name at all */
    shoal_context_free(context);
}

/* A device may do something when it is opened: a tape winds, a watchdog begins to count. A FIFO stands for them all. */
TEST(what_is_no_regular_file_is_never_opened)
{
    char event[4096];
    shoal_context *context = new_context();
    shoal_segment *segment;
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CHECK(mkfifo(path_of("fifo"), 0600) == 0);
    int fifo = open(path_of("fifo"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    CHECK(fifo >= 0 && watch >= 0 && inotify_add_watch(watch, path_of("fifo"), IN_OPEN) >= 0);
    CHECK_STATUS(shoal_open(&segment, context, "fifo", NULL), SHOAL_ECORRUPT);
    CHECK_STATUS(open_as(context, "fifo", true, -1), SHOAL_ECORRUPT);
    CHECK_STATUS(shoal_open_or_create(&segment, context, "fifo", NULL), SHOAL_ECORRUPT);
    CHECK_STATUS(shoal_unlink(context, "fifo"), SHOAL_ECORRUPT);
    CHECK_STATUS(shoal_open_fd(&segment, context, fifo, NULL), SHOAL_ECORRUPT);
    listed(context);
    CHECK(read(watch, event, sizeof event) < 0 && errno == EAGAIN);
    close(open(path_of("fifo"), O_RDWR | O_NONBLOCK | O_CLOEXEC)); /* the watch does see it */
    CHECK(read(watch, event, sizeof event) > 0);
    close(watch);
    close(fifo);
    shoal_context_free(context);
}
