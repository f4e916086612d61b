/*
 * What tests of the decoder share: a builder whose nodes are text and which counts them, and a decode that
 * holds it to account. Include after check.h, once.
 */
#ifndef SHOAL_TESTS_TEXT_BUILDER_H
#define SHOAL_TESTS_TEXT_BUILDER_H

#include <inttypes.h>
#include <stdarg.h>

/* ---- A builder whose nodes are text, and which counts them ---------------------------------- */

struct ledger {
    int made, consumed, dropped, calls;
    int fail_at;      /* the call that fails; 0: none */
    size_t announced; /* items that all containers promised */
};

static int refused(struct ledger *ledger)
{
    return ++ledger->calls == ledger->fail_at ? SHOAL_ENOMEM : SHOAL_OK;
}

__attribute__((format(printf, 3, 4))) static int make(void *user, shoal_node *out, const char *format, ...)
{
    struct ledger *ledger = user;
    char *text = malloc(256);
    va_list arguments;
    if (refused(ledger) < 0) {
        free(text);
        return SHOAL_ENOMEM;
    }
    va_start(arguments, format);
    vsnprintf(text, 256, format, arguments);
    va_end(arguments);
    out->pointer = text;
    ledger->made++;
    return SHOAL_OK;
}

static char *consume(struct ledger *ledger, shoal_node *node)
{
    char *text = node->pointer;
    CHECK(text != NULL); /* never the same node twice */
    node->pointer = NULL;
    ledger->consumed++;
    return text;
}

static int build_nil(void *user, shoal_node *out)
{
    return make(user, out, "nil");
}

static int build_boolean(void *user, bool value, shoal_node *out)
{
    return make(user, out, value ? "true" : "false");
}

static int build_integer(void *user, int64_t value, shoal_node *out)
{
    return make(user, out, "%" PRId64, value);
}

static int build_unsigned(void *user, uint64_t value, shoal_node *out)
{
    return make(user, out, "%" PRIu64 "u", value);
}

static int build_real(void *user, double value, shoal_node *out)
{
    return make(user, out, "%a", value);
}

static int build_str(void *user, const char *bytes, size_t size, shoal_node *out)
{
    return make(user, out, "str%zu(%.*s)", size, (int)(size < 20 ? size : 20), bytes);
}

static int build_bin(void *user, const char *bytes, size_t size, shoal_node *out)
{
    return make(user, out, "bin%zu(%.*s)", size, (int)(size < 20 ? size : 20), bytes);
}

static int build_time(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out)
{
    return make(user, out, "time(%" PRId64 ".%09" PRIu32 ")", seconds, nanoseconds);
}

static int build_ndarray(void *user, const shoal_view *view, shoal_node *out)
{
    char name[16];
    shoal_scalar sum = {0};
    if (shoal_view_sum(&sum, view) < 0) /* reads every byte, so that the sanitizers see it */
        memset(&sum, 0, sizeof sum);
    return make(user, out, "ndarray(%s,%" PRIu32 ",%" PRIu64 ",%" PRId64 ",%g)", shoal_dtype_name(view->dtype, name),
                view->ndim, shoal_view_size(view), sum.i, sum.re);
}

static int build_ext(void *user, int type, const char *bytes, size_t size, shoal_node *out)
{
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (unsigned char)bytes[i];
    return make(user, out, "ext(%d,%zu,%u)", type, size, sum);
}

static int build_array(void *user, size_t count, shoal_node *out)
{
    ((struct ledger *)user)->announced += count;
    return make(user, out, "[");
}

static int build_map(void *user, size_t count, shoal_node *out)
{
    ((struct ledger *)user)->announced += 2 * count;
    return make(user, out, "{");
}

static void join(shoal_node *container, const char *a, const char *b)
{
    size_t length = strlen(container->pointer) + strlen(a) + strlen(b) + 3;
    container->pointer = realloc(container->pointer, length);
    strcat(strcat(strcat(container->pointer, a), b), " ");
}

