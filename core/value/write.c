/*
 * Writes values as MessagePack bytes, with the packing template of MessagePack's own C headers.
 */
#include <stdlib.h>
#include <string.h>

#include "value/order.h"
#include "value/status.h"
#include "value/dtype.h"
#include "value/parts.h"

#define LENGTH_MAX UINT32_MAX /* MessagePack counts in 32 bits */
#define NDARRAY_HEADER 8      /* bytes; 8 more for each dimension follow */

static void fail(shoal_writer *writer, int status)
{
    if (writer->status == SHOAL_OK)
        writer->status = status;
}

void shoal_writer_init(shoal_writer *writer)
{
    writer->bytes = writer->inline_bytes;
    writer->size = 0;
    writer->capacity = sizeof writer->inline_bytes;
    writer->status = SHOAL_OK;
    writer->limit = 0;
}

void shoal_writer_free(shoal_writer *writer)
{
    if (writer->bytes != writer->inline_bytes)
        free(writer->bytes);
    shoal_writer_init(writer);
}

static bool move_to_heap(shoal_writer *writer, size_t capacity)
{
    bool in_heap = writer->bytes != writer->inline_bytes;
    unsigned char *bytes = realloc(in_heap ? writer->bytes : NULL, capacity);
    if (bytes == NULL)
        return false;
    if (!in_heap)
        memcpy(bytes, writer->inline_bytes, writer->size);
    writer->bytes = bytes;
    writer->capacity = capacity;
    return true;
}

bool shoal_writer_admits(shoal_writer *writer, uint64_t size)
{
    if (writer->status < 0 || writer->limit == 0 ||
        (writer->size <= writer->limit && size <= writer->limit - writer->size))
        return writer->status >= 0;
    fail(writer, shoal__fail(SHOAL_ENOSPACE,
                             "a value of at least %llu bytes is larger than its segment, which has room for %llu in "
                             "all; create it with a larger size",
                             (unsigned long long)(writer->size + size), (unsigned long long)writer->limit));
    return false;
}

/* Make room for `n` more bytes. At least doubles the buffer, so that on average each byte is copied less than twice. */
__attribute__((noinline)) static bool grow(shoal_writer *writer, size_t n)
{
    if (writer->bytes == NULL) { /* a writer that was only zero-initialised */
        writer->bytes = writer->inline_bytes;
        writer->capacity = sizeof writer->inline_bytes;
    }
    if (n <= writer->capacity - writer->size)
        return true;
    if (!shoal_writer_admits(writer, n))
        return false;
    size_t needed = writer->size + n, doubled = writer->capacity * 2;
    if (needed < n || needed > PTRDIFF_MAX || !move_to_heap(writer, needed > doubled ? needed : doubled)) {
        fail(writer, shoal__fail(SHOAL_ENOMEM, "no memory for a value of at least %zu bytes", writer->size));
        return false;
    }
    return true;
}

/* Returns where to write the next `n` bytes, which are counted as written now; NULL after a failure. */
static inline unsigned char *reserve(shoal_writer *writer, size_t n)
{
    if (writer->status < 0)
        return NULL;
    if (n > writer->capacity - writer->size && !grow(writer, n))
        return NULL;
    unsigned char *place = writer->bytes + writer->size;
    writer->size += n;
    return place;
}

static inline void append(shoal_writer *writer, const void *bytes, size_t n)
{
    unsigned char *place = reserve(writer, n);
    if (place != NULL && n > 0)
        memcpy(place, bytes, n);
}

#include <msgpack/pack_define.h>
#include <msgpack/timestamp.h>
#define msgpack_pack_inline_func(name) static inline void msgpack_pack##name
#define msgpack_pack_inline_func_cint(name) static inline void msgpack_pack##name
#define msgpack_pack_user shoal_writer *
#define msgpack_pack_append_buffer(writer, bytes, n) append(writer, bytes, n)
#include <msgpack/pack_template.h>

void shoal__write_raw(shoal_writer *writer, const void *bytes, size_t size)
{
    append(writer, bytes, size);
}

static bool countable(shoal_writer *writer, const char *what, uint64_t n)
{
    if (n <= LENGTH_MAX)
        return true;
    fail(writer, shoal__fail(SHOAL_EVALUE, "%s of %llu does not fit in a value; at most 2^32-1 are allowed", what,
                             (unsigned long long)n));
    return false;
}

void shoal_write_nil(shoal_writer *writer)
{
    msgpack_pack_nil(writer);
}

void shoal_write_bool(shoal_writer *writer, bool value)
{
    if (value)
        msgpack_pack_true(writer);
    else
        msgpack_pack_false(writer);
}

void shoal_write_int(shoal_writer *writer, int64_t value)
{
    msgpack_pack_int64(writer, value);
}

void shoal_write_uint(shoal_writer *writer, uint64_t value)
{
    msgpack_pack_uint64(writer, value);
}

