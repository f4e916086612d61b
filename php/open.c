/* Shoal\create(), open(), open_or_create() and unlink(). */
#include "open.h"

#include <grp.h>
#include <pwd.h>

#include "allowed.h"
#include "context.h"
#include "exceptions.h"
#include "segment.h"

#include "fopen_wrappers.h"

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
        mode = php_shoal_mode_of(SHOAL_G(mode));
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

int php_shoal_mode_of(const char *text)
{
    char *end;
    long mode = *text >= '0' && *text <= '7' ? strtol(text, &end, 8) : -1;
    return mode >= 0 && mode <= 0777 && *end == '\0' ? (int)mode : -1;
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
