/*
 * The kill storm over a channel: processes publish frames, others pin them and hold a few, or copy them through a readonly
 * attach, while the main process kills and stops them at random moments. What must hold:
 *
 *   - a frame is whole, it is the one that was acknowledged with that number, and it stays so while it is pinned;
 *   - a reader gets numbers that rise, none older than the history; what one process published comes in its order;
 *   - with slots enough no writer is refused: those of the dead, and what they pinned, are given away; in the end all can be had;
 *   - somebody goes on publishing, whoever dies; check() is clean.
 *
 *   channels_storm [--kills N] [--seconds LIMIT] [--seed S] [--slots N] [--history N] [--bytes N] [--workers W]
 *
 * It ends at whichever comes first of --kills and --seconds.
 */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { MOST_WORKERS = 32, ACKNOWLEDGED = 1 << 16, MOST_WORDS = 1 << 14, HEAD = 3, HELD = 2 };

/* Noted outside of the segment. */
static struct notes {
    _Atomic uint32_t begun[MOST_WORKERS]; /* how many frames this worker began to publish, over all its lives */
    _Alignas(8) _Atomic uint64_t published[MOST_WORKERS], read[MOST_WORKERS], missed[MOST_WORKERS],
        refused[MOST_WORKERS];
    _Alignas(8) _Atomic uint64_t
        acknowledged[ACKNOWLEDGED]; /* by number: its low half, the worker, the low bits of which */
    _Atomic int failed;
} *notes;

static char directory[64];
static shoal_channel_options options = {.bytes = 400, .slots = 8, .history = 3};
static uint32_t workers = 8;
static uint64_t random_state;

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
    notes->failed++;
    _exit(1);
}

static void must(int status, const char *what)
{
    if (status < 0)
        fail(what, status, 0);
}

static shoal_object *attach(bool readonly)
{
    shoal_object *channel;
    shoal_segment *segment;
    shoal_options how;
    shoal_context *context = shoal_context_new();
    shoal_context_set_directory(context, directory);
    shoal_options_init(&how);
    how.readonly = readonly;
    must(shoal_open(&segment, context, "storm", &how), "open");
    must(shoal_object_open(&channel, segment, "channel", 7), "open the channel");
    return channel;
}

/* ---- Frames: a third of them fills its slot ---- */

static uint32_t word_of(uint32_t worker, uint32_t which, uint32_t i)
{
    return (which * 64 + worker) * 2654435761u + i;
}

static uint32_t fill(uint32_t *words, uint32_t worker, uint32_t which)
{
    uint32_t most = (uint32_t)(options.bytes / sizeof *words),
             count = which % 3 ? HEAD + word_of(worker, which, 7) % (most - HEAD) : most;
    words[0] = worker;
    words[1] = which;
    words[2] = count;
    for (uint32_t i = HEAD; i < count; i++)
        words[i] = word_of(worker, which, i);
    return count;
}

static uint64_t acknowledgement(uint64_t number, uint32_t worker, uint32_t which)
{
    return number << 32 | worker << 24 | (which & 0xffffff);
}

static void judge(const uint32_t *words, size_t size, uint64_t number)
{
    static uint32_t whole[MOST_WORDS];
    if (size < HEAD * sizeof *words || words[0] >= MOST_WORKERS)
        fail("a frame is none of ours", (int64_t)number, (int64_t)size);
    uint32_t count = fill(whole, words[0], words[1]);
    if (size != count * sizeof *words || memcmp(whole, words, size) != 0)
        fail("a frame is torn", (int64_t)number, (int64_t)size);
    uint64_t seen = notes->acknowledged[number % ACKNOWLEDGED];
    if (seen >> 32 == (uint32_t)number && seen != acknowledgement(number, words[0], words[1]))
        fail("a number has two frames", (int64_t)number, words[0]);
}

/* ---- Workers: two of four write, one pins, one copies ---- */

static void dwell(void)
{
    if (random_number() % 4 == 0)
        for (uint64_t i = random_number() % 4000; i > 0; i--)
            __asm__ __volatile__("");
}

/* Of each who pins: those it holds, and one that it tries. */
static bool are_enough(void)
{
    return options.slots >= (workers + 1) / 2 + (workers + 2) / 4 * (HELD + 1) + 1;
}

