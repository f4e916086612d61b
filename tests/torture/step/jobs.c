/* Operations on jobs: each is before the victim's step or after it, and none is lost, there twice, or damaged. */
#include "step.h"

static struct jobs_seen seen;

/* Of a reader nothing is asked but what every driver's look asks. */
static bool cannot_see(void)
{
    return shoal_segment_readonly(target);
}
static bool is_seen(uint64_t before, uint64_t after)
{
    return see_jobs(&seen) && seen.count >= (before < after ? before : after) &&
           seen.count <= (before < after ? after : before);
}

/* Jobs 1 (or 101) and 2 are there, and the victim puts a third. */
static int state_put(void)
{
    if (cannot_see())
        return 0;
    if (!is_seen(2, 3) || seen.state[1] != SHOAL_JOB_READY || seen.state[2] != SHOAL_JOB_READY)
        return -1;
    uint32_t third = seen.state[3] | seen.state[103];
    return seen.count == 2 ? 0 : third == SHOAL_JOB_READY || third == SHOAL_JOB_DELAYED ? 1 : -1;
}
static uint32_t first_of(const uint32_t fact[MOST_JOBS])
{
    return fact[1] | fact[101];
}
/* The victim takes the first, and is dead in every image. */
static int state_taken(void)
{
    if (cannot_see())
        return 0;
    if (!is_seen(2, 2) || first_of(seen.state) != SHOAL_JOB_READY || seen.state[2] != SHOAL_JOB_READY ||
        seen.attempts[2])
        return -1;
    uint32_t attempts = first_of(seen.attempts), end = first_of(seen.end);
    return attempts == 0 && end == 0 ? 0 : attempts == 1 && end == SHOAL_JOB_DIED ? 1 : -1;
}
static int state_done(void)
{
    if (cannot_see())
        return 0;
    if (!is_seen(1, 2) || seen.state[2] != SHOAL_JOB_READY)
        return -1;
    if (seen.count == 1)
        return 1;
    return first_of(seen.state) == SHOAL_JOB_READY && first_of(seen.end) == SHOAL_JOB_DIED ? 0 : -1;
}
/* Its first attempt ends so, or with the victim. */
static int state_ended(uint32_t state, uint32_t end)
{
    if (cannot_see())
        return 0;
    if (!is_seen(2, 2) || seen.state[2] != SHOAL_JOB_READY || first_of(seen.attempts) != 1)
        return -1;
    if (first_of(seen.end) == SHOAL_JOB_DIED)
        return first_of(seen.state) == SHOAL_JOB_READY ? 0 : -1;
    return first_of(seen.end) == end && first_of(seen.state) == state ? 1 : -1;
}
static int state_retried(void)
{
    return state_ended(SHOAL_JOB_READY, SHOAL_JOB_RETRIED);
}
static int state_delayed(void)
{
    return state_ended(SHOAL_JOB_DELAYED, SHOAL_JOB_RETRIED);
}
static int state_buried(void)
{
    return state_ended(SHOAL_JOB_DEAD, SHOAL_JOB_BURIED);
}
/* The third attempt ends: the job is dead, one way or the other. */
static int state_last(void)
{
    if (cannot_see())
        return 0;
    if (!is_seen(2, 2) || seen.state[2] != SHOAL_JOB_READY || seen.state[1] != SHOAL_JOB_DEAD || seen.attempts[1] != 3)
        return -1;
    return seen.end[1] == SHOAL_JOB_DIED ? 0 : seen.end[1] == SHOAL_JOB_RETRIED ? 1 : -1;
}
/* All three attempts of the first end with a death: whoever looks, it is dead. */
static int state_of_the_dead(void)
{
    if (cannot_see())
        return 0;
    bool is_so =
        is_seen(2, 2) && seen.state[1] == SHOAL_JOB_DEAD && seen.end[1] == SHOAL_JOB_DIED && seen.attempts[1] == 3;
    return is_so ? 0 : -1;
}
/* Many are dropped, one after the other: done when all are. */
static int state_dropped(uint64_t before, uint64_t after)
{
    if (cannot_see())
        return 0;
    return is_seen(before, after) ? seen.count == after : -1;
}
static int state_purged(void)
{
    return state_dropped(5, 1);
}
static int state_no_dead(void)
{
    return state_dropped(2, 0);
}
static int state_revived(void)
{
    if (cannot_see())
        return 0;
    if (!is_seen(2, 2))
        return -1;
    int ready = 0;
    for (uint32_t id = 1; id < MOST_JOBS; id++) {
        if (seen.state[id] == SHOAL_JOB_READY ? seen.attempts[id] != 0
                                              : seen.state[id] && seen.end[id] != SHOAL_JOB_BURIED)
            return -1;
        ready += seen.state[id] == SHOAL_JOB_READY;
    }
    return ready == 2;
}
static int state_shut(void)
{
    if (cannot_see())
        return 0;
    return is_seen(2, 2) ? seen.shut : -1;
}
static int state_shut_at_once(void)
{
    if (cannot_see())
        return 0;
    if (!is_seen(0, 2) || (!seen.shut && seen.count != 2))
        return -1;
    return seen.shut && seen.count == 0;
}
static int state_left(void)
{
    if (!exists("victim"))
        return 1;
    return cannot_see() || is_seen(5, 5) ? 0 : -1;
}
static int state_two(void)
{
    return cannot_see() || is_seen(2, 2) ? 0 : -1;
}

