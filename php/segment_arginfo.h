/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: eb9de2fea57d06b14cfb2e25ff48af0abefd78e8 */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Segment___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_get, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, default, IS_MIXED, 0, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_array, 0, 1, Shoal\\\116dArray, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, shape, IS_ARRAY, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, dtype, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_counter, 0, 1, Shoal\\Counter, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, initial, IS_LONG, 0, "0")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_lock, 0, 1, Shoal\\Lock, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, reentrant, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, strict, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_map, 0, 1, Shoal\\Map, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, maxBytes, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_DOUBLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, evict, _IS_BOOL, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, small, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_locks, 0, 1, Shoal\\Locks, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, reentrant, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, strict, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_rwlock, 0, 1, Shoal\\RWLock, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_semaphore, 0, 1, Shoal\\Semaphore, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, value, IS_LONG, 0, "1")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, bounded, _IS_BOOL, 0, "true")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_event, 0, 1, Shoal\\Event, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_condition, 0, 2, Shoal\\Condition, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_OBJ_INFO(0, lock, Shoal\\Lock, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_barrier, 0, 2, Shoal\\Barrier, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, parties, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_TYPE_MASK_EX(arginfo_class_Shoal_Segment_queue, 0, 1, Shoal\\Queue|Shoal\\JobQueue, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, capacity, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, jobs, _IS_BOOL, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, attempts, IS_LONG, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, lease, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_jobQueue, 0, 1, Shoal\\JobQueue, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, capacity, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, attempts, IS_LONG, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, lease, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_stream, 0, 1, Shoal\\Stream, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, capacity, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_channel, 0, 1, Shoal\\Channel, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, shape, IS_ARRAY, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, dtype, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, slots, IS_LONG, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, history, IS_LONG, 1, "null")
	ZEND_ARG_TYPE_MASK(0, bytes, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_MASK(0, capacity, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_info, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Segment_check arginfo_class_Shoal_Segment_info

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_backup, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, path, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, overwrite, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_close, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Segment_unlink arginfo_class_Shoal_Segment_close

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_fileno, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_offsetExists, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_offsetGet, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_offsetSet, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment_offsetUnset, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Segment_count arginfo_class_Shoal_Segment_fileno

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Segment_getIterator, 0, 0, Iterator, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Segment___serialize arginfo_class_Shoal_Segment_info

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Segment___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Segment, __construct);
ZEND_METHOD(Shoal_Segment, get);
ZEND_METHOD(Shoal_Segment, array);
ZEND_METHOD(Shoal_Segment, counter);
ZEND_METHOD(Shoal_Segment, lock);
ZEND_METHOD(Shoal_Segment, map);
ZEND_METHOD(Shoal_Segment, locks);
ZEND_METHOD(Shoal_Segment, rwlock);
ZEND_METHOD(Shoal_Segment, semaphore);
ZEND_METHOD(Shoal_Segment, event);
ZEND_METHOD(Shoal_Segment, condition);
ZEND_METHOD(Shoal_Segment, barrier);
ZEND_METHOD(Shoal_Segment, queue);
ZEND_METHOD(Shoal_Segment, jobQueue);
ZEND_METHOD(Shoal_Segment, stream);
ZEND_METHOD(Shoal_Segment, channel);
ZEND_METHOD(Shoal_Segment, info);
ZEND_METHOD(Shoal_Segment, check);
ZEND_METHOD(Shoal_Segment, backup);
ZEND_METHOD(Shoal_Segment, close);
ZEND_METHOD(Shoal_Segment, unlink);
ZEND_METHOD(Shoal_Segment, fileno);
ZEND_METHOD(Shoal_Segment, offsetExists);
ZEND_METHOD(Shoal_Segment, offsetGet);
ZEND_METHOD(Shoal_Segment, offsetSet);
ZEND_METHOD(Shoal_Segment, offsetUnset);
ZEND_METHOD(Shoal_Segment, count);
ZEND_METHOD(Shoal_Segment, getIterator);
ZEND_METHOD(Shoal_Segment, __serialize);
ZEND_METHOD(Shoal_Segment, __unserialize);


static const zend_function_entry class_Shoal_Segment_methods[] = {
	ZEND_ME(Shoal_Segment, __construct, arginfo_class_Shoal_Segment___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Segment, get, arginfo_class_Shoal_Segment_get, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, array, arginfo_class_Shoal_Segment_array, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, counter, arginfo_class_Shoal_Segment_counter, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, lock, arginfo_class_Shoal_Segment_lock, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, map, arginfo_class_Shoal_Segment_map, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, locks, arginfo_class_Shoal_Segment_locks, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, rwlock, arginfo_class_Shoal_Segment_rwlock, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, semaphore, arginfo_class_Shoal_Segment_semaphore, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, event, arginfo_class_Shoal_Segment_event, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, condition, arginfo_class_Shoal_Segment_condition, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, barrier, arginfo_class_Shoal_Segment_barrier, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, queue, arginfo_class_Shoal_Segment_queue, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, jobQueue, arginfo_class_Shoal_Segment_jobQueue, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, stream, arginfo_class_Shoal_Segment_stream, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, channel, arginfo_class_Shoal_Segment_channel, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, info, arginfo_class_Shoal_Segment_info, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, check, arginfo_class_Shoal_Segment_check, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, backup, arginfo_class_Shoal_Segment_backup, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, close, arginfo_class_Shoal_Segment_close, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, unlink, arginfo_class_Shoal_Segment_unlink, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, fileno, arginfo_class_Shoal_Segment_fileno, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, offsetExists, arginfo_class_Shoal_Segment_offsetExists, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, offsetGet, arginfo_class_Shoal_Segment_offsetGet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, offsetSet, arginfo_class_Shoal_Segment_offsetSet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, offsetUnset, arginfo_class_Shoal_Segment_offsetUnset, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, count, arginfo_class_Shoal_Segment_count, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, getIterator, arginfo_class_Shoal_Segment_getIterator, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, __serialize, arginfo_class_Shoal_Segment___serialize, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Segment, __unserialize, arginfo_class_Shoal_Segment___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Segment(zend_class_entry *class_entry_ArrayAccess, zend_class_entry *class_entry_Countable, zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Segment", class_Shoal_Segment_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 3, class_entry_ArrayAccess, class_entry_Countable, class_entry_IteratorAggregate);

	zval property_name_default_value;
	ZVAL_UNDEF(&property_name_default_value);
	zend_string *property_name_name = zend_string_init("name", sizeof("name") - 1, 1);
	zend_declare_typed_property(class_entry, property_name_name, &property_name_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_name_name);

	zval property_size_default_value;
	ZVAL_UNDEF(&property_size_default_value);
	zend_string *property_size_name = zend_string_init("size", sizeof("size") - 1, 1);
	zend_declare_typed_property(class_entry, property_size_name, &property_size_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_size_name);

	zval property_used_default_value;
	ZVAL_UNDEF(&property_used_default_value);
	zend_string *property_used_name = zend_string_init("used", sizeof("used") - 1, 1);
	zend_declare_typed_property(class_entry, property_used_name, &property_used_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_used_name);

	zval property_readonly_default_value;
	ZVAL_UNDEF(&property_readonly_default_value);
	zend_string *property_readonly_name = zend_string_init("readonly", sizeof("readonly") - 1, 1);
	zend_declare_typed_property(class_entry, property_readonly_name, &property_readonly_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_readonly_name);

	zval property_closed_default_value;
	ZVAL_UNDEF(&property_closed_default_value);
	zend_string *property_closed_name = zend_string_init("closed", sizeof("closed") - 1, 1);
	zend_declare_typed_property(class_entry, property_closed_name, &property_closed_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_closed_name);

	return class_entry;
}
