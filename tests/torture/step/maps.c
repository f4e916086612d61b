/*
 * What only a Map does: keys that come, are replaced, lie beside their home, move and go; an index that grows; one large value;
 * numbers, tags, flights; a dead holder of a shard's lock. In each image every key has the value of before or the victim's.
 */
#include "step.h"

#include "objects/map.h"

enum { MAP_BYTES = 512 << 10, KEYS = 8, SIZE = 120, LARGE = 9000, SPREAD = 383, WIDE = 3000 };

static int open_map(void)
{
    shoal_map_options options;
    shoal_map_options_init(&options);
    options.max_bytes = MAP_BYTES;
    return must(shoal_map_open(&object, target, "victim", 6, &options), "map");
}

/* A key of three bytes for a number. */
struct name {
    char bytes[16];
    size_t size;
};
static struct name name_of(uint32_t number)
{
    struct name name;
    name.size = (size_t)snprintf(name.bytes, sizeof name.bytes, "k%u", number);
    return name;
}

static int set_key(struct name name, uint32_t value, size_t size)
{
    return shoal_map_set(object, name.bytes, name.size, pattern(value, size), size, NULL);
}
static int set_number(uint32_t number, uint32_t value, size_t size)
{
    return must(set_key(name_of(number), value, size), "set");
}

/* 1: it has that value; 0: it is absent; -1: it has another. */
static int has_key(shoal_object *map, struct name name, uint32_t value, size_t wanted)
{
    static unsigned char bytes[LARGE];
    size_t size;
    int status = shoal_map_get(map, name.bytes, name.size, bytes, sizeof bytes, &size, NULL);
    if (status == SHOAL_MISS)
        return 0;
    return status == SHOAL_OK && is_value(bytes, size, value, wanted) ? 1 : -1;
}
static int has_number(shoal_object *map, uint32_t number, uint32_t value, size_t size)
{
    return has_key(map, name_of(number), value, size);
}

static int prepare_count(uint32_t count, size_t size)
{
    open_map();
    for (uint32_t i = 1; i <= count; i++)
        set_number(i, i, size);
    return close_object();
}
static int prepare_few(void)
{
    return prepare_count(KEYS, SIZE);
}
/* The next key makes the index grow. */
static int prepare_many(void)
{
    return prepare_count(SPREAD + 1, 8);
}

/* ---- Keys with one home ---- */

static struct name neighbours[MAP_SLOTS + 2];

/* So many keys whose home is the first bucket. */
static void find_neighbours(shoal_object *of)
{
    struct shoal_map map;
    uint32_t found = 0;
    if (!shoal__map_at(&map, of->segment, of->body, of->capacity))
        wrong("no map");
    uint32_t bits = load_relaxed(&map.shards[0].index) & 31;
    for (uint32_t i = 1000; found < MAP_SLOTS + 2; i++) {
        struct shoal_map_key key;
        struct name name = name_of(i);
        shoal__map_key(&key, &map, name.bytes, name.size);
        if (shoal__map_home(bits, key.hash) == 0)
            neighbours[found++] = name;
    }
}
static int prepare_crowd(uint32_t count)
{
    prepare_few();
    open_map();
    find_neighbours(object);
    for (uint32_t i = 0; i < count; i++)
        must(set_key(neighbours[i], 20 + i, SIZE), "set");
    return close_object();
}
static int prepare_full_home(void)
{
    return prepare_crowd(MAP_SLOTS);
}
static int prepare_spilled(void)
{
    return prepare_crowd(MAP_SLOTS + 1);
}

/* ---- A full map ---- */

/* Until the next one takes an extent from others; the first ones were used. */
static int prepare_full(void)
{
    struct shoal_map map;
    open_map();
    for (uint32_t i = 1; i <= KEYS; i++)
        set_number(i, i, SIZE);
    if (!shoal__map_at(&map, object->segment, object->body, object->capacity))
        wrong("no map");
    for (uint32_t i = 10;; i++) {
        const struct shard_sh *shard = map.shards;
        const struct extent_sh *open = shard->open[LOG_NEW] == MAP_NONE ? NULL : map.extents + shard->open[LOG_NEW];
        uint32_t free = shard->count[LOG_FREE];
        bool is_at_limit = shard->bytes + map.extent_bytes > MAP_BYTES && free <= 1;
        if (is_at_limit && open && open->used + WIDE + 100 > map.extent_bytes)
            break;
        for (uint32_t k = 1; k <= KEYS; k++)
            has_number(object, k, k, SIZE);
        set_number(i, i % 100, WIDE);
        has_number(object, i, i % 100, WIDE); /* so that it is moved, and not dropped */
    }
    return close_object();
}

