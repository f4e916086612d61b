/* Job queues. Nobody puts jobs of the highest priority but `sound`. */
#include "driver.h"

#include <string.h>

enum { SPECIAL = 3, LARGE = 20000 };

static int make(struct subject *subject, uint32_t size)
{
    shoal_job_queue_options options;
    (void)size;
    shoal_job_queue_options_init(&options);
    return shoal_job_queue_open(&subject->object, subject->segment, subject->name, subject->length, &options);
}

static int again(shoal_object **out, const struct subject *subject)
{
    shoal_job_queue_options options;
    int status = LOOK(shoal_job_queue_read_options, &options, subject->object);
    if (status == SHOAL_OK)
        status = LOOK(shoal_job_queue_open, out, subject->segment, subject->name, subject->length, &options);
    if (status < 0)
        return status;
    shoal_object_close(*out);
    return LOOK(shoal_job_queue_open, out, subject->segment, subject->name, subject->length, NULL);
}

/* ---- What it has ---- */

/* Beside a process that is stopped, too, and whatever signals come. */
static int take_within(shoal_job *job, shoal_object *queue, double seconds)
{
    shoal_time deadline = shoal_deadline(seconds);
    int status;
    while ((status = shoal_job_queue_take(job, queue, deadline)) == SHOAL_EINTR) {
    }
    return status;
}

static uint32_t filling(uint32_t seed)
{
    return 1 + seed % 5;
}

static int fill(const struct subject *subject, uint32_t seed)
{
    uint64_t count;
    char bytes[100];
    int status = shoal_job_queue_purge(&count, subject->object);
    memset(bytes, (int)seed, sizeof bytes);
    if (status == SHOAL_OK)
        status = shoal_job_queue_drop(&count, subject->object, 0);
    for (uint32_t i = 0; i < filling(seed) && status == SHOAL_OK; i++)
        status = shoal_job_queue_put(subject->object, bytes, 10 * i, i % SPECIAL, 0, SHOAL_NO_WAIT);
    return status;
}

struct told {
    uint64_t jobs, bytes;
    uint32_t seed;
    bool other;
};

static int hear(void *argument, const shoal_job_copy *copy)
{
    struct told *told = argument;
    told->jobs++;
    told->bytes += copy->size;
    for (size_t i = 0; i < copy->size; i++)
        told->other |= ((const unsigned char *)copy->bytes)[i] != (unsigned char)told->seed;
    return SHOAL_OK;
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    shoal_job_sizes sizes;
    struct told told = {.seed = seed};
    EXPECT(shoal_job_queue_sizes(&sizes, subject->object) == SHOAL_OK);
    EXPECT(sizes.ready == filling(seed) && sizes.taken + sizes.delayed + sizes.dead == 0);
    EXPECT(shoal_job_queue_each(subject->object, SHOAL_JOB_READY, hear, &told) == SHOAL_OK);
    EXPECT(told.jobs == sizes.ready && told.bytes == sizes.used && !told.other);
    return NULL;
}

/* That there is none is an answer as good as any. */
static int peek(shoal_job_copy *out, shoal_object *queue)
{
    kinds_begin("shoal_job_queue_peek");
    int status = shoal_job_queue_peek(out, queue);
    kinds_ended("shoal_job_queue_peek", status == SHOAL_EEMPTY ? SHOAL_OK : status);
    return status;
}

static const char *look(const struct subject *subject)
{
    shoal_job_queue_options options;
    shoal_job_sizes sizes;
    shoal_job_copy copy;
    struct told told = {0};
    LOOK(shoal_job_queue_read_options, &options, subject->object);
    LOOK(shoal_job_queue_sizes, &sizes, subject->object);
    SEE(shoal_job_queue_is_shut, subject->object);
    LOOK(shoal_job_queue_each, subject->object, UINT32_MAX, hear, &told);
    if (peek(&copy, subject->object) == SHOAL_OK)
        kinds_touch(copy.bytes, copy.size);
    shoal_job_copy_free(&copy);
    if (shoal_object_readonly(subject->object))
        return NULL;
    kinds_look_at_wait(subject->object, SHOAL_WAIT_GET, 0);
    kinds_look_at_wait(subject->object, SHOAL_WAIT_PUT, 1);
    kinds_look_at_wait(subject->object, SHOAL_WAIT_JOIN, 0);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    shoal_job job;
    uint64_t count;
    REFUSED(shoal_job_queue_put, subject->object, "", 0, 0, 0, SHOAL_NO_WAIT);
    REFUSED(shoal_job_queue_take, &job, subject->object, SHOAL_NO_WAIT);
    REFUSED(shoal_job_queue_purge, &count, subject->object);
    REFUSED(shoal_job_queue_revive, &count, subject->object, 0);
    REFUSED(shoal_job_queue_drop, &count, subject->object, 0);
    REFUSED(shoal_job_queue_shutdown, subject->object, true);
    REFUSED(shoal_job_queue_join, subject->object, SHOAL_NO_WAIT);
    return NULL;
}

/* ---- Use ---- */

static int put_any(shoal_object *queue)
{
    static const char bytes[LARGE];
    size_t size = kinds_below(8) ? kinds_below(200) : sizeof bytes;
    return shoal_job_queue_put(queue, bytes, size, kinds_below(SPECIAL), 0, kinds_deadline());
}

static int end_any(shoal_job *job)
{
    uint32_t how = kinds_below(8);
    return how == 0 ? shoal_job_retry(job, 0) : how == 1 ? shoal_job_bury(job) : shoal_job_done(job);
}

