/* Shoal\Semaphore. */
#include "owners.h"
#include "segment.h"
#include "take.h"

#include "semaphore_arginfo.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

ZEND_METHOD(Shoal_Segment, semaphore)
{
    zend_string *name;
    zend_long value = 1;
    bool bounded = true;
    ZEND_PARSE_PARAMETERS_START(1, 3)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(value)
        Z_PARAM_BOOL(bounded)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (value < 0 || value > UINT32_MAX) {
        zend_argument_value_error(2, bounded ? "must be between 1 and 65536" : "must be between 0 and 2147483647");
        RETURN_THROWS();
    }
    shoal_object *object;
    int status = shoal_semaphore_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name),
                                      (uint32_t)value, bounded ? 0 : SHOAL_SEMAPHORE_SIGNAL);
    php_shoal_handle_give(return_value, segment->attachment, status, object);
}

/* ---- Methods ------------------------------------------------------------------------------------ */

static zend_always_inline int take(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_semaphore_acquire(handle->object, SHOAL_FIRST_LOOK(deadline));
    return php_shoal_wait_after(status, handle->object, SHOAL_WAIT_ACQUIRE, 0, 0, deadline);
}

ZEND_METHOD(Shoal_Semaphore, acquire)
{
    php_shoal_take(INTERNAL_FUNCTION_PARAM_PASSTHRU, take);
}

ZEND_METHOD(Shoal_Semaphore, release)
{
    zend_long n = 1;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(n)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (UNEXPECTED(n < 1 || n > INT32_MAX)) {
        zend_argument_value_error(1, "must be between 1 and %d", INT32_MAX);
        RETURN_THROWS();
    }
    php_shoal_succeeded(shoal_semaphore_release(handle->object, (uint32_t)n));
}

static int release_one(const shoal_handle *handle)
{
    return shoal_semaphore_release(handle->object, 1);
}

ZEND_METHOD(Shoal_Semaphore, synchronized)
{
    php_shoal_take_while(INTERNAL_FUNCTION_PARAM_PASSTHRU, take, release_one);
}

/* ---- Properties ---------------------------------------------------------------------------------- */

static bool get_value(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    uint32_t value;
    if (!handle->object || shoal_semaphore_value(&value, handle->object) < 0) {
        return false;
    }
    ZVAL_LONG(out, value);
    return true;
}

SHOAL_HANDLE_GETTER(initial, ZVAL_LONG(out, shoal_semaphore_initial(handle->object)))
SHOAL_HANDLE_GETTER(bounded, ZVAL_BOOL(out, !(shoal_semaphore_flags(handle->object) & SHOAL_SEMAPHORE_SIGNAL)))

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("value", get_value),
    SHOAL_PROPERTY("initial", get_initial),
    SHOAL_PROPERTY("bounded", get_bounded),
    SHOAL_PROPERTY("holders", php_shoal_handle_holders),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class, register_class_Shoal_Semaphore());
}

shoal_class php_shoal_semaphore_class = {
    .kind = SHOAL_KIND_SEMAPHORE,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
