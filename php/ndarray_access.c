/* Indices and views of an NdArray: $a[$i], $a[[$i, $j]], get, set, foreach. */
#include "ndarray.h"

#include "exceptions.h"

#include "ext/spl/spl_exceptions.h"
#include "zend_exceptions.h"
#include "zend_interfaces.h"

/* ---- Indices ---------------------------------------------------------------------------------- */

static bool add_index(shoal_index *index, const shoal_ndarray *array, zval *value)
{
    ZVAL_DEREF(value);
    if (UNEXPECTED(Z_TYPE_P(value) != IS_LONG)) {
        zend_type_error("An index must be of type int, %s given", zend_zval_type_name(value));
        return false;
    }
    if (UNEXPECTED(index->count == array->view.ndim)) {
        php_shoal_raise_because(SHOAL_EINDEX, "too many indices for an array of %u dimensions", array->view.ndim);
        return false;
    }
    index->at[index->count++] = Z_LVAL_P(value);
    return true;
}

bool php_shoal_index_of_arguments(shoal_index *out, const shoal_ndarray *array, zval *arguments, uint32_t count)
{
    out->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!add_index(out, array, &arguments[i])) {
            return false;
        }
    }
    return true;
}

/* An int or a list of ints. */
static bool index_of_offset(shoal_index *out, const shoal_ndarray *array, zval *offset)
{
    zval *each;
    out->count = 0;
    ZVAL_DEREF(offset);
    if (EXPECTED(Z_TYPE_P(offset) != IS_ARRAY)) {
        return add_index(out, array, offset);
    }
    if (UNEXPECTED(!zend_array_is_list(Z_ARRVAL_P(offset)))) {
        zend_type_error("An index must be an int or a list of ints, an array with keys given");
        return false;
    }
    ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(offset), each) {
        if (!add_index(out, array, each)) {
            return false;
        }
    }
    ZEND_HASH_FOREACH_END();
    return true;
}

/* The common case, $a[$i] of one dimension, within its bounds; NULL: take the long way. */
static zend_always_inline unsigned char *element(const shoal_ndarray *array, const zval *offset)
{
    const shoal_view *view = &array->view;
    if (UNEXPECTED(view->ndim != 1 || !offset || Z_TYPE_P(offset) != IS_LONG || !php_shoal_ndarray_here(array))) {
        return NULL;
    }
    int64_t index = Z_LVAL_P(offset) + (Z_LVAL_P(offset) < 0 ? view->shape[0] : 0);
    return EXPECTED((uint64_t)index < (uint64_t)view->shape[0]) ? view->data + index * view->strides[0] : NULL;
}

/* Go down into `view` along the index. */
static int narrow(shoal_view *view, const shoal_index *index)
{
    int status = SHOAL_OK;
    for (uint32_t i = 0; i < index->count && status >= 0; i++) {
        status = shoal_view_index(view, index->at[i]);
    }
    return status;
}

static int get(zval *out, shoal_ndarray *array, const shoal_index *index)
{
    if (EXPECTED(index->count == array->view.ndim)) {
        unsigned char *at;
        int status = shoal_view_at(&at, &array->view, index->count, index->at);
        if (EXPECTED(status >= 0)) {
            php_shoal_element_to_zval(out, array->view.dtype, at);
        }
        return status;
    }
    shoal_view view;
    php_shoal_view_copy(&view, &array->view);
    int status = narrow(&view, index);
    if (status >= 0) {
        php_shoal_ndarray_view(out, array, &view);
    }
    return status;
}

bool php_shoal_ndarray_get(zval *out, shoal_ndarray *array, const shoal_index *index)
{
    int status = get(out, array, index);
    php_shoal_raise_unless_thrown(status);
    return status >= 0;
}

bool php_shoal_ndarray_set(shoal_ndarray *array, const shoal_index *index, zval *value)
{
    if (EXPECTED(index->count == array->view.ndim)) {
        unsigned char *at;
        int status = shoal_view_at(&at, &array->view, index->count, index->at);
        php_shoal_raise_unless_thrown(status);
        return status >= 0 && php_shoal_scalar_store(at, &array->view, value);
    }
    shoal_view view;
    php_shoal_view_copy(&view, &array->view);
    int status = narrow(&view, index);
    php_shoal_raise_unless_thrown(status);
    return status >= 0 && php_shoal_view_assign(array->object, &view, value);
}

/* ---- $a[...] ------------------------------------------------------------------------------------ */

static shoal_ndarray *enter(zend_object *object, zval *offset)
{
    shoal_ndarray *array = php_shoal_ndarray_of(object);
    if (UNEXPECTED(!php_shoal_ndarray_here(array))) {
        php_shoal_ndarray_raise(array);
        return NULL;
    }
    if (UNEXPECTED(!offset)) {
        zend_throw_error(NULL, "Cannot append to a Shoal\\NdArray: its shape is fixed");
        return NULL;
    }
    return array;
}

zval *php_shoal_ndarray_read(zend_object *object, zval *offset, int type, zval *rv)
{
    shoal_index index;
    const shoal_view *view = &php_shoal_ndarray_of(object)->view;
    unsigned char *at = element(php_shoal_ndarray_of(object), offset);
    if (EXPECTED(at && type == BP_VAR_R)) {
        if (UNEXPECTED(!php_shoal_load_common(rv, view->dtype.number, at))) {
            php_shoal_element_to_zval(rv, view->dtype, at);
        }
        return rv;
    }
    shoal_ndarray *array = enter(object, offset);
    if (!array || !index_of_offset(&index, array, offset)) {
        return NULL;
    }
    int status = get(rv, array, &index);
    if (UNEXPECTED(status < 0)) {
        if (type == BP_VAR_IS) {
            ZVAL_NULL(rv);
            return rv;
        }
        php_shoal_raise(status);
        return NULL;
    }
    if (UNEXPECTED(type != BP_VAR_R && type != BP_VAR_IS && Z_TYPE_P(rv) != IS_OBJECT)) {
        zval_ptr_dtor(rv);
        php_shoal_raise_copy("An element read from an NdArray");
        return NULL;
    }
    return rv;
}

