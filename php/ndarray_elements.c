/* One element of an NdArray to and from PHP. */
#include "ndarray.h"

#include "exceptions.h"
#include "wire.h"

void php_shoal_scalar_to_zval(zval *out, const shoal_scalar *scalar)
{
    switch (scalar->type) {
    case SHOAL_SCALAR_BOOL:
        ZVAL_BOOL(out, scalar->i != 0);
        return;
    case SHOAL_SCALAR_INT:
        ZVAL_LONG(out, (zend_long)scalar->i);
        return;
    case SHOAL_SCALAR_UINT:
        if (EXPECTED(scalar->u <= ZEND_LONG_MAX)) {
            ZVAL_LONG(out, (zend_long)scalar->u);
        } else { /* exact, as the database drivers do it */
            ZVAL_STR(out, zend_strpprintf(0, "%" PRIu64, scalar->u));
        }
        return;
    case SHOAL_SCALAR_FLOAT:
        ZVAL_DOUBLE(out, scalar->re);
        return;
    case SHOAL_SCALAR_COMPLEX:
        array_init_size(out, 2);
        add_next_index_double(out, scalar->re);
        add_next_index_double(out, scalar->im);
        return;
    default:
        ZVAL_STR(out, zend_string_init_fast((const char *)scalar->bytes, scalar->size));
    }
}

void php_shoal_element_to_zval(zval *out, shoal_dtype dtype, const unsigned char *at)
{
    shoal_scalar scalar;
    if (EXPECTED(php_shoal_load_common(out, dtype.number, at))) {
        return;
    }
    shoal_scalar_load(&scalar, dtype, at);
    php_shoal_scalar_to_zval(out, &scalar);
}

static bool number_of(double *out, zval *value)
{
    ZVAL_DEREF(value);
    if (Z_TYPE_P(value) == IS_LONG) {
        *out = (double)Z_LVAL_P(value);
        return true;
    }
    *out = Z_TYPE_P(value) == IS_DOUBLE ? Z_DVAL_P(value) : 0;
    return Z_TYPE_P(value) == IS_DOUBLE;
}

static bool complex_of(shoal_scalar *out, HashTable *pair)
{
    out->type = SHOAL_SCALAR_COMPLEX;
    return zend_hash_num_elements(pair) == 2 && zend_array_is_list(pair) &&
           number_of(&out->re, zend_hash_index_find(pair, 0)) && number_of(&out->im, zend_hash_index_find(pair, 1));
}

/* "18446744073709551615" */
static bool digits_of(shoal_scalar *out, const zend_string *text)
{
    out->type = SHOAL_SCALAR_UINT;
    out->u = 0;
    for (size_t i = 0; i < ZSTR_LEN(text); i++) {
        unsigned digit = (unsigned)((unsigned char)ZSTR_VAL(text)[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(out->u, 10, &out->u) ||
            __builtin_add_overflow(out->u, digit, &out->u)) {
            return false;
        }
    }
    return ZSTR_LEN(text) > 0;
}

static bool text_of(shoal_scalar *out, const zend_string *text, shoal_dtype dtype)
{
    if (dtype.number == SHOAL_UINT64) {
        return digits_of(out, text);
    }
    out->type = SHOAL_SCALAR_BYTES;
    out->bytes = (const unsigned char *)ZSTR_VAL(text);
    out->size = ZSTR_LEN(text);
    return dtype.number == SHOAL_BYTES;
}

static bool is_complex(shoal_dtype dtype)
{
    return dtype.number == SHOAL_COMPLEX64 || dtype.number == SHOAL_COMPLEX128;
}

bool php_shoal_scalar_try(shoal_scalar *out, zval *value, shoal_dtype dtype)
{
    switch (Z_TYPE_P(value)) {
    case IS_FALSE:
    case IS_TRUE:
        out->type = SHOAL_SCALAR_BOOL;
        out->i = Z_TYPE_P(value) == IS_TRUE;
        return true;
    case IS_LONG:
        out->type = SHOAL_SCALAR_INT;
        out->i = Z_LVAL_P(value);
        return true;
    case IS_DOUBLE:
        out->type = SHOAL_SCALAR_FLOAT;
        out->re = Z_DVAL_P(value);
        return true;
    case IS_STRING:
        return text_of(out, Z_STR_P(value), dtype);
    case IS_ARRAY:
        return is_complex(dtype) && complex_of(out, Z_ARRVAL_P(value));
    case IS_OBJECT:
        return Z_OBJCE_P(value) == php_shoal_ce_bytes && Z_TYPE_P(OBJ_PROP_NUM(Z_OBJ_P(value), 0)) == IS_STRING &&
               text_of(out, Z_STR_P(OBJ_PROP_NUM(Z_OBJ_P(value), 0)), dtype);
    default:
        return false;
    }
}

bool php_shoal_scalar_of(shoal_scalar *out, zval *value, shoal_dtype dtype)
{
    char name[16];
    ZVAL_DEREF(value);
    if (EXPECTED(php_shoal_scalar_try(out, value, dtype))) {
        return true;
    }
    php_shoal_raise_because(SHOAL_ETYPE, "an element of dtype %s cannot be made of %s", shoal_dtype_name(dtype, name),
                            zend_zval_type_name(value));
    return false;
}

bool php_shoal_writable(const shoal_view *view)
{
    if (UNEXPECTED(view->readonly)) {
        php_shoal_raise_because(SHOAL_EREADONLY, "this array is attached readonly");
    }
    return !view->readonly;
}

bool php_shoal_scalar_store(unsigned char *at, const shoal_view *view, zval *value)
{
    shoal_scalar scalar;
    if (UNEXPECTED(!php_shoal_writable(view))) {
        return false;
    }
    if (EXPECTED(php_shoal_store_common(at, view->dtype.number, value))) {
        return true;
    }
    if (!php_shoal_scalar_of(&scalar, value, view->dtype)) {
        return false;
    }
    int status = shoal_scalar_store(at, view->dtype, &scalar);
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
    }
    return status >= 0;
}
