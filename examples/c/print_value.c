/*
 * Print a value as JSON would have it: ./print_value SEGMENT NAME
 *
 * Shows how shoal_value_decode builds what you like: here every node is a piece of text.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shoal.h>

/* In a node: words[0] is the text, words[1] the bracket that closes it, 0 for what is no container. */
static char *text_of(const shoal_node *node)
{
    return (char *)(uintptr_t)node->words[0];
}

static int make(shoal_node *out, char closing, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    out->words[0] = (uint64_t)(uintptr_t)(length < 0 ? NULL : text);
    out->words[1] = (uint64_t)closing;
    return length < 0 ? SHOAL_ENOMEM : SHOAL_OK;
}

static int nil(void *user, shoal_node *out)
{
    (void)user;
    return make(out, 0, "null");
}

static int boolean(void *user, bool value, shoal_node *out)
{
    (void)user;
    return make(out, 0, value ? "true" : "false");
}

static int integer(void *user, int64_t value, shoal_node *out)
{
    (void)user;
    return make(out, 0, "%" PRId64, value);
}

static int unsigned_integer(void *user, uint64_t value, shoal_node *out)
{
    (void)user;
    return make(out, 0, "%" PRIu64, value);
}

static int real(void *user, double value, shoal_node *out)
{
    (void)user;
    return make(out, 0, "%.17g", value);
}

static int str(void *user, const char *bytes, size_t size, shoal_node *out)
{
    (void)user;
    return make(out, 0, "\"%.*s\"", (int)size, bytes); /* a real program escapes quotes */
}

static int bin(void *user, const char *bytes, size_t size, shoal_node *out)
{
    (void)user, (void)bytes;
    return make(out, 0, "\"(%zu bytes)\"", size);
}

static int moment(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out)
{
    (void)user;
    return make(out, 0, "\"%" PRId64 ".%09" PRIu32 " s since 1970\"", seconds, nanoseconds);
}

static int ndarray(void *user, const shoal_view *view, shoal_node *out)
{
    char name[16];
    (void)user;
    return make(out, 0, "\"(%" PRIu64 " elements of %s)\"", shoal_view_size(view), shoal_dtype_name(view->dtype, name));
}

static int ext(void *user, int type, const char *bytes, size_t size, shoal_node *out)
{
    (void)user, (void)bytes;
    return make(out, 0, "\"(extension %d, %zu bytes)\"", type, size);
}

static int array(void *user, size_t count, shoal_node *out)
{
    (void)user, (void)count;
    return make(out, ']', "[");
}

static int map(void *user, size_t count, shoal_node *out)
{
    (void)user, (void)count;
    return make(out, '}', "{");
}

static void drop(void *user, shoal_node *node)
{
    (void)user;
    free(text_of(node));
}

/* container + ", " + key + ": " + item; what is given is consumed. */
static int add(shoal_node *container, shoal_node *key, shoal_node *item)
{
    char *before = text_of(container), end[2][2] = {{key ? (char)key->words[1] : 0, 0}, {(char)item->words[1], 0}};
    int status = make(container, (char)container->words[1], "%s%s%s%s%s%s%s", before, before[1] ? ", " : "",
                      key ? text_of(key) : "", end[0], key ? ": " : "", text_of(item), end[1]);
    free(before);
    free(text_of(item));
    if (key)
        free(text_of(key));
    return status;
}

static int append(void *user, shoal_node *list, shoal_node *item)
{
    (void)user;
    return add(list, NULL, item);
}

static int insert(void *user, shoal_node *pairs, shoal_node *key, shoal_node *value)
{
    (void)user;
    return add(pairs, key, value);
}

static const shoal_builder builder = {nil,     boolean, integer, unsigned_integer, real, str,    bin, moment,
                                      ndarray, ext,     array,   append,           map,  insert, drop};

/* The stored bytes; a writer may make them larger between two tries. */
static unsigned char *get(shoal_segment *segment, const char *name, size_t *size)
{
    unsigned char *bytes = NULL;
    size_t capacity = 0;
    int status;
    while ((status = shoal_value_get(segment, name, strlen(name), bytes, capacity, size)) == SHOAL_LARGER) {
        free(bytes);
        capacity = *size;
        if ((bytes = malloc(capacity)) == NULL)
            return NULL;
    }
    if (status == SHOAL_OK)
        return bytes;
    fprintf(stderr, "%s: %s\n", name, status == SHOAL_LIVE ? "is no value" : shoal_error_message());
    free(bytes);
    return NULL;
}

int main(int argc, char **argv)
{
    shoal_context *context = shoal_context_new();
    shoal_segment *segment;
    shoal_options options;
    shoal_node root;
    size_t size;
    if (argc != 3) {
        fprintf(stderr, "usage: %s SEGMENT NAME\n", argv[0]);
        return 2;
    }
    shoal_options_init(&options);
    options.readonly = true; /* looks, and disturbs nobody */
    if (shoal_open(&segment, context, argv[1], &options) < 0) {
        fprintf(stderr, "%s\n", shoal_error_message());
        return 1;
    }
    unsigned char *bytes = get(segment, argv[2], &size);
    if (bytes == NULL || shoal_value_decode(&root, bytes, size, &builder, NULL) < 0) {
        if (bytes != NULL)
            fprintf(stderr, "%s\n", shoal_error_message());
        return 1;
    }
    printf("%s%s\n", text_of(&root), (char[]){(char)root.words[1], 0});
    free(text_of(&root));
    free(bytes);
    shoal_close(segment);
    shoal_context_free(context);
    return 0;
}
