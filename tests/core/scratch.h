/*
 * What tests of segments share: a directory of their own that goes away with the process, contexts that
 * look there, and children that are killed. Include after check.h, once.
 */
#ifndef SHOAL_TESTS_SCRATCH_H
#define SHOAL_TESTS_SCRATCH_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch_directory[64];
static pid_t scratch_owner;

static void scratch_remove(void)
{
    char path[400];
    if (getpid() != scratch_owner) /* a child that exits */
        return;
    DIR *directory = opendir(scratch_directory);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        snprintf(path, sizeof path, "%s/%s", scratch_directory, entry->d_name);
        if (unlink(path) < 0)
            rmdir(path);
    }
    if (directory)
        closedir(directory);
    rmdir(scratch_directory);
}

/* A fresh context; the first call makes the directory. */
__attribute__((unused)) static shoal_context *new_context(void)
{
    if (scratch_owner == 0) {
        strcpy(scratch_directory, "/dev/shm/test-shoal-XXXXXX");
        CHECK(mkdtemp(scratch_directory) != NULL);
        scratch_owner = getpid();
        atexit(scratch_remove);
    }
    shoal_context *context = shoal_context_new();
    CHECK(context != NULL);
    CHECK_STATUS(shoal_context_set_directory(context, scratch_directory), SHOAL_OK);
    return context;
}

/* Where the segment of a plain name lies. The buffer is the next call's, too. */
__attribute__((unused)) static const char *path_of(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/shoal.%s", scratch_directory, name);
    return path;
}

__attribute__((unused)) static shoal_segment *open_or_create(shoal_context *context, const char *name)
{
    shoal_segment *segment;
    CHECK_STATUS(shoal_open_or_create(&segment, context, name, NULL), SHOAL_OK);
    return segment;
}

__attribute__((unused)) static shoal_segment *open_readonly(shoal_context *context, const char *name)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    CHECK_STATUS(shoal_open(&segment, context, name, &options), SHOAL_OK);
    return segment;
}

static void print_finding(void *argument, const char *finding)
{
    (void)argument;
    fprintf(stderr, "finding: %s\n", finding);
}

__attribute__((unused)) static void check_sound(shoal_segment *segment)
{
    CHECK_STATUS(shoal_check(segment, print_finding, NULL), 0);
}

/* Run `act` in a child that SIGKILLs itself at the end of it; returns when the child is gone. */
__attribute__((unused)) static void die_after(void (*act)(void *), void *argument)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        act(argument);
        kill(getpid(), SIGKILL);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Run `act` in a child and hand on its failures. */
__attribute__((unused)) static pid_t in_child(void (*act)(void *), void *argument)
{
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        act(argument);
        _exit(0);
    }
    return child;
}

__attribute__((unused)) static void join(pid_t child)
{
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

__attribute__((unused)) static shoal_dtype dtype_of(const char *text)
{
    shoal_dtype dtype;
    CHECK_STATUS(shoal_dtype_parse(&dtype, text, strlen(text)), SHOAL_OK);
    return dtype;
}

__attribute__((unused)) static double seconds_since(shoal_time start)
{
    return (double)(shoal_now() - start) / 1e9;
}

/* ---- Objects by their C name ---- */

__attribute__((unused)) static int put(shoal_segment *segment, const char *name, const void *bytes, size_t size)
{
    return shoal_value_put(segment, name, strlen(name), bytes, size);
}

/* The value of that name into a fresh buffer of exactly its size. */
__attribute__((unused)) static unsigned char *get(shoal_segment *segment, const char *name, size_t *size)
{
    unsigned char *buffer = NULL;
    size_t capacity = 0;
    for (;;) {
        int status = shoal_value_get(segment, name, strlen(name), buffer, capacity, size);
        CHECK(status == SHOAL_OK || status == SHOAL_LARGER);
        if (status == SHOAL_OK)
            return buffer;
        CHECK(*size > capacity);
        capacity = *size;
        free(buffer);
        buffer = malloc(capacity);
    }
}

__attribute__((unused)) static shoal_object *open_array(shoal_segment *segment, const char *name, const char *dtype,
                                                        int64_t length)
{
    shoal_object *array;
    CHECK_STATUS(shoal_array_open(&array, segment, name, strlen(name), dtype_of(dtype), 1, &length), SHOAL_OK);
    return array;
}

__attribute__((unused)) static shoal_view view_of(const shoal_object *array)
{
    shoal_view view;
    CHECK_STATUS(shoal_array_view(&view, array), SHOAL_OK);
    return view;
}

#endif
