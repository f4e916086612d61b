/* Shoal\NdArray: the class and its methods. */
#include "php_ndarray.h"

#include "ext/spl/spl_exceptions.h"
#include "zend_exceptions.h"
#include "zend_interfaces.h"

#include "ndarray_arginfo.h"

zend_class_entry *php_shoal_ce_ndarray;
static shoal_class class;

static const bool never_lost; /* private memory */

/* The array of $this, or return from the method with Closed thrown. */
#define THIS_ARRAY(array)                                                                                              \
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(ZEND_THIS));                                                   \
    if (UNEXPECTED(!php_shoal_ndarray_here(array))) {                                                                  \
        php_shoal_ndarray_raise(array);                                                                                \
        RETURN_THROWS();                                                                                               \
    }

static void take_object(shoal_ndarray *array, shoal_attachment *attachment, shoal_object *object)
{
    array->object = object;
    array->lost = shoal_object_lost(object);
    array->attachment = attachment;
}

ZEND_METHOD(Shoal_NdArray, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

/* ---- Whole arrays -------------------------------------------------------------------------------- */

ZEND_METHOD(Shoal_NdArray, toArray)
{
    ZEND_PARSE_PARAMETERS_NONE();
    THIS_ARRAY(array);
    php_shoal_view_to_array(return_value, &array->view);
}

static zend_string *packed(const shoal_view *view)
{
    zend_string *bytes = zend_string_alloc(php_shoal_view_nbytes(view), false);
    shoal_view_pack(ZSTR_VAL(bytes), view);
    ZSTR_VAL(bytes)[ZSTR_LEN(bytes)] = '\0';
    return bytes;
}

ZEND_METHOD(Shoal_NdArray, pack)
{
    ZEND_PARSE_PARAMETERS_NONE();
    THIS_ARRAY(array);
    RETURN_STR(packed(&array->view));
}

ZEND_METHOD(Shoal_NdArray, unpack)
{
    zend_string *bytes;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(bytes)
    ZEND_PARSE_PARAMETERS_END();
    THIS_ARRAY(array);
    if (ZSTR_LEN(bytes) != php_shoal_view_nbytes(&array->view)) {
        zend_argument_value_error(1, "must have %" PRIu64 " bytes, not %zu", php_shoal_view_nbytes(&array->view),
                                  ZSTR_LEN(bytes));
        RETURN_THROWS();
    }
    if (php_shoal_writable(&array->view)) {
        php_shoal_raise_unless_thrown(shoal_view_unpack(&array->view, ZSTR_VAL(bytes), ZSTR_LEN(bytes)));
    }
}

ZEND_METHOD(Shoal_NdArray, assign)
{
    zval *values;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(values)
    ZEND_PARSE_PARAMETERS_END();
    THIS_ARRAY(array);
    if (Z_TYPE_P(values) != IS_ARRAY && !(Z_TYPE_P(values) == IS_OBJECT && Z_OBJCE_P(values) == php_shoal_ce_ndarray)) {
        zend_argument_type_error(1, "must be of type array|Shoal\\NdArray, %s given", zend_zval_type_name(values));
        RETURN_THROWS();
    }
    php_shoal_view_assign(array->object, &array->view, values);
}

ZEND_METHOD(Shoal_NdArray, fill)
{
    zval *value;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(value)
    ZEND_PARSE_PARAMETERS_END();
    THIS_ARRAY(array);
    php_shoal_view_fill(&array->view, value);
}

/* ---- Parts ------------------------------------------------------------------------------------------ */

ZEND_METHOD(Shoal_NdArray, get)
{
    zval *arguments;
    uint32_t count;
    shoal_index index;
    ZEND_PARSE_PARAMETERS_START(0, -1)
        Z_PARAM_VARIADIC('*', arguments, count)
    ZEND_PARSE_PARAMETERS_END();
    THIS_ARRAY(array);
    if (php_shoal_index_of_arguments(&index, array, arguments, count)) {
        php_shoal_ndarray_get(return_value, array, &index);
    }
}

ZEND_METHOD(Shoal_NdArray, set)
{
    zval *value, *arguments;
    uint32_t count;
    shoal_index index;
    ZEND_PARSE_PARAMETERS_START(1, -1)
        Z_PARAM_ZVAL(value)
        Z_PARAM_VARIADIC('*', arguments, count)
    ZEND_PARSE_PARAMETERS_END();
    THIS_ARRAY(array);
    if (php_shoal_index_of_arguments(&index, array, arguments, count)) {
        php_shoal_ndarray_set(array, &index, value);
    }
}

ZEND_METHOD(Shoal_NdArray, slice)
{
    zval *ranges;
    uint32_t count;
    ZEND_PARSE_PARAMETERS_START(0, -1)
        Z_PARAM_VARIADIC('*', ranges, count)
    ZEND_PARSE_PARAMETERS_END();
    THIS_ARRAY(array);
    shoal_view view;
    php_shoal_view_copy(&view, &array->view);
    if (php_shoal_slice(&view, ranges, count)) {
        php_shoal_ndarray_view(return_value, array, &view);
    }
}

/* ---- Reductions --------------------------------------------------------------------------------------- */

typedef int (*reduction)(shoal_scalar *out, const shoal_view *view);

static void reduce(INTERNAL_FUNCTION_PARAMETERS, reduction reduction)
{
    ZEND_PARSE_PARAMETERS_NONE();
    THIS_ARRAY(array);
    shoal_scalar result;
    int status = reduction(&result, &array->view);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    php_shoal_scalar_to_zval(return_value, &result);
}

ZEND_METHOD(Shoal_NdArray, sum)
{
    reduce(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_view_sum);
}

ZEND_METHOD(Shoal_NdArray, min)
{
    reduce(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_view_min);
}

ZEND_METHOD(Shoal_NdArray, max)
{
    reduce(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_view_max);
}

ZEND_METHOD(Shoal_NdArray, mean)
{
    reduce(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_view_mean);
}

static zend_result count_elements(zend_object *object, zend_long *out)
{
    const shoal_view *view = &php_shoal_ndarray_of(object)->view;
    if (view->ndim == 0) {
        zend_type_error("An array without dimensions cannot be counted");
        return FAILURE;
    }
    *out = (zend_long)view->shape[0];
    return SUCCESS;
}

ZEND_METHOD(Shoal_NdArray, count)
{
    ZEND_PARSE_PARAMETERS_NONE();
    THIS_ARRAY(array);
    zend_long count;
    if (count_elements(&array->std, &count) == FAILURE) {
        RETURN_THROWS();
    }
    RETURN_LONG(count);
}

/* ---- Serialization -------------------------------------------------------------------------------------- */

static void add_lengths(zval *out, const int64_t *lengths, uint32_t count)
{
    array_init_size(out, count);
    for (uint32_t i = 0; i < count; i++) {
        add_next_index_long(out, (zend_long)lengths[i]);
    }
}

static bool is_whole(const shoal_ndarray *array)
{
    shoal_view whole;
    return shoal_array_view(&whole, array->object) >= 0 && whole.data == array->view.data &&
           whole.ndim == array->view.ndim &&
           memcmp(whole.shape, array->view.shape, whole.ndim * sizeof *whole.shape) == 0 &&
           memcmp(whole.strides, array->view.strides, whole.ndim * sizeof *whole.strides) == 0;
}

static void serialize_private(zval *data, const shoal_view *view)
{
    char name[16];
    zval shape;
    array_init(data);
    add_assoc_string(data, "dtype", shoal_dtype_name(view->dtype, name));
    add_lengths(&shape, view->shape, view->ndim);
    add_assoc_zval(data, "shape", &shape);
    add_assoc_str(data, "bytes", packed(view));
}

/* Shared memory as the names of its segment and itself; private memory, and a part of shared memory, as its bytes. */
ZEND_METHOD(Shoal_NdArray, __serialize)
{
    ZEND_PARSE_PARAMETERS_NONE();
    THIS_ARRAY(array);
    if (!array->object || !is_whole(array)) {
        serialize_private(return_value, &array->view);
        return;
    }
    if (php_shoal_identity(return_value, array->attachment, "Shoal\\NdArray")) {
        size_t length;
        const char *name = shoal_object_name(array->object, &length);
        add_assoc_stringl(return_value, "name", name, length);
    }
}

static void ill_typed(void)
{
    if (!EG(exception)) {
        zend_throw_exception(spl_ce_UnexpectedValueException, "Incomplete or ill-typed serialization data", 0);
    }
}

/* Private memory of that dtype and shape, not initialised. */
static bool make_private(shoal_ndarray *array, shoal_dtype dtype, uint32_t ndim, const int64_t *shape)
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

static void unserialize_private(shoal_ndarray *array, HashTable *data)
{
    zend_string *type = php_shoal_data_string(data, "dtype");
    zend_string *bytes = type ? php_shoal_data_string(data, "bytes") : NULL;
    zval *length, *shape = zend_hash_str_find_deref(data, "shape", sizeof("shape") - 1);
    shoal_dtype dtype;
    shoal_view view;
    int64_t lengths[SHOAL_MAX_DIMS];
    uint64_t nbytes;
    uint32_t ndim = 0;
    if (!bytes || !shape || Z_TYPE_P(shape) != IS_ARRAY || zend_hash_num_elements(Z_ARRVAL_P(shape)) > SHOAL_MAX_DIMS) {
        ill_typed();
        return;
    }
    ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(shape), length) {
        lengths[ndim++] = Z_TYPE_P(length) == IS_LONG ? Z_LVAL_P(length) : -1; /* refused by shoal_view_init */
    }
    ZEND_HASH_FOREACH_END();
    if (shoal_dtype_parse(&dtype, ZSTR_VAL(type), ZSTR_LEN(type)) < 0 ||
        shoal_view_init(&view, &nbytes, dtype, ndim, lengths) < 0 || nbytes != ZSTR_LEN(bytes)) {
        ill_typed();
        return;
    }
    if (make_private(array, dtype, ndim, lengths)) {
        memcpy(array->view.data, ZSTR_VAL(bytes), nbytes);
    }
}

