/*
 * Shoal\Condition.
 *
 * A wait lets go of the lock and has to take it back, whatever ends it:
 *
 *   notified, or $timeout is over      the lock is held
 *   a signal's handler threw           the lock is taken back first; a notification that had come goes on to another
 *   … and one once more meanwhile      the lock is not held
 *   exit, max_execution_time,          the lock is not taken back: nothing of the script that could rely on it runs
 *   a fatal error in a handler         any more; a notification that had come goes on to another
 */
#include "handle.h"
#include "owners.h"
#include "segment.h"
#include "wait.h"

#include "zend_exceptions.h"

#include "condition_arginfo.h"

static const shoal_handle *lock_of(const shoal_handle *handle)
{
    return php_shoal_handle_of(handle->lock);
}

/* ---- Opening ------------------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_Segment, condition)
{
    zend_string *name;
    zend_object *lock;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_STR(name)
        Z_PARAM_OBJ_OF_CLASS(lock, php_shoal_lock_class.ce)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (!php_shoal_handle_of(lock)->object) {
        php_shoal_raise_closed(lock);
        RETURN_THROWS();
    }
    shoal_object *object;
    int status = shoal_condition_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name),
                                      php_shoal_handle_of(lock)->object);
    shoal_handle *handle = php_shoal_handle_give(return_value, segment->attachment, status, object);
    if (handle) {
        GC_ADDREF(lock);
        handle->lock = lock;
    }
}

/* A lock that has taken its name since is another, and refused. */
static bool find_lock(shoal_handle *handle, bool strict)
{
    shoal_object *object;
    zval lock;
    int status = shoal_condition_lock(&object, handle->object);
    if (status < 0) {
        php_shoal_raise(status);
        return false;
    }
    php_shoal_handle_make(&lock, handle->attachment, object)->strict = strict;
    handle->lock = Z_OBJ(lock);
    return true;
}

static bool wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    shoal_handle *handle = php_shoal_handle_make(out, attachment, object);
    if (!find_lock(handle, false)) {
        zval_ptr_dtor(out);
        ZVAL_UNDEF(out);
        return false;
    }
    return true;
}

/* ---- Methods ---------------------------------------------------------------------------------- */

/* Someone else's, as this one ends in an exception. The lock is held. */
static void pass_on(const shoal_handle *handle)
{
    uint32_t notified;
    shoal_condition_notify(&notified, handle->object, lock_of(handle)->object, 1);
}

/* 1: notified, 0: not, both with the lock held; below zero: an exception is pending. */
static int wait_once(const shoal_handle *handle, shoal_time deadline)
{
    const shoal_handle *lock = lock_of(handle);
    shoal_wait wait;
    bool notified = false;
    int status = shoal_condition_begin(&wait, handle->object, lock->object, lock->strict ? SHOAL_WAIT_STRICT : 0);
    if (status < 0) {
        php_shoal_raise(status);
        return status;
    }
    status = php_shoal_wait_until(&wait, deadline);
    if (status < 0 && status != SHOAL_ETIMEDOUT && !EG(exception)) {
        php_shoal_raise(status);
    }
    if (EG(exception) && zend_is_unwind_exit(EG(exception))) {
        shoal_wait_cancel(&wait);
        return SHOAL_EINTR;
    }
    status = php_shoal_wait_end(&wait, &notified);
    if (EG(exception)) {
        if (status >= 0 && notified) {
            pass_on(handle);
        }
        return SHOAL_EINTR;
    }
    return notified;
}

ZEND_METHOD(Shoal_Condition, wait)
{
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 1);
    RETURN_BOOL(wait_once(handle, deadline) > 0);
}

/* true: it returned, into `out`. */
static bool ask(zval *out, zend_fcall_info *predicate, zend_fcall_info_cache *cache)
{
    predicate->retval = out;
    zend_call_function(predicate, cache);
    if (Z_ISREF_P(out)) {
        zend_unwrap_reference(out);
    }
    return !EG(exception);
}

ZEND_METHOD(Shoal_Condition, waitFor)
{
    zend_fcall_info predicate;
    zend_fcall_info_cache cache;
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_FUNC(predicate, cache)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 2);
    bool in_time = true;
    while (ask(return_value, &predicate, &cache) && !zend_is_true(return_value) && in_time) {
        zval_ptr_dtor(return_value);
        ZVAL_UNDEF(return_value);
        int status = wait_once(handle, deadline);
        if (status < 0) {
            RETURN_THROWS();
        }
        in_time = status > 0 || shoal_now() < deadline; /* else asked once more: it may have come unnotified */
    }
}

static void notify(const shoal_handle *handle, uint32_t n, zval *out)
{
    uint32_t notified;
    int status = shoal_condition_notify(&notified, handle->object, lock_of(handle)->object, n);
    if (php_shoal_succeeded(status)) {
        ZVAL_LONG(out, notified);
    }
}

ZEND_METHOD(Shoal_Condition, notify)
{
    zend_long n = 1;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(n)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (n < 1) {
        zend_argument_value_error(1, "must be greater than 0");
        RETURN_THROWS();
    }
    notify(handle, (uint32_t)MIN(n, UINT32_MAX), return_value);
}

ZEND_METHOD(Shoal_Condition, notifyAll)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    notify(handle, UINT32_MAX, return_value);
}

/* ---- Serialized ----------------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_Condition, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_handle_serialize(handle, return_value)) {
        add_assoc_bool(return_value, "strict", lock_of(handle)->strict);
    }
}

ZEND_METHOD(Shoal_Condition, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(ZEND_THIS));
    if (php_shoal_handle_unserialize(handle, data) && !find_lock(handle, handle->strict)) {
        shoal_object_close(handle->object);
        php_shoal_attachment_release(handle->attachment);
        handle->object = NULL; /* never made */
        handle->attachment = NULL;
    }
}

/* ---- Properties ---------------------------------------------------------------------------------- */

static bool get_lock(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!handle->object) {
        return false;
    }
    ZVAL_OBJ_COPY(out, handle->lock);
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("lock", get_lock),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class, register_class_Shoal_Condition());
}

shoal_class php_shoal_condition_class = {
    .kind = SHOAL_KIND_CONDITION,
    .properties = properties,
    .startup = startup,
    .wrap = wrap,
};
