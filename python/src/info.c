/* Facts: info(), check(), segments(), who holds and who waits. The records are dataclasses of shoal._records. */
#include "info.h"

#include "errors.h"
#include "gil.h"
#include "value.h"

PyObject *record_new(ModuleState *state, const char *name, PyObject *fields)
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
    return record_new(state, "Owner",
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

/* ---- info() ------------------------------------------------------------------------------------- */

/* A dict of what the core describes, as any Value is read. */
static PyObject *description(ModuleState *state, Attachment *attachment)
{
    shoal_writer writer;
    int status;
    shoal_writer_init(&writer);
    WITHOUT_GIL(status = shoal_segment_describe(&writer, attachment->segment));
    PyObject *facts = status < 0 ? raise_status(state, status) : value_read(state, writer.bytes, writer.size);
    shoal_writer_free(&writer);
    return facts;
}

PyObject *segment_info(SegmentObject *self, PyObject *Py_UNUSED(unused))
{
    Attachment *attachment = segment_attachment(self);
    PyObject *facts = attachment ? description(state_of(self), attachment) : NULL;
    attachment_release(attachment);
    return facts ? record_new(state_of(self), "described", Py_BuildValue("(ON)", self->name, facts)) : NULL;
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
    return record_new(state, "SegmentInfo",
                      Py_BuildValue("(NKKKIIIsd)", text(listed->name), (unsigned long long)listed->size,
                                    (unsigned long long)listed->used, (unsigned long long)listed->committed,
                                    listed->peers, listed->owner, listed->mode, lifetime_name(listed->lifetime),
                                    listed->created));
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
