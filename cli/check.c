/* shoal check: whether segments are sound. */
#include <string.h>
#include <unistd.h>

#include "command.h"

/* Adds a row to `rows`; returns an outcome. */
static int check_one(node *rows, const char *name)
{
    shoal_segment *segment = NULL;
    shoal_text *findings = NULL;
    size_t count = 0;
    node *row = node_new(MAP), *list = node_new(ARRAY), *error = node_new(NIL);
    int status = attach(&segment, name, false);
    if (status >= 0)
        status = shoal_check_findings(&findings, &count, segment);
    if (status < 0)
        error = node_str(shoal_error_message());
    for (size_t i = 0; i < count; i++)
        node_add(list, node_bytes(STR, findings[i].text, findings[i].length));
    node_put(row, "segment", node_str(name));
    node_put(row, "sound", node_bool(status >= 0 && count == 0));
    node_put(row, "findings", list);
    node_put(row, "error", error);
    node_add(rows, row);
    shoal_list_free(findings);
    shoal_close(segment);
    return status < 0 ? outcome_of(status) : count > 0 ? FINDINGS : WELL;
}

static void print_row(const node *row)
{
    const char *name = node_text_of(row, "segment"), *error = node_text_of(row, "error");
    const node *list = node_get(row, "findings");
    show_painted(BOLD, show_text(name, strlen(name)));
    if (node_number_of(row, "sound") != 0)
        show_painted(GREEN, "  sound");
    else
        show_painted(RED, *error ? "  not checked" : "  not sound");
    putchar('\n');
    if (*error)
        printf("  %s\n", show_text(error, strlen(error)));
    for (size_t i = 0; i < list->size; i++)
        printf("  %s\n", show_text(list->items[i]->bytes, list->items[i]->size));
}

/* The gravest: that a segment is none counts for more than that it has findings. */
static int graver(int one, int other)
{
    return one > other ? one : other;
}

static int check(void)
{
    shoal_listed *list = NULL;
    size_t count = (size_t)word_count;
    node *all = node_new(MAP), *rows = node_new(ARRAY);
    int status = word_count > 0 ? SHOAL_OK : shoal_list(&list, &count, context()), outcome = WELL;
    if (status < 0)
        return fail(status);
    bool progress = !as_json() && isatty(STDERR_FILENO) == 1;
    for (size_t i = 0; i < count; i++) {
        const char *name = list ? list[i].name : words[i];
        if (progress)
            fprintf(stderr, "\rchecking %zu of %zu\033[K", i + 1, count);
        outcome = graver(outcome, check_one(rows, name));
        if (progress)
            fputs("\r\033[K", stderr);
        if (!as_json())
            print_row(rows->items[i]);
    }
    shoal_list_free(list);
    node_put(all, "segments", rows);
    if (as_json())
        json_print(all);
    return outcome;
}

const struct command check_command = {
    .name = "check",
    .words = "[SEGMENT...]",
    .most = MOST_WORDS,
    .summary = "Check whether segments are sound, and say what is not.",
    .text =
        "Of the segments given, or of all of the directory that may be read (shoal ls says which may not). The exit "
        "status is "
        "that of the gravest: 1 if there are findings, 6 if one cannot be opened because it is damaged, 5 if writers "
        "changed it during every look.\n\nAttaches readonly, whoever owns it: it repairs nothing, and nobody waits for "
        "it.",
    .run = check,
};
