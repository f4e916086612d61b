/*
 * What the files of the CPython binding share: the module's state, the four object types, and the
 * helpers between them. The binding includes shoal.h and nothing else of the core.
 *
 * Rules: no static type, no global object; a method parses, calls the core, converts. The GIL is kept
 * for what takes well under a microsecond and given up to wait, to copy BIG bytes and around system calls.
 * No lock of a segment is ever held while Python code can run.
 */
#ifndef SHOAL_PYTHON_BINDING_H
#define SHOAL_PYTHON_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include "compat.h"
#include "shoal.h"

#define STATUS_RAISED (-1000)   /* beside shoal's statuses: a Python exception is set already */
#define BIG ((uint64_t)1 << 18) /* bytes: from here on a copy is worth giving up the GIL for */
#define LAST_STATUS 20          /* the statuses of shoal.h are -1 to -LAST_STATUS */

#ifdef Py_TPFLAGS_IMMUTABLETYPE
#define TYPE_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION)
#else
#define TYPE_FLAGS Py_TPFLAGS_DEFAULT
#endif

#define METHOD(name, function, flags, doc)                                                                             \
    {                                                                                                                  \
        name, (PyCFunction)(void (*)(void))(function), flags, PyDoc_STR(doc)                                           \
    }
#define FASTCALL (METH_FASTCALL | METH_KEYWORDS)

typedef struct ModuleState {
    shoal_context *context;
    PyObject *exceptions[LAST_STATUS + 1]; /* by -status */
    PyTypeObject *segment_type;
    PyTypeObject *ndarray_type;
    PyTypeObject *counter_type;
    PyTypeObject *lock_type;
    PyObject *records;  /* shoal._records: the dataclasses of info() and its kin */
    PyObject *reattach; /* the functions that unpickle a segment, a live object, a detached array */
    PyObject *reopen;
    PyObject *detached;
    PyObject *numpy; /* NULL: not tried yet; None: cannot be imported */
    void *datetime;  /* PyDateTime_CAPI of this interpreter, once a time was met */
} ModuleState;

extern struct PyModuleDef shoal_python_module;

static inline ModuleState *state_of(void *self)
{
    return PyType_GetModuleState(Py_TYPE((PyObject *)self));
}

/* ---- attachment.c: one open of a segment, shared by a Segment and the objects it handed out ---- */

typedef struct Attachment {
    Py_ssize_t references; /* guarded by the GIL */
    shoal_segment *segment;
    PyObject *name; /* as the user gave it; None when anonymous */
    int64_t owner;  /* the owner= it was opened with, to open it again elsewhere */
} Attachment;

/* Takes over `segment`, also when it fails. */
Attachment *attachment_new(shoal_segment *segment, PyObject *name, int64_t owner);
Attachment *attachment_retain(Attachment *attachment);
void attachment_release(Attachment *attachment); /* NULL is allowed */
/* What an unpickler needs to find the segment again: a tuple for reattach(). */
PyObject *attachment_origin(Attachment *attachment);
/* The inverse, in whatever process: a new reference, or NULL with an exception. */
Attachment *attachment_of_origin(ModuleState *state, PyObject *origin);

/* ---- The objects -------------------------------------------------------------------------------- */

typedef struct SegmentObject {
    PyObject_HEAD Attachment *attachment; /* NULL once closed */
    PyObject *name;
    PyObject *weakrefs;
} SegmentObject;

/* A Counter or a Lock: a handle on a live object. */
typedef struct HandleObject {
    PyObject_HEAD shoal_object *object;
    Attachment *attachment;
    PyObject *weakrefs;
    bool strict; /* Lock only */
} HandleObject;

/* Reference-counted private memory, so that a DLPack consumer may free it without the GIL. */
typedef struct Memory {
    _Atomic size_t references;
    _Alignas(64) unsigned char bytes[];
} Memory;

typedef struct NdArrayObject {
    PyObject_HEAD shoal_object *object; /* NULL when detached */
    Attachment *attachment;             /* NULL when detached */
    Memory *memory;                     /* NULL unless detached */
    PyObject *weakrefs;
    shoal_view view;
} NdArrayObject;

