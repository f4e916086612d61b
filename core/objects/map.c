/* Map: opening, its locks and its row. Implements docs/recovery.md, "Map". The memory of a map is store/map*.c. */
#include "objects/map.h"

#include <string.h>

#include "platform/point.h"
#include "segment/big.h"
#include "segment/detach.h"
#include "segment/lock.h"
#include "segment/parts.h"
#include "segment/runs.h"
#include "segment/waiting.h"
#include "sync/eventcount.h"
#include "value/parts.h"
#include "value/status.h"

#define LEAST_BYTES ((uint64_t)512 << 10)
#define MOST_BYTES ((uint64_t)16 << 30)
#define LARGE_MAP ((uint64_t)8 << 20) /* from here on extents have 64 KiB */
#define FEW_SHARDS 8u                 /* up to here a shard may have fewer than 4 MiB */

/* ---- Opening ---- */

void shoal_map_options_init(shoal_map_options *options)
{
    *options = (shoal_map_options){.max_bytes = 16 << 20, .ttl = SHOAL_FOREVER, .evict = true, .small = 0.125};
}

/* What follows from the size: a shard has at least 32 extents. */
struct plan {
    const shoal_map_options *options;
    uint32_t shards, extent_bytes, per_shard;
};

static struct plan plan_of(const shoal_segment *segment, const shoal_map_options *options)
{
    uint64_t page = shoal__page_size(segment), extent = options->max_bytes >= LARGE_MAP ? 64 << 10 : 16 << 10;
    struct plan plan = {.options = options, .shards = 1};
    if (extent < page)
        extent = page;
    while (plan.shards < MAP_SHARDS && options->max_bytes / (2 * plan.shards) >= 32 * extent &&
           (plan.shards < FEW_SHARDS || options->max_bytes / (2 * plan.shards) >= 64 * extent))
        plan.shards *= 2;
    plan.extent_bytes = (uint32_t)extent;
    plan.per_shard = (uint32_t)(4 * (options->max_bytes / plan.shards) / extent) + 8;
    return plan;
}

static void fill(void *body, const void *argument)
{
    const struct plan *plan = argument;
    const shoal_map_options *options = plan->options;
    struct map_sh *map = body;
    struct shard_sh *shards = (struct shard_sh *)(map + 1);
    map->flags = options->evict ? MAP_EVICTS : 0;
    map->shards = plan->shards;
    map->extent_bytes = plan->extent_bytes;
    map->per_shard = plan->per_shard;
    map->small = (uint32_t)(options->small * 1000 + 0.5);
    map->max_bytes = options->max_bytes;
    map->ttl = (uint64_t)options->ttl;
    for (uint32_t i = 0; i < plan->shards; i++)
        shards[i].open[LOG_NEW] = shards[i].open[LOG_MAIN] = MAP_NONE;
}

static bool is_ttl(shoal_time ttl)
{
    return (ttl > 0 && ttl <= SHOAL_MAP_TTL_MOST) || ttl == SHOAL_FOREVER;
}

static int refuse_ttl(shoal_time ttl)
{
    return shoal__fail(SHOAL_EVALUE, "a TTL is more than 0 seconds and at most %lld (8 years), and %g were asked for",
                       (long long)(SHOAL_MAP_TTL_MOST / 1000000000), (double)ttl / 1e9);
}

int shoal__map_check_ttl(const shoal_object *object, shoal_time *ttl)
{
    if (*ttl == SHOAL_MAP_TTL_OF_MAP)
        *ttl = (shoal_time)((const struct map_sh *)object->body)->ttl;
    return is_ttl(*ttl) ? SHOAL_OK : refuse_ttl(*ttl);
}

static int check_options(const shoal_map_options *options)
{
    if (options->max_bytes < LEAST_BYTES || options->max_bytes > MOST_BYTES)
        return shoal__fail(SHOAL_EVALUE, "a map has 512 KiB to 16 GiB, and max_bytes of %llu were asked for",
                           (unsigned long long)options->max_bytes);
    if (!is_ttl(options->ttl))
        return refuse_ttl(options->ttl);
    if (!(options->small >= 0.01 && options->small <= 0.9))
        return shoal__fail(SHOAL_EVALUE,
                           "the share of a map for new items (small) is 0.01 to 0.9, and %g was asked for",
                           options->small);
    return SHOAL_OK;
}

static bool is_made_with(const struct map_sh *map, const shoal_map_options *options)
{
    return map->max_bytes == options->max_bytes && map->ttl == (uint64_t)options->ttl &&
           (map->flags == MAP_EVICTS) == options->evict && map->small == (uint32_t)(options->small * 1000 + 0.5);
}

