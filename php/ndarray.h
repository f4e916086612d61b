/* NdArray, whose files are ndarray.c (the class) and ndarray_….c. */
#ifndef PHP_SHOAL_NDARRAY_H
#define PHP_SHOAL_NDARRAY_H

#include "kinds.h"

/* What keeps shared memory that is no NdArray's: a frame of a Channel, the pages of a message. */
typedef struct shoal_lease {
    uint32_t references;
    const bool *lost; /* true once nobody may touch the memory any more; NULL: ask `here` */
    bool (*here)(const struct shoal_lease *lease);
    void (*end)(struct shoal_lease *lease);   /* nobody has it any more */
    void (*raise)(struct shoal_lease *lease); /* throw why it is lost */
} shoal_lease;

typedef struct shoal_ndarray {
    shoal_object *object; /* shared memory of its own ... */
    zend_string *memory;  /* ... or private memory ... */
    shoal_lease *lease;   /* ... or shared memory that it shows for a while; all NULL: never made */
    shoal_attachment *attachment;
    const bool *
        lost; /* NULL: never made, or ask the lease. Ask php_shoal_ndarray_here before what `view` describes is touched */
    shoal_view view;
    zend_object std;
} shoal_ndarray;

static inline shoal_ndarray *php_shoal_ndarray_of(zend_object *object)
{
    return (shoal_ndarray *)((char *)object - offsetof(shoal_ndarray, std));
}

static inline bool php_shoal_ndarray_made(const shoal_ndarray *array)
{
    return array->object || array->memory || array->lease;
}

/* Is there memory, and may this process touch it? It may have been forked without. */
static zend_always_inline bool php_shoal_ndarray_here(const shoal_ndarray *array)
{
    if (EXPECTED(array->lost)) {
        return EXPECTED(!*array->lost);
    }
    return array->lease && array->lease->here(array->lease);
}

void php_shoal_ndarray_raise(shoal_ndarray *array); /* why not: Closed */

/* The array of $this, or return from the method with Closed thrown. */
#define SHOAL_THIS_ARRAY(array)                                                                                        \
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(ZEND_THIS));                                                   \
    if (UNEXPECTED(!php_shoal_ndarray_here(array))) {                                                                  \
        php_shoal_ndarray_raise(array);                                                                                \
        RETURN_THROWS();                                                                                               \
    }

static inline uint64_t php_shoal_view_nbytes(const shoal_view *view)
{
    return shoal_view_size(view) * view->dtype.itemsize;
}

/* As `*to = *from`, without the lengths of dimensions that it does not have: a view has room for 32. */
static inline void php_shoal_view_copy(shoal_view *to, const shoal_view *from)
{
    memcpy(to, from, offsetof(shoal_view, shape) + from->ndim * sizeof *from->shape);
    memcpy(to->strides, from->strides, from->ndim * sizeof *from->strides);
}

/* Do both show the same elements of the same memory? */
static inline bool php_shoal_view_same(const shoal_view *one, const shoal_view *other)
{
    return one->data == other->data && one->ndim == other->ndim &&
           memcmp(one->shape, other->shape, one->ndim * sizeof *one->shape) == 0 &&
           memcmp(one->strides, other->strides, one->ndim * sizeof *one->strides) == 0;
}

/* ?list<int> $shape, the argument number `position` -> lengths, and how many; -1: an exception is thrown. */
int php_shoal_shape_of(int64_t shape[SHOAL_MAX_DIMS], HashTable *table, uint32_t position);
/* `array`, which is being made, is of all of `object`: takes over it and the attachment. Its view is the caller's to set. */
void php_shoal_ndarray_take(shoal_ndarray *array, shoal_attachment *attachment, shoal_object *object);
/* Or of private memory of that dtype and shape, not initialised. False: an exception. */
bool php_shoal_ndarray_make_private(shoal_ndarray *array, shoal_dtype dtype, uint32_t ndim, const int64_t *shape);
void php_shoal_lengths_to_zval(zval *out, const int64_t *lengths, uint32_t count);
/* Private memory with a copy of `view`. */
void php_shoal_ndarray_detached(zval *out, const shoal_view *view);
/* `view` of the memory that `lease` keeps; adds a reference. */
void php_shoal_ndarray_leased(zval *out, shoal_lease *lease, const shoal_view *view);
void php_shoal_lease_release(shoal_lease *lease); /* NULL is allowed */
/* `view` of the memory of `parent`. */
void php_shoal_ndarray_view(zval *out, const shoal_ndarray *parent, const shoal_view *view);

