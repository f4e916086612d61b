/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: b076874e889671aad8c1ae5e234c2f7e5efb1e9c */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Map___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_get, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, default, IS_MIXED, 0, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_has, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_set, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_DOUBLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, tags, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_add, 0, 2, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_DOUBLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, tags, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Map_replace arginfo_class_Shoal_Map_add

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_gets, 0, 1, IS_ARRAY, 1)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_cas, 0, 3, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, token, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_DOUBLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, tags, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_delete, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, token, IS_LONG, 1, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Map_pop arginfo_class_Shoal_Map_get

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_touch, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_ttl, 0, 1, IS_DOUBLE, 1)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_increment, 0, 1, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, n, IS_LONG, 0, "1")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, initial, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Map_decrement arginfo_class_Shoal_Map_increment

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_getMany, 0, 1, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO(0, keys, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO(0, default, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_setMany, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, values, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_deleteMany, 0, 1, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, keys, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_getOrSet, 0, 2, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, compute, IS_CALLABLE, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_DOUBLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, stale, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_clear, 0, 0, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, prefix, IS_STRING, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_invalidate, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, tag, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_stats, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_count, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_offsetGet, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_offsetSet, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_offsetExists, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map_offsetUnset, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Map_getIterator, 0, 0, Iterator, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_Map___serialize arginfo_class_Shoal_Map_stats

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Map___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_Map, get);
ZEND_METHOD(Shoal_Map, has);
ZEND_METHOD(Shoal_Map, set);
ZEND_METHOD(Shoal_Map, add);
ZEND_METHOD(Shoal_Map, replace);
ZEND_METHOD(Shoal_Map, gets);
ZEND_METHOD(Shoal_Map, cas);
ZEND_METHOD(Shoal_Map, delete);
ZEND_METHOD(Shoal_Map, pop);
ZEND_METHOD(Shoal_Map, touch);
ZEND_METHOD(Shoal_Map, ttl);
ZEND_METHOD(Shoal_Map, increment);
ZEND_METHOD(Shoal_Map, decrement);
ZEND_METHOD(Shoal_Map, getMany);
ZEND_METHOD(Shoal_Map, setMany);
ZEND_METHOD(Shoal_Map, deleteMany);
ZEND_METHOD(Shoal_Map, getOrSet);
ZEND_METHOD(Shoal_Map, clear);
ZEND_METHOD(Shoal_Map, invalidate);
ZEND_METHOD(Shoal_Map, stats);
ZEND_METHOD(Shoal_Map, count);
ZEND_METHOD(Shoal_Map, offsetGet);
ZEND_METHOD(Shoal_Map, offsetSet);
ZEND_METHOD(Shoal_Map, offsetExists);
ZEND_METHOD(Shoal_Map, offsetUnset);
ZEND_METHOD(Shoal_Map, getIterator);
ZEND_METHOD(Shoal_Handle, __serialize);
ZEND_METHOD(Shoal_Handle, __unserialize);


static const zend_function_entry class_Shoal_Map_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_Map___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Map, get, arginfo_class_Shoal_Map_get, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, has, arginfo_class_Shoal_Map_has, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, set, arginfo_class_Shoal_Map_set, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, add, arginfo_class_Shoal_Map_add, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, replace, arginfo_class_Shoal_Map_replace, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, gets, arginfo_class_Shoal_Map_gets, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, cas, arginfo_class_Shoal_Map_cas, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, delete, arginfo_class_Shoal_Map_delete, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, pop, arginfo_class_Shoal_Map_pop, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, touch, arginfo_class_Shoal_Map_touch, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, ttl, arginfo_class_Shoal_Map_ttl, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, increment, arginfo_class_Shoal_Map_increment, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, decrement, arginfo_class_Shoal_Map_decrement, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, getMany, arginfo_class_Shoal_Map_getMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, setMany, arginfo_class_Shoal_Map_setMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, deleteMany, arginfo_class_Shoal_Map_deleteMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, getOrSet, arginfo_class_Shoal_Map_getOrSet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, clear, arginfo_class_Shoal_Map_clear, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, invalidate, arginfo_class_Shoal_Map_invalidate, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, stats, arginfo_class_Shoal_Map_stats, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, count, arginfo_class_Shoal_Map_count, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, offsetGet, arginfo_class_Shoal_Map_offsetGet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, offsetSet, arginfo_class_Shoal_Map_offsetSet, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, offsetExists, arginfo_class_Shoal_Map_offsetExists, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, offsetUnset, arginfo_class_Shoal_Map_offsetUnset, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Map, getIterator, arginfo_class_Shoal_Map_getIterator, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __serialize, __serialize, arginfo_class_Shoal_Map___serialize, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __unserialize, __unserialize, arginfo_class_Shoal_Map___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Map(zend_class_entry *class_entry_ArrayAccess, zend_class_entry *class_entry_Countable, zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Map", class_Shoal_Map_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 3, class_entry_ArrayAccess, class_entry_Countable, class_entry_IteratorAggregate);

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

	zval property_maxBytes_default_value;
	ZVAL_UNDEF(&property_maxBytes_default_value);
	zend_string *property_maxBytes_name = zend_string_init("maxBytes", sizeof("maxBytes") - 1, 1);
	zend_declare_typed_property(class_entry, property_maxBytes_name, &property_maxBytes_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_maxBytes_name);

	zval property_defaultTtl_default_value;
	ZVAL_UNDEF(&property_defaultTtl_default_value);
	zend_string *property_defaultTtl_name = zend_string_init("defaultTtl", sizeof("defaultTtl") - 1, 1);
	zend_declare_typed_property(class_entry, property_defaultTtl_name, &property_defaultTtl_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE|MAY_BE_NULL));
	zend_string_release(property_defaultTtl_name);

	zval property_evict_default_value;
	ZVAL_UNDEF(&property_evict_default_value);
	zend_string *property_evict_name = zend_string_init("evict", sizeof("evict") - 1, 1);
	zend_declare_typed_property(class_entry, property_evict_name, &property_evict_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_evict_name);

	zval property_small_default_value;
	ZVAL_UNDEF(&property_small_default_value);
	zend_string *property_small_name = zend_string_init("small", sizeof("small") - 1, 1);
	zend_declare_typed_property(class_entry, property_small_name, &property_small_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE));
	zend_string_release(property_small_name);

	zval property_limit_default_value;
	ZVAL_UNDEF(&property_limit_default_value);
	zend_string *property_limit_name = zend_string_init("limit", sizeof("limit") - 1, 1);
	zend_declare_typed_property(class_entry, property_limit_name, &property_limit_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_limit_name);

	zval property_waiters_default_value;
	ZVAL_UNDEF(&property_waiters_default_value);
	zend_string *property_waiters_name = zend_string_init("waiters", sizeof("waiters") - 1, 1);
	zend_declare_typed_property(class_entry, property_waiters_name, &property_waiters_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_waiters_name);

	return class_entry;
}
