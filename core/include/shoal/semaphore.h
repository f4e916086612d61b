/* Semaphore. Part of shoal.h. shoal_object_describe gives initial, bounded, value (free now). */
#ifndef SHOAL_SEMAPHORE_H
#define SHOAL_SEMAPHORE_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * With permits (flags 0): 1 to 65,536, each held by the process that acquired it. The permits of a dead process are
 * free again. Releasing a permit that this process does not hold is SHOAL_ELOCK, so there are never more than `value`.
 * As a signal (SHOAL_SEMAPHORE_SIGNAL): a plain count from 0 to 2^31 - 1 that any process may raise; no process owns
 * any of it.
 */
#define SHOAL_SEMAPHORE_SIGNAL 1u
#define SHOAL_SEMAPHORE_ANY 0x80000000u /* open an existing one, whatever its value and flags */
#define SHOAL_SEMAPHORE_MOST_PERMITS 65536u

/* SHOAL_EMISMATCH when it exists with another value or other flags; SHOAL_EVALUE when `value` is out of range. */
SHOAL_API int shoal_semaphore_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                   uint32_t value, uint32_t flags);
SHOAL_API int shoal_semaphore_acquire(shoal_object *semaphore, shoal_time deadline); /* OK, ETIMEDOUT, EINTR */
/* Release n at once, or none: SHOAL_ELOCK (more than this process holds), SHOAL_EOVERFLOW (signal above 2^31 - 1). */
SHOAL_API int shoal_semaphore_release(shoal_object *semaphore, uint32_t n);
SHOAL_API int shoal_semaphore_value(uint32_t *out, const shoal_object *semaphore); /* permits free now */
SHOAL_API uint32_t shoal_semaphore_initial(const shoal_object *semaphore);
SHOAL_API uint32_t shoal_semaphore_flags(const shoal_object *semaphore);
SHOAL_API uint32_t shoal_semaphore_held(const shoal_object *semaphore); /* by this process; signal: 0 */

#endif
