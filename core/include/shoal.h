/*
 * Shoal: arrays, values, counters and locks in shared memory, by name, for processes of one host. Long because it is the whole
 * of the interface but for the locks: shoal_locks.h.
 *
 * The promise: any process may be SIGKILLed at any instruction, and nobody deadlocks, nothing that was
 * acknowledged is lost, nothing is torn. A readonly attach writes nothing and waits for no one.
 *
 * The price:
 *   - every process attached for writing can overwrite everything: attach untrusted readers readonly;
 *   - the bytes of an NdArray are plain memory: who writes them concurrently needs a lock of its own;
 *   - a dead owner is noticed when the kernel has taken its memory down, plus at most 100 ms.
 *
 * Conventions. Every function that can fail returns a status: 0 success, < 0 an error, > 0 success with
 * news. Test `status < 0`. shoal_error_message() then says what was asked, what is there and what to do.
 * Results come first in the argument list and are NULL or zero after a failure. Nothing here prints,
 * aborts, or uses errno. Waits take an absolute deadline and return SHOAL_EINTR on a signal.
 * Every function may be called from any thread. Names of objects are UTF-8, 1 to 255 bytes, no NUL.
 */
#ifndef SHOAL_H
#define SHOAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An extension that carries the core in itself hides it with -DSHOAL_API= */
#if !defined(SHOAL_API) && defined(__GNUC__)
#define SHOAL_API __attribute__((visibility("default")))
#elif !defined(SHOAL_API)
#define SHOAL_API
#endif

#define SHOAL_VERSION "0.1.0"
#define SHOAL_FORMAT 4 /* of segments: docs/format.md. Another number is SHOAL_EVERSION */

/* ---- Status -------------------------------------------------------------------------------- */

/*
 * The one list of errors: X(code, number, exception, message). `exception` is the class both bindings
 * raise; TypeError, ValueError, IndexError, OverflowError and OSError are the host language's own.
 */
#define SHOAL_STATUS_LIST(X)                                                                                           \
    X(ENOTFOUND, -1, "NotFound", "no such segment")                                                                    \
    X(ENOKEY, -2, "NotFound", "no object of that name in the segment")                                                 \
    X(EEXISTS, -3, "AlreadyExists", "a segment of that name exists already")                                           \
    X(EMISMATCH, -4, "TypeMismatch", "the object has another type, dtype, shape or parameters than asked for")         \
    X(ENOSPACE, -5, "NoSpace", "the segment, the host's memory or a fixed limit is full")                              \
    X(EDENIED, -6, "Denied", "not permitted, or owned by somebody else")                                               \
    X(EREADONLY, -7, "ReadOnly", "write through a readonly attach")                                                    \
    X(ECORRUPT, -8, "Corrupt", "not a segment, or damaged")                                                            \
    X(EVERSION, -9, "VersionMismatch", "a segment of another format version")                                          \
    X(ETIMEDOUT, -10, "Timeout", "the deadline passed")                                                                \
    X(EOWNERDIED, -11, "OwnerDied", "the owner of a strict lock died, and repair() was not called yet")                \
    X(ELOCK, -12, "LockError", "held, not held, or waiting for it would never end")                                    \
    X(ECLOSED, -13, "Closed", "used after close")                                                                      \
    X(EINTR, -14, "OSError", "a signal came first; call again with the same deadline")                                 \
    X(EVALUE, -15, "ValueError", "an argument is out of range")                                                        \
    X(ETYPE, -16, "TypeError", "an argument has the wrong type")                                                       \
    X(EINDEX, -17, "IndexError", "an index is out of range")                                                           \
    X(EOVERFLOW, -18, "OverflowError", "the result does not fit; nothing changed")                                     \
    X(ESYSTEM, -19, "OSError", "the operating system refused")                                                         \
    X(ENOMEM, -20, "MemoryError", "this process is out of memory")                                                     \
    X(EBROKEN, -21, "BrokenBarrier", "the barrier is broken, or was reset while waiting at it")

enum shoal_status {
    SHOAL_OK = 0,
    SHOAL_RECOVERED = 1, /* the lock is yours, but its last holder died holding it */
    SHOAL_LIVE = 2,      /* the name is a live object, not a Value: open it instead */
    SHOAL_LARGER = 3,    /* the buffer is too small; *size says what is needed */
    SHOAL_PENDING = 4,   /* a wait in pieces: not yet */
#define SHOAL_STATUS_ENUM(code, number, exception, message) SHOAL_##code = number,
    SHOAL_STATUS_LIST(SHOAL_STATUS_ENUM)
#undef SHOAL_STATUS_ENUM
};

SHOAL_API const char *shoal_status_name(int status);      /* "SHOAL_ENOTFOUND" */
SHOAL_API const char *shoal_status_exception(int status); /* "NotFound" */
SHOAL_API const char *shoal_status_message(int status);   /* the general sentence of the list */

