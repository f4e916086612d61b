/* A job that this process has taken: done, to be tried again, or buried. */
#include "store/jobs.h"

#include "objects/objects.h"
#include "platform/point.h"
#include "value/status.h"

enum { REF, OWNER, ATTEMPT }; /* in shoal_job.reserved */

/* The block, if the job is still ours; with the lock, or from shoal_job_is_mine, where another may end it at any time. */
static struct job_sh *ours(const struct shoal_jobs *jobs, const shoal_job *job)
{
    struct job_sh *it = shoal__job_named(jobs, job->reserved[REF], job->number);
    bool is_ours = it && it->list == JOBS_TAKEN && it->owner == jobs->segment->party.me &&
                   it->owner == job->reserved[OWNER] && it->attempts == job->reserved[ATTEMPT];
    return is_ours ? it : NULL;
}

static int not_ours(const shoal_job *job)
{
    if (!job->reserved[REF])
        return shoal__fail(SHOAL_ELOCK, "job %llu of job queue \"%s\" was done or given back already",
                           (unsigned long long)job->number, job->queue->name);
    return shoal__fail(SHOAL_ELOCK,
                       "job %llu of job queue \"%s\" is not this process's any more: its lease was over, it was given "
                       "back, or it was taken before a fork, by the parent process",
                       (unsigned long long)job->number, job->queue->name);
}

static void forget(shoal_job *job, bool was_ours)
{
    shoal_object *queue = job->queue;
    uint32_t has = load_relaxed(&queue->permit);
    if (was_ours && has > 0)
        store_relaxed(&queue->permit, has - 1);
    job->reserved[REF] = 0;
    job->bytes = NULL;
}

/* How an attempt ends: SHOAL_JOB_NOT_ENDED: the job is done. */
static int end(shoal_job *job, uint32_t how, uint64_t due)
{
    struct shoal_turn turn;
    struct shoal_job_news news = {0};
    if (!job->queue)
        return shoal__fail(SHOAL_ELOCK, "no job was taken");
    shoal_segment *segment = job->queue->segment;
    int status = shoal__jobs_enter(job->queue, &turn);
    if (status == SHOAL_OK) {
        struct shoal_jobs jobs = shoal__jobs_of(job->queue);
        bool is_ours = ours(&jobs, job);
        status = !is_ours   ? not_ours(job)
                 : how == 0 ? shoal__job_free_locked(&jobs, job->reserved[REF], &news)
                            : shoal__job_end_locked(&jobs, job->reserved[REF], how, due, &news);
        if (status == SHOAL_OK || !is_ours)
            forget(job, is_ours);
        shoal__jobs_leave(&jobs, &news);
    }
    shoal__turn_end(segment, &turn);
    return status;
}

int shoal_job_done(shoal_job *job)
{
    return end(job, SHOAL_JOB_NOT_ENDED, 0);
}

int shoal_job_retry(shoal_job *job, shoal_time delay)
{
    if (delay < 0)
        return shoal__fail(SHOAL_EVALUE, "a job cannot be delayed by %g s", (double)delay / 1e9);
    return end(job, SHOAL_JOB_RETRIED, delay ? shoal__coarse_realtime() + (uint64_t)delay : 0);
}

int shoal_job_bury(shoal_job *job)
{
    return end(job, SHOAL_JOB_BURIED, 0);
}

bool shoal_job_is_mine(const shoal_job *job)
{
    if (!job->queue || !job->reserved[REF] || shoal__may_use(job->queue, SHOAL_KIND_JOB_QUEUE) < 0)
        return false;
    struct shoal_jobs jobs = shoal__jobs_of(job->queue);
    return ours(&jobs, job);
}
