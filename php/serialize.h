/* Handles serialize as the names of their segment and of their object. */
#ifndef PHP_SHOAL_SERIALIZE_H
#define PHP_SHOAL_SERIALIZE_H

#include "attach.h"

/* The segment into `data`, or an exception when it has no name. */
bool php_shoal_identity(zval *data, const shoal_attachment *attachment, const char *class_name);
/* The same, and the name of that object of it. */
bool php_shoal_object_identity(zval *data, const shoal_attachment *attachment, const shoal_object *object,
                               const char *class_name);

/* Back: a new reference, or NULL and an exception. */
shoal_attachment *php_shoal_reattach(HashTable *data);
shoal_attachment *php_shoal_reopen(shoal_object **out, HashTable *data, int kind);
zend_string *php_shoal_data_string(HashTable *data, const char *key); /* borrowed */
void php_shoal_raise_ill_typed(void);

#endif
