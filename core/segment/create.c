/* The segment functions of shoal.h: create, open, open_or_create, unlink, close. docs/format.md, "Birth". */
#include "segment/create.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/back.h"
#include "platform/file.h"
#include "platform/names.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/attach.h"
#include "segment/context.h"
#include "segment/detach.h"
#include "segment/handle_close.h"
#include "segment/header.h"
#include "segment/roster.h"
#include "value/status.h"

#define DEFAULT_SIZE ((uint64_t)64 << 20)
#define LARGEST_SIZE ((uint64_t)1 << 47)
#define RACE_LIMIT 10000 /* tries; no real program unlinks and creates one name between our steps that often */

void shoal_options_init(shoal_options *options)
{
    *options = (shoal_options){.size = 0, .mode = 0600, .group = -1, .lifetime = SHOAL_PERSISTENT, .owner = -1};
}

static const shoal_options *or_default(const shoal_options *options, shoal_options *standard)
{
    shoal_options_init(standard);
    return options ? options : standard;
}

/* ---- Create ---- */

static int cannot_make(int error, const char *name, const char *path, int fd)
{
    switch (error) {
    case -EEXIST:
        return shoal__fail(SHOAL_EEXISTS, "segment \"%s\" exists already (%s): open it, or unlink it first", name,
                           path);
    case -ENOSPC:
    case -EDQUOT:
    case -ENOMEM:
        return shoal__fail(SHOAL_ENOSPACE,
                           "no memory for segment \"%s\" (%s): an empty one needs %u bytes, %llu are free there; "
                           "remove segments, or make that file system larger",
                           name, path, HEADER_BYTES + 2 * 4096,
                           fd < 0 ? 0ull : (unsigned long long)shoal__file_free_space(fd));
    case -EFBIG:
        return shoal__fail(SHOAL_ENOSPACE,
                           "segment \"%s\" can't be made as %s: %s: raise ulimit -f, or make it smaller", name, path,
                           strerror(-error));
    case -EACCES:
    case -EPERM:
    case -EROFS:
        return shoal__fail(SHOAL_EDENIED, "segment \"%s\" can't be made as %s: %s", name, path, strerror(-error));
    case -ENOENT:
    case -ENOTDIR:
        return shoal__fail(SHOAL_ENOTFOUND, "segment \"%s\" can't be made: the directory of %s does not exist", name,
                           path);
    default:
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" can't be made as %s: %s", name, path, strerror(-error));
    }
}

/* Back the memory that an empty segment needs. */
static int back(int fd, const struct header_sh *plan, const shoal_options *options)
{
    int error = shoal__file_prepare(fd, plan->size, options->mode, options->group);
    if (!error)
        error = shoal__file_commit(fd, NULL, 0, plan->roster + FIRST_COMMIT);
    return error ? error : shoal__file_commit(fd, NULL, plan->pages, FIRST_COMMIT);
}

static int judge_options(const shoal_options *options, uint64_t *size)
{
    *size = options->size ? options->size : DEFAULT_SIZE;
    if (*size > LARGEST_SIZE)
        return shoal__fail(SHOAL_EVALUE, "a size of %llu bytes is above the address space (2^47)",
                           (unsigned long long)*size);
    if (options->mode & ~0777u)
        return shoal__fail(SHOAL_EVALUE, "mode %#o has more than permission bits", options->mode);
    if (options->lifetime > SHOAL_SHARED)
        return shoal__fail(SHOAL_EVALUE, "unknown lifetime %u", options->lifetime);
    return options->readonly ? shoal__fail(SHOAL_EVALUE, "a new segment can't be readonly") : SHOAL_OK;
}

/*
 * Make a complete segment, and attach it, before its file has its name. A death up to here leaves nothing, or a file
 * under a temporary name, which others may remove.
 */
static int make_nameless(shoal_segment **out, shoal_context *context, const char *name, const char *path,
                         const shoal_options *options, char *temporary, size_t capacity)
{
    uint64_t size;
    struct header_sh plan;
    struct shoal_stat stat;
    int status = judge_options(options, &size);
    if (status < 0)
        return status;
    const char *shown = path ? path : "anonymous memory";
    int error = shoal__header_plan(&plan, size, options->lifetime);
    if (error)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" can't be made as %s: no random numbers: %s", name ? name : "",
                           shown, strerror(-error));
    int fd = shoal__file_new(path, temporary, capacity);
    if (fd < 0)
        return cannot_make(fd, name ? name : "", shown, -1);
    SHOAL_POINT("create: file made");
    error = back(fd, &plan, options);
    SHOAL_POINT("create: backed");
    if (!error)
        error = shoal__file_stat(fd, &stat);
    if (error) {
        status = cannot_make(error, name ? name : "", shown, fd);
        shoal__close(fd);
        return status;
    }
    char *own_path = calloc(1, (path ? strlen(path) : 0) + strlen(temporary) + 1);
    if (!own_path) {
        shoal__close(fd);
        return shoal__fail_plainly(SHOAL_ENOMEM);
    }
    strcpy(own_path, temporary); /* the name, if any, by which the attach opens the file for its byte lock */
    return shoal__attach_locked(out, context, name, own_path, fd, &stat, options, &plan);
}

