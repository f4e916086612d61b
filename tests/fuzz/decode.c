/*
 * Target: any bytes are decoded as MessagePack. Whatever comes out is written again and decoded again, and is then the
 * same; every node that was made is consumed, dropped or the result, also if the builder fails at any call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoal.h"

#define MOST_NODES 8192u
#define MOST_ARRAYS (MOST_NODES / 10) /* the shortest has 11 bytes */

/* A value as a tree: the children of a container are a list. */
struct tree {
    enum { FREE, NIL, BOOLEAN, INTEGER, UNSIGNED, REAL, STR, BIN, TIME, NDARRAY, EXT, ARRAY, MAP } type;
    bool consumed;
    int64_t number;
    uint32_t more; /* nanoseconds; type of an extension */
    const char *bytes;
    size_t size;
    const shoal_view *view;
    size_t announced;
    struct tree *first, *last, *next;
};

struct forest {
    struct tree trees[MOST_NODES];
    shoal_view views[MOST_ARRAYS];
    unsigned arrays;
    unsigned made, gone, calls, fail_at;
    size_t announced, size;
};

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1:malloc_context_size=4"; /* faster */
}

static void violation(const char *what)
{
    fprintf(stderr, "VIOLATION: %s\n", what);
    abort();
}

/* ---- Building ---- */

static int refuse(struct forest *forest)
{
    return ++forest->calls == forest->fail_at ? SHOAL_ENOMEM : SHOAL_OK;
}

static struct tree *grow(void *user, shoal_node *out, int type)
{
    struct forest *forest = user;
    if (refuse(forest) < 0)
        return NULL;
    if (forest->made == MOST_NODES)
        violation("more nodes than there were bytes");
    struct tree *tree = &forest->trees[forest->made++];
    *tree = (struct tree){.type = type};
    out->pointer = tree;
    return tree;
}

static struct tree *consume(struct forest *forest, shoal_node *node)
{
    struct tree *tree = node->pointer;
    if (!tree || tree->consumed)
        violation("a node is consumed twice, or none");
    tree->consumed = true;
    forest->gone++;
    return tree;
}

static int nil(void *user, shoal_node *out)
{
    return grow(user, out, NIL) ? SHOAL_OK : SHOAL_ENOMEM;
}

static int number(void *user, shoal_node *out, int type, int64_t value)
{
    struct tree *tree = grow(user, out, type);
    if (!tree)
        return SHOAL_ENOMEM;
    tree->number = value;
    return SHOAL_OK;
}

static int boolean(void *user, bool value, shoal_node *out)
{
    return number(user, out, BOOLEAN, value);
}

static int integer(void *user, int64_t value, shoal_node *out)
{
    return number(user, out, INTEGER, value);
}

static int unsigned_integer(void *user, uint64_t value, shoal_node *out)
{
    if (value <= INT64_MAX)
        violation("an integer that is not large comes as one");
    return number(user, out, UNSIGNED, (int64_t)value);
}

static int real(void *user, double value, shoal_node *out)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return number(user, out, REAL, bits);
}

static int bytes_of(void *user, shoal_node *out, int type, const char *bytes, size_t size)
{
    struct tree *tree = grow(user, out, type);
    if (!tree)
        return SHOAL_ENOMEM;
    if (size > ((struct forest *)user)->size)
        violation("a string longer than the value");
    for (size_t i = 0; i < size; i++) /* each is there: AddressSanitizer looks on */
        tree->number += bytes[i];
    tree->bytes = bytes;
    tree->size = size;
    return SHOAL_OK;
}

static int str(void *user, const char *bytes, size_t size, shoal_node *out)
{
    return bytes_of(user, out, STR, bytes, size);
}

static int bin(void *user, const char *bytes, size_t size, shoal_node *out)
{
    return bytes_of(user, out, BIN, bytes, size);
}

static int moment(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out)
{
    struct tree *tree = grow(user, out, TIME);
    if (!tree)
        return SHOAL_ENOMEM;
    if (nanoseconds > 999999999)
        violation("more than a second of nanoseconds");
    tree->number = seconds;
    tree->more = nanoseconds;
    return SHOAL_OK;
}

static int ndarray(void *user, const shoal_view *view, shoal_node *out)
{
    struct forest *forest = user;
    size_t size = (size_t)(shoal_view_size(view) * view->dtype.itemsize);
    if (bytes_of(user, out, NDARRAY, (const char *)view->data, size) < 0)
        return SHOAL_ENOMEM;
    if (forest->arrays == MOST_ARRAYS)
        violation("more arrays than there were bytes");
    forest->views[forest->arrays] = *view;
    ((struct tree *)out->pointer)->view = &forest->views[forest->arrays++];
    return SHOAL_OK;
}

static int ext(void *user, int type, const char *bytes, size_t size, shoal_node *out)
{
    if (bytes_of(user, out, EXT, bytes, size) < 0)
        return SHOAL_ENOMEM;
    ((struct tree *)out->pointer)->more = (uint32_t)type;
    return SHOAL_OK;
}

static int container(void *user, size_t count, size_t items, shoal_node *out, int type)
{
    struct forest *forest = user;
    struct tree *tree = grow(user, out, type);
    if (!tree)
        return SHOAL_ENOMEM;
    tree->announced = count;
    if ((forest->announced += items) > forest->size)
        violation("containers announce more than there are bytes");
    return SHOAL_OK;
}

static int array(void *user, size_t count, shoal_node *out)
{
    return container(user, count, count, out, ARRAY);
}