static void write_on(uint32_t worker)
{
    shoal_slot slot;
    uint64_t last = 0;
    shoal_object *channel = attach(false);
    for (;;) {
        int status = shoal_slot_begin(&slot, channel);
        if (status == SHOAL_EFULL && !are_enough()) {
            notes->refused[worker]++;
            sched_yield();
            continue;
        }
        must(status, "begin");
        uint32_t which = ++notes->begun[worker], count = fill(slot.data, worker, which);
        if (which % 16 == 0) {
            must(shoal_slot_drop(channel, &slot), "drop");
            continue;
        }
        must(shoal_slot_publish(channel, &slot, count * sizeof(uint32_t)), "publish");
        notes->acknowledged[slot.number % ACKNOWLEDGED] = acknowledgement(slot.number, worker, which);
        if (slot.number <= last)
            fail("a number that was given before", (int64_t)slot.number, (int64_t)last);
        last = slot.number;
        notes->published[worker]++;
        dwell();
    }
}

/* What a reader has seen: its last number, and the newest before it looked. */
struct seen {
    uint64_t last, newest;
    uint32_t lasts[MOST_WORKERS];
};

static void look_before(struct seen *seen, const shoal_object *channel)
{
    int status = shoal_channel_wait(channel, seen->last, shoal_deadline(10));
    if (status != SHOAL_EINTR)
        must(status, "wait");
    seen->newest = shoal_channel_newest(channel);
}

static void note(struct seen *seen, uint32_t worker, const uint32_t *words, uint64_t number)
{
    if (number <= seen->last)
        fail("a number that is not newer", (int64_t)number, (int64_t)seen->last);
    if (number + options.history <= seen->newest)
        fail("a frame older than the history", (int64_t)number, (int64_t)seen->newest);
    if (words[1] <= seen->lasts[words[0]])
        fail("what one published comes out of order", (int64_t)words[1], (int64_t)seen->lasts[words[0]]);
    notes->missed[worker] += seen->last ? number - seen->last - 1 : 0;
    notes->read[worker]++;
    seen->last = number;
    seen->lasts[words[0]] = words[1];
}

static void pin_on(uint32_t worker)
{
    struct seen seen = {0};
    shoal_slot held[HELD + 1];
    shoal_object *channel = attach(false);
    for (uint32_t count = 0;;) {
        look_before(&seen, channel);
        int status = shoal_slot_pin(&held[count], channel, seen.last);
        if (status == SHOAL_ETIMEDOUT)
            continue;
        must(status, "pin");
        judge(held[count].data, held[count].size, held[count].number);
        note(&seen, worker, held[count].data, held[count].number);
        count++;
        dwell();
        if (count <= HELD)
            continue;
        for (; count > random_number() % (HELD + 1); count--) {
            judge(held[count - 1].data, held[count - 1].size, held[count - 1].number); /* as it was all the time */
            must(shoal_slot_unpin(channel, &held[count - 1]), "unpin");
        }
    }
}

static void copy_on(uint32_t worker)
{
    size_t size;
    uint64_t number, time;
    struct seen seen = {0};
    static uint32_t words[MOST_WORDS];
    shoal_object *channel = attach(true);
    for (;;) {
        look_before(&seen, channel);
        int status = shoal_channel_copy(words, sizeof words, &size, &number, &time, channel, seen.last);
        if (status == SHOAL_ETIMEDOUT)
            continue;
        must(status, "copy");
        judge(words, size, number);
        note(&seen, worker, words, number);
        dwell();
    }
}

static pid_t start(uint32_t worker)
{
    fflush(stdout);
    uint64_t seed = random_number();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    random_state = seed | 1;
    (worker % 2 == 0 ? write_on : worker % 4 == 1 ? pin_on : copy_on)(worker);
    _exit(0);
}

/* ---- The main process ---- */

static shoal_segment *make(shoal_object **channel)
{
    shoal_segment *segment;
    shoal_context *context = shoal_context_new();
    snprintf(directory, sizeof directory, "/dev/shm/shoal-channels-%d", (int)getpid());
    mkdir(directory, 0700);
    shoal_context_set_directory(context, directory);
    must(shoal_create(&segment, context, "storm", NULL), "create");
    must(shoal_channel_open(channel, segment, "channel", 7, &options), "channel");
    return segment;
}

