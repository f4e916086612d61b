/* Implements docs/recovery.md, "JobQueue": the jobs of dead and of late workers. */
#include "store/workers.h"

#include "platform/clock.h"
#include "platform/point.h"
#include "segment/lock.h"

#define STEPS_AT_ONCE 64u /* changes in one hold of the lock */

static const struct list_sh *taken(const struct shoal_jobs *jobs)
{
    return &jobs->queue->list[JOBS_TAKEN];
}

static uint64_t moment(const uint32_t at[2])
{
    return at[0] * (uint64_t)1000000000 + at[1];
}

/* ---- What time brings ---- */

/* How long until the first job of the list has waited `wait` since its moment; 0: it has; -1: there is none. */
static int64_t rest_of(const struct shoal_jobs *jobs, uint32_t list, uint64_t wait, uint64_t now)
{
    const struct job_sh *job = shoal__job_at(jobs->segment, jobs->queue->list[list].first);
    if (!jobs->queue->list[list].first || !job || job->list != list)
        return -1;
    uint64_t since = moment(list == JOBS_TAKEN ? job->taken : job->ended);
    if (now >= since)
        return now - since >= wait ? 0 : (int64_t)(wait - (now - since));
    return list == JOBS_TAKEN ? (int64_t)wait : (int64_t)(since - now); /* taken: the clock was set back */
}

static void sooner(shoal_time *next, int64_t rest)
{
    if (rest > 0 && (*next == 0 || rest < *next))
        *next = rest;
}

int shoal__jobs_tend_locked(const struct shoal_jobs *jobs, shoal_time *next, struct shoal_job_news *news)
{
    const struct job_queue_sh *queue = jobs->queue;
    uint64_t lease = queue->lease, now;
    int status = SHOAL_OK;
    int64_t due = -1, late = -1;
    *next = 0;
    if (!queue->list[JOBS_DELAYED].first && !lease)
        return SHOAL_OK;
    now = shoal__coarse_realtime();
    for (uint32_t i = 0; i < STEPS_AT_ONCE && status == SHOAL_OK; i++) {
        if ((due = rest_of(jobs, JOBS_DELAYED, 0, now)) == 0)
            status = shoal__job_promote_locked(jobs, queue->list[JOBS_DELAYED].first, news);
        if (lease && status == SHOAL_OK && (late = rest_of(jobs, JOBS_TAKEN, lease, now)) == 0)
            status = shoal__job_end_locked(jobs, taken(jobs)->first, SHOAL_JOB_LATE, 0, news);
        if (due != 0 && late != 0)
            break;
    }
    sooner(next, due == 0 ? 1 : due);
    sooner(next, late == 0 ? 1 : late);
    return status;
}

/* ---- Who has what ---- */

/* The next job of the list, from its end; a damaged list ends there. `looks`: how many more there can be. */
static uint32_t step_back(const struct shoal_jobs *jobs, const struct job_sh *job, uint32_t *looks)
{
    return *looks > 0 && --*looks > 0 && job && shoal__job_at(jobs->segment, job->prev) ? job->prev : 0;
}

uint32_t shoal__jobs_owners(struct shoal_workers *out, const struct shoal_jobs *jobs)
{
    uint32_t looks = shoal__jobs_most(jobs, taken(jobs)), ref = shoal__once(&taken(jobs)->first);
    uint16_t place[MUTEX_SLOT + 1] = {0}; /* of the slot's user in out->tag, + 1 */
    out->count = 0;
    for (; ref && looks > 0; looks--) {
        const struct job_sh *job = shoal__job_at(jobs->segment, ref);
        if (!job || shoal__once(&job->list) != JOBS_TAKEN)
            break;
        uint32_t owner = shoal__once(&job->owner);
        uint16_t *known = &place[owner & MUTEX_SLOT];
        if ((!*known || out->tag[*known - 1] != owner) && out->count < WORKERS_AT_ONCE) {
            out->tag[out->count] = owner;
            out->jobs[out->count++] = 0;
            *known = (uint16_t)out->count;
        }
        if (*known && out->tag[*known - 1] == owner)
            out->jobs[*known - 1]++;
        ref = shoal__once(&job->next);
    }
    return out->count;
}

/*
 * From the last taken on: so the one that was taken first is the first of those that are ready again. Up to `limit`;
 * returns how many, or < 0.
 */
