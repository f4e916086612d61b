/* Making, opening, closing segments, and asking about them. */
#include "operations_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Segments ---- */

static int context_new(struct world *world)
{
    world->third = shoal_context_new();
    return world->third ? SHOAL_OK : SHOAL_ENOMEM;
}

static int set_directory(struct world *world)
{
    return shoal_context_set_directory(world->other, "/dev/shm");
}

static int create(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    return shoal_create(&world->segment, world->context, SEGMENT, &options);
}

static int create_shared(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_SHARED);
    return shoal_create(&world->segment, world->context, SEGMENT, &options);
}

static int create_for_a_group(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    options.group = 0;
    options.mode = 0660;
    return shoal_create(&world->segment, world->context, SEGMENT, &options);
}

static int create_a_file(struct world *world)
{
    char path[4096];
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    snprintf(path, sizeof path, "%s/shoal." SEGMENT, shoal_context_directory(world->context));
    return shoal_create(&world->segment, world->context, path, &options);
}

static int create_relative(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    return shoal_create(&world->segment, world->context, "./shoal." SEGMENT, &options);
}

static void into_the_directory(struct world *world)
{
    MUST(chdir(shoal_context_directory(world->context)));
}

static int create_anonymous(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    return shoal_create(&world->segment, world->context, NULL, &options);
}

static int open_or_create_new(struct world *world)
{
    return shoal_open_or_create(&world->segment, world->context, SEGMENT, NULL);
}

static int open_or_create_existing(struct world *world)
{
    return shoal_open_or_create(&world->second, world->other, SEGMENT, NULL);
}

static int create_existing(struct world *world)
{
    return shoal_create(&world->second, world->other, SEGMENT, NULL);
}

static int open_missing(struct world *world)
{
    return shoal_open(&world->second, world->other, SEGMENT, NULL);
}

static int open_writing(struct world *world)
{
    return shoal_open(&world->second, world->other, SEGMENT, NULL);
}

static int open_readonly(struct world *world)
{
    shoal_options options = options_of(true, 0);
    return shoal_open(&world->reader, world->other, SEGMENT, &options);
}

/* As cp --sparse=always copies it. */
static void copy_with_holes(const char *from, const char *to)
{
    static const char zeroes[4096];
    char page[sizeof zeroes];
    struct stat file;
    int in = open(from, O_RDONLY), out = open(to, O_RDWR | O_CREAT | O_EXCL, 0600);
    MUST(in >= 0 && out >= 0 && fstat(in, &file) == 0 && ftruncate(out, file.st_size) == 0 ? SHOAL_OK : SHOAL_ESYSTEM);
    for (off_t at = 0; at < file.st_size; at += (off_t)sizeof page) {
        ssize_t got = pread(in, page, sizeof page, at);
        if (got > 0 && memcmp(page, zeroes, (size_t)got) != 0)
            MUST(pwrite(out, page, (size_t)got, at) == got ? SHOAL_OK : SHOAL_ESYSTEM);
    }
    close(in);
    close(out);
}

static int64_t blocks_before; /* of the file that was copied */

static int64_t blocks_of(shoal_segment *segment)
{
    struct stat file;
    MUST(fstat(shoal_segment_fd(segment), &file) == 0 ? SHOAL_OK : SHOAL_ESYSTEM);
    return file.st_blocks;
}

/* In place of the segment a copy that was made while this process was attached, which the copy takes for a peer that died. */
static void restore(struct world *world)
{
    char copy[4096];
    const char *path = shoal_segment_path(world->segment);
    MUST(shoal_array_open(&world->object, world->segment, NAME("zeroes"), bytes_type(), 1, &(int64_t){BIG}));
    shoal_object_close(world->object);
    world->object = NULL;
    snprintf(copy, sizeof copy, "%s.copy", path);
    blocks_before = blocks_of(world->segment);
    copy_with_holes(path, copy);
    MUST(rename(copy, path) == 0 ? SHOAL_OK : SHOAL_ESYSTEM);
    shoal_close(world->segment);
    world->segment = NULL;
}

/* LARGER here: with holes still. */
static int open_restored(struct world *world)
{
    int status = open_writing(world);
    return status == SHOAL_OK && blocks_of(world->second) < blocks_before ? SHOAL_LARGER : status;
}

static int open_again(struct world *world)
{
    return shoal_open(&world->second, world->context, SEGMENT, NULL);
}

static void have_fd(struct world *world)
{
    world->fd = dup(shoal_segment_fd(world->segment));
}

static int open_descriptor(struct world *world)
{
    return shoal_open_fd(&world->second, world->other, world->fd, NULL);
}

/* Of 64 slots none is free: their places are held by attaches of one more context each. */
static void crowd(struct world *world)
{
    shoal_segment *segment;
    for (int i = 0; i < 63; i++) {
        world->crowd[i] = context_in(shoal_context_directory(world->context));
        MUST(shoal_open(&segment, world->crowd[i], SEGMENT, NULL));
    }
}

static int unlink_by_name(struct world *world)
{
    return shoal_unlink(world->context, SEGMENT);
}

static int unlink_the_segment(struct world *world)
{
    return shoal_segment_unlink(world->segment);
}

void have_second(struct world *world)
{
    MUST(open_writing(world));
}

