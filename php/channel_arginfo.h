/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: f449f1c4c9acf16d422d9ace6718ab305478de0c */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Channel___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Channel_write, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, fill, IS_CALLABLE, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, bytes, IS_LONG, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Channel_send, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Channel_read, 0, 0, Shoal\\Frame, 1)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, newerThan, IS_LONG, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, copy, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Channel_getIterator, 0, 0, Iterator, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Channel___serialize, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Channel___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_Channel, write);
ZEND_METHOD(Shoal_Channel, send);
ZEND_METHOD(Shoal_Channel, read);
ZEND_METHOD(Shoal_Channel, getIterator);
ZEND_METHOD(Shoal_Handle, __serialize);
ZEND_METHOD(Shoal_Handle, __unserialize);


static const zend_function_entry class_Shoal_Channel_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_Channel___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Channel, write, arginfo_class_Shoal_Channel_write, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Channel, send, arginfo_class_Shoal_Channel_send, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Channel, read, arginfo_class_Shoal_Channel_read, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Channel, getIterator, arginfo_class_Shoal_Channel_getIterator, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __serialize, __serialize, arginfo_class_Shoal_Channel___serialize, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __unserialize, __unserialize, arginfo_class_Shoal_Channel___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Channel(zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Channel", class_Shoal_Channel_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_IteratorAggregate);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_shape_default_value;
	ZVAL_UNDEF(&property_shape_default_value);
	zend_string *property_shape_name = zend_string_init("shape", sizeof("shape") - 1, 1);
	zend_declare_typed_property(class_entry, property_shape_name, &property_shape_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY|MAY_BE_NULL));
	zend_string_release(property_shape_name);

	zval property_dtype_default_value;
	ZVAL_UNDEF(&property_dtype_default_value);
	zend_string *property_dtype_name = zend_string_init("dtype", sizeof("dtype") - 1, 1);
	zend_declare_typed_property(class_entry, property_dtype_name, &property_dtype_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_dtype_name);

	zval property_bytes_default_value;
	ZVAL_UNDEF(&property_bytes_default_value);
	zend_string *property_bytes_name = zend_string_init("bytes", sizeof("bytes") - 1, 1);
	zend_declare_typed_property(class_entry, property_bytes_name, &property_bytes_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_bytes_name);

	zval property_slots_default_value;
	ZVAL_UNDEF(&property_slots_default_value);
	zend_string *property_slots_name = zend_string_init("slots", sizeof("slots") - 1, 1);
	zend_declare_typed_property(class_entry, property_slots_name, &property_slots_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_slots_name);

	zval property_history_default_value;
	ZVAL_UNDEF(&property_history_default_value);
	zend_string *property_history_name = zend_string_init("history", sizeof("history") - 1, 1);
	zend_declare_typed_property(class_entry, property_history_name, &property_history_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_history_name);

	zval property_newest_default_value;
	ZVAL_UNDEF(&property_newest_default_value);
	zend_string *property_newest_name = zend_string_init("newest", sizeof("newest") - 1, 1);
	zend_declare_typed_property(class_entry, property_newest_name, &property_newest_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_newest_name);

	zval property_missed_default_value;
	ZVAL_UNDEF(&property_missed_default_value);
	zend_string *property_missed_name = zend_string_init("missed", sizeof("missed") - 1, 1);
	zend_declare_typed_property(class_entry, property_missed_name, &property_missed_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_missed_name);

	zval property_dropped_default_value;
	ZVAL_UNDEF(&property_dropped_default_value);
	zend_string *property_dropped_name = zend_string_init("dropped", sizeof("dropped") - 1, 1);
	zend_declare_typed_property(class_entry, property_dropped_name, &property_dropped_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_dropped_name);

	zval property_readonly_default_value;
	ZVAL_UNDEF(&property_readonly_default_value);
	zend_string *property_readonly_name = zend_string_init("readonly", sizeof("readonly") - 1, 1);
	zend_declare_typed_property(class_entry, property_readonly_name, &property_readonly_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_readonly_name);

	zval property_waiters_default_value;
	ZVAL_UNDEF(&property_waiters_default_value);
	zend_string *property_waiters_name = zend_string_init("waiters", sizeof("waiters") - 1, 1);
	zend_declare_typed_property(class_entry, property_waiters_name, &property_waiters_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_waiters_name);

	return class_entry;
}
