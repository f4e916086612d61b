/* Shoal\NdArray: the class. What its methods do is in ndarray_….c. */
#include "ndarray.h"

#include "exceptions.h"
#include "segment.h"

#include "zend_interfaces.h"

#include "ndarray_arginfo.h"

static const bool never_lost; /* private memory */

/* ---- Opening ------------------------------------------------------------------------------------ */

int php_shoal_shape_of(int64_t shape[SHOAL_MAX_DIMS], HashTable *table, uint32_t position)
{
    int ndim = 0;
    zval *length;
    if (!zend_array_is_list(table)) {
        zend_argument_type_error(position, "must be a list of int, an array with keys given");
        return -1;
    }
    ZEND_HASH_FOREACH_VAL(table, length) {
        ZVAL_DEREF(length);
        if (Z_TYPE_P(length) != IS_LONG) {
            zend_argument_type_error(position, "must be a list of int, %s given", zend_zval_type_name(length));
            return -1;
        }
        if (ndim == SHOAL_MAX_DIMS) {
            zend_argument_value_error(position, "must have at most %d dimensions", SHOAL_MAX_DIMS);
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
    int ndim = php_shoal_shape_of(shape, table, 2);
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
    int status = shoal_object_open_kind(out, segment, ZSTR_VAL(name), ZSTR_LEN(name), SHOAL_KIND_NDARRAY);
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

void php_shoal_ndarray_take(shoal_ndarray *array, shoal_attachment *attachment, shoal_object *object)
{
    array->object = object;
    array->lost = shoal_object_lost(object);
    array->attachment = attachment;
}

static bool wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    object_init_ex(out, php_shoal_ndarray_class.ce);
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(out));
    int status = shoal_array_view(&array->view, object);
    if (status < 0) {
        shoal_object_close(object);
        zval_ptr_dtor(out);
        ZVAL_UNDEF(out);
        php_shoal_raise(status);
        return false;
    }
    php_shoal_ndarray_take(array, php_shoal_attachment_retain(attachment), object);
    return true;
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
    wrap(return_value, segment->attachment, object);
}

ZEND_METHOD(Shoal_NdArray, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

/* ---- Others, made of this one -------------------------------------------------------------------------- */

bool php_shoal_ndarray_make_private(shoal_ndarray *array, shoal_dtype dtype, uint32_t ndim, const int64_t *shape)
{
    uint64_t nbytes;
    int status = shoal_view_init(&array->view, &nbytes, dtype, ndim, shape);
    if (status < 0) {
        php_shoal_raise(status);
        return false;
    }
    array->memory = zend_string_alloc(nbytes, false);
    array->lost = &never_lost;
    array->view.data = (unsigned char *)ZSTR_VAL(array->memory);
    return true;
}

void php_shoal_ndarray_detached(zval *out, const shoal_view *view)
{
    object_init_ex(out, php_shoal_ndarray_class.ce);
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(out));
    if (php_shoal_ndarray_make_private(array, view->dtype, view->ndim, view->shape)) {
        shoal_view_pack(array->view.data, view);
    }
}

static void take_lease(shoal_ndarray *array, shoal_lease *lease)
{
    lease->references++;
    array->lease = lease;
    array->lost = lease->lost;
}

void php_shoal_lease_release(shoal_lease *lease)
{
    if (lease && --lease->references == 0) {
        lease->end(lease);
    }
}

void php_shoal_ndarray_leased(zval *out, shoal_lease *lease, const shoal_view *view)
{
    object_init_ex(out, php_shoal_ndarray_class.ce);
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(out));
    php_shoal_view_copy(&array->view, view);
    take_lease(array, lease);
}

void php_shoal_ndarray_view(zval *out, const shoal_ndarray *parent, const shoal_view *view)
{
    object_init_ex(out, php_shoal_ndarray_class.ce);
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(out));
    php_shoal_view_copy(&array->view, view);
    if (parent->lease) {
        take_lease(array, parent->lease);
        return;
    }
    if (parent->memory) {
        array->memory = zend_string_copy(parent->memory);
        array->lost = &never_lost;
        return;
    }
    php_shoal_ndarray_take(array, php_shoal_attachment_retain(parent->attachment), shoal_object_retain(parent->object));
}

/* ---- $segment[$name] = $value ------------------------------------------------------------------------------ */

static bool is_array_like(zval *value)
{
    return Z_TYPE_P(value) == IS_ARRAY ||
           (Z_TYPE_P(value) == IS_OBJECT && Z_OBJCE_P(value) == php_shoal_ndarray_class.ce);
}

/* Copy an array into it. */
static bool assign(shoal_object *object, zend_string *name, zval *value)
{
    shoal_view view;
    if (!is_array_like(value)) {
        return false;
    }
    int status = shoal_array_view(&view, object);
    if (status < 0) {
        php_shoal_raise(status);
    } else if (Z_TYPE_P(value) == IS_OBJECT && !php_shoal_same_dtype(&view, value)) {
        php_shoal_raise_because(SHOAL_EMISMATCH, "\"%s\" is an NdArray of another dtype: use assign() to convert",
                                ZSTR_VAL(name));
    } else {
        php_shoal_view_assign(object, &view, value);
    }
    return true;
}

/* ---- Properties ------------------------------------------------------------------------------------------ */

void php_shoal_lengths_to_zval(zval *out, const int64_t *lengths, uint32_t count)
{
    array_init_size(out, count);
    for (uint32_t i = 0; i < count; i++) {
        add_next_index_long(out, (zend_long)lengths[i]);
    }
}

