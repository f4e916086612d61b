/* Shoal\Map: opening it, and looking. */
#include "map.h"

#include "owners.h"
#include "segment.h"
#include "wait.h"
#include "wire.h"

#include "zend_interfaces.h"

#include "map_arginfo.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

bool php_shoal_map_ttl(shoal_time *ttl, double seconds, bool is_null, uint32_t argument)
{
    *ttl = SHOAL_MAP_TTL_OF_MAP;
    if (is_null) {
        return true;
    }
    if (zend_isnan(seconds) || seconds <= 0) {
        zend_argument_value_error(argument, "must be above 0 seconds, INF for no limit, or null for the map's own");
        return false;
    }
    double most = (double)SHOAL_MAP_TTL_MOST / 1e9;
    *ttl = zend_isinf(seconds) ? SHOAL_FOREVER : seconds > most ? SHOAL_MAP_TTL_MOST + 1 : (shoal_time)(seconds * 1e9);
    *ttl = *ttl ? *ttl : 1;
    return true;
}

struct asked {
    zend_string *text;
    zend_long bytes;
    double ttl, small;
    bool evict, no_bytes, no_ttl, no_evict, no_small;
};

/* What is said, over what is there, or the usual. False: an exception. */
static bool read_options(shoal_map_options *options, const struct asked *asked)
{
    if (asked->text) {
        int status = shoal_parse_size(&options->max_bytes, ZSTR_VAL(asked->text), ZSTR_LEN(asked->text));
        php_shoal_raise_unless_thrown(status);
        if (status < 0) {
            return false;
        }
    } else if (!asked->no_bytes) {
        options->max_bytes = asked->bytes < 0 ? 0 : (uint64_t)asked->bytes;
    }
    if (!asked->no_ttl && !php_shoal_map_ttl(&options->ttl, asked->ttl, false, 3)) {
        return false;
    }
    options->evict = asked->no_evict ? options->evict : asked->evict;
    options->small = asked->no_small ? options->small : asked->small;
    return true;
}

ZEND_METHOD(Shoal_Segment, map)
{
    zend_string *name;
    struct asked asked = {.no_bytes = true, .no_ttl = true, .no_evict = true, .no_small = true};
    ZEND_PARSE_PARAMETERS_START(1, 5)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_STR_OR_LONG_OR_NULL(asked.text, asked.bytes, asked.no_bytes)
        Z_PARAM_DOUBLE_OR_NULL(asked.ttl, asked.no_ttl)
        Z_PARAM_BOOL_OR_NULL(asked.evict, asked.no_evict)
        Z_PARAM_DOUBLE_OR_NULL(asked.small, asked.no_small)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    shoal_map_options options;
    shoal_object *there = NULL, *object = NULL;
    shoal_segment *in = segment->attachment->segment;
    shoal_map_options_init(&options);
    int status = shoal_map_open(&there, in, ZSTR_VAL(name), ZSTR_LEN(name), NULL);
    if (status >= 0) {
        status = shoal_map_read_options(&options, there);
    }
    bool good = (status >= 0 || status == SHOAL_ENOKEY) && read_options(&options, &asked);
    if (good) {
        status = shoal_map_open(&object, in, ZSTR_VAL(name), ZSTR_LEN(name), &options);
    }
    shoal_object_close(there);
    if (!EG(exception)) {
        php_shoal_handle_give(return_value, segment->attachment, status, object);
    }
}

/* ---- Keys ---------------------------------------------------------------------------------------- */

zend_string *php_shoal_map_key_of(const zval *key)
{
    if (EXPECTED(Z_TYPE_P(key) == IS_STRING)) {
        return zend_string_copy(Z_STR_P(key));
    }
    if (Z_TYPE_P(key) == IS_LONG) {
        return zend_long_to_str(Z_LVAL_P(key));
    }
    zend_argument_type_error(1, "must be a key, a string or an int, %s given", zend_zval_type_name(key));
    return NULL;
}

bool php_shoal_map_again(const shoal_handle *handle, const zend_string *key, int status)
{
    if (EXPECTED(status != SHOAL_EINTR)) {
        return false;
    }
    const shoal_bytes bytes = {ZSTR_VAL(key), ZSTR_LEN(key)};
    int waited = php_shoal_wait(handle->object, SHOAL_WAIT_FLIGHT, 0, (int64_t)(uintptr_t)&bytes, SHOAL_NO_WAIT);
    return waited != SHOAL_EINTR && !EG(exception);
}

