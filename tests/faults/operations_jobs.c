/* Jobs: put, large and small, taken, done. */
#include "operations_parts.h"

static void have_queue(struct world *world)
{
    shoal_job_queue_options options;
    shoal_job_queue_options_init(&options);
    MUST(shoal_job_queue_open(&world->object, world->segment, NAME("jobs"), &options));
}

static shoal_job job;

static void have_large_job(struct world *world)
{
    have_queue(world);
    MUST(shoal_job_queue_put(world->object, world->bytes, BIG, 0, 0, SHOAL_NO_WAIT));
}

static void have_taken_it(struct world *world)
{
    have_large_job(world);
    MUST(shoal_job_queue_take(&job, world->object, SHOAL_NO_WAIT));
}

static int put_small_job(struct world *world)
{
    return shoal_job_queue_put(world->object, world->bytes, 3000, 0, 0, SOON);
}

static int put_large_job(struct world *world)
{
    return shoal_job_queue_put(world->object, world->bytes, BIG, 0, 0, SOON);
}

static int take_job(struct world *world)
{
    return shoal_job_queue_take(&job, world->object, SOON);
}

static int job_is_done(struct world *world)
{
    (void)world;
    return shoal_job_done(&job);
}

static int take_no_job(struct world *world)
{
    return shoal_job_queue_take(&job, world->object, SOON);
}

/* ---- What another sees ---- */

static int sizes_of(shoal_job_sizes *sizes, shoal_segment *segment)
{
    shoal_object *queue;
    int status = shoal_job_queue_open(&queue, segment, NAME("jobs"), NULL);
    if (status == SHOAL_OK)
        status = shoal_job_queue_sizes(sizes, queue);
    shoal_object_close(queue);
    return status;
}

static int job_is_there(shoal_segment *segment)
{
    shoal_job_sizes sizes;
    return sizes_of(&sizes, segment) < 0 || sizes.ready > 1 ? -1 : (int)sizes.ready;
}

static int job_is_taken(shoal_segment *segment)
{
    shoal_job_sizes sizes;
    return sizes_of(&sizes, segment) < 0 || sizes.ready + sizes.taken != 1 ? -1 : (int)sizes.taken;
}

static int job_is_gone(shoal_segment *segment)
{
    shoal_job_sizes sizes;
    return sizes_of(&sizes, segment) < 0 ? -1 : sizes.taken + sizes.ready == 0;
}

const struct operation job_operations[] = {
    {"job_put_small", have_queue, put_small_job, job_is_there, CLOSES},
    {"job_put_large", have_queue, put_large_job, job_is_there, CLOSES},
    {"job_take_large", have_large_job, take_job, job_is_taken, CLOSES},
    {"job_done_large", have_taken_it, job_is_done, job_is_gone, CLOSES},
    {"job_take_in_vain", have_queue, take_no_job, NULL, WAITS},
    {0},
};
