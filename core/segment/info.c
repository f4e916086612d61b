/* What a segment tells about itself, and which segments there are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "platform/point.h"
#include "segment/attach.h"
#include "segment/context.h"
#include "segment/directory.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/roster.h"
#include "value/status.h"

const char *shoal_segment_name(const shoal_segment *segment)
{
    return segment->name;
}

const char *shoal_segment_path(const shoal_segment *segment)
{
    return segment->path;
}

const char *shoal_segment_id(const shoal_segment *segment)
{
    return segment->id;
}

uint64_t shoal_segment_size(const shoal_segment *segment)
{
    return segment->is.size;
}

uint64_t shoal_segment_used(shoal_segment *segment)
{
    return (uint64_t)shoal__header(segment)->used << segment->is.granule_shift;
}

bool shoal_segment_readonly(const shoal_segment *segment)
{
    return segment->readonly;
}

int shoal_segment_fd(const shoal_segment *segment)
{
    return segment->fd;
}

/* ---- Facts ---- */

static void read_facts(shoal_info *out, const shoal_segment *segment)
{
    const struct header_sh *header = shoal__header(segment);
    out->size = segment->is.size;
    out->used = (uint64_t)header->used << segment->is.granule_shift;
    out->objects = load_acquire(&header->objects);
    out->removed = header->removed;
    out->recoveries = load_relaxed(&header->recoveries);
    out->peer_limit = segment->is.slots;
    out->lifetime = segment->is.lifetime;
    out->created = (double)segment->is.created / 1e9;
    out->format = SHOAL_FORMAT;
}

int shoal_segment_info(shoal_info *out, shoal_segment *segment)
{
    struct shoal_stat stat = {0};
    memset(out, 0, sizeof *out);
    int status = shoal__here(segment);
    if (status < 0)
        return status;
    if (!segment->readonly) {
        shoal__lock(segment);
        shoal__reap_locked(segment, UINT32_MAX); /* so that what the dead had does not count as used */
    }
    read_facts(out, segment);
    if (!segment->readonly) {
        out->largest_free = shoal__largest_free(segment);
        shoal__unlock(segment);
    } else {
        out->largest_free = out->size - out->used; /* a reader does not walk lists that writers change */
    }
    out->peers = shoal__peers_alive(segment);
    int error = shoal__file_stat(segment->fd, &stat);
    if (error || stat.inode != segment->inode || stat.device != segment->device)
        return error && error != -EBADF
                   ? shoal__fail(SHOAL_ESYSTEM, "segment \"%s\": %s", segment->name, strerror(-error))
                   : shoal__descriptor_gone(segment);
    out->committed = stat.committed;
    out->mode = stat.mode;
    out->owner = stat.owner;
    return SHOAL_OK;
}

int shoal_segment_peers(shoal_peer *out, size_t limit, size_t *count, shoal_segment *segment)
{
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    *count = 0;
    for (uint32_t slot = 0; slot < slots && slot < segment->is.slots; slot++) {
        const struct peer_sh *peer = shoal__peer(segment, slot);
        if (!load_acquire(&peer->in_use))
            continue;
        if (*count < limit) {
            shoal_peer *it = &out[*count];
            *it = (shoal_peer){.slot = slot, .pid = (int32_t)peer->pid, .since = (double)peer->since / 1e9};
            memcpy(it->program, peer->program, sizeof it->program - 1);
            it->alive = shoal__slot_alive(segment, slot);
        }
        ++*count;
    }
    return SHOAL_OK;
}

/* ---- Names of objects ---- */

int shoal_object_count(uint64_t *count, shoal_segment *segment)
{
    *count = load_acquire(&shoal__header(segment)->objects);
    return SHOAL_OK;
}

struct name_list {
    char *bytes; /* kind, length, name, each one after the other */
    size_t size, capacity;
};

static bool remember(struct name_list *list, const struct entry_sh *entry)
{
    uint32_t length = entry->name_length;
    if (length > 255)
        return true; /* torn by a removal: the caller will see that and begin again */
    if (list->size + length + 2 > list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 4096;
        char *bytes = realloc(list->bytes, capacity);
        if (!bytes)
            return false;
        list->bytes = bytes;
        list->capacity = capacity;
    }
    list->bytes[list->size++] = (char)load_relaxed(&entry->kind);
    list->bytes[list->size++] = (char)length;
    memcpy(list->bytes + list->size, entry->name, length);
    list->size += length;
    return true;
}

