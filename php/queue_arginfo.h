/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: b3e4999ef2515311607a0dd71425680a1f3f003b */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Queue___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue_put, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue_putMany, 0, 1, IS_LONG, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, values, Traversable, MAY_BE_ARRAY, NULL)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue_get, 0, 0, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue_getMany, 0, 1, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO(0, max, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue_tryGet, 0, 0, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, default, IS_MIXED, 0, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Queue_loan, 0, 1, Shoal\\\116dArray, 0)
	ZEND_ARG_TYPE_INFO(0, shape, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, dtype, IS_STRING, 0, "\"float64\"")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue_count, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue_isEmpty, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Queue_isFull arginfo_class_Shoal_Queue_isEmpty

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue_shutdown, 0, 0, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, immediate, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Queue_getIterator, 0, 0, Iterator, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue___serialize, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Queue___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_Queue, put);
ZEND_METHOD(Shoal_Queue, putMany);
ZEND_METHOD(Shoal_Queue, get);
ZEND_METHOD(Shoal_Queue, getMany);
ZEND_METHOD(Shoal_Queue, tryGet);
ZEND_METHOD(Shoal_Queue, loan);
ZEND_METHOD(Shoal_Queue, count);
ZEND_METHOD(Shoal_Queue, isEmpty);
ZEND_METHOD(Shoal_Queue, isFull);
ZEND_METHOD(Shoal_Queue, shutdown);
ZEND_METHOD(Shoal_Queue, getIterator);
ZEND_METHOD(Shoal_Handle, __serialize);
ZEND_METHOD(Shoal_Handle, __unserialize);


static const zend_function_entry class_Shoal_Queue_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_Queue___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Queue, put, arginfo_class_Shoal_Queue_put, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, putMany, arginfo_class_Shoal_Queue_putMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, get, arginfo_class_Shoal_Queue_get, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, getMany, arginfo_class_Shoal_Queue_getMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, tryGet, arginfo_class_Shoal_Queue_tryGet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, loan, arginfo_class_Shoal_Queue_loan, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, count, arginfo_class_Shoal_Queue_count, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, isEmpty, arginfo_class_Shoal_Queue_isEmpty, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, isFull, arginfo_class_Shoal_Queue_isFull, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, shutdown, arginfo_class_Shoal_Queue_shutdown, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Queue, getIterator, arginfo_class_Shoal_Queue_getIterator, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __serialize, __serialize, arginfo_class_Shoal_Queue___serialize, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __unserialize, __unserialize, arginfo_class_Shoal_Queue___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Queue(zend_class_entry *class_entry_Countable, zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Queue", class_Shoal_Queue_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 2, class_entry_Countable, class_entry_IteratorAggregate);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_readonly_default_value;
	ZVAL_UNDEF(&property_readonly_default_value);
	zend_string *property_readonly_name = zend_string_init("readonly", sizeof("readonly") - 1, 1);
	zend_declare_typed_property(class_entry, property_readonly_name, &property_readonly_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_readonly_name);

	zval property_capacity_default_value;
	ZVAL_UNDEF(&property_capacity_default_value);
	zend_string *property_capacity_name = zend_string_init("capacity", sizeof("capacity") - 1, 1);
	zend_declare_typed_property(class_entry, property_capacity_name, &property_capacity_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_capacity_name);

	zval property_used_default_value;
	ZVAL_UNDEF(&property_used_default_value);
	zend_string *property_used_name = zend_string_init("used", sizeof("used") - 1, 1);
	zend_declare_typed_property(class_entry, property_used_name, &property_used_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_used_name);

	zval property_isShutdown_default_value;
	ZVAL_UNDEF(&property_isShutdown_default_value);
	zend_string *property_isShutdown_name = zend_string_init("isShutdown", sizeof("isShutdown") - 1, 1);
	zend_declare_typed_property(class_entry, property_isShutdown_name, &property_isShutdown_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_isShutdown_name);

	zval property_waiters_default_value;
	ZVAL_UNDEF(&property_waiters_default_value);
	zend_string *property_waiters_name = zend_string_init("waiters", sizeof("waiters") - 1, 1);
	zend_declare_typed_property(class_entry, property_waiters_name, &property_waiters_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_waiters_name);

	return class_entry;
}
