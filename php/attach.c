/*
 * The context of this process, and the segments this thread has attached.
 *
 * Nothing is attached before a script asks for it: MINIT runs in the FPM master, often as root. An attach costs a
 * slot in the segment's roster and some system calls, so a worker that serves many requests keeps what it opened by
 * name, up to a limit and until the segment is unlinked. Scripts that are the only request of their process (the
 * command line) and segments that should go with their last user keep nothing.
 */
#include "php_shoal.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "SAPI.h"
#include "ext/spl/spl_exceptions.h"
#include "fopen_wrappers.h"
#include "zend_exceptions.h"

#define KEPT_AT_MOST 64

/* ---- The context: one for each process, shared by its threads ------------------------------ */

/*
 * Both words are given once, by the thread that comes first, and taken away when no thread runs PHP any more. No mutex:
 * whoever forks while another thread makes them has neither, or all of them.
 */
static _Atomic(shoal_context *) process_context;
/* SHOAL_DIR as the process was given it: the administrator's word, as shoal.directory is. */
static _Atomic(char *) environment;

/* What is there; NULL: nothing yet. What it points to is seen as its maker left it. */
#define SEEN(word) atomic_load_explicit(&(word), memory_order_acquire)

void php_shoal_context_shutdown(void)
{
    shoal_context_free(atomic_exchange(&process_context, NULL));
    free(atomic_exchange(&environment, NULL));
}

bool php_shoal_context_exists(void)
{
    return SEEN(process_context) != NULL;
}

/* NULL: as the core finds it, in the environment of this very moment. */
static const char *directory_for(const char *setting)
{
    if (setting && *setting) {
        return setting;
    }
#ifdef ZTS
    return SEEN(environment); /* other threads' scripts change theirs, which is this one's too */
#else
    return NULL;
#endif
}

static int make_context(shoal_context **out)
{
    shoal_context *first = NULL, *context = shoal_context_new();
    if (!context) {
        return SHOAL_ENOMEM;
    }
    int status = shoal_context_set_directory(context, directory_for(SHOAL_G(directory)));
    if (status < 0) {
        shoal_context_free(context);
        return status;
    }
    php_shoal_serve(context);
    if (!atomic_compare_exchange_strong(&process_context, &first, context)) {
        shoal_context_free(context); /* another thread was first */
        context = first;
    }
    *out = context;
    return SHOAL_OK;
}

shoal_context *php_shoal_context(void)
{
    shoal_context *context = SEEN(process_context);
    if (EXPECTED(context)) {
        return context;
    }
    int status = make_context(&context);
    if (status < 0) {
        php_shoal_raise(status);
        return NULL;
    }
    return context;
}

int php_shoal_context_use_directory(const char *setting)
{
    shoal_context *context = SEEN(process_context);
    /* Where there is none yet make_context will. */
    return context ? shoal_context_set_directory(context, directory_for(setting)) : SHOAL_OK;
}

/* ---- Attachments ----------------------------------------------------------------------------- */

static bool one_request_only(void)
{
    return strcmp(sapi_module.name, "cli") == 0 || strcmp(sapi_module.name, "phpdbg") == 0 ||
           strcmp(sapi_module.name, "embed") == 0;
}

static bool worth_keeping(shoal_segment *segment, const char *path)
{
    if (one_request_only() || *path == '\0') {
        return false;
    }
    shoal_info info;
    return shoal_segment_info(&info, segment) >= 0 && info.lifetime == SHOAL_PERSISTENT;
}

/* Each name that a segment was opened by has its own: unlink takes that away. */
static shoal_attachment *find(shoal_segment *segment, const char *name, const char *path, int64_t owner)
{
    for (shoal_attachment *each = SHOAL_G(attachments); each; each = each->next) {
        if (each->segment == segment && each->owner == owner && strcmp(each->name, name) == 0 &&
            strcmp(each->path, path) == 0) {
            return each;
        }
    }
    return NULL;
}

static void set_names(shoal_attachment *attachment, const char *name, const char *path)
{
    size_t length = strlen(name) + 1;
    attachment->name = pemalloc(length + strlen(path) + 1, true);
    attachment->path = attachment->name + length;
    strcpy(attachment->name, name);
    strcpy(attachment->path, path);
}

