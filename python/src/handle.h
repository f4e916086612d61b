/* What the handles on live objects have in common, and how one is opened by name. */
#ifndef SHOAL_PYTHON_HANDLE_H
#define SHOAL_PYTHON_HANDLE_H

#include "attachment.h"
#include "binding.h"

/* A Counter, an Event, ...: a handle on a live object that is no NdArray. Kinds that keep more begin with one. */
typedef struct HandleObject {
    PyObject_HEAD
    shoal_object *object; /* of a Barrier: NULL once they were left: handle_hold */
    Attachment *attachment;
    PyObject *weakrefs;
    shoal_identity identity;
} HandleObject;

/* The Python object of whatever live object it is: takes over `object`. */
PyObject *handle_wrap(ModuleState *state, Attachment *attachment, shoal_object *object);
/* Open the object `name`, which must be of `kind`. */
int open_kind(ModuleState *state, Attachment *attachment, Name name, int kind, shoal_object **out);
/* Open what was pickled: name, kind, and what the kind's __reduce__ put in besides. */
PyObject *handle_reopen(ModuleState *state, Attachment *attachment, PyObject *name, int kind, PyObject *extra);

/* A handle with nothing of its kind's own: takes over `object`. */
PyObject *handle_new(ModuleState *state, Attachment *attachment, shoal_object *object);
void handle_dealloc(HandleObject *self);
shoal_object *handle_hold(HandleObject *self);   /* a reference; NULL with Closed after barriers_leave */
shoal_object *handle_usable(HandleObject *self); /* raises where the handle is not this forked process's */
int handle_begin(shoal_wait *wait, shoal_object *object, HandleObject *self, int operation, uint32_t flags,
                 int64_t argument);

PyObject *handle_name(HandleObject *self, void *closure);
PyObject *handle_owner(HandleObject *self, void *closure); /* of a Lock or an RWLock */
PyObject *handle_holders(HandleObject *self, void *closure);
PyObject *handle_waiters(HandleObject *self, void *closure);
PyObject *handle_reduce(HandleObject *self, PyObject *unused);
PyObject *handle_reduce_with(HandleObject *self, PyObject *extra); /* takes over `extra` */
/* Handles of one object are equal, whatever attach they come through. */
PyObject *handle_richcompare(HandleObject *self, PyObject *other, int operation);
Py_hash_t handle_hash(HandleObject *self);
Py_hash_t identity_hash(shoal_identity identity);
#define HANDLE_IDENTITY                                                                                                \
    {Py_tp_richcompare, handle_richcompare},                                                                           \
    {                                                                                                                  \
        Py_tp_hash, handle_hash                                                                                        \
    }
#define HANDLE_WEAKREFS {"__weaklistoffset__", T_PYSSIZET, offsetof(HandleObject, weakrefs), READONLY, NULL}

#endif