/* What exactly went wrong in this thread's last failed call: never NULL, valid until the next failing call. */
SHOAL_API const char *shoal_error_message(void);

/* ---- Time ---------------------------------------------------------------------------------- */

typedef int64_t shoal_time; /* nanoseconds of this process's CLOCK_MONOTONIC */
#define SHOAL_NO_WAIT ((shoal_time)0)
#define SHOAL_FOREVER INT64_MAX
/* Not even a look for the dead: for a binding that tries first, and then lets others run while it waits. Not at a Barrier. */
#define SHOAL_GLANCE ((shoal_time) - 1)
#define SHOAL_FIRST_LOOK(deadline) ((deadline) == SHOAL_NO_WAIT ? SHOAL_NO_WAIT : SHOAL_GLANCE)

SHOAL_API shoal_time shoal_now(void);
SHOAL_API shoal_time shoal_deadline(double seconds); /* now + seconds; negative: SHOAL_NO_WAIT, huge or inf: FOREVER */

/* ---- Context ------------------------------------------------------------------------------- */

/*
 * All state of the library in a process hangs off a context: usually one for each process. Two contexts
 * are two peers, as two processes are. A forked child inherits the context and is a peer of its own from birth; it holds
 * none of its parent's locks (docs/c.md, "Forks").
 */
typedef struct shoal_context shoal_context;
typedef struct shoal_segment shoal_segment;

/* NULL only when out of memory. Makes no system call that a later fork() would have to undo. */
SHOAL_API shoal_context *shoal_context_new(void);
/* Detaches what is still attached. Views of arrays (shoal_object_retain) keep their memory. */
SHOAL_API void shoal_context_free(shoal_context *context);
/* Where plain names live. Default: $SHOAL_DIR, else /dev/shm. Copied. NULL: back to the default. */
SHOAL_API int shoal_context_set_directory(shoal_context *context, const char *directory);
SHOAL_API const char *shoal_context_directory(shoal_context *context);
/*
 * Give up every lock that this thread (all_threads: this process) holds through `context`, as if the
 * process had died: the next taker of each is told SHOAL_RECOVERED. Returns how many there were.
 * For the end of a request, or of whatever a worker does in turns.
 */
SHOAL_API int shoal_context_abandon_locks(shoal_context *context, bool all_threads);
/*
 * For languages that must look at their own signals: waits of this context return SHOAL_EINTR at least every `longest`
 * nanoseconds; call again with the same deadline. Default: SHOAL_FOREVER, only signals end a wait early.
 */
SHOAL_API void shoal_context_set_slice(shoal_context *context, shoal_time longest);
/*
 * What a language does when a call finds the structure of a segment locked. That takes microseconds, unless who has it is
 * stopped: then, after a millisecond, `begin` is called and `end` when the call is done (let other threads run between
 * them), and `answer` at every signal and every slice. It returns 0, or a status below zero with which the call ends
 * then, having done nothing. All on the calling thread, none of them while a lock of ours is held; each may be NULL.
 * Not asked by calls that cannot fail: they wait 20 ms at most, and what is left is done by a later call.
 */
typedef struct shoal_language {
    void (*begin)(void);
    int (*answer)(shoal_segment *segment); /* whose structure it is; it stays attached until the end */
    void (*end)(void);
} shoal_language;
SHOAL_API void shoal_context_set_language(shoal_context *context, const shoal_language *language);

/* ---- Segments ------------------------------------------------------------------------------ */

enum shoal_lifetime {
    SHOAL_PERSISTENT = 0, /* stays until unlinked */
    SHOAL_SHARED = 1,     /* unlinked when the last attached process is gone, however it went */
};

#define SHOAL_ANY_OWNER (-2) /* options.owner: accept a segment of anybody's */

typedef struct shoal_options {
    uint64_t size;     /* bytes, a ceiling: memory is taken as objects are made. 0: 64 MiB */
    uint32_t mode;     /* permission bits of a new segment. Default 0600; the umask is not applied */
    int64_t group;     /* gid of a new segment; -1: the process's */
    uint32_t lifetime; /* enum shoal_lifetime */
    bool readonly;     /* open only: PROT_READ, needs only read permission */
    int64_t owner;     /* open: also accept this uid as owner (this user and root always are); -1: nobody else */
    bool plain;        /* only a plain name is one: for names that come from users */
} shoal_options;

SHOAL_API void shoal_options_init(shoal_options *options);

/* "64M", "1.5g", "4096", "2 GiB", "64KB": binary units, any case. SHOAL_EVALUE for anything else, 0, or > 2^47. */
SHOAL_API int shoal_parse_size(uint64_t *size, const char *text, size_t length);