/* Takes over one open of `segment`; returns a new reference. */
static shoal_attachment *adopt(shoal_segment *segment, const char *name, const char *path, int64_t owner)
{
    shoal_attachment *attachment = find(segment, name, path, owner);
    if (attachment) {
        shoal_close(segment); /* one open an attachment is enough */
        return php_shoal_attachment_retain(attachment);
    }
    php_shoal_attachments_sweep();
    attachment = pecalloc(1, sizeof *attachment, true);
    attachment->segment = segment;
    set_names(attachment, name, path);
    attachment->owner = owner;
    attachment->kept = worth_keeping(segment, path);
    attachment->references = attachment->kept ? 2 : 1;
    attachment->next = SHOAL_G(attachments);
    SHOAL_G(attachments) = attachment;
    return attachment;
}

shoal_attachment *php_shoal_attach(shoal_opener opener, const char *name, const shoal_options *options)
{
    shoal_context *context = php_shoal_context();
    if (!context) {
        return NULL;
    }
    shoal_segment *segment;
    char *path = NULL;
    int status = opener(&segment, context, name, options);
    if (status >= 0 && name) {
        status = shoal_resolve(&path, context, name);
        if (status < 0) {
            shoal_close(segment);
        }
    }
    if (status < 0) {
        php_shoal_raise(status);
        return NULL;
    }
    shoal_attachment *attachment = adopt(segment, name ? name : "", path ? path : "", options->owner);
    free(path);
    return attachment;
}

shoal_attachment *php_shoal_attach_fd(int fd, const shoal_options *options)
{
    shoal_context *context = php_shoal_context();
    if (!context) {
        return NULL;
    }
    char name[24];
    shoal_segment *segment;
    int status = shoal_open_fd(&segment, context, fd, options);
    if (status < 0) {
        php_shoal_raise(status);
        return NULL;
    }
    snprintf(name, sizeof name, "fd:%d", fd);
    return adopt(segment, name, "", options->owner);
}

shoal_attachment *php_shoal_attachment_retain(shoal_attachment *attachment)
{
    attachment->references++;
    return attachment;
}

/* `first`: the list of its thread. */
static void release_from(shoal_attachment **first, shoal_attachment *attachment)
{
    if (--attachment->references > 0) {
        return;
    }
    for (shoal_attachment **at = first; *at; at = &(*at)->next) {
        if (*at == attachment) {
            *at = attachment->next;
            break;
        }
    }
    if (php_shoal_context_exists()) { /* else the context went first, and its segments with it */
        shoal_close(attachment->segment);
    }
    pefree(attachment->name, true);
    pefree(attachment, true);
}

void php_shoal_attachment_release(shoal_attachment *attachment)
{
    if (attachment) {
        release_from(&SHOAL_G(attachments), attachment);
    }
}

static void let_go(shoal_attachment **first, shoal_attachment *attachment)
{
    attachment->kept = false;
    release_from(first, attachment);
}

static bool unlinked(const shoal_attachment *attachment)
{
    struct stat facts;
    return fstat(shoal_segment_fd(attachment->segment), &facts) == 0 && facts.st_nlink == 0;
}

void php_shoal_attachments_sweep(void)
{
    unsigned kept = 0;
    for (shoal_attachment *next, *each = SHOAL_G(attachments); each; each = next) {
        next = each->next;
        if (each->kept && (++kept > KEPT_AT_MOST || unlinked(each))) {
            let_go(&SHOAL_G(attachments), each);
        }
    }
}

void php_shoal_attachments_drop_from(shoal_attachment **first)
{
    for (shoal_attachment *next, *each = *first; each; each = next) {
        next = each->next;
        if (each->kept) {
            let_go(first, each);
        }
    }
}

void php_shoal_attachments_drop(void)
{
    php_shoal_attachments_drop_from(&SHOAL_G(attachments));
}

/* ---- open_basedir ------------------------------------------------------------------------------ */

#define DEFAULT_DIRECTORY "/dev/shm"

void php_shoal_environment_note(void)
{
    if (SEEN(environment)) {
        return;
    }
    const char *given = getenv("SHOAL_DIR");
    char *copy = pestrdup(given && *given ? given : DEFAULT_DIRECTORY, true), *first = NULL;
    if (!atomic_compare_exchange_strong(&environment, &first, copy)) {
        free(copy); /* another thread was first */
    }
}

