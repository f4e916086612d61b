/* What the files of Map share: map.c opens and looks, map_change.c changes and computes. */
#ifndef PHP_SHOAL_MAP_H
#define PHP_SHOAL_MAP_H

#include "handle.h"

/* Return from the method with the exception unless it can be a key. */
#define SHOAL_MAP_CHECK_KEY(key)                                                                                       \
    if (UNEXPECTED(ZSTR_LEN(key) - 1 >= SHOAL_MAP_KEY)) {                                                              \
        zend_argument_value_error(1, "must be of 1 to %u bytes, and has %zu", SHOAL_MAP_KEY, ZSTR_LEN(key));           \
        RETURN_THROWS();                                                                                               \
    }

/* ?float $ttl -> a time to live; false: a ValueError was thrown. */
bool php_shoal_map_ttl(shoal_time *ttl, double seconds, bool is_null, uint32_t argument);
/* After a call for this key: true: a signal came first, and its handlers have run; call again. */
bool php_shoal_map_again(const shoal_handle *handle, const zend_string *key, int status);
/*
 * The key's value into `out`: SHOAL_OK, SHOAL_MISS, or below zero with an exception thrown. `item` may be NULL, as of
 * shoal_map_get.
 */
int php_shoal_map_look(zval *out, const shoal_handle *handle, const zend_string *key, shoal_map_item *item);
/* The same where the value comes from a shoal_map_pop, which removes it. */
int php_shoal_map_pop(zval *out, const shoal_handle *handle, const zend_string *key);
/* A key of an array: a new reference. */
zend_string *php_shoal_map_key_of(const zval *key);
/* Store it; SHOAL_OK, SHOAL_MISS, or below zero with an exception thrown. */
int php_shoal_map_store(const shoal_handle *handle, const zend_string *key, zval *value,
                        const shoal_map_setting *setting);

#endif
