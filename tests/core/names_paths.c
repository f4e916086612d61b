/* What lies aside of a path, where nobody lists segments: who looks for that name finds it. */
#include "check.h"

#include "scratch.h"

static uint64_t inode_of(const char *path)
{
    struct stat stat;
    CHECK(lstat(path, &stat) == 0);
    return stat.st_ino;
}

static void put_aside_as(uint64_t inode, const char *path)
{
    char aside[500];
    int directory = (int)(strrchr(path, '/') - path);
    snprintf(aside, sizeof aside, "%.*s/.shoal-old-%016llx-00112233445566ff-file", directory, path,
             (unsigned long long)inode);
    CHECK(rename(path, aside) == 0);
}

static const char *directory_of(const char *path)
{
    static char directory[200];
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
    return directory;
}

static size_t files_beside(const char *path)
{
    size_t count = 0;
    DIR *open = opendir(directory_of(path));
    for (struct dirent *it; (it = readdir(open));)
        count += strncmp(it->d_name, ".shoal-", 7) == 0;
    closedir(open);
    return count;
}

static const char *path_elsewhere(void)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/elsewhere", scratch_directory);
    mkdir(path, 0700);
    strcat(path, "/file");
    return path;
}

static void find_no_path(shoal_context *context, const char *path)
{
    shoal_segment *segment;
    CHECK_STATUS(shoal_open(&segment, context, path, NULL), SHOAL_ENOTFOUND);
}

static void make_path(shoal_context *context, const char *path)
{
    shoal_segment *segment;
    CHECK_STATUS(shoal_create(&segment, context, path, NULL), SHOAL_OK);
    shoal_close(segment);
}

static void open_or_make_path(shoal_context *context, const char *path)
{
    shoal_close(open_or_create(context, path));
}

static void unlink_path(shoal_context *context, const char *path)
{
    CHECK_STATUS(shoal_unlink(context, path), SHOAL_OK);
}

static shoal_segment *put_another_there(shoal_context *context, const char *path)
{
    shoal_segment *segment = open_or_create(context, "other");
    CHECK(rename(path_of("other"), path) == 0);
    return segment;
}

static void unlink_what_came_after(shoal_context *context, const char *path)
{
    shoal_close(put_another_there(context, path));
    CHECK_STATUS(shoal_unlink(context, path), SHOAL_OK);
    CHECK(access(path, F_OK) < 0);
}

static void unlink_ones_own_that_came_after(shoal_context *context, const char *path)
{
    shoal_segment *segment = put_another_there(context, path);
    CHECK_STATUS(shoal_segment_unlink_path(segment, path), SHOAL_OK);
    CHECK(access(path, F_OK) < 0);
    shoal_close(segment);
}

TEST(what_a_dead_process_moved_aside_from_a_path_is_gone_when_the_path_is_made_or_unlinked_or_not_found)
{
    static void (*const ways[])(shoal_context *,
                                const char *) = {find_no_path,           make_path,
                                                 open_or_make_path,      unlink_path,
                                                 unlink_what_came_after, unlink_ones_own_that_came_after};
    shoal_context *context = new_context();
    const char *path = path_elsewhere();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        shoal_close(open_or_create(context, path));
        put_aside_as(inode_of(path), path);
        ways[i](context, path);
        CHECK(files_beside(path) == 0);
        unlink(path);
    }
    CHECK(rmdir(directory_of(path)) == 0);
    shoal_context_free(context);
}

TEST(a_path_that_was_moved_aside_wrongly_comes_back_when_it_is_opened_or_made)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    const char *path = path_elsewhere();
    segment = open_or_create(context, path);
    CHECK_STATUS(put(segment, "precious", "text", 4), SHOAL_OK);
    for (int way = 0; way < 4; way++) {
        put_aside_as(inode_of(path) + 1, path);
        if (way == 0)
            CHECK_STATUS(shoal_open(&segment, context, path, NULL), SHOAL_OK);
        if (way == 1)
            CHECK_STATUS(shoal_create(&segment, context, path, NULL), SHOAL_EEXISTS);
        if (way == 2)
            segment = open_or_create(context, path);
        if (way == 3)
            CHECK_STATUS(shoal_unlink(context, path), SHOAL_OK); /* the name, and what has it */
        CHECK(files_beside(path) == 0 && (access(path, F_OK) == 0) == (way < 3));
        if (way == 0 || way == 2)
            CHECK(shoal_object_find(segment, "precious", 8) == SHOAL_KIND_VALUE);
    }
    CHECK(rmdir(directory_of(path)) == 0);
    shoal_context_free(context);
}
