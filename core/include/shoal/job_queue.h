/*
 * JobQueue: work that is done at least once. A job is taken, and then done, or tried again; the job of a worker that
 * dies is taken by the next one at once. Part of shoal.h. shoal_object_describe gives capacity, used, attempts, lease
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

/* A job that this process has taken. The caller only reads it, and may move it in memory, but not copy it. */
typedef struct shoal_job {
    const void *bytes; /* in place, 16-aligned; they do not change until done or retry, or until the lease is over */
    size_t size;
    uint64_t number;   /* of the job in its queue: 1, 2, … in the order of their puts */
    uint32_t attempt;  /* 1: it is tried for the first time */
    uint32_t priority; /* 0 to 3 */
    double put;        /* when, in seconds since 1970 */
    shoal_object *queue;
    uint32_t reserved[4]; /* for the library */
} shoal_job;

/*
 * Take the next job: of the highest priority the first, and before it what has to be tried again.
 *
 *   SHOAL_OK         it is yours until shoal_job_done or shoal_job_retry.
 *   SHOAL_EEMPTY     there was none until `deadline`.
 *   SHOAL_ESHUT      the queue was shut, and no job is ready, delayed or taken any more.
 *   SHOAL_EINTR      a signal came first; call again with the same deadline.
 *
 * The queue must stay open while you have the job: closing the handle, and the end of a request or a context
 * (shoal_abandon), gives back what was taken through it, as shoal_job_retry does. A forked child has none of the jobs.
 */
SHOAL_API int shoal_job_queue_take(shoal_job *out, shoal_object *queue, shoal_time deadline);

/*
 * The job is done, and its memory freed. SHOAL_ELOCK: the job is not yours (any more), and nothing was changed: it is
 * done or given back already, or it was taken from you since the lease was over, or your parent took it before a fork.
 */
SHOAL_API int shoal_job_done(shoal_job *job);
/*
 * Give the job back: it is ready again after `delay` nanoseconds; with 0 before the others of its priority. The
 * attempt counts: after the last one the job is dead. SHOAL_ELOCK as above.
 */
SHOAL_API int shoal_job_retry(shoal_job *job, shoal_time delay);
/* Do not try it again: the job is dead now, whatever its attempts. SHOAL_ELOCK as above. */
SHOAL_API int shoal_job_bury(shoal_job *job);
/* Is the job still yours? */
SHOAL_API bool shoal_job_is_mine(const shoal_job *job);

/* ---- Looking ---- */

typedef struct shoal_job_sizes {
    uint64_t ready, delayed, taken, dead; /* numbers of jobs. A delayed job whose time has come is ready. */
    uint64_t used;                        /* bytes of the messages of all of them */
} shoal_job_sizes;

/* Exact; jobs of dead workers are counted as what they are now. Readonly too, which changes nothing. */
SHOAL_API int shoal_job_queue_sizes(shoal_job_sizes *out, shoal_object *queue);

enum shoal_job_state { SHOAL_JOB_READY = 1, SHOAL_JOB_DELAYED = 2, SHOAL_JOB_TAKEN = 4, SHOAL_JOB_DEAD = 8 };

enum shoal_job_end {
    SHOAL_JOB_NOT_ENDED = 0,
    SHOAL_JOB_DIED = 1,    /* its worker died */
    SHOAL_JOB_RETRIED = 2, /* its worker gave it back */
    SHOAL_JOB_LATE = 3,    /* the lease was over */
    SHOAL_JOB_BURIED = 4,  /* shoal_job_bury */
};

/* A copy of a job, which stays as it is when the job goes on. */
typedef struct shoal_job_copy {
    const void *bytes;
    size_t size;
    uint64_t number;
    uint32_t state;    /* enum shoal_job_state */
    uint32_t attempts; /* how often it was taken */
    uint32_t priority;
    uint32_t end;  /* enum shoal_job_end: how the last attempt ended */
    int32_t pid;   /* taken: of its worker; else of the last one. 0: it was never taken */
    uint32_t zero;
    double put;   /* seconds since 1970, as the next two */
    double since; /* taken: when; dead, or to be tried again: since when; else 0 */
    double due;   /* delayed: when it is ready; else 0 */
    void *memory; /* for the library */
} shoal_job_copy;

/* A copy of the job that would be taken next: SHOAL_EEMPTY if there is none. shoal_job_copy_free when it is used. */
SHOAL_API int shoal_job_queue_peek(shoal_job_copy *out, shoal_object *queue);
SHOAL_API void shoal_job_copy_free(shoal_job_copy *copy);

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
 * end with SHOAL_OK when a take or put may succeed; with SHOAL_ESHUT, SHOAL_EEMPTY and SHOAL_EFULL as those do.
 */
SHOAL_API int shoal_job_queue_join(shoal_object *queue, shoal_time deadline);
/*
 * From now on nothing is put: SHOAL_ESHUT. Jobs that are there are still taken; immediately: those that are ready or
 * delayed are dropped, and what is given back is dead at once. Taken ones can be done. Doing it twice changes nothing.
 */
SHOAL_API int shoal_job_queue_shutdown(shoal_object *queue, bool immediately);
SHOAL_API bool shoal_job_queue_is_shut(const shoal_object *queue);

#endif
