/*
 * The jobs of a JobQueue: blocks in lists of the queue. Every step of a job is one change of the journal, committed, and
 * made with the structure's lock held: docs/recovery.md, "JobQueue".
 */
#ifndef SHOAL_STORE_JOBS_H
#define SHOAL_STORE_JOBS_H

#include "segment/detach.h"
#include "segment/object.h"
#include "segment/use.h"

#define JOB_SMALL 8192u /* a larger message is a run of the queue */

/* The lists. What is tried again goes to the front of its list of ready jobs. */
enum { JOBS_READY = 0, JOBS_DELAYED = 4, JOBS_TAKEN = 5, JOBS_DEAD = 6, JOB_LISTS = 7, JOB_GONE = 0xff };
enum { JOBS_OPEN, JOBS_DRAINING, JOBS_SHUT };

struct job_queue_sh {
    struct parts_sh parts;
    uint64_t capacity;            /* constant, as the next two: bytes */
    uint64_t lease;               /* ns; 0: none */
    uint32_t attempts;            /* 0: any number */
    uint32_t state;               /* changed, as the next two */
    uint32_t number[2];           /* of the last job, low and high half */
    uint32_t used[2];             /* bytes of all messages, low and high half */
    shoal_word items, room, idle; /* eventcounts: who waits for a job, for room, for the end of all jobs */
    shoal_word look;              /* when the next look for dead workers is due: sync/look.h */
    struct list_sh list[JOB_LISTS];
    uint64_t zero[2];
};
_Static_assert(offsetof(struct job_queue_sh, items) == 48 && offsetof(struct job_queue_sh, list) == 64 &&
                   sizeof(struct job_queue_sh) == 192,
               "docs/format.md, JobQueue");

/* A job. Its message follows, or is a run of the queue. */
struct job_sh {
    uint32_t next, prev;        /* refs; changed, as all that is not said to be constant, or of its taker */
    uint64_t number, size, put; /* constant, as the next three; put: ns since 1970 */
    uint32_t run;               /* page + 1 of the run with the message; 0: it follows */
    uint32_t priority;
    uint32_t queue; /* serial of the queue */
    uint32_t list;
    uint32_t attempts;
    uint32_t end;      /* of the last attempt: enum shoal_job_end */
    uint32_t ended[2]; /* when: seconds, nanoseconds; delayed: when it is ready */
    uint32_t pid;      /* of the worker of that attempt */
    uint32_t owner; /* of its taker, as the next four: they count while `list` is JOBS_TAKEN. The tag; 0: forgotten */
    uint32_t thread, worker; /* its thread's number, low half, and its process */
    uint32_t taken[2];
    uint32_t zero[2];
};
_Static_assert(offsetof(struct job_sh, owner) == 68 && sizeof(struct job_sh) == 96, "docs/format.md, JobQueue");

/* The queue as a process sees it. */
struct shoal_jobs {
    struct shoal_segment *segment;
    struct job_queue_sh *queue;
    uint32_t serial;
};

static inline struct shoal_jobs shoal__jobs_of(const shoal_object *object)
{
    return (struct shoal_jobs){object->segment, object->body, object->serial};
}

/* Begin a call without a deadline: the lock is ours, then shoal__jobs_leave. */
static inline int shoal__jobs_enter(shoal_object *object, struct shoal_turn *turn)
{
    shoal__turn_begin(turn);
    int status = shoal__may_use(object, SHOAL_KIND_JOB_QUEUE);
    return status < 0 ? status : shoal__enter(object->segment, turn);
}

/* What to tell others, once the lock is released, and runs in our hands then. */
#define JOBS_BIGS 16u
struct shoal_job_news {
    bool items, all_items, room, idle;
    bool look; /* for dead workers */
    uint32_t bigs, big[JOBS_BIGS];
};
void shoal__jobs_tell(const struct shoal_jobs *jobs, struct shoal_job_news *news);
void shoal__jobs_leave(const struct shoal_jobs *jobs, struct shoal_job_news *news); /* release the lock, and tell */

static inline uint64_t shoal__whole(const uint32_t half[2])
{
    return (uint64_t)half[1] << 32 | half[0];
}

/*
 * Producers are told when half of the capacity is free, and not for each job that ends: until they run others end more. Of
 * a small queue, or when a large message went, at once.
 */
static inline bool shoal__jobs_are_roomy(const struct job_queue_sh *queue)
{
    return queue->capacity <= JOB_SMALL || 2 * shoal__whole(queue->used) <= queue->capacity;
}

/* The job at `ref`, if a job can be there; NULL: the list that leads there is damaged. */
static inline struct job_sh *shoal__job_at(const struct shoal_segment *segment, uint32_t ref)
{
    return shoal__block(segment, ref, sizeof(struct job_sh));
}

/* The bytes of the job's message; NULL: they are not there (damage). */
const void *shoal__job_bytes(const struct shoal_jobs *jobs, uint32_t ref);
/* Is job `number` of this queue, in `list`, at `ref`? */
struct job_sh *shoal__job_named(const struct shoal_jobs *jobs, uint32_t ref, uint64_t number);
int shoal__jobs_damaged(const struct shoal_jobs *jobs); /* SHOAL_ECORRUPT */
/* With the structure's lock: what is wrong with its jobs; NULL: nothing. The lists end, and their blocks are there. */
const char *shoal__jobs_walk(const struct shoal_jobs *jobs);

/* More than a list can have: bounds walks of a damaged one. */
static inline uint32_t shoal__jobs_most(const struct shoal_jobs *jobs, const struct list_sh *list)
{
    uint64_t most = jobs->segment->is.size / sizeof(struct job_sh);
    uint32_t count = shoal__once(&list->count);
    return count < most ? count : (uint32_t)most;
}

static inline uint64_t shoal__jobs_ready(const struct job_queue_sh *queue)
{
    return (uint64_t)queue->list[0].count + queue->list[1].count + queue->list[2].count + queue->list[3].count;
}

static inline bool shoal__jobs_are_over(const struct job_queue_sh *queue)
{
    return !shoal__jobs_ready(queue) && !queue->list[JOBS_DELAYED].count && !queue->list[JOBS_TAKEN].count;
}

/* ---- Steps ---- */

struct shoal_job_put {
    const void *bytes;
    uint64_t size;
    uint32_t priority;
    uint64_t due; /* ns since 1970; 0: at once */
    uint32_t run; /* in our hands, with the message; 0: it is small */
};
/* The queue has room for it, and is open. */
int shoal__job_put_locked(const struct shoal_jobs *jobs, const struct shoal_job_put *put, struct shoal_job_news *news);
/* *ref: the next job, taken by this thread; 0: none is ready. */
int shoal__job_take_locked(const struct shoal_jobs *jobs, uint32_t *ref);
/* The job ends, and is freed. */
int shoal__job_free_locked(const struct shoal_jobs *jobs, uint32_t ref, struct shoal_job_news *news);
/* An attempt ends: the job is ready again, at `due`, or dead. `end`: enum shoal_job_end. */
int shoal__job_end_locked(const struct shoal_jobs *jobs, uint32_t ref, uint32_t end, uint64_t due,
                          struct shoal_job_news *news);
/* A dead job is ready again. */
int shoal__job_revive_locked(const struct shoal_jobs *jobs, uint32_t ref, struct shoal_job_news *news);
/* A delayed job is ready. */
int shoal__job_promote_locked(const struct shoal_jobs *jobs, uint32_t ref, struct shoal_job_news *news);
int shoal__jobs_shut_locked(const struct shoal_jobs *jobs, uint32_t state);

#endif
