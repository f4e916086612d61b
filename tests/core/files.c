/* Files that were copied, restored, or copied while somebody wrote them: judged and backed when they are opened for writing. */
#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* so that fcntl is here what it is in the library */

#include "check.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "scratch.h"
#include "segment/layout.h"

#ifndef SYS_fcntl64
#define SYS_fcntl64 SYS_fcntl
#endif

static int looks_refused; /* so many questions for a lock end with an error */

/* Instead of the library's: this program is linked with the static core. */
int fcntl(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    if (command == F_OFD_GETLK && looks_refused > 0 && looks_refused--) {
        errno = ENOLCK;
        return -1;
    }
    return (int)syscall(SYS_fcntl64, fd, command, argument);
}

#define ELEMENTS (8 << 20)

static int64_t memory_of(const char *path)
{
    struct stat file;
    CHECK(stat(path, &file) == 0);
    return (int64_t)file.st_blocks * 512;
}

/* A segment with an array that nobody has touched, closed by all. */
static void make_untouched(shoal_context *context, const char *name)
{
    shoal_segment *segment;
    shoal_object *array;
    int64_t shape[] = {ELEMENTS};
    CHECK_STATUS(shoal_create(&segment, context, name, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_array_open(&array, segment, "a", 1, dtype_of("u1"), 1, shape), SHOAL_OK);
    shoal_object_close(array);
    shoal_close(segment);
}

/* What cp, tar -S and rsync -S leave out: every page of zeroes is a hole. */
static void copy_sparsely(const char *from, const char *to)
{
    static const char zeroes[4096];
    char page[4096];
    int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_RDWR, 0600);
    struct stat file;
    CHECK(in >= 0 && out >= 0 && fstat(in, &file) == 0 && ftruncate(out, 0) == 0 && ftruncate(out, file.st_size) == 0);
    for (off_t at = 0; at < file.st_size; at += (off_t)sizeof page) {
        CHECK(pread(in, page, sizeof page, at) == (ssize_t)sizeof page);
        if (memcmp(page, zeroes, sizeof page) != 0)
            CHECK(pwrite(out, page, sizeof page, at) == (ssize_t)sizeof page);
    }
    close(in);
    close(out);
}

static void own_path(char *out, const char *name)
{
    strcpy(out, path_of(name));
}

TEST(a_file_restored_with_holes_gets_its_memory_back_when_it_is_opened)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    char from[400], to[400];
    make_untouched(context, "original");
    own_path(from, "original");
    own_path(to, "copy");
    copy_sparsely(from, to);
    CHECK(memory_of(to) < ELEMENTS / 8);
    CHECK_STATUS(shoal_open(&segment, context, "copy", NULL), SHOAL_OK);
    CHECK(memory_of(to) >= ELEMENTS);
    check_sound(segment);
    shoal_close(segment);
}

TEST(so_does_one_that_was_restored_over_itself)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    char from[400], to[400];
    make_untouched(context, "file");
    own_path(from, "file");
    own_path(to, "backup");
    copy_sparsely(from, to);
    copy_sparsely(to, from);
    CHECK(memory_of(from) < ELEMENTS / 8);
    CHECK_STATUS(shoal_open(&segment, context, "file", NULL), SHOAL_OK);
    CHECK(memory_of(from) >= ELEMENTS);
}

TEST(where_there_is_no_room_for_it_the_open_says_so)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    char from[400], directory[300], to[400];
    make_untouched(context, "original");
    own_path(from, "original");
    snprintf(directory, sizeof directory, "%s/small", scratch_directory);
    CHECK(mkdir(directory, 0700) == 0);
    if (mount("none", directory, "tmpfs", 0, "size=4m") < 0)
        SKIP("needs root to mount a small file system");
    snprintf(to, sizeof to, "%s/copy", directory);
    copy_sparsely(from, to);
    int status = shoal_open(&segment, context, to, NULL);
    const char *said = shoal_error_message();
    CHECK(status == SHOAL_ENOSPACE && strstr(said, "holes"));
    CHECK(umount2(directory, MNT_DETACH) == 0);
}

static void scribble(const char *path, off_t at, uint32_t value)
{
    int fd = open(path, O_RDWR);
    CHECK(fd >= 0 && pwrite(fd, &value, sizeof value, at) == sizeof value && close(fd) == 0);
}

