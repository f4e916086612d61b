/* The module shoal._shoal: its functions, its state, its types. */
#include "args.h"
#include "attachment.h"
#include "barrier.h"
#include "errors.h"
#include "gil.h"
#include "handle.h"
#include "info.h"
#include "kinds.h"
#include "ndarray.h"
#include "segment.h"
#include "types.h"
#include "wait_object.h"

static ModuleState *module_state(PyObject *module)
{
    return PyModule_GetState(module);
}

/* ---- create(), open(), open_or_create() ---------------------------------------------------------- */

typedef int (*opener)(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options);

/* Takes over `path`; NULL: what was opened had no name. */
static PyObject *wrap_segment(ModuleState *state, shoal_segment *segment, PyObject *name, char *path, int64_t owner)
{
    PyObject *bytes = PyBytes_FromString(path ? path : "");
    free(path);
    Attachment *attachment = bytes ? attachment_new(segment, name, bytes, owner) : NULL;
    if (!bytes)
        shoal_close(segment);
    Py_XDECREF(bytes);
    return attachment ? segment_new(state, attachment) : NULL;
}

/* The name as the user will see it in Segment.name: what was given, a path as str, None. */
static PyObject *shown_name(PyObject *given, PyObject *bytes)
{
    if (PyUnicode_CheckExact(given))
        return Py_NewRef(given);
    return PyUnicode_DecodeFSDefaultAndSize(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes));
}

/* Each open has the path of its own name: an attach may have been opened by another before. GIL not held. */
static int open_and_resolve(shoal_segment **segment, char **path, shoal_context *context, opener opener,
                            const char *name, const shoal_options *options)
{
    int status = opener(segment, context, name, options);
    int resolved = status < 0 ? status : shoal_resolve(path, context, name);
    if (status >= 0 && resolved < 0)
        shoal_close(*segment);
    return resolved;
}

static PyObject *open_named(ModuleState *state, opener opener, PyObject *given, const shoal_options *options)
{
    PyObject *bytes = arg_segment_name(given);
    PyObject *name = bytes ? shown_name(given, bytes) : NULL;
    shoal_segment *segment = NULL;
    char *path = NULL;
    int status = STATUS_RAISED;
    if (name) {
        WITHOUT_GIL(status =
                        open_and_resolve(&segment, &path, state->context, opener, PyBytes_AS_STRING(bytes), options));
    }
    PyObject *made =
        status < 0 ? raise_status(state, status) : wrap_segment(state, segment, name, path, options->owner);
    Py_XDECREF(bytes);
    Py_XDECREF(name);
    return made;
}

static PyObject *create_anonymous(ModuleState *state, const shoal_options *options)
{
    shoal_segment *segment = NULL;
    int status;
    WITHOUT_GIL(status = shoal_create(&segment, state->context, NULL, options));
    return status < 0 ? raise_status(state, status) : wrap_segment(state, segment, Py_None, NULL, options->owner);
}

static PyObject *open_descriptor(ModuleState *state, PyObject *given, const shoal_options *options)
{
    if (options->plain) {
        PyErr_SetString(PyExc_ValueError, "a file descriptor is not a plain name, and paths=False allows only such");
        return NULL;
    }
    int fd = PyObject_AsFileDescriptor(given);
    if (fd < 0)
        return NULL;
    shoal_segment *segment = NULL;
    int status;
    WITHOUT_GIL(status = shoal_open_fd(&segment, state->context, fd, options));
    return status < 0 ? raise_status(state, status) : wrap_segment(state, segment, Py_None, NULL, options->owner);
}

/* size, mode, group, lifetime: those of a segment that may have to be made. */
static int creation_options(ModuleState *state, PyObject **given, shoal_options *options)
{
    shoal_options_init(options);
    return arg_size(state, given[0], &options->size) < 0 || arg_mode(given[1], &options->mode) < 0 ||
                   arg_group(given[2], &options->group) < 0 || arg_lifetime(given[3], &options->lifetime) < 0
               ? -1
               : 0;
}

