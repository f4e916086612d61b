/* Shoal\KeyLock. */
#include "key_lock.h"

#include "owners.h"
#include "segment.h"
#include "take.h"

static shoal_class class;

static shoal_key key_of(const shoal_handle *handle)
{
    return (shoal_key){ZSTR_VAL(handle->key), ZSTR_LEN(handle->key)};
}

/* ---- Taking and giving back ------------------------------------------------------------------------ */

static int take_as(const shoal_handle *handle, bool shared, shoal_time deadline)
{
    const shoal_key key = key_of(handle);
    uint32_t flags = (shared ? SHOAL_KEY_SHARED : 0) | (handle->strict ? SHOAL_KEY_STRICT : 0);
    int status = shoal_locks_acquire(handle->object, &key, flags, SHOAL_FIRST_LOOK(deadline));
    return php_shoal_wait_after(status, handle->object, shared ? SHOAL_WAIT_READ : SHOAL_WAIT_ACQUIRE,
                                handle->strict ? SHOAL_WAIT_STRICT : 0, (int64_t)(uintptr_t)&key, deadline);
}

static int take(const shoal_handle *handle, shoal_time deadline)
{
    return take_as(handle, false, deadline);
}

static int take_shared(const shoal_handle *handle, shoal_time deadline)
{
    return take_as(handle, true, deadline);
}

static int release(const shoal_handle *handle)
{
    const shoal_key key = key_of(handle);
    return shoal_locks_release(handle->object, &key, 0);
}

static int release_shared(const shoal_handle *handle)
{
    const shoal_key key = key_of(handle);
    return shoal_locks_release(handle->object, &key, SHOAL_KEY_SHARED);
}

ZEND_METHOD(Shoal_KeyLock, acquire)
{
    php_shoal_take(INTERNAL_FUNCTION_PARAM_PASSTHRU, take);
}

ZEND_METHOD(Shoal_KeyLock, read)
{
    php_shoal_take(INTERNAL_FUNCTION_PARAM_PASSTHRU, take_shared);
}

ZEND_METHOD(Shoal_KeyLock, synchronized)
{
    php_shoal_take_while(INTERNAL_FUNCTION_PARAM_PASSTHRU, take, release);
}

ZEND_METHOD(Shoal_KeyLock, readSynchronized)
{
    php_shoal_take_while(INTERNAL_FUNCTION_PARAM_PASSTHRU, take_shared, release_shared);
}

/* A process that shares it does not hold it alone, but one thread after the other may do both. */
ZEND_METHOD(Shoal_KeyLock, release)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    const shoal_key key = key_of(handle);
    shoal_key_state state;
    int status = shoal_locks_look(&state, handle->object, &key);
    if (status >= 0) {
        status = state.mine_shared ? release_shared(handle) : release(handle);
    }
    php_shoal_succeeded(status);
}

ZEND_METHOD(Shoal_KeyLock, repair)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    const shoal_key key = key_of(handle);
    php_shoal_succeeded(shoal_locks_repair(handle->object, &key));
}

/* ---- Looking ----------------------------------------------------------------------------------------- */

static bool look(shoal_key_state *state, const shoal_handle *handle)
{
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    const shoal_key key = key_of(handle);
    return shoal_locks_look(state, handle->object, &key) >= 0;
}

ZEND_METHOD(Shoal_KeyLock, isLocked)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    const shoal_key key = key_of(handle);
    shoal_key_state state;
    if (php_shoal_succeeded(shoal_locks_look(&state, handle->object, &key))) {
        RETURN_BOOL(state.holders > 0);
    }
}

#define KEY_GETTER(name, setting)                                                                                      \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        shoal_key_state state;                                                                                         \
        if (!look(&state, php_shoal_handle_of(object))) {                                                              \
            return false;                                                                                              \
        }                                                                                                              \
        setting;                                                                                                       \
        return true;                                                                                                   \
    }

KEY_GETTER(recovered, ZVAL_BOOL(out, state.recovered))
KEY_GETTER(owner, php_shoal_owner_to_zval(out, &state.owner))
KEY_GETTER(sharing, ZVAL_LONG(out, state.shared ? state.holders : 0))
KEY_GETTER(waiting, ZVAL_LONG(out, state.waiters))

static bool get_key(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!handle->object) {
        return false;
    }
    ZVAL_STR_COPY(out, handle->key);
    return true;
}

static bool get_locks(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    if (!handle->object) {
        return false;
    }
    php_shoal_handle_make(out, handle->attachment, shoal_object_retain(handle->object))->strict = handle->strict;
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("locks", get_locks),
    SHOAL_PROPERTY("key", get_key),
    SHOAL_PROPERTY("recovered", get_recovered),
    SHOAL_PROPERTY("owner", get_owner),
    SHOAL_PROPERTY("sharing", get_sharing),
    SHOAL_PROPERTY("waiting", get_waiting),
    SHOAL_PROPERTY_END,
};

/* ---- The class --------------------------------------------------------------------------------------- */

static shoal_class class = {.kind = SHOAL_KIND_LOCKS, .properties = properties};

void php_shoal_key_lock_make(zval *out, const shoal_handle *locks, zend_string *key)
{
    object_init_ex(out, class.ce);
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(out));
    handle->object = shoal_object_retain(locks->object);
    handle->attachment = php_shoal_attachment_retain(locks->attachment);
    handle->strict = locks->strict;
    handle->key = key;
}

ZEND_METHOD(Shoal_KeyLock, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_handle_serialize(handle, return_value)) {
        add_assoc_str(return_value, "key", zend_string_copy(handle->key));
    }
}

ZEND_METHOD(Shoal_KeyLock, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(ZEND_THIS));
    zval *key = zend_hash_str_find_deref(data, "key", sizeof("key") - 1);
    if (!key || Z_TYPE_P(key) != IS_STRING || Z_STRLEN_P(key) == 0 || Z_STRLEN_P(key) > SHOAL_KEY_LONGEST) {
        zend_throw_error(NULL, "this is no serialized Shoal\\KeyLock: it has no key");
        return;
    }
    if (php_shoal_handle_unserialize(handle, data)) {
        handle->key = zend_string_copy(Z_STR_P(key));
    }
}

static zend_object *create_object(zend_class_entry *ce)
{
    return php_shoal_handle_create(ce, &class);
}

void php_shoal_key_lock_startup(zend_class_entry *ce)
{
    php_shoal_handle_startup(&class, ce);
    ce->create_object = create_object;
    class.handlers.compare = zend_objects_not_comparable;
}
