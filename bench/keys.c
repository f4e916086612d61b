/*
 * What a key of a Locks costs beside a Lock with a name: an empty pair of acquire and release, by one process and by two of
 * different keys at once; and with 10,000 other keys held. A named Lock that is opened for each use and closed is the other
 * way to have one for each key.
 *
 *   cc -O2 -Icore/include bench/keys.c -Lbuild/core -lshoal -Wl,-rpath,$PWD/build/core -o build/bench-keys && build/bench-keys
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shoal.h"

enum { PAIRS = 200000, ROUNDS = 7 };

static shoal_segment *segment;
static shoal_object *lock, *locks;
static shoal_key key = {"17", 2};

static void need(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "bench/keys: %s\n", shoal_error_message());
    exit(1);
}

static void lock_pair(void)
{
    need(shoal_lock_acquire(lock, false, SHOAL_FOREVER));
    need(shoal_lock_release(lock));
}

static void opened_pair(void)
{
    shoal_object *opened;
    need(shoal_lock_open(&opened, segment, "another", 7, 0));
    need(shoal_lock_acquire(opened, false, SHOAL_FOREVER));
    need(shoal_lock_release(opened));
    shoal_object_close(opened);
}

static void key_pair(void)
{
    need(shoal_locks_acquire(locks, &key, 0, SHOAL_FOREVER));
    need(shoal_locks_release(locks, &key, 0));
}

static void shared_pair(void)
{
    need(shoal_locks_acquire(locks, &key, SHOAL_KEY_SHARED, SHOAL_FOREVER));
    need(shoal_locks_release(locks, &key, SHOAL_KEY_SHARED));
}

static int by_size(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Nanoseconds of one: the median. */
static double measure(void (*pair)(void))
{
    double times[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        shoal_time start = shoal_now();
        for (int i = 0; i < PAIRS; i++)
            pair();
        times[round] = (double)(shoal_now() - start) / PAIRS;
    }
    qsort(times, ROUNDS, sizeof *times, by_size);
    return times[ROUNDS / 2];
}

static void hold_others(int count)
{
    char text[16];
    for (int i = 0; i < count; i++) {
        shoal_key other = {text, (size_t)snprintf(text, sizeof text, "other %d", i)};
        need(shoal_locks_acquire(locks, &other, 0, SHOAL_NO_WAIT));
    }
}

/* Beside a process that takes another key all the time. */
static double measure_beside_another(void)
{
    pid_t child = fork();
    if (child == 0) {
        key = (shoal_key){"18", 2};
        for (;;)
            key_pair();
    }
    double time = measure(key_pair);
    kill(child, 9);
    waitpid(child, NULL, 0);
    return time;
}

int main(void)
{
    shoal_context *context = shoal_context_new();
    shoal_options options;
    shoal_object *another;
    shoal_options_init(&options);
    need(shoal_create(&segment, context, NULL, &options));
    need(shoal_lock_open(&lock, segment, "lock", 4, 0));
    need(shoal_lock_open(&another, segment, "another", 7, 0));
    shoal_object_close(another);
    need(shoal_locks_open(&locks, segment, "locks", 5, 0));
    double named = measure(lock_pair), opened = measure(opened_pair), keyed = measure(key_pair);
    double shared = measure(shared_pair), beside = measure_beside_another();
    hold_others(10000);
    double crowded = measure(key_pair);
    printf("{\"lock\": %.0f, \"lock opened and closed\": %.0f, \"key\": %.0f, \"key, shared\": %.0f, "
           "\"key beside a process with another\": %.0f, \"key beside 10000 that are held\": %.0f}\n",
           named, opened, keyed, shared, beside, crowded);
    return 0;
}
