/* Elements, and views of memory that has elements. Part of shoal.h. */
#ifndef SHOAL_VIEW_H
#define SHOAL_VIEW_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

#define SHOAL_MAX_DIMS 32

/* X(NAME, number, numpy name, item size in bytes (0: any), short code). The numbers are part of the format. */
#define SHOAL_DTYPE_LIST(X)                                                                                            \
    X(BOOL, 1, "bool", 1, "?")                                                                                         \
    X(INT8, 2, "int8", 1, "i1")                                                                                        \
    X(INT16, 3, "int16", 2, "i2")                                                                                      \
    X(INT32, 4, "int32", 4, "i4")                                                                                      \
    X(INT64, 5, "int64", 8, "i8")                                                                                      \
    X(UINT8, 6, "uint8", 1, "u1")                                                                                      \
    X(UINT16, 7, "uint16", 2, "u2")                                                                                    \
    X(UINT32, 8, "uint32", 4, "u4")                                                                                    \
    X(UINT64, 9, "uint64", 8, "u8")                                                                                    \
    X(FLOAT16, 10, "float16", 2, "f2")                                                                                 \
    X(FLOAT32, 11, "float32", 4, "f4")                                                                                 \
    X(FLOAT64, 12, "float64", 8, "f8")                                                                                 \
    X(COMPLEX64, 13, "complex64", 8, "c8")                                                                             \
    X(COMPLEX128, 14, "complex128", 16, "c16")                                                                         \
    X(BYTES, 15, "S", 0, "S")

enum shoal_dtype_number {
#define SHOAL_DTYPE_ENUM(name, number, text, size, code) SHOAL_##name = number,
    SHOAL_DTYPE_LIST(SHOAL_DTYPE_ENUM)
#undef SHOAL_DTYPE_ENUM
};

typedef struct shoal_dtype {
    uint32_t number;   /* enum shoal_dtype_number */
    uint32_t itemsize; /* bytes; for BYTES 1 to 2^31-1 */
} shoal_dtype;

/*
 * "float64", "f8", "<f8", "=f8", "|S12", "S12", "?", "bool", "float", "int"; otherwise SHOAL_EVALUE, whose message
 * shows the text.
 */
SHOAL_API int shoal_dtype_parse(shoal_dtype *out, const char *text, size_t length);
/* numpy's name: "float64", "S12". Returns `buffer`, which holds at least 16 bytes. */
SHOAL_API const char *shoal_dtype_name(shoal_dtype dtype, char *buffer);
/* The struct-module format of PEP 3118: "d", "Zd", "12s", ... . Returns `buffer` (at least 16 bytes). */
SHOAL_API const char *shoal_dtype_format(shoal_dtype dtype, char *buffer);

/*
 * An n-dimensional window onto memory: of an NdArray, of a slice of one, of a private buffer. It owns nothing. Strides
 * are in bytes and may be negative or 0.
 */
struct shoal_view {
    unsigned char *data;
    shoal_dtype dtype;
    uint32_t ndim;
    bool readonly;
    int64_t shape[SHOAL_MAX_DIMS];
    int64_t strides[SHOAL_MAX_DIMS];
};

/* One element, in the widest type of its family. */
typedef struct shoal_scalar {
    enum {
        SHOAL_SCALAR_BOOL,
        SHOAL_SCALAR_INT,
        SHOAL_SCALAR_UINT,
        SHOAL_SCALAR_FLOAT,
        SHOAL_SCALAR_COMPLEX,
        SHOAL_SCALAR_BYTES
    } type;
    int64_t i;                  /* BOOL (0 or 1), INT */
    uint64_t u;                 /* UINT */
    double re, im;              /* FLOAT uses re */
    const unsigned char *bytes; /* BYTES: points into the array */
    size_t size;                /* BYTES: with trailing NULs removed, as numpy does */
} shoal_scalar;

/*
 * Fill a view for C-contiguous data; out->data is NULL, for the caller to set. SHOAL_EVALUE: ndim > 32, a negative
 * length, a product above 2^47. *nbytes is the product of shape and itemsize.
 */
SHOAL_API int shoal_view_init(shoal_view *out, uint64_t *nbytes, shoal_dtype dtype, size_t ndim, const int64_t *shape);
SHOAL_API uint64_t shoal_view_size(const shoal_view *view);   /* number of elements */
SHOAL_API bool shoal_view_contiguous(const shoal_view *view); /* C order, no gaps */
/* Fix dimension 0 at `index` (negative counts from the end): one dimension less. SHOAL_EINDEX. */
SHOAL_API int shoal_view_index(shoal_view *view, int64_t index);
/* Dimension `axis` becomes start, start+step, ... (`count` items); bounds are checked. SHOAL_EINDEX. */
SHOAL_API int shoal_view_slice(shoal_view *view, size_t axis, int64_t start, int64_t step, int64_t count);
/* The address of the element; negative indices count from the end. SHOAL_EINDEX names index, axis and length. */
SHOAL_API int shoal_view_at(unsigned char **out, const shoal_view *view, size_t count, const int64_t *index);

/*
 * Read and write one element at an address. A store refuses a value that it would change: SHOAL_EOVERFLOW for a number
 * out of range, a finite float that would become infinite, bytes longer than S<n>; SHOAL_ETYPE for a fraction or NaN
 * into an integer, and for another family of types.
 */
SHOAL_API void shoal_scalar_load(shoal_scalar *out, shoal_dtype dtype, const unsigned char *at);
SHOAL_API int shoal_scalar_store(unsigned char *at, shoal_dtype dtype, const shoal_scalar *value);

SHOAL_API int shoal_view_fill(const shoal_view *view, const shoal_scalar *value);
/*
 * Element-wise copy with conversion, as numpy's astype(casting="same_kind") does it. The shapes must be equal and the
 * cast allowed (SHOAL_EMISMATCH). The views may overlap in their addresses; shoal_array_assign also recognises the same
 * memory at two addresses.
 */
SHOAL_API int shoal_view_assign(const shoal_view *to, const shoal_view *from);
/*
 * Do both have the same dtype and shape, and equal elements? Elements are compared as numbers (NaN equals nothing, 0.0
 * and -0.0 are equal); but two views of the very same memory are equal, whatever it holds.
 */
SHOAL_API bool shoal_view_equal(const shoal_view *one, const shoal_view *other);
/* Copy the elements in C order into / from a packed buffer of exactly size*itemsize bytes. */
SHOAL_API void shoal_view_pack(void *out, const shoal_view *view);
SHOAL_API int shoal_view_unpack(const shoal_view *view, const void *bytes, size_t size);
/*
 * Reductions over all elements, as numpy's: sum of bool and ints in 64 bits (SHOAL_EOVERFLOW where numpy would wrap),
 * of floats by pairwise summation; min and max propagate NaN; SHOAL_EVALUE for min and max of no elements; the mean of
 * no elements is NaN. SHOAL_ETYPE for BYTES, and for min and max of complex numbers.
 */
SHOAL_API int shoal_view_sum(shoal_scalar *out, const shoal_view *view);
SHOAL_API int shoal_view_min(shoal_scalar *out, const shoal_view *view);
SHOAL_API int shoal_view_max(shoal_scalar *out, const shoal_view *view);
SHOAL_API int shoal_view_mean(shoal_scalar *out, const shoal_view *view);

/*
 * Write a view as the MessagePack extension SHOAL_EXT_NDARRAY; SHOAL_EVALUE for a shape that shoal_view_init refuses.
 */
SHOAL_API void shoal_write_ndarray(shoal_writer *writer, const shoal_view *view);

#endif