static int create_at(shoal_segment **out, shoal_context *context, const char *name, const char *path,
                     const shoal_options *options)
{
    char temporary[4096] = "";
    pthread_mutex_lock(&context->lock);
    int status = make_nameless(out, context, name, path, options, temporary, sizeof temporary);
    SHOAL_POINT("create: joined");
    int error = status == SHOAL_OK && path ? shoal__file_publish((*out)->fd, path, temporary) : 0;
    SHOAL_POINT("create: named");
    if (status < 0)
        shoal__file_discard(temporary);
    else if (path)
        strcpy((*out)->path, path); /* make_nameless made room for this */
    if (error) {
        (*out)->opens = 0;
        *(*out)->path = 0; /* what has that name is not ours: the detach must not unlink it */
        shoal__detach_locked(*out);
        *out = NULL;
        status = cannot_make(error, name, path, -1);
    }
    pthread_mutex_unlock(&context->lock);
    return status;
}

int shoal__create_nameless(shoal_segment **out, char *temporary, size_t capacity, shoal_context *context,
                           const char *path, const shoal_options *options)
{
    *out = NULL;
    *temporary = 0;
    shoal__file_finish(path);
    pthread_mutex_lock(&context->lock);
    int status = make_nameless(out, context, path, path, options, temporary, capacity);
    pthread_mutex_unlock(&context->lock);
    if (status < 0)
        shoal__file_discard(temporary);
    return status;
}

static int create(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options,
                  bool looked)
{
    char *path = NULL;
    int fd = -1, status = SHOAL_OK;
    shoal_options standard;
    *out = NULL;
    if (name && options && options->plain)
        status = shoal_plain_name(name);
    if (name && status == SHOAL_OK)
        status = shoal__resolve(&path, &fd, context, name);
    if (status == SHOAL_OK && fd >= 0)
        status = shoal__fail(SHOAL_EVALUE, "\"%s\": a segment can be opened through a descriptor, not created", name);
    if (status == SHOAL_OK && path && !looked)
        shoal__file_finish(path);
    if (status == SHOAL_OK && path && shoal__file_exists(path) > 0) /* if not known: a taken name is refused later */
        status = cannot_make(-EEXIST, name, path, -1);
    if (status == SHOAL_OK)
        status = create_at(out, context, name, path, or_default(options, &standard));
    free(path);
    return status;
}

int shoal_create(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options)
{
    return create(out, context, name, options, false);
}

/* ---- Open ---- */

static int cannot_open(int error, const char *name, const char *path)
{
    switch (error) {
    case -ENOENT:
    case -ENOTDIR:
        return shoal__fail(SHOAL_ENOTFOUND, "there is no segment \"%s\" (%s)", name, path);
    case -EACCES:
    case -EPERM:
    case -EROFS:
        return shoal__fail(SHOAL_EDENIED,
                           "segment \"%s\" (%s) may not be opened by this user: %s; a readonly open needs "
                           "only read permission",
                           name, path, strerror(-error));
    case -ELOOP:
        return shoal__fail(SHOAL_ECORRUPT, "\"%s\" (%s) is a symbolic link, not a segment; links are not followed",
                           name, path);
    case -EISDIR:
        return shoal__fail(SHOAL_ECORRUPT, "\"%s\" (%s) is a directory, not a segment", name, path);
    case -ENXIO:
        return shoal__fail(SHOAL_ECORRUPT, "\"%s\" (%s) is not a regular file, so no segment", name, path);
    case -EAGAIN:
        return shoal__fail(SHOAL_EDENIED,
                           "segment \"%s\" (%s): another process has a lease on it (fcntl F_SETLEASE), which the "
                           "kernel breaks in /proc/sys/fs/lease-break-time seconds: try again",
                           name, path);
    case -EBADF:
        return shoal__fail(SHOAL_ENOTFOUND, "\"%s\": this process has no such file descriptor", name);
    default:
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" (%s) can't be opened: %s", name, path, strerror(-error));
    }
}

