/* shoal metrics: what segments and objects say of themselves, as Prometheus reads it. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "listen.h"

/* Samples of one name must stand together: so they are kept by name until all segments were looked at. */
struct family {
    char *name;
    const char *type, *help;
    node *lines;
};

static struct family families[512];
static size_t family_count;

static struct family *family_of(const char *name, const char *type, const char *help)
{
    for (size_t i = 0; i < family_count; i++)
        if (strcmp(families[i].name, name) == 0)
            return &families[i];
    if (family_count == sizeof families / sizeof *families)
        return NULL;
    families[family_count] = (struct family){keep_text(name, strlen(name)), type, help, node_new(ARRAY)};
    return &families[family_count++];
}

/* For a label: control characters are escaped as for a terminal, then backslashes and quotes as Prometheus wants it. */
static char *label(const char *text, size_t size)
{
    const char *from = show_text(text, size);
    char *escaped = keep(2 * strlen(from) + 1), *to = escaped;
    for (; *from; from++) {
        if (*from == '"' || *from == '\\')
            *to++ = '\\';
        *to++ = *from;
    }
    return escaped;
}

static char *number(const node *value)
{
    if (value->type == UINT)
        return keep_print("%" PRIu64, value->large);
    if (value->type == INT)
        return keep_print("%" PRId64, value->integer);
    double real;
    node_number(&real, value);
    return keep_print("%.17g", real);
}

static void sample(const char *name, const char *type, const char *help, const char *labels, const node *value)
{
    double ignored;
    struct family *family = node_number(&ignored, value) ? family_of(name, type, help) : NULL;
    if (family)
        node_add(family->lines, node_str(keep_print("%s{%s} %s", name, labels, number(value))));
}

