/* Shoal\JobQueue. Its work() is in pool.c. */
#include "owners.h"
#include "segment.h"
#include "take.h"

#include "job.h"
#include "message.h"
#include "queues.h"
#include "wire.h"

#include "zend_exceptions.h"
#include "zend_interfaces.h"

#include "job_queue_arginfo.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

/* false: an exception. */
static bool is_possible(const shoal_job_queue_asked *asked, uint32_t position)
{
    if (!asked->no_attempts && (asked->attempts < 0 || asked->attempts > 1000000)) {
        zend_argument_value_error(position, "must be null or between 0 and 1000000");
        return false;
    }
    if (!asked->no_lease && !(asked->lease > 0 && asked->lease < 1e9)) {
        zend_argument_value_error(position + 1, "must be null or a positive number of seconds, below 1000000000");
        return false;
    }
    return true;
}

static void fill(shoal_job_queue_options *options, const shoal_job_queue_asked *asked)
{
    if (asked->capacity) {
        options->capacity = asked->capacity;
    }
    if (!asked->no_attempts) {
        options->attempts = (uint32_t)asked->attempts;
    }
    if (!asked->no_lease) {
        options->lease = (shoal_time)(asked->lease * 1e9);
    }
}

/* What is there, if it is as asked: SHOAL_EMISMATCH if not. */
static int open_there(shoal_object **out, shoal_segment *segment, zend_string *name, const shoal_job_queue_asked *asked)
{
    shoal_job_queue_options options;
    int status = shoal_job_queue_open(out, segment, ZSTR_VAL(name), ZSTR_LEN(name), NULL);
    if (status < 0 || (!asked->capacity && asked->no_attempts && asked->no_lease)) {
        return status;
    }
    shoal_object *there = *out;
    status = shoal_job_queue_read_options(&options, there);
    if (status >= 0) {
        fill(&options, asked);
        status = shoal_job_queue_open(out, segment, ZSTR_VAL(name), ZSTR_LEN(name), &options);
    }
    shoal_object_close(there);
    return status;
}

/* Another may make or remove it between our looks; then once more. */
static int open_or_make(shoal_object **out, shoal_segment *segment, zend_string *name,
                        const shoal_job_queue_asked *asked)
{
    shoal_job_queue_options options;
    int status = open_there(out, segment, name, asked);
    if (status != SHOAL_ENOKEY) {
        return status;
    }
    shoal_job_queue_options_init(&options);
    fill(&options, asked);
    status = shoal_job_queue_open(out, segment, ZSTR_VAL(name), ZSTR_LEN(name), &options);
    return status == SHOAL_EMISMATCH ? open_there(out, segment, name, asked) : status;
}

void php_shoal_job_queue_open(zval *out, shoal_attachment *attachment, zend_string *name,
                              const shoal_job_queue_asked *asked, uint32_t position)
{
    shoal_object *object;
    if (is_possible(asked, position)) {
        int status = open_or_make(&object, attachment->segment, name, asked);
        php_shoal_handle_give(out, attachment, status, object);
    }
}

ZEND_METHOD(Shoal_Segment, jobQueue)
{
    zend_string *name, *text = NULL;
    zend_long bytes = 0;
    bool as_it_is = true;
    shoal_job_queue_asked asked = {.no_attempts = true, .no_lease = true};
    ZEND_PARSE_PARAMETERS_START(1, 4)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_STR_OR_LONG_OR_NULL(text, bytes, as_it_is)
        Z_PARAM_LONG_OR_NULL(asked.attempts, asked.no_attempts)
        Z_PARAM_DOUBLE_OR_NULL(asked.lease, asked.no_lease)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (php_shoal_capacity(&asked.capacity, text, bytes, as_it_is, 2)) {
        php_shoal_job_queue_open(return_value, segment->attachment, name, &asked, 3);
    }
}

/* ---- Putting and taking ---------------------------------------------------------------------------- */

/* ($what, int $priority = 0, float $delay = 0, ?float $timeout = null) */
typedef struct putting {
    zval *what;
    shoal_sort sort;
    shoal_time deadline;
} putting;

/* false: an exception. */
static bool parse(putting *out, zend_execute_data *execute_data)
{
    double delay = 0, timeout = 0;
    bool forever = true;
    zend_long priority = 0;
    ZEND_PARSE_PARAMETERS_START(1, 4)
        Z_PARAM_ZVAL(out->what)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(priority)
        Z_PARAM_DOUBLE(delay)
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
        ZEND_PARSE_PARAMETERS_END_EX(return false);
        if (priority < 0 || priority >= SHOAL_JOB_PRIORITIES) {
            zend_argument_value_error(2, "must be between 0 and %d", SHOAL_JOB_PRIORITIES - 1);
            return false;
        }
        out->sort.priority = (uint32_t)priority;
        return php_shoal_delay(&out->sort.delay, delay, 3) && php_shoal_deadline(&out->deadline, timeout, forever, 4);
}

/* Full is no exception here: the caller says how many were put. */
static bool succeeded_or_full(int status)
{
    if (status < 0 && status != SHOAL_EFULL) {
        php_shoal_raise_unless_thrown(status);
    }
    return status >= 0;
}

