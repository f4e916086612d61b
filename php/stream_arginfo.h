/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 82ae4a338770e97ec1e00631b1a903887f2d3bcd */

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Shoal_Stream___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Stream_send, 0, 1, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Stream_read, 0, 0, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Stream_reader, 0, 0, Shoal\\StreamReader, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, fromStart, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Shoal_Stream_getIterator, 0, 0, Iterator, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Stream___serialize, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Shoal_Stream___unserialize, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, data, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Shoal_StreamReader___construct arginfo_class_Shoal_Stream___construct

#define arginfo_class_Shoal_StreamReader_read arginfo_class_Shoal_Stream_read

#define arginfo_class_Shoal_StreamReader_getIterator arginfo_class_Shoal_Stream_getIterator


ZEND_METHOD(Shoal_Handle, __construct);
ZEND_METHOD(Shoal_Stream, send);
ZEND_METHOD(Shoal_Stream, read);
ZEND_METHOD(Shoal_Stream, reader);
ZEND_METHOD(Shoal_Stream, getIterator);
ZEND_METHOD(Shoal_Handle, __serialize);
ZEND_METHOD(Shoal_Stream, __unserialize);
ZEND_METHOD(Shoal_StreamReader, read);


static const zend_function_entry class_Shoal_Stream_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_Stream___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_Stream, send, arginfo_class_Shoal_Stream_send, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Stream, read, arginfo_class_Shoal_Stream_read, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Stream, reader, arginfo_class_Shoal_Stream_reader, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Stream, getIterator, arginfo_class_Shoal_Stream_getIterator, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Handle, __serialize, __serialize, arginfo_class_Shoal_Stream___serialize, ZEND_ACC_PUBLIC)
	ZEND_ME(Shoal_Stream, __unserialize, arginfo_class_Shoal_Stream___unserialize, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_StreamReader_methods[] = {
	ZEND_MALIAS(Shoal_Handle, __construct, __construct, arginfo_class_Shoal_StreamReader___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Shoal_StreamReader, read, arginfo_class_Shoal_StreamReader_read, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Shoal_Stream, getIterator, getIterator, arginfo_class_Shoal_StreamReader_getIterator, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Stream(zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Stream", class_Shoal_Stream_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	zend_class_implements(class_entry, 1, class_entry_IteratorAggregate);

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

	zval property_limit_default_value;
	ZVAL_UNDEF(&property_limit_default_value);
	zend_string *property_limit_name = zend_string_init("limit", sizeof("limit") - 1, 1);
	zend_declare_typed_property(class_entry, property_limit_name, &property_limit_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_limit_name);

	zval property_oldest_default_value;
	ZVAL_UNDEF(&property_oldest_default_value);
	zend_string *property_oldest_name = zend_string_init("oldest", sizeof("oldest") - 1, 1);
	zend_declare_typed_property(class_entry, property_oldest_name, &property_oldest_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_oldest_name);

	zval property_newest_default_value;
	ZVAL_UNDEF(&property_newest_default_value);
	zend_string *property_newest_name = zend_string_init("newest", sizeof("newest") - 1, 1);
	zend_declare_typed_property(class_entry, property_newest_name, &property_newest_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_newest_name);

	zval property_missed_default_value;
	ZVAL_UNDEF(&property_missed_default_value);
	zend_string *property_missed_name = zend_string_init("missed", sizeof("missed") - 1, 1);
	zend_declare_typed_property(class_entry, property_missed_name, &property_missed_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_missed_name);

	zval property_number_default_value;
	ZVAL_UNDEF(&property_number_default_value);
	zend_string *property_number_name = zend_string_init("number", sizeof("number") - 1, 1);
	zend_declare_typed_property(class_entry, property_number_name, &property_number_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_number_name);

	zval property_waiters_default_value;
	ZVAL_UNDEF(&property_waiters_default_value);
	zend_string *property_waiters_name = zend_string_init("waiters", sizeof("waiters") - 1, 1);
	zend_declare_typed_property(class_entry, property_waiters_name, &property_waiters_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY));
	zend_string_release(property_waiters_name);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_StreamReader(zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "StreamReader", class_Shoal_StreamReader_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;
	zend_class_implements(class_entry, 1, class_entry_IteratorAggregate);

	zend_string *property_stream_class_Shoal_Stream = zend_string_init("Shoal\\Stream", sizeof("Shoal\\Stream")-1, 1);
	zval property_stream_default_value;
	ZVAL_UNDEF(&property_stream_default_value);
	zend_string *property_stream_name = zend_string_init("stream", sizeof("stream") - 1, 1);
	zend_declare_typed_property(class_entry, property_stream_name, &property_stream_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_CLASS(property_stream_class_Shoal_Stream, 0, 0));
	zend_string_release(property_stream_name);

	zval property_missed_default_value;
	ZVAL_UNDEF(&property_missed_default_value);
	zend_string *property_missed_name = zend_string_init("missed", sizeof("missed") - 1, 1);
	zend_declare_typed_property(class_entry, property_missed_name, &property_missed_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_missed_name);

	zval property_number_default_value;
	ZVAL_UNDEF(&property_number_default_value);
	zend_string *property_number_name = zend_string_init("number", sizeof("number") - 1, 1);
	zend_declare_typed_property(class_entry, property_number_name, &property_number_default_value, ZEND_ACC_PUBLIC|ZEND_ACC_READONLY, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG));
	zend_string_release(property_number_name);

	return class_entry;
}
