/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: e14dd60974aedb9d44eaf10bb270f4c95c1f6d48 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Job___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Job_done, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Job_retry, 0, 0, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, delay, IS_DOUBLE, 0, "0")
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Job_bury arginfo_class_Shoal_Job_done


ZEND_METHOD(Shoal_Job, __construct);
ZEND_METHOD(Shoal_Job, done);
ZEND_METHOD(Shoal_Job, retry);
ZEND_METHOD(Shoal_Job, bury);


static const zend_function_entry class_Shoal_Job_methods[] = {
	ZEND_ME(Shoal_Job, __construct, arginfo_class_Shoal_Job___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Job, done, arginfo_class_Shoal_Job_done, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Job, retry, arginfo_class_Shoal_Job_retry, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Job, bury, arginfo_class_Shoal_Job_bury, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Job(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Job", class_Shoal_Job_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;

	zval property_value_default_value;
	ZVAL_UNDEF(&property_value_default_value);
	zend_string *property_value_name = zend_string_init("value", sizeof("value") - 1, 1);
	zend_declare_typed_property(class_entry, property_value_name, &property_value_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ANY));
	zend_string_release(property_value_name);

	zval property_number_default_value;
	ZVAL_UNDEF(&property_number_default_value);
	zend_string *property_number_name = zend_string_init("number", sizeof("number") - 1, 1);
	zend_declare_typed_property(class_entry, property_number_name, &property_number_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_number_name);

	zval property_attempt_default_value;
	ZVAL_UNDEF(&property_attempt_default_value);
	zend_string *property_attempt_name = zend_string_init("attempt", sizeof("attempt") - 1, 1);
	zend_declare_typed_property(class_entry, property_attempt_name, &property_attempt_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_attempt_name);

	zval property_priority_default_value;
	ZVAL_UNDEF(&property_priority_default_value);
	zend_string *property_priority_name = zend_string_init("priority", sizeof("priority") - 1, 1);
	zend_declare_typed_property(class_entry, property_priority_name, &property_priority_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_priority_name);

	zval property_putAt_default_value;
	ZVAL_UNDEF(&property_putAt_default_value);
	zend_string *property_putAt_name = zend_string_init("putAt", sizeof("putAt") - 1, 1);
	zend_declare_typed_property(class_entry, property_putAt_name, &property_putAt_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE));
	zend_string_release(property_putAt_name);

	zval property_mine_default_value;
	ZVAL_UNDEF(&property_mine_default_value);
	zend_string *property_mine_name = zend_string_init("mine", sizeof("mine") - 1, 1);
	zend_declare_typed_property(class_entry, property_mine_name, &property_mine_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_mine_name);

	return class_entry;
}