/* Check the file of a descriptor, after unlinking temporary names that its creator left beside `path`. */
static int judge_descriptor(struct shoal_stat *stat, const char *name, const char *path, int fd,
                            const shoal_options *options)
{
    int error = shoal__file_stat(fd, stat);
    if (!error && path && stat->links > 1) {
        shoal__file_drop_spares(path, stat->device, stat->inode);
        error = shoal__file_stat(fd, stat);
    }
    return error ? shoal__fail(SHOAL_ESYSTEM, "\"%s\" can't be looked at: %s", name, strerror(-error))
                 : shoal__judge_file(stat, name, path != NULL, options);
}

/* Attach the file of `fd`; if this context has attached it already, count one more open. Owns `fd` and `path`. */
static int open_locked(shoal_segment **out, shoal_context *context, const char *name, char *path, int fd,
                       const shoal_options *options, const struct shoal_stat *stat)
{
    shoal_segment *have = shoal__attached_locked(context, stat, options->readonly);
    if (!have)
        return shoal__attach_locked(out, context, name, path, fd, stat, options, NULL);
    shoal__close(fd);
    int status = shoal__named_locked(have, name, path);
    if (status < 0)
        return status;
    have->opens++;
    *out = have;
    return SHOAL_OK;
}

static int open_descriptor(shoal_segment **out, shoal_context *context, const char *name, char *path, int fd,
                           const shoal_options *options)
{
    struct shoal_stat stat;
    int status = judge_descriptor(&stat, name, path, fd, options);
    if (status < 0) {
        shoal__close(fd);
        free(path);
        return status;
    }
    pthread_mutex_lock(&context->lock);
    status = open_locked(out, context, name, path, fd, options, &stat);
    pthread_mutex_unlock(&context->lock);
    return status;
}

int shoal_open_fd(shoal_segment **out, shoal_context *context, int fd, const shoal_options *options)
{
    char name[24];
    shoal_options standard;
    options = or_default(options, &standard);
    *out = NULL;
    snprintf(name, sizeof name, "fd:%d", fd);
    int copy = fd < 0 ? -EBADF : shoal__file_reopen(fd, options->readonly);
    if (copy == -ENOENT) /* what /proc reports for a descriptor that is not open */
        copy = -EBADF;
    if (copy < 0)
        return cannot_open(copy, name, "an inherited descriptor");
    return open_descriptor(out, context, name, NULL, copy, options);
}

/* If `name` is the path to which a plain name resolves (as in a pickle), return that plain name, else `name`. */
static const char *plainest(const char *name, shoal_context *context, const char *path)
{
    char *again;
    int fd;
    const char *file = strrchr(path, '/');
    if (!strchr(name, '/') || strncmp(file, "/shoal.", 7) != 0 || shoal__resolve(&again, &fd, context, file + 7) < 0)
        return name;
    bool same = again && strcmp(again, path) == 0;
    free(again);
    return same ? name + strlen(name) - strlen(file + 7) : name;
}

int shoal_open(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options)
{
    char *path;
    int fd;
    shoal_options standard;
    options = or_default(options, &standard);
    *out = NULL;
    int status = options->plain ? shoal_plain_name(name) : SHOAL_OK;
    if (status == SHOAL_OK)
        status = shoal__resolve(&path, &fd, context, name);
    if (status < 0)
        return status;
    if (!path)
        return shoal_open_fd(out, context, fd, options);
    fd = shoal__file_open(path, options->readonly);
    if (fd == -ENOENT && shoal__file_finish(path) == SHOAL_MAY_BE_BACK)
        fd = shoal__file_open(path, options->readonly);
    if (fd >= 0)
        return open_descriptor(out, context, plainest(name, context, path), path, fd, options);
    status = cannot_open(fd, name, path);
    free(path);
    return status;
}

int shoal_open_or_create(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options)
{
    for (int tries = 0; tries < RACE_LIMIT; tries++) {
        int status = shoal_open(out, context, name, options);
        if (status != SHOAL_ENOTFOUND || !name || strncmp(name, "fd:", 3) == 0)
            return status;
        if (options && options->readonly)
            return status;
        status = create(out, context, name, options, true);
        if (status != SHOAL_EEXISTS)
            return status;
    }
    return shoal__fail(SHOAL_ESYSTEM, "other processes create and unlink segment \"%s\" without pause", name);
}

/* ---- Unlink ---- */

