/* Handles on live objects: what the classes of most kinds are. */
#ifndef PHP_SHOAL_HANDLE_H
#define PHP_SHOAL_HANDLE_H

#include "exceptions.h"
#include "kinds.h"

typedef struct shoal_handle {
    shoal_object *object; /* NULL: never made */
    shoal_attachment *attachment;
    bool strict;               /* Lock, Locks */
    zend_string *key;          /* KeyLock */
    zend_object *lock;         /* Condition: its Shoal\\Lock */
    struct shoal_place *place; /* Stream: where it reads */
    zend_long missed;          /* Channel: by all who read through this handle */
    zend_object std;
} shoal_handle;

static inline shoal_handle *php_shoal_handle_of(zend_object *object)
{
    return (shoal_handle *)((char *)object - offsetof(shoal_handle, std));
}

/* The handle of $this, or return from the method with Closed thrown. */
#define SHOAL_THIS_HANDLE(handle)                                                                                      \
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(ZEND_THIS));                                                    \
    if (UNEXPECTED(!handle->object)) {                                                                                 \
        php_shoal_raise_closed(&handle->std);                                                                          \
        RETURN_THROWS();                                                                                               \
    }

/* ---- For the startup and the wrap of a kind ---- */

/* `class` is of handles of its kind. */
void php_shoal_handle_startup(shoal_class *class, zend_class_entry *ce);
/* An object of `class`, not made yet: for a create_object of its own. */
zend_object *php_shoal_handle_create(zend_class_entry *ce, const shoal_class *class);
/* Takes over `object`, adds a reference to `attachment`. */
shoal_handle *php_shoal_handle_make(zval *out, shoal_attachment *attachment, shoal_object *object);
bool php_shoal_handle_wrap(zval *out, shoal_attachment *attachment,
                           shoal_object *object); /* the same: a shoal_class.wrap */

/* ---- For its opener: a method of Segment ---- */

/* The handle of what was opened with `status`, or NULL and an exception. */
shoal_handle *php_shoal_handle_give(zval *out, shoal_attachment *attachment, int status, shoal_object *object);
/* The whole of it, where a name says all. */
typedef int (*shoal_plain_opener)(shoal_object **out, shoal_segment *segment, const char *name, size_t length);
void php_shoal_open_plain(INTERNAL_FUNCTION_PARAMETERS, shoal_plain_opener open);

/* ---- For its properties ---- */

/* For calls of the core that cannot say themselves why they see nothing. */
static inline bool php_shoal_handle_usable(const shoal_handle *handle)
{
    return handle->object && shoal_object_usable(handle->object) >= 0;
}

/* get_name, for SHOAL_PROPERTY, of a `handle` that is usable: `setting` sets `out`. */
#define SHOAL_HANDLE_GETTER(name, setting)                                                                             \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        const shoal_handle *handle = php_shoal_handle_of(object);                                                      \
        if (!php_shoal_handle_usable(handle)) {                                                                        \
            return false;                                                                                              \
        }                                                                                                              \
        setting;                                                                                                       \
        return true;                                                                                                   \
    }

bool php_shoal_handle_name(zend_object *object, zval *out);
bool php_shoal_handle_readonly(zend_object *object, zval *out);

/* ---- For __serialize and __unserialize of a kind that has its own ---- */

bool php_shoal_handle_serialize(const shoal_handle *handle, zval *data);
bool php_shoal_handle_unserialize(shoal_handle *handle, HashTable *data);

#endif