static uint64_t sum(_Atomic uint64_t *counts)
{
    uint64_t all = 0;
    for (int i = 0; i < MOST_WORKERS; i++)
        all += counts[i];
    return all;
}

static void pause_for(uint64_t microseconds)
{
    nanosleep(&(struct timespec){0, (long)microseconds * 1000}, NULL);
}

/* When the newest frame was seen to be another; the longest time in which it was the same. */
static struct {
    uint64_t newest;
    shoal_time since, longest;
} progress;

static void look_at_progress(const shoal_object *channel)
{
    uint64_t newest = shoal_channel_newest(channel);
    shoal_time now = shoal_now();
    if (newest && progress.since && now - progress.since > progress.longest)
        progress.longest = now - progress.since;
    if (newest != progress.newest || !progress.since) {
        progress.newest = newest;
        progress.since = now;
    }
}

static void kill_one(pid_t *pid, bool stop)
{
    if (stop) { /* for a moment: who lives waits for it, if it has the lock */
        kill(*pid, SIGSTOP);
        pause_for(random_number() % 3000);
        kill(*pid, SIGCONT);
        return;
    }
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

static void print_finding(void *argument, const char *sentence)
{
    (void)argument;
    printf("finding: %s\n", sentence);
}

/* Nobody else lives: all slots but that of the newest frame can be had. */
static void take_all(shoal_object *channel)
{
    shoal_slot slot;
    uint32_t had = 0;
    while (shoal_slot_begin(&slot, channel) == SHOAL_OK)
        had++;
    if (had != options.slots - 1)
        fail("slots of the dead are not given back", had, options.slots - 1);
}

static uint64_t kills_wanted = 1000, kills, stops, seed = 1;
static double limit = 60;

static void storm(shoal_object *channel)
{
    pid_t pids[MOST_WORKERS] = {0};
    shoal_time end = shoal_now() + (shoal_time)(limit * 1e9);
    while (kills < kills_wanted && shoal_now() < end && !notes->failed) {
        for (uint32_t i = 0; i < workers; i++)
            if (!pids[i])
                pids[i] = start(i);
        pause_for(200 + random_number() % 3000);
        look_at_progress(channel);
        bool stop = random_number() % 4 == 0;
        kill_one(&pids[random_number() % workers], stop);
        *(stop ? &stops : &kills) += 1;
    }
    for (uint32_t i = 0; i < workers; i++)
        if (pids[i])
            kill_one(&pids[i], false);
}

static void read_option(const char *name, const char *value)
{
    uint64_t number = strtoull(value, NULL, 10);
    if (strcmp(name, "--kills") == 0)
        kills_wanted = number;
    else if (strcmp(name, "--seconds") == 0)
        limit = atof(value);
    else if (strcmp(name, "--seed") == 0)
        seed = number;
    else if (strcmp(name, "--slots") == 0)
        options.slots = (uint32_t)number;
    else if (strcmp(name, "--history") == 0)
        options.history = (uint32_t)number;
    else if (strcmp(name, "--bytes") == 0)
        options.bytes = number;
    else if (strcmp(name, "--workers") == 0)
        workers = (uint32_t)number % (MOST_WORKERS + 1);
}

int main(int argc, char **argv)
{
    shoal_object *channel;
    for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2)
        read_option(argv[1], argv[2]);
    random_state = seed * 0x9e3779b97f4a7c15u | 1;
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shoal_segment *segment = make(&channel);
    storm(channel);
    if (!notes->failed)
        take_all(channel);
    notes->failed += shoal_check(segment, print_finding, NULL) != 0;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (system(command))
        return 2;
    printf("{\"tool\": \"channels_storm\", \"seed\": %llu, \"kills\": %llu, \"stops\": %llu, \"published\": %llu, "
           "\"read\": %llu, \"missed\": %llu, \"refused\": %llu, \"longest_pause_ms\": %.1f, \"violations\": %d}\n",
           (unsigned long long)seed, (unsigned long long)kills, (unsigned long long)stops,
           (unsigned long long)sum(notes->published), (unsigned long long)sum(notes->read),
           (unsigned long long)sum(notes->missed), (unsigned long long)sum(notes->refused),
           (double)progress.longest / 1e6, notes->failed);
    return notes->failed > 0;
}
