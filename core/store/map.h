/*
 * The memory of a Map: shards, each with a lock, an index of buckets and append-only extents. Implements docs/format.md,
 * "Map", and docs/recovery.md, "Map". A slot of the index decides what a key has; all else is recomputed from the index
 * after a death. Knows shards and items, not names and waits: these are in objects/map*.c.
 */
#ifndef SHOAL_STORE_MAP_H
#define SHOAL_STORE_MAP_H

#include "segment/object.h"

#define MAP_EVICTS 1u /* map_sh.flags */
#define MAP_SHARDS 64u
#define MAP_SLOTS 8u /* of a bucket */
#define MAP_GHOSTS 3u
#define MAP_FLIGHTS 8u /* of a shard */
#define MAP_USES 3u    /* up to what uses are counted */
#define MAP_UNIT 16u   /* items begin at multiples of this, the first of an extent at the first */
#define MAP_TICKS 16u  /* of a second: expiry */
#define MAP_NONE UINT32_MAX

enum { LOG_FREE, LOG_NEW, LOG_MAIN, LOG_SINGLE, LOGS };

struct map_sh {
    struct parts_sh parts;                                        /* runs: extents, singles, indexes */
    uint32_t flags, shards, extent_bytes, per_shard, small, zero; /* constants; small: in 1/1000 */
    uint64_t max_bytes;
    uint64_t ttl; /* nanoseconds; INT64_MAX: none */
    uint64_t gap0[2];
    shoal_word epoch;  /* clear: + 1, that is all */
    shoal_word tagged; /* counts invalidations and new tags: versions of tags */
    uint64_t gap1[7];
    _Atomic uint64_t hits, misses; /* statistics, which each process adds to in batches */
    uint64_t gap2[14];
};
_Static_assert(offsetof(struct map_sh, max_bytes) == 32 && offsetof(struct map_sh, epoch) == 64 &&
                   offsetof(struct map_sh, hits) == 128 && sizeof(struct map_sh) == 256,
               "docs/format.md, Map");

struct flight_sh {
    shoal_word owner; /* of a process; 0: free */
    uint32_t hash, thread, zero;
};

struct shard_sh {
    shoal_word index; /* page + 1 << 5 | log2 of the number of buckets; 0: there is none yet */
    shoal_word epoch; /* the map's, to which the contents belong */
    uint32_t gap0[14];
    shoal_word lock;
    uint32_t births;     /* of the youngest extent */
    uint32_t numbers;    /* of the last item */
    uint32_t items;      /* these and what follows are recomputed after a death */
    uint32_t open[LOGS]; /* of LOG_NEW and LOG_MAIN: the extent that is written to, or MAP_NONE */
    uint32_t count[LOGS];
    uint64_t bytes;   /* of all its runs */
    shoal_word flown; /* eventcount: a flight is over */
    uint32_t zero;
    uint64_t evicted, expired, moved; /* statistics */
    uint64_t gap1[5];
    struct flight_sh flight[MAP_FLIGHTS];
};
_Static_assert(offsetof(struct shard_sh, lock) == 64 && offsetof(struct shard_sh, bytes) == 112 &&
                   offsetof(struct shard_sh, flight) == 192 && sizeof(struct shard_sh) == 320,
               "docs/format.md, Map");

struct extent_sh {
    shoal_word generation; /* counts how often it was emptied */
    shoal_word run;        /* ref; 0: it has no memory */
    shoal_word pages;
    uint32_t used; /* bytes, with the first MAP_UNIT */
    uint32_t live; /* bytes of items that a slot refers to */
    uint32_t birth;
    uint32_t expires; /* when all that is in it has expired; 0: never */
    uint32_t log;
};
_Static_assert(sizeof(struct extent_sh) == 32, "docs/format.md, Map");

struct map_bucket_sh {
    shoal_word ref[MAP_SLOTS]; /* extent << shift | offset / 16; 0: empty */
    uint16_t tag[MAP_SLOTS];
    uint8_t uses[MAP_SLOTS];
    uint16_t overflow; /* at least so many items whose home is here or before lie after */
    uint16_t ghost[MAP_GHOSTS];
};
_Static_assert(sizeof(struct map_bucket_sh) == 64, "docs/format.md, Map");

enum { ITEM_BYTES, ITEM_INTEGER, ITEM_TAG };

struct item_sh {
    uint32_t size; /* of all, a multiple of MAP_UNIT */
    uint32_t hash;
    uint32_t number;
    shoal_word expiry; /* 1/16 s since the segment was created; 0: none */
    uint32_t value_size;
    uint16_t key_size;
    uint8_t kind, tags; /* so many item_tag_sh after the value, at a multiple of 8 */
    uint8_t key[];      /* the value follows at a multiple of 8 */
};
_Static_assert(offsetof(struct item_sh, key) == 24, "docs/format.md, Map");

