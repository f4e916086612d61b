/*
 * A million rounds of making, storing, reading and removing leave everything where it was: the heap, this process's
 * memory, its descriptors and its mappings.
 *
 *   rounds [--rounds 1000000]
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shoal.h"

struct state {
    uint64_t used;
    long resident, maps, descriptors; /* KiB, lines of /proc/self/maps, entries of /proc/self/fd */
};

static void must(int status, const char *what)
{
    if (status >= 0)
        return;
    printf("FAILED: %s: %s\n", what, shoal_error_message());
    exit(1);
}

static long count_lines(const char *path, const char *wanted)
{
    char line[4096];
    long count = 0, number;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (wanted && sscanf(line, wanted, &number) == 1)
            count = number;
        count += wanted == NULL;
    }
    if (file)
        fclose(file);
    return count;
}

static struct state look(shoal_segment *segment)
{
    struct state state = {.used = shoal_segment_used(segment)};
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        state.descriptors++;
    closedir(directory);
    state.maps = count_lines("/proc/self/maps", NULL);
    state.resident = count_lines("/proc/self/status", "RssAnon: %ld");
    return state;
}

static void one_round(shoal_context *context, shoal_segment *segment, int i)
{
    static unsigned char bytes[8192], back[8192];
    shoal_dtype dtype = {SHOAL_FLOAT32, 4};
    int64_t value, shape[2] = {i % 7, 11};
    char name[32];
    size_t size, length = (size_t)sprintf(name, "object %d", i % 100);
    shoal_object *object;
    switch (i % 4) {
    case 0:
        must(shoal_counter_open(&object, segment, name, length, i), "counter");
        must(shoal_counter_add(&value, object, 1), "add");
        shoal_object_close(object);
        break;
    case 1:
        must(shoal_lock_open(&object, segment, name, length, 0), "lock");
        must(shoal_lock_acquire(object, false, SHOAL_FOREVER), "acquire");
        must(shoal_lock_release(object), "release");
        shoal_object_close(object);
        break;
    case 2:
        must(shoal_array_open(&object, segment, name, length, dtype, 2, shape), "array");
        shoal_object_close(object);
        break;
    default:
        must(shoal_value_put(segment, name, length, bytes, (size_t)i % 5000), "put");
        must(shoal_value_get(segment, name, length, back, sizeof back, &size), "get");
    }
    must(shoal_object_remove(segment, name, length), "remove");
    if (i % 1000 == 0) { /* and the segment itself, now and then */
        shoal_segment *other;
        must(shoal_create(&other, context, NULL, NULL), "create");
        must(shoal_value_put(other, "k", 1, "v", 1), "put");
        shoal_close(other);
    }
}

int main(int count, char **arguments)
{
    int rounds = count > 2 && strcmp(arguments[1], "--rounds") == 0 ? atoi(arguments[2]) : 1000000;
    shoal_segment *segment;
    shoal_context *context = shoal_context_new();
    must(shoal_create(&segment, context, NULL, NULL), "create");
    for (int i = 0; i < 4000; i++)
        one_round(context, segment, i);
    struct state before = look(segment);
    for (int i = 0; i < rounds; i++)
        one_round(context, segment, i);
    struct state after = look(segment);
    printf("%d rounds: used %llu -> %llu bytes, resident %ld -> %ld KiB, maps %ld -> %ld, descriptors %ld -> %ld\n",
           rounds, (unsigned long long)before.used, (unsigned long long)after.used, before.resident, after.resident,
           before.maps, after.maps, before.descriptors, after.descriptors);
    if (before.used != after.used || after.resident > before.resident + 256 || before.maps != after.maps ||
        before.descriptors != after.descriptors)
        return printf("FAILED: something grew\n"), 1;
    if (shoal_check(segment, NULL, NULL) != 0)
        return printf("FAILED: check() has findings\n"), 1;
    shoal_close(segment);
    shoal_context_free(context);
    printf("nothing grew\n");
    return 0;
}
