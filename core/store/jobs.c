/* Implements docs/recovery.md, "JobQueue": the steps of a job. */
#include "store/jobs.h"

#include <string.h>

#include "platform/clock.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/big.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/parts.h"
#include "sync/eventcount.h"
#include "value/status.h"

int shoal__jobs_damaged(const struct shoal_jobs *jobs)
{
    return shoal__fail(SHOAL_ECORRUPT, "a list of a job queue in segment \"%s\" is damaged: check() says more",
                       jobs->segment->name);
}

const void *shoal__job_bytes(const struct shoal_jobs *jobs, uint32_t ref)
{
    const struct job_sh *job = shoal__job_at(jobs->segment, ref);
    uint32_t run = job ? shoal__once(&job->run) : 0;
    uint64_t size = job ? *(const volatile uint64_t *)&job->size : 0;
    if (job && !run && size <= JOB_SMALL)
        return shoal__block(jobs->segment, ref, sizeof *job + size) ? job + 1 : NULL;
    if (!job || run == 0 || run > jobs->segment->is.heap_pages)
        return NULL;
    uint32_t at = shoal__page_ref(jobs->segment, run - 1);
    return shoal__part_is_sound(jobs->segment, at, size) ? shoal__at(jobs->segment, shoal__offset(jobs->segment, at))
                                                         : NULL;
}

struct job_sh *shoal__job_named(const struct shoal_jobs *jobs, uint32_t ref, uint64_t number)
{
    struct job_sh *job = ref ? shoal__job_at(jobs->segment, ref) : NULL;
    bool is_it = job && job->number == number && job->queue == jobs->serial && job->list < JOB_LISTS &&
                 shoal__block_capacity(jobs->segment, ref) >= sizeof *job;
    return is_it ? job : NULL;
}

/* ---- Lists ---- */

static bool is_linked(const struct shoal_jobs *jobs, uint32_t ref)
{
    return ref == 0 || shoal__job_at(jobs->segment, ref);
}

/* Do those before and behind the job in its list, or the list's head, lead to it? */
static bool is_between(const struct shoal_jobs *jobs, const struct job_sh *job, uint32_t ref)
{
    if (job->list >= JOB_LISTS || !is_linked(jobs, job->next) || !is_linked(jobs, job->prev))
        return false;
    const struct list_sh *list = &jobs->queue->list[job->list];
    return (job->prev ? shoal__job_at(jobs->segment, job->prev)->next : list->first) == ref &&
           (job->next ? shoal__job_at(jobs->segment, job->next)->prev : list->last) == ref;
}

/* Take the job out of its list, as one part of a change. False, before anything is changed: the list is damaged. */
static bool unlink_job(const struct shoal_jobs *jobs, struct job_sh *job, uint32_t ref)
{
    struct shoal_segment *segment = jobs->segment;
    if (!is_between(jobs, job, ref))
        return false;
    struct list_sh *list = &jobs->queue->list[job->list];
    if (job->prev)
        shoal__change(segment, &shoal__job_at(segment, job->prev)->next, job->next);
    else
        shoal__change(segment, &list->first, job->next);
    if (job->next)
        shoal__change(segment, &shoal__job_at(segment, job->next)->prev, job->prev);
    else
        shoal__change(segment, &list->last, job->prev);
    shoal__change(segment, &list->count, list->count - 1);
    return true;
}

/*
 * Put the job into a list behind `before`, or in front (0), as one part of a change. `fresh`: nobody refers to the job, so
 * its own words need no journal. False: the list is damaged.
 */
static bool link_job(const struct shoal_jobs *jobs, uint32_t ref, uint32_t to, uint32_t before, bool fresh)
{
    struct shoal_segment *segment = jobs->segment;
    struct list_sh *list = &jobs->queue->list[to];
    struct job_sh *job = shoal__job_at(segment, ref), *left = before ? shoal__job_at(segment, before) : NULL;
    uint32_t after = left ? left->next : before ? 0 : list->first;
    if ((before && !left) || !is_linked(jobs, after))
        return false;
    if (fresh) {
        job->next = after;
        job->prev = before;
        job->list = to;
    } else {
        shoal__change(segment, &job->next, after);
        shoal__change(segment, &job->prev, before);
        shoal__change(segment, &job->list, to);
    }
    shoal__change(segment, left ? &left->next : &list->first, ref);
    shoal__change(segment, after ? &shoal__job_at(segment, after)->prev : &list->last, ref);
    shoal__change(segment, &list->count, list->count + 1);
    return true;
}