/*
 * name: "demo" -> <directory>/shoal.demo; with a '/' -> a mapped file of that path; "fd:7" or
 * shoal_open_fd -> an inherited descriptor; create with NULL -> anonymous memory (memfd).
 * A plain name is 1 to 200 bytes of UTF-8 without control characters, not starting with '.'.
 * A NAME THAT COMES FROM A USER is to be plain (options.plain, shoal_plain_name): "../../etc/x" makes and unlinks files
 * anywhere, "fd:0" opens what this process has open.
 *
 * create: SHOAL_EEXISTS if the name is taken; SHOAL_ENOSPACE if not even an empty segment fits.
 * open:   SHOAL_ENOTFOUND, SHOAL_EDENIED (permission, an owner that is not accepted, a second hard link), SHOAL_ECORRUPT
 *         (not a segment, damaged, a symlink, a directory, a FIFO), SHOAL_EVERSION. Both: SHOAL_EDENIED for writing
 *         on NFS, SMB, FUSE and their like, whose locks do not prove to this kernel who is alive.
 * Opening a segment twice in one context shares one attach; each open is judged, and wants its own close. The attach's
 * name and path are those of the first open that still leads to it. What is not a regular file is never opened.
 * A descriptor is opened anew, which wants the same permission as opening the file by a name (anonymous memory: its mode).
 *
 * A file that somebody truncates, or punches on a full file system, would kill its readers by SIGBUS. So a process with
 * a readonly attach has our handler of SIGBUS: what is gone reads as zeroes, and every call of that attach that returns
 * a status returns SHOAL_ECORRUPT from then on. Any other SIGBUS goes to the handler that was there before. A handler
 * that is installed later comes first, and should pass on what is not its own. SIGBUS is unblocked in threads that read, as
 * the kernel kills who blocks it: by the open, by a thread's first call, and by one of 256 after that. An attach for writing is
 * not guarded. SHOAL_GUARD=0 in the environment at the time of the open: no handler, no mask changed.
 */
SHOAL_API int shoal_create(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options);
SHOAL_API int shoal_open(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options);
SHOAL_API int shoal_open_fd(shoal_segment **out, shoal_context *context, int fd, const shoal_options *options);
SHOAL_API int shoal_open_or_create(shoal_segment **out, shoal_context *context, const char *name,
                                   const shoal_options *options);

/* Give back one open. Objects still open keep the mapping; never fails; NULL is allowed. */
SHOAL_API void shoal_close(shoal_segment *segment);

/*
 * Take the name away; attached processes keep their memory. SHOAL_ENOTFOUND, SHOAL_EDENIED (also: it may not be read, so
 * it is not known to be a segment), SHOAL_ECORRUPT. A name is taken away from the file that was judged, and from no other that
 * gets the name meanwhile.
 */
SHOAL_API int shoal_unlink(shoal_context *context, const char *name);
SHOAL_API int shoal_segment_unlink(shoal_segment *segment); /* its shoal_segment_path */
/* That name, if it is this segment's: of several opens by different names each has its own. */
SHOAL_API int shoal_segment_unlink_path(shoal_segment *segment, const char *path);
/*
 * This process is about to end without closing what it has open (a worker that ends by _exit). With lifetime "shared" it is no more
 * counted among those who have the segment, so that the name goes now if no other process has it, as it would with the last close. To be
 * called last; what is open works still. SHOAL_OK, also with another lifetime, which this does not concern.
 */
SHOAL_API int shoal_segment_end(shoal_segment *segment);

/* Where `name` leads now: an absolute path in malloc'd memory (free it), NULL for "fd:7". SHOAL_EVALUE. */
SHOAL_API int shoal_resolve(char **path, shoal_context *context, const char *name);
/* SHOAL_OK if it is a plain name; SHOAL_EVALUE with a sentence for a path, "fd:7" and everything else. */
SHOAL_API int shoal_plain_name(const char *name);

/*
 * A sound copy of a segment that others may be writing, as the file `path` (a path, never a plain name). cp of such a file
 * is of no one moment. The copy is a new segment, persistent, with the size and mode of this one and an id of its own. It has the
 * names there are when it begins, less those removed meanwhile: each Value as it was at one moment, each
 * Counter and Event, the count of a signal Semaphore; each NdArray as its elements were read, so whoever wants one moment of it
 * holds its lock meanwhile; locks, permits and barriers free. Two objects may be of different moments. Nobody waits for it; works
 * through a readonly attach. On the disk (fsync) when it gets its name, at once; SHOAL_EEXISTS if that is taken, unless `overwrite`.
 * `overwrite` replaces a regular file that nobody has open as a segment, else SHOAL_EDENIED: what is not a regular file or may not be
 * read, this segment's own file by whatever name, a segment that a process is attached to (the sentence says which) or, attached
 * readonly, has objects of it open. A readonly attach of another process that has none open is not seen: it keeps the old file, as
 * does who opens it in the moment of the replacement. A death leaves nothing, or, in the two system calls of a replacement and on file
 * systems without O_TMPFILE, a file .shoal-new-… beside it, which the next of this user's calls that makes, backs up, unlinks or
 * lists there, or finds none of a name, takes away.
 */
