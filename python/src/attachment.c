/* One open of a segment, shared by the Segment and every object it handed out; and its way through pickle. */
#include "attachment.h"

#include <fcntl.h>
#include <unistd.h>

#include "errors.h"
#include "gil.h"

static void close_segment(shoal_segment *segment)
{
    WITHOUT_GIL(shoal_close(segment));
}

Attachment *attachment_new(shoal_segment *segment, PyObject *name, PyObject *path, int64_t owner)
{
    Attachment *made = PyMem_Malloc(sizeof *made);
    if (!made) {
        close_segment(segment);
        PyErr_NoMemory();
        return NULL;
    }
    made->references = 1;
    made->segment = segment;
    made->name = Py_NewRef(name);
    made->path = Py_NewRef(path);
    made->owner = owner;
    return made;
}

Attachment *attachment_retain(Attachment *attachment)
{
    count_up(&attachment->references);
    return attachment;
}

void attachment_release(Attachment *attachment)
{
    if (!attachment || count_down(&attachment->references) > 0)
        return;
    close_segment(attachment->segment);
    Py_DECREF(attachment->name);
    Py_DECREF(attachment->path);
    PyMem_Free(attachment);
}

/* ---- Pickling: (name, path, id, readonly, owner, pid, fd) --------------------------------------- */

typedef struct Origin {
    PyObject *name;
    PyObject *path; /* bytes; empty when anonymous */
    const char *id;
    int readonly;
    long long owner;
    int pid, fd;
} Origin;

PyObject *attachment_origin(Attachment *attachment)
{
    shoal_segment *segment = attachment->segment;
    return Py_BuildValue("(OOsNLii)", attachment->name, attachment->path, shoal_segment_id(segment),
                         PyBool_FromLong(shoal_segment_readonly(segment)), (long long)attachment->owner, (int)getpid(),
                         shoal_segment_fd(segment));
}

static bool is_same(shoal_segment *segment, const Origin *origin)
{
    return strcmp(shoal_segment_id(segment), origin->id) == 0;
}

/* Keep `segment` if it is the one that was pickled, not another that has taken its name since. */
static int keep_same(shoal_segment **segment, const Origin *origin)
{
    if (is_same(*segment, origin))
        return SHOAL_OK;
    shoal_close(*segment);
    *segment = NULL;
    return SHOAL_ENOTFOUND;
}

/* By its path. GIL not held. */
static int open_by_path(shoal_segment **out, shoal_context *context, const Origin *origin, const shoal_options *options)
{
    const char *path = PyBytes_AS_STRING(origin->path);
    int status = *path ? shoal_open(out, context, path, options) : SHOAL_ENOTFOUND;
    return status < 0 ? status : keep_same(out, origin);
}

/*
 * Through the descriptor of the process that pickled it: for anonymous memory, and for a segment whose name
 * was taken away. The descriptor may be another file's by now, hence the id. GIL not held.
 */
static int open_by_descriptor(shoal_segment **out, shoal_context *context, const Origin *origin,
                              const shoal_options *options)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/fd/%d", origin->pid, origin->fd);
    int fd = open(link, O_PATH | O_CLOEXEC); /* not opened before the core has seen that it is a file */
    if (fd < 0)
        return SHOAL_ENOTFOUND;
    int status = shoal_open_fd(out, context, fd, options);
    close(fd);
    return status < 0 ? status : keep_same(out, origin);
}

static shoal_segment *open_origin(ModuleState *state, const Origin *origin)
{
    shoal_segment *segment = NULL;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = origin->readonly != 0;
    options.owner = origin->owner;
    int first, second = SHOAL_OK;
    WITHOUT_GIL(first = open_by_path(&segment, state->context, origin, &options));
    if (first < 0 && first != STATUS_RAISED)
        WITHOUT_GIL(second = open_by_descriptor(&segment, state->context, origin, &options));
    if (first == SHOAL_ENOTFOUND && second < 0 && second != STATUS_RAISED)
        raise_text(state, SHOAL_ENOTFOUND,
                   "the pickled segment %R (id %s) is gone: its name no longer leads to it, and process %d, which "
                   "pickled it, does not have it open",
                   origin->name, origin->id, origin->pid);
    else if (second < 0)
        raise_status(state, second);
    return segment;
}

Attachment *attachment_of_origin(ModuleState *state, PyObject *tuple)
{
    Origin origin;
    if (!PyTuple_Check(tuple)) {
        PyErr_SetString(PyExc_TypeError, "the place of a segment must be a tuple");
        return NULL;
    }
    if (!PyArg_ParseTuple(tuple, "OSspLii:shoal", &origin.name, &origin.path, &origin.id, &origin.readonly,
                          &origin.owner, &origin.pid, &origin.fd))
        return NULL;
    shoal_segment *segment = open_origin(state, &origin);
    return segment ? attachment_new(segment, origin.name, origin.path, origin.owner) : NULL;
}
