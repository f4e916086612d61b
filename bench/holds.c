/*
 * How long does anybody hold the structure's lock? holds [OBJECTS]: every operation with so many objects (1,000,000), and the
 * longest hold that each of them came to, in wall time and in processor time of the thread (which a busy machine does not
 * lengthen); beside check(), which takes no lock, also how long the puts of another process took at most. Built with the whole
 * core and -DSHOAL_POINTS: the core calls shoal__point where it has taken the lock, and where it is about to let go of it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "platform/point.h"
#include "segment/segment.h"

#define DEAD_PINS 100000
#define MANY_PEERS 1000

static shoal_context *context;
static shoal_segment *segment;
static int objects = 1000000;
static char name[32];

/* ---- The lock, timed ---- */

static double wall, processor, longest_wall, longest_processor;
static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void locked(void)
{
    processor = now(CLOCK_THREAD_CPUTIME_ID);
    wall = now(CLOCK_MONOTONIC);
}

static void let_go(void)
{
    if (wall == 0)
        return; /* taken after a wait, which has no point */
    double held = now(CLOCK_MONOTONIC) - wall, worked = now(CLOCK_THREAD_CPUTIME_ID) - processor;
    longest_wall = held > longest_wall ? held : longest_wall;
    longest_processor = worked > longest_processor ? worked : longest_processor;
    wall = 0;
}

static const char *const *known(const char *const **point, const char *const *name, const char *text)
{
    if (!*point && strcmp(*name, text) == 0)
        *point = name;
    return *point;
}

void shoal__point(const char *const *name)
{
    static const char *const *taken, *const *given;
    if (name == known(&taken, name, "structure: locked"))
        locked();
    else if (name == known(&given, name, "structure: to be let go"))
        let_go();
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

static void big_array(int64_t bytes)
{
    shoal_object *array;
    int64_t shape[] = {bytes};
    need(shoal_array_open(&array, segment, "big", 3, (shoal_dtype){SHOAL_UINT8, 1}, 1, shape));
    shoal_object_close(array);
    need(shoal_object_remove(segment, "big", 3));
}

/* Another process puts without pause; the longest of its puts, in milliseconds, comes through the pipe. */
static pid_t put_without_pause(int *from)
{
    int ends[2];
    double longest = 0;
    if (pipe(ends) < 0)
        exit(1);
    *from = ends[0];
    pid_t child = fork();
    if (child != 0) {
        close(ends[1]);
        return child;
    }
    need(shoal_open(&segment, shoal_context_new(), "holds-bench", NULL));
    for (int i = 0;; i++) {
        double begun = now(CLOCK_MONOTONIC), took;
        need(shoal_value_put(segment, name, numbered("w", i % 1000), &i, sizeof i));
        if (i % 3 == 0)
            need(shoal_object_remove(segment, name, numbered("w", i % 1000)));
        took = now(CLOCK_MONOTONIC) - begun;
        if (took > longest || i % 1024 == 0) {
            longest = took > longest ? took : longest;
            if (write(ends[1], &longest, sizeof longest) < 0)
                _exit(0);
        }
    }
}

static void check_beside_a_writer(void)
{
    int from;
    double longest = 0;
    pid_t child = put_without_pause(&from);
    if (read(from, &longest, sizeof longest) <= 0) /* it is at work */
        exit(1);
    double begun = now(CLOCK_MONOTONIC);
    int findings = shoal_check(segment, NULL, NULL);
    double took = now(CLOCK_MONOTONIC) - begun;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(from, &longest, sizeof longest) > 0) {
    }
    close(from);
    report("check(), beside a process that puts without pause");
    printf("    (it took %.0f ms and found %d; the longest put and remove there took %.3f ms)\n", took, findings,
           longest);
}

/* Free runs of one length without number, and none longer: what is wanted is a little longer. */
static void many_holes(void)
{
    shoal_options few;
    shoal_options_init(&few);
    few.size = (uint64_t)1 << 30;
    static char bytes[45000] = "\xc5\x9c\x3d";
    bytes[0] = (char)0xc5, bytes[1] = (char)0x9c, bytes[2] = 0x3d; /* 39,997 bytes: ten pages */
    shoal_unlink(context, "holds-runs");
    shoal_segment *before = segment;
    need(shoal_create(&segment, context, "holds-runs", &few));
    int count = 0;
    while (shoal_value_put(segment, name, numbered("v", count), bytes, 40000) == SHOAL_OK)
        count++;
    for (int i = 0; i < count; i += 2)
        need(shoal_object_remove(segment, name, numbered("v", i)));
    longest_wall = longest_processor = 0;
    bytes[1] = (char)0xaf, bytes[2] = (char)0xc5; /* 44,997: eleven */
    for (int i = 0; i < 8; i++)
        shoal_value_put(segment, name, numbered("w", i), bytes, 45000);
    report("put, where 13,000 free runs are a little too short");
    shoal_close(segment);
    shoal_unlink(context, "holds-runs");
    segment = before;
}

/* Who leaves a segment of lifetime "shared" asks whether anybody is alive. */
static void leave_the_dead(void)
{
    int ready[2];
    char byte = 0;
    shoal_options options;
    pid_t children[MANY_PEERS];
    shoal_options_init(&options);
    options.size = (uint64_t)64 << 20;
    options.lifetime = SHOAL_SHARED;
    shoal_segment *its;
    shoal_unlink(context, "holds-shared");
    need(shoal_create(&its, context, "holds-shared", &options));
    if (pipe(ready) < 0)
        exit(1);
    for (int i = 0; i < MANY_PEERS; i++)
        if ((children[i] = fork()) == 0) {
            need(shoal_value_put(its, "here", 4, "\xc0", 1)); /* born a peer, or joined now */
            (void)!write(ready[1], &byte, 1);
            for (;;)
                pause();
        }
    for (int i = 0; i < MANY_PEERS; i++)
        (void)!read(ready[0], &byte, 1);
    for (int i = 0; i < MANY_PEERS; i++)
        kill(children[i], SIGKILL);
    for (int i = 0; i < MANY_PEERS; i++)
        waitpid(children[i], NULL, 0);
    longest_wall = longest_processor = 0;
    shoal_close(its);
    report("close of a shared one: 1,000 peers, all of them dead");
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
    big_array((int64_t)4 << 30);
    report("an array of 4 GiB is made and removed");
    die_with_pins();
    tell();
    report("a peer died with 100,000 pins: info() reaps it");
    remove_every_other();
    report("remove, of every other name");
    tell();
    report("info(), with so many holes");
    need(shoal_check(segment, NULL, NULL));
    report("check()");
    check_beside_a_writer();
    many_holes();
    leave_the_dead();
    shoal_close(segment);
    report("close");
    shoal_unlink(context, "holds-bench");
    return 0;
}