/* ---- Who died before ---- */

static int prepare_stolen(void)
{
    prepare_large_jobs();
    dying(act_attach, make_and_take_job);
    return 1;
}
static int prepare_last_death(void)
{
    prepare_jobs();
    dying(act_attach, take_job_twice);
    return 1;
}
static int steal_job(void)
{
    shoal_job one;
    must(shoal_job_queue_take(&one, object, SHOAL_NO_WAIT), "take what is there");
    must(shoal_job_queue_take(&one, object, SHOAL_NO_WAIT), "take a dead one's");
    return 1;
}
/* The sum of both attempts is 2 when the second of its jobs is taken, and 3 when the dead one's is. */
static int state_stolen_too(void)
{
    if (cannot_see())
        return 0;
    if (!is_seen(2, 2) || first_of(seen.state) != SHOAL_JOB_READY || seen.state[2] != SHOAL_JOB_READY)
        return -1;
    return first_of(seen.attempts) == 2 ? 1 : first_of(seen.attempts) == 1 ? 0 : -1;
}
static int hear_any(void *argument, const shoal_job_copy *copy)
{
    (void)argument, (void)copy;
    return SHOAL_OK;
}
static int copy_jobs(void)
{
    shoal_job_copy copy;
    must(shoal_job_queue_peek(&copy, object), "peek");
    shoal_job_copy_free(&copy);
    return must(shoal_job_queue_each(object, UINT32_MAX, hear_any, NULL), "each");
}
static int join_in_vain(void)
{
    return in_vain(shoal_job_queue_join(object, SHOAL_NO_WAIT)) || 1;
}
static int before_removed_jobs(void)
{
    return make_queue() && remove_victim();
}

static const struct operation all[] = {
    {"job_put", prepare_jobs, make_queue, put_small_job, state_put, 0},
    {"job_put_first", prepare_no_jobs, make_queue, put_small_job, state_any, 0},
    {"job_put_large", prepare_jobs, make_queue, put_large_job, state_put, 0},
    {"job_put_delayed", prepare_jobs, make_queue, put_late_job, state_put, 0},
    {"job_take", prepare_jobs, make_queue, take_job, state_taken, 0},
    {"job_take_large", prepare_large_jobs, make_queue, take_job, state_taken, 0},
    {"job_done", prepare_jobs, make_and_take_job, job_is_done, state_done, 0},
    {"job_done_large", prepare_large_jobs, make_and_take_job, job_is_done, state_done, 0},
    {"job_retry", prepare_jobs, make_and_take_job, job_is_retried, state_retried, 0},
    {"job_retry_later", prepare_jobs, make_and_take_job, job_is_delayed, state_delayed, 0},
    {"job_retry_last", prepare_jobs, take_job_twice, job_is_retried, state_last, 0},
    {"job_bury", prepare_large_jobs, make_and_take_job, job_is_buried, state_buried, 0},
    {"job_close", prepare_jobs, make_and_take_job, close_object, state_retried, 0},
    {"job_steal", prepare_stolen, make_queue, steal_job, state_stolen_too, 0},
    {"job_found_dead", prepare_last_death, make_queue, look_at_jobs, state_of_the_dead, STAYS},
    {"job_purge", prepare_all_jobs, make_queue, purge_jobs, state_purged, 0},
    {"job_drop", prepare_dead_jobs, make_queue, drop_jobs, state_no_dead, 0},
    {"job_revive", prepare_dead_jobs, make_queue, revive_jobs, state_revived, 0},
    {"job_shut", prepare_jobs, make_queue, shut_queue, state_shut, 0},
    {"job_shut_at_once", prepare_jobs, make_queue, shut_queue_at_once, state_shut_at_once, 0},
    {"job_copies", prepare_jobs, make_queue, copy_jobs, state_two, STAYS},
    {"job_join", prepare_jobs, make_queue, join_in_vain, state_two, STAYS},
    {"job_queue_remove", prepare_all_jobs, act_nothing, remove_victim, state_left, 0},
    {"job_queue_last_close", prepare_all_jobs, before_removed_jobs, close_object, state_gone, 0},
};

const struct operations job_operations = {all, sizeof all / sizeof *all};
