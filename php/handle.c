/* What Counter and Lock have in common: a handle on a live object of the core. */
#include "php_shoal.h"

#include "zend_exceptions.h"

zend_object *php_shoal_handle_new(zend_class_entry *ce, shoal_class *class)
{
    shoal_handle *handle = zend_object_alloc(sizeof *handle, ce);
    zend_object_std_init(&handle->std, ce);
    object_properties_init(&handle->std, ce);
    handle->std.handlers = &class->handlers;
    return &handle->std;
}

void php_shoal_handle_free(zend_object *object)
{
    shoal_handle *handle = php_shoal_handle_of(object);
    shoal_object_close(handle->object);
    php_shoal_attachment_release(handle->attachment);
    zend_object_std_dtor(object);
}

/* Two handles are equal when they are of the same object. */
int php_shoal_handle_compare(zval *left, zval *right)
{
    if (Z_TYPE_P(left) != IS_OBJECT || Z_TYPE_P(right) != IS_OBJECT) {
        return zend_std_compare_objects(left, right);
    }
    if (Z_OBJCE_P(left) != Z_OBJCE_P(right)) {
        return ZEND_UNCOMPARABLE;
    }
    const shoal_object *one = php_shoal_handle_of(Z_OBJ_P(left))->object;
    const shoal_object *other = php_shoal_handle_of(Z_OBJ_P(right))->object;
    return one && one == other ? 0 : ZEND_UNCOMPARABLE;
}

bool php_shoal_handle_name(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!handle->object) {
        return false;
    }
    size_t length;
    const char *name = shoal_object_name(handle->object, &length);
    ZVAL_STRINGL(out, name, length);
    return true;
}

bool php_shoal_handle_readonly(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!handle->object) {
        return false;
    }
    ZVAL_BOOL(out, shoal_object_readonly(handle->object));
    return true;
}

void php_shoal_handle_serialize(shoal_handle *handle, zval *data)
{
    if (!php_shoal_identity(data, handle->attachment, ZSTR_VAL(handle->std.ce->name))) {
        return;
    }
    size_t length;
    const char *name = shoal_object_name(handle->object, &length);
    add_assoc_stringl(data, "name", name, length);
    add_assoc_bool(data, "strict", handle->strict);
}

int php_shoal_open_kind(shoal_object **out, shoal_segment *segment, zend_string *name, int kind)
{
    int status = shoal_object_open(out, segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (status >= 0 && shoal_object_kind(*out) != kind) {
        php_shoal_raise_because(SHOAL_EMISMATCH, "\"%s\" is of type %s, not %s", ZSTR_VAL(name),
                                shoal_kind_name(shoal_object_kind(*out)), shoal_kind_name(kind));
        shoal_object_close(*out);
        *out = NULL;
        return SHOAL_EMISMATCH;
    }
    return status;
}

bool php_shoal_handle_unserialize(shoal_handle *handle, HashTable *data, int kind)
{
    if (handle->object) {
        zend_throw_error(NULL, "this %s is in use already", ZSTR_VAL(handle->std.ce->name));
        return false;
    }
    zend_string *name = php_shoal_data_string(data, "name");
    shoal_attachment *attachment = name ? php_shoal_reattach(data) : NULL;
    if (!attachment) {
        return false;
    }
    shoal_object *object;
    int status = php_shoal_open_kind(&object, attachment->segment, name, kind);
    if (status < 0) {
        php_shoal_raise_unless_thrown(status);
        php_shoal_attachment_release(attachment);
        return false;
    }
    zval *strict = zend_hash_str_find_deref(data, "strict", sizeof("strict") - 1);
    handle->object = object;
    handle->attachment = attachment;
    handle->strict = strict && Z_TYPE_P(strict) == IS_TRUE;
    return true;
}

bool php_shoal_wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    switch (shoal_object_kind(object)) {
    case SHOAL_KIND_NDARRAY:
        return php_shoal_ndarray_wrap(out, attachment, object);
    case SHOAL_KIND_COUNTER:
        php_shoal_counter_wrap(out, attachment, object);
        return true;
    case SHOAL_KIND_LOCK:
        php_shoal_lock_wrap(out, attachment, object, false);
        return true;
    default:
        php_shoal_raise_because(SHOAL_EMISMATCH, "\"%s\" is of a kind that this version does not know",
                                shoal_object_name(object, &(size_t){0}));
        shoal_object_close(object);
        return false;
    }
}
