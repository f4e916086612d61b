/* JobQueue: putting, taking, waiting. Implements docs/recovery.md, "JobQueue", with store/jobs.c and store/workers.c. */
#include "store/jobs.h"

#include <string.h>

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

#define MOST_ATTEMPTS 1000000u

/* ---- Opening ---- */

void shoal_job_queue_options_init(shoal_job_queue_options *options)
{
    *options = (shoal_job_queue_options){.capacity = 1 << 20, .attempts = 3};
}

static void fill(void *body, const void *argument)
{
    const shoal_job_queue_options *made_with = argument;
    struct job_queue_sh *queue = body;
    queue->parts = (struct parts_sh){.lists = JOB_LISTS, .at = offsetof(struct job_queue_sh, list)};
    queue->capacity = made_with->capacity;
    queue->attempts = made_with->attempts;
    queue->lease = (uint64_t)made_with->lease;
}

static int check_options(const shoal_job_queue_options *options)
{
    if (options->capacity == 0 || options->capacity > INT64_MAX)
        return shoal__fail(SHOAL_EVALUE, "a job queue has a capacity of at least 1 byte, and %llu were asked for",
                           (unsigned long long)options->capacity);
    if (options->attempts > MOST_ATTEMPTS)
        return shoal__fail(SHOAL_EVALUE,
                           "a job is tried 1 to %u times, or any number of times (0), and %u were asked for",
                           MOST_ATTEMPTS, options->attempts);
    if (options->lease < 0)
        return shoal__fail(SHOAL_EVALUE,
                           "a lease is longer than 0 seconds, or there is none (0), and %g s were asked for",
                           (double)options->lease / 1e9);
    return SHOAL_OK;
}

static bool is_made_with(const struct job_queue_sh *queue, const shoal_job_queue_options *options)
{
    return queue->capacity == options->capacity && queue->attempts == options->attempts &&
           queue->lease == (uint64_t)options->lease;
}

static int mismatch(const shoal_object *object, const shoal_job_queue_options *options)
{
    const struct job_queue_sh *queue = object->body;
    return shoal__fail(
        SHOAL_EMISMATCH,
        "job queue \"%s\" in segment \"%s\" has %llu bytes, %u attempts and a lease of %g s (0: none), and "
        "%llu bytes, %u attempts and %g s were asked for",
        object->name, object->segment->name, (unsigned long long)queue->capacity, queue->attempts,
        (double)queue->lease / 1e9, (unsigned long long)options->capacity, options->attempts,
        (double)options->lease / 1e9);
}

int shoal_job_queue_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                         const shoal_job_queue_options *options)
{
    struct shoal_recipe recipe = {SHOAL_KIND_JOB_QUEUE, sizeof(struct job_queue_sh), fill, options};
    *out = NULL;
    if (!options)
        return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_JOB_QUEUE);
    int status = check_options(options);
    if (status == SHOAL_OK)
        status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0 || is_made_with((*out)->body, options))
        return status;
    status = mismatch(*out, options);
    shoal_object_close(*out);
    *out = NULL;
    return status;
}

int shoal_job_queue_read_options(shoal_job_queue_options *out, const shoal_object *object)
{
    const struct job_queue_sh *queue = object->body;
    int status = shoal__may_look(object, SHOAL_KIND_JOB_QUEUE);
    *out = (shoal_job_queue_options){0};
    if (status < 0)
        return status;
    *out = (shoal_job_queue_options){
        .capacity = queue->capacity, .attempts = queue->attempts, .lease = (shoal_time)queue->lease};
    return shoal__unless_damaged(object->segment, SHOAL_OK);
}

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

/* We have what we waited for. Who was woken sets the mark again for those that still sleep; if there is more, on it goes. */
static void pass_on(struct shoal__wait *wait, shoal_word *word, bool more)
{
    if (!wait->seen)
        return;
    shoal__eventcount_slept(word);
    SHOAL_POINT("jobs: woken, mark set again");
    if (more)
        shoal__eventcount_tell_one(word);
}

