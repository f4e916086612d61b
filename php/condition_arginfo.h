/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 2c095d9ebed2a235ecc1195040f70325947e5a0f */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Condition___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Condition_wait, 0, 0, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Condition_waitFor, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, predicate, IS_CALLABLE, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Condition_notify, 0, 0, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, n, IS_LONG, 0, "1")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Condition_notifyAll, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Condition___serialize, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Condition___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_Condition, wait);
ZEND_METHOD(Shoal_Condition, waitFor);
ZEND_METHOD(Shoal_Condition, notify);
ZEND_METHOD(Shoal_Condition, notifyAll);
ZEND_METHOD(Shoal_Condition, __serialize);
ZEND_METHOD(Shoal_Condition, __unserialize);


static const zend_function_entry class_Shoal_Condition_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_Condition___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Condition, wait, arginfo_class_Shoal_Condition_wait, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Condition, waitFor, arginfo_class_Shoal_Condition_waitFor, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Condition, notify, arginfo_class_Shoal_Condition_notify, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Condition, notifyAll, arginfo_class_Shoal_Condition_notifyAll, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Condition, __serialize, arginfo_class_Shoal_Condition___serialize, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Condition, __unserialize, arginfo_class_Shoal_Condition___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Condition(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Condition", class_Shoal_Condition_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zend_string *property_lock_class_Shoal_Lock = zend_string_init("Shoal\\Lock", sizeof("Shoal\\Lock")-1, 1);
	zval property_lock_default_value;
	ZVAL_UNDEF(&property_lock_default_value);
	zend_string *property_lock_name = zend_string_init("lock", sizeof("lock") - 1, 1);
	zend_declare_typed_property(class_entry, property_lock_name, &property_lock_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_lock_class_Shoal_Lock, 0, 0));
	zend_string_release(property_lock_name);

	zval property_waiters_default_value;
	ZVAL_UNDEF(&property_waiters_default_value);
	zend_string *property_waiters_name = zend_string_init("waiters", sizeof("waiters") - 1, 1);
	zend_declare_typed_property(class_entry, property_waiters_name, &property_waiters_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_waiters_name);

	return class_entry;
}
