/*
 * The kill storm over a stream: processes send, and others read, some through a readonly attach, while the main process kills
 * and stops them at random moments. The ring is small, so it is written over all the time. What must hold:
 *
 *   - a message that is read is whole, and it is the one that was acknowledged with that number;
 *   - a reader gets numbers that rise, and those that are not there are counted as missed; what one process sent comes in its order;
 *   - somebody goes on sending, whoever dies; check() is clean in the end.
 *
 *   streams_storm [--kills N] [--seconds LIMIT] [--seed S] [--capacity BYTES] [--workers W]
 *
 * It ends at whichever comes first of --kills and --seconds.
 */
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

enum { MOST_WORKERS = 32, ACKNOWLEDGED = 1 << 16, MOST_WORDS = 120, HEAD = 3 };

/* Noted outside of the segment. */
static struct notes {
    _Atomic uint32_t begun[MOST_WORKERS]; /* how many messages this worker began to send, over all its lives */
    _Alignas(8) _Atomic uint64_t sent[MOST_WORKERS], read[MOST_WORKERS], missed[MOST_WORKERS];
    _Alignas(8) _Atomic uint64_t
        acknowledged[ACKNOWLEDGED]; /* by number: its low half, the worker, the low bits of which */
    _Atomic int failed;
} *notes;

static char directory[64];
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

static shoal_object *attach(shoal_segment **segment, bool readonly)
{
    shoal_object *stream;
    shoal_options options;
    shoal_context *context = shoal_context_new();
    shoal_context_set_directory(context, directory);
    shoal_options_init(&options);
    options.readonly = readonly;
    must(shoal_open(segment, context, "storm", &options), "open");
    must(shoal_object_open(&stream, *segment, "stream", 6), "open the stream");
    return stream;
}

/* ---- Messages ---- */

static uint32_t word_of(uint32_t worker, uint32_t which, uint32_t i)
{
    return (which * 64 + worker) * 2654435761u + i;
}