/* ---- Looking -------------------------------------------------------------------------------------- */

typedef struct reading {
    const shoal_handle *handle;
    const zend_string *key;
    shoal_map_item *item;
    bool pops;
} reading;

static int read_into(const reading *reading, void *buffer, size_t capacity, size_t *size)
{
    shoal_object *map = reading->handle->object;
    const char *key = ZSTR_VAL(reading->key);
    size_t length = ZSTR_LEN(reading->key);
    int status;
    do {
        status = reading->pops ? shoal_map_pop(map, key, length, buffer, capacity, size)
                               : shoal_map_get(map, key, length, buffer, capacity, size, reading->item);
    } while (UNEXPECTED(php_shoal_map_again(reading->handle, reading->key, status)));
    return status;
}

static int read_large(zval *out, const reading *reading, size_t size)
{
    char *bytes = NULL;
    int status = SHOAL_LARGER;
    while (status == SHOAL_LARGER) {
        size_t capacity = size;
        bytes = erealloc(bytes, capacity);
        status = read_into(reading, bytes, capacity, &size);
    }
    if (status == SHOAL_OK && !php_shoal_decode(out, bytes, size)) {
        status = SHOAL_ETYPE; /* thrown */
    }
    efree(bytes);
    return status;
}

/* Through a buffer of the thread's, so that the stack, a fiber's, may be small. */
static int look(zval *out, const reading *reading)
{
    size_t size = 0;
    bool lent = SHOAL_G(scratch_lent);
    char *buffer = lent ? emalloc(SHOAL_SCRATCH) : SHOAL_G(scratch);
    SHOAL_G(scratch_lent) = true;
    int status = read_into(reading, buffer, SHOAL_SCRATCH, &size);
    if (EXPECTED(status == SHOAL_OK) && !php_shoal_decode(out, buffer, size)) {
        status = SHOAL_ETYPE; /* thrown */
    }
    SHOAL_G(scratch_lent) = lent;
    if (UNEXPECTED(lent)) {
        efree(buffer);
    }
    if (UNEXPECTED(status == SHOAL_LARGER)) {
        status = read_large(out, reading, size);
    }
    php_shoal_raise_unless_thrown(status);
    return status;
}

int php_shoal_map_look(zval *out, const shoal_handle *handle, const zend_string *key, shoal_map_item *item)
{
    return look(out, &(reading){handle, key, item, false});
}

int php_shoal_map_pop(zval *out, const shoal_handle *handle, const zend_string *key)
{
    return look(out, &(reading){handle, key, NULL, true});
}

ZEND_METHOD(Shoal_Map, get)
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
    if (php_shoal_map_look(return_value, handle, key, NULL) == SHOAL_MISS && fallback) {
        RETURN_COPY(fallback);
    }
}

/* 1: it is there; 0: not; -1: an exception. */
static int has(const shoal_handle *handle, const zend_string *key)
{
    int status;
    do {
        status = shoal_map_has(handle->object, ZSTR_VAL(key), ZSTR_LEN(key));
    } while (UNEXPECTED(php_shoal_map_again(handle, key, status)));
    php_shoal_raise_unless_thrown(status);
    return status < 0 ? -1 : status == SHOAL_OK;
}

ZEND_METHOD(Shoal_Map, has)
{
    zend_string *key;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(key)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(key);
    RETURN_BOOL(has(handle, key) > 0);
}

ZEND_METHOD(Shoal_Map, gets)
{
    zval value;
    zend_string *key;
    shoal_map_item item = {0};
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(key)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(key);
    if (php_shoal_map_look(&value, handle, key, &item) == SHOAL_OK) {
        array_init_size(return_value, 2);
        add_assoc_zval(return_value, "value", &value);
        add_assoc_long(return_value, "token", (zend_long)item.token);
    }
}

ZEND_METHOD(Shoal_Map, ttl)
{
    zend_string *key;
    shoal_time left = 0;
    int status;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(key)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_MAP_CHECK_KEY(key);
    do {
        status = shoal_map_ttl(&left, handle->object, ZSTR_VAL(key), ZSTR_LEN(key));
    } while (php_shoal_map_again(handle, key, status));
    php_shoal_raise_unless_thrown(status);
    if (status == SHOAL_OK) {
        RETURN_DOUBLE(left == SHOAL_FOREVER ? ZEND_INFINITY : (double)left / 1e9);
    }
}

