/*
 * Processes race to open_or_create one name, round after round: all end up on the same segment, and nobody waits for
 * a creator that was killed half-way. There they race to make one lock and one barrier, at which all of them meet.
 *
 *   race [--rounds 1000] [--processes 64] [--seed 1]      the seed: when the creators are killed
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

enum { MOST = 128 };

struct shared {
    _Atomic int round; /* which the racers may begin */
    _Atomic int done;  /* how many have ended it */
    char ids[MOST][33];
    double longest[MOST]; /* seconds that an open_or_create took */
};

static struct shared *shared;

static void must(int status, const char *what)
{
    if (status >= 0)
        return;
    printf("FAILED: %s: %s\n", what, shoal_error_message());
    fflush(stdout);
    exit(1);
}

static void name_of(char *out, int round)
{
    sprintf(out, "test-race-%d-%d", (int)getppid(), round);
}

/* Whoever made them: it is one lock, which guards a word that is not atomic, and one barrier for all. */
static void meet(shoal_segment *segment, int processes)
{
    shoal_object *lock, *barrier, *array;
    shoal_view view;
    int64_t one = 1;
    uint32_t index;
    must(shoal_lock_open(&lock, segment, "lock", 4, 0), "lock");
    must(shoal_array_open(&array, segment, "word", 4, (shoal_dtype){SHOAL_INT64, 8}, 1, &one), "array");
    must(shoal_array_view(&view, array), "view");
    must(shoal_barrier_open(&barrier, segment, "barrier", 7, (uint32_t)processes), "barrier");
    must(shoal_lock_acquire(lock, false, SHOAL_FOREVER), "acquire");
    ++*(volatile int64_t *)(void *)view.data;
    must(shoal_lock_release(lock), "release");
    must(shoal_barrier_wait(&index, barrier, SHOAL_FOREVER), "meet");
    if (*(volatile int64_t *)(void *)view.data != processes) {
        printf("FAILED: they met, and %lld had come\n", (long long)*(volatile int64_t *)(void *)view.data);
        fflush(stdout);
        exit(1);
    }
    shoal_object_close(barrier);
    shoal_object_close(array);
    shoal_object_close(lock);
}

static void race(int number, int rounds, int processes)
{
    char name[64];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    shoal_context *context = shoal_context_new();
    shoal_options options;
    shoal_options_init(&options);
    options.size = 1 << 20;
    for (int round = 1; round <= rounds; round++) {
        shoal_segment *segment;
        shoal_object *counter;
        int64_t value;
        while (shared->round < round)
            usleep(50);
        name_of(name, round);
        shoal_time start = shoal_now();
        must(shoal_open_or_create(&segment, context, name, &options), "open_or_create");
        double took = (double)(shoal_now() - start) / 1e9;
        if (took > shared->longest[number])
            shared->longest[number] = took;
        memcpy(shared->ids[number], shoal_segment_id(segment), 33);
        must(shoal_counter_open(&counter, segment, "arrived", 7, 0), "counter");
        must(shoal_counter_add(&value, counter, 1), "add");
        shoal_object_close(counter);
        meet(segment, processes);
        shoal_close(segment);
        shared->done++;
    }
    exit(0);
}

/* Somebody begins to make the segment, and is killed at some moment of that. */
static void victim(const char *name, unsigned microseconds)
{
    pid_t child = fork();
    if (child == 0) {
        shoal_segment *segment;
        shoal_context *context = shoal_context_new();
        shoal_create(&segment, context, name, NULL);
        pause();
    }
    struct timespec moment = {0, (long)microseconds * 1000};
    nanosleep(&moment, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void judge(shoal_context *context, const char *name, int processes)
{
    shoal_segment *segment;
    shoal_object *counter;
    int64_t value;
    must(shoal_open(&segment, context, name, NULL), "open");
    for (int i = 0; i < processes; i++)
        if (strcmp(shared->ids[i], shoal_segment_id(segment)) != 0) {
            printf("FAILED: process %d is on another segment\n", i);
            exit(1);
        }
    must(shoal_counter_open(&counter, segment, "arrived", 7, 0), "counter");
    must(shoal_counter_value(&value, counter), "value");
    if (value != processes) {
        printf("FAILED: %d processes, %lld arrived\n", processes, (long long)value);
        exit(1);
    }
    shoal_object_close(counter);
    must(shoal_segment_unlink(segment), "unlink");
    shoal_close(segment);
}

static int option(int count, char **arguments, const char *name, int standard)
{
    for (int i = 1; i + 1 < count; i++)
        if (strcmp(arguments[i], name) == 0)
            return atoi(arguments[i + 1]);
    return standard;
}

int main(int count, char **arguments)
{
    int rounds = option(count, arguments, "--rounds", 1000), processes = option(count, arguments, "--processes", 64);
    int seed = option(count, arguments, "--seed", 1);
    char name[64];
    double longest = 0;
    shoal_time began = shoal_now();
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < processes; i++)
        if (fork() == 0)
            race(i, rounds, processes);
    shoal_context *context = shoal_context_new();
    for (int round = 1; round <= rounds; round++) {
        sprintf(name, "test-race-%d-%d", (int)getpid(), round);
        if (round % 10 == 0)
            victim(name, (unsigned)((round * 7 + seed) % 300));
        shared->done = 0;
        shared->round = round;
        shoal_time deadline = shoal_deadline(20);
        while (shared->done < processes) {
            if (shoal_now() > deadline) {
                printf("FAILED: round %d hangs with %d of %d\n", round, shared->done, processes);
                kill(0, SIGKILL);
            }
            usleep(100);
        }
        judge(context, name, processes);
    }
    while (wait(NULL) > 0)
        ;
    for (int i = 0; i < processes; i++)
        longest = shared->longest[i] > longest ? shared->longest[i] : longest;
    printf("race: %d rounds of %d processes, one segment each; the longest open_or_create took %.1f ms\n", rounds,
           processes, longest * 1e3);
    printf(
        "{\"tool\": \"race\", \"seed\": %d, \"seconds\": %.1f, \"rounds\": %d, \"processes\": %d, \"violations\": 0}\n",
        seed, (double)(shoal_now() - began) / 1e9, rounds, processes);
    return 0;
}
