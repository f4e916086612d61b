/*
 * What small values take in memory when each was never, once, twice and ten times replaced; and how many are replaced in a
 * second by 1 and 2 processes, each its own names, few or many of them: spares [SECONDS]
 *
 * A value has 66 bytes, as a string of 64 bytes of the languages; a name has 10.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shoal.h"

enum { NAMES = 100000, SIZE = 66, LARGEST = 1000 };

static unsigned char bytes[LARGEST];
static shoal_context *context;

static void need(int status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", what, shoal_error_message());
        exit(1);
    }
}

static shoal_segment *new_segment(void)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = (uint64_t)256 << 20;
    need(shoal_create(&segment, context, NULL, &options), "create");
    return segment;
}

static void put(shoal_segment *segment, int number, size_t size)
{
    char name[16];
    int length = snprintf(name, sizeof name, "key:%06d", number);
    need(shoal_value_put(segment, name, (size_t)length, bytes, size), "put");
}

/* ---- Memory ---- */

/* As many bytes as a number says, the same in each run. */
static size_t any_size(unsigned number, unsigned round)
{
    return 100 + ((number * 2654435761u ^ round * 2246822519u) * 3266489917u >> 8) % (LARGEST - 100);
}

static size_t one_size(unsigned number, unsigned round)
{
    (void)number;
    (void)round;
    return SIZE;
}

static double used_by_each(shoal_segment *segment)
{
    shoal_info info;
    need(shoal_segment_info(&info, segment), "info");
    return (double)info.used / NAMES;
}

static void print_memory(const char *what, size_t (*size)(unsigned, unsigned))
{
    shoal_segment *segment = new_segment();
    printf("%s, bytes of each of %d names after", what, NAMES);
    for (unsigned round = 0; round <= 10; round++) {
        for (int i = 0; i < NAMES; i++)
            put(segment, i, size((unsigned)i, round));
        if (round <= 2 || round == 10)
            printf("  %u replacements: %.0f", round, used_by_each(segment));
    }
    printf("\n");
    shoal_close(segment);
}

/* ---- Speed ---- */

static double put_for(shoal_segment *segment, int process, int names, size_t (*size)(unsigned, unsigned),
                      double seconds)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(process % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
    sched_setaffinity(0, sizeof set, &set);
    unsigned puts = 0, stride = names > 1 ? 7919 : 1;
    shoal_time start = shoal_now(), end = shoal_deadline(seconds);
    for (; puts % 256 || shoal_now() < end; puts++)
        put(segment, process * names + (int)(puts * stride % (unsigned)names), size(puts, puts));
    return puts / ((double)(shoal_now() - start) / 1e9);
}

static double puts_in_a_second(int processes, int names, size_t (*size)(unsigned, unsigned), double seconds)
{
    int ends[2];
    double sum = 0, each;
    shoal_segment *segment = new_segment();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < processes * names; i++)
            put(segment, i, size((unsigned)i, 0));
    need(pipe(ends), "pipe");
    for (int i = 0; i < processes; i++)
        if (fork() == 0) {
            each = put_for(segment, i, names, size, seconds);
            _exit(write(ends[1], &each, sizeof each) != sizeof each);
        }
    for (int i = 0; i < processes && read(ends[0], &each, sizeof each) == sizeof each; i++)
        sum += each;
    while (wait(NULL) > 0)
        ;
    close(ends[0]);
    close(ends[1]);
    shoal_close(segment);
    return sum / 1e6;
}

static void print_speed(const char *what, int names, size_t (*size)(unsigned, unsigned), double seconds)
{
    printf("%s, million puts a second:", what);
    for (int processes = 1; processes <= 2; processes++)
        printf("  %d processes: %.2f", processes, puts_in_a_second(processes, names, size, seconds));
    printf("\n");
}

int main(int count, char **words)
{
    double seconds = count > 1 ? atof(words[1]) : 1;
    setvbuf(stdout, NULL, _IONBF, 0);
    context = shoal_context_new();
    print_memory("one size", one_size);
    print_memory("any size from 100 to 999", any_size);
    print_speed("one name each", 1, one_size, seconds);
    print_speed("100 names each", 100, one_size, seconds);
    print_speed("10,000 names each", 10000, one_size, seconds);
    print_speed("10,000 names each, any size", 10000, any_size, seconds);
    return 0;
}
