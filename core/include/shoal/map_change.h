/* Map: setting, removing, many keys, walks, tags. Part of shoal.h. */
#ifndef SHOAL_MAP_CHANGE_H
#define SHOAL_MAP_CHANGE_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/* ---- Writing ---- */

#define SHOAL_MAP_ADD 1u      /* only if the key is not there; else SHOAL_MISS */
#define SHOAL_MAP_REPLACE 2u  /* only if the key is there; else SHOAL_MISS */
#define SHOAL_MAP_CAS 4u      /* only if the key has the value that `token` names; else SHOAL_MISS */
#define SHOAL_MAP_KEEP_TTL 8u /* of a key that is there: it expires when it would have */

typedef struct shoal_map_setting {
    uint32_t flags; /* ADD, REPLACE or CAS, or none of them; and KEEP_TTL */
    uint32_t tag_count;
    shoal_time ttl;
    uint64_t token;          /* CAS */
    const shoal_bytes *tags; /* tag_count of them, each as a key; shoal_map_invalidate */
} shoal_map_setting;
/* {.ttl = SHOAL_MAP_TTL_OF_MAP}, which NULL means, too, in every call that takes a setting. */
SHOAL_API void shoal_map_setting_init(shoal_map_setting *setting);

/*
 * Store a copy of these bytes under the key.
 *   SHOAL_MISS      not stored: see the flags.
 *   SHOAL_ENOSPACE  the map is full and does not evict, the value is too large for max_bytes (shoal_map_limit), or the
 *                   segment has no room; the sentence has the numbers. What was there stays.
 */
SHOAL_API int shoal_map_set(shoal_object *map, const void *key, size_t key_size, const void *bytes, size_t size,
                            const shoal_map_setting *setting);
/* The same for a value that is one string, without its head. `type`: SHOAL_STR, SHOAL_BIN, SHOAL_STR_OR_BIN (value.h). */
SHOAL_API int shoal_map_set_string(shoal_object *map, const void *key, size_t key_size, int type, const void *bytes,
                                   size_t size, const shoal_map_setting *setting);
/* The size of the largest value that the map stores: a `limit` for a shoal_writer. */
SHOAL_API uint64_t shoal_map_limit(const shoal_object *map);
/* Remove the key; `token`: only if it has the value that this names; 0: whatever it has. SHOAL_OK: it was there. */
SHOAL_API int shoal_map_delete(shoal_object *map, const void *key, size_t key_size, uint64_t token);
/*
 * Read the value and remove it; no two calls get the same one. SHOAL_LARGER: *size is its size, nothing was removed. (For
 * a string of a language: shoal_map_get_string, then shoal_map_delete with its token, again if that is SHOAL_MISS.)
 */
SHOAL_API int shoal_map_pop(shoal_object *map, const void *key, size_t key_size, void *buffer, size_t capacity,
                            size_t *size);
/*
 * Add `by` to the integer under the key, which keeps its TTL. If the key is not there: it becomes *initial + by, with
 * `ttl`, or, if `initial` is NULL, it is SHOAL_MISS. *out: what it is now. SHOAL_ETYPE: the value is not an integer of 64
 * bits; SHOAL_EOVERFLOW: the result would not be one, and nothing has changed. A get reads a MessagePack integer; one that
 * was set is added to, too.
 */
SHOAL_API int shoal_map_add(int64_t *out, shoal_object *map, const void *key, size_t key_size, int64_t by,
                            const int64_t *initial, shoal_time ttl);
/* Set the TTL, from now on, of a key that is there. */
SHOAL_API int shoal_map_touch(shoal_object *map, const void *key, size_t key_size, shoal_time ttl);

/* ---- Many keys ---- */

typedef struct shoal_map_pair {
    shoal_bytes key, value;
} shoal_map_pair;
/*
 * Each for itself, in their order, with the same setting (without CAS). *done: so many pairs are dealt with, from the
 * first, also after an error. *stored: so many of them were stored. (Many reads are shoal_map_get for each key: it takes no
 * lock.)
 */
SHOAL_API int shoal_map_set_many(size_t *done, size_t *stored, shoal_object *map, const shoal_map_pair *pairs,
                                 size_t count, const shoal_map_setting *setting);
/* *gone: so many of them were there. */
SHOAL_API int shoal_map_delete_many(size_t *gone, shoal_object *map, const shoal_bytes *keys, size_t count);

/* Where a walk over a map is. All zero: at the beginning. It is small memory, no resource: nothing ends it. */
typedef struct shoal_map_cursor {
    uint64_t reserved[3];
} shoal_map_cursor;
/*
 * The next item of the walk: its key in `key`, which has room for SHOAL_MAP_KEY bytes, and its value as shoal_map_get has
 * it. `buffer` may be NULL, with capacity 0: then only keys are wanted, *size is 0. SHOAL_LARGER: the cursor has not moved; call
 * again with more room. SHOAL_MISS: that was all. Every key that stays all the time of the walk is met exactly once,
 * however many come and go meanwhile; no lock is held between two calls.
 */
SHOAL_API int shoal_map_next(shoal_object *map, shoal_map_cursor *cursor, void *key, size_t *key_size, void *buffer,
                             size_t capacity, size_t *size, shoal_map_item *item);

/* Remove all, at once: it takes one store, however many there are. */
SHOAL_API int shoal_map_clear(shoal_object *map);
/* Remove all keys that begin with these bytes: a walk. *gone: how many. Keys that are set meanwhile may stay. */
SHOAL_API int shoal_map_clear_prefix(uint64_t *gone, shoal_object *map, const void *prefix, size_t size);
/*
 * Items that were set with this tag are gone: SHOAL_MISS for every read from now on. One store. An item also goes if the
 * memory of one of its tags was wanted for something else.
 */
SHOAL_API int shoal_map_invalidate(shoal_object *map, const void *tag, size_t size);

#endif
