/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: df610b95e010d872b42f80d72430a86ee2c81bef */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_RWLock___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_RWLock_read, 0, 0, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_RWLock_write arginfo_class_Shoal_RWLock_read

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_RWLock_unlock, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_RWLock_downgrade arginfo_class_Shoal_RWLock_unlock

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_RWLock_isReading, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_RWLock_isWriting arginfo_class_Shoal_RWLock_isReading

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_RWLock_readSynchronized, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_RWLock_writeSynchronized arginfo_class_Shoal_RWLock_readSynchronized

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_RWLock___serialize, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_RWLock___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_RWLock, read);
ZEND_METHOD(Shoal_RWLock, write);
ZEND_METHOD(Shoal_RWLock, unlock);
ZEND_METHOD(Shoal_RWLock, downgrade);
ZEND_METHOD(Shoal_RWLock, isReading);
ZEND_METHOD(Shoal_RWLock, isWriting);
ZEND_METHOD(Shoal_RWLock, readSynchronized);
ZEND_METHOD(Shoal_RWLock, writeSynchronized);
ZEND_METHOD(Shoal_Handle, __serialize);
ZEND_METHOD(Shoal_Handle, __unserialize);


static const zend_function_entry class_Shoal_RWLock_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_RWLock___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_RWLock, read, arginfo_class_Shoal_RWLock_read, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_RWLock, write, arginfo_class_Shoal_RWLock_write, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_RWLock, unlock, arginfo_class_Shoal_RWLock_unlock, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_RWLock, downgrade, arginfo_class_Shoal_RWLock_downgrade, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_RWLock, isReading, arginfo_class_Shoal_RWLock_isReading, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_RWLock, isWriting, arginfo_class_Shoal_RWLock_isWriting, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_RWLock, readSynchronized, arginfo_class_Shoal_RWLock_readSynchronized, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_RWLock, writeSynchronized, arginfo_class_Shoal_RWLock_writeSynchronized, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __serialize, __serialize, arginfo_class_Shoal_RWLock___serialize, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __unserialize, __unserialize, arginfo_class_Shoal_RWLock___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_RWLock(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "RWLock", class_Shoal_RWLock_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_recovered_default_value;
	ZVAL_UNDEF(&property_recovered_default_value);
	zend_string *property_recovered_name = zend_string_init("recovered", sizeof("recovered") - 1, 1);
	zend_declare_typed_property(class_entry, property_recovered_name, &property_recovered_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_recovered_name);

	zval property_owner_default_value;
	ZVAL_UNDEF(&property_owner_default_value);
	zend_string *property_owner_name = zend_string_init("owner", sizeof("owner") - 1, 1);
	zend_declare_typed_property(class_entry, property_owner_name, &property_owner_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY|MAY_BE_NULL));
	zend_string_release(property_owner_name);

	zval property_readers_default_value;
	ZVAL_UNDEF(&property_readers_default_value);
	zend_string *property_readers_name = zend_string_init("readers", sizeof("readers") - 1, 1);
	zend_declare_typed_property(class_entry, property_readers_name, &property_readers_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_readers_name);

	zval property_waiters_default_value;
	ZVAL_UNDEF(&property_waiters_default_value);
	zend_string *property_waiters_name = zend_string_init("waiters", sizeof("waiters") - 1, 1);
	zend_declare_typed_property(class_entry, property_waiters_name, &property_waiters_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_waiters_name);

	return class_entry;
}
