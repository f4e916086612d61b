/* Walking over a Map, without a lock. Implements docs/recovery.md, "Map". */
#include <stdlib.h>
#include <string.h>

#include "objects/map.h"
#include "platform/point.h"
#include "value/hash.h"
#include "value/status.h"

/*
 * What is in `reserved`. Keys are met shard by shard in the order of their hash, of which the home bucket is the top, so
 * the place stays what it is when the index doubles.
 */
struct place {
    uint64_t order; /* of the last key that was met */
    uint32_t shard, zero;
    uint64_t started; /* 1: there was a key in this shard */
};
_Static_assert(sizeof(struct place) == sizeof((shoal_map_cursor *)0)->reserved, "it lies in what is reserved");

/* The next key of a home bucket. */
struct next {
    bool found;
    uint64_t order;
    uint32_t size;
    unsigned char key[SHOAL_MAP_KEY];
};

static bool is_after(const struct place *place, uint64_t order)
{
    return !place->started || order > place->order;
}

/* A slot's item, if its home is this and it is the next so far. MAP_AGAIN: something has changed. */
static enum shoal_map_result consider(struct next *next, const struct shoal_map *map, const struct place *place,
                                      const shoal_word *slot, uint32_t home, uint32_t bits)
{
    uint64_t room;
    uint32_t ref = load_acquire(slot);
    const struct extent_sh *extent = ref ? shoal__map_extent(map, ref) : NULL;
    if (!extent)
        return ref ? MAP_AGAIN : MAP_OK;
    uint32_t generation = load_acquire(&extent->generation);
    if (load_relaxed(slot) != ref)
        return MAP_AGAIN;
    const struct item_sh *item = shoal__map_item(map, extent, ref, &room);
    if (!item)
        return MAP_AGAIN;
    unsigned char key[SHOAL_MAP_KEY];
    uint32_t hash = shoal__once(&item->hash), size = *(const volatile uint16_t *)&item->key_size, kind = item->kind;
    bool fits = size >= 1 && size <= SHOAL_MAP_KEY && sizeof *item + size <= room;
    if (fits)
        memcpy(key, item->key, size);
    fence_acquire();
    if (load_relaxed(&extent->generation) != generation)
        return MAP_AGAIN;
    if (!fits || kind == ITEM_TAG || shoal__map_home(bits, hash) != home)
        return fits ? MAP_OK : MAP_DAMAGED;
    uint64_t full = shoal__hash64(key, size, map->segment->is.hash_key);
    if (is_after(place, full) && (!next->found || full < next->order)) {
        next->found = true;
        next->order = full;
        next->size = size;
        memcpy(next->key, key, size);
    }
    return MAP_OK;
}

static enum shoal_map_result look_in_home(struct next *next, const struct shoal_map *map, const struct place *place,
                                          const struct map_bucket_sh *all, uint32_t home, uint32_t bits)
{
    uint32_t mask = (1u << bits) - 1, at = home;
    for (uint32_t steps = 0; steps <= mask; steps++, at = (at + 1) & mask) {
        for (uint32_t i = 0; i < MAP_SLOTS; i++) {
            enum shoal_map_result result = consider(next, map, place, &all[at].ref[i], home, bits);
            if (result != MAP_OK)
                return result;
        }
        if (!*(const volatile uint16_t *)&all[at].overflow)
            break;
    }
    return MAP_OK;
}

/* The next key of the shard, as it is in one index. MAP_MISS: there is none. */
static enum shoal_map_result look_in_shard(struct next *next, const struct shoal_map *map, const struct place *place)
{
    const struct shard_sh *shard = map->shards + place->shard;
    uint32_t bits, epoch = load_acquire(&shard->epoch), index;
    enum shoal_map_result result = MAP_OK;
    next->found = false;
    if (load_acquire(&map->sh->epoch) != epoch)
        return MAP_MISS;
    index = load_acquire(&shard->index);
    const struct map_bucket_sh *all = shoal__map_buckets(map, index, &bits);
    uint32_t home = all && place->started ? shoal__map_home(bits, (uint32_t)(place->order >> 32)) : 0;
    for (; all && home < 1u << bits && result == MAP_OK && !next->found; home++)
        result = look_in_home(next, map, place, all, home, bits);
    fence_acquire();
    if (load_relaxed(&shard->index) != index || load_relaxed(&shard->epoch) != epoch)
        return MAP_AGAIN;
    return result != MAP_OK ? result : next->found ? MAP_OK : MAP_MISS;
}

