#include "operations_parts.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void must(int status, const char *what)
{
    if (status >= 0)
        return;
    fprintf(stderr, "preparing: %s: %s\n", what, shoal_error_message());
    _exit(97);
}
/* ---- What there is before ---- */

shoal_context *context_in(const char *directory)
{
    shoal_context *context = shoal_context_new();
    if (!context)
        _exit(97);
    MUST(shoal_context_set_directory(context, directory));
    return context;
}

shoal_options options_of(bool readonly, uint32_t lifetime)
{
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    options.lifetime = lifetime;
    options.size = 8 << 20;
    return options;
}

static void put_of(shoal_segment *segment, const char *name, size_t size, int byte)
{
    unsigned char *bytes = malloc(size);
    memset(bytes, byte, size);
    MUST(shoal_value_put(segment, name, strlen(name), bytes, size));
    free(bytes);
}

shoal_dtype bytes_type(void)
{
    shoal_dtype type;
    MUST(shoal_dtype_parse(&type, NAME("u1")));
    return type;
}

static void fill(shoal_segment *segment)
{
    shoal_object *it;
    shoal_view view;
    put_of(segment, "small", 100, 'a');
    put_of(segment, "big", BIG, 'a');
    MUST(shoal_array_open(&it, segment, NAME("array"), bytes_type(), 1, &(int64_t){FEW}));
    MUST(shoal_array_view(&view, it));
    memset(view.data, 'a', FEW);
    shoal_object_close(it);
    MUST(shoal_counter_open(&it, segment, NAME("counter"), 5));
    shoal_object_close(it);
    MUST(shoal_lock_open(&it, segment, NAME("lock"), 0));
    shoal_object_close(it);
}

void world_begin(struct world *world, const char *directory, const struct operation *operation)
{
    world->context = context_in(directory);
    world->other = context_in(directory);
    world->fd = -1;
    world->operation = operation;
    world->bytes = malloc(BIG * 2);
    memset(world->bytes, 'b', BIG * 2);
    if (!(operation->flags & BARE)) {
        shoal_options options = options_of(false, SHOAL_PERSISTENT);
        MUST(shoal_create(&world->segment, world->context, SEGMENT, &options));
        fill(world->segment);
    }
    if (operation->prepare)
        operation->prepare(world);
}

void world_end(struct world *world)
{
    shoal_list_free(world->list);
    shoal_object_close(world->object);
    shoal_object_close(world->lock);
    shoal_object_close(world->theirs);
    shoal_close(world->segment);
    shoal_close(world->second);
    shoal_close(world->reader);
    shoal_context_free(world->context);
    shoal_context_free(world->other);
    shoal_context_free(world->third);
    for (int i = 0; i < 63; i++)
        shoal_context_free(world->crowd[i]);
    if (world->fd >= 0)
        close(world->fd);
    free(world->bytes);
    if (world->child > 0) {
        kill(world->child, SIGKILL);
        waitpid(world->child, NULL, 0);
    }
}

/* ---- What another sees ---- */

/* The byte that all of the value has; 0: there is none; -1: torn. */
static int value_byte(shoal_segment *segment, const char *name, size_t *size)
{
    static unsigned char bytes[BIG * 2];
    int status = shoal_value_get(segment, name, strlen(name), bytes, sizeof bytes, size);
    if (status == SHOAL_ENOKEY)
        return 0;
    if (status != SHOAL_OK)
        return -1;
    for (size_t i = 1; i < *size; i++)
        if (bytes[i] != bytes[0])
            return -1;
    return *size ? bytes[0] : -1;
}

static int is_new(shoal_segment *segment, const char *name)
{
    size_t size;
    int byte = value_byte(segment, name, &size);
    return byte < 0 ? -1 : byte == 'b';
}

int small_is_new(shoal_segment *segment)
{
    return is_new(segment, "small");
}

int big_is_new(shoal_segment *segment)
{
    return is_new(segment, "big");
}

int other_is_new(shoal_segment *segment)
{
    return is_new(segment, "other");
}

static int is_there(shoal_segment *segment, const char *name)
{
    int kind = shoal_object_find(segment, name, strlen(name));
    return kind == SHOAL_ENOKEY ? 0 : kind > 0 ? 1 : -1;
}

int made_is_there(shoal_segment *segment)
{
    return is_there(segment, "made");
}

int small_is_gone(shoal_segment *segment)
{
    return 1 - is_there(segment, "small");
}

int big_is_gone(shoal_segment *segment)
{
    return 1 - is_there(segment, "big");
}

int array_is_gone(shoal_segment *segment)
{
    return 1 - is_there(segment, "array");
}

int counter_is_six(shoal_segment *segment)
{
    shoal_object *counter;
    int64_t value = 0;
    if (shoal_counter_open(&counter, segment, NAME("counter"), 0) < 0)
        return -1;
    (void)shoal_counter_value(&value, counter);
    shoal_object_close(counter);
    return value == 5 ? 0 : value == 6 ? 1 : -1;
}

const char *objects_wrong(shoal_segment *segment)
{
    size_t size;
    shoal_object *array;
    shoal_view view;
    if (value_byte(segment, "small", &size) < 0)
        return "the small value is torn";
    if (value_byte(segment, "big", &size) < 0)
        return "the big value is torn";
    int status = shoal_object_open(&array, segment, NAME("array"));
    if (status == SHOAL_ENOKEY)
        return NULL;
    if (status < 0 || shoal_array_view(&view, array) < 0)
        return "the array cannot be opened";
    bool whole = true;
    for (int64_t i = 0; i < view.shape[0]; i++)
        whole = whole && view.data[i] == 'a';
    shoal_object_close(array);
    return whole ? NULL : "the array is damaged";
}

/* ---- The list ---- */

struct operation operations[150];
unsigned operation_count;

__attribute__((constructor)) static void gather(void)
{
    const struct operation *const parts[] = {segment_operations, object_operations, lock_operations,
                                             queue_operations,   job_operations,    kind_operations()};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const struct operation *it = parts[i]; it->name; it++)
            operations[operation_count++] = *it;
}
