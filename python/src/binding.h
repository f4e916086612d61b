/*
 * What the files of the CPython binding share: the module's state, the four object types, and the
 * helpers between them. The binding includes shoal.h and nothing else of the core.
 *
 * Rules: no static type, no global object; a method parses, calls the core, converts. The GIL is kept
 * for what takes well under a microsecond and given up to wait, to copy BIG bytes and around system calls, by WITHOUT_GIL only: gil.c.
 * No lock of a segment is ever held while Python code can run.
 *
 * There may be no GIL (free-threaded CPython): then any two methods run at once, and "with the GIL" means: attached to the
 * interpreter, which stops the world only between our calls. So what is written after an object was made is guarded by a
 * critical section (compat.h), a mutex or an atomic operation, and the field says which. The core needs no GIL.
 */
#ifndef SHOAL_PYTHON_BINDING_H
#define SHOAL_PYTHON_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <structmember.h>

#include "compat.h"
#include "shoal.h"

#define STATUS_RAISED (-1000)   /* beside shoal's statuses: a Python exception is set already */
#define BIG ((uint64_t)1 << 18) /* bytes: from here on a copy is worth giving up the GIL for */
#define LAST_STATUS 21          /* the statuses of shoal.h are -1 to -LAST_STATUS */
#define LAST_KIND SHOAL_KIND_BARRIER
#define WAIT_SLICE 50000000 /* ns: signals that another thread received are looked at so often */

#ifdef Py_TPFLAGS_IMMUTABLETYPE
#define TYPE_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION)
#else
#define TYPE_FLAGS Py_TPFLAGS_DEFAULT
#endif

#define METHOD(name, function, flags, doc) {name, (PyCFunction)(void (*)(void))(function), flags, PyDoc_STR(doc)}
#define FASTCALL (METH_FASTCALL | METH_KEYWORDS)

/* What several types say of methods that they all have. */
#define ACQUIRE_SIGNATURE "acquire($self, /, blocking=True, timeout=-1, *, block=True)\n--\n\n"
#define ACQUIRE_ASYNC_DOC "acquire_async($self, /, *, timeout=None)\n--\n\nacquire() to be awaited."
#define WAIT_ASYNC_DOC "wait_async($self, /, *, timeout=None)\n--\n\nwait() to be awaited."
#define EXIT_SIGNATURE "__exit__($self, type=None, value=None, traceback=None, /)\n--\n\n"
#define AENTER_DOC "__aenter__($self, /)\n--\n\n__enter__() to be awaited."
#define AEXIT_DOC "__aexit__($self, type=None, value=None, traceback=None, /)\n--\n\n__exit__() to be awaited."
#define REDUCE_DOC "Pickle as the segment and the object's name."

#define SCRATCH 4096 /* bytes: values up to here are read without an allocation */

/* ---- gil.c -------------------------------------------------------------------------------------- */

/* Instead of Py_BEGIN_ALLOW_THREADS: the core must know when it waits whether this thread has the GIL. */
void gil_give_up(void);
void gil_take_back(void);
#define WITHOUT_GIL(statement)                                                                                         \
    do {                                                                                                               \
        gil_give_up();                                                                                                 \
        statement;                                                                                                     \
        gil_take_back();                                                                                               \
    } while (0)
/* Waits of this context let other threads run, and answer signals. */
void gil_serve(shoal_context *context);

typedef struct ModuleState {
    shoal_context *context;
    PyObject *exceptions[LAST_STATUS + 1]; /* by -status */
    PyTypeObject *segment_type;
    PyTypeObject *ndarray_type;
    PyTypeObject *iterator_type;
    PyTypeObject *handle_types[LAST_KIND + 1]; /* Counter, Lock, ..., by enum shoal_kind; NULL for the others */
    PyTypeObject *guard_type;
    PyTypeObject *wait_type;
    PyTypeObject *sleeper_type;
    /* Of the list and the `object` of each Barrier. Held for a look, never where Python can run or the GIL be given up. */
    pthread_mutex_t barriers_mutex;
    struct BarrierObject *barriers; /* all that were not left */
    PyObject *records;              /* once_put: shoal._records, the dataclasses of info() and its kin */
    PyObject *aio;                  /* once_put: shoal._aio, when somebody awaited */
    PyObject *reattach;             /* the functions that unpickle a segment, a live object, a detached array */
    PyObject *reopen;
    PyObject *detached;
    PyObject *numpy;   /* once_put. NULL: not tried yet; None: could not be imported */
    void *datetime;    /* PyDateTime_CAPI of this interpreter, once a time was met */
    bool scratch_lent; /* guarded by the GIL; without one, none is lent */
    unsigned char scratch[SCRATCH];
} ModuleState;