static int build_append(void *user, shoal_node *array, shoal_node *item)
{
    char *text = consume(user, item);
    if (refused(user) == SHOAL_OK)
        join(array, text, "");
    free(text);
    return ((struct ledger *)user)->calls == ((struct ledger *)user)->fail_at ? SHOAL_ENOMEM : SHOAL_OK;
}

static int build_insert(void *user, shoal_node *map, shoal_node *key, shoal_node *value)
{
    char *k = consume(user, key), *v = consume(user, value), pair[600];
    int status = refused(user);
    if (status == SHOAL_OK) {
        snprintf(pair, sizeof pair, "%.290s=%.290s", k, v);
        join(map, pair, "");
    }
    free(k);
    free(v);
    return status;
}

static void build_drop(void *user, shoal_node *node)
{
    CHECK(node->pointer != NULL);
    free(node->pointer);
    node->pointer = NULL;
    ((struct ledger *)user)->dropped++;
}

static const shoal_builder builder = {
    .nil = build_nil,
    .boolean = build_boolean,
    .integer = build_integer,
    .unsigned_integer = build_unsigned,
    .real = build_real,
    .str = build_str,
    .bin = build_bin,
    .time = build_time,
    .ndarray = build_ndarray,
    .ext = build_ext,
    .array = build_array,
    .append = build_append,
    .map = build_map,
    .insert = build_insert,
    .drop = build_drop,
};

/* ---- Decoding in tests ---------------------------------------------------------------------- */

/*
 * Decode a copy on the heap of exactly that size, so that the sanitizers see a read past the end. Every node
 * made must have been consumed, dropped or be the result. Returns the text of the result (to free) or NULL.
 */
static char *decode_with(struct ledger *ledger, int *status, const void *bytes, size_t size)
{
    shoal_node root = {.words = {1, 1}};
    void *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    *status = shoal_value_decode(&root, copy, size, &builder, ledger);
    free(copy);
    CHECK(ledger->made == ledger->consumed + ledger->dropped + (*status == SHOAL_OK));
    CHECK((root.pointer != NULL) == (*status == SHOAL_OK));
    CHECK(ledger->announced <= size);
    return root.pointer;
}

__attribute__((unused)) static int decode_status(const void *bytes, size_t size)
{
    struct ledger ledger = {0};
    int status;
    free(decode_with(&ledger, &status, bytes, size));
    return status;
}

__attribute__((unused)) static void check_decodes(const void *bytes, size_t size, const char *expected,
                                                  const char *file, int line)
{
    struct ledger ledger = {0};
    int status;
    char *text = decode_with(&ledger, &status, bytes, size);
    if (status < 0 || strcmp(text, expected) != 0) {
        fprintf(stderr, "%s:%d: %s, %s instead of %s\n", file, line, shoal_status_name(status), text ? text : "-",
                expected);
        exit(1);
    }
    free(text);
}
#define CHECK_DECODES(bytes, size, expected) check_decodes(bytes, size, expected, __FILE__, __LINE__)
#define CHECK_WRITTEN(writer, expected)                                                                                \
    do {                                                                                                               \
        CHECK((writer).status == SHOAL_OK);                                                                            \
        CHECK_DECODES((writer).bytes, (writer).size, expected);                                                        \
        shoal_writer_free(&(writer));                                                                                  \
    } while (0)
#define LITERAL(text) text, sizeof(text) - 1
#define CHECK_LITERAL(text, expected) check_decodes(text, sizeof(text) - 1, expected, __FILE__, __LINE__)

static shoal_view view_over(void *data, const char *dtype_text, size_t ndim, const int64_t *shape)
{
    shoal_view view;
    shoal_dtype dtype;
    uint64_t nbytes;
    CHECK_STATUS(shoal_dtype_parse(&dtype, dtype_text, strlen(dtype_text)), SHOAL_OK);
    CHECK_STATUS(shoal_view_init(&view, &nbytes, dtype, ndim, shape), SHOAL_OK);
    view.data = data;
    return view;
}

#endif
