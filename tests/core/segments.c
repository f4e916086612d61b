/* Segments: birth, names, opening, listing, lifetime, peers. */
#include "check.h"

#include "scratch.h"

TEST(a_segment_is_made_opened_and_unlinked)
{
    shoal_context *context = new_context(), *other = new_context();
    shoal_segment *made, *opened;
    shoal_options options;
    shoal_options_init(&options);
    options.size = 1 << 20;
    CHECK_STATUS(shoal_open(&opened, context, "demo", NULL), SHOAL_ENOTFOUND);
    CHECK(opened == NULL && strstr(shoal_error_message(), "demo") != NULL);
    CHECK_STATUS(shoal_create(&made, context, "demo", &options), SHOAL_OK);
    CHECK_STATUS(shoal_create(&opened, other, "demo", &options), SHOAL_EEXISTS);
    CHECK(opened == NULL);
    CHECK_STATUS(shoal_open(&opened, other, "demo", NULL), SHOAL_OK);
    CHECK_TEXT(shoal_segment_id(opened), shoal_segment_id(made));
    CHECK_TEXT(shoal_segment_name(opened), "demo");
    CHECK_TEXT(shoal_segment_path(opened), path_of("demo"));
    CHECK(shoal_segment_size(opened) == 1 << 20 && !shoal_segment_readonly(opened));
    CHECK(strlen(shoal_segment_id(made)) == 32 && shoal_segment_fd(made) >= 0);
    CHECK_STATUS(shoal_unlink(context, "demo"), SHOAL_OK);
    CHECK_STATUS(shoal_unlink(context, "demo"), SHOAL_ENOTFOUND);
    CHECK_STATUS(shoal_open(&opened, context, "demo", NULL), SHOAL_ENOTFOUND);
    shoal_context_free(context);
    shoal_context_free(other);
}

TEST(opening_twice_in_one_context_shares_one_attach)
{
    shoal_context *context = new_context();
    shoal_segment *first = open_or_create(context, "twice"), *second = open_or_create(context, "twice");
    shoal_info info;
    CHECK(first == second);
    CHECK_STATUS(shoal_segment_info(&info, first), SHOAL_OK);
    CHECK(info.peers == 1);
    shoal_close(first);
    CHECK_STATUS(shoal_segment_info(&info, second), SHOAL_OK);
    shoal_close(second);
    shoal_close(NULL);
    shoal_context_free(context);
}

TEST(two_contexts_are_two_peers)
{
    shoal_context *a = new_context(), *b = new_context();
    shoal_segment *segment = open_or_create(a, "peers");
    shoal_segment *other = open_or_create(b, "peers");
    shoal_peer peers[4];
    size_t count;
    CHECK_STATUS(shoal_segment_peers(peers, 4, &count, segment), SHOAL_OK);
    CHECK(count == 2 && peers[0].slot != peers[1].slot && peers[0].alive && peers[1].alive);
    CHECK(peers[0].pid == getpid() && peers[1].pid == getpid());
    shoal_close(other);
    CHECK_STATUS(shoal_segment_peers(peers, 4, &count, segment), SHOAL_OK);
    CHECK(count == 1);
    shoal_context_free(a);
    shoal_context_free(b);
}

TEST(unlinking_takes_the_name_and_leaves_the_memory)
{
    shoal_context *context = new_context(), *other = new_context();
    shoal_segment *old = open_or_create(context, "name");
    char id[40];
    int64_t value;
    shoal_object *counter;
    strcpy(id, shoal_segment_id(old));
    CHECK_STATUS(shoal_counter_open(&counter, old, "n", 1, 41), SHOAL_OK);
    CHECK_STATUS(shoal_segment_unlink(old), SHOAL_OK);
    CHECK_STATUS(shoal_segment_unlink(old), SHOAL_ENOTFOUND);
    shoal_segment *fresh = open_or_create(other, "name");
    CHECK(strcmp(shoal_segment_id(fresh), id) != 0);
    CHECK_STATUS(shoal_object_find(fresh, "n", 1), SHOAL_ENOKEY);
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
    CHECK(value == 42);
    CHECK_STATUS(shoal_segment_unlink(old), SHOAL_ENOTFOUND); /* not the new one of that name */
    CHECK_STATUS(shoal_unlink(other, "name"), SHOAL_OK);
    shoal_object_close(counter);
    shoal_context_free(context);
    shoal_context_free(other);
}

