/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 2a608be29b8fe6073191aeafd129a670b632ccde */




static const zend_function_entry class_Shoal_Exception_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_NotFound_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_AlreadyExists_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_TypeMismatch_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_NoSpace_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_Denied_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_ReadOnlyError_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_Corrupt_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_VersionMismatch_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_Timeout_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_OwnerDied_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_LockError_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_BrokenBarrier_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_Full_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_ShutDown_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_Closed_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Shoal_SystemError_methods[] = {
	ZEND_FE_END
};

static zend_class_entry *register_class_Shoal_Exception(zend_class_entry *class_entry_Throwable)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Exception", class_Shoal_Exception_methods);
	class_entry = zend_register_internal_interface(&ce);
	zend_class_implements(class_entry, 1, class_entry_Throwable);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_NotFound(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "NotFound", class_Shoal_NotFound_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_AlreadyExists(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "AlreadyExists", class_Shoal_AlreadyExists_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_TypeMismatch(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "TypeMismatch", class_Shoal_TypeMismatch_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_NoSpace(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "NoSpace", class_Shoal_NoSpace_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_Denied(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Denied", class_Shoal_Denied_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_ReadOnlyError(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "ReadOnlyError", class_Shoal_ReadOnlyError_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_Corrupt(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Corrupt", class_Shoal_Corrupt_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_VersionMismatch(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "VersionMismatch", class_Shoal_VersionMismatch_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_Timeout(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Timeout", class_Shoal_Timeout_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_OwnerDied(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "OwnerDied", class_Shoal_OwnerDied_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_LockError(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "LockError", class_Shoal_LockError_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_BrokenBarrier(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "BrokenBarrier", class_Shoal_BrokenBarrier_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_Full(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Full", class_Shoal_Full_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_ShutDown(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "ShutDown", class_Shoal_ShutDown_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_Closed(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "Closed", class_Shoal_Closed_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}

static zend_class_entry *register_class_Shoal_SystemError(zend_class_entry *class_entry_RuntimeException, zend_class_entry *class_entry_Shoal_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Shoal", "SystemError", class_Shoal_SystemError_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);
	zend_class_implements(class_entry, 1, class_entry_Shoal_Exception);

	return class_entry;
}
