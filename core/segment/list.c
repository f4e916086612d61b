/*
 * Lists the segments. Their files are read, not mapped: so a file larger than this process's address space, or one
 * whose header claims to be, is listed too, and the others are listed all the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "platform/liveness.h"
#include "platform/names.h"
#include "segment/header.h"
#include "value/status.h"
#include "value/text.h"

#define SOME_PEERS 32u

/* How many peers in the roster are alive, or not proved dead; 0 if the roster cannot be read. */
static uint32_t count_alive(int fd, const struct shoal_geometry *is, uint32_t slots)
{
    struct peer_sh peers[SOME_PEERS];
    uint32_t alive = 0;
    for (uint32_t first = 0; first < slots && first < is->slots; first += SOME_PEERS) {
        uint32_t some = is->slots - first < SOME_PEERS ? is->slots - first : SOME_PEERS;
        uint64_t at = is->roster + (uint64_t)first * sizeof *peers;
        if (shoal__file_read(fd, peers, some * sizeof *peers, at))
            break;
        for (uint32_t i = 0; i < some && first + i < slots; i++)
            alive += load_relaxed(&peers[i].in_use) && shoal__life_ask(fd, first + i) != 0;
    }
    return alive;
}

/* 1: described; 0: not a segment, one whose lifetime has ended, or one that we may not read. */
static int describe(shoal_listed *out, int fd, const char *name)
{
    struct header_sh header;
    struct shoal_stat stat;
    struct shoal_geometry is;
    if (shoal__file_stat(fd, &stat) || shoal__header_take(&header, &is, fd, stat.size, name) < 0)
        return 0;
    memset(out, 0, sizeof *out);
    strncpy(out->name, name, sizeof out->name - 1);
    out->size = is.size;
    out->used = (uint64_t)header.used << is.granule_shift;
    out->committed = stat.committed;
    out->peers = count_alive(fd, &is, load_relaxed(&header.slots_committed));
    out->owner = stat.owner;
    out->mode = stat.mode;
    out->lifetime = is.lifetime;
    out->created = (double)is.created / 1e9;
    return is.lifetime != SHOAL_SHARED || (out->peers > 0 && !load_relaxed(&header.retired));
}

/* 1 or 0 as `describe`; or an error that would occur with every file. */
static int look(shoal_listed *out, const char *directory, const char *name)
{
    char path[4096];
    if (shoal_plain_name(name) < 0 || /* a file shoal.fd:3 is not listed: the name fd:3 opens descriptor 3 */
        (size_t)snprintf(path, sizeof path, "%s/shoal.%s", directory, name) >= sizeof path)
        return 0;
    int fd = shoal__file_open(path, true);
    if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" (%s) can't be looked at: %s", name, path, strerror(-fd));
    if (fd < 0)
        return 0;
    int found = describe(out, fd, name);
    shoal__close(fd);
    return found;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const shoal_listed *)a)->name, ((const shoal_listed *)b)->name);
}

struct listing {
    const char *directory;
    shoal_listed *items;
    size_t count, capacity;
    int status;
};

static int room_for_one(struct listing *list)
{
    if (list->count < list->capacity)
        return SHOAL_OK;
    size_t capacity = list->capacity ? 2 * list->capacity : 16;
    shoal_listed *more = realloc(list->items, capacity * sizeof *more);
    if (!more)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    list->items = more;
    list->capacity = capacity;
    return SHOAL_OK;
}

static void tidy(const char *directory, const char *file)
{
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s/", directory) < sizeof beside)
        shoal__file_tidy(beside, file);
}

static int list_one(void *argument, const char *file)
{
    struct listing *list = argument;
    tidy(list->directory, file);
    if (strncmp(file, "shoal.", 6) != 0)
        return 0;
    int found = room_for_one(list);
    if (found == SHOAL_OK)
        found = look(&list->items[list->count], list->directory, file + 6);
    if (found < 0)
        return list->status = found;
    list->count += (size_t)found;
    return 0;
}

int shoal_list(shoal_listed **out, size_t *count, shoal_context *context)
{
    struct listing list = {.directory = shoal_context_directory(context)};
    int error = shoal__file_list(list.directory, list_one, &list), status = list.status;
    if (error && status == SHOAL_OK)
        status = shoal__fail(error == -EACCES || error == -EPERM ? SHOAL_EDENIED : SHOAL_ESYSTEM,
                             "the segments in %s can't be listed: %s", list.directory, strerror(-error));
    if (status == SHOAL_OK && list.count > 1)
        qsort(list.items, list.count, sizeof *list.items, compare_names);
    if (status < 0)
        free(list.items);
    *out = status < 0 ? NULL : list.items;
    *count = status < 0 ? 0 : list.count;
    return status;
}

void shoal_list_free(void *list)
{
    free(list);
}
