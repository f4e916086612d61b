/* Nested lists to and from an NdArray; assigning and filling. */
#include "ndarray.h"

#include "exceptions.h"

#include "zend_smart_str.h"

/* ---- To a nested list ------------------------------------------------------------------------------ */

static void level_to_list(zval *out, const shoal_view *view, uint32_t axis, const unsigned char *at)
{
    int64_t length = view->shape[axis];
    if (length == 0) {
        ZVAL_EMPTY_ARRAY(out);
        return;
    }
    if (length > HT_MAX_SIZE) {
        php_shoal_raise_because(SHOAL_EVALUE, "a dimension of %" PRId64 " is too long for a PHP array", length);
        ZVAL_EMPTY_ARRAY(out);
        return;
    }
    array_init_size(out, (uint32_t)length);
    zend_hash_real_init_packed(Z_ARRVAL_P(out));
    bool innermost = axis + 1 == view->ndim;
    ZEND_HASH_FILL_PACKED(Z_ARRVAL_P(out))
    {
        for (int64_t i = 0; i < length; i++, at += view->strides[axis]) {
            zval item;
            if (innermost) {
                php_shoal_element_to_zval(&item, view->dtype, at);
            } else {
                level_to_list(&item, view, axis + 1, at);
            }
            ZEND_HASH_FILL_ADD(&item);
        }
    }
    ZEND_HASH_FILL_END();
}

void php_shoal_view_to_array(zval *out, const shoal_view *view)
{
    if (view->ndim > 0) {
        level_to_list(out, view, 0, view->data);
        return;
    }
    zval item;
    php_shoal_element_to_zval(&item, view->dtype, view->data);
    array_init_size(out, 1);
    add_next_index_zval(out, &item);
}

/* ---- From a nested list ----------------------------------------------------------------------------- */

/* Writes elements one after another into private memory; `path` says where in the list it is. */
typedef struct list_reader {
    const shoal_view *view; /* shape and dtype wanted */
    unsigned char *to;
    uint32_t depth;
    int64_t path[SHOAL_MAX_DIMS];
} list_reader;

static bool refuse(const list_reader *reader, int status, const char *what)
{
    smart_str text = {0};
    for (uint32_t i = 0; i < reader->depth; i++) {
        smart_str_appendc(&text, '[');
        smart_str_append_long(&text, (zend_long)reader->path[i]);
        smart_str_appendc(&text, ']');
    }
    smart_str_0(&text);
    php_shoal_raise_because(status, "%s%s%s", text.s ? ZSTR_VAL(text.s) : "", text.s ? ": " : "", what);
    smart_str_free(&text);
    return false;
}

static bool read_element(list_reader *reader, zval *value)
{
    shoal_scalar scalar;
    char what[128], name[16];
    if (!php_shoal_scalar_try(&scalar, value, reader->view->dtype)) {
        snprintf(what, sizeof what, "an element of dtype %s cannot be made of %s",
                 shoal_dtype_name(reader->view->dtype, name), zend_zval_type_name(value));
        return refuse(reader, SHOAL_ETYPE, what);
    }
    int status = shoal_scalar_store(reader->to, reader->view->dtype, &scalar);
    if (status < 0) {
        return refuse(reader, status, shoal_error_message());
    }
    reader->to += reader->view->dtype.itemsize;
    return true;
}

static bool read_level(list_reader *reader, zval *value);

static bool read_list(list_reader *reader, HashTable *list, int64_t length)
{
    char what[96];
    zval *item;
    if (!zend_array_is_list(list)) {
        return refuse(reader, SHOAL_EMISMATCH, "a list is wanted here, an array with keys given");
    }
    if (zend_hash_num_elements(list) != length) {
        snprintf(what, sizeof what, "a list of %" PRId64 " is wanted here, %u given", length,
                 zend_hash_num_elements(list));
        return refuse(reader, SHOAL_EMISMATCH, what);
    }
    uint32_t axis = reader->depth++, number = reader->view->dtype.number;
    bool innermost = reader->depth == reader->view->ndim;
    reader->path[axis] = 0;
    ZEND_HASH_FOREACH_VAL(list, item) {
        if (innermost && EXPECTED(php_shoal_store_common(reader->to, number, item))) {
            reader->to += reader->view->dtype.itemsize;
        } else if (!read_level(reader, item)) {
            return false;
        }
        reader->path[axis]++;
    }
    ZEND_HASH_FOREACH_END();
    reader->depth = axis;
    return true;
}

