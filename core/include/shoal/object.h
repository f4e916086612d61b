/* Names and handles, of whatever kind. Part of shoal.h. */
#ifndef SHOAL_OBJECT_H
#define SHOAL_OBJECT_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

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
/* Of that kind (SHOAL_KIND_NONE: of any), whatever its parameters; SHOAL_EMISMATCH if it is another. Makes nothing. */
SHOAL_API int shoal_object_open_kind(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                     int kind);
/*
 * What the name has: shoal_value_get, or shoal_object_open of what is live, whatever takes whose place meanwhile.
 *   SHOAL_OK, SHOAL_LARGER  a Value: its bytes, or the first of them, as from shoal_value_get; *out is NULL.
 *   SHOAL_LIVE              *out is a handle: close it.
 *   SHOAL_ENOKEY            there is none.
 */
SHOAL_API int shoal_object_read(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                void *buffer, size_t capacity, size_t *size);
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
/* The same as a list of the caller's. Free with shoal_list_free. */
SHOAL_API int shoal_object_names(shoal_text **out, size_t *count, shoal_segment *segment);

SHOAL_API shoal_object *shoal_object_retain(shoal_object *object); /* one more reference; returns object */
SHOAL_API void shoal_object_close(shoal_object *object);           /* NULL is allowed */
SHOAL_API int shoal_object_kind(const shoal_object *object);
SHOAL_API const char *shoal_object_name(const shoal_object *object, size_t *length); /* NUL-terminated as well */
SHOAL_API bool shoal_object_readonly(const shoal_object *object);
SHOAL_API shoal_identity shoal_object_identity(const shoal_object *object);
/*
 * Everything there is to know about the object, as one map of MessagePack, appended to `out`. A wrong status leaves `out` as it was.
 *
 *   name, kind    texts
 *   holders       array of maps: pid, thread, since, program, alive, count, of shoal_owner; only of what may be held
 *   waiters       the same; only of what may be waited for
 *   bytes         of the block that it lies in
 *   and what the header of its kind says first
 */
SHOAL_API int shoal_object_describe(shoal_writer *out, const shoal_object *object);
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

#endif
