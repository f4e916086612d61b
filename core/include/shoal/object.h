/* Names and handles, of whatever kind. Part of shoal.h. */
#ifndef SHOAL_OBJECT_H
#define SHOAL_OBJECT_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A handle on a live object. While any process has a handle, the object's memory stays, even after the name was
 * removed. Opening the same object again in one context gives the same handle with one more reference: close each. A
 * handle keeps its segment mapped after shoal_close.
 */
typedef struct shoal_object shoal_object;

/* The kind of the object of that name (> 0), or SHOAL_ENOKEY. */
SHOAL_API int shoal_object_find(shoal_segment *segment, const char *name, size_t length);
/* Open a live object of any kind; SHOAL_EMISMATCH if it is a Value. */
SHOAL_API int shoal_object_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length);
/*
 * Open a live object of kind `kind` (SHOAL_KIND_NONE: of any), whatever its parameters; SHOAL_EMISMATCH if it is of
 * another kind. Creates nothing.
 */
SHOAL_API int shoal_object_open_kind(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                     int kind);
/*
 * Read whatever object has the name: as shoal_value_get if it is a Value, as shoal_object_open if it is a live object.
 * One call suffices even if another process replaces the one by the other meanwhile.
 *   SHOAL_OK, SHOAL_LARGER  a Value: its bytes, or the first of them, as from shoal_value_get; *out is NULL.
 *   SHOAL_LIVE              *out is a handle: close it.
 *   SHOAL_ENOKEY            there is no object of that name.
 */
SHOAL_API int shoal_object_read(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                void *buffer, size_t capacity, size_t *size);
/*
 * Unlink the name at once; the memory is freed when no process has the object open any more. SHOAL_ELOCK, and nothing
 * changes, while a live process, this one included, holds the object or waits for it (the message says who): a Lock, an
 * RWLock for reading or writing, permits of a Semaphore, a party that waits at a Barrier, and waits for these, an
 * Event, a Condition or a Counter. A dead process does not prevent the removal; a stopped one does. A hold or an
 * arrival at a Barrier is never missed, even if it comes during this call. A wait that begins during this call may
 * count as one that begins afterwards, and waits through a readonly attach are not seen.
 */
SHOAL_API int shoal_object_remove(shoal_segment *segment, const char *name, size_t length);
SHOAL_API int shoal_object_count(uint64_t *count, shoal_segment *segment);
/* Call `each` for every name, in no particular order, until `each` returns non-zero; that value is returned. */
typedef int (*shoal_each)(void *argument, const char *name, size_t length, int kind);
SHOAL_API int shoal_object_each(shoal_segment *segment, shoal_each each, void *argument);
/* The same as a list that the caller owns. Free with shoal_list_free. */
SHOAL_API int shoal_object_names(shoal_text **out, size_t *count, shoal_segment *segment);

SHOAL_API shoal_object *shoal_object_retain(shoal_object *object); /* one more reference; returns object */
SHOAL_API void shoal_object_close(shoal_object *object);           /* NULL is allowed */
SHOAL_API int shoal_object_kind(const shoal_object *object);
SHOAL_API const char *shoal_object_name(const shoal_object *object, size_t *length); /* NUL-terminated as well */
SHOAL_API bool shoal_object_readonly(const shoal_object *object);
SHOAL_API shoal_identity shoal_object_identity(const shoal_object *object);
/*
 * Everything there is to know about the object, as one map of MessagePack, appended to `out`. An error leaves `out` as
 * it was.
 *
 *   name, kind    texts
 *   holders       array of maps: pid, thread, since, program, alive, count, of shoal_owner; of kinds that can be held
 *   waiters       the same; of kinds that can be waited for
 *   bytes         size of the object's block in the segment
 *   and the fields that the first comment of the kind's header lists
 */
SHOAL_API int shoal_object_describe(shoal_writer *out, const shoal_object *object);
/*
 * SHOAL_OK if this process may use the handle. SHOAL_ECLOSED in a forked child that could not be made a peer before its
 * fork (docs/c.md, "Threads, forks, signals"): calls that return a bool or a number return false or 0 there, and this
 * call says why.
 */
SHOAL_API int shoal_object_usable(const shoal_object *object);
/*
 * Points to a flag that is true once this process, a forked child, may no longer touch the memory of `object`: an
 * access through a view from before the fork is then a SIGSEGV, or reaches another object's bytes. Test the flag before
 * such an access; shoal_object_usable says why it is set. The pointer is valid while there is a reference.
 */
static inline const bool *shoal_object_lost(const shoal_object *object)
{
    return (const bool *)(const void *)object;
}

#endif