PyTypeObject *type_new(PyObject *module, PyType_Spec *spec);

/* ---- errors.c ----------------------------------------------------------------------------------- */

int errors_init(PyObject *module, ModuleState *state);
/* Set the exception of `status` with what the core says about this thread's failure. Returns NULL. */
PyObject *raise_status(ModuleState *state, int status);
/* The same with a text of the binding's own. */
PyObject *raise_text(ModuleState *state, int status, const char *format, ...);

/* ---- args.c ------------------------------------------------------------------------------------- */

typedef struct Signature {
    const char *function;
    const char *const *names; /* NULL-terminated */
    int positional;           /* so many may be given by position */
    int required;             /* so many must be given */
} Signature;

/* Sort the arguments of a fastcall into `out`, one place for each name; NULL where none was given. */
int arg_parse(const Signature *signature, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **out);
int arg_object_name(PyObject *object, const char **name, size_t *length);
/* The name of a segment as the core wants it: a new bytes object. */
PyObject *arg_segment_name(PyObject *object);
int arg_size(ModuleState *state, PyObject *object, uint64_t *size);
int arg_mode(PyObject *object, uint32_t *mode);
int arg_group(PyObject *object, int64_t *group);
int arg_owner(PyObject *object, int64_t *owner);
int arg_lifetime(PyObject *object, uint32_t *lifetime);
int arg_bool(PyObject *object, bool fallback, bool *out);
int arg_int64(PyObject *object, const char *what, int64_t *out);
int arg_dtype(ModuleState *state, PyObject *object, shoal_dtype *out);
int arg_shape(PyObject *object, size_t *ndim, int64_t *shape);
/* Seconds from now as a deadline; None is for ever. Negative: ValueError. */
int arg_timeout(PyObject *object, shoal_time *deadline);

/* ---- wait.c ------------------------------------------------------------------------------------- */

/* One try, until `deadline`, at what is waited for. */
typedef int (*wait_try)(void *argument, shoal_time deadline);
/* Without the GIL, in slices between which signals are looked at. STATUS_RAISED when a handler raised. */
int wait_without_gil(wait_try attempt, void *argument, shoal_time deadline);

/* ---- segment.c, segment_items.c, info.c ------------------------------------------------------ */

int segment_init(PyObject *module, ModuleState *state);
PyObject *segment_new(ModuleState *state, Attachment *attachment); /* takes over the reference */
Attachment *segment_attachment(SegmentObject *self);               /* NULL with Closed when it is closed */
/* The handle of a live object: takes over `object`. */
PyObject *handle_wrap(ModuleState *state, Attachment *attachment, shoal_object *object);
int open_kind(ModuleState *state, Attachment *attachment, const char *name, size_t length, int kind,
              shoal_object **out);

typedef struct Name {
    const char *text;
    size_t length;
} Name;

