/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 468ac3e0c8374cd4b30c5ce00d26cd17edaf0dd6 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Semaphore___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Semaphore_acquire, 0, 0, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Semaphore_release, 0, 0, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, n, IS_LONG, 0, "1")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Semaphore_synchronized, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Semaphore___serialize, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Semaphore___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_Semaphore, acquire);
ZEND_METHOD(Shoal_Semaphore, release);
ZEND_METHOD(Shoal_Semaphore, synchronized);
ZEND_METHOD(Shoal_Handle, __serialize);
ZEND_METHOD(Shoal_Handle, __unserialize);


static const zend_function_entry class_Shoal_Semaphore_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_Semaphore___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Semaphore, acquire, arginfo_class_Shoal_Semaphore_acquire, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Semaphore, release, arginfo_class_Shoal_Semaphore_release, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Semaphore, synchronized, arginfo_class_Shoal_Semaphore_synchronized, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __serialize, __serialize, arginfo_class_Shoal_Semaphore___serialize, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __unserialize, __unserialize, arginfo_class_Shoal_Semaphore___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Semaphore(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Semaphore", class_Shoal_Semaphore_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_value_default_value;
	ZVAL_UNDEF(&property_value_default_value);
	zend_string *property_value_name = zend_string_init("value", sizeof("value") - 1, 1);
	zend_declare_typed_property(class_entry, property_value_name, &property_value_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_value_name);

	zval property_initial_default_value;
	ZVAL_UNDEF(&property_initial_default_value);
	zend_string *property_initial_name = zend_string_init("initial", sizeof("initial") - 1, 1);
	zend_declare_typed_property(class_entry, property_initial_name, &property_initial_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_initial_name);

	zval property_bounded_default_value;
	ZVAL_UNDEF(&property_bounded_default_value);
	zend_string *property_bounded_name = zend_string_init("bounded", sizeof("bounded") - 1, 1);
	zend_declare_typed_property(class_entry, property_bounded_name, &property_bounded_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_bounded_name);

	zval property_holders_default_value;
	ZVAL_UNDEF(&property_holders_default_value);
	zend_string *property_holders_name = zend_string_init("holders", sizeof("holders") - 1, 1);
	zend_declare_typed_property(class_entry, property_holders_name, &property_holders_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_holders_name);

	zval property_waiters_default_value;
	ZVAL_UNDEF(&property_waiters_default_value);
	zend_string *property_waiters_name = zend_string_init("waiters", sizeof("waiters") - 1, 1);
	zend_declare_typed_property(class_entry, property_waiters_name, &property_waiters_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_waiters_name);

	return class_entry;
}
