/* shoal get: the value of an object. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "npy.h"
#include "value.h"

static int opened(node **out, const shoal_object *object)
{
    shoal_view *view = keep(sizeof *view);
    shoal_writer writer;
    node *described;
    if (shoal_array_view(view, object) >= 0) {
        *out = node_new(VIEW);
        (*out)->view = view;
        return SHOAL_OK;
    }
    shoal_writer_init(&writer);
    int status = shoal_object_describe(&writer, object);
    if (status >= 0)
        status = node_decode(&described, writer.bytes, writer.size);
    shoal_writer_free(&writer);
    if (status >= 0)
        *out = node_get(described, "value");
    return status;
}

int value_bytes(char **bytes, size_t *size, shoal_object **object, shoal_segment *segment, const char *name)
{
    size_t room = 4096;
    for (;;) {
        *bytes = keep(room);
        int status = shoal_object_read(object, segment, name, strlen(name), *bytes, room, size);
        if (status != SHOAL_LARGER)
            return status;
        room = *size + *size / 8; /* it may be replaced by a larger one meanwhile */
    }
}

int value_read(node **out, char **bytes, size_t *size, shoal_segment *segment, const char *name)
{
    shoal_object *object = NULL;
    *out = NULL;
    int status = value_bytes(bytes, size, &object, segment, name);
    if (status < 0)
        return status;
    if (status != SHOAL_LIVE)
        return node_decode(out, *bytes, *size);
    *bytes = NULL;
    return opened(out, object); /* it stays open: an array is read as it is printed */
}

static int write_raw(FILE *to, const node *value)
{
    if (value->type == STR || value->type == BIN) {
        fwrite(value->bytes, 1, value->size, to);
    } else if (value->type == VIEW) {
        size_t size = (size_t)shoal_view_size(value->view) * value->view->dtype.itemsize;
        char *packed = keep(size + 1);
        shoal_view_pack(packed, value->view);
        fwrite(packed, 1, size, to);
    } else {
        return fail_with(USAGE, "--raw is for texts, bytes and arrays; this one is neither: leave it out, for JSON");
    }
    return WELL;
}

static int write_to(FILE *to, const node *value)
{
    if (option("npy") && value->type != VIEW)
        return fail_with(USAGE, "--npy is for arrays, and this is none: leave it out, for JSON");
    if (option("npy"))
        npy_write(to, value->view);
    else if (option("raw"))
        return write_raw(to, value);
    else
        json_write(to, value), putc('\n', to);
    return WELL;
}

static int write_value(const node *value)
{
    const char *path = option("output");
    bool bytes = option("npy") || option("raw");
    if (!path && bytes && isatty(STDOUT_FILENO) == 1)
        return fail_with(USAGE, "a terminal would obey what is in these bytes: give --output FILE, or a pipe");
    if (as_json() && bytes && !path)
        return fail_with(USAGE, "--json prints no bytes: give --output FILE as well");
    FILE *to = path ? fopen(path, "wb") : stdout;
    if (!to)
        return fail_with(FAILED, "%s: %s", path, strerror(errno));
    int outcome = write_to(to, value);
    if (path && (ferror(to) | fclose(to)) != 0)
        return fail_with(FAILED, "%s: %s", path, strerror(errno));
    if (path && as_json() && outcome == WELL)
        json_print(node_str(path));
    return outcome;
}

static int get(void)
{
    shoal_segment *segment;
    node *value;
    char *bytes;
    size_t size;
    if (option("raw") && option("npy"))
        return fail_with(USAGE, "--raw or --npy, not both");
    int status = attach(&segment, words[0], false);
    if (status < 0 || (status = value_read(&value, &bytes, &size, segment, words[1])) < 0)
        return fail(status);
    if (!value)
        return fail_with(USAGE, "\"%s\" has no value of its own; shoal stat %s %s says what there is of it", words[1],
                         words[0], words[1]);
    return write_value(value);
}

const struct command get_command = {
    .name = "get",
    .words = "SEGMENT OBJECT",
    .least = 2,
    .most = 2,
    .summary = "Print the value of an object: as JSON, or as its bytes, or as a .npy file.",
    .text = "What JSON has no word for is an object whose one key begins with $; shoal set reads it back. An array "
            "that others "
            "write meanwhile is printed as its elements were read: there is no lock in between.\n\nAttaches readonly, "
            "whoever "
            "owns it.",
    .options = {{"raw", NULL, "The bytes of a text, of bytes or of an array, and nothing else. Not to a terminal."},
                {"npy", NULL, "An array, as numpy.load reads it. Not to a terminal."},
                {"output", "FILE", "Write to this file instead."}},
    .run = get,
};
