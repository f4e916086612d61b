/*
 * What the files of the PHP binding share. One file is one class; the rest:
 *
 *   attach.c       the context, and which segments this process keeps attached from request to request
 *   encode.c       zval -> MessagePack                     decode.c   MessagePack -> zval
 *   properties.c   readonly properties computed when read  handle.c   what Counter and Lock have in common
 *   wait.c         waits that PHP can interrupt            exceptions.c  a status -> an exception
 *
 * No core lock is ever held while one of these allocates, throws or calls back: emalloc may longjmp.
 */
#ifndef PHP_SHOAL_H
#define PHP_SHOAL_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "php.h"

#include "shoal.h"

extern zend_module_entry shoal_module_entry;
#define phpext_shoal_ptr &shoal_module_entry

/* ---- Attached segments (attach.c) ----------------------------------------------------------- */

/*
 * One segment this thread has attached. Every Segment, NdArray, Counter and Lock of the request holds a reference;
 * a kept one has one more, so that the next request of this worker finds it attached.
 */
typedef struct shoal_attachment {
    struct shoal_attachment *next;
    shoal_segment *segment;
    int64_t owner; /* the owner it was opened with: for __serialize */
    uint32_t references;
    bool kept;
} shoal_attachment;

ZEND_BEGIN_MODULE_GLOBALS(shoal)
char *directory; /* shoal.directory */
char *mode;      /* shoal.mode */
shoal_attachment *attachments;
ZEND_END_MODULE_GLOBALS(shoal)

ZEND_EXTERN_MODULE_GLOBALS(shoal)
#define SHOAL_G(field) ZEND_MODULE_GLOBALS_ACCESSOR(shoal, field)

#if defined(ZTS) && defined(COMPILE_DL_SHOAL)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

/* shoal_create, shoal_open or shoal_open_or_create. */
typedef int (*shoal_opener)(shoal_segment **, shoal_context *, const char *, const shoal_options *);

void php_shoal_context_startup(void);
void php_shoal_context_shutdown(void);
shoal_context *php_shoal_context(void); /* made at the first call; NULL: an exception is thrown */
bool php_shoal_context_exists(void);
int php_shoal_context_use_directory(const char *directory);

/* A new reference, or NULL and an exception. */
shoal_attachment *php_shoal_attach(shoal_opener opener, const char *name, const shoal_options *options);
shoal_attachment *php_shoal_attach_fd(int fd, const shoal_options *options);
shoal_attachment *php_shoal_attachment_retain(shoal_attachment *attachment);
void php_shoal_attachment_release(shoal_attachment *attachment); /* NULL is allowed */
void php_shoal_attachments_sweep(void);                          /* let go of what was unlinked, or is too much */
void php_shoal_attachments_drop(void);                           /* all that are only kept */
bool php_shoal_name_allowed(const char *name, size_t length);    /* open_basedir; throws */

/* Handles serialize as the name of their segment: into `data`, or an exception when it has none. */
bool php_shoal_identity(zval *data, const shoal_attachment *attachment, const char *class_name);
shoal_attachment *php_shoal_reattach(HashTable *data);
zend_string *php_shoal_data_string(HashTable *data, const char *key); /* borrowed; NULL: an exception */

/* ---- Exceptions (exceptions.c) -------------------------------------------------------------- */

extern zend_class_entry *php_shoal_ce_closed;

void php_shoal_exceptions_startup(void);
void php_shoal_raise(int status); /* with shoal_error_message() */
void php_shoal_raise_because(int status, const char *format, ...) ZEND_ATTRIBUTE_FORMAT(printf, 2, 3);
void php_shoal_raise_unless_thrown(int status);   /* nothing for status >= 0 */
void php_shoal_raise_closed(zend_object *object); /* Closed: `object` was closed, or never made */
void php_shoal_raise_copy(const char *what);      /* Error: what was read is a copy, changing it has no effect */

/* ---- Readonly properties (properties.c) ------------------------------------------------------ */

typedef struct shoal_property {
    const char *name;
    size_t length;
    bool (*get)(zend_object *object, zval *out); /* false: closed */
} shoal_property;
#define SHOAL_PROPERTY(name, get)                                                                                      \
    {                                                                                                                  \
        name, sizeof(name) - 1, get                                                                                    \
    }
