/* Who has the jobs of a JobQueue, and what becomes of those whose worker is dead or late, or whose time has come. */
#ifndef SHOAL_STORE_WORKERS_H
#define SHOAL_STORE_WORKERS_H

#include "store/jobs.h"

/*
 * With the structure's lock: delayed jobs whose time has come are ready, and taken ones whose lease is over are given up;
 * up to 64 of each. *next: in how many nanoseconds there is the next such job; 0: there is none.
 */
int shoal__jobs_tend_locked(const struct shoal_jobs *jobs, shoal_time *next, struct shoal_job_news *news);

/* Give up the jobs of this process, or of one of its threads, if `thread` is not 0; returns how many, or < 0. */
int64_t shoal__jobs_give_back_locked(const struct shoal_jobs *jobs, uint64_t thread, struct shoal_job_news *news);

/* The owners of taken jobs: their tags, and how many they have. Also without the lock: then it may miss some. */
#define WORKERS_AT_ONCE (MAX_SLOTS + 2)
struct shoal_workers {
    uint32_t count, tag[WORKERS_AT_ONCE], jobs[WORKERS_AT_ONCE];
};
uint32_t shoal__jobs_owners(struct shoal_workers *out, const struct shoal_jobs *jobs);

/*
 * Without the lock: ask whether workers are dead, and give up the jobs of those that are. *found: there were some. Waits
 * for the lock SHORT_WAIT at most; who does not get it leaves it to the next.
 */
int shoal__jobs_look_for_dead(const struct shoal_jobs *jobs, bool *found);

/* The slot's incarnation came round: the jobs of its earlier users are nobody's. */
void shoal__jobs_forget_slot(const struct shoal_jobs *jobs, uint32_t slot);

#endif
