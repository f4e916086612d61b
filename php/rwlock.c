/* Shoal\RWLock. */
#include "php_shoal.h"

#include "rwlock_arginfo.h"

static shoal_class class;

/* ---- Methods ---------------------------------------------------------------------------------- */

typedef int (*taker)(shoal_object *rwlock, shoal_time deadline);

static zend_always_inline int take(const shoal_handle *handle, taker taker, int operation, shoal_time deadline)
{
    int status = taker(handle->object, SHOAL_FIRST_LOOK(deadline));
    if (EXPECTED(status != SHOAL_ETIMEDOUT) || deadline == SHOAL_NO_WAIT) {
        return status;
    }
    return php_shoal_wait(handle->object, operation, 0, 0, deadline);
}

static zend_always_inline void take_method(INTERNAL_FUNCTION_PARAMETERS, taker taker, int operation)
{
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 1);
    RETURN_BOOL(php_shoal_succeeded(take(handle, taker, operation, deadline)));
}

ZEND_METHOD(Shoal_RWLock, read)
{
    take_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_rwlock_read, SHOAL_WAIT_READ);
}

ZEND_METHOD(Shoal_RWLock, write)
{
    take_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_rwlock_write, SHOAL_WAIT_WRITE);
}

ZEND_METHOD(Shoal_RWLock, unlock)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_rwlock_unlock(handle->object));
}

ZEND_METHOD(Shoal_RWLock, downgrade)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_rwlock_downgrade(handle->object));
}

ZEND_METHOD(Shoal_RWLock, isReading)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(shoal_object_usable(handle->object))) {
        RETURN_BOOL(shoal_rwlock_is_reading(handle->object));
    }
}

ZEND_METHOD(Shoal_RWLock, isWriting)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(shoal_object_usable(handle->object))) {
        RETURN_BOOL(shoal_rwlock_is_writing(handle->object));
    }
}

/* Given back by shoal_rwlock_unlock, whichever it is: the callback of a writer may have downgraded. */
static void synchronized(INTERNAL_FUNCTION_PARAMETERS, taker taker, int operation)
{
    zend_fcall_info call;
    zend_fcall_info_cache cache;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_FUNC(call, cache)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(take(handle, taker, operation, SHOAL_FOREVER))) {
        php_shoal_call_holding(return_value, ZEND_THIS, &call, &cache, shoal_rwlock_unlock);
    }
}

ZEND_METHOD(Shoal_RWLock, readSynchronized)
{
    synchronized(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_rwlock_read, SHOAL_WAIT_READ);
}

ZEND_METHOD(Shoal_RWLock, writeSynchronized)
{
    synchronized(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_rwlock_write, SHOAL_WAIT_WRITE);
}

/* ---- Properties ---------------------------------------------------------------------------------- */

static bool get_recovered(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    ZVAL_BOOL(out, shoal_rwlock_recovered(handle->object));
    return true;
}

/* The holders, when there is no writer. */
static bool get_readers(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    shoal_owner writer;
    if (!handle->object || shoal_lock_owner(&writer, handle->object) < 0) {
        return false;
    }
    if (writer.pid != 0) {
        ZVAL_EMPTY_ARRAY(out);
        return true;
    }
    return php_shoal_handle_holders(object, out);
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),       SHOAL_PROPERTY("recovered", get_recovered),
    SHOAL_PROPERTY("owner", php_shoal_handle_owner),     SHOAL_PROPERTY("readers", get_readers),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters), SHOAL_PROPERTY_END,
};

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_new(ce, &class);
}

void php_shoal_rwlock_startup(void)
{
    zend_class_entry *ce = register_class_Shoal_RWLock();
    ce->create_object = create_object;
    php_shoal_handle_startup(&class, ce, SHOAL_KIND_RWLOCK, properties);
}
