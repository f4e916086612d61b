/* The module: settings, phpinfo, and what happens at the ends of a request and of the process. */
#include "php_shoal.h"

#include "attach.h"
#include "context.h"
#include "exceptions.h"
#include "kinds.h"
#include "open.h"
#include "segment.h"
#include "wire.h"

#include "SAPI.h"
#include "ext/standard/info.h"
#include "php_ini.h"

#include "shoal_arginfo.h"

ZEND_DECLARE_MODULE_GLOBALS(shoal)

/* ---- Settings --------------------------------------------------------------------------------- */

static ZEND_INI_MH(on_update_mode)
{
    if (!new_value || php_shoal_mode_of(ZSTR_VAL(new_value)) < 0) {
        return FAILURE;
    }
    return OnUpdateString(entry, new_value, mh_arg1, mh_arg2, mh_arg3, stage);
}

/* Do other threads open names at this moment? (A worker of FPM has one thread, and its pool's setting comes late.) */
static bool has_threads(void)
{
#ifdef ZTS
    return strcmp(sapi_module.name, "fpm-fcgi") != 0;
#else
    return false;
#endif
}

/* The directory is the process's: threads that start later leave it as it is, and none has another for a request. */
static ZEND_INI_MH(on_update_directory)
{
    if (stage != ZEND_INI_STAGE_STARTUP &&
        (has_threads() || php_shoal_context_use_directory(new_value ? ZSTR_VAL(new_value) : NULL) < 0)) {
        return FAILURE;
    }
    return OnUpdateString(entry, new_value, mh_arg1, mh_arg2, mh_arg3, stage);
}

PHP_INI_BEGIN()
STD_PHP_INI_ENTRY("shoal.directory", "", PHP_INI_SYSTEM, on_update_directory, directory, zend_shoal_globals,
                  shoal_globals)
STD_PHP_INI_ENTRY("shoal.mode", "0600", PHP_INI_ALL, on_update_mode, mode, zend_shoal_globals, shoal_globals)
PHP_INI_END()

/* ---- The life of the module --------------------------------------------------------------------------- */

static PHP_GINIT_FUNCTION(shoal)
{
#if defined(COMPILE_DL_SHOAL) && defined(ZTS)
    ZEND_TSRMLS_CACHE_UPDATE();
#endif
    memset(shoal_globals, 0, sizeof *shoal_globals);
}

#ifdef ZTS
static PHP_GSHUTDOWN_FUNCTION(shoal)
{
    php_shoal_attachments_drop_from(&shoal_globals->attachments); /* not the caller's, which may end them for others */
}
#endif

static PHP_MINIT_FUNCTION(shoal)
{
    REGISTER_INI_ENTRIES();
    php_shoal_exceptions_startup();
    php_shoal_segment_startup();
    php_shoal_kinds_startup();
    php_shoal_bytes_startup();
    return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(shoal)
{
    php_shoal_attachments_drop();
    php_shoal_context_shutdown();
    UNREGISTER_INI_ENTRIES();
    return SUCCESS;
}

static PHP_RINIT_FUNCTION(shoal)
{
#if defined(COMPILE_DL_SHOAL) && defined(ZTS)
    ZEND_TSRMLS_CACHE_UPDATE();
#endif
    SHOAL_G(scratch_lent) = false; /* the request before may have ended while it was */
    SHOAL_G(ending) = false;
    php_shoal_environment_note();
    return SUCCESS;
}

/* What locks the request still holds are given up as if the process had died: their next takers are told. */
static int end_request(void)
{
    int count = php_shoal_context_exists() ? shoal_context_abandon_locks(php_shoal_context(), false) : 0;
    php_shoal_attachments_sweep();
    return count;
}

/* By a worker that serves one request after the other without the engine's knowing. */
ZEND_FUNCTION(shoal_release_all)
{
    ZEND_PARSE_PARAMETERS_NONE();
    RETURN_LONG(end_request());
}

/* After everything of the request is gone, session handlers and destructors included. */
static ZEND_MODULE_POST_ZEND_DEACTIVATE_D(shoal)
{
    end_request();
    return SUCCESS;
}

static void print_attached(void)
{
    char size[64];
    for (const shoal_attachment *each = SHOAL_G(attachments); each; each = each->next) {
        const char *name = each->name;
        snprintf(size, sizeof size, "%" PRIu64 " of %" PRIu64 " bytes%s", shoal_segment_used(each->segment),
                 shoal_segment_size(each->segment), each->kept ? ", kept between requests" : "");
        php_info_print_table_row(2, *name ? name : "(anonymous)", size);
    }
}

static PHP_MINFO_FUNCTION(shoal)
{
    shoal_context *context = php_shoal_context();
    php_info_print_table_start();
    php_info_print_table_row(2, "shoal support", "enabled");
    php_info_print_table_row(2, "Version", SHOAL_VERSION);
    php_info_print_table_row(2, "Directory", context ? shoal_context_directory(context) : "");
    php_info_print_table_row(2, "Format", ZEND_TOSTR(SHOAL_FORMAT));
    php_info_print_table_row(2, "Mode of new segments", SHOAL_G(mode));
    php_info_print_table_end();
    if (SHOAL_G(attachments)) {
        php_info_print_table_start();
        php_info_print_table_header(2, "Attached segment", "Used");
        print_attached();
        php_info_print_table_end();
    }
    DISPLAY_INI_ENTRIES();
}

static const zend_module_dep dependencies[] = {ZEND_MOD_REQUIRED("date") ZEND_MOD_REQUIRED("spl") ZEND_MOD_END};

zend_module_entry shoal_module_entry = {
    STANDARD_MODULE_HEADER_EX,
    NULL,
    dependencies,
    "shoal",
    ext_functions,
    PHP_MINIT(shoal),
    PHP_MSHUTDOWN(shoal),
    PHP_RINIT(shoal),
    NULL,
    PHP_MINFO(shoal),
    SHOAL_VERSION,
    PHP_MODULE_GLOBALS(shoal),
    PHP_GINIT(shoal),
#ifdef ZTS
    PHP_GSHUTDOWN(shoal),
#else
    NULL,
#endif
    ZEND_MODULE_POST_ZEND_DEACTIVATE_N(shoal),
    STANDARD_MODULE_PROPERTIES_EX,
};

#ifdef COMPILE_DL_SHOAL
#ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
#endif
ZEND_GET_MODULE(shoal)
#endif
