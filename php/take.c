/* Methods that hold while a callback runs. */
#include "take.h"

#include "zend_closures.h"

/* What most callbacks are, and the method's only argument: what a Closure calls need not be searched for. */
static zend_always_inline bool is_closure(const zend_execute_data *execute_data)
{
    const zval *callback = ZEND_CALL_ARG(execute_data, 1);
    return ZEND_NUM_ARGS() == 1 && Z_TYPE_P(callback) == IS_OBJECT && Z_OBJCE_P(callback) == zend_ce_closure;
}

/* As Z_PARAM_FUNC does it. */
static void init_closure(zend_fcall_info *call, zend_fcall_info_cache *cache, zval *closure)
{
    *call = (zend_fcall_info){.size = sizeof *call};
    *cache = (zend_fcall_info_cache){0};
    zend_object *object = Z_OBJ_P(closure);
    ZVAL_COPY_VALUE(&call->function_name, closure);
    object->handlers->get_closure(object, &cache->calling_scope, &cache->function_handler, &cache->object, true);
    cache->called_scope = cache->calling_scope;
}

void php_shoal_take_while(INTERNAL_FUNCTION_PARAMETERS, shoal_taker take, shoal_releaser release)
{
    zend_fcall_info call;
    zend_fcall_info_cache cache;
    if (EXPECTED(is_closure(execute_data))) {
        init_closure(&call, &cache, ZEND_CALL_ARG(execute_data, 1));
    } else {
        ZEND_PARSE_PARAMETERS_START(1, 1)
            Z_PARAM_FUNC(call, cache)
        ZEND_PARSE_PARAMETERS_END();
    }
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
        php_shoal_raise_unless_thrown(release(handle));
    }
    if (Z_ISREF_P(return_value)) {
        zend_unwrap_reference(return_value);
    }
}
