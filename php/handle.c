/* What Counter, Lock and the other locks have in common: a handle on a live object of the core. */
#include "php_shoal.h"

#include "zend_exceptions.h"

#define KINDS (SHOAL_KIND_BARRIER + 1)
static zend_class_entry *classes[KINDS]; /* of those that are a shoal_handle, by kind */

static int kind_of(const shoal_handle *handle)
{
    return ((const shoal_class *)handle->std.handlers)->kind;
}

zend_object *php_shoal_handle_new(zend_class_entry *ce, shoal_class *class)
{
    shoal_handle *handle = zend_object_alloc(sizeof *handle, ce);
    zend_object_std_init(&handle->std, ce);
    object_properties_init(&handle->std, ce);
    handle->std.handlers = &class->handlers;
    return &handle->std;
}

static void free_object(zend_object *object)
{
    shoal_handle *handle = php_shoal_handle_of(object);
    shoal_object_close(handle->object);
    php_shoal_attachment_release(handle->attachment);
    if (handle->lock) {
        OBJ_RELEASE(handle->lock);
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

void php_shoal_handle_startup(shoal_class *class, zend_class_entry *ce, int kind, const shoal_property *properties)
{
    php_shoal_class_init(class, offsetof(shoal_handle, std), properties);
    class->kind = kind;
    class->handlers.free_obj = free_object;
    class->handlers.compare = compare;
    classes[kind] = ce;
}

shoal_handle *php_shoal_handle_wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    object_init_ex(out, classes[shoal_object_kind(object)]);
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(out));
    handle->object = object;
    handle->attachment = php_shoal_attachment_retain(attachment);
    return handle;
}

bool php_shoal_wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    int kind = shoal_object_kind(object);
    if (kind == SHOAL_KIND_NDARRAY) {
        return php_shoal_ndarray_wrap(out, attachment, object);
    }
    if (kind == SHOAL_KIND_CONDITION) {
        return php_shoal_condition_wrap(out, attachment, object);
    }
    if (kind > 0 && kind < KINDS && classes[kind]) {
        php_shoal_handle_wrap(out, attachment, object);
        return true;
    }
    php_shoal_raise_because(SHOAL_EMISMATCH, "\"%s\" is of a kind that this version does not know",
                            shoal_object_name(object, &(size_t){0}));
    shoal_object_close(object);
    return false;
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
    if (!php_shoal_identity(data, handle->attachment, ZSTR_VAL(handle->std.ce->name))) {
        return false;
    }
    size_t length;
    const char *name = shoal_object_name(handle->object, &length);
    add_assoc_stringl(data, "name", name, length);
    add_assoc_bool(data, "strict", handle->strict);
    return true;
}

ZEND_METHOD(Shoal_Handle, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_handle_serialize(handle, return_value);
}

int php_shoal_open_kind(shoal_object **out, shoal_segment *segment, zend_string *name, int kind)
{
    int status = shoal_object_open(out, segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (status >= 0 && shoal_object_kind(*out) != kind) {
        php_shoal_raise_because(SHOAL_EMISMATCH, "\"%s\" is %s, not %s", ZSTR_VAL(name),
                                shoal_kind_phrase(shoal_object_kind(*out)), shoal_kind_phrase(kind));
        shoal_object_close(*out);
        *out = NULL;
        return SHOAL_EMISMATCH;
    }
    return status;
}

bool php_shoal_handle_unserialize(shoal_handle *handle, HashTable *data)
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
    int status = php_shoal_open_kind(&object, attachment->segment, name, kind_of(handle));
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

ZEND_METHOD(Shoal_Handle, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    php_shoal_handle_unserialize(php_shoal_handle_of(Z_OBJ_P(ZEND_THIS)), data);
}

/* Handles are made by the methods of a segment. */
ZEND_METHOD(Shoal_Handle, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

/* ---- Calls ------------------------------------------------------------------------------------------------ */

bool php_shoal_succeeded(int status)
{
    if (UNEXPECTED(status < 0) && status != SHOAL_ETIMEDOUT && !EG(exception)) {
        php_shoal_raise(status);
    }
    return status >= 0;
}

void php_shoal_call_holding(zval *out, zval *object, zend_fcall_info *call, zend_fcall_info_cache *cache,
                            int (*release)(shoal_object *))
{
    call->retval = out;
    call->params = object;
    call->param_count = 1;
    zend_call_function(call, cache);
    if (!CG(unclean_shutdown)) { /* the engine unwinds from want of memory as from exit */
        /* An exception of the callback goes on, whatever becomes of the release. */
        int status = release(php_shoal_handle_of(Z_OBJ_P(object))->object);
        php_shoal_raise_unless_thrown(status);
    }
    if (Z_ISREF_P(out)) {
        zend_unwrap_reference(out);
    }
}
