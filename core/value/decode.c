/*
 * Decodes MessagePack bytes into nodes of the caller, with the unpacking template of MessagePack's own C headers.
 *
 * The bytes are not trusted. The template checks every length and never reads past the end. This file adds what the
 * template does not do: it refuses counts of more items than there are bytes, checks the payload of extensions, and
 * drops the nodes that were made when the decoding fails half-way.
 */
#ifndef NDEBUG
/*
 * The core never aborts: no assertions. The template asserts that it begins within the bytes; decode_deep ensures that.
 */
#define NDEBUG
#endif
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "value/dtype.h"
#include "value/order.h"
#include "value/status.h"

#define NDARRAY_HEADER 8 /* bytes; 8 more for each dimension follow */

struct decoder {
    const shoal_builder *builder;
    void *user;
    size_t spare;       /* bytes of the message less the items that all headers so far have announced */
    bool insert_failed; /* `insert` has consumed the last key, although the template's level still has it */
};

/* The template's own failures, distinct from every status. */
enum {
    MSGPACK_UNPACK_PARSE_ERROR = INT_MIN,
    MSGPACK_UNPACK_NOMEM_ERROR, /* too many containers within containers */
};

/*
 * Every item takes at least a byte, so containers that together announce more items than the message has bytes are
 * refused. A builder that allocates for all announced items thus allocates in proportion to the message. `left` is the
 * number of bytes after the header of the container.
 */
static inline int claim(struct decoder *decoder, uint64_t items, size_t left)
{
    if (items > decoder->spare || items > left)
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: a container of %llu items in %zu bytes",
                           (unsigned long long)items, left);
    decoder->spare -= (size_t)items;
    return SHOAL_OK;
}

#include <msgpack/unpack_define.h>

static inline shoal_node take_root(struct decoder *decoder)
{
    (void)decoder;
    return (shoal_node){.words = {0}};
}

static inline int take_nil(struct decoder *decoder, shoal_node *out)
{
    return decoder->builder->nil(decoder->user, out);
}

static inline int take_true(struct decoder *decoder, shoal_node *out)
{
    return decoder->builder->boolean(decoder->user, true, out);
}

static inline int take_false(struct decoder *decoder, shoal_node *out)
{
    return decoder->builder->boolean(decoder->user, false, out);
}

static inline int take_int64(struct decoder *decoder, int64_t value, shoal_node *out)
{
    return decoder->builder->integer(decoder->user, value, out);
}

static inline int take_uint64(struct decoder *decoder, uint64_t value, shoal_node *out)
{
    if (value > INT64_MAX)
        return decoder->builder->unsigned_integer(decoder->user, value, out);
    return decoder->builder->integer(decoder->user, (int64_t)value, out);
}

#define take_int8 take_int64
#define take_int16 take_int64
#define take_int32 take_int64
#define take_uint8 take_int64
#define take_uint16 take_int64
#define take_uint32 take_int64

static inline int take_double(struct decoder *decoder, double value, shoal_node *out)
{
    return decoder->builder->real(decoder->user, value, out);
}

#define take_float take_double

/* For an empty string the template passes no address. */
static inline int take_str(struct decoder *decoder, const char *base, const char *bytes, size_t size, shoal_node *out)
{
    (void)base;
    return decoder->builder->str(decoder->user, size > 0 ? bytes : "", size, out);
}

static inline int take_bin(struct decoder *decoder, const char *base, const char *bytes, size_t size, shoal_node *out)
{
    (void)base;
    return decoder->builder->bin(decoder->user, size > 0 ? bytes : "", size, out);
}

static int take_time(struct decoder *decoder, const char *bytes, size_t size, shoal_node *out)
{
    uint32_t nanoseconds = 0, seconds32;
    uint64_t packed;
    int64_t seconds;
    if (size == 4) {
        _msgpack_load32(uint32_t, bytes, &seconds32);
        seconds = seconds32;
    } else if (size == 8) {
        _msgpack_load64(uint64_t, bytes, &packed);
        nanoseconds = (uint32_t)(packed >> 34);
        seconds = (int64_t)(packed & 0x3ffffffffu);
    } else if (size == 12) {
        _msgpack_load32(uint32_t, bytes, &nanoseconds);
        _msgpack_load64(int64_t, bytes + 4, &seconds);
    } else {
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: a time of %zu bytes", size);
    }
    if (nanoseconds > 999999999)
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: a time with %lu nanoseconds",
                           (unsigned long)nanoseconds);
    return decoder->builder->time(decoder->user, seconds, nanoseconds, out);
}

