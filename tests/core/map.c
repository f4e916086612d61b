/* Map: values, TTLs, numbers, tags, walks, flights, eviction, and deaths. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

enum { ROOM = 300000 };

static shoal_object *open_map(shoal_segment *segment, uint64_t bytes, bool evict)
{
    shoal_object *map;
    shoal_map_options options;
    shoal_map_options_init(&options);
    options.max_bytes = bytes;
    options.evict = evict;
    CHECK_STATUS(shoal_map_open(&map, segment, "m", 1, &options), SHOAL_OK);
    return map;
}

static shoal_segment *a_segment(void)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = 64 << 20;
    CHECK_STATUS(shoal_open_or_create(&segment, new_context(), "maps", &options), SHOAL_OK);
    return segment;
}

static shoal_object *a_map(uint64_t bytes, bool evict)
{
    return open_map(a_segment(), bytes, evict);
}

/* The value of key `number`: `size` bytes that say which it is. */
static void make_value(unsigned char *bytes, uint32_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(number + i * 7);
}

static int set_number(shoal_object *map, uint32_t number, size_t size)
{
    static unsigned char bytes[ROOM];
    char key[20];
    make_value(bytes, number, size);
    return shoal_map_set(map, key, (size_t)snprintf(key, sizeof key, "key%u", number), bytes, size, NULL);
}

static int has_number(shoal_object *map, uint32_t number, size_t size)
{
    static unsigned char bytes[ROOM], wanted[ROOM];
    char key[20];
    size_t found;
    int status = shoal_map_get(map, key, (size_t)snprintf(key, sizeof key, "key%u", number), bytes, ROOM, &found, NULL);
    make_value(wanted, number, size);
    CHECK(status == SHOAL_MISS || (status == SHOAL_OK && found == size && memcmp(bytes, wanted, size) == 0));
    return status;
}

static int set(shoal_object *map, const char *key, const char *value)
{
    return shoal_map_set(map, key, strlen(key), value, strlen(value), NULL);
}

static void expect(shoal_object *map, const char *key, const char *value)
{
    char bytes[100];
    size_t size;
    int status = shoal_map_get(map, key, strlen(key), bytes, sizeof bytes, &size, NULL);
    if (!value) {
        CHECK_STATUS(status, SHOAL_MISS);
        return;
    }
    CHECK_STATUS(status, SHOAL_OK);
    CHECK(size == strlen(value) && memcmp(bytes, value, size) == 0);
}

