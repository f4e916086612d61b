/*
 * The kill storm: workers put, replace and remove values of up to 2 MiB, make and remove arrays, counters and
 * locks, grow the heap, and update two words under a lock, while the main process kills them with SIGKILL at random
 * moments. Each worker keeps a journal outside of the segment: what it began, and what was acknowledged.
 *
 *   storm --kills N [--seed S] [--workers W] [--seconds LIMIT]
 *
 * It fails if an acknowledged write is lost, a value is torn, a worker makes no progress for 10 s, check() has a
 * finding, or memory is still in use when everything was removed. The seed it prints makes the same choices again.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { KEYS = 6, WORKERS = 8, LARGEST = 2 << 20 };

/* What one worker says of itself, in memory that its death does not touch. 0: absent. Odd numbers are in flight. */
struct diary {
    volatile uint64_t acknowledged[KEYS]; /* the version that put() or remove() last returned for; 0: removed */
    volatile uint64_t begun[KEYS];        /* the version being stored; 0: being removed */
    volatile uint64_t versions;
    volatile uint64_t added, adding; /* to the counter */
    volatile uint64_t operations;
    volatile int failed;
};

static struct diary *diaries;
static char segment_name[64];
static uint64_t random_state;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void must(int status, const char *what)
{
    if (status >= 0)
        return;
    printf("FAILED: %s: %s: %s\n", what, shoal_status_name(status), shoal_error_message());
    fflush(stdout);
    _exit(1);
}

static void fail(const char *what, uint64_t a, uint64_t b)
{
    printf("FAILED: %s (%llu, %llu)\n", what, (unsigned long long)a, (unsigned long long)b);
    fflush(stdout);
    _exit(1);
}

/* ---- Values that show whether they are whole: the version, the size, then a pattern of both ---- */

static size_t size_of(uint64_t version)
{
    uint64_t mixed = version * 0x9e3779b97f4a7c15u;
    switch (mixed >> 60) {
    case 0:
        return 16 + (mixed >> 20) % LARGEST; /* big: made without the lock */
    case 1:
    case 2:
        return 16 + (mixed >> 20) % 200000;
    default:
        return 16 + (mixed >> 20) % 3000;
    }
}

static unsigned char byte_at(uint64_t version, size_t i)
{
    return (unsigned char)(version * 31 + i / 64);
}

static size_t write_value(unsigned char *out, uint64_t version)
{
    uint64_t size = size_of(version);
    memcpy(out, &version, 8);
    memcpy(out + 8, &size, 8);
    for (size_t i = 16; i < size; i++)
        out[i] = byte_at(version, i);
    return size;
}

/* The version of a whole value. */
static uint64_t read_value(const unsigned char *bytes, size_t size)
{
    uint64_t version, written;
    memcpy(&version, bytes, 8);
    memcpy(&written, bytes + 8, 8);
    if (size < 16 || written != size || size_of(version) != size)
        fail("a value has another size than its writer gave it", written, size);
    for (size_t i = 16; i < size; i++)
        if (bytes[i] != byte_at(version, i))
            fail("a value is torn", version, i);
    return version;
}

static int key_name(char *out, int worker, int key)
{
    return sprintf(out, "w%d/%d", worker, key);
}

/* ---- The worker ---- */

struct worker {
    int number;
    struct diary *diary;
    shoal_segment *segment;
    shoal_object *counter, *lock, *pair;
    shoal_view pair_view;
    unsigned char *buffer;
};

static void store(struct worker *it, int key)
{
    char name[32];
    int length = key_name(name, it->number, key);
    uint64_t version = ++it->diary->versions * WORKERS + (uint64_t)it->number;
    size_t size = write_value(it->buffer, version);
    it->diary->begun[key] = version;
    must(shoal_value_put(it->segment, name, (size_t)length, it->buffer, size), "put");
    it->diary->acknowledged[key] = version;
}

static void take_away(struct worker *it, int key)
{
    char name[32];
    int length = key_name(name, it->number, key);
    it->diary->begun[key] = 0;
    int status = shoal_object_remove(it->segment, name, (size_t)length);
    if (status != SHOAL_ENOKEY)
        must(status, "remove");
    it->diary->acknowledged[key] = 0;
}

static void look_at_another(struct worker *it)
{
    char name[32];
    size_t size;
    int length = key_name(name, (int)(random_number() % WORKERS), (int)(random_number() % KEYS));
    int status = shoal_value_get(it->segment, name, (size_t)length, it->buffer, LARGEST + 16, &size);
    if (status != SHOAL_ENOKEY)
        must(status, "get");
    if (status == SHOAL_OK)
        read_value(it->buffer, size);
}

static void count(struct worker *it)
{
    int64_t value;
    it->diary->adding = it->diary->added + 1;
    must(shoal_counter_add(&value, it->counter, 1), "add");
    it->diary->added = it->diary->adding;
}

