/*
 * Calls of whatever the extension has, with arguments of all sorts, as calls.php makes them. Waits are interrupted, as by a
 * signal that has a handler in PHP, which throws every other time.
 */
#include "../waits.h"
#include "embed.h"
#include "zend_exceptions.h"

static void interrupt(void)
{
    zend_atomic_bool_store_ex(&EG(vm_interrupt), true);
}

static void handle_interrupt(zend_execute_data *execute_data)
{
    static unsigned count;
    zend_class_entry *class =
        zend_lookup_class(zend_string_init_interned("Fuzz\\Interrupted", sizeof("Fuzz\\Interrupted") - 1, 0));
    if (++count % 2 == 0 && class) {
        zend_throw_exception(class, "interrupted", 0);
    }
}

static void once(const uint8_t *data, size_t size)
{
    zval wrong;
    call_hostile(&wrong, "Fuzz\\one", data, size);
    zend_atomic_bool_store_ex(&EG(vm_interrupt), false);
    shoal_context_abandon_locks(php_shoal_context(),
                                false); /* as at the end of a request: of segments that are gone, too */
    if (Z_TYPE(wrong) != IS_NULL) {
        violation("%s", Z_TYPE(wrong) == IS_STRING ? Z_STRVAL(wrong) : "?");
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    embed_start(argc, argv, "calls.php");
    zend_interrupt_function = handle_interrupt;
    waits_are_interrupted(interrupt);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    embed_check(once, data, size);
    return 0;
}
