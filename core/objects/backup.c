/* shoal_segment_backup: copies object by object into a new segment, which gets its name when it is complete. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects/objects.h"
#include "platform/file.h"
#include "platform/names.h"
#include "platform/point.h"
#include "segment/create.h"
#include "segment/replace.h"
#include "value/status.h"

#define KIND_TRIES 100 /* how often a name may turn from a Value into a live object or back while we look */

struct backup {
    shoal_segment *from, *to;
    bool last; /* in the second round, which copies only objects that belong to others (KIND_COPIED_LAST) */
    unsigned char *bytes;
    size_t capacity;
};

/* ---- One object each ---- */

static int copy_value(struct backup *backup, const char *name, size_t length)
{
    size_t size = 0;
    int status;
    while ((status = shoal_value_get(backup->from, name, length, backup->bytes, backup->capacity, &size)) ==
           SHOAL_LARGER) {
        unsigned char *bytes = realloc(backup->bytes, size);
        if (!bytes)
            return shoal__fail_plainly(SHOAL_ENOMEM);
        backup->bytes = bytes;
        backup->capacity = size;
    }
    return status == SHOAL_OK ? shoal_value_put(backup->to, name, length, backup->bytes, size) : status;
}

static int copy_live(struct backup *backup, shoal_object *object)
{
    shoal_object *copy = NULL;
    const struct shoal__kind *kind = shoal__kinds[object->kind];
    if (!(kind->flags & KIND_COPIED_LAST) == backup->last)
        return SHOAL_OK;
    int status = kind->copy(&copy, backup->to, object);
    shoal_object_close(copy);
    return status;
}

/* ---- All of them ---- */

/*
 * For the second round. If another object has got the name since the first round, it is left out when its kind is not
 * of this round, or when the copy has an object of that name already.
 */
static int copy_if_last(struct backup *backup, const char *name, size_t length)
{
    shoal_object *object;
    int status = shoal_object_open(&object, backup->from, name, length);
    if (status == SHOAL_OK) {
        status = copy_live(backup, object);
        shoal_object_close(object);
    }
    return status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH ? SHOAL_OK : status;
}

/* An object removed since the names were listed is not in the copy. */
static int copy_object(void *argument, const char *name, size_t length, int kind)
{
    struct backup *backup = argument;
    int status = SHOAL_EMISMATCH;
    bool stored = shoal__kind_is((uint32_t)kind, KIND_STORED);
    if (backup->last)
        return shoal__kind_is((uint32_t)kind, KIND_COPIED_LAST) ? copy_if_last(backup, name, length) : SHOAL_OK;
    for (int tries = 0; status == SHOAL_EMISMATCH && tries < KIND_TRIES; tries++) {
        shoal_object *object = NULL;
        SHOAL_POINT("backup: kind known");
        status = stored ? copy_value(backup, name, length) : SHOAL_LIVE;
        if (status == SHOAL_LIVE)
            status = shoal_object_open(&object, backup->from, name, length);
        if (status == SHOAL_OK && object)
            status = copy_live(backup, object);
        shoal_object_close(object);
        stored = true; /* with SHOAL_EMISMATCH a Value has the name by now: copy that */
    }
    return status == SHOAL_ENOKEY ? SHOAL_OK : status;
}

static int copy_all(shoal_segment *to, shoal_segment *from)
{
    struct backup backup = {.from = from, .to = to};
    int status = shoal_object_each(from, copy_object, &backup);
    backup.last = true;
    if (status == SHOAL_OK)
        status = shoal_object_each(from, copy_object, &backup);
    free(backup.bytes);
    return status;
}

/* ---- The file ---- */

static int cannot(const shoal_segment *segment, const char *path, int error)
{
    int status = error == -EEXIST                                         ? SHOAL_EEXISTS
                 : error == -EACCES || error == -EPERM || error == -EROFS ? SHOAL_EDENIED
                 : error == -ENOSPC || error == -EDQUOT                   ? SHOAL_ENOSPACE
                                                                          : SHOAL_ESYSTEM;
    return shoal__fail(status, "the backup of segment \"%s\" can't be made as %s: %s", segment->name, path,
                       strerror(-error));
}

/* The error message is about the copy, or about an object: put before it which backup failed. */
static int failed(const shoal_segment *segment, const char *path, int status)
{
    char said[1024];
    snprintf(said, sizeof said, "%s", shoal_error_message());
    return shoal__fail(status, "the backup of segment \"%s\" as %s failed: %s", segment->name, path, said);
}

static int plan(shoal_options *options, shoal_segment *segment)
{
    shoal_info info;
    int status = shoal_segment_info(&info, segment);
    shoal_options_init(options);
    if (status == SHOAL_OK) {
        options->size = info.size;
        options->mode = info.mode & 0777;
    }
    return status;
}

/* *fd refers to the copy's file after the attach to it was closed. */
static int make_copy(int *fd, char *temporary, size_t capacity, shoal_segment *segment, const char *path)
{
    shoal_options options;
    shoal_segment *copy;
    int status = plan(&options, segment);
    if (status < 0)
        return status;
    status = shoal__create_nameless(&copy, temporary, capacity, segment->context, path, &options);
    if (status < 0)
        return failed(segment, path, status);
    status = copy_all(copy, segment);
    if (status < 0)
        status = failed(segment, path, status);
    else if ((*fd = shoal__file_dup(copy->fd)) < 0)
        status = cannot(segment, path, *fd);
    SHOAL_POINT("backup: copied");
    shoal_close(copy); /* also marks the file as cleanly shut down */
    if (status < 0)
        shoal__file_discard(temporary);
    return status;
}

/* The destination is checked again: copying may have taken long. */
static int give_name(shoal_segment *segment, const char *path, int fd, const char *temporary, bool overwrite)
{
    int error = shoal__file_sync(fd);
    int status = error ? cannot(segment, path, error) : overwrite ? shoal__may_replace(segment, path) : SHOAL_OK;
    if (status < 0) {
        shoal__file_discard(temporary);
        return status;
    }
    error = shoal__file_settle(fd, path, temporary, overwrite);
    return error ? cannot(segment, path, error) : SHOAL_OK;
}

int shoal_segment_backup(shoal_segment *segment, const char *path, bool overwrite)
{
    char temporary[4096];
    int fd = -1;
    if (!overwrite && shoal__file_exists(path) > 0)
        return cannot(segment, path, -EEXIST);
    int status = overwrite ? shoal__may_replace(segment, path) : SHOAL_OK;
    if (status == SHOAL_OK)
        status = make_copy(&fd, temporary, sizeof temporary, segment, path);
    if (status < 0)
        return status;
    status = give_name(segment, path, fd, temporary, overwrite);
    shoal__close(fd);
    return status;
}
