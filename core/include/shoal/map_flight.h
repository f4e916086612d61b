/* Map: one computation a key, and what a map says of itself. Part of shoal.h. */
#ifndef SHOAL_MAP_FLIGHT_H
#define SHOAL_MAP_FLIGHT_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/* ---- One computation a key ---- */

/*
 * get_or_set of a language: get; on SHOAL_MISS shoal_map_begin; if the flight is ours, compute without any lock, set, end; if
 * not, get again, from the start. With a `stale`: on SHOAL_MISS begin with SHOAL_NO_WAIT; if that is SHOAL_ETIMEDOUT
 * somebody else computes: get with item.stale, and only if that is SHOAL_MISS, too, begin with the real deadline.
 *
 *   SHOAL_OK         out->ours: this thread is to compute the key's value, all others wait. Call shoal_map_end, also when
 *                    the computation fails: then the next one computes. If this process dies the next one is told.
 *                    Not out->ours: the key is there (by now).
 *   SHOAL_ETIMEDOUT  another computes still; the sentence says which process. SHOAL_NO_WAIT: whether another does so now.
 *   SHOAL_EINTR      a signal came first; call again with the same deadline.
 *
 * A thread that begins a key that it computes already (its factory asks for the same key) is told to compute. Few keys are
 * computed in one part of the map at a time; one more is computed by all who ask. Waiting in pieces: SHOAL_WAIT_FLIGHT
 * (wait.h), `argument` the address of a shoal_bytes with the key, which must stay during the wait: it ends with SHOAL_OK when
 * nobody computes the key; then get and begin again.
 */
typedef struct shoal_map_flight {
    bool ours;
    uint64_t reserved[4]; /* for the library */
} shoal_map_flight;
SHOAL_API int shoal_map_begin(shoal_map_flight *out, shoal_object *map, const void *key, size_t key_size,
                              shoal_time deadline);
/* From any thread of the process; the map must be open. For a flight that is not ours, or is over, it does nothing. */
SHOAL_API void shoal_map_end(shoal_map_flight *flight);

/* ---- Looking ---- */

typedef struct shoal_map_stats {
    uint64_t items;
    uint64_t max_bytes; /* of a shard: its equal share */
    uint64_t used;      /* bytes of memory that it has: live + dead + free + index */
    uint64_t live;      /* bytes of items that are there, each with its key and head */
    uint64_t dead;      /* bytes of items that were replaced or removed */
    uint64_t free;      /* bytes that nothing was written to */
    uint64_t index;
    uint64_t hits, misses, evicted, expired,
        moved;                                  /* since it was made; hits and misses within some hundreds a process */
    uint32_t shards, extents, buckets, flights; /* flights: keys that are computed now */
} shoal_map_stats;
#define SHOAL_MAP_ALL UINT32_MAX
/* Of one shard, 0 to shards - 1, or of SHOAL_MAP_ALL. Not all of one moment. hits and misses are counted for the whole map. */
SHOAL_API int shoal_map_stats_of(shoal_map_stats *out, const shoal_object *map, uint32_t shard);

#endif
