/*
 * RWLock: many readers or one writer. Part of shoal.h. shoal_object_describe gives writing (a writer holds it),
 * owner_died.
 */
#ifndef SHOAL_RWLOCK_H
#define SHOAL_RWLOCK_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A waiting writer keeps new readers out, so it waits only for the readers that already hold the lock. A writer that
 * comes when readers wait lets these in first, waiting up to 10 ms for each to wake up. So neither side starves. A
 * writer that is stopped while it waits keeps others out for half a second; then it loses its turn, and queues anew
 * when it continues. A thread that reads may read again (even while a writer waits). There is no upgrade from reading
 * to writing.
 */
SHOAL_API int shoal_rwlock_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length);
/*
 * As shoal_lock_acquire, with two differences. After a writer died while writing, readers get SHOAL_RECOVERED, too,
 * until another writer has written. SHOAL_ELOCK comes even with a deadline (the wait would keep all others out): if
 * this thread writes already, if it reads and would write (an upgrade would wait for itself), or if there is a
 * deadlock. A try (SHOAL_NO_WAIT) returns SHOAL_ETIMEDOUT in these cases, as it does when another thread has the lock.
 */
SHOAL_API int shoal_rwlock_read(shoal_object *rwlock, shoal_time deadline);
SHOAL_API int shoal_rwlock_write(shoal_object *rwlock, shoal_time deadline);
/*
 * SHOAL_ELOCK if this process does not read, or write. shoal_rwlock_unlock releases what this thread holds, or, if it
 * holds nothing, what another thread of this process holds.
 */
SHOAL_API int shoal_rwlock_read_unlock(shoal_object *rwlock);
SHOAL_API int shoal_rwlock_write_unlock(shoal_object *rwlock);
SHOAL_API int shoal_rwlock_unlock(shoal_object *rwlock);
/* Go from writing to reading, with no other writer in between. SHOAL_ELOCK if this process does not write. */
SHOAL_API int shoal_rwlock_downgrade(shoal_object *rwlock);
SHOAL_API bool shoal_rwlock_is_writing(const shoal_object *rwlock); /* this process */
SHOAL_API bool shoal_rwlock_is_reading(const shoal_object *rwlock); /* this process */
/* This process writes and got SHOAL_RECOVERED, or it reads and would get SHOAL_RECOVERED now. */
SHOAL_API bool shoal_rwlock_recovered(const shoal_object *rwlock);

#endif
