/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 83797a7c52fc211a57d7dec1d9d75e2e10f26d4c */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Frame___construct, 0, 0, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Frame, __construct);


static const zend_function_entry class_Shoal_Frame_methods[] = {
	ZEND_ME(Shoal_Frame, __construct, arginfo_class_Shoal_Frame___construct, ZEND_ACC_PRIVATE)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Frame(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Frame", class_Shoal_Frame_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	zval property_number_default_value;
	ZVAL_UNDEF(&property_number_default_value);
	zend_string *property_number_name = zend_string_init("number", sizeof("number") - 1, 1);
	zend_declare_typed_property(class_entry, property_number_name, &property_number_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_number_name);

	zval property_time_default_value;
	ZVAL_UNDEF(&property_time_default_value);
	zend_string *property_time_name = zend_string_init("time", sizeof("time") - 1, 1);
	zend_declare_typed_property(class_entry, property_time_name, &property_time_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE));
	zend_string_release(property_time_name);

	zval property_missed_default_value;
	ZVAL_UNDEF(&property_missed_default_value);
	zend_string *property_missed_name = zend_string_init("missed", sizeof("missed") - 1, 1);
	zend_declare_typed_property(class_entry, property_missed_name, &property_missed_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_missed_name);

	zend_string *property_array_class_Shoal_NdArray = zend_string_init("Shoal\\\116dArray", sizeof("Shoal\\\116dArray")-1, 1);
	zval property_array_default_value;
	ZVAL_UNDEF(&property_array_default_value);
	zend_string *property_array_name = zend_string_init("array", sizeof("array") - 1, 1);
	zend_declare_typed_property(class_entry, property_array_name, &property_array_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_array_class_Shoal_NdArray, 0, 0));
	zend_string_release(property_array_name);

	zval property_value_default_value;
	ZVAL_UNDEF(&property_value_default_value);
	zend_string *property_value_name = zend_string_init("value", sizeof("value") - 1, 1);
	zend_declare_typed_property(class_entry, property_value_name, &property_value_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ANY));
	zend_string_release(property_value_name);

	zval property_copied_default_value;
	ZVAL_UNDEF(&property_copied_default_value);
	zend_string *property_copied_name = zend_string_init("copied", sizeof("copied") - 1, 1);
	zend_declare_typed_property(class_entry, property_copied_name, &property_copied_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_copied_name);

	return class_entry;
}