TEST(a_copy_that_is_torn_is_refused_for_writing_and_can_be_read)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    char from[400], to[400];
    make_untouched(context, "original");
    own_path(from, "original");
    own_path(to, "torn");
    copy_sparsely(from, to);
    /* A peer that is in use and dead, with a run in its hands that is not handed out: reaping it had no end. */
    scribble(to, HEADER_BYTES + 5 * (off_t)sizeof(struct peer_sh) + (off_t)offsetof(struct peer_sh, in_use), 1);
    scribble(to, HEADER_BYTES + 5 * (off_t)sizeof(struct peer_sh) + (off_t)offsetof(struct peer_sh, runs), 50);
    CHECK_STATUS(shoal_open(&segment, context, "torn", NULL), SHOAL_ECORRUPT);
    CHECK(strstr(shoal_error_message(), "damaged in"));
    shoal_options_init(&options);
    options.readonly = true;
    CHECK_STATUS(shoal_open(&segment, context, "torn", &options), SHOAL_OK);
    CHECK(shoal_check(segment, NULL, NULL) > 0);
}

/* Of a peer that may be alive or dead neither is taken for granted: what it wrote is not let in without a look. */
TEST(a_copy_is_not_taken_for_one_in_use_because_the_system_does_not_say)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    char from[400], to[400];
    make_untouched(context, "original");
    own_path(from, "original");
    own_path(to, "torn");
    copy_sparsely(from, to);
    scribble(to, HEADER_BYTES + 5 * (off_t)sizeof(struct peer_sh) + (off_t)offsetof(struct peer_sh, in_use), 1);
    scribble(to, HEADER_BYTES + 5 * (off_t)sizeof(struct peer_sh) + (off_t)offsetof(struct peer_sh, runs), 50);
    looks_refused = 1;
    CHECK_STATUS(shoal_open(&segment, context, "torn", NULL), SHOAL_ESYSTEM);
    CHECK(looks_refused == 0 && strstr(shoal_error_message(), strerror(ENOLCK)));
    CHECK_STATUS(shoal_open(&segment, context, "torn", NULL), SHOAL_ECORRUPT);
}

TEST(what_the_last_peer_left_in_peace_is_not_walked_again)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    char path[400];
    make_untouched(context, "file");
    own_path(path, "file");
    off_t at = HEADER_BYTES + 5 * (off_t)sizeof(struct peer_sh) + (off_t)offsetof(struct peer_sh, pins);
    int fd = open(path, O_RDWR);
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at / 4096 * 4096);
    CHECK(fd >= 0 && page != MAP_FAILED);
    volatile uint32_t *pins = (volatile uint32_t *)(page + at % 4096);
    *pins = 0; /* the first store into a page changes the file's time, and no other does */
    CHECK_STATUS(shoal_open(&segment, context, "file", NULL), SHOAL_OK);
    shoal_close(segment);
    *pins = 3;
    CHECK_STATUS(shoal_open(&segment, context, "file", NULL), SHOAL_OK); /* nobody looked: this is how one sees it */
    CHECK(shoal_check(segment, NULL, NULL) > 0);
}

/* A backup whose first page is of a moment of peace, and the rest of another: written back over the file, with its times. */
TEST(a_mark_that_was_written_back_with_the_file_is_not_believed)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    char path[400];
    make_untouched(context, "file");
    own_path(path, "file");
    struct stat before;
    CHECK(stat(path, &before) == 0);
    scribble(path, HEADER_BYTES + 5 * (off_t)sizeof(struct peer_sh) + (off_t)offsetof(struct peer_sh, in_use), 1);
    scribble(path, HEADER_BYTES + 5 * (off_t)sizeof(struct peer_sh) + (off_t)offsetof(struct peer_sh, runs), 50);
    struct timespec times[] = {before.st_atim, before.st_mtim};
    CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
    CHECK_STATUS(shoal_open(&segment, context, "file", NULL), SHOAL_ECORRUPT);
}

TEST(what_a_killed_peer_left_is_walked)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    char path[400];
    make_untouched(context, "killed");
    own_path(path, "killed");
    pid_t child = fork();
    if (child == 0) {
        CHECK_STATUS(shoal_open(&segment, new_context(), "killed", NULL), SHOAL_OK);
        CHECK_STATUS(put(segment, "v", "text", 4), SHOAL_OK);
        raise(SIGKILL);
    }
    CHECK(waitpid(child, NULL, 0) == child);
    scribble(path, HEADER_BYTES + 5 * (off_t)sizeof(struct peer_sh) + (off_t)offsetof(struct peer_sh, pins), 3);
    CHECK_STATUS(shoal_open(&segment, new_context(), "killed", NULL), SHOAL_ECORRUPT);
}