/* Shall we ask for dead workers? At the last try always, else by turns. */
static bool shall_look(struct shoal__wait *wait, struct job_queue_sh *queue)
{
    bool last = wait->flags & WAIT_LOOK_ONCE;
    bool first = !wait->ticket && !last;
    wait->ticket = true;
    return last ? wait->slice_over : (first || wait->slice_over) && shoal__look_is_due(&queue->look);
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

/* Who may have been woken tells the next. */
static void stop(struct shoal__wait *wait, shoal_word *word)
{
    if (wait->phase == AT_LOCK)
        shoal__mutex_stop(lock_of(wait), wait);
    if (wait->seen)
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
    if (status == SHOAL_OK)
        deliver(out, object, jobs, ref);
    return status;
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
        bool more = shoal__jobs_ready(jobs.queue) > !out;
        if (status == SHOAL_PENDING)
            key = shoal__eventcount_prepare(&jobs.queue->items);
        shoal__jobs_leave(&jobs, &news);
        if (status != SHOAL_PENDING) {
            pass_on(wait, &jobs.queue->items, more);
            return status;
        }
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
        shoal__jobs_leave(&jobs, &news);
        if (status != SHOAL_PENDING)
            return status;
    }
    return shoal__wait_for(object, TAKE, 0, (int64_t)(uintptr_t)out, deadline);
}

/* ---- Putting ---- */

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
            pass_on(wait, &jobs.queue->room, true);
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
    pass_on(wait, &jobs.queue->room, false);
    return status;
}

static int give_up_putting(struct shoal__wait *wait, bool time_is_up)
{
    const struct job_queue_sh *queue = wait->object->body;
    stop(wait, &((struct job_queue_sh *)wait->object->body)->room);
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

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_GET, .attempt = attempt_take, .give_up = give_up_taking},
    {.operation = SHOAL_WAIT_PUT, .begin = begin_room, .attempt = attempt_room, .give_up = give_up_putting},
    {.operation = SHOAL_WAIT_JOIN, .attempt = attempt_join, .give_up = give_up_joining},
    {.operation = TAKE, .attempt = attempt_take, .give_up = give_up_taking},
    {.operation = PUT, .attempt = attempt_put, .give_up = give_up_putting},
    {0},
};

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    (void)segment;
    const struct job_queue_sh *queue = body;
    if (capacity < sizeof *queue)
        return "its block is too small";
    if (queue->parts.lists != JOB_LISTS || queue->parts.at != offsetof(struct job_queue_sh, list))
        return "it has not the lists of a job queue";
    if (queue->capacity == 0 || queue->capacity > INT64_MAX || queue->attempts > MOST_ATTEMPTS ||
        queue->lease > INT64_MAX)
        return "its capacity, its attempts or its lease are impossible";
    return queue->state > JOBS_SHUT ? "it is neither open nor shut" : NULL;
}

static struct shoal_jobs jobs_in(const shoal_segment *segment, void *body)
{
    return (struct shoal_jobs){(shoal_segment *)segment, body, 0};
}

static void forget_slot(const shoal_segment *segment, void *body, uint64_t capacity, uint32_t slot)
{
    (void)capacity;
    struct shoal_jobs jobs = jobs_in(segment, body);
    shoal__jobs_forget_slot(&jobs, slot);
}

/* Called with the structure's lock, which all who take have: nobody takes before the name is gone. */
static bool claim(struct shoal__claim *claim)
{
    const shoal_segment *segment = (const shoal_segment *)claim->party; /* its first field */
    struct shoal_jobs jobs = jobs_in(segment, claim->body);
    struct shoal_workers workers;
    shoal__jobs_owners(&workers, &jobs);
    for (uint32_t i = 0; i < workers.count && !claim->who; i++)
        if (workers.tag[i] &&
            (workers.tag[i] == segment->party.me || !segment->party.is_dead(&segment->party, workers.tag[i])))
            claim->who = workers.tag[i];
    return !claim->who;
}

static void unclaim(struct shoal__claim *claim)
{
    (void)claim; /* nothing was changed */
}

/* By a close or the end of a request: if another keeps the lock the jobs are given back by a later close, or our death. */
static bool abandon(shoal_object *object, uint64_t thread)
{
    struct shoal_jobs jobs = shoal__jobs_of(object);
    struct shoal_job_news news = {0};
    if (!load_relaxed(&object->permit) || !shoal__is_peer(object->segment) || object->lost ||
        !shoal__lock_shortly(object->segment))
        return false;
    int64_t count = shoal__jobs_give_back_locked(&jobs, thread, &news);
    uint32_t has = load_relaxed(&object->permit);
    if (count > 0)
        store_relaxed(&object->permit, has > count ? has - (uint32_t)count : 0);
    shoal__jobs_leave(&jobs, &news);
    return count > 0;
}

