/*
 * Lock. Part of shoal.h. shoal_object_describe gives reentrant, locked, owner_died (a holder died, and the data was not
 * declared sound since).
 */
#ifndef SHOAL_LOCK_H
#define SHOAL_LOCK_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

#define SHOAL_LOCK_REENTRANT 1u    /* the holding thread may take it again; a parameter of the object */
#define SHOAL_LOCK_ANY 0x80000000u /* open an existing lock, whatever its flags */

/* SHOAL_EMISMATCH when the lock exists with other flags. */
SHOAL_API int shoal_lock_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                              uint32_t flags);
/*
 * Take `lock`, waiting until `deadline` at the latest.
 *
 *   SHOAL_OK          this process holds it. Any thread may release it; a forked child does not have it.
 *   SHOAL_RECOVERED   this process holds it, but its last holder died holding it: the data may be half-written.
 *   SHOAL_ETIMEDOUT   the deadline passed; you do not hold it. (SHOAL_NO_WAIT: it is held, perhaps by this very
 *                     thread, or it is free and left to those that sleep for it.)
 *   SHOAL_EINTR       a signal came first; call again with the same deadline.
 *   SHOAL_ELOCK       only without a deadline: a deadlock. Either this thread holds the lock already and it is not
 *                     reentrant, or the threads that hold and wait for each other's locks form a cycle, which the
 *                     message names. The wait of one of them ends with SHOAL_ELOCK so that it can release its
 *                     locks; you do not hold this one. Cycles are found over any number of threads, processes and
 *                     segments, provided that the process of one of the threads has attached all of these segments
 *                     for writing.
 *   SHOAL_EOWNERDIED  only if `strict`: its last holder died; you do not hold it. Call shoal_lock_repair first.
 *
 * An uncontended call makes no system call.
 */
SHOAL_API int shoal_lock_acquire(shoal_object *lock, bool strict, shoal_time deadline);
SHOAL_API int shoal_lock_release(shoal_object *lock); /* SHOAL_ELOCK if this process does not hold it */
/* Declare that the data which a dead owner's lock guards is sound. SHOAL_ELOCK if there is nothing to repair. */
SHOAL_API int shoal_lock_repair(shoal_object *lock);
SHOAL_API bool shoal_lock_is_locked(const shoal_object *lock); /* held by a live process, this one included */
/* held by this process, whose acquire returned SHOAL_RECOVERED */
SHOAL_API bool shoal_lock_recovered(const shoal_object *lock);
SHOAL_API bool shoal_lock_is_mine(const shoal_object *lock); /* held by this process */
/* held by this thread itself, not by a task that it runs */
SHOAL_API bool shoal_lock_is_this_threads(const shoal_object *lock);
SHOAL_API uint32_t shoal_lock_flags(const shoal_object *lock);
/* The owner of a Lock, or the writer of an RWLock. */
SHOAL_API int shoal_lock_owner(shoal_owner *out, const shoal_object *lock);

#endif
