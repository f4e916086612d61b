/* shoal_segment_describe, shoal_object_describe: all facts about a segment or an object, as MessagePack. */
#include <stdlib.h>
#include <string.h>

#include "objects/objects.h"
#include "value/status.h"

/* ---- Holders and waiters ---- */

static void write_owner(shoal_writer *out, const shoal_owner *owner)
{
    struct shoal__parts map;
    shoal__parts_init(&map);
    shoal_write_int(shoal__part_of(&map, "pid"), owner->pid);
    shoal_write_int(shoal__part_of(&map, "thread"), owner->thread);
    shoal_write_float(shoal__part_of(&map, "since"), owner->since);
    shoal__write_text(shoal__part_of(&map, "program"), owner->program);
    shoal_write_bool(shoal__part_of(&map, "alive"), owner->alive);
    shoal_write_uint(shoal__part_of(&map, "count"), owner->count);
    shoal__parts_end_map(&map, out);
}

typedef int (*lister)(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);

/* Collects all owners that `ask` lists into *out, which the caller frees, also after a failure. */
static int collect_owners(shoal_owner **out, size_t *count, lister ask, const shoal_object *object)
{
    int status = SHOAL_OK;
    size_t limit = 0;
    *out = NULL;
    for (*count = 16; status == SHOAL_OK && *count > limit;) {
        limit = *count + *count / 4;
        shoal_owner *grown = realloc(*out, limit * sizeof *grown);
        if (!grown)
            return shoal__fail_plainly(SHOAL_ENOMEM);
        *out = grown;
        status = ask(grown, limit, count, object);
    }
    return status;
}

static int write_owners(shoal_writer *out, lister ask, const shoal_object *object)
{
    shoal_owner *owners;
    size_t count;
    int status = collect_owners(&owners, &count, ask, object);
    if (status == SHOAL_OK)
        shoal_write_array(out, count);
    for (size_t i = 0; status == SHOAL_OK && i < count; i++)
        write_owner(out, &owners[i]);
    free(owners);
    return status;
}

/* ---- An object ---- */

/* Facts of every kind. */
static int tell_object(struct shoal__parts *map, const shoal_object *object)
{
    int status = SHOAL_OK;
    const struct shoal__kind *kind = shoal__kinds[object->kind];
    shoal_write_str(shoal__part_of(map, "name"), object->name, object->name_length);
    shoal__write_text(shoal__part_of(map, "kind"), shoal_kind_name(object->kind));
    if (kind->flags & KIND_LOCK)
        status = write_owners(shoal__part_of(map, "holders"), shoal_object_holders, object);
    if (kind->waits && status == SHOAL_OK)
        status = write_owners(shoal__part_of(map, "waiters"), shoal_object_waiters, object);
    return status;
}

static int tell_all(struct shoal__parts *map, const shoal_object *object)
{
    int status = shoal__may_look(object, object->kind);
    if (status == SHOAL_OK)
        status = tell_object(map, object);
    if (status < 0)
        return status;
    shoal_write_uint(shoal__part_of(map, "bytes"), object->capacity);
    return shoal__kinds[object->kind]->describe(map, object);
}

/* All or nothing: after a failure `out` is as it was. */
static int finish(shoal_writer *out, struct shoal__parts *map, int status)
{
    size_t before = out->size;
    if (status < 0)
        shoal_writer_free(&map->writer);
    else
        shoal__parts_end_map(map, out);
    if (status == SHOAL_OK)
        status = out->status;
    if (status < 0)
        out->size = before;
    return status;
}

int shoal_object_describe(shoal_writer *out, const shoal_object *object)
{
    struct shoal__parts map;
    shoal__parts_init(&map);
    int status = tell_all(&map, object);
    return finish(out, &map, shoal__unless_damaged(object->segment, status));
}

/* ---- A segment ---- */

/* A number of bytes in a damaged segment may be any; a language has no integer for more than 2^63 - 1. */
static void write_bytes(struct shoal__parts *map, const char *key, uint64_t bytes)
{
    shoal_write_uint(shoal__part_of(map, key), bytes < INT64_MAX ? bytes : INT64_MAX);
}

