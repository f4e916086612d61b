/* A Map's extents, with the lock of a shard: room, eviction, memory. Implements docs/recovery.md, "Map". */
#include <string.h>

#include "platform/point.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/parts.h"
#include "segment/runs.h"
#include "store/map.h"

#define KEEP_PERCENT 75u /* of an extent of the main log: what is kept of it, so that reclaiming comes to an end */
#define MOST_GONE (sizeof((struct shoal_map_work *)0)->gone / sizeof(uint32_t))

uint64_t shoal__map_share(const struct shoal_map *map)
{
    return map->sh->max_bytes / map->count;
}

uint64_t shoal__map_single_from(const struct shoal_map *map)
{
    return map->extent_bytes / 4;
}

static struct extent_sh *extent_at(const struct shoal_map_work *work, uint32_t number)
{
    return work->map.extents + number;
}

static uint64_t bytes_of(const struct shoal_map_work *work, const struct extent_sh *extent)
{
    return (uint64_t)load_relaxed(&extent->pages) << work->map.segment->is.page_shift;
}

static bool evicts(const struct shoal_map_work *work)
{
    return work->map.sh->flags & MAP_EVICTS;
}

/* ---- Memory ---- */

static bool lock_structure(struct shoal_map_work *work)
{
    return shoal__lock_before(work->map.segment, shoal_now() + SHORT_WAIT) == SHOAL_OK;
}

static void let_go_of(struct shoal_map_work *work, uint32_t run)
{
    work->gone[work->gone_count++] = run;
}

/* Readers may still look there: it stays backed. With the structure's lock, a part of the caller's change. */
static bool take_out(struct shoal_map_work *work, uint32_t run)
{
    shoal_segment *segment = work->map.segment;
    if (!shoal__part_is_sound(segment, run, 0))
        return false;
    uint32_t page = shoal__page_of(segment, run);
    shoal__keep_backed(segment, page, shoal__page(segment, page)->pages);
    return shoal__part_take_locked(segment, &work->map.sh->parts, run);
}

bool shoal__map_adopt(struct shoal_map_work *work, uint32_t *run, struct extent_sh *extent)
{
    shoal_segment *segment = work->map.segment;
    if (!lock_structure(work))
        return false;
    shoal__part_give_locked(segment, &work->map.sh->parts, *run);
    shoal__publish(segment, &extent->pages, shoal__page(segment, shoal__page_of(segment, *run))->pages);
    shoal__publish(segment, &extent->run, *run);
    SHOAL_POINT("map: run noted");
    bool done = shoal__commit(segment) == SHOAL_OK;
    SHOAL_POINT("map: run adopted");
    shoal__leave(segment);
    if (done)
        *run = 0;
    return done;
}

bool shoal__map_adopt_index(struct shoal_map_work *work, uint32_t index, uint32_t old_run)
{
    shoal_segment *segment = work->map.segment;
    if (work->gone_count >= MOST_GONE || !lock_structure(work))
        return false;
    shoal__part_give_locked(segment, &work->map.sh->parts, work->spare);
    bool took = old_run && take_out(work, old_run);
    shoal__publish(segment, &work->shard->index, index);
    SHOAL_POINT("map: index noted");
    bool done = shoal__commit(segment) == SHOAL_OK;
    SHOAL_POINT("map: index adopted");
    shoal__leave(segment);
    if (done)
        work->spare = 0;
    if (done && took)
        let_go_of(work, old_run);
    return done;
}

bool shoal__extent_give_back(struct shoal_map_work *work, uint32_t number)
{
    shoal_segment *segment = work->map.segment;
    struct extent_sh *extent = extent_at(work, number);
    uint32_t run = load_relaxed(&extent->run);
    uint64_t bytes = bytes_of(work, extent);
    bool plain = shoal__extent_is_plain(work, number);
    if (work->gone_count >= MOST_GONE || !lock_structure(work))
        return false;
    bool done = take_out(work, run);
    if (done) {
        shoal__publish(segment, &extent->run, 0);
        shoal__publish(segment, &extent->pages, 0);
        done = shoal__commit(segment) == SHOAL_OK;
    }
    SHOAL_POINT("map: run given back");
    shoal__leave(segment);
    if (!done)
        return false;
    let_go_of(work, run);
    work->shard->bytes -= bytes;
    work->shard->count[LOG_FREE] -= plain;
    return true;
}

void shoal__map_tidy(struct shoal_map_work *work)
{
    for (uint32_t e = work->first; work->untidy && e < work->first + work->map.per_shard; e++)
        if (extent_at(work, e)->log == LOG_FREE && load_relaxed(&extent_at(work, e)->run) &&
            !shoal__extent_is_plain(work, e) && !shoal__extent_give_back(work, e))
            return; /* a later call does it */
    work->untidy = false;
}

