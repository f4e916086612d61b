/* What the handles on live objects have in common: opening by name, the name, who holds and waits, the way through pickle. */
#include "handle.h"

#include "args.h"
#include "errors.h"
#include "info.h"
#include "kinds.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

PyObject *handle_wrap(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    const Kind *kind = kind_row(shoal_object_kind(object));
    if (kind)
        return kind->wrap(state, attachment, object);
    raise_text(state, SHOAL_EVERSION, "'%s' is of a kind that this version does not know",
               shoal_object_name(object, NULL));
    shoal_object_close(object);
    return NULL;
}

int open_kind(ModuleState *state, Attachment *attachment, Name name, int kind, shoal_object **out)
{
    int status = shoal_object_open_kind(out, attachment->segment, name.text, name.length, kind);
    if (status < 0)
        raise_status(state, status);
    return status < 0 ? -1 : 0;
}

PyObject *handle_reopen(ModuleState *state, Attachment *attachment, PyObject *given, int number, PyObject *extra)
{
    Name name;
    shoal_object *object;
    if (arg_object_name(given, &name) < 0 || open_kind(state, attachment, name, number, &object) < 0)
        return NULL;
    const Kind *kind = kind_row(number);
    return kind && kind->reopen ? kind->reopen(state, attachment, object, extra)
                                : handle_wrap(state, attachment, object);
}

PyObject *handle_new(ModuleState *state, Attachment *attachment, shoal_object *object)
{
    HandleObject *self = PyObject_New(HandleObject, state->kind_types[shoal_object_kind(object)]);
    if (!self) {
        shoal_object_close(object);
        return NULL;
    }
    self->object = object;
    self->attachment = attachment_retain(attachment);
    self->weakrefs = NULL;
    self->identity = shoal_object_identity(object);
    return (PyObject *)self;
}

void handle_dealloc(HandleObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->weakrefs)
        PyObject_ClearWeakRefs((PyObject *)self);
    shoal_object_close(self->object);
    attachment_release(self->attachment);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- Looking ------------------------------------------------------------------------------------ */

/* A process that ends closes its barriers before their handles are gone, while another thread may use them. */
shoal_object *handle_hold(HandleObject *self)
{
    ModuleState *state = state_of(self);
    pthread_mutex_lock(&state->barriers_mutex);
    shoal_object *object = self->object ? shoal_object_retain(self->object) : NULL;
    pthread_mutex_unlock(&state->barriers_mutex);
    if (!object)
        raise_text(state, SHOAL_ECLOSED, "this process is ending and has left its barriers");
    return object;
}

static PyObject *name_of(const shoal_object *object)
{
    size_t length;
    const char *name = shoal_object_name(object, &length);
    return PyUnicode_FromStringAndSize(name, (Py_ssize_t)length);
}

PyObject *handle_name(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_object *object = handle_hold(self);
    PyObject *name = object ? name_of(object) : NULL;
    shoal_object_close(object);
    return name;
}

/* For looks that cannot say themselves why they see nothing. Not of a Barrier, which may be left meanwhile. */
shoal_object *handle_usable(HandleObject *self)
{
    int status = shoal_object_usable(self->object);
    if (status >= 0)
        return self->object;
    raise_status(state_of(self), status);
    return NULL;
}

PyObject *handle_owner(HandleObject *self, void *Py_UNUSED(closure))
{
    shoal_owner owner;
    int status = shoal_lock_owner(&owner, self->object);
    return status < 0 ? raise_status(state_of(self), status) : owner_record(state_of(self), &owner);
}

static PyObject *owners(HandleObject *self, owner_lister lister)
{
    shoal_object *object = handle_hold(self);
    PyObject *list = object ? owner_list(state_of(self), lister, object) : NULL;
    shoal_object_close(object);
    return list;
}

PyObject *handle_holders(HandleObject *self, void *Py_UNUSED(closure))
{
    return owners(self, shoal_object_holders);
}

PyObject *handle_waiters(HandleObject *self, void *Py_UNUSED(closure))
{
    return owners(self, shoal_object_waiters);
}

PyObject *handle_reduce_with(HandleObject *self, PyObject *extra)
{
    shoal_object *object = handle_hold(self);
    if (!object) {
        Py_XDECREF(extra);
        return NULL;
    }
    PyObject *reduced = Py_BuildValue("O(NNiN)", state_of(self)->reopen, attachment_origin(self->attachment),
                                      name_of(object), shoal_object_kind(object), extra);
    shoal_object_close(object);
    return reduced;
}

PyObject *handle_reduce(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    return handle_reduce_with(self, Py_NewRef(Py_False));
}

int handle_begin(shoal_wait *wait, shoal_object *object, HandleObject *Py_UNUSED(self), int operation, uint32_t flags,
                 int64_t argument)
{
    return shoal_wait_begin(wait, object, operation, flags, argument);
}

PyObject *handle_richcompare(HandleObject *self, PyObject *other, int operation)
{
    if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(other) != Py_TYPE(self))
        Py_RETURN_NOTIMPLEMENTED;
    bool same = shoal_identity_equal(self->identity, ((HandleObject *)other)->identity);
    return PyBool_FromLong(same == (operation == Py_EQ));
}

/* Never -1, which is an exception. */
Py_hash_t identity_hash(shoal_identity identity)
{
    Py_hash_t hash = (Py_hash_t)(shoal_identity_hash(identity) >> 3);
    return hash == -1 ? 1 : hash;
}

Py_hash_t handle_hash(HandleObject *self)
{
    return identity_hash(self->identity);
}
