/* JobQueue: putting, taking, joining, and waiting for each. Implements docs/recovery.md, "JobQueue". */
#include "store/jobs.h"

#include "objects/objects.h"
#include "platform/point.h"
#include "segment/big.h"
#include "segment/journal.h"
#include "segment/reap.h"
#include "segment/runs.h"
#include "segment/waiting.h"
#include "store/workers.h"
#include "sync/eventcount.h"
#include "sync/look.h"
#include "value/status.h"

/* ---- What all waits do ---- */

/* Operations of calls, beside those of shoal/wait.h: `argument` is the address of what the call wants. */
enum { TAKE = 80, PUT = 81 };
enum { AT_LOCK = 1 }; /* wait->phase: it waits for the lock of the structure */

static shoal_word *lock_of(const struct shoal__wait *wait)
{
    return &shoal__header(wait->object->segment)->lock;
}

/* The last try of a call: others are at work for microseconds, and one that is stopped is not waited for. */
static int enter_at_last(struct shoal__wait *wait)
{
    int status = shoal__lock_before(wait->object->segment, shoal_now() + SHORT_WAIT);
    wait->phase = status < 0 ? AT_LOCK : 0;
    if (status < 0)
        return SHOAL_PENDING;
    shoal__mutex_stop(lock_of(wait), wait);
    wait->mark = 0;
    return SHOAL_OK;
}

static int enter(struct shoal__wait *wait)
{
    if (wait->flags & WAIT_LOOK_ONCE && wait->slice_over)
        return enter_at_last(wait);
    int status = shoal__lock_step(wait->object->segment, wait);
    wait->phase = status == SHOAL_PENDING ? AT_LOCK : 0;
    return status;
}

/* Nothing there: sleep on `word`, whose `key` was prepared while we had the lock. */
static int sleep_on(struct shoal__wait *wait, const shoal_word *word, uint32_t key, shoal_time slice)
{
    wait->word = (const uint32_t *)word;
    wait->expected = key;
    wait->slice = slice;
    wait->seen = true;
    return SHOAL_PENDING;
}

/*
 * The wait is over, with what it was for or without. Who has slept may have the wake-up of all: nobody else is told until
 * the mark is set again. Only after that one sees what came for the others meanwhile: look then whether to tell the next.
 */
static bool had_wake_up(const struct shoal__wait *wait, shoal_word *word)
{
    if (!wait->seen)
        return false;
    shoal__eventcount_slept(word);
    SHOAL_POINT("jobs: woken, mark set again");
    return true;
}

/* Shall we ask for dead workers? At the last try always, else by turns. */
static bool shall_look(struct shoal__wait *wait, struct job_queue_sh *queue)
{
    bool last = wait->flags & WAIT_LOOK_ONCE;
    bool first = !wait->ticket && !last;
    wait->ticket = true;
    return last ? wait->slice_over : (first || wait->slice_over) && shoal__look_is_due(&queue->look);
}

/*
 * There is always a job to be taken, it may be, so nobody looks for the dead because there is none: then those look who
 * take while another job was taken a second ago already. With the lock, after `ref` was taken.
 */
static bool is_another_old(const struct shoal_jobs *jobs, uint32_t ref)
{
    uint32_t first = jobs->queue->list[JOBS_TAKEN].first;
    const struct job_sh *job = shoal__job_at(jobs->segment, ref), *oldest = shoal__job_at(jobs->segment, first);
    return first != ref && oldest && oldest->owner != job->owner && job->taken[0] - oldest->taken[0] - 1 < INT32_MAX;
}

static void look_if_due(const struct shoal_jobs *jobs)
{
    bool found;
    shoal_time began = shoal_now();
    if (!shoal__look_is_due(&jobs->queue->look))
        return;
    shoal__jobs_look_for_dead(jobs, &found);
    shoal__look_is_over(&jobs->queue->look, began);
}