static uint64_t due_of(const struct job_sh *job)
{
    return job->ended[0] * (uint64_t)1000000000 + job->ended[1];
}

/* The last delayed job that is ready no later; 0: none is. Most are put in the order in which they are due. */
static uint32_t before_due(const struct shoal_jobs *jobs, uint64_t due)
{
    const struct list_sh *list = &jobs->queue->list[JOBS_DELAYED];
    uint32_t ref = list->last, looks = shoal__jobs_most(jobs, list);
    const struct job_sh *first = shoal__job_at(jobs->segment, list->first);
    if (list->first && first && due_of(first) > due)
        return 0;
    for (; ref && looks > 0; looks--) {
        const struct job_sh *job = shoal__job_at(jobs->segment, ref);
        if (!job || due_of(job) <= due)
            return ref;
        ref = job->prev;
    }
    return 0;
}

static int finish(const struct shoal_jobs *jobs, bool sound)
{
    if (sound)
        return shoal__commit(jobs->segment);
    shoal__abort(jobs->segment);
    return shoal__jobs_damaged(jobs);
}

static const char *walk_list(const struct shoal_jobs *jobs, uint32_t number, uint64_t *used)
{
    const struct list_sh *list = &jobs->queue->list[number];
    uint32_t before = 0, looks = shoal__jobs_most(jobs, list);
    for (uint32_t ref = list->first; ref; looks--) {
        const struct job_sh *job = shoal__job_at(jobs->segment, ref);
        if (looks == 0 || !job || !shoal__job_bytes(jobs, ref))
            return "a job, or its message, is not there";
        if (job->list != number || job->prev != before)
            return "a job is in another list than it says, or behind another job";
        *used += job->size;
        before = ref;
        ref = job->next;
    }
    return NULL;
}

const char *shoal__jobs_walk(const struct shoal_jobs *jobs)
{
    uint64_t used = 0;
    const char *wrong = NULL;
    for (uint32_t i = 0; i < JOB_LISTS && !wrong; i++)
        wrong = walk_list(jobs, i, &used);
    return wrong || used == shoal__whole(jobs->queue->used) ? wrong : "its jobs have not as many bytes as it says";
}

/* ---- What others are told ---- */

void shoal__jobs_tell(const struct shoal_jobs *jobs, struct shoal_job_news *news)
{
    struct job_queue_sh *queue = jobs->queue;
    if (news->all_items)
        shoal__eventcount_tell(&queue->items, INT32_MAX); /* for good: whether the mark is there or not */
    else if (news->items)
        shoal__eventcount_tell_one(&queue->items);
    if (news->room)
        shoal__eventcount_tell_one(&queue->room);
    if (news->idle)
        shoal__eventcount_notify(&queue->idle, INT32_MAX);
    for (uint32_t i = 0; i < news->bigs; i++)
        shoal__big_dispose(jobs->segment, news->big[i]);
    *news = (struct shoal_job_news){0};
}

void shoal__jobs_leave(const struct shoal_jobs *jobs, struct shoal_job_news *news)
{
    shoal__leave(jobs->segment);
    SHOAL_POINT("jobs: changed, nobody told");
    if (news->items || news->all_items || news->room || news->idle || news->bigs)
        shoal__jobs_tell(jobs, news);
}

/* After a change that may have ended the last job: who waits for the end, and takers of a queue that is shut. */
static void look_whether_over(const struct shoal_jobs *jobs, struct shoal_job_news *news)
{
    if (!shoal__jobs_are_over(jobs->queue))
        return;
    news->idle = true;
    news->all_items = jobs->queue->state != JOBS_OPEN;
}

/* ---- Put ---- */

static void change_whole(struct shoal_segment *segment, uint32_t half[2], uint64_t value)
{
    shoal__change(segment, &half[0], (uint32_t)value);
    shoal__change(segment, &half[1], (uint32_t)(value >> 32));
}