ZEND_METHOD(Shoal_Map, getMany)
{
    HashTable *keys;
    zval *each, *fallback = NULL, value;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_ARRAY_HT(keys)
        Z_PARAM_OPTIONAL
        Z_PARAM_ZVAL(fallback)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    array_init_size(return_value, zend_hash_num_elements(keys));
    ZEND_HASH_FOREACH_VAL(keys, each) {
        ZVAL_DEREF(each);
        zend_string *key = php_shoal_map_key_of(each);
        int status = key ? php_shoal_map_look(&value, handle, key, NULL) : SHOAL_ETYPE;
        if (status == SHOAL_OK) {
            zend_symtable_update(Z_ARRVAL_P(return_value), key, &value);
        } else if (status == SHOAL_MISS && fallback) {
            Z_TRY_ADDREF_P(fallback);
            zend_symtable_update(Z_ARRVAL_P(return_value), key, fallback);
        }
        if (key) {
            zend_string_release(key);
        }
        if (status < 0) {
            break;
        }
    }
    ZEND_HASH_FOREACH_END();
}

ZEND_METHOD(Shoal_Map, count)
{
    uint64_t count;
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(shoal_map_count(&count, handle->object))) {
        RETURN_LONG((zend_long)count);
    }
}

ZEND_METHOD(Shoal_Map, stats)
{
    shoal_map_stats stats;
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (!php_shoal_succeeded(shoal_map_stats_of(&stats, handle->object, SHOAL_MAP_ALL))) {
        RETURN_THROWS();
    }
    const struct {
        const char *name;
        uint64_t number;
    } facts[] = {{"items", stats.items},     {"max_bytes", stats.max_bytes}, {"used", stats.used},
                 {"live", stats.live},       {"dead", stats.dead},           {"free", stats.free},
                 {"index", stats.index},     {"hits", stats.hits},           {"misses", stats.misses},
                 {"evicted", stats.evicted}, {"expired", stats.expired},     {"moved", stats.moved},
                 {"shards", stats.shards},   {"flights", stats.flights}};
    array_init_size(return_value, sizeof facts / sizeof *facts);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        add_assoc_long_ex(return_value, facts[i].name, strlen(facts[i].name), (zend_long)facts[i].number);
    }
}

/* ---- As an array ---------------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_Map, offsetGet)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    zend_string *key = php_shoal_map_key_of(offset);
    if (key) {
        php_shoal_map_look(return_value, handle, key, NULL);
        zend_string_release(key);
    }
}

ZEND_METHOD(Shoal_Map, offsetExists)
{
    zval *offset, value;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    zend_string *key = php_shoal_map_key_of(offset);
    if (!key) {
        RETURN_THROWS();
    }
    bool there = php_shoal_map_look(&value, handle, key, NULL) == SHOAL_OK;
    RETVAL_BOOL(there && Z_TYPE(value) != IS_NULL);
    if (there) {
        zval_ptr_dtor(&value);
    }
    zend_string_release(key);
}

ZEND_METHOD(Shoal_Map, offsetSet)
{
    zval *offset, *value;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_ZVAL(offset)
        Z_PARAM_ZVAL(value)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    zend_string *key = php_shoal_map_key_of(offset);
    if (key) {
        php_shoal_map_store(handle, key, value, NULL);
        zend_string_release(key);
    }
}

/* ---- foreach --------------------------------------------------------------------------------------- */

typedef struct map_iterator {
    zend_object_iterator it;
    shoal_map_cursor cursor;
    zval key, value; /* UNDEF: there is none, or it was not read yet */
} map_iterator;

static map_iterator *iterator_of(zend_object_iterator *it)
{
    return (map_iterator *)it;
}

static void forget_current(zend_object_iterator *it)
{
    map_iterator *map = iterator_of(it);
    zval_ptr_dtor(&map->key);
    zval_ptr_dtor(&map->value);
    ZVAL_UNDEF(&map->key);
    ZVAL_UNDEF(&map->value);
}

