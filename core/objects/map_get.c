/* Reading a Map. Implements docs/recovery.md, "Map". */
#include <string.h>

#include "objects/map.h"
#include "platform/copy.h"
#include "platform/point.h"
#include "value/status.h"

#define BATCH 64u /* hits and misses that a handle counts before it adds them to the map's */

/* ---- Numbers ---- */

static void big_endian(unsigned char *to, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> 8 * (bytes - 1 - i));
}

/* MessagePack, as short as can be: 1 to 9 bytes. */
static size_t encode(unsigned char to[9], int64_t value)
{
    uint64_t bits = (uint64_t)value, size = value < 0 ? ~bits : bits >> 1;
    if (value >= 0 ? bits < 128 : value >= -32) {
        to[0] = (unsigned char)bits;
        return 1;
    }
    uint32_t log = size < 0x80 ? 0 : size < 0x8000 ? 1 : size < 0x80000000u ? 2 : 3;
    to[0] = (unsigned char)((value < 0 ? 0xd0 : 0xcc) + log);
    big_endian(to + 1, bits, 1u << log);
    return 1 + (1u << log);
}

static bool decode(int64_t *out, const unsigned char *bytes, uint32_t size)
{
    if (size == 1 && (bytes[0] < 128 || bytes[0] >= 0xe0)) {
        *out = (int8_t)bytes[0];
        return true;
    }
    if (size < 2 || bytes[0] < 0xcc || bytes[0] > 0xd3 || size != 1 + (1u << (bytes[0] & 3)))
        return false;
    uint64_t bits = 0;
    for (uint32_t i = 1; i < size; i++)
        bits = bits << 8 | bytes[i];
    uint32_t unused = 64 - 8 * (size - 1);
    if (bytes[0] >= 0xd0)
        *out = (int64_t)(bits << unused) >> unused;
    else
        *out = (int64_t)bits;
    return bytes[0] >= 0xd0 || bits <= INT64_MAX;
}

bool shoal__map_is_integer(int64_t *out, const struct item_sh *item)
{
    if (item->kind == ITEM_INTEGER) {
        *out = atomic_load_explicit(shoal__map_integer(item), memory_order_relaxed);
        return true;
    }
    return decode(out, (const unsigned char *)item + shoal__item_value_at(item->key_size), item->value_size);
}

/* An integer is changed in place: its value is a part of the token. */
uint64_t shoal__map_token(const struct item_sh *item)
{
    uint64_t token = (uint64_t)item->number << 32 | item->hash;
    if (item->kind == ITEM_INTEGER)
        token ^= (uint64_t)atomic_load_explicit(shoal__map_integer(item), memory_order_relaxed) * 0x9e3779b97f4a7c15u;
    return token ? token : 1;
}

/* ---- Tags ---- */

static bool is_tag_valid(const struct shoal_map *map, const struct item_tag_sh *tag)
{
    struct shoal_map_key key;
    struct shoal_map_seen seen;
    enum shoal_map_result result;
    struct shoal_patience patience = {0};
    shoal__map_tag_key(&key, map, &tag->hash);
    for (;;) {
        result = shoal__map_look(&seen, map, &key);
        bool fits = result == MAP_OK && seen.room >= shoal__item_size(key.size, 8, 0);
        uint64_t version = fits ? (uint64_t)atomic_load(shoal__map_integer(seen.item)) : 0;
        if ((result != MAP_OK && result != MAP_AGAIN) || (fits && shoal__map_still(&seen)))
            return result == MAP_OK && version == tag->version;
        if (shoal__patience_ends(&patience))
            return false;
    }
}

/* `tags` may be torn: then the item is looked at again. */
static bool are_tags_valid(const struct shoal_map *map, const unsigned char *tags, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct item_tag_sh tag;
        memcpy(&tag, tags + i * sizeof tag, sizeof tag);
        if (!is_tag_valid(map, &tag))
            return false;
    }
    return true;
}

