/*
 * What the files of the PHP binding share. One file is one class; the rest:
 *
 *   attach.c       the context, and which segments this process keeps attached from request to request
 *   encode.c       zval -> MessagePack                     decode.c   MessagePack -> zval
 *   properties.c   readonly properties computed when read  handle.c   what Counter, Lock and the other locks have in common
 *   wait.c         waits that PHP can interrupt            owners.c   who holds, who waits, as arrays
 *   exceptions.c   a status -> an exception
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
 * One segment this thread has attached. Every Segment, NdArray, Counter and lock of the request holds a reference;
 * a kept one has one more, so that the next request of this worker finds it attached.
 */
typedef struct shoal_attachment {
    struct shoal_attachment *next;
    shoal_segment *segment;
    char *name, *path; /* it was opened by; "" when anonymous, the path also of a descriptor. One block */
    int64_t owner;     /* the owner it was opened with: for __serialize */
    uint32_t references;
    bool kept;
} shoal_attachment;

#define SHOAL_SCRATCH 4096 /* bytes: values up to here need no allocation to be copied out */

ZEND_BEGIN_MODULE_GLOBALS(shoal)
    char *directory; /* shoal.directory */
    char *mode;      /* shoal.mode */
    shoal_attachment *attachments;
    bool scratch_lent;
    char scratch[SHOAL_SCRATCH];
    shoal_segment
        *awaited; /* the call waits for its structure's lock while handlers run; NULL: one of them closed it */
    shoal_time script_end;
    bool ending; /* the engine was about to end the script while the core waited */
ZEND_END_MODULE_GLOBALS(shoal)

ZEND_EXTERN_MODULE_GLOBALS(shoal)
#define SHOAL_G(field) ZEND_MODULE_GLOBALS_ACCESSOR(shoal, field)

#if defined(ZTS) && defined(COMPILE_DL_SHOAL)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

/* shoal_create, shoal_open or shoal_open_or_create. */
typedef int (*shoal_opener)(shoal_segment **, shoal_context *, const char *, const shoal_options *);

void php_shoal_context_shutdown(void);
shoal_context *php_shoal_context(void); /* made at the first call; NULL: an exception is thrown */
bool php_shoal_context_exists(void);
int php_shoal_context_use_directory(const char *setting); /* by no thread while another may use it */

/* A new reference, or NULL and an exception. */
shoal_attachment *php_shoal_attach(shoal_opener opener, const char *name, const shoal_options *options);
shoal_attachment *php_shoal_attach_fd(int fd, const shoal_options *options);
shoal_attachment *php_shoal_attachment_retain(shoal_attachment *attachment);
void php_shoal_attachment_release(shoal_attachment *attachment); /* NULL is allowed */
void php_shoal_attachments_sweep(void);                          /* let go of what was unlinked, or is too much */
void php_shoal_attachments_drop(void);                           /* all that are only kept */
void php_shoal_attachments_drop_from(shoal_attachment **first);  /* the same, of another thread that is over */
bool php_shoal_name_allowed(const char *name, size_t length);    /* open_basedir; throws */
bool php_shoal_descriptor_allowed(int fd);                       /* the same, of what it leads to */
bool php_shoal_directory_allowed(void);                          /* the same, of where plain names live */
void php_shoal_environment_note(void);                           /* before anything of a script runs */

/* Handles serialize as the name of their segment: into `data`, or an exception when it has none. */
bool php_shoal_identity(zval *data, const shoal_attachment *attachment, const char *class_name);
shoal_attachment *php_shoal_reattach(HashTable *data);
zend_string *php_shoal_data_string(HashTable *data, const char *key); /* borrowed; NULL: an exception */

/* ---- Exceptions (exceptions.c) -------------------------------------------------------------- */

extern zend_class_entry *php_shoal_ce_closed;