void php_shoal_ndarray_write(zend_object *object, zval *offset, zval *value)
{
    shoal_index index;
    const shoal_view *view = &php_shoal_ndarray_of(object)->view;
    unsigned char *at = element(php_shoal_ndarray_of(object), offset);
    if (EXPECTED(at)) {
        php_shoal_scalar_store(at, view, value);
        return;
    }
    shoal_ndarray *array = enter(object, offset);
    if (array && index_of_offset(&index, array, offset)) {
        php_shoal_ndarray_set(array, &index, value);
    }
}

int php_shoal_ndarray_has(zend_object *object, zval *offset, int check_empty)
{
    shoal_ndarray *array = enter(object, offset);
    shoal_index index;
    zval value;
    if (!array || !index_of_offset(&index, array, offset) || get(&value, array, &index) < 0) {
        return 0;
    }
    int has = !check_empty || zend_is_true(&value);
    zval_ptr_dtor(&value);
    return has;
}

void php_shoal_ndarray_unset(zend_object *object, zval *offset)
{
    zend_throw_error(NULL, "Cannot unset an element of a Shoal\\NdArray: its shape is fixed");
}

ZEND_METHOD(Shoal_NdArray, offsetExists)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    RETURN_BOOL(php_shoal_ndarray_has(Z_OBJ_P(ZEND_THIS), offset, 0));
}

ZEND_METHOD(Shoal_NdArray, offsetGet)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    php_shoal_ndarray_read(Z_OBJ_P(ZEND_THIS), offset, BP_VAR_R, return_value);
}

ZEND_METHOD(Shoal_NdArray, offsetSet)
{
    zval *offset, *value;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_ZVAL(offset)
        Z_PARAM_ZVAL(value)
    ZEND_PARSE_PARAMETERS_END();
    php_shoal_ndarray_write(Z_OBJ_P(ZEND_THIS), offset, value);
}

ZEND_METHOD(Shoal_NdArray, offsetUnset)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    php_shoal_ndarray_unset(Z_OBJ_P(ZEND_THIS), offset);
}

/* ---- foreach: over the first dimension ---------------------------------------------------------------- */

typedef struct first_axis_iterator {
    zend_object_iterator it;
    int64_t position;
    zval current; /* UNDEF: not read yet */
} first_axis_iterator;

static void forget_current(zend_object_iterator *it)
{
    first_axis_iterator *axis = (first_axis_iterator *)it;
    zval_ptr_dtor(&axis->current);
    ZVAL_UNDEF(&axis->current);
}

static void iterator_free(zend_object_iterator *it)
{
    forget_current(it);
    zval_ptr_dtor(&it->data);
}

static int iterator_valid(zend_object_iterator *it)
{
    const shoal_view *view = &php_shoal_ndarray_of(Z_OBJ(it->data))->view;
    return view->ndim > 0 && ((first_axis_iterator *)it)->position < view->shape[0] ? SUCCESS : FAILURE;
}

static zval *iterator_current(zend_object_iterator *it)
{
    first_axis_iterator *axis = (first_axis_iterator *)it;
    if (Z_ISUNDEF(axis->current)) {
        shoal_index index = {.count = 1, .at = {axis->position}};
        shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ(it->data));
        if (!php_shoal_ndarray_here(array)) {
            php_shoal_ndarray_raise(array);
            return NULL;
        }
        if (!php_shoal_ndarray_get(&axis->current, array, &index)) {
            return NULL;
        }
    }
    return &axis->current;
}

static void iterator_key(zend_object_iterator *it, zval *key)
{
    ZVAL_LONG(key, (zend_long)((first_axis_iterator *)it)->position);
}

static void iterator_forward(zend_object_iterator *it)
{
    forget_current(it);
    ((first_axis_iterator *)it)->position++;
}

static void iterator_rewind(zend_object_iterator *it)
{
    forget_current(it);
    ((first_axis_iterator *)it)->position = 0;
}

static const zend_object_iterator_funcs iterator_functions = {
    .dtor = iterator_free,
    .valid = iterator_valid,
    .get_current_data = iterator_current,
    .get_current_key = iterator_key,
    .move_forward = iterator_forward,
    .rewind = iterator_rewind,
    .invalidate_current = forget_current,
};

zend_object_iterator *php_shoal_ndarray_iterator(zend_class_entry *ce, zval *object, int by_ref)
{
    if (by_ref) {
        zend_throw_error(NULL, "An iterator cannot be used with foreach by reference");
        return NULL;
    }
    const shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(object));
    if (array->view.ndim == 0) {
        zend_type_error("An array without dimensions cannot be iterated");
        return NULL;
    }
    first_axis_iterator *axis = emalloc(sizeof *axis);
    zend_iterator_init(&axis->it);
    ZVAL_OBJ_COPY(&axis->it.data, Z_OBJ_P(object));
    axis->it.funcs = &iterator_functions;
    axis->position = 0;
    ZVAL_UNDEF(&axis->current);
    return &axis->it;
}

ZEND_METHOD(Shoal_NdArray, getIterator)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zend_create_internal_iterator_zval(return_value, ZEND_THIS);
}