static const unsigned char *tags_of(const struct item_sh *item, uint32_t key_size, uint32_t value_size)
{
    return (const unsigned char *)item + ((shoal__item_value_at(key_size) + (uint64_t)value_size + 7) & ~7ull);
}

bool shoal__map_is_there(const struct shoal_map *map, const struct item_sh *item)
{
    uint32_t expiry = load_relaxed(&item->expiry);
    return !(expiry && shoal__map_is_past(expiry, shoal__map_ticks(map))) &&
           are_tags_valid(map, tags_of(item, item->key_size, item->value_size), item->tags);
}

/* ---- One look ---- */

#define TICK_NS ((shoal_time)1000000000 / MAP_TICKS)

/* How long an item is there yet; it is rounded up, and so never less than what was asked for. */
static shoal_time left_of(const struct shoal_map *map, uint32_t expiry)
{
    if (!expiry)
        return SHOAL_FOREVER;
    uint64_t now = shoal__coarse_realtime() - map->segment->is.created;
    return (shoal_time)expiry * TICK_NS - (shoal_time)now;
}

static bool is_too_old(const struct shoal_map *map, uint32_t expiry, const shoal_map_item *item)
{
    if (__builtin_expect(!expiry, 1))
        return false;
    if (!item || item->stale <= 0)
        return shoal__map_is_past(expiry, shoal__map_ticks(map));
    return shoal__map_is_past(expiry, shoal__map_ticks(map)) && left_of(map, expiry) < -item->stale;
}

static int put_in(const struct shoal__map_places *to, const unsigned char *from, size_t size)
{
    bool is_str;
    size_t head = to->place ? shoal_string_head(&is_str, from, size) : 0;
    if (head) {
        void *place = to->place(to->user, size - head);
        if (!place)
            return SHOAL_ENOMEM;
        memcpy(place, from + head, size - head);
        *to->size = SHOAL_PLACED;
        return SHOAL_OK;
    }
    *to->size = size;
    size_t some = size < to->capacity ? size : to->capacity;
    if (some)
        shoal__copy(to->buffer, from, some);
    return some < size ? SHOAL_LARGER : SHOAL_OK;
}

/* What the item says, which counts only if it is still the item. SHOAL_ECORRUPT: its sizes are impossible. */
static int copy_item(const struct shoal_map *map, const struct shoal_map_seen *seen, const struct shoal_map_key *key,
                     const struct shoal__map_places *to)
{
    const struct item_sh *item = seen->item;
    uint32_t size = shoal__once(&item->value_size), at = shoal__item_value_at(key->size), tags = item->tags;
    uint32_t kind = *(const volatile uint8_t *)&item->kind, expiry = load_relaxed(&item->expiry);
    if (shoal__item_size(key->size, size, tags) > seen->room || (kind == ITEM_INTEGER && size != 8))
        return SHOAL_ECORRUPT;
    if (is_too_old(map, expiry, to->item) || (tags && !are_tags_valid(map, tags_of(item, key->size, size), tags)))
        return SHOAL_MISS;
    if (to->item) {
        to->item->left = left_of(map, expiry);
        to->item->token = shoal__map_token(item);
    }
    if (__builtin_expect(kind == ITEM_BYTES, 1))
        return put_in(to, (const unsigned char *)item + at, size);
    unsigned char integer[9];
    int64_t value = atomic_load_explicit(shoal__map_integer(item), memory_order_relaxed);
    if (to->item) { /* of the same value */
        uint64_t token = ((uint64_t)item->number << 32 | item->hash) ^ (uint64_t)value * 0x9e3779b97f4a7c15u;
        to->item->token = token ? token : 1;
    }
    return put_in(to, integer, encode(integer, value));
}

/* ---- Statistics ---- */

static void add_up(shoal_word *mine, _Atomic uint64_t *all)
{
    uint32_t count = load_relaxed(mine) + 1;
    if (count >= BATCH) {
        atomic_fetch_add_explicit(all, count, memory_order_relaxed);
        count = 0;
    }
    store_relaxed(mine, count);
}

