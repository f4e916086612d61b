/* Shoal\Map: changing it, and one computation for a key. */
#include "map.h"

#include "segment.h"
#include "wait.h"
#include "wire.h"

/* ---- Storing ------------------------------------------------------------------------------------ */

int php_shoal_map_store(const shoal_handle *handle, const zend_string *key, zval *value,
                        const shoal_map_setting *setting)
{
    shoal_writer writer;
    int status = SHOAL_ETYPE;
    shoal_writer_init(&writer);
    if (php_shoal_encode(&writer, value)) {
        do {
            status = shoal_map_set(handle->object, ZSTR_VAL(key), ZSTR_LEN(key), writer.bytes, writer.size, setting);
        } while (UNEXPECTED(php_shoal_map_again(handle, key, status)));
        php_shoal_raise_unless_thrown(status);
    }
    shoal_writer_free(&writer);
    return status;
}

/* Tags of an array: how many, or -1 with an exception. They live as long as it. */
static int tags_of(shoal_bytes *tags, HashTable *list, uint32_t argument)
{
    zval *each;
    int count = 0;
    if (!list) {
        return 0;
    }
    ZEND_HASH_FOREACH_VAL(list, each) {
        ZVAL_DEREF(each);
        if (Z_TYPE_P(each) != IS_STRING) {
            zend_argument_type_error(argument, "must be an array of strings, and one is %s", zend_zval_type_name(each));
            return -1;
        }
        if (count == (int)SHOAL_MAP_TAGS) {
            zend_argument_value_error(argument, "must be at most %u tags", SHOAL_MAP_TAGS);
            return -1;
        }
        tags[count++] = (shoal_bytes){Z_STRVAL_P(each), Z_STRLEN_P(each)};
    }
    ZEND_HASH_FOREACH_END();
    return count;
}

struct storing {
    zend_string *key;
    zval *value;
    double ttl;
    bool no_ttl;
    HashTable *tags;
    uint32_t argument; /* of $ttl; $tags is the next */
};

static int store(const shoal_handle *handle, const struct storing *it, uint32_t flags, uint64_t token)
{
    shoal_bytes tags[SHOAL_MAP_TAGS];
    shoal_map_setting setting = {.flags = flags, .token = token, .tags = tags};
    int count = tags_of(tags, it->tags, it->argument + 1);
    if (count < 0 || !php_shoal_map_ttl(&setting.ttl, it->ttl, it->no_ttl, it->argument)) {
        return SHOAL_EVALUE;
    }
    setting.tag_count = (uint32_t)count;
    return php_shoal_map_store(handle, it->key, it->value, &setting);
}

static void store_with(INTERNAL_FUNCTION_PARAMETERS, uint32_t flags)
{
    struct storing it = {.no_ttl = true, .argument = 3};
    ZEND_PARSE_PARAMETERS_START(2, 4)
        Z_PARAM_STR(it.key)
        Z_PARAM_ZVAL(it.value)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(it.ttl, it.no_ttl)
        Z_PARAM_ARRAY_HT(it.tags)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(it.key);
    int status = store(handle, &it, flags, 0);
    if (flags) {
        RETURN_BOOL(status == SHOAL_OK);
    }
}

ZEND_METHOD(Shoal_Map, set)
{
    store_with(INTERNAL_FUNCTION_PARAM_PASSTHRU, 0);
}

ZEND_METHOD(Shoal_Map, add)
{
    store_with(INTERNAL_FUNCTION_PARAM_PASSTHRU, SHOAL_MAP_ADD);
}

ZEND_METHOD(Shoal_Map, replace)
{
    store_with(INTERNAL_FUNCTION_PARAM_PASSTHRU, SHOAL_MAP_REPLACE);
}

ZEND_METHOD(Shoal_Map, cas)
{
    zend_long token;
    struct storing it = {.no_ttl = true, .argument = 4};
    ZEND_PARSE_PARAMETERS_START(3, 5)
        Z_PARAM_STR(it.key)
        Z_PARAM_ZVAL(it.value)
        Z_PARAM_LONG(token)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(it.ttl, it.no_ttl)
        Z_PARAM_ARRAY_HT(it.tags)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(it.key);
    RETURN_BOOL(store(handle, &it, SHOAL_MAP_CAS, (uint64_t)token) == SHOAL_OK);
}

