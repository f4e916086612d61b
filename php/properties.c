/*
 * Readonly properties that are computed when they are read.
 *
 * The stubs declare them, so reflection, IDEs and the manual know them; their slots stay uninitialised, so the
 * engine always asks the handlers below.
 */
#include "properties.h"

#include "exceptions.h"

static const shoal_property *find(zend_object *object, zend_string *name)
{
    const shoal_property *property = ((const shoal_class *)object->handlers)->properties;
    for (; property->name; property++) {
        if (property->length == ZSTR_LEN(name) && memcmp(property->name, ZSTR_VAL(name), property->length) == 0) {
            return property;
        }
    }
    return NULL;
}

void php_shoal_raise_unreadable(zend_object *object)
{
    const shoal_class *class = (const shoal_class *)object->handlers;
    if (class->unreadable && !EG(exception)) {
        class->unreadable(object);
    }
    if (!EG(exception)) {
        php_shoal_raise_closed(object);
    }
}

static zval *read_property(zend_object *object, zend_string *name, int type, void **cache_slot, zval *rv)
{
    const shoal_property *property = find(object, name);
    if (!property) {
        return zend_std_read_property(object, name, type, cache_slot, rv);
    }
    ZVAL_UNDEF(rv);
    if (!property->get(object, rv)) {
        php_shoal_raise_unreadable(object);
        return &EG(uninitialized_zval);
    }
    return rv;
}

static void refuse(zend_object *object, zend_string *name)
{
    zend_throw_error(NULL, "Cannot modify readonly property %s::$%s", ZSTR_VAL(object->ce->name), ZSTR_VAL(name));
}

static zval *write_property(zend_object *object, zend_string *name, zval *value, void **cache_slot)
{
    if (!find(object, name)) {
        return zend_std_write_property(object, name, value, cache_slot);
    }
    refuse(object, name);
    return &EG(error_zval);
}

/* What is written is not the property, but the object that it is: $frame->array[0] = 1. */
static bool is_object(zend_object *object, const shoal_property *property)
{
    zval value;
    ZVAL_UNDEF(&value);
    bool is = property->get(object, &value) && Z_TYPE(value) == IS_OBJECT;
    zval_ptr_dtor(&value);
    return is;
}

static zval *get_property_ptr_ptr(zend_object *object, zend_string *name, int type, void **cache_slot)
{
    const shoal_property *property = find(object, name);
    if (!property) {
        return zend_std_get_property_ptr_ptr(object, name, type, cache_slot);
    }
    if (type == BP_VAR_R || type == BP_VAR_IS || is_object(object, property)) {
        return NULL; /* the engine calls read_property then */
    }
    refuse(object, name);
    return &EG(error_zval);
}

static int has_property(zend_object *object, zend_string *name, int how, void **cache_slot)
{
    const shoal_property *property = find(object, name);
    if (!property) {
        return zend_std_has_property(object, name, how, cache_slot);
    }
    zval value;
    ZVAL_UNDEF(&value);
    if (!property->get(object, &value)) {
        return 0;
    }
    int has = how == ZEND_PROPERTY_EXISTS ||
              (how == ZEND_PROPERTY_NOT_EMPTY ? zend_is_true(&value) : Z_TYPE(value) != IS_NULL);
    zval_ptr_dtor(&value);
    return has;
}

static void unset_property(zend_object *object, zend_string *name, void **cache_slot)
{
    if (!find(object, name)) {
        zend_std_unset_property(object, name, cache_slot);
        return;
    }
    zend_throw_error(NULL, "Cannot unset readonly property %s::$%s", ZSTR_VAL(object->ce->name), ZSTR_VAL(name));
}

/* For var_dump, print_r, var_export, (array), json_encode: what can be read now. */
static zend_array *get_properties_for(zend_object *object, zend_prop_purpose purpose)
{
    if (purpose == ZEND_PROP_PURPOSE_SERIALIZE) {
        return zend_std_get_properties_for(object, purpose);
    }
    zend_array *table = zend_new_array(8);
    const shoal_property *property = ((const shoal_class *)object->handlers)->properties;
    for (; property->name; property++) {
        zval value;
        if (property->get(object, &value)) {
            zend_hash_str_add_new(table, property->name, property->length, &value);
        }
    }
    return table;
}

void php_shoal_class_startup(shoal_class *class, zend_class_entry *ce, size_t offset)
{
    class->ce = ce;
    memcpy(&class->handlers, &std_object_handlers, sizeof class->handlers);
    class->handlers.offset = (int)offset;
    class->handlers.clone_obj = NULL;
    class->handlers.compare = zend_objects_not_comparable;
    class->handlers.read_property = read_property;
    class->handlers.write_property = write_property;
    class->handlers.get_property_ptr_ptr = get_property_ptr_ptr;
    class->handlers.has_property = has_property;
    class->handlers.unset_property = unset_property;
    class->handlers.get_properties_for = get_properties_for;
}
