/* zval -> MessagePack. Runs no user code and allocates nothing of PHP's but the message of an error. */
#include "wire.h"

#include "exceptions.h"
#include "ndarray.h"
#include "ext/date/php_date.h"
#include "ext/json/php_json.h"
#include "zend_interfaces.h"
#include "zend_smart_str.h"

/* Where we are in the value: printed as ["rows"][3]. */
typedef struct shoal_path {
    const struct shoal_path *parent;
    const HashTable *table;
    zend_string *key; /* NULL: `index` */
    zend_ulong index;
} shoal_path;

static bool put(shoal_writer *writer, zval *value, const shoal_path *path, int depth);

/* With what no message shows, or what would end it, as \xHH. */
static void append_key(smart_str *text, const zend_string *key)
{
    for (size_t i = 0; i < ZSTR_LEN(key); i++) {
        unsigned char byte = (unsigned char)ZSTR_VAL(key)[i];
        if (byte < ' ' || byte == 0x7f) {
            smart_str_append_printf(text, "\\x%02x", byte);
        } else {
            smart_str_appendc(text, (char)byte);
        }
    }
}

static void append_path(smart_str *text, const shoal_path *path)
{
    if (!path) {
        return;
    }
    append_path(text, path->parent);
    if (path->key) {
        smart_str_appends(text, "[\"");
        append_key(text, path->key);
        smart_str_appends(text, "\"]");
    } else {
        smart_str_appendc(text, '[');
        smart_str_append_long(text, (zend_long)path->index);
        smart_str_appendc(text, ']');
    }
}

static bool refuse(int status, const shoal_path *path, const char *what)
{
    smart_str text = {0};
    if (status != SHOAL_EVALUE) { /* a path 512 deep would say nothing */
        append_path(&text, path);
        if (text.s) {
            smart_str_appends(&text, ": ");
        }
    }
    smart_str_appends(&text, what);
    smart_str_0(&text);
    php_shoal_raise_because(status, "%s", ZSTR_VAL(text.s));
    smart_str_free(&text);
    return false;
}

/* What to store instead of an object, in words of PHP; or NULL. */
static const char *advice_for(const zend_class_entry *ce)
{
    if (strncmp(ZSTR_VAL(ce->name), "Shoal\\", 6) == 0) {
        return "$value->name";
    }
    if (ce->ce_flags & ZEND_ACC_ENUM) {
        return ce->enum_backing_type == IS_UNDEF ? "$value->name" : "$value->value";
    }
    if (instanceof_function(ce, php_json_serializable_ce)) {
        return "$value->jsonSerialize()";
    }
    if (instanceof_function(ce, zend_ce_traversable)) {
        return "iterator_to_array($value)";
    }
    if (instanceof_function(ce, zend_ce_stringable)) {
        return "(string) $value";
    }
    if (instanceof_function(ce, php_date_get_timezone_ce())) {
        return "$value->getName()";
    }
    return ce == zend_standard_class_def || ce->type == ZEND_USER_CLASS ? "get_object_vars($value)" : NULL;
}

static bool refuse_type(const shoal_path *path, zval *value)
{
    bool object = Z_TYPE_P(value) == IS_OBJECT;
    const char *type = object ? ZSTR_VAL(Z_OBJCE_P(value)->name) : zend_zval_type_name(value);
    const char *advice = object ? advice_for(Z_OBJCE_P(value)) : NULL;
    char what[256];
    snprintf(what, sizeof what, "%.150s cannot be stored in a segment%s%s", type, advice ? ": store " : "",
             advice ? advice : "");
    return refuse(SHOAL_ETYPE, path, what);
}

static bool put_string(shoal_writer *writer, const zend_string *string)
{
    if (shoal_is_utf8(ZSTR_VAL(string), ZSTR_LEN(string))) {
        shoal_write_str(writer, ZSTR_VAL(string), ZSTR_LEN(string));
    } else {
        shoal_write_bin(writer, ZSTR_VAL(string), ZSTR_LEN(string));
    }
    return true;
}

static bool put_list(shoal_writer *writer, HashTable *table, const shoal_path *parent, int depth)
{
    shoal_path path = {parent, table, NULL, 0};
    zval *item;
    shoal_write_array(writer, zend_hash_num_elements(table));
    ZEND_HASH_FOREACH_VAL(table, item) {
        if (!put(writer, item, &path, depth)) {
            return false;
        }
        path.index++;
    }
    ZEND_HASH_FOREACH_END();
    return true;
}

