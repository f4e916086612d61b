/* The tree of what was found, its memory, and its way from and to MessagePack. */
#include "node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chunk {
    struct chunk *next;
    size_t used, size;
    max_align_t bytes[];
};
static struct chunk *chunks;

static void *or_end(void *memory)
{
    if (memory)
        return memory;
    fputs("shoal: out of memory\n", stderr);
    exit(7);
}

void *keep(size_t size)
{
    enum { USUAL = 64 * 1024 };
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (!chunks || chunks->size - chunks->used < size) {
        size_t room = size > USUAL ? size : USUAL;
        struct chunk *fresh = or_end(malloc(sizeof *fresh + room));
        *fresh = (struct chunk){.next = chunks, .size = room};
        chunks = fresh;
    }
    void *at = (char *)chunks->bytes + chunks->used;
    chunks->used += size;
    return memset(at, 0, size);
}

void keep_reset(void)
{
    while (chunks) {
        struct chunk *next = chunks->next;
        free(chunks);
        chunks = next;
    }
}

char *keep_text(const char *bytes, size_t size)
{
    char *copy = keep(size + 1);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

char *keep_print(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    or_end(size < 0 ? NULL : text);
    char *copy = keep_text(text, (size_t)size);
    free(text);
    return copy;
}

node *node_new(enum node_type type)
{
    node *made = keep(sizeof *made);
    made->type = type;
    return made;
}

node *node_bool(bool truth)
{
    node *made = node_new(BOOL);
    made->truth = truth;
    return made;
}

node *node_int(int64_t integer)
{
    node *made = node_new(INT);
    made->integer = integer;
    return made;
}

node *node_uint(uint64_t large)
{
    node *made = node_new(UINT);
    made->large = large;
    return made;
}

node *node_real(double real)
{
    node *made = node_new(REAL);
    made->real = real;
    return made;
}

node *node_bytes(enum node_type type, const char *bytes, size_t size)
{
    node *made = node_new(type);
    made->bytes = keep_text(bytes, size);
    made->size = size;
    return made;
}

node *node_str(const char *text)
{
    return node_bytes(STR, text, strlen(text));
}

void node_add(node *list, node *item)
{
    if (list->size == list->room) {
        size_t room = list->room ? list->room * 2 : 8;
        node **items = keep(room * sizeof(node *));
        if (list->size)
            memcpy(items, list->items, list->size * sizeof(node *));
        list->items = items;
        list->room = room;
    }
    list->items[list->size++] = item;
}

void node_put(node *map, const char *key, node *value)
{
    node_add(map, node_str(key));
    node_add(map, value);
}

node *node_get(const node *map, const char *key)
{
    if (!map || map->type != MAP)
        return NULL;
    for (size_t i = 0; i < map->size; i += 2) {
        const node *each = map->items[i];
        if (each->type == STR && each->size == strlen(key) && memcmp(each->bytes, key, each->size) == 0)
            return map->items[i + 1];
    }
    return NULL;
}

bool node_number(double *out, const node *from)
{
    *out = 0;
    if (!from)
        return false;
    switch (from->type) {
    case BOOL:
        *out = from->truth;
        return true;
    case INT:
        *out = (double)from->integer;
        return true;
    case UINT:
        *out = (double)from->large;
        return true;
    case REAL:
        *out = from->real;
        return true;
    default:
        return false;
    }
}

double node_number_of(const node *map, const char *key)
{
    double number;
    node_number(&number, node_get(map, key));
    return number;
}

const char *node_text_of(const node *map, const char *key)
{
    const node *found = node_get(map, key);
    return found && found->type == STR ? found->bytes : "";
}

size_t node_count_of(const node *map, const char *key)
{
    const node *found = node_get(map, key);
    return found && found->type == ARRAY ? found->size : 0;
}

/* From MessagePack */

static int give(shoal_node *out, node *made)
{
    out->pointer = made;
    return SHOAL_OK;
}

static int on_nil(void *user, shoal_node *out)
{
    (void)user;
    return give(out, node_new(NIL));
}

static int on_boolean(void *user, bool value, shoal_node *out)
{
    (void)user;
    return give(out, node_bool(value));
}

static int on_integer(void *user, int64_t value, shoal_node *out)
{
    (void)user;
    return give(out, node_int(value));
}

static int on_unsigned(void *user, uint64_t value, shoal_node *out)
{
    (void)user;
    return give(out, node_uint(value));
}

static int on_real(void *user, double value, shoal_node *out)
{
    (void)user;
    return give(out, node_real(value));
}

static int on_str(void *user, const char *bytes, size_t size, shoal_node *out)
{
    (void)user;
    return give(out, node_bytes(STR, bytes, size));
}

static int on_bin(void *user, const char *bytes, size_t size, shoal_node *out)
{
    (void)user;
    return give(out, node_bytes(BIN, bytes, size));
}

static int on_time(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out)
{
    (void)user;
    node *made = node_new(TIME);
    made->integer = seconds;
    made->nanosecond = nanoseconds;
    return give(out, made);
}

static int on_ndarray(void *user, const shoal_view *view, shoal_node *out)
{
    (void)user;
    size_t size = (size_t)shoal_view_size(view) * view->dtype.itemsize;
    shoal_view *copy = keep(sizeof *copy);
    uint64_t bytes;
    int status = shoal_view_init(copy, &bytes, view->dtype, view->ndim, view->shape);
    if (status < 0)
        return status;
    copy->data = keep(size + 1);
    shoal_view_pack(copy->data, view);
    node *made = node_new(VIEW);
    made->view = copy;
    return give(out, made);
}

static int on_ext(void *user, int type, const char *bytes, size_t size, shoal_node *out)
{
    (void)user;
    node *made = node_bytes(EXT, bytes, size);
    made->extension = type;
    return give(out, made);
}

static int on_array(void *user, size_t count, shoal_node *out)
{
    (void)user;
    (void)count;
    return give(out, node_new(ARRAY));
}

static int on_map(void *user, size_t count, shoal_node *out)
{
    (void)user;
    (void)count;
    return give(out, node_new(MAP));
}

static int on_append(void *user, shoal_node *array, shoal_node *item)
{
    (void)user;
    node_add(array->pointer, item->pointer);
    return SHOAL_OK;
}

static int on_insert(void *user, shoal_node *map, shoal_node *key, shoal_node *value)
{
    (void)user;
    node_add(map->pointer, key->pointer);
    node_add(map->pointer, value->pointer);
    return SHOAL_OK;
}

static void on_drop(void *user, shoal_node *dropped)
{
    (void)user;
    (void)dropped;
}

int node_decode(node **out, const void *bytes, size_t size)
{
    static const shoal_builder builder = {
        .nil = on_nil,
        .boolean = on_boolean,
        .integer = on_integer,
        .unsigned_integer = on_unsigned,
        .real = on_real,
        .str = on_str,
        .bin = on_bin,
        .time = on_time,
        .ndarray = on_ndarray,
        .ext = on_ext,
        .array = on_array,
        .append = on_append,
        .map = on_map,
        .insert = on_insert,
        .drop = on_drop,
    };
    shoal_node decoded = {0};
    *out = NULL;
    int status = shoal_value_decode(&decoded, bytes, size, &builder, NULL);
    if (status >= 0)
        *out = decoded.pointer;
    return status;
}

/* To MessagePack */

static void encode_items(shoal_writer *out, const node *from)
{
    for (size_t i = 0; i < from->size; i++)
        node_encode(out, from->items[i]);
}

void node_encode(shoal_writer *out, const node *from)
{
    switch (from->type) {
    case NIL:
        return shoal_write_nil(out);
    case BOOL:
        return shoal_write_bool(out, from->truth);
    case INT:
        return shoal_write_int(out, from->integer);
    case UINT:
        return shoal_write_uint(out, from->large);
    case REAL:
        return shoal_write_float(out, from->real);
    case STR:
        return shoal_write_str(out, from->bytes, from->size);
    case BIN:
    case EXT: /* shoal.h has no call that writes one; JSON has no spelling of one that is read */
        return shoal_write_bin(out, from->bytes, from->size);
    case TIME:
        return shoal_write_time(out, from->integer, from->nanosecond);
    case VIEW:
        return shoal_write_ndarray(out, from->view);
    case ARRAY:
        shoal_write_array(out, from->size);
        return encode_items(out, from);
    case MAP:
        shoal_write_map(out, from->size / 2);
        return encode_items(out, from);
    }
}
