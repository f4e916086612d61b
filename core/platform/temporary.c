#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* in 32-bit processes too, whatever the build's flags are */

/* Implements docs/recovery.md, "Creation". */
#include "platform/temporary.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/liveness.h"
#include "platform/names.h"
#include "platform/point.h"
#include "platform/process.h"

#define TEMPORARY ".shoal-new-" /* then a random number in 16 hexadecimal digits */
#define TRIES 8

bool shoal__is_temporary(const char *file)
{
    size_t head = strlen(TEMPORARY);
    return strncmp(file, TEMPORARY, head) == 0 && strspn(file + head, "0123456789abcdef") == 16 && !file[head + 16];
}

int shoal__temporary_name(char *temporary, size_t capacity, const char *path)
{
    uint64_t random;
    int error = shoal__random(&random, sizeof random);
    if (error)
        return -EIO;
    int length = snprintf(temporary, capacity, "%.*s" TEMPORARY "%016llx", shoal__directory_length(path), path,
                          (unsigned long long)random);
    return length < 0 || (size_t)length >= capacity ? -ENAMETOOLONG : 0;
}

/* Lock the new file, and check that a sweeper which came before the lock has not unlinked the name. */
static int hold(int fd, const char *temporary)
{
    struct shoal_stat stat;
    int error = shoal__maker_hold(fd);
    if (!error)
        error = shoal__file_stat(fd, &stat);
    return error ? error : shoal__file_named(temporary, stat.device, stat.inode);
}

int shoal__temporary_new(char *temporary, size_t capacity, const char *path)
{
    int error = -EAGAIN;
    for (int tries = 0; tries < TRIES && (error == -EAGAIN || error == -EACCES || error == -ENOENT); tries++) {
        error = shoal__temporary_name(temporary, capacity, path);
        int fd = error ? error : shoal__file_make(temporary);
        if (fd < 0) {
            *temporary = 0;
            return fd;
        }
        SHOAL_POINT("temporary: made, not locked");
        error = hold(fd, temporary);
        if (!error)
            return fd;
        unlink(temporary);
        shoal__close(fd);
    }
    *temporary = 0;
    return error;
}

/*
 * Once we hold the lock no maker goes on with that file. Its name is random and not used again: no other file gets it.
 */
static int sweep(const char *path, int fd)
{
    struct shoal_stat stat;
    int error = shoal__file_stat(fd, &stat);
    if (!error)
        error = shoal__maker_is_dead(fd);
    if (!error)
        error = shoal__file_named(path, stat.device, stat.inode);
    SHOAL_POINT("temporary: its maker is dead");
    if (!error)
        error = unlink(path) < 0 ? -errno : 0;
    return error;
}

int shoal__temporary_sweep(const char *beside, const char *file)
{
    char path[4096];
    struct stat stat;
    if (!shoal__is_temporary(file) ||
        snprintf(path, sizeof path, "%.*s%s", shoal__directory_length(beside), beside, file) >= (int)sizeof path)
        return -ENOENT;
    if (lstat(path, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_uid != shoal__user_id())
        return -ENOENT; /* not ours to touch: another user's, or no regular file */
    int fd = shoal__file_open(path, true);
    if (fd < 0)
        return fd;
    int error = sweep(path, fd);
    shoal__close(fd);
    return error;
}