static PyObject *shoal_create_(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "size", "mode", "group", "lifetime", "paths", NULL};
    static const Signature signature = {"create", names, 2, 0};
    ModuleState *state = module_state(module);
    PyObject *given[6];
    shoal_options options;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || creation_options(state, given + 1, &options) < 0 ||
        arg_paths(given[5], &options.plain) < 0)
        return NULL;
    if (!given[0] || given[0] == Py_None)
        return create_anonymous(state, &options);
    return open_named(state, shoal_create, given[0], &options);
}

static PyObject *shoal_open_(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "readonly", "owner", "paths", NULL};
    static const Signature signature = {"open", names, 1, 1};
    ModuleState *state = module_state(module);
    PyObject *given[4];
    shoal_options options;
    shoal_options_init(&options);
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_bool(given[1], false, &options.readonly) < 0 ||
        arg_owner(given[2], &options.owner) < 0 || arg_paths(given[3], &options.plain) < 0)
        return NULL;
    if (PyLong_Check(given[0]) && !PyBool_Check(given[0]))
        return open_descriptor(state, given[0], &options);
    return open_named(state, shoal_open, given[0], &options);
}

static PyObject *shoal_open_or_create_(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "size", "mode", "group", "lifetime", "owner", "paths", NULL};
    static const Signature signature = {"open_or_create", names, 2, 1};
    ModuleState *state = module_state(module);
    PyObject *given[7];
    shoal_options options;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || creation_options(state, given + 1, &options) < 0 ||
        arg_owner(given[5], &options.owner) < 0 || arg_paths(given[6], &options.plain) < 0)
        return NULL;
    return open_named(state, shoal_open_or_create, given[0], &options);
}

static PyObject *shoal_unlink_(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "paths", NULL};
    static const Signature signature = {"unlink", names, 1, 1};
    ModuleState *state = module_state(module);
    PyObject *given[2];
    bool plain;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_paths(given[1], &plain) < 0)
        return NULL;
    PyObject *name = arg_segment_name(given[0]);
    if (!name)
        return NULL;
    int status = plain ? shoal_plain_name(PyBytes_AS_STRING(name)) : SHOAL_OK;
    if (status == SHOAL_OK) {
        WITHOUT_GIL(status = shoal_unlink(state->context, PyBytes_AS_STRING(name)));
    }
    Py_DECREF(name);
    if (status < 0)
        return raise_status(state, status);
    Py_RETURN_NONE;
}

static PyObject *shoal_backup_(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"segment", "path", "overwrite", NULL};
    static const Signature signature = {"backup", names, 2, 2};
    ModuleState *state = module_state(module);
    PyObject *given[3], *path;
    bool overwrite;
    int status;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_bool(given[2], false, &overwrite) < 0)
        return NULL;
    if (!Py_IS_TYPE(given[0], state->segment_type))
        return PyErr_Format(PyExc_TypeError, "backup() takes a Segment, not %.100s", Py_TYPE(given[0])->tp_name);
    Attachment *attachment = segment_attachment((SegmentObject *)given[0]);
    if (!attachment || !PyUnicode_FSConverter(given[1], &path)) {
        attachment_release(attachment);
        return NULL;
    }
    WITHOUT_GIL(status = shoal_segment_backup(attachment->segment, PyBytes_AS_STRING(path), overwrite));
    attachment_release(attachment);
    Py_DECREF(path);
    if (status < 0)
        return raise_status(state, status);
    Py_RETURN_NONE;
}

static PyObject *shoal_segments_(PyObject *module, PyObject *Py_UNUSED(unused))
{
    return listed_segments(module_state(module));
}

static PyObject *release_all(PyObject *module, PyObject *Py_UNUSED(unused))
{
    int count;
    shoal_context *context = module_state(module)->context;
    WITHOUT_GIL(count = shoal_context_abandon_locks(context, false));
    return PyLong_FromLong(count);
}

static PyObject *thread_number(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromUnsignedLongLong(shoal_thread_number());
}