/* A descriptor without memory; MAP_NONE. */
static uint32_t find_descriptor(const struct shoal_map_work *work)
{
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++)
        if (extent_at(work, e)->log == LOG_FREE && !load_relaxed(&extent_at(work, e)->run))
            return e;
    return MAP_NONE;
}

/* ---- Extents ---- */

void shoal__extent_empty(struct shoal_map_work *work, uint32_t number)
{
    struct extent_sh *extent = extent_at(work, number);
    uint32_t log = extent->log;
    store_release(&extent->generation, load_relaxed(&extent->generation) + 1);
    fence_release(); /* before anything is written over */
    SHOAL_POINT("map: generation counted");
    work->shard->count[log]--;
    if (shoal__extent_is_plain(work, number))
        work->shard->count[LOG_FREE]++;
    else
        work->untidy = true;
    if (work->shard->open[log] == number)
        work->shard->open[log] = MAP_NONE;
    *(volatile uint32_t *)&extent->log = LOG_FREE;
    extent->used = MAP_UNIT;
    extent->live = 0;
}

static void start_extent(struct shoal_map_work *work, uint32_t number, uint32_t log, uint32_t used)
{
    struct extent_sh *extent = extent_at(work, number);
    extent->used = used;
    extent->live = 0;
    extent->expires = 1; /* so far all of it has expired */
    extent->birth = ++work->shard->births;
    program_order();
    *(volatile uint32_t *)&extent->log = log;
    work->shard->count[log]++;
}

/* The one that was used last: its memory is warm. */
static uint32_t take_free(struct shoal_map_work *work, uint32_t log)
{
    uint32_t youngest = MAP_NONE;
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++)
        if (extent_at(work, e)->log == LOG_FREE && shoal__extent_is_plain(work, e) &&
            (youngest == MAP_NONE || (int32_t)(extent_at(work, e)->birth - extent_at(work, youngest)->birth) > 0))
            youngest = e;
    if (youngest == MAP_NONE)
        return MAP_NONE;
    work->shard->count[LOG_FREE]--;
    start_extent(work, youngest, log, MAP_UNIT);
    return work->shard->open[log] = youngest;
}

static bool fits(const struct shoal_map_work *work, uint32_t number, uint64_t size)
{
    return number != MAP_NONE && extent_at(work, number)->used + size <= work->map.extent_bytes;
}

/* Room in the log's open extent, or in a free one: its ref; 0: there is none. */
static uint32_t append_room(struct shoal_map_work *work, uint32_t log, uint32_t size)
{
    uint32_t e = work->shard->open[log];
    if (!fits(work, e, size))
        e = take_free(work, log);
    return e == MAP_NONE ? 0 : e << work->map.shift | extent_at(work, e)->used / MAP_UNIT;
}

static uint32_t oldest(const struct shoal_map_work *work, uint32_t log)
{
    uint32_t best = MAP_NONE;
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++)
        if (extent_at(work, e)->log == log && e != work->shard->open[log] &&
            (best == MAP_NONE || (int32_t)(extent_at(work, e)->birth - extent_at(work, best)->birth) < 0))
            best = e;
    return best;
}

/* Can what is live in it be copied without dropping anything? */
static bool can_hold(const struct shoal_map_work *work, const struct extent_sh *extent)
{
    return work->shard->count[LOG_FREE] > 0 || fits(work, work->shard->open[extent->log], extent->live);
}

static bool is_log(uint32_t log)
{
    return log == LOG_NEW || log == LOG_MAIN;
}

/* The extent with fewest live bytes, if it has fewer than `live`. */
static uint32_t emptiest(const struct shoal_map_work *work, uint32_t live)
{
    uint32_t best = MAP_NONE;
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++) {
        const struct extent_sh *extent = extent_at(work, e);
        if (is_log(extent->log) && e != work->shard->open[extent->log] && extent->live < live &&
            can_hold(work, extent)) {
            live = extent->live;
            best = e;
        }
    }
    return best;
}

static uint32_t find_expired(const struct shoal_map_work *work, uint32_t ticks)
{
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++) {
        const struct extent_sh *extent = extent_at(work, e);
        if (extent->log != LOG_FREE && e != work->shard->open[extent->log] &&
            shoal__map_is_past(extent->expires, ticks))
            return e;
    }
    return MAP_NONE;
}

/* ---- Reclaiming ---- */

struct reclaim {
    struct shoal_map_work *work;
    uint32_t log, ticks, budget;
    bool compact;
};

static bool is_worth_it(const struct reclaim *it, const struct item_sh *item, uint32_t uses)
{
    return it->compact || (uses > 0 && (it->log == LOG_NEW || item->size <= it->budget));
}

