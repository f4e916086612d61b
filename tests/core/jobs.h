/* What tests of job queues share. Include after check.h, scratch.h and blocked.h, once. */
#ifndef SHOAL_TESTS_JOBS_H
#define SHOAL_TESTS_JOBS_H

#include "platform/clock.h"
#include "segment/handle.h"

/* 1 MiB, 3 attempts, in the segment "locks", which has room for more. */
UNUSED static shoal_object *a_queue_with(shoal_context *context, uint64_t capacity, uint32_t attempts, double lease)
{
    shoal_object *queue;
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = 64 << 20;
    shoal_job_queue_options its = {capacity, attempts, 0, (shoal_time)(lease * 1e9)};
    CHECK_STATUS(shoal_open_or_create(&segment, context, "locks", &options), SHOAL_OK);
    CHECK_STATUS(shoal_job_queue_open(&queue, segment, "jobs", 4, &its), SHOAL_OK);
    return queue;
}

UNUSED static shoal_object *a_queue(shoal_context *context)
{
    return a_queue_with(context, 1 << 20, 3, 0);
}

UNUSED static void put_job(shoal_object *queue, const char *text, uint32_t priority)
{
    CHECK_STATUS(shoal_job_queue_put(queue, text, strlen(text), priority, 0, SHOAL_NO_WAIT), SHOAL_OK);
}

UNUSED static shoal_job took(shoal_object *queue, const char *text)
{
    shoal_job job;
    CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(job.size == strlen(text) && memcmp(job.bytes, text, job.size) == 0);
    CHECK(shoal_job_is_mine(&job) && (uintptr_t)job.bytes % 16 == 0);
    return job;
}

UNUSED static int take_none(shoal_object *queue)
{
    shoal_job job;
    return shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT);
}

UNUSED static void check_sizes(shoal_object *queue, uint64_t ready, uint64_t delayed, uint64_t taken, uint64_t dead)
{
    shoal_job_sizes sizes;
    CHECK_STATUS(shoal_job_queue_sizes(&sizes, queue), SHOAL_OK);
    if (sizes.ready != ready || sizes.delayed != delayed || sizes.taken != taken || sizes.dead != dead)
        fprintf(stderr, "%d ready, %d delayed, %d taken, %d dead\n", (int)sizes.ready, (int)sizes.delayed,
                (int)sizes.taken, (int)sizes.dead);
    CHECK(sizes.ready == ready && sizes.delayed == delayed && sizes.taken == taken && sizes.dead == dead);
}

UNUSED static uint64_t used_by(shoal_object *queue)
{
    shoal_job_sizes sizes;
    CHECK_STATUS(shoal_job_queue_sizes(&sizes, queue), SHOAL_OK);
    return sizes.used;
}

UNUSED static char *message(size_t size, unsigned seed)
{
    char *bytes = malloc(size + 1);
    CHECK(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 + seed + i / 1000);
    return bytes;
}

UNUSED static int call_put(struct call *call)
{
    static const char bytes[60];
    return shoal_job_queue_put(call->object, bytes, sizeof bytes, 0, 0, call->deadline);
}

UNUSED static int call_take(struct call *call)
{
    shoal_job job;
    int status = shoal_job_queue_take(&job, call->object, call->deadline);
    return status == SHOAL_OK ? shoal_job_done(&job) : status;
}

/* A child takes what there is, and is killed. */
UNUSED static void take_and_leave(void *argument)
{
    (void)argument;
    shoal_object *queue = a_queue_with(new_context(), 1 << 20, 3, 0);
    shoal_job job;
    CHECK_STATUS(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT), SHOAL_OK);
}

UNUSED static shoal_job_copy one_dead;
UNUSED static int hear_dead(void *argument, const shoal_job_copy *copy)
{
    ++*(int *)argument;
    one_dead = *copy;
    return SHOAL_OK;
}

/* How many there are in these states; the facts of the last are in one_dead. */
UNUSED static int count_of(shoal_object *queue, uint32_t states)
{
    int count = 0;
    CHECK_STATUS(shoal_job_queue_each(queue, states, hear_dead, &count), SHOAL_OK);
    return count;
}

#endif
