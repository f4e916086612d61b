/* Shoal\Job. */
#include "job.h"

#include "exceptions.h"
#include "properties.h"
#include "wait.h"
#include "wire.h"

#include "job_arginfo.h"

static shoal_class class;

bool php_shoal_delay(shoal_time *out, double delay, uint32_t argument)
{
    if (!(delay >= 0 && delay < 1e9)) {
        zend_argument_value_error(argument, "must be 0 or a positive number of seconds, below 1000000000");
        return false;
    }
    *out = (shoal_time)(delay * 1e9);
    return true;
}

/* ---- Taking ------------------------------------------------------------------------------------------ */

typedef struct taking {
    shoal_object *queue;
    shoal_job job;
} taking;

static int take(void *call, shoal_time deadline)
{
    taking *taking = call;
    return shoal_job_queue_take(&taking->job, taking->queue, deadline);
}

#define FOR_OTHERS ((shoal_time)1000 * 1000 * 1000) /* nanoseconds */

/* What PHP cannot hold is given back, for those who can, and not at once, for the next may be PHP too. Where the engine leaves by longjmp, the end of the request does that. */
static bool make(zval *out, const shoal_handle *queue, shoal_job *taken)
{
    object_init_ex(out, class.ce);
    shoal_job_object *job = php_shoal_job_of(Z_OBJ_P(out));
    job->queue = shoal_object_retain(queue->object);
    job->attachment = php_shoal_attachment_retain(queue->attachment);
    job->job = *taken;
    if (php_shoal_decode(&job->value, job->job.bytes, job->job.size)) {
        return true;
    }
    php_shoal_job_retry(job, FOR_OTHERS);
    zval_ptr_dtor(out);
    ZVAL_UNDEF(out);
    return false;
}

int php_shoal_job_take(zval *out, const shoal_handle *queue, shoal_time deadline)
{
    taking taking = {.queue = queue->object};
    const shoal_trial trial = {
        .attempt = take, .object = queue->object, .in_vain = SHOAL_EEMPTY, .operation = SHOAL_WAIT_GET};
    int status = php_shoal_try(&trial, &taking, deadline);
    if (status < 0) {
        return status;
    }
    return make(out, queue, &taking.job) ? SHOAL_OK : SHOAL_ETYPE;
}

/* ---- The end of it ---------------------------------------------------------------------------------------- */

static int ended(shoal_job_object *job, int status, int state)
{
    if (status >= 0) {
        job->state = state;
    }
    return status;
}

int php_shoal_job_done(shoal_job_object *job)
{
    return ended(job, shoal_job_done(&job->job), SHOAL_JOB_IS_DONE);
}

int php_shoal_job_retry(shoal_job_object *job, shoal_time delay)
{
    return ended(job, shoal_job_retry(&job->job, delay), SHOAL_JOB_IS_BACK);
}

int php_shoal_job_bury(shoal_job_object *job)
{
    return ended(job, shoal_job_bury(&job->job), SHOAL_JOB_IS_BURIED);
}

/* The job of $this, or return from the method with Closed thrown. */
#define THIS_JOB(job)                                                                                                  \
    shoal_job_object *job = php_shoal_job_of(Z_OBJ_P(ZEND_THIS));                                                      \
    if (UNEXPECTED(!job->queue)) {                                                                                     \
        php_shoal_raise_closed(&job->std);                                                                             \
        RETURN_THROWS();                                                                                               \
    }

ZEND_METHOD(Shoal_Job, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Shoal_Job, done)
{
    ZEND_PARSE_PARAMETERS_NONE();
    THIS_JOB(job);
    php_shoal_raise_unless_thrown(php_shoal_job_done(job));
}

ZEND_METHOD(Shoal_Job, retry)
{
    double seconds = 0;
    shoal_time delay;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE(seconds)
    ZEND_PARSE_PARAMETERS_END();
    THIS_JOB(job);
    if (php_shoal_delay(&delay, seconds, 1)) {
        php_shoal_raise_unless_thrown(php_shoal_job_retry(job, delay));
    }
}

ZEND_METHOD(Shoal_Job, bury)
{
    ZEND_PARSE_PARAMETERS_NONE();
    THIS_JOB(job);
    php_shoal_raise_unless_thrown(php_shoal_job_bury(job));
}

/* ---- Properties ------------------------------------------------------------------------------------------ */

#define JOB_GETTER(name, setting)                                                                                      \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        const shoal_job_object *job = php_shoal_job_of(object);                                                        \
        if (!job->queue) {                                                                                             \
            return false;                                                                                              \
        }                                                                                                              \
        setting;                                                                                                       \
        return true;                                                                                                   \
    }

JOB_GETTER(value, ZVAL_COPY(out, &job->value))
JOB_GETTER(number, ZVAL_LONG(out, (zend_long)job->job.number))
JOB_GETTER(attempt, ZVAL_LONG(out, job->job.attempt))
JOB_GETTER(priority, ZVAL_LONG(out, job->job.priority))
JOB_GETTER(put_at, ZVAL_DOUBLE(out, job->job.put))
JOB_GETTER(mine, ZVAL_BOOL(out, job->state == SHOAL_JOB_OPEN && shoal_job_is_mine(&job->job)))

static const shoal_property properties[] = {
    SHOAL_PROPERTY("value", get_value),
    SHOAL_PROPERTY("number", get_number),
    SHOAL_PROPERTY("attempt", get_attempt),
    SHOAL_PROPERTY("priority", get_priority),
    SHOAL_PROPERTY("putAt", get_put_at),
    SHOAL_PROPERTY("mine", get_mine),
    SHOAL_PROPERTY_END,
};

static shoal_class class = {.properties = properties};

/* ---- The class ----------------------------------------------------------------------------------------------- */

static zend_object *create_object(zend_class_entry *ce)
{
    shoal_job_object *job = zend_object_alloc(sizeof *job, ce);
    zend_object_std_init(&job->std, ce);
    object_properties_init(&job->std, ce);
    job->std.handlers = &class.handlers;
    return &job->std;
}

/* Neither done nor given back: given back. (In a forked child it is the parent's, and stays.) */
static void free_object(zend_object *object)
{
    shoal_job_object *job = php_shoal_job_of(object);
    if (job->queue) {
        if (job->state == SHOAL_JOB_OPEN) {
            shoal_job_retry(&job->job, 0);
        }
        zval_ptr_dtor(&job->value);
        shoal_object_close(job->queue);
        php_shoal_attachment_release(job->attachment);
    }
    zend_object_std_dtor(object);
}

void php_shoal_job_startup(void)
{
    zend_class_entry *ce = register_class_Shoal_Job();
    ce->create_object = create_object;
    php_shoal_class_startup(&class, ce, offsetof(shoal_job_object, std));
    class.handlers.free_obj = free_object;
}
