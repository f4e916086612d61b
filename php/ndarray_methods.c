/* The methods of an NdArray that are of all of it, of a part, or of one number for all. */
#include "ndarray.h"

#include "exceptions.h"

/* ---- Whole arrays -------------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_NdArray, toArray)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_ARRAY(array);
    php_shoal_view_to_array(return_value, &array->view);
}

zend_string *php_shoal_view_packed(const shoal_view *view)
{
    zend_string *bytes = zend_string_alloc(php_shoal_view_nbytes(view), false);
    shoal_view_pack(ZSTR_VAL(bytes), view);
    ZSTR_VAL(bytes)[ZSTR_LEN(bytes)] = '\0';
    return bytes;
}

ZEND_METHOD(Shoal_NdArray, pack)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_ARRAY(array);
    RETURN_STR(php_shoal_view_packed(&array->view));
}

ZEND_METHOD(Shoal_NdArray, unpack)
{
    zend_string *bytes;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(bytes)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_ARRAY(array);
    if (ZSTR_LEN(bytes) != php_shoal_view_nbytes(&array->view)) {
        zend_argument_value_error(1, "must have %" PRIu64 " bytes, not %zu", php_shoal_view_nbytes(&array->view),
                                  ZSTR_LEN(bytes));
        RETURN_THROWS();
    }
    if (php_shoal_writable(&array->view)) {
        php_shoal_raise_unless_thrown(shoal_view_unpack(&array->view, ZSTR_VAL(bytes), ZSTR_LEN(bytes)));
    }
}

ZEND_METHOD(Shoal_NdArray, assign)
{
    zval *values;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(values)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_ARRAY(array);
    if (Z_TYPE_P(values) != IS_ARRAY &&
        !(Z_TYPE_P(values) == IS_OBJECT && Z_OBJCE_P(values) == php_shoal_ndarray_class.ce)) {
        zend_argument_type_error(1, "must be of type array|Shoal\\NdArray, %s given", zend_zval_type_name(values));
        RETURN_THROWS();
    }
    php_shoal_view_assign(array->object, &array->view, values);
}

ZEND_METHOD(Shoal_NdArray, fill)
{
    zval *value;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(value)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_ARRAY(array);
    php_shoal_view_fill(&array->view, value);
}

/* ---- Parts ------------------------------------------------------------------------------------------ */

ZEND_METHOD(Shoal_NdArray, get)
{
    zval *arguments;
    uint32_t count;
    shoal_index index;
    ZEND_PARSE_PARAMETERS_START(0, -1)
        Z_PARAM_VARIADIC('*', arguments, count)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_ARRAY(array);
    if (php_shoal_index_of_arguments(&index, array, arguments, count)) {
        php_shoal_ndarray_get(return_value, array, &index);
    }
}

ZEND_METHOD(Shoal_NdArray, set)
{
    zval *value, *arguments;
    uint32_t count;
    shoal_index index;
    ZEND_PARSE_PARAMETERS_START(1, -1)
        Z_PARAM_ZVAL(value)
        Z_PARAM_VARIADIC('*', arguments, count)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_ARRAY(array);
    if (php_shoal_index_of_arguments(&index, array, arguments, count)) {
        php_shoal_ndarray_set(array, &index, value);
    }
}

ZEND_METHOD(Shoal_NdArray, slice)
{
    zval *ranges;
    uint32_t count;
    ZEND_PARSE_PARAMETERS_START(0, -1)
        Z_PARAM_VARIADIC('*', ranges, count)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_ARRAY(array);
    shoal_view view;
    php_shoal_view_copy(&view, &array->view);
    if (php_shoal_slice(&view, ranges, count)) {
        php_shoal_ndarray_view(return_value, array, &view);
    }
}

/* ---- Reductions --------------------------------------------------------------------------------------- */

typedef int (*reduction)(shoal_scalar *out, const shoal_view *view);

static void reduce(INTERNAL_FUNCTION_PARAMETERS, reduction reduction)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_ARRAY(array);
    shoal_scalar result;
    int status = reduction(&result, &array->view);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    php_shoal_scalar_to_zval(return_value, &result);
}

ZEND_METHOD(Shoal_NdArray, sum)
{
    reduce(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_view_sum);
}

ZEND_METHOD(Shoal_NdArray, min)
{
    reduce(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_view_min);
}

ZEND_METHOD(Shoal_NdArray, max)
{
    reduce(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_view_max);
}

ZEND_METHOD(Shoal_NdArray, mean)
{
    reduce(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_view_mean);
}

zend_result php_shoal_ndarray_count(zend_object *object, zend_long *out)
{
    const shoal_view *view = &php_shoal_ndarray_of(object)->view;
    if (view->ndim == 0) {
        zend_type_error("An array without dimensions cannot be counted");
        return FAILURE;
    }
    *out = (zend_long)view->shape[0];
    return SUCCESS;
}

ZEND_METHOD(Shoal_NdArray, count)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_ARRAY(array);
    zend_long count;
    if (php_shoal_ndarray_count(&array->std, &count) == FAILURE) {
        RETURN_THROWS();
    }
    RETURN_LONG(count);
}
