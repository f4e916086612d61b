/* $segment["name"]: reading, assigning, isset, unset, count. */
#include "segment.h"

#include "exceptions.h"
#include "value.h"

#include "zend_exceptions.h"
#include "zend_interfaces.h"

/* ---- Offsets ------------------------------------------------------------------------------------ */

/* The segment, if it is open and `offset` a string; else an exception. */
static shoal_segment_object *enter(zend_object *object, zval **offset)
{
    shoal_segment_object *segment = php_shoal_segment_of(object);
    if (UNEXPECTED(!segment->attachment)) {
        php_shoal_raise_closed(object);
        return NULL;
    }
    if (UNEXPECTED(!*offset)) {
        zend_throw_error(NULL, "Cannot append to a Shoal\\Segment: its objects have names");
        return NULL;
    }
    ZVAL_DEREF(*offset);
    if (UNEXPECTED(Z_TYPE_P(*offset) != IS_STRING)) {
        zend_type_error("The name of an object must be of type string, %s given", zend_zval_type_name(*offset));
        return NULL;
    }
    return segment;
}

static zval *read_dimension(zend_object *object, zval *offset, int type, zval *rv)
{
    shoal_segment_object *segment = enter(object, &offset);
    if (!segment) {
        return NULL;
    }
    int status = php_shoal_value_get(rv, segment->attachment, Z_STR_P(offset));
    if (EXPECTED(status >= 0)) {
        if (UNEXPECTED(type != BP_VAR_R && type != BP_VAR_IS && Z_TYPE_P(rv) != IS_OBJECT)) {
            zval_ptr_dtor(rv);
            php_shoal_raise_copy("A value read from a segment");
            return NULL;
        }
        return rv;
    }
    if (status == SHOAL_ENOKEY && type == BP_VAR_IS) {
        ZVAL_NULL(rv);
        return rv;
    }
    php_shoal_raise_unless_thrown(status);
    return NULL;
}

/* ---- Assigning ---------------------------------------------------------------------------------- */

static void write_dimension(zend_object *object, zval *offset, zval *value)
{
    shoal_segment_object *segment = enter(object, &offset);
    if (!segment) {
        return;
    }
    php_shoal_value_put(segment->attachment->segment, Z_STR_P(offset), value);
}

/* ---- isset, unset, count --------------------------------------------------------------------------- */

/* isset(): is there such a name? empty(): is its value falsy? */
static int has_dimension(zend_object *object, zval *offset, int check_empty)
{
    shoal_segment_object *segment = enter(object, &offset);
    if (!segment) {
        return 0;
    }
    zend_string *name = Z_STR_P(offset);
    int kind = shoal_object_find(segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (kind < 0 && kind != SHOAL_ENOKEY) {
        php_shoal_raise(kind);
    }
    if (kind <= 0 || !check_empty) {
        return kind > 0;
    }
    zval value;
    int status = php_shoal_value_get(&value, segment->attachment, name);
    if (status < 0) {
        if (status != SHOAL_ENOKEY) {
            php_shoal_raise_unless_thrown(status);
        }
        return 0;
    }
    int truthy = zend_is_true(&value);
    zval_ptr_dtor(&value);
    return truthy;
}

/* As with arrays: what is not there is unset already. */
static void unset_dimension(zend_object *object, zval *offset)
{
    shoal_segment_object *segment = enter(object, &offset);
    if (!segment) {
        return;
    }
    zend_string *name = Z_STR_P(offset);
    int status = shoal_object_remove(segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (status < 0 && status != SHOAL_ENOKEY) {
        php_shoal_raise(status);
    }
}

static zend_result count_elements(zend_object *object, zend_long *out)
{
    const shoal_attachment *attachment = php_shoal_segment_of(object)->attachment;
    uint64_t count;
    if (!attachment) {
        php_shoal_raise_closed(object);
        return FAILURE;
    }
    int status = shoal_object_count(&count, attachment->segment);
    if (status < 0) {
        php_shoal_raise(status);
        return FAILURE;
    }
    *out = (zend_long)count;
    return SUCCESS;
}

/* The methods do what the handlers do: for callers that name them, and for reflection. */
ZEND_METHOD(Shoal_Segment, offsetExists)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    RETURN_BOOL(has_dimension(Z_OBJ_P(ZEND_THIS), offset, 0));
}

ZEND_METHOD(Shoal_Segment, offsetGet)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    read_dimension(Z_OBJ_P(ZEND_THIS), offset, BP_VAR_R, return_value);
}

ZEND_METHOD(Shoal_Segment, offsetSet)
{
    zval *offset, *value;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_ZVAL(offset)
        Z_PARAM_ZVAL(value)
    ZEND_PARSE_PARAMETERS_END();
    write_dimension(Z_OBJ_P(ZEND_THIS), offset, value);
}

ZEND_METHOD(Shoal_Segment, offsetUnset)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    unset_dimension(Z_OBJ_P(ZEND_THIS), offset);
}

ZEND_METHOD(Shoal_Segment, count)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zend_long count;
    if (count_elements(Z_OBJ_P(ZEND_THIS), &count) == FAILURE) {
        RETURN_THROWS();
    }
    RETURN_LONG(count);
}

void php_shoal_segment_offsets_init(zend_object_handlers *handlers)
{
    handlers->read_dimension = read_dimension;
    handlers->write_dimension = write_dimension;
    handlers->has_dimension = has_dimension;
    handlers->unset_dimension = unset_dimension;
    handlers->count_elements = count_elements;
}
