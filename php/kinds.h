/* The kinds of objects that can be live: of each a shoal_class, which lies in its file. */
#ifndef PHP_SHOAL_KINDS_H
#define PHP_SHOAL_KINDS_H

#include "attach.h"
#include "properties.h"

/* In the order of enum shoal_kind. */
#define SHOAL_EACH_CLASS(X)                                                                                            \
    X(NDARRAY)                                                                                                         \
    X(COUNTER)                                                                                                         \
    X(LOCK)                                                                                                            \
    X(RWLOCK)                                                                                                          \
    X(SEMAPHORE)                                                                                                       \
    X(EVENT)                                                                                                           \
    X(CONDITION)                                                                                                       \
    X(BARRIER)

#define SHOAL_DECLARE_CLASS(kind) extern __attribute__((visibility("hidden"))) shoal_class php_shoal_class_##kind;
SHOAL_EACH_CLASS(SHOAL_DECLARE_CLASS)
#undef SHOAL_DECLARE_CLASS

void php_shoal_kinds_startup(void);

const shoal_class *php_shoal_class_of_kind(int kind);                    /* NULL: of none that we know */
const shoal_class *php_shoal_class_of_entry(const zend_class_entry *ce); /* of an object that is being made */

/* Open the live object and see that it is of that kind. < 0: thrown already, or not. */
int php_shoal_open_kind(shoal_object **out, shoal_segment *segment, zend_string *name, int kind);
/* A live object as `out`: takes over `object`, adds a reference to `attachment`. False: an exception. */
bool php_shoal_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);
/* $segment[$name] = $value where a live object takes the array or object in. False: none does. True also with an exception. */
bool php_shoal_assign_live(shoal_segment *segment, zend_string *name, zval *value);

#endif