/* True: jobs of dead workers were found. *status < 0: an error. */
static bool looked(int *status, struct shoal__wait *wait, const struct shoal_jobs *jobs)
{
    bool found = false;
    if (!shall_look(wait, jobs->queue))
        return false;
    shoal_time began = shoal_now();
    *status = shoal__jobs_look_for_dead(jobs, &found);
    shoal__look_is_over(&jobs->queue->look, began);
    return found && *status == SHOAL_OK;
}

static int fail_at_lock(const struct shoal__wait *wait, int status)
{
    shoal_owner owner = {0};
    shoal__describe(&owner, wait->object->segment, load_relaxed(lock_of(wait)));
    return shoal__fail(
        status, "job queue \"%s\": process %d (%s) has the lock of segment \"%s\" and does not get on (is it stopped?)",
        wait->object->name, (int)owner.pid, owner.program, wait->object->segment->name);
}

static void leave_lock(struct shoal__wait *wait)
{
    if (wait->phase == AT_LOCK)
        shoal__mutex_stop(lock_of(wait), wait);
}

/* Who may have been woken tells the next, who looks whether there is something. */
static void stop(struct shoal__wait *wait, shoal_word *word)
{
    leave_lock(wait);
    if (had_wake_up(wait, word))
        shoal__eventcount_tell_one(word);
}

/* ---- Taking ---- */

static void deliver(shoal_job *out, shoal_object *object, const struct shoal_jobs *jobs, uint32_t ref)
{
    const struct job_sh *job = shoal__job_at(jobs->segment, ref);
    *out = (shoal_job){.bytes = shoal__job_bytes(jobs, ref),
                       .size = (size_t)job->size,
                       .number = job->number,
                       .attempt = job->attempts,
                       .priority = job->priority,
                       .put = (double)job->put / 1e9,
                       .queue = object,
                       .reserved = {ref, job->owner, job->attempts}};
    store_relaxed(&object->permit, load_relaxed(&object->permit) + 1);
}

static int shut(const shoal_object *object)
{
    return shoal__fail(SHOAL_ESHUT, "job queue \"%s\" was shut, and no job is ready, delayed or taken any more",
                       object->name);
}

static int is_ready(const struct shoal_jobs *jobs, const shoal_object *object)
{
    if (jobs->queue->state == JOBS_SHUT || (jobs->queue->state != JOBS_OPEN && shoal__jobs_are_over(jobs->queue)))
        return shut(object);
    return shoal__jobs_ready(jobs->queue) ? SHOAL_OK : SHOAL_PENDING;
}

/* With the lock. SHOAL_PENDING: there is none. `out` NULL: only look. */
static int take_locked(shoal_job *out, shoal_object *object, const struct shoal_jobs *jobs, shoal_time *next,
                       struct shoal_job_news *news)
{
    uint32_t ref = 0;
    int status = shoal__jobs_tend_locked(jobs, next, news);
    if (status == SHOAL_OK)
        status = is_ready(jobs, object);
    if (status != SHOAL_OK || !out)
        return status;
    status = shoal__job_take_locked(jobs, &ref);
    if (status == SHOAL_OK && !ref)
        return shoal__jobs_damaged(jobs); /* a list counts a job that it does not have */
    if (status < 0)
        return status;
    deliver(out, object, jobs, ref);
    news->look = is_another_old(jobs, ref);
    return status;
}

static void leave_taking(const struct shoal_jobs *jobs, struct shoal_job_news *news)
{
    bool look = news->look;
    shoal__jobs_leave(jobs, news);
    if (look)
        look_if_due(jobs);
}

