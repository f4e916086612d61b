/* Changing a Map. Implements docs/recovery.md, "Map". */
#include <string.h>

#include "objects/map.h"
#include "platform/copy.h"
#include "platform/point.h"
#include "segment/big.h"
#include "segment/lock.h"
#include "value/parts.h"
#include "value/status.h"

/* ---- Storing ---- */

static uint64_t size_of(const struct shoal_map_key *key, const struct shoal__map_value *value)
{
    return shoal__item_size(key->size, (uint64_t)value->head_size + value->size, value->tag_count);
}

static void write_item(struct item_sh *item, const struct shoal_map_key *key, const struct shoal__map_value *value)
{
    unsigned char *at = (unsigned char *)item + shoal__item_value_at(key->size);
    item->size = (uint32_t)size_of(key, value);
    item->hash = key->hash;
    item->value_size = (uint32_t)(value->head_size + value->size);
    item->key_size = (uint16_t)key->size;
    item->kind = value->kind;
    item->tags = (uint8_t)value->tag_count;
    shoal__copy(item->key, key->bytes, key->size);
    if (value->kind != ITEM_BYTES) {
        atomic_store_explicit(shoal__map_integer(item), value->integer, memory_order_relaxed);
        return;
    }
    if (value->head_size)
        memcpy(at, value->head, value->head_size);
    if (value->size)
        shoal__copy(at + value->head_size, value->bytes, value->size);
    if (value->tag_count)
        memcpy((unsigned char *)item + ((shoal__item_value_at(key->size) + (uint64_t)item->value_size + 7) & ~7ull),
               value->tag, value->tag_count * sizeof value->tag[0]);
}

/* What the key has now: an item in a slot or none; `there`: it has not expired, and its tags are valid. */
struct now {
    struct shoal_map_place place;
    struct item_sh *item, *there;
};

static void see(struct now *now, struct shoal_map_work *work, const struct shoal_map_key *key)
{
    now->item = now->there = NULL;
    if (!shoal__map_find(&now->place, work, key))
        return;
    now->item = shoal__map_item_of(work, load_relaxed(&now->place.bucket->ref[now->place.slot]));
    if (shoal__map_is_there(&work->map, now->item))
        now->there = now->item;
}

struct item_sh *shoal__map_present(struct shoal_map_place *place, struct shoal_map_work *work,
                                   const struct shoal_map_key *key)
{
    struct now now;
    see(&now, work, key);
    *place = now.place;
    return now.there;
}

static bool is_wanted(const struct item_sh *item, const shoal_map_setting *setting)
{
    if (setting->flags & SHOAL_MAP_ADD)
        return !item;
    if (setting->flags & SHOAL_MAP_REPLACE)
        return item;
    if (setting->flags & SHOAL_MAP_CAS)
        return item && shoal__map_token(item) == setting->token;
    return true;
}

/* An item of the main log is replaced there. */
static uint32_t log_for(struct shoal_map_work *work, const struct shoal_map_key *key, const struct now *now)
{
    uint32_t ref = now->item ? load_relaxed(&now->place.bucket->ref[now->place.slot]) : 0;
    if (ref && shoal__map_extent(&work->map, ref)->log == LOG_MAIN)
        return LOG_MAIN;
    return shoal__map_had_ghost(work, key->hash) ? LOG_MAIN : LOG_NEW;
}

static uint32_t next_number(struct shoal_map_work *work)
{
    uint32_t number = work->shard->numbers + 1;
    number += number == 0;
    *(volatile uint32_t *)&work->shard->numbers = number; /* first: no two items have the same */
    program_order();
    return number;
}

