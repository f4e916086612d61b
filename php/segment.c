/* Shoal\Segment: the class. Its array form is in segment_access.c, info() and check() in segment_report.c. */
#include "php_segment.h"

#include "zend_exceptions.h"
#include "zend_interfaces.h"

#include "segment_arginfo.h"

zend_class_entry *php_shoal_ce_segment;
static shoal_class class;

/* ---- Objects of the segment -------------------------------------------------------------------- */

ZEND_METHOD(Shoal_Segment, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Shoal_Segment, get)
{
    zend_string *name;
    zval *fallback = NULL;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_ZVAL(fallback)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    int status = php_shoal_segment_get(return_value, segment, name);
    if (status == SHOAL_ENOKEY) {
        if (fallback) {
            RETURN_COPY(fallback);
        }
        RETURN_NULL();
    }
    php_shoal_raise_unless_thrown(status);
}

/* ?array $shape -> lengths; -1: an exception is thrown. */
static int shape_of(int64_t shape[SHOAL_MAX_DIMS], HashTable *table)
{
    int ndim = 0;
    zval *length;
    ZEND_HASH_FOREACH_VAL(table, length) {
        ZVAL_DEREF(length);
        if (Z_TYPE_P(length) != IS_LONG) {
            zend_argument_type_error(2, "must be a list of int, %s given", zend_zval_type_name(length));
            return -1;
        }
        if (ndim == SHOAL_MAX_DIMS) {
            zend_argument_value_error(2, "must have at most %d dimensions", SHOAL_MAX_DIMS);
            return -1;
        }
        shape[ndim++] = Z_LVAL_P(length);
    }
    ZEND_HASH_FOREACH_END();
    return ndim;
}

static int open_with_shape(shoal_object **out, shoal_segment *segment, zend_string *name, HashTable *table,
                           zend_string *type)
{
    int64_t shape[SHOAL_MAX_DIMS];
    shoal_dtype dtype;
    int ndim = shape_of(shape, table);
    if (ndim < 0) {
        return SHOAL_EVALUE;
    }
    int status = type ? shoal_dtype_parse(&dtype, ZSTR_VAL(type), ZSTR_LEN(type)) : shoal_dtype_parse(&dtype, "f8", 2);
    if (status < 0) {
        return status;
    }
    return shoal_array_open(out, segment, ZSTR_VAL(name), ZSTR_LEN(name), dtype, (size_t)ndim, shape);
}

/* Open what is there, and see that it has the dtype (if any). */
static int open_with_dtype(shoal_object **out, shoal_segment *segment, zend_string *name, zend_string *type)
{
    int status = php_shoal_open_kind(out, segment, name, SHOAL_KIND_NDARRAY);
    if (status < 0 || !type) {
        return status;
    }
    shoal_dtype dtype;
    shoal_view view;
    status = shoal_dtype_parse(&dtype, ZSTR_VAL(type), ZSTR_LEN(type));
    if (status >= 0) {
        status = shoal_array_view(&view, *out);
    }
    if (status >= 0 && (view.dtype.number != dtype.number || view.dtype.itemsize != dtype.itemsize)) {
        char there[16], asked[16];
        php_shoal_raise_because(SHOAL_EMISMATCH, "the array \"%s\" has dtype %s, not %s", ZSTR_VAL(name),
                                shoal_dtype_name(view.dtype, there), shoal_dtype_name(dtype, asked));
        status = SHOAL_EMISMATCH;
    }
    if (status < 0) {
        shoal_object_close(*out);
        *out = NULL;
    }
    return status;
}

ZEND_METHOD(Shoal_Segment, array)
{
    zend_string *name, *type = NULL;
    HashTable *shape = NULL;
    ZEND_PARSE_PARAMETERS_START(1, 3)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_ARRAY_HT_OR_NULL(shape)
        Z_PARAM_STR_OR_NULL(type)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    shoal_object *object;
    int status = shape ? open_with_shape(&object, segment->attachment->segment, name, shape, type)
                       : open_with_dtype(&object, segment->attachment->segment, name, type);
    if (status < 0) {
        php_shoal_raise_unless_thrown(status);
        RETURN_THROWS();
    }
    php_shoal_ndarray_wrap(return_value, segment->attachment, object);
}

/* The handle of what was opened, or an exception. */
static shoal_handle *give(zval *out, const shoal_segment_object *segment, int status, shoal_object *object)
{
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
        return NULL;
    }
    return php_shoal_handle_wrap(out, segment->attachment, object);
}

