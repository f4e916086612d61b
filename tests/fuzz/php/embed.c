#include "embed.h"

#include <sanitizer/allocator_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ext/standard/info.h"
#include "php_main.h"
#include "sapi/embed/php_embed.h"
#include "zend_exceptions.h"
#include "zend_gc.h"

#define REPETITIONS 8 /* all of which must grow before it is called a leak */
#define INPUTS_A_COLLECTION 256
#define INPUTS_A_REQUEST 2048

/* What PHP keeps for good is no leak. Memory that is not there ends a request, but not this process. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after_return=0:quarantine_size_mb=32:"
           "malloc_context_size=12";
}

const char *__ubsan_default_options(void)
{
    return "print_stacktrace=1:halt_on_error=1";
}

static void print_exception(void)
{
    zval copy;
    zend_object *exception = EG(exception);
    zend_string *class = exception->ce->name;
    ZVAL_OBJ(&copy, exception);
    zval *message = zend_read_property(exception->ce, exception, "message", sizeof("message") - 1, true, &copy);
    fprintf(stderr, "%s: %s\n", ZSTR_VAL(class), Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : "");
}

_Noreturn void violation(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "VIOLATION: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    if (EG(exception)) {
        print_exception();
    }
    abort();
}

/* ---- The start ---------------------------------------------------------------------------------- */

static int start_module(sapi_module_struct *module)
{
#if PHP_VERSION_ID >= 80200
    return php_module_startup(module, &shoal_module_entry);
#else
    return php_module_startup(module, &shoal_module_entry, 1);
#endif
}

static size_t write_nothing(const char *text, size_t length)
{
    return length;
}

static void log_fatal(const char *message, int type)
{
    fprintf(stderr, "PHP: %s\n", message);
}

static const char *script;

static void run_script(void)
{
    zend_file_handle file;
    zend_stream_init_filename(&file, script);
    bool done = false;
    zend_first_try
    {
        done = php_execute_script(&file);
    }
    zend_end_try();
    zend_destroy_file_handle(&file);
    if (!done || EG(exception)) {
        violation("%s does not start", script);
    }
}

void embed_start(int *argc, char ***argv, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", HOSTILE_FOLDER, name);
    script = path;
    setenv("USE_ZEND_ALLOC", "0", 1); /* each block by malloc, which ASan watches */
    php_embed_module.startup = start_module;
    php_embed_module.php_ini_ignore = 1;
    php_embed_module.log_message = log_fatal;
    if (php_embed_init(*argc, *argv) == FAILURE) {
        violation("PHP does not start");
    }
    sapi_module.ub_write = write_nothing;
    EG(error_reporting) = 0;
    run_script();
}

/* The ends of requests have code of their own. Every other one is that of a server, which keeps segments attached. */
static void next_request(void)
{
    static bool server;
    server = !server;
    sapi_module.name = server ? "fuzz-server" : "embed";
    php_request_shutdown(NULL);
    if (php_request_startup() == FAILURE) {
        violation("no next request");
    }
    EG(error_reporting) = 0;
    run_script();
}

/* ---- After a call --------------------------------------------------------------------------------- */

static bool is_allowed(zend_object *exception)
{
    static const char *const never[] = {"AssertionError", "CompileError", "ParseError", "UnhandledMatchError"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        if (zend_string_equals_cstr(exception->ce->name, never[i], strlen(never[i]))) {
            return false;
        }
    }
    return true;
}

void check_result(const char *what, bool succeeded)
{
    bool raised = EG(exception) != NULL;
    if (raised == succeeded) {
        violation("%s: %s", what, raised ? "success and an exception" : "no success and no exception");
    }
    if (raised && !is_allowed(EG(exception))) {
        violation("%s: an exception that nobody was promised", what);
    }
    zend_clear_exception();
}

void call_hostile(zval *out, const char *function, const uint8_t *data, size_t size)
{
    zval name, bytes;
    ZVAL_UNDEF(out);
    ZVAL_STRING(&name, function);
    ZVAL_STRINGL(&bytes, (const char *)data, size);
    if (call_user_function(NULL, NULL, &name, out, 1, &bytes) == FAILURE || EG(exception)) {
        violation("%s() failed", function);
    }
    zval_ptr_dtor(&bytes);
    zval_ptr_dtor(&name);
}

/* ---- Leaks -------------------------------------------------------------------------------------- */

static struct {
    embed_once once;
    const uint8_t *data;
    size_t size;
    bool collect; /* garbage, too: its destructors may throw */
} present;

/* As a function of PHP's: an exception that is thrown outside of all functions ends the request. */
static ZEND_FUNCTION(run_present)
{
    present.once(present.data, present.size);
    if (present.collect) {
        zend_gc_collect_cycles();
        zend_clear_exception();
    }
}

static void call_present(void)
{
    zval nothing;
    zend_internal_function function = {.type = ZEND_INTERNAL_FUNCTION,
                                       .function_name = ZSTR_KNOWN(ZEND_STR_FUNCTION),
                                       .handler = ZEND_FN(run_present)};
    zend_call_known_function((zend_function *)&function, NULL, NULL, &nothing, 0, NULL, NULL);
    zval_ptr_dtor(&nothing);
}

/* PHP's fatal errors leave by longjmp: there should be none. */
static size_t held_after(embed_once once, const uint8_t *data, size_t size, bool collect)
{
    bool bailed_out = false;
    present.once = once, present.data = data, present.size = size, present.collect = collect;
    zend_first_try
    {
        call_present();
    }
    zend_catch
    {
        bailed_out = true;
    }
    zend_end_try();
    if (bailed_out) {
        violation("a fatal error");
    }
    return __sanitizer_get_current_allocated_bytes();
}

void embed_check(embed_once once, const uint8_t *data, size_t size)
{
    static unsigned run;
    if (++run % INPUTS_A_REQUEST == 0) {
        next_request();
    }
    size_t first, before = __sanitizer_get_current_allocated_bytes(), after;
    if (held_after(once, data, size, run % INPUTS_A_COLLECTION == 0) <= before) {
        return;
    }
    first = before = held_after(once, data, size, true);
    for (int i = 0; i < REPETITIONS; i++, before = after) {
        after = held_after(once, data, size, true);
        if (after <= before) {
            return;
        }
    }
    violation("%zu bytes more after %d repetitions, and more with each", before - first, REPETITIONS);
}