/* Room for the item. A single was filled in our hands. */
static enum shoal_work_result find_room(uint32_t *ref, struct shoal_map_work *work, const struct shoal_map_key *key,
                                        uint64_t size, bool is_single, struct now *now)
{
    enum shoal_work_result result = shoal__map_grow(work);
    while (result == WORK_FULL && work->map.sh->flags & MAP_EVICTS && shoal__map_reclaim(work))
        result = shoal__map_grow(work);
    if (result != WORK_OK)
        return result;
    if (work->disturbed)
        see(now, work, key);
    return is_single ? shoal__map_single(ref, work, (uint32_t)size)
                     : shoal__map_room(ref, work, log_for(work, key, now), (uint32_t)size);
}

/* With the lock. SHOAL_PENDING: *result says what is to be done first. */
static int store_locked(struct shoal_map_work *work, const struct shoal_map_key *key,
                        const struct shoal__map_value *value, const shoal_map_setting *setting,
                        enum shoal_work_result *result)
{
    struct now now;
    uint64_t size = size_of(key, value);
    bool is_single = size > shoal__map_single_from(&work->map);
    uint32_t ref, expiry = shoal__map_expiry(&work->map, setting->ttl);
    see(&now, work, key);
    if (!is_wanted(now.there, setting))
        return SHOAL_MISS;
    if (now.there && setting->flags & SHOAL_MAP_KEEP_TTL)
        expiry = load_relaxed(&now.there->expiry);
    work->disturbed = false;
    if ((*result = find_room(&ref, work, key, size, is_single, &now)) != WORK_OK)
        return SHOAL_PENDING;
    if (work->disturbed)
        see(&now, work, key);
    if (work->disturbed && !is_wanted(now.there, setting)) /* it had to go to make room, or has just expired */
        return SHOAL_MISS;
    struct item_sh *item = shoal__map_item_of(work, ref);
    if (!is_single)
        write_item(item, key, value);
    item->number = next_number(work);
    store_relaxed(&item->expiry, expiry);
    shoal__map_commit(work, key, ref, is_single, now.item ? &now.place : NULL);
    return SHOAL_OK;
}

/* The run of a single, filled in our hands without any lock. */
static int fill_single(struct shoal_map_work *work, shoal_object *object, const struct shoal_map_key *key,
                       const struct shoal__map_value *value)
{
    shoal_segment *segment = object->segment;
    int status = shoal__map_make(object, size_of(key, value) + MAP_UNIT, &work->single, &work->single_bytes);
    if (status == SHOAL_OK)
        write_item(
            (struct item_sh *)((unsigned char *)shoal__at(segment, shoal__offset(segment, work->single)) + MAP_UNIT),
            key, value);
    return status;
}

static int is_full(const shoal_object *object, const struct shoal_map *map, uint64_t size)
{
    shoal_map_stats stats;
    shoal_map_stats_of(&stats, object, SHOAL_MAP_ALL);
    return shoal__fail(SHOAL_ENOSPACE,
                       "map \"%s\" in segment \"%s\": no room for an item of %llu bytes: it has %llu bytes of memory "
                       "of at most %llu in %u parts, %llu of them live%s",
                       object->name, object->segment->name, (unsigned long long)size, (unsigned long long)stats.used,
                       (unsigned long long)stats.max_bytes, map->count, (unsigned long long)stats.live,
                       map->sh->flags & MAP_EVICTS ? "" : "; it does not evict: remove some, or let it");
}

static int check_size(const shoal_object *object, const struct shoal_map *map, uint64_t size)
{
    uint64_t most = shoal__map_share(map) / 2;
    if (size <= most)
        return SHOAL_OK;
    return shoal__fail(SHOAL_ENOSPACE,
                       "map \"%s\" in segment \"%s\" has %llu bytes in %u parts: an item of %llu bytes never fits, "
                       "%llu do; make it with larger max_bytes",
                       object->name, object->segment->name, (unsigned long long)map->sh->max_bytes, map->count,
                       (unsigned long long)size, (unsigned long long)most);
}