static int attempt_take(struct shoal__wait *wait)
{
    struct shoal_jobs jobs = shoal__jobs_of(wait->object);
    shoal_job *out = wait->operation == TAKE ? (shoal_job *)(uintptr_t)wait->argument : NULL;
    for (;;) {
        struct shoal_job_news news = {0};
        shoal_time next;
        uint32_t key = 0;
        int status = enter(wait);
        if (status != SHOAL_OK)
            return status;
        status = take_locked(out, wait->object, &jobs, &next, &news);
        bool more = false;
        if (status == SHOAL_PENDING)
            key = shoal__eventcount_prepare(&jobs.queue->items);
        else
            more = had_wake_up(wait, &jobs.queue->items) && shoal__jobs_ready(jobs.queue) > !out;
        leave_taking(&jobs, &news);
        if (more)
            shoal__eventcount_tell_one(&jobs.queue->items);
        if (status != SHOAL_PENDING)
            return status;
        if (!looked(&status, wait, &jobs))
            return status < 0 ? status : sleep_on(wait, &jobs.queue->items, key, next);
    }
}

static int give_up_taking(struct shoal__wait *wait, bool time_is_up)
{
    bool takes = wait->operation == TAKE;
    stop(wait, &((struct job_queue_sh *)wait->object->body)->items);
    if (!time_is_up)
        return SHOAL_ETIMEDOUT;
    if (wait->phase == AT_LOCK)
        return fail_at_lock(wait, takes ? SHOAL_EEMPTY : SHOAL_ETIMEDOUT);
    return takes ? shoal__fail(SHOAL_EEMPTY, "job queue \"%s\" has no job to be taken, and the deadline passed",
                               wait->object->name)
                 : SHOAL_ETIMEDOUT;
}

int shoal_job_queue_take(shoal_job *out, shoal_object *object, shoal_time deadline)
{
    *out = (shoal_job){0};
    int status = shoal__may_use(object, SHOAL_KIND_JOB_QUEUE);
    if (status < 0)
        return status;
    struct shoal_jobs jobs = shoal__jobs_of(object);
    if (shoal__lock_at_once(object->segment)) {
        struct shoal_job_news news = {0};
        shoal_time next;
        status = take_locked(out, object, &jobs, &next, &news);
        leave_taking(&jobs, &news);
        if (status != SHOAL_PENDING)
            return status;
    }
    return shoal__wait_for(object, TAKE, 0, (int64_t)(uintptr_t)out, deadline);
}

/* ---- Putting ---- */

/* Its wait for room is over: one of those who wait still is told, if there is much. */
static void pass_on_room(struct shoal__wait *wait, struct job_queue_sh *queue)
{
    if (had_wake_up(wait, &queue->room) && shoal__jobs_are_roomy(queue))
        shoal__eventcount_tell_one(&queue->room);
}

struct putting {
    struct shoal_job_put put;
    shoal_time delay;
    uint32_t ahead; /* so many descriptors are backed for it */
    bool is_ahead, made_room;
};

static int may_put(const struct shoal_jobs *jobs, const shoal_object *object, uint64_t size)
{
    if (jobs->queue->state != JOBS_OPEN)
        return shoal__fail(SHOAL_ESHUT, "job queue \"%s\" was shut: nothing can be put any more", object->name);
    uint64_t used = shoal__whole(jobs->queue->used);
    return used <= jobs->queue->capacity && size <= jobs->queue->capacity - used ? SHOAL_OK : SHOAL_PENDING;
}

/* With the lock, which it releases: a run for the message, filled without the lock. */
static int make_run(struct putting *putting, shoal_segment *segment)
{
    struct shoal_job_put *put = &putting->put;
    uint32_t pages = shoal__pages_for(segment, put->size), ref;
    uint32_t ahead = putting->is_ahead ? 0 : shoal__descriptors_ahead_locked(segment, pages);
    if (ahead) {
        shoal__leave(segment);
        putting->is_ahead = true;
        putting->ahead = shoal__back_ahead(segment, ahead, put->size) == SHOAL_OK ? ahead : 0;
        return SHOAL_OK;
    }
    if (putting->ahead > segment->descriptors_backed)
        segment->descriptors_backed = putting->ahead;
    int status = shoal__big_take_locked(segment, put->size, &ref);
    if (status < 0)
        shoal__abort(segment);
    else
        status = shoal__commit(segment);
    shoal__leave(segment);
    if (status < 0)
        return status;
    SHOAL_POINT("jobs: run in our hands");
    struct shoal_filling filling = {put->bytes, 0, put->size};
    status = shoal__big_fill(segment, ref, &filling);
    SHOAL_POINT("jobs: run filled");
    if (status < 0)
        shoal__big_dispose(segment, ref);
    else
        put->run = ref;
    return status;
}