SHOAL_API int shoal_segment_backup(shoal_segment *segment, const char *path, bool overwrite);

SHOAL_API const char *
shoal_segment_name(const shoal_segment *segment); /* as given, plain if it can be; "" when anonymous */
SHOAL_API const char *shoal_segment_path(const shoal_segment *segment); /* absolute; "" when anonymous */
SHOAL_API const char *shoal_segment_id(const shoal_segment *segment);   /* 32 hexadecimal digits, unique for ever */
SHOAL_API uint64_t shoal_segment_size(const shoal_segment *segment);    /* the ceiling, bytes */
SHOAL_API uint64_t shoal_segment_used(shoal_segment *segment);          /* bytes in use by objects and tables */
SHOAL_API bool shoal_segment_readonly(const shoal_segment *segment);
/* What is equal for two attaches of one segment (of its very file), or two handles of one object through whatever attaches. */
typedef struct shoal_identity {
    uint64_t device, inode;
    uint64_t object; /* of a segment: of its id, so that no later file is taken for it */
} shoal_identity;
SHOAL_API shoal_identity shoal_segment_identity(const shoal_segment *segment);
static inline bool shoal_identity_equal(shoal_identity one, shoal_identity other)
{
    return one.object == other.object && one.inode == other.inode && one.device == other.device;
}
SHOAL_API uint64_t shoal_identity_hash(shoal_identity identity); /* equal for equal ones */
SHOAL_API int shoal_segment_fd(const shoal_segment *segment);    /* stays the segment's: do not close */

typedef struct shoal_listed {
    char name[256];
    uint64_t size;      /* ceiling, bytes */
    uint64_t used;      /* bytes in use */
    uint64_t committed; /* bytes of memory that the host gives it now */
    uint32_t peers;     /* processes attached for writing now */
    uint32_t owner;     /* uid */
    uint32_t mode;      /* permission bits */
    uint32_t lifetime;
    double created; /* seconds since 1970 */
} shoal_listed;

/* The segments in the context's directory that this process may read. Free with shoal_list_free. */
SHOAL_API int shoal_list(shoal_listed **out, size_t *count, shoal_context *context);
SHOAL_API void shoal_list_free(shoal_listed *list);

typedef struct shoal_info {
    uint64_t size, used, committed; /* bytes: ceiling; by objects and tables; given by the host now */
    uint64_t largest_free;          /* bytes: the largest block that could be allocated within the ceiling */
    uint64_t objects;
    uint32_t peers, peer_limit;
    uint32_t removed;    /* objects removed by name whose memory somebody still uses */
    uint32_t recoveries; /* times a dead owner's unfinished change was completed or undone */
    uint32_t lifetime, mode, owner;
    uint32_t format;
    double created;
} shoal_info;

typedef struct shoal_peer {
    uint32_t slot;
    int32_t pid;  /* in its own PID namespace */
    double since; /* seconds since 1970 */
    char program[16];
    bool alive;
} shoal_peer;

SHOAL_API int shoal_segment_info(shoal_info *out, shoal_segment *segment);
/* Up to `limit` peers into `out`; *count is how many there are. */
SHOAL_API int shoal_segment_peers(shoal_peer *out, size_t limit, size_t *count, shoal_segment *segment);

/*
 * Walk everything and call `report` with a sentence for each thing that is wrong. Never repairs and never
 * writes what it checks. Returns the number of findings (0: sound) or an error. It reads a private copy: nobody waits for
 * it, and it waits for nobody (a writing attach finishes what a dead owner had begun, as any other call would). Beside writers that
 * never stop it looks again, until what seemed wrong was seen to be right; if that does not come about in three looks and five
 * seconds SHOAL_ETIMEDOUT, with a sentence that says what seems to be wrong. Sums that change in every look are not compared then.
 */
/* Called when all has been looked at. */
typedef void (*shoal_report)(void *argument, const char *finding);
SHOAL_API int shoal_check(shoal_segment *segment, shoal_report report, void *argument);

/* ---- Objects ------------------------------------------------------------------------------- */