TEST(what_is_set_is_got_replaced_and_removed)
{
    shoal_object *map = a_map(1 << 20, true), *reader;
    CHECK_STATUS(shoal_map_open(&reader, open_readonly(new_context(), "maps"), "m", 1, NULL), SHOAL_OK);
    expect(map, "a", NULL);
    CHECK_STATUS(set(map, "a", "one"), SHOAL_OK);
    expect(map, "a", "one");
    expect(reader, "a", "one");
    CHECK_STATUS(set(map, "a", "another"), SHOAL_OK);
    expect(reader, "a", "another");
    CHECK_STATUS(set(map, "b", ""), SHOAL_OK);
    expect(reader, "b", "");
    uint64_t count;
    CHECK_STATUS(shoal_map_count(&count, map), SHOAL_OK);
    CHECK(count == 2);
    CHECK_STATUS(shoal_map_delete(map, "a", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_map_delete(map, "a", 1, 0), SHOAL_MISS);
    expect(reader, "a", NULL);
    check_sound(a_segment());
}

TEST(keys_have_1_to_1024_bytes_of_any_kind)
{
    shoal_object *map = a_map(1 << 20, true);
    char key[1025];
    memset(key, 0, sizeof key);
    CHECK_STATUS(shoal_map_set(map, key, 0, "v", 1, NULL), SHOAL_EVALUE);
    CHECK_STATUS(shoal_map_set(map, key, 1025, "v", 1, NULL), SHOAL_EVALUE);
    for (size_t size = 1; size <= 1024; size++)
        CHECK_STATUS(shoal_map_set(map, key, size, &size, sizeof size, NULL), SHOAL_OK);
    for (size_t size = 1; size <= 1024; size++) {
        size_t found, have;
        CHECK_STATUS(shoal_map_get(map, key, size, &found, sizeof found, &have, NULL), SHOAL_OK);
        CHECK(found == size && have == sizeof found);
    }
}

TEST(many_keys_make_the_index_grow_and_none_is_lost)
{
    shoal_object *map = a_map(16 << 20, false);
    for (uint32_t i = 0; i < 30000; i++)
        CHECK_STATUS(set_number(map, i, 20 + i % 50), SHOAL_OK);
    for (uint32_t i = 0; i < 30000; i++)
        CHECK_STATUS(has_number(map, i, 20 + i % 50), SHOAL_OK);
    uint64_t count;
    CHECK_STATUS(shoal_map_count(&count, map), SHOAL_OK);
    CHECK(count == 30000);
    check_sound(a_segment());
}

TEST(a_full_map_that_does_not_evict_says_so_and_keeps_all)
{
    shoal_object *map = a_map(1 << 20, false);
    uint32_t count = 0;
    while (set_number(map, count, 1000) == SHOAL_OK)
        count++;
    CHECK(count > 800);
    CHECK(strstr(shoal_error_message(), "does not evict"));
    for (uint32_t i = 0; i < count; i++)
        CHECK_STATUS(has_number(map, i, 1000), SHOAL_OK);
    char key[20];
    for (uint32_t i = 0; i < count; i += 2)
        CHECK_STATUS(shoal_map_delete(map, key, (size_t)snprintf(key, sizeof key, "key%u", i), 0), SHOAL_OK);
    for (uint32_t i = 0; i < count / 4; i++)
        CHECK_STATUS(set_number(map, 2 * i, 1000), SHOAL_OK);
    for (uint32_t i = 1; i < count; i += 2)
        CHECK_STATUS(has_number(map, i, 1000), SHOAL_OK);
    check_sound(a_segment());
}

TEST(a_full_map_that_evicts_keeps_what_is_used)
{
    shoal_object *map = a_map(1 << 20, true);
    shoal_map_stats stats;
    for (uint32_t i = 0; i < 20000; i++) {
        CHECK_STATUS(set_number(map, 1000 + i, 300), SHOAL_OK);
        if (i < 100)
            CHECK_STATUS(set_number(map, i, 300), SHOAL_OK);
        CHECK_STATUS(has_number(map, i % 100 > i ? 0 : i % 100, 300), SHOAL_OK);
    }
    CHECK_STATUS(shoal_map_stats_of(&stats, map, SHOAL_MAP_ALL), SHOAL_OK);
    CHECK(stats.used <= stats.max_bytes && stats.evicted > 10000);
    CHECK(stats.used == stats.live + stats.dead + stats.free + stats.index + 16ull * stats.extents ||
          stats.used >= stats.live + stats.dead);
    check_sound(a_segment());
}

TEST(large_values_lie_alone_and_come_and_go)
{
    shoal_object *map = a_map(4 << 20, true);
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t number = round % 13;
        CHECK_STATUS(set_number(map, number, 5000 + 1000 * number), SHOAL_OK);
        CHECK_STATUS(has_number(map, number, 5000 + 1000 * number), SHOAL_OK);
        CHECK_STATUS(set_number(map, 1000 + round, 90), SHOAL_OK);
    }
    uint64_t limit = shoal_map_limit(map);
    CHECK(limit > 100000 && limit < 300000);
    CHECK_STATUS(set_number(map, 5000, limit), SHOAL_OK);
    CHECK_STATUS(has_number(map, 5000, limit), SHOAL_OK);
    CHECK_STATUS(shoal_map_set(map, "k", 1, map, (size_t)1 << 20, NULL), SHOAL_ENOSPACE);
    check_sound(a_segment());
    for (uint32_t i = 0; i < 40; i++)
        CHECK_STATUS(set_number(map, 100 + i, 200000), SHOAL_OK);
    CHECK_STATUS(has_number(map, 139, 200000), SHOAL_OK);
    check_sound(a_segment());
}

