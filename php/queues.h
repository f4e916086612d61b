/* What Queues and JobQueues share: how they are opened. */
#ifndef PHP_SHOAL_QUEUES_H
#define PHP_SHOAL_QUEUES_H

#include "attach.h"

/* int|string|null $capacity -> bytes, 0 for null. False: an exception. */
bool php_shoal_capacity(uint64_t *capacity, const zend_string *text, zend_long bytes, bool is_null, uint32_t argument);

/* What a JobQueue is to have; what is not said (0, or no_…) is as it is, or as shoal_job_queue_options_init says. */
typedef struct shoal_job_queue_asked {
    uint64_t capacity;
    zend_long attempts;
    double lease;
    bool no_attempts, no_lease;
} shoal_job_queue_asked;

/* The handle, or an exception. $attempts is the argument number `position`, $lease the next. */
void php_shoal_job_queue_open(zval *out, shoal_attachment *attachment, zend_string *name,
                              const shoal_job_queue_asked *asked, uint32_t position);

#endif
