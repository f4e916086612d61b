/* A Map's index, with the lock of a shard. Implements docs/recovery.md, "Map". */
#include <string.h>

#include "platform/point.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/parts.h"
#include "segment/runs.h"
#include "store/map.h"

#define LEAST_BITS 6u

/* Words beside what decides: a thread that is killed has stored those before it in program order. */
static void count(uint16_t *overflow, int by)
{
    *(volatile uint16_t *)overflow = (uint16_t)(*overflow + by);
}

static void find_index(struct shoal_map_work *work)
{
    work->buckets = shoal__map_buckets(&work->map, load_relaxed(&work->shard->index), &work->bits);
    if (!work->buckets)
        work->bits = 0;
}

void shoal__map_begin_work(struct shoal_map_work *work, uint32_t shard)
{
    work->shard = work->map.shards + shard;
    work->first = shard * work->map.per_shard;
    work->want = 0;
    find_index(work);
}

/* ---- Finding ---- */

static inline uint32_t mask_of(const struct shoal_map_work *work)
{
    return (1u << work->bits) - 1;
}

bool shoal__map_find(struct shoal_map_place *out, const struct shoal_map_work *work, const struct shoal_map_key *key)
{
    if (!work->buckets)
        return false;
    uint32_t mask = mask_of(work), at = shoal__map_home(work->bits, key->hash);
    for (uint32_t steps = 0; steps <= mask; steps++, at = (at + 1) & mask) {
        struct map_bucket_sh *bucket = work->buckets + at;
        for (uint32_t bits = shoal__map_matches(bucket, key->tag); bits; bits &= bits - 1) {
            uint32_t slot = (uint32_t)__builtin_ctz(bits), ref = load_relaxed(&bucket->ref[slot]);
            const struct item_sh *item = ref ? shoal__map_item_of(work, ref) : NULL;
            if (item && item->hash == key->hash && item->key_size == key->size &&
                (item->kind == ITEM_TAG) == key->is_tag && memcmp(item->key, key->bytes, key->size) == 0) {
                *out = (struct shoal_map_place){bucket, slot, at};
                return true;
            }
        }
        if (!bucket->overflow)
            break;
    }
    return false;
}

bool shoal__map_find_ref(struct shoal_map_place *out, const struct shoal_map_work *work, uint32_t home, uint32_t ref)
{
    uint32_t mask = mask_of(work), at = home;
    for (uint32_t steps = 0; work->buckets && steps <= mask; steps++, at = (at + 1) & mask) {
        struct map_bucket_sh *bucket = work->buckets + at;
        for (uint32_t slot = 0; slot < MAP_SLOTS; slot++)
            if (load_relaxed(&bucket->ref[slot]) == ref) {
                *out = (struct shoal_map_place){bucket, slot, at};
                return true;
            }
        if (!bucket->overflow)
            break;
    }
    return false;
}

bool shoal__map_had_ghost(const struct shoal_map_work *work, uint32_t hash)
{
    if (!work->buckets)
        return false;
    struct map_bucket_sh *home = work->buckets + shoal__map_home(work->bits, hash);
    for (uint32_t i = 0; i < MAP_GHOSTS; i++)
        if (home->ghost[i] == (uint16_t)(hash | 1)) {
            home->ghost[i] = 0;
            return true;
        }
    return false;
}

/* ---- Items come and go ---- */

/* The buckets before `place` that its item passed are one item less over. Too high is harmless, so this comes after. */
static void uncount_passed(struct shoal_map_work *work, uint32_t hash, uint32_t at)
{
    uint32_t mask = mask_of(work);
    for (uint32_t k = shoal__map_home(work->bits, hash); k != at; k = (k + 1) & mask)
        if (work->buckets[k].overflow)
            count(&work->buckets[k].overflow, -1);
}

static void count_live(const struct shoal_map_work *work, uint32_t ref, bool more)
{
    struct extent_sh *extent = shoal__map_extent(&work->map, ref);
    const struct item_sh *item = shoal__map_item_of(work, ref);
    if (extent && item)
        extent->live += more ? item->size : 0 - item->size;
}

