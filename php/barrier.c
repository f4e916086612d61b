/* Shoal\Barrier. */
#include "php_shoal.h"

#include "zend_fibers.h"

#include "barrier_arginfo.h"

static shoal_class class;

/* ---- Methods ---------------------------------------------------------------------------------- */

/*
 * What the last to come does while all others wait. An exception, exit or fatal error breaks the barrier. A fiber may not
 * suspend in there: after a fatal error elsewhere nothing would come back to its stack to end the wait.
 */
static bool act(shoal_wait *wait, zend_fcall_info *action, zend_fcall_info_cache *cache)
{
    zval result;
    action->retval = &result;
    zend_fiber_switch_block();
    zend_try
    {
        zend_call_function(action, cache);
    }
    zend_catch
    {
        zend_fiber_switch_unblock();
        php_shoal_wait_bailout(wait);
    }
    zend_end_try();
    zend_fiber_switch_unblock();
    zval_ptr_dtor(&result);
    return !EG(exception);
}

/* `action` may be none. */
static int meet(shoal_wait *wait, shoal_time deadline, zend_fcall_info *action, zend_fcall_info_cache *cache)
{
    int status = php_shoal_wait_until(wait, deadline);
    if (status == SHOAL_OK && wait->last) {
        if (ZEND_FCI_INITIALIZED(*action) && !act(wait, action, cache)) {
            status = SHOAL_EINTR;
        } else {
            status = shoal_barrier_pass(wait);
        }
    }
    if (status == SHOAL_EINTR) {
        shoal_wait_cancel(wait); /* breaks it */
    }
    return status;
}

ZEND_METHOD(Shoal_Barrier, wait)
{
    double timeout = 0;
    bool forever = true;
    zend_fcall_info action = empty_fcall_info;
    zend_fcall_info_cache cache = empty_fcall_info_cache;
    ZEND_PARSE_PARAMETERS_START(0, 2)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
        Z_PARAM_FUNC_OR_NULL(action, cache)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 1);
    shoal_wait wait;
    int status = shoal_wait_begin(&wait, handle->object, SHOAL_WAIT_PASS, 0, 0);
    if (status >= 0) {
        status = meet(&wait, deadline, &action, &cache);
    }
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise_unless_thrown(status);
        RETURN_THROWS();
    }
    RETURN_LONG(wait.index);
}

ZEND_METHOD(Shoal_Barrier, abort)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_barrier_abort(handle->object));
}

ZEND_METHOD(Shoal_Barrier, reset)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_barrier_reset(handle->object));
}

/* ---- Properties ---------------------------------------------------------------------------------- */

static bool get_parties(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    ZVAL_LONG(out, shoal_barrier_parties(handle->object));
    return true;
}

static bool get_waiting(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    ZVAL_LONG(out, shoal_barrier_waiting(handle->object));
    return true;
}

static bool get_broken(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    ZVAL_BOOL(out, shoal_barrier_broken(handle->object));
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("parties", get_parties),
    SHOAL_PROPERTY("waiting", get_waiting),
    SHOAL_PROPERTY("broken", get_broken),
    SHOAL_PROPERTY("holders", php_shoal_handle_holders),
    SHOAL_PROPERTY_END,
};

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_new(ce, &class);
}

void php_shoal_barrier_startup(void)
{
    zend_class_entry *ce = register_class_Shoal_Barrier();
    ce->create_object = create_object;
    php_shoal_handle_startup(&class, ce, SHOAL_KIND_BARRIER, properties);
}