static int try_store(struct shoal_map_work *work, shoal_object *object, const struct shoal_map_key *key,
                     struct shoal__map_value *value, const shoal_map_setting *setting)
{
    enum shoal_work_result result = WORK_OK;
    uint64_t size = size_of(key, value);
    bool is_single = size > shoal__map_single_from(&work->map);
    int status = is_single && !work->single ? fill_single(work, object, key, value) : SHOAL_OK;
    if (status < 0)
        return status;
    status = shoal__map_enter(object, work, key->shard);
    if (status < 0)
        return status;
    status = store_locked(work, key, value, setting, &result);
    shoal__map_leave(object, work);
    if (status != SHOAL_PENDING)
        return status;
    return result == WORK_FULL ? is_full(object, &work->map, size) : shoal__map_prepare(object, work, result);
}

int shoal__map_store(struct shoal_map_work *work, shoal_object *object, const struct shoal_map_key *key,
                     struct shoal__map_value *value, const shoal_map_setting *setting)
{
    int status = check_size(object, &work->map, size_of(key, value));
    if (status == SHOAL_OK)
        for (status = SHOAL_PENDING; status == SHOAL_PENDING;)
            status = try_store(work, object, key, value, setting);
    shoal__map_end_work(object, work);
    return status;
}

/* ---- Settings ---- */

void shoal_map_setting_init(shoal_map_setting *setting)
{
    *setting = (shoal_map_setting){.ttl = SHOAL_MAP_TTL_OF_MAP};
}

static int check_setting(shoal_map_setting *out, const shoal_object *object, const shoal_map_setting *setting)
{
    shoal_map_setting_init(out);
    if (setting)
        *out = *setting;
    uint32_t only = out->flags & (SHOAL_MAP_ADD | SHOAL_MAP_REPLACE | SHOAL_MAP_CAS);
    if (out->flags > 15 || only & (only - 1))
        return shoal__fail(SHOAL_EVALUE, "a map is set with at most one of ADD, REPLACE and CAS, not with %#x",
                           out->flags);
    if (out->tag_count > SHOAL_MAP_TAGS)
        return shoal__fail(SHOAL_EVALUE, "an item of a map has at most %u tags, and %u were given", SHOAL_MAP_TAGS,
                           out->tag_count);
    return shoal__map_check_ttl(object, &out->ttl);
}

static int set(shoal_object *object, const void *bytes, size_t size, struct shoal__map_value *value,
               const shoal_map_setting *asked)
{
    struct shoal_map_work work;
    struct shoal_map_key key;
    shoal_map_setting setting;
    int status = shoal__map_may_change(&work, object);
    if (status == SHOAL_OK)
        status = shoal__map_check_key(&key, &work.map, bytes, size);
    if (status == SHOAL_OK)
        status = check_setting(&setting, object, asked);
    if (status == SHOAL_OK && setting.tag_count)
        status = shoal__map_tag(value, &work, object, &setting);
    return status < 0 ? status : shoal__map_store(&work, object, &key, value, &setting);
}

int shoal_map_set(shoal_object *object, const void *key, size_t key_size, const void *bytes, size_t size,
                  const shoal_map_setting *setting)
{
    struct shoal__map_value value;
    value.head_size = 0, value.bytes = bytes, value.size = size, value.kind = ITEM_BYTES, value.tag_count = 0;
    return set(object, key, key_size, &value, setting);
}

int shoal_map_set_string(shoal_object *object, const void *key, size_t key_size, int type, const void *bytes,
                         size_t size, const shoal_map_setting *setting)
{
    struct shoal__map_value value;
    if (size > UINT32_MAX)
        return shoal__fail(SHOAL_ENOSPACE, "a string of %zu bytes does not fit a map", size);
    bool is_str = type == SHOAL_STR || (type == SHOAL_STR_OR_BIN && shoal_is_utf8(bytes, size));
    value.head_size = shoal__write_head(value.head, is_str, size);
    value.bytes = bytes, value.size = size, value.kind = ITEM_BYTES, value.tag_count = 0;
    return set(object, key, key_size, &value, setting);
}