TEST(bad_names_are_refused_everywhere)
{
    static const char *const bad[] = {"", ".", "..", ".hidden", "a\nb", "\xff", "fd:", "fd:x", "fd:-1"};
    char longest[202];
    shoal_context *context = new_context();
    shoal_segment *segment;
    memset(longest, 'n', 201);
    longest[201] = '\0';
    for (size_t i = 0; i <= sizeof bad / sizeof bad[0]; i++) {
        const char *name = i < sizeof bad / sizeof bad[0] ? bad[i] : longest;
        CHECK_STATUS(shoal_create(&segment, context, name, NULL), SHOAL_EVALUE);
        CHECK_STATUS(shoal_open(&segment, context, name, NULL), SHOAL_EVALUE);
        CHECK_STATUS(shoal_open_or_create(&segment, context, name, NULL), SHOAL_EVALUE);
        CHECK_STATUS(shoal_unlink(context, name), SHOAL_EVALUE);
    }
    longest[200] = '\0';
    CHECK_STATUS(shoal_create(&segment, context, longest, NULL), SHOAL_OK);
    shoal_context_free(context);
}

TEST(bad_options_are_refused)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options good, options;
    shoal_options_init(&good);
    CHECK(good.mode == 0600 && good.group == -1 && good.owner == -1 && good.lifetime == SHOAL_PERSISTENT);
#define REFUSED(change)                                                                                                \
    options = good;                                                                                                    \
    options.change;                                                                                                    \
    CHECK_STATUS(shoal_create(&segment, context, "options", &options), SHOAL_EVALUE);                                  \
    CHECK(segment == NULL && access(path_of("options"), F_OK) < 0);
    REFUSED(size = ((uint64_t)1 << 47) + 1)
    REFUSED(size = UINT64_MAX)
    REFUSED(mode = 01777)
    REFUSED(mode = 010600)
    REFUSED(lifetime = 2)
    REFUSED(readonly = true)
    shoal_context_free(context);
}

TEST(size_is_a_ceiling_and_costs_nothing)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    struct stat file;
    shoal_options_init(&options);
    options.size = (uint64_t)1 << (sizeof(void *) == 8 ? 36 : 30);
    CHECK_STATUS(shoal_create(&segment, context, "ceiling", &options), SHOAL_OK);
    CHECK(stat(path_of("ceiling"), &file) == 0);
    CHECK(shoal_segment_size(segment) == options.size && file.st_blocks * 512 < 256 << 10);
    options.size = 1; /* rounded up to what holds something */
    CHECK_STATUS(shoal_create(&segment, context, "small", &options), SHOAL_OK);
    shoal_object *counter;
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 0), SHOAL_OK);
    shoal_object_close(counter);
    shoal_context_free(context);
}

/* Of 4 GiB and 1 MiB a 32-bit process must not map the 1 MiB. */
TEST(a_segment_wider_than_an_address_is_refused)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = ((uint64_t)1 << 32) + (1 << 20);
    CHECK_STATUS(shoal_create(&segment, context, "wide", &options), sizeof(void *) == 8 ? SHOAL_OK : SHOAL_ENOSPACE);
    CHECK_STATUS(shoal_open_or_create(&segment, context, "wide", &options),
                 sizeof(void *) == 8 ? SHOAL_OK : SHOAL_ENOSPACE);
    shoal_context_free(context);
}

TEST(the_mode_is_as_asked_whatever_the_umask)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    struct stat file;
    shoal_options_init(&options);
    umask(077);
    options.mode = 0664;
    CHECK_STATUS(shoal_create(&segment, context, "mode", &options), SHOAL_OK);
    CHECK(stat(path_of("mode"), &file) == 0 && (file.st_mode & 07777) == 0664);
    umask(0);
    CHECK_STATUS(shoal_create(&segment, context, "default-mode", NULL), SHOAL_OK);
    CHECK(stat(path_of("default-mode"), &file) == 0 && (file.st_mode & 07777) == 0600);
    shoal_context_free(context);
}

TEST(a_name_with_a_slash_is_a_mapped_file)
{
    shoal_context *context = new_context(), *other = new_context();
    shoal_segment *segment, *relative;
    char path[128];
    snprintf(path, sizeof path, "%s/file.seg", scratch_directory);
    CHECK_STATUS(shoal_create(&segment, context, path, NULL), SHOAL_OK);
    CHECK(access(path, F_OK) == 0);
    CHECK(chdir(scratch_directory) == 0);
    CHECK_STATUS(shoal_open(&relative, other, "./file.seg", NULL), SHOAL_OK);
    CHECK_TEXT(shoal_segment_id(relative), shoal_segment_id(segment));
    CHECK(chdir("/") == 0);
    CHECK_STATUS(shoal_segment_unlink(relative), SHOAL_OK); /* the path is absolute by now */
    CHECK(access(path, F_OK) < 0);
    CHECK_STATUS(shoal_create(&segment, context, "/nowhere/at/all", NULL), SHOAL_ENOTFOUND);
    shoal_context_free(context);
    shoal_context_free(other);
}

