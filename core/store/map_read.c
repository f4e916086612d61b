/* A Map's body, its keys, and reading it without a lock. Implements docs/recovery.md, "Map". */
#include "store/map.h"

#include <string.h>

#include "platform/clock.h"
#include "platform/point.h"
#include "segment/heap.h"
#include "value/hash.h"

uint64_t shoal__map_body(uint32_t shards, uint32_t per_shard)
{
    return sizeof(struct map_sh) + (uint64_t)shards * sizeof(struct shard_sh) +
           (uint64_t)shards * per_shard * sizeof(struct extent_sh);
}

bool shoal__map_at(struct shoal_map *out, shoal_segment *segment, void *body, uint64_t capacity)
{
    struct map_sh *sh = body;
    uint32_t shards = shoal__once(&sh->shards), per_shard = shoal__once(&sh->per_shard);
    uint32_t bytes = shoal__once(&sh->extent_bytes);
    bool is_sound = shards >= 1 && shards <= MAP_SHARDS && !(shards & (shards - 1)) && per_shard >= 4 &&
                    per_shard <= 1 << 24 && bytes >= 4096 && bytes <= 1 << 24 && !(bytes & (bytes - 1)) &&
                    bytes >= shoal__page_size(segment) && shoal__map_body(shards, per_shard) <= capacity &&
                    (uint64_t)shards * per_shard * (bytes / MAP_UNIT) <= (uint64_t)1 << 32;
    if (__builtin_expect(!is_sound, 0))
        return false;
    *out = (struct shoal_map){.segment = segment, .sh = sh, .count = shards, .per_shard = per_shard};
    out->shards = (struct shard_sh *)(sh + 1);
    out->extents = (struct extent_sh *)(out->shards + shards);
    out->extent_bytes = bytes;
    out->shift = (uint32_t)__builtin_ctz(bytes / MAP_UNIT);
    return true;
}

void shoal__map_key(struct shoal_map_key *out, const struct shoal_map *map, const void *bytes, size_t size)
{
    uint64_t hash = shoal__hash64(bytes, size, map->segment->is.hash_key);
    *out = (struct shoal_map_key){.bytes = bytes, .size = (uint32_t)size, .hash = (uint32_t)(hash >> 32)};
    out->shard = (uint32_t)hash & (map->count - 1);
    out->tag = (uint16_t)((uint16_t)(hash >> 8) | 1);
}

void shoal__map_tag_key(struct shoal_map_key *out, const struct shoal_map *map, const uint64_t *hash)
{
    shoal__map_key(out, map, hash, sizeof *hash);
    out->is_tag = true;
}

/* ---- Time ---- */

/* Set back before the segment was created, the clock stands still. */
static uint64_t since_creation(const struct shoal_map *map)
{
    uint64_t now = shoal__coarse_realtime(), created = map->segment->is.created;
    return now > created ? now - created : 0;
}

#define TICK (UINT64_C(1000000000) / MAP_TICKS)

uint32_t shoal__map_ticks(const struct shoal_map *map)
{
    uint64_t ticks = since_creation(map) / TICK;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

/* A segment that is so old that the time does not fit keeps the item for as long as it can say. */
uint32_t shoal__map_expiry(const struct shoal_map *map, shoal_time ttl)
{
    if (ttl == SHOAL_FOREVER)
        return 0;
    uint64_t ticks = (since_creation(map) + (uint64_t)ttl) / TICK + 1;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

/* ---- Looking ---- */

/* The state of the shard that a look began with. */
struct view {
    const struct shard_sh *shard;
    uint32_t index, epoch;
};

static inline bool is_the_same(const struct view *view)
{
    fence_acquire();
    return load_relaxed(&view->shard->index) == view->index && load_relaxed(&view->shard->epoch) == view->epoch;
}

static inline bool is_key(const struct item_sh *item, uint64_t room, const struct shoal_map_key *key)
{
    return item->hash == key->hash && item->key_size == key->size && sizeof *item + key->size <= room &&
           (item->kind == ITEM_TAG) == key->is_tag && memcmp(item->key, key->bytes, key->size) == 0;
}

/* One slot whose tag fits. MAP_MISS: it has another key. */
static inline enum shoal_map_result look_at(struct shoal_map_seen *out, const struct shoal_map *map,
                                            const struct view *view, const struct shoal_map_key *key)
{
    const shoal_word *slot = &out->bucket->ref[out->slot];
    uint32_t ref = load_acquire(slot);
    if (!ref)
        return MAP_MISS;
    out->extent = shoal__map_extent(map, ref);
    if (!out->extent)
        return is_the_same(view) && load_relaxed(slot) == ref ? MAP_DAMAGED : MAP_AGAIN;
    out->generation = load_acquire(&out->extent->generation);
    /* The item was the slot's while the generation was this, and the slot was the index's. */
    if (load_relaxed(slot) != ref || !is_the_same(view))
        return MAP_AGAIN;
    SHOAL_POINT("map: item known");
    out->item = shoal__map_item(map, out->extent, ref, &out->room);
    if (!out->item)
        return shoal__map_still(out) ? MAP_DAMAGED : MAP_AGAIN;
    if (is_key(out->item, out->room, key))
        return MAP_OK;
    return shoal__map_still(out) ? MAP_MISS : MAP_AGAIN;
}

static inline enum shoal_map_result look_in(struct shoal_map_seen *out, const struct shoal_map *map,
                                            const struct view *view, const struct shoal_map_key *key)
{
    for (uint32_t bits = shoal__map_matches(out->bucket, key->tag); bits; bits &= bits - 1) {
        out->slot = (uint32_t)__builtin_ctz(bits);
        enum shoal_map_result result = look_at(out, map, view, key);
        if (result != MAP_MISS)
            return result;
    }
    return MAP_MISS;
}

enum shoal_map_result shoal__map_look(struct shoal_map_seen *out, const struct shoal_map *map,
                                      const struct shoal_map_key *key)
{
    struct view view = {.shard = map->shards + key->shard};
    uint32_t bits, epoch = load_acquire(&map->sh->epoch);
    view.epoch = load_acquire(&view.shard->epoch);
    if (epoch != view.epoch)
        return MAP_MISS;
    view.index = load_acquire(&view.shard->index);
    struct map_bucket_sh *all = shoal__map_buckets(map, view.index, &bits);
    if (!all)
        return !is_the_same(&view) ? MAP_AGAIN : view.index ? MAP_DAMAGED : MAP_MISS;
    uint32_t mask = (1u << bits) - 1, at = shoal__map_home(bits, key->hash);
    /* An index that was freed meanwhile may say anything: no more steps than it has buckets. */
    for (uint32_t steps = 0; steps <= mask; steps++, at = (at + 1) & mask) {
        out->bucket = all + at;
        enum shoal_map_result result = look_in(out, map, &view, key);
        if (result != MAP_MISS)
            return result;
        if (!*(const volatile uint16_t *)&out->bucket->overflow)
            break;
    }
    return is_the_same(&view) ? MAP_MISS : MAP_AGAIN; /* absent is believed only of the present index */
}
