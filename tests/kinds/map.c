/* Maps. The value of a key says which key it is, and the same byte up to its end. */
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { BYTES = 512 << 10, KEYS = 40, ROOM = 24000, COUNTED = 100, FLOWN = 101 };

/* 64 bytes, or some hundreds, or so many that it lies alone. */
static size_t size_for(uint32_t choice)
{
    return choice % 8 == 7 ? 9000 + choice % 1000 : choice % 8 == 6 ? 700 : 8 + choice % 90;
}

static size_t key_of(unsigned char key[8], uint32_t number)
{
    memcpy(key, "key-", 4);
    key[4] = (unsigned char)number;
    return 5;
}

static int set(shoal_object *map, uint32_t number, uint32_t seed, size_t size, const shoal_map_setting *setting)
{
    unsigned char key[8], bytes[ROOM];
    memset(bytes, (int)(seed % 251), size);
    bytes[0] = (unsigned char)number;
    return shoal_map_set(map, key, key_of(key, number), bytes, size, setting);
}

/* Whole, and of this key. */
static const char *get(shoal_object *map, uint32_t number, uint32_t *seed, int *status)
{
    unsigned char key[8], *bytes = malloc(ROOM);
    size_t size;
    const char *sentence = NULL;
    *status = shoal_map_get(map, key, key_of(key, number), bytes, ROOM, &size, NULL);
    if (*status == SHOAL_OK && (size < 8 || bytes[0] != number))
        sentence = kinds_say("key %u of a map has %zu bytes, of key %u", number, size, size ? bytes[0] : 0);
    for (size_t i = 2; *status == SHOAL_OK && !sentence && i < size; i++)
        if (bytes[i] != bytes[1])
            sentence = kinds_say("a value of %zu bytes of a map is torn at %zu", size, i);
    *seed = *status == SHOAL_OK ? bytes[1] : 0;
    free(bytes);
    return sentence;
}

static int open_map(shoal_object **out, const struct subject *subject)
{
    shoal_map_options options;
    shoal_map_options_init(&options);
    options.max_bytes = BYTES;
    return shoal_map_open(out, subject->segment, subject->name, subject->length, &options);
}

static int make(struct subject *subject, uint32_t size)
{
    (void)size;
    return open_map(&subject->object, subject);
}

static int again(shoal_object **out, const struct subject *subject)
{
    return LOOK(open_map, out, subject);
}

static int fill(const struct subject *subject, uint32_t seed)
{
    int status = SHOAL_OK;
    for (uint32_t i = 0; i < KEYS / 4 && status == SHOAL_OK; i++)
        status = set(subject->object, i, seed + i, 20 + i, NULL);
    return status;
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    uint64_t count;
    for (uint32_t i = 0; i < KEYS / 4; i++) {
        uint32_t found;
        int status;
        WELL(get(subject->object, i, &found, &status));
        EXPECT(status == SHOAL_OK && found == (seed + i) % 251);
    }
    EXPECT(shoal_map_count(&count, subject->object) == SHOAL_OK && count >= KEYS / 4);
    return NULL;
}