/* The item is there only as long as the tag's own item has this version: an ITEM_TAG whose key is the hash. */
struct item_tag_sh {
    uint64_t hash; /* of the tag's name */
    uint32_t version, zero;
};
_Static_assert(sizeof(struct item_tag_sh) == 16, "docs/format.md, Map");

/* What a process knows of a map's body: its constants, checked. */
struct shoal_map {
    shoal_segment *segment;
    struct map_sh *sh;
    struct shard_sh *shards;
    struct extent_sh *extents;
    uint32_t count, shift, per_shard, extent_bytes;
};

struct shoal_map_key {
    const void *bytes;
    uint32_t size, hash, shard;
    uint16_t tag;
    bool is_tag;
};

uint64_t shoal__map_body(uint32_t shards, uint32_t per_shard);
bool shoal__map_at(struct shoal_map *out, shoal_segment *segment, void *body, uint64_t capacity);
void shoal__map_key(struct shoal_map_key *out, const struct shoal_map *map, const void *bytes, size_t size);

static inline uint32_t shoal__item_value_at(uint32_t key_size)
{
    return ((uint32_t)sizeof(struct item_sh) + key_size + 7) & ~7u;
}

static inline uint64_t shoal__item_size(uint32_t key_size, uint64_t value_size, uint32_t tags)
{
    uint64_t end = shoal__item_value_at(key_size) + value_size;
    if (tags)
        end = ((end + 7) & ~7ull) + sizeof(struct item_tag_sh) * tags;
    return (end + MAP_UNIT - 1) & ~(uint64_t)(MAP_UNIT - 1);
}

static inline uint32_t shoal__map_home(uint32_t bits, uint32_t hash)
{
    return (uint32_t)((uint64_t)hash >> (32 - bits));
}

/* The buckets of an index word; *bits; NULL: there is none, or it is damaged. */
static inline struct map_bucket_sh *shoal__map_buckets(const struct shoal_map *map, uint32_t word, uint32_t *bits)
{
    *bits = word & 31;
    if (!word || (word >> 5) - 1 >= map->segment->is.heap_pages)
        return NULL;
    return shoal__block(map->segment, shoal__page_ref(map->segment, (word >> 5) - 1),
                        sizeof(struct map_bucket_sh) << *bits);
}

/* The slots whose tag this is: bit 2 i for slot i. */
static inline uint32_t shoal__map_matches(const struct map_bucket_sh *bucket, uint16_t tag)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < MAP_SLOTS; i++)
        bits |= (uint32_t)(*(const volatile uint16_t *)&bucket->tag[i] == tag) << i;
    return bits;
}

static inline struct extent_sh *shoal__map_extent(const struct shoal_map *map, uint32_t ref)
{
    uint32_t number = ref >> map->shift;
    return number < map->count * map->per_shard ? map->extents + number : NULL;
}

/* The item of a ref, and *room, how many bytes there are at most; NULL: the ref is damaged, or of another time. */
static inline const struct item_sh *shoal__map_item(const struct shoal_map *map, const struct extent_sh *extent,
                                                    uint32_t ref, uint64_t *room)
{
    uint64_t bytes = (uint64_t)load_relaxed(&extent->pages) << map->segment->is.page_shift;
    uint64_t offset = (uint64_t)(ref & ((1u << map->shift) - 1)) * MAP_UNIT;
    if (offset + sizeof(struct item_sh) > bytes)
        return NULL;
    *room = bytes - offset;
    const unsigned char *run = shoal__block(map->segment, load_relaxed(&extent->run), bytes);
    return run ? (const struct item_sh *)(run + offset) : NULL;
}

/* ---- Reading without a lock: store/map_read.c ---- */

enum shoal_map_result { MAP_OK, MAP_MISS, MAP_AGAIN, MAP_DAMAGED, MAP_NO_PLACE };

/* What a look has found: it is the key's item while nothing of what `shoal__map_still` compares has changed. */
struct shoal_map_seen {
    const struct item_sh *item;
    uint64_t room; /* bytes that can be read there */
    const struct extent_sh *extent;
    struct map_bucket_sh *bucket;
    uint32_t slot, generation;
};
enum shoal_map_result shoal__map_look(struct shoal_map_seen *out, const struct shoal_map *map,
                                      const struct shoal_map_key *key);
static inline bool shoal__map_still(const struct shoal_map_seen *seen)
{
    fence_acquire();
    return load_relaxed(&seen->extent->generation) == seen->generation;
}

void shoal__map_tag_key(struct shoal_map_key *out, const struct shoal_map *map, const uint64_t *hash);
uint32_t shoal__map_ticks(const struct shoal_map *map); /* now */
uint32_t shoal__map_expiry(const struct shoal_map *map, shoal_time ttl);
static inline bool shoal__map_is_past(uint32_t expiry, uint32_t ticks)
{
    return expiry && expiry <= ticks;
}