static void read_next(zend_object_iterator *it)
{
    char key[SHOAL_MAP_KEY], *bytes = NULL;
    size_t length = 0, size = SHOAL_SCRATCH, capacity;
    map_iterator *map = iterator_of(it);
    const shoal_handle *handle = php_shoal_handle_of(Z_OBJ(it->data));
    int status = SHOAL_LARGER;
    forget_current(it);
    if (!handle->object) {
        php_shoal_raise_closed(Z_OBJ(it->data));
        return;
    }
    while (status == SHOAL_LARGER) {
        capacity = size;
        bytes = erealloc(bytes, capacity);
        status = shoal_map_next(handle->object, &map->cursor, key, &length, bytes, capacity, &size, NULL);
    }
    if (status == SHOAL_OK && php_shoal_decode(&map->value, bytes, size)) {
        ZVAL_STRINGL(&map->key, key, length);
    }
    efree(bytes);
    php_shoal_raise_unless_thrown(status);
}

static void iterator_free(zend_object_iterator *it)
{
    forget_current(it);
    zval_ptr_dtor(&it->data);
}

static int iterator_valid(zend_object_iterator *it)
{
    return Z_ISUNDEF(iterator_of(it)->key) ? FAILURE : SUCCESS;
}

static zval *iterator_value(zend_object_iterator *it)
{
    return &iterator_of(it)->value;
}

static void iterator_key(zend_object_iterator *it, zval *key)
{
    ZVAL_COPY(key, &iterator_of(it)->key);
}

static void iterator_rewind(zend_object_iterator *it)
{
    memset(&iterator_of(it)->cursor, 0, sizeof iterator_of(it)->cursor);
    read_next(it);
}

static const zend_object_iterator_funcs iterator_functions = {
    iterator_free, iterator_valid, iterator_value, iterator_key, read_next, iterator_rewind, NULL, NULL,
};

static zend_object_iterator *items_of(zend_class_entry *ce, zval *object, int by_ref)
{
    (void)ce;
    if (by_ref) {
        zend_throw_error(NULL, "An iterator cannot be used with foreach by reference");
        return NULL;
    }
    map_iterator *map = emalloc(sizeof *map);
    memset(map, 0, sizeof *map);
    zend_iterator_init(&map->it);
    ZVAL_OBJ_COPY(&map->it.data, Z_OBJ_P(object));
    map->it.funcs = &iterator_functions;
    ZVAL_UNDEF(&map->key);
    ZVAL_UNDEF(&map->value);
    return &map->it;
}

ZEND_METHOD(Shoal_Map, getIterator)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    (void)handle;
    zend_create_internal_iterator_zval(return_value, ZEND_THIS);
}

/* ---- The class -------------------------------------------------------------------------------------- */

/* Its options: false: it is not there. */
static bool options_of(shoal_map_options *options, zend_object *object)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    return php_shoal_handle_usable(handle) && shoal_map_read_options(options, handle->object) >= 0;
}

#define OPTION(name, setting)                                                                                          \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        shoal_map_options options;                                                                                     \
        if (!options_of(&options, object)) {                                                                           \
            return false;                                                                                              \
        }                                                                                                              \
        setting;                                                                                                       \
        return true;                                                                                                   \
    }
OPTION(max_bytes, ZVAL_LONG(out, (zend_long)options.max_bytes))
OPTION(evict, ZVAL_BOOL(out, options.evict))
OPTION(small, ZVAL_DOUBLE(out, options.small))
OPTION(ttl, if (options.ttl == SHOAL_FOREVER) ZVAL_NULL(out); else ZVAL_DOUBLE(out, (double)options.ttl / 1e9))
SHOAL_HANDLE_GETTER(limit, ZVAL_LONG(out, (zend_long)shoal_map_limit(handle->object)))

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY("maxBytes", get_max_bytes),
    SHOAL_PROPERTY("defaultTtl", get_ttl),
    SHOAL_PROPERTY("evict", get_evict),
    SHOAL_PROPERTY("small", get_small),
    SHOAL_PROPERTY("limit", get_limit),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static void startup(shoal_class *class)
{
    zend_class_entry *ce = register_class_Shoal_Map(zend_ce_arrayaccess, zend_ce_countable, zend_ce_aggregate);
    ce->get_iterator = items_of;
    php_shoal_handle_startup(class, ce);
}

shoal_class php_shoal_map_class = {
    .kind = SHOAL_KIND_MAP,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
