/*
 * RWLock: many readers or one writer. Part of shoal.h.
 * shoal_object_describe tells writing (a writer is inside), owner_died.
 */
#ifndef SHOAL_RWLOCK_H
#define SHOAL_RWLOCK_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A waiting writer keeps new readers out, so it waits for no more than the readers that are inside; and a writer that
 * comes when readers wait lets these in first, waiting up to 10 ms for each to wake up. So neither starves. A writer that
 * is stopped while it waits keeps others out for half a second: then it has lost its turn, and begins anew when it goes on.
 * A thread that reads may read again (also while a writer waits). Neither side asks for the other: there is no upgrade.
 */
SHOAL_API int shoal_rwlock_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length);
/*
 * As shoal_lock_acquire, but: SHOAL_RECOVERED for readers too, as long as no writer has come since one died writing.
 * SHOAL_ELOCK: this thread writes already (read, write), or reads (write: an upgrade would wait for itself), with a deadline
 * too, as it would keep all others out meanwhile; or a cycle. A try (NO_WAIT) is SHOAL_ETIMEDOUT then, as for anybody.
 */
SHOAL_API int shoal_rwlock_read(shoal_object *rwlock, shoal_time deadline);
SHOAL_API int shoal_rwlock_write(shoal_object *rwlock, shoal_time deadline);
/* SHOAL_ELOCK if this process does not read, or write. unlock gives back whichever this thread, else process, holds. */
SHOAL_API int shoal_rwlock_read_unlock(shoal_object *rwlock);
SHOAL_API int shoal_rwlock_write_unlock(shoal_object *rwlock);
SHOAL_API int shoal_rwlock_unlock(shoal_object *rwlock);
/* From writing to reading, with no writer between. SHOAL_ELOCK if this process does not write. */
SHOAL_API int shoal_rwlock_downgrade(shoal_object *rwlock);
SHOAL_API bool shoal_rwlock_is_writing(const shoal_object *rwlock); /* this process */
SHOAL_API bool shoal_rwlock_is_reading(const shoal_object *rwlock); /* this process */
/* This process reads or writes, and was told SHOAL_RECOVERED or would be now. */
SHOAL_API bool shoal_rwlock_recovered(const shoal_object *rwlock);

#endif
