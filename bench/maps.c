/*
 * maps [PROCESSES]: what get and put of a Map cost in C beside those of Values in one segment, with so many processes (4) on different
 * keys of 100,000, of which few are popular; of 64 bytes and of 1 KiB. Also clear() of a million items, and the memory of an item.
 * Turns of 20 ms, in a new order each round; operations a second of processor time, all processes together.
 */
#include <math.h>
#include <shoal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, KEYS = 100000, SAMPLES = 1 << 18, MOST = 16 };
#define TURN 20000000 /* ns */

static shoal_context *context;
static shoal_segment *segment;
static shoal_object *map;
static uint32_t *samples;
static unsigned char bytes[1024];
static char names[KEYS][12];
static size_t lengths[KEYS];

static void need(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "maps: %s\n", shoal_error_message());
    exit(1);
}

/* ---- Which keys ---- */

static uint64_t state = 88172645463325252u;
static uint64_t random_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* The n-th most popular is asked for 1/n as often as the first; they are spread. */
static void choose_keys(void)
{
    double *sums = malloc(KEYS * sizeof *sums), sum = 0;
    samples = malloc(SAMPLES * sizeof *samples);
    for (uint32_t i = 0; i < KEYS; i++)
        sums[i] = sum += 1 / pow(i + 1, 0.99);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        double x = (double)(random_number() >> 11) / 9007199254740992.0 * sum;
        uint32_t low = 0, high = KEYS - 1;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (sums[middle] < x)
                low = middle + 1;
            else
                high = middle;
        }
        samples[i] = (uint32_t)((uint64_t)low * 2654435761u % KEYS);
    }
    free(sums);
}

/* ---- The ways ---- */

static void map_get(uint32_t key, size_t size)
{
    unsigned char out[1024];
    size_t got;
    (void)size;
    need(shoal_map_get(map, names[key], lengths[key], out, sizeof out, &got, NULL));
}
static void map_set(uint32_t key, size_t size)
{
    need(shoal_map_set(map, names[key], lengths[key], bytes, size, NULL));
}
static void value_get(uint32_t key, size_t size)
{
    unsigned char out[1024];
    size_t got;
    (void)size;
    need(shoal_value_get(segment, names[key], lengths[key], out, sizeof out, &got));
}
static void value_put(uint32_t key, size_t size)
{
    need(shoal_value_put(segment, names[key], lengths[key], bytes, size));
}

static const struct way {
    const char *title;
    void (*call)(uint32_t key, size_t size);
} ways[] = {
    {"get of a Map", map_get}, {"get of a Value", value_get}, {"set of a Map", map_set}, {"put of a Value", value_put}};
enum { WAYS = sizeof ways / sizeof *ways };

static uint64_t processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Nanoseconds of processor time for a call. */
static double turn(const struct way *way, size_t size)
{
    uint64_t calls = 0, start = processor_time(), took;
    uint32_t at = (uint32_t)random_number();
    do {
        for (int i = 0; i < 200; i++, calls++)
            way->call(samples[at++ % SAMPLES], size);
        took = processor_time() - start;
    } while (took < TURN);
    return (double)took / (double)calls;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *took, int count)
{
    qsort(took, (size_t)count, sizeof *took, compare);
    return took[count / 2];
}

/* ---- Several processes ---- */

static struct board {
    _Atomic int turn, done;
    double took[MOST][ROUNDS];
} *board;

static void work(const struct way *way, size_t size, int me)
{
    state += (uint64_t)me * 7919;
    for (int round = 0; round < ROUNDS; round++) {
        while (board->turn <= round)
            usleep(200);
        board->took[me][round] = turn(way, size);
        board->done++;
    }
    _exit(0);
}

/* All of them do the same at once: a call's processor time. */
static double together(const struct way *way, size_t size, int processes)
{
    double all[MOST * ROUNDS];
    int count = 0;
    memset(board, 0, sizeof *board);
    for (int i = 0; i < processes; i++)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            work(way, size, i);
        }
    for (int round = 0; round < ROUNDS; round++) {
        board->turn = round + 1;
        while (board->done < (round + 1) * processes)
            usleep(500);
    }
    while (wait(NULL) > 0) {
    }
    for (int i = 0; i < processes; i++)
        for (int round = 0; round < ROUNDS; round++)
            all[count++] = board->took[i][round];
    return median(all, count);
}

static void compare_all(size_t size, int processes)
{
    double took[WAYS];
    for (int i = 0; i < WAYS; i++)
        took[i] = together(&ways[i], size, processes);
    for (int i = 0; i < WAYS; i++)
        printf("%4zu B, %d process%s %-16s %7.0f ns%s", size, processes, processes > 1 ? "es" : "  ", ways[i].title,
               took[i], i % 2 ? "" : "\n");
    printf("\n");
    printf("     a Map's get is %.2f times as fast, its set %.2f times\n", took[1] / took[0], took[3] / took[2]);
}

static void fill(size_t size)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        map_set(i, size);
        value_put(i, size);
    }
}

static void clear_a_million(void)
{
    shoal_map_stats stats;
    char key[16];
    for (uint32_t i = 0; i < 1000000; i++)
        need(shoal_map_set(map, key, (size_t)snprintf(key, sizeof key, "key-%08u", i), bytes, 64, NULL));
    need(shoal_map_stats_of(&stats, map, SHOAL_MAP_ALL));
    shoal_time start = shoal_now();
    need(shoal_map_clear(map));
    printf("clear of %llu items: %lld ns; before, %.0f bytes of memory an item of 64 under a key of 12\n",
           (unsigned long long)stats.items, (long long)(shoal_now() - start), (double)stats.used / (double)stats.items);
}

int main(int count, char **words)
{
    int processes = count > 1 ? atoi(words[1]) : 4;
    shoal_options options;
    shoal_map_options how;
    if (processes < 1 || processes > MOST)
        return 2;
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (uint32_t i = 0; i < KEYS; i++)
        lengths[i] = (size_t)snprintf(names[i], sizeof names[i], "key-%06u", i);
    choose_keys();
    context = shoal_context_new();
    shoal_options_init(&options);
    options.size = (uint64_t)1 << 30;
    need(shoal_create(&segment, context, NULL, &options));
    shoal_map_options_init(&how);
    how.max_bytes = 512 << 20;
    need(shoal_map_open(&map, segment, "map", 3, &how));
    static const size_t sizes[] = {64, 1024};
    for (int i = 0; i < 2; i++) {
        fill(sizes[i]);
        compare_all(sizes[i], 1);
        if (processes > 1)
            compare_all(sizes[i], processes);
    }
    clear_a_million();
    return 0;
}
