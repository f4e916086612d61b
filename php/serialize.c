/* Handles serialize as the names of their segment and of their object; unserialize() opens these. */
#include "serialize.h"

#include "allowed.h"
#include "ext/spl/spl_exceptions.h"
#include "exceptions.h"
#include "fopen_wrappers.h"
#include "zend_exceptions.h"

bool php_shoal_identity(zval *data, const shoal_attachment *attachment, const char *class_name)
{
    shoal_segment *segment = attachment->segment;
    const char *name = attachment->name, *path = attachment->path;
    if (*path == '\0') {
        zend_throw_exception_ex(NULL, 0, "Serialization of '%s' is not allowed: its segment has no name", class_name);
        return false;
    }
    array_init(data);
    add_assoc_string(data, "segment", strchr(name, '/') || *name == '\0' ? path : name);
    add_assoc_bool(data, "readonly", shoal_segment_readonly(segment));
    add_assoc_long(data, "owner", (zend_long)attachment->owner);
    return true;
}

bool php_shoal_object_identity(zval *data, const shoal_attachment *attachment, const shoal_object *object,
                               const char *class_name)
{
    if (!php_shoal_identity(data, attachment, class_name)) {
        return false;
    }
    size_t length;
    const char *name = shoal_object_name(object, &length);
    add_assoc_stringl(data, "name", name, length);
    return true;
}

void php_shoal_raise_ill_typed(void)
{
    if (!EG(exception)) {
        zend_throw_exception(spl_ce_UnexpectedValueException, "Incomplete or ill-typed serialization data", 0);
    }
}

zend_string *php_shoal_data_string(HashTable *data, const char *key)
{
    zval *value = zend_hash_str_find_deref(data, key, strlen(key));
    if (!value || Z_TYPE_P(value) != IS_STRING) {
        php_shoal_raise_ill_typed();
        return NULL;
    }
    return Z_STR_P(value);
}

/* One name for the check and for the core: without a null byte, and a path as the script sees it. */
static char *name_in(HashTable *data)
{
    zend_string *name = php_shoal_data_string(data, "segment");
    if (name && zend_str_has_nul_byte(name)) {
        php_shoal_raise_ill_typed();
        return NULL;
    }
    if (!name || !php_shoal_name_allowed(ZSTR_VAL(name), ZSTR_LEN(name))) {
        return NULL;
    }
    char *path = strchr(ZSTR_VAL(name), '/') ? expand_filepath(ZSTR_VAL(name), NULL) : NULL;
    return path ? path : estrndup(ZSTR_VAL(name), ZSTR_LEN(name));
}

shoal_attachment *php_shoal_reattach(HashTable *data)
{
    char *name = name_in(data);
    if (!name) {
        return NULL;
    }
    zval *readonly = zend_hash_str_find_deref(data, "readonly", sizeof("readonly") - 1);
    zval *owner = zend_hash_str_find_deref(data, "owner", sizeof("owner") - 1);
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly && Z_TYPE_P(readonly) == IS_TRUE;
    if (owner && Z_TYPE_P(owner) == IS_LONG) {
        options.owner = Z_LVAL_P(owner);
    }
    shoal_attachment *attachment = php_shoal_attach(shoal_open, name, &options);
    efree(name);
    return attachment;
}

shoal_attachment *php_shoal_reopen(shoal_object **out, HashTable *data, int kind)
{
    zend_string *name = php_shoal_data_string(data, "name");
    shoal_attachment *attachment = name ? php_shoal_reattach(data) : NULL;
    if (!attachment) {
        return NULL;
    }
    int status = shoal_object_open_kind(out, attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), kind);
    if (status < 0) {
        php_shoal_raise(status);
        php_shoal_attachment_release(attachment);
        return NULL;
    }
    return attachment;
}
