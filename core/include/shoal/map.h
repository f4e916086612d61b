/*
 * Map: a hash map and a cache that many processes read and write at once. Part of shoal.h. shoal_object_describe gives
 * max_bytes, ttl (seconds, or nil), evict, items, used (bytes of memory), live (bytes of items), hits, misses, evicted,
 * expired.
 */
#ifndef SHOAL_MAP_H
#define SHOAL_MAP_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * Keys are 1 to SHOAL_MAP_KEY bytes, any bytes. Values are bytes, by convention one item of MessagePack. A value is
 * stored whole, replaced whole and read as a copy; a process that is killed leaves the old value or the new one. Reads
 * take no lock, through a readonly attach, too. Writers of different keys hardly ever meet.
 *
 * A map takes memory as it fills, up to max_bytes for items and its index together. Then, with `evict`, the items go
 * that were used least; without it a set is SHOAL_ENOSPACE. TTLs follow the host's clock of the time of day, in steps
 * of 1/16 s; an item is there for at least as long as its TTL says, unless it is evicted.
 *
 * A call on a key returns SHOAL_OK, or SHOAL_MISS, which is no error: the key is not there, or has expired, or is not as
 * the call asks for. Errors of all calls: SHOAL_EVALUE for an impossible key, SHOAL_EREADONLY for changes; SHOAL_EINTR: a
 * signal of the language came first, and nothing was done.
 */
#define SHOAL_MAP_KEY 1024u
#define SHOAL_MAP_TAGS 16u                                      /* tags of an item, at most */
#define SHOAL_MAP_TTL_MOST ((shoal_time)252288000 * 1000000000) /* 8 years */
#define SHOAL_MAP_TTL_OF_MAP ((shoal_time) - 1)                 /* as a TTL: what the map was opened with */
/* A TTL is 1 ns to SHOAL_MAP_TTL_MOST, SHOAL_MAP_TTL_OF_MAP, or SHOAL_FOREVER: the item does not expire. */

typedef struct shoal_map_options {
    uint64_t max_bytes; /* of memory: 512 KiB to 16 GiB */
    shoal_time ttl;     /* of items that are set with SHOAL_MAP_TTL_OF_MAP: a TTL, or SHOAL_FOREVER */
    bool evict;
    /*
     * The share of memory, 0.01 to 0.9, for items that were not used since they came. More of it suits a load whose
     * popular keys change quickly.
     */
    double small;
} shoal_map_options;

SHOAL_API void shoal_map_options_init(shoal_map_options *options); /* 16 MiB, SHOAL_FOREVER, true, 0.125 */
/*
 * Open the map, or create it. NULL: open one that is there, whatever its options. SHOAL_EMISMATCH: it has other options;
 * SHOAL_EVALUE: impossible ones; SHOAL_ENOKEY: `options` is NULL, and there is none.
 */
SHOAL_API int shoal_map_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                             const shoal_map_options *options);
SHOAL_API int shoal_map_read_options(shoal_map_options *out, const shoal_object *map);

/* ---- Reading ---- */

/* What a read says of an item beside its value. `stale` is read, the others are written. */
typedef struct shoal_map_item {
    shoal_time stale; /* an item that expired up to so many nanoseconds ago is still read; 0: none that expired */
    shoal_time left;  /* how long it is there yet; negative: it has expired; SHOAL_FOREVER: it does not expire */
    uint64_t token;   /* names this value of this key, for SHOAL_MAP_CAS and shoal_map_delete; never 0 */
} shoal_map_item;

/*
 * Copy the value into `buffer`. SHOAL_OK: *size bytes are there, of one version. SHOAL_LARGER: the buffer has the first
 * `capacity` bytes of *size. SHOAL_MISS. `item` may be NULL: then nothing that expired is read.
 */
SHOAL_API int shoal_map_get(shoal_object *map, const void *key, size_t key_size, void *buffer, size_t capacity,
                            size_t *size, shoal_map_item *item);
/*
 * The same for a language that has places of its own for strings: as shoal_value_get_string. A value that is one string
 * is copied once, without its head, to where `place` says, and *size is SHOAL_PLACED.
 */
SHOAL_API int shoal_map_get_string(shoal_object *map, const void *key, size_t key_size, void *buffer, size_t capacity,
                                   size_t *size, shoal_place *place, void *user, shoal_map_item *item);
SHOAL_API int shoal_map_has(shoal_object *map, const void *key, size_t key_size); /* SHOAL_OK, SHOAL_MISS */
/* How long the item is there yet, in nanoseconds; SHOAL_FOREVER: it does not expire. SHOAL_MISS: it is not there. */
SHOAL_API int shoal_map_ttl(shoal_time *left, shoal_object *map, const void *key, size_t key_size);
/* Items that are there; those that expired count until their memory is wanted. */
SHOAL_API int shoal_map_count(uint64_t *out, const shoal_object *map);

#endif
