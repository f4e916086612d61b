/* Shoal\Lock. */
#include "php_shoal.h"

#include "lock_arginfo.h"

zend_class_entry *php_shoal_ce_lock;
static shoal_class class;

/* ---- Methods ---------------------------------------------------------------------------------- */

static int acquire(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_lock_acquire(handle->object, handle->strict, SHOAL_FIRST_LOOK(deadline));
    if (EXPECTED(status != SHOAL_ETIMEDOUT) || deadline == SHOAL_NO_WAIT) {
        return status;
    }
    return php_shoal_wait(handle->object, SHOAL_WAIT_ACQUIRE, handle->strict ? SHOAL_WAIT_STRICT : 0, 0, deadline);
}

ZEND_METHOD(Shoal_Lock, acquire)
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

ZEND_METHOD(Shoal_Lock, release)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_lock_release(handle->object));
}

ZEND_METHOD(Shoal_Lock, isLocked)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(shoal_object_usable(handle->object))) {
        RETURN_BOOL(shoal_lock_is_locked(handle->object));
    }
}

ZEND_METHOD(Shoal_Lock, synchronized)
{
    zend_fcall_info call;
    zend_fcall_info_cache cache;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_FUNC(call, cache)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(acquire(handle, SHOAL_FOREVER))) {
        php_shoal_call_holding(return_value, ZEND_THIS, &call, &cache, shoal_lock_release);
    }
}

ZEND_METHOD(Shoal_Lock, repair)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_lock_repair(handle->object));
}

/* ---- Properties ---------------------------------------------------------------------------------- */

static bool get_reentrant(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    ZVAL_BOOL(out, shoal_lock_flags(handle->object) & SHOAL_LOCK_REENTRANT);
    return true;
}

static bool get_strict(zend_object *object, zval *out)
{
    ZVAL_BOOL(out, php_shoal_handle_of(object)->strict);
    return php_shoal_handle_of(object)->object != NULL;
}

static bool get_recovered(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    ZVAL_BOOL(out, shoal_lock_recovered(handle->object));
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("reentrant", get_reentrant),
    SHOAL_PROPERTY("strict", get_strict),
    SHOAL_PROPERTY("recovered", get_recovered),
    SHOAL_PROPERTY("owner", php_shoal_handle_owner),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_new(ce, &class);
}

void php_shoal_lock_startup(void)
{
    php_shoal_ce_lock = register_class_Shoal_Lock();
    php_shoal_ce_lock->create_object = create_object;
    php_shoal_handle_startup(&class, php_shoal_ce_lock, SHOAL_KIND_LOCK, properties);
}
