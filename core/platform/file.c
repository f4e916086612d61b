#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* in 32-bit processes too, whatever the build's flags are */

#include "platform/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "platform/process.h"
#include "platform/temporary.h"

/*
 * Move the descriptor above 0, 1 and 2, which the program may have closed: what it writes to its standard output must
 * not go into a segment. Closes `fd` if it moves it.
 */
static int above_standard(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), error = errno;
    close(fd);
    return higher < 0 ? -error : higher;
}

static int open_patiently(const char *path, int flags)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : above_standard(fd);
}

/* 0 for a regular file, else -errno: merely to open a terminal, a tape or a watchdog may have effects. */
static int judge_type(int fd)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return -errno;
    if (S_ISREG(stat.st_mode))
        return 0;
    return S_ISLNK(stat.st_mode) ? -ELOOP : S_ISDIR(stat.st_mode) ? -EISDIR : -ENXIO;
}

static int access_mode(bool readonly)
{
    return (readonly ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_NOCTTY;
}

static _Thread_local struct {
    int folder;     /* descriptor of this thread's fd folder in /proc; 0: not open */
    rlim_t numbers; /* RLIMIT_NOFILE when the folder was opened */
} many;

static rlim_t most_numbers(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void shoal__file_many_begin(void)
{
    int folder = open_patiently(PROC_OWN "/fd", O_PATH | O_DIRECTORY);
    if (folder < 0)
        return;
    many.folder = folder;
    many.numbers = most_numbers();
}

void shoal__file_many_end(void)
{
    if (many.folder)
        close(many.folder);
    many.folder = 0;
}

/* By hand: every attach comes here, and a program that extends printf (as numpy's libraries do) makes it slow. */
static void append_number(char *to, int fd)
{
    char digits[12], *at = digits + sizeof digits - 1;
    *at = 0;
    do
        *--at = (char)('0' + fd % 10);
    while ((fd /= 10) > 0);
    strcat(to, at);
}

static int reopen_one_of_many(int fd, int flags)
{
    char name[12] = "";
    append_number(name, fd);
    int opened = openat(many.folder, name, flags | O_CLOEXEC);
    return opened < 0 ? -errno : above_standard(opened);
}

static int reopen_link(int fd, bool readonly)
{
    char link[40] = PROC_OWN "/fd/", first[40] = PROC_FIRST "/fd/";
    if (many.folder) {
        int opened = reopen_one_of_many(fd, access_mode(readonly));
        if (opened >= 0)
            return opened;
        shoal__file_many_end(); /* its descriptor may be the last that the limit allows: go on without it */
    }
    append_number(link, fd);
    int opened = open_patiently(link, access_mode(readonly));
    if (opened != -ENOENT)
        return opened;
    append_number(first, fd);
    return open_patiently(first, access_mode(readonly));
}

/* Without /proc: open the file by name again, and check that it is the file behind `looked`, which was judged. */
static int open_if_same(const char *path, int looked, bool readonly)
{
    struct stat seen, opened;
    int fd = open_patiently(path, access_mode(readonly) | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    int error = fstat(looked, &seen) < 0 || fstat(fd, &opened) < 0 ? errno : 0;
    if (!error && (seen.st_ino != opened.st_ino || seen.st_dev != opened.st_dev))
        error = ENOENT;
    if (error)
        close(fd);
    return error ? -error : fd;
}

int shoal__file_open(const char *path, bool readonly)
{
    int looked = open_patiently(path, O_PATH | O_NOFOLLOW);
    if (looked < 0)
        return looked;
    int result = judge_type(looked);
    if (!result)
        result = reopen_link(looked, readonly);
    if (result == -ENOENT)
        result = open_if_same(path, looked, readonly);
    close(looked);
    return result;
}

int shoal__file_reopen(int fd, bool readonly)
{
    int error = judge_type(fd);
    return error ? error : reopen_link(fd, readonly);
}

int shoal__file_become(int from, int to)
{
    int result;
    do
        result = dup3(from, to, O_CLOEXEC);
    while (result < 0 && (errno == EINTR || errno == EBUSY)); /* EBUSY: another thread is about to open that number */
    if (result < 0)
        return -errno;
    close(from);
    return to;
}

int shoal__file_open_link(const char *path)
{
    return open_patiently(path, access_mode(false));
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

int shoal__file_make(const char *path)
{
    return open_patiently(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
}

int shoal__file_dup(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return copy < 0 ? -errno : copy;
}

int shoal__file_sync(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

/* Without /proc a nameless file can get neither a name nor a second file description for its byte lock. */
static bool has_proc(void)
{
    return access(PROC_OWN "/fd", F_OK) == 0 || access(PROC_FIRST "/fd", F_OK) == 0;
}

int shoal__file_new(const char *path, char *temporary, size_t capacity)
{
    *temporary = 0;
    if (!path) {
        int fd = memfd_create("shoal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        return fd < 0 ? -errno : above_standard(fd);
    }
    char directory[4096];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + (slash == path) : 1;
    if (length >= sizeof directory)
        return -ENAMETOOLONG;
    memcpy(directory, slash ? path : ".", length);
    directory[length] = 0;
    int fd = has_proc() ? open_patiently(directory, O_TMPFILE | O_RDWR) : -EOPNOTSUPP;
    if (fd >= 0 || (fd != -EOPNOTSUPP && fd != -EISDIR && fd != -EINVAL))
        return fd;
    return shoal__temporary_new(temporary, capacity, path);
}

/* Above the limit (ulimit -f) ftruncate does not only fail: it raises SIGXFSZ, which kills the process. */
static bool above_limit(uint64_t size)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur;
}

int shoal__file_prepare(int fd, uint64_t size, uint32_t mode, int64_t group)
{
    int result;
    if (above_limit(size))
        return -EFBIG;
    do
        result = ftruncate(fd, (off_t)size);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return -errno;
    if (group >= 0 && fchown(fd, (uid_t)-1, (gid_t)group) < 0)
        return -errno;
    return fchmod(fd, (mode_t)mode) < 0 ? -errno : 0;
}

int shoal__file_compare(int fd, uint64_t device, uint64_t inode)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return -errno;
    return stat.st_dev == device && stat.st_ino == inode ? 0 : -EBADF;
}

int shoal__file_list(const char *directory, int (*each)(void *argument, const char *name), void *argument)
{
    int error = 0, stop = 0;
    DIR *open = opendir(directory);
    if (!open)
        return errno == ENOENT ? 0 : -errno;
    while (!stop) {
        errno = 0;
        struct dirent *it = readdir(open);
        error = it ? 0 : -errno;
        stop = it ? each(argument, it->d_name) : 1;
    }
    closedir(open);
    return error;
}

int shoal__file_is_remote(int fd, const char **type)
{
    static const struct {
        uint32_t magic; /* from statfs(2): linux/magic.h lacks some of these */
        const char *name;
    } remote[] = {
        {0x00006969, "NFS"},    {0xff534d42, "CIFS"}, {0xfe534d42, "SMB2"},   {0x0000517b, "SMB"},
        {0x65735546, "FUSE"},   {0x01021997, "9p"},   {0x00c36400, "Ceph"},   {0x5346414f, "AFS"},
        {0x6b414653, "kAFS"},   {0x73757245, "Coda"}, {0x01161970, "GFS2"},   {0x7461636f, "OCFS2"},
        {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"}, {0x786f4256, "vboxsf"}, {0xbacbacbc, "vmhgfs"},
    };
    struct statfs host;
    int result;
    *type = NULL;
    do
        result = fstatfs(fd, &host);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return errno == ENOSYS || errno == EPERM ? 0 : -errno; /* seccomp: says nothing of the file */
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if ((uint32_t)host.f_type == remote[i].magic)
            *type = remote[i].name;
    return 0;
}

bool shoal__file_leaves_room(int fd)
{
    return (rlim_t)fd < (many.folder ? many.numbers : most_numbers()) / 2;
}

void shoal__close(int fd)
{
    if (fd >= 0)
        close(fd);
}

void shoal__close_own(int fd, uint64_t device, uint64_t inode)
{
    if (inode == 0 || shoal__file_compare(fd, device, inode) != -EBADF)
        shoal__close(fd);
}
