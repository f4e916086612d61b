/*
 * What does a fork cost a process that has segments? forks [ROUNDS]: the time of one fork() in the parent, less that of a process
 * without segments, which forks in turn with it; median of the rounds (of 400 forks each), in wall time and in processor time of the
 * thread (which a busy machine does not lengthen). A handle is of an array; each is a pin that the child is born with.
 */
#include <shoal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FORKS 400
#define MANY 100 /* rounds */

static const struct {
    int segments, handles;
} cases[] = {{0, 0}, {1, 0}, {1, 1}, {10, 0}, {10, 1}, {10, 10}, {1, 1000}};
#define CASES ((int)(sizeof cases / sizeof cases[0]))

static void need(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", shoal_error_message());
        exit(1);
    }
}

static void attach(int segments, int handles)
{
    shoal_context *context = shoal_context_new();
    shoal_options options;
    shoal_options_init(&options);
    options.size = 1 << 20;
    for (int i = 0; i < segments; i++) {
        shoal_segment *segment;
        need(shoal_create(&segment, context, NULL, &options)); /* anonymous: ends with the process */
        for (int j = 0; j < handles; j++) {
            char name[16];
            int64_t shape[] = {1};
            shoal_object *array;
            int length = snprintf(name, sizeof name, "a%d", j);
            need(shoal_array_open(&array, segment, name, (size_t)length, (shoal_dtype){SHOAL_FLOAT64, 8}, 1, shape));
        }
    }
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *numbers, int count)
{
    qsort(numbers, (size_t)count, sizeof *numbers, by_size);
    return numbers[count / 2];
}

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Microseconds of one fork() in the parent. */
struct cost {
    double wall, processor;
};

static struct cost fork_once(void)
{
    double wall = now(CLOCK_MONOTONIC), processor = now(CLOCK_THREAD_CPUTIME_ID);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    struct cost cost = {now(CLOCK_MONOTONIC) - wall, now(CLOCK_THREAD_CPUTIME_ID) - processor};
    if (child < 0 || waitpid(child, NULL, 0) < 0)
        exit(1);
    return cost;
}

static struct cost fork_many(void)
{
    double wall[FORKS], processor[FORKS];
    for (int i = 0; i < FORKS; i++) {
        struct cost cost = fork_once();
        wall[i] = cost.wall;
        processor[i] = cost.processor;
    }
    return (struct cost){median(wall, FORKS), median(processor, FORKS)};
}

/* A process with so many segments: for each byte that it reads it forks, and writes how long a fork took. */
static void serve(int index, int in, int out)
{
    char byte;
    attach(cases[index].segments, cases[index].handles);
    while (read(in, &byte, 1) == 1) {
        struct cost cost = fork_many();
        if (write(out, &cost, sizeof cost) != sizeof cost)
            break;
    }
    _exit(0);
}

static void start(int index, int *ask, int *answer)
{
    int there[2], back[2];
    if (pipe(there) < 0 || pipe(back) < 0)
        exit(1);
    if (fork() == 0) {
        close(there[1]);
        close(back[0]);
        serve(index, there[0], back[1]);
    }
    close(there[0]);
    close(back[1]);
    *ask = there[1];
    *answer = back[0];
}

int main(int count, char **arguments)
{
    int rounds = count > 1 ? atoi(arguments[1]) : 15, ask[CASES], answer[CASES];
    static double wall[CASES][MANY], processor[CASES][MANY];
    struct cost cost, without = {0, 0};
    if (rounds < 1 || rounds > MANY)
        return 2;
    for (int i = 0; i < CASES; i++)
        start(i, &ask[i], &answer[i]);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < CASES; i++) {
            if (write(ask[i], "", 1) != 1 || read(answer[i], &cost, sizeof cost) != sizeof cost)
                return 1;
            wall[i][round] = cost.wall;
            processor[i][round] = cost.processor;
        }
    printf("%-9s %-15s %12s %12s %12s %12s\n", "segments", "handles in each", "us, wall", "more", "processor", "more");
    for (int i = 0; i < CASES; i++) {
        cost = (struct cost){median(wall[i], rounds), median(processor[i], rounds)};
        without = i == 0 ? cost : without;
        printf("%-9d %-15d %12.1f %12.1f %12.1f %12.1f\n", cases[i].segments, cases[i].handles, cost.wall,
               cost.wall - without.wall, cost.processor, cost.processor - without.processor);
        close(ask[i]);
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
