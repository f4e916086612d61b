/* JobQueue: its sizes, copies of its jobs, and what is done to many of them. */
#include <stdlib.h>
#include <string.h>

#include "objects/objects.h"
#include "platform/futex.h"
#include "platform/file.h"
#include "platform/point.h"
#include "segment/alive.h"
#include "segment/descriptor.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "store/jobs.h"
#include "store/workers.h"
#include "sync/eventcount.h"
#include "value/status.h"

#define STEPS_AT_ONCE 64u /* changes in one hold of the lock */
#define QUICK_LOOKS 100u
#define SLOW_LOOKS 20u             /* a millisecond apart */
#define READONLY_LOOKS 1000u       /* a change takes as long as a few of them */
#define COPIED_AT_ONCE (64u << 10) /* bytes copied in one hold of the lock */

/* ---- Sizes ---- */

static void count(shoal_job_sizes *out, const struct job_queue_sh *queue)
{
    *out = (shoal_job_sizes){0};
    for (int i = 0; i < JOBS_DELAYED; i++)
        out->ready += shoal__once(&queue->list[i].count);
    out->delayed = shoal__once(&queue->list[JOBS_DELAYED].count);
    out->taken = shoal__once(&queue->list[JOBS_TAKEN].count);
    out->dead = shoal__once(&queue->list[JOBS_DEAD].count);
    out->used = (uint64_t)shoal__once(&queue->used[1]) << 32 | shoal__once(&queue->used[0]);
}

/* A readonly attach takes no lock. If a process is stopped, or died, within a change it gets the sizes of that moment. */
static void count_readonly(shoal_job_sizes *out, const shoal_object *object)
{
    const struct journal_sh *journal = shoal__journal(object->segment);
    uint32_t changes, looks = READONLY_LOOKS;
    do {
        changes = load_acquire(&journal->changes);
        count(out, object->body);
    } while (!shoal__is_still(journal, changes) && --looks > 0);
}

/* One hold of the lock; beside a process that does not let it go, only a look. *more: there is more to tend to. */
static int tend(shoal_object *object, shoal_job_sizes *out, bool *more)
{
    struct shoal_job_news news = {0};
    shoal_time next = 0;
    struct shoal_jobs jobs = shoal__jobs_of(object);
    *more = false;
    if (!shoal__lock_shortly(jobs.segment)) {
        count_readonly(out, object);
        return SHOAL_OK;
    }
    int status = shoal__jobs_tend_locked(&jobs, &next, &news);
    count(out, jobs.queue);
    shoal__jobs_leave(&jobs, &news);
    *more = next == 1;
    return status;
}

static int tend_all(shoal_object *object, shoal_job_sizes *out)
{
    bool more = true, found = false;
    int status = shoal__may_use(object, SHOAL_KIND_JOB_QUEUE);
    if (status < 0)
        return status;
    struct shoal_jobs jobs = shoal__jobs_of(object);
    status = shoal__jobs_look_for_dead(&jobs, &found);
    for (uint32_t i = 0; status == SHOAL_OK && more && i < 1 << 16; i++)
        status = tend(object, out, &more);
    return status;
}

int shoal_job_queue_sizes(shoal_job_sizes *out, shoal_object *object)
{
    *out = (shoal_job_sizes){0};
    int status = shoal__may_look(object, SHOAL_KIND_JOB_QUEUE);
    if (status < 0)
        return status;
    if (!object->segment->readonly)
        return tend_all(object, out);
    count_readonly(out, object);
    return shoal__unless_damaged(object->segment, SHOAL_OK);
}

/* ---- Copies ---- */

struct chosen {
    uint32_t ref;
    uint64_t number;
};

static bool is_chosen(uint32_t list, uint32_t states)
{
    return (list == JOBS_DELAYED ? SHOAL_JOB_DELAYED
            : list == JOBS_TAKEN ? SHOAL_JOB_TAKEN
            : list == JOBS_DEAD  ? SHOAL_JOB_DEAD
                                 : SHOAL_JOB_READY) &
           states;
}

/* The lists in the order in which their jobs are taken. */
static uint32_t list_at(uint32_t i)
{
    return i < JOBS_DELAYED ? JOBS_DELAYED - 1 - i : i;
}

