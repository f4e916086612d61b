/* Attach: map the whole file once, including the part that has no memory yet, and become a peer. */
#include "segment/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/map.h"
#include "platform/names.h"
#include "platform/process.h"
#include "segment/alive.h"
#include "segment/detach.h"
#include "segment/fork.h"
#include "segment/header.h"
#include "segment/mappings.h"
#include "segment/opening.h"
#include "segment/reap.h"
#include "segment/roster.h"
#include "value/status.h"

shoal_segment *shoal__attached_locked(shoal_context *context, const struct shoal_stat *stat, bool readonly)
{
    for (shoal_segment *it = context->segments; it; it = it->next)
        if (it->inode == stat->inode && it->device == stat->device && it->readonly == readonly &&
            !load_relaxed(&it->damaged)) /* a damaged one is not reused: the file is checked anew */
            return it;
    return NULL;
}

int shoal__named_locked(struct shoal_segment *segment, const char *name, char *path)
{
    if (!path || strcmp(segment->path, path) == 0 ||
        (*segment->path && shoal__file_is(segment->path, segment->device, segment->inode))) {
        free(path);
        return SHOAL_OK;
    }
    struct shoal_former *former = malloc(sizeof *former);
    char *own_name = strdup(name);
    if (!former || !own_name) {
        free(former);
        free(own_name);
        free(path);
        return shoal__fail_plainly(SHOAL_ENOMEM);
    }
    *former = (struct shoal_former){segment->formers, segment->name, segment->path};
    segment->formers = former;
    segment->name = own_name;
    segment->anonymous = false;
    segment->path = path;
    return SHOAL_OK;
}

static int judge_type(const struct shoal_stat *stat, const char *name)
{
    if (stat->directory)
        return shoal__fail(SHOAL_ECORRUPT, "\"%s\" is a directory, not a segment", name);
    if (!stat->regular)
        return shoal__fail(SHOAL_ECORRUPT, "\"%s\" is not a regular file (a FIFO, a socket, a device?), so no segment",
                           name);
    return SHOAL_OK;
}

int shoal__judge_file(const struct shoal_stat *stat, const char *name, bool by_name, const shoal_options *options)
{
    int status = judge_type(stat, name);
    if (status < 0)
        return status;
    if (stat->owner != 0 && options->owner != SHOAL_ANY_OWNER && options->owner != (int64_t)stat->owner &&
        stat->owner != shoal__user_id())
        return shoal__fail(SHOAL_EDENIED,
                           "\"%s\" belongs to uid %u, neither to this user (uid %u) nor to root: open it with "
                           "owner=%u if you trust that user",
                           name, stat->owner, shoal__user_id(), stat->owner);
    if (by_name && stat->links > 1)
        return shoal__fail(SHOAL_EDENIED,
                           "\"%s\" has %u names (hard links): a user who may write another segment could have linked "
                           "that one here; unlink the names that should not exist (find -inum %llu)",
                           name, stat->links, (unsigned long long)stat->inode);
    if (stat->size < HEADER_BYTES)
        return shoal__fail(SHOAL_ECORRUPT, "\"%s\" is not a segment, or truncated: it has only %llu bytes", name,
                           (unsigned long long)stat->size);
    return SHOAL_OK;
}

/*
 * A peer proves that it is alive by a byte lock, which only processes of the same kernel are sure to see: so the file
 * must lie on a local file system. A readonly attach takes no such lock, and may attach a remote file.
 */
static int judge_host(const shoal_segment *segment)
{
    const char *remote = NULL;
    int error = segment->readonly ? 0 : shoal__file_is_remote(segment->fd, &remote);
    if (error)
        return shoal__fail(SHOAL_ESYSTEM, "\"%s\": the system does not say what file system it lies on: %s",
                           segment->name, strerror(-error));
    if (!remote)
        return SHOAL_OK;
    return shoal__fail(SHOAL_EDENIED,
                       "\"%s\" lies on a file system of type %s, whose locks do not prove to this kernel which "
                       "processes are alive: use a local one (/dev/shm), or attach readonly",
                       segment->name, remote);
}

static int take_header(shoal_segment *segment, const struct header_sh *plan, uint64_t file_size)
{
    static const char digits[] = "0123456789abcdef";
    struct header_sh header;
    int status = plan ? shoal__header_read(&segment->is, plan, file_size, segment->name)
                      : shoal__header_take(&header, &segment->is, segment->fd, file_size, segment->name);
    const uint8_t *id = plan ? plan->id : header.id;
    for (int i = 0; status == SHOAL_OK && i < 32; i++)
        segment->id[i] = digits[id[i / 2] >> (i % 2 ? 0 : 4) & 15];
    return status;
}