static void tell_facts(struct shoal__parts *map, const shoal_segment *segment, const shoal_info *info)
{
    shoal__write_text(shoal__part_of(map, "name"), shoal_segment_name(segment));
    shoal__write_text(shoal__part_of(map, "path"), shoal_segment_path(segment));
    shoal__write_text(shoal__part_of(map, "id"), shoal_segment_id(segment));
    write_bytes(map, "size", info->size);
    write_bytes(map, "used", info->used);
    write_bytes(map, "committed", info->committed);
    write_bytes(map, "largest_free", info->largest_free);
    shoal_write_uint(shoal__part_of(map, "objects"), info->objects);
    shoal_write_uint(shoal__part_of(map, "peer_limit"), info->peer_limit);
    shoal_write_uint(shoal__part_of(map, "removed"), info->removed);
    shoal_write_uint(shoal__part_of(map, "recoveries"), info->recoveries);
    shoal__write_text(shoal__part_of(map, "lifetime"), info->lifetime == SHOAL_SHARED ? "shared" : "persistent");
    shoal_write_uint(shoal__part_of(map, "mode"), info->mode);
    shoal_write_uint(shoal__part_of(map, "owner"), info->owner);
    shoal_write_uint(shoal__part_of(map, "format"), info->format);
    shoal_write_float(shoal__part_of(map, "created"), info->created);
    shoal_write_bool(shoal__part_of(map, "readonly"), shoal_segment_readonly(segment));
}

static int count_kind(void *counts, const char *name, size_t length, int kind)
{
    (void)name, (void)length;
    ((uint64_t *)counts)[kind <= SHOAL_KIND_LAST ? kind : SHOAL_KIND_NONE]++; /* a damaged object's kind may be none */
    return 0;
}

static int tell_kinds(struct shoal__parts *map, shoal_segment *segment)
{
    struct shoal__parts kinds;
    uint64_t counts[SHOAL_KIND_END] = {0};
    int status = shoal_object_each(segment, count_kind, counts);
    shoal__parts_init(&kinds);
    for (int kind = SHOAL_KIND_NONE; kind <= SHOAL_KIND_LAST; kind++)
        if (counts[kind] > 0)
            shoal_write_uint(shoal__part_of(&kinds, shoal_kind_name(kind ? kind : SHOAL_KIND_END)), counts[kind]);
    shoal__parts_end_map(&kinds, shoal__part_of(map, "kinds"));
    return status;
}

static void write_peer(shoal_writer *out, const shoal_peer *peer)
{
    struct shoal__parts map;
    shoal__parts_init(&map);
    shoal_write_uint(shoal__part_of(&map, "slot"), peer->slot);
    shoal_write_int(shoal__part_of(&map, "pid"), peer->pid);
    shoal_write_float(shoal__part_of(&map, "since"), peer->since);
    shoal__write_text(shoal__part_of(&map, "program"), peer->program);
    shoal_write_bool(shoal__part_of(&map, "alive"), peer->alive);
    shoal__parts_end_map(&map, out);
}

static int tell_peers(struct shoal__parts *map, shoal_segment *segment)
{
    size_t count;
    shoal_peer *peers = calloc(segment->is.slots, sizeof *peers);
    if (!peers)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    int status = shoal_segment_peers(peers, segment->is.slots, &count, segment);
    shoal_write_array(shoal__part_of(map, "peers"), count);
    for (size_t i = 0; i < count; i++)
        write_peer(&map->writer, &peers[i]);
    free(peers);
    return status;
}

static int add_lock(void *locks, shoal_object *lock)
{
    struct shoal__parts map;
    shoal__parts_init(&map);
    int status = tell_object(&map, lock);
    shoal__parts_end_map(&map, shoal__part(locks));
    return status;
}

static int tell_locks(struct shoal__parts *map, shoal_segment *segment)
{
    struct shoal__parts locks;
    shoal__parts_init(&locks);
    int status = shoal_segment_each_lock(segment, add_lock, &locks);
    shoal__parts_end_array(&locks, shoal__part_of(map, "locks"));
    return status;
}

int shoal_segment_describe(shoal_writer *out, shoal_segment *segment)
{
    struct shoal__parts map;
    shoal_info info;
    int status = shoal_segment_info(&info, segment);
    shoal__parts_init(&map);
    if (status == SHOAL_OK) {
        tell_facts(&map, segment, &info);
        status = tell_kinds(&map, segment);
    }
    if (status == SHOAL_OK)
        status = tell_peers(&map, segment);
    if (status == SHOAL_OK)
        status = tell_locks(&map, segment);
    return finish(out, &map, status);
}