static const char *look(const struct subject *subject)
{
    static const shoal_bytes flown = {"flown", 5};
    shoal_object *map = subject->object;
    unsigned char key[SHOAL_MAP_KEY], *bytes = malloc(ROOM);
    size_t size, key_size;
    uint64_t count;
    shoal_time left;
    shoal_map_stats stats;
    shoal_map_options options;
    shoal_map_cursor cursor = {{0}};
    shoal_map_item item = {.stale = 1};
    LOOK(shoal_map_read_options, &options, map);
    LOOK(shoal_map_count, &count, map);
    LOOK(shoal_map_stats_of, &stats, map, SHOAL_MAP_ALL);
    LOOK(shoal_map_stats_of, &stats, map, 0);
    SEE(shoal_map_limit, map);
    for (uint32_t i = 0; i < KEYS; i += 3) {
        LOOK(shoal_map_get, map, key, key_of(key, i), bytes, ROOM, &size, &item);
        LOOK(shoal_map_has, map, key, key_of(key, i));
        LOOK(shoal_map_ttl, &left, map, key, key_of(key, i));
    }
    for (int i = 0; i < KEYS; i++)
        if (LOOK(shoal_map_next, map, &cursor, key, &key_size, bytes, ROOM, &size, &item) != SHOAL_OK)
            break;
    if (!shoal_object_readonly(map))
        kinds_look_at_wait(map, SHOAL_WAIT_FLIGHT, (int64_t)(uintptr_t)&flown);
    free(bytes);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    shoal_object *map = subject->object;
    int64_t now;
    uint64_t gone;
    size_t done, stored;
    const shoal_bytes key = {"key", 3};
    const shoal_map_pair pair = {key, key};
    shoal_map_flight flight;
    REFUSED(shoal_map_set, map, "key", 3, "value", 5, NULL);
    REFUSED(shoal_map_set_string, map, "key", 3, SHOAL_STR, "value", 5, NULL);
    REFUSED(shoal_map_delete, map, "key", 3, 0);
    REFUSED(shoal_map_add, &now, map, "key", 3, 1, &now, SHOAL_FOREVER);
    REFUSED(shoal_map_touch, map, "key", 3, SHOAL_FOREVER);
    REFUSED(shoal_map_set_many, &done, &stored, map, &pair, 1, NULL);
    REFUSED(shoal_map_delete_many, &done, map, &key, 1);
    REFUSED(shoal_map_clear, map);
    REFUSED(shoal_map_clear_prefix, &gone, map, "k", 1);
    REFUSED(shoal_map_invalidate, map, "tag", 3);
    REFUSED(shoal_map_begin, &flight, map, "key", 3, SHOAL_NO_WAIT);
    return NULL;
}

static const char *set_one(shoal_object *map)
{
    shoal_map_setting setting;
    const shoal_bytes tag = {"tag", 3};
    shoal_map_setting_init(&setting);
    uint32_t number = kinds_below(KEYS), choice = kinds_below(6);
    if (choice == 0)
        setting.ttl = 1 + kinds_below(1000) * 1000000;
    if (choice == 1)
        setting.flags = SHOAL_MAP_ADD;
    if (choice == 2)
        setting.tags = &tag, setting.tag_count = 1;
    int status = set(map, number, kinds_below(251), size_for(kinds_below(64)), &setting);
    return status == SHOAL_ENOSPACE ? NULL : kinds_unusual("map: set", status);
}

static const char *get_one(shoal_object *map)
{
    uint32_t seed;
    int status;
    WELL(get(map, kinds_below(KEYS), &seed, &status));
    return kinds_unusual("map: get", status);
}

static const char *count_one(shoal_object *map)
{
    unsigned char key[8];
    int64_t now, zero = 0;
    int status = shoal_map_add(&now, map, key, key_of(key, COUNTED), 1, &zero, SHOAL_FOREVER);
    if (status == SHOAL_OK && now < 1)
        return kinds_say("a count of a map that only goes up is %lld", (long long)now);
    return status == SHOAL_ENOSPACE ? NULL : kinds_unusual("map: add", status);
}

static const char *fly_one(shoal_object *map)
{
    unsigned char key[8];
    shoal_map_flight flight;
    int status = shoal_map_begin(&flight, map, key, key_of(key, FLOWN), kinds_deadline());
    if (status == SHOAL_OK && flight.ours)
        kinds_dwell();
    shoal_map_end(&flight);
    return status == SHOAL_ETIMEDOUT ? NULL : kinds_unusual("map: begin", status);
}

static const char *walk_some(shoal_object *map)
{
    unsigned char key[SHOAL_MAP_KEY];
    size_t size, key_size;
    shoal_map_cursor cursor = {{0}};
    int status = SHOAL_OK;
    for (int i = 0; i < 200 && status == SHOAL_OK; i++) {
        status = shoal_map_next(map, &cursor, key, &key_size, NULL, 0, &size, NULL);
        if (status == SHOAL_OK && (key_size != 5 || memcmp(key, "key-", 4) != 0))
            return kinds_say("a walk over a map met a key of %zu bytes that nobody has set", key_size);
    }
    return kinds_unusual("map: next", status);
}

