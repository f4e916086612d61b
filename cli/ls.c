/* shoal ls: the segments of the directory, or the objects of one. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static int by_name(const void *one, const void *other)
{
    return strcmp(((const shoal_listed *)one)->name, ((const shoal_listed *)other)->name);
}

static int by_text(const void *one, const void *other)
{
    return strcmp(((const shoal_text *)one)->text, ((const shoal_text *)other)->text);
}

static node *segment_node(const shoal_listed *from)
{
    node *map = node_new(MAP);
    node_put(map, "name", node_str(from->name));
    node_put(map, "size", node_uint(from->size));
    node_put(map, "used", node_uint(from->used));
    node_put(map, "committed", node_uint(from->committed));
    node_put(map, "peers", node_uint(from->peers));
    node_put(map, "owner", node_uint(from->owner));
    node_put(map, "mode", node_uint(from->mode));
    node_put(map, "lifetime", node_str(from->lifetime == SHOAL_SHARED ? "shared" : "persistent"));
    node_put(map, "created", node_real(from->created));
    return map;
}

/* Files of the directory that are called as segments are, and are not in the list: why? */
static void add_refused(node *refused, const shoal_listed *list, size_t count)
{
    static const char prefix[] = "shoal.";
    DIR *folder = opendir(shoal_context_directory(context()));
    for (struct dirent *each; folder && (each = readdir(folder));) {
        shoal_listed wanted = {0};
        shoal_segment *segment = NULL;
        const char *name = each->d_name + sizeof prefix - 1;
        if (strncmp(each->d_name, prefix, sizeof prefix - 1) != 0 || strlen(name) >= sizeof wanted.name)
            continue;
        memcpy(wanted.name, name, strlen(name));
        if (count > 0 && bsearch(&wanted, list, count, sizeof *list, by_name))
            continue;
        int status = attach(&segment, name, false);
        shoal_close(segment);
        if (status >= 0 || status == SHOAL_ENOTFOUND) /* it came, or went, meanwhile */
            continue;
        node *map = node_new(MAP);
        node_put(map, "name", node_str(name));
        node_put(map, "status", node_str(shoal_status_name(status)));
        node_put(map, "message", node_str(shoal_error_message()));
        node_add(refused, map);
    }
    if (folder)
        closedir(folder);
}

static void print_segments(const node *segments, const node *refused)
{
    static const char *const heads[] = {"NAME",   ">USED", ">SIZE",    ">BACKED", ">PEERS",
                                        ">OWNER", "MODE",  "LIFETIME", "CREATED", NULL};
    table *made = table_new(heads);
    for (size_t i = 0; i < segments->size; i++) {
        const node *each = segments->items[i];
        table_cell(made, BOLD, show_text(node_text_of(each, "name"), strlen(node_text_of(each, "name"))));
        table_cell(made, PLAIN, show_bytes(node_number_of(each, "used")));
        table_cell(made, PLAIN, show_bytes(node_number_of(each, "size")));
        table_cell(made, PLAIN, show_bytes(node_number_of(each, "committed")));
        table_cell(made, PLAIN, keep_print("%.0f", node_number_of(each, "peers")));
        table_cell(made, PLAIN, keep_print("%.0f", node_number_of(each, "owner")));
        table_cell(made, PLAIN, keep_print("%04o", (unsigned)node_number_of(each, "mode")));
        table_text(made, node_text_of(each, "lifetime"));
        table_cell(made, DIM, show_since(node_number_of(each, "created")));
    }
    table_print(made);
    for (size_t i = 0; i < refused->size; i++) {
        const char *message = node_text_of(refused->items[i], "message");
        show_painted(YELLOW, show_text(message, strlen(message)));
        putchar('\n');
    }
}

static void print_names(const node *rows)
{
    for (size_t i = 0; i < rows->size; i++) {
        const node *name = node_get(rows->items[i], "name");
        puts(show_text(name->bytes, name->size));
    }
}

static int list_segments(void)
{
    shoal_listed *list;
    size_t count;
    int status = shoal_list(&list, &count, context());
    if (status < 0)
        return fail(status);
    node *all = node_new(MAP), *segments = node_new(ARRAY), *refused = node_new(ARRAY);
    if (count > 0)
        qsort(list, count, sizeof *list, by_name);
    for (size_t i = 0; i < count; i++)
        node_add(segments, segment_node(&list[i]));
    if (!option("names"))
        add_refused(refused, list, count);
    shoal_list_free(list);
    node_put(all, "directory", node_str(shoal_context_directory(context())));
    node_put(all, "segments", segments);
    node_put(all, "refused", refused);
    if (as_json())
        json_print(all);
    else if (option("names"))
        print_names(segments);
    else
        print_segments(segments, refused);
    return refused->size > 0 ? FINDINGS : WELL;
}

static void print_objects(const node *objects)
{
    static const char *const heads[] = {"NAME", "KIND", ">BYTES", NULL};
    table *made = table_new(option("long") ? heads : (const char *const[]){"NAME", "KIND", NULL});
    for (size_t i = 0; i < objects->size; i++) {
        const node *each = objects->items[i], *name = node_get(each, "name");
        table_cell(made, BOLD, show_text(name->bytes, name->size));
        table_text(made, node_text_of(each, "kind"));
        if (option("long"))
            table_cell(made, PLAIN, show_bytes(node_number_of(each, "bytes")));
    }
    table_print(made);
}

static node *object_node(shoal_segment *segment, const shoal_text *name)
{
    node *map;
    if (option("long") && describe_object(&map, segment, name->text, name->length) >= 0)
        return map;
    map = node_new(MAP); /* it may have been removed meanwhile */
    const char *kind = shoal_kind_name(name->kind);
    node_put(map, "name", node_bytes(STR, name->text, name->length));
    node_put(map, "kind", kind ? node_str(kind) : node_new(NIL));
    return map;
}

static int list_objects(const char *segment_name)
{
    shoal_segment *segment;
    shoal_text *list;
    size_t count;
    int status = attach(&segment, segment_name, false);
    if (status < 0 || (status = shoal_object_names(&list, &count, segment)) < 0)
        return fail(status);
    node *all = node_new(MAP), *objects = node_new(ARRAY);
    if (count > 0)
        qsort(list, count, sizeof *list, by_text);
    for (size_t i = 0; i < count; i++)
        node_add(objects, object_node(segment, &list[i]));
    shoal_list_free(list);
    node_put(all, "segment", node_str(segment_name));
    node_put(all, "objects", objects);
    if (as_json())
        json_print(all);
    else if (option("names"))
        print_names(objects);
    else
        print_objects(objects);
    return WELL;
}

static int ls(void)
{
    return word_count == 0 ? list_segments() : list_objects(words[0]);
}

const struct command ls_command = {
    .name = "ls",
    .words = "[SEGMENT]",
    .most = 1,
    .summary = "List the segments of the directory, or the objects of one.",
    .text =
        "Without SEGMENT: each segment with what it uses, its ceiling, what backs it, and how many processes have it "
        "for writing. A file that is called as a segment is and cannot be opened is said with the reason: then the "
        "exit "
        "status is 1. With SEGMENT: the names and kinds of its objects.\n\nAttaches readonly, whoever owns it.",
    .options = {{"names", NULL, "Only the names, one a line."},
                {"long", NULL, "Of objects: their sizes, too; with --json all that describes them."}},
    .run = ls,
};
