/* Opening segments, and asking what is in them. */
#include <stdlib.h>

#include "command.h"

shoal_context *context(void)
{
    static shoal_context *only;
    if (!only && !(only = shoal_context_new())) {
        fputs("shoal: out of memory\n", stderr);
        exit(FAILED);
    }
    return only;
}

int attach(shoal_segment **out, const char *name, bool writing)
{
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = !writing;
    if (!writing)
        options.owner = SHOAL_ANY_OWNER; /* a readonly process survives any bytes */
    return shoal_open(out, context(), name, &options);
}

static int finish(node **out, shoal_writer *from, int status)
{
    if (status >= 0)
        status = node_decode(out, from->bytes, from->size);
    shoal_writer_free(from);
    return status;
}

int describe_segment(node **out, shoal_segment *segment)
{
    shoal_writer writer;
    *out = NULL;
    shoal_writer_init(&writer);
    return finish(out, &writer, shoal_segment_describe(&writer, segment));
}

/* Of what is read and not opened: the name, the kind and the size. */
static node *stored(shoal_segment *segment, const char *name, size_t length, size_t size)
{
    node *map = node_new(MAP);
    int kind = shoal_object_find(segment, name, length);
    node_put(map, "name", node_bytes(STR, name, length));
    node_put(map, "kind", kind > 0 ? node_str(shoal_kind_name(kind)) : node_new(NIL));
    node_put(map, "bytes", node_uint(size));
    return map;
}

int describe_object(node **out, shoal_segment *segment, const char *name, size_t length)
{
    shoal_object *object = NULL;
    shoal_writer writer;
    char nothing[1];
    size_t size = 0;
    *out = NULL;
    int status = shoal_object_read(&object, segment, name, length, nothing, 0, &size);
    if (status < 0)
        return status;
    if (status != SHOAL_LIVE) {
        *out = stored(segment, name, length, size);
        return SHOAL_OK;
    }
    shoal_writer_init(&writer);
    status = finish(out, &writer, shoal_object_describe(&writer, object));
    shoal_object_close(object);
    return status;
}