extern struct PyModuleDef shoal_python_module;

static inline ModuleState *state_of(void *self)
{
    return PyType_GetModuleState(Py_TYPE((PyObject *)self));
}

/* ---- attachment.c: one open of a segment, shared by a Segment and the objects it handed out ---- */

typedef struct Attachment {
    Py_ssize_t references; /* count_up, count_down; all else stays as it is */
    shoal_segment *segment;
    PyObject *name; /* as the user gave it; None when anonymous */
    PyObject *path; /* bytes: where that name led when it was opened; empty when it was no name */
    int64_t owner;  /* the owner= it was opened with, to open it again elsewhere */
} Attachment;

/* Takes over `segment`, also when it fails. */
Attachment *attachment_new(shoal_segment *segment, PyObject *name, PyObject *path, int64_t owner);
Attachment *attachment_retain(Attachment *attachment);
void attachment_release(Attachment *attachment); /* NULL is allowed */
/* What an unpickler needs to find the segment again: a tuple for reattach(). */
PyObject *attachment_origin(Attachment *attachment);
/* The inverse, in whatever process: a new reference, or NULL with an exception. */
Attachment *attachment_of_origin(ModuleState *state, PyObject *origin);

/* ---- The objects -------------------------------------------------------------------------------- */

typedef struct SegmentObject {
    PyObject_HEAD
    Attachment *attachment; /* NULL once closed; guarded by a critical section */
    PyObject *name;
    PyObject *weakrefs;
    shoal_identity identity;
} SegmentObject;

/* A Counter, a Lock, ...: a handle on a live object that is no NdArray. */
typedef struct HandleObject {
    PyObject_HEAD
    shoal_object *object;
    Attachment *attachment;
    PyObject *weakrefs;
    struct HandleObject *lock; /* Condition: its Lock. NULL for all others */
    shoal_identity identity;
    bool strict; /* Lock only */
} HandleObject;

/* Barriers know each other, to be left together when the process ends. */
typedef struct BarrierObject {
    HandleObject handle; /* object is NULL once they were left: handle_hold */
    struct BarrierObject *previous, *next;
} BarrierObject;

/* One side of an RWLock, to be entered: what read() and write() return. */
typedef struct GuardObject {
    PyObject_HEAD
    HandleObject *rwlock;
    double timeout; /* seconds; -1: for ever */
    bool write;
} GuardObject;

/* Reference-counted private memory, so that a DLPack consumer may free it without the GIL. */
typedef struct Memory {
    _Atomic size_t references;
    _Alignas(64) unsigned char bytes[];
} Memory;

