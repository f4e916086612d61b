/* Shoal\Semaphore. */
#include "php_shoal.h"

#include "semaphore_arginfo.h"

static shoal_class class;

/* ---- Methods ---------------------------------------------------------------------------------- */

static int acquire(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_semaphore_acquire(handle->object, SHOAL_FIRST_LOOK(deadline));
    if (EXPECTED(status != SHOAL_ETIMEDOUT) || deadline == SHOAL_NO_WAIT) {
        return status;
    }
    return php_shoal_wait(handle->object, SHOAL_WAIT_ACQUIRE, 0, 0, deadline);
}

ZEND_METHOD(Shoal_Semaphore, acquire)
{
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 1);
    RETURN_BOOL(php_shoal_succeeded(acquire(handle, deadline)));
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

static int release_one(shoal_object *semaphore)
{
    return shoal_semaphore_release(semaphore, 1);
}

ZEND_METHOD(Shoal_Semaphore, synchronized)
{
    zend_fcall_info call;
    zend_fcall_info_cache cache;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_FUNC(call, cache)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(acquire(handle, SHOAL_FOREVER))) {
        php_shoal_call_holding(return_value, ZEND_THIS, &call, &cache, release_one);
    }
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

static bool get_initial(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    ZVAL_LONG(out, shoal_semaphore_initial(handle->object));
    return true;
}

static bool get_bounded(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    ZVAL_BOOL(out, !(shoal_semaphore_flags(handle->object) & SHOAL_SEMAPHORE_SIGNAL));
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("value", get_value),
    SHOAL_PROPERTY("initial", get_initial),
    SHOAL_PROPERTY("bounded", get_bounded),
    SHOAL_PROPERTY("holders", php_shoal_handle_holders),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_new(ce, &class);
}

void php_shoal_semaphore_startup(void)
{
    zend_class_entry *ce = register_class_Shoal_Semaphore();
    ce->create_object = create_object;
    php_shoal_handle_startup(&class, ce, SHOAL_KIND_SEMAPHORE, properties);
}