static bool put_map(shoal_writer *writer, HashTable *table, const shoal_path *parent, int depth)
{
    shoal_path path = {parent, table, NULL, 0};
    zval *item;
    shoal_write_map(writer, zend_hash_num_elements(table));
    ZEND_HASH_FOREACH_KEY_VAL(table, path.index, path.key, item) {
        if (path.key) {
            put_string(writer, path.key);
        } else {
            shoal_write_int(writer, (int64_t)path.index);
        }
        if (!put(writer, item, &path, depth)) {
            return false;
        }
    }
    ZEND_HASH_FOREACH_END();
    return true;
}

/* Not by the engine's mark on arrays that are being gone through: it may be json_encode's, which has called us. */
static bool is_within(const HashTable *table, const shoal_path *path)
{
    while (path && path->table != table) {
        path = path->parent;
    }
    return path != NULL;
}

static bool put_array(shoal_writer *writer, HashTable *table, const shoal_path *path, int depth)
{
    if (writer->status < 0) {
        return true; /* what follows would be gone through for nothing */
    }
    if (depth >= SHOAL_MAX_DEPTH) {
        return refuse(SHOAL_EVALUE, path, "arrays nested deeper than 512 cannot be stored in a segment");
    }
    if (!(GC_FLAGS(table) & GC_IMMUTABLE) && is_within(table, path)) {
        return refuse(SHOAL_EVALUE, path, "an array that contains itself cannot be stored in a segment");
    }
    return zend_array_is_list(table) ? put_list(writer, table, path, depth + 1)
                                     : put_map(writer, table, path, depth + 1);
}

static bool put_time(shoal_writer *writer, zval *value, const shoal_path *path)
{
    const timelib_time *time = Z_PHPDATE_P(value)->time;
    if (!time) {
        return refuse(SHOAL_ETYPE, path, "a time whose constructor was never called cannot be stored in a segment");
    }
    if (writer->status < 0) {
        return true; /* told in the end */
    }
    shoal_write_time(writer, time->sse, (uint32_t)time->us * 1000);
    return writer->status == SHOAL_EOVERFLOW ? refuse(SHOAL_EOVERFLOW, path, shoal_error_message()) : true;
}

static bool put_object(shoal_writer *writer, zval *value, const shoal_path *path)
{
    zend_class_entry *ce = Z_OBJCE_P(value);
    if (ce == php_shoal_ndarray_class.ce && php_shoal_ndarray_made(php_shoal_ndarray_of(Z_OBJ_P(value)))) {
        shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(value));
        if (!php_shoal_ndarray_here(array)) {
            php_shoal_ndarray_raise(array);
            return false;
        }
        shoal_write_ndarray(writer, &array->view);
        return true;
    }
    if (ce == php_shoal_ce_bytes && Z_TYPE_P(OBJ_PROP_NUM(Z_OBJ_P(value), 0)) == IS_STRING) {
        zend_string *bytes = Z_STR_P(OBJ_PROP_NUM(Z_OBJ_P(value), 0));
        shoal_write_bin(writer, ZSTR_VAL(bytes), ZSTR_LEN(bytes));
        return true;
    }
    if (instanceof_function(ce, php_date_get_interface_ce())) {
        return put_time(writer, value, path);
    }
    return refuse_type(path, value);
}

static bool put(shoal_writer *writer, zval *value, const shoal_path *path, int depth)
{
    ZVAL_DEREF(value);
    switch (Z_TYPE_P(value)) {
    case IS_NULL:
        shoal_write_nil(writer);
        return true;
    case IS_FALSE:
    case IS_TRUE:
        shoal_write_bool(writer, Z_TYPE_P(value) == IS_TRUE);
        return true;
    case IS_LONG:
        shoal_write_int(writer, Z_LVAL_P(value));
        return true;
    case IS_DOUBLE:
        shoal_write_float(writer, Z_DVAL_P(value));
        return true;
    case IS_STRING:
        return put_string(writer, Z_STR_P(value));
    case IS_ARRAY:
        return put_array(writer, Z_ARRVAL_P(value), path, depth);
    case IS_OBJECT:
        return put_object(writer, value, path);
    default:
        return refuse_type(path, value);
    }
}

bool php_shoal_encode(shoal_writer *writer, zval *value)
{
    if (!put(writer, value, NULL, 0)) {
        return false;
    }
    if (writer->status < 0) {
        php_shoal_raise(writer->status);
        return false;
    }
    return true;
}
