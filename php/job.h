/* Shoal\Job: what a process has taken from a JobQueue. */
#ifndef PHP_SHOAL_JOB_H
#define PHP_SHOAL_JOB_H

#include "handle.h"

typedef struct shoal_job_object {
    shoal_object *queue; /* NULL: never made */
    shoal_attachment *attachment;
    shoal_job job;
    zval value;
    enum { SHOAL_JOB_OPEN, SHOAL_JOB_IS_DONE, SHOAL_JOB_IS_BACK, SHOAL_JOB_IS_BURIED } state;
    zend_object std;
} shoal_job_object;

static inline shoal_job_object *php_shoal_job_of(zend_object *object)
{
    return (shoal_job_object *)((char *)object - offsetof(shoal_job_object, std));
}

void php_shoal_job_startup(void);
/* SHOAL_OK: `out` is a Job. Else a status of shoal_job_queue_take, or below zero with an exception. */
int php_shoal_job_take(zval *out, const shoal_handle *queue, shoal_time deadline);
/* Statuses of the core's calls; after SHOAL_OK the job has that state. */
int php_shoal_job_done(shoal_job_object *job);
int php_shoal_job_retry(shoal_job_object *job, shoal_time delay);
int php_shoal_job_bury(shoal_job_object *job);

/* float $delay -> nanoseconds; false: a ValueError. */
bool php_shoal_delay(shoal_time *out, double delay, uint32_t argument);

#endif
