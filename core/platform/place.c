/*
 * What identifies a file to the running kernel. In a file of its own, which includes linux/stat.h instead of
 * sys/stat.h: no header of musl has struct statx.
 */
#include <fcntl.h>
#include <linux/stat.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/back.h"
#include "platform/file.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

struct place { /* no gaps: it is hashed */
    uint64_t device, inode, born[2], changed[2], boot;
};

/* FNV-1a suffices: no attacker chooses the input, or gains by a collision. */
static uint64_t fold(const void *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char *at = bytes, *end = at + size; at < end; at++)
        hash = (hash ^ *at) * 0x100000001b3u;
    return hash ? hash : 1;
}

static uint64_t read_boot(void)
{
    char id[40] = {0};
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, id, sizeof id);
    shoal__close(fd);
    return got > 0 ? fold(id, sizeof id) : 0;
}

/* The id of the machine's start, hashed: read once, since a process does not outlive it. 0: not known. */
static uint64_t this_boot(void)
{
    static _Atomic uint64_t known;
    uint64_t boot = atomic_load_explicit(&known, memory_order_relaxed);
    if (boot)
        return boot;
    boot = read_boot();
    atomic_store_explicit(&known, boot, memory_order_relaxed);
    return boot;
}

/* A disk reuses inode numbers, so the birth time is hashed, too. The change time is one that no call can set. */
uint64_t shoal__file_place(int fd, uint64_t *committed)
{
    struct statx file;
    struct place place = {0};
    *committed = 0;
    if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_INO | STATX_CTIME | STATX_BTIME | STATX_BLOCKS, &file) < 0 ||
        !(place.boot = this_boot()))
        return 0;
    if (!(file.stx_mask & STATX_BTIME) && !shoal__file_is_memory(fd))
        return 0;
    *committed = file.stx_blocks * 512;
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
