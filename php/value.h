/* Values: stored whole, read as a copy. */
#ifndef PHP_SHOAL_VALUE_H
#define PHP_SHOAL_VALUE_H

#include "attach.h"

/*
 * What has that name: a copy of the value, or the handle of the live object. < 0: nothing; thrown already if an exception is
 * pending (a value that PHP cannot hold), else the caller decides: SHOAL_ENOKEY may be no error.
 */
int php_shoal_value_get(zval *out, shoal_attachment *attachment, zend_string *name);
/* Store a copy, or, where a live object of that name takes the value in, give it to that. Or throw. */
void php_shoal_value_put(shoal_segment *segment, zend_string *name, zval *value);

#endif
