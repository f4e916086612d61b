/* Shoal\KeyLock, which is a handle of its Locks with a key. */
#ifndef PHP_SHOAL_KEY_LOCK_H
#define PHP_SHOAL_KEY_LOCK_H

#include "handle.h"

/* Takes over `key`. */
void php_shoal_key_lock_make(zval *out, const shoal_handle *locks, zend_string *key);
void php_shoal_key_lock_startup(zend_class_entry *ce);

#endif
