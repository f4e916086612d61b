/* The module: functions, settings, phpinfo, and what happens at the ends of a request and of the process. */
#include "php_shoal.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "SAPI.h"
#include "ext/standard/info.h"
#include "fopen_wrappers.h"
#include "php_ini.h"

#include "shoal_arginfo.h"

ZEND_DECLARE_MODULE_GLOBALS(shoal)

/* ---- Settings --------------------------------------------------------------------------------- */

/* Octal permission bits; -1 if it is no such thing. */
static int mode_of(const char *text)
{
    char *end;
    long mode = *text >= '0' && *text <= '7' ? strtol(text, &end, 8) : -1;
    return mode >= 0 && mode <= 0777 && *end == '\0' ? (int)mode : -1;
}

static ZEND_INI_MH(on_update_mode)
{
    if (!new_value || mode_of(ZSTR_VAL(new_value)) < 0) {
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

/* ---- Arguments ---------------------------------------------------------------------------------- */

/* Where the arguments stand in a function; 0: it has none of that name. */
typedef struct positions {
    uint32_t size, mode, group, lifetime, owner;
} positions;

#define LOOKUP_BUFFER 16384 /* a group may have many members */

static bool set_size(shoal_options *options, zend_string *text, zend_long bytes, uint32_t position)
{
    if (text) {
        int status = shoal_parse_size(&options->size, ZSTR_VAL(text), ZSTR_LEN(text));
        php_shoal_raise_unless_thrown(status);
        return status >= 0;
    }
    if (bytes <= 0) {
        zend_argument_value_error(position, "must be greater than 0");
        return false;
    }
    options->size = (uint64_t)bytes;
    return true;
}

static bool set_mode(shoal_options *options, zend_long mode, bool is_default, uint32_t position)
{
    if (is_default) {
        mode = mode_of(SHOAL_G(mode));
    }
    if (mode < 0 || mode > 0777) {
        zend_argument_value_error(position, "must be between 0 and 0777");
        return false;
    }
    options->mode = (uint32_t)mode;
    return true;
}

static bool set_group(shoal_options *options, zend_string *name, zend_long number, bool is_null, uint32_t position)
{
    struct group group, *found = NULL;
    char buffer[LOOKUP_BUFFER];
    if (is_null) {
        return true;
    }
    if (name && (getgrnam_r(ZSTR_VAL(name), &group, buffer, sizeof buffer, &found) != 0 || !found)) {
        zend_argument_value_error(position, "must be a group of this host, \"%s\" is none", ZSTR_VAL(name));
        return false;
    }
    if (!name && (number < 0 || number > UINT32_MAX)) {
        zend_argument_value_error(position, "must be the number of a group");
        return false;
    }
    options->group = name ? (int64_t)found->gr_gid : number;
    return true;
}

static bool set_owner(shoal_options *options, zend_string *name, zend_long number, bool is_null, uint32_t position)
{
    struct passwd user, *found = NULL;
    char buffer[LOOKUP_BUFFER];
    if (is_null) {
        return true;
    }
    if (name && zend_string_equals_literal(name, "any")) {
        options->owner = SHOAL_ANY_OWNER;
        return true;
    }
    if (name && (getpwnam_r(ZSTR_VAL(name), &user, buffer, sizeof buffer, &found) != 0 || !found)) {
        zend_argument_value_error(position, "must be a user of this host or \"any\", \"%s\" is none", ZSTR_VAL(name));
        return false;
    }
    if (!name && (number < 0 || number > UINT32_MAX)) {
        zend_argument_value_error(position, "must be the number of a user");
        return false;
    }
    options->owner = name ? (int64_t)found->pw_uid : number;
    return true;
}

static bool set_lifetime(shoal_options *options, zend_string *lifetime, uint32_t position)
{
    if (!lifetime || zend_string_equals_literal(lifetime, "persistent")) {
        options->lifetime = SHOAL_PERSISTENT;
        return true;
    }
    if (zend_string_equals_literal(lifetime, "shared")) {
        options->lifetime = SHOAL_SHARED;
        return true;
    }
    zend_argument_value_error(position, "must be \"persistent\" or \"shared\"");
    return false;
}

/* ---- Functions ------------------------------------------------------------------------------------- */

/* Open by name: relative file names as PHP sees them, inside of open_basedir. */
static void attach(zval *out, shoal_opener opener, zend_string *name, const shoal_options *options)
{
    char *path = NULL;
    if (name && options->plain && shoal_plain_name(ZSTR_VAL(name)) < 0) {
        php_shoal_raise(SHOAL_EVALUE);
        return;
    }
    if (name && !php_shoal_name_allowed(ZSTR_VAL(name), ZSTR_LEN(name))) {
        return;
    }
    if (name && memchr(ZSTR_VAL(name), '/', ZSTR_LEN(name))) {
        path = expand_filepath(ZSTR_VAL(name), NULL);
    }
    shoal_attachment *attachment = php_shoal_attach(opener, path ? path : name ? ZSTR_VAL(name) : NULL, options);
    if (path) {
        efree(path);
    }
    if (attachment) {
        php_shoal_segment_wrap(out, attachment, name ? zend_string_copy(name) : ZSTR_EMPTY_ALLOC());
    }
}

ZEND_FUNCTION(shoal_create)
{
    static const positions at = {.size = 2, .mode = 3, .group = 4, .lifetime = 5};
    zend_string *name = NULL, *size_text = NULL, *group_name = NULL, *lifetime = NULL;
    zend_long size = 64 << 20, mode = 0, group = 0;
    bool default_mode = true, no_group = true, paths = true;
    shoal_options options;
    ZEND_PARSE_PARAMETERS_START(0, 6)
        Z_PARAM_OPTIONAL
        Z_PARAM_PATH_STR_OR_NULL(name)
        Z_PARAM_STR_OR_LONG(size_text, size)
        Z_PARAM_LONG_OR_NULL(mode, default_mode)
        Z_PARAM_STR_OR_LONG_OR_NULL(group_name, group, no_group)
        Z_PARAM_STR(lifetime)
        Z_PARAM_BOOL(paths)
    ZEND_PARSE_PARAMETERS_END();
    shoal_options_init(&options);
    options.plain = !paths;
    if (set_size(&options, size_text, size, at.size) && set_mode(&options, mode, default_mode, at.mode) &&
        set_group(&options, group_name, group, no_group, at.group) && set_lifetime(&options, lifetime, at.lifetime)) {
        attach(return_value, shoal_create, name, &options);
    }
}

ZEND_FUNCTION(shoal_open_or_create)
{
    static const positions at = {.size = 2, .mode = 3, .group = 4, .lifetime = 5, .owner = 6};
    zend_string *name, *size_text = NULL, *group_name = NULL, *lifetime = NULL, *owner_name = NULL;
    zend_long size = 64 << 20, mode = 0, group = 0, owner = 0;
    bool default_mode = true, no_group = true, no_owner = true, paths = true;
    shoal_options options;
    ZEND_PARSE_PARAMETERS_START(1, 7)
        Z_PARAM_PATH_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_STR_OR_LONG(size_text, size)
        Z_PARAM_LONG_OR_NULL(mode, default_mode)
        Z_PARAM_STR_OR_LONG_OR_NULL(group_name, group, no_group)
        Z_PARAM_STR(lifetime)
        Z_PARAM_STR_OR_LONG_OR_NULL(owner_name, owner, no_owner)
        Z_PARAM_BOOL(paths)
    ZEND_PARSE_PARAMETERS_END();
    shoal_options_init(&options);
    options.plain = !paths;
    if (set_size(&options, size_text, size, at.size) && set_mode(&options, mode, default_mode, at.mode) &&
        set_group(&options, group_name, group, no_group, at.group) && set_lifetime(&options, lifetime, at.lifetime) &&
        set_owner(&options, owner_name, owner, no_owner, at.owner)) {
        attach(return_value, shoal_open_or_create, name, &options);
    }
}

/* A descriptor that a relative handed over. */
static void attach_descriptor(zval *out, zend_long number, const shoal_options *options)
{
    if (options->plain) {
        zend_argument_value_error(1, "must be a plain name, a file descriptor is none");
        return;
    }
    if (number < 0 || number > INT_MAX) {
        zend_argument_value_error(1, "must be the name of a segment or the number of a file descriptor");
        return;
    }
    if (!php_shoal_descriptor_allowed((int)number)) {
        return;
    }
    shoal_attachment *attachment = php_shoal_attach_fd((int)number, options);
    if (attachment) {
        php_shoal_segment_wrap(out, attachment, zend_string_init(attachment->name, strlen(attachment->name), false));
    }
}

ZEND_FUNCTION(shoal_open)
{
    zend_string *name = NULL, *owner_name = NULL;
    zend_long number = 0, owner = 0;
    bool readonly = false, no_owner = true, paths = true;
    shoal_options options;
    ZEND_PARSE_PARAMETERS_START(1, 4)
        Z_PARAM_STR_OR_LONG(name, number)
        Z_PARAM_OPTIONAL
        Z_PARAM_BOOL(readonly)
        Z_PARAM_STR_OR_LONG_OR_NULL(owner_name, owner, no_owner)
        Z_PARAM_BOOL(paths)
    ZEND_PARSE_PARAMETERS_END();
    shoal_options_init(&options);
    options.readonly = readonly;
    options.plain = !paths;
    if (!set_owner(&options, owner_name, owner, no_owner, 3)) {
        RETURN_THROWS();
    }
    if (!name) {
        attach_descriptor(return_value, number, &options);
    } else if (zend_str_has_nul_byte(name)) {
        zend_argument_value_error(1, "must not contain any null bytes");
    } else {
        attach(return_value, shoal_open, name, &options);
    }
}

ZEND_FUNCTION(shoal_unlink)
{
    zend_string *name;
    bool paths = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_PATH_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_BOOL(paths)
    ZEND_PARSE_PARAMETERS_END();
    shoal_context *context = php_shoal_context();
    if (!paths && shoal_plain_name(ZSTR_VAL(name)) < 0) {
        php_shoal_raise(SHOAL_EVALUE);
        RETURN_THROWS();
    }
    if (!context || !php_shoal_name_allowed(ZSTR_VAL(name), ZSTR_LEN(name))) {
        RETURN_THROWS();
    }
    char *path = memchr(ZSTR_VAL(name), '/', ZSTR_LEN(name)) ? expand_filepath(ZSTR_VAL(name), NULL) : NULL;
    int status = shoal_unlink(context, path ? path : ZSTR_VAL(name));
    if (path) {
        efree(path);
    }
    php_shoal_raise_unless_thrown(status);
    php_shoal_attachments_sweep();
}

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
    php_shoal_ndarray_startup();
    php_shoal_counter_startup();
    php_shoal_lock_startup();
    php_shoal_rwlock_startup();
    php_shoal_semaphore_startup();
    php_shoal_event_startup();
    php_shoal_condition_startup();
    php_shoal_barrier_startup();
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
