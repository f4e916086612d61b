/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 89a23f3356a70296af390c5f1806317a4a459f84 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_NdArray___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_toArray, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_pack, 0, 0, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_unpack, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, bytes, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_assign, 0, 1, IS_VOID, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, values, Shoal\\\116dArray, MAY_BE_ARRAY, NULL)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_fill, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_get, 0, 0, IS_MIXED, 0)
	ZEND_ARG_VARIADIC_TYPE_INFO(0, index, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_set, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_VARIADIC_TYPE_INFO(0, index, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_NdArray_slice, 0, 0, Shoal\\\116dArray, 0)
	ZEND_ARG_VARIADIC_TYPE_INFO(0, ranges, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_sum, 0, 0, IS_MIXED, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_NdArray_min arginfo_class_Shoal_NdArray_sum

#define arginfo_class_Shoal_NdArray_max arginfo_class_Shoal_NdArray_sum

#define arginfo_class_Shoal_NdArray_mean arginfo_class_Shoal_NdArray_sum

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_offsetExists, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_offsetGet, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_offsetSet, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_offsetUnset, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray_count, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_NdArray_getIterator, 0, 0, Iterator, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_NdArray___serialize arginfo_class_Shoal_NdArray_toArray

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_NdArray___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_NdArray, __construct);
ZEND_METHOD(Shoal_NdArray, toArray);
ZEND_METHOD(Shoal_NdArray, pack);
ZEND_METHOD(Shoal_NdArray, unpack);
ZEND_METHOD(Shoal_NdArray, assign);
ZEND_METHOD(Shoal_NdArray, fill);
ZEND_METHOD(Shoal_NdArray, get);
ZEND_METHOD(Shoal_NdArray, set);
ZEND_METHOD(Shoal_NdArray, slice);
ZEND_METHOD(Shoal_NdArray, sum);
ZEND_METHOD(Shoal_NdArray, min);
ZEND_METHOD(Shoal_NdArray, max);
ZEND_METHOD(Shoal_NdArray, mean);
ZEND_METHOD(Shoal_NdArray, offsetExists);
ZEND_METHOD(Shoal_NdArray, offsetGet);
ZEND_METHOD(Shoal_NdArray, offsetSet);
ZEND_METHOD(Shoal_NdArray, offsetUnset);
ZEND_METHOD(Shoal_NdArray, count);
ZEND_METHOD(Shoal_NdArray, getIterator);
ZEND_METHOD(Shoal_NdArray, __serialize);
ZEND_METHOD(Shoal_NdArray, __unserialize);


static const zend_function_entry class_Shoal_NdArray_methods[] = {
	ZEND_ME(Shoal_NdArray, __construct, arginfo_class_Shoal_NdArray___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_NdArray, toArray, arginfo_class_Shoal_NdArray_toArray, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, pack, arginfo_class_Shoal_NdArray_pack, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, unpack, arginfo_class_Shoal_NdArray_unpack, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, assign, arginfo_class_Shoal_NdArray_assign, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, fill, arginfo_class_Shoal_NdArray_fill, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, get, arginfo_class_Shoal_NdArray_get, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, set, arginfo_class_Shoal_NdArray_set, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, slice, arginfo_class_Shoal_NdArray_slice, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, sum, arginfo_class_Shoal_NdArray_sum, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, min, arginfo_class_Shoal_NdArray_min, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, max, arginfo_class_Shoal_NdArray_max, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, mean, arginfo_class_Shoal_NdArray_mean, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, offsetExists, arginfo_class_Shoal_NdArray_offsetExists, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, offsetGet, arginfo_class_Shoal_NdArray_offsetGet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, offsetSet, arginfo_class_Shoal_NdArray_offsetSet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, offsetUnset, arginfo_class_Shoal_NdArray_offsetUnset, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, count, arginfo_class_Shoal_NdArray_count, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, getIterator, arginfo_class_Shoal_NdArray_getIterator, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, __serialize, arginfo_class_Shoal_NdArray___serialize, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_NdArray, __unserialize, arginfo_class_Shoal_NdArray___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_NdArray(zend_class_entry *class_entry_ArrayAccess, zend_class_entry *class_entry_Countable, zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "NdArray", class_Shoal_NdArray_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 3, class_entry_ArrayAccess, class_entry_Countable, class_entry_IteratorAggregate);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_name_name);

	zval property_shape_default_value;
	ZVAL_UNDEF(&property_shape_default_value);
	zend_string *property_shape_name = zend_string_init("shape", sizeof("shape") - 1, 1);
	zend_declare_typed_property(class_entry, property_shape_name, &property_shape_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_shape_name);

	zval property_dtype_default_value;
	ZVAL_UNDEF(&property_dtype_default_value);
	zend_string *property_dtype_name = zend_string_init("dtype", sizeof("dtype") - 1, 1);
	zend_declare_typed_property(class_entry, property_dtype_name, &property_dtype_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_dtype_name);

	zval property_ndim_default_value;
	ZVAL_UNDEF(&property_ndim_default_value);
	zend_string *property_ndim_name = zend_string_init("ndim", sizeof("ndim") - 1, 1);
	zend_declare_typed_property(class_entry, property_ndim_name, &property_ndim_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_ndim_name);

	zval property_size_default_value;
	ZVAL_UNDEF(&property_size_default_value);
	zend_string *property_size_name = zend_string_init("size", sizeof("size") - 1, 1);
	zend_declare_typed_property(class_entry, property_size_name, &property_size_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_size_name);

	zval property_nbytes_default_value;
	ZVAL_UNDEF(&property_nbytes_default_value);
	zend_string *property_nbytes_name = zend_string_init("nbytes", sizeof("nbytes") - 1, 1);
	zend_declare_typed_property(class_entry, property_nbytes_name, &property_nbytes_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_nbytes_name);

	zval property_itemsize_default_value;
	ZVAL_UNDEF(&property_itemsize_default_value);
	zend_string *property_itemsize_name = zend_string_init("itemsize", sizeof("itemsize") - 1, 1);
	zend_declare_typed_property(class_entry, property_itemsize_name, &property_itemsize_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_itemsize_name);

	zval property_strides_default_value;
	ZVAL_UNDEF(&property_strides_default_value);
	zend_string *property_strides_name = zend_string_init("strides", sizeof("strides") - 1, 1);
	zend_declare_typed_property(class_entry, property_strides_name, &property_strides_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_strides_name);

	zval property_readonly_default_value;
	ZVAL_UNDEF(&property_readonly_default_value);
	zend_string *property_readonly_name = zend_string_init("readonly", sizeof("readonly") - 1, 1);
	zend_declare_typed_property(class_entry, property_readonly_name, &property_readonly_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_readonly_name);

	return class_entry;
}