uint64_t shoal_map_limit(const shoal_object *object)
{
    struct shoal_map map;
    if (shoal__map_may_read(&map, object) < 0)
        return 0;
    return shoal__map_share(&map) / 2 - shoal__item_size(SHOAL_MAP_KEY, 0, SHOAL_MAP_TAGS);
}

int shoal_map_set_many(size_t *done, size_t *stored, shoal_object *object, const shoal_map_pair *pairs, size_t count,
                       const shoal_map_setting *setting)
{
    int status = SHOAL_OK;
    *done = *stored = 0;
    if (setting && setting->flags & SHOAL_MAP_CAS)
        return shoal__fail(SHOAL_EVALUE, "many keys of a map can't be set with the token of one value");
    for (; *done < count && status >= 0; *done += status >= 0) {
        const shoal_map_pair *pair = pairs + *done;
        status = shoal_map_set(object, pair->key.bytes, pair->key.size, pair->value.bytes, pair->value.size, setting);
        *stored += status == SHOAL_OK;
    }
    return status < 0 ? status : SHOAL_OK;
}

/* ---- Removing ---- */

int shoal_map_delete(shoal_object *object, const void *bytes, size_t size, uint64_t token)
{
    struct shoal_map_work work;
    struct shoal_map_key key;
    struct shoal_map_place place;
    int status = shoal__map_may_change(&work, object);
    if (status == SHOAL_OK)
        status = shoal__map_check_key(&key, &work.map, bytes, size);
    if (status == SHOAL_OK)
        status = shoal__map_enter(object, &work, key.shard);
    if (status < 0)
        return status;
    const struct item_sh *item = shoal__map_present(&place, &work, &key);
    status = item && (!token || shoal__map_token(item) == token) ? SHOAL_OK : SHOAL_MISS;
    if (status == SHOAL_OK || (!item && shoal__map_find(&place, &work, &key))) /* what expired goes, too */
        shoal__map_drop(&work, place);
    shoal__map_leave(object, &work);
    return status;
}

int shoal_map_delete_many(size_t *gone, shoal_object *object, const shoal_bytes *keys, size_t count)
{
    int status = SHOAL_OK;
    *gone = 0;
    for (size_t i = 0; i < count && status >= 0; i++) {
        status = shoal_map_delete(object, keys[i].bytes, keys[i].size, 0);
        *gone += status == SHOAL_OK;
    }
    return status < 0 ? status : SHOAL_OK;
}

int shoal_map_pop(shoal_object *object, const void *key, size_t key_size, void *buffer, size_t capacity, size_t *size)
{
    struct shoal_map_work work;
    *size = 0;
    int status = shoal__map_may_change(&work, object);
    if (status < 0)
        return status;
    do {
        shoal_map_item item = {0};
        status = shoal_map_get(object, key, key_size, buffer, capacity, size, &item);
        if (status != SHOAL_OK)
            return status;
        status = shoal_map_delete(object, key, key_size, item.token);
    } while (status == SHOAL_MISS); /* it was replaced meanwhile */
    if (status < 0)
        *size = 0;
    return status;
}

/* One store; the memory is wanted sooner or later, and then is free. */
int shoal_map_clear(shoal_object *object)
{
    struct shoal_map_work work;
    int status = shoal__map_may_change(&work, object);
    if (status == SHOAL_OK)
        atomic_fetch_add(&work.map.sh->epoch, 1);
    return status;
}

/* ---- Changing in place ---- */

static void prolong(struct shoal_map_work *work, struct shoal_map_place place, struct item_sh *item, uint32_t expiry)
{
    struct extent_sh *extent = shoal__map_extent(&work->map, load_relaxed(&place.bucket->ref[place.slot]));
    if (!expiry)
        extent->expires = 0;
    else if (extent->expires && extent->expires < expiry)
        extent->expires = expiry;
    program_order();
    SHOAL_POINT("map: to be touched");
    store_release(&item->expiry, expiry); /* decides */
}

