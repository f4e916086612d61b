#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* in 32-bit processes too, whatever the build's flags are */

/* Names of files: a name is given without replacing another, and unlinked only if it is the checked file's. */
#include "platform/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/liveness.h"
#include "platform/point.h"
#include "platform/process.h"
#include "platform/temporary.h"

/*
 * Begins the name of a file moved aside; then 16 hex digits: the inode expected, '-', 16 random ones, '-', the old name
 */
#define ASIDE ".shoal-old-"
#define ASIDE_HEAD (strlen(ASIDE) + 16 + 1 + 16 + 1)
#define ASIDE_TRIES 8
#define LONGEST_NAME 255
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1u
#endif

/*
 * -EEXIST if the new name is taken; -EOPNOTSUPP where the kernel or the file system cannot rename only to a free name.
 */
static int rename_new(const char *from, const char *to)
{
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == ENOSYS || errno == EINVAL ? -EOPNOTSUPP : -errno;
}

int shoal__directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash - path + 1) : 0;
}

/* ---- Give ---- */

/* A remote file system may interrupt or repeat linkat, so we check which file has the name afterwards. */
static int give_name(int fd, const char *from, const char *path)
{
    int error;
    struct stat ours;
    bool given = false;
    do {
        error = linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0 ? errno : 0;
        given = !error || (fstat(fd, &ours) == 0 && shoal__file_is(path, ours.st_dev, ours.st_ino));
    } while (error == EINTR && !given);
    return given ? 0 : -error;
}

/* Without renameat2 the file has two names for a moment. A death in between leaves both to shoal__file_drop_spares. */
static int give_second_name(int fd, const char *path, const char *temporary)
{
    int result = give_name(fd, temporary, path);
    SHOAL_POINT("create: two names");
    unlink(temporary);
    return result;
}

static int give_other_name(int fd, const char *path, const char *temporary)
{
    int error;
    struct stat ours;
    do
        error = rename_new(temporary, path);
    while (error == -EINTR);
    if (error == -EOPNOTSUPP)
        return give_second_name(fd, path, temporary);
    if (error && fstat(fd, &ours) == 0 && shoal__file_is(path, ours.st_dev, ours.st_ino))
        return 0;
    if (error)
        unlink(temporary);
    return error;
}

static int give_first_name(int fd, const char *path)
{
    char self[40];
    snprintf(self, sizeof self, PROC_OWN "/fd/%d", fd);
    int error = give_name(fd, self, path);
    if (error != -ENOENT)
        return error;
    snprintf(self, sizeof self, PROC_FIRST "/fd/%d", fd);
    return give_name(fd, self, path);
}

int shoal__file_publish(int fd, const char *path, const char *temporary)
{
    int error = *temporary ? give_other_name(fd, path, temporary) : give_first_name(fd, path);
    if (*temporary)
        shoal__maker_is_done(fd);
    return error;
}

void shoal__file_discard(const char *temporary)
{
    if (*temporary)
        unlink(temporary);
}

/* Replace the file `path`. A nameless file first gets a temporary name, which a death between the two steps leaves. */
static int replace(int fd, const char *path, const char *temporary)
{
    char name[4096];
    int error = 0;
    snprintf(name, sizeof name, "%s", temporary);
    if (!*name) {
        error = shoal__temporary_name(name, sizeof name, path);
        if (!error)
            error = shoal__maker_hold(fd);
        if (!error)
            error = give_first_name(fd, name);
        if (error)
            return error;
    }
    SHOAL_POINT("backup: has a temporary name");
    if (rename(name, path) < 0) {
        error = -errno;
        unlink(name);
    }
    return error;
}

int shoal__file_settle(int fd, const char *path, const char *temporary, bool overwrite)
{
    return overwrite ? replace(fd, path, temporary) : shoal__file_publish(fd, path, temporary);
}

struct spares {
    const char *path;
    uint64_t device, inode;
};

/* Is `file` a temporary name, or a name aside of this inode, left by a death before its unlink or within put_back? */
static bool is_spare(const char *file, uint64_t inode)
{
    char aside[40];
    int length = snprintf(aside, sizeof aside, ASIDE "%016llx-", (unsigned long long)inode);
    return shoal__is_temporary(file) || strncmp(file, aside, (size_t)length) == 0;
}