static PyObject *leave_barriers(PyObject *module, PyObject *Py_UNUSED(unused))
{
    barriers_leave(module_state(module));
    Py_RETURN_NONE;
}

static PyObject *end_segment(PyObject *module, PyObject *segment)
{
    ModuleState *state = module_state(module);
    if (!Py_IS_TYPE(segment, state->segment_type))
        return PyErr_Format(PyExc_TypeError, "_end() takes a Segment, not %.100s", Py_TYPE(segment)->tp_name);
    Attachment *attachment = segment_attachment((SegmentObject *)segment);
    if (!attachment)
        return NULL;
    WITHOUT_GIL(shoal_segment_end(attachment->segment));
    Py_RETURN_NONE;
}

/* ---- Unpickling --------------------------------------------------------------------------------- */

static PyObject *unpickle_segment(PyObject *module, PyObject *origin)
{
    ModuleState *state = module_state(module);
    Attachment *attachment = attachment_of_origin(state, origin);
    return attachment ? segment_new(state, attachment) : NULL;
}

/* (origin, name, kind, what else the kind needs) */
static PyObject *unpickle_object(PyObject *module, PyObject *arguments)
{
    PyObject *origin, *name, *extra;
    int kind;
    if (!PyArg_ParseTuple(arguments, "O!OiO:_reopen", &PyTuple_Type, &origin, &name, &kind, &extra))
        return NULL;
    ModuleState *state = module_state(module);
    Attachment *attachment = attachment_of_origin(state, origin);
    if (!attachment)
        return NULL;
    PyObject *made = handle_reopen(state, attachment, name, kind, extra);
    attachment_release(attachment);
    return made;
}

static PyObject *unpickle_detached(PyObject *module, PyObject *arguments)
{
    PyObject *dtype, *shape, *bytes;
    if (!PyArg_ParseTuple(arguments, "OOS:_detached", &dtype, &shape, &bytes))
        return NULL;
    return ndarray_rebuild_detached(module_state(module), dtype, shape, bytes);
}

/* ---- The module --------------------------------------------------------------------------------- */

static PyMethodDef module_methods[] = {
    METHOD("create", shoal_create_, FASTCALL,
           "create($module, /, name=None, size='64M', *, mode=0o600, group=None, lifetime='persistent', "
           "paths=True)\n--\n\nCreate a segment; without a name, of anonymous memory. AlreadyExists if the name is "
           "taken."),
    METHOD("open", shoal_open_, FASTCALL,
           "open($module, /, name, *, readonly=False, owner=None, paths=True)\n--\n\nAttach the segment of that name, "
           "path or "
           "file descriptor. NotFound if there is none. paths=False: a plain name only, for names that users give."),
    METHOD("open_or_create", shoal_open_or_create_, FASTCALL,
           "open_or_create($module, /, name, size='64M', *, mode=0o600, group=None, lifetime='persistent', owner=None, "
           "paths=True)\n--\n\nAttach the segment of that name, or create it."),
    METHOD("unlink", shoal_unlink_, FASTCALL,
           "unlink($module, /, name, *, paths=True)\n--\n\nUnlink the name; attached processes keep their memory."),
    METHOD("backup", shoal_backup_, FASTCALL,
           "backup($module, /, segment, path, *, overwrite=False)\n--\n\nWrite a sound copy of a segment that others "
           "may be writing, as the file path. AlreadyExists if it exists."),
    METHOD("segments", shoal_segments_, METH_NOARGS,
           "segments($module, /)\n--\n\nThe segments of this host that may be read: a list of SegmentInfo."),
    METHOD("release_all", release_all, METH_NOARGS,
           "release_all($module, /)\n--\n\nGive up every lock, read, write and permit that this thread holds, as if it "
           "had died: their next takers see `recovered`. Return how many there were."),
    METHOD("_thread_number", thread_number, METH_NOARGS,
           "The number of this thread, which no other thread of this process ever has."),
    METHOD("_leave_barriers", leave_barriers, METH_NOARGS, "Leave all barriers, at the end of the process."),
    METHOD("_end", end_segment, METH_O, "Detach from a Segment at the end of this process, which does not close it."),
    METHOD("_reattach", unpickle_segment, METH_O, "Unpickle a Segment."),
    METHOD("_reopen", unpickle_object, METH_VARARGS, "Unpickle a live object."),
    METHOD("_detached", unpickle_detached, METH_VARARGS, "Unpickle a detached NdArray."),
    {NULL, NULL, 0, NULL},
};