/* The item is appended to another extent, then the slot leads there: this decides. */
static bool move(struct reclaim *it, const struct item_sh *item, struct shoal_map_place place)
{
    struct shoal_map_work *work = it->work;
    uint32_t to = it->compact ? it->log : LOG_MAIN, size = item->size,
             old = load_relaxed(&place.bucket->ref[place.slot]);
    uint32_t ref = append_room(work, to, size), uses = place.bucket->uses[place.slot];
    if (!ref)
        return false;
    struct extent_sh *extent = shoal__map_extent(&work->map, ref);
    memcpy(shoal__map_item_of(work, ref), item, size);
    if (!load_relaxed(&item->expiry))
        extent->expires = 0;
    else if (extent->expires && extent->expires < load_relaxed(&item->expiry))
        extent->expires = load_relaxed(&item->expiry);
    program_order();
    *(volatile uint32_t *)&extent->used += size;
    program_order();
    SHOAL_POINT("map: copied to be moved");
    store_release(&place.bucket->ref[place.slot], ref); /* decides */
    SHOAL_POINT("map: moved");
    extent->live += size;
    shoal__map_extent(&work->map, old)->live -= size;
    it->budget -= it->compact || it->log == LOG_NEW ? 0 : size;
    uint32_t now = it->compact ? uses : it->log == LOG_NEW ? 0 : uses - 1;
    *(volatile uint8_t *)&place.bucket->uses[place.slot] = (uint8_t)now;
    work->shard->moved++;
    return true;
}

/* What leaves the log of new items leaves 16 bits: if it comes again soon it was worth more. */
static void leave_ghost(struct shoal_map_work *work, uint32_t hash)
{
    struct map_bucket_sh *home = work->buckets + shoal__map_home(work->bits, hash);
    memmove(home->ghost + 1, home->ghost, (MAP_GHOSTS - 1) * sizeof home->ghost[0]);
    home->ghost[0] = (uint16_t)(hash | 1);
}

static void reclaim_item(struct reclaim *it, const struct item_sh *item, struct shoal_map_place place)
{
    struct shoal_map_work *work = it->work;
    bool past = shoal__map_is_past(load_relaxed(&item->expiry), it->ticks);
    if (!past && is_worth_it(it, item, place.bucket->uses[place.slot]) && move(it, item, place))
        return;
    if (past)
        work->shard->expired++;
    else {
        work->shard->evicted++;
        if (it->log == LOG_NEW)
            leave_ghost(work, item->hash);
    }
    shoal__map_drop(work, place);
}

/* Each item is moved or dropped; then the extent is free. */
static void reclaim(struct shoal_map_work *work, uint32_t number, bool compact, uint32_t ticks)
{
    struct extent_sh *extent = extent_at(work, number);
    struct reclaim it = {work, extent->log, ticks, work->map.extent_bytes / 100 * KEEP_PERCENT, compact};
    uint32_t used = extent->used;
    work->disturbed = true;
    for (uint32_t offset = MAP_UNIT; offset + sizeof(struct item_sh) <= used;) {
        uint32_t ref = number << work->map.shift | offset / MAP_UNIT;
        const struct item_sh *item = shoal__map_item_of(work, ref);
        struct shoal_map_place place;
        if (!item || item->size < sizeof *item || item->size % MAP_UNIT || item->size > used - offset)
            break;
        offset += item->size;
        if (shoal__map_find_ref(&place, work, shoal__map_home(work->bits, item->hash), ref))
            reclaim_item(&it, item, place);
    }
    if (extent->log != LOG_FREE) /* a single that was dropped is empty already */
        shoal__extent_empty(work, number);
}

/* ---- Which ---- */

static uint32_t choose_log(const struct shoal_map_work *work)
{
    const struct shard_sh *shard = work->shard;
    uint32_t all = shard->count[LOG_NEW] + shard->count[LOG_MAIN] + shard->count[LOG_FREE];
    uint32_t most = (uint32_t)((uint64_t)all * work->map.sh->small / 1000), found = MAP_NONE;
    if (shard->count[LOG_NEW] > (most > 2 ? most : 2))
        found = oldest(work, LOG_NEW);
    if (found == MAP_NONE)
        found = oldest(work, LOG_MAIN);
    return found == MAP_NONE ? oldest(work, LOG_NEW) : found;
}

/* A single that was used since it came, or since we were here, is as if it came now. */
static bool spare_single(struct shoal_map_work *work, uint32_t number)
{
    struct shoal_map_place place;
    uint32_t ref = number << work->map.shift | 1;
    const struct item_sh *item = shoal__map_item_of(work, ref);
    if (!item || !shoal__map_find_ref(&place, work, shoal__map_home(work->bits, item->hash), ref) ||
        !place.bucket->uses[place.slot])
        return false;
    place.bucket->uses[place.slot]--;
    extent_at(work, number)->birth = ++work->shard->births;
    return true;
}

