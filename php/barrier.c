/* Shoal\Barrier. */
#include "handle.h"
#include "owners.h"
#include "segment.h"
#include "wait.h"

#include "zend_fibers.h"

#include "barrier_arginfo.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

ZEND_METHOD(Shoal_Segment, barrier)
{
    zend_string *name;
    zend_long parties;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_STR(name)
        Z_PARAM_LONG(parties)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (parties < 1 || parties > UINT32_MAX) {
        zend_argument_value_error(2, "must be between 1 and 4096");
        RETURN_THROWS();
    }
    shoal_object *object;
    int status =
        shoal_barrier_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), (uint32_t)parties);
    php_shoal_handle_give(return_value, segment->attachment, status, object);
}

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

SHOAL_HANDLE_GETTER(parties, ZVAL_LONG(out, shoal_barrier_parties(handle->object)))
SHOAL_HANDLE_GETTER(waiting, ZVAL_LONG(out, shoal_barrier_waiting(handle->object)))
SHOAL_HANDLE_GETTER(broken, ZVAL_BOOL(out, shoal_barrier_broken(handle->object)))

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("parties", get_parties),
    SHOAL_PROPERTY("waiting", get_waiting),
    SHOAL_PROPERTY("broken", get_broken),
    SHOAL_PROPERTY("holders", php_shoal_handle_holders),
    SHOAL_PROPERTY_END,
};

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class, register_class_Shoal_Barrier());
}

shoal_class php_shoal_barrier_class = {
    .kind = SHOAL_KIND_BARRIER,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