static void unserialize_shared(shoal_ndarray *array, HashTable *data)
{
    zend_string *name = php_shoal_data_string(data, "name");
    shoal_attachment *attachment = name ? php_shoal_reattach(data) : NULL;
    if (!attachment) {
        return;
    }
    shoal_object *object;
    int status = php_shoal_open_kind(&object, attachment->segment, name, SHOAL_KIND_NDARRAY);
    if (status >= 0) {
        status = shoal_array_view(&array->view, object);
        if (status < 0) {
            shoal_object_close(object);
        }
    }
    if (status < 0) {
        php_shoal_raise_unless_thrown(status);
        php_shoal_attachment_release(attachment);
        return;
    }
    take_object(array, attachment, object);
}

ZEND_METHOD(Shoal_NdArray, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(ZEND_THIS));
    if (php_shoal_ndarray_made(array)) {
        zend_throw_error(NULL, "this Shoal\\NdArray is in use already");
        RETURN_THROWS();
    }
    if (zend_hash_str_exists(data, "segment", sizeof("segment") - 1)) {
        unserialize_shared(array, data);
    } else {
        unserialize_private(array, data);
    }
}

/* ---- Properties ------------------------------------------------------------------------------------------ */

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
PROPERTY_GETTER(shape, add_lengths(out, array->view.shape, array->view.ndim))
PROPERTY_GETTER(dtype, dtype_of(out, array))
PROPERTY_GETTER(ndim, ZVAL_LONG(out, array->view.ndim))
PROPERTY_GETTER(size, ZVAL_LONG(out, (zend_long)shoal_view_size(&array->view)))
PROPERTY_GETTER(nbytes, ZVAL_LONG(out, (zend_long)php_shoal_view_nbytes(&array->view)))
PROPERTY_GETTER(itemsize, ZVAL_LONG(out, array->view.dtype.itemsize))
PROPERTY_GETTER(strides, add_lengths(out, array->view.strides, array->view.ndim))
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
    array->std.handlers = &class.handlers;
    return &array->std;
}

