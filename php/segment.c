/*
 * Shoal\Segment: the class. Its array form is in segment_offsets.c, info() and check() in segment_report.c. The methods that open
 * an object of a kind are in the file of that kind.
 */
#include "segment.h"

#include "allowed.h"
#include "exceptions.h"
#include "properties.h"
#include "serialize.h"
#include "value.h"
#include "wait.h"

#include "zend_interfaces.h"

#include "segment_arginfo.h"

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
    int status = php_shoal_value_get(return_value, segment->attachment, name);
    if (status == SHOAL_ENOKEY) {
        if (fallback) {
            RETURN_COPY(fallback);
        }
        RETURN_NULL();
    }
    php_shoal_raise_unless_thrown(status);
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
        zend_throw_error(NULL, "this Shoal\\Segment was made already: only a new object can be unserialized");
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

static shoal_class class = {.properties = properties};

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
    object_init_ex(out, class.ce);
    php_shoal_segment_fill(php_shoal_segment_of(Z_OBJ_P(out)), attachment, name);
}

void php_shoal_segment_startup(void)
{
    zend_class_entry *ce = register_class_Shoal_Segment(zend_ce_arrayaccess, zend_ce_countable, zend_ce_aggregate);
    ce->create_object = create_object;
    ce->get_iterator = php_shoal_segment_iterator;
    php_shoal_class_startup(&class, ce, offsetof(shoal_segment_object, std));
    class.handlers.free_obj = free_object;
    class.handlers.compare = compare;
    php_shoal_segment_offsets_init(&class.handlers);
}