typedef struct NdArrayObject {
    PyObject_HEAD
    shoal_object *object;   /* NULL when detached */
    Attachment *attachment; /* NULL when detached */
    Memory *memory;         /* NULL unless detached */
    PyObject *weakrefs;
    const bool *lost; /* never NULL: ask ndarray_view before what it describes is touched */
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
/* paths=: whether a name may be a path, or the number of a descriptor. */
int arg_paths(PyObject *object, bool *plain);
int arg_size(ModuleState *state, PyObject *object, uint64_t *size);
int arg_mode(PyObject *object, uint32_t *mode);
int arg_group(PyObject *object, int64_t *group);
int arg_owner(PyObject *object, int64_t *owner);
int arg_lifetime(PyObject *object, uint32_t *lifetime);
int arg_bool(PyObject *object, bool fallback, bool *out);
int arg_int64(PyObject *object, const char *what, int64_t *out);
/* ValueError outside of least to most. */
int arg_count(PyObject *object, const char *what, uint32_t least, uint32_t most, uint32_t *out);
int arg_dtype(ModuleState *state, PyObject *object, shoal_dtype *out);
int arg_shape(PyObject *object, size_t *ndim, int64_t *shape);
/* Seconds from now as a deadline; NULL and None are for ever. Negative: ValueError. */
int arg_timeout(PyObject *object, shoal_time *deadline);
/* The one argument `timeout` of a wait, by position or name. */
int arg_only_timeout(const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                     shoal_time *deadline);
/* The arguments of acquire(), as threading.Lock has them. */
int arg_acquire(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, shoal_time *deadline);

/* ---- wait.c ------------------------------------------------------------------------------------- */

/*
 * Without the GIL, coming back every WAIT_SLICE to look at signals. A status of shoal_wait_until but EINTR, or STATUS_RAISED
 * when a handler raised: `wait` is not over then.
 */
int wait_on(shoal_wait *wait, shoal_time deadline);
/* A whole wait for `object`: it is over in any case. */
int wait_without_gil(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline);

/* True, False for SHOAL_ETIMEDOUT, or the exception of `status`. */
PyObject *waited(void *self, int status);
/* None, or the exception of `status`. */
PyObject *done(void *self, int status);
/* What __enter__ returns: self, or the exception of `status`. */
PyObject *entered(void *self, int status);
/* What __exit__ with `args` returns after a release that gave `status`. */
PyObject *exited(void *self, int status, PyObject *const *args, Py_ssize_t nargs);

/* The one argument `timeout`, a keyword, of an awaitable method: borrowed, or NULL. */
int arg_async_timeout(const char *method, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                      PyObject **timeout);
/* acquire_async() and wait_async(): the coroutine shoal._aio.<function>(self, timeout=...). */
PyObject *aio_acquire(void *self, const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *aio_wait(void *self, const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
/* The same for any method, with one more argument unless that is NULL. */
PyObject *aio_start(ModuleState *state, const char *function, PyObject *self, PyObject *argument, PyObject *timeout);
/* What __aenter__ returns: awaits `taken`, which is taken over, and gives `self`; Timeout if that gave False. */
PyObject *aio_enter(ModuleState *state, PyObject *self, PyObject *taken);
/* What __aexit__ returns, after `exited` gave `result`, which is taken over. */
PyObject *aio_exit(ModuleState *state, PyObject *result);

/* ---- segment.c, segment_objects.c, segment_items.c, info.c ---------------------------------- */

int segment_init(PyObject *module, ModuleState *state);
PyObject *segment_new(ModuleState *state, Attachment *attachment); /* takes over the reference */
Attachment *segment_attachment(SegmentObject *self);               /* a reference; NULL with Closed when it is closed */
bool segment_is_open(SegmentObject *self);                         /* for now; false with Closed */

/* The handle of a live object: takes over `object`. */
PyObject *handle_wrap(ModuleState *state, Attachment *attachment, shoal_object *object);
int open_kind(ModuleState *state, Attachment *attachment, const char *name, size_t length, int kind,
              shoal_object **out);

PyObject *segment_array(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *segment_counter(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *segment_lock(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *segment_rwlock(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *segment_semaphore(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *segment_event(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *segment_condition(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *segment_barrier(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

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
PyObject *owner_record(ModuleState *state, const shoal_owner *owner); /* None for nobody */
/* shoal_object_holders or shoal_object_waiters as a list of Owner. */
typedef int (*owner_lister)(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
PyObject *owner_list(ModuleState *state, owner_lister lister, const shoal_object *object);
PyObject *listed_segments(ModuleState *state);

/* Names of objects, collected without touching Python. */
typedef struct NameList {
    char *bytes; /* records of { u8 kind, u8 length, bytes } */
    size_t size, capacity, count;
} NameList;

int names_collect(NameList *list, Attachment *attachment);
void names_free(NameList *list);

/* ---- handle.c, and a file for each kind --------------------------------------------------------- */

int counter_init(PyObject *module, ModuleState *state);
int lock_init(PyObject *module, ModuleState *state);
int rwlock_init(PyObject *module, ModuleState *state);
int semaphore_init(PyObject *module, ModuleState *state);
int event_init(PyObject *module, ModuleState *state);
int condition_init(PyObject *module, ModuleState *state);
int barrier_init(PyObject *module, ModuleState *state);
int wait_object_init(PyObject *module, ModuleState *state);

int handle_type(PyObject *module, ModuleState *state, int kind, PyType_Spec *spec);
PyObject *handle_new(ModuleState *state, Attachment *attachment, shoal_object *object); /* takes over `object` */
void handle_dealloc(HandleObject *self);
shoal_object *handle_hold(HandleObject *self);   /* a reference; NULL with Closed after barriers_leave */
shoal_object *handle_usable(HandleObject *self); /* raises where the handle is not this forked process's */
PyObject *handle_name(HandleObject *self, void *closure);
PyObject *handle_holders(HandleObject *self, void *closure);
PyObject *handle_waiters(HandleObject *self, void *closure);
PyObject *handle_reduce(HandleObject *self, PyObject *unused);
/* Handles of one object are equal, whatever attach they come through. */
PyObject *handle_richcompare(HandleObject *self, PyObject *other, int operation);
Py_hash_t handle_hash(HandleObject *self);
Py_hash_t identity_hash(shoal_identity identity);
#define HANDLE_IDENTITY                                                                                                \
    {Py_tp_richcompare, handle_richcompare},                                                                           \
    {                                                                                                                  \
        Py_tp_hash, handle_hash                                                                                        \
    }
PyObject *handle_reopen(ModuleState *state, Attachment *attachment, PyObject *name, int kind, bool strict);

PyObject *barrier_new(ModuleState *state, Attachment *attachment, shoal_object *object); /* takes over `object` */
/* Close all barriers of this interpreter, so that they count this process as having left. */
void barriers_leave(ModuleState *state);

PyObject *lock_acquire(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *lock_acquire_async(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
/* The exception that is set says that a Condition's wait ended without its Lock. `__exit__` of both asks for that. */
void lock_is_lost(HandleObject *self);
PyObject *lock_exited(HandleObject *self, PyObject *const *args, Py_ssize_t nargs);
int lock_acquire_until(HandleObject *self, shoal_time deadline);

/* ---- ndarray*.c --------------------------------------------------------------------------------- */

int ndarray_init(PyObject *module, ModuleState *state);
/* All of `object`, which is taken over. */
PyObject *ndarray_wrap(ModuleState *state, Attachment *attachment, shoal_object *object);
/* What it shows, to be touched. NULL with Closed: this process was forked without that memory, or its object is gone. */
const shoal_view *ndarray_lost(NdArrayObject *self);
static inline const shoal_view *ndarray_view(NdArrayObject *self)
{
    return __builtin_expect(*self->lost, 0) ? ndarray_lost(self) : &self->view;
}
/* Another window onto what `base` shows. */
PyObject *ndarray_window(NdArrayObject *base, const shoal_view *view);
/* A copy of `view` in private memory. */
PyObject *ndarray_detached(ModuleState *state, const shoal_view *view);
/* A copy of `view` as a numpy.ndarray, or as a detached NdArray where there is no numpy. */
PyObject *ndarray_copy_out(ModuleState *state, const shoal_view *view);
/* A detached array of garbage, to be filled. */
NdArrayObject *ndarray_detached_like(ModuleState *state, shoal_dtype dtype, size_t ndim, const int64_t *shape);
PyObject *ndarray_shape_tuple(uint32_t ndim, const int64_t *lengths);
PyObject *ndarray_object_name(NdArrayObject *self);

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

int ndarray_iter_init(PyObject *module, ModuleState *state);
PyObject *ndarray_iter(NdArrayObject *self);

PyObject *ndarray_subscript(NdArrayObject *self, PyObject *key);
PyObject *ndarray_item(NdArrayObject *self, Py_ssize_t index);
int ndarray_ass_subscript(NdArrayObject *self, PyObject *key, PyObject *value);
int ndarray_check_writable(NdArrayObject *self);
PyObject *ndarray_fill(NdArrayObject *self, PyObject *value);
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
bool is_numpy_bool(ModuleState *state, PyObject *object);

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
/* `array`: whose memory `to` shows, which `from` may show at another address; NULL: private. */
int assign_view(ModuleState *state, const shoal_object *array, const shoal_view *to, const shoal_view *from);

/* ---- value_write.c, value_read.c ------------------------------------------------------------------ */

/* Appends `value` as MessagePack; -1 with an exception that names the path to what cannot be stored. */
int value_write(ModuleState *state, shoal_writer *writer, PyObject *value);
PyObject *value_read(ModuleState *state, const void *bytes, size_t size);

/* value_keys.c: 1: two keys of the dict, or of the list of pairs, are one to a reader: *complaint says which; -1: exception. */
int keys_judge(PyObject *keys, PyObject **complaint);

/* value_advice.c: what to store instead of `value`, or NULL. */
const char *advice_for(PyObject *value);
/* datetime64 or timedelta64, which have an item() and a float() that mean nothing without their unit. */
bool is_numpy_time(PyObject *object);

/* time.c */
int time_is_datetime(ModuleState *state, PyObject *object);
/* pandas.NaT: a datetime that is not equal to itself. -1: exception. */
int time_is_nat(ModuleState *state, PyObject *object);
/* 1: done; 0: it is naive; -1: exception. */
int time_from_python(ModuleState *state, PyObject *object, int64_t *seconds, uint32_t *nanoseconds);
PyObject *time_to_python(ModuleState *state, int64_t seconds, uint32_t nanoseconds);

#endif
