/* Barrier. Part of shoal.h. shoal_object_describe tells parties, waiting, broken. */
#ifndef SHOAL_BARRIER_H
#define SHOAL_BARRIER_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * `parties` threads meet: 1 to 4,096; 0: open only, whatever it is. SHOAL_EMISMATCH when it exists with another number.
 * Who has been at it once belongs to it until it closes the object; if such a process dies without that, at the barrier
 * or on its way to it, the barrier is broken for all who wait or will come, until somebody resets it.
 */
SHOAL_API int shoal_barrier_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                 uint32_t parties);
/* SHOAL_OK with *index, 0 to parties - 1; SHOAL_EBROKEN, with who broke it; SHOAL_ETIMEDOUT, which breaks it. */
SHOAL_API int shoal_barrier_wait(uint32_t *index, shoal_object *barrier, shoal_time deadline);
/* In pieces: when until or try returns OK with wait->last, nobody goes on until this. SHOAL_EBROKEN. */
SHOAL_API int shoal_barrier_pass(shoal_wait *wait);
SHOAL_API int shoal_barrier_abort(shoal_object *barrier); /* break it: all who wait get SHOAL_EBROKEN */
SHOAL_API int shoal_barrier_reset(shoal_object *barrier); /* empty and whole; who waits gets SHOAL_EBROKEN */
SHOAL_API bool shoal_barrier_broken(const shoal_object *barrier);
SHOAL_API uint32_t shoal_barrier_parties(const shoal_object *barrier);
SHOAL_API uint32_t shoal_barrier_waiting(const shoal_object *barrier); /* now, and alive */

#endif