static void write_job(struct job_sh *job, const struct shoal_jobs *jobs, const struct shoal_job_put *put)
{
    *job = (struct job_sh){.number = shoal__whole(jobs->queue->number) + 1,
                           .size = put->size,
                           .put = shoal__coarse_realtime(),
                           .priority = put->priority,
                           .queue = jobs->serial};
    if (put->run)
        job->run = shoal__page_of(jobs->segment, put->run) + 1;
    else if (put->size)
        memcpy(job + 1, put->bytes, put->size);
    if (put->due) {
        job->ended[0] = (uint32_t)(put->due / 1000000000);
        job->ended[1] = (uint32_t)(put->due % 1000000000);
    }
}

int shoal__job_put_locked(const struct shoal_jobs *jobs, const struct shoal_job_put *put, struct shoal_job_news *news)
{
    uint32_t ref, list = put->due ? JOBS_DELAYED : JOBS_READY + put->priority;
    struct job_queue_sh *queue = jobs->queue;
    int status = shoal__alloc_locked(jobs->segment, sizeof(struct job_sh) + (put->run ? 0 : put->size), &ref);
    if (status < 0) {
        shoal__abort(jobs->segment);
        return status;
    }
    write_job(shoal__at(jobs->segment, shoal__offset(jobs->segment, ref)), jobs, put);
    SHOAL_POINT("jobs: written");
    bool sound = link_job(jobs, ref, list, put->due ? before_due(jobs, put->due) : queue->list[list].last, true);
    change_whole(jobs->segment, queue->number, shoal__whole(queue->number) + 1);
    change_whole(jobs->segment, queue->used, shoal__whole(queue->used) + put->size);
    if (sound && put->run)
        shoal__part_give_locked(jobs->segment, &queue->parts, put->run);
    SHOAL_POINT("jobs: to be put");
    news->items = true;
    return finish(jobs, sound);
}

/* ---- Take ---- */

static uint32_t first_ready(const struct job_queue_sh *queue)
{
    for (int priority = SHOAL_JOB_PRIORITIES - 1; priority >= 0; priority--)
        if (queue->list[JOBS_READY + priority].first)
            return queue->list[JOBS_READY + priority].first;
    return 0;
}

/* These words count only in a taken job: if the change is undone nobody reads them. */
static void sign(const struct shoal_jobs *jobs, struct job_sh *job)
{
    job->owner = jobs->segment->party.me;
    job->thread = (uint32_t)shoal__thread_number();
    job->worker = shoal__peer(jobs->segment, jobs->segment->slot)->pid;
    shoal__coarse_moment(&job->taken[0], &job->taken[1]);
}

int shoal__job_take_locked(const struct shoal_jobs *jobs, uint32_t *ref)
{
    uint32_t first = first_ready(jobs->queue);
    *ref = 0;
    if (!first)
        return SHOAL_OK;
    struct job_sh *job = shoal__job_at(jobs->segment, first);
    if (!job || job->list >= JOBS_DELAYED || !shoal__job_bytes(jobs, first))
        return shoal__jobs_damaged(jobs);
    sign(jobs, job);
    SHOAL_POINT("jobs: signed");
    bool sound =
        unlink_job(jobs, job, first) && link_job(jobs, first, JOBS_TAKEN, jobs->queue->list[JOBS_TAKEN].last, false);
    shoal__change(jobs->segment, &job->attempts, job->attempts + 1);
    SHOAL_POINT("jobs: to be taken");
    int status = finish(jobs, sound);
    *ref = status < 0 ? 0 : first;
    return status;
}

/* ---- Ends ---- */

int shoal__job_free_locked(const struct shoal_jobs *jobs, uint32_t ref, struct shoal_job_news *news)
{
    struct shoal_segment *segment = jobs->segment;
    struct job_sh *job = shoal__job_at(segment, ref);
    if (!job || !unlink_job(jobs, job, ref))
        return shoal__jobs_damaged(jobs);
    uint64_t used = shoal__whole(jobs->queue->used);
    uint32_t run = job->run;
    bool sound = true;
    if (run) {
        uint32_t big = run <= segment->is.heap_pages ? shoal__page_ref(segment, run - 1) : 0;
        sound = big && shoal__part_take_locked(segment, &jobs->queue->parts, big);
        if (sound)
            news->big[news->bigs++] = big;
    }
    change_whole(segment, jobs->queue->used, used > job->size ? used - job->size : 0);
    shoal__change(segment, &job->list, JOB_GONE); /* in the freed block: it is not taken for this job any more */
    SHOAL_POINT("jobs: to be freed");
    sound = sound && shoal__free_locked(segment, ref);
    int status = finish(jobs, sound);
    if (status < 0 && run && news->bigs > 0)
        news->bigs--;
    news->room = run || shoal__jobs_are_roomy(jobs->queue);
    look_whether_over(jobs, news);
    return status;
}