static uint64_t count_chosen(const struct job_queue_sh *queue, uint32_t states)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < JOB_LISTS; i++)
        all += is_chosen(i, states) ? shoal__once(&queue->list[i].count) : 0;
    return all;
}

static size_t choose_locked(struct chosen *out, size_t limit, const struct shoal_jobs *jobs, uint32_t states)
{
    size_t chosen = 0;
    for (uint32_t i = 0; i < JOB_LISTS; i++) {
        const struct list_sh *list = &jobs->queue->list[list_at(i)];
        uint32_t looks = shoal__jobs_most(jobs, list);
        const struct job_sh *job;
        for (uint32_t ref = shoal__once(&list->first);
             is_chosen(list_at(i), states) && ref && looks > 0 && chosen < limit; looks--) {
            if (!(job = shoal__job_at(jobs->segment, ref)))
                break;
            out[chosen++] = (struct chosen){ref, *(const volatile uint64_t *)&job->number};
            ref = shoal__once(&job->next);
        }
    }
    return chosen;
}

/* Did the process die that was within this change? Nobody goes on with it while all are only looking. */
static bool is_left(const shoal_segment *segment, uint32_t changes)
{
    uint32_t word = load_acquire(&shoal__header(segment)->lock);
    return changes == load_acquire(&shoal__journal(segment)->changes) &&
           (!(word & MUTEX_SLOT) || shoal__party_is_dead(&segment->party, word));
}

/*
 * Without the lock: all of one moment, between two changes, if there is one. *fits: the lists had no more
 * than `room`. If a process is stopped, or died, within a change, a job that it moves may be left out.
 */
static size_t choose_readonly(struct chosen *out, size_t room, const struct shoal_jobs *jobs, uint32_t states)
{
    static const shoal_word nothing;
    const struct journal_sh *journal = shoal__journal(jobs->segment);
    for (uint32_t looks = 1;; looks++) {
        uint32_t changes = load_acquire(&journal->changes);
        size_t chosen = choose_locked(out, room, jobs, states);
        if (shoal__is_still(journal, changes) || is_left(jobs->segment, changes) || looks == QUICK_LOOKS + SLOW_LOOKS)
            return chosen;
        if (looks > QUICK_LOOKS) /* who is within a change was perhaps interrupted there */
            shoal__wait(&nothing, 0, SHOAL_MILLISECOND);
    }
}

/* The caller frees *out. `limit`: no more than so many are wanted. *looks: a process does not let the lock go, or we take none. */
static int choose(struct chosen **out, size_t *chosen, bool *looks, shoal_object *object, uint32_t states, size_t limit)
{
    struct shoal_jobs jobs = shoal__jobs_of(object);
    size_t room = 0;
    *out = NULL;
    *chosen = 0;
    *looks = object->segment->readonly;
    for (bool fits = false; !fits;) {
        uint64_t most = count_chosen(jobs.queue, states), bound = object->segment->is.size / sizeof(struct job_sh);
        room = (size_t)(most < limit ? most : limit) + 16;
        room = room < bound + 16 ? room : (size_t)bound + 16;
        free(*out);
        if (!(*out = calloc(room, sizeof **out)))
            return shoal__fail_plainly(SHOAL_ENOMEM);
        if ((*looks = *looks || !shoal__lock_shortly(object->segment))) {
            *chosen = choose_readonly(*out, room < limit ? room : limit, &jobs, states);
            fits = *chosen < room || room >= limit || room >= bound;
            continue;
        }
        fits = count_chosen(jobs.queue, states) <= room || room >= limit || room >= bound;
        *chosen = fits ? choose_locked(*out, room < limit ? room : limit, &jobs, states) : 0;
        shoal__leave(object->segment);
    }
    return SHOAL_OK;
}

static double seconds(const uint32_t at[2])
{
    return (double)(at[0] * (uint64_t)1000000000 + at[1]) / 1e9;
}