static bool read_level(list_reader *reader, zval *value)
{
    ZVAL_DEREF(value);
    if (reader->depth == reader->view->ndim) {
        return read_element(reader, value);
    }
    if (Z_TYPE_P(value) != IS_ARRAY) {
        return refuse(reader, SHOAL_EMISMATCH, "the list is less deep than the array has dimensions");
    }
    return read_list(reader, Z_ARRVAL_P(value), reader->view->shape[reader->depth]);
}

static bool read_all(list_reader *reader, HashTable *list)
{
    if (reader->view->ndim > 0) {
        return read_list(reader, list, reader->view->shape[0]);
    }
    zval *only = zend_array_is_list(list) && zend_hash_num_elements(list) == 1 ? zend_hash_index_find(list, 0) : NULL;
    return only ? read_level(reader, only) : refuse(reader, SHOAL_EMISMATCH, "a list with one element is wanted here");
}

/* Of this shape, with nothing in it but floats for float64 or ints for int64. */
static bool cannot_fail(const shoal_view *view, uint32_t axis, HashTable *list)
{
    zval *item;
    uint8_t common = php_shoal_common_type(view->dtype.number);
    if (axis >= view->ndim || common == IS_UNDEF || zend_hash_num_elements(list) != view->shape[axis] ||
        !zend_array_is_list(list)) {
        return false;
    }
    bool innermost = axis + 1 == view->ndim;
    ZEND_HASH_FOREACH_VAL(list, item) {
        if (innermost ? Z_TYPE_P(item) != common
                      : Z_TYPE_P(item) != IS_ARRAY || !cannot_fail(view, axis + 1, Z_ARRVAL_P(item))) {
            return false;
        }
    }
    ZEND_HASH_FOREACH_END();
    return true;
}

bool php_shoal_view_assign_list(const shoal_view *view, HashTable *list)
{
    if (!php_shoal_writable(view)) {
        return false;
    }
    list_reader reader = {.view = view, .to = view->data};
    if (shoal_view_contiguous(view) && cannot_fail(view, 0, list)) {
        return read_all(&reader, list);
    }
    /* Into private memory first: nothing changes when an element does not fit. */
    uint64_t nbytes = php_shoal_view_nbytes(view);
    unsigned char *bytes = emalloc(MAX(nbytes, 1));
    reader.to = bytes;
    bool done = read_all(&reader, list);
    if (done) {
        int status = shoal_view_unpack(view, bytes, nbytes);
        php_shoal_raise_unless_thrown(status);
        done = status >= 0;
    }
    efree(bytes);
    return done;
}

/* ---- Assigning and filling --------------------------------------------------------------------------- */

bool php_shoal_same_dtype(const shoal_view *view, zval *value)
{
    const shoal_dtype dtype = php_shoal_ndarray_of(Z_OBJ_P(value))->view.dtype;
    return dtype.number == view->dtype.number && dtype.itemsize == view->dtype.itemsize;
}

static bool assign_ndarray(const shoal_object *array, const shoal_view *view, zend_object *object)
{
    shoal_ndarray *from = php_shoal_ndarray_of(object);
    if (!php_shoal_ndarray_here(from)) {
        php_shoal_ndarray_raise(from);
        return false;
    }
    int status = array ? shoal_array_assign(array, view, &from->view) : shoal_view_assign(view, &from->view);
    php_shoal_raise_unless_thrown(status);
    return status >= 0;
}

bool php_shoal_view_fill(const shoal_view *view, zval *value)
{
    shoal_scalar scalar;
    if (!php_shoal_writable(view) || !php_shoal_scalar_of(&scalar, value, view->dtype)) {
        return false;
    }
    int status = shoal_view_fill(view, &scalar);
    php_shoal_raise_unless_thrown(status);
    return status >= 0;
}

bool php_shoal_view_assign(const shoal_object *array, const shoal_view *view, zval *value)
{
    ZVAL_DEREF(value);
    if (Z_TYPE_P(value) == IS_OBJECT && Z_OBJCE_P(value) == php_shoal_ndarray_class.ce) {
        return php_shoal_writable(view) && assign_ndarray(array, view, Z_OBJ_P(value));
    }
    return Z_TYPE_P(value) == IS_ARRAY ? php_shoal_view_assign_list(view, Z_ARRVAL_P(value))
                                       : php_shoal_view_fill(view, value);
}