/* The map is full: make one extent emptier, or drop a single. False: nothing can go. */
bool shoal__map_reclaim(struct shoal_map_work *work)
{
    uint32_t ticks = shoal__map_ticks(&work->map), e = find_expired(work, ticks);
    if (e == MAP_NONE) {
        e = emptiest(work, evicts(work) ? work->map.extent_bytes / 2 : work->map.extent_bytes / 16 * 15);
        if (e != MAP_NONE) {
            reclaim(work, e, true, ticks);
            return true;
        }
        if (!evicts(work))
            return false;
        uint32_t single = oldest(work, LOG_SINGLE);
        e = choose_log(work);
        if (single != MAP_NONE &&
            (e == MAP_NONE || (int32_t)(extent_at(work, single)->birth - extent_at(work, e)->birth) < 0))
            e = single;
    }
    if (e == MAP_NONE)
        return false;
    bool is_single = extent_at(work, e)->log == LOG_SINGLE;
    if (is_single && spare_single(work, e))
        return true;
    reclaim(work, e, false, ticks);
    if (is_single && shoal__extent_give_back(work, e))
        return true;
    return !is_single;
}

static uint32_t most_tries(const struct shoal_map_work *work)
{
    return 8 * work->map.per_shard;
}

/* Give the memory of a free extent back, for a single. */
static bool give_back_free(struct shoal_map_work *work)
{
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++)
        if (extent_at(work, e)->log == LOG_FREE && shoal__extent_is_plain(work, e))
            return shoal__extent_give_back(work, e);
    return false;
}

/* One extent is always free to copy into, or can be had. */
static enum shoal_work_result make_room(struct shoal_map_work *work)
{
    struct shard_sh *shard = work->shard;
    for (uint32_t tries = most_tries(work); tries; tries--) {
        bool may_grow = !work->limit_reached && shard->bytes + work->map.extent_bytes <= shoal__map_share(&work->map);
        uint32_t e = shard->count[LOG_FREE] ? emptiest(work, work->map.extent_bytes / 4) : MAP_NONE;
        if (e != MAP_NONE) { /* mostly dead ones first: memory grows with what lives, not with what is written */
            reclaim(work, e, true, shoal__map_ticks(&work->map));
            continue;
        }
        bool too_much = shard->bytes > shoal__map_share(&work->map); /* the index has grown */
        if (too_much && shard->count[LOG_FREE] >= 2 && give_back_free(work))
            continue;
        if (shard->count[LOG_FREE] >= 2 || (shard->count[LOG_FREE] == 1 && may_grow))
            return WORK_OK;
        if (may_grow && (e = find_descriptor(work)) != MAP_NONE) {
            if (!work->spare || work->spare_bytes != work->map.extent_bytes) {
                work->want = work->map.extent_bytes;
                return WORK_WANTS;
            }
            if (!shoal__map_adopt(work, &work->spare, extent_at(work, e)))
                return WORK_BUSY;
            shard->bytes += bytes_of(work, extent_at(work, e));
            shard->count[LOG_FREE]++;
        } else if (!shoal__map_reclaim(work)) {
            return WORK_FULL;
        }
    }
    return WORK_FULL;
}

enum shoal_work_result shoal__map_room(uint32_t *ref, struct shoal_map_work *work, uint32_t log, uint32_t size)
{
    if (!fits(work, work->shard->open[log], size)) {
        enum shoal_work_result result = make_room(work);
        if (result != WORK_OK)
            return result;
    }
    *ref = append_room(work, log, size);
    return *ref ? WORK_OK : WORK_FULL;
}

enum shoal_work_result shoal__map_single(uint32_t *ref, struct shoal_map_work *work, uint32_t size)
{
    struct shard_sh *shard = work->shard;
    uint64_t share = shoal__map_share(&work->map), need = work->single_bytes;
    uint32_t tries = most_tries(work), e;
    while ((e = find_descriptor(work)) == MAP_NONE || shard->bytes + need > share) {
        if (tries-- == 0)
            return WORK_FULL;
        if (work->gone_count >= MOST_GONE)
            return WORK_BUSY;
        if (shard->count[LOG_FREE] >= 2 && give_back_free(work))
            continue;
        if (!shoal__map_reclaim(work) && !give_back_free(work))
            return WORK_FULL;
    }
    if (!shoal__map_adopt(work, &work->single, extent_at(work, e)))
        return WORK_BUSY;
    shard->bytes += need;
    start_extent(work, e, LOG_SINGLE, MAP_UNIT + size);
    *ref = e << work->map.shift | 1;
    return WORK_OK;
}