static void copy_facts(shoal_job_copy *out, const struct job_sh *job)
{
    bool taken = job->list == JOBS_TAKEN, delayed = job->list == JOBS_DELAYED;
    *out = (shoal_job_copy){.size = (size_t)job->size,
                            .number = job->number,
                            .state = taken                    ? SHOAL_JOB_TAKEN
                                     : delayed                ? SHOAL_JOB_DELAYED
                                     : job->list == JOBS_DEAD ? SHOAL_JOB_DEAD
                                                              : SHOAL_JOB_READY,
                            .attempts = job->attempts,
                            .priority = job->priority,
                            .end = job->end,
                            .pid = (int32_t)(taken ? job->worker : job->pid),
                            .put = (double)job->put / 1e9,
                            .since = taken                  ? seconds(job->taken)
                                     : delayed || !job->end ? 0
                                                            : seconds(job->ended),
                            .due = delayed ? seconds(job->ended) : 0};
}

/*
 * One hold of the lock: bytes from `at` on, and before the first the facts. SHOAL_ENOKEY: the job is gone; SHOAL_PENDING:
 * a process does not let the lock go. The memory is the caller's, for `size` bytes, which are constant; the number says that it is the same job.
 */
static int copy_some(shoal_job_copy *out, char *memory, uint64_t at, shoal_object *object, const struct chosen *it)
{
    struct shoal_jobs jobs = shoal__jobs_of(object);
    int status = SHOAL_OK;
    if (!shoal__lock_shortly(jobs.segment))
        return SHOAL_PENDING;
    const struct job_sh *job = shoal__job_named(&jobs, it->ref, it->number);
    const char *bytes = job ? shoal__job_bytes(&jobs, it->ref) : NULL;
    uint64_t rest = bytes && job->size >= at ? job->size - at : 0;
    if (job && !bytes)
        status = shoal__jobs_damaged(&jobs);
    else if (!job)
        status = SHOAL_ENOKEY;
    else if (!memory)
        copy_facts(out, job);
    else if (rest)
        memcpy(memory + at, bytes + at, rest < COPIED_AT_ONCE ? rest : COPIED_AT_ONCE);
    shoal__leave(object->segment);
    return status;
}

void shoal_job_copy_free(shoal_job_copy *copy)
{
    free(copy->memory);
    *copy = (shoal_job_copy){0};
}

/*
 * Without the lock: the message is read as a file is, since its pages may be given back meanwhile. They were the
 * job's all the time if the job is still there afterwards.
 */
static int copy_readonly(shoal_job_copy *out, const shoal_object *object, const struct chosen *it)
{
    struct shoal_jobs jobs = shoal__jobs_of(object);
    struct shoal_segment *segment = object->segment;
    struct job_sh seen;
    int error = shoal__descriptor(segment);
    if (error)
        return shoal__no_descriptor(segment, error);
    const struct job_sh *job =
        shoal__stays_backed(segment, it->ref, sizeof *job) ? shoal__job_at(segment, it->ref) : NULL;
    const unsigned char *bytes = job ? shoal__job_bytes(&jobs, it->ref) : NULL;
    if (!bytes || !shoal__job_named(&jobs, it->ref, it->number))
        return SHOAL_ENOKEY;
    memcpy(&seen, job, sizeof seen);
    if (!shoal__may_hold(segment, seen.size))
        return SHOAL_ENOKEY;
    copy_facts(out, &seen);
    if (!(out->memory = malloc(out->size + 1)))
        return shoal__fail_plainly(SHOAL_ENOMEM);
    error = shoal__file_read(segment->fd, out->memory, out->size, (uint64_t)(bytes - segment->base));
    SHOAL_POINT("jobs: message read, not looked again");
    fence_acquire();
    bool still = shoal__job_named(&jobs, it->ref, it->number) && shoal__job_bytes(&jobs, it->ref) == bytes &&
                 job->size == out->size;
    if (still && error)
        return shoal__jobs_damaged(&jobs);
    out->bytes = out->memory;
    return still ? SHOAL_OK : SHOAL_ENOKEY;
}

static int copy_locked(shoal_job_copy *out, shoal_object *object, const struct chosen *it)
{
    int status = copy_some(out, NULL, 0, object, it);
    if (status < 0 || status == SHOAL_PENDING)
        return status;
    if (!(out->memory = malloc(out->size + 1)))
        return shoal__fail_plainly(SHOAL_ENOMEM);
    for (uint64_t at = 0; status == SHOAL_OK && at < out->size; at += COPIED_AT_ONCE)
        status = copy_some(out, out->memory, at, object, it);
    out->bytes = out->memory;
    return status;
}