#define SHOAL_PROPERTY_END                                                                                             \
    {                                                                                                                  \
        NULL, 0, NULL                                                                                                  \
    }

/* `handlers` comes first: from an object's handlers we get at its properties. */
typedef struct shoal_class {
    zend_object_handlers handlers;
    const shoal_property *properties;
} shoal_class;

/* Fill class->handlers: standard ones, with `properties` readonly, uncloneable, compared by identity. */
void php_shoal_class_init(shoal_class *class, size_t offset, const shoal_property *properties);

/* ---- Waits (wait.c) -------------------------------------------------------------------------- */

/* Once, until `deadline`. */
typedef int (*shoal_attempt)(void *argument, shoal_time deadline);

/* ?float $timeout -> a deadline; false: a ValueError was thrown. */
bool php_shoal_deadline(shoal_time *deadline, double timeout, bool is_null, uint32_t argument);
/*
 * Attempt until `deadline`, letting PHP's signal handlers run between the slices. SHOAL_EINTR: one of them threw.
 * Does not return when max_execution_time is over (one wait lasts no longer either): the script ends.
 */
int php_shoal_wait(shoal_attempt attempt, void *argument, shoal_time deadline);

/* ---- Values (encode.c, decode.c) --------------------------------------------------------------- */

/* false: an exception is thrown. The caller inits and frees the writer. */
bool php_shoal_encode(shoal_writer *writer, zval *value);
bool php_shoal_decode(zval *out, const void *bytes, size_t size);

/* ---- Handles (handle.c): Counter and Lock ------------------------------------------------------- */

typedef struct shoal_handle {
    shoal_object *object; /* NULL: never made */
    shoal_attachment *attachment;
    bool strict; /* Lock */
    zend_object std;
} shoal_handle;

static inline shoal_handle *php_shoal_handle_of(zend_object *object)
{
    return (shoal_handle *)((char *)object - offsetof(shoal_handle, std));
}

zend_object *php_shoal_handle_new(zend_class_entry *ce, shoal_class *class);
void php_shoal_handle_free(zend_object *object);
int php_shoal_handle_compare(zval *left, zval *right);
bool php_shoal_handle_name(zend_object *object, zval *out);     /* the property */
bool php_shoal_handle_readonly(zend_object *object, zval *out); /* the property */
void php_shoal_handle_serialize(shoal_handle *handle, zval *data);
bool php_shoal_handle_unserialize(shoal_handle *handle, HashTable *data, int kind);
/* The handle of $this, or return from the method with Closed thrown. */
#define SHOAL_THIS_HANDLE(handle)                                                                                      \
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(ZEND_THIS));                                                    \
    if (UNEXPECTED(!handle->object)) {                                                                                 \
        php_shoal_raise_closed(&handle->std);                                                                          \
        RETURN_THROWS();                                                                                               \
    }

/* Open the live object and see that it is of that kind. < 0: thrown already, or not. */
int php_shoal_open_kind(shoal_object **out, shoal_segment *segment, zend_string *name, int kind);
/* Wrap a live object of any kind: takes over `object`, adds a reference to `attachment`. */
bool php_shoal_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);

/* ---- Classes --------------------------------------------------------------------------------------- */

extern zend_class_entry *php_shoal_ce_segment;
extern zend_class_entry *php_shoal_ce_ndarray;
extern zend_class_entry *php_shoal_ce_counter;
extern zend_class_entry *php_shoal_ce_lock;
extern zend_class_entry *php_shoal_ce_bytes;

void php_shoal_segment_startup(void);
void php_shoal_ndarray_startup(void);
void php_shoal_counter_startup(void);
void php_shoal_lock_startup(void);
void php_shoal_bytes_startup(void);

/* Each takes over `object`. segment: takes over `attachment`; the others add a reference. */
void php_shoal_segment_wrap(zval *out, shoal_attachment *attachment, zend_string *name);
bool php_shoal_ndarray_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);
void php_shoal_counter_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);
void php_shoal_owner_to_zval(zval *out, const shoal_owner *owner); /* null for nobody */
void php_shoal_lock_wrap(zval *out, shoal_attachment *attachment, shoal_object *object, bool strict);

#endif
