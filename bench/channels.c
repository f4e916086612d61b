/*
 * channels [PEERS]: what a Channel's calls cost in C, with so many other processes that have read from it (64): begin + publish,
 * without a pin of the others and with a dozen frames pinned by half of them; pin + unpin; begin + publish + pin + unpin of
 * frames of 64 KiB and of 64 MiB, which are not filled. Turns of a few milliseconds, in a new order each round; processor time.
 */
#include <shoal.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 61, PEERS = 64, PINNED = 12 };
#define TURN 2e-3 /* seconds */

static shoal_context *context;
static shoal_object *quiet, *busy, *small, *large; /* channels */

static void need(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "channels: %s\n", shoal_error_message());
    exit(1);
}

/* ---- The ways ---- */

static void begin_and_publish(shoal_object *channel)
{
    shoal_slot slot;
    need(shoal_slot_begin(&slot, channel));
    need(shoal_slot_publish(channel, &slot, 64));
}

static void pin_and_unpin(shoal_object *channel)
{
    shoal_slot slot;
    need(shoal_slot_pin(&slot, channel, SHOAL_NEWEST));
    need(shoal_slot_unpin(channel, &slot));
}

static void write_and_read(shoal_object *channel)
{
    shoal_slot slot;
    need(shoal_slot_begin(&slot, channel));
    need(shoal_slot_publish(channel, &slot, slot.size));
    pin_and_unpin(channel);
}

static struct way {
    const char *title;
    void (*call)(shoal_object *channel);
    shoal_object **channel;
    double most; /* ns; 0: nothing is wanted */
    long calls;  /* of one turn */
    double took[ROUNDS];
} ways[] = {
    {"begin + publish", begin_and_publish, &quiet, 150, 0, {0}},
    {"begin + publish, frames pinned by others", begin_and_publish, &busy, 0, 0, {0}},
    {"pin + unpin", pin_and_unpin, &quiet, 30, 0, {0}},
    {"all four, 64 KiB", write_and_read, &small, 0, 0, {0}},
    {"all four, 64 MiB", write_and_read, &large, 0, 0, {0}},
};
enum { WAYS = sizeof ways / sizeof *ways };

/* ---- The other processes ---- */

/* It has a cell in each channel that is looked at; each second one keeps the newest frame of `busy` pinned. */
static void be_peer(const char *name, int which, int ready)
{
    static shoal_object *channel;
    shoal_segment *segment;
    shoal_slot slot;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    need(shoal_open(&segment, shoal_context_new(), name, NULL));
    const char *names[] = {"quiet", "busy"};
    for (int i = 0; i < 2; i++) {
        need(shoal_object_open(&channel, segment, names[i], strlen(names[i])));
        need(shoal_slot_pin(&slot, channel, SHOAL_NEWEST));
        if (i == 0 || which % 2)
            need(shoal_slot_unpin(channel, &slot));
    }
    if (write(ready, "!", 1) != 1)
        exit(1);
    for (;;)
        pause();
}

static void start_peers(const char *name, int count, pid_t *peers)
{
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        exit(1);
    for (int i = 0; i < count; i++) {
        if ((peers[i] = fork()) == 0)
            be_peer(name, i, ready[1]);
        if (read(ready[0], &byte, 1) != 1)
            exit(1);
        if (i < 2 * PINNED)
            begin_and_publish(busy); /* so that not all pin the same one */
    }
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
        way->call(*way->channel);
    return processor() - start;
}

static void find_calls(struct way *way)
{
    double took = 0;
    for (way->calls = 1; (took = run(way, way->calls)) < TURN / 4;)
        way->calls *= 4;
    way->calls = (long)((double)way->calls * TURN / took) + 1;
}

static void measure(void)
{
    int order[WAYS];
    for (int i = 0; i < WAYS; i++)
        order[i] = i;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = WAYS - 1; i >= 0; i--) {
            int other = rand() % (i + 1), chosen = order[other];
            order[other] = order[i];
            order[i] = chosen;
            ways[chosen].took[round] = run(&ways[chosen], ways[chosen].calls) / (double)ways[chosen].calls * 1e9;
        }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const struct way *way)
{
    double median = way->took[ROUNDS / 2];
    printf("%-42s %8.1f ns  ± %4.1f %%", way->title, median,
           (way->took[ROUNDS * 3 / 4] - way->took[ROUNDS / 4]) / median * 50);
    if (way->most > 0)
        printf("  (wanted: at most %g: %s)", way->most, median <= way->most ? "yes" : "no");
    printf("\n");
}

static shoal_object *make(shoal_segment *segment, const char *name, uint64_t bytes, uint32_t slots)
{
    shoal_object *channel;
    shoal_channel_options options;
    shoal_channel_options_init(&options);
    options.bytes = bytes;
    options.slots = slots;
    need(shoal_channel_open(&channel, segment, name, strlen(name), &options));
    begin_and_publish(channel);
    return channel;
}

int main(int count, char **words)
{
    int peers = count > 1 ? atoi(words[1]) : PEERS;
    char name[40];
    pid_t *pids = calloc((size_t)peers + 1, sizeof *pids);
    shoal_segment *segment;
    shoal_options options;
    snprintf(name, sizeof name, "bench-channels-%d", (int)getpid());
    shoal_options_init(&options);
    options.size = (uint64_t)512 << 20;
    context = shoal_context_new();
    need(shoal_create(&segment, context, name, &options));
    quiet = make(segment, "quiet", 64, 8);
    busy = make(segment, "busy", 64, 16);
    small = make(segment, "small", 1 << 16, 4);
    large = make(segment, "large", 1 << 26, 4);
    start_peers(name, peers, pids);
    for (int i = 0; i < WAYS; i++)
        find_calls(&ways[i]);
    measure();
    printf("%d other processes\n", peers);
    for (int i = 0; i < WAYS; i++) {
        qsort(ways[i].took, ROUNDS, sizeof *ways[i].took, compare);
        print(&ways[i]);
    }
    for (int i = 0; i < peers; i++)
        kill(pids[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    need(shoal_segment_unlink(segment));
    return 0;
}