TEST(an_anonymous_segment_is_handed_on_by_descriptor)
{
    shoal_context *context = new_context(), *other = new_context();
    shoal_segment *segment, *opened, *named;
    char name[32];
    shoal_object *counter;
    int64_t value;
    CHECK_STATUS(shoal_create(&segment, context, NULL, NULL), SHOAL_OK);
    CHECK_TEXT(shoal_segment_name(segment), "");
    CHECK_TEXT(shoal_segment_path(segment), "");
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 5), SHOAL_OK);
    CHECK_STATUS(shoal_open_fd(&opened, other, shoal_segment_fd(segment), NULL), SHOAL_OK);
    CHECK_TEXT(shoal_segment_id(opened), shoal_segment_id(segment));
    shoal_object_close(counter);
    CHECK_STATUS(shoal_counter_open(&counter, opened, "n", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_counter_value(&value, counter), SHOAL_OK);
    CHECK(value == 5);
    shoal_context *third = new_context();
    snprintf(name, sizeof name, "fd:%d", shoal_segment_fd(segment));
    CHECK_STATUS(shoal_open(&named, third, name, NULL), SHOAL_OK);
    CHECK_TEXT(shoal_segment_id(named), shoal_segment_id(segment));
    CHECK_STATUS(shoal_open_fd(&opened, other, 987, NULL), SHOAL_ENOTFOUND);
    CHECK_STATUS(shoal_open_fd(&opened, other, STDIN_FILENO, NULL), SHOAL_ECORRUPT);
    shoal_object_close(counter);
    shoal_context_free(context);
    shoal_context_free(other);
    shoal_context_free(third);
}

/* Tell the parent, through a pipe, on which segment this process ended up. */
static void race_to_open(void *argument)
{
    int *pipe_and_gate = argument;
    char byte;
    shoal_context *context = new_context();
    CHECK(read(pipe_and_gate[0], &byte, 1) == 0); /* all start when the gate is closed */
    shoal_segment *segment = open_or_create(context, "race");
    CHECK(write(pipe_and_gate[1], shoal_segment_id(segment), 32) == 32);
    shoal_context_free(context);
}

TEST(processes_that_race_to_create_end_up_on_one_segment)
{
    shoal_context *context = new_context();
    for (int round = 0; round < 40; round++) {
        int gate[2], results[2];
        pid_t children[12];
        char first[33] = "", id[33] = "";
        CHECK(pipe(gate) == 0 && pipe(results) == 0);
        for (int i = 0; i < 12; i++) {
            fflush(NULL);
            children[i] = fork();
            if (children[i] == 0) {
                close(gate[1]);
                race_to_open((int[]){gate[0], results[1]});
                _exit(0);
            }
        }
        close(gate[0]);
        close(gate[1]);
        for (int i = 0; i < 12; i++) {
            join(children[i]);
            CHECK(read(results[0], id, 32) == 32);
            if (i == 0)
                strcpy(first, id);
            CHECK_TEXT(id, first);
        }
        close(results[0]);
        close(results[1]);
        CHECK_STATUS(shoal_unlink(context, "race"), SHOAL_OK);
    }
    shoal_context_free(context);
}

TEST(what_exists_is_listed)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    shoal_listed *list;
    size_t count;
    CHECK_STATUS(shoal_list(&list, &count, context), SHOAL_OK);
    CHECK(count == 0);
    shoal_list_free(list);
    shoal_options_init(&options);
    options.size = 2 << 20;
    options.mode = 0640;
    CHECK_STATUS(shoal_create(&segment, context, "Grüße 1.2", &options), SHOAL_OK);
    int stray = open(path_of("not-a-segment"), O_CREAT | O_WRONLY, 0600);
    CHECK(stray >= 0 && write(stray, "hello", 5) == 5);
    CHECK_STATUS(shoal_list(&list, &count, context), SHOAL_OK);
    CHECK(count == 1);
    CHECK_TEXT(list[0].name, "Grüße 1.2");
    CHECK(list[0].size == 2 << 20 && list[0].peers == 1 && list[0].owner == geteuid() && list[0].mode == 0640);
    CHECK(list[0].committed > 0 && list[0].created > 1.6e9);
    shoal_list_free(list);
    close(stray);
    shoal_context_free(context);
}

static void create_shared(void *name)
{
    shoal_options options;
    shoal_segment *segment;
    shoal_options_init(&options);
    options.lifetime = SHOAL_SHARED;
    CHECK_STATUS(shoal_create(&segment, new_context(), name, &options), SHOAL_OK);
}

