#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* in 32-bit processes too, whatever the build's flags are */

#include "platform/liveness.h"
#include "platform/file.h"
#include "platform/point.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEER_BYTES ((off_t)1 << 40)   /* + slot of the peer: the offset of its byte */
#define READER_BYTES ((off_t)1 << 41) /* + serial of the object */
#define PAGE_BYTES ((off_t)1 << 43)   /* + page of the heap */
#define READER_COUNT ((off_t)1 << 32)
#define MAKER_BYTE ((off_t)1 << 42)
_Static_assert(sizeof(off_t) == 8, "the bytes lie beyond what 32 bits can say");

static int byte_lock(int fd, int command, short *type, off_t at, off_t length)
{
    struct flock lock = {.l_type = *type, .l_whence = SEEK_SET, .l_start = at, .l_len = length};
    int result;
    do
        result = fcntl(fd, command, &lock);
    while (result < 0 && errno == EINTR);
    *type = lock.l_type;
    return result < 0 ? -errno : 0;
}

/* `fd` if it refers to that inode and the file has `size` bytes; else close it and return -errno. */
static int if_same(int fd, uint64_t device, uint64_t inode, uint64_t size)
{
    struct stat have;
    if (fd < 0)
        return fd;
    int error = fstat(fd, &have) < 0 ? errno : have.st_ino != inode || have.st_dev != device ? ESTALE : 0;
    if (!error && (uint64_t)have.st_size < size)
        error = ENODATA;
    if (error)
        close(fd);
    return error ? -error : fd;
}

/* Reopen through `fd`, which is faster (every fork does this); by name without /proc, or if `fd` is another file's. */
int shoal__life_open(int fd, const char *path, uint64_t device, uint64_t inode, uint64_t size)
{
    int copy = if_same(shoal__file_reopen(fd, false), device, inode, size);
    if (copy >= 0 || copy == -ENODATA)
        return copy;
    int named = path && *path ? if_same(shoal__file_open(path, false), device, inode, size) : -ENOENT;
    return named >= 0 || (copy == -ENOENT && named != -ESTALE) ? named : copy;
}

/* Without a descriptor: by name, or through the mapping in /proc, which the kernel allows to privileged processes. */
int shoal__life_open_mapped(const char *path, const void *base, uint64_t size, uint64_t device, uint64_t inode)
{
    char link[80];
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), end = ((uint64_t)(uintptr_t)base + size + page - 1) / page * page;
    int named = path && *path ? if_same(shoal__file_open(path, false), device, inode, 0) : -ENOENT;
    if (named >= 0)
        return named;
    snprintf(link, sizeof link, "/proc/self/map_files/%llx-%llx", (unsigned long long)(uintptr_t)base,
             (unsigned long long)end);
    return if_same(shoal__file_open_link(link), device, inode, 0);
}

int shoal__life_try(int lock_fd, uint32_t slot)
{
    short type = F_WRLCK;
    return byte_lock(lock_fd, F_OFD_SETLK, &type, PEER_BYTES + slot, 1);
}

int shoal__life_pin_for_child(struct shoal_life *life, int lock_fd)
{
    void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE, MAP_SHARED | MAP_NORESERVE, lock_fd, 0);
    int error = page == MAP_FAILED ? errno : 0;
    close(lock_fd);
    life->page = error ? NULL : page;
    return -error;
}

static int keep(const struct shoal_life *life)
{
    return madvise(life->page, (size_t)sysconf(_SC_PAGESIZE), MADV_DONTFORK) < 0 ? errno : 0;
}

void shoal__life_keep(struct shoal_life *life)
{
    keep(life); /* fails only where it failed for the parent, too, which then was no peer */
}

int shoal__life_pin(struct shoal_life *life, int lock_fd, int other_fd, uint32_t slot)
{
    int error = -shoal__life_pin_for_child(life, lock_fd);
    if (error)
        return -error;
    SHOAL_POINT("life: mapped");
    error = keep(life);
    int held = error ? 0 : shoal__life_ask(other_fd, slot);
    /* held is 0 where a mapping keeps the inode alive, but not the open file description, which owns the lock */
    if (!error && held <= 0)
        error = held ? -held : ENOTSUP;
    if (error)
        shoal__life_end(life);
    return -error;
}

void shoal__life_end(struct shoal_life *life)
{
    if (life->page)
        munmap(life->page, (size_t)sysconf(_SC_PAGESIZE));
    life->page = NULL;
}

void shoal__life_forget(struct shoal_life *life)
{
    life->page = NULL; /* not mapped in the child (MADV_DONTFORK): the address may be in other use by now */
}

int shoal__life_ask(int fd, uint32_t slot)
{
    /* ask as for a shared lock: a stray shared lock of a process that only reads must not look like a live peer */
    short type = F_RDLCK;
    int error = byte_lock(fd, F_OFD_GETLK, &type, PEER_BYTES + slot, 1);
    return error ? error : type != F_UNLCK;
}

uint32_t shoal__life_among(int fd, uint32_t from, uint32_t end)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = PEER_BYTES + from, .l_len = end - from};
    int result;
    do
        result = fcntl(fd, F_OFD_GETLK, &lock);
    while (result < 0 && errno == EINTR);
    if (result == 0 && lock.l_type == F_UNLCK)
        return end;
    return result == 0 && lock.l_start > PEER_BYTES + from ? (uint32_t)(lock.l_start - PEER_BYTES) : from;
}

int shoal__readers_lock(int fd, uint32_t from, uint32_t to, bool take)
{
    short type = take ? F_RDLCK : F_UNLCK;
    return byte_lock(fd, F_OFD_SETLK, &type, READER_BYTES + from, (off_t)to - from + 1);
}

int shoal__pages_note(int fd, uint32_t page, uint32_t pages, bool take)
{
    short type = take ? F_RDLCK : F_UNLCK;
    return byte_lock(fd, F_OFD_SETLK, &type, PAGE_BYTES + page, pages);
}

bool shoal__pages_noted(int fd, uint32_t page, uint32_t pages)
{
    short type = F_WRLCK;
    return byte_lock(fd, F_OFD_GETLK, &type, PAGE_BYTES + page, pages) != 0 || type != F_UNLCK;
}

bool shoal__reader_has(int fd, uint32_t serial)
{
    short type = F_WRLCK;
    return byte_lock(fd, F_OFD_GETLK, &type, READER_BYTES + serial, 1) != 0 || type != F_UNLCK;
}

bool shoal__reader_any(int fd)
{
    short type = F_WRLCK;
    return byte_lock(fd, F_OFD_GETLK, &type, READER_BYTES, READER_COUNT) != 0 || type != F_UNLCK;
}

int shoal__maker_hold(int fd)
{
    short type = F_WRLCK;
    return byte_lock(fd, F_OFD_SETLK, &type, MAKER_BYTE, 1);
}

void shoal__maker_is_done(int fd)
{
    short type = F_UNLCK;
    byte_lock(fd, F_OFD_SETLK, &type, MAKER_BYTE, 1);
}

/* Take a shared lock, so that shared locks of other processes that may only read the file do not conflict. */
int shoal__maker_is_dead(int fd)
{
    short type = F_RDLCK;
    return byte_lock(fd, F_OFD_SETLK, &type, PEER_BYTES, MAKER_BYTE + 1 - PEER_BYTES);
}
