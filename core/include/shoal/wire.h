/* The wire format of values: MessagePack. Part of shoal.h. */
#ifndef SHOAL_WIRE_H
#define SHOAL_WIRE_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

#define SHOAL_MAX_DEPTH 512 /* containers within containers */
/* an array: u8 dtype, u8 ndim, u16 zero, u32 itemsize, ndim x u64 shape; data; all little-endian, C order */
#define SHOAL_EXT_NDARRAY 1
#define SHOAL_EXT_TIME (-1) /* the timestamp of the MessagePack specification */

/* A growing buffer of MessagePack. Zero-initialise, write, use bytes/size, shoal_writer_free. */
typedef struct shoal_writer {
    unsigned char *bytes;
    size_t size;
    size_t capacity;
    int status; /* first failure (SHOAL_ENOMEM, SHOAL_ENOSPACE, …); later writes do nothing. Test it once, at the end */
    uint64_t limit; /* bytes: refuse a larger value before it is copied, with SHOAL_ENOSPACE; 0: no limit */
    unsigned char inline_bytes[2048]; /* `bytes` points here until more room is needed: do not copy the struct */
} shoal_writer;

SHOAL_API void shoal_writer_init(shoal_writer *writer);
SHOAL_API void shoal_writer_free(shoal_writer *writer);
/* Is there room for `size` more bytes within the limit? Ask before preparing a copy. False: `status` says why. */
SHOAL_API bool shoal_writer_admits(shoal_writer *writer, uint64_t size);
SHOAL_API void shoal_write_nil(shoal_writer *writer);
SHOAL_API void shoal_write_bool(shoal_writer *writer, bool value);
SHOAL_API void shoal_write_int(shoal_writer *writer, int64_t value);
SHOAL_API void shoal_write_uint(shoal_writer *writer, uint64_t value);
SHOAL_API void shoal_write_float(shoal_writer *writer, double value);
SHOAL_API void shoal_write_str(shoal_writer *writer, const char *bytes, size_t size);
SHOAL_API void shoal_write_bin(shoal_writer *writer, const void *bytes, size_t size);
SHOAL_API void shoal_write_array(shoal_writer *writer, size_t count); /* `count` items follow */
SHOAL_API void shoal_write_map(shoal_writer *writer, size_t count);   /* `count` pairs of items follow */
/*
 * A time since 1970 in UTC, within the years 1 to 9999 (else SHOAL_EOVERFLOW), which the dates of all languages cover.
 */
SHOAL_API void shoal_write_time(shoal_writer *writer, int64_t seconds, uint32_t nanoseconds);

/* One node under construction: 16 bytes in which a binding keeps what it builds (a PyObject *, a zval). */
typedef union shoal_node {
    void *pointer;
    uint64_t words[2];
} shoal_node;

/* An array decoded from SHOAL_EXT_NDARRAY; view.h has the struct. */
typedef struct shoal_view shoal_view;

/*
 * Callbacks that turn MessagePack into nodes of the caller's. One that returns < 0 stops the decoding, which returns
 * that status. `append` and `insert` consume the child nodes they are given, also when they fail. `drop` frees a node
 * that was made but not consumed. `count` of array and map is at most the number of bytes left.
 */
typedef struct shoal_builder {
    int (*nil)(void *user, shoal_node *out);
    int (*boolean)(void *user, bool value, shoal_node *out);
    int (*integer)(void *user, int64_t value, shoal_node *out);
    int (*unsigned_integer)(void *user, uint64_t value, shoal_node *out); /* only for values above INT64_MAX */
    int (*real)(void *user, double value, shoal_node *out);
    int (*str)(void *user, const char *bytes, size_t size, shoal_node *out); /* not checked to be UTF-8 */
    int (*bin)(void *user, const char *bytes, size_t size, shoal_node *out);
    int (*time)(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out);
    int (*ndarray)(void *user, const shoal_view *view, shoal_node *out); /* view over the decoded buffer: copy it */
    int (*ext)(void *user, int type, const char *bytes, size_t size, shoal_node *out); /* any other extension */
    int (*array)(void *user, size_t count, shoal_node *out);
    int (*append)(void *user, shoal_node *array, shoal_node *item);
    int (*map)(void *user, size_t count, shoal_node *out);
    int (*insert)(void *user, shoal_node *map, shoal_node *key, shoal_node *value);
    void (*drop)(void *user, shoal_node *node);
} shoal_builder;

/*
 * Decode exactly one item: SHOAL_ECORRUPT for truncated, trailing or malformed bytes, or deeper than SHOAL_MAX_DEPTH.
 */
SHOAL_API int shoal_value_decode(shoal_node *out, const void *bytes, size_t size, const shoal_builder *builder,
                                 void *user);

/*
 * If a value of `size` bytes that begins with `bytes` is one string (str or bin) and nothing else: the length of its
 * head, after which its text follows; else 0. `bytes` has at least the first SHOAL_STRING_HEAD bytes of the value, or
 * all of it.
 */
#define SHOAL_STRING_HEAD 5
SHOAL_API size_t shoal_string_head(bool *is_str, const void *bytes, size_t size);

SHOAL_API bool shoal_is_ascii(const char *bytes, size_t size);
SHOAL_API bool shoal_is_utf8(const char *bytes, size_t size); /* strict: no surrogates, no overlong forms */

#endif