/* Read the header of an array, check the length of its data, and make a view of the data within `bytes`. */
static int read_ndarray(shoal_view *view, const unsigned char *bytes, size_t size)
{
    int64_t shape[SHOAL_MAX_DIMS];
    uint64_t nbytes;
    if (size < NDARRAY_HEADER || bytes[1] > SHOAL_MAX_DIMS || bytes[2] != 0 || bytes[3] != 0 ||
        size < NDARRAY_HEADER + 8 * (size_t)bytes[1])
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: the header of an array in it makes no sense");
    shoal_dtype dtype = {bytes[0], (uint32_t)shoal__load_little(bytes + 4, 4)};
    size_t ndim = bytes[1], header = NDARRAY_HEADER + 8 * ndim;
    for (size_t i = 0; i < ndim; i++)
        shape[i] = (int64_t)shoal__load_little(bytes + NDARRAY_HEADER + 8 * i, 8);
    if (!shoal__dtype_valid(dtype) || shoal_view_init(view, &nbytes, dtype, ndim, shape) < 0)
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: an array in it has no possible dtype or shape");
    if (nbytes != size - header)
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: an array of %llu bytes in it has %zu",
                           (unsigned long long)nbytes, size - header);
    view->data = (unsigned char *)(uintptr_t)(bytes + header);
    view->readonly = true;
    return SHOAL_OK;
}

/* On a big-endian host: build from a swapped copy, as the stored bytes must not be changed. */
static int build_swapped(struct decoder *decoder, shoal_view *view, shoal_node *out)
{
    size_t size = (size_t)(shoal_view_size(view) * view->dtype.itemsize);
    unsigned char *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        return shoal__fail(SHOAL_ENOMEM, "no memory for an array of %zu bytes", size);
    memcpy(copy, view->data, size);
    shoal__swap_words(copy, size, shoal__dtype_word(view->dtype));
    view->data = copy;
    int status = decoder->builder->ndarray(decoder->user, view, out);
    free(copy);
    return status;
}

static int take_ndarray(struct decoder *decoder, const char *bytes, size_t size, shoal_node *out)
{
    shoal_view view;
    int status = read_ndarray(&view, (const unsigned char *)bytes, size);
    if (status < 0)
        return status;
    if (!shoal__host_is_little())
        return build_swapped(decoder, &view, out);
    return decoder->builder->ndarray(decoder->user, &view, out);
}

/* `size` includes the type byte; it is 0 if a length of 2^32-1 made the template's sum wrap around. */
static int take_ext(struct decoder *decoder, const char *base, const char *bytes, size_t size, shoal_node *out)
{
    (void)base;
    if (size == 0)
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: an extension in it is longer than the value");
    int type = (signed char)bytes[0];
    bytes++;
    size--;
    if (type == SHOAL_EXT_TIME)
        return take_time(decoder, bytes, size, out);
    if (type == SHOAL_EXT_NDARRAY)
        return take_ndarray(decoder, bytes, size, out);
    return decoder->builder->ext(decoder->user, type, bytes, size, out);
}

static inline int start_array(struct decoder *decoder, size_t count, size_t left, shoal_node *out)
{
    int status = claim(decoder, count, left);
    return status < 0 ? status : decoder->builder->array(decoder->user, count, out);
}

static inline int start_map(struct decoder *decoder, size_t count, size_t left, shoal_node *out)
{
    int status = claim(decoder, 2 * (uint64_t)count, left);
    return status < 0 ? status : decoder->builder->map(decoder->user, count, out);
}

/* `p` and `pe` are variables of the template: the last byte of the container's header, and the end of the bytes. */
#define take_array(decoder, count, out) start_array(decoder, count, (size_t)(pe - p) - 1, out)
#define take_map(decoder, count, out) start_map(decoder, count, (size_t)(pe - p) - 1, out)

static inline int take_array_item(struct decoder *decoder, shoal_node *array, shoal_node item)
{
    return decoder->builder->append(decoder->user, array, &item);
}

static inline int take_map_item(struct decoder *decoder, shoal_node *map, shoal_node key, shoal_node value)
{
    int status = decoder->builder->insert(decoder->user, map, &key, &value);
    decoder->insert_failed = status < 0;
    return status;
}

/*
 * The template has one level for each open container, in an array within its context. It is compiled twice: with few
 * levels, enough for most values, in a context that fits a small stack (a thread's, a fiber's); and with
 * SHOAL_MAX_DEPTH levels, in a context in the heap.
 */
#define SHALLOW 16

#undef MSGPACK_EMBED_STACK_SIZE
#define MSGPACK_EMBED_STACK_SIZE SHALLOW
#define LEVEL_stack struct level
#define LEVEL_context struct shallow_context
#define msgpack_unpack_struct(name) LEVEL##name
#define msgpack_unpack_func(type, name) static inline type shallow##name
#define msgpack_unpack_callback(name) take##name
#define msgpack_unpack_object shoal_node
#define msgpack_unpack_user struct decoder
#include <msgpack/unpack_template.h>

#undef MSGPACK_EMBED_STACK_SIZE
#define MSGPACK_EMBED_STACK_SIZE SHOAL_MAX_DEPTH
#undef LEVEL_context
#define LEVEL_context struct deep_context
#define AGAIN_stack struct level_again /* the template declares its level again; not used */
#define AGAIN_context struct deep_context
#define msgpack_unpack_struct(name) LEVEL##name
#undef msgpack_unpack_struct_decl
#define msgpack_unpack_struct_decl(name) AGAIN##name
#define msgpack_unpack_func(type, name) static inline type deep##name
#define msgpack_unpack_callback(name) take##name
#define msgpack_unpack_object shoal_node
#define msgpack_unpack_user struct decoder
#include <msgpack/unpack_template.h>