ZEND_METHOD(Shoal_Map, setMany)
{
    HashTable *values;
    zend_ulong number;
    zend_string *name;
    zval *value;
    double seconds = 0;
    bool no_ttl = true;
    shoal_map_setting setting;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_ARRAY_HT(values)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(seconds, no_ttl)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    shoal_map_setting_init(&setting);
    if (!php_shoal_map_ttl(&setting.ttl, seconds, no_ttl, 2)) {
        RETURN_THROWS();
    }
    ZEND_HASH_FOREACH_KEY_VAL(values, number, name, value) {
        zend_string *key = name ? zend_string_copy(name) : zend_long_to_str((zend_long)number);
        int status = php_shoal_map_store(handle, key, value, &setting);
        zend_string_release(key);
        if (status < 0) {
            break;
        }
    }
    ZEND_HASH_FOREACH_END();
}

/* ---- Removing ----------------------------------------------------------------------------------- */

/* SHOAL_OK, SHOAL_MISS, or below zero with an exception thrown. */
static int delete_one(const shoal_handle *handle, const zend_string *key, uint64_t token)
{
    int status;
    do {
        status = shoal_map_delete(handle->object, ZSTR_VAL(key), ZSTR_LEN(key), token);
    } while (php_shoal_map_again(handle, key, status));
    php_shoal_raise_unless_thrown(status);
    return status;
}

ZEND_METHOD(Shoal_Map, delete)
{
    zend_string *key;
    zend_long token = 0;
    bool no_token = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(key)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG_OR_NULL(token, no_token)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(key);
    RETURN_BOOL(delete_one(handle, key, no_token ? 0 : (uint64_t)token) == SHOAL_OK);
}

ZEND_METHOD(Shoal_Map, offsetUnset)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    zend_string *key = php_shoal_map_key_of(offset);
    if (key) {
        delete_one(handle, key, 0);
        zend_string_release(key);
    }
}

ZEND_METHOD(Shoal_Map, deleteMany)
{
    HashTable *keys;
    zval *each;
    zend_long gone = 0;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(keys)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    ZEND_HASH_FOREACH_VAL(keys, each) {
        ZVAL_DEREF(each);
        zend_string *key = php_shoal_map_key_of(each);
        int status = key ? delete_one(handle, key, 0) : SHOAL_ETYPE;
        if (key) {
            zend_string_release(key);
        }
        if (status < 0) {
            break;
        }
        gone += status == SHOAL_OK;
    }
    ZEND_HASH_FOREACH_END();
    RETURN_LONG(gone);
}

ZEND_METHOD(Shoal_Map, pop)
{
    zend_string *key;
    zval *fallback = NULL;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(key)
        Z_PARAM_OPTIONAL
        Z_PARAM_ZVAL(fallback)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(key);
    if (php_shoal_map_pop(return_value, handle, key) == SHOAL_MISS && fallback) {
        RETURN_COPY(fallback);
    }
}

ZEND_METHOD(Shoal_Map, clear)
{
    zend_string *prefix = NULL;
    uint64_t gone;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_STR_OR_NULL(prefix)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_succeeded(prefix ? shoal_map_clear_prefix(&gone, handle->object, ZSTR_VAL(prefix), ZSTR_LEN(prefix))
                               : shoal_map_clear(handle->object));
}

ZEND_METHOD(Shoal_Map, invalidate)
{
    zend_string *tag;
    int status;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(tag)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(tag);
    do {
        status = shoal_map_invalidate(handle->object, ZSTR_VAL(tag), ZSTR_LEN(tag));
    } while (php_shoal_map_again(handle, tag, status));
    php_shoal_raise_unless_thrown(status);
}

/* ---- Time and integers ---------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_Map, touch)
{
    zend_string *key;
    double seconds = 0;
    bool no_ttl = true;
    shoal_time ttl;
    int status;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(key)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(seconds, no_ttl)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(key);
    if (!php_shoal_map_ttl(&ttl, seconds, no_ttl, 2)) {
        RETURN_THROWS();
    }
    do {
        status = shoal_map_touch(handle->object, ZSTR_VAL(key), ZSTR_LEN(key), ttl);
    } while (php_shoal_map_again(handle, key, status));
    php_shoal_raise_unless_thrown(status);
    RETURN_BOOL(status == SHOAL_OK);
}

static void count_by(INTERNAL_FUNCTION_PARAMETERS, bool down)
{
    zend_string *key;
    zend_long n = 1, initial = 0;
    double seconds = 0;
    bool no_ttl = true;
    shoal_time ttl;
    int status;
    int64_t value = 0;
    ZEND_PARSE_PARAMETERS_START(1, 4)
        Z_PARAM_STR(key)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(n)
        Z_PARAM_LONG(initial)
        Z_PARAM_DOUBLE_OR_NULL(seconds, no_ttl)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(key);
    if (!php_shoal_map_ttl(&ttl, seconds, no_ttl, 4)) {
        RETURN_THROWS();
    }
    if (down && n == ZEND_LONG_MIN) {
        php_shoal_raise_because(SHOAL_EOVERFLOW, "n must be above %lld", (long long)n);
        RETURN_THROWS();
    }
    const int64_t begin = initial;
    do {
        status = shoal_map_add(&value, handle->object, ZSTR_VAL(key), ZSTR_LEN(key), down ? -n : n, &begin, ttl);
    } while (php_shoal_map_again(handle, key, status));
    php_shoal_raise_unless_thrown(status);
    RETURN_LONG((zend_long)value);
}

ZEND_METHOD(Shoal_Map, increment)
{
    count_by(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

ZEND_METHOD(Shoal_Map, decrement)
{
    count_by(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
}

/* ---- One computation for a key ------------------------------------------------------------------- */

