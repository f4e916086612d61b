/* NdArrays serialize as the names of their segment and of themselves, or as their bytes. */
#include "ndarray.h"

#include "exceptions.h"
#include "serialize.h"

static bool is_whole(const shoal_ndarray *array)
{
    shoal_view whole;
    return shoal_array_view(&whole, array->object) >= 0 && php_shoal_view_same(&whole, &array->view);
}

static void serialize_private(zval *data, const shoal_view *view)
{
    char name[16];
    zval shape;
    array_init(data);
    add_assoc_string(data, "dtype", shoal_dtype_name(view->dtype, name));
    php_shoal_lengths_to_zval(&shape, view->shape, view->ndim);
    add_assoc_zval(data, "shape", &shape);
    add_assoc_str(data, "bytes", php_shoal_view_packed(view));
}

/* Shared memory as the names of its segment and itself; private memory, and a part of shared memory, as its bytes. */
ZEND_METHOD(Shoal_NdArray, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_ARRAY(array);
    if (!array->object || !is_whole(array)) {
        serialize_private(return_value, &array->view);
        return;
    }
    php_shoal_object_identity(return_value, array->attachment, array->object, "Shoal\\NdArray");
}

static void unserialize_private(shoal_ndarray *array, HashTable *data)
{
    zend_string *type = php_shoal_data_string(data, "dtype");
    zend_string *bytes = type ? php_shoal_data_string(data, "bytes") : NULL;
    zval *length, *shape = zend_hash_str_find_deref(data, "shape", sizeof("shape") - 1);
    shoal_dtype dtype;
    shoal_view view;
    int64_t lengths[SHOAL_MAX_DIMS];
    uint64_t nbytes;
    uint32_t ndim = 0;
    if (!bytes || !shape || Z_TYPE_P(shape) != IS_ARRAY || zend_hash_num_elements(Z_ARRVAL_P(shape)) > SHOAL_MAX_DIMS) {
        php_shoal_raise_ill_typed();
        return;
    }
    ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(shape), length) {
        lengths[ndim++] = Z_TYPE_P(length) == IS_LONG ? Z_LVAL_P(length) : -1; /* refused by shoal_view_init */
    }
    ZEND_HASH_FOREACH_END();
    if (shoal_dtype_parse(&dtype, ZSTR_VAL(type), ZSTR_LEN(type)) < 0 ||
        shoal_view_init(&view, &nbytes, dtype, ndim, lengths) < 0 || nbytes != ZSTR_LEN(bytes)) {
        php_shoal_raise_ill_typed();
        return;
    }
    if (php_shoal_ndarray_make_private(array, dtype, ndim, lengths)) {
        memcpy(array->view.data, ZSTR_VAL(bytes), nbytes);
    }
}

static void unserialize_shared(shoal_ndarray *array, HashTable *data)
{
    shoal_object *object;
    shoal_attachment *attachment = php_shoal_reopen(&object, data, php_shoal_ndarray_class.kind);
    if (!attachment) {
        return;
    }
    int status = shoal_array_view(&array->view, object);
    if (status < 0) {
        php_shoal_raise_unless_thrown(status);
        shoal_object_close(object);
        php_shoal_attachment_release(attachment);
        return;
    }
    php_shoal_ndarray_take(array, attachment, object);
}

ZEND_METHOD(Shoal_NdArray, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(ZEND_THIS));
    if (php_shoal_ndarray_made(array)) {
        zend_throw_error(NULL, "this Shoal\\NdArray was made already: only a new object can be unserialized");
        RETURN_THROWS();
    }
    if (zend_hash_str_exists(data, "segment", sizeof("segment") - 1)) {
        unserialize_shared(array, data);
    } else {
        unserialize_private(array, data);
    }
}
