/* Methods that hold while a callback runs. */
#include "take.h"

void php_shoal_take_while(INTERNAL_FUNCTION_PARAMETERS, shoal_taker take, int (*release)(shoal_object *object))
{
    zend_fcall_info call;
    zend_fcall_info_cache cache;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_FUNC(call, cache)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (!php_shoal_succeeded(take(handle, SHOAL_FOREVER))) {
        return;
    }
    call.retval = return_value;
    call.params = ZEND_THIS;
    call.param_count = 1;
    zend_call_function(&call, &cache);
    if (!CG(unclean_shutdown)) { /* the engine unwinds from want of memory as from exit */
        /* An exception of the callback goes on, whatever becomes of the release. */
        php_shoal_raise_unless_thrown(release(handle->object));
    }
    if (Z_ISREF_P(return_value)) {
        zend_unwrap_reference(return_value);
    }
}
