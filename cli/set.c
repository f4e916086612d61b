/* shoal set: stores a value, sets a Counter, fills an array. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "npy.h"

static int read_all(char **bytes, size_t *size, FILE *from)
{
    size_t room = 64 * 1024;
    *bytes = keep(room);
    for (*size = 0;;) {
        *size += fread(*bytes + *size, 1, room - *size, from);
        if (*size < room)
            return ferror(from) ? -1 : 0;
        char *larger = keep(room * 2);
        memcpy(larger, *bytes, room);
        *bytes = larger;
        room *= 2;
    }
}

static int read_input(char **bytes, size_t *size)
{
    const char *path = option("input");
    if (word_count == 3 && path)
        return fail_with(USAGE, "a VALUE or --input, not both");
    if (word_count == 3) {
        *bytes = keep_text(words[2], strlen(words[2]));
        *size = strlen(words[2]);
        return WELL;
    }
    FILE *from = path ? fopen(path, "rb") : stdin;
    if (!from || read_all(bytes, size, from) < 0)
        return fail_with(FAILED, "%s: %s", path ? path : "standard input", strerror(errno));
    if (path)
        fclose(from);
    return WELL;
}

static int read_value(node **out)
{
    char *bytes = NULL;
    size_t size = 0;
    const char *why;
    int outcome = read_input(&bytes, &size);
    if (outcome != WELL)
        return outcome;
    if (option("npy")) {
        *out = node_new(VIEW);
        if (!((*out)->view = npy_read(&why, bytes, size)))
            return fail_with(USAGE, "--npy: %s", why);
    } else if (option("raw") || option("text")) {
        *out = node_bytes(option("text") ? STR : BIN, bytes, size);
        if (option("text") && !shoal_is_utf8(bytes, size))
            return fail_with(USAGE, "--text: these bytes are no UTF-8; --raw stores them as bytes");
    } else if (json_parse(out, &why, bytes, size) < 0) {
        return fail_with(USAGE, "no JSON: %s. A text wants its quotes, or --text", why);
    }
    return WELL;
}

static int store(shoal_segment *segment, const char *name, const node *value)
{
    shoal_writer writer;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(segment);
    node_encode(&writer, value);
    int status = writer.status;
    if (status >= 0)
        status = shoal_value_put(segment, name, strlen(name), writer.bytes, writer.size);
    shoal_writer_free(&writer);
    return status < 0 ? fail(status) : WELL;
}

static bool is_integer(const node *value)
{
    return value->type == INT || (value->type == UINT && value->large <= INT64_MAX);
}

/* An object that was made already: its calls say whether they are for it. */
static int change(shoal_object *object, const node *value)
{
    shoal_view view;
    int64_t before;
    int status = shoal_array_view(&view, object);
    if (status >= 0 && value->type == VIEW)
        status = shoal_array_assign(object, &view, value->view);
    else if (status >= 0)
        return fail_with(USAGE, "it is an array: its elements are set from a .npy file, with --npy");
    else if (is_integer(value))
        status = shoal_counter_exchange(&before, object, value->integer);
    else
        return fail_with(USAGE, "it is a live object that has no such value; remove it first, or set another name");
    return status < 0 ? fail(status) : WELL;
}

static int new_array(shoal_segment *segment, const char *name, const shoal_view *from)
{
    shoal_object *object;
    shoal_view view;
    int status = shoal_array_open(&object, segment, name, strlen(name), from->dtype, from->ndim, from->shape);
    if (status >= 0)
        status = shoal_array_view(&view, object);
    if (status >= 0)
        status = shoal_array_assign(object, &view, from);
    return status < 0 ? fail(status) : WELL;
}

static int put(shoal_segment *segment, const char *name, const node *value)
{
    shoal_object *object;
    char nothing[1];
    size_t size;
    int status = shoal_object_read(&object, segment, name, strlen(name), nothing, 0, &size);
    if (status < 0 && status != SHOAL_ENOKEY)
        return fail(status);
    if (status != SHOAL_LIVE)
        return value->type == VIEW && status == SHOAL_ENOKEY ? new_array(segment, name, value->view)
                                                             : store(segment, name, value);
    int outcome = change(object, value);
    shoal_object_close(object);
    return outcome;
}

static int set(void)
{
    shoal_segment *segment;
    node *value = NULL, *done = node_new(MAP);
    if ((option("raw") != NULL) + (option("npy") != NULL) + (option("text") != NULL) > 1)
        return fail_with(USAGE, "one of --raw, --text and --npy");
    int outcome = read_value(&value);
    if (outcome != WELL)
        return outcome;
    int status = attach(&segment, words[0], true);
    if (status < 0)
        return fail(status);
    outcome = put(segment, words[1], value);
    shoal_close(segment);
    node_put(done, "segment", node_str(words[0]));
    node_put(done, "set", node_str(words[1]));
    if (outcome == WELL && as_json())
        json_print(done);
    return outcome;
}

const struct command set_command = {
    .name = "set",
    .words = "SEGMENT OBJECT [VALUE]",
    .least = 2,
    .most = 3,
    .summary = "Store a value under a name: JSON, or bytes, or an array.",
    .text =
        "VALUE is JSON, as shoal get prints it; without it standard input is read. An object that is there already "
        "keeps its "
        "kind: an integer sets a Counter, and --npy the elements of an array of the same shape. --npy under a new name "
        "makes an array.\n\nAttaches for writing, only one's own segments: it is a peer for that moment.",
    .options = {{"raw", NULL, "VALUE is bytes, and stored as bytes."},
                {"text", NULL, "VALUE is a text, without quotes."},
                {"npy", NULL, "The input is a .npy file."},
                {"input", "FILE", "Read this file, and no VALUE."}},
    .run = set,
};
