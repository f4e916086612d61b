/* MessagePack -> zval: the callbacks of shoal_value_decode. */
#include "wire.h"

#include "exceptions.h"
#include "ndarray.h"
#include "ext/date/php_date.h"
#include "zend_exceptions.h"
#include "zend_interfaces.h"

/* A node is the two halves of a zval, written and read as halves: a processor waits when it reads across two writes. */
_Static_assert(sizeof(zend_value) == sizeof(uint64_t), "a zval fits a node");

#define ALIGNED 16        /* bytes: what the elements of every dtype are content with */
#define PREALLOCATED 4096 /* items at most: a count comes from shared memory and may be a lie */

static int give(shoal_node *out, const zval *value)
{
    memcpy(&out->words[0], &value->value, sizeof value->value);
    out->words[1] = Z_TYPE_INFO_P(value);
    return SHOAL_OK;
}

static zval take(const shoal_node *node)
{
    zval value;
    memcpy(&value.value, &node->words[0], sizeof value.value);
    Z_TYPE_INFO(value) = (uint32_t)node->words[1];
    return value;
}

/* Of a type that says everything. */
static int give_type(shoal_node *out, uint32_t type)
{
    out->words[0] = 0;
    out->words[1] = type;
    return SHOAL_OK;
}

static int make_nil(void *user, shoal_node *out)
{
    return give_type(out, IS_NULL);
}

static int make_boolean(void *user, bool boolean, shoal_node *out)
{
    return give_type(out, boolean ? IS_TRUE : IS_FALSE);
}

static int make_integer(void *user, int64_t integer, shoal_node *out)
{
    zval value;
    ZVAL_LONG(&value, integer);
    return give(out, &value);
}

static int make_unsigned(void *user, uint64_t integer, shoal_node *out)
{
    php_shoal_raise_because(SHOAL_EOVERFLOW, "the stored integer %" PRIu64 " does not fit PHP's int", integer);
    return SHOAL_EOVERFLOW;
}

static int make_real(void *user, double real, shoal_node *out)
{
    zval value;
    ZVAL_DOUBLE(&value, real);
    return give(out, &value);
}

static int make_string(void *user, const char *bytes, size_t size, shoal_node *out)
{
    zval value;
    ZVAL_STR(&value, zend_string_init_fast(bytes, size));
    return give(out, &value);
}

/* A DateTimeImmutable in UTC; PHP has microseconds. */
static int make_time(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out)
{
    char at[32];
    zval text, utc, zone, epoch, value;
    ZVAL_STRINGL(&text, at, snprintf(at, sizeof at, "@%" PRId64, seconds));
    ZVAL_STRINGL(&utc, "UTC", sizeof("UTC") - 1);
    object_init_ex(&epoch, php_date_get_immutable_ce());
    zend_call_known_instance_method_with_1_params(Z_OBJCE(epoch)->constructor, Z_OBJ(epoch), NULL, &text);
    object_init_ex(&zone, php_date_get_timezone_ce());
    zend_call_known_instance_method_with_1_params(Z_OBJCE(zone)->constructor, Z_OBJ(zone), NULL, &utc);
    ZVAL_UNDEF(&value);
    if (!EG(exception)) {
        Z_PHPDATE_P(&epoch)->time->us = nanoseconds / 1000;
        zend_call_method_with_1_params(Z_OBJ(epoch), Z_OBJCE(epoch), NULL, "settimezone", &value, &zone);
    }
    zval_ptr_dtor(&text);
    zval_ptr_dtor(&utc);
    zval_ptr_dtor(&epoch);
    zval_ptr_dtor(&zone);
    return EG(exception) ? SHOAL_EVALUE : give(out, &value);
}

/* Memory that stays when the value is decoded. */
struct kept {
    shoal_lease *lease;
    size_t size;
};

/* An array that its message was made for: it lies so that all can work with its elements, and little else is kept with it. */
static bool may_stay(const struct kept *kept, const shoal_view *view)
{
    return kept && (uintptr_t)view->data % ALIGNED == 0 && php_shoal_view_nbytes(view) >= kept->size / 2;
}

static int make_ndarray(void *user, const shoal_view *view, shoal_node *out)
{
    const struct kept *kept = user;
    zval value;
    if (may_stay(kept, view)) {
        php_shoal_ndarray_leased(&value, kept->lease, view);
        php_shoal_ndarray_of(Z_OBJ(value))->view.readonly = false;
    } else {
        php_shoal_ndarray_detached(&value, view);
    }
    return give(out, &value);
}

