/* A JobQueue by the victim's name: its jobs are patterns, each of a number of its own, and what becomes of each can be told. */
#include "scenes.h"

#include "segment/object.h"

enum { SMALL_JOB = 50, LARGE_JOB = 9000 };

static shoal_job job; /* that this process has taken */

size_t job_size(uint32_t id)
{
    return id >= 100 ? LARGE_JOB : SMALL_JOB;
}

int make_queue(void)
{
    shoal_job_queue_options options;
    shoal_job_queue_options_init(&options);
    return must(shoal_job_queue_open(&object, target, "victim", 6, &options), "job queue");
}

/* A signal may end a wait for the structure's lock. */
int put_job(uint32_t id, shoal_time delay)
{
    size_t size = job_size(id);
    const unsigned char *bytes = pattern(id, size);
    shoal_time deadline = to_have();
    int status;
    while ((status = shoal_job_queue_put(object, bytes, size, 0, delay, deadline)) == SHOAL_EINTR) {
    }
    return must(status, "put a job");
}
int put_small_job(void)
{
    return put_job(3, 0);
}
int put_large_job(void)
{
    return put_job(103, 0);
}
int put_late_job(void)
{
    return put_job(3, 3600 * (shoal_time)1000000000);
}

/* Two, of which the first is small, or large. */
int prepare_jobs(void)
{
    return make_queue() && put_job(1, 0) && put_job(2, 0) && close_object();
}
int prepare_large_jobs(void)
{
    return make_queue() && put_job(101, 0) && put_job(2, 0) && close_object();
}
int prepare_no_jobs(void)
{
    return make_queue() && close_object();
}
/* More than one of each sort, some delayed, one dead. */
int prepare_all_jobs(void)
{
    make_queue();
    put_job(101, 0);
    must(shoal_job_queue_take(&job, object, to_have()), "take");
    must(shoal_job_bury(&job), "bury");
    return put_job(102, 0) && put_job(2, 0) && put_job(103, 0) && put_late_job() && close_object();
}
int prepare_dead_jobs(void)
{
    make_queue();
    for (uint32_t id = 1; id < 3; id++) {
        put_job(id == 1 ? 101 : id, 0);
        must(shoal_job_queue_take(&job, object, to_have()), "take");
        must(shoal_job_bury(&job), "bury");
    }
    return close_object();
}

int take_job(void)
{
    shoal_time deadline = to_have();
    int status;
    while ((status = shoal_job_queue_take(&job, object, deadline)) == SHOAL_EINTR) {
    }
    must(status, "take a job");
    if (!shoal_job_is_mine(&job))
        wrong("a job is not of who took it");
    return 1;
}
int make_and_take_job(void)
{
    return make_queue() && take_job();
}
int take_job_twice(void)
{
    make_queue();
    for (int i = 0; i < 2; i++) {
        take_job();
        must(shoal_job_retry(&job, 0), "retry");
    }
    return take_job();
}
int job_is_done(void)
{
    return must(shoal_job_done(&job), "done");
}
int job_is_retried(void)
{
    return must(shoal_job_retry(&job, 0), "retry");
}
int job_is_delayed(void)
{
    return must(shoal_job_retry(&job, 3600 * (shoal_time)1000000000), "retry later");
}
int job_is_buried(void)
{
    return must(shoal_job_bury(&job), "bury");
}
int purge_jobs(void)
{
    uint64_t count;
    return must(shoal_job_queue_purge(&count, object), "purge");
}
int drop_jobs(void)
{
    uint64_t count;
    return must(shoal_job_queue_drop(&count, object, 0), "drop");
}
int revive_jobs(void)
{
    uint64_t count;
    return must(shoal_job_queue_revive(&count, object, 0), "revive");
}
int look_at_jobs(void)
{
    shoal_job_sizes sizes;
    return must(shoal_job_queue_sizes(&sizes, object), "sizes");
}
int shut_queue(void)
{
    return must(shoal_job_queue_shutdown(object, false), "shut");
}
int shut_queue_at_once(void)
{
    return must(shoal_job_queue_shutdown(object, true), "shut at once");
}

/* ---- What became of them ---- */

static int hear_job(void *argument, const shoal_job_copy *copy)
{
    struct jobs_seen *seen = argument;
    uint32_t id = 1;
    while (id < MOST_JOBS && !is_value(copy->bytes, copy->size, id, job_size(id)))
        id++;
    if (id == MOST_JOBS)
        return SHOAL_ECORRUPT; /* it is none that was put */
    if (seen->state[id])
        return SHOAL_EEXISTS; /* it is there twice */
    seen->state[id] = copy->state;
    seen->attempts[id] = copy->attempts;
    seen->end[id] = copy->end;
    seen->count++;
    seen->large += id >= 100;
    return SHOAL_OK;
}

/* Each of its runs is a job's, and no other: check() cannot know that. Nobody else is at work. */
static bool has_runs(uint64_t count)
{
    const struct parts_sh *parts = object->body;
    uint64_t runs = 0;
    for (uint32_t link = parts->runs; link && runs <= count; link = shoal__page(target, link - 1)->next)
        runs++;
    return runs == count;
}

bool see_jobs(struct jobs_seen *seen)
{
    shoal_job_sizes sizes;
    *seen = (struct jobs_seen){0};
    if (!exists("victim"))
        return true;
    make_queue();
    int status = shoal_job_queue_sizes(&sizes, object);
    if (status == SHOAL_OK)
        status = shoal_job_queue_each(object, UINT32_MAX, hear_job, seen);
    seen->shut = shoal_job_queue_is_shut(object);
    bool runs = has_runs(seen->large);
    close_object();
    return status == SHOAL_OK && runs && seen->count == sizes.ready + sizes.delayed + sizes.taken + sizes.dead;
}