void shoal__map_drop(struct shoal_map_work *work, struct shoal_map_place place)
{
    uint32_t ref = load_relaxed(&place.bucket->ref[place.slot]);
    const struct item_sh *item = shoal__map_item_of(work, ref);
    struct extent_sh *extent = shoal__map_extent(&work->map, ref);
    uint32_t hash = item ? item->hash : 0;
    store_release(&place.bucket->ref[place.slot], 0); /* decides */
    SHOAL_POINT("map: dropped");
    if (item)
        uncount_passed(work, hash, place.at);
    count_live(work, ref, false);
    work->shard->items--;
    if (extent && extent->log == LOG_SINGLE)
        shoal__extent_empty(work, (uint32_t)(extent - work->map.extents));
}

/* The first bucket with room, from the item's home on; the ones before it are counted as passed. There is room. */
static struct shoal_map_place make_place(struct shoal_map_work *work, uint32_t hash)
{
    uint32_t mask = mask_of(work), at = shoal__map_home(work->bits, hash);
    for (;; at = (at + 1) & mask) {
        struct map_bucket_sh *bucket = work->buckets + at;
        for (uint32_t slot = 0; slot < MAP_SLOTS; slot++)
            if (!load_relaxed(&bucket->ref[slot]))
                return (struct shoal_map_place){bucket, slot, at};
        count(&bucket->overflow, 1); /* before what decides: too high is harmless, too low loses keys */
        SHOAL_POINT("map: overflow counted");
    }
}

static void enter_item(struct shoal_map_work *work, const struct shoal_map_key *key, uint32_t ref)
{
    struct shoal_map_place place = make_place(work, key->hash);
    *(volatile uint16_t *)&place.bucket->tag[place.slot] = key->tag;
    *(volatile uint8_t *)&place.bucket->uses[place.slot] = 0;
    SHOAL_POINT("map: tag written");
    store_release(&place.bucket->ref[place.slot], ref); /* decides */
    SHOAL_POINT("map: inserted");
    work->shard->items++;
}

void shoal__map_commit(struct shoal_map_work *work, const struct shoal_map_key *key, uint32_t ref, bool has_run,
                       const struct shoal_map_place *place)
{
    struct extent_sh *extent = shoal__map_extent(&work->map, ref);
    const struct item_sh *item = shoal__map_item_of(work, ref);
    if (item->expiry == 0)
        extent->expires = 0;
    else if (extent->expires && load_relaxed(&item->expiry) > extent->expires)
        extent->expires = load_relaxed(&item->expiry);
    program_order();
    SHOAL_POINT("map: written");
    if (!has_run) {
        *(volatile uint32_t *)&extent->used += item->size; /* before it decides: else the next item would lie there */
        program_order();
    }
    SHOAL_POINT("map: used counted");
    if (place) {
        uint32_t old = load_relaxed(&place->bucket->ref[place->slot]);
        store_release(&place->bucket->ref[place->slot], ref); /* decides */
        SHOAL_POINT("map: swung");
        count_live(work, old, false);
        struct extent_sh *before = shoal__map_extent(&work->map, old);
        if (before && before->log == LOG_SINGLE)
            shoal__extent_empty(work, (uint32_t)(before - work->map.extents));
    } else {
        enter_item(work, key, ref);
    }
    count_live(work, ref, true);
    SHOAL_POINT("map: set");
}

/* ---- The index grows ---- */

static void fill_index(const struct shoal_map_work *from, struct shoal_map_work *to)
{
    for (uint32_t k = 0; from->buckets && k <= mask_of(from); k++)
        for (uint32_t i = 0; i < MAP_SLOTS; i++) {
            uint32_t ref = load_relaxed(&from->buckets[k].ref[i]);
            const struct item_sh *item = ref ? shoal__map_item_of(from, ref) : NULL;
            if (!item)
                continue;
            struct shoal_map_place place = make_place(to, item->hash);
            place.bucket->tag[place.slot] = from->buckets[k].tag[i];
            place.bucket->uses[place.slot] = from->buckets[k].uses[i];
            store_relaxed(&place.bucket->ref[place.slot], ref);
        }
}

