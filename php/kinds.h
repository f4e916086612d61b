/* The kinds of objects: of each a shoal_class, which lies in its file. */
#ifndef PHP_SHOAL_KINDS_H
#define PHP_SHOAL_KINDS_H

#include "attach.h"
#include "properties.h"

/* Of each kind of the core's list its class. Hidden, so that the linker misses what no file has. */
#define SHOAL_KIND_CLASS(code, number, file, article, name)                                                            \
    extern __attribute__((visibility("hidden"))) shoal_class php_shoal_##file##_class;
SHOAL_KIND_LIST(SHOAL_KIND_CLASS)
#undef SHOAL_KIND_CLASS

void php_shoal_kinds_startup(void);

const shoal_class *php_shoal_class_of_kind(int kind);                    /* NULL: of none that we know, or of Values */
const shoal_class *php_shoal_class_of_entry(const zend_class_entry *ce); /* of an object that is being made */

/* A live object as `out`: takes over `object`, adds a reference to `attachment`. False: an exception. */
bool php_shoal_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);
/* $segment[$name] = $value where a live object takes the array or object in. False: none does. True also with an exception. */
bool php_shoal_assign_live(shoal_segment *segment, zend_string *name, zval *value);

#endif
