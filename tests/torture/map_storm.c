/*
 * The kill storm over a Map: each writer has keys of its own, which it sets, removes and counts up; readers get them all; the main
 * process kills and stops both at random moments. What must hold is noted outside of the segment:
 *
 *   - a value is whole, of its key, and never older than the last one that was acknowledged, nor newer than the one that was begun;
 *   - without eviction every key is there as it was acknowledged; with it, it may be absent;
 *   - a counter never goes back, but for one that was evicted; everybody gets on, whoever dies: no call is longer than 10 seconds;
 *   - in the end check() is clean, no key is met twice, and every key can be set.
 *
 *   map_storm [--kills N] [--seed S] [--seconds LIMIT] [--writers W] [--readers R] [--bytes MAX] [--keys K] [--keep]
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { MOST = 8, MOST_KEYS = 20000, LARGEST = 30000 };

/* Noted outside of the segment: the numbers of each key's value, even: it was removed. */
static struct notes {
    _Atomic uint32_t begun[MOST][MOST_KEYS], done[MOST][MOST_KEYS];
    _Atomic uint64_t sets[MOST], gets[MOST], misses[MOST];
    _Atomic int stop, failed;
} *notes;

static char segment_name[64];
static uint64_t random_state, max_bytes = 4 << 20;
static uint32_t keys = 3000, writers = 3, readers = 2;
static bool keep;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void fail(const char *what, int64_t a, int64_t b)
{
    printf("FAILED: %s (%lld, %lld) %s\n", what, (long long)a, (long long)b, shoal_error_message());
    fflush(stdout);
    notes->failed = 1;
    _exit(1);
}

static int must(int status, const char *what)
{
    if (status < 0)
        fail(what, status, 0);
    return status;
}

/* ---- Values ---- */

struct stamp {
    uint32_t writer, key, number, size;
};

static size_t size_of(uint32_t key, uint32_t number)
{
    uint32_t mixed = (key * 2654435761u) ^ (number * 40503u);
    if (mixed % 256 == 0)
        return 20000 + mixed / 256 % (LARGEST - 20000);
    return sizeof(struct stamp) + mixed / 256 % (mixed % 8 ? 100 : 1500);
}

static size_t write_value(unsigned char *bytes, uint32_t writer, uint32_t key, uint32_t number)
{
    struct stamp stamp = {writer, key, number, (uint32_t)size_of(key, number)};
    memcpy(bytes, &stamp, sizeof stamp);
    memset(bytes + sizeof stamp, (int)((key ^ number * 7u) % 251), stamp.size - sizeof stamp);
    return stamp.size;
}

static uint32_t read_value(const unsigned char *bytes, size_t size, uint32_t writer, uint32_t key)
{
    struct stamp stamp = {0};
    if (size >= sizeof stamp)
        memcpy(&stamp, bytes, sizeof stamp);
    if (stamp.writer != writer || stamp.key != key || stamp.size != size || size != size_of(key, stamp.number))
        fail("a value is not its key's", key, (int64_t)size);
    for (size_t i = sizeof stamp; i < size; i++)
        if (bytes[i] != (unsigned char)((key ^ stamp.number * 7u) % 251))
            fail("a value is torn", key, (int64_t)i);
    return stamp.number;
}

static size_t name_of(char name[32], uint32_t writer, uint32_t key)
{
    return (size_t)snprintf(name, 32, "%u/%u", writer, key);
}

/* ---- Workers ---- */

static shoal_object *open_map(shoal_segment **segment, bool readonly)
{
    shoal_object *map;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    must(shoal_open(segment, shoal_context_new(), segment_name, &options), "open");
    must(shoal_map_open(&map, *segment, "map", 3, NULL), "open the map");
    return map;
}

/* The number of a key's value now is between these. */
static void look(shoal_object *map, uint32_t writer, uint32_t key)
{
    static unsigned char bytes[LARGEST];
    char name[32];
    size_t size, length = name_of(name, writer, key);
    uint32_t done = notes->done[writer][key];
    int status = must(shoal_map_get(map, name, length, bytes, sizeof bytes, &size, NULL), "get");
    uint32_t begun = notes->begun[writer][key];
    if (status == SHOAL_OK) {
        uint32_t number = read_value(bytes, size, writer, key);
        if (number < done || number > begun)
            fail("a value is older than what was acknowledged, or newer than what was begun", number, done);
    } else if (keep && done % 2 && begun == done) {
        fail("a key is lost", key, done);
    }
}

