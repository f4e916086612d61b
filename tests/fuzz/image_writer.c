/*
 * Target: what check() finds sound, a writer can work with, and it stays sound. Writers trust each other, so of an image in
 * which check() finds something nothing is asked here; SHOAL_FUZZ_BRAVE=1 in the environment tries those too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kinds/kinds.h"
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

static void use_name(shoal_segment *segment, const char *name)
{
    static const char bytes[9000] = "\xc0";
    size_t length = strlen(name);
    struct subject subject = subject_of(segment, name);
    arena_budget(STEPS);
    if (shoal_object_open(&subject.object, segment, name, length) == SHOAL_OK) {
        for (int often = 0; often < 3; often++) /* whatever it says: what it holds may have been changed */
            (void)driver_for(subject.object)->use(&subject);
        if (length % 2)
            (void)shoal_object_remove(segment, name, length);
        shoal_object_close(subject.object);
    }
    (void)shoal_value_put(segment, name, length, bytes, 1 + length * 301 % sizeof bytes);
    (void)shoal_value_put(segment, name, length, bytes, 20);
    if (length % 3)
        (void)shoal_object_remove(segment, name, length);
}

/* Each of what a driver may do in turn. */
static uint32_t next_below(uint32_t limit)
{
    static uint32_t turn;
    return turn++ % limit;
}

static void work(shoal_segment *segment)
{
    shoal_info info;
    shoal_object *object;
    char name[8] = "new 0";
    kinds_program.below = next_below;
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
        if (segment && (brave || is_sound(segment, NULL))) { /* a writer's look is deeper than a reader's */
            work(segment);
            if (!brave && !is_sound(segment, "afterwards"))
                violation("a sound segment is unsound after it was worked with");
        }
        if (segment)
            shoal_close(segment);
        recipe_was_written(&image);
    }
    arena_budget(UINT64_MAX);
    recipe_restore(&image);
    return 0;
}
