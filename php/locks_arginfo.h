/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 0535569741e013e17a764bd1178f34ad635ebb72 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Locks___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Locks_offsetGet, 0, 1, Shoal\\KeyLock, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Locks_offsetExists, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Locks_offsetSet, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Locks_offsetUnset, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Locks_count, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Locks_keys, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Locks_getIterator, 0, 0, Iterator, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Locks___serialize arginfo_class_Shoal_Locks_keys

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Locks___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_KeyLock___construct arginfo_class_Shoal_Locks___construct

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_KeyLock_acquire, 0, 0, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_KeyLock_read arginfo_class_Shoal_KeyLock_acquire

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_KeyLock_release, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_KeyLock_isLocked, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_KeyLock_synchronized, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_KeyLock_readSynchronized arginfo_class_Shoal_KeyLock_synchronized

#define arginfo_class_Shoal_KeyLock_repair arginfo_class_Shoal_KeyLock_release

#define arginfo_class_Shoal_KeyLock___serialize arginfo_class_Shoal_Locks_keys

#define arginfo_class_Shoal_KeyLock___unserialize arginfo_class_Shoal_Locks___unserialize


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_Locks, offsetGet);
ZEND_METHOD(Shoal_Locks, offsetExists);
ZEND_METHOD(Shoal_Locks, offsetSet);
ZEND_METHOD(Shoal_Locks, offsetUnset);
ZEND_METHOD(Shoal_Locks, count);
ZEND_METHOD(Shoal_Locks, keys);
ZEND_METHOD(Shoal_Locks, getIterator);
ZEND_METHOD(Shoal_Handle, __serialize);
ZEND_METHOD(Shoal_Handle, __unserialize);
ZEND_METHOD(Shoal_KeyLock, acquire);
ZEND_METHOD(Shoal_KeyLock, read);
ZEND_METHOD(Shoal_KeyLock, release);
ZEND_METHOD(Shoal_KeyLock, isLocked);
ZEND_METHOD(Shoal_KeyLock, synchronized);
ZEND_METHOD(Shoal_KeyLock, readSynchronized);
ZEND_METHOD(Shoal_KeyLock, repair);
ZEND_METHOD(Shoal_KeyLock, __serialize);
ZEND_METHOD(Shoal_KeyLock, __unserialize);


static const zend_function_entry class_Shoal_Locks_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_Locks___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Locks, offsetGet, arginfo_class_Shoal_Locks_offsetGet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Locks, offsetExists, arginfo_class_Shoal_Locks_offsetExists, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Locks, offsetSet, arginfo_class_Shoal_Locks_offsetSet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Locks, offsetUnset, arginfo_class_Shoal_Locks_offsetUnset, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Locks, count, arginfo_class_Shoal_Locks_count, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Locks, keys, arginfo_class_Shoal_Locks_keys, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Locks, getIterator, arginfo_class_Shoal_Locks_getIterator, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __serialize, __serialize, arginfo_class_Shoal_Locks___serialize, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __unserialize, __unserialize, arginfo_class_Shoal_Locks___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_KeyLock_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_KeyLock___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_KeyLock, acquire, arginfo_class_Shoal_KeyLock_acquire, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_KeyLock, read, arginfo_class_Shoal_KeyLock_read, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_KeyLock, release, arginfo_class_Shoal_KeyLock_release, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_KeyLock, isLocked, arginfo_class_Shoal_KeyLock_isLocked, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_KeyLock, synchronized, arginfo_class_Shoal_KeyLock_synchronized, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_KeyLock, readSynchronized, arginfo_class_Shoal_KeyLock_readSynchronized, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_KeyLock, repair, arginfo_class_Shoal_KeyLock_repair, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_KeyLock, __serialize, arginfo_class_Shoal_KeyLock___serialize, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_KeyLock, __unserialize, arginfo_class_Shoal_KeyLock___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Locks(zend_class_entry *class_entry_ArrayAccess, zend_class_entry *class_entry_Countable, zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Locks", class_Shoal_Locks_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 3, class_entry_ArrayAccess, class_entry_Countable, class_entry_IteratorAggregate);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_reentrant_default_value;
	ZVAL_UNDEF(&property_reentrant_default_value);
	zend_string *property_reentrant_name = zend_string_init("reentrant", sizeof("reentrant") - 1, 1);
	zend_declare_typed_property(class_entry, property_reentrant_name, &property_reentrant_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_reentrant_name);

	zval property_strict_default_value;
	ZVAL_UNDEF(&property_strict_default_value);
	zend_string *property_strict_name = zend_string_init("strict", sizeof("strict") - 1, 1);
	zend_declare_typed_property(class_entry, property_strict_name, &property_strict_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_strict_name);

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

static zend_class_entry *register_class_Shoal_KeyLock(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "KeyLock", class_Shoal_KeyLock_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;

	zend_string *property_locks_class_Shoal_Locks = zend_string_init("Shoal\\Locks", sizeof("Shoal\\Locks")-1, 1);
	zval property_locks_default_value;
	ZVAL_UNDEF(&property_locks_default_value);
	zend_string *property_locks_name = zend_string_init("locks", sizeof("locks") - 1, 1);
	zend_declare_typed_property(class_entry, property_locks_name, &property_locks_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_locks_class_Shoal_Locks, 0, 0));
	zend_string_release(property_locks_name);

	zval property_key_default_value;
	ZVAL_UNDEF(&property_key_default_value);
	zend_string *property_key_name = zend_string_init("key", sizeof("key") - 1, 1);
	zend_declare_typed_property(class_entry, property_key_name, &property_key_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_key_name);

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

	zval property_sharing_default_value;
	ZVAL_UNDEF(&property_sharing_default_value);
	zend_string *property_sharing_name = zend_string_init("sharing", sizeof("sharing") - 1, 1);
	zend_declare_typed_property(class_entry, property_sharing_name, &property_sharing_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_sharing_name);

	zval property_waiting_default_value;
	ZVAL_UNDEF(&property_waiting_default_value);
	zend_string *property_waiting_name = zend_string_init("waiting", sizeof("waiting") - 1, 1);
	zend_declare_typed_property(class_entry, property_waiting_name, &property_waiting_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_waiting_name);

	return class_entry;
}
