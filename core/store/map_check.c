/* Is a Map's memory what docs/format.md says? Others may use it meanwhile, but runs come and go with the structure's lock only. */
#include "segment/parts.h"
#include "store/map.h"

/* Its run is the map's, and as large as it says. */
static const char *judge_extent(const struct shoal_map_work *work, const struct extent_sh *extent, uint32_t *runs)
{
    const struct shoal_segment *segment = work->map.segment;
    uint64_t bytes = (uint64_t)load_relaxed(&extent->pages) << segment->is.page_shift;
    uint32_t run = load_relaxed(&extent->run);
    if (shoal__once(&extent->log) >= LOGS)
        return "an extent is in no log that there is";
    if (!run)
        return bytes ? "an extent has pages and no run" : NULL;
    ++*runs;
    if (!bytes || !shoal__part_is_sound(segment, run, bytes))
        return "an extent leads to a run that is not the map's";
    return NULL;
}

static const char *judge_extents(const struct shoal_map_work *work, uint32_t *runs)
{
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++) {
        const char *wrong = judge_extent(work, work->map.extents + e, runs);
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* Is it in the slot and the shard that its key's hash says? */
static bool is_its_own(const struct shoal_map_work *work, const struct item_sh *item, uint16_t tag)
{
    struct shoal_map_key key;
    if (item->key_size < 1 || item->key_size > SHOAL_MAP_KEY)
        return false;
    shoal__map_key(&key, &work->map, item->key, item->key_size);
    return key.hash == item->hash && key.tag == tag && work->map.shards + key.shard == work->shard;
}

/* Of a slot, while nobody changes the shard: its item is whole, in a log of this shard, and at home here or before. */
static const char *judge_slot(const struct shoal_map_work *work, uint32_t ref, uint32_t at, uint16_t tag)
{
    uint64_t room;
    uint32_t number = ref >> work->map.shift, mask = (1u << work->bits) - 1;
    if (number < work->first || number >= work->first + work->map.per_shard)
        return "a slot leads out of its shard";
    const struct extent_sh *extent = work->map.extents + number;
    const struct item_sh *item = shoal__map_item(&work->map, extent, ref, &room);
    if (!item || shoal__once(&extent->log) == LOG_FREE)
        return "a slot leads to an extent that is free";
    uint64_t offset = (uint64_t)(ref & ((1u << work->map.shift) - 1)) * MAP_UNIT;
    if (offset < MAP_UNIT || offset + item->size > extent->used || item->size > room ||
        item->size != shoal__item_size(item->key_size, item->value_size, item->tags) || item->kind > ITEM_TAG ||
        (item->kind != ITEM_BYTES && item->value_size != 8))
        return "an item's sizes are impossible";
    if (!is_its_own(work, item, tag))
        return "a slot leads to another key's item";
    for (uint32_t k = shoal__map_home(work->bits, item->hash); k != at; k = (k + 1) & mask)
        if (!work->buckets[k].overflow)
            return "an item lies where nobody looks for it";
    return NULL;
}

static const char *judge_slots(const struct shoal_map_work *work)
{
    uint64_t items = 0, live = 0, counted = 0;
    for (uint32_t k = 0; k < 1u << work->bits; k++)
        for (uint32_t i = 0; i < MAP_SLOTS; i++) {
            uint32_t ref = load_relaxed(&work->buckets[k].ref[i]);
            const char *wrong = ref ? judge_slot(work, ref, k, work->buckets[k].tag[i]) : NULL;
            if (wrong)
                return wrong;
            items += ref != 0;
            live += ref ? shoal__map_item_of(work, ref)->size : 0;
        }
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++)
        counted += work->map.extents[e].log != LOG_FREE ? work->map.extents[e].live : 0;
    if (items != work->shard->items || live != counted)
        return "a shard's items are not as many as it says";
    return NULL;
}

/* Nobody has changed the shard since `numbers` was read. */
static bool is_still(const struct shoal_map_work *work, uint32_t numbers)
{
    fence_acquire();
    return load_relaxed(&work->shard->lock) == 0 && shoal__once(&work->shard->numbers) == numbers;
}

const char *shoal__map_walk(struct shoal_map_work *work, uint32_t *runs)
{
    uint32_t index = load_relaxed(&work->shard->index), numbers = shoal__once(&work->shard->numbers);
    const char *wrong = judge_extents(work, runs);
    if (wrong)
        return wrong;
    *runs += index != 0;
    if (!index)
        return NULL;
    if (!work->buckets || !shoal__part_is_sound(work->map.segment, shoal__page_ref(work->map.segment, (index >> 5) - 1),
                                                (uint64_t)sizeof(struct map_bucket_sh) << work->bits))
        return "an index is not a run of the map";
    bool is_fresh = load_relaxed(&work->shard->epoch) == load_relaxed(&work->map.sh->epoch);
    if (!is_fresh || !is_still(work, numbers))
        return NULL;
    wrong = judge_slots(work);
    return is_still(work, numbers) ? wrong : NULL;
}