/* The names of one chain as they were at one moment: 1, 0 to begin again, or a status. */
static int chain_names(struct name_list *list, const shoal_segment *segment, uint32_t table_ref,
                       const struct table_sh *table, uint32_t index)
{
    const struct header_sh *header = shoal__header(segment);
    uint32_t chain = table->chain, hops = load_relaxed(&header->objects) + 1000;
    struct shoal_found at = {
        .bucket = (struct bucket_sh *)&table->bucket[index], .table = &header->table, .table_ref = table_ref};
    size_t start = list->size;
    at.bucket_version = load_acquire(&at.bucket->version);
    uint32_t ref = load_acquire(&at.bucket->head);
    for (;;) {
        if (load_acquire(&header->table) != table_ref)
            return 0;
        if (!shoal__still_there(&at)) { /* this chain once more */
            list->size = start;
            at.bucket_version = load_acquire(&at.bucket->version);
            ref = load_acquire(&at.bucket->head);
            continue;
        }
        if (!ref)
            return 1;
        struct entry_sh *entry = shoal__entry_at(segment, ref);
        if (!entry || hops-- == 0)
            return shoal__fail(SHOAL_ECORRUPT, "the directory of segment \"%s\" is damaged; check() says where",
                               segment->name);
        if (!remember(list, entry))
            return shoal__fail_plainly(SHOAL_ENOMEM);
        ref = load_acquire(&entry->next[chain & 1]);
        SHOAL_POINT("names: link read");
    }
}

static int all_names(struct name_list *list, const shoal_segment *segment)
{
    for (;;) {
        int result = 1;
        list->size = 0;
        uint32_t ref = load_acquire(&shoal__header(segment)->table);
        struct table_sh *table = ref ? shoal__table_at(segment, ref) : NULL;
        if (!ref)
            return SHOAL_OK;
        uint32_t buckets = table ? table->buckets : 0;
        if (!table && load_acquire(&shoal__header(segment)->table) == ref)
            return shoal__fail(SHOAL_ECORRUPT, "the directory of segment \"%s\" is damaged", segment->name);
        for (uint32_t i = 0; i < buckets && result == 1; i++)
            result = chain_names(list, segment, ref, table, i);
        if (result < 0 || (result == 1 && table))
            return result < 0 ? result : SHOAL_OK;
    }
}

int shoal_object_each(shoal_segment *segment, shoal_each each, void *argument)
{
    struct name_list list = {0};
    char name[256];
    int status = all_names(&list, segment);
    for (size_t at = 0; status == SHOAL_OK && at < list.size;) {
        int kind = (unsigned char)list.bytes[at];
        size_t length = (unsigned char)list.bytes[at + 1];
        memcpy(name, list.bytes + at + 2, length);
        name[length] = 0;
        status = each(argument, name, length, kind);
        at += length + 2;
    }
    free(list.bytes);
    return status;
}

/* ---- The segments of this host ---- */

/* 1: it is one; 0: gone, not ours to read, or no segment; or what kept us from looking. */
static int describe(shoal_listed *out, shoal_context *context, const char *name)
{
    shoal_segment *segment;
    shoal_info info;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    options.owner = SHOAL_ANY_OWNER;
    int status = shoal_open(&segment, context, name, &options);
    if (status < 0)
        return status == SHOAL_ESYSTEM || status == SHOAL_ENOMEM || status == SHOAL_ENOSPACE ? status : 0;
    status = shoal_segment_info(&info, segment);
    memset(out, 0, sizeof *out);
    strncpy(out->name, name, sizeof out->name - 1);
    out->size = info.size;
    out->used = info.used;
    out->committed = info.committed;
    out->peers = info.peers;
    out->owner = info.owner;
    out->mode = info.mode;
    out->lifetime = info.lifetime;
    out->created = info.created;
    shoal_close(segment);
    return status < 0 ? status : 1;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const shoal_listed *)a)->name, ((const shoal_listed *)b)->name);
}

struct listing {
    shoal_context *context;
    shoal_listed *items;
    size_t count, capacity;
    int status;
};

static int list_one(void *argument, const char *file)
{
    struct listing *list = argument;
    if (strncmp(file, "shoal.", 6) != 0)
        return 0;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 16;
        shoal_listed *more = realloc(list->items, capacity * sizeof *more);
        if (!more)
            return list->status = shoal__fail_plainly(SHOAL_ENOMEM);
        list->items = more;
        list->capacity = capacity;
    }
    int found = describe(&list->items[list->count], list->context, file + 6);
    if (found < 0)
        return list->status = found;
    list->count += (size_t)found;
    return 0;
}

int shoal_list(shoal_listed **out, size_t *count, shoal_context *context)
{
    struct listing list = {.context = context};
    int error = shoal__file_list(shoal_context_directory(context), list_one, &list), status = list.status;
    if (error && status == SHOAL_OK)
        status =
            shoal__fail(error == -EACCES || error == -EPERM ? SHOAL_EDENIED : SHOAL_ESYSTEM,
                        "the segments in %s can't be listed: %s", shoal_context_directory(context), strerror(-error));
    if (status == SHOAL_OK && list.count > 1)
        qsort(list.items, list.count, sizeof *list.items, compare_names);
    if (status < 0)
        free(list.items);
    *out = status < 0 ? NULL : list.items;
    *count = status < 0 ? 0 : list.count;
    return status;
}

void shoal_list_free(shoal_listed *list)
{
    free(list);
}
