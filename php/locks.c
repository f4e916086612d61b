/* Shoal\Locks. */
#include "key_lock.h"
#include "owners.h"
#include "segment.h"

#include "ext/spl/spl_array.h"
#include "zend_interfaces.h"

#include "locks_arginfo.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

ZEND_METHOD(Shoal_Segment, locks)
{
    zend_string *name;
    bool reentrant = false, strict = false;
    ZEND_PARSE_PARAMETERS_START(1, 3)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_BOOL(reentrant)
        Z_PARAM_BOOL(strict)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    shoal_object *object;
    int status = shoal_locks_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name),
                                  reentrant ? SHOAL_LOCK_REENTRANT : 0);
    shoal_handle *handle = php_shoal_handle_give(return_value, segment->attachment, status, object);
    if (handle) {
        handle->strict = strict;
    }
}

/* ---- Keys ---------------------------------------------------------------------------------------- */

/* A new reference, or NULL and an exception. */
static zend_string *key_of(const zval *offset)
{
    if (Z_TYPE_P(offset) != IS_STRING && Z_TYPE_P(offset) != IS_LONG) {
        zend_argument_type_error(1, "must be a key, a string or an int, %s given", zend_zval_type_name(offset));
        return NULL;
    }
    zend_string *key =
        Z_TYPE_P(offset) == IS_LONG ? zend_long_to_str(Z_LVAL_P(offset)) : zend_string_copy(Z_STR_P(offset));
    if (ZSTR_LEN(key) > 0 && ZSTR_LEN(key) <= SHOAL_KEY_LONGEST) {
        return key;
    }
    zend_argument_value_error(1, "must be of 1 to %u bytes, and has %zu", SHOAL_KEY_LONGEST, ZSTR_LEN(key));
    zend_string_release(key);
    return NULL;
}

ZEND_METHOD(Shoal_Locks, offsetGet)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    zend_string *key = key_of(offset);
    if (key) {
        php_shoal_key_lock_make(return_value, handle, key);
    }
}

ZEND_METHOD(Shoal_Locks, offsetExists)
{
    zval *offset;
    shoal_key_state state;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    zend_string *text = key_of(offset);
    if (!text) {
        return;
    }
    const shoal_key key = {ZSTR_VAL(text), ZSTR_LEN(text)};
    int status = shoal_locks_look(&state, handle->object, &key);
    zend_string_release(text);
    if (php_shoal_succeeded(status)) {
        RETURN_BOOL(state.holders || state.waiters || state.owner_died);
    }
}

ZEND_METHOD(Shoal_Locks, offsetSet)
{
    zval *offset, *value;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_ZVAL(offset)
        Z_PARAM_ZVAL(value)
    ZEND_PARSE_PARAMETERS_END();
    zend_throw_error(NULL, "a key of Shoal\\Locks is taken with acquire() or read(), and not assigned");
}

ZEND_METHOD(Shoal_Locks, offsetUnset)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    zend_throw_error(NULL, "a key of Shoal\\Locks is given back with release(), and not removed");
}

ZEND_METHOD(Shoal_Locks, count)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    int64_t count = shoal_locks_count(handle->object);
    if (php_shoal_succeeded(count < 0 ? (int)count : 0)) {
        RETURN_LONG((zend_long)count);
    }
}

static int add_key(void *list, const shoal_key *key, const shoal_key_state *state)
{
    (void)state;
    add_next_index_stringl(list, key->bytes, key->length);
    return 0;
}

/* False: an exception. */
static bool list_keys(zval *out, const shoal_handle *handle)
{
    array_init(out);
    return php_shoal_succeeded(shoal_locks_each(handle->object, add_key, out));
}

ZEND_METHOD(Shoal_Locks, keys)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    list_keys(return_value, handle);
}

ZEND_METHOD(Shoal_Locks, getIterator)
{
    zval keys;
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (list_keys(&keys, handle)) {
        object_init_ex(return_value, spl_ce_ArrayIterator);
        zend_call_known_instance_method_with_1_params(spl_ce_ArrayIterator->constructor, Z_OBJ_P(return_value), NULL,
                                                      &keys);
    }
    zval_ptr_dtor(&keys);
}

/* ---- Properties ---------------------------------------------------------------------------------- */

SHOAL_HANDLE_GETTER(reentrant, ZVAL_BOOL(out, shoal_locks_flags(handle->object) & SHOAL_LOCK_REENTRANT))

static bool get_strict(zend_object *object, zval *out)
{
    ZVAL_BOOL(out, php_shoal_handle_of(object)->strict);
    return php_shoal_handle_of(object)->object != NULL;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("reentrant", get_reentrant),
    SHOAL_PROPERTY("strict", get_strict),
    SHOAL_PROPERTY("holders", php_shoal_handle_holders),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class,
                             register_class_Shoal_Locks(zend_ce_arrayaccess, zend_ce_countable, zend_ce_aggregate));
    php_shoal_key_lock_startup(register_class_Shoal_KeyLock());
}

shoal_class php_shoal_locks_class = {
    .kind = SHOAL_KIND_LOCKS,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
