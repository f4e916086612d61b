/* Which file a backup may replace: one that no process has open as a segment. */
#include "segment/replace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "platform/file.h"
#include "platform/liveness.h"
#include "segment/attach.h"
#include "segment/header.h"
#include "value/status.h"

#define MOST_SLOTS 4096u /* lock words have no room for slots beyond this */

static int refuse(const shoal_segment *segment, const char *path, const char *reason)
{
    return shoal__fail(SHOAL_EDENIED, "the backup of segment \"%s\" does not replace %s: %s", segment->name, path,
                       reason);
}

static int cannot_look(const shoal_segment *segment, const char *path, int error)
{
    if (error == -ENOENT || error == -ENOTDIR)
        return SHOAL_OK;
    if (error == -ELOOP || error == -EISDIR || error == -ENXIO)
        return refuse(segment, path,
                      "it is not a regular file but a directory, a symbolic link, a device or their like");
    if (error == -EACCES || error == -EPERM)
        return refuse(segment, path, "this user may not read it, so it is not known to be unused");
    return shoal__fail(SHOAL_ESYSTEM, "the backup of segment \"%s\" can't be made as %s: %s", segment->name, path,
                       strerror(-error));
}

/* Describe the process in that slot, by the file's roster if it can be read. */
static void describe(char *out, size_t size, int fd, const struct shoal_stat *stat, uint32_t slot)
{
    struct header_sh header;
    struct shoal_geometry is;
    struct peer_sh peer;
    if (shoal__header_take(&header, &is, fd, stat->size, "") == SHOAL_OK && slot < is.slots &&
        shoal__file_read(fd, &peer, sizeof peer, is.roster + slot * sizeof peer) == 0)
        snprintf(out, size, "process %u (%.15s) is attached to it", peer.pid, peer.program);
    else
        snprintf(out, size, "a process is attached to it");
}

static bool is_attached_here(struct shoal_context *context, const struct shoal_stat *stat)
{
    pthread_mutex_lock(&context->lock);
    bool attached = shoal__attached_locked(context, stat, true) || shoal__attached_locked(context, stat, false);
    pthread_mutex_unlock(&context->lock);
    return attached;
}

static int judge(const shoal_segment *segment, const char *path, int fd)
{
    struct shoal_stat stat;
    char reason[160];
    int error = shoal__file_stat(fd, &stat);
    if (error)
        return cannot_look(segment, path, error);
    uint32_t slot = shoal__life_among(fd, 0, MOST_SLOTS);
    if (stat.device == segment->device && stat.inode == segment->inode)
        return refuse(segment, path, "it is that segment's own file");
    if (slot < MOST_SLOTS)
        describe(reason, sizeof reason, fd, &stat, slot);
    else if (shoal__reader_any(fd))
        snprintf(reason, sizeof reason, "a process that is attached to it readonly has objects of it open");
    else if (is_attached_here(segment->context, &stat))
        snprintf(reason, sizeof reason, "this process is attached to it");
    else
        return SHOAL_OK;
    strcat(reason, "; unlink it first: processes that have it open keep the old file");
    return refuse(segment, path, reason);
}

int shoal__may_replace(const shoal_segment *segment, const char *path)
{
    int fd = shoal__file_open(path, true);
    if (fd < 0)
        return cannot_look(segment, path, fd);
    int status = judge(segment, path, fd);
    shoal__close(fd);
    return status;
}