void php_shoal_exceptions_startup(void);
void php_shoal_raise(int status); /* with shoal_error_message() */
void php_shoal_raise_because(int status, const char *format, ...) ZEND_ATTRIBUTE_FORMAT(printf, 2, 3);
void php_shoal_raise_unless_thrown(int status);       /* nothing for status >= 0 */
void php_shoal_raise_closed(zend_object *object);     /* Closed: `object` was closed, or never made */
void php_shoal_raise_unreadable(zend_object *object); /* a property of it: the core's reason, else the same */
void php_shoal_raise_copy(const char *what);          /* Error: what was read is a copy, changing it has no effect */

/* ---- Readonly properties (properties.c) ------------------------------------------------------ */

typedef struct shoal_property {
    const char *name;
    size_t length;
    bool (*get)(zend_object *object, zval *out); /* false: closed */
} shoal_property;
#define SHOAL_PROPERTY(name, get) {name, sizeof(name) - 1, get}
#define SHOAL_PROPERTY_END {NULL, 0, NULL}

/* `handlers` comes first: from an object's handlers we get at the rest. */
typedef struct shoal_class {
    zend_object_handlers handlers;
    const shoal_property *properties;
    int kind; /* enum shoal_kind, of those that are a shoal_handle */
} shoal_class;

/* Fill class->handlers: standard ones, with `properties` readonly, uncloneable, compared by identity. */
void php_shoal_class_init(shoal_class *class, size_t offset, const shoal_property *properties);

/* ---- Waits (wait.c) -------------------------------------------------------------------------- */

/* The core comes back from a wait this often, so that we can look at PHP's interrupts. */
#define SHOAL_SLICE ((shoal_time)50 * 1000 * 1000) /* nanoseconds */

/* ?float $timeout -> a deadline; false: a ValueError was thrown. */
bool php_shoal_deadline(shoal_time *deadline, double timeout, bool is_null, uint32_t argument);
/*
 * Wait as shoal_wait_begin and shoal_wait_until do, with PHP's signal handlers called in between. SHOAL_EINTR: one of
 * them threw, or called exit: nothing is taken. Does not return when max_execution_time is over (one wait lasts no longer
 * either), or a handler made a fatal error: the script ends, and nothing is taken.
 */
/* Calls of this context that wait for the lock of a segment's structure answer interrupts; php_shoal_raise ends them. */
void php_shoal_serve(shoal_context *context);
void php_shoal_closes(const shoal_segment *segment); /* a Segment lets go of it */
void php_shoal_end_if_over(void);
int php_shoal_wait(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline);
/* The same for a wait that was begun. After SHOAL_EINTR it is still, and the caller ends or cancels it. */
int php_shoal_wait_until(shoal_wait *wait, shoal_time deadline);
/*
 * Of a Condition: take the lock back, also with an exception pending; its wait is over then. Below zero: not taken, and an
 * exception is pending. SHOAL_EINTR: (another) handler threw.
 */
int php_shoal_wait_end(shoal_wait *wait, bool *notified);
/* shoal_wait_cancel, and on with the bailout: for a zend_catch. */
ZEND_NORETURN void php_shoal_wait_bailout(shoal_wait *wait);

/* ---- Values (encode.c, decode.c) --------------------------------------------------------------- */

/* false: an exception is thrown. The caller inits and frees the writer. */
bool php_shoal_encode(shoal_writer *writer, zval *value);
bool php_shoal_decode(zval *out, const void *bytes, size_t size);

/* ---- Handles (handle.c): Counter, Lock and the other locks ---------------------------------------- */

typedef struct shoal_handle {
    shoal_object *object; /* NULL: never made */
    shoal_attachment *attachment;
    bool strict;       /* Lock */
    zend_object *lock; /* Condition: its Shoal\\Lock */
    zend_object std;
} shoal_handle;

static inline shoal_handle *php_shoal_handle_of(zend_object *object)
{
    return (shoal_handle *)((char *)object - offsetof(shoal_handle, std));
}

/* For properties whose call of the core cannot say itself why it sees nothing. */
static inline bool php_shoal_handle_usable(const shoal_handle *handle)
{
    return handle->object && shoal_object_usable(handle->object) >= 0;
}

