/*
 * JobQueue: work that is done at least once. A job is taken, and then done, or tried again; the job of a worker that
 * dies is taken by the next one at once. The jobs are in shoal/job.h. Part of shoal.h. shoal_object_describe gives capacity, used, attempts, lease
 * (seconds, or nil), state ("open", "draining", "shut"), ready, delayed, taken, dead.
 */
#ifndef SHOAL_JOB_QUEUE_H
#define SHOAL_JOB_QUEUE_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A job is ready, delayed, taken, or dead, and every step from one to another is one change: a process killed at any
 * instruction leaves a job before the step or after it. A taken job belongs to the process that took it until it says
 * done or retry. If that process dies, the job is ready again, before all others of its priority, or, if it was tried
 * `attempts` times, among the dead, with the process that died. Whoever takes, waits for a job or looks at the sizes
 * finds dead workers. A stopped or slow worker keeps its job, unless the queue has a lease: then a job that is taken
 * for longer is given to another, and may be done twice.
 */
typedef struct shoal_job_queue_options {
    uint64_t capacity; /* bytes that the messages of all jobs may have together; at least 1 */
    uint32_t attempts; /* how often a job is tried before it is dead: 1 to 1,000,000; 0: any number of times */
    uint32_t zero;
    shoal_time lease; /* nanoseconds; 0: none */
} shoal_job_queue_options;

#define SHOAL_JOB_PRIORITIES 4u /* 0, the usual one, to 3; jobs of a higher one are taken first */

/* 1 MiB, 3 attempts, no lease. */
SHOAL_API void shoal_job_queue_options_init(shoal_job_queue_options *options);
/*
 * Open the queue, or create it. NULL: open one that is there, whatever its options. SHOAL_EMISMATCH: it has other
 * options; SHOAL_EVALUE: impossible ones.
 */
SHOAL_API int shoal_job_queue_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                   const shoal_job_queue_options *options);
SHOAL_API int shoal_job_queue_read_options(shoal_job_queue_options *out, const shoal_object *queue);

/*
 * Put a job, a copy of these bytes (none are allowed). It is ready after `delay` nanoseconds (0: now).
 *
 *   SHOAL_EFULL      there was no room until `deadline`.
 *   SHOAL_ESHUT      the queue was shut.
 *   SHOAL_EVALUE     the message is larger than the capacity, or the priority above 3, or the delay below 0.
 *   SHOAL_ENOSPACE   the segment has no room.
 *   SHOAL_EINTR      a signal came first; call again with the same deadline.
 *
 * A message above 8 KiB is copied without any lock.
 */
SHOAL_API int shoal_job_queue_put(shoal_object *queue, const void *bytes, size_t size, uint32_t priority,
                                  shoal_time delay, shoal_time deadline);

/*
 * Take the next job: of the highest priority the first, and before it what has to be tried again.
 *
 *   SHOAL_OK         it is yours until shoal_job_done or shoal_job_retry.
 *   SHOAL_EEMPTY     there was none until `deadline`.
 *   SHOAL_ESHUT      the queue was shut, and no job is ready, delayed or taken any more.
 *   SHOAL_EINTR      a signal came first; call again with the same deadline.
 *
 * The queue must stay open while you have the job: the last close of its handle gives back what was taken through it, as
 * shoal_job_retry does, and so does shoal_context_abandon_locks. A forked child has none of the jobs.
 */
SHOAL_API int shoal_job_queue_take(shoal_job *out, shoal_object *queue, shoal_time deadline);

/* ---- Looking ---- */

typedef struct shoal_job_sizes {
    uint64_t ready, delayed, taken, dead; /* numbers of jobs. A delayed job whose time has come is ready. */
    uint64_t used;                        /* bytes of the messages of all of them */
} shoal_job_sizes;

/* Exact; jobs of dead workers are counted as what they are now. A readonly attach counts these as taken still. */
SHOAL_API int shoal_job_queue_sizes(shoal_job_sizes *out, shoal_object *queue);

/* A copy of the job that would be taken next: SHOAL_EEMPTY if there is none. shoal_job_copy_free when it is used. */
SHOAL_API int shoal_job_queue_peek(shoal_job_copy *out, shoal_object *queue);

/* < 0 ends the walk with this status. Called with no lock held; the copy is freed afterwards. */
typedef int (*shoal_hear_job)(void *argument, const shoal_job_copy *copy);
/*
 * Every job in one of these `states` (the sum of some), as they were at the beginning, in their order; those that are
 * gone when their turn comes are left out. Not readonly: SHOAL_EREADONLY (also peek).
 */
SHOAL_API int shoal_job_queue_each(shoal_object *queue, uint32_t states, shoal_hear_job hear, void *argument);

/* ---- The dead, and the end ---- */

/*
 * Dead jobs are ready again, as if they had never been tried, or are dropped. `number`: one of them, or 0: all. *count:
 * how many; 0 when there is no such dead job.
 */
SHOAL_API int shoal_job_queue_revive(uint64_t *count, shoal_object *queue, uint64_t number);
SHOAL_API int shoal_job_queue_drop(uint64_t *count, shoal_object *queue, uint64_t number);
/* Drop all jobs that are ready or delayed. */
SHOAL_API int shoal_job_queue_purge(uint64_t *count, shoal_object *queue);
/*
 * Wait until no job is ready, delayed or taken: SHOAL_OK, SHOAL_ETIMEDOUT, SHOAL_EINTR. With SHOAL_WAIT_JOIN,
 * SHOAL_WAIT_GET and SHOAL_WAIT_PUT (`argument`: the size of a message) the same waits in pieces: wait.h. The last two
 * end with SHOAL_OK when a take or put may succeed (then try with SHOAL_NO_WAIT, others may be quicker), or SHOAL_ESHUT.
 */
SHOAL_API int shoal_job_queue_join(shoal_object *queue, shoal_time deadline);
/*
 * From now on nothing is put: SHOAL_ESHUT. Jobs that are there are still taken; immediately: those that are ready or
 * delayed are dropped, and what is given back is dead at once. Taken ones can be done. Doing it twice changes nothing.
 */
SHOAL_API int shoal_job_queue_shutdown(shoal_object *queue, bool immediately);
SHOAL_API bool shoal_job_queue_is_shut(const shoal_object *queue);

#endif
