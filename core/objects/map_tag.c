/* Tags of a Map's items. Implements docs/recovery.md, "Map". */
#include "objects/map.h"
#include "value/hash.h"
#include "value/status.h"

static uint32_t new_version(const struct shoal_map *map)
{
    return atomic_fetch_add(&map->sh->tagged, 1) + 1;
}

static int check_tag(uint64_t *hash, const struct shoal_map *map, const void *tag, size_t size)
{
    struct shoal_map_key key;
    int status = shoal__map_check_key(&key, map, tag, size);
    *hash = status < 0 ? 0 : shoal__hash64(tag, size, map->segment->is.hash_key);
    return status;
}

/* The version that the tag has, or a new one. It is read before the item is stored: what is invalidated meanwhile is. */
static int read_tag(struct item_tag_sh *tag, struct shoal_map_work *work, shoal_object *object)
{
    struct shoal_map_key key;
    struct shoal_map_place place;
    struct shoal__map_value value = {.kind = ITEM_TAG, .size = 8};
    shoal_map_setting setting = {.flags = SHOAL_MAP_ADD, .ttl = SHOAL_FOREVER};
    shoal__map_tag_key(&key, &work->map, &tag->hash);
    for (;;) {
        int status = shoal__map_enter(object, work, key.shard);
        if (status < 0)
            return status;
        const struct item_sh *item = shoal__map_present(&place, work, &key);
        tag->version = item ? (uint32_t)atomic_load(shoal__map_integer(item)) : 0;
        shoal__map_leave(object, work);
        if (item)
            return SHOAL_OK;
        value.integer = new_version(&work->map);
        status = shoal__map_store(work, object, &key, &value, &setting);
        if (status < 0)
            return status;
    }
}

int shoal__map_tag(struct shoal__map_value *value, struct shoal_map_work *work, shoal_object *object,
                   const shoal_map_setting *setting)
{
    int status = SHOAL_OK;
    value->tag_count = setting->tag_count;
    for (uint32_t i = 0; i < setting->tag_count && status == SHOAL_OK; i++) {
        const shoal_bytes *tag = setting->tags + i;
        value->tag[i] = (struct item_tag_sh){0};
        status = check_tag(&value->tag[i].hash, &work->map, tag->bytes, tag->size);
        if (status == SHOAL_OK)
            status = read_tag(&value->tag[i], work, object);
    }
    return status;
}

int shoal_map_invalidate(shoal_object *object, const void *tag, size_t size)
{
    struct shoal_map_work work;
    struct shoal_map_key key;
    struct shoal_map_place place;
    uint64_t hash;
    int status = shoal__map_may_change(&work, object);
    if (status == SHOAL_OK)
        status = check_tag(&hash, &work.map, tag, size);
    if (status < 0)
        return status;
    shoal__map_tag_key(&key, &work.map, &hash);
    if ((status = shoal__map_enter(object, &work, key.shard)) < 0)
        return status;
    const struct item_sh *item = shoal__map_present(&place, &work, &key);
    if (item) /* else no item that is there has it */
        atomic_store(shoal__map_integer(item), (int64_t)new_version(&work.map));
    shoal__map_leave(object, &work);
    return SHOAL_OK;
}