ZEND_METHOD(Shoal_Segment, counter)
{
    zend_string *name;
    zend_long initial = 0;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(initial)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    shoal_object *object;
    int status = shoal_counter_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), initial);
    give(return_value, segment, status, object);
}

ZEND_METHOD(Shoal_Segment, lock)
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
    int status = shoal_lock_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name),
                                 reentrant ? SHOAL_LOCK_REENTRANT : 0);
    shoal_handle *handle = give(return_value, segment, status, object);
    if (handle) {
        handle->strict = strict;
    }
}

typedef int (*opener)(shoal_object **out, shoal_segment *segment, const char *name, size_t length);

static void open_plain(INTERNAL_FUNCTION_PARAMETERS, opener open)
{
    zend_string *name;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(name)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    shoal_object *object;
    int status = open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name));
    give(return_value, segment, status, object);
}

ZEND_METHOD(Shoal_Segment, rwlock)
{
    open_plain(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_rwlock_open);
}

ZEND_METHOD(Shoal_Segment, event)
{
    open_plain(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_event_open);
}

ZEND_METHOD(Shoal_Segment, semaphore)
{
    zend_string *name;
    zend_long value = 1;
    bool bounded = true;
    ZEND_PARSE_PARAMETERS_START(1, 3)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(value)
        Z_PARAM_BOOL(bounded)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (value < 0 || value > UINT32_MAX) {
        zend_argument_value_error(2, bounded ? "must be between 1 and 65536" : "must be between 0 and 2147483647");
        RETURN_THROWS();
    }
    shoal_object *object;
    int status = shoal_semaphore_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name),
                                      (uint32_t)value, bounded ? 0 : SHOAL_SEMAPHORE_SIGNAL);
    give(return_value, segment, status, object);
}

ZEND_METHOD(Shoal_Segment, condition)
{
    zend_string *name;
    zend_object *lock;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_STR(name)
        Z_PARAM_OBJ_OF_CLASS(lock, php_shoal_ce_lock)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (!php_shoal_handle_of(lock)->object) {
        php_shoal_raise_closed(lock);
        RETURN_THROWS();
    }
    shoal_object *object;
    int status = shoal_condition_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name),
                                      php_shoal_handle_of(lock)->object);
    shoal_handle *handle = give(return_value, segment, status, object);
    if (handle) {
        GC_ADDREF(lock);
        handle->lock = lock;
    }
}

ZEND_METHOD(Shoal_Segment, barrier)
{
    zend_string *name;
    zend_long parties;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_STR(name)
        Z_PARAM_LONG(parties)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (parties < 1 || parties > UINT32_MAX) {
        zend_argument_value_error(2, "must be between 1 and 4096");
        RETURN_THROWS();
    }
    shoal_object *object;
    int status =
        shoal_barrier_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), (uint32_t)parties);
    give(return_value, segment, status, object);
}

/* ---- The segment itself ---------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_Segment, close)
{
    ZEND_PARSE_PARAMETERS_NONE();
    shoal_segment_object *segment = php_shoal_segment_of(Z_OBJ_P(ZEND_THIS));
    shoal_attachment *attachment = segment->attachment;
    segment->attachment = NULL;
    if (attachment) {
        php_shoal_closes(attachment->segment);
    }
    php_shoal_attachment_release(attachment);
}

ZEND_METHOD(Shoal_Segment, backup)
{
    zend_string *name;
    bool overwrite = false;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_PATH_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_BOOL(overwrite)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    char *path =
        expand_filepath_with_mode(ZSTR_VAL(name), NULL, NULL, 0, CWD_EXPAND); /* a link is judged, not followed */
    if (!path || !php_shoal_name_allowed(path, strlen(path))) {
        if (path) {
            efree(path);
        }
        RETURN_THROWS();
    }
    if (overwrite) {
        php_shoal_attachments_drop(); /* what only this worker keeps, and no script has, is not in the way */
    }
    int status = shoal_segment_backup(segment->attachment->segment, path, overwrite);
    efree(path);
    php_shoal_raise_unless_thrown(status);
}

ZEND_METHOD(Shoal_Segment, unlink)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_SEGMENT(segment);
    int status = shoal_segment_unlink_path(segment->attachment->segment, segment->attachment->path);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    php_shoal_attachments_sweep();
}

ZEND_METHOD(Shoal_Segment, fileno)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_SEGMENT(segment);
    RETURN_LONG(shoal_segment_fd(segment->attachment->segment));
}

ZEND_METHOD(Shoal_Segment, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_SEGMENT(segment);
    php_shoal_identity(return_value, segment->attachment, "Shoal\\Segment");
}