TEST(clear_takes_one_store_and_all_is_gone)
{
    shoal_object *map = a_map(4 << 20, true);
    uint64_t count;
    for (uint32_t i = 0; i < 5000; i++)
        CHECK_STATUS(set_number(map, i, 100), SHOAL_OK);
    CHECK_STATUS(shoal_map_clear(map), SHOAL_OK);
    CHECK_STATUS(shoal_map_count(&count, map), SHOAL_OK);
    CHECK(count == 0);
    for (uint32_t i = 0; i < 5000; i++)
        CHECK_STATUS(has_number(map, i, 100), SHOAL_MISS);
    for (uint32_t i = 0; i < 5000; i += 2)
        CHECK_STATUS(set_number(map, i, 60), SHOAL_OK);
    for (uint32_t i = 0; i < 5000; i++)
        CHECK_STATUS(has_number(map, i, 60), i % 2 ? SHOAL_MISS : SHOAL_OK);
    check_sound(a_segment());
}

TEST(set_may_ask_that_the_key_is_there_or_not_or_has_a_value)
{
    shoal_object *map = a_map(1 << 20, true);
    shoal_map_setting setting;
    shoal_map_item item = {0};
    char bytes[10];
    size_t size;
    shoal_map_setting_init(&setting);
    setting.flags = SHOAL_MAP_REPLACE;
    CHECK_STATUS(shoal_map_set(map, "k", 1, "a", 1, &setting), SHOAL_MISS);
    setting.flags = SHOAL_MAP_ADD;
    CHECK_STATUS(shoal_map_set(map, "k", 1, "a", 1, &setting), SHOAL_OK);
    CHECK_STATUS(shoal_map_set(map, "k", 1, "b", 1, &setting), SHOAL_MISS);
    expect(map, "k", "a");
    CHECK_STATUS(shoal_map_get(map, "k", 1, bytes, sizeof bytes, &size, &item), SHOAL_OK);
    setting.flags = SHOAL_MAP_CAS;
    setting.token = item.token;
    CHECK_STATUS(shoal_map_set(map, "k", 1, "c", 1, &setting), SHOAL_OK);
    CHECK_STATUS(shoal_map_set(map, "k", 1, "d", 1, &setting), SHOAL_MISS);
    CHECK_STATUS(shoal_map_delete(map, "k", 1, item.token), SHOAL_MISS);
    CHECK_STATUS(shoal_map_get(map, "k", 1, bytes, sizeof bytes, &size, &item), SHOAL_OK);
    CHECK_STATUS(shoal_map_delete(map, "k", 1, item.token), SHOAL_OK);
    setting.flags = SHOAL_MAP_ADD | SHOAL_MAP_REPLACE;
    CHECK_STATUS(shoal_map_set(map, "k", 1, "d", 1, &setting), SHOAL_EVALUE);
    CHECK_STATUS(set(map, "p", "popped"), SHOAL_OK);
    CHECK_STATUS(shoal_map_pop(map, "p", 1, bytes, 3, &size), SHOAL_LARGER);
    CHECK_STATUS(shoal_map_pop(map, "p", 1, bytes, sizeof bytes, &size), SHOAL_OK);
    CHECK(size == 6 && memcmp(bytes, "popped", 6) == 0);
    CHECK_STATUS(shoal_map_pop(map, "p", 1, bytes, sizeof bytes, &size), SHOAL_MISS);
}

static void pause_ms(int ms)
{
    usleep((useconds_t)ms * 1000);
}

