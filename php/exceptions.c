/* A status of the core becomes an exception: the class named in its list, with the message it left. */
#include "exceptions.h"

#include "wait.h"

#include "ext/spl/spl_exceptions.h"
#include "zend_exceptions.h"

#include "exceptions_arginfo.h"

#define CODES 32
static zend_class_entry *classes[CODES]; /* by -status */

static void bind_class(const char *exception, zend_class_entry *ce)
{
#define BIND(code, number, name, message)                                                                              \
    if (strcmp(name, exception) == 0) {                                                                                \
        classes[-(number)] = ce;                                                                                       \
    }
    SHOAL_STATUS_LIST(BIND)
#undef BIND
}

void php_shoal_exceptions_startup(void)
{
    zend_class_entry *parent = spl_ce_RuntimeException;
    zend_class_entry *interface = register_class_Shoal_Exception(zend_ce_throwable);

    bind_class("Closed", register_class_Shoal_Closed(parent, interface));
    bind_class("NotFound", register_class_Shoal_NotFound(parent, interface));
    bind_class("AlreadyExists", register_class_Shoal_AlreadyExists(parent, interface));
    bind_class("TypeMismatch", register_class_Shoal_TypeMismatch(parent, interface));
    bind_class("NoSpace", register_class_Shoal_NoSpace(parent, interface));
    bind_class("Denied", register_class_Shoal_Denied(parent, interface));
    bind_class("ReadOnly", register_class_Shoal_ReadOnlyError(parent, interface));
    bind_class("Corrupt", register_class_Shoal_Corrupt(parent, interface));
    bind_class("VersionMismatch", register_class_Shoal_VersionMismatch(parent, interface));
    bind_class("Timeout", register_class_Shoal_Timeout(parent, interface));
    bind_class("OwnerDied", register_class_Shoal_OwnerDied(parent, interface));
    bind_class("LockError", register_class_Shoal_LockError(parent, interface));
    bind_class("BrokenBarrier", register_class_Shoal_BrokenBarrier(parent, interface));
    bind_class("Full", register_class_Shoal_Full(parent, interface));
    bind_class("Empty", classes[-SHOAL_ETIMEDOUT]); /* "Empty" is a reserved word in PHP */
    bind_class("ShutDown", register_class_Shoal_ShutDown(parent, interface));
    bind_class("OSError", register_class_Shoal_SystemError(parent, interface));
    bind_class("MemoryError", classes[-SHOAL_ENOSPACE]);
    bind_class("ValueError", zend_ce_value_error);
    bind_class("TypeError", zend_ce_type_error);
    bind_class("IndexError", spl_ce_OutOfBoundsException);
    bind_class("OverflowError", zend_ce_arithmetic_error);
}

static zend_class_entry *class_of(int status)
{
    zend_class_entry *ce = status < 0 && status > -CODES ? classes[-status] : NULL;
    return ce ? ce : classes[-SHOAL_ESYSTEM];
}

void php_shoal_raise(int status)
{
    if (status == SHOAL_EINTR) {
        php_shoal_end_if_over();
        if (EG(exception)) {
            return; /* a handler's */
        }
    }
    zend_throw_exception(class_of(status), shoal_error_message(), -status);
}

void php_shoal_raise_because(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    zend_string *message = zend_vstrpprintf(0, format, arguments);
    va_end(arguments);
    zend_throw_exception(class_of(status), ZSTR_VAL(message), -status);
    zend_string_release(message);
}

void php_shoal_raise_unless_thrown(int status)
{
    if (status < 0 && !EG(exception)) {
        php_shoal_raise(status);
    }
}

void php_shoal_raise_closed(zend_object *object)
{
    php_shoal_raise_because(SHOAL_ECLOSED, "this %s was closed", ZSTR_VAL(object->ce->name));
}

void php_shoal_raise_copy(const char *what)
{
    zend_throw_error(NULL, "%s is a copy: change the copy and assign it", what);
}

bool php_shoal_failed(int status)
{
    if (status != SHOAL_ETIMEDOUT && !EG(exception)) {
        php_shoal_raise(status);
    }
    return false;
}
