/* Mapping files into memory. */
#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* in 32-bit processes too, whatever the build's flags are */

#include "platform/map.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static _Thread_local int map_error;

/*
 * Map without access first, which fills nothing: after mlockall(MCL_FUTURE) the kernel fills every new mapping that has
 * access, and a segment must not be filled up to its ceiling. A shared mapping that gets access later is not filled; a
 * private one that gets write access is, if it is locked.
 */
static void *map_unfilled(int fd, size_t size, int protection, int flags)
{
    void *base = mmap(NULL, size, PROT_NONE, flags, fd, 0);
    map_error = base == MAP_FAILED ? errno : 0;
    if (map_error)
        return NULL;
    if (flags & MAP_PRIVATE)
        munlock(base, size);
    if (mprotect(base, size, protection) == 0)
        return base;
    map_error = errno;
    munmap(base, size);
    return NULL;
}

void *shoal__map(int fd, uint64_t size, bool readonly, bool private_copy)
{
    if ((size_t)size != size) { /* too large for a 32-bit process, which would map the size modulo 2^32 */
        map_error = ENOMEM;
        return NULL;
    }
    int flags = (private_copy ? MAP_PRIVATE : MAP_SHARED) | MAP_NORESERVE;
    void *base = map_unfilled(fd, (size_t)size, readonly ? PROT_READ : PROT_READ | PROT_WRITE, flags);
    if (!base)
        return NULL;
    madvise(base, (size_t)size, MADV_DONTDUMP); /* to write it to a core dump would delay the proof of our death */
    return base;
}

int shoal__map_over(void *base, uint64_t size, int fd)
{
    void *same = mmap(base, (size_t)size, PROT_READ, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd, 0);
    if (same == MAP_FAILED)
        return -errno;
    madvise(same, (size_t)size, MADV_DONTDUMP);
    return 0;
}

int shoal__map_error(void)
{
    return map_error;
}

void shoal__unmap(void *base, uint64_t size)
{
    munmap(base, (size_t)size);
}

void shoal__forbid(void *base, uint64_t size)
{
    if (mprotect(base, (size_t)size, PROT_NONE) < 0)
        mmap(base, (size_t)size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}