static void read_all(uint32_t me)
{
    shoal_segment *segment;
    shoal_object *map = open_map(&segment, me % 2);
    while (!notes->stop) {
        look(map, (uint32_t)(random_number() % writers), (uint32_t)(random_number() % keys));
        notes->gets[me]++;
    }
}

static void change(shoal_object *map, uint32_t me, uint32_t key)
{
    static unsigned char bytes[LARGEST];
    char name[32];
    size_t length = name_of(name, me, key);
    bool removes = random_number() % 5 == 0;
    uint32_t next = notes->begun[me][key] + 1;
    if (removes == (next % 2 == 1)) /* odd: set; even: removed */
        next++;
    notes->begun[me][key] = next;
    shoal_time start = shoal_now();
    int status = removes ? shoal_map_delete(map, name, length, 0)
                         : shoal_map_set(map, name, length, bytes, write_value(bytes, me, key, next), NULL);
    if (status == SHOAL_ENOSPACE) /* nothing was done */
        return;
    must(status, removes ? "delete" : "set");
    if (shoal_now() - start > (shoal_time)10 * 1000000000)
        fail("a call took too long", key, shoal_now() - start);
    notes->done[me][key] = next;
    notes->sets[me]++;
}

static void count_up(shoal_object *map, uint32_t me, int64_t *last)
{
    char name[32];
    int64_t now, zero = 0;
    int status = shoal_map_add(&now, map, name, (size_t)snprintf(name, 32, "count %u", me), 1, &zero, SHOAL_FOREVER);
    if (status == SHOAL_ENOSPACE)
        return;
    must(status, "add");
    if (keep && now <= *last)
        fail("a counter went back", now, *last);
    *last = now;
}

static void fly(shoal_object *map)
{
    char name[32];
    shoal_map_flight flight;
    size_t length = (size_t)snprintf(name, 32, "flight %u", (unsigned)(random_number() % 4));
    int status = shoal_map_begin(&flight, map, name, length, shoal_deadline(10));
    must(status, "begin");
    shoal_map_end(&flight);
}

static void write_all(uint32_t me)
{
    shoal_segment *segment;
    shoal_object *map = open_map(&segment, false);
    int64_t last = 0;
    while (!notes->stop) {
        change(map, me, (uint32_t)(random_number() % keys));
        if (random_number() % 16 == 0)
            count_up(map, me, &last);
        if (random_number() % 64 == 0)
            fly(map);
        look(map, me, (uint32_t)(random_number() % keys));
    }
}

/* ---- The storm ---- */

static pid_t start(uint32_t number)
{
    fflush(NULL);
    uint64_t seed = random_number();
    pid_t pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    random_state = seed | 1;
    if (number < writers)
        write_all(number);
    else
        read_all(number - writers);
    _exit(0);
}

static void say(void *argument, const char *finding)
{
    (void)argument;
    printf("finding: %s\n", finding);
}

static void create(void)
{
    shoal_segment *segment;
    shoal_object *map;
    shoal_options options;
    shoal_map_options how;
    shoal_options_init(&options);
    options.size = 2 * max_bytes + (4 << 20);
    snprintf(segment_name, sizeof segment_name, "map-storm-%d", (int)getpid());
    must(shoal_create(&segment, shoal_context_new(), segment_name, &options), "create");
    shoal_map_options_init(&how);
    how.max_bytes = max_bytes;
    how.evict = !keep;
    must(shoal_map_open(&map, segment, "map", 3, &how), "make the map");
    shoal_object_close(map);
    shoal_close(segment);
}

