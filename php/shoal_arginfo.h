/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: fa99b5b3327179926eb4f931187802c6cf4a9b99 */

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_Shoal_create, 0, 0, Shoal\\Segment, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, name, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_MASK(0, size, MAY_BE_LONG|MAY_BE_STRING, "\"64M\"")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, mode, IS_LONG, 1, "null")
	ZEND_ARG_TYPE_MASK(0, group, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, lifetime, IS_STRING, 0, "\"persistent\"")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, paths, _IS_BOOL, 0, "true")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_Shoal_open, 0, 1, Shoal\\Segment, 0)
	ZEND_ARG_TYPE_MASK(0, name, MAY_BE_STRING|MAY_BE_LONG, NULL)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, readonly, _IS_BOOL, 0, "false")
	ZEND_ARG_TYPE_MASK(0, owner, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, paths, _IS_BOOL, 0, "true")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_Shoal_open_or_create, 0, 1, Shoal\\Segment, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, size, MAY_BE_LONG|MAY_BE_STRING, "\"64M\"")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, mode, IS_LONG, 1, "null")
	ZEND_ARG_TYPE_MASK(0, group, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, lifetime, IS_STRING, 0, "\"persistent\"")
	ZEND_ARG_TYPE_MASK(0, owner, MAY_BE_LONG|MAY_BE_STRING|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, paths, _IS_BOOL, 0, "true")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_Shoal_unlink, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, paths, _IS_BOOL, 0, "true")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_Shoal_release_all, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_Shoal_segments, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()


ZEND_FUNCTION(shoal_create);
ZEND_FUNCTION(shoal_open);
ZEND_FUNCTION(shoal_open_or_create);
ZEND_FUNCTION(shoal_unlink);
ZEND_FUNCTION(shoal_release_all);
ZEND_FUNCTION(shoal_segments);


static const zend_function_entry ext_functions[] = {
	ZEND_NS_FALIAS("Shoal", create, shoal_create, arginfo_Shoal_create)
	ZEND_NS_FALIAS("Shoal", open, shoal_open, arginfo_Shoal_open)
	ZEND_NS_FALIAS("Shoal", open_or_create, shoal_open_or_create, arginfo_Shoal_open_or_create)
	ZEND_NS_FALIAS("Shoal", unlink, shoal_unlink, arginfo_Shoal_unlink)
	ZEND_NS_FALIAS("Shoal", release_all, shoal_release_all, arginfo_Shoal_release_all)
	ZEND_NS_FALIAS("Shoal", segments, shoal_segments, arginfo_Shoal_segments)
	ZEND_FE_END
};