void have_reader(struct world *world)
{
    MUST(open_readonly(world));
}

static int close_segment(struct world *world)
{
    shoal_close(world->second);
    world->second = NULL;
    return SHOAL_OK;
}

static int close_reader(struct world *world)
{
    shoal_close(world->reader);
    world->reader = NULL;
    return SHOAL_OK;
}

static void have_shared(struct world *world)
{
    MUST(create_shared(world));
}

static int close_last_shared(struct world *world)
{
    shoal_close(world->segment);
    world->segment = NULL;
    return SHOAL_OK;
}

static int free_context(struct world *world)
{
    shoal_context_free(world->other);
    world->other = NULL;
    world->second = NULL;
    return SHOAL_OK;
}

/* ---- Asking ---- */

static int info(struct world *world)
{
    shoal_info out;
    return shoal_segment_info(&out, world->segment);
}

static int info_readonly(struct world *world)
{
    shoal_info out;
    return shoal_segment_info(&out, world->reader);
}

static int peers(struct world *world)
{
    shoal_peer out[4];
    size_t count;
    return shoal_segment_peers(out, 4, &count, world->segment);
}

static int check(struct world *world)
{
    shoal_text *findings;
    size_t count;
    int status = shoal_check_findings(&findings, &count, world->segment);
    shoal_list_free(findings);
    return status < 0 || count == 0 ? status : SHOAL_LARGER;
}

static int check_readonly(struct world *world)
{
    return shoal_check(world->reader, NULL, NULL);
}

static int backup(struct world *world)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/backup", shoal_context_directory(world->context));
    int status = shoal_segment_backup(world->segment, path, true);
    bool there = access(path, F_OK) == 0;
    MUST(there == (status == SHOAL_OK) ? SHOAL_OK : SHOAL_ECORRUPT); /* nothing of that name, or all of it */
    if (there)
        MUST(unlinkat(AT_FDCWD, path, 0)); /* not unlink, which may be what is denied */
    return status;
}

static int list(struct world *world)
{
    size_t count;
    shoal_list_free(world->list);
    int status = shoal_list((shoal_listed **)&world->list, &count, world->context);
    return status < 0 ? status : count == 1 ? SHOAL_OK : SHOAL_LARGER; /* LARGER here: not what there is */
}

static int names(struct world *world)
{
    shoal_text *names;
    size_t count;
    int status = shoal_object_names(&names, &count, world->segment);
    shoal_list_free(names);
    return status < 0 || count > 0 ? status : SHOAL_LARGER;
}

static int locks(struct world *world)
{
    shoal_object **locks;
    shoal_owner owner;
    size_t count;
    int status = shoal_segment_locks(&locks, &count, world->segment);
    for (size_t i = 0; i < count; i++) {
        if (status == SHOAL_OK)
            status = shoal_lock_owner(&owner, locks[i]);
        shoal_object_close(locks[i]);
    }
    shoal_list_free(locks);
    return status;
}

/* ---- All of them ---- */

const struct operation segment_operations[] = {
    {"context_new", NULL, context_new, NULL, QUIET},
    {"set_directory", NULL, set_directory, NULL, QUIET},
    {"create", NULL, create, NULL, BARE},
    {"create_shared", NULL, create_shared, NULL, BARE},
    {"create_for_a_group", NULL, create_for_a_group, NULL, BARE},
    {"create_a_file", NULL, create_a_file, NULL, BARE},
    {"create_relative", into_the_directory, create_relative, NULL, BARE},
    {"create_anonymous", NULL, create_anonymous, NULL, BARE | QUIET},
    {"create_existing", NULL, create_existing, NULL, 0},
    {"open_or_create_new", NULL, open_or_create_new, NULL, BARE},
    {"open_or_create_existing", NULL, open_or_create_existing, NULL, 0},
    {"open_missing", NULL, open_missing, NULL, BARE},
    {"open_writing", NULL, open_writing, NULL, 0},
    {"open_readonly", NULL, open_readonly, NULL, 0},
    {"open_restored", restore, open_restored, NULL, 0},
    {"open_again", NULL, open_again, NULL, 0},
    {"open_descriptor", have_fd, open_descriptor, NULL, QUIET},
    {"open_in_a_crowd", crowd, open_writing, NULL, 0},
    {"unlink", NULL, unlink_by_name, NULL, CLOSES},
    {"segment_unlink", NULL, unlink_the_segment, NULL, CLOSES},
    {"close", have_second, close_segment, NULL, CLOSES},
    {"close_readonly", have_reader, close_reader, NULL, CLOSES},
    {"close_last_shared", have_shared, close_last_shared, NULL, BARE | CLOSES | LEAVES},
    {"context_free", have_second, free_context, NULL, CLOSES},
    {"info", NULL, info, NULL, 0},
    {"info_readonly", have_reader, info_readonly, NULL, 0},
    {"peers", have_second, peers, NULL, ASKS},
    {"check", NULL, check, NULL, 0},
    {"check_readonly", have_reader, check_readonly, NULL, 0},
    {"backup", NULL, backup, NULL, 0},
    {"list", NULL, list, NULL, QUIET | ASKS | LISTS},
    {"names", NULL, names, NULL, QUIET},
    {"each_lock", NULL, locks, NULL, QUIET},
    {NULL, NULL, NULL, NULL, 0},
};
