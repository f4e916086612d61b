/* Memory, or disk blocks, for files: backed before they are touched, and punched. */
#undef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* in 32-bit processes too, whatever the build's flags are */

#include "platform/back.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LEAST_PIECE ((uint64_t)256 << 10)
/*
 * The unit in which a file on a disk is backed and punched: with large folios in the page cache, the first store into
 * any page of a folio asks the file system for the blocks of the whole folio. Where pages have 4096 bytes no folio is
 * larger than this, and folios begin at multiples of their size.
 */
#define FOLIO (UINT64_C(2) << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

bool shoal__file_is_memory(int fd)
{
    struct statfs host;
    if (fstatfs(fd, &host) < 0)
        return false;
    /* f_type is an int where long has 32 bits, and HUGETLBFS_MAGIC does not fit an int */
    unsigned type = (unsigned)host.f_type;
    return type == TMPFS_MAGIC || type == HUGETLBFS_MAGIC;
}

/*
 * Older kernels undo all of a request when a signal interrupts it, so under a fast timer a long request would never be
 * finished: after an interruption we ask for smaller pieces.
 */
static int reserve(int fd, uint64_t offset, uint64_t size)
{
    uint64_t piece = size;
    while (size > 0) {
        uint64_t some = size < piece ? size : piece;
        int error = posix_fallocate(fd, (off_t)offset, (off_t)some);
        if (error && error != EINTR)
            return -error;
        if (error) {
            piece = some / 2 > LEAST_PIECE ? some / 2 : LEAST_PIECE;
            continue;
        }
        offset += some;
        size -= some;
    }
    return 0;
}

static int write_zeroes(int fd, uint64_t offset, uint64_t size)
{
    static const char zeroes[1 << 16];
    while (size > 0) {
        ssize_t done = pwrite(fd, zeroes, size < sizeof zeroes ? (size_t)size : sizeof zeroes, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -ENOSPC;
        offset += (uint64_t)done;
        size -= (uint64_t)done;
    }
    return 0;
}

/* Extend the range to whole folios, as far as the file goes. */
static int widen(int fd, uint64_t *offset, uint64_t *size)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return -errno;
    uint64_t end = *offset + *size, folio_end = (end + FOLIO - 1) / FOLIO * FOLIO;
    uint64_t file_end = folio_end < (uint64_t)stat.st_size ? folio_end : (uint64_t)stat.st_size;
    *offset = *offset / FOLIO * FOLIO;
    *size = (file_end > end ? file_end : end) - *offset;
    return 0;
}

/*
 * On a disk fallocate is not enough: the first store into a range that it reserved makes the file system split an
 * extent, and if there is no room for that, the store is a SIGBUS. So we ask the kernel to do for every page what such
 * a store would do, and to return an error instead of a signal. Kernels before 5.14 cannot: there we only reserve.
 */
static int touch(int fd, unsigned char *base, uint64_t offset, uint64_t size)
{
    int error;
    do
        error = madvise(base + offset, (size_t)size, MADV_POPULATE_WRITE) < 0 ? errno : 0;
    while (error == EINTR);
    if (error == EINVAL)
        return reserve(fd, offset, size);
    return error == EFAULT ? -ENOSPC : -error;
}

int shoal__file_commit(int fd, void *base, uint64_t offset, uint64_t size)
{
    if (shoal__file_is_memory(fd))
        return reserve(fd, offset, size);
    int error = widen(fd, &offset, &size);
    if (error)
        return error;
    return base ? touch(fd, base, offset, size) : write_zeroes(fd, offset, size);
}

/* RLIMIT_FSIZE does not bind fallocate; a write beyond it is a signal that ends the process. */
static bool may_write_to(uint64_t end)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= end);
}

int shoal__file_fill(int fd, uint64_t offset, const void *bytes, uint64_t size)
{
    if (!shoal__file_is_memory(fd) || !may_write_to(offset + size))
        return 1;
    for (uint64_t done = 0; done < size;) {
        ssize_t some = pwrite(fd, (const char *)bytes + done, (size_t)(size - done), (off_t)(offset + done));
        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0)
            return some < 0 && (errno == ENOSPC || errno == ENOMEM || errno == EDQUOT) ? -errno : 1;
        done += (uint64_t)some;
    }
    return 0;
}

int shoal__file_fill_holes(int fd, void *base, uint64_t offset, uint64_t size, uint64_t *clear)
{
    int error = shoal__file_is_memory(fd) ? 0 : widen(fd, &offset, &size);
    uint64_t end = offset + size;
    while (!error && offset < end && *clear < end) {
        off_t hole = lseek(fd, (off_t)offset, SEEK_HOLE);
        if (hole < 0 && (errno == EINVAL || errno == EOPNOTSUPP))
            hole = (off_t)offset; /* this file system does not report holes: treat the whole range as one */
        if (hole < 0)
            return -errno;
        *clear = (uint64_t)hole;
        if (*clear >= end)
            break;
        off_t data = lseek(fd, hole, SEEK_DATA);
        uint64_t stop = data < 0 || (uint64_t)data > end ? end : (uint64_t)data;
        error = shoal__file_commit(fd, base, (uint64_t)hole, stop - (uint64_t)hole);
        if (!error)
            *clear = offset = stop;
    }
    return error;
}

int shoal__file_punch(int fd, uint64_t offset, uint64_t size)
{
    int result;
    uint64_t asked = size;
    if (!shoal__file_is_memory(fd)) { /* whole folios only: part of one may be in use */
        uint64_t end = (offset + size) / FOLIO * FOLIO;
        offset = (offset + FOLIO - 1) / FOLIO * FOLIO;
        size = end > offset ? end - offset : 0;
    }
    if (size == 0)
        return asked > 0;
    do
        result = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : size < asked;
}

uint64_t shoal__file_free_space(int fd)
{
    struct statvfs space;
    return fstatvfs(fd, &space) < 0 ? 0 : (uint64_t)space.f_bavail * space.f_frsize;
}

bool shoal__file_holds(int fd, uint64_t bytes)
{
    struct stat stat;
    struct statfs host;
    if (fstatfs(fd, &host) < 0 || host.f_type != TMPFS_MAGIC || fstat(fd, &stat) < 0)
        return true;
    return (uint64_t)stat.st_blocks * 512 >= bytes;
}