static const char *use(const struct subject *subject)
{
    shoal_object *map = subject->object;
    unsigned char key[8];
    if (shoal_object_readonly(map))
        return kinds_below(4) ? get_one(map) : walk_some(map);
    switch (kinds_below(20)) {
    case 0:
        return kinds_unusual("map: delete", shoal_map_delete(map, key, key_of(key, kinds_below(KEYS)), 0));
    case 1:
        return kinds_below(10) ? NULL : kinds_unusual("map: clear", shoal_map_clear(map));
    case 2:
        return count_one(map);
    case 3:
        return fly_one(map);
    case 4:
        return walk_some(map);
    case 5:
        return kinds_unusual("map: invalidate", shoal_map_invalidate(map, "tag", 3));
    case 6:
        return kinds_unusual("map: touch", shoal_map_touch(map, key, key_of(key, kinds_below(KEYS)), SHOAL_FOREVER));
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
        return set_one(map);
    default:
        return get_one(map);
    }
}

static const char *intact(const struct subject *subject)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        uint32_t seed;
        int status;
        WELL(get(subject->object, i, &seed, &status));
        EXPECT(status == SHOAL_OK || status == SHOAL_MISS);
    }
    return NULL;
}

/* Every key once, what is counted is what is met, and each can be replaced. */
static const char *sound(shoal_object *map)
{
    unsigned char key[SHOAL_MAP_KEY], met[256] = {0};
    size_t size, key_size;
    uint32_t seed;
    int status;
    shoal_map_cursor cursor = {{0}};
    while ((status = shoal_map_next(map, &cursor, key, &key_size, NULL, 0, &size, NULL)) == SHOAL_OK)
        if (key_size == 5 && met[key[4]]++)
            return kinds_say("key %u of a map is there twice", key[4]);
    EXPECT(status == SHOAL_MISS);
    for (uint32_t i = 0; i < KEYS; i++) {
        status = set(map, i, i + 7, size_for(i), NULL);
        EXPECT(status == SHOAL_OK || status == SHOAL_ENOSPACE);
        bool is_set = status == SHOAL_OK;
        WELL(get(map, i, &seed, &status));
        EXPECT(!is_set || (status == SHOAL_OK && seed == i + 7));
    }
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    unsigned char key[8];
    uint32_t number = take(MODEL_BYTES), seed;
    int status;
    (void)peer;
    switch (take(4)) {
    case 0:
        EXPECT(shoal_map_delete(object, key, key_of(key, number), 0) == (model->bytes[number] ? SHOAL_OK : SHOAL_MISS));
        model->bytes[number] = 0;
        break;
    case 1:
        model->bytes[number] = (unsigned char)(1 + take(250));
        EXPECT(set(object, number, model->bytes[number], 8 + take(200), NULL) == SHOAL_OK);
        break;
    default:
        break;
    }
    WELL(get(object, number, &seed, &status));
    EXPECT(status == (model->bytes[number] ? SHOAL_OK : SHOAL_MISS) && seed == model->bytes[number]);
    return NULL;
}

/* ---- Waiting for who computes ---- */

static _Thread_local shoal_map_flight flying;
static const shoal_bytes flown = {"flown", 5};

static int block(shoal_object *map)
{
    shoal_map_end(&flying);
    int status = shoal_map_begin(&flying, map, flown.bytes, flown.size, SHOAL_NO_WAIT);
    return status == SHOAL_OK && !flying.ours ? SHOAL_ECORRUPT : status;
}

static int wait(shoal_object *map, shoal_time deadline)
{
    shoal_map_flight flight;
    int status = shoal_map_begin(&flight, map, flown.bytes, flown.size, deadline);
    shoal_map_end(&flight);
    return status;
}

static int land(shoal_object *map)
{
    (void)map;
    shoal_map_end(&flying);
    return SHOAL_OK;
}

static int64_t argument(shoal_object *map)
{
    (void)map;
    return (int64_t)(uintptr_t)&flown;
}

static const struct way ways[] = {
    {.name = "flight",
     .operation = SHOAL_WAIT_FLIGHT,
     .death = SHOAL_OK,
     .block = block,
     .wait = wait,
     .free = land,
     .argument = argument},
    {0},
};

const struct driver map_driver = {
    .name = "map",
    .kind = SHOAL_KIND_MAP,
    .make = make,
    .again = again,
    .fill = fill,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .why_waited = "waits for it",
    .ways = ways,
    .obey = obey,
};
