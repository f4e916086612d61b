/* Facts: info(), check(), segments(), the owner of a lock. The records are dataclasses of shoal._records. */
#include "binding.h"

static PyObject *record(ModuleState *state, const char *name, PyObject *fields)
{
    if (!fields)
        return NULL;
    if (!state->records)
        state->records = PyImport_ImportModule("shoal._records");
    PyObject *class = state->records ? PyObject_GetAttrString(state->records, name) : NULL;
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
                  Py_BuildValue("(iidNN)", (int)owner->pid, (int)owner->thread, owner->since, text(owner->program),
                                PyBool_FromLong(owner->alive)));
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

/* ---- Locks -------------------------------------------------------------------------------------- */

/* One that was removed since its name was read is left out. */
static int append_lock(ModuleState *state, Attachment *attachment, PyObject *list, const char *name, size_t length)
{
    shoal_object *lock;
    shoal_owner owner;
    if (shoal_object_open(&lock, attachment->segment, name, length) < 0)
        return 0;
    int status = shoal_object_kind(lock) == SHOAL_KIND_LOCK ? shoal_lock_owner(&owner, lock) : -1;
    shoal_object_close(lock);
    if (status < 0)
        return 0;
    PyObject *holder = owner_record(state, &owner);
    PyObject *fields = holder ? Py_BuildValue("(s#N)", name, (Py_ssize_t)length, holder) : NULL;
    return append(list, record(state, "LockInfo", fields));
}

static PyObject *lock_list(ModuleState *state, Attachment *attachment, const NameList *names)
{
    PyObject *list = PyList_New(0);
    for (size_t at = 0; list && at < names->size;) {
        size_t length = (unsigned char)names->bytes[at + 1];
        if (names->bytes[at] == SHOAL_KIND_LOCK &&
            append_lock(state, attachment, list, names->bytes + at + 2, length) < 0)
            Py_CLEAR(list);
        at += length + 2;
    }
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
    PyObject *locks = peers ? lock_list(state, attachment, names) : NULL;
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
    attachment_retain(attachment);
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
    attachment_retain(attachment);
    Py_BEGIN_ALLOW_THREADS status = shoal_check(attachment->segment, add_finding, &findings);
    Py_END_ALLOW_THREADS attachment_release(attachment);
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
    Py_BEGIN_ALLOW_THREADS status = shoal_list(&listed, &count, state->context);
    Py_END_ALLOW_THREADS PyObject *list = status < 0 ? raise_status(state, status) : PyList_New(0);
    for (size_t i = 0; list && i < count; i++)
        if (append(list, listed_record(state, &listed[i])) < 0)
            Py_CLEAR(list);
    shoal_list_free(listed);
    return list;
}
