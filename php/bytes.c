/* Shoal\Bytes: a string that is stored as bytes. */
#include "wire.h"

#include "exceptions.h"
#include "zend_interfaces.h"

#include "bytes_arginfo.h"

zend_class_entry *php_shoal_ce_bytes;

ZEND_METHOD(Shoal_Bytes, __construct)
{
    zend_string *bytes;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(bytes)
    ZEND_PARSE_PARAMETERS_END();
    zend_update_property_str(php_shoal_ce_bytes, Z_OBJ_P(ZEND_THIS), "bytes", sizeof("bytes") - 1, bytes);
}

ZEND_METHOD(Shoal_Bytes, __toString)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zval *bytes = OBJ_PROP_NUM(Z_OBJ_P(ZEND_THIS), 0);
    if (Z_TYPE_P(bytes) != IS_STRING) {
        php_shoal_raise_closed(Z_OBJ_P(ZEND_THIS));
        RETURN_THROWS();
    }
    RETURN_COPY(bytes);
}

void php_shoal_bytes_startup(void)
{
    php_shoal_ce_bytes = register_class_Shoal_Bytes(zend_ce_stringable);
}
