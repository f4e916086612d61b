/* Jobs: none is lost, and none is done twice, whoever dies or is stopped at whatever point. */
#include "points.h"

static struct jobs_seen seen;

static int put_a_job(uint32_t id)
{
    return make_queue() && put_job(id, 0) && close_object();
}
static int put_fourth(void)
{
    return put_a_job(4);
}
static int put_large_fourth(void)
{
    return put_a_job(104);
}
static int take_and_do(void)
{
    return take_job() && job_is_done();
}
static int make_and_do(void)
{
    return make_queue() && take_and_do() && close_object();
}
static int take_and_retry(void)
{
    return take_job() && job_is_retried();
}
static int make_and_look(void)
{
    return make_queue() && look_at_jobs() && close_object();
}
static int make_and_revive(void)
{
    return make_queue() && revive_jobs() && close_object();
}
static int take_the_last_time(void)
{
    return take_job_twice();
}
static int give_back_what_is_left(void)
{
    return close_object();
}
/* Whoever comes next finds the name gone, or takes it away, and makes the queue anew with a job in it. */
static int remove_and_make(void)
{
    remove_victim();
    return put_a_job(4);
}
static int wait_for_a_job(void)
{
    shoal_job job;
    make_queue();
    shoal_time deadline = shoal_deadline(0.5); /* all who were to put one may die */
    int status;
    while ((status = shoal_job_queue_take(&job, object, deadline)) == SHOAL_EINTR) {
    }
    return status == SHOAL_EEMPTY || (must(status, "wait for a job") && must(shoal_job_done(&job), "done"));
}

/* ---- What became of them ---- */

static bool are_whole(void)
{
    if (see_jobs(&seen))
        return true;
    violation("a job is there twice, or was never put, or the queue counts others than it has");
    return false;
}
static bool is_there(uint32_t id)
{
    return seen.state[id] || seen.state[id + 100];
}
static int acknowledged(void)
{
    return (board->seat[VICTIM].acknowledged > 0) + (board->seat[SECOND].acknowledged > 0);
}

/* Two were there, the victim puts the third, and who comes next the fourth. */
static int state_of_puts(void)
{
    if (!are_whole())
        return -1;
    bool first = is_there(1) && is_there(2);
    return first ? (is_there(3) ? VICTIMS : 0) | (is_there(4) ? SECONDS : 0) : -1;
}
/* The victim does something with one of the first two, which stay unless it was done. */
static int state_of_one(void)
{
    if (!are_whole())
        return -1;
    int left = is_there(1) + is_there(2);
    if (left == 0 || (left == 1 && seen.count > 2))
        return -1;
    return VICTIMS | (is_there(4) ? SECONDS : 0);
}
/* Both do one of two jobs: what is acknowledged is gone, and what is there was not. */
static int state_of_done(void)
{
    if (!are_whole())
        return -1;
    int gone = 2 - is_there(1) - is_there(2);
    if (gone < acknowledged())
        violation("%d jobs are gone, and %d were done", gone, acknowledged());
    return VICTIMS | SECONDS;
}
static int state_of_many(void)
{
    return are_whole() ? VICTIMS | SECONDS : -1;
}
/* After three deaths it is dead, or revived. */
static int state_of_last(void)
{
    if (!are_whole())
        return -1;
    if (!is_there(1) || !is_there(2))
        violation("a job of the dead is lost");
    return VICTIMS | SECONDS;
}

static const struct scene all[] = {
    S(job_put, .prepare = prepare_jobs, .before = make_queue, .act = put_small_job, .second = put_fourth,
      .state = state_of_puts, .flags = ADDS),
    S(job_put_large, .prepare = prepare_jobs, .before = make_queue, .act = put_large_job, .second = put_large_fourth,
      .state = state_of_puts, .flags = ADDS),
    S(job_put_waited, .prepare = prepare_no_jobs, .partner = make_queue, .partner_then = wait_for_a_job,
      .before = make_queue, .act = put_small_job, .second = put_fourth, .state = state_of_many, .flags = WAITS),
    S(job_done, .prepare = prepare_jobs, .before = make_queue, .act = take_and_do, .second = make_and_do,
      .state = state_of_done),
    S(job_done_large, .prepare = prepare_large_jobs, .before = make_queue, .act = take_and_do, .second = make_and_do,
      .state = state_of_done),
    S(job_retry, .prepare = prepare_jobs, .before = make_queue, .act = take_and_retry, .second = put_fourth,
      .state = state_of_one),
    S(job_close, .prepare = prepare_jobs, .before = make_and_take_job, .act = give_back_what_is_left,
      .second = put_fourth, .state = state_of_one),
    S(job_steal, .prepare = prepare_jobs, .dead = make_and_take_job, .before = make_and_take_job, .act = take_and_do,
      .second = put_fourth, .state = state_of_many),
    S(job_last, .prepare = prepare_jobs, .dead = take_the_last_time, .before = make_queue, .act = look_at_jobs,
      .second = make_and_look, .state = state_of_last),
    S(job_revive, .prepare = prepare_dead_jobs, .before = make_queue, .act = revive_jobs, .second = make_and_revive,
      .state = state_of_last),
    S(job_drop, .prepare = prepare_dead_jobs, .before = make_queue, .act = drop_jobs, .second = make_and_revive,
      .state = state_of_many),
    S(job_purge, .prepare = prepare_all_jobs, .before = make_queue, .act = purge_jobs, .second = put_fourth,
      .state = state_of_many),
    S(job_shut, .prepare = prepare_jobs, .before = make_queue, .act = shut_queue_at_once, .second = make_and_look,
      .state = state_of_many),
    S(job_queue_remove, .prepare = prepare_all_jobs, .act = remove_victim, .second = remove_and_make,
      .state = state_of_many),
};

const struct scenes job_scenes = {all, sizeof all / sizeof *all};
