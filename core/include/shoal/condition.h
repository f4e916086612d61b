/* Condition. Part of shoal.h. shoal_object_describe tells lock, the name of its Lock. */
#ifndef SHOAL_CONDITION_H
#define SHOAL_CONDITION_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A condition belongs to one Lock of the same segment, for good. SHOAL_EMISMATCH when it exists with another (or with one
 * of that name that was removed since). lock NULL: open only.
 */
SHOAL_API int shoal_condition_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                   const shoal_object *lock);
/* "" and SHOAL_ECORRUPT's sentence when no lock can have the name that is there; NULL and SHOAL_ENOMEM's without memory. */
SHOAL_API const char *shoal_condition_lock_name(const shoal_object *condition, size_t *length);
/*
 * Open the Lock that it belongs to. SHOAL_ENOKEY when that was removed, SHOAL_EMISMATCH when its name is another Lock's, or
 * another kind's, by now: nothing is made. *out is a reference of the caller's.
 */
SHOAL_API int shoal_condition_lock(shoal_object **out, const shoal_object *condition);
/*
 * Let go of `lock` (however often this thread holds it), sleep until notified, take it back as often.
 *
 *   SHOAL_OK         notified; the lock is held
 *   SHOAL_RECOVERED  the same, and a holder of the lock died meanwhile
 *   SHOAL_ETIMEDOUT  not notified before the deadline; the lock is held all the same (shoal_lock_recovered tells)
 *   SHOAL_ELOCK      this process does not hold the lock
 *   SHOAL_ENOSPACE   as many wait as a condition has room for
 *
 * Signals do not end it; use the pieces below for that. No notification is lost: if the one who was notified dies, or
 * gives up, before it has the lock back, it goes to another who waited at that time.
 */
SHOAL_API int shoal_condition_wait(shoal_object *condition, shoal_object *lock, shoal_time deadline);
/* In pieces: begin (lets go of the lock), shoal_wait_until or _try (OK: notified), and in any case end, or cancel. */
SHOAL_API int shoal_condition_begin(shoal_wait *wait, shoal_object *condition, shoal_object *lock, uint32_t flags);
/*
 * Take the lock back: as shoal_lock_acquire. After SHOAL_EINTR, SHOAL_ETIMEDOUT and SHOAL_ELOCK (a cycle) call again, or
 * cancel, which gives the lock up. After SHOAL_EOWNERDIED (SHOAL_WAIT_STRICT) too: you do not hold the lock. A wait with SHOAL_WAIT_TASK never sleeps here: SHOAL_PENDING, as from shoal_wait_try,
 * then call this again. *notified: also if that came after the deadline. After OK and RECOVERED the wait is over.
 */
SHOAL_API int shoal_condition_end(bool *notified, shoal_wait *wait, shoal_time deadline);
/* Wake up to n (UINT32_MAX: all), the longest waiting first. SHOAL_ELOCK if this process does not hold the lock. */
SHOAL_API int shoal_condition_notify(uint32_t *notified, shoal_object *condition, shoal_object *lock, uint32_t n);

#endif