/* ---- Methods (ndarray_methods.c) ---- */

zend_string *php_shoal_view_packed(const shoal_view *view);
zend_result php_shoal_ndarray_count(zend_object *object, zend_long *out);

/* ---- Indices and views (ndarray_access.c, ndarray_slice.c) ---- */

typedef struct shoal_index {
    uint32_t count;
    int64_t at[SHOAL_MAX_DIMS];
} shoal_index;

bool php_shoal_ndarray_get(zval *out, shoal_ndarray *array, const shoal_index *index);
bool php_shoal_ndarray_set(shoal_ndarray *array, const shoal_index *index, zval *value);
bool php_shoal_index_of_arguments(shoal_index *out, const shoal_ndarray *array, zval *arguments, uint32_t count);
zval *php_shoal_ndarray_read(zend_object *object, zval *offset, int type, zval *rv);
void php_shoal_ndarray_write(zend_object *object, zval *offset, zval *value);
int php_shoal_ndarray_has(zend_object *object, zval *offset, int check_empty);
void php_shoal_ndarray_unset(zend_object *object, zval *offset);
bool php_shoal_slice(shoal_view *view, zval *ranges, uint32_t count);
zend_object_iterator *php_shoal_ndarray_iterator(zend_class_entry *ce, zval *object, int by_ref);

/* ---- Elements (ndarray_elements.c) ---- */

void php_shoal_scalar_to_zval(zval *out, const shoal_scalar *scalar);
void php_shoal_element_to_zval(zval *out, shoal_dtype dtype, const unsigned char *at);

/* float64 and int64, which are in nearly every array and hold what PHP's own numbers hold, without the way through a scalar. */
static zend_always_inline uint8_t php_shoal_common_type(uint32_t number)
{
    if (number == SHOAL_FLOAT64) {
        return IS_DOUBLE;
    }
    return number == SHOAL_INT64 && sizeof(zend_long) == sizeof(int64_t) ? IS_LONG : IS_UNDEF;
}

/* false: it is of another dtype. */
static zend_always_inline bool php_shoal_load_common(zval *out, uint32_t number, const unsigned char *at)
{
    uint8_t type = php_shoal_common_type(number);
    if (type == IS_UNDEF) {
        return false;
    }
    memcpy(&out->value, at, sizeof out->value);
    Z_TYPE_INFO_P(out) = type;
    return true;
}

/* false: the dtype, or what is given, is another. */
static zend_always_inline bool php_shoal_store_common(unsigned char *at, uint32_t number, const zval *value)
{
    uint8_t type = php_shoal_common_type(number);
    if (type == IS_UNDEF || Z_TYPE_P(value) != type) {
        return false;
    }
    memcpy(at, &value->value, sizeof value->value);
    return true;
}

/* For an element of `dtype`; borrows the bytes of strings. false: it cannot be one, _of throws a TypeError, too. */
bool php_shoal_scalar_try(shoal_scalar *out, zval *value, shoal_dtype dtype);
bool php_shoal_scalar_of(shoal_scalar *out, zval *value, shoal_dtype dtype);
bool php_shoal_scalar_store(unsigned char *at, const shoal_view *view, zval *value);
/* false: ReadOnlyError is thrown. */
bool php_shoal_writable(const shoal_view *view);

/* ---- Nested lists (ndarray_lists.c) ---- */

void php_shoal_view_to_array(zval *out, const shoal_view *view);
bool php_shoal_same_dtype(const shoal_view *view, zval *ndarray);
bool php_shoal_view_fill(const shoal_view *view, zval *value);
/* Set all of `view`, of `array` (NULL: private memory), from an NdArray, a nested list, or (broadcast) one element. */
bool php_shoal_view_assign(const shoal_object *array, const shoal_view *view, zval *value);
bool php_shoal_view_assign_list(const shoal_view *view, HashTable *list);

#endif