static int mismatch(const shoal_object *object, const shoal_map_options *options)
{
    const struct map_sh *map = object->body;
    double ttl = map->ttl == (uint64_t)SHOAL_FOREVER ? 0 : (double)map->ttl / 1e9;
    return shoal__fail(
        SHOAL_EMISMATCH,
        "map \"%s\" in segment \"%s\" has max_bytes %llu, a TTL of %g s (0: none), evict %s and small %g, "
        "and %llu, %g s, %s and %g were asked for",
        object->name, object->segment->name, (unsigned long long)map->max_bytes, ttl,
        map->flags & MAP_EVICTS ? "true" : "false", map->small / 1000.0, (unsigned long long)options->max_bytes,
        options->ttl == SHOAL_FOREVER ? 0.0 : (double)options->ttl / 1e9, options->evict ? "true" : "false",
        options->small);
}

int shoal_map_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                   const shoal_map_options *options)
{
    *out = NULL;
    if (!options)
        return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_MAP);
    int status = check_options(options);
    if (status < 0)
        return status;
    struct plan plan = plan_of(segment, options);
    struct shoal_recipe recipe = {SHOAL_KIND_MAP, shoal__map_body(plan.shards, plan.per_shard), fill, &plan};
    status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0 || is_made_with((*out)->body, options))
        return status;
    status = mismatch(*out, options);
    shoal_object_close(*out);
    *out = NULL;
    return status;
}

int shoal_map_read_options(shoal_map_options *out, const shoal_object *object)
{
    struct shoal_map map;
    int status = shoal__map_may_read(&map, object);
    *out = (shoal_map_options){0};
    if (status < 0)
        return status;
    *out = (shoal_map_options){map.sh->max_bytes, (shoal_time)map.sh->ttl, map.sh->flags & MAP_EVICTS,
                               map.sh->small / 1000.0};
    return shoal__unless_damaged(object->segment, SHOAL_OK);
}

/* ---- How each call begins ---- */

int shoal__map_damaged(const shoal_object *object)
{
    return shoal__fail(SHOAL_ECORRUPT, "map \"%s\" in segment \"%s\" is damaged", object->name, object->segment->name);
}

int shoal__map_may_read(struct shoal_map *out, const shoal_object *object)
{
    int status = shoal__may_look(object, SHOAL_KIND_MAP);
    if (status == SHOAL_OK && !shoal__map_at(out, object->segment, object->body, object->capacity))
        status = shoal__map_damaged(object);
    return status;
}

int shoal__map_may_change(struct shoal_map_work *out, shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_MAP);
    memset(out, 0, sizeof *out);
    if (status == SHOAL_OK && !shoal__map_at(&out->map, object->segment, object->body, object->capacity))
        status = shoal__map_damaged(object);
    return status;
}

int shoal__map_check_key(struct shoal_map_key *out, const struct shoal_map *map, const void *key, size_t size)
{
    if (__builtin_expect(size < 1 || size > SHOAL_MAP_KEY, 0))
        return shoal__fail(SHOAL_EVALUE, "a key of a map has 1 to %u bytes, and this one has %zu", SHOAL_MAP_KEY, size);
    shoal__map_key(out, map, key, size);
    return SHOAL_OK;
}

/* ---- The lock of a shard ---- */

/* What a dead holder had committed in the journal is done first: else it would be stored over what we do. */
static int mend(shoal_object *object, struct shoal_map_work *work)
{
    struct shoal_segment *segment = object->segment;
    SHOAL_POINT("map: lock of a dead one");
    if (shoal__lock_before(segment, shoal_now() + SHORT_WAIT) < 0) {
        shoal__mutex_abandon(&work->shard->lock);
        return SHOAL_PENDING;
    }
    shoal__leave(segment);
    shoal__map_mend(work);
    return SHOAL_OK;
}

/* Without any lock: until the structure's lock was free once. */
static int await_structure(shoal_object *object)
{
    struct shoal_turn turn;
    shoal__turn_begin(&turn);
    int status = shoal__enter(object->segment, &turn);
    if (status == SHOAL_OK)
        shoal__leave(object->segment);
    shoal__turn_end(object->segment, &turn);
    return status;
}

int shoal__map_enter(shoal_object *object, struct shoal_map_work *work, uint32_t shard)
{
    int status = SHOAL_PENDING;
    shoal_word *lock = &work->map.shards[shard].lock;
    while (status == SHOAL_PENDING) {
        status = SHOAL_OK;
        if (__builtin_expect(!shoal__mutex_try_free(lock, object->segment->party.me), 0))
            status = shoal__wait_for(object, WAIT_SHARD_LOCK, 0, shard, SHOAL_FOREVER);
        if (status < 0)
            return status;
        shoal__map_begin_work(work, shard);
        if (status == SHOAL_RECOVERED && (status = mend(object, work)) == SHOAL_PENDING && await_structure(object) < 0)
            return SHOAL_EINTR;
    }
    shoal__map_freshen(work);
    SHOAL_POINT("map: locked");
    return SHOAL_OK;
}

