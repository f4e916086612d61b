/* Facts about a segment, and the names of its objects. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "platform/point.h"
#include "segment/alive.h"
#include "segment/big.h"
#include "segment/descriptor.h"
#include "segment/detach.h"
#include "segment/directory.h"
#include "segment/fork.h"
#include "segment/lock.h"
#include "segment/reap.h"
#include "segment/refuse.h"
#include "segment/runs.h"
#include "segment/table.h"
#include "segment/warm.h"
#include "value/status.h"

#define SWEPT_BY_INFO 1000u /* removed objects: the kernel is asked under the lock which of them are open */

const char *shoal_segment_name(const shoal_segment *segment)
{
    return segment->anonymous ? "" : segment->name;
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

/* What lies in the warm pool is nobody's. */
static uint64_t used_bytes(const shoal_segment *segment)
{
    uint64_t used = (uint64_t)shoal__once(&shoal__header(segment)->used) << segment->is.granule_shift;
    uint64_t warm = shoal__warm_bytes(segment);
    return used > warm ? used - warm : 0;
}

uint64_t shoal_segment_used(shoal_segment *segment)
{
    return used_bytes(segment);
}

shoal_identity shoal_segment_identity(const shoal_segment *segment)
{
    uint64_t number = 0;
    for (int i = 0; i < 16; i++)
        number = number << 4 | (uint64_t)(segment->id[i] <= '9' ? segment->id[i] - '0' : segment->id[i] - 'a' + 10);
    return (shoal_identity){.device = segment->device, .inode = segment->inode, .object = number};
}

uint64_t shoal_identity_hash(shoal_identity identity)
{
    const uint64_t golden = 0x9e3779b97f4a7c15; /* Knuth, TAOCP 3, 6.4 */
    return ((identity.device * golden ^ identity.inode) * golden ^ identity.object) * golden;
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
    out->used = used_bytes(segment);
    out->objects = load_acquire(&header->objects);
    out->removed = header->removed;
    out->recoveries = load_relaxed(&header->recoveries);
    out->peer_limit = segment->is.slots;
    out->lifetime = segment->is.lifetime;
    out->created = (double)segment->is.created / 1e9;
    out->format = SHOAL_FORMAT;
}

static int facts_of_writer(shoal_info *out, shoal_segment *segment)
{
    struct shoal_turn turn;
    shoal__turn_begin(&turn);
    int status = shoal__enter(segment, &turn);
    if (status == SHOAL_OK) { /* the lock can be had: no stopped process keeps what follows from taking it */
        shoal__leave(segment);
        shoal__reap(segment, UINT32_MAX); /* so that what dead peers left does not count as used */
        shoal__sweep_limbo(segment, SWEPT_BY_INFO);
        shoal__big_cool(segment);
        status = shoal__enter(segment, &turn);
    }
    if (status == SHOAL_OK) {
        shoal__gather_locked(segment);
        read_facts(out, segment);
        out->largest_free = shoal__largest_free(segment);
        shoal__leave(segment);
    }
    shoal__turn_end(segment, &turn);
    return status;
}

int shoal_segment_info(shoal_info *out, shoal_segment *segment)
{
    struct shoal_stat stat = {0};
    memset(out, 0, sizeof *out);
    int status = shoal__here(segment);
    shoal__guard_reader(segment);
    if (status < 0)
        return status;
    if (segment->readonly) {
        read_facts(out, segment);
        /* an upper bound: a reader does not walk lists that writers change */
        out->largest_free = out->size - out->used;
    } else if ((status = facts_of_writer(out, segment)) < 0) {
        return status;
    }
    out->peers = shoal__peers_alive(segment);
    int error = shoal__descriptor(segment);
    if (!error)
        error = shoal__file_stat(segment->fd, &stat);
    if (!error && (stat.inode != segment->inode || stat.device != segment->device))
        error = -EBADF;
    if (error)
        return shoal__no_descriptor(segment, error);
    out->committed = stat.committed;
    out->mode = stat.mode;
    out->owner = stat.owner;
    return shoal__unless_damaged(segment, SHOAL_OK);
}

int shoal_segment_peers(shoal_peer *out, size_t limit, size_t *count, shoal_segment *segment)
{
    shoal__guard_reader(segment);
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
    return shoal__unless_damaged(segment, SHOAL_OK);
}

/* ---- Names of objects ---- */

int shoal_object_count(uint64_t *count, shoal_segment *segment)
{
    shoal__guard_reader(segment);
    *count = load_acquire(&shoal__header(segment)->objects);
    return shoal__unless_damaged(segment, SHOAL_OK);
}

struct name_list {
    char *bytes; /* of each name its kind, its length and its bytes, one name after the other */
    size_t size, capacity;
    uint64_t count;
    struct shoal_patience patience;
};

/*
 * Copies a name before the caller knows whether the entry is still there; SHOAL_ENOKEY if the bytes cannot be a name.
 */
static int remember(struct name_list *list, const struct entry_sh *entry, uint32_t length)
{
    if (list->size + length + 2 > list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 4096;
        char *bytes = realloc(list->bytes, capacity);
        if (!bytes)
            return shoal__fail_plainly(SHOAL_ENOMEM);
        list->bytes = bytes;
        list->capacity = capacity;
    }
    list->bytes[list->size++] = (char)load_relaxed(&entry->kind);
    list->bytes[list->size++] = (char)length;
    char *copy = memcpy(list->bytes + list->size, entry->name, length);
    list->size += length;
    list->count++;
    return memchr(copy, 0, length) || !shoal_is_utf8(copy, length) ? SHOAL_ENOKEY : SHOAL_OK;
}

/*
 * Do so many names, or buckets, of `size` bytes need more memory than the file has? Then a chain is circular or the
 * table damaged. The system is asked only above HOP_LIMIT, each time that the count reaches a power of two.
 */
static bool are_too_many(const shoal_segment *segment, uint64_t count, size_t size)
{
    return count > HOP_LIMIT && (count & (count - 1)) == 0 && !shoal__may_hold(segment, count * size);
}

/* Add the entry's name: SHOAL_OK; SHOAL_ENOKEY: no entry of that chain can be at `ref`; or an error. */
static int add_name(struct name_list *list, const shoal_segment *segment, uint32_t ref, const struct shoal_table *table,
                    uint32_t index)
{
    const struct entry_sh *entry = shoal__entry_at(segment, ref);
    uint32_t length = entry ? shoal__once(&entry->name_length) : 0;
    if (!entry || length == 0 || length > 255 || (entry->hash & (table->buckets - 1)) != index ||
        !shoal__block(segment, ref, sizeof *entry + length + 1) || are_too_many(segment, list->count, sizeof *entry))
        return SHOAL_ENOKEY;
    return remember(list, entry, length);
}

enum { LISTED = 1, OTHER_TABLE = 2, IN_THE_GROWN = 3 };

/*
 * Add the names that one chain has at one moment: LISTED. OTHER_TABLE: the table was replaced, retry with the new one.
 * IN_THE_GROWN: the chain was moved into the table that this one grows into. < 0: an error.
 */
static int chain_names(struct name_list *list, const struct shoal_segment *segment, struct shoal_found at,
                       const struct shoal_table *table, uint32_t index)
{
    size_t start = list->size;
    uint64_t count = list->count;
    at.bucket = &table->at->bucket[index];
    do {
        int status = SHOAL_OK;
        list->size = start;
        list->count = count;
        at.bucket_version = load_acquire(&at.bucket->version);
        uint32_t ref = load_acquire(&at.bucket->head), hops = 0;
        bool moved = ref == BUCKET_MOVED;
        while (shoal__still_there(&at)) {
            if (moved)
                return IN_THE_GROWN;
            if (status < 0)
                return status == SHOAL_ENOKEY ? shoal__directory_damaged(segment) : status;
            if (!ref)
                return LISTED;
            status = hops++ < HOP_LIMIT ? add_name(list, segment, ref, table, index) : SHOAL_ENOKEY;
            if (status == SHOAL_OK)
                ref = load_acquire(
                    &((struct entry_sh *)shoal__at(segment, shoal__offset(segment, ref)))->next[table->chain]);
            SHOAL_POINT("names: link read");
        }
        if (load_acquire(at.table) != at.table_ref)
            return OTHER_TABLE;
    } while (!shoal__patience_ends(&list->patience));
    return shoal__never_still(segment);
}

/* Add the names of a moved chain: they are in two chains of the new table. `growth` was loaded before the table. */
static int grown_names(struct name_list *list, const struct shoal_segment *segment, const struct shoal_table *table,
                       uint32_t growth, uint32_t index)
{
    struct shoal_table grown;
    const struct header_sh *header = shoal__header(segment);
    struct shoal_found at = {.table = &header->growth, .table_ref = growth};
    bool sound = growth & 1 && shoal__table_grown(&grown, segment, table) &&
                 !are_too_many(segment, grown.buckets, sizeof(struct bucket_sh));
    fence_acquire();
    if (load_relaxed(&header->growth) != growth)
        return OTHER_TABLE;
    if (!sound)
        return shoal__directory_damaged(segment);
    int result = chain_names(list, segment, at, &grown, index);
    if (result == LISTED)
        result = chain_names(list, segment, at, &grown, index + table->buckets);
    return result == IN_THE_GROWN ? shoal__directory_damaged(segment) : result;
}

static int names_of(struct name_list *list, const struct shoal_segment *segment, const struct shoal_table *table,
                    uint32_t ref, uint32_t growth)
{
    int result = LISTED;
    struct shoal_found at = {.table = &shoal__header(segment)->table, .table_ref = ref};
    for (uint32_t i = 0; i < table->buckets && result == LISTED; i++) {
        result = chain_names(list, segment, at, table, i);
        if (result == IN_THE_GROWN)
            result = grown_names(list, segment, table, growth, i);
    }
    return result;
}

static int all_names(struct name_list *list, const shoal_segment *segment)
{
    do {
        struct shoal_table table;
        const struct header_sh *header = shoal__header(segment);
        list->size = list->count = 0;
        uint32_t growth = load_acquire(&header->growth), ref = load_acquire(&header->table);
        if (!ref)
            return SHOAL_OK;
        bool sound =
            shoal__table_read(&table, segment, ref) && !are_too_many(segment, table.buckets, sizeof(struct bucket_sh));
        fence_acquire();
        if (!sound && load_relaxed(&header->table) == ref)
            return shoal__directory_damaged(segment);
        int result = sound ? names_of(list, segment, &table, ref, growth) : OTHER_TABLE;
        if (result < 0 || result == LISTED)
            return result < 0 ? result : SHOAL_OK;
    } while (!shoal__patience_ends(&list->patience));
    return shoal__never_still(segment);
}

int shoal_object_each(shoal_segment *segment, shoal_each each, void *argument)
{
    struct name_list list = {0};
    char name[256];
    shoal__guard_reader(segment);
    int status = shoal__unless_damaged(segment, all_names(&list, segment));
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
