/* foreach over a segment. */
#include "segment.h"

#include "exceptions.h"
#include "value.h"

#include "zend_interfaces.h"

/* Over the names as they were at the start; what was removed since is left out. */
typedef struct names_iterator {
    zend_object_iterator it;
    zval names; /* list of string */
    uint32_t position;
    zval current; /* UNDEF: not read yet */
} names_iterator;

static void forget_current(zend_object_iterator *it)
{
    names_iterator *names = (names_iterator *)it;
    zval_ptr_dtor(&names->current);
    ZVAL_UNDEF(&names->current);
}

static void iterator_free(zend_object_iterator *it)
{
    names_iterator *names = (names_iterator *)it;
    forget_current(it);
    zval_ptr_dtor(&names->names);
    zval_ptr_dtor(&names->it.data);
}

/* Read the value at the position, moving on over names that are gone. */
static int iterator_valid(zend_object_iterator *it)
{
    names_iterator *names = (names_iterator *)it;
    shoal_segment_object *segment = php_shoal_segment_of(Z_OBJ(it->data));
    zval *name;
    while (Z_ISUNDEF(names->current) && !EG(exception)) {
        if (!segment->attachment) {
            php_shoal_raise_closed(&segment->std);
            return FAILURE;
        }
        name = Z_TYPE(names->names) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL(names->names), names->position) : NULL;
        if (!name) {
            return FAILURE;
        }
        int status = php_shoal_value_get(&names->current, segment->attachment, Z_STR_P(name));
        if (status < 0) {
            ZVAL_UNDEF(&names->current);
        }
        if (status == SHOAL_ENOKEY) {
            names->position++;
        } else {
            php_shoal_raise_unless_thrown(status);
        }
    }
    return EG(exception) ? FAILURE : SUCCESS;
}

/* It may be asked for before anybody asked whether it is there. */
static zval *iterator_current(zend_object_iterator *it)
{
    return iterator_valid(it) == SUCCESS ? &((names_iterator *)it)->current : NULL;
}

static void iterator_key(zend_object_iterator *it, zval *key)
{
    names_iterator *names = (names_iterator *)it;
    zval *name =
        Z_TYPE(names->names) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL(names->names), names->position) : NULL;
    if (name) {
        ZVAL_COPY(key, name);
    } else {
        ZVAL_NULL(key);
    }
}

static void iterator_forward(zend_object_iterator *it)
{
    forget_current(it);
    ((names_iterator *)it)->position++;
}

static void iterator_rewind(zend_object_iterator *it)
{
    names_iterator *names = (names_iterator *)it;
    shoal_segment_object *segment = php_shoal_segment_of(Z_OBJ(it->data));
    forget_current(it);
    zval_ptr_dtor(&names->names);
    ZVAL_UNDEF(&names->names);
    names->position = 0;
    if (segment->attachment) {
        php_shoal_segment_names(&names->names, segment->attachment->segment);
    }
}

static const zend_object_iterator_funcs iterator_functions = {
    .dtor = iterator_free,
    .valid = iterator_valid,
    .get_current_data = iterator_current,
    .get_current_key = iterator_key,
    .move_forward = iterator_forward,
    .rewind = iterator_rewind,
    .invalidate_current = forget_current,
};

zend_object_iterator *php_shoal_segment_iterator(zend_class_entry *ce, zval *object, int by_ref)
{
    if (by_ref) {
        zend_throw_error(NULL, "An iterator cannot be used with foreach by reference");
        return NULL;
    }
    names_iterator *names = emalloc(sizeof *names);
    zend_iterator_init(&names->it);
    ZVAL_OBJ_COPY(&names->it.data, Z_OBJ_P(object));
    names->it.funcs = &iterator_functions;
    names->position = 0;
    ZVAL_UNDEF(&names->names);
    ZVAL_UNDEF(&names->current);
    return &names->it;
}

ZEND_METHOD(Shoal_Segment, getIterator)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zend_create_internal_iterator_zval(return_value, ZEND_THIS);
}