void shoal__map_leave(shoal_object *object, struct shoal_map_work *work)
{
    if (__builtin_expect(work->untidy, 0))
        shoal__map_tidy(work);
    shoal__mutex_unlock(&work->shard->lock);
    while (__builtin_expect(work->gone_count, 0))
        shoal__big_dispose(object->segment, work->gone[--work->gone_count]);
}

int shoal__map_make(shoal_object *object, uint64_t size, uint32_t *run, uint64_t *bytes)
{
    struct shoal_turn turn;
    struct shoal_filling nothing = {NULL, 0, 0};
    shoal__turn_begin(&turn);
    int status = shoal__big_make(object->segment, size, &nothing, run, &turn);
    if (status == SHOAL_OK)
        *bytes = (uint64_t)shoal__page(object->segment, shoal__page_of(object->segment, *run))->pages
                 << object->segment->is.page_shift;
    else
        *run = 0;
    shoal__turn_end(object->segment, &turn);
    return status;
}

int shoal__map_prepare(shoal_object *object, struct shoal_map_work *work, enum shoal_work_result result)
{
    int status;
    if (result == WORK_BUSY)
        status = await_structure(object);
    else {
        if (work->spare)
            shoal__big_dispose(object->segment, work->spare);
        work->spare = 0;
        status = shoal__map_make(object, work->want, &work->spare, &work->spare_bytes);
        if (work->spare && work->spare_bytes > work->want) /* a warm one that is larger */
            work->spare_bytes = work->want;
    }
    if (status == SHOAL_ENOSPACE) {
        work->limit_reached = true;
        return SHOAL_PENDING;
    }
    return status == SHOAL_OK ? SHOAL_PENDING : status;
}

void shoal__map_end_work(shoal_object *object, struct shoal_map_work *work)
{
    if (work->spare)
        shoal__big_dispose(object->segment, work->spare);
    if (work->single)
        shoal__big_dispose(object->segment, work->single);
    work->spare = work->single = 0;
}

/* ---- Looking ---- */

static void add_shard(shoal_map_stats *out, const struct shoal_map *map, uint32_t number)
{
    const struct shard_sh *shard = map->shards + number;
    bool is_fresh = load_relaxed(&shard->epoch) == load_relaxed(&map->sh->epoch);
    uint32_t index = load_relaxed(&shard->index);
    out->items += is_fresh ? shard->items : 0;
    out->used += shard->bytes;
    out->evicted += shard->evicted, out->expired += shard->expired, out->moved += shard->moved;
    out->buckets += index ? 1u << (index & 31) : 0;
    out->index += index ? (uint64_t)sizeof(struct map_bucket_sh) << (index & 31) : 0;
    for (uint32_t i = 0; i < MAP_FLIGHTS; i++)
        out->flights += load_relaxed(&shard->flight[i].owner) != 0;
    for (uint32_t e = number * map->per_shard; e < (number + 1) * map->per_shard; e++) {
        const struct extent_sh *extent = map->extents + e;
        uint64_t bytes = (uint64_t)load_relaxed(&extent->pages) << map->segment->is.page_shift;
        uint32_t live = is_fresh ? extent->live : 0, used = extent->used;
        if (!bytes)
            continue;
        out->extents++;
        out->live += live;
        out->dead += extent->log != LOG_FREE && used > live ? used - live : 0;
        out->free += extent->log == LOG_FREE ? bytes : bytes > used ? bytes - used : 0;
    }
}

int shoal_map_stats_of(shoal_map_stats *out, const shoal_object *object, uint32_t shard)
{
    struct shoal_map map;
    int status = shoal__map_may_read(&map, object);
    memset(out, 0, sizeof *out);
    if (status < 0)
        return status;
    if (shard != SHOAL_MAP_ALL && shard >= map.count)
        return shoal__fail(SHOAL_EVALUE, "map \"%s\" has %u shards, and shard %u was asked for", object->name,
                           map.count, shard);
    out->shards = map.count;
    out->hits = atomic_load_explicit(&map.sh->hits, memory_order_relaxed) + load_relaxed(&object->permit);
    out->misses = atomic_load_explicit(&map.sh->misses, memory_order_relaxed) + load_relaxed(&object->want_to_read);
    out->max_bytes = shard == SHOAL_MAP_ALL ? map.sh->max_bytes : shoal__map_share(&map);
    for (uint32_t i = 0; i < map.count; i++)
        if (shard == SHOAL_MAP_ALL || shard == i)
            add_shard(out, &map, i);
    return shoal__unless_damaged(object->segment, SHOAL_OK);
}

