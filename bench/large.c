/*
 * large SIZE_KiB [readonly]: a put and a get of a large value beside memcpy, and puts of new names, for which no memory
 * is kept (cold); then two writers of it without pause and one reader: its gets in a second, and in a second of its
 * processor; then how soon the memory that was kept goes back to the host.
 */
#include <inttypes.h>
#include <shoal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4000 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void need(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "large: %s\n", shoal_error_message());
    _exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double took[MOST];

/* Of those that were measured: the median and the best, in µs. */
static void tell(const char *what, int count)
{
    qsort(took, (size_t)count, sizeof *took, compare);
    printf("  %-6s %9.1f %9.1f\n", what, took[count / 2] * 1e6, took[0] * 1e6);
}

static void alone(shoal_segment *segment, char *bytes, char *out, size_t size)
{
    int count = (int)((size_t)(256 << 20) / size);
    count = count > MOST ? MOST : count < 20 ? 20 : count;
    size_t got;
    for (int i = 0; i < 5; i++)
        need(shoal_value_put(segment, "v", 1, bytes, size));
    for (int i = 0; i < count; i++) {
        double start = now();
        memcpy(out, bytes, size);
        __asm__ volatile("" ::: "memory");
        took[i] = now() - start;
    }
    printf("%zu KiB: median, best in microseconds\n", size >> 10);
    tell("memcpy", count);
    for (int i = 0; i < count; i++) {
        double start = now();
        need(shoal_value_put(segment, "v", 1, bytes, size));
        took[i] = now() - start;
    }
    tell("put", count);
    for (int i = 0; i < count; i++) {
        double start = now();
        need(shoal_value_get(segment, "v", 1, out, size, &got));
        took[i] = now() - start;
    }
    tell("get", count);
}

/* Seconds of a processor that this process has had, and its page faults. */
static double spent(long *faults)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    *faults = use.ru_minflt;
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* Of new names: at most half of the segment. */
static void cold(shoal_segment *segment, const char *bytes, size_t size)
{
    int count = (int)((size_t)(400 << 20) / size);
    count = count > 200 ? 200 : count;
    char name[16];
    for (int i = 0; i < count; i++) {
        double start = now();
        need(shoal_value_put(segment, name, (size_t)snprintf(name, sizeof name, "new%d", i), bytes, size));
        took[i] = now() - start;
    }
    for (int i = 0; i < count; i++)
        need(shoal_object_remove(segment, name, (size_t)snprintf(name, sizeof name, "new%d", i)));
    tell("cold", count);
}

static void beside_writers(shoal_segment *segment, shoal_segment *reader, char *bytes, char *out, size_t size)
{
    unsigned long *puts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned long gets = 0, refused = 0, torn = 0;
    double longest = 0, end = now() + 1.2;
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            memset(bytes, 10 + i, size);
            for (; now() < end; puts[i]++)
                need(shoal_value_put(segment, "v", 1, bytes, size));
            _exit(0);
        }
    usleep(50000);
    long before, faults;
    double had = spent(&before);
    for (double until = now() + 1; now() < until;) {
        size_t got;
        double start = now();
        int status = shoal_value_get(reader, "v", 1, out, size, &got);
        double lasted = now() - start;
        longest = lasted > longest ? lasted : longest;
        refused += status < 0;
        gets += status >= 0;
        torn += status >= 0 && (out[0] != out[size - 1] || out[0] != out[size / 2]);
    }
    had = spent(&faults) - had;
    while (wait(NULL) > 0)
        ;
    printf("  beside two writers (%lu puts): %lu gets in a second, %.0f in one of its processor, %.1f faults each, %lu "
           "refused, %lu torn, longest %.1f ms\n",
           puts[0] + puts[1], gets, (double)gets / had, (double)(faults - before) / (double)gets, refused, torn,
           longest * 1e3);
}

/* Until it does not fall any more: what is left then is the segment's own, of which there is more the larger it was. */
static void decay(shoal_segment *segment)
{
    shoal_info info;
    double start = now(), fell = start;
    uint64_t kept, first = 0, least = UINT64_MAX;
    do {
        need(shoal_segment_info(&info, segment));
        kept = info.committed - info.used;
        first = first ? first : kept;
        fell = kept < least ? now() : fell;
        least = kept < least ? kept : least;
        usleep(50000);
    } while (now() < start + 3.5);
    printf("  %" PRIu64 " KiB that were kept went back in %.1f s\n", (first - least) >> 10, fell - start);
}

int main(int count, char **argument)
{
    size_t size = (size_t)(count > 1 ? atoi(argument[1]) : 1024) << 10;
    char name[64], *bytes = malloc(size), *out = malloc(size);
    snprintf(name, sizeof name, "large-%d", getpid());
    memset(bytes, 7, size);
    memset(out, 0, size);
    shoal_options options;
    shoal_options_init(&options);
    options.size = (uint64_t)1 << 30;
    shoal_context *context = shoal_context_new(), *other = shoal_context_new();
    shoal_segment *segment, *reader;
    need(shoal_create(&segment, context, name, &options));
    alone(segment, bytes, out, size);
    cold(segment, bytes, size);
    options.readonly = count > 2;
    reader = segment;
    if (options.readonly)
        need(shoal_open(&reader, other, name, &options));
    beside_writers(segment, reader, bytes, out, size);
    decay(segment);
    need(shoal_segment_unlink(segment));
    return 0;
}