/* ---- Deeds ---- */

static int act_set_key(void)
{
    return set_number(9, 9, SIZE);
}
static int act_replace(void)
{
    return set_number(3, 33, SIZE + 40);
}
static int act_spill(void)
{
    return must(set_key(neighbours[MAP_SLOTS], 20 + MAP_SLOTS, SIZE), "set");
}
static int act_unspill(void)
{
    return must(shoal_map_delete(object, neighbours[MAP_SLOTS].bytes, neighbours[MAP_SLOTS].size, 0), "delete");
}
static int act_grow(void)
{
    return set_number(SPREAD + 2, 9, 8);
}
static int act_reclaim(void)
{
    return set_number(9, 9, WIDE);
}
static int act_single(void)
{
    return set_number(9, 9, LARGE);
}
static int act_replace_single(void)
{
    return set_number(9, 10, LARGE - 100);
}
static int act_string(void)
{
    return must(shoal_map_set_string(object, "s", 1, SHOAL_BIN, pattern(1, SIZE), SIZE, NULL), "set a string");
}
static int act_delete(void)
{
    return must(shoal_map_delete(object, "k3", 2, 0), "delete");
}
static int act_pop(void)
{
    unsigned char bytes[SIZE];
    size_t size;
    return must(shoal_map_pop(object, "k3", 2, bytes, sizeof bytes, &size), "pop");
}
static int act_touch(void)
{
    return must(shoal_map_touch(object, "k3", 2, (shoal_time)3600 * 1000000000), "touch");
}
static int act_clear_all(void)
{
    return must(shoal_map_clear(object), "clear");
}
static int act_clear_prefix(void)
{
    uint64_t gone;
    return must(shoal_map_clear_prefix(&gone, object, "k3", 2), "clear by prefix");
}
static int act_add_five(void)
{
    int64_t now, zero = 0;
    return must(shoal_map_add(&now, object, "n", 1, 5, &zero, SHOAL_FOREVER), "add");
}
static int act_set_many(void)
{
    size_t done, stored;
    const shoal_map_pair pair = {{"k9", 2}, {pattern(9, SIZE), SIZE}};
    return must(shoal_map_set_many(&done, &stored, object, &pair, 1, NULL), "set many");
}
static int act_delete_many(void)
{
    size_t gone;
    const shoal_bytes key = {"k3", 2};
    return must(shoal_map_delete_many(&gone, object, &key, 1), "delete many");
}
static const shoal_bytes tag = {"tag", 3};
static int act_set_tagged(void)
{
    shoal_map_setting setting;
    shoal_map_setting_init(&setting);
    setting.tags = &tag;
    setting.tag_count = 1;
    return must(shoal_map_set(object, "k9", 2, pattern(9, SIZE), SIZE, &setting), "set with a tag");
}
static int act_invalidate(void)
{
    return must(shoal_map_invalidate(object, tag.bytes, tag.size), "invalidate");
}
static shoal_map_flight flight;
static int act_begin(void)
{
    must(shoal_map_begin(&flight, object, "k9", 2, SHOAL_NO_WAIT), "begin");
    return must(flight.ours ? SHOAL_OK : SHOAL_ECORRUPT, "ours");
}
static int act_fly(void)
{
    act_begin();
    set_number(9, 9, SIZE);
    shoal_map_end(&flight);
    return 1;
}

/* ---- What was before ---- */

static int prepare_number(void)
{
    prepare_few();
    open_map();
    act_add_five();
    return close_object();
}
static int prepare_single(void)
{
    prepare_few();
    open_map();
    act_single();
    return close_object();
}
static int prepare_tagged(void)
{
    prepare_few();
    open_map();
    act_set_tagged();
    return close_object();
}
static int before_cleared(void)
{
    return open_map() && act_clear_all();
}
static int open_with_neighbours(void)
{
    open_map();
    find_neighbours(object);
    return 1;
}
static int take_shard(void)
{
    struct shoal_map_work work = {0};
    open_map();
    shoal__map_at(&work.map, object->segment, object->body, object->capacity);
    must(shoal__map_enter(object, &work, 0), "lock");
    work.shard->items += 3;
    work.shard->open[LOG_NEW] = MAP_NONE;
    work.map.extents[0].live = 7;
    return 1;
}
static int prepare_dead_holder(void)
{
    prepare_spilled();
    dying(act_attach, take_shard);
    return 1;
}
static int fly_and_die(void)
{
    return open_map() && act_begin();
}
static int prepare_dead_flight(void)
{
    prepare_few();
    dying(act_attach, fly_and_die);
    return 1;
}