static int map(void *user, size_t count, shoal_node *out)
{
    return container(user, count, 2 * count, out, MAP);
}

static void hang(struct tree *parent, struct tree *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

static int append(void *user, shoal_node *array, shoal_node *item)
{
    struct tree *child = consume(user, item);
    if (refuse(user) < 0)
        return SHOAL_ENOMEM;
    hang(array->pointer, child);
    return SHOAL_OK;
}

static int insert(void *user, shoal_node *map, shoal_node *key, shoal_node *value)
{
    struct tree *first = consume(user, key), *second = consume(user, value);
    if (refuse(user) < 0)
        return SHOAL_ENOMEM;
    hang(map->pointer, first);
    hang(map->pointer, second);
    return SHOAL_OK;
}

static void drop(void *user, shoal_node *node)
{
    consume(user, node);
}

static const shoal_builder builder = {nil,     boolean, integer, unsigned_integer, real, str,    bin, moment,
                                      ndarray, ext,     array,   append,           map,  insert, drop};

/* ---- Writing ---- */

/* Unknown extensions, and times that not every language has, are read, and never written. */
static bool has_foreign(const struct tree *tree)
{
    bool found =
        tree->type == EXT || (tree->type == TIME && (tree->number < -62135596800 || tree->number > 253402300799));
    for (const struct tree *it = tree->first; it && !found; it = it->next)
        found = has_foreign(it);
    return found;
}

static void write(shoal_writer *writer, const struct tree *tree)
{
    size_t children = 0;
    for (const struct tree *it = tree->first; it; it = it->next)
        children++;
    double value;
    switch (tree->type) {
    case NIL:
        shoal_write_nil(writer);
        break;
    case BOOLEAN:
        shoal_write_bool(writer, tree->number);
        break;
    case INTEGER:
        shoal_write_int(writer, tree->number);
        break;
    case UNSIGNED:
        shoal_write_uint(writer, (uint64_t)tree->number);
        break;
    case REAL:
        memcpy(&value, &tree->number, sizeof value);
        shoal_write_float(writer, value);
        break;
    case STR:
        shoal_write_str(writer, tree->bytes, tree->size);
        break;
    case BIN:
        shoal_write_bin(writer, tree->bytes, tree->size);
        break;
    case TIME:
        shoal_write_time(writer, tree->number, tree->more);
        break;
    case NDARRAY:
        shoal_write_ndarray(writer, tree->view);
        break;
    case ARRAY:
        if (children != tree->announced)
            violation("an array has not what it announced");
        shoal_write_array(writer, children);
        break;
    default:
        if (children != 2 * tree->announced)
            violation("a map has not what it announced");
        shoal_write_map(writer, tree->announced);
    }
    for (const struct tree *it = tree->first; it; it = it->next)
        write(writer, it);
}

static bool same(const struct tree *a, const struct tree *b)
{
    if (a->type != b->type || a->size != b->size || (a->size && memcmp(a->bytes, b->bytes, a->size) != 0))
        return false;
    if (a->type == TIME && a->more != b->more)
        return false;
    if (a->type != STR && a->type != BIN && a->type != NDARRAY && a->type < ARRAY && a->number != b->number)
        return false;
    if (a->type == NDARRAY && (a->view->dtype.number != b->view->dtype.number || a->view->ndim != b->view->ndim ||
                               memcmp(a->view->shape, b->view->shape, a->view->ndim * sizeof *a->view->shape) != 0))
        return false;
    const struct tree *left = a->first, *right = b->first;
    for (; left && right; left = left->next, right = right->next)
        if (!same(left, right))
            return false;
    return left == right;
}

/* ---- The target ---- */

static struct tree *decode(struct forest *forest, const void *bytes, size_t size, unsigned fail_at)
{
    shoal_node root = {.words = {1, 1}};
    forest->arrays = forest->made = forest->gone = forest->calls = 0;
    forest->announced = 0;
    forest->fail_at = fail_at;
    forest->size = size;
    int status = shoal_value_decode(&root, bytes, size, &builder, forest);
    if (forest->made != forest->gone + (status == SHOAL_OK))
        violation("nodes are lost, or gone twice");
    if ((status == SHOAL_OK) != (root.pointer != NULL))
        violation("a result without success, or the other way round");
    if (status != SHOAL_OK && status != SHOAL_ECORRUPT && !(forest->fail_at && status == SHOAL_ENOMEM))
        violation("an error that cannot be");
    return root.pointer;
}

static void go_round(const struct tree *tree)
{
    static struct forest again;
    shoal_writer writer;
    shoal_writer_init(&writer);
    write(&writer, tree);
    if (writer.status != SHOAL_OK)
        violation("what was read can't be written");
    struct tree *copy = decode(&again, writer.bytes, writer.size, 0);
    if (!copy || !same(tree, copy))
        violation("what was written is read as something else");
    shoal_writer_free(&writer);
}

/* The first byte: at which call the builder fails; 0 and high ones: never. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct forest forest;
    if (size == 0 || size > MOST_NODES)
        return 0;
    char *exact = malloc(size - 1 ? size - 1 : 1); /* so that a read past the end is seen */
    memcpy(exact, data + 1, size - 1);
    struct tree *tree = decode(&forest, exact, size - 1, data[0] < 64 ? data[0] : 0);
    if (tree && !has_foreign(tree))
        go_round(tree);
    free(exact);
    return 0;
}
