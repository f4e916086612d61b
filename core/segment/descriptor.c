/* The descriptor of a segment's file, whose number belongs to the whole process. */
#include "segment/descriptor.h"

#include <errno.h>
#include <string.h>

#include "platform/back.h"
#include "platform/file.h"
#include "value/status.h"

int shoal__descriptor(const struct shoal_segment *segment)
{
    _Atomic int *fd = (_Atomic int *)&segment->fd;
    int old = atomic_load(fd), error = shoal__file_compare(old, segment->device, segment->inode);
    if (error != -EBADF || segment->readonly)
        return error; /* a peer's descriptor that is ours, or may be, is not replaced: that would leak it */
    int new = shoal__life_open_mapped(segment->path, segment->base, segment->is.size, segment->device, segment->inode);
    if (new >= 0 && !atomic_compare_exchange_strong(fd, &old, new))
        shoal__close(new); /* another thread was faster */
    return shoal__file_compare(atomic_load(fd), segment->device, segment->inode);
}

bool shoal__may_hold(const struct shoal_segment *segment, uint64_t bytes)
{
    /* The first "no" may be about another file under our number: shoal__descriptor then opens ours again. */
    return shoal__file_holds(segment->fd, bytes) || shoal__descriptor(segment) < 0 ||
           shoal__file_holds(segment->fd, bytes);
}

int shoal__no_descriptor(const struct shoal_segment *segment, int error)
{
    if (error != -EBADF)
        return shoal__fail(
            SHOAL_ESYSTEM,
            "segment \"%s\": the system does not say whether descriptor %d is still that of the segment: %s",
            segment->name, segment->fd, strerror(-error));
    return shoal__fail(SHOAL_ESYSTEM,
                       "segment \"%s\": something in this process closed its descriptor %d; open the segment again",
                       segment->name, segment->fd);
}