static void update_pair(struct worker *it)
{
    int64_t *words = (int64_t *)it->pair_view.data;
    int status = shoal_lock_acquire(it->lock, false, shoal_deadline(5));
    must(status, "acquire");
    if (status == SHOAL_RECOVERED)
        words[1] = words[0]; /* the repair: the first word decides */
    if (words[0] != words[1])
        fail("two words under a lock differ, and nobody was told", (uint64_t)words[0], (uint64_t)words[1]);
    ((volatile int64_t *)words)[0]++;
    ((volatile int64_t *)words)[1]++;
    must(shoal_lock_release(it->lock), "release");
}

static void make_and_remove_array(struct worker *it)
{
    char name[32];
    shoal_object *array;
    shoal_view view;
    shoal_dtype dtype = {SHOAL_FLOAT64, 8};
    int64_t shape[1] = {random_number() % 4 ? (int64_t)(random_number() % 500) : (int64_t)(random_number() % 100000)};
    int length = sprintf(name, "array/%d/%d", it->number, (int)(random_number() % 3));
    int status = shoal_array_open(&array, it->segment, name, (size_t)length, dtype, 1, shape);
    if (status == SHOAL_OK) {
        must(shoal_array_view(&view, array), "view");
        uint64_t nbytes = shoal_view_size(&view) * 8;
        for (uint64_t i = 0; i < nbytes; i += 4096)
            view.data[i] = 1;
    } else if (status != SHOAL_EMISMATCH) {
        must(status, "array");
    }
    if (random_number() % 2) {
        status = shoal_object_remove(it->segment, name, (size_t)length);
        if (status != SHOAL_ENOKEY)
            must(status, "remove an array");
    }
    shoal_object_close(array);
}

static void make_and_remove_counter(struct worker *it)
{
    char name[32];
    shoal_object *counter;
    int length = sprintf(name, "counter/%d", (int)(random_number() % 50));
    int status = shoal_counter_open(&counter, it->segment, name, (size_t)length, 1);
    must(status, "counter");
    status = shoal_object_remove(it->segment, name, (size_t)length);
    if (status != SHOAL_ENOKEY)
        must(status, "remove a counter");
    shoal_object_close(counter);
}

static void operate(struct worker *it)
{
    int key = (int)(random_number() % KEYS);
    switch (random_number() % 8) {
    case 0:
    case 1:
        store(it, key);
        break;
    case 2:
        take_away(it, key);
        break;
    case 3:
        look_at_another(it);
        break;
    case 4:
        count(it);
        break;
    case 5:
        update_pair(it);
        break;
    case 6:
        make_and_remove_array(it);
        break;
    default:
        make_and_remove_counter(it);
    }
    it->diary->operations++;
}

static void open_everything(struct worker *it, shoal_context *context)
{
    shoal_dtype dtype = {SHOAL_INT64, 8};
    int64_t two = 2;
    must(shoal_open(&it->segment, context, segment_name, NULL), "open");
    must(shoal_counter_open(&it->counter, it->segment, "count", 5, 0), "counter");
    must(shoal_lock_open(&it->lock, it->segment, "lock", 4, 0), "lock");
    must(shoal_array_open(&it->pair, it->segment, "pair", 4, dtype, 1, &two), "pair");
    must(shoal_array_view(&it->pair_view, it->pair), "view");
}

static void work(int number, uint64_t seed)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* no worker outlives a storm that failed */
    struct worker it = {.number = number, .diary = &diaries[number], .buffer = malloc(LARGEST + 64)};
    random_state = seed;
    open_everything(&it, shoal_context_new());
    for (;;)
        operate(&it);
}

/* ---- The main process ---- */

static void say(void *argument, const char *finding)
{
    (void)argument;
    printf("finding: %s\n", finding);
}

static void check(shoal_segment *segment, const char *when)
{
    int findings = shoal_check(segment, say, NULL);
    must(findings, "check");
    if (findings > 0)
        fail(when, (uint64_t)findings, 0);
}

/* After its death: every key of the worker holds what it acknowledged, or what it was storing just then. */
static void compare_with_diary(shoal_segment *segment, int number, unsigned char *buffer)
{
    char name[32];
    size_t size;
    struct diary *diary = &diaries[number];
    for (int key = 0; key < KEYS; key++) {
        int length = key_name(name, number, key);
        int status = shoal_value_get(segment, name, (size_t)length, buffer, LARGEST + 16, &size);
        if (status != SHOAL_ENOKEY)
            must(status, "get after a death");
        uint64_t version = status == SHOAL_OK ? read_value(buffer, size) : 0;
        if (version != diary->acknowledged[key] && version != diary->begun[key])
            fail("an acknowledged write is lost", version, diary->acknowledged[key]);
        diary->acknowledged[key] = diary->begun[key] = version; /* what the next worker of that number begins with */
    }
}

static pid_t start(int number)
{
    uint64_t seed = random_number() | 1;
    pid_t child = fork();
    if (child == 0)
        work(number, seed);
    return child;
}