int shoal_map_count(uint64_t *out, const shoal_object *object)
{
    struct shoal_map map;
    int status = shoal__map_may_read(&map, object);
    *out = 0;
    for (uint32_t i = 0; status == SHOAL_OK && i < map.count; i++)
        if (load_relaxed(&map.shards[i].epoch) == load_relaxed(&map.sh->epoch))
            *out += shoal__once(&map.shards[i].items);
    return shoal__unless_damaged(object->segment, status);
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct map_sh *map = body;
    struct shoal_map known;
    if (capacity < sizeof *map)
        return "its block is too small";
    if (!shoal__map_at(&known, (shoal_segment *)segment, (void *)body, capacity))
        return "its shards and extents are impossible";
    if (map->parts.lists || map->flags > MAP_EVICTS || map->small < 10 || map->small > 900 ||
        map->max_bytes < LEAST_BYTES || map->max_bytes > MOST_BYTES || !is_ttl((shoal_time)map->ttl))
        return "its options are impossible";
    return NULL;
}

static const char *check_deeply(const shoal_segment *segment, const void *body, uint64_t capacity, uint32_t runs)
{
    struct shoal_map_work work = {0};
    uint32_t have = 0;
    if (!shoal__map_at(&work.map, (shoal_segment *)segment, (void *)body, capacity))
        return NULL;
    for (uint32_t i = 0; i < work.map.count; i++) {
        shoal__map_begin_work(&work, i);
        const char *wrong = shoal__map_walk(&work, &have);
        if (wrong)
            return wrong;
    }
    return have == runs ? NULL : "it has not the runs that its extents and indexes say";
}

static void forget_slot(const shoal_segment *segment, void *body, uint64_t capacity, uint32_t slot)
{
    struct shoal_map map;
    if (!shoal__map_at(&map, (shoal_segment *)segment, body, capacity))
        return;
    for (uint32_t i = 0; i < map.count; i++) {
        shoal__mutex_forget(&map.shards[i].lock, slot);
        for (uint32_t k = 0; k < MAP_FLIGHTS; k++) {
            uint32_t owner = load_relaxed(&map.shards[i].flight[k].owner);
            if ((owner & MUTEX_SLOT) == slot + 1)
                compare_swap(&map.shards[i].flight[k].owner, owner, 0);
        }
    }
}

static bool abandon(shoal_object *object, uint64_t thread)
{
    return shoal__is_peer(object->segment) && !object->lost && shoal__map_end_flights(object, thread);
}

static void quit(shoal_object *object)
{
    struct shoal_map map;
    abandon(object, 0);
    if (!shoal__is_peer(object->segment) || object->lost ||
        !shoal__map_at(&map, object->segment, object->body, object->capacity))
        return;
    atomic_fetch_add_explicit(&map.sh->hits, load_relaxed(&object->permit), memory_order_relaxed);
    atomic_fetch_add_explicit(&map.sh->misses, load_relaxed(&object->want_to_read), memory_order_relaxed);
    store_relaxed(&object->permit, 0);
    store_relaxed(&object->want_to_read, 0);
}

static int describe(struct shoal__parts *out, const shoal_object *object)
{
    shoal_map_options options;
    shoal_map_stats stats;
    int status = shoal_map_read_options(&options, object);
    if (status == SHOAL_OK)
        status = shoal_map_stats_of(&stats, object, SHOAL_MAP_ALL);
    if (status < 0)
        return status;
    shoal_write_uint(shoal__part_of(out, "max_bytes"), options.max_bytes);
    if (options.ttl == SHOAL_FOREVER)
        shoal_write_nil(shoal__part_of(out, "ttl"));
    else
        shoal_write_float(shoal__part_of(out, "ttl"), (double)options.ttl / 1e9);
    shoal_write_bool(shoal__part_of(out, "evict"), options.evict);
    shoal_write_uint(shoal__part_of(out, "items"), stats.items);
    shoal_write_uint(shoal__part_of(out, "used"), stats.used);
    shoal_write_uint(shoal__part_of(out, "live"), stats.live);
    shoal_write_uint(shoal__part_of(out, "hits"), stats.hits);
    shoal_write_uint(shoal__part_of(out, "misses"), stats.misses);
    shoal_write_uint(shoal__part_of(out, "evicted"), stats.evicted);
    shoal_write_uint(shoal__part_of(out, "expired"), stats.expired);
    return SHOAL_OK;
}

const struct shoal__kind shoal__map_kind = {
    .flags = KIND_PARTS,
    .head = sizeof(struct map_sh),
    .check = check,
    .check_deeply = check_deeply,
    .forget_slot_of_parts = forget_slot,
    .waits = shoal__map_waits,
    .abandon = abandon,
    .quit = quit,
    .describe = describe,
    .copy = shoal__map_copy,
};
