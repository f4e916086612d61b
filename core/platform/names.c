#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* in 32-bit processes too, whatever the build's flags are */

/* Names of files: given once, and unlinked only if they are those of the file that was checked. */
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

/* then: 16 hexadecimal digits of the inode that it should have, '-', 16 random ones, '-', the name it had */
#define ASIDE ".shoal-old-"
#define ASIDE_HEAD (strlen(ASIDE) + 16 + 1 + 16 + 1)
#define ASIDE_TRIES 8
#define LONGEST_NAME 255
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1u
#endif

/* -EEXIST if the new name is taken; -EOPNOTSUPP where the kernel or the file system cannot promise to notice that. */
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

/* A remote file system may interrupt or repeat the call: what counts is which file has the name afterwards. */
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

/* Without renameat2 the file has two names for a moment. A death then leaves both: shoal__file_drop_spares. */
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

/* A file without a name replaces another by way of a temporary name: a death between the two steps leaves that. */
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

/* A file moved aside whose inode is that of this very file was to be unlinked, or has its name back: see put_back. */
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
        unlink(path); /* what its creator does next, if it is alive */
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
 * The name of a file moved aside says which inode it should have, and which name it had, if that fits. Nobody can
 * predict the name: in a directory that all may write to, a file of that name would block the owner, who may not unlink
 * it.
 */
static int aside_of(char *aside, size_t capacity, const char *path, uint64_t inode)
{
    uint64_t random;
    if (shoal__random(&random, sizeof random) < 0)
        return -EEXIST; /* no name that is surely free */
    int directory = shoal__directory_length(path);
    const char *name = path + directory;
    bool fits = ASIDE_HEAD + strlen(name) <= LONGEST_NAME;
    int length = snprintf(aside, capacity, "%.*s" ASIDE "%016llx-%016llx-%s", directory, path,
                          (unsigned long long)inode, (unsigned long long)random, fits ? name : "");
    return length < 0 || (size_t)length >= capacity ? -ENAMETOOLONG : 0;
}

/* Nobody but us knows the other name, so without renameat2 a check before is enough. */
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
    unlink(aside); /* a death between the two leaves two names: shoal__file_drop_spares */
    return 0;
}

/* A file that cannot be checked or unlinked goes back; if it is gone, others have tidied up. */
static int undo(const char *aside, const char *path, int error)
{
    return put_back(aside, path) == -ENOENT ? 0 : error;
}

/*
 * The file lies aside: unlink it, or put it back. Doing this twice, or in two processes at once, has the same result.
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
 * The name aside is longer for a moment, which may need room in the directory; and any name may be taken. Then only the
 * check before unlinking remains.
 */
static bool cannot_move_aside(int error)
{
    return error == -ENOSPC || error == -EDQUOT || error == -ENAMETOOLONG || error == -EMLINK || error == -EEXIST;
}

/* Reads 16 digits and '-' at `text`. Returns what comes after them, or NULL. */
static const char *read_digits(uint64_t *out, const char *text)
{
    char *end;
    if (strspn(text, "0123456789abcdef") != 16 || text[16] != '-')
        return NULL;
    *out = strtoull(text, &end, 16);
    return end + 1;
}

/* Reads the name that the file had ("" if that did not fit), and which inode it should have. */
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
        return -ENOENT; /* of another user, who may have it there for reasons of their own */
    return stat.st_ino == inode || *had ? settle(aside, back, stat.st_dev, inode) : -ENOENT;
}

struct unfinished {
    const char *path;
    bool known; /* whether device and inode are known */
    uint64_t device, inode;
    int result;
    bool found;
};

/* Whoever the owner is: the file is the one that is meant. */
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
        return finish_all(&of); /* the process that moved it aside could not go on, or died */
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
