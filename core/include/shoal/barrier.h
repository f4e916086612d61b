/* Barrier. Part of shoal.h. shoal_object_describe gives parties, waiting, broken. */
#ifndef SHOAL_BARRIER_H
#define SHOAL_BARRIER_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A barrier at which `parties` threads meet, 1 to 4,096; 0 opens an existing barrier, whatever its number of parties.
 * SHOAL_EMISMATCH when the barrier exists with another number. A process that has arrived once is a party until it
 * closes the object. If that process dies before it closes the object, whether it waits at the barrier or not, the
 * barrier is broken for all present and future waiters, until shoal_barrier_reset.
 */
SHOAL_API int shoal_barrier_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                 uint32_t parties);
/*
 * SHOAL_OK with *index, from 0 (the first to arrive) to parties - 1 (the last); SHOAL_EBROKEN, whose message says which
 * process broke the barrier; SHOAL_ETIMEDOUT, which breaks the barrier.
 */
SHOAL_API int shoal_barrier_wait(uint32_t *index, shoal_object *barrier, shoal_time deadline);
/*
 * For a wait in pieces (wait.h): if shoal_wait_until or shoal_wait_try returned SHOAL_OK with wait->last set, this
 * thread arrived last, and the others wait until it calls this. SHOAL_EBROKEN if the barrier was broken meanwhile.
 */
SHOAL_API int shoal_barrier_pass(shoal_wait *wait);
SHOAL_API int shoal_barrier_abort(shoal_object *barrier); /* break it: all waiters get SHOAL_EBROKEN */
SHOAL_API int shoal_barrier_reset(shoal_object *barrier); /* empty and unbroken again; waiters get SHOAL_EBROKEN */
SHOAL_API bool shoal_barrier_broken(const shoal_object *barrier);
SHOAL_API uint32_t shoal_barrier_parties(const shoal_object *barrier);
SHOAL_API uint32_t shoal_barrier_waiting(const shoal_object *barrier); /* live parties that wait now */

#endif
