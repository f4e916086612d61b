/* A job of a JobQueue: one that this process has taken, and copies of any. Part of shoal.h. */
#ifndef SHOAL_JOB_H
#define SHOAL_JOB_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

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

/* ---- Copies ---- */

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
    uint32_t end; /* enum shoal_job_end: how the last attempt ended */
    int32_t pid;  /* taken: of its worker; else of the last one. 0: it was never taken */
    uint32_t zero;
    double put;   /* seconds since 1970, as the next two */
    double since; /* taken: when; dead, or to be tried again: since when; else 0 */
    double due;   /* delayed: when it is ready; else 0 */
    void *memory; /* for the library */
} shoal_job_copy;
SHOAL_API void shoal_job_copy_free(shoal_job_copy *copy);

#endif
