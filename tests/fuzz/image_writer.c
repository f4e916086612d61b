/*
 * Target: what check() finds sound, a writer can work with, and it stays sound. Writers trust each other, so of an image in
 * which check() finds something nothing is asked here; SHOAL_FUZZ_BRAVE=1 in the environment tries those too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recipe.h"
#include "segment/segment.h"

#define STEPS 50000000u

extern const unsigned char golden_start[], golden_end[];

static struct image image;
static struct map_of_image map;
static shoal_context *context;
static bool brave;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    image_make(&image, golden_start, (size_t)(golden_end - golden_start));
    recipe_learn(&map, &image);
    context = shoal_context_new();
    brave = getenv("SHOAL_FUZZ_BRAVE");
    if (!context || shoal_context_set_directory(context, image.directory) < 0)
        violation("no context");
    return 0;
}

static void tell(void *argument, const char *finding)
{
    fprintf(stderr, "%s: %s\n", (const char *)argument, finding);
}

static bool is_sound(shoal_segment *segment, const char *when)
{
    arena_budget(STEPS);
    return shoal_check(segment, when ? tell : NULL, (void *)(uintptr_t)when) == 0;
}

static shoal_segment *attach(bool readonly)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    arena_budget(STEPS);
    return shoal_open(&segment, context, "image", &options) < 0 ? NULL : segment;
}

static bool may_be_written(void)
{
    shoal_segment *segment = attach(true);
    if (!segment)
        return false;
    bool sound = is_sound(segment, NULL);
    shoal_close(segment);
    return !arena_moved() && (sound || brave); /* moved: it is not what was checked any more */
}

static void use_object(shoal_object *object)
{
    int64_t value;
    uint32_t permits;
    switch (shoal_object_kind(object)) {
    case SHOAL_KIND_COUNTER:
        (void)shoal_counter_add(&value, object, 1);
        break;
    case SHOAL_KIND_LOCK:
        if (shoal_lock_acquire(object, false, SHOAL_NO_WAIT) >= 0)
            shoal_lock_release(object);
        break;
    case SHOAL_KIND_RWLOCK:
        if (shoal_rwlock_write(object, SHOAL_NO_WAIT) >= 0)
            shoal_rwlock_write_unlock(object);
        if (shoal_rwlock_read(object, SHOAL_NO_WAIT) >= 0)
            shoal_rwlock_read_unlock(object);
        break;
    case SHOAL_KIND_SEMAPHORE:
        if (shoal_semaphore_acquire(object, SHOAL_NO_WAIT) == SHOAL_OK)
            shoal_semaphore_release(object, 1);
        (void)shoal_semaphore_value(&permits, object);
        break;
    case SHOAL_KIND_EVENT:
        (void)shoal_event_set(object);
        break;
    case SHOAL_KIND_BARRIER:
        (void)shoal_barrier_wait(&permits, object, SHOAL_NO_WAIT);
        (void)shoal_barrier_reset(object);
        break;
    default:
        break;
    }
}

static void use_name(shoal_segment *segment, const char *name)
{
    static const char bytes[9000] = "\xc0";
    size_t length = strlen(name);
    shoal_object *object;
    arena_budget(STEPS);
    if (shoal_object_open(&object, segment, name, length) == SHOAL_OK) {
        use_object(object);
        if (length % 2)
            (void)shoal_object_remove(segment, name, length);
        shoal_object_close(object);
    }
    (void)shoal_value_put(segment, name, length, bytes, 1 + length * 301 % sizeof bytes);
    (void)shoal_value_put(segment, name, length, bytes, 20);
    if (length % 3)
        (void)shoal_object_remove(segment, name, length);
}

static void work(shoal_segment *segment)
{
    shoal_info info;
    shoal_object *object;
    char name[8] = "new 0";
    (void)shoal_segment_info(&info, segment);
    for (uint32_t i = 0; i < map.entries; i++)
        use_name(segment, map.name[i]);
    for (; name[4] < 'Z'; name[4]++)
        if (shoal_counter_open(&object, segment, name, 5, 1) == SHOAL_OK)
            shoal_object_close(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    recipe_cook(&image, &map, data, size);
    recipe_all_die(); /* for whom a writer would wait */
    if (may_be_written()) {
        arena_begin(); /* hostile writers among writers are none of our business */
        shoal_segment *segment = attach(false);
        if (segment) {
            work(segment);
            if (!brave && !is_sound(segment, "afterwards"))
                violation("a sound segment is unsound after it was worked with");
            shoal_close(segment);
        }
        recipe_was_written(&image);
    }
    arena_budget(UINT64_MAX);
    recipe_restore(&image);
    return 0;
}
