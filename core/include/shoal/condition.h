/* Condition. Part of shoal.h. shoal_object_describe gives lock, the name of its Lock. */
#ifndef SHOAL_CONDITION_H
#define SHOAL_CONDITION_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A condition belongs to one Lock of the same segment, for ever. SHOAL_EMISMATCH when it exists with another Lock (or
 * with a Lock of that name that was removed since). `lock` NULL: open an existing condition, create none.
 */
SHOAL_API int shoal_condition_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                   const shoal_object *lock);
/*
 * The name of the condition's Lock. On failure, NULL when out of memory and "" otherwise; shoal_error_message says why
 * (a stored name that cannot be a Lock's: SHOAL_ECORRUPT).
 */
SHOAL_API const char *shoal_condition_lock_name(const shoal_object *condition, size_t *length);
/*
 * Open the Lock that the condition belongs to. SHOAL_ENOKEY when that Lock was removed; SHOAL_EMISMATCH when its name
 * now belongs to another Lock or to an object of another kind. Creates nothing. The caller closes *out.
 */
SHOAL_API int shoal_condition_lock(shoal_object **out, const shoal_object *condition);
/*
 * Release `lock` (as often as this thread holds it), sleep until notified, acquire it again as often.
 *
 *   SHOAL_OK         notified; the lock is held
 *   SHOAL_RECOVERED  the same, and a holder of the lock died meanwhile
 *   SHOAL_ETIMEDOUT  not notified before the deadline; the lock is held all the same (shoal_lock_recovered
 *                    says whether a holder of it died)
 *   SHOAL_ELOCK      this process does not hold the lock
 *   SHOAL_ENOSPACE   the condition has no room for another waiter
 *
 * Signals do not end this wait; a caller that must handle them uses the pieces below. No notification is lost: if the
 * notified waiter dies or gives up before it has the lock back, the notification goes to another thread that waited at
 * that time.
 */
SHOAL_API int shoal_condition_wait(shoal_object *condition, shoal_object *lock, shoal_time deadline);
/*
 * The same in pieces: shoal_condition_begin releases the lock; shoal_wait_until or shoal_wait_try waits (SHOAL_OK:
 * notified); then, in any case, shoal_condition_end acquires the lock again, or shoal_wait_cancel gives the lock up.
 */
SHOAL_API int shoal_condition_begin(shoal_wait *wait, shoal_object *condition, shoal_object *lock, uint32_t flags);
/*
 * Acquire the lock again, as shoal_lock_acquire does. After SHOAL_EINTR, SHOAL_ETIMEDOUT, SHOAL_ELOCK (a deadlock) and
 * SHOAL_EOWNERDIED (with SHOAL_WAIT_STRICT) you do not hold the lock: call this again, or shoal_wait_cancel. A wait
 * with SHOAL_WAIT_TASK never sleeps here: this returns SHOAL_PENDING, as shoal_wait_try does, and is to be called
 * again. *notified is true also if the notification came after the deadline. After SHOAL_OK and SHOAL_RECOVERED the
 * wait is over.
 */
SHOAL_API int shoal_condition_end(bool *notified, shoal_wait *wait, shoal_time deadline);
/*
 * Notify up to n waiters (UINT32_MAX: all), those that have waited longest first. SHOAL_ELOCK if this process does not
 * hold the lock.
 */
SHOAL_API int shoal_condition_notify(uint32_t *notified, shoal_object *condition, shoal_object *lock, uint32_t n);

#endif