/* ---- What has been done ---- */

/* Keys that nobody touches are as they were; in a full map they may be gone. */
static bool others_are_whole(shoal_object *map, uint32_t but, uint32_t count, size_t size, bool may_go)
{
    for (uint32_t i = 1; i <= count; i++)
        if (i != but && has_number(map, i, i, size) < (may_go ? 0 : 1))
            return false;
    return true;
}

/* Who may write sets a key of its own first: what the victim left is mended, and the next item lies where it is to. */
static shoal_object *see(void)
{
    shoal_object *map;
    if (shoal_object_open_kind(&map, target, "victim", 6, SHOAL_KIND_MAP) < 0)
        return NULL;
    if (!shoal_segment_readonly(target) && shoal_map_set(map, "k9999", 5, pattern(99, SIZE), SIZE, NULL) < 0)
        violation("a map cannot be set any more: %s", shoal_error_message());
    return map;
}
static int seen(shoal_object *map, bool whole, int state)
{
    if (!shoal_segment_readonly(target) && shoal_check(target, finding, (void *)(uintptr_t)"after a set") != 0)
        state = -1;
    shoal_object_close(map);
    return whole ? state : -1;
}

static int state_set(void)
{
    shoal_object *map = see();
    return !map ? -1 : seen(map, others_are_whole(map, 0, KEYS, SIZE, false), has_number(map, 9, 9, SIZE));
}
static int state_replaced(void)
{
    shoal_object *map = see();
    if (!map)
        return -1;
    int state = has_number(map, 3, 33, SIZE + 40) == 1 ? 1 : has_number(map, 3, 3, SIZE) == 1 ? 0 : -1;
    return seen(map, others_are_whole(map, 3, KEYS, SIZE, false), state);
}
static int state_of_neighbours(bool goes)
{
    shoal_object *map = see();
    if (!map)
        return -1;
    bool whole = others_are_whole(map, 0, KEYS, SIZE, false);
    find_neighbours(map);
    for (uint32_t i = 0; i < MAP_SLOTS; i++)
        whole &= has_key(map, neighbours[i], 20 + i, SIZE) == 1;
    int state = has_key(map, neighbours[MAP_SLOTS], 20 + MAP_SLOTS, SIZE);
    return seen(map, whole, state < 0 ? state : goes ? !state : state);
}
static int state_spilled(void)
{
    return state_of_neighbours(false);
}
static int state_unspilled(void)
{
    return state_of_neighbours(true);
}
static int state_grown(void)
{
    shoal_object *map = see();
    return !map ? -1 : seen(map, others_are_whole(map, 0, SPREAD + 1, 8, false), has_number(map, SPREAD + 2, 9, 8));
}
static int state_reclaimed(void)
{
    shoal_object *map = see();
    return !map ? -1 : seen(map, others_are_whole(map, 0, KEYS, SIZE, true), has_number(map, 9, 9, WIDE));
}
static int state_single(void)
{
    shoal_object *map = see();
    return !map ? -1 : seen(map, others_are_whole(map, 0, KEYS, SIZE, false), has_number(map, 9, 9, LARGE));
}
static int state_replaced_single(void)
{
    shoal_object *map = see();
    if (!map)
        return -1;
    int state = has_number(map, 9, 10, LARGE - 100) == 1 ? 1 : has_number(map, 9, 9, LARGE) == 1 ? 0 : -1;
    return seen(map, others_are_whole(map, 9, KEYS, SIZE, false), state);
}
static int state_string(void)
{
    shoal_object *map = see();
    return !map ? -1 : seen(map, others_are_whole(map, 0, KEYS, SIZE, false), shoal_map_has(map, "s", 1) == SHOAL_OK);
}
static int state_deleted(void)
{
    shoal_object *map = see();
    int state = map ? has_number(map, 3, 3, SIZE) : -1;
    return state < 0 ? -1 : seen(map, others_are_whole(map, 3, KEYS, SIZE, false), !state);
}
static int state_touched(void)
{
    shoal_time left;
    shoal_object *map = see();
    if (!map || shoal_map_ttl(&left, map, "k3", 2) != SHOAL_OK)
        return -1;
    return seen(map, others_are_whole(map, 0, KEYS, SIZE, false), left != SHOAL_FOREVER);
}
static int state_cleared(void)
{
    uint64_t count;
    shoal_object *map = see();
    if (!map || shoal_map_count(&count, map) < 0)
        return -1;
    int state = has_number(map, 1, 1, SIZE);
    return seen(map, state == 0 || others_are_whole(map, 0, KEYS, SIZE, false), state < 0 ? state : !state);
}
static int state_set_after_clear(void)
{
    shoal_object *map = see();
    bool whole = map && has_number(map, 1, 1, SIZE) == 0;
    return !map ? -1 : seen(map, whole, has_number(map, 9, 9, SIZE));
}
static int state_added_to(int64_t before, int64_t after)
{
    unsigned char bytes[9] = {0};
    size_t size;
    shoal_object *map = see();
    if (!map)
        return -1;
    int status = shoal_map_get(map, "n", 1, bytes, sizeof bytes, &size, NULL);
    int64_t have = status == SHOAL_MISS ? 0 : status == SHOAL_OK && size == 1 ? bytes[0] : -1;
    return seen(map, others_are_whole(map, 0, KEYS, SIZE, false), have == before ? 0 : have == after ? 1 : -1);
}
static int state_counted(void)
{
    return state_added_to(0, 5);
}
static int state_added(void)
{
    return state_added_to(5, 10);
}
static int state_invalid(void)
{
    int state = state_set();
    return state < 0 ? state : !state;
}
/* A flight changes no key. */
static int state_kept(void)
{
    shoal_object *map = see();
    return !map ? -1 : seen(map, others_are_whole(map, 0, KEYS, SIZE, false), 0);
}

