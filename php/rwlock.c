/* Shoal\RWLock. */
#include "owners.h"
#include "segment.h"
#include "take.h"

#include "rwlock_arginfo.h"

ZEND_METHOD(Shoal_Segment, rwlock)
{
    php_shoal_open_plain(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_rwlock_open);
}

/* ---- Methods ------------------------------------------------------------------------------------ */

static zend_always_inline int take_read(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_rwlock_read(handle->object, SHOAL_FIRST_LOOK(deadline));
    return php_shoal_wait_after(status, handle->object, SHOAL_WAIT_READ, 0, 0, deadline);
}

static zend_always_inline int take_write(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_rwlock_write(handle->object, SHOAL_FIRST_LOOK(deadline));
    return php_shoal_wait_after(status, handle->object, SHOAL_WAIT_WRITE, 0, 0, deadline);
}

ZEND_METHOD(Shoal_RWLock, read)
{
    php_shoal_take(INTERNAL_FUNCTION_PARAM_PASSTHRU, take_read);
}

ZEND_METHOD(Shoal_RWLock, write)
{
    php_shoal_take(INTERNAL_FUNCTION_PARAM_PASSTHRU, take_write);
}

/* Whichever it is: the callback of a writer may have downgraded. */
static int unlock(const shoal_handle *handle)
{
    return shoal_rwlock_unlock(handle->object);
}

ZEND_METHOD(Shoal_RWLock, readSynchronized)
{
    php_shoal_take_while(INTERNAL_FUNCTION_PARAM_PASSTHRU, take_read, unlock);
}

ZEND_METHOD(Shoal_RWLock, writeSynchronized)
{
    php_shoal_take_while(INTERNAL_FUNCTION_PARAM_PASSTHRU, take_write, unlock);
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

/* ---- Properties ---------------------------------------------------------------------------------- */

SHOAL_HANDLE_GETTER(recovered, ZVAL_BOOL(out, shoal_rwlock_recovered(handle->object)))

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

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class, register_class_Shoal_RWLock());
}

shoal_class php_shoal_rwlock_class = {
    .kind = SHOAL_KIND_RWLOCK,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
