/*
 * A file system that is full again and again while a writer makes, fills, replaces and removes: `full_disk DIRECTORY SECONDS`.
 * Whatever happens there is an error, never a signal. The last line says how often there was no room.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shoal.h"

#define MIB ((size_t)1 << 20)
#define OFTEN 3
#define PATIENCE ((shoal_time)60 * 1000000000)

static unsigned char bytes[2 * MIB];

static void die(const char *what)
{
    fprintf(stderr, "full_disk: %s: %s, %s\n", what, shoal_error_message(), strerror(errno));
    exit(2);
}

static uint32_t below(uint32_t limit)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16) % limit;
}

static int fill_array(shoal_segment *segment, const char *name, size_t length)
{
    shoal_object *array;
    shoal_view view;
    shoal_dtype dtype = {SHOAL_UINT8, 1};
    int64_t shape[] = {300000};
    int status = shoal_array_open(&array, segment, name, length, dtype, 1, shape);
    if (status == SHOAL_OK && (status = shoal_array_view(&view, array)) == SHOAL_OK)
        memset(view.data, 7, 300000);
    if (status == SHOAL_OK || array)
        shoal_object_close(array);
    return status;
}

static int one(shoal_segment *segment)
{
    char name[32];
    uint32_t what = below(4);
    int length = what == 0   ? snprintf(name, sizeof name, "b%u", below(9))
                 : what == 1 ? snprintf(name, sizeof name, "s%u", below(500))
                             : snprintf(name, sizeof name, "a%u", below(3));
    if (what == 0)
        return shoal_value_put(segment, name, (size_t)length, bytes, below(2 * MIB));
    if (what == 1)
        return shoal_value_put(segment, name, (size_t)length, bytes, below(5000));
    if (what == 2)
        return fill_array(segment, name, (size_t)length);
    *name = "bsa"[below(3)];
    return shoal_object_remove(segment, name, (size_t)length);
}

static void report(void *argument, const char *finding)
{
    (void)argument;
    printf("finding: %s\n", finding);
}

/* On a slow machine for longer, until the disk was full often. The status of a process: 0, or what was wrong. */
static int write_until(shoal_context *context, shoal_time end)
{
    shoal_segment *segment;
    uint64_t operations = 0, full = 0;
    if (shoal_open(&segment, context, "disk", NULL) < 0)
        die("open");
    shoal_time patience = end + PATIENCE;
    for (; shoal_now() < end || (full < OFTEN && shoal_now() < patience); operations++) {
        int status = one(segment);
        full += status == SHOAL_ENOSPACE;
        if (status < 0 && status != SHOAL_ENOSPACE && status != SHOAL_ENOKEY)
            die("an operation");
    }
    int findings = shoal_check(segment, report, NULL);
    printf("{\"operations\": %llu, \"full\": %llu, \"findings\": %d}\n", (unsigned long long)operations,
           (unsigned long long)full, findings);
    fflush(stdout);
    return findings;
}

/* On a larger disk, at once, what would take long to be written full. */
static void leave_little(const char *directory)
{
    char path[4096];
    struct statvfs disk;
    snprintf(path, sizeof path, "%s/ballast", directory);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0 || fstatvfs(fd, &disk) < 0)
        die(path);
    uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (room > 48 * MIB && fallocate(fd, 0, 0, (off_t)(room - 40 * MIB)) < 0)
        die("fallocate");
    close(fd);
}

/* Take all the room there is, give three MiB back, and again, while the writer is there. Its status, of waitpid. */
static int fill_beside(pid_t writer, const char *directory)
{
    int status = 0;
    pid_t gone = 0;
    char path[4096];
    static unsigned char noise[64 << 10];
    snprintf(path, sizeof path, "%s/filler", directory);
    int fd = open(path, O_CREAT | O_RDWR | O_APPEND, 0600);
    if (fd < 0)
        die(path);
    memset(noise, 0xa5, sizeof noise);
    while ((gone = waitpid(writer, &status, WNOHANG)) == 0) {
        struct stat file;
        if (write(fd, noise, sizeof noise) > 0)
            continue;
        usleep(20000); /* the writer runs into it */
        if (fstat(fd, &file) < 0 || ftruncate(fd, file.st_size > (3 << 20) ? file.st_size - (3 << 20) : 0) < 0)
            die("ftruncate");
    }
    if (gone != writer)
        die("waitpid");
    unlink(path);
    close(fd);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    shoal_context *context = shoal_context_new();
    shoal_options options;
    shoal_segment *segment;
    shoal_options_init(&options);
    options.size = 256 * MIB;
    memset(bytes, 0x5a, sizeof bytes);
    if (shoal_context_set_directory(context, argv[1]) < 0 || shoal_create(&segment, context, "disk", &options) < 0)
        die("create");
    leave_little(argv[1]);
    shoal_time end = shoal_deadline(atof(argv[2]));
    pid_t writer = fork();
    if (writer == 0)
        _exit(write_until(context, end));
    int status = fill_beside(writer, argv[1]);
    shoal_segment_unlink(segment);
    shoal_context_free(context);
    if (WIFSIGNALED(status))
        fprintf(stderr, "full_disk: the writer was killed by signal %d\n", WTERMSIG(status));
    return status ? 1 : 0;
}
