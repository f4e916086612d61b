/* Shoal\Counter. */
#include "php_shoal.h"

#include "counter_arginfo.h"

zend_class_entry *php_shoal_ce_counter;
static shoal_class class;

/* ---- Methods ---------------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_Counter, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

typedef int (*change)(int64_t *out, shoal_object *counter, int64_t n);

static zend_always_inline void apply(INTERNAL_FUNCTION_PARAMETERS, change change)
{
    zend_long n = 1;
    ZEND_PARSE_PARAMETERS_START(0, 1)
    Z_PARAM_OPTIONAL
    Z_PARAM_LONG(n)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    int64_t result;
    int status = change(&result, handle->object, n);
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    RETURN_LONG(result);
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

struct waiting {
    const shoal_object *counter;
    int64_t differs_from;
};

static int attempt(void *argument, shoal_time deadline)
{
    const struct waiting *waiting = argument;
    return shoal_counter_wait(waiting->counter, waiting->differs_from, deadline);
}

ZEND_METHOD(Shoal_Counter, wait)
{
    zend_long differs_from;
    double timeout = 0;
    bool forever = true;
    shoal_time deadline;
    ZEND_PARSE_PARAMETERS_START(1, 2)
    Z_PARAM_LONG(differs_from)
    Z_PARAM_OPTIONAL
    Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (!php_shoal_deadline(&deadline, timeout, forever, 2)) {
        RETURN_THROWS();
    }
    struct waiting waiting = {handle->object, differs_from};
    int status = php_shoal_wait(attempt, &waiting, deadline);
    if (status < 0 && status != SHOAL_ETIMEDOUT && status != SHOAL_EINTR) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    RETURN_BOOL(status >= 0);
}

ZEND_METHOD(Shoal_Counter, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_handle_serialize(handle, return_value);
}

ZEND_METHOD(Shoal_Counter, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
    Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    php_shoal_handle_unserialize(php_shoal_handle_of(Z_OBJ_P(ZEND_THIS)), data, SHOAL_KIND_COUNTER);
}

/* ---- Properties and casts ------------------------------------------------------------------------ */

static bool get_value(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    int64_t value;
    if (!handle->object || shoal_counter_value(&value, handle->object) < 0) {
        return false;
    }
    ZVAL_LONG(out, value);
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("value", get_value),
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY_END,
};

/* (int) $counter, and comparison with numbers. */
static int cast_object(zend_object *object, zval *out, int type)
{
    if (type != IS_LONG && type != _IS_NUMBER) {
        return zend_std_cast_object_tostring(object, out, type);
    }
    return get_value(object, out) ? SUCCESS : FAILURE;
}

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_new(ce, &class);
}

void php_shoal_counter_wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    object_init_ex(out, php_shoal_ce_counter);
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(out));
    handle->object = object;
    handle->attachment = php_shoal_attachment_retain(attachment);
}

void php_shoal_counter_startup(void)
{
    php_shoal_ce_counter = register_class_Shoal_Counter();
    php_shoal_ce_counter->create_object = create_object;
    php_shoal_class_init(&class, offsetof(shoal_handle, std), properties);
    class.handlers.free_obj = php_shoal_handle_free;
    class.handlers.compare = php_shoal_handle_compare;
    class.handlers.cast_object = cast_object;
}