static void quit(shoal_object *object)
{
    abandon(object, 0);
}

static void holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    struct shoal_jobs jobs = shoal__jobs_of(object);
    struct shoal_workers workers;
    shoal__jobs_owners(&workers, &jobs);
    *count = 0;
    for (uint32_t i = 0; i < workers.count; i++) {
        shoal_owner owner = {0};
        if (workers.tag[i])
            shoal__describe(&owner, object->segment, workers.tag[i]);
        owner.count = workers.jobs[i];
        if (owner.alive && (*count)++ < limit)
            out[*count - 1] = owner;
    }
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    static const char *const states[] = {"open", "draining", "shut"};
    const struct job_queue_sh *queue = object->body;
    shoal_job_sizes sizes;
    int status = shoal_job_queue_sizes(&sizes, (shoal_object *)object);
    uint32_t state = shoal__once(&queue->state);
    shoal_write_uint(shoal__part_of(map, "capacity"), queue->capacity);
    shoal_write_uint(shoal__part_of(map, "used"), sizes.used < INT64_MAX ? sizes.used : INT64_MAX);
    shoal_write_uint(shoal__part_of(map, "attempts"), queue->attempts);
    if (queue->lease)
        shoal_write_float(shoal__part_of(map, "lease"), (double)queue->lease / 1e9);
    else
        shoal_write_nil(shoal__part_of(map, "lease"));
    shoal__write_text(shoal__part_of(map, "state"), states[state <= JOBS_SHUT ? state : JOBS_SHUT]);
    shoal_write_uint(shoal__part_of(map, "ready"), sizes.ready);
    shoal_write_uint(shoal__part_of(map, "delayed"), sizes.delayed);
    shoal_write_uint(shoal__part_of(map, "taken"), sizes.taken);
    shoal_write_uint(shoal__part_of(map, "dead"), sizes.dead);
    return status;
}

/* ---- Backup ---- */

/* In the copy nobody has taken a job: those that are not done are ready, and the dead are dead, after one attempt. */
static int copy_job(void *argument, const shoal_job_copy *job)
{
    shoal_object *to = argument;
    shoal_time delay = job->due ? (shoal_time)(job->due * 1e9) - (shoal_time)shoal__coarse_realtime() : 0;
    int status = shoal_job_queue_put(to, job->bytes, job->size, job->priority, delay > 0 ? delay : 0, SHOAL_NO_WAIT);
    if (status < 0 || job->state != SHOAL_JOB_DEAD)
        return status;
    shoal_job taken;
    status = shoal_job_queue_take(&taken, to, SHOAL_NO_WAIT);
    return status < 0 ? status : shoal_job_bury(&taken);
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    shoal_job_queue_options options;
    int status = shoal_job_queue_read_options(&options, object);
    if (status == SHOAL_OK)
        status = shoal_job_queue_open(out, to, object->name, object->name_length, &options);
    if (status == SHOAL_OK)
        status = shoal_job_queue_each(object, SHOAL_JOB_DEAD, copy_job, *out);
    if (status == SHOAL_OK)
        status = shoal_job_queue_each(object, SHOAL_JOB_TAKEN | SHOAL_JOB_READY | SHOAL_JOB_DELAYED, copy_job, *out);
    if (status == SHOAL_OK && shoal_job_queue_is_shut(object))
        status = shoal_job_queue_shutdown(*out, false);
    return status;
}

const struct shoal__kind shoal__job_queue_kind = {
    .flags = KIND_LOCK | KIND_PARTS,
    .head = sizeof(struct job_queue_sh),
    .check = check,
    .forget_slot_of_parts = forget_slot,
    .claim = claim,
    .unclaim = unclaim,
    .in_the_way = "has a job of",
    .waits = waits,
    .abandon = abandon,
    .quit = quit,
    .holders = holders,
    .describe = describe,
    .copy = copy,
};
