/*
 * What identifies a file to the running kernel. In a file of its own, which includes linux/stat.h instead of
 * sys/stat.h: no header of musl has struct statx.
 */
#include <fcntl.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/back.h"
#include "platform/file.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

struct place { /* no gaps: it is hashed */
    uint64_t device, inode, born[2], changed[2];
    char boot[40];
};

static bool read_boot(char *out, size_t size)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, size);
    shoal__close(fd);
    return got > 0;
}

/* FNV-1a suffices: no attacker chooses the input, or gains by a collision. */
static uint64_t fold(const void *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char *at = bytes, *end = at + size; at < end; at++)
        hash = (hash ^ *at) * 0x100000001b3u;
    return hash ? hash : 1;
}

/* A disk reuses inode numbers, so the birth time is hashed, too. The change time is one that no call can set. */
uint64_t shoal__file_place(int fd)
{
    struct statx file;
    struct place place = {0};
    if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_INO | STATX_CTIME | STATX_BTIME, &file) < 0 ||
        !read_boot(place.boot, sizeof place.boot))
        return 0;
    if (!(file.stx_mask & STATX_BTIME) && !shoal__file_is_memory(fd))
        return 0;
    place.device = (uint64_t)file.stx_dev_major << 32 | file.stx_dev_minor;
    place.inode = file.stx_ino;
    place.changed[0] = (uint64_t)file.stx_ctime.tv_sec;
    place.changed[1] = file.stx_ctime.tv_nsec;
    if (file.stx_mask & STATX_BTIME) {
        place.born[0] = (uint64_t)file.stx_btime.tv_sec;
        place.born[1] = file.stx_btime.tv_nsec;
    }
    return fold(&place, sizeof place);
}
