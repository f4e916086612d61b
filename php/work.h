/* JobQueue::work(): jobs, one after the other (work.c), and the pool of processes that do so (pool.c). */
#ifndef PHP_SHOAL_WORK_H
#define PHP_SHOAL_WORK_H

#include "job.h"

#include <signal.h>
#include <stdatomic.h>

/* ---- One worker (work.c) ---- */

typedef struct shoal_counts {
    _Atomic uint64_t done, retried, dead; /* jobs */
} shoal_counts;

/* What a worker says of itself, for a supervisor that sees it die. */
typedef struct shoal_worker_state {
    _Atomic uint32_t attempt; /* of the job in its hands; 0: none */
    _Atomic uint64_t done;
    _Atomic bool left; /* it ends as it should: nothing is left to be done */
    _Atomic bool
        exited; /* it was told to stop, or its callable called exit: no death, but it is replaced, unless all are to stop */
} shoal_worker_state;

typedef struct shoal_worker {
    const shoal_handle *queue;
    zend_fcall_info call;
    zend_fcall_info_cache cache;
    shoal_time delay;  /* of a job whose callable threw */
    uint32_t attempts; /* of the queue */
    shoal_counts *counts;
    shoal_worker_state *state;
    pid_t parent;                                /* it ends with this one; 0: none */
    void (*hear)(void *user, const char *error); /* what an exception said */
    void (*pause)(void *user); /* after each job, and now and then without one; NULL: nothing. May throw */
    void *user;
} shoal_worker;

/* Until the queue is shut and done, or until php_shoal_stops. An exception that is none of the callable's may be pending. */
void php_shoal_work(shoal_worker *worker);

/* ---- SIGTERM and SIGINT (work.c) ---- */

typedef struct shoal_signals {
    struct sigaction before[2];
    bool taken[2];
} shoal_signals;

/* From now on both ask to stop; but where the script has a handler, which then does what it does, unless `all`. */
void php_shoal_signals_take(shoal_signals *signals, bool all);
void php_shoal_signals_give_back(const shoal_signals *signals);
int php_shoal_stops(void); /* how often it was asked to stop */

/* ---- Several (pool.c) ---- */

#define SHOAL_ERRORS 16 /* texts that are kept: the last */

typedef struct shoal_work_report {
    uint64_t died;
    uint32_t running;
    zval errors;
    zend_fcall_info *progress; /* NULL: nobody wants to know */
    zend_fcall_info_cache *progress_cache;
    shoal_time told; /* when they were told last, and */
    uint64_t sum;    /* what they were */
} shoal_work_report;

void php_shoal_report_error(shoal_work_report *report, const char *text, size_t length);
/* Tell the counts if they have changed, but not all the time. May throw. */
void php_shoal_report_tell(shoal_work_report *report, const shoal_worker *worker, bool at_once);
void php_shoal_counts_to_zval(zval *out, const shoal_work_report *report, const shoal_worker *worker);

/* Fork `count` of that worker, and keep as many alive until all have left. An exception may be pending. */
void php_shoal_pool(shoal_worker *worker, shoal_work_report *report, uint32_t count);

#endif
