/* What the files of the Map share. A map's memory: store/map.h. */
#ifndef SHOAL_OBJECTS_MAP_H
#define SHOAL_OBJECTS_MAP_H

#include "objects/objects.h"
#include "store/map.h"

#define WAIT_SHARD_LOCK 90 /* an operation: for the lock of shard `argument` */

extern const struct shoal_waits shoal__map_waits[];

int shoal__map_damaged(const shoal_object *object);
/* May the object be read? Then *out is what it is. */
int shoal__map_may_read(struct shoal_map *out, const shoal_object *object);
/* May it be changed? */
int shoal__map_may_change(struct shoal_map_work *out, shoal_object *object);
int shoal__map_check_key(struct shoal_map_key *out, const struct shoal_map *map, const void *key, size_t size);
int shoal__map_check_ttl(const shoal_object *object, shoal_time *ttl); /* SHOAL_MAP_TTL_OF_MAP becomes what it means */

/* Take the shard's lock, and mend and freshen what there is. SHOAL_EINTR. */
int shoal__map_enter(shoal_object *object, struct shoal_map_work *work, uint32_t shard);
void shoal__map_leave(shoal_object *object, struct shoal_map_work *work);
/* A run in our hands, backed, with room for so many bytes. */
int shoal__map_make(shoal_object *object, uint64_t size, uint32_t *run, uint64_t *bytes);
/* Without the lock, after WORK_WANTS or WORK_BUSY: SHOAL_PENDING: try again. */
int shoal__map_prepare(shoal_object *object, struct shoal_map_work *work, enum shoal_work_result result);
void shoal__map_end_work(shoal_object *object, struct shoal_map_work *work); /* what is in hand goes */

/* How a value is read. */
struct shoal__map_places {
    void *buffer;
    size_t capacity, *size;
    shoal_place *place;
    void *user;
    shoal_map_item *item;
};
int shoal__map_read(shoal_object *object, const struct shoal_map *map, const struct shoal_map_key *key,
                    const struct shoal__map_places *to);
uint64_t shoal__map_token(const struct item_sh *item);
bool shoal__map_is_integer(int64_t *out, const struct item_sh *item); /* with the lock, or of a copy */
/* Is the item there, for one who has the lock: not expired, its tags valid? */
bool shoal__map_is_there(const struct shoal_map *map, const struct item_sh *item);

static inline _Atomic int64_t *shoal__map_integer(const struct item_sh *item)
{
    return (_Atomic int64_t *)((unsigned char *)item + shoal__item_value_at(item->key_size));
}

/* With the lock: the key's item, if it is there; `place` says where. */
struct item_sh *shoal__map_present(struct shoal_map_place *place, struct shoal_map_work *work,
                                   const struct shoal_map_key *key);

/* What is to be stored. */
struct shoal__map_value {
    unsigned char head[SHOAL_STRING_HEAD];
    size_t head_size;
    const void *bytes;
    size_t size;
    int64_t integer;
    uint8_t kind;
    uint32_t tag_count;
    struct item_tag_sh tag[SHOAL_MAP_TAGS];
};
int shoal__map_store(struct shoal_map_work *work, shoal_object *object, const struct shoal_map_key *key,
                     struct shoal__map_value *value, const shoal_map_setting *setting);
int shoal__map_tag(struct shoal__map_value *value, struct shoal_map_work *work, shoal_object *object,
                   const shoal_map_setting *setting);
int shoal__map_copy(shoal_object **out, shoal_segment *to, shoal_object *object);
bool shoal__map_end_flights(shoal_object *object, uint64_t thread);

#endif
