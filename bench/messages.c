/*
 * messages [SECONDS]: what a message costs in C, within one process: a Queue beside Boost's message_queue (boost_queue.cc), in
 * hundreds, a large one beside memcpy, and a job. All of them take turns of a few milliseconds, in a new order each round; the
 * figures are processor time, which other programs do not take away.
 */
#include <shoal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "boost_queue.h"

enum { ROUNDS = 61, MANY = 100, LARGE = 1 << 20 };
#define TURN 2e-3 /* seconds */

static shoal_object *queue, *large_queue, *jobs;
static char *bytes, *out; /* LARGE of each */
static shoal_bytes batch[MANY];
static shoal_taken taken[MANY];

static void need(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "messages: %s\n", shoal_error_message());
    exit(1);
}

/* ---- The ways ---- */

static void put_and_get_from(shoal_object *from, size_t size)
{
    shoal_taken message;
    need(shoal_queue_put(from, bytes, size, SHOAL_FOREVER));
    need(shoal_queue_get(&message, from, out, SHOAL_FOREVER));
    shoal_taken_end(&message);
}

static void put_and_get(size_t size)
{
    put_and_get_from(queue, size);
}

/* Where it comes out it is used in place: it is copied once. */
static void put_and_get_in_place(size_t size)
{
    put_and_get_from(large_queue, size);
}

static void put_and_get_many(size_t size)
{
    (void)size;
    size_t done;
    need(shoal_queue_put_many(&done, queue, batch, MANY, SHOAL_FOREVER));
    need(shoal_queue_get_many(taken, MANY, &done, queue, out, LARGE, SHOAL_FOREVER));
    for (size_t i = 0; i < done; i++)
        shoal_taken_end(&taken[i]);
}

static void boost_put_and_get(size_t size)
{
    boost_queue_put(bytes, size);
    boost_queue_get(out);
}

static void copy(size_t size)
{
    memcpy(out, bytes, size);
    __asm__ volatile("" : : "r"(out) : "memory");
}

static void do_a_job(size_t size)
{
    shoal_job job;
    need(shoal_job_queue_put(jobs, bytes, size, 0, 0, SHOAL_FOREVER));
    need(shoal_job_queue_take(&job, jobs, SHOAL_FOREVER));
    need(shoal_job_done(&job));
}

static struct way {
    const char *title;
    void (*call)(size_t size);
    size_t size;
    int messages; /* of one call */
    int beside;   /* the way that it is compared with, or -1 */
    double most;  /* how many times as long as that, at most; without `beside`: how many ns */
    long calls;   /* of one turn */
    double took[ROUNDS];
} ways[] = {
    {"queue, put + get, 64 B", put_and_get, 64, 1, 1, 1.3, 0, {0}},
    {"Boost message_queue, 64 B", boost_put_and_get, 64, 1, -1, 0, 0, {0}},
    {"queue, put + get, 1 KiB", put_and_get, 1024, 1, 3, 0, 0, {0}},
    {"Boost message_queue, 1 KiB", boost_put_and_get, 1024, 1, -1, 0, 0, {0}},
    {"queue, in hundreds, 64 B, each", put_and_get_many, 64, MANY, -1, 15, 0, {0}},
    {"queue, put + get in place, 1 MiB", put_and_get_in_place, LARGE, 1, 6, 3, 0, {0}},
    {"memcpy, 1 MiB", copy, LARGE, 1, -1, 0, 0, {0}},
    {"job, put + take + done, 64 B", do_a_job, 64, 1, -1, 0, 0, {0}},
};
enum { WAYS = sizeof ways / sizeof *ways };

static bool is_there(const struct way *way)
{
    return way->call != boost_put_and_get || BOOST_QUEUE;
}

/* ---- Measuring ---- */

static double processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double run(const struct way *way, long calls)
{
    double start = processor();
    for (long i = 0; i < calls; i++)
        way->call(way->size);
    return processor() - start;
}

static void find_calls(struct way *way, double turn)
{
    double took = 0;
    for (way->calls = 1; (took = run(way, way->calls)) < turn / 4;)
        way->calls *= 4;
    way->calls = (long)((double)way->calls * turn / took) + 1;
}

static void measure(void)
{
    int order[WAYS];
    for (int i = 0; i < WAYS; i++)
        order[i] = i;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = WAYS - 1; i > 0; i--) {
            int other = rand() % (i + 1), kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
        for (int i = 0; i < WAYS; i++) {
            struct way *way = &ways[order[i]];
            if (is_there(way))
                way->took[round] = run(way, way->calls) / (double)way->calls / way->messages * 1e9;
        }
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const struct way *way)
{
    return way->took[ROUNDS / 2];
}

static void print(const struct way *way)
{
    printf("%-34s %9.1f ns  ± %4.1f %%", way->title, median(way),
           (way->took[ROUNDS * 3 / 4] - way->took[ROUNDS / 4]) / median(way) * 50);
    double is = median(way);
    if (way->beside >= 0 && is_there(&ways[way->beside])) {
        is /= median(&ways[way->beside]);
        printf("  %.2f times the next", is);
    }
    if (way->most > 0 && (way->beside < 0 || is_there(&ways[way->beside])))
        printf("  (wanted: at most %g: %s)", way->most, is <= way->most ? "yes" : "no");
    printf("\n");
}

int main(int count, char **words)
{
    double turn = count > 1 ? atof(words[1]) : TURN;
    shoal_segment *segment;
    shoal_options options;
    shoal_job_queue_options how;
    shoal_options_init(&options);
    options.size = 256 << 20;
    need(shoal_create(&segment, shoal_context_new(), NULL, &options));
    need(shoal_queue_open(&queue, segment, "queue", 5, 0));
    need(shoal_queue_open(&large_queue, segment, "large", 5, 8 << 20));
    shoal_job_queue_options_init(&how);
    need(shoal_job_queue_open(&jobs, segment, "jobs", 4, &how));
    bytes = malloc(LARGE);
    out = malloc(LARGE);
    memset(bytes, 'x', LARGE);
    memset(out, 'y', LARGE);
    for (int i = 0; i < MANY; i++)
        batch[i] = (shoal_bytes){bytes, 64};
    boost_queue_begin(1000, 1024);
    for (int i = 0; i < WAYS; i++)
        if (is_there(&ways[i]))
            find_calls(&ways[i], turn);
    measure();
    for (int i = 0; i < WAYS; i++)
        qsort(ways[i].took, ROUNDS, sizeof *ways[i].took, compare);
    for (int i = 0; i < WAYS; i++)
        if (is_there(&ways[i]))
            print(&ways[i]);
    if (!BOOST_QUEUE)
        printf("Boost's headers are not installed: its message_queue is left out.\n");
    boost_queue_end();
    return 0;
}