enum shoal_kind {
    SHOAL_KIND_NONE = 0,
    SHOAL_KIND_VALUE = 1,
    SHOAL_KIND_NDARRAY = 2,
    SHOAL_KIND_COUNTER = 3,
    SHOAL_KIND_LOCK = 4,
    SHOAL_KIND_RWLOCK = 5,
    SHOAL_KIND_SEMAPHORE = 6,
    SHOAL_KIND_EVENT = 7,
    SHOAL_KIND_CONDITION = 8,
    SHOAL_KIND_BARRIER = 9,
};
SHOAL_API const char *shoal_kind_name(int kind);   /* "Value", "NdArray", "Counter", "Lock", "RWLock", … */
SHOAL_API const char *shoal_kind_phrase(int kind); /* "a Value", "an NdArray", … */

/*
 * A handle on a live object. While any process has one the object's memory stays, also after the name was
 * removed. Opening the same object again in one context gives the same handle with one more reference:
 * close each. A handle keeps its segment mapped after shoal_close.
 */
typedef struct shoal_object shoal_object;

/* The kind of the object of that name (> 0), or SHOAL_ENOKEY. */
SHOAL_API int shoal_object_find(shoal_segment *segment, const char *name, size_t length);
/* Open a live object of any kind; SHOAL_EMISMATCH if it is a Value. */
SHOAL_API int shoal_object_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length);
/*
 * Take the name away at once; the memory goes when the last process that has it open is done with it. SHOAL_ELOCK, and nothing
 * changes, while a live process, this one included, holds it or waits for it (the message says who): a Lock, an RWLock's write or
 * reads, a Semaphore's permits, a party that waits at a Barrier, and waits for these, an Event, a Condition or a Counter. The dead
 * are not in the way; the stopped are. A hold and an arrival at a Barrier are never missed, however late they come. A wait that
 * begins in the same moment counts as one that begins after it, and one through a readonly attach is not seen.
 */
SHOAL_API int shoal_object_remove(shoal_segment *segment, const char *name, size_t length);
SHOAL_API int shoal_object_count(uint64_t *count, shoal_segment *segment);
/* Call `each` for every name, in no particular order, until it returns non-zero (which is returned). */
typedef int (*shoal_each)(void *argument, const char *name, size_t length, int kind);
SHOAL_API int shoal_object_each(shoal_segment *segment, shoal_each each, void *argument);

SHOAL_API shoal_object *shoal_object_retain(shoal_object *object); /* one more reference; returns object */
SHOAL_API void shoal_object_close(shoal_object *object);           /* NULL is allowed */
SHOAL_API int shoal_object_kind(const shoal_object *object);
SHOAL_API const char *shoal_object_name(const shoal_object *object, size_t *length); /* NUL-terminated as well */
SHOAL_API bool shoal_object_readonly(const shoal_object *object);
SHOAL_API shoal_identity shoal_object_identity(const shoal_object *object);
/*
 * SHOAL_OK if the handle is this process's to use. SHOAL_ECLOSED in a forked child that could not be made a peer before its fork
 * (docs/c.md, "Threads, forks, signals"): calls that return a bool or a number say false or 0 there, and this one says why.
 */
SHOAL_API int shoal_object_usable(const shoal_object *object);
/*
 * True once the memory of `object` is not this process's to touch, in a forked child: then a touch through a view that was taken
 * before is a SIGSEGV, or meets another object's bytes. Look there first; shoal_object_usable says why. Valid while there is a reference.
 */
static inline const bool *shoal_object_lost(const shoal_object *object)
{
    return (const bool *)(const void *)object;
}

/* ---- Values: stored whole, replaced whole, read as a copy ----------------------------------- */

/*
 * Copy the stored bytes (one MessagePack item) of `name` into `buffer`.
 *   SHOAL_OK      *size bytes are in buffer; they are one version, never a mixture.
 *   SHOAL_LARGER  *size > capacity: buffer has the first capacity bytes; call again with at least *size.
 *   SHOAL_LIVE    the name is a live object: shoal_object_open.
 *   SHOAL_ENOKEY  there is none.
 * Never waits for a writer, alive or dead. No system call for values under 255 KiB; a readonly attach has larger ones
 * copied by the kernel.
 */
SHOAL_API int shoal_value_get(shoal_segment *segment, const char *name, size_t length, void *buffer, size_t capacity,
                              size_t *size);
/*
 * Store `size` bytes under `name`, atomically. SHOAL_EMISMATCH if the name is a live object;
 * SHOAL_ENOSPACE with the numbers, and the old value stays; SHOAL_EREADONLY.
 */
SHOAL_API int shoal_value_put(shoal_segment *segment, const char *name, size_t length, const void *bytes, size_t size);
/* No value has more bytes, though nothing else were in the segment: the limit of a writer. */
SHOAL_API uint64_t shoal_value_limit(const shoal_segment *segment);

/* ---- The wire format of values: MessagePack ------------------------------------------------- */

