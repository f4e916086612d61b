/* Classes, and their readonly properties, which are computed when they are read. */
#ifndef PHP_SHOAL_PROPERTIES_H
#define PHP_SHOAL_PROPERTIES_H

#include "php_shoal.h"

typedef struct shoal_property {
    const char *name;
    size_t length;
    bool (*get)(zend_object *object, zval *out); /* false: closed */
} shoal_property;
#define SHOAL_PROPERTY(name, get) {name, sizeof(name) - 1, get}
#define SHOAL_PROPERTY_END {NULL, 0, NULL}

struct shoal_attachment;

/*
 * A class of ours. `handlers` comes first: from an object's handlers we get at the rest. What follows `unreadable` is of
 * the kinds of objects: kinds.h.
 */
typedef struct shoal_class {
    zend_object_handlers handlers;
    zend_class_entry *ce;
    const shoal_property *properties;
    void (*unreadable)(zend_object *object); /* throw why a property of it has no value; NULL: it is closed */

    int kind; /* enum shoal_kind */
    void (*startup)(struct shoal_class *class);
    /* A live object of that kind as `out`: takes over `object`, adds a reference to `attachment`. False: an exception. */
    bool (*wrap)(zval *out, struct shoal_attachment *attachment, shoal_object *object);
    /* $segment[$name] = $value, which the object takes in. False: it is none of its own, or an exception. May be NULL */
    bool (*assign)(shoal_object *object, zend_string *name, zval *value);
} shoal_class;

/* Of `class`, with its properties, by `ce`: fill the handlers, standard ones, uncloneable, compared by identity. */
void php_shoal_class_startup(shoal_class *class, zend_class_entry *ce, size_t offset);
void php_shoal_raise_unreadable(zend_object *object);

#endif
