/* Facts: info(), check(), segments(), the owner of a lock. The records are dataclasses of shoal._records. */
#include "info.h"

#include "errors.h"
#include "gil.h"
#include "names.h"

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

typedef struct LockList {
    shoal_object **locks; /* a reference to each */
    size_t count, capacity;
} LockList;

/* Called without the GIL. */
static int collect_lock(void *argument, shoal_object *lock)
{
    LockList *list = argument;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        shoal_object **grown = PyMem_RawRealloc(list->locks, capacity * sizeof *grown);
        if (!grown)
            return SHOAL_ENOMEM;
        list->locks = grown;
        list->capacity = capacity;
    }
    list->locks[list->count++] = shoal_object_retain(lock);
    return 0;
}

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
    LockList found = {0};
    int status;
    WITHOUT_GIL(status = shoal_segment_each_lock(attachment->segment, collect_lock, &found));
    PyObject *list = status < 0 ? raise_status(state, status) : PyList_New(0);
    for (size_t i = 0; i < found.count; i++) {
        if (list && append(list, lock_record(state, found.locks[i])) < 0)
            Py_CLEAR(list);
        shoal_object_close(found.locks[i]);
    }
    PyMem_RawFree(found.locks);
    return list;
}

/* {"NdArray": 2, "Value": 7}: how many objects there are of each kind. */
static PyObject *kind_counts(const NameList *names)
{
    long counts[256] = {0};
    for (size_t at = 0; at < names->size; at += (unsigned char)names->bytes[at + 1] + 2u)
        counts[(unsigned char)names->bytes[at]]++;
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

/* ---- info() ------------------------------------------------------------------------------------- */

static PyObject *info_record(SegmentObject *self, Attachment *attachment, const shoal_info *info, const NameList *names)
{
    ModuleState *state = state_of(self);
    PyObject *peers = peer_list(state, attachment, (size_t)info->peers + 16);
    PyObject *locks = peers ? lock_list(state, attachment) : NULL;
    PyObject *kinds = locks ? kind_counts(names) : NULL;
    if (!kinds) {
        Py_XDECREF(peers);
        Py_XDECREF(locks);
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
    NameList names = {0};
    int status = shoal_segment_info(&info, attachment->segment);
    if (status >= 0)
        status = names_collect(&names, attachment);
    PyObject *made = status < 0 ? raise_status(state_of(self), status) : info_record(self, attachment, &info, &names);
    names_free(&names);
    attachment_release(attachment);
    return made;
}

/* ---- check() ------------------------------------------------------------------------------------ */

typedef struct Findings {
    char *bytes; /* sentences, each ended by NUL */
    size_t size;
    bool failed;
} Findings;

/* Called without the GIL and with locks of the segment held. */
static void add_finding(void *argument, const char *finding)
{
    Findings *findings = argument;
    size_t length = strlen(finding) + 1;
    char *grown = PyMem_RawRealloc(findings->bytes, findings->size + length);
    if (!grown) {
        findings->failed = true;
        return;
    }
    memcpy(grown + findings->size, finding, length);
    findings->bytes = grown;
    findings->size += length;
}

static PyObject *finding_list(const Findings *findings)
{
    if (findings->failed)
        return PyErr_NoMemory();
    PyObject *list = PyList_New(0);
    for (size_t at = 0; list && at < findings->size; at += strlen(findings->bytes + at) + 1)
        if (append(list, text(findings->bytes + at)) < 0)
            Py_CLEAR(list);
    return list;
}

PyObject *segment_check(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    Findings findings = {0};
    int status;
    WITHOUT_GIL(status = shoal_check(attachment->segment, add_finding, &findings));
    attachment_release(attachment);
    PyObject *list = status < 0 ? raise_status(state_of(self), status) : finding_list(&findings);
    PyMem_RawFree(findings.bytes);
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