static int copy_one(shoal_job_copy *out, bool *looks, shoal_object *object, const struct chosen *it)
{
    int status = SHOAL_PENDING;
    *out = (shoal_job_copy){0};
    if (!*looks && (status = copy_locked(out, object, it)) == SHOAL_PENDING)
        shoal_job_copy_free(out);
    if ((*looks = status == SHOAL_PENDING))
        status = copy_readonly(out, object, it);
    if (status < 0)
        shoal_job_copy_free(out);
    return status;
}

/* What time and deaths bring comes first; readonly it is as it is. */
static int look_first(shoal_object *object, shoal_job_sizes *sizes)
{
    if (!object->segment->readonly)
        return tend_all(object, sizes);
    return shoal__may_look(object, SHOAL_KIND_JOB_QUEUE);
}

int shoal_job_queue_each(shoal_object *object, uint32_t states, shoal_hear_job hear, void *argument)
{
    struct chosen *chosen;
    shoal_job_sizes sizes;
    size_t all;
    bool looks;
    int status = look_first(object, &sizes);
    if (status < 0)
        return status;
    status = choose(&chosen, &all, &looks, object, states, SIZE_MAX);
    for (size_t i = 0; i < all && status >= 0; i++) {
        shoal_job_copy copy;
        status = copy_one(&copy, &looks, object, &chosen[i]);
        if (status == SHOAL_OK) {
            status = hear(argument, &copy);
            shoal_job_copy_free(&copy);
        } else if (status == SHOAL_ENOKEY) {
            status = SHOAL_OK;
        }
    }
    free(chosen);
    return status < 0 ? status : SHOAL_OK;
}

/* Another may take the job before it is copied: then the next; who is so late fifty times finds nothing. */
int shoal_job_queue_peek(shoal_job_copy *out, shoal_object *object)
{
    shoal_job_sizes sizes;
    *out = (shoal_job_copy){0};
    int status = look_first(object, &sizes);
    for (int tries = 0; status == SHOAL_OK; tries++) {
        struct chosen *chosen;
        bool looks;
        size_t all;
        status = choose(&chosen, &all, &looks, object, SHOAL_JOB_READY, 1);
        if (status == SHOAL_OK && (all == 0 || tries == 50))
            status = shoal__fail(SHOAL_EEMPTY, "job queue \"%s\" has no job that is ready", object->name);
        if (status == SHOAL_OK && (status = copy_one(out, &looks, object, &chosen[0])) == SHOAL_OK &&
            out->state == SHOAL_JOB_READY) {
            free(chosen);
            return SHOAL_OK;
        }
        free(chosen);
        shoal_job_copy_free(out);
        status = status == SHOAL_ENOKEY ? SHOAL_OK : status;
    }
    return status;
}

/* ---- Many at once ---- */

typedef int (*step)(const struct shoal_jobs *jobs, uint32_t ref, struct shoal_job_news *news);

struct sweep {
    uint32_t list;
    uint64_t last; /* numbers above it were put since this began */
    uint64_t left; /* so many jobs were there when it began */
    uint64_t done;
    step step;
};

/* One hold of the lock. True: there may be more. */
static bool sweep_some(struct sweep *sweep, const struct shoal_jobs *jobs, struct shoal_job_news *news, int *status)
{
    const struct list_sh *list = &jobs->queue->list[sweep->list];
    for (uint32_t i = 0; i < STEPS_AT_ONCE && news->bigs < JOBS_BIGS; i++) {
        const struct job_sh *job = list->first ? shoal__job_at(jobs->segment, list->first) : NULL;
        if (!job || job->list != sweep->list || job->number > sweep->last || sweep->left == 0)
            return false;
        if ((*status = sweep->step(jobs, list->first, news)) < 0)
            return false;
        SHOAL_POINT("jobs: one of many");
        sweep->left--;
        sweep->done++;
    }
    return true;
}