ZEND_METHOD(Shoal_JobQueue, put)
{
    putting putting;
    if (!parse(&putting, execute_data)) {
        RETURN_THROWS();
    }
    SHOAL_THIS_HANDLE(handle);
    const shoal_target target = {handle->object, handle->attachment, &putting.sort};
    RETURN_BOOL(succeeded_or_full(php_shoal_send(&target, putting.what, putting.deadline)));
}

ZEND_METHOD(Shoal_JobQueue, putMany)
{
    putting putting;
    zend_long count;
    if (!parse(&putting, execute_data)) {
        RETURN_THROWS();
    }
    SHOAL_THIS_HANDLE(handle);
    if (!zend_is_iterable(putting.what)) {
        zend_argument_type_error(1, "must be of type iterable, %s given", zend_zval_type_name(putting.what));
        RETURN_THROWS();
    }
    const shoal_target target = {handle->object, handle->attachment, &putting.sort};
    succeeded_or_full(php_shoal_send_many(&count, &target, putting.what, putting.deadline));
    RETURN_LONG(count);
}

ZEND_METHOD(Shoal_JobQueue, take)
{
    shoal_time deadline;
    if (UNEXPECTED(!php_shoal_take_deadline(execute_data, &deadline))) {
        RETURN_THROWS();
    }
    SHOAL_THIS_HANDLE(handle);
    int status = php_shoal_job_take(return_value, handle, deadline);
    if (status == SHOAL_EEMPTY) {
        RETURN_NULL();
    }
    php_shoal_raise_unless_thrown(status);
}

static int wait_until_done(const shoal_handle *handle, shoal_time deadline)
{
    int status = shoal_job_queue_join(handle->object, SHOAL_FIRST_LOOK(deadline));
    return php_shoal_wait_after(status, handle->object, SHOAL_WAIT_JOIN, 0, 0, deadline);
}

ZEND_METHOD(Shoal_JobQueue, join)
{
    php_shoal_take(INTERNAL_FUNCTION_PARAM_PASSTHRU, wait_until_done);
}

/* ---- Looking ------------------------------------------------------------------------------------------ */

static const char *const reasons[] = {NULL, "died", "retried", "late", "buried"};

/* PHP may be unable to hold a value of another language, and the job is to be seen all the same. */
static void add_value(zval *row, const shoal_job_copy *copy)
{
    zval value, message;
    if (php_shoal_decode(&value, copy->bytes, copy->size)) {
        add_assoc_zval(row, "value", &value);
        add_assoc_null(row, "error");
        return;
    }
    zend_object *error = EG(exception);
    ZVAL_COPY(&message, zend_read_property(error->ce, error, "message", sizeof("message") - 1, true, &value));
    zend_clear_exception();
    add_assoc_null(row, "value");
    add_assoc_zval(row, "error", &message);
}

static void row_of(zval *row, const shoal_job_copy *copy)
{
    const char *reason = copy->end < sizeof reasons / sizeof *reasons ? reasons[copy->end] : NULL;
    array_init_size(row, 9);
    add_value(row, copy);
    add_assoc_long(row, "number", (zend_long)copy->number);
    add_assoc_long(row, "attempts", copy->attempts);
    add_assoc_long(row, "priority", copy->priority);
    copy->pid ? add_assoc_long(row, "pid", copy->pid) : add_assoc_null(row, "pid");
    reason ? add_assoc_string(row, "reason", reason) : add_assoc_null(row, "reason");
    add_assoc_double(row, "since", copy->since);
    add_assoc_double(row, "put_at", copy->put);
}

typedef struct listing {
    zval *list;
    bool left; /* the engine is to leave by longjmp, as it does where memory ends: the core goes first */
} listing;

static int hear(void *argument, const shoal_job_copy *copy)
{
    listing *listing = argument;
    zend_try
    {
        zval row;
        row_of(&row, copy);
        add_next_index_zval(listing->list, &row);
    }
    zend_catch
    {
        listing->left = true;
    }
    zend_end_try();
    return listing->left ? SHOAL_EINTR : SHOAL_OK;
}

ZEND_METHOD(Shoal_JobQueue, dead)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    array_init(return_value);
    listing listing = {.list = return_value};
    int status = shoal_job_queue_each(handle->object, SHOAL_JOB_DEAD, hear, &listing);
    if (listing.left) {
        zend_bailout();
    }
    php_shoal_raise_unless_thrown(status);
}

static void decode_copy(zval *out, shoal_job_copy *copy)
{
    volatile bool left = false;
    zend_try
    {
        php_shoal_decode(out, copy->bytes, copy->size);
    }
    zend_catch
    {
        left = true;
    }
    zend_end_try();
    shoal_job_copy_free(copy);
    if (left) {
        zend_bailout();
    }
}

ZEND_METHOD(Shoal_JobQueue, peek)
{
    zval *fallback = NULL;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_ZVAL(fallback)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    shoal_job_copy copy;
    int status = shoal_job_queue_peek(&copy, handle->object);
    if (status == SHOAL_EEMPTY) {
        if (fallback) {
            RETURN_COPY(fallback);
        }
        RETURN_NULL();
    }
    if (status < 0) {
        php_shoal_raise_unless_thrown(status);
        RETURN_THROWS();
    }
    decode_copy(return_value, &copy);
}