static const char *use(const struct subject *subject)
{
    shoal_job job;
    uint64_t count;
    if (shoal_object_readonly(subject->object))
        return NULL;
    if (kinds_below(32) == 0)
        return kinds_unusual("drop", shoal_job_queue_drop(&count, subject->object, 0));
    if (kinds_below(2))
        return kinds_unusual("put", put_any(subject->object));
    int status = shoal_job_queue_take(&job, subject->object, kinds_deadline());
    if (status < 0)
        return kinds_unusual("take", status);
    kinds_touch(job.bytes, job.size);
    kinds_dwell();
    EXPECT(shoal_job_is_mine(&job));
    EXPECT(end_any(&job) == SHOAL_OK);
    return NULL;
}

static const char *intact(const struct subject *subject)
{
    shoal_job_queue_options usual, options;
    shoal_job_sizes sizes;
    shoal_job_queue_options_init(&usual);
    WELL(kinds_unusual("options", shoal_job_queue_read_options(&options, subject->object)));
    WELL(kinds_unusual("sizes", shoal_job_queue_sizes(&sizes, subject->object)));
    if (memcmp(&usual, &options, sizeof usual) != 0 || sizes.used > usual.capacity)
        return kinds_say("the memory of a job queue that is open became something else: %llu bytes",
                         (unsigned long long)options.capacity);
    return NULL;
}

/* All that is said to be there is there, and a job goes its way. */
static const char *sound(shoal_object *queue)
{
    shoal_job_sizes sizes;
    struct told told = {0};
    shoal_job job;
    EXPECT(shoal_job_queue_sizes(&sizes, queue) == SHOAL_OK && sizes.taken == 0);
    EXPECT(shoal_job_queue_each(queue, UINT32_MAX, hear, &told) == SHOAL_OK);
    EXPECT(told.jobs == sizes.ready + sizes.delayed + sizes.dead && told.bytes == sizes.used);
    EXPECT(shoal_job_queue_put(queue, "", 0, SPECIAL, 0, SHOAL_NO_WAIT) == SHOAL_OK);
    EXPECT(shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT) == SHOAL_OK && job.priority == SPECIAL);
    EXPECT(shoal_job_done(&job) == SHOAL_OK && shoal_job_done(&job) == SHOAL_ELOCK);
    return NULL;
}

/* ---- A model ---- */

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    shoal_job_sizes sizes;
    shoal_job job;
    (void)peer;
    if (take(2)) {
        int status = shoal_job_queue_put(object, "12", take(3), take(3), 0, SHOAL_NO_WAIT);
        EXPECT(status == SHOAL_OK || status == SHOAL_ENOSPACE);
        model->count += status == SHOAL_OK;
    } else {
        int status = shoal_job_queue_take(&job, object, SHOAL_NO_WAIT);
        EXPECT(status == (model->count ? SHOAL_OK : SHOAL_EEMPTY));
        if (status == SHOAL_OK && (job.attempt > 1 || take(2))) {
            EXPECT(shoal_job_done(&job) == SHOAL_OK);
            model->count--;
        } else if (status == SHOAL_OK) {
            EXPECT(shoal_job_retry(&job, 0) == SHOAL_OK);
        }
    }
    EXPECT(shoal_job_queue_sizes(&sizes, object) == SHOAL_OK && sizes.ready == (uint64_t)model->count);
    EXPECT(shoal_job_queue_join(object, SHOAL_NO_WAIT) == (model->count ? SHOAL_ETIMEDOUT : SHOAL_OK));
    return NULL;
}

static int put_one(shoal_object *queue)
{
    shoal_time deadline = shoal_deadline(30);
    int status;
    while ((status = shoal_job_queue_put(queue, "one", 3, 0, 0, deadline)) == SHOAL_EINTR) {
    }
    return status;
}

/* That there is none is known when the queue says so, and not when another has the lock of the structure. */
static int finish_all(shoal_object *queue)
{
    shoal_job_sizes sizes;
    shoal_job job;
    int status = shoal_job_queue_sizes(&sizes, queue);
    for (; status == SHOAL_OK && sizes.ready > 0; sizes.ready--)
        if ((status = take_within(&job, queue, 30)) == SHOAL_OK)
            status = shoal_job_done(&job);
    return status;
}

/* Until there is a job: none is taken. */
static int wait_for_one(shoal_object *queue, shoal_time deadline)
{
    shoal_wait wait;
    int status = shoal_wait_begin(&wait, queue, SHOAL_WAIT_GET, 0, 0);
    while (status == SHOAL_OK && (status = shoal_wait_until(&wait, deadline)) == SHOAL_EINTR)
        status = SHOAL_OK;
    return status;
}

static int wait_for_none(shoal_object *queue, shoal_time deadline)
{
    int status;
    while ((status = shoal_job_queue_join(queue, deadline)) == SHOAL_EINTR) {
    }
    return status;
}

static const struct way ways[] = {
    {.name = "get",
     .operation = SHOAL_WAIT_GET,
     .death = SHOAL_PENDING,
     .glances = true,
     .block = finish_all,
     .wait = wait_for_one,
     .free = put_one},
    {.name = "join",
     .operation = SHOAL_WAIT_JOIN,
     .death = SHOAL_PENDING,
     .glances = true,
     .block = put_one,
     .wait = wait_for_none,
     .free = finish_all},
    {0},
};

const struct driver job_queue_driver = {
    .name = "job_queue",
    .kind = SHOAL_KIND_JOB_QUEUE,
    .make = make,
    .again = again,
    .fill = fill,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .why_waited = "waits for it",
    .ways = ways,
    .is_lock = true,
    .obey = obey,
};