static void note_end(struct shoal_segment *segment, struct job_sh *job, uint32_t end, uint64_t due)
{
    uint32_t seconds, nanoseconds;
    shoal__coarse_moment(&seconds, &nanoseconds);
    shoal__change(segment, &job->end, end);
    shoal__change(segment, &job->pid, job->worker);
    shoal__change(segment, &job->ended[0], due ? (uint32_t)(due / 1000000000) : seconds);
    shoal__change(segment, &job->ended[1], due ? (uint32_t)(due % 1000000000) : nanoseconds);
}

static bool is_dead_now(const struct job_queue_sh *queue, const struct job_sh *job, uint32_t end)
{
    return end == SHOAL_JOB_BURIED || queue->state == JOBS_SHUT ||
           (queue->attempts && job->attempts >= queue->attempts);
}

int shoal__job_end_locked(const struct shoal_jobs *jobs, uint32_t ref, uint32_t end, uint64_t due,
                          struct shoal_job_news *news)
{
    struct job_queue_sh *queue = jobs->queue;
    struct job_sh *job = shoal__job_at(jobs->segment, ref);
    if (!job || job->priority >= SHOAL_JOB_PRIORITIES || !unlink_job(jobs, job, ref))
        return shoal__jobs_damaged(jobs);
    bool dead = is_dead_now(queue, job, end), sound;
    note_end(jobs->segment, job, end, dead ? 0 : due);
    SHOAL_POINT("jobs: its end noted");
    if (dead)
        sound = link_job(jobs, ref, JOBS_DEAD, queue->list[JOBS_DEAD].last, false);
    else if (due)
        sound = link_job(jobs, ref, JOBS_DELAYED, before_due(jobs, due), false);
    else
        sound = link_job(jobs, ref, JOBS_READY + job->priority, 0, false);
    int status = finish(jobs, sound);
    news->items = !dead;
    look_whether_over(jobs, news);
    return status;
}

static int to_ready(const struct shoal_jobs *jobs, uint32_t ref, bool anew, struct shoal_job_news *news)
{
    struct job_sh *job = shoal__job_at(jobs->segment, ref);
    if (!job || job->priority >= SHOAL_JOB_PRIORITIES || !unlink_job(jobs, job, ref))
        return shoal__jobs_damaged(jobs);
    uint32_t list = JOBS_READY + job->priority;
    if (anew || job->attempts == 0) {
        shoal__change(jobs->segment, &job->attempts, 0);
        shoal__change(jobs->segment, &job->end, SHOAL_JOB_NOT_ENDED);
        shoal__change(jobs->segment, &job->pid, 0);
        shoal__change(jobs->segment, &job->ended[0], 0);
        shoal__change(jobs->segment, &job->ended[1], 0);
    }
    SHOAL_POINT("jobs: to be ready again");
    news->items = true;
    return finish(jobs, link_job(jobs, ref, list, jobs->queue->list[list].last, false));
}

int shoal__job_revive_locked(const struct shoal_jobs *jobs, uint32_t ref, struct shoal_job_news *news)
{
    if (jobs->queue->state == JOBS_SHUT)
        return shoal__fail(SHOAL_ESHUT,
                           "the job queue was shut down at once: a dead job would never be taken again; it "
                           "can be read, and dropped");
    return to_ready(jobs, ref, true, news);
}

int shoal__job_promote_locked(const struct shoal_jobs *jobs, uint32_t ref, struct shoal_job_news *news)
{
    return to_ready(jobs, ref, false, news);
}

int shoal__jobs_shut_locked(const struct shoal_jobs *jobs, uint32_t state)
{
    shoal__change(jobs->segment, &jobs->queue->state, state);
    SHOAL_POINT("jobs: to be shut");
    return shoal__commit(jobs->segment);
}
