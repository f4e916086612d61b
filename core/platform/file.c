#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* in 32-bit processes too, whatever builds us */

#include "platform/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "platform/point.h"
#include "platform/process.h"

int shoal__file_open(const char *path, bool readonly)
{
    int fd = open(path, (readonly ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int shoal__file_reopen(int fd, bool readonly)
{
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int copy = open(link, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
    return copy < 0 ? -errno : copy;
}

int shoal__file_replace(int fd, bool readonly)
{
    int copy = shoal__file_reopen(fd, readonly);
    if (copy < 0)
        return copy;
    int result = dup3(copy, fd, O_CLOEXEC) < 0 ? -errno : fd;
    close(copy);
    return result;
}

int shoal__file_stat(int fd, struct shoal_stat *out)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return -errno;
    *out = (struct shoal_stat){.device = stat.st_dev,
                               .inode = stat.st_ino,
                               .size = (uint64_t)stat.st_size,
                               .committed = (uint64_t)stat.st_blocks * 512,
                               .owner = stat.st_uid,
                               .mode = stat.st_mode & 07777,
                               .links = (uint32_t)stat.st_nlink,
                               .regular = S_ISREG(stat.st_mode),
                               .directory = S_ISDIR(stat.st_mode)};
    return 0;
}

int shoal__file_read(int fd, void *out, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, (char *)out + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -ENODATA;
        done += (size_t)got;
    }
    return 0;
}

static int named_temporary(const char *path, char *temporary, size_t capacity)
{
    uint64_t random;
    if (shoal__random(&random, sizeof random) < 0)
        return -EIO;
    const char *slash = strrchr(path, '/');
    int directory = slash ? (int)(slash - path + 1) : 0;
    if ((size_t)snprintf(temporary, capacity, "%.*s.shoal-new-%016llx", directory, path, (unsigned long long)random) >=
        capacity)
        return -ENAMETOOLONG;
    int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        *temporary = 0;
    return fd < 0 ? -errno : fd;
}

int shoal__file_new(const char *path, char *temporary, size_t capacity)
{
    *temporary = 0;
    if (!path) {
        int fd = memfd_create("shoal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        return fd < 0 ? -errno : fd;
    }
    char directory[4096];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + (slash == path) : 1;
    if (length >= sizeof directory)
        return -ENAMETOOLONG;
    memcpy(directory, slash ? path : ".", length);
    directory[length] = 0;
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
        return -errno;
    return named_temporary(path, temporary, capacity);
}

int shoal__file_prepare(int fd, uint64_t size, uint32_t mode, int64_t group)
{
    if (ftruncate(fd, (off_t)size) < 0)
        return -errno;
    if (group >= 0 && fchown(fd, (uid_t)-1, (gid_t)group) < 0)
        return -errno;
    return fchmod(fd, (mode_t)mode) < 0 ? -errno : 0;
}

int shoal__file_publish(int fd, const char *path, const char *temporary)
{
    if (*temporary) { /* a death between the two leaves a spare name of a whole segment, harmless */
        int result = link(temporary, path) < 0 ? -errno : 0;
        SHOAL_POINT("create: two names");
        unlink(temporary);
        return result;
    }
    char self[40];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno == ENOENT && linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0) /* no /proc, but privileged */
        return 0;
    return -errno;
}

void shoal__file_discard(const char *temporary)
{
    if (*temporary)
        unlink(temporary);
}

int shoal__file_unlink(const char *path)
{
    return unlink(path) < 0 ? -errno : 0;
}

bool shoal__file_exists(const char *path)
{
    struct stat stat;
    return lstat(path, &stat) == 0;
}

bool shoal__file_same(int fd, uint64_t device, uint64_t inode)
{
    struct stat stat;
    return fstat(fd, &stat) == 0 && stat.st_dev == device && stat.st_ino == inode;
}

bool shoal__file_is(const char *path, uint64_t device, uint64_t inode)
{
    struct stat stat;
    return lstat(path, &stat) == 0 && stat.st_dev == device && stat.st_ino == inode;
}

int shoal__file_list(const char *directory, int (*each)(void *argument, const char *name), void *argument)
{
    int result = 0;
    DIR *open = opendir(directory);
    for (struct dirent *it; result == 0 && open && (it = readdir(open));)
        result = each(argument, it->d_name);
    if (open)
        closedir(open);
    return result;
}

int shoal__file_commit(int fd, uint64_t offset, uint64_t size)
{
    int error;
    do
        error = posix_fallocate(fd, (off_t)offset, (off_t)size);
    while (error == EINTR);
    return -error;
}

int shoal__file_punch(int fd, uint64_t offset, uint64_t size)
{
    int result;
    do
        result = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

uint64_t shoal__file_free_space(int fd)
{
    struct statvfs space;
    return fstatvfs(fd, &space) < 0 ? 0 : (uint64_t)space.f_bavail * space.f_frsize;
}

static _Thread_local int map_error;

void *shoal__map(int fd, uint64_t size, bool readonly, bool private_copy)
{
    if ((size_t)size != size) { /* a 32-bit process, which would get the rest of a division */
        map_error = ENOMEM;
        return NULL;
    }
    int protection = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
    int flags = (private_copy ? MAP_PRIVATE : MAP_SHARED) | MAP_NORESERVE;
    void *base = mmap(NULL, (size_t)size, protection, flags, fd, 0);
    if (base == MAP_FAILED) {
        map_error = errno;
        return NULL;
    }
    madvise(base, (size_t)size, MADV_DONTDUMP); /* a core dump of it would delay everybody's proof of our death */
    return base;
}

int shoal__map_error(void)
{
    return map_error;
}

void shoal__unmap(void *base, uint64_t size)
{
    munmap(base, (size_t)size);
}

void shoal__close(int fd)
{
    if (fd >= 0)
        close(fd);
}
