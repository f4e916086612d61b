/* Condition. Part of shoal.h. shoal_object_describe gives lock, the name of its Lock. */
#ifndef SHOAL_CONDITION_H
#define SHOAL_CONDITION_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A condition belongs to one Lock of the same segment, for ever. SHOAL_EMISMATCH when it exists with another Lock (or
 * with a Lock of that name that was removed since). lock NULL: open only.
 */
SHOAL_API int shoal_condition_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                   const shoal_object *lock);
/*
 * On failure: "" with the sentence of SHOAL_ECORRUPT when the stored name cannot be a Lock's; NULL with that of
 * SHOAL_ENOMEM.
 */
SHOAL_API const char *shoal_condition_lock_name(const shoal_object *condition, size_t *length);
/*
 * Open the Lock that the condition belongs to. SHOAL_ENOKEY when that Lock was removed; SHOAL_EMISMATCH when its name
 * belongs to another Lock or another kind by now. Creates nothing. *out is a reference of the caller's.
 */
SHOAL_API int shoal_condition_lock(shoal_object **out, const shoal_object *condition);
/*
 * Release `lock` (as often as this thread holds it), sleep until notified, acquire it again as often.
 *
 *   SHOAL_OK         notified; the lock is held
 *   SHOAL_RECOVERED  the same, and a holder of the lock died meanwhile
 *   SHOAL_ETIMEDOUT  not notified before the deadline; the lock is held all the same (shoal_lock_recovered tells)
 *   SHOAL_ELOCK      this process does not hold the lock
 *   SHOAL_ENOSPACE   as many wait as a condition has room for
 *
 * Signals do not end this wait; use the pieces below for that. No notification is lost: if the notified waiter dies or
 * gives up before it has the lock back, the notification goes to another thread that waited at that time.
 */
SHOAL_API int shoal_condition_wait(shoal_object *condition, shoal_object *lock, shoal_time deadline);
/* In pieces: begin (releases the lock), shoal_wait_until or _try (OK: notified), and in any case end, or cancel. */
SHOAL_API int shoal_condition_begin(shoal_wait *wait, shoal_object *condition, shoal_object *lock, uint32_t flags);
/*
 * Acquire the lock again, as shoal_lock_acquire does. After SHOAL_EINTR, SHOAL_ETIMEDOUT and SHOAL_ELOCK (a deadlock)
 * call again, or cancel, which gives the lock up. The same after SHOAL_EOWNERDIED (SHOAL_WAIT_STRICT): you do not hold
 * the lock. A wait with SHOAL_WAIT_TASK never sleeps here: it returns SHOAL_PENDING, as shoal_wait_try does; call again
 * then. *notified is true also if the notification came after the deadline. After SHOAL_OK and SHOAL_RECOVERED the wait
 * is over.
 */
SHOAL_API int shoal_condition_end(bool *notified, shoal_wait *wait, shoal_time deadline);
/*
 * Notify up to n waiters (UINT32_MAX: all), the longest waiting first. SHOAL_ELOCK if this process does not hold the
 * lock.
 */
SHOAL_API int shoal_condition_notify(uint32_t *notified, shoal_object *condition, shoal_object *lock, uint32_t n);

#endif