static void free_object(zend_object *object)
{
    shoal_ndarray *array = php_shoal_ndarray_of(object);
    shoal_object_close(array->object);
    php_shoal_attachment_release(array->attachment);
    if (array->memory) {
        zend_string_release(array->memory);
    }
    zend_object_std_dtor(object);
}

void php_shoal_ndarray_raise(shoal_ndarray *array)
{
    if (array->object) {
        php_shoal_raise_unless_thrown(shoal_object_usable(array->object));
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
        object_init_ex(&copy, php_shoal_ce_ndarray);
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

bool php_shoal_ndarray_wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    object_init_ex(out, php_shoal_ce_ndarray);
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(out));
    int status = shoal_array_view(&array->view, object);
    if (status < 0) {
        shoal_object_close(object);
        zval_ptr_dtor(out);
        ZVAL_UNDEF(out);
        php_shoal_raise(status);
        return false;
    }
    take_object(array, php_shoal_attachment_retain(attachment), object);
    return true;
}

void php_shoal_ndarray_detached(zval *out, const shoal_view *view)
{
    object_init_ex(out, php_shoal_ce_ndarray);
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(out));
    if (make_private(array, view->dtype, view->ndim, view->shape)) {
        shoal_view_pack(array->view.data, view);
    }
}

void php_shoal_ndarray_view(zval *out, const shoal_ndarray *parent, const shoal_view *view)
{
    object_init_ex(out, php_shoal_ce_ndarray);
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ_P(out));
    php_shoal_view_copy(&array->view, view);
    if (parent->memory) {
        array->memory = zend_string_copy(parent->memory);
        array->lost = &never_lost;
        return;
    }
    take_object(array, php_shoal_attachment_retain(parent->attachment), shoal_object_retain(parent->object));
}

void php_shoal_ndarray_startup(void)
{
    php_shoal_ce_ndarray = register_class_Shoal_NdArray(zend_ce_arrayaccess, zend_ce_countable, zend_ce_aggregate);
    php_shoal_ce_ndarray->create_object = create_object;
    php_shoal_ce_ndarray->get_iterator = php_shoal_ndarray_iterator;
    php_shoal_class_init(&class, offsetof(shoal_ndarray, std), properties);
    class.handlers.free_obj = free_object;
    class.handlers.clone_obj = clone_object;
    class.handlers.compare = compare;
    class.handlers.count_elements = count_elements;
    class.handlers.read_dimension = php_shoal_ndarray_read;
    class.handlers.write_dimension = php_shoal_ndarray_write;
    class.handlers.has_dimension = php_shoal_ndarray_has;
    class.handlers.unset_dimension = php_shoal_ndarray_unset;
}
