/* Shoal\Event. */
#include "php_shoal.h"

#include "event_arginfo.h"

static shoal_class class;

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

static int wait_until(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_event_wait(handle->object, SHOAL_FIRST_LOOK(deadline));
    if (status != SHOAL_ETIMEDOUT || deadline == SHOAL_NO_WAIT) {
        return status;
    }
    return php_shoal_wait(handle->object, SHOAL_WAIT_SET, 0, 0, deadline);
}

ZEND_METHOD(Shoal_Event, wait)
{
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 1);
    RETURN_BOOL(php_shoal_succeeded(wait_until(handle, deadline)));
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_new(ce, &class);
}

void php_shoal_event_startup(void)
{
    zend_class_entry *ce = register_class_Shoal_Event();
    ce->create_object = create_object;
    php_shoal_handle_startup(&class, ce, SHOAL_KIND_EVENT, properties);
}