static int64_t give_up_locked(const struct shoal_jobs *jobs, bool (*is_given_up)(const struct job_sh *, const void *),
                              const void *argument, uint32_t end, int64_t limit, struct shoal_job_news *news)
{
    int64_t count = 0;
    uint32_t looks = shoal__jobs_most(jobs, taken(jobs));
    for (uint32_t ref = taken(jobs)->last, before; ref && count < limit; ref = before) {
        const struct job_sh *job = shoal__job_at(jobs->segment, ref);
        before = step_back(jobs, job, &looks);
        if (!job || job->list != JOBS_TAKEN || !is_given_up(job, argument))
            continue;
        int status = shoal__job_end_locked(jobs, ref, end, 0, news);
        SHOAL_POINT("jobs: given up");
        if (status < 0)
            return status;
        count++;
    }
    return count;
}

struct whose {
    uint32_t me;
    uint64_t thread;
};

static bool is_ours(const struct job_sh *job, const void *argument)
{
    const struct whose *whose = argument;
    return job->owner == whose->me && (!whose->thread || job->thread == (uint32_t)whose->thread);
}

int64_t shoal__jobs_give_back_locked(const struct shoal_jobs *jobs, uint64_t thread, struct shoal_job_news *news)
{
    struct whose whose = {jobs->segment->party.me, thread};
    return give_up_locked(jobs, is_ours, &whose, SHOAL_JOB_RETRIED, INT64_MAX, news);
}

/* ---- The dead ---- */

static bool is_of_dead(const struct job_sh *job, const void *argument)
{
    const struct shoal_workers *dead = argument;
    for (uint32_t i = 0; i < dead->count; i++)
        if (dead->tag[i] == job->owner)
            return true;
    return false;
}

/* Only the dead stay. 0: an owner that was forgotten. */
static void keep_dead(const struct shoal_jobs *jobs, struct shoal_workers *dead)
{
    const struct shoal_party *party = &jobs->segment->party;
    uint32_t count = 0;
    for (uint32_t i = 0; i < dead->count; i++)
        if (dead->tag[i] != party->me && (dead->tag[i] == 0 || party->is_dead(party, dead->tag[i])))
            dead->tag[count++] = dead->tag[i];
    dead->count = count;
}

/*
 * A tag whose owner was proved dead stays that of a dead one until the slot's incarnation comes round, and then the words
 * that have it are changed, under the lock: so what was asked without the lock is still true under it.
 */
int shoal__jobs_look_for_dead(const struct shoal_jobs *jobs, bool *found)
{
    struct shoal_job_news news = {0};
    struct shoal_workers dead;
    *found = false;
    if (!shoal__once(&taken(jobs)->count) || !shoal__lock_shortly(jobs->segment))
        return SHOAL_OK;
    shoal__jobs_owners(&dead, jobs);
    shoal__leave(jobs->segment);
    if (!dead.count)
        return SHOAL_OK;
    SHOAL_POINT("jobs: workers known, nobody asked");
    keep_dead(jobs, &dead);
    SHOAL_POINT("jobs: dead workers known");
    int64_t count = dead.count ? STEPS_AT_ONCE : 0;
    while (count == STEPS_AT_ONCE && shoal__lock_shortly(jobs->segment)) {
        count = give_up_locked(jobs, is_of_dead, &dead, SHOAL_JOB_DIED, STEPS_AT_ONCE, &news);
        shoal__leave(jobs->segment);
        SHOAL_POINT("jobs: of the dead, nobody told");
        shoal__jobs_tell(jobs, &news);
        *found = *found || count > 0;
    }
    return count < 0 ? (int)count : SHOAL_OK;
}

void shoal__jobs_forget_slot(const struct shoal_jobs *jobs, uint32_t slot)
{
    uint32_t looks = shoal__jobs_most(jobs, taken(jobs));
    for (uint32_t ref = taken(jobs)->last; ref;) {
        struct job_sh *job = shoal__job_at(jobs->segment, ref);
        if (job && job->list == JOBS_TAKEN && (job->owner & MUTEX_SLOT) == slot + 1)
            *(volatile uint32_t *)&job->owner = 0;
        ref = step_back(jobs, job, &looks);
    }
}