static void of_segment(const node *map, const char *labels)
{
    static const struct {
        const char *key, *name, *type, *help;
    } rows[] = {
        {"size", "shoal_segment_size_bytes", "gauge", "The ceiling of the segment."},
        {"used", "shoal_segment_used_bytes", "gauge", "In use by objects and tables."},
        {"committed", "shoal_segment_backed_bytes", "gauge", "Memory or disk that backs the segment now."},
        {"largest_free", "shoal_segment_largest_free_bytes", "gauge", "The largest block that could be allocated."},
        {"peer_limit", "shoal_segment_peers_limit", "gauge", "How many processes may attach for writing."},
        {"removed", "shoal_segment_removed_objects", "gauge", "Objects without a name whose memory is still in use."},
        {"recoveries", "shoal_segment_recoveries_total", "counter",
         "Unfinished changes of dead processes that were completed or undone."},
        {"created", "shoal_segment_created_timestamp_seconds", "gauge", "When the segment was made."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        sample(rows[i].name, rows[i].type, rows[i].help, labels, node_get(map, rows[i].key));
    sample("shoal_segment_peers", "gauge", "Processes attached for writing.", labels,
           node_uint(node_count_of(map, "peers")));
    const node *kinds = node_get(map, "kinds");
    for (size_t i = 0; kinds && kinds->type == MAP && i < kinds->size; i += 2)
        sample("shoal_segment_objects", "gauge", "Objects, by their kind.",
               keep_print("%s,kind=\"%s\"", labels, label(kinds->items[i]->bytes, kinds->items[i]->size)),
               kinds->items[i + 1]);
}

static void of_locks(const node *map, const char *labels)
{
    const node *locks = node_get(map, "locks");
    for (size_t i = 0; i < node_count_of(map, "locks"); i++) {
        const node *lock = locks->items[i], *name = node_get(lock, "name");
        const char *kind = node_text_of(lock, "kind");
        if (!name || name->type != STR)
            continue;
        char *own =
            keep_print("%s,lock=\"%s\",kind=\"%s\"", labels, label(name->bytes, name->size), label(kind, strlen(kind)));
        sample("shoal_lock_holders", "gauge", "Processes that hold it.", own,
               node_uint(node_count_of(lock, "holders")));
        sample("shoal_lock_waiters", "gauge", "Threads that wait for it.", own,
               node_uint(node_count_of(lock, "waiters")));
    }
}

/* Of a kind TwoWords and a field: shoal_two_words_field. */
static char *name_of(const char *kind, const char *field)
{
    char *name = keep(2 * strlen(kind) + strlen(field) + 16), *to = name + sprintf(name, "shoal_");
    for (const char *at = kind; *at; at++) {
        bool word = isupper((unsigned char)*at) && at > kind &&
                    (islower((unsigned char)at[-1]) || (at[1] && islower((unsigned char)at[1])));
        to += sprintf(to, "%s%c", word ? "_" : "", isalnum((unsigned char)*at) ? tolower((unsigned char)*at) : '_');
    }
    *to++ = '_';
    for (; *field; field++)
        *to++ = (char)(isalnum((unsigned char)*field) ? tolower((unsigned char)*field) : '_');
    return name;
}

static void of_object(shoal_segment *segment, const shoal_text *name, const char *labels)
{
    node *map;
    if (describe_object(&map, segment, name->text, name->length) < 0)
        return; /* removed meanwhile */
    const char *kind = node_text_of(map, "kind");
    char *own = keep_print("%s,object=\"%s\"", labels, label(name->text, name->length));
    for (size_t i = 0; i < map->size; i += 2)
        if (map->items[i]->type == STR)
            sample(name_of(kind, map->items[i]->bytes), "gauge", "What shoal stat says of it, by that name.", own,
                   map->items[i + 1]);
}

static int of_objects(shoal_segment *segment, const char *labels, double most)
{
    shoal_text *list;
    size_t count;
    int status = shoal_object_names(&list, &count, segment);
    if (status < 0)
        return status;
    for (size_t i = 0; i < count && (double)i < most; i++)
        of_object(segment, &list[i], labels);
    double left = (double)count > most ? (double)count - most : 0;
    sample("shoal_segment_objects_left_out", "gauge", "Objects that are not in these metrics: see --objects.", labels,
           node_real(left));
    shoal_list_free(list);
    return SHOAL_OK;
}

static int measure(const char *name, double most)
{
    shoal_segment *segment;
    node *map;
    int status = attach(&segment, name, false);
    if (status < 0)
        return status;
    char *labels = keep_print("segment=\"%s\"", label(name, strlen(name)));
    status = describe_segment(&map, segment);
    if (status >= 0) {
        of_segment(map, labels);
        of_locks(map, labels);
        status = of_objects(segment, labels, most);
    }
    shoal_close(segment);
    return status;
}

static void print_families(FILE *to)
{
    for (size_t i = 0; i < family_count; i++) {
        const struct family *each = &families[i];
        fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", each->name, each->help, each->name, each->type);
        for (size_t j = 0; j < each->lines->size; j++)
            fprintf(to, "%s\n", each->lines->items[j]->bytes);
    }
}

static void print_json(void)
{
    node *all = node_new(MAP), *list = node_new(ARRAY);
    for (size_t i = 0; i < family_count; i++) {
        node *family = node_new(MAP);
        node_put(family, "name", node_str(families[i].name));
        node_put(family, "type", node_str(families[i].type));
        node_put(family, "help", node_str(families[i].help));
        node_put(family, "samples", families[i].lines);
        node_add(list, family);
    }
    node_put(all, "metrics", list);
    json_print(all);
}

/* All that was asked for. `strict`: a segment that was named and cannot be looked at is an error. */
static int measure_all(double most, bool strict)
{
    shoal_listed *list = NULL;
    size_t count = (size_t)word_count;
    double failed = 0;
    family_count = 0;
    int status = word_count > 0 ? SHOAL_OK : shoal_list(&list, &count, context());
    for (size_t i = 0; i < count && status >= 0; i++) {
        int found = measure(list ? list[i].name : words[i], most);
        failed += found < 0;
        if (strict && !list)
            status = found;
    }
    shoal_list_free(list);
    struct family *family = family_of("shoal_segments_failed", "gauge", "Segments that could not be looked at.");
    if (family)
        node_add(family->lines, node_str(keep_print("shoal_segments_failed %.0f", failed)));
    return status;
}

static double most_objects;

static char *page(size_t *size)
{
    char *text = NULL;
    FILE *to = measure_all(most_objects, false) >= 0 ? open_memstream(&text, size) : NULL;
    if (!to)
        return NULL;
    print_families(to);
    return fclose(to) == 0 ? text : NULL;
}

static int metrics(void)
{
    if (!option_number(&most_objects, "objects", 1000))
        return USAGE;
    if (option("listen"))
        return as_json() ? fail_with(USAGE, "--listen or --json, not both") : listen_at(option("listen"), page);
    int status = measure_all(most_objects, true);
    if (status < 0)
        return fail(status);
    if (as_json())
        print_json();
    else
        print_families(stdout);
    return WELL;
}

const struct command metrics_command = {
    .name = "metrics",
    .words = "[SEGMENT...]",
    .most = MOST_WORDS,
    .summary = "Print what is in segments as metrics that Prometheus reads.",
    .text = "Of the segments given, or of all. Every number that an object says of itself is shoal_KIND_FIELD, with "
            "labels segment and "
            "object. A file for the textfile collector of node_exporter: shoal metrics > NEW && mv NEW "
            "shoal.prom.\n\nAttaches readonly, whoever owns it.",
    .options = {{"objects", "NUMBER", "So many objects of a segment at most, 1000 unless given; 0: none."},
                {"listen", "ADDRESS",
                 "Serve them at http://ADDRESS/metrics until a signal: HOST:PORT, or :PORT for this host only. It asks "
                 "for no password."}},
    .run = metrics,
};
