/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: f997bcff84f5e8d9609ac92bd075310010ab4435 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_JobQueue___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_put, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, priority, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, delay, IS_DOUBLE, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_putMany, 0, 1, IS_LONG, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, values, Traversable, MAY_BE_ARRAY, NULL)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, priority, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, delay, IS_DOUBLE, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_JobQueue_take, 0, 0, Shoal\\Job, 1)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_work, 0, 1, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO(0, do, IS_CALLABLE, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, processes, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, progress, IS_CALLABLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, delay, IS_DOUBLE, 0, "0")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_join, 0, 0, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_count, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_peek, 0, 0, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, default, IS_MIXED, 0, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_dead, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_revive, 0, 0, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, number, IS_LONG, 1, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_JobQueue_drop arginfo_class_Shoal_JobQueue_revive

#define arginfo_class_Shoal_JobQueue_purge arginfo_class_Shoal_JobQueue_count

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue_shutdown, 0, 0, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, immediate, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_JobQueue___serialize arginfo_class_Shoal_JobQueue_dead

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_JobQueue___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_JobQueue, put);
ZEND_METHOD(Shoal_JobQueue, putMany);
ZEND_METHOD(Shoal_JobQueue, take);
ZEND_METHOD(Shoal_JobQueue, work);
ZEND_METHOD(Shoal_JobQueue, join);
ZEND_METHOD(Shoal_JobQueue, count);
ZEND_METHOD(Shoal_JobQueue, peek);
ZEND_METHOD(Shoal_JobQueue, dead);
ZEND_METHOD(Shoal_JobQueue, revive);
ZEND_METHOD(Shoal_JobQueue, drop);
ZEND_METHOD(Shoal_JobQueue, purge);
ZEND_METHOD(Shoal_JobQueue, shutdown);
ZEND_METHOD(Shoal_Handle, __serialize);
ZEND_METHOD(Shoal_Handle, __unserialize);


static const zend_function_entry class_Shoal_JobQueue_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_JobQueue___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_JobQueue, put, arginfo_class_Shoal_JobQueue_put, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, putMany, arginfo_class_Shoal_JobQueue_putMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, take, arginfo_class_Shoal_JobQueue_take, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, work, arginfo_class_Shoal_JobQueue_work, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, join, arginfo_class_Shoal_JobQueue_join, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, count, arginfo_class_Shoal_JobQueue_count, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, peek, arginfo_class_Shoal_JobQueue_peek, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, dead, arginfo_class_Shoal_JobQueue_dead, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, revive, arginfo_class_Shoal_JobQueue_revive, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, drop, arginfo_class_Shoal_JobQueue_drop, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, purge, arginfo_class_Shoal_JobQueue_purge, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_JobQueue, shutdown, arginfo_class_Shoal_JobQueue_shutdown, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __serialize, __serialize, arginfo_class_Shoal_JobQueue___serialize, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __unserialize, __unserialize, arginfo_class_Shoal_JobQueue___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_JobQueue(zend_class_entry *class_entry_Countable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "JobQueue", class_Shoal_JobQueue_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_Countable);

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

	zval property_attempts_default_value;
	ZVAL_UNDEF(&property_attempts_default_value);
	zend_string *property_attempts_name = zend_string_init("attempts", sizeof("attempts") - 1, 1);
	zend_declare_typed_property(class_entry, property_attempts_name, &property_attempts_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_attempts_name);

	zval property_lease_default_value;
	ZVAL_UNDEF(&property_lease_default_value);
	zend_string *property_lease_name = zend_string_init("lease", sizeof("lease") - 1, 1);
	zend_declare_typed_property(class_entry, property_lease_name, &property_lease_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE|MAY_BE_NULL));
	zend_string_release(property_lease_name);

	zval property_ready_default_value;
	ZVAL_UNDEF(&property_ready_default_value);
	zend_string *property_ready_name = zend_string_init("ready", sizeof("ready") - 1, 1);
	zend_declare_typed_property(class_entry, property_ready_name, &property_ready_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_ready_name);

	zval property_delayed_default_value;
	ZVAL_UNDEF(&property_delayed_default_value);
	zend_string *property_delayed_name = zend_string_init("delayed", sizeof("delayed") - 1, 1);
	zend_declare_typed_property(class_entry, property_delayed_name, &property_delayed_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_delayed_name);

	zval property_taken_default_value;
	ZVAL_UNDEF(&property_taken_default_value);
	zend_string *property_taken_name = zend_string_init("taken", sizeof("taken") - 1, 1);
	zend_declare_typed_property(class_entry, property_taken_name, &property_taken_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_taken_name);

	zval property_isShutdown_default_value;
	ZVAL_UNDEF(&property_isShutdown_default_value);
	zend_string *property_isShutdown_name = zend_string_init("isShutdown", sizeof("isShutdown") - 1, 1);
	zend_declare_typed_property(class_entry, property_isShutdown_name, &property_isShutdown_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_isShutdown_name);

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
