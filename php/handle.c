/* A handle on a live object of the core: what the classes of most kinds are. */
#include "handle.h"

#include "segment.h"
#include "serialize.h"

/* ---- The class ----------------------------------------------------------------------------------------- */

zend_object *php_shoal_handle_create(zend_class_entry *ce, const shoal_class *class)
{
    shoal_handle *handle = zend_object_alloc(sizeof *handle, ce);
    zend_object_std_init(&handle->std, ce);
    object_properties_init(&handle->std, ce);
    handle->std.handlers = &class->handlers;
    return &handle->std;
}

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_create(ce, php_shoal_class_of_entry(ce));
}

static void free_object(zend_object *object)
{
    shoal_handle *handle = php_shoal_handle_of(object);
    shoal_object_close(handle->object);
    php_shoal_attachment_release(handle->attachment);
    if (handle->lock) {
        OBJ_RELEASE(handle->lock);
    }
    if (handle->place) {
        efree(handle->place);
    }
    if (handle->key) {
        zend_string_release(handle->key);
    }
    zend_object_std_dtor(object);
}

/* Two handles are equal when they are of the same object, through whatever attaches. */
static int compare(zval *left, zval *right)
{
    if (Z_TYPE_P(left) != IS_OBJECT || Z_TYPE_P(right) != IS_OBJECT) {
        return zend_std_compare_objects(left, right);
    }
    if (Z_OBJCE_P(left) != Z_OBJCE_P(right)) {
        return ZEND_UNCOMPARABLE;
    }
    const shoal_object *one = php_shoal_handle_of(Z_OBJ_P(left))->object;
    const shoal_object *other = php_shoal_handle_of(Z_OBJ_P(right))->object;
    if (!one || !other) {
        return ZEND_UNCOMPARABLE;
    }
    return shoal_identity_equal(shoal_object_identity(one), shoal_object_identity(other)) ? 0 : ZEND_UNCOMPARABLE;
}

/* The core's reason. */
static void unreadable(zend_object *object)
{
    const shoal_object *its = php_shoal_handle_of(object)->object;
    if (its) {
        php_shoal_raise_unless_thrown(shoal_object_usable(its));
    }
}

void php_shoal_handle_startup(shoal_class *class, zend_class_entry *ce)
{
    php_shoal_class_startup(class, ce, offsetof(shoal_handle, std));
    class->unreadable = unreadable;
    class->handlers.free_obj = free_object;
    class->handlers.compare = compare;
    ce->create_object = create_object;
}

/* ---- Making them ---------------------------------------------------------------------------------------- */

shoal_handle *php_shoal_handle_make(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    object_init_ex(out, php_shoal_class_of_kind(shoal_object_kind(object))->ce);
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(out));
    handle->object = object;
    handle->attachment = php_shoal_attachment_retain(attachment);
    return handle;
}

bool php_shoal_handle_wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    php_shoal_handle_make(out, attachment, object);
    return true;
}

shoal_handle *php_shoal_handle_give(zval *out, shoal_attachment *attachment, int status, shoal_object *object)
{
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
        return NULL;
    }
    return php_shoal_handle_make(out, attachment, object);
}

void php_shoal_open_plain(INTERNAL_FUNCTION_PARAMETERS, shoal_plain_opener open)
{
    zend_string *name;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(name)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    shoal_object *object;
    int status = open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name));
    php_shoal_handle_give(return_value, segment->attachment, status, object);
}

/* Handles are made by the methods of a segment. */
ZEND_METHOD(Shoal_Handle, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

/* ---- Properties -------------------------------------------------------------------------------------- */

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

/* ---- Serialized: __serialize and __unserialize of all of these classes, but for Condition's ------------- */

bool php_shoal_handle_serialize(const shoal_handle *handle, zval *data)
{
    if (!php_shoal_object_identity(data, handle->attachment, handle->object, ZSTR_VAL(handle->std.ce->name))) {
        return false;
    }
    add_assoc_bool(data, "strict", handle->strict);
    return true;
}

ZEND_METHOD(Shoal_Handle, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_handle_serialize(handle, return_value);
}

bool php_shoal_handle_unserialize(shoal_handle *handle, HashTable *data)
{
    if (handle->object) {
        zend_throw_error(NULL, "this %s was made already: only a new object can be unserialized",
                         ZSTR_VAL(handle->std.ce->name));
        return false;
    }
    shoal_object *object;
    int kind = ((const shoal_class *)handle->std.handlers)->kind;
    handle->attachment = php_shoal_reopen(&object, data, kind);
    if (!handle->attachment) {
        return false;
    }
    zval *strict = zend_hash_str_find_deref(data, "strict", sizeof("strict") - 1);
    handle->object = object;
    handle->strict = strict && Z_TYPE_P(strict) == IS_TRUE;
    return true;
}

ZEND_METHOD(Shoal_Handle, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    php_shoal_handle_unserialize(php_shoal_handle_of(Z_OBJ_P(ZEND_THIS)), data);
}
