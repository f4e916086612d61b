/*
 * What a get costs alone, beside a process that replaces another value of the segment all the time, and beside one that
 * replaces the value that is read: readers SECONDS
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { LARGEST = 64000, ROUNDS = 15 };

static unsigned char bytes[LARGEST];

static void need(int status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", what, shoal_error_message());
        exit(1);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void stay_on(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set); /* on a machine with one only: it stays where it is */
}

/* Replaces `name` until it is killed; it has begun when this returns. */
static pid_t start_writer(shoal_segment *segment, const char *name, size_t size)
{
    int begun[2];
    char sign = '!';
    need(pipe(begun), "pipe");
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        stay_on(1);
        for (int i = 0;; i++) {
            need(shoal_value_put(segment, name, strlen(name), bytes, size), "put");
            if (i == 0 && write(begun[1], &sign, 1) != 1)
                _exit(1);
        }
    }
    need(read(begun[0], &sign, 1) == 1 ? 0 : -1, "the writer");
    close(begun[0]);
    close(begun[1]);
    return child;
}

/* The mean of all gets, and of those in the best of the rounds, ns. */
static void measure(shoal_segment *segment, size_t size, double seconds, double *mean, double *best)
{
    static unsigned char copy[LARGEST];
    double in_all = 0, started = now();
    long count = 0;
    *best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now(), end = begin, until = started + seconds * 1e9 * (round + 1) / ROUNDS;
        long gets = 0;
        for (; end < until; end = now())
            for (int i = 0; i < 100; i++, gets++) {
                size_t got;
                need(shoal_value_get(segment, "value", 5, copy, sizeof copy, &got), "get");
                need(got == size ? 0 : -1, "its size");
            }
        if (gets == 0)
            continue;
        *best = (end - begin) / (double)gets < *best ? (end - begin) / (double)gets : *best;
        in_all += end - begin;
        count += gets;
    }
    *mean = in_all / (double)count;
}

int main(int count, char **words)
{
    static const size_t sizes[] = {64, 1000, 4000, 60000};
    static const char *const written[] = {NULL, "other", "value"};
    static const char *const beside[] = {"alone", "beside a writer of another value",
                                         "beside a writer of the same value"};
    shoal_segment *segment;
    memset(bytes, 'a', sizeof bytes);
    need(shoal_create(&segment, shoal_context_new(), NULL, NULL), "create");
    stay_on(0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int i = 0; i < 3; i++) {
            double mean, best;
            need(shoal_value_put(segment, "value", 5, bytes, sizes[s]), "put");
            need(shoal_value_put(segment, "other", 5, bytes, sizes[s]), "put");
            pid_t writer = written[i] ? start_writer(segment, written[i], sizes[s]) : 0;
            measure(segment, sizes[s], count > 1 ? atof(words[1]) : 1, &mean, &best);
            printf("get of %5zu bytes, %-34s mean %5.0f ns, best %5.0f ns\n", sizes[s], beside[i], mean, best);
            if (writer) {
                kill(writer, SIGKILL);
                waitpid(writer, NULL, 0);
            }
        }
    return 0;
}
