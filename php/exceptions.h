/* A status of the core as an exception. */
#ifndef PHP_SHOAL_EXCEPTIONS_H
#define PHP_SHOAL_EXCEPTIONS_H

#include "php_shoal.h"

void php_shoal_exceptions_startup(void);
void php_shoal_raise(int status); /* with shoal_error_message() */
void php_shoal_raise_because(int status, const char *format, ...) ZEND_ATTRIBUTE_FORMAT(printf, 2, 3);
void php_shoal_raise_unless_thrown(int status);   /* nothing for status >= 0 */
void php_shoal_raise_closed(zend_object *object); /* Closed: `object` was closed, or never made */
void php_shoal_raise_copy(const char *what);      /* Error: what was read is a copy, changing it has no effect */

bool php_shoal_failed(int status); /* php_shoal_succeeded, of a status below zero: false */

/* Throw what is below zero, unless it is the end of a wait that has thrown already or gives false. True: >= 0. */
static zend_always_inline bool php_shoal_succeeded(int status)
{
    return EXPECTED(status >= 0) || php_shoal_failed(status);
}

#endif