#define PROPERTY_GETTER(name, setting)                                                                                 \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        const shoal_ndarray *array = php_shoal_ndarray_of(object);                                                     \
        if (!php_shoal_ndarray_made(array)) {                                                                          \
            return false;                                                                                              \
        }                                                                                                              \
        setting;                                                                                                       \
        return true;                                                                                                   \
    }

static void name_of(zval *out, const shoal_ndarray *array)
{
    size_t length;
    if (!array->object) {
        ZVAL_NULL(out);
        return;
    }
    const char *name = shoal_object_name(array->object, &length);
    ZVAL_STRINGL(out, name, length);
}

static void dtype_of(zval *out, const shoal_ndarray *array)
{
    char name[16];
    ZVAL_STRING(out, shoal_dtype_name(array->view.dtype, name));
}

PROPERTY_GETTER(name, name_of(out, array))
PROPERTY_GETTER(shape, php_shoal_lengths_to_zval(out, array->view.shape, array->view.ndim))
PROPERTY_GETTER(dtype, dtype_of(out, array))
PROPERTY_GETTER(ndim, ZVAL_LONG(out, array->view.ndim))
PROPERTY_GETTER(size, ZVAL_LONG(out, (zend_long)shoal_view_size(&array->view)))
PROPERTY_GETTER(nbytes, ZVAL_LONG(out, (zend_long)php_shoal_view_nbytes(&array->view)))
PROPERTY_GETTER(itemsize, ZVAL_LONG(out, array->view.dtype.itemsize))
PROPERTY_GETTER(strides, php_shoal_lengths_to_zval(out, array->view.strides, array->view.ndim))
PROPERTY_GETTER(readonly, ZVAL_BOOL(out, array->view.readonly))

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", get_name),         SHOAL_PROPERTY("shape", get_shape),
    SHOAL_PROPERTY("dtype", get_dtype),       SHOAL_PROPERTY("ndim", get_ndim),
    SHOAL_PROPERTY("size", get_size),         SHOAL_PROPERTY("nbytes", get_nbytes),
    SHOAL_PROPERTY("itemsize", get_itemsize), SHOAL_PROPERTY("strides", get_strides),
    SHOAL_PROPERTY("readonly", get_readonly), SHOAL_PROPERTY_END,
};

/* ---- The class -------------------------------------------------------------------------------------------- */

static zend_object *create_object(zend_class_entry *ce)
{
    shoal_ndarray *array = emalloc(sizeof *array + zend_object_properties_size(ce));
    memset(array, 0, offsetof(shoal_ndarray, view) + offsetof(shoal_view, shape)); /* lengths follow ndim */
    zend_object_std_init(&array->std, ce);
    object_properties_init(&array->std, ce);
    array->std.handlers = &php_shoal_ndarray_class.handlers;
    return &array->std;
}

static void free_object(zend_object *object)
{
    shoal_ndarray *array = php_shoal_ndarray_of(object);
    shoal_object_close(array->object);
    php_shoal_attachment_release(array->attachment);
    php_shoal_lease_release(array->lease);
    if (array->memory) {
        zend_string_release(array->memory);
    }
    zend_object_std_dtor(object);
}

void php_shoal_ndarray_raise(shoal_ndarray *array)
{
    if (array->object) {
        php_shoal_raise_unless_thrown(shoal_object_usable(array->object));
    } else if (array->lease) {
        array->lease->raise(array->lease);
    } else {
        php_shoal_raise_closed(&array->std);
    }
}

/* clone $array: a copy in private memory. The engine wants an object also where that throws. */
static zend_object *clone_object(zend_object *object)
{
    zval copy;
    shoal_ndarray *array = php_shoal_ndarray_of(object);
    if (php_shoal_ndarray_here(array)) {
        php_shoal_ndarray_detached(&copy, &array->view);
    } else {
        php_shoal_ndarray_raise(array);
        object_init_ex(&copy, php_shoal_ndarray_class.ce);
    }
    return Z_OBJ(copy);
}

/* Equal in dtype, shape and elements, or the same memory: a comparison in PHP has one answer. */
static int compare(zval *left, zval *right)
{
    if (Z_TYPE_P(left) != IS_OBJECT || Z_TYPE_P(right) != IS_OBJECT || Z_OBJCE_P(left) != Z_OBJCE_P(right)) {
        return ZEND_UNCOMPARABLE;
    }
    const shoal_ndarray *one = php_shoal_ndarray_of(Z_OBJ_P(left)), *other = php_shoal_ndarray_of(Z_OBJ_P(right));
    return php_shoal_ndarray_here(one) && php_shoal_ndarray_here(other) && shoal_view_equal(&one->view, &other->view)
               ? 0
               : ZEND_UNCOMPARABLE;
}

static void startup(shoal_class *class)
{
    zend_class_entry *ce = register_class_Shoal_NdArray(zend_ce_arrayaccess, zend_ce_countable, zend_ce_aggregate);
    ce->create_object = create_object;
    ce->get_iterator = php_shoal_ndarray_iterator;
    php_shoal_class_startup(class, ce, offsetof(shoal_ndarray, std));
    class->handlers.free_obj = free_object;
    class->handlers.clone_obj = clone_object;
    class->handlers.compare = compare;
    class->handlers.count_elements = php_shoal_ndarray_count;
    class->handlers.read_dimension = php_shoal_ndarray_read;
    class->handlers.write_dimension = php_shoal_ndarray_write;
    class->handlers.has_dimension = php_shoal_ndarray_has;
    class->handlers.unset_dimension = php_shoal_ndarray_unset;
}

shoal_class php_shoal_ndarray_class = {
    .kind = SHOAL_KIND_NDARRAY,
    .properties = properties,
    .startup = startup,
    .wrap = wrap,
    .assign = assign,
};