static uint32_t fill(uint32_t *words, uint32_t worker, uint32_t which)
{
    uint32_t count = HEAD + word_of(worker, which, 7) % (MOST_WORDS - HEAD);
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

static void judge(const uint32_t *words, const shoal_message *message)
{
    uint32_t whole[MOST_WORDS];
    if (message->size < HEAD * sizeof *words || words[0] >= MOST_WORKERS)
        fail("a message is none of ours", (int64_t)message->number, (int64_t)message->size);
    uint32_t count = fill(whole, words[0], words[1]);
    if (message->size != count * sizeof *words || memcmp(whole, words, message->size) != 0)
        fail("a message is torn", (int64_t)message->number, (int64_t)message->size);
    uint64_t seen = notes->acknowledged[message->number % ACKNOWLEDGED];
    if (seen >> 32 == (uint32_t)message->number && seen != acknowledgement(message->number, words[0], words[1]))
        fail("a number has two messages", (int64_t)message->number, words[0]);
}

/* ---- Workers ---- */

static void dwell(void)
{
    if (random_number() % 4 == 0)
        for (uint64_t i = random_number() % 4000; i > 0; i--)
            __asm__ __volatile__("");
}

static void write_on(uint32_t worker)
{
    shoal_segment *segment;
    shoal_object *stream = attach(&segment, false);
    uint32_t words[MOST_WORDS];
    uint64_t number, last = 0;
    for (;;) {
        uint32_t which = ++notes->begun[worker], count = fill(words, worker, which);
        must(shoal_stream_send(&number, stream, words, count * sizeof *words, shoal_deadline(10)), "send");
        notes->acknowledged[number % ACKNOWLEDGED] = acknowledgement(number, worker, which);
        if (number <= last)
            fail("a number that was given before", (int64_t)number, (int64_t)last);
        last = number;
        notes->sent[worker]++;
        dwell();
    }
}

static void read_on(uint32_t worker)
{
    shoal_segment *segment;
    shoal_object *stream = attach(&segment, worker % 3 == 0);
    uint32_t words[MOST_WORDS], lasts[MOST_WORKERS] = {0};
    uint64_t last = 0;
    shoal_cursor cursor;
    shoal_message message;
    must(shoal_stream_reader(&cursor, stream, random_number() % 2), "reader");
    for (;;) {
        int status = shoal_stream_read(&message, &cursor, stream, words, sizeof words, shoal_deadline(10));
        if (status == SHOAL_EINTR)
            continue;
        must(status, "read");
        if (status != SHOAL_OK)
            fail("a message is too large", (int64_t)message.number, (int64_t)message.size);
        judge(words, &message);
        if (last && message.number != last + message.missed + 1)
            fail("numbers do not rise as they are counted", (int64_t)message.number, (int64_t)last);
        if (words[1] <= lasts[words[0]])
            fail("what one sent comes out of order", (int64_t)words[1], (int64_t)lasts[words[0]]);
        last = message.number;
        lasts[words[0]] = words[1];
        notes->read[worker]++;
        notes->missed[worker] += message.missed;
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
    (worker % 2 ? read_on : write_on)(worker);
    _exit(0);
}

/* ---- The main process ---- */

static shoal_segment *make(uint64_t capacity)
{
    shoal_segment *segment;
    shoal_object *stream;
    shoal_context *context = shoal_context_new();
    snprintf(directory, sizeof directory, "/dev/shm/shoal-streams-%d", (int)getpid());
    mkdir(directory, 0700);
    shoal_context_set_directory(context, directory);
    must(shoal_create(&segment, context, "storm", NULL), "create");
    must(shoal_stream_open(&stream, segment, "stream", 6, capacity), "stream");
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

/* When the newest message was seen to be another; the longest time in which it was the same. */
static struct {
    uint64_t newest;
    shoal_time since, longest;
} progress;

static void look_at_progress(const shoal_object *stream)
{
    uint64_t oldest, newest;
    shoal_time now = shoal_now();
    if (shoal_stream_numbers(&oldest, &newest, stream) < 0)
        return;
    if (progress.since && now - progress.since > progress.longest)
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

int main(int argc, char **argv)
{
    uint64_t kills_wanted = 1000, kills = 0, stops = 0, capacity = 4096, seed = 1;
    uint32_t workers = 8;
    double limit = 60;
    for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2)
        if (strcmp(argv[1], "--kills") == 0)
            kills_wanted = strtoull(argv[2], NULL, 10);
        else if (strcmp(argv[1], "--seconds") == 0)
            limit = atof(argv[2]);
        else if (strcmp(argv[1], "--seed") == 0)
            seed = strtoull(argv[2], NULL, 10);
        else if (strcmp(argv[1], "--capacity") == 0)
            capacity = strtoull(argv[2], NULL, 10);
        else if (strcmp(argv[1], "--workers") == 0)
            workers = (uint32_t)atoi(argv[2]) % (MOST_WORKERS + 1);
    random_state = seed * 0x9e3779b97f4a7c15u | 1;
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shoal_segment *segment = make(capacity);
    shoal_object *stream;
    must(shoal_object_open(&stream, segment, "stream", 6), "open");
    pid_t pids[MOST_WORKERS] = {0};
    shoal_time end = shoal_now() + (shoal_time)(limit * 1e9);
    while (kills < kills_wanted && shoal_now() < end && !notes->failed) {
        for (uint32_t i = 0; i < workers; i++)
            if (!pids[i])
                pids[i] = start(i);
        pause_for(200 + random_number() % 3000);
        look_at_progress(stream);
        bool stop = random_number() % 4 == 0;
        kill_one(&pids[random_number() % workers], stop);
        *(stop ? &stops : &kills) += 1;
    }
    for (uint32_t i = 0; i < workers; i++)
        if (pids[i])
            kill_one(&pids[i], false);
    uint64_t number = 0;
    if (shoal_stream_send(&number, stream, "end", 3, shoal_deadline(10)) < 0 || number <= progress.newest)
        notes->failed++;
    notes->failed += shoal_check(segment, print_finding, NULL) != 0;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (system(command))
        return 2;
    printf("{\"tool\": \"streams_storm\", \"seed\": %llu, \"kills\": %llu, \"stops\": %llu, \"sent\": %llu, \"read\": "
           "%llu, "
           "\"missed\": %llu, \"longest_pause_ms\": %.1f, \"violations\": %d}\n",
           (unsigned long long)seed, (unsigned long long)kills, (unsigned long long)stops,
           (unsigned long long)sum(notes->sent), (unsigned long long)sum(notes->read),
           (unsigned long long)sum(notes->missed), (double)progress.longest / 1e6, notes->failed);
    return notes->failed > 0;
}