#define SHOAL_MAX_DEPTH 512 /* containers within containers */
/* u8 dtype, u8 ndim, u16 zero, u32 itemsize, ndim x u64 shape; data; all little-endian, C order */
#define SHOAL_EXT_NDARRAY 1
#define SHOAL_EXT_TIME (-1) /* the timestamp of the MessagePack specification */

/* A growing buffer of MessagePack. Zero-initialise, write, use bytes/size, shoal_writer_free. */
typedef struct shoal_writer {
    unsigned char *bytes;
    size_t size;
    size_t capacity;
    int status; /* first failure (SHOAL_ENOMEM, SHOAL_ENOSPACE, …); later writes do nothing. Test it once at the end */
    uint64_t limit; /* bytes: a value larger than that is refused before it is copied, SHOAL_ENOSPACE; 0: no limit */
    unsigned char inline_bytes[2048]; /* `bytes` points here until more is needed: do not copy the struct */
} shoal_writer;

SHOAL_API void shoal_writer_init(shoal_writer *writer);
SHOAL_API void shoal_writer_free(shoal_writer *writer);
/* Room for `size` more bytes within the limit? For who would copy them before writing. False: `status` says why. */
SHOAL_API bool shoal_writer_admits(shoal_writer *writer, uint64_t size);
SHOAL_API void shoal_write_nil(shoal_writer *writer);
SHOAL_API void shoal_write_bool(shoal_writer *writer, bool value);
SHOAL_API void shoal_write_int(shoal_writer *writer, int64_t value);
SHOAL_API void shoal_write_uint(shoal_writer *writer, uint64_t value);
SHOAL_API void shoal_write_float(shoal_writer *writer, double value);
SHOAL_API void shoal_write_str(shoal_writer *writer, const char *bytes, size_t size);
SHOAL_API void shoal_write_bin(shoal_writer *writer, const void *bytes, size_t size);
SHOAL_API void shoal_write_array(shoal_writer *writer, size_t count); /* `count` items follow */
SHOAL_API void shoal_write_map(shoal_writer *writer, size_t count);   /* `count` pairs of items follow */
/* Since 1970 in UTC; only the years 1 to 9999, which every language has (else SHOAL_EOVERFLOW). */
SHOAL_API void shoal_write_time(shoal_writer *writer, int64_t seconds, uint32_t nanoseconds);

/* One node under construction: 16 bytes in which a binding keeps its own (a PyObject *, a zval). */
typedef union shoal_node {
    void *pointer;
    uint64_t words[2];
} shoal_node;

/* The timestamp and the array of the two extension types, decoded. */
typedef struct shoal_view shoal_view;

/*
 * Turns MessagePack into nodes of the caller's. Each callback returns < 0 to stop (that status is
 * returned). `append`, `insert` consume the child nodes they are given, also when they fail. `drop` frees
 * a node that was made but not consumed. `count` of array and map is at most the number of bytes left.
 */
typedef struct shoal_builder {
    int (*nil)(void *user, shoal_node *out);
    int (*boolean)(void *user, bool value, shoal_node *out);
    int (*integer)(void *user, int64_t value, shoal_node *out);
    int (*unsigned_integer)(void *user, uint64_t value, shoal_node *out); /* only for values above INT64_MAX */
    int (*real)(void *user, double value, shoal_node *out);
    int (*str)(void *user, const char *bytes, size_t size, shoal_node *out); /* not checked to be UTF-8 */
    int (*bin)(void *user, const char *bytes, size_t size, shoal_node *out);
    int (*time)(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out);
    int (*ndarray)(void *user, const shoal_view *view, shoal_node *out); /* view over the decoded buffer: copy it */
    int (*ext)(void *user, int type, const char *bytes, size_t size, shoal_node *out); /* any other extension */
    int (*array)(void *user, size_t count, shoal_node *out);
    int (*append)(void *user, shoal_node *array, shoal_node *item);
    int (*map)(void *user, size_t count, shoal_node *out);
    int (*insert)(void *user, shoal_node *map, shoal_node *key, shoal_node *value);
    void (*drop)(void *user, shoal_node *node);
} shoal_builder;

/* Exactly one item: SHOAL_ECORRUPT for truncated, trailing or malformed bytes, or deeper than SHOAL_MAX_DEPTH. */
SHOAL_API int shoal_value_decode(shoal_node *out, const void *bytes, size_t size, const shoal_builder *builder,
                                 void *user);

SHOAL_API bool shoal_is_ascii(const char *bytes, size_t size);
SHOAL_API bool shoal_is_utf8(const char *bytes, size_t size); /* strict: no surrogates, no overlong forms */

/* ---- NdArray -------------------------------------------------------------------------------- */

#define SHOAL_MAX_DIMS 32