/* ---- With the shard's lock ---- */

struct shoal_map_place {
    struct map_bucket_sh *bucket;
    uint32_t slot, at; /* `at`: the bucket's number */
};

/* A call that has a shard's lock. `spare`, `single`: runs in our hands that may become an
 * extent or an index, and, with an item in it, a single. */
struct shoal_map_work {
    struct shoal_map map;
    struct shard_sh *shard;
    struct map_bucket_sh *buckets;
    uint32_t bits, first; /* of its index; the number of its first extent */
    bool disturbed;       /* slots may have changed since this was set to false: look again */
    bool untidy;          /* a run of a single is to be given back */
    bool limit_reached;   /* the segment has no more memory: what there is has to do */
    uint32_t spare, single;
    uint64_t spare_bytes, single_bytes;
    uint64_t want; /* after WORK_WANTS: get a run of so many bytes in hand without the lock, and begin again */
    uint32_t gone_count;
    uint32_t gone[8]; /* runs in our hands, to be disposed of without the lock */
};

/* Statuses of the work. WORK_FULL: nothing can go. WORK_BUSY: the structure's lock was not to be had. */
enum shoal_work_result { WORK_OK, WORK_WANTS, WORK_FULL, WORK_BUSY };

void shoal__map_begin_work(struct shoal_map_work *work, uint32_t shard); /* sets what belongs to the index, too */
void shoal__map_mend(struct shoal_map_work *work); /* after SHOAL_RECOVERED, and after the structure's lock was had */
void shoal__map_freshen(struct shoal_map_work *work); /* contents of an older epoch go */
bool shoal__map_find(struct shoal_map_place *out, const struct shoal_map_work *work, const struct shoal_map_key *key);
bool shoal__map_find_ref(struct shoal_map_place *out, const struct shoal_map_work *work, uint32_t home, uint32_t ref);
void shoal__map_drop(struct shoal_map_work *work, struct shoal_map_place place);

static inline struct item_sh *shoal__map_item_of(const struct shoal_map_work *work, uint32_t ref)
{
    uint64_t room;
    const struct extent_sh *extent = shoal__map_extent(&work->map, ref);
    return extent ? (struct item_sh *)shoal__map_item(&work->map, extent, ref, &room) : NULL;
}

/* An index, with room for one more item. Before any other look at the index, as it may replace it. */
enum shoal_work_result shoal__map_grow(struct shoal_map_work *work);
/* Room for an item in that log: *ref. It may drop and move items. */
enum shoal_work_result shoal__map_room(uint32_t *ref, struct shoal_map_work *work, uint32_t log, uint32_t size);
/* Make an extent emptier, or drop a single. False: nothing can go. */
bool shoal__map_reclaim(struct shoal_map_work *work);
/* The run `single`, filled with one item of `size` bytes, becomes an extent of its own: *ref. */
enum shoal_work_result shoal__map_single(uint32_t *ref, struct shoal_map_work *work, uint32_t size);
/* The item at `ref`, written, is counted; then it is the key's, whose old item is at `place`; NULL: it has none. */
void shoal__map_commit(struct shoal_map_work *work, const struct shoal_map_key *key, uint32_t ref, bool has_run,
                       const struct shoal_map_place *place);
bool shoal__map_had_ghost(const struct shoal_map_work *work, uint32_t hash);
/* Is all that the index and the extents say possible? NULL: yes. */
const char *shoal__map_walk(struct shoal_map_work *work, uint32_t *runs);
uint64_t shoal__map_share(const struct shoal_map *map);       /* bytes of a shard's memory, at most */
uint64_t shoal__map_single_from(const struct shoal_map *map); /* items larger than this are singles */

/* Before the lock is let go: runs of singles that went are in `gone` then. */
void shoal__map_tidy(struct shoal_map_work *work);

/* Used by the files of the store. */
void shoal__extent_empty(struct shoal_map_work *work, uint32_t number);
/* Has it the memory of an extent, or not much more, as a warm run may have? Of a single it is too small, or too large. */
static inline bool shoal__extent_is_plain(const struct shoal_map_work *work, uint32_t number)
{
    const struct extent_sh *extent = work->map.extents + number;
    uint64_t bytes = (uint64_t)load_relaxed(&extent->pages) << work->map.segment->is.page_shift;
    return load_relaxed(&extent->run) && bytes >= work->map.extent_bytes && bytes / 5 <= work->map.extent_bytes / 4;
}
bool shoal__extent_give_back(struct shoal_map_work *work, uint32_t number);
/* The run in our hands becomes the extent's; or `word` becomes `index`, and the index in old_run goes. */
bool shoal__map_adopt(struct shoal_map_work *work, uint32_t *run, struct extent_sh *extent);
bool shoal__map_adopt_index(struct shoal_map_work *work, uint32_t index, uint32_t old_run);

#endif
