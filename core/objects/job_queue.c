/* JobQueue: opening, and its row. The steps of a job are in store/jobs.c. */
#include "store/jobs.h"

#include "objects/objects.h"
#include "segment/waiting.h"
#include "store/workers.h"
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

static const char *check_deeply(const shoal_segment *segment, const void *body, uint64_t capacity, uint32_t runs)
{
    const struct shoal_jobs jobs = {(shoal_segment *)segment, (struct job_queue_sh *)body, 0};
    (void)capacity, (void)runs;
    return shoal__jobs_walk(&jobs);
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
    .flags = KIND_LOCK | KIND_PARTS | KIND_JOURNALED,
    .head = sizeof(struct job_queue_sh),
    .check = check,
    .check_deeply = check_deeply,
    .forget_slot_of_parts = forget_slot,
    .claim = claim,
    .unclaim = unclaim,
    .in_the_way = "has a job of",
    .waits = shoal__job_waits,
    .abandon = abandon,
    .quit = quit,
    .holders = holders,
    .describe = describe,
    .copy = copy,
};