int shoal_map_touch(shoal_object *object, const void *bytes, size_t size, shoal_time ttl)
{
    struct shoal_map_work work;
    struct shoal_map_key key;
    struct shoal_map_place place;
    int status = shoal__map_may_change(&work, object);
    if (status == SHOAL_OK)
        status = shoal__map_check_key(&key, &work.map, bytes, size);
    if (status == SHOAL_OK)
        status = shoal__map_check_ttl(object, &ttl);
    if (status == SHOAL_OK)
        status = shoal__map_enter(object, &work, key.shard);
    if (status < 0)
        return status;
    struct item_sh *item = shoal__map_present(&place, &work, &key);
    if (item)
        prolong(&work, place, item, shoal__map_expiry(&work.map, ttl));
    shoal__map_leave(object, &work);
    return item ? SHOAL_OK : SHOAL_MISS;
}

static int no_integer(const shoal_object *object)
{
    return shoal__fail(SHOAL_ETYPE, "map \"%s\" in segment \"%s\": the key's value is not an integer of 64 bits",
                       object->name, object->segment->name);
}

static int overflows(const shoal_object *object, int64_t value, int64_t by)
{
    return shoal__fail(SHOAL_EOVERFLOW, "map \"%s\" in segment \"%s\": %lld and %lld together do not fit 64 bits",
                       object->name, object->segment->name, (long long)value, (long long)by);
}

/*
 * SHOAL_PENDING: the integer, in `value`, is to be stored as an item of its own, if it is still as `setting` says: the
 * key is not there, or has bytes that are an integer.
 */
static int add_locked(struct shoal_map_work *work, const shoal_object *object, const struct shoal_map_key *key,
                      int64_t by, const int64_t *initial, struct shoal__map_value *value, shoal_map_setting *setting)
{
    struct shoal_map_place place;
    struct item_sh *item = shoal__map_present(&place, work, key);
    int64_t before = initial ? *initial : 0;
    if (!item && !initial)
        return SHOAL_MISS;
    if (item && !shoal__map_is_integer(&before, item))
        return no_integer(object);
    if (__builtin_add_overflow(before, by, &value->integer))
        return overflows(object, before, by);
    setting->flags = item ? SHOAL_MAP_CAS | SHOAL_MAP_KEEP_TTL : SHOAL_MAP_ADD;
    if (!item || item->kind != ITEM_INTEGER) {
        setting->token = item ? shoal__map_token(item) : 0;
        return SHOAL_PENDING;
    }
    SHOAL_POINT("map: to be added");
    atomic_store_explicit(shoal__map_integer(item), value->integer, memory_order_release); /* decides */
    return SHOAL_OK;
}

int shoal_map_add(int64_t *out, shoal_object *object, const void *bytes, size_t size, int64_t by,
                  const int64_t *initial, shoal_time ttl)
{
    struct shoal_map_work work;
    struct shoal_map_key key;
    struct shoal__map_value value = {.kind = ITEM_INTEGER, .size = 8};
    shoal_map_setting setting = {.ttl = ttl};
    *out = 0;
    int status = shoal__map_may_change(&work, object);
    if (status == SHOAL_OK)
        status = shoal__map_check_key(&key, &work.map, bytes, size);
    if (status == SHOAL_OK)
        status = shoal__map_check_ttl(object, &setting.ttl);
    while (status == SHOAL_OK) {
        if ((status = shoal__map_enter(object, &work, key.shard)) < 0)
            return status;
        status = add_locked(&work, object, &key, by, initial, &value, &setting);
        shoal__map_leave(object, &work);
        if (status != SHOAL_PENDING)
            break;
        if ((status = shoal__map_store(&work, object, &key, &value, &setting)) != SHOAL_MISS)
            break;
        status = SHOAL_OK; /* another was quicker */
    }
    if (status == SHOAL_OK)
        *out = value.integer;
    return status;
}