TEST(a_shared_segment_goes_with_its_last_process)
{
    shoal_context *context = new_context(), *other = new_context();
    shoal_options options;
    shoal_segment *segment, *second;
    shoal_options_init(&options);
    options.lifetime = SHOAL_SHARED;
    CHECK_STATUS(shoal_create(&segment, context, "shared", &options), SHOAL_OK);
    CHECK_STATUS(shoal_open(&second, other, "shared", NULL), SHOAL_OK);
    shoal_close(segment);
    CHECK(access(path_of("shared"), F_OK) == 0);
    shoal_close(second);
    CHECK(access(path_of("shared"), F_OK) < 0);
    CHECK_STATUS(shoal_open(&segment, context, "shared", NULL), SHOAL_ENOTFOUND);
    shoal_context_free(context);
    shoal_context_free(other);
}

TEST(a_shared_segment_whose_last_process_was_killed_is_gone_for_the_next)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    die_after(create_shared, "killed");
    CHECK_STATUS(shoal_open(&segment, context, "killed", NULL), SHOAL_ENOTFOUND);
    die_after(create_shared, "killed");
    segment = open_or_create(context, "killed");
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.lifetime == SHOAL_PERSISTENT && info.objects == 0);
    shoal_context_free(context);
}

static void attach(void *name)
{
    shoal_object *counter;
    shoal_segment *segment = open_or_create(new_context(), name);
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 0), SHOAL_OK);
}

TEST(a_killed_process_is_no_peer_any_more)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "dead-peers");
    shoal_info info;
    for (int i = 0; i < 20; i++)
        die_after(attach, "dead-peers");
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers == 1 && info.objects == 1);
    check_sound(segment);
    shoal_context_free(context);
}

TEST(a_thousand_peers_attach_at_once)
{
    static shoal_context *contexts[1000];
    shoal_segment *segment = NULL;
    shoal_info info;
    int64_t value = 0;
    shoal_options options;
    shoal_options_init(&options);
    options.size = 2 << 20; /* a thousand of them are mapped here, in 32-bit processes too */
    for (int i = 0; i < 1000; i++) {
        shoal_object *counter;
        contexts[i] = new_context();
        CHECK_STATUS(shoal_open_or_create(&segment, contexts[i], "many", &options), SHOAL_OK);
        CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 0), SHOAL_OK);
        CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
    }
    CHECK(value == 1000);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers == 1000 && info.peer_limit >= 1000);
    check_sound(segment);
    for (int i = 0; i < 1000; i++)
        shoal_context_free(contexts[i]);
}

/* "child" says what the forked child sees of the segment it inherited. */
static void write_as_child(void *argument)
{
    shoal_segment *segment = argument;
    shoal_object *counter;
    int64_t value;
    shoal_info info;
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
    CHECK_STATUS(shoal_value_put(segment, "v", 1, "\x07", 1), SHOAL_OK);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers == 2);
}

TEST(a_forked_child_becomes_a_peer_of_its_own)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "fork");
    shoal_object *counter;
    int64_t value;
    shoal_info info;
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 10), SHOAL_OK);
    join(in_child(write_as_child, segment));
    CHECK_STATUS(shoal_counter_value(&value, counter), SHOAL_OK);
    CHECK(value == 11 && shoal_object_find(segment, "v", 1) == SHOAL_KIND_VALUE);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers == 1);
    check_sound(segment);
    shoal_object_close(counter);
    shoal_context_free(context);
}

static int count_entries(const char *path)
{
    int n = 0;
    DIR *directory = opendir(path);
    CHECK(directory != NULL);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

static int count_maps(void)
{
    int n = 0, c;
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while ((c = getc(maps)) != EOF)
        n += c == '\n';
    fclose(maps);
    return n;
}

TEST(attaching_and_detaching_leaves_no_descriptor_and_no_mapping)
{
    int fds = 0, maps = 0;
    for (int i = 0; i < 210; i++) {
        shoal_context *context = new_context();
        shoal_segment *segment = open_or_create(context, "leak"), *readonly = open_readonly(context, "leak");
        shoal_object *counter;
        CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 0), SHOAL_OK);
        shoal_object_close(counter);
        shoal_close(readonly);
        shoal_close(segment);
        shoal_context_free(context);
        if (i == 9) {
            fds = count_entries("/proc/self/fd");
            maps = count_maps();
        }
    }
    CHECK(count_entries("/proc/self/fd") == fds);
    CHECK(count_maps() <= maps + 2); /* the allocator's own */
}