static int refuse_ext(void *user, int type, const char *bytes, size_t size, shoal_node *out)
{
    php_shoal_raise_because(SHOAL_ETYPE, "the stored MessagePack extension type %d has no counterpart in PHP", type);
    return SHOAL_ETYPE;
}

static int make_array(void *user, size_t count, shoal_node *out)
{
    zval value;
    if (count == 0) {
        ZVAL_EMPTY_ARRAY(&value);
    } else {
        array_init_size(&value, (uint32_t)MIN(count, PREALLOCATED));
    }
    return give(out, &value);
}

/* Of a list that is only appended to; it has room for as many items as were announced, or were believed. */
static int append(void *user, shoal_node *array, shoal_node *item)
{
    zval list = take(array), value = take(item);
    HashTable *items = Z_ARRVAL(list);
    if (UNEXPECTED(HT_FLAGS(items) & HASH_FLAG_UNINITIALIZED)) {
        zend_hash_real_init_packed(items);
    }
    if (EXPECTED(items->nNumUsed < items->nTableSize)) {
        ZEND_HASH_FILL_PACKED(items)
        {
            ZEND_HASH_FILL_ADD(&value);
        }
        ZEND_HASH_FILL_END();
        return SHOAL_OK;
    }
    if (!zend_hash_next_index_insert(items, &value)) {
        zval_ptr_dtor(&value);
        return SHOAL_ENOMEM;
    }
    return SHOAL_OK;
}

/* false: the array has it already. "5" is 5 to it. */
static bool add(HashTable *table, zval *key, zval *value)
{
    zend_ulong index;
    if (UNEXPECTED(Z_TYPE_P(key) == IS_LONG)) {
        return zend_hash_index_add(table, (zend_ulong)Z_LVAL_P(key), value) != NULL;
    }
    if (ZEND_HANDLE_NUMERIC(Z_STR_P(key), index)) {
        return zend_hash_index_add(table, index, value) != NULL;
    }
    return zend_hash_add(table, Z_STR_P(key), value) != NULL;
}

static int refuse_twice(zval *key)
{
    zend_string *text = zval_get_string(key);
    php_shoal_raise_because(SHOAL_EVALUE,
                            "the stored map has two keys that are the same in PHP: \"%s\" as text, bytes or a number",
                            ZSTR_VAL(text));
    zend_string_release(text);
    return SHOAL_EVALUE;
}

static int insert(void *user, shoal_node *map, shoal_node *key_node, shoal_node *item)
{
    zval table = take(map), key = take(key_node), value = take(item);
    int status = SHOAL_OK;
    if (Z_TYPE(key) != IS_LONG && Z_TYPE(key) != IS_STRING) {
        php_shoal_raise_because(SHOAL_ECORRUPT, "the stored value is damaged: a map with a key of type %s",
                                zend_zval_type_name(&key));
        status = SHOAL_ECORRUPT;
    } else if (UNEXPECTED(!add(Z_ARRVAL(table), &key, &value))) {
        status = refuse_twice(&key);
    }
    if (UNEXPECTED(status < 0)) {
        zval_ptr_dtor(&value);
    }
    zval_ptr_dtor(&key);
    return status;
}

static void drop(void *user, shoal_node *node)
{
    zval value = take(node);
    zval_ptr_dtor(&value);
}

static const shoal_builder builder = {
    .nil = make_nil,
    .boolean = make_boolean,
    .integer = make_integer,
    .unsigned_integer = make_unsigned,
    .real = make_real,
    .str = make_string,
    .bin = make_string,
    .time = make_time,
    .ndarray = make_ndarray,
    .ext = refuse_ext,
    .array = make_array,
    .append = append,
    .map = make_array,
    .insert = insert,
    .drop = drop,
};

static bool decode(zval *out, const void *bytes, size_t size, struct kept *kept)
{
    shoal_node node;
    int status = shoal_value_decode(&node, bytes, size, &builder, kept);
    if (status < 0) {
        if (!EG(exception)) {
            php_shoal_raise(status);
        }
        ZVAL_UNDEF(out);
        return false;
    }
    zval value = take(&node);
    ZVAL_COPY_VALUE(out, &value);
    return true;
}

bool php_shoal_decode(zval *out, const void *bytes, size_t size)
{
    return decode(out, bytes, size, NULL);
}

bool php_shoal_decode_in(zval *out, const void *bytes, size_t size, shoal_lease *lease)
{
    return decode(out, bytes, size, &(struct kept){lease, size});
}
