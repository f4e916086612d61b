/* Shoal\Event. */
#include "owners.h"
#include "segment.h"
#include "take.h"

#include "event_arginfo.h"

ZEND_METHOD(Shoal_Segment, event)
{
    php_shoal_open_plain(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_event_open);
}

ZEND_METHOD(Shoal_Event, set)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_event_set(handle->object));
}

ZEND_METHOD(Shoal_Event, clear)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(shoal_event_clear(handle->object));
}

ZEND_METHOD(Shoal_Event, isSet)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(shoal_object_usable(handle->object))) {
        RETURN_BOOL(shoal_event_is_set(handle->object));
    }
}

static zend_always_inline int wait_until_set(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_event_wait(handle->object, SHOAL_FIRST_LOOK(deadline));
    return php_shoal_wait_after(status, handle->object, SHOAL_WAIT_SET, 0, 0, deadline);
}

ZEND_METHOD(Shoal_Event, wait)
{
    php_shoal_take(INTERNAL_FUNCTION_PARAM_PASSTHRU, wait_until_set);
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class, register_class_Shoal_Event());
}

shoal_class php_shoal_event_class = {
    .kind = SHOAL_KIND_EVENT,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