/* Drop the nodes that are not finished, innermost first: open containers, and keys whose values were not decoded. */
static void drop_unfinished(const struct decoder *decoder, struct level *stack, unsigned top)
{
    for (unsigned depth = top; depth > 0; depth--) {
        struct level *level = &stack[depth - 1];
        bool key_waits = level->ct == MSGPACK_CT_MAP_VALUE;
        if (key_waits && !(decoder->insert_failed && depth == top))
            decoder->builder->drop(decoder->user, &level->map_key);
        decoder->builder->drop(decoder->user, &level->obj);
    }
}

static int explain(int result, size_t at, size_t size)
{
    if (result == MSGPACK_UNPACK_PARSE_ERROR)
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: no MessagePack at byte %zu of %zu", at, size);
    if (result == MSGPACK_UNPACK_NOMEM_ERROR)
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: more than %d containers within each other",
                           SHOAL_MAX_DEPTH);
    if (result == 0)
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: its %zu bytes end within an item", size);
    return result;
}

/* The most common value, a single string, is decoded without the template. Returns the string's bytes, or NULL. */
static const char *lone_string(const unsigned char *bytes, size_t size)
{
    if (size == 0)
        return NULL;
    if (bytes[0] >= 0xa0 && bytes[0] <= 0xbf && (size_t)(bytes[0] & 0x1f) + 1 == size)
        return (const char *)bytes + 1;
    if (bytes[0] == 0xd9 && size > 2 && (size_t)bytes[1] + 2 == size)
        return (const char *)bytes + 2;
    if (bytes[0] == 0xda && size > 3 && (size_t)bytes[1] * 256 + bytes[2] + 3 == size)
        return (const char *)bytes + 3;
    return NULL;
}

size_t shoal_string_head(bool *is_str, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    unsigned first = size > 0 ? at[0] : 0, kind = first - (first >= 0xd9 ? 0xd9 : 0xc4); /* of 8, 16, 32 bits' length */
    if (first >> 5 == 5) {
        *is_str = true;
        return size - 1 == (first & 0x1f) ? 1 : 0;
    }
    *is_str = first >= 0xd9;
    size_t length = 0, head = 1 + ((size_t)1 << (kind & 3));
    if (kind > 2 || size < head)
        return 0;
    for (size_t i = 1; i < head; i++)
        length = length << 8 | at[i];
    return length == size - head ? head : 0;
}

/* End the decoding: the template returned `result` and stopped at byte `at`, with `top` containers open. */
static int finish(shoal_node *out, int result, const struct decoder *decoder, struct level *stack, unsigned top,
                  size_t at, size_t size)
{
    if (result <= 0) {
        drop_unfinished(decoder, stack, top);
        return explain(result, at, size);
    }
    if (at != size) {
        decoder->builder->drop(decoder->user, &stack[0].obj);
        return shoal__fail(SHOAL_ECORRUPT, "the value is damaged: it has %zu bytes and ends after %zu", size, at);
    }
    *out = stack[0].obj;
    return SHOAL_OK;
}

/*
 * Continue with a context in the heap when the shallow levels are used up: at a container whose header was read, but
 * whose node was not made yet. If the header has several bytes, go back to its count, so that the template reads the
 * `trail` bytes of the count again.
 */
__attribute__((noinline)) static int decode_deep(shoal_node *out, struct shallow_context *few, const void *bytes,
                                                 size_t size, size_t at)
{
    struct deep_context *all = malloc(sizeof *all);
    if (!all)
        return finish(out, shoal__fail_plainly(SHOAL_ENOMEM), &few->user, few->stack, few->top, at, size);
    all->user = few->user;
    all->cs = few->cs;
    all->trail = few->trail;
    all->top = few->top;
    memcpy(all->stack, few->stack, few->top * sizeof *few->stack);
    if (few->cs != MSGPACK_CS_HEADER)
        at -= few->trail - 1;
    int result = deep_execute(all, bytes, size, &at);
    int status = finish(out, result, &all->user, all->stack, all->top, at, size);
    free(all);
    return status;
}

/* Not inlined: its caller would get the large frame even for a lone string. */
__attribute__((noinline)) static int decode(shoal_node *out, const void *bytes, size_t size,
                                            const shoal_builder *builder, void *user)
{
    struct shallow_context few;
    size_t at = 0;
    few.user = (struct decoder){.builder = builder, .user = user, .spare = size};
    shallow_init(&few);
    int result = shallow_execute(&few, bytes, size, &at);
    if (result == MSGPACK_UNPACK_NOMEM_ERROR)
        return decode_deep(out, &few, bytes, size, at);
    return finish(out, result, &few.user, few.stack, few.top, at, size);
}

int shoal_value_decode(shoal_node *out, const void *bytes, size_t size, const shoal_builder *builder, void *user)
{
    *out = (shoal_node){.words = {0}};
    const char *text = lone_string(bytes, size);
    if (text)
        return builder->str(user, text, (size_t)((const char *)bytes + size - text), out);
    return decode(out, bytes, size, builder, user);
}
