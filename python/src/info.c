/* Facts: info(), check(), segments(), the owner of a lock. The records are dataclasses of shoal._records. */
#include "info.h"

#include "errors.h"
#include "gil.h"

static PyObject *record(ModuleState *state, const char *name, PyObject *fields)
{
    if (!fields)
        return NULL;
    PyObject *records = once_get(&state->records);
    if (!records)
        records = once_put(&state->records, NULL, PyImport_ImportModule("shoal._records"));
    PyObject *class = records ? PyObject_GetAttrString(records, name) : NULL;
    PyObject *made = class ? PyObject_Call(class, fields, NULL) : NULL;
    Py_XDECREF(class);
    Py_DECREF(fields);
    return made;
}

/* Names of processes and of files may be in any encoding. */
static PyObject *text(const char *bytes)
{
    return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)strlen(bytes), "replace");
}

static const char *lifetime_name(uint32_t lifetime)
{
    return lifetime == SHOAL_SHARED ? "shared" : "persistent";
}

PyObject *owner_record(ModuleState *state, const shoal_owner *owner)
{
    if (owner->pid == 0)
        Py_RETURN_NONE;
    return record(state, "Owner",
                  Py_BuildValue("(iidNNI)", (int)owner->pid, (int)owner->thread, owner->since, text(owner->program),
                                PyBool_FromLong(owner->alive), owner->count));
}

/* Append `item`, which is taken over. */
static int append(PyObject *list, PyObject *item)
{
    int result = item ? PyList_Append(list, item) : -1;
    Py_XDECREF(item);
    return result;
}

/* ---- Peers -------------------------------------------------------------------------------------- */

static PyObject *peer_record(ModuleState *state, const shoal_peer *peer)
{
    return record(state, "Peer",
                  Py_BuildValue("(iidNN)", (int)peer->slot, (int)peer->pid, peer->since, text(peer->program),
                                PyBool_FromLong(peer->alive)));
}

static PyObject *peer_list(ModuleState *state, Attachment *attachment, size_t limit)
{
    shoal_peer *peers = PyMem_Calloc(limit + 1, sizeof *peers);
    if (!peers)
        return PyErr_NoMemory();
    size_t count = 0;
    int status = shoal_segment_peers(peers, limit, &count, attachment->segment);
    PyObject *list = status < 0 ? raise_status(state, status) : PyList_New(0);
    for (size_t i = 0; list && i < count && i < limit; i++)
        if (append(list, peer_record(state, &peers[i])) < 0)
            Py_CLEAR(list);
    PyMem_Free(peers);
    return list;
}

/* ---- Who holds and who waits -------------------------------------------------------------------- */

/* All that `lister` has, in memory to be freed with PyMem_RawFree. GIL not held: it may ask the kernel who lives. */
static int collect_owners(shoal_owner **out, size_t *count, owner_lister lister, const shoal_object *object)
{
    size_t limit = 16;
    *out = NULL;
    for (;;) {
        shoal_owner *grown = PyMem_RawRealloc(*out, limit * sizeof *grown);
        if (!grown)
            return SHOAL_ENOMEM;
        *out = grown;
        int status = lister(*out, limit, count, object);
        if (status < 0 || *count <= limit)
            return status;
        limit = *count + *count / 4;
    }
}

PyObject *owner_list(ModuleState *state, owner_lister lister, const shoal_object *object)
{
    shoal_owner *owners;
    size_t count = 0;
    int status;
    WITHOUT_GIL(status = collect_owners(&owners, &count, lister, object));
    PyObject *list = status < 0 ? raise_status(state, status) : PyList_New(0);
    for (size_t i = 0; list && i < count; i++)
        if (append(list, owner_record(state, &owners[i])) < 0)
            Py_CLEAR(list);
    PyMem_RawFree(owners);
    return list;
}

/* ---- Locks -------------------------------------------------------------------------------------- */

static PyObject *lock_record(ModuleState *state, const shoal_object *lock)
{
    size_t length;
    const char *name = shoal_object_name(lock, &length);
    PyObject *holders = owner_list(state, shoal_object_holders, lock);
    PyObject *waiters = holders ? owner_list(state, shoal_object_waiters, lock) : NULL;
    if (!waiters) {
        Py_XDECREF(holders);
        return NULL;
    }
    return record(
        state, "LockInfo",
        Py_BuildValue("(s#sNN)", name, (Py_ssize_t)length, shoal_kind_name(shoal_object_kind(lock)), holders, waiters));
}

