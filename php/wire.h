/* Values between PHP and MessagePack. */
#ifndef PHP_SHOAL_WIRE_H
#define PHP_SHOAL_WIRE_H

#include "php_shoal.h"

/* false: an exception is thrown. The caller inits and frees the writer. */
bool php_shoal_encode(shoal_writer *writer, zval *value);
bool php_shoal_decode(zval *out, const void *bytes, size_t size);
/* The same, of memory that `lease` keeps: an array that is half of it or more is not copied, and keeps it too. */
struct shoal_lease;
bool php_shoal_decode_in(zval *out, const void *bytes, size_t size, struct shoal_lease *lease);

extern zend_class_entry *php_shoal_ce_bytes; /* Shoal\Bytes */
void php_shoal_bytes_startup(void);

#endif