/* X(NAME, number, numpy name, item size in bytes (0: any), short code). The numbers are part of the format. */
#define SHOAL_DTYPE_LIST(X)                                                                                            \
    X(BOOL, 1, "bool", 1, "?")                                                                                         \
    X(INT8, 2, "int8", 1, "i1")                                                                                        \
    X(INT16, 3, "int16", 2, "i2")                                                                                      \
    X(INT32, 4, "int32", 4, "i4")                                                                                      \
    X(INT64, 5, "int64", 8, "i8")                                                                                      \
    X(UINT8, 6, "uint8", 1, "u1")                                                                                      \
    X(UINT16, 7, "uint16", 2, "u2")                                                                                    \
    X(UINT32, 8, "uint32", 4, "u4")                                                                                    \
    X(UINT64, 9, "uint64", 8, "u8")                                                                                    \
    X(FLOAT16, 10, "float16", 2, "f2")                                                                                 \
    X(FLOAT32, 11, "float32", 4, "f4")                                                                                 \
    X(FLOAT64, 12, "float64", 8, "f8")                                                                                 \
    X(COMPLEX64, 13, "complex64", 8, "c8")                                                                             \
    X(COMPLEX128, 14, "complex128", 16, "c16")                                                                         \
    X(BYTES, 15, "S", 0, "S")

enum shoal_dtype_number {
#define SHOAL_DTYPE_ENUM(name, number, text, size, code) SHOAL_##name = number,
    SHOAL_DTYPE_LIST(SHOAL_DTYPE_ENUM)
#undef SHOAL_DTYPE_ENUM
};

typedef struct shoal_dtype {
    uint32_t number;   /* enum shoal_dtype_number */
    uint32_t itemsize; /* bytes; for BYTES 1 to 2^31-1 */
} shoal_dtype;

/* "float64", "f8", "<f8", "=f8", "|S12", "S12", "?", "bool", "float", "int"; SHOAL_EVALUE (names it) otherwise. */
SHOAL_API int shoal_dtype_parse(shoal_dtype *out, const char *text, size_t length);
/* numpy's name: "float64", "S12". Returns `buffer`, which holds at least 16 bytes. */
SHOAL_API const char *shoal_dtype_name(shoal_dtype dtype, char *buffer);
/* The struct-module format of PEP 3118: "d", "Zd", "12s", ... . Returns `buffer` (at least 16 bytes). */
SHOAL_API const char *shoal_dtype_format(shoal_dtype dtype, char *buffer);

/*
 * An n-dimensional window onto memory: of an NdArray, of a slice of one, of a private buffer. It owns
 * nothing. Strides are in bytes and may be negative or 0.
 */
struct shoal_view {
    unsigned char *data;
    shoal_dtype dtype;
    uint32_t ndim;
    bool readonly;
    int64_t shape[SHOAL_MAX_DIMS];
    int64_t strides[SHOAL_MAX_DIMS];
};

/* One element, in the widest type of its family. */
typedef struct shoal_scalar {
    enum {
        SHOAL_SCALAR_BOOL,
        SHOAL_SCALAR_INT,
        SHOAL_SCALAR_UINT,
        SHOAL_SCALAR_FLOAT,
        SHOAL_SCALAR_COMPLEX,
        SHOAL_SCALAR_BYTES
    } type;
    int64_t i;                  /* BOOL (0 or 1), INT */
    uint64_t u;                 /* UINT */
    double re, im;              /* FLOAT uses re */
    const unsigned char *bytes; /* BYTES: points into the array */
    size_t size;                /* BYTES: with trailing NULs removed, as numpy does */
} shoal_scalar;

/*
 * Fill a view for C-contiguous data. SHOAL_EVALUE: ndim > 32, a negative length, a product above 2^47.
 * *nbytes is the product of shape and itemsize.
 */
SHOAL_API int shoal_view_init(shoal_view *out, uint64_t *nbytes, shoal_dtype dtype, size_t ndim, const int64_t *shape);
SHOAL_API uint64_t shoal_view_size(const shoal_view *view);   /* number of elements */
SHOAL_API bool shoal_view_contiguous(const shoal_view *view); /* C order, no gaps */
/* Fix dimension 0 at `index` (negative counts from the end): one dimension less. SHOAL_EINDEX. */
SHOAL_API int shoal_view_index(shoal_view *view, int64_t index);
/* Dimension `axis` becomes start, start+step, ... (`count` items); bounds are checked. SHOAL_EINDEX. */
SHOAL_API int shoal_view_slice(shoal_view *view, size_t axis, int64_t start, int64_t step, int64_t count);
/* The address of the element; negative indices count from the end. SHOAL_EINDEX names index, axis and length. */
SHOAL_API int shoal_view_at(unsigned char **out, const shoal_view *view, size_t count, const int64_t *index);

