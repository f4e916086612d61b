/* Shoal\Lock. */
#include "owners.h"
#include "segment.h"
#include "take.h"

#include "lock_arginfo.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

ZEND_METHOD(Shoal_Segment, lock)
{
    zend_string *name;
    bool reentrant = false, strict = false;
    ZEND_PARSE_PARAMETERS_START(1, 3)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_BOOL(reentrant)
        Z_PARAM_BOOL(strict)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    shoal_object *object;
    int status = shoal_lock_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name),
                                 reentrant ? SHOAL_LOCK_REENTRANT : 0);
    shoal_handle *handle = php_shoal_handle_give(return_value, segment->attachment, status, object);
    if (handle) {
        handle->strict = strict;
    }
}

/* ---- Methods ------------------------------------------------------------------------------------ */

static zend_always_inline int take(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_lock_acquire(handle->object, handle->strict, SHOAL_FIRST_LOOK(deadline));
    return php_shoal_wait_after(status, handle->object, SHOAL_WAIT_ACQUIRE, handle->strict ? SHOAL_WAIT_STRICT : 0, 0,
                                deadline);
}

ZEND_METHOD(Shoal_Lock, acquire)
{
    php_shoal_take(INTERNAL_FUNCTION_PARAM_PASSTHRU, take);
}

static int release(const shoal_handle *handle)
{
    return shoal_lock_release(handle->object);
}

ZEND_METHOD(Shoal_Lock, synchronized)
{
    php_shoal_take_while(INTERNAL_FUNCTION_PARAM_PASSTHRU, take, release);
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

ZEND_METHOD(Shoal_Lock, repair)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_lock_repair(handle->object));
}

/* ---- Properties ---------------------------------------------------------------------------------- */

SHOAL_HANDLE_GETTER(reentrant, ZVAL_BOOL(out, shoal_lock_flags(handle->object) & SHOAL_LOCK_REENTRANT))
SHOAL_HANDLE_GETTER(recovered, ZVAL_BOOL(out, shoal_lock_recovered(handle->object)))

static bool get_strict(zend_object *object, zval *out)
{
    ZVAL_BOOL(out, php_shoal_handle_of(object)->strict);
    return php_shoal_handle_of(object)->object != NULL;
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

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class, register_class_Shoal_Lock());
}

shoal_class php_shoal_lock_class = {
    .kind = SHOAL_KIND_LOCK,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