/* ---- The dead, and the end ------------------------------------------------------------------------------ */

static void give_count(zval *out, int status, uint64_t count)
{
    php_shoal_raise_unless_thrown(status);
    if (status >= 0) {
        ZVAL_LONG(out, (zend_long)count);
    }
}

/* The method (?int $number = null): int. */
static void of_the_dead(INTERNAL_FUNCTION_PARAMETERS, int (*call)(uint64_t *, shoal_object *, uint64_t))
{
    zend_long number = 0;
    bool all = true;
    uint64_t count = 0;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG_OR_NULL(number, all)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    if (!all && number < 1) {
        zend_argument_value_error(1, "must be null or greater than 0");
        RETURN_THROWS();
    }
    int status = call(&count, handle->object, (uint64_t)number);
    give_count(return_value, status, count);
}

ZEND_METHOD(Shoal_JobQueue, revive)
{
    of_the_dead(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_job_queue_revive);
}

ZEND_METHOD(Shoal_JobQueue, drop)
{
    of_the_dead(INTERNAL_FUNCTION_PARAM_PASSTHRU, shoal_job_queue_drop);
}

ZEND_METHOD(Shoal_JobQueue, purge)
{
    uint64_t count = 0;
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    int status = shoal_job_queue_purge(&count, handle->object);
    give_count(return_value, status, count);
}

ZEND_METHOD(Shoal_JobQueue, shutdown)
{
    bool immediate = false;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_BOOL(immediate)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_raise_unless_thrown(shoal_job_queue_shutdown(handle->object, immediate));
}

/* ---- Properties -------------------------------------------------------------------------------------- */

#define SIZE_GETTER(name)                                                                                              \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        const shoal_handle *handle = php_shoal_handle_of(object);                                                      \
        shoal_job_sizes sizes;                                                                                         \
        if (!handle->object || !php_shoal_succeeded(shoal_job_queue_sizes(&sizes, handle->object))) {                  \
            return false;                                                                                              \
        }                                                                                                              \
        ZVAL_LONG(out, (zend_long)sizes.name);                                                                         \
        return true;                                                                                                   \
    }

SIZE_GETTER(used)
SIZE_GETTER(ready)
SIZE_GETTER(delayed)
SIZE_GETTER(taken)

#define OPTION_GETTER(name, setting)                                                                                   \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        const shoal_handle *handle = php_shoal_handle_of(object);                                                      \
        shoal_job_queue_options options;                                                                               \
        if (!handle->object || !php_shoal_succeeded(shoal_job_queue_read_options(&options, handle->object))) {         \
            return false;                                                                                              \
        }                                                                                                              \
        setting;                                                                                                       \
        return true;                                                                                                   \
    }

static void lease_of(zval *out, shoal_time lease)
{
    if (lease > 0) {
        ZVAL_DOUBLE(out, (double)lease / 1e9);
    } else {
        ZVAL_NULL(out);
    }
}

OPTION_GETTER(capacity, ZVAL_LONG(out, (zend_long)options.capacity))
OPTION_GETTER(attempts, ZVAL_LONG(out, options.attempts))
OPTION_GETTER(lease, lease_of(out, options.lease))
SHOAL_HANDLE_GETTER(is_shutdown, ZVAL_BOOL(out, shoal_job_queue_is_shut(handle->object)))

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY("capacity", get_capacity),
    SHOAL_PROPERTY("used", get_used),
    SHOAL_PROPERTY("attempts", get_attempts),
    SHOAL_PROPERTY("lease", get_lease),
    SHOAL_PROPERTY("ready", get_ready),
    SHOAL_PROPERTY("delayed", get_delayed),
    SHOAL_PROPERTY("taken", get_taken),
    SHOAL_PROPERTY("isShutdown", get_is_shutdown),
    SHOAL_PROPERTY("holders", php_shoal_handle_holders),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static zend_result count_elements(zend_object *object, zend_long *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    shoal_job_sizes sizes;
    if (!handle->object) {
        php_shoal_raise_closed(object);
        return FAILURE;
    }
    if (!php_shoal_succeeded(shoal_job_queue_sizes(&sizes, handle->object))) {
        return FAILURE;
    }
    *out = (zend_long)sizes.ready;
    return SUCCESS;
}

ZEND_METHOD(Shoal_JobQueue, count)
{
    zend_long count;
    ZEND_PARSE_PARAMETERS_NONE();
    if (count_elements(Z_OBJ_P(ZEND_THIS), &count) == SUCCESS) {
        RETURN_LONG(count);
    }
}

/* ---- The class --------------------------------------------------------------------------------------------- */

static void startup(shoal_class *class)
{
    php_shoal_handle_startup(class, register_class_Shoal_JobQueue(zend_ce_countable));
    class->handlers.count_elements = count_elements;
    php_shoal_job_startup();
}

shoal_class php_shoal_job_queue_class = {
    .kind = SHOAL_KIND_JOB_QUEUE,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