static PyObject *lock_list(ModuleState *state, Attachment *attachment)
{
    shoal_object **locks;
    size_t count;
    int status;
    WITHOUT_GIL(status = shoal_segment_locks(&locks, &count, attachment->segment));
    PyObject *list = status < 0 ? raise_status(state, status) : PyList_New(0);
    for (size_t i = 0; i < count; i++) {
        if (list && append(list, lock_record(state, locks[i])) < 0)
            Py_CLEAR(list);
        shoal_object_close(locks[i]);
    }
    shoal_list_free(locks);
    return list;
}

/* {"NdArray": 2, "Value": 7}: how many objects there are of each kind. */
static PyObject *kind_dict(const shoal_text *names, size_t size)
{
    long counts[256] = {0};
    for (size_t i = 0; i < size; i++)
        counts[(unsigned char)names[i].kind]++;
    PyObject *dict = PyDict_New();
    for (int kind = 0; dict && kind < 256; kind++) {
        if (!counts[kind])
            continue;
        PyObject *count = PyLong_FromLong(counts[kind]);
        if (!count || PyDict_SetItemString(dict, shoal_kind_name(kind), count) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(count);
    }
    return dict;
}

static PyObject *kind_counts(ModuleState *state, Attachment *attachment)
{
    shoal_text *names;
    size_t count;
    int status;
    WITHOUT_GIL(status = shoal_object_names(&names, &count, attachment->segment));
    PyObject *dict = status < 0 ? raise_status(state, status) : kind_dict(names, count);
    shoal_list_free(names);
    return dict;
}

/* ---- info() ------------------------------------------------------------------------------------- */

static PyObject *info_record(SegmentObject *self, Attachment *attachment, const shoal_info *info)
{
    ModuleState *state = state_of(self);
    PyObject *kinds = kind_counts(state, attachment);
    PyObject *peers = kinds ? peer_list(state, attachment, (size_t)info->peers + 16) : NULL;
    PyObject *locks = peers ? lock_list(state, attachment) : NULL;
    if (!locks) {
        Py_XDECREF(kinds);
        Py_XDECREF(peers);
        return NULL;
    }
    return record(state, "Info",
                  Py_BuildValue("(OKKKKKNNNIIIsIIId)", self->name, (unsigned long long)info->size,
                                (unsigned long long)info->used, (unsigned long long)info->committed,
                                (unsigned long long)info->largest_free, (unsigned long long)info->objects, kinds, peers,
                                locks, info->peer_limit, info->removed, info->recoveries, lifetime_name(info->lifetime),
                                info->mode, info->owner, info->format, info->created));
}

PyObject *segment_info(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    shoal_info info;
    int status = shoal_segment_info(&info, attachment->segment);
    PyObject *made = status < 0 ? raise_status(state_of(self), status) : info_record(self, attachment, &info);
    attachment_release(attachment);
    return made;
}

/* ---- check() ------------------------------------------------------------------------------------ */

PyObject *segment_check(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_text *findings;
    size_t count;
    int status;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    WITHOUT_GIL(status = shoal_check_findings(&findings, &count, attachment->segment));
    attachment_release(attachment);
    PyObject *list = status < 0 ? raise_status(state_of(self), status) : PyList_New(0);
    for (size_t i = 0; list && i < count; i++)
        if (append(list, text(findings[i].text)) < 0)
            Py_CLEAR(list);
    shoal_list_free(findings);
    return list;
}

/* ---- segments() --------------------------------------------------------------------------------- */

static PyObject *listed_record(ModuleState *state, const shoal_listed *listed)
{
    return record(state, "SegmentInfo",
                  Py_BuildValue("(NKKKIIIsd)", text(listed->name), (unsigned long long)listed->size,
                                (unsigned long long)listed->used, (unsigned long long)listed->committed, listed->peers,
                                listed->owner, listed->mode, lifetime_name(listed->lifetime), listed->created));
}

PyObject *listed_segments(ModuleState *state)
{
    shoal_listed *listed = NULL;
    size_t count = 0;
    int status;
    WITHOUT_GIL(status = shoal_list(&listed, &count, state->context));
    PyObject *list = status < 0 ? raise_status(state, status) : PyList_New(0);
    for (size_t i = 0; list && i < count; i++)
        if (append(list, listed_record(state, &listed[i])) < 0)
            Py_CLEAR(list);
    shoal_list_free(listed);
    return list;
}