struct computing {
    const shoal_handle *handle;
    zend_string *key;
    zend_fcall_info fci;
    zend_fcall_info_cache fcc;
    shoal_map_setting setting;
    shoal_time stale;
};

/* The callable's value is stored and returned. However it ends, another may compute then: also by exit. */
static void compute(zval *out, struct computing *it, shoal_map_flight *flight)
{
    volatile bool left = false;
    if (php_shoal_map_look(out, it->handle, it->key, NULL) ==
        SHOAL_MISS) { /* who computed before us may have stored it */
        it->fci.retval = out;
        zend_try
        {
            zend_call_function(&it->fci, &it->fcc);
        }
        zend_catch
        {
            left = true;
        }
        zend_end_try();
        if (!left && !EG(exception) && !Z_ISUNDEF_P(out)) {
            php_shoal_map_store(it->handle, it->key, out, &it->setting);
        }
    }
    shoal_map_end(flight);
    if (left) {
        zend_bailout();
    }
}

/* SHOAL_OK: `out` has the value; SHOAL_MISS: `flight` is ours; SHOAL_ETIMEDOUT: another computes. Below zero else: thrown. */
static int look_or_begin(zval *out, const struct computing *it, shoal_map_flight *flight)
{
    shoal_map_item item = {.stale = it->stale};
    int status = php_shoal_map_look(out, it->handle, it->key, &item);
    if (status < 0 || (status == SHOAL_OK && item.left >= 0)) {
        return status;
    }
    int begun;
    do {
        begun = shoal_map_begin(flight, it->handle->object, ZSTR_VAL(it->key), ZSTR_LEN(it->key), SHOAL_NO_WAIT);
    } while (php_shoal_map_again(it->handle, it->key, begun));
    if (begun == SHOAL_ETIMEDOUT && status == SHOAL_OK) {
        return SHOAL_OK; /* the stale one */
    }
    if (status == SHOAL_OK) {
        zval_ptr_dtor(out);
        ZVAL_NULL(out);
    }
    if (begun == SHOAL_ETIMEDOUT) {
        return begun;
    }
    php_shoal_raise_unless_thrown(begun);
    return begun < 0 ? SHOAL_ETYPE : SHOAL_MISS;
}

static void get_or_set(zval *out, struct computing *it)
{
    const shoal_bytes key = {ZSTR_VAL(it->key), ZSTR_LEN(it->key)};
    for (;;) {
        shoal_map_flight flight = {0};
        int status = look_or_begin(out, it, &flight);
        if (status == SHOAL_MISS && flight.ours) {
            compute(out, it, &flight);
            return;
        }
        if (status != SHOAL_MISS && status != SHOAL_ETIMEDOUT) {
            return;
        }
        if (status == SHOAL_ETIMEDOUT) {
            status = php_shoal_wait(it->handle->object, SHOAL_WAIT_FLIGHT, 0, (int64_t)(uintptr_t)&key, SHOAL_FOREVER);
            php_shoal_raise_unless_thrown(status);
        }
        if (EG(exception)) {
            return;
        }
    }
}

ZEND_METHOD(Shoal_Map, getOrSet)
{
    struct computing it = {0};
    double seconds = 0, stale = 0;
    bool no_ttl = true, no_stale = true;
    ZEND_PARSE_PARAMETERS_START(2, 4)
        Z_PARAM_STR(it.key)
        Z_PARAM_FUNC(it.fci, it.fcc)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(seconds, no_ttl)
        Z_PARAM_DOUBLE_OR_NULL(stale, no_stale)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(it.key);
    shoal_map_setting_init(&it.setting);
    if (!php_shoal_map_ttl(&it.setting.ttl, seconds, no_ttl, 3)) {
        RETURN_THROWS();
    }
    if (!no_stale && (zend_isnan(stale) || stale < 0)) {
        zend_argument_value_error(4, "must be a non-negative number of seconds");
        RETURN_THROWS();
    }
    it.handle = handle;
    it.stale = no_stale ? 0 : stale >= 9e9 ? SHOAL_FOREVER : (shoal_time)(stale * 1e9);
    get_or_set(return_value, &it);
}