/*
 * Read and write one element at an address. A store refuses what it would change: SHOAL_EOVERFLOW for a number out of
 * range, a finite float that would become infinite, bytes longer than S<n>; SHOAL_ETYPE for a fraction or NaN into an
 * integer, and for another family of types.
 */
SHOAL_API void shoal_scalar_load(shoal_scalar *out, shoal_dtype dtype, const unsigned char *at);
SHOAL_API int shoal_scalar_store(unsigned char *at, shoal_dtype dtype, const shoal_scalar *value);

SHOAL_API int shoal_view_fill(const shoal_view *view, const shoal_scalar *value);
/*
 * Element-wise copy with conversion, as numpy's astype(casting="same_kind") would do it; the shapes must be equal and the
 * cast allowed (SHOAL_EMISMATCH); overlap is allowed, by address: shoal_array_assign knows more.
 */
SHOAL_API int shoal_view_assign(const shoal_view *to, const shoal_view *from);
/* Equal dtypes, shapes and elements: as numbers (NaN equals nothing, 0.0 and -0.0 are equal), or the very same memory. */
SHOAL_API bool shoal_view_equal(const shoal_view *one, const shoal_view *other);
/* C-order bytes of the whole view into / from a packed buffer of exactly size*itemsize bytes. */
SHOAL_API void shoal_view_pack(void *out, const shoal_view *view);
SHOAL_API int shoal_view_unpack(const shoal_view *view, const void *bytes, size_t size);
/*
 * Reductions over all elements, as numpy's: sum of bool and ints in 64 bits (SHOAL_EOVERFLOW where numpy would
 * wrap), of floats by pairwise summation; min and max propagate NaN; SHOAL_EVALUE for min, max of no elements;
 * mean of nothing is NaN. SHOAL_ETYPE for BYTES; complex has no min and max (SHOAL_ETYPE).
 */
SHOAL_API int shoal_view_sum(shoal_scalar *out, const shoal_view *view);
SHOAL_API int shoal_view_min(shoal_scalar *out, const shoal_view *view);
SHOAL_API int shoal_view_max(shoal_scalar *out, const shoal_view *view);
SHOAL_API int shoal_view_mean(shoal_scalar *out, const shoal_view *view);

/* A view as the MessagePack extension SHOAL_EXT_NDARRAY; SHOAL_EVALUE for a shape that shoal_view_init refuses. */
SHOAL_API void shoal_write_ndarray(shoal_writer *writer, const shoal_view *view);

/*
 * Open the array `name`, or create it, zero-filled, 64-byte aligned, C order. SHOAL_EMISMATCH unless dtype and shape
 * are equal. To open without naming them: shoal_object_open. SHOAL_ENOSPACE with the numbers.
 */
SHOAL_API int shoal_array_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                               shoal_dtype dtype, size_t ndim, const int64_t *shape);
/* The whole array; valid while `array` has a reference. SHOAL_ETYPE if it is no NdArray. */
SHOAL_API int shoal_array_view(shoal_view *out, const shoal_object *array);
/*
 * shoal_view_assign to a view `to` of `array`. `from` may show the same memory at another address, through another attach of
 * the segment in this process (a readonly one, one of another context): that is overlap, too. A mapping of the file that was made
 * without this library is not known to be one.
 */
SHOAL_API int shoal_array_assign(const shoal_object *array, const shoal_view *to, const shoal_view *from);
/* The same bytes where the attach of `array` has them, if `view` shows them through another one; else it stays as it is. */
SHOAL_API void shoal_array_meet(const shoal_object *array, shoal_view *view);

/* ---- Counter: a signed 64-bit integer, changed atomically ------------------------------------ */

/* `initial` counts only when the counter is made. */
SHOAL_API int shoal_counter_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                 int64_t initial);
SHOAL_API int shoal_counter_value(int64_t *out, const shoal_object *counter);
/* SHOAL_EOVERFLOW when the sum leaves the 64 bits; nothing changes then. */
SHOAL_API int shoal_counter_add(int64_t *out, shoal_object *counter, int64_t n); /* *out: the new value */
SHOAL_API int shoal_counter_sub(int64_t *out, shoal_object *counter, int64_t n);
SHOAL_API int shoal_counter_exchange(int64_t *out, shoal_object *counter, int64_t value); /* *out: the old value */
SHOAL_API int shoal_counter_compare_exchange(bool *out, shoal_object *counter, int64_t expected, int64_t desired);
/* Until the value is another than `differs_from`: SHOAL_OK, SHOAL_ETIMEDOUT, SHOAL_EINTR. Works readonly. */
SHOAL_API int shoal_counter_wait(const shoal_object *counter, int64_t differs_from, shoal_time deadline);

#include "shoal_locks.h"

#ifdef __cplusplus
}
#endif
#endif
