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
 * After mlockall(MCL_FUTURE) the kernel fills every new mapping at once, and a segment must not be filled up to its
 * ceiling. We detect this by a new page that is resident although nothing has touched it.
 */
static bool locks_what_it_maps(void)
{
    unsigned char resident = 0;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *probe = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED)
        return false;
    bool locks = mincore(probe, page, &resident) == 0 && (resident & 1);
    munmap(probe, page);
    return locks;
}

/*
 * Map without access first, which fills nothing; then pages are locked when they are touched, as far as the limit
 * allows.
 */
static int lock_on_touch(void *base, size_t size, int protection)
{
    if (mlock2(base, size, MLOCK_ONFAULT) < 0)
        munlock(base, size);
    if (mprotect(base, size, protection) == 0)
        return 0;
    int error = errno;
    munmap(base, size);
    return error;
}

void *shoal__map(int fd, uint64_t size, bool readonly, bool private_copy)
{
    if ((size_t)size != size) { /* too large for a 32-bit process, which would map the size modulo 2^32 */
        map_error = ENOMEM;
        return NULL;
    }
    bool locks = locks_what_it_maps();
    int protection = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
    int flags = (private_copy ? MAP_PRIVATE : MAP_SHARED) | MAP_NORESERVE;
    void *base = mmap(NULL, (size_t)size, locks ? PROT_NONE : protection, flags, fd, 0);
    map_error = base == MAP_FAILED ? errno : locks ? lock_on_touch(base, (size_t)size, protection) : 0;
    if (map_error)
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
