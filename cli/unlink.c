/* shoal unlink: takes away the name of a segment, or names of its objects. shoal gc: of segments that nobody has. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "process.h"

static int print_done(const char *key, node *names)
{
    node *all = node_new(MAP);
    node_put(all, key, names);
    if (as_json())
        json_print(all);
    return WELL;
}

static int unlink_it(void)
{
    shoal_segment *segment;
    node *names = node_new(ARRAY);
    int status = word_count == 1 ? shoal_unlink(context(), words[0]) : attach(&segment, words[0], true);
    if (word_count == 1)
        node_add(names, node_str(words[0]));
    for (int i = 1; i < word_count && status >= 0; i++) {
        status = shoal_object_remove(segment, words[i], strlen(words[i]));
        node_add(names, node_str(words[i]));
    }
    return status < 0 ? fail(status) : print_done("unlinked", names);
}

static node *candidate(const shoal_listed *from, double older)
{
    struct timespec now;
    shoal_segment *segment;
    clock_gettime(CLOCK_REALTIME, &now);
    if (from->peers > 0 || (older > 0 && (double)now.tv_sec - from->created < older))
        return NULL;
    if (attach(&segment, from->name, false) < 0)
        return NULL;
    int readers = process_count_of_mappings(shoal_segment_identity(segment));
    shoal_close(segment);
    if (readers > 0)
        return NULL;
    node *map = node_new(MAP);
    node_put(map, "name", node_str(from->name));
    node_put(map, "committed", node_uint(from->committed));
    node_put(map, "owner", node_uint(from->owner));
    node_put(map, "created", node_real(from->created));
    return map;
}

/* Looks once more, through an attach, so that it is this very file that loses its name, and nobody came meanwhile. */
static int remove_if_unused(const char *name)
{
    shoal_segment *segment;
    shoal_info info;
    int status = attach(&segment, name, false);
    if (status < 0)
        return status;
    status = shoal_segment_info(&info, segment);
    if (status >= 0)
        status = info.peers > 0 ? SHOAL_ELOCK : shoal_segment_unlink(segment);
    shoal_close(segment);
    return status;
}

static int remove_all(const node *unused)
{
    int outcome = WELL;
    for (size_t i = 0; i < unused->size; i++) {
        node *each = unused->items[i];
        int status = remove_if_unused(node_text_of(each, "name"));
        node_put(each, "removed", node_bool(status >= 0));
        node_put(each, "error",
                 status >= 0             ? node_new(NIL)
                 : status == SHOAL_ELOCK ? node_str("a process has attached it meanwhile")
                                         : node_str(shoal_error_message()));
        if (status < 0)
            outcome = outcome_of(status);
    }
    return outcome;
}

static void print_unused(const node *unused)
{
    static const char *const heads[] = {"NAME", ">BACKED", ">OWNER", "CREATED", "", NULL};
    table *made = table_new(heads);
    for (size_t i = 0; i < unused->size; i++) {
        const node *each = unused->items[i];
        const char *error = node_text_of(each, "error"), *removed = node_get(each, "removed") ? "removed" : "unused";
        table_text(made, node_text_of(each, "name"));
        table_cell(made, PLAIN, show_bytes(node_number_of(each, "committed")));
        table_cell(made, PLAIN, keep_print("%.0f", node_number_of(each, "owner")));
        table_cell(made, DIM, show_since(node_number_of(each, "created")));
        table_text(made, *error ? error : removed);
    }
    if (unused->size > 0)
        table_print(made);
    else
        puts("Every segment is in use.");
    if (unused->size > 0 && !option("yes"))
        puts("Nothing was removed: --yes does it.");
}

static int gc(void)
{
    shoal_listed *list;
    size_t count;
    double older;
    node *all = node_new(MAP), *unused = node_new(ARRAY);
    if (!option_number(&older, "older", 0))
        return USAGE;
    int status = shoal_list(&list, &count, context());
    if (status < 0)
        return fail(status);
    for (size_t i = 0; i < count; i++) {
        node *found = candidate(&list[i], older);
        if (found)
            node_add(unused, found);
    }
    shoal_list_free(list);
    int outcome = option("yes") ? remove_all(unused) : unused->size > 0 ? FINDINGS : WELL;
    node_put(all, "unused", unused);
    if (as_json())
        json_print(all);
    else
        print_unused(unused);
    return outcome;
}

const struct command unlink_command = {
    .name = "unlink",
    .words = "SEGMENT [OBJECT...]",
    .least = 1,
    .most = MOST_WORDS,
    .summary = "Take away the name of a segment, or of objects in it.",
    .text = "Processes that have the segment keep it until they end. An object that is held or waited for stays (exit "
            "status 7). "
            "For objects it attaches for writing, only one's own segments.",
    .run = unlink_it,
};

const struct command gc_command = {
    .name = "gc",
    .words = "",
    .summary = "Say which segments nobody uses; with --yes remove them.",
    .text = "A segment is unused if no process is attached for writing and none has it mapped. A process that reads, "
            "and that this "
            "user may not see in /proc (of another user, or of another PID namespace), is missed: it keeps what it has "
            "mapped. A "
            "persistent segment is meant to outlive those who use it: so nothing is removed without --yes, and the "
            "exit status is 1 if there is "
            "something to remove.\n\nAttaches readonly.",
    .options = {{"yes", NULL, "Remove them."}, {"older", "SECONDS", "Only those that were made so long ago."}},
    .run = gc,
};