TEST(items_expire_not_before_their_time_and_can_be_touched)
{
    shoal_object *map = a_map(1 << 20, true);
    shoal_map_setting setting;
    shoal_time left;
    shoal_map_setting_init(&setting);
    CHECK_STATUS(set(map, "forever", "x"), SHOAL_OK);
    CHECK_STATUS(shoal_map_ttl(&left, map, "forever", 7), SHOAL_OK);
    CHECK(left == SHOAL_FOREVER);
    setting.ttl = 200 * 1000000;
    CHECK_STATUS(shoal_map_set(map, "k", 1, "v", 1, &setting), SHOAL_OK);
    CHECK_STATUS(shoal_map_set(map, "t", 1, "v", 1, &setting), SHOAL_OK);
    CHECK_STATUS(shoal_map_touch(map, "t", 1, (shoal_time)60 * 1000000000), SHOAL_OK);
    CHECK_STATUS(shoal_map_touch(map, "none", 4, SHOAL_FOREVER), SHOAL_MISS);
    CHECK_STATUS(shoal_map_ttl(&left, map, "k", 1), SHOAL_OK);
    CHECK(left >= 100 * 1000000 && left <= 290 * 1000000);
    expect(map, "k", "v");
    pause_ms(300);
    expect(map, "k", NULL);
    CHECK_STATUS(shoal_map_ttl(&left, map, "k", 1), SHOAL_MISS);
    expect(map, "t", "v");
    expect(map, "forever", "x");
    shoal_map_item item = {.stale = (shoal_time)10 * 1000000000};
    char bytes[10];
    size_t size;
    CHECK_STATUS(shoal_map_get(map, "k", 1, bytes, sizeof bytes, &size, &item), SHOAL_OK);
    CHECK(item.left < 0);
    setting.flags = SHOAL_MAP_ADD;
    CHECK_STATUS(shoal_map_set(map, "k", 1, "w", 1, &setting), SHOAL_OK);
    setting.ttl = 0;
    CHECK_STATUS(shoal_map_set(map, "k", 1, "w", 1, &setting), SHOAL_EVALUE);
}

TEST(integers_are_added_to_and_read_as_integers)
{
    static const int64_t values[] = {
        0,   1,    127,  128,    255,    256,       65535,       65536,      INT32_MAX,  -1,        -32,
        -33, -128, -129, -32768, -32769, INT32_MIN, -2147483649, 4294967295, 4294967296, INT64_MAX, INT64_MIN};
    shoal_object *map = a_map(1 << 20, true);
    int64_t now, zero = 0;
    CHECK_STATUS(shoal_map_add(&now, map, "n", 1, 5, NULL, SHOAL_FOREVER), SHOAL_MISS);
    CHECK_STATUS(shoal_map_add(&now, map, "n", 1, 5, &zero, SHOAL_FOREVER), SHOAL_OK);
    CHECK(now == 5);
    CHECK_STATUS(shoal_map_add(&now, map, "n", 1, -7, &zero, SHOAL_FOREVER), SHOAL_OK);
    CHECK(now == -2);
    CHECK_STATUS(shoal_map_add(&now, map, "n", 1, INT64_MIN, &zero, SHOAL_FOREVER), SHOAL_EOVERFLOW);
    expect(map, "n", "\xfe");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        shoal_writer writer;
        unsigned char bytes[10];
        size_t size;
        shoal_writer_init(&writer);
        shoal_write_int(&writer, values[i]);
        CHECK_STATUS(shoal_map_delete(map, "v", 1, 0), i ? SHOAL_OK : SHOAL_MISS);
        CHECK_STATUS(shoal_map_add(&now, map, "v", 1, 0, &values[i], SHOAL_FOREVER), SHOAL_OK);
        CHECK_STATUS(shoal_map_get(map, "v", 1, bytes, sizeof bytes, &size, NULL), SHOAL_OK);
        CHECK(size == writer.size && memcmp(bytes, writer.bytes, size) == 0);
        CHECK_STATUS(shoal_map_set(map, "v", 1, writer.bytes, writer.size, NULL), SHOAL_OK);
        CHECK_STATUS(shoal_map_add(&now, map, "v", 1, 0, NULL, SHOAL_FOREVER), SHOAL_OK);
        CHECK(now == values[i]);
        shoal_writer_free(&writer);
    }
    CHECK_STATUS(set(map, "text", "\xa1x"), SHOAL_OK);
    CHECK_STATUS(shoal_map_add(&now, map, "text", 4, 1, &zero, SHOAL_FOREVER), SHOAL_ETYPE);
}