static int map(shoal_segment *segment)
{
    segment->base = shoal__map(segment->fd, segment->is.size, segment->readonly, false);
    if (segment->base && segment->readonly &&
        shoal__guard(&segment->guarded, segment->base, segment->is.size, segment->fd, false, &segment->damaged) < 0)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    if (segment->base)
        return SHOAL_OK;
    if (shoal__map_error() == EPERM || shoal__map_error() == EACCES)
        return shoal__fail(SHOAL_EDENIED,
                           "segment \"%s\" may not be mapped%s: %s (a seal of its memfd, a security module?)",
                           segment->name, segment->readonly ? "" : " for writing", strerror(shoal__map_error()));
    return shoal__fail(
        SHOAL_ENOSPACE,
        "segment \"%s\": this process has no room for %llu bytes of address space (%s): raise ulimit -v, "
        "or make the segment smaller",
        segment->name, (unsigned long long)segment->is.size, strerror(shoal__map_error()));
}

static int gone(const shoal_segment *segment)
{
    return shoal__fail(
        SHOAL_ENOTFOUND,
        "there is no segment \"%s\": its lifetime was \"shared\", and no process is attached to it any more",
        segment->name);
}

static bool is_over(const shoal_segment *segment)
{
    return load_acquire(&shoal__header(segment)->retired) || shoal__peers_alive(segment) == 0;
}

/* Become a peer. A readonly attach only checks that a segment of lifetime "shared" still has one. */
static int join(shoal_segment *segment, bool is_new)
{
    bool may_be_over = segment->is.lifetime == SHOAL_SHARED && !is_new;
    if (segment->readonly)
        return may_be_over && is_over(segment) ? gone(segment) : SHOAL_OK;
    int status = is_new ? SHOAL_OK : shoal__opening_judge(segment);
    if (status == SHOAL_OK)
        status = shoal__roster_join(segment, may_be_over);
    return status == SHOAL_ENOTFOUND ? gone(segment) : status;
}

static shoal_segment *new_segment(shoal_context *context, const char *name, char *path, int fd)
{
    shoal_segment *segment = calloc(1, sizeof *segment);
    char *copy = strdup(name ? name : "(anonymous)");
    if (!segment || !copy) {
        free(copy);
        free(segment);
        free(path);
        shoal__close(fd);
        return NULL;
    }
    segment->context = context;
    segment->party.is_dead = shoal__party_is_dead; /* readonly attaches call it, too */
    segment->reap = shoal__reap;
    segment->name = copy;
    segment->anonymous = name == NULL;
    segment->fd = fd;
    segment->path = path;
    return segment;
}

int shoal__attach_locked(shoal_segment **out, shoal_context *context, const char *name, char *path, int fd,
                         const struct shoal_stat *stat, const shoal_options *options, const struct header_sh *plan)
{
    shoal_segment *segment = new_segment(context, name, path ? path : strdup(""), fd);
    if (segment && !segment->path) {
        shoal__drop(segment);
        segment = NULL;
    }
    if (!segment)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    shoal__be_reborn_locked(context);
    segment->readonly = options->readonly;
    segment->device = stat->device;
    segment->inode = stat->inode;
    int status = judge_host(segment);
    if (status == SHOAL_OK)
        status = take_header(segment, plan, stat->size);
    if (status == SHOAL_OK)
        status = map(segment);
    if (status == SHOAL_OK)
        shoal__mapped(segment);
    if (status == SHOAL_OK && plan)
        shoal__header_write(segment, plan);
    segment->opens = 1;
    if (status == SHOAL_OK)
        status = join(segment, plan != NULL);
    if (status < 0) {
        shoal__drop(segment);
        return status;
    }
    /* while join() waited, with the context's lock released, another thread attached the same file: use that attach */
    if ((*out = shoal__attached_locked(context, stat, segment->readonly))) {
        shoal__roster_leave(segment);
        shoal__drop(segment);
        (*out)->opens++;
        return SHOAL_OK;
    }
    store_release(&segment->generation, *context->generation);
    segment->next = context->segments;
    context->segments = segment;
    *out = segment;
    return SHOAL_OK;
}