ZEND_METHOD(Shoal_Segment, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    shoal_segment_object *segment = php_shoal_segment_of(Z_OBJ_P(ZEND_THIS));
    if (segment->name) {
        zend_throw_error(NULL, "this Shoal\\Segment is in use already");
        RETURN_THROWS();
    }
    shoal_attachment *attachment = php_shoal_reattach(data);
    if (attachment) {
        zend_string *name = php_shoal_data_string(data, "segment");
        php_shoal_segment_fill(segment, attachment, zend_string_copy(name));
    }
}

/* ---- Properties ------------------------------------------------------------------------------------ */

static bool get_name(zend_object *object, zval *out)
{
    zend_string *name = php_shoal_segment_of(object)->name;
    if (!name) {
        return false;
    }
    ZVAL_STR_COPY(out, name);
    return true;
}

static bool get_size(zend_object *object, zval *out)
{
    ZVAL_LONG(out, (zend_long)php_shoal_segment_of(object)->size);
    return true;
}

static bool get_used(zend_object *object, zval *out)
{
    const shoal_attachment *attachment = php_shoal_segment_of(object)->attachment;
    if (!attachment) {
        return false;
    }
    ZVAL_LONG(out, (zend_long)shoal_segment_used(attachment->segment));
    return true;
}

static bool get_readonly(zend_object *object, zval *out)
{
    ZVAL_BOOL(out, php_shoal_segment_of(object)->readonly);
    return true;
}

static bool get_closed(zend_object *object, zval *out)
{
    ZVAL_BOOL(out, php_shoal_segment_of(object)->attachment == NULL);
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", get_name),         SHOAL_PROPERTY("size", get_size),     SHOAL_PROPERTY("used", get_used),
    SHOAL_PROPERTY("readonly", get_readonly), SHOAL_PROPERTY("closed", get_closed), SHOAL_PROPERTY_END,
};

/* ---- The class ---------------------------------------------------------------------------------------- */

static zend_object *create_object(zend_class_entry *ce)
{
    shoal_segment_object *segment = zend_object_alloc(sizeof *segment, ce);
    zend_object_std_init(&segment->std, ce);
    object_properties_init(&segment->std, ce);
    segment->std.handlers = &class.handlers;
    return &segment->std;
}

static void free_object(zend_object *object)
{
    shoal_segment_object *segment = php_shoal_segment_of(object);
    if (segment->attachment) {
        php_shoal_closes(segment->attachment->segment);
    }
    php_shoal_attachment_release(segment->attachment);
    if (segment->name) {
        zend_string_release(segment->name);
    }
    zend_object_std_dtor(object);
}

/* Two are equal when they are, or were, attached to one segment. */
static int compare(zval *left, zval *right)
{
    if (Z_TYPE_P(left) != IS_OBJECT || Z_TYPE_P(right) != IS_OBJECT || Z_OBJCE_P(left) != Z_OBJCE_P(right)) {
        return ZEND_UNCOMPARABLE;
    }
    const shoal_segment_object *one = php_shoal_segment_of(Z_OBJ_P(left));
    const shoal_segment_object *other = php_shoal_segment_of(Z_OBJ_P(right));
    return one->name && other->name && shoal_identity_equal(one->identity, other->identity) ? 0 : ZEND_UNCOMPARABLE;
}

void php_shoal_segment_fill(shoal_segment_object *segment, shoal_attachment *attachment, zend_string *name)
{
    segment->attachment = attachment;
    segment->name = name;
    segment->size = shoal_segment_size(attachment->segment);
    segment->readonly = shoal_segment_readonly(attachment->segment);
    segment->identity = shoal_segment_identity(attachment->segment);
}

void php_shoal_segment_wrap(zval *out, shoal_attachment *attachment, zend_string *name)
{
    object_init_ex(out, php_shoal_ce_segment);
    php_shoal_segment_fill(php_shoal_segment_of(Z_OBJ_P(out)), attachment, name);
}

void php_shoal_segment_startup(void)
{
    php_shoal_ce_segment = register_class_Shoal_Segment(zend_ce_arrayaccess, zend_ce_countable, zend_ce_aggregate);
    php_shoal_ce_segment->create_object = create_object;
    php_shoal_ce_segment->get_iterator = php_shoal_segment_iterator;
    php_shoal_class_init(&class, offsetof(shoal_segment_object, std), properties);
    class.handlers.free_obj = free_object;
    class.handlers.compare = compare;
    php_shoal_segment_access_init(&class.handlers);
}
