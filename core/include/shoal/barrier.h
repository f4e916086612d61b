/* Barrier. Part of shoal.h. shoal_object_describe gives parties, waiting, broken. */
#ifndef SHOAL_BARRIER_H
#define SHOAL_BARRIER_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * `parties` threads meet: 1 to 4,096; 0 opens an existing barrier, whatever its number. SHOAL_EMISMATCH when it exists
 * with another number. A process that has arrived once is a party until it closes the object. If it dies before that,
 * at the barrier or on its way to it, the barrier is broken for all present and future waiters, until somebody resets
 * it.
 */
SHOAL_API int shoal_barrier_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                 uint32_t parties);
/*
 * SHOAL_OK with *index, 0 to parties - 1; SHOAL_EBROKEN, whose message says who broke it; SHOAL_ETIMEDOUT, which breaks
 * it.
 */
SHOAL_API int shoal_barrier_wait(uint32_t *index, shoal_object *barrier, shoal_time deadline);
/*
 * The wait in pieces: when until or try returns SHOAL_OK with wait->last, the others wait until this call.
 * SHOAL_EBROKEN.
 */
SHOAL_API int shoal_barrier_pass(shoal_wait *wait);
SHOAL_API int shoal_barrier_abort(shoal_object *barrier); /* break it: all waiters get SHOAL_EBROKEN */
SHOAL_API int shoal_barrier_reset(shoal_object *barrier); /* empty and unbroken again; waiters get SHOAL_EBROKEN */
SHOAL_API bool shoal_barrier_broken(const shoal_object *barrier);
SHOAL_API uint32_t shoal_barrier_parties(const shoal_object *barrier);
SHOAL_API uint32_t shoal_barrier_waiting(const shoal_object *barrier); /* live parties that wait now */

#endif
