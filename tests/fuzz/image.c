/* Target: a damaged segment is attached readonly, and everything is read. Nothing of it may crash, hang or write. */
#include <stdlib.h>
#include <string.h>

#include "look.h"
#include "recipe.h"
#include "segment/segment.h"

#define STEPS_OF_CHECK 50000000u

extern const unsigned char golden_start[], golden_end[];

static struct image image;
static struct map_of_image map;
static struct names known;
static shoal_context *context, *lister;

static void remember(const char *name)
{
    size_t length = strlen(name);
    memcpy(known.name[known.count].text, name, length + 1);
    known.name[known.count++].length = length;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    image_make(&image, golden_start, (size_t)(golden_end - golden_start));
    recipe_learn(&map, &image);
    for (uint32_t i = 0; i < map.entries; i++)
        remember(map.name[i]);
    context = shoal_context_new();
    lister = shoal_context_new();
    if (!context || !lister || shoal_context_set_directory(lister, image.directory) < 0 ||
        shoal_context_set_directory(context, image.directory) < 0)
        violation("no context");
    return 0;
}

static void finding(void *argument, const char *sentence)
{
    if (!*sentence)
        violation("a finding without a word");
    ++*(unsigned *)argument;
}

/* A check completes what a dead writer had begun, in its own copy; a reader sees it as it is. */
static bool has_journal(void)
{
    const struct journal_sh *journal = (const void *)(image.bytes + JOURNAL_AT);
    return journal->undo_count || journal->redo_count || journal->committed;
}

/* The names that the recipe speaks of, and a few others. */
static uint64_t choose(const uint8_t *recipe, size_t size)
{
    uint64_t wanted = 0, hash = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i + sizeof(struct edit) <= size; i += sizeof(struct edit)) {
        enum what what = (enum what)(recipe[i] % WHAT_COUNT);
        if (what == ENTRY || what == BODY || what == BODY_FAR || what == RELOCATE || what == RENAME)
            wanted |= 1ull << recipe[i + 1] % map.entries;
        if (what == OWNED)
            wanted |= 1ull << map.owner[recipe[i + 1] % map.parts];
        for (size_t k = 0; k < sizeof(struct edit); k++)
            hash = (hash ^ recipe[i + k]) * 0x100000001b3u;
    }
    for (int others = 0; others < 3; others++)
        wanted |= 1ull << (hash >> 12 * others & 0xfff) % map.entries;
    return wanted;
}

/* SHOAL_FUZZ_MISTAKE in the environment: do what the target is to notice. tests/fuzz/test_fuzz.py sees to it that it does. */
static void make_mistake(const shoal_segment *segment)
{
    const char *mistake = getenv("SHOAL_FUZZ_MISTAKE");
    volatile unsigned char *base = segment->base;
    if (mistake && strcmp(mistake, "read after the end") == 0)
        (void)base[segment->is.size];
    if (mistake && strcmp(mistake, "read before the start") == 0)
        (void)base[-1];
    if (mistake && strcmp(mistake, "write") == 0)
        base[segment->is.size / 2] = 1;
    while (mistake && strcmp(mistake, "never end") == 0)
        (void)shoal_object_find((shoal_segment *)segment, "lock", 4);
}

static void read_everything(uint64_t wanted, bool edited)
{
    shoal_segment *segment;
    shoal_options options;
    unsigned findings = 0;
    shoal_options_init(&options);
    options.readonly = true;
    arena_budget(STEPS_OF_CHECK);
    if (shoal_open(&segment, context, "image", &options) < 0) {
        if (!edited)
            violation("the golden segment is refused: %s", shoal_error_message());
        return;
    }
    make_mistake(segment);
    unsigned damaged = look_at_segment(segment, wanted % 4 ? NULL : lister, &known, wanted);
    arena_budget(STEPS_OF_CHECK);
    bool aloud = wanted % 8 == 0; /* it walks once more to tell what it found */
    int status = shoal_check(segment, aloud ? finding : NULL, &findings);
    if (status == 0 && damaged && !arena_moved() && !has_journal())
        violation("check() finds it sound, and it was damaged %u times for a reader", damaged);
    if (aloud && status > 0 && findings == 0)
        violation("%d findings, none of which was told", status);
    arena_budget(UINT64_MAX);
    shoal_close(segment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    recipe_cook(&image, &map, data, size);
    read_everything(choose(data, size), size >= sizeof(struct edit));
    recipe_restore(&image);
    return 0;
}