void shoal_write_float(shoal_writer *writer, double value)
{
    msgpack_pack_double(writer, value);
}

void shoal_write_str(shoal_writer *writer, const char *bytes, size_t size)
{
    if (!countable(writer, "text with a byte count", size))
        return;
    msgpack_pack_str(writer, size);
    append(writer, bytes, size);
}

void shoal_write_bin(shoal_writer *writer, const void *bytes, size_t size)
{
    if (!countable(writer, "a byte string with a length", size))
        return;
    msgpack_pack_bin(writer, size);
    append(writer, bytes, size);
}

size_t shoal__write_head(unsigned char *head, bool is_str, size_t size)
{
    if (is_str && size < 32) {
        head[0] = (unsigned char)(0xa0 | size);
        return 1;
    }
    unsigned doubling = size < 0x100 ? 0 : size < 0x10000 ? 1 : 2, bytes = 1u << doubling;
    head[0] = (unsigned char)((is_str ? 0xd9 : 0xc4) + doubling);
    for (unsigned i = bytes; i > 0; i--, size >>= 8)
        head[i] = (unsigned char)size;
    return 1 + bytes;
}

void shoal_write_array(shoal_writer *writer, size_t count)
{
    /* an item takes at least a byte: refuse at once what cannot fit */
    if (countable(writer, "a list with a length", count) && shoal_writer_admits(writer, count))
        msgpack_pack_array(writer, count);
}

void shoal_write_map(shoal_writer *writer, size_t count)
{
    if (countable(writer, "a map with a length", count) && shoal_writer_admits(writer, 2 * (uint64_t)count))
        msgpack_pack_map(writer, count);
}

/* 0001-01-01 00:00:00 and 9999-12-31 23:59:59 in UTC: a range that the dates of all languages cover. */
#define FIRST_SECOND INT64_C(-62135596800)
#define LAST_SECOND INT64_C(253402300799)

void shoal_write_time(shoal_writer *writer, int64_t seconds, uint32_t nanoseconds)
{
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) {
        fail(writer,
             shoal__fail(SHOAL_EOVERFLOW,
                         "a time that is outside of the years 1 to 9999 in UTC (%lld s from 1970) cannot be stored",
                         (long long)seconds));
        return;
    }
    if (nanoseconds > 999999999) {
        fail(writer, shoal__fail(SHOAL_EVALUE, "a time has %lu nanoseconds; it must be under one second",
                                 (unsigned long)nanoseconds));
        return;
    }
    msgpack_pack_timestamp(writer, &(msgpack_timestamp){.tv_sec = seconds, .tv_nsec = nanoseconds});
}

bool shoal__write_array_head(shoal_writer *writer, const shoal_view *view, uint64_t *data)
{
    /* Check the shape as readers do: an axis of length 0 must not hide another that is too long. */
    shoal_view packed;
    size_t header = NDARRAY_HEADER + 8 * (size_t)view->ndim;
    int status = shoal_view_init(&packed, data, view->dtype, view->ndim, view->shape);
    if (status < 0) {
        fail(writer, status);
        return false;
    }
    if (!countable(writer, "an array with a byte count", *data + header))
        return false;
    msgpack_pack_ext(writer, header + (size_t)*data, SHOAL_EXT_NDARRAY);
    unsigned char *place = reserve(writer, header);
    if (place == NULL)
        return false;
    place[0] = (unsigned char)view->dtype.number;
    place[1] = (unsigned char)view->ndim;
    place[2] = place[3] = 0;
    shoal__store_little(place + 4, view->dtype.itemsize, 4);
    for (uint32_t i = 0; i < view->ndim; i++)
        shoal__store_little(place + NDARRAY_HEADER + 8 * i, (uint64_t)view->shape[i], 8);
    return true;
}

void shoal__write_elements(unsigned char *place, const shoal_view *view, size_t size)
{
    shoal_view_pack(place, view);
    if (!shoal__host_is_little())
        shoal__swap_words(place, size, shoal__dtype_word(view->dtype));
}

void shoal_write_ndarray(shoal_writer *writer, const shoal_view *view)
{
    uint64_t data;
    unsigned char *place = shoal__write_array_head(writer, view, &data) ? reserve(writer, (size_t)data) : NULL;
    if (place != NULL)
        shoal__write_elements(place, view, (size_t)data);
}

size_t shoal__array_data_at(const unsigned char *bytes, size_t size)
{
    size_t head = bytes[0] == 0xc7 ? 3 : bytes[0] == 0xc8 ? 4 : bytes[0] == 0xc9 ? 6 : 0;
    if (head == 0 || size < head + NDARRAY_HEADER || bytes[head - 1] != SHOAL_EXT_NDARRAY)
        return 0;
    return head + NDARRAY_HEADER + 8 * (size_t)bytes[head + 1];
}