/* One hold of the lock. SHOAL_PENDING: no room. SHOAL_LARGER: not yet, again at once. The lock is released. */
static int put_once(struct putting *putting, shoal_object *object, const struct shoal_jobs *jobs, uint32_t *key,
                    struct shoal_job_news *news)
{
    struct shoal_job_put *put = &putting->put;
    int status = may_put(jobs, object, put->size);
    if (status == SHOAL_OK && put->size > JOB_SMALL && !put->run) {
        status = make_run(putting, object->segment);
        return status == SHOAL_OK ? SHOAL_LARGER : status;
    }
    if (status == SHOAL_OK) {
        put->due = putting->delay ? shoal__coarse_realtime() + (uint64_t)putting->delay : 0;
        status = shoal__job_put_locked(jobs, put, news);
        if (status == SHOAL_OK)
            put->run = 0;
    } else if (status == SHOAL_PENDING && key) {
        *key = shoal__eventcount_prepare(&jobs->queue->room);
    }
    shoal__jobs_leave(jobs, news);
    return status;
}

static int attempt_put(struct shoal__wait *wait)
{
    struct shoal_jobs jobs = shoal__jobs_of(wait->object);
    struct putting *putting = (struct putting *)(uintptr_t)wait->argument;
    for (;;) {
        struct shoal_job_news news = {0};
        uint32_t key = 0;
        int status = enter(wait);
        if (status != SHOAL_OK)
            return status;
        status = put_once(putting, wait->object, &jobs, &key, &news);
        if (status == SHOAL_PENDING)
            return sleep_on(wait, &jobs.queue->room, key, 0);
        if (status == SHOAL_ENOSPACE && !putting->made_room) {
            putting->made_room = true;
            shoal__make_room(wait->object->segment);
        } else if (status != SHOAL_LARGER) {
            pass_on_room(wait, jobs.queue);
            return status;
        }
    }
}

/* Is there room for a message of `argument` bytes? */
static int attempt_room(struct shoal__wait *wait)
{
    struct shoal_jobs jobs = shoal__jobs_of(wait->object);
    uint32_t key = 0;
    int status = enter(wait);
    if (status != SHOAL_OK)
        return status;
    status = may_put(&jobs, wait->object, (uint64_t)wait->argument);
    if (status == SHOAL_PENDING)
        key = shoal__eventcount_prepare(&jobs.queue->room);
    shoal__leave(wait->object->segment);
    if (status == SHOAL_PENDING)
        return sleep_on(wait, &jobs.queue->room, key, 0);
    pass_on_room(wait, jobs.queue);
    return status;
}

static int give_up_putting(struct shoal__wait *wait, bool time_is_up)
{
    struct job_queue_sh *queue = wait->object->body;
    leave_lock(wait);
    pass_on_room(wait, queue);
    if (!time_is_up)
        return SHOAL_ETIMEDOUT;
    if (wait->phase == AT_LOCK)
        return fail_at_lock(wait, SHOAL_EFULL);
    return shoal__fail(
        SHOAL_EFULL,
        "job queue \"%s\" is full: its jobs have %llu of %llu bytes (%u are dead), and the deadline passed",
        wait->object->name, (unsigned long long)shoal__whole(queue->used), (unsigned long long)queue->capacity,
        queue->list[JOBS_DEAD].count);
}

static int check_size(const shoal_object *object, uint64_t size)
{
    const struct job_queue_sh *queue = object->body;
    if (size <= queue->capacity)
        return SHOAL_OK;
    return shoal__fail(SHOAL_EVALUE, "job queue \"%s\" holds %llu bytes in all, and the message has %llu", object->name,
                       (unsigned long long)queue->capacity, (unsigned long long)size);
}