static void copy_ghosts(const struct shoal_map_work *from, struct shoal_map_work *to)
{
    for (uint32_t k = 0; from->buckets && k <= mask_of(from); k++)
        for (uint32_t i = 0; i < MAP_GHOSTS; i++) /* which of the two buckets it belongs to now is not known */
            to->buckets[2 * k].ghost[i] = to->buckets[2 * k + 1].ghost[i] = from->buckets[k].ghost[i];
}

static uint32_t bits_for(const struct shoal_map *map)
{
    uint64_t page = shoal__page_size(map->segment);
    uint32_t bits = LEAST_BITS;
    while ((sizeof(struct map_bucket_sh) << bits) < page)
        bits++;
    return bits;
}

static uint64_t bytes_of_bits(uint32_t bits)
{
    return (uint64_t)sizeof(struct map_bucket_sh) << bits;
}

/* The new index was filled in our hands; one change makes it the shard's, and takes the old one into our hands. */
static enum shoal_work_result swing(struct shoal_map_work *work, struct shoal_map_work *grown)
{
    uint32_t old = load_relaxed(&work->shard->index), run = 0;
    uint32_t page = shoal__page_of(work->map.segment, work->spare);
    if (old && work->buckets)
        run = shoal__page_ref(work->map.segment, (old >> 5) - 1);
    if (!shoal__map_adopt_index(work, (page + 1) << 5 | grown->bits, run))
        return WORK_BUSY;
    SHOAL_POINT("map: grown");
    work->disturbed = true;
    if (run)
        work->shard->bytes -= bytes_of_bits(work->bits);
    work->shard->bytes += bytes_of_bits(grown->bits);
    find_index(work);
    return WORK_OK;
}

enum shoal_work_result shoal__map_grow(struct shoal_map_work *work)
{
    bool is_new = !work->buckets;
    uint64_t slots = is_new ? 0 : (uint64_t)MAP_SLOTS << work->bits, items = work->shard->items;
    if (!is_new && items * 4 < slots * 3)
        return WORK_OK;
    uint32_t bits = is_new ? bits_for(&work->map) : work->bits + 1;
    bool can_do_without = !is_new && items + items / 32 + 1 < slots;
    if (bits > 25 || (work->limit_reached && work->spare_bytes != bytes_of_bits(bits)))
        return can_do_without ? WORK_OK : WORK_FULL;
    if (!is_new && work->shard->bytes + bytes_of_bits(bits) > shoal__map_share(&work->map) + bytes_of_bits(work->bits))
        if (bytes_of_bits(bits) > shoal__map_share(&work->map) / 3)
            return can_do_without ? WORK_OK : WORK_FULL;
    if (!work->spare || work->spare_bytes != bytes_of_bits(bits)) {
        work->want = bytes_of_bits(bits);
        return WORK_WANTS;
    }
    struct shoal_map_work grown = *work;
    grown.bits = bits;
    grown.buckets = shoal__at(work->map.segment, shoal__offset(work->map.segment, work->spare));
    memset(grown.buckets, 0, bytes_of_bits(bits));
    fill_index(work, &grown);
    copy_ghosts(work, &grown);
    return swing(work, &grown);
}

/* ---- After a death, and after clear ---- */

static void recount_extents(struct shoal_map_work *work)
{
    struct shard_sh *shard = work->shard;
    shard->bytes = work->buckets ? bytes_of_bits(work->bits) : 0;
    shard->open[LOG_NEW] = shard->open[LOG_MAIN] = MAP_NONE;
    memset(shard->count, 0, sizeof shard->count);
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++) {
        struct extent_sh *extent = work->map.extents + e;
        if (extent->log >= LOGS || !load_relaxed(&extent->run))
            extent->log = LOG_FREE;
        extent->live = 0;
        shard->bytes += (uint64_t)load_relaxed(&extent->pages) << work->map.segment->is.page_shift;
        if (extent->log != LOG_FREE || shoal__extent_is_plain(work, e))
            shard->count[extent->log]++;
        if (extent->log == LOG_FREE)
            continue;
        if ((int32_t)(extent->birth - shard->births) > 0)
            shard->births = extent->birth;
        uint32_t *open = &shard->open[extent->log];
        if (extent->log != LOG_SINGLE &&
            (*open == MAP_NONE || (int32_t)(extent->birth - work->map.extents[*open].birth) > 0))
            *open = e;
    }
}