PyObject *segment_subscript(SegmentObject *self, PyObject *key);
PyObject *segment_get(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
int segment_contains(SegmentObject *self, PyObject *key);
Py_ssize_t segment_length(SegmentObject *self);
PyObject *segment_keys(SegmentObject *self, PyObject *unused);
PyObject *segment_iter(SegmentObject *self);
int segment_ass_subscript(SegmentObject *self, PyObject *key, PyObject *value);

PyObject *segment_info(SegmentObject *self, PyObject *unused);
PyObject *segment_check(SegmentObject *self, PyObject *unused);
PyObject *owner_record(ModuleState *state, const shoal_owner *owner);
PyObject *listed_segments(ModuleState *state);

/* Names of objects, collected without touching Python. */
typedef struct NameList {
    char *bytes; /* records of { u8 kind, u8 length, bytes } */
    size_t size, capacity, count;
} NameList;

int names_collect(NameList *list, Attachment *attachment);
void names_free(NameList *list);

/* ---- counter.c, lock.c -------------------------------------------------------------------------- */

int counter_init(PyObject *module, ModuleState *state);
int lock_init(PyObject *module, ModuleState *state);
PyObject *handle_new(PyTypeObject *type, Attachment *attachment, shoal_object *object);
void handle_dealloc(HandleObject *self);
PyObject *handle_name(HandleObject *self, void *closure);
PyObject *handle_reduce(HandleObject *self, PyObject *unused);
PyObject *handle_reopen(ModuleState *state, Attachment *attachment, PyObject *name, int kind, bool strict);

/* ---- ndarray*.c --------------------------------------------------------------------------------- */

int ndarray_init(PyObject *module, ModuleState *state);
/* All of `object`, which is taken over. */
PyObject *ndarray_wrap(ModuleState *state, Attachment *attachment, shoal_object *object);
/* Another window onto what `base` shows. */
PyObject *ndarray_window(NdArrayObject *base, const shoal_view *view);
/* A copy of `view` in private memory. */
PyObject *ndarray_detached(ModuleState *state, const shoal_view *view);
/* A copy of `view` as a numpy.ndarray, or as a detached NdArray where there is no numpy. */
PyObject *ndarray_copy_out(ModuleState *state, const shoal_view *view);
PyObject *ndarray_rebuild(ModuleState *state, Attachment *attachment, PyObject *name, PyObject *geometry);
PyObject *ndarray_rebuild_detached(ModuleState *state, PyObject *dtype, PyObject *shape, PyObject *bytes);
PyObject *ndarray_reduce(NdArrayObject *self, PyObject *unused);
uint64_t view_nbytes(const shoal_view *view);

Memory *memory_new(uint64_t nbytes);
void memory_release(Memory *memory);

int ndarray_getbuffer(NdArrayObject *self, Py_buffer *buffer, int flags);
void ndarray_releasebuffer(NdArrayObject *self, Py_buffer *buffer);
PyObject *ndarray_interface(NdArrayObject *self, void *closure);
PyObject *ndarray_dlpack(NdArrayObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *ndarray_dlpack_device(NdArrayObject *self, PyObject *unused);

PyObject *ndarray_subscript(NdArrayObject *self, PyObject *key);
PyObject *ndarray_item(NdArrayObject *self, Py_ssize_t index);
int ndarray_ass_subscript(NdArrayObject *self, PyObject *key, PyObject *value);
PyObject *ndarray_tolist(NdArrayObject *self, PyObject *unused);

/* ---- scalar.c, foreign.c: elements and arrays of others ------------------------------------------ */

PyObject *scalar_to_python(const shoal_scalar *scalar);
/* `bytes` of the scalar may point into `object`. */
int scalar_from_python(ModuleState *state, shoal_scalar *out, PyObject *object);
/* 1: `out` is set; 0: `object` is no number, bool or bytes; -1: exception. */
int scalar_try_python(ModuleState *state, shoal_scalar *out, PyObject *object);

PyObject *numpy_loaded(ModuleState *state);   /* borrowed; NULL, without exception, while nobody imported numpy */
PyObject *numpy_imported(ModuleState *state); /* borrowed; NULL, without exception, where there is none */
bool is_numpy_array(ModuleState *state, PyObject *object);
bool is_numpy_scalar(ModuleState *state, PyObject *object);

/* An array of somebody else's, held while it is looked at. */
typedef struct Foreign {
    shoal_view view;
    Py_buffer buffer;
    bool held;
} Foreign;

/* 1: `out` is set, release it; 0: `object` is not such an array; -1: exception. */
int foreign_acquire(ModuleState *state, Foreign *out, PyObject *object);
void foreign_release(Foreign *foreign);
/* Copy with conversion, as the core has it; shapes and kinds are judged before anything is changed. */
int assign_view(ModuleState *state, const shoal_view *to, const shoal_view *from);

/* ---- value_write.c, value_read.c ------------------------------------------------------------------ */

/* Appends `value` as MessagePack; -1 with an exception that names the path to what cannot be stored. */
int value_write(ModuleState *state, shoal_writer *writer, PyObject *value);
PyObject *value_read(ModuleState *state, const void *bytes, size_t size);

/* time.c */
int time_is_datetime(ModuleState *state, PyObject *object);
/* 1: done; 0: it is naive; -1: exception. */
int time_from_python(ModuleState *state, PyObject *object, int64_t *seconds, uint32_t *nanoseconds);
PyObject *time_to_python(ModuleState *state, int64_t seconds, uint32_t nanoseconds);

#endif
