/* Methods that take within a time, and that hold while a callback runs. */
#ifndef PHP_SHOAL_TAKE_H
#define PHP_SHOAL_TAKE_H

#include "handle.h"
#include "wait.h"

/* A first look, then php_shoal_wait_after. */
typedef int (*shoal_taker)(const shoal_handle *handle, shoal_time deadline);
typedef int (*shoal_releaser)(const shoal_handle *handle);

/* ?float $timeout of a method that has no other argument. False: an exception was thrown. */
static zend_always_inline bool php_shoal_take_deadline(zend_execute_data *execute_data, shoal_time *deadline)
{
    double timeout = 0;
    bool forever = true;
    *deadline = SHOAL_FOREVER;
    if (EXPECTED(ZEND_NUM_ARGS() == 0)) {
        return true;
    }
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
        ZEND_PARSE_PARAMETERS_END_EX(return false);
        return php_shoal_deadline(deadline, timeout, forever, 1);
}

/* The method (?float $timeout = null): bool. Inline, so that the first look is: it is all that most calls do. */
static zend_always_inline void php_shoal_take(INTERNAL_FUNCTION_PARAMETERS, shoal_taker take)
{
    shoal_time deadline;
    if (UNEXPECTED(!php_shoal_take_deadline(execute_data, &deadline))) {
        RETURN_THROWS();
    }
    SHOAL_THIS_HANDLE(handle);
    RETURN_BOOL(php_shoal_succeeded(take(handle, deadline)));
}

/*
 * The method (callable $callback): mixed. Take, call back with $this, and give it back by `release`, however the callback ends:
 * also by an exception, or by exit. (Not after a fatal error: the end of the request abandons it.)
 */
void php_shoal_take_while(INTERNAL_FUNCTION_PARAMETERS, shoal_taker take, shoal_releaser release);

#endif