static int cannot_unlink(int error, const char *name, const char *path)
{
    if (error == -ENOENT || error == -ENOTDIR)
        return shoal__fail(SHOAL_ENOTFOUND, "there is no segment \"%s\" (%s)", name, path);
    if (error == -EEXIST)
        return shoal__fail(SHOAL_ESYSTEM,
                           "segment \"%s\" (%s) was created by others twice while it was being unlinked: the first of "
                           "these files lies beside it as .shoal-old-…",
                           name, path);
    if (error == -EACCES || error == -EPERM || error == -EROFS)
        return shoal__fail(SHOAL_EDENIED, "segment \"%s\" (%s) may not be unlinked by this user: %s", name, path,
                           strerror(-error));
    return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" (%s) can't be unlinked: %s", name, path, strerror(-error));
}

/* May the file be unlinked? Only if it begins with a segment's magic bytes, whatever else is wrong with it. */
static int judge_victim(struct shoal_stat *stat, const char *name, const char *path)
{
    uint8_t magic[8];
    int fd = shoal__file_open(path, true);
    if (fd == -EACCES || fd == -EPERM)
        return shoal__fail(
            SHOAL_EDENIED,
            "\"%s\" (%s) may not be read by this user, so it is not known to be a segment: it was left alone", name,
            path);
    if (fd < 0)
        return fd == -ENOENT || fd == -ENOTDIR ? cannot_unlink(fd, name, path) : cannot_open(fd, name, path);
    int error = shoal__file_stat(fd, stat);
    if (!error)
        error = shoal__file_read(fd, magic, 8, 0);
    bool ours = !error && memcmp(magic, SHOAL_MAGIC_BYTES, 8) == 0;
    shoal__close(fd);
    if (error && error != -ENODATA)
        return cannot_unlink(error, name, path);
    return ours ? SHOAL_OK
                : shoal__fail(SHOAL_ECORRUPT, "\"%s\" (%s) is not a segment, so it was left alone", name, path);
}

/* If another file takes the name after the check, that file is not unlinked, but checked in turn. */
static int unlink_path(const char *name, const char *path)
{
    struct shoal_stat stat;
    for (int tries = 0; tries < RACE_LIMIT; tries++) {
        int finished = shoal__file_finish(path), status = judge_victim(&stat, name, path);
        if (status == SHOAL_ENOTFOUND && finished == 0)
            return SHOAL_OK;
        if (status < 0)
            return status;
        int error = shoal__file_take_away(path, stat.device, stat.inode);
        if (error != -ENOENT)
            return error ? cannot_unlink(error, name, path) : SHOAL_OK;
    }
    return shoal__fail(SHOAL_ESYSTEM, "other processes create and unlink segment \"%s\" without pause", name);
}

int shoal_unlink(shoal_context *context, const char *name)
{
    char *path;
    int fd, status = shoal__resolve(&path, &fd, context, name);
    if (status < 0)
        return status;
    if (!path)
        return shoal__fail(SHOAL_EVALUE, "\"%s\" has no name to unlink", name);
    status = unlink_path(name, path);
    free(path);
    return status;
}

int shoal_segment_unlink_path(shoal_segment *segment, const char *path)
{
    if (!*path)
        return shoal__fail(SHOAL_EVALUE, "an anonymous segment has no name to unlink");
    int error = shoal__file_take_away(path, segment->device, segment->inode);
    if (error == -ENOENT || error == -ENOTDIR)
        return shoal__fail(SHOAL_ENOTFOUND, "segment \"%s\" was unlinked already (%s does not lead to it any more)",
                           segment->name, path);
    if (!error)
        shoal__file_finish(path);
    return error ? cannot_unlink(error, segment->name, path) : SHOAL_OK;
}

int shoal_segment_unlink(shoal_segment *segment)
{
    return shoal_segment_unlink_path(segment, segment->path);
}

/* ---- Close ---- */

void shoal_close(shoal_segment *segment)
{
    if (!segment)
        return;
    struct shoal_context *context = segment->context;
    pthread_mutex_lock(&context->lock);
    shoal__settle_locked(context);
    if (segment->opens > 0)
        segment->opens--;
    shoal__detach_locked(segment);
    pthread_mutex_unlock(&context->lock);
}

int shoal_segment_end(shoal_segment *segment)
{
    pthread_mutex_lock(&segment->context->lock);
    if (shoal__is_peer(segment))
        shoal__roster_end(segment);
    pthread_mutex_unlock(&segment->context->lock);
    return SHOAL_OK;
}