static int drop_if_spare(void *argument, const char *file)
{
    char path[4096];
    const struct spares *of = argument;
    if (!is_spare(file, of->inode))
        return 0;
    int length = snprintf(path, sizeof path, "%.*s%s", shoal__directory_length(of->path), of->path, file);
    if (length > 0 && (size_t)length < sizeof path && shoal__file_is(path, of->device, of->inode))
        unlink(path); /* its creator would do the same next, if it is alive */
    return 0;
}

void shoal__file_drop_spares(const char *path, uint64_t device, uint64_t inode)
{
    char directory[4096];
    struct spares of = {path, device, inode};
    int length = shoal__directory_length(path);
    if (length > 0 && snprintf(directory, sizeof directory, "%.*s", length, path) < (int)sizeof directory)
        shoal__file_list(directory, drop_if_spare, &of);
}

/* ---- Unlink ---- */

int shoal__file_exists(const char *path)
{
    struct stat stat;
    if (lstat(path, &stat) == 0)
        return 1;
    return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

bool shoal__file_is(const char *path, uint64_t device, uint64_t inode)
{
    return shoal__file_named(path, device, inode) == 0;
}

int shoal__file_named(const char *path, uint64_t device, uint64_t inode)
{
    struct stat stat;
    if (lstat(path, &stat) < 0)
        return -errno;
    return stat.st_dev == device && stat.st_ino == inode ? 0 : -ENOENT;
}

/*
 * Make the name for a file moved aside: it has the inode that the file should have, and the old name, if that fits. The
 * name must be unpredictable: in a directory that all may write to, another user could otherwise block it with a file
 * that this user may not unlink.
 */
static int aside_of(char *aside, size_t capacity, const char *path, uint64_t inode)
{
    uint64_t random;
    if (shoal__random(&random, sizeof random) < 0)
        return -EEXIST; /* as if the name were taken: without random digits it is predictable */
    int directory = shoal__directory_length(path);
    const char *name = path + directory;
    bool fits = ASIDE_HEAD + strlen(name) <= LONGEST_NAME;
    int length = snprintf(aside, capacity, "%.*s" ASIDE "%016llx-%016llx-%s", directory, path,
                          (unsigned long long)inode, (unsigned long long)random, fits ? name : "");
    return length < 0 || (size_t)length >= capacity ? -ENAMETOOLONG : 0;
}

/* No other process knows the name `to`, so without renameat2 it is enough to check first that it is free. */
static int rename_to_free(const char *from, const char *to)
{
    int error = rename_new(from, to);
    if (error != -EOPNOTSUPP)
        return error;
    int exists = shoal__file_exists(to);
    if (exists)
        return exists < 0 ? exists : -EEXIST;
    return rename(from, to) < 0 ? -errno : 0;
}

static int move_aside(char *aside, size_t capacity, const char *path, uint64_t inode)
{
    int error = -EEXIST;
    for (int tries = 0; error == -EEXIST && tries < ASIDE_TRIES; tries++) {
        error = aside_of(aside, capacity, path, inode);
        if (!error)
            error = rename_to_free(path, aside);
    }
    return error;
}

static int put_back(const char *aside, const char *path)
{
    int error = rename_new(aside, path);
    if (error != -EOPNOTSUPP)
        return error;
    if (link(aside, path) < 0)
        return -errno;
    unlink(aside); /* a death before this leaves two names to shoal__file_drop_spares */
    return 0;
}

/* Put back a file that cannot be checked or unlinked. If it is gone, another process has unlinked or restored it: 0. */
static int undo(const char *aside, const char *path, int error)
{
    return put_back(aside, path) == -ENOENT ? 0 : error;
}

/*
 * Unlink the file moved aside if it is the one that was meant, else put it back. Twice, or in two processes at once,
 * this has the same result as once.
 */
static int settle(const char *aside, const char *path, uint64_t device, uint64_t inode)
{
    struct stat stat;
    if (lstat(aside, &stat) < 0)
        return undo(aside, path, -errno);
    if (stat.st_dev == device && stat.st_ino == inode)
        return unlink(aside) == 0 ? 0 : undo(aside, path, -errno);
    int error = put_back(aside, path);
    return error && error != -ENOENT ? error : -ENOENT;
}

/*
 * Does this error mean that the file can't be renamed? The name aside is longer and may need room in the directory, or
 * be too long, or every name tried was taken. Then the file is unlinked under its own name, right after the check.
 */
static bool cannot_move_aside(int error)
{
    return error == -ENOSPC || error == -EDQUOT || error == -ENAMETOOLONG || error == -EMLINK || error == -EEXIST;
}

/* Read 16 hexadecimal digits and '-' at `text`. Returns the text after them, or NULL. */
static const char *read_digits(uint64_t *out, const char *text)
{
    char *end;
    if (strspn(text, "0123456789abcdef") != 16 || text[16] != '-')
        return NULL;
    *out = strtoull(text, &end, 16);
    return end + 1;
}

/* Split the name of a file moved aside: the inode expected, and the name that the file had ("" if that did not fit). */
static bool read_aside(const char *file, uint64_t *inode, const char **had)
{
    uint64_t random;
    if (strncmp(file, ASIDE, strlen(ASIDE)) != 0)
        return false;
    const char *rest = read_digits(inode, file + strlen(ASIDE));
    *had = rest ? read_digits(&random, rest) : NULL;
    return *had != NULL;
}

int shoal__file_tidy(const char *beside, const char *file)
{
    char aside[4096], back[4096];
    const char *had;
    uint64_t inode;
    struct stat stat;
    int directory = shoal__directory_length(beside);
    if (shoal__is_temporary(file))
        return shoal__temporary_sweep(beside, file);
    if (!read_aside(file, &inode, &had) ||
        snprintf(aside, sizeof aside, "%.*s%s", directory, beside, file) >= (int)sizeof aside ||
        snprintf(back, sizeof back, "%.*s%s", directory, beside, had) >= (int)sizeof back)
        return -ENOENT;
    if (lstat(aside, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_uid != shoal__user_id())
        return -ENOENT; /* not ours to touch: another user's, or no regular file */
    return stat.st_ino == inode || *had ? settle(aside, back, stat.st_dev, inode) : -ENOENT;
}

struct unfinished {
    const char *path;
    bool known; /* whether device and inode are known */
    uint64_t device, inode;
    int result;
    bool found;
};

/* No check of the owner: inode and device prove that the file is the one that is meant. */
static int settle_known(const struct unfinished *of, const char *file)
{
    char aside[4096];
    int length = snprintf(aside, sizeof aside, "%.*s%s", shoal__directory_length(of->path), of->path, file);
    if (length < 0 || (size_t)length >= sizeof aside || !shoal__file_is(aside, of->device, of->inode))
        return -ENOENT;
    return settle(aside, of->path, of->device, of->inode);
}

static int finish(void *argument, const char *file)
{
    const char *had;
    uint64_t inode;
    struct unfinished *of = argument;
    if (shoal__is_temporary(file))
        shoal__temporary_sweep(of->path, file);
    if (!read_aside(file, &inode, &had))
        return 0;
    bool named = strcmp(had, of->path + shoal__directory_length(of->path)) == 0;
    int result = -ENOENT;
    if (of->known && inode == of->inode && (named || !*had))
        result = settle_known(of, file);
    else if (!of->known && named)
        of->found = true, result = shoal__file_tidy(of->path, file);
    if (result != -ENOENT && of->result != 0)
        of->result = result;
    return 0;
}

static int finish_all(struct unfinished *of)
{
    char directory[4096];
    int length = shoal__directory_length(of->path);
    if (snprintf(directory, sizeof directory, "%.*s", length ? length : 1, length ? of->path : ".") <
        (int)sizeof directory)
        shoal__file_list(directory, finish, of);
    return of->result;
}

int shoal__file_finish(const char *path)
{
    struct unfinished of = {.path = path, .result = -ENOENT};
    int result = finish_all(&of);
    return result && of.found ? SHOAL_MAY_BE_BACK : result ? -ENOENT : 0;
}

int shoal__file_take_away(const char *path, uint64_t device, uint64_t inode)
{
    char aside[4096];
    struct unfinished of = {path, true, device, inode, -ENOENT, false};
    int error = shoal__file_named(path, device, inode);
    if (error == -ENOENT)
        return finish_all(&of); /* perhaps a process moved it aside and failed or died */
    if (error)
        return error;
    SHOAL_POINT("unlink: judged");
    error = move_aside(aside, sizeof aside, path, inode);
    if (cannot_move_aside(error))
        return unlink(path) < 0 ? -errno : 0;
    if (error)
        return error;
    SHOAL_POINT("unlink: aside");
    return settle(aside, path, device, inode);
}