static int begin_room(struct shoal__wait *wait)
{
    return check_size(wait->object, wait->argument < 0 ? UINT64_MAX : (uint64_t)wait->argument);
}

static int check_put(const shoal_object *object, size_t size, uint32_t priority, shoal_time delay)
{
    if (priority >= SHOAL_JOB_PRIORITIES)
        return shoal__fail(SHOAL_EVALUE, "job queue \"%s\": a priority is 0 to %u, and not %u", object->name,
                           SHOAL_JOB_PRIORITIES - 1, priority);
    if (delay < 0)
        return shoal__fail(SHOAL_EVALUE, "job queue \"%s\": a job cannot be delayed by %g s", object->name,
                           (double)delay / 1e9);
    return check_size(object, size);
}

int shoal_job_queue_put(shoal_object *object, const void *bytes, size_t size, uint32_t priority, shoal_time delay,
                        shoal_time deadline)
{
    struct putting putting = {.put = {.bytes = bytes, .size = size, .priority = priority}, .delay = delay};
    int status = shoal__may_use(object, SHOAL_KIND_JOB_QUEUE);
    if (status == SHOAL_OK)
        status = check_put(object, size, priority, delay);
    if (status < 0)
        return status;
    struct shoal_jobs jobs = shoal__jobs_of(object);
    if (size <= JOB_SMALL && shoal__lock_at_once(object->segment)) {
        struct shoal_job_news news = {0};
        status = put_once(&putting, object, &jobs, NULL, &news);
        if (status != SHOAL_PENDING && status != SHOAL_ENOSPACE)
            return status;
    }
    status = shoal__wait_for(object, PUT, 0, (int64_t)(uintptr_t)&putting, deadline);
    if (putting.put.run)
        shoal__big_dispose(object->segment, putting.put.run);
    return status;
}

/* ---- Joining ---- */

static int attempt_join(struct shoal__wait *wait)
{
    struct shoal_jobs jobs = shoal__jobs_of(wait->object);
    for (;;) {
        struct shoal_job_news news = {0};
        shoal_time next = 0;
        int status = enter(wait);
        if (status != SHOAL_OK)
            return status;
        status = shoal__jobs_tend_locked(&jobs, &next, &news);
        uint32_t key = shoal__eventcount_prepare(&jobs.queue->idle);
        bool over = shoal__jobs_are_over(jobs.queue);
        shoal__jobs_leave(&jobs, &news);
        if (status < 0 || over)
            return status;
        if (!looked(&status, wait, &jobs))
            return status < 0 ? status : sleep_on(wait, &jobs.queue->idle, key, next);
    }
}

static int give_up_joining(struct shoal__wait *wait, bool time_is_up)
{
    if (wait->phase == AT_LOCK)
        shoal__mutex_stop(lock_of(wait), wait);
    return time_is_up && wait->phase == AT_LOCK ? fail_at_lock(wait, SHOAL_ETIMEDOUT) : SHOAL_ETIMEDOUT;
}

int shoal_job_queue_join(shoal_object *object, shoal_time deadline)
{
    int status = shoal__may_use(object, SHOAL_KIND_JOB_QUEUE);
    return status < 0 ? status : shoal__wait_for(object, SHOAL_WAIT_JOIN, 0, 0, deadline);
}

const struct shoal_waits shoal__job_waits[] = {
    {.operation = SHOAL_WAIT_GET, .attempt = attempt_take, .give_up = give_up_taking},
    {.operation = SHOAL_WAIT_PUT, .begin = begin_room, .attempt = attempt_room, .give_up = give_up_putting},
    {.operation = SHOAL_WAIT_JOIN, .attempt = attempt_join, .give_up = give_up_joining},
    {.operation = TAKE, .attempt = attempt_take, .give_up = give_up_taking},
    {.operation = PUT, .attempt = attempt_put, .give_up = give_up_putting},
    {0},
};