static int sweep_list(uint64_t *swept, shoal_object *object, uint32_t list, step step)
{
    struct shoal_turn turn;
    struct shoal_jobs jobs = shoal__jobs_of(object);
    struct sweep sweep = {.list = list, .step = step};
    int status = SHOAL_OK;
    for (bool more = true, first = true; more && status == SHOAL_OK; first = false) {
        struct shoal_job_news news = {0};
        if ((status = shoal__jobs_enter(object, &turn)) == SHOAL_OK) {
            if (first) {
                sweep.last = shoal__whole(jobs.queue->number);
                sweep.left = jobs.queue->list[list].count;
            }
            more = sweep_some(&sweep, &jobs, &news, &status);
            shoal__jobs_leave(&jobs, &news);
        }
        shoal__turn_end(jobs.segment, &turn);
    }
    *swept += sweep.done;
    return status;
}

/* The dead job of this number, if there is one. */
static uint32_t find_dead(const struct shoal_jobs *jobs, uint64_t number)
{
    const struct list_sh *list = &jobs->queue->list[JOBS_DEAD];
    uint32_t looks = shoal__jobs_most(jobs, list), ref = list->first;
    for (const struct job_sh *job; ref && looks > 0 && (job = shoal__job_at(jobs->segment, ref)); looks--) {
        if (job->number == number && job->list == JOBS_DEAD)
            return ref;
        ref = job->next;
    }
    return 0;
}

static int with_dead(uint64_t *swept, shoal_object *object, uint64_t number, step step)
{
    struct shoal_turn turn;
    struct shoal_job_news news = {0};
    *swept = 0;
    int status = shoal__may_use(object, SHOAL_KIND_JOB_QUEUE);
    if (status < 0)
        return status;
    if (number == 0)
        return sweep_list(swept, object, JOBS_DEAD, step);
    struct shoal_jobs jobs = shoal__jobs_of(object);
    if ((status = shoal__jobs_enter(object, &turn)) == SHOAL_OK) {
        uint32_t ref = find_dead(&jobs, number);
        if (ref && (status = step(&jobs, ref, &news)) == SHOAL_OK)
            *swept = 1;
        shoal__jobs_leave(&jobs, &news);
    }
    shoal__turn_end(jobs.segment, &turn);
    return status;
}

int shoal_job_queue_revive(uint64_t *swept, shoal_object *object, uint64_t number)
{
    return with_dead(swept, object, number, shoal__job_revive_locked);
}

int shoal_job_queue_drop(uint64_t *swept, shoal_object *object, uint64_t number)
{
    return with_dead(swept, object, number, shoal__job_free_locked);
}

int shoal_job_queue_purge(uint64_t *swept, shoal_object *object)
{
    *swept = 0;
    int status = shoal__may_use(object, SHOAL_KIND_JOB_QUEUE);
    for (uint32_t list = 0; list <= JOBS_DELAYED && status == SHOAL_OK; list++)
        status = sweep_list(swept, object, list, shoal__job_free_locked);
    return status;
}

/* ---- Shutting ---- */

int shoal_job_queue_shutdown(shoal_object *object, bool immediately)
{
    struct shoal_turn turn;
    struct shoal_jobs jobs = shoal__jobs_of(object);
    uint32_t state = immediately ? JOBS_SHUT : JOBS_DRAINING;
    uint64_t dropped;
    int status = shoal__jobs_enter(object, &turn);
    if (status == SHOAL_OK) {
        if (jobs.queue->state < state)
            status = shoal__jobs_shut_locked(&jobs, state);
        shoal__leave(jobs.segment);
        SHOAL_POINT("jobs: shut, nobody told");
        shoal__eventcount_tell(&jobs.queue->items, INT32_MAX); /* also without the mark: a wake-up may be on its way */
        shoal__eventcount_tell(&jobs.queue->room, INT32_MAX);
    }
    shoal__turn_end(jobs.segment, &turn);
    return status == SHOAL_OK && immediately ? shoal_job_queue_purge(&dropped, object) : status;
}

bool shoal_job_queue_is_shut(const shoal_object *object)
{
    return shoal__may_look(object, SHOAL_KIND_JOB_QUEUE) == SHOAL_OK &&
           shoal__once(&((const struct job_queue_sh *)object->body)->state) != JOBS_OPEN;
}
