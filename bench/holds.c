/*
 * How long does anybody hold the structure's lock? holds [OBJECTS]: every operation with so many objects (1,000,000), and the
 * longest hold that each of them came to, in wall time and in processor time of the thread (which a busy machine does not
 * lengthen). Linked with the whole core and -Wl,--wrap=shoal__lock,--wrap=shoal__unlock.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "segment/segment.h"

#define DEAD_PINS 100000

static shoal_context *context;
static shoal_segment *segment;
static int objects = 1000000;
static char name[32];

/* ---- The lock, timed ---- */

static double wall, processor, longest_wall, longest_processor;
void __real_shoal__lock(struct shoal_segment *segment);
void __real_shoal__unlock(struct shoal_segment *segment);
void __wrap_shoal__lock(struct shoal_segment *segment);
void __wrap_shoal__unlock(struct shoal_segment *segment);

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

void __wrap_shoal__lock(struct shoal_segment *its)
{
    __real_shoal__lock(its);
    processor = now(CLOCK_THREAD_CPUTIME_ID);
    wall = now(CLOCK_MONOTONIC);
}

void __wrap_shoal__unlock(struct shoal_segment *its)
{
    double held = now(CLOCK_MONOTONIC) - wall, worked = now(CLOCK_THREAD_CPUTIME_ID) - processor;
    __real_shoal__unlock(its);
    longest_wall = held > longest_wall ? held : longest_wall;
    longest_processor = worked > longest_processor ? worked : longest_processor;
}

static void report(const char *what)
{
    printf("%-58s %8.3f ms %8.3f ms\n", what, longest_wall, longest_processor);
    longest_wall = longest_processor = 0;
}

/* ---- What is done ---- */

static void need(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", shoal_error_message());
        exit(1);
    }
}

static size_t numbered(const char *what, int i)
{
    return (size_t)snprintf(name, sizeof name, "%s%d", what, i);
}

static void put_all(void)
{
    for (int i = 0; i < objects; i++)
        need(shoal_value_put(segment, name, numbered("k", i), &i, sizeof i));
}

static void remove_every_other(void)
{
    for (int i = 0; i < objects; i += 2)
        need(shoal_object_remove(segment, name, numbered("k", i)));
}

static void open_counters(int count)
{
    shoal_object *counter;
    for (int i = 0; i < count; i++)
        need(shoal_counter_open(&counter, segment, name, numbered("c", i), 0));
}

static void tell(void)
{
    shoal_info info;
    need(shoal_segment_info(&info, segment));
}

/* A child that dies with so many objects open, which were removed meanwhile: they go when it is reaped. */
static void die_with_pins(void)
{
    int ready[2];
    char byte = 0;
    if (pipe(ready) < 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        need(shoal_open(&segment, shoal_context_new(), "holds-bench", NULL));
        open_counters(DEAD_PINS);
        (void)!write(ready[1], &byte, 1);
        for (;;)
            pause();
    }
    (void)!read(ready[0], &byte, 1);
    for (int i = 0; i < DEAD_PINS; i++)
        need(shoal_object_remove(segment, name, numbered("c", i)));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    report("remove, of what a peer has open");
}

static void join_and_leave(void)
{
    if (fork() == 0) {
        shoal_segment *its;
        need(shoal_open(&its, shoal_context_new(), "holds-bench", NULL));
        report("another process attaches");
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

static void big_array(void)
{
    shoal_object *array;
    int64_t shape[] = {(int64_t)1 << 30};
    need(shoal_array_open(&array, segment, "big", 3, (shoal_dtype){SHOAL_UINT8, 1}, 1, shape));
    shoal_object_close(array);
    need(shoal_object_remove(segment, "big", 3));
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count > 1)
        objects = atoi(arguments[1]);
    shoal_options options;
    shoal_options_init(&options);
    options.size = (uint64_t)6 << 30;
    context = shoal_context_new();
    shoal_unlink(context, "holds-bench");
    need(shoal_create(&segment, context, "holds-bench", &options));
    printf("%-58s %11s %11s\n", "the longest hold of the structure's lock", "wall", "processor");
    put_all();
    report("put, of new names: the table grows");
    put_all();
    report("put, of names that are there");
    join_and_leave();
    tell();
    report("info()");
    big_array();
    report("an array of 1 GiB is made and removed");
    die_with_pins();
    tell();
    report("a peer died with 100,000 pins: info() reaps it");
    remove_every_other();
    report("remove, of every other name");
    tell();
    report("info(), with so many holes");
    shoal_check(segment, NULL, NULL);
    report("check()");
    shoal_close(segment);
    report("close");
    shoal_unlink(context, "holds-bench");
    return 0;
}