/* Fill `class`, and let `ce` be the class of handles of that kind. */
void php_shoal_handle_startup(shoal_class *class, zend_class_entry *ce, int kind, const shoal_property *properties);
zend_object *php_shoal_handle_new(zend_class_entry *ce, shoal_class *class);
/* Takes over `object`, adds a reference to `attachment`. */
shoal_handle *php_shoal_handle_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);
bool php_shoal_handle_name(zend_object *object, zval *out);     /* the property */
bool php_shoal_handle_readonly(zend_object *object, zval *out); /* the property */
bool php_shoal_handle_serialize(const shoal_handle *handle, zval *data);
bool php_shoal_handle_unserialize(shoal_handle *handle, HashTable *data);
/* Throw what is below zero, unless it is the end of a wait that has thrown already or gives false. True: >= 0. */
bool php_shoal_succeeded(int status);
/*
 * Call back with `object` as the argument; the caller holds its lock, and gives it back by `release`, however the callback
 * ends: also by an exception, or by exit. (Not after a fatal error: the end of the request abandons it.)
 */
void php_shoal_call_holding(zval *out, zval *object, zend_fcall_info *call, zend_fcall_info_cache *cache,
                            int (*release)(shoal_object *));
/* The handle of $this, or return from the method with Closed thrown. */
#define SHOAL_THIS_HANDLE(handle)                                                                                      \
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(ZEND_THIS));                                                    \
    if (UNEXPECTED(!handle->object)) {                                                                                 \
        php_shoal_raise_closed(&handle->std);                                                                          \
        RETURN_THROWS();                                                                                               \
    }
/* ?float $timeout as the last of at most two arguments; the deadline, or return from the method with an exception. */
#define SHOAL_DEADLINE(deadline, timeout, is_null, argument)                                                           \
    shoal_time deadline;                                                                                               \
    if (UNEXPECTED(!php_shoal_deadline(&deadline, timeout, is_null, argument))) {                                      \
        RETURN_THROWS();                                                                                               \
    }

/* Open the live object and see that it is of that kind. < 0: thrown already, or not. */
int php_shoal_open_kind(shoal_object **out, shoal_segment *segment, zend_string *name, int kind);
/* Wrap a live object of any kind: takes over `object`, adds a reference to `attachment`. */
bool php_shoal_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);

/* ---- Owners (owners.c) ------------------------------------------------------------------------------ */

void php_shoal_owner_to_zval(zval *out, const shoal_owner *owner); /* null for nobody */
void php_shoal_owners_to_zval(zval *out, const shoal_owner *owners, size_t count);
/* Properties of the handles. */
bool php_shoal_handle_owner(zend_object *object, zval *out);
bool php_shoal_handle_holders(zend_object *object, zval *out);
bool php_shoal_handle_waiters(zend_object *object, zval *out);

/* ---- Classes --------------------------------------------------------------------------------------- */

extern zend_class_entry *php_shoal_ce_segment;
extern zend_class_entry *php_shoal_ce_ndarray;
extern zend_class_entry *php_shoal_ce_lock;
extern zend_class_entry *php_shoal_ce_bytes;

void php_shoal_segment_startup(void);
void php_shoal_ndarray_startup(void);
void php_shoal_counter_startup(void);
void php_shoal_lock_startup(void);
void php_shoal_rwlock_startup(void);
void php_shoal_semaphore_startup(void);
void php_shoal_event_startup(void);
void php_shoal_condition_startup(void);
void php_shoal_barrier_startup(void);
void php_shoal_bytes_startup(void);

/* Each takes over `object`. segment: takes over `attachment`; the others add a reference. */
void php_shoal_segment_wrap(zval *out, shoal_attachment *attachment, zend_string *name);
bool php_shoal_ndarray_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);
/* Finds its lock by name. */
bool php_shoal_condition_wrap(zval *out, shoal_attachment *attachment, shoal_object *object);

#endif
