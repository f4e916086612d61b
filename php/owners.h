/* Who holds an object and who waits for it, as arrays. */
#ifndef PHP_SHOAL_OWNERS_H
#define PHP_SHOAL_OWNERS_H

#include "php_shoal.h"

void php_shoal_owner_to_zval(zval *out, const shoal_owner *owner); /* null for nobody */
void php_shoal_owners_to_zval(zval *out, const shoal_owner *owners, size_t count);
/* Properties of handles. */
bool php_shoal_handle_owner(zend_object *object, zval *out);
bool php_shoal_handle_holders(zend_object *object, zval *out);
bool php_shoal_handle_waiters(zend_object *object, zval *out);

#endif
