/* shoal dump, shoal load: a whole segment to a file and back, or as JSON. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "value.h"

static node *object_node(shoal_segment *segment, const shoal_text *name)
{
    node *map, *value = NULL;
    char *bytes, *text = keep_text(name->text, name->length);
    size_t size;
    if (strlen(text) != name->length || describe_object(&map, segment, name->text, name->length) < 0)
        return NULL; /* removed meanwhile */
    if (value_read(&value, &bytes, &size, segment, text) >= 0 && value && !node_get(map, "value"))
        node_put(map, "value", value);
    return map;
}

static int print_all(shoal_segment *segment)
{
    shoal_text *list;
    size_t count;
    node *all = node_new(MAP), *objects = node_new(ARRAY), *about;
    int status = describe_segment(&about, segment);
    if (status < 0 || (status = shoal_object_names(&list, &count, segment)) < 0)
        return fail(status);
    for (size_t i = 0; i < count; i++) {
        node *map = object_node(segment, &list[i]);
        if (map)
            node_add(objects, map);
    }
    shoal_list_free(list);
    node_put(all, "segment", about);
    node_put(all, "objects", objects);
    json_print(all);
    return WELL;
}

static int say_done(const char *key, const char *name)
{
    node *done = node_new(MAP);
    node_put(done, key, node_str(name));
    if (as_json())
        json_print(done);
    return WELL;
}

/* A path, though it has no slash: a plain name would be a segment of the directory. */
static char *file_path(const char *name)
{
    return keep_print("%s%s", strchr(name, '/') ? "" : "./", name);
}

static int dump(void)
{
    shoal_segment *segment;
    if (word_count == 1 && !as_json())
        return fail_with(USAGE, "a FILE is missing; or --json, which prints all of it");
    int status = attach(&segment, words[0], false);
    if (status < 0)
        return fail(status);
    if (word_count == 1)
        return print_all(segment);
    status = shoal_segment_backup(segment, file_path(words[1]), option("overwrite") != NULL);
    return status < 0 ? fail(status) : say_done("dumped", words[1]);
}

static int load(void)
{
    shoal_segment *segment;
    char *path;
    int status = attach(&segment, file_path(words[0]), false);
    if (status >= 0)
        status = shoal_resolve(&path, context(), words[1]);
    if (status < 0)
        return fail(status);
    if (!path)
        return fail_with(USAGE, "%s leads to no file", words[1]);
    status = shoal_segment_backup(segment, path, option("overwrite") != NULL);
    free(path);
    return status < 0 ? fail(status) : say_done("loaded", words[1]);
}

const struct command dump_command = {
    .name = "dump",
    .words = "SEGMENT [FILE]",
    .least = 1,
    .most = 2,
    .summary = "Write a sound copy of a segment to a file; or without FILE, with --json, print all that is in it.",
    .text = "The copy is one of shoal_segment_backup: each value as it was at one moment, two objects perhaps of "
            "different moments, "
            "locks free. Nobody waits for it. It is flushed to the disk before it gets its name.\n\nAttaches readonly, "
            "whoever owns it.",
    .options = {{"overwrite", NULL, "Replace a file that is there, unless a process has it open as a segment."}},
    .run = dump,
};

const struct command load_command = {
    .name = "load",
    .words = "FILE SEGMENT",
    .least = 2,
    .most = 2,
    .summary = "Make a segment of what shoal dump wrote.",
    .text = "The segment is new, persistent, and has the size and mode of the one that was dumped. The file may be of "
            "anybody: what "
            "is damaged in it is not copied, but an error.",
    .options = {{"overwrite", NULL, "Replace a segment of that name, unless a process is attached to it."}},
    .run = load,
};