static inline void count_use(shoal_object *object, const struct shoal_map *map, const struct shoal_map_seen *seen)
{
    if (object->segment->readonly)
        return;
    uint8_t *uses = &seen->bucket->uses[seen->slot];
    uint8_t have = *(volatile uint8_t *)uses;
    if (have < MAP_USES)
        *(volatile uint8_t *)uses = (uint8_t)(have + 1);
    add_up(&object->permit, &map->sh->hits);
}

static int miss(shoal_object *object, const struct shoal_map *map)
{
    if (!object->segment->readonly)
        add_up(&object->want_to_read, &map->sh->misses);
    return SHOAL_MISS;
}

/* ---- Calls ---- */

int shoal__map_read(shoal_object *object, const struct shoal_map *map, const struct shoal_map_key *key,
                    const struct shoal__map_places *to)
{
    struct shoal_patience patience = {0};
    struct shoal_map_seen seen;
    do {
        *to->size = 0;
        enum shoal_map_result result = shoal__map_look(&seen, map, key);
        if (result == MAP_MISS)
            return miss(object, map);
        if (result == MAP_DAMAGED)
            return shoal__map_damaged(object);
        if (result != MAP_OK)
            continue;
        int status = copy_item(map, &seen, key, to);
        SHOAL_POINT("map: copied");
        if (__builtin_expect(!shoal__map_still(&seen), 0))
            continue;
        if (status == SHOAL_OK || status == SHOAL_LARGER) {
            count_use(object, map, &seen);
            return status;
        }
        *to->size = 0;
        if (status == SHOAL_MISS)
            return miss(object, map);
        return status == SHOAL_ENOMEM ? shoal__fail_plainly(status) : shoal__map_damaged(object);
    } while (!shoal__patience_ends(&patience));
    return shoal__fail(SHOAL_ETIMEDOUT,
                       "map \"%s\" in segment \"%s\": its memory changed all the time while it was read", object->name,
                       object->segment->name);
}

static int get(shoal_object *object, const void *bytes, size_t size, const struct shoal__map_places *to)
{
    struct shoal_map map;
    struct shoal_map_key key;
    *to->size = 0;
    int status = shoal__map_may_read(&map, object);
    if (status == SHOAL_OK)
        status = shoal__map_check_key(&key, &map, bytes, size);
    if (status == SHOAL_OK)
        status = shoal__map_read(object, &map, &key, to);
    if (to->item && status != SHOAL_OK && status != SHOAL_LARGER)
        to->item->left = 0, to->item->token = 0;
    return shoal__unless_damaged(object->segment, status);
}

int shoal_map_get(shoal_object *object, const void *key, size_t key_size, void *buffer, size_t capacity, size_t *size,
                  shoal_map_item *item)
{
    return get(object, key, key_size,
               &(struct shoal__map_places){.buffer = buffer, .capacity = capacity, .size = size, .item = item});
}

int shoal_map_get_string(shoal_object *object, const void *key, size_t key_size, void *buffer, size_t capacity,
                         size_t *size, shoal_place *place, void *user, shoal_map_item *item)
{
    return get(object, key, key_size, &(struct shoal__map_places){buffer, capacity, size, place, user, item});
}

int shoal_map_has(shoal_object *object, const void *key, size_t key_size)
{
    size_t size;
    int status = shoal_map_get(object, key, key_size, NULL, 0, &size, NULL);
    return status == SHOAL_LARGER ? SHOAL_OK : status;
}

int shoal_map_ttl(shoal_time *left, shoal_object *object, const void *key, size_t key_size)
{
    size_t size;
    shoal_map_item item = {0};
    int status = shoal_map_get(object, key, key_size, NULL, 0, &size, &item);
    status = status == SHOAL_LARGER ? SHOAL_OK : status;
    *left = status == SHOAL_OK ? item.left : 0;
    return status;
}
