/* Shoal\Counter. */
#include "handle.h"
#include "owners.h"
#include "segment.h"
#include "wait.h"

#include "counter_arginfo.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

ZEND_METHOD(Shoal_Segment, counter)
{
    zend_string *name;
    zend_long initial = 0;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(initial)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    shoal_object *object;
    int status = shoal_counter_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), initial);
    php_shoal_handle_give(return_value, segment->attachment, status, object);
}

/* ---- Methods ---------------------------------------------------------------------------------- */

typedef int (*change)(int64_t *out, shoal_object *counter, int64_t n);

/* The argument of add() and sub(), if there is one. False: an exception was thrown. */
static zend_never_inline bool take_n(const zend_execute_data *execute_data, zend_long *n)
{
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(*n)
        ZEND_PARSE_PARAMETERS_END_EX(return false);
        return true;
}

/* The core stores the result right where the engine reads it: the compiler says so if zend_long has not 64 bits. */
static zend_always_inline void apply(INTERNAL_FUNCTION_PARAMETERS, change change)
{
    zend_long n = 1;
    if (UNEXPECTED(ZEND_NUM_ARGS() != 0)) {
        zend_long given = 1;
        if (!take_n(execute_data, &given)) {
            RETURN_THROWS();
        }
        n = given;
    }
    SHOAL_THIS_HANDLE(handle);
    int status = change(&Z_LVAL_P(return_value), handle->object, n);
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    Z_TYPE_INFO_P(return_value) = IS_LONG;
}

ZEND_METHOD(Shoal_Counter, add)
{
    apply(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_counter_add);
}

ZEND_METHOD(Shoal_Counter, sub)
{
    apply(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_counter_sub);
}

ZEND_METHOD(Shoal_Counter, exchange)
{
    zend_long value;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_LONG(value)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    int64_t old;
    int status = shoal_counter_exchange(&old, handle->object, value);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    RETURN_LONG(old);
}

ZEND_METHOD(Shoal_Counter, compareExchange)
{
    zend_long expected, desired;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_LONG(expected)
        Z_PARAM_LONG(desired)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    bool exchanged;
    int status = shoal_counter_compare_exchange(&exchanged, handle->object, expected, desired);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    RETURN_BOOL(exchanged);
}

ZEND_METHOD(Shoal_Counter, wait)
{
    zend_long differs_from;
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_LONG(differs_from)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 2);
    int status = shoal_counter_wait(handle->object, differs_from, SHOAL_FIRST_LOOK(deadline));
    status = php_shoal_wait_after(status, handle->object, SHOAL_WAIT_VALUE, 0, differs_from, deadline);
    RETURN_BOOL(php_shoal_succeeded(status));
}

/* ---- Properties and casts ------------------------------------------------------------------------ */

static bool get_value(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    int64_t value;
    if (!handle->object || !php_shoal_succeeded(shoal_counter_value(&value, handle->object))) {
        return false;
    }
    ZVAL_LONG(out, value);
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("value", get_value),
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

/* (int) $counter, and comparison with numbers. */
static int cast_object(zend_object *object, zval *out, int type)
{
    if (type != IS_LONG && type != _IS_NUMBER) {
        return zend_std_cast_object_tostring(object, out, type);
    }
    if (get_value(object, out)) {
        return SUCCESS;
    }
    php_shoal_raise_unreadable(object);
    ZVAL_LONG(out, 0); /* the engine warns of a FAILURE, and goes on */
    return SUCCESS;
}

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class, register_class_Shoal_Counter());
    class->handlers.cast_object = cast_object;
}

shoal_class php_shoal_counter_class = {
    .kind = SHOAL_KIND_COUNTER,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