/* A script that puts another SHOAL_DIR into its environment is held to open_basedir. */
static bool is_administrators(const char *directory)
{
    const char *setting = SHOAL_G(directory), *noted = SEEN(environment);
    return (setting && *setting) || (noted && strcmp(directory, noted) == 0);
}

static bool allowed(const char *path)
{
    if (!php_check_open_basedir_ex(path, false)) {
        return true;
    }
    php_shoal_raise_because(SHOAL_EDENIED, "\"%s\" lies outside of open_basedir", path);
    return false;
}

bool php_shoal_directory_allowed(void)
{
    shoal_context *context = php_shoal_context();
    if (!context) {
        return false;
    }
    const char *directory = shoal_context_directory(context);
    return is_administrators(directory) || allowed(directory);
}

/* What another request, or another thread, has open is no way out of open_basedir. It is named by its number: the path is not the script's to know. */
bool php_shoal_descriptor_allowed(int fd)
{
    char link[32], path[MAXPATHLEN];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = PG(open_basedir) && *PG(open_basedir) ? readlink(link, path, sizeof path) : -1;
    if (length < 0) {
        return true; /* where there is none the core says so */
    }
    path[length < (ssize_t)sizeof path ? length : 0] = '\0';
    if (*path == '/' && !php_check_open_basedir_ex(path, false)) {
        return true;
    }
    php_shoal_raise_because(SHOAL_EDENIED, "\"fd:%d\" lies outside of open_basedir", fd);
    return false;
}

bool php_shoal_name_allowed(const char *name, size_t length)
{
    if (memchr(name, '/', length)) {
        return allowed(name);
    }
    return strncmp(name, "fd:", 3) == 0 ? php_shoal_descriptor_allowed((int)strtol(name + 3, NULL, 10))
                                        : php_shoal_directory_allowed();
}

/* ---- Serialized handles ------------------------------------------------------------------------ */

bool php_shoal_identity(zval *data, const shoal_attachment *attachment, const char *class_name)
{
    shoal_segment *segment = attachment->segment;
    const char *name = attachment->name, *path = attachment->path;
    if (*path == '\0') {
        zend_throw_exception_ex(NULL, 0, "Serialization of '%s' is not allowed: its segment has no name", class_name);
        return false;
    }
    array_init(data);
    add_assoc_string(data, "segment", strchr(name, '/') || *name == '\0' ? path : name);
    add_assoc_bool(data, "readonly", shoal_segment_readonly(segment));
    add_assoc_long(data, "owner", (zend_long)attachment->owner);
    return true;
}

zend_string *php_shoal_data_string(HashTable *data, const char *key)
{
    zval *value = zend_hash_str_find_deref(data, key, strlen(key));
    if (!value || Z_TYPE_P(value) != IS_STRING) {
        zend_throw_exception(spl_ce_UnexpectedValueException, "Incomplete or ill-typed serialization data", 0);
        return NULL;
    }
    return Z_STR_P(value);
}

/* One name for the check and for the core: without a null byte, and a path as the script sees it. */
static char *name_in(HashTable *data)
{
    zend_string *name = php_shoal_data_string(data, "segment");
    if (name && zend_str_has_nul_byte(name)) {
        zend_throw_exception(spl_ce_UnexpectedValueException, "Incomplete or ill-typed serialization data", 0);
        return NULL;
    }
    if (!name || !php_shoal_name_allowed(ZSTR_VAL(name), ZSTR_LEN(name))) {
        return NULL;
    }
    char *path = strchr(ZSTR_VAL(name), '/') ? expand_filepath(ZSTR_VAL(name), NULL) : NULL;
    return path ? path : estrndup(ZSTR_VAL(name), ZSTR_LEN(name));
}

shoal_attachment *php_shoal_reattach(HashTable *data)
{
    char *name = name_in(data);
    if (!name) {
        return NULL;
    }
    zval *readonly = zend_hash_str_find_deref(data, "readonly", sizeof("readonly") - 1);
    zval *owner = zend_hash_str_find_deref(data, "owner", sizeof("owner") - 1);
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly && Z_TYPE_P(readonly) == IS_TRUE;
    if (owner && Z_TYPE_P(owner) == IS_LONG) {
        options.owner = Z_LVAL_P(owner);
    }
    shoal_attachment *attachment = php_shoal_attach(shoal_open, name, &options);
    efree(name);
    return attachment;
}