static const struct operation all[] = {
    {"map_set", prepare_few, open_map, act_set_key, state_set, BIG_SEGMENT},
    {"map_replace", prepare_few, open_map, act_replace, state_replaced, BIG_SEGMENT},
    {"map_spill", prepare_full_home, open_with_neighbours, act_spill, state_spilled, BIG_SEGMENT},
    {"map_unspill", prepare_spilled, open_with_neighbours, act_unspill, state_unspilled, BIG_SEGMENT},
    {"map_grow", prepare_many, open_map, act_grow, state_grown, BIG_SEGMENT},
    {"map_reclaim", prepare_full, open_map, act_reclaim, state_reclaimed, BIG_SEGMENT},
    {"map_single", prepare_few, open_map, act_single, state_single, BIG_SEGMENT},
    {"map_replace_single", prepare_single, open_map, act_replace_single, state_replaced_single, BIG_SEGMENT},
    {"map_set_string", prepare_few, open_map, act_string, state_string, BIG_SEGMENT},
    {"map_set_many", prepare_few, open_map, act_set_many, state_set, BIG_SEGMENT},
    {"map_delete", prepare_few, open_map, act_delete, state_deleted, BIG_SEGMENT},
    {"map_delete_many", prepare_few, open_map, act_delete_many, state_deleted, BIG_SEGMENT},
    {"map_pop", prepare_few, open_map, act_pop, state_deleted, BIG_SEGMENT},
    {"map_touch", prepare_few, open_map, act_touch, state_touched, BIG_SEGMENT},
    {"map_clear", prepare_few, open_map, act_clear_all, state_cleared, BIG_SEGMENT},
    {"map_clear_prefix", prepare_few, open_map, act_clear_prefix, state_deleted, BIG_SEGMENT},
    {"map_set_after_clear", prepare_few, before_cleared, act_set_key, state_set_after_clear, BIG_SEGMENT},
    {"map_count", prepare_few, open_map, act_add_five, state_counted, BIG_SEGMENT},
    {"map_add", prepare_number, open_map, act_add_five, state_added, BIG_SEGMENT},
    {"map_set_tagged", prepare_few, open_map, act_set_tagged, state_set, BIG_SEGMENT},
    {"map_invalidate", prepare_tagged, open_map, act_invalidate, state_invalid, BIG_SEGMENT},
    {"map_begin", prepare_few, open_map, act_begin, state_kept, STAYS | BIG_SEGMENT},
    {"map_fly", prepare_few, open_map, act_fly, state_set, BIG_SEGMENT},
    {"map_fly_after_the_dead", prepare_dead_flight, open_map, act_fly, state_set, BIG_SEGMENT},
    {"map_steal", prepare_dead_holder, open_map, act_set_key, state_set, BIG_SEGMENT},
};

const struct operations map_operations = {all, sizeof all / sizeof *all};