static int module_exec(PyObject *module)
{
    ModuleState *state = module_state(module);
    pthread_mutex_init(&state->barriers_mutex, NULL);
    state->context = shoal_context_new();
    if (!state->context) {
        PyErr_NoMemory();
        return -1;
    }
    gil_serve(state->context);
    if (errors_init(module, state) < 0 || segment_init(module, state) < 0 || kinds_init(module, state) < 0 ||
        wait_object_init(module, state) < 0)
        return -1;
    state->reattach = PyObject_GetAttrString(module, "_reattach");
    state->reopen = PyObject_GetAttrString(module, "_reopen");
    state->detached = PyObject_GetAttrString(module, "_detached");
    if (!state->reattach || !state->reopen || !state->detached)
        return -1;
    return PyModule_AddStringConstant(module, "__version__", SHOAL_VERSION);
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    ModuleState *state = module_state(module);
    for (int i = 0; i <= LAST_STATUS; i++)
        Py_VISIT(state->exceptions[i]);
    Py_VISIT(state->segment_type);
    Py_VISIT(state->iterator_type);
    Py_VISIT(state->guard_type);
    Py_VISIT(state->key_type);
    Py_VISIT(state->job_type);
    Py_VISIT(state->reader_type);
    Py_VISIT(state->frame_type);
    Py_VISIT(state->frames_type);
    Py_VISIT(state->frame_writer_type);
    Py_VISIT(state->wait_type);
    Py_VISIT(state->sleeper_type);
    Py_VISIT(state->records);
    Py_VISIT(state->aio);
    Py_VISIT(state->reattach);
    Py_VISIT(state->reopen);
    Py_VISIT(state->detached);
    Py_VISIT(state->numpy);
    return kinds_traverse(state, visit, arg);
}

static int module_clear(PyObject *module)
{
    ModuleState *state = module_state(module);
    for (int i = 0; i <= LAST_STATUS; i++)
        Py_CLEAR(state->exceptions[i]);
    Py_CLEAR(state->segment_type);
    Py_CLEAR(state->iterator_type);
    kinds_clear(state);
    Py_CLEAR(state->guard_type);
    Py_CLEAR(state->key_type);
    Py_CLEAR(state->job_type);
    Py_CLEAR(state->reader_type);
    Py_CLEAR(state->frame_type);
    Py_CLEAR(state->frames_type);
    Py_CLEAR(state->frame_writer_type);
    Py_CLEAR(state->wait_type);
    Py_CLEAR(state->sleeper_type);
    Py_CLEAR(state->records);
    Py_CLEAR(state->aio);
    Py_CLEAR(state->reattach);
    Py_CLEAR(state->reopen);
    Py_CLEAR(state->detached);
    Py_CLEAR(state->numpy);
    return 0;
}

/* Every object of ours holds its type and that this module, so none is left when the context goes. */
static void module_free(void *module)
{
    ModuleState *state = module_state(module);
    module_clear(module);
    if (state->context)
        shoal_context_free(state->context);
    state->context = NULL;
    pthread_mutex_destroy(&state->barriers_mutex);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#ifdef Py_mod_multiple_interpreters
    /* All state is the interpreter's; each is a peer of its own, as a process would be. */
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil
    /* What threads may do at once, and what guards it: binding.h. */
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

struct PyModuleDef shoal_python_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "shoal._shoal",
    .m_doc = PyDoc_STR("Arrays, values, counters and locks in shared memory, by name."),
    .m_size = sizeof(ModuleState),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__shoal(void)
{
    return PyModuleDef_Init(&shoal_python_module);
}
