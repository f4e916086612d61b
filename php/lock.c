/* Shoal\Lock. */
#include "php_shoal.h"

#include "zend_exceptions.h"

#include "lock_arginfo.h"

zend_class_entry *php_shoal_ce_lock;
static shoal_class class;

/* ---- Methods ---------------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_Lock, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

static int attempt(void *argument, shoal_time deadline)
{
    const shoal_handle *handle = argument;
    return shoal_lock_acquire(handle->object, handle->strict, deadline);
}

/* SHOAL_ETIMEDOUT and SHOAL_EINTR: not taken. Anything else below zero is thrown. */
static int acquire(shoal_handle *handle, shoal_time deadline)
{
    int status = php_shoal_wait(attempt, handle, deadline);
    if (UNEXPECTED(status < 0) && status != SHOAL_ETIMEDOUT && status != SHOAL_EINTR) {
        php_shoal_raise(status);
    }
    return status;
}

static bool release(shoal_handle *handle)
{
    int status = shoal_lock_release(handle->object);
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
    }
    return status >= 0;
}

ZEND_METHOD(Shoal_Lock, acquire)
{
    double timeout = 0;
    bool forever = true;
    shoal_time deadline;
    ZEND_PARSE_PARAMETERS_START(0, 1)
    Z_PARAM_OPTIONAL
    Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (!php_shoal_deadline(&deadline, timeout, forever, 1)) {
        RETURN_THROWS();
    }
    RETURN_BOOL(acquire(handle, deadline) >= 0);
}

ZEND_METHOD(Shoal_Lock, release)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    release(handle);
}

ZEND_METHOD(Shoal_Lock, isLocked)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    RETURN_BOOL(shoal_lock_is_locked(handle->object));
}

/*
 * Called after the callback. exit() in it is no `finally`: the lock stays held, and the end of the request gives it
 * up as abandoned. An exception of the callback goes on, whatever becomes of the release.
 */
static void release_after_callback(shoal_handle *handle)
{
    zend_object *thrown = EG(exception);
    if (!thrown) {
        release(handle);
    } else if (!zend_is_unwind_exit(thrown)) {
        shoal_lock_release(handle->object);
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
    if (acquire(handle, SHOAL_FOREVER) < 0) {
        return;
    }
    call.retval = return_value;
    call.params = ZEND_THIS;
    call.param_count = 1;
    zend_call_function(&call, &cache);
    release_after_callback(handle);
    if (Z_ISREF_P(return_value)) {
        zend_unwrap_reference(return_value);
    }
}

ZEND_METHOD(Shoal_Lock, repair)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    int status = shoal_lock_repair(handle->object);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
}

ZEND_METHOD(Shoal_Lock, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_handle_serialize(handle, return_value);
}

ZEND_METHOD(Shoal_Lock, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
    Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    php_shoal_handle_unserialize(php_shoal_handle_of(Z_OBJ_P(ZEND_THIS)), data, SHOAL_KIND_LOCK);
}

/* ---- Properties ---------------------------------------------------------------------------------- */

static bool get_reentrant(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!handle->object) {
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
    if (!handle->object) {
        return false;
    }
    ZVAL_BOOL(out, shoal_lock_recovered(handle->object));
    return true;
}

static bool get_owner(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    shoal_owner owner;
    if (!handle->object || shoal_lock_owner(&owner, handle->object) < 0) {
        return false;
    }
    php_shoal_owner_to_zval(out, &owner);
    return true;
}

void php_shoal_owner_to_zval(zval *out, const shoal_owner *owner)
{
    if (owner->pid == 0) {
        ZVAL_NULL(out);
        return;
    }
    array_init_size(out, 5);
    add_assoc_long(out, "pid", owner->pid);
    add_assoc_long(out, "thread", owner->thread);
    add_assoc_double(out, "since", owner->since);
    add_assoc_stringl(out, "program", owner->program, strnlen(owner->program, sizeof owner->program));
    add_assoc_bool(out, "alive", owner->alive);
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("reentrant", get_reentrant),
    SHOAL_PROPERTY("strict", get_strict),
    SHOAL_PROPERTY("recovered", get_recovered),
    SHOAL_PROPERTY("owner", get_owner),
    SHOAL_PROPERTY_END,
};

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_new(ce, &class);
}

void php_shoal_lock_wrap(zval *out, shoal_attachment *attachment, shoal_object *object, bool strict)
{
    object_init_ex(out, php_shoal_ce_lock);
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(out));
    handle->object = object;
    handle->attachment = php_shoal_attachment_retain(attachment);
    handle->strict = strict;
}

void php_shoal_lock_startup(void)
{
    php_shoal_ce_lock = register_class_Shoal_Lock();
    php_shoal_ce_lock->create_object = create_object;
    php_shoal_class_init(&class, offsetof(shoal_handle, std), properties);
    class.handlers.free_obj = php_shoal_handle_free;
    class.handlers.compare = php_shoal_handle_compare;
}