/* The next key, and the shard that it is in. */
static int find_next(struct next *next, shoal_object *object, const struct shoal_map *map, struct place *place)
{
    struct shoal_patience patience = {0};
    while (place->shard < map->count) {
        enum shoal_map_result result = look_in_shard(next, map, place);
        if (result == MAP_OK)
            return SHOAL_OK;
        if (result == MAP_MISS) {
            *place = (struct place){.shard = place->shard + 1};
            patience = (struct shoal_patience){0};
        } else if (shoal__patience_ends(&patience)) {
            return result == MAP_DAMAGED
                       ? shoal__map_damaged(object)
                       : shoal__fail(SHOAL_ETIMEDOUT, "map \"%s\": its index changed all the time during a walk",
                                     object->name);
        }
    }
    return SHOAL_MISS;
}

int shoal_map_next(shoal_object *object, shoal_map_cursor *cursor, void *key, size_t *key_size, void *buffer,
                   size_t capacity, size_t *size, shoal_map_item *item)
{
    struct shoal_map map;
    struct place place;
    struct next next;
    bool keys_only = !buffer && !capacity;
    *size = *key_size = 0;
    memcpy(&place, cursor->reserved, sizeof place);
    int status = shoal__map_may_read(&map, object);
    while (status == SHOAL_OK && (status = find_next(&next, object, &map, &place)) == SHOAL_OK) {
        status = shoal_map_get(object, next.key, next.size, buffer, capacity, size, item);
        if (status == SHOAL_LARGER && keys_only)
            status = SHOAL_OK, *size = 0;
        if (status == SHOAL_OK || status == SHOAL_MISS)
            place = (struct place){next.order, place.shard, 0, 1};
        if (status == SHOAL_OK || status == SHOAL_LARGER) {
            memcpy(key, next.key, next.size);
            *key_size = next.size;
            break;
        }
        status = status == SHOAL_MISS ? SHOAL_OK : status; /* it has gone */
    }
    memcpy(cursor->reserved, &place, sizeof place);
    return shoal__unless_damaged(object->segment, status);
}

int shoal_map_clear_prefix(uint64_t *gone, shoal_object *object, const void *prefix, size_t size)
{
    unsigned char key[SHOAL_MAP_KEY];
    size_t key_size, ignored;
    shoal_map_cursor cursor = {{0}};
    int status = shoal__may_use(object, SHOAL_KIND_MAP);
    *gone = 0;
    while (status >= 0 && status != SHOAL_MISS) {
        status = shoal_map_next(object, &cursor, key, &key_size, NULL, 0, &ignored, NULL);
        if (status != SHOAL_OK || key_size < size || (size && memcmp(key, prefix, size) != 0))
            continue;
        int removed = shoal_map_delete(object, key, key_size, 0);
        *gone += removed == SHOAL_OK;
        status = removed < 0 ? removed : SHOAL_OK;
    }
    return status < 0 ? status : SHOAL_OK;
}

/* ---- Backup ---- */

static int copy_one(shoal_object *to, const unsigned char *key, size_t key_size, const void *bytes, size_t size,
                    const shoal_map_item *item)
{
    shoal_map_setting setting;
    shoal_map_setting_init(&setting);
    setting.ttl = item->left;
    return item->left <= 0 ? SHOAL_OK : shoal_map_set(to, key, key_size, bytes, size, &setting);
}

static int copy_all(shoal_object *to, shoal_object *from)
{
    unsigned char key[SHOAL_MAP_KEY];
    shoal_map_cursor cursor = {{0}};
    int status = SHOAL_OK;
    unsigned char *buffer = malloc(1 << 16);
    size_t capacity = buffer ? 1 << 16 : 0, key_size, size;
    while (status >= 0 && buffer) {
        shoal_map_item item = {0};
        status = shoal_map_next(from, &cursor, key, &key_size, buffer, capacity, &size, &item);
        if (status == SHOAL_MISS)
            break;
        if (status == SHOAL_OK)
            status = copy_one(to, key, key_size, buffer, size, &item);
        if (status == SHOAL_LARGER) {
            free(buffer);
            buffer = malloc(capacity = size);
        }
    }
    status = buffer ? status : shoal__fail_plainly(SHOAL_ENOMEM);
    free(buffer);
    return status < 0 ? status : SHOAL_OK;
}

/* Flights stay behind. */
int shoal__map_copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    shoal_map_options options;
    int status = shoal_map_read_options(&options, object);
    if (status == SHOAL_OK)
        status = shoal_map_open(out, to, object->name, object->name_length, &options);
    return status < 0 ? status : copy_all(*out, object);
}