static void wait_for_progress(int number, pid_t child)
{
    shoal_time deadline = shoal_deadline(10);
    uint64_t before = diaries[number].operations;
    while (diaries[number].operations == before) {
        int state;
        if (waitpid(child, &state, WNOHANG) == child)
            fail("a worker ended by itself", (uint64_t)number, (uint64_t)state);
        if (shoal_now() > deadline)
            fail("a worker makes no progress", (uint64_t)number, before);
        struct timespec moment = {0, 100000};
        nanosleep(&moment, NULL);
    }
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

struct options {
    int kills, workers;
    uint64_t seed;
    double seconds;
};

static void storm(const struct options *options, shoal_segment *segment, unsigned char *buffer)
{
    pid_t children[WORKERS];
    shoal_time until = shoal_deadline(options->seconds);
    for (int i = 0; i < options->workers; i++)
        children[i] = start(i);
    int kills = 0;
    for (; kills < options->kills && shoal_now() < until; kills++) {
        int victim = (int)(random_number() % (uint64_t)options->workers);
        if (random_number() % 4 == 0)
            wait_for_progress(victim, children[victim]);
        struct timespec moment = {0, (long)(random_number() % 3000000)};
        nanosleep(&moment, NULL);
        end(children[victim]);
        compare_with_diary(segment, victim, buffer);
        if (kills % 10 == 0)
            check(segment, "check() after a kill");
        children[victim] = start(victim);
    }
    for (int i = 0; i < options->workers; i++)
        wait_for_progress(i, children[i]);
    for (int i = 0; i < options->workers; i++) {
        end(children[i]);
        compare_with_diary(segment, i, buffer);
    }
    if (kills < options->kills)
        fail("out of time", (uint64_t)kills, (uint64_t)options->kills);
}

static void sums(shoal_segment *segment, const struct options *options)
{
    shoal_object *counter;
    int64_t value;
    uint64_t least = 0, most = 0;
    must(shoal_counter_open(&counter, segment, "count", 5, 0), "counter");
    must(shoal_counter_value(&value, counter), "value");
    for (int i = 0; i < options->workers; i++)
        least += diaries[i].added;
    most = least + (uint64_t)options->kills + (uint64_t)options->workers; /* at most one in flight for each death */
    if ((uint64_t)value < least || (uint64_t)value > most)
        fail("the counter lost or doubled an addition", (uint64_t)value, least);
    shoal_object_close(counter);
}

static int remove_one(void *segment, const char *name, size_t length, int kind)
{
    (void)kind;
    must(shoal_object_remove(segment, name, length), "the last removal");
    return 0;
}

static void leaves_nothing(shoal_segment *segment)
{
    shoal_info info;
    must(shoal_object_each(segment, remove_one, segment), "each");
    must(shoal_segment_info(&info, segment), "info"); /* which also reaps the last dead */
    check(segment, "check() at the end");
    printf("%u recoveries; %llu bytes of tables remain in use\n", info.recoveries, (unsigned long long)info.used);
    if (info.objects || info.removed)
        fail("objects are left", info.objects, info.removed);
    if (info.used > 16384) /* the directory's table, and nothing else */
        fail("memory is left in use", info.used, info.committed);
}

static struct options read_options(int count, char **arguments)
{
    struct options options = {.kills = 200, .workers = 4, .seed = (uint64_t)time(NULL), .seconds = 600};
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(arguments[i], "--kills") == 0)
            options.kills = atoi(arguments[i + 1]);
        else if (strcmp(arguments[i], "--seed") == 0)
            options.seed = strtoull(arguments[i + 1], NULL, 10);
        else if (strcmp(arguments[i], "--workers") == 0)
            options.workers = atoi(arguments[i + 1]) < WORKERS ? atoi(arguments[i + 1]) : WORKERS;
        else if (strcmp(arguments[i], "--seconds") == 0)
            options.seconds = atof(arguments[i + 1]);
    }
    return options;
}

int main(int count, char **arguments)
{
    struct options options = read_options(count, arguments);
    shoal_segment *segment;
    shoal_context *context = shoal_context_new();
    random_state = options.seed * 2 + 1;
    diaries = mmap(NULL, WORKERS * sizeof *diaries, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(segment_name, sizeof segment_name, "test-storm-%d", (int)getpid());
    printf("storm: %d kills, %d workers, seed %llu\n", options.kills, options.workers,
           (unsigned long long)options.seed);
    fflush(stdout);
    must(shoal_create(&segment, context, segment_name, NULL), "create");
    unsigned char *buffer = malloc(LARGEST + 64);
    storm(&options, segment, buffer);
    sums(segment, &options);
    must(shoal_context_abandon_locks(context, true), "abandon");
    leaves_nothing(segment);
    shoal_segment_unlink(segment);
    shoal_close(segment);
    shoal_context_free(context);
    free(buffer);
    printf("storm: %d kills, nothing lost, nothing torn, nothing leaked\n", options.kills);
    return 0;
}