TEST(a_token_of_an_integer_names_its_value)
{
    shoal_object *map = a_map(1 << 20, true);
    int64_t now, zero = 0;
    shoal_map_item item = {0};
    char bytes[10];
    size_t size;
    CHECK_STATUS(shoal_map_add(&now, map, "n", 1, 5, &zero, SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(shoal_map_get(map, "n", 1, bytes, sizeof bytes, &size, &item), SHOAL_OK);
    CHECK_STATUS(shoal_map_add(&now, map, "n", 1, 1, &zero, SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(shoal_map_delete(map, "n", 1, item.token), SHOAL_MISS);
    CHECK_STATUS(shoal_map_get(map, "n", 1, bytes, sizeof bytes, &size, &item), SHOAL_OK);
    CHECK_STATUS(shoal_map_delete(map, "n", 1, item.token), SHOAL_OK);
}

TEST(a_walk_meets_every_key_that_stays_exactly_once_though_the_index_grows)
{
    enum { STAY = 2000 };
    shoal_object *map = a_map(8 << 20, false);
    static unsigned char met[STAY];
    shoal_map_cursor cursor = {{0}};
    char key[SHOAL_MAP_KEY + 1];
    unsigned char bytes[200];
    size_t size, key_size;
    uint32_t others = STAY;
    int status;
    for (uint32_t i = 0; i < STAY; i++)
        CHECK_STATUS(set_number(map, i, 30), SHOAL_OK);
    while ((status = shoal_map_next(map, &cursor, key, &key_size, bytes, sizeof bytes, &size, NULL)) == SHOAL_OK) {
        key[key_size] = 0;
        uint32_t number = (uint32_t)atoi(key + 3);
        CHECK(size == 30 && bytes[0] == (unsigned char)number);
        if (number < STAY)
            CHECK(met[number]++ == 0);
        for (int i = 0; i < 3 && others < 12000; i++)
            CHECK_STATUS(set_number(map, others++, 30), SHOAL_OK);
    }
    CHECK_STATUS(status, SHOAL_MISS);
    for (uint32_t i = 0; i < STAY; i++)
        CHECK(met[i] == 1);
    uint64_t gone, count;
    CHECK_STATUS(shoal_map_clear_prefix(&gone, map, "key1", 4), SHOAL_OK);
    CHECK_STATUS(shoal_map_count(&count, map), SHOAL_OK);
    CHECK(gone > 1000 && count + gone == others);
    CHECK_STATUS(has_number(map, 17, 30), SHOAL_MISS);
    CHECK_STATUS(has_number(map, 27, 30), SHOAL_OK);
}

TEST(what_has_an_invalidated_tag_is_gone)
{
    shoal_object *map = a_map(1 << 20, true);
    const shoal_bytes tags[] = {{"red", 3}, {"blue", 4}};
    shoal_map_setting setting;
    shoal_map_setting_init(&setting);
    setting.tags = tags;
    setting.tag_count = 2;
    CHECK_STATUS(shoal_map_set(map, "both", 4, "x", 1, &setting), SHOAL_OK);
    setting.tag_count = 1;
    CHECK_STATUS(shoal_map_set(map, "red", 3, "y", 1, &setting), SHOAL_OK);
    CHECK_STATUS(shoal_map_invalidate(map, "blue", 4), SHOAL_OK);
    expect(map, "both", NULL);
    expect(map, "red", "y");
    CHECK_STATUS(shoal_map_invalidate(map, "red", 3), SHOAL_OK);
    expect(map, "red", NULL);
    CHECK_STATUS(shoal_map_set(map, "red", 3, "z", 1, &setting), SHOAL_OK);
    expect(map, "red", "z");
    CHECK_STATUS(shoal_map_invalidate(map, "never", 5), SHOAL_OK);
}

static void begin_and_die(void *argument)
{
    shoal_map_flight flight;
    CHECK_STATUS(shoal_map_begin(&flight, argument, "k", 1, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(flight.ours);
}

TEST(one_computes_and_if_it_dies_the_next_one_does)
{
    shoal_object *map = a_map(1 << 20, true);
    shoal_map_flight first, second;
    CHECK_STATUS(shoal_map_begin(&first, map, "k", 1, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(first.ours);
    CHECK_STATUS(shoal_map_begin(&second, map, "k", 1, SHOAL_NO_WAIT), SHOAL_OK); /* it asks for its own key */
    CHECK(second.ours);
    shoal_map_end(&second);
    shoal_map_end(&first);
    die_after(begin_and_die, map);
    CHECK_STATUS(shoal_map_begin(&first, map, "k", 1, shoal_deadline(5)), SHOAL_OK);
    CHECK(first.ours);
    CHECK_STATUS(set(map, "k", "v"), SHOAL_OK);
    shoal_map_end(&first);
    CHECK_STATUS(shoal_map_begin(&first, map, "k", 1, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(!first.ours);
    shoal_map_stats stats;
    CHECK_STATUS(shoal_map_stats_of(&stats, map, SHOAL_MAP_ALL), SHOAL_OK);
    CHECK(stats.flights == 0);
}

static void begin_elsewhere(void *argument)
{
    shoal_map_flight flight;
    CHECK_STATUS(shoal_map_begin(&flight, argument, "k", 1, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK(strstr(shoal_error_message(), "computes the key"));
    CHECK_STATUS(shoal_map_begin(&flight, argument, "k", 1, shoal_deadline(20)), SHOAL_OK);
    CHECK(!flight.ours);
    expect(argument, "k", "v");
}

TEST(another_process_waits_and_finds_the_value)
{
    shoal_object *map = a_map(1 << 20, true);
    shoal_map_flight flight;
    CHECK_STATUS(shoal_map_begin(&flight, map, "k", 1, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = in_child(begin_elsewhere, map);
    pause_ms(50);
    CHECK_STATUS(set(map, "k", "v"), SHOAL_OK);
    shoal_map_end(&flight);
    join(child);
}

TEST(other_options_are_refused_with_both)
{
    shoal_segment *segment = a_segment();
    shoal_object *other;
    shoal_map_options options;
    open_map(segment, 1 << 20, true);
    shoal_map_options_init(&options);
    CHECK_STATUS(shoal_map_open(&other, segment, "m", 1, &options), SHOAL_EMISMATCH);
    CHECK(strstr(shoal_error_message(), "1048576") && strstr(shoal_error_message(), "16777216"));
    options.max_bytes = 1000;
    CHECK_STATUS(shoal_map_open(&other, segment, "x", 1, &options), SHOAL_EVALUE);
    CHECK_STATUS(shoal_map_open(&other, segment, "x", 1, NULL), SHOAL_ENOKEY);
    CHECK_STATUS(shoal_map_open(&other, segment, "m", 1, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_map_read_options(&options, other), SHOAL_OK);
    CHECK(options.max_bytes == 1 << 20 && options.ttl == SHOAL_FOREVER && options.evict && options.small == 0.125);
}
