/* The C side of many.py: many WAY NAME SLICE SLICES CORE..., slices as JSON on stdout. many.py says what these are. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

#define ROUNDS 200 /* between two looks at the clock */
#define KEYS 16
#define MOST 64 /* processes, and slices */

static const char text[] = "\xd9\x40"
                           "abcdefghijklmnopabcdefghijklmnopabcdefghijklmnopabcdefghijklmnop"; /* MessagePack */

/* What all processes share beside the segment. */
static struct {
    _Alignas(64) pthread_mutex_t mutex;
    _Alignas(64) pthread_rwlock_t rwlock;
    _Alignas(64) _Atomic int64_t word;
    _Alignas(64) _Atomic int ready;
    _Atomic int64_t start;
    struct {
        int64_t done, processor;
    } slice[MOST][MOST];
} *shared;

static shoal_context *context;
static shoal_segment *segment;
static shoal_object *lock, *counter, *rwlock;
static char key[KEYS][16];

static void need(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "many: %s\n", shoal_error_message());
    exit(1);
}

/* ---- The ways ---- */

static void put(int i)
{
    need(shoal_value_put(segment, key[i % KEYS], strlen(key[i % KEYS]), text, sizeof text - 1));
}

static void lock_pair(int i)
{
    (void)i;
    need(shoal_lock_acquire(lock, false, SHOAL_FOREVER));
    need(shoal_lock_release(lock));
}

static void mutex_pair(int i)
{
    (void)i;
    pthread_mutex_lock(&shared->mutex);
    pthread_mutex_unlock(&shared->mutex);
}

static void read_pair(int i)
{
    (void)i;
    need(shoal_rwlock_read(rwlock, SHOAL_FOREVER));
    need(shoal_rwlock_unlock(rwlock));
}

static void rdlock_pair(int i)
{
    (void)i;
    pthread_rwlock_rdlock(&shared->rwlock);
    pthread_rwlock_unlock(&shared->rwlock);
}

static void add(int i)
{
    int64_t value;
    (void)i;
    need(shoal_counter_add(&value, counter, 1));
}

static void fetch_add(int i)
{
    (void)i;
    atomic_fetch_add(&shared->word, 1);
}

static const struct {
    const char *name;
    void (*call)(int i);
    bool apart; /* a segment for each process */
} ways[] = {
    {"put", put, false},          {"put-apart", put, true},        {"lock", lock_pair, false},
    {"mutex", mutex_pair, false}, {"read", read_pair, false},      {"rdlock", rdlock_pair, false},
    {"add", add, false},          {"fetch-add", fetch_add, false},
};

/* ---- Measuring ---- */

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void run(size_t way, int which, int64_t length, int slices)
{
    void (*call)(int) = ways[way].call;
    while (now(CLOCK_MONOTONIC) < shared->start)
        ;
    for (int slice = 0; slice < slices; slice++) {
        int64_t end = shared->start + (slice + 1) * length, began = now(CLOCK_PROCESS_CPUTIME_ID), done = 0;
        do {
            for (int i = 0; i < ROUNDS; i++)
                call(i);
            done += ROUNDS;
        } while (now(CLOCK_MONOTONIC) < end);
        shared->slice[which][slice].done = done;
        shared->slice[which][slice].processor = now(CLOCK_PROCESS_CPUTIME_ID) - began;
    }
}

static void be_process(size_t way, int which, int core, const char *name, int64_t length, int slices)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    sched_setaffinity(0, sizeof set, &set);
    if (ways[way].apart) {
        char own[200];
        snprintf(own, sizeof own, "%s-%d", name, which);
        need(shoal_create(&segment, context, own, NULL));
    }
    for (int i = 0; i < KEYS; i++)
        snprintf(key[i], sizeof key[i], "%d-%d", which, i);
    for (int i = 0; i < 2 * KEYS; i++)
        ways[way].call(i);
    shared->ready++;
    while (!shared->start)
        usleep(1000);
    run(way, which, length, slices);
    if (ways[way].apart)
        need(shoal_segment_unlink(segment));
    _exit(0);
}

static void prepare(const char *name)
{
    pthread_mutexattr_t mutex;
    pthread_rwlockattr_t readers;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->mutex, &mutex);
    pthread_rwlockattr_init(&readers);
    pthread_rwlockattr_setpshared(&readers, PTHREAD_PROCESS_SHARED);
    pthread_rwlock_init(&shared->rwlock, &readers);
    context = shoal_context_new();
    need(shoal_create(&segment, context, name, NULL));
    need(shoal_lock_open(&lock, segment, "lock", 4, 0));
    need(shoal_counter_open(&counter, segment, "counter", 7, 0));
    need(shoal_rwlock_open(&rwlock, segment, "rwlock", 6));
}

static void print(int processes, int slices)
{
    printf("{\"slices\": [");
    for (int which = 0; which < processes; which++) {
        printf("%s[", which ? ", " : "");
        for (int i = 0; i < slices; i++)
            printf("%s[%lld, %lld]", i ? ", " : "", (long long)shared->slice[which][i].done,
                   (long long)shared->slice[which][i].processor);
        printf("]");
    }
    printf("]}\n");
}

int main(int count, char **words)
{
    int processes = count - 5, slices = count > 5 ? atoi(words[4]) : 0;
    size_t way = 0, ways_known = sizeof ways / sizeof *ways;
    while (count > 5 && way < ways_known && strcmp(ways[way].name, words[1]) != 0)
        way++;
    if (processes < 1 || processes > MOST || slices < 1 || slices > MOST || way == ways_known) {
        fprintf(stderr, "usage: many WAY NAME SLICE SLICES CORE...\n");
        return 2;
    }
    prepare(words[2]);
    for (int which = 0; which < processes; which++)
        if (fork() == 0)
            be_process(way, which, atoi(words[5 + which]), words[2], atoll(words[3]), slices);
    while (shared->ready < processes)
        usleep(1000);
    shared->start = now(CLOCK_MONOTONIC) + 10000000;
    while (wait(NULL) > 0)
        ;
    print(processes, slices);
    need(shoal_segment_unlink(segment));
    return 0;
}