/* A slot that leads nowhere is damage: it is emptied. */
static const struct item_sh *item_in(struct shoal_map_work *work, uint32_t at, uint32_t slot)
{
    shoal_word *word = &work->buckets[at].ref[slot];
    uint32_t ref = load_relaxed(word);
    const struct item_sh *item = ref ? shoal__map_item_of(work, ref) : NULL;
    if (ref && !item)
        store_relaxed(word, 0);
    return item;
}

/* Count items, and what is live of each extent. Returns how many items lie before their home, as they passed the end. */
static uint32_t recount_items(struct shoal_map_work *work)
{
    uint32_t wrapped = 0;
    work->shard->items = 0;
    for (uint32_t k = 0; work->buckets && k <= mask_of(work); k++)
        for (uint32_t i = 0; i < MAP_SLOTS; i++) {
            const struct item_sh *item = item_in(work, k, i);
            if (!item)
                continue;
            count_live(work, load_relaxed(&work->buckets[k].ref[i]), true);
            work->shard->items++;
            wrapped += shoal__map_home(work->bits, item->hash) > k;
        }
    return wrapped;
}

/* How many items have this home, and how many lie in it, whatever their home. */
static void count_home(struct shoal_map_work *work, uint32_t home, uint32_t *homed, uint32_t *there)
{
    uint32_t mask = mask_of(work), at = home;
    *homed = *there = 0;
    for (uint32_t steps = 0; steps <= mask; steps++, at = (at + 1) & mask) {
        for (uint32_t i = 0; i < MAP_SLOTS; i++) {
            const struct item_sh *item = item_in(work, at, i);
            *homed += item && shoal__map_home(work->bits, item->hash) == home;
            *there += item && at == home;
        }
        if (!work->buckets[at].overflow)
            break;
    }
}

/* Readers look meanwhile: each is stored once, and is never too low. */
static void recount_passed(struct shoal_map_work *work, uint32_t passed)
{
    for (uint32_t k = 0; work->buckets && k <= mask_of(work); k++) {
        uint32_t homed, there;
        count_home(work, k, &homed, &there);
        passed += homed - there;
        if (work->buckets[k].overflow != (uint16_t)passed)
            *(volatile uint16_t *)&work->buckets[k].overflow = (uint16_t)passed;
    }
}

void shoal__map_mend(struct shoal_map_work *work)
{
    find_index(work);
    recount_extents(work);
    recount_passed(work, recount_items(work));
    work->untidy = true;
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++)
        if (work->map.extents[e].log == LOG_SINGLE && !work->map.extents[e].live)
            shoal__extent_empty(work, e);
    SHOAL_POINT("map: mended");
}

void shoal__map_freshen(struct shoal_map_work *work)
{
    uint32_t epoch = load_acquire(&work->map.sh->epoch);
    if (load_relaxed(&work->shard->epoch) == epoch)
        return;
    for (uint32_t e = work->first; e < work->first + work->map.per_shard; e++)
        if (work->map.extents[e].log != LOG_FREE)
            shoal__extent_empty(work, e);
    for (uint32_t k = 0; work->buckets && k <= mask_of(work); k++) {
        for (uint32_t i = 0; i < MAP_SLOTS; i++)
            store_relaxed(&work->buckets[k].ref[i], 0);
        work->buckets[k].overflow = 0;
    }
    SHOAL_POINT("map: emptied");
    work->shard->items = 0;
    work->shard->open[LOG_NEW] = work->shard->open[LOG_MAIN] = MAP_NONE;
    store_release(&work->shard->epoch, epoch);
}