static void judge(void)
{
    static unsigned char bytes[LARGEST];
    unsigned char key[SHOAL_MAP_KEY];
    size_t size, key_size;
    uint64_t met = 0, count;
    shoal_segment *segment;
    shoal_map_cursor cursor = {{0}};
    shoal_map_stats stats;
    shoal_object *map = open_map(&segment, false);
    for (uint32_t w = 0; w < writers; w++)
        for (uint32_t k = 0; k < keys; k++) {
            look(map, w, k);
            if (k % 4 == 0) /* also takes every shard's lock: what the dead left is mended */
                change(map, w, k);
        }
    int status;
    while ((status = shoal_map_next(map, &cursor, key, &key_size, bytes, sizeof bytes, &size, NULL)) == SHOAL_OK)
        met++;
    must(status, "walk");
    must(shoal_map_count(&count, map), "count");
    must(shoal_map_stats_of(&stats, map, SHOAL_MAP_ALL), "stats");
    if (met != count)
        fail("a walk does not meet what is counted", (int64_t)met, (int64_t)count);
    if (stats.used > max_bytes + max_bytes / 8)
        fail("it takes more memory than it may", (int64_t)stats.used, (int64_t)max_bytes);
    if (shoal_check(segment, say, NULL) != 0)
        fail("check", 0, 0);
    printf("items %llu, used %llu, live %llu, moved %llu, evicted %llu\n", (unsigned long long)count,
           (unsigned long long)stats.used, (unsigned long long)stats.live, (unsigned long long)stats.moved,
           (unsigned long long)stats.evicted);
    shoal_object_close(map);
    shoal_close(segment);
}

static uint64_t run(uint64_t kills, double seconds)
{
    pid_t pid[2 * MOST];
    uint64_t killed = 0;
    shoal_time end = shoal_deadline(seconds);
    for (uint32_t i = 0; i < writers + readers; i++)
        pid[i] = start(i);
    while (killed < kills && shoal_now() < end && !notes->failed) {
        uint32_t i = (uint32_t)(random_number() % (writers + readers));
        usleep((useconds_t)(random_number() % 3000));
        if (random_number() % 8 == 0) {
            kill(pid[i], SIGSTOP);
            usleep((useconds_t)(random_number() % 5000));
            kill(pid[i], SIGCONT);
            continue;
        }
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
        pid[i] = start(i);
        killed++;
    }
    notes->stop = 1;
    for (uint32_t i = 0; i < writers + readers; i++)
        waitpid(pid[i], NULL, 0);
    return killed;
}

int main(int count, char **words)
{
    uint64_t kills = 200, seed = (uint64_t)time(NULL), sets = 0, gets = 0;
    double seconds = 20;
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? words[i + 1] : "";
        if (!strcmp(words[i], "--keep"))
            keep = true;
        else if (!strcmp(words[i], "--kills"))
            kills = strtoull(value, NULL, 10), i++;
        else if (!strcmp(words[i], "--seed"))
            seed = strtoull(value, NULL, 10), i++;
        else if (!strcmp(words[i], "--seconds"))
            seconds = strtod(value, NULL), i++;
        else if (!strcmp(words[i], "--bytes"))
            max_bytes = strtoull(value, NULL, 10), i++;
        else if (!strcmp(words[i], "--keys"))
            keys = (uint32_t)atoi(value), i++;
        else if (!strcmp(words[i], "--writers"))
            writers = (uint32_t)atoi(value), i++;
        else if (!strcmp(words[i], "--readers"))
            readers = (uint32_t)atoi(value), i++;
    }
    if (keys > MOST_KEYS || writers > MOST || readers > MOST)
        return 2;
    random_state = seed * 0x9e3779b97f4a7c15u | 1;
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    create();
    uint64_t killed = run(kills, seconds);
    if (!notes->failed)
        judge();
    shoal_unlink(shoal_context_new(), segment_name);
    for (int i = 0; i < MOST; i++)
        sets += notes->sets[i], gets += notes->gets[i];
    printf("{\"tool\": \"map_storm\", \"seed\": %llu, \"kills\": %llu, \"sets\": %llu, \"gets\": %llu, \"violations\": "
           "%d}\n",
           (unsigned long long)seed, (unsigned long long)killed, (unsigned long long)sets, (unsigned long long)gets,
           notes->failed);
    return notes->failed ? 1 : 0;
}
