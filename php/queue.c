/* Shoal\Queue. */
#include "owners.h"
#include "segment.h"
#include "take.h"

#include "message.h"
#include "queues.h"

#include "zend_interfaces.h"

#include "queue_arginfo.h"

/* ---- Opening ------------------------------------------------------------------------------------ */

/* $capacity -> bytes, 0 for null. False: an exception. */
bool php_shoal_capacity(uint64_t *capacity, const zend_string *text, zend_long bytes, bool is_null, uint32_t argument)
{
    *capacity = 0;
    if (is_null) {
        return true;
    }
    if (text) {
        int status = shoal_parse_size(capacity, ZSTR_VAL(text), ZSTR_LEN(text));
        php_shoal_raise_unless_thrown(status);
        return status >= 0;
    }
    if (bytes <= 0) {
        zend_argument_value_error(argument, "must be greater than 0");
        return false;
    }
    *capacity = (uint64_t)bytes;
    return true;
}

/* Where nobody says which of both: what is there, or a Queue. */
static bool means_jobs(shoal_segment *segment, zend_string *name, bool said, bool jobs)
{
    return said ? jobs : shoal_object_find(segment, ZSTR_VAL(name), ZSTR_LEN(name)) == SHOAL_KIND_JOB_QUEUE;
}

ZEND_METHOD(Shoal_Segment, queue)
{
    zend_string *name, *text = NULL;
    zend_long bytes = 0;
    bool as_it_is = true, jobs = false, jobs_unsaid = true;
    shoal_job_queue_asked asked = {.no_attempts = true, .no_lease = true};
    ZEND_PARSE_PARAMETERS_START(1, 5)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_STR_OR_LONG_OR_NULL(text, bytes, as_it_is)
        Z_PARAM_BOOL_OR_NULL(jobs, jobs_unsaid)
        Z_PARAM_LONG_OR_NULL(asked.attempts, asked.no_attempts)
        Z_PARAM_DOUBLE_OR_NULL(asked.lease, asked.no_lease)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (!php_shoal_capacity(&asked.capacity, text, bytes, as_it_is, 2)) {
        RETURN_THROWS();
    }
    shoal_object *object;
    if (means_jobs(segment->attachment->segment, name, !jobs_unsaid, jobs)) {
        php_shoal_job_queue_open(return_value, segment->attachment, name, &asked, 4);
        return;
    }
    if (!asked.no_attempts || !asked.no_lease) {
        zend_argument_value_error(asked.no_attempts ? 5 : 4, "must be null, unless $jobs is true");
        RETURN_THROWS();
    }
    int status =
        shoal_queue_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), asked.capacity);
    php_shoal_handle_give(return_value, segment->attachment, status, object);
}

/* ---- Putting -------------------------------------------------------------------------------------- */

/* Full is no exception here: the caller says how many were put. */
static bool succeeded_or_full(int status)
{
    if (status < 0 && status != SHOAL_EFULL) {
        php_shoal_raise_unless_thrown(status);
    }
    return status >= 0;
}

ZEND_METHOD(Shoal_Queue, put)
{
    zval *value;
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_ZVAL(value)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 2);
    const shoal_target target = {handle->object, handle->attachment, NULL};
    RETURN_BOOL(succeeded_or_full(php_shoal_send(&target, value, deadline)));
}

ZEND_METHOD(Shoal_Queue, putMany)
{
    zval *values;
    zend_long count;
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_ITERABLE(values)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 2);
    const shoal_target target = {handle->object, handle->attachment, NULL};
    succeeded_or_full(php_shoal_send_many(&count, &target, values, deadline));
    RETURN_LONG(count);
}

ZEND_METHOD(Shoal_Queue, loan)
{
    HashTable *shape;
    zend_string *type = NULL;
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(1, 3)
        Z_PARAM_ARRAY_HT(shape)
        Z_PARAM_OPTIONAL
        Z_PARAM_STR(type)
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 3);
    int64_t lengths[SHOAL_MAX_DIMS];
    uint64_t nbytes;
    shoal_dtype dtype;
    shoal_view view;
    int ndim = php_shoal_shape_of(lengths, shape, 1);
    if (ndim < 0) {
        RETURN_THROWS();
    }
    int status = shoal_dtype_parse(&dtype, type ? ZSTR_VAL(type) : "f8", type ? ZSTR_LEN(type) : 2);
    if (status >= 0) {
        status = shoal_view_init(&view, &nbytes, dtype, (size_t)ndim, lengths);
    }
    if (status >= 0) {
        status = php_shoal_loan(return_value, handle->object, &view, deadline);
    }
    php_shoal_raise_unless_thrown(status);
}

/* ---- Getting -------------------------------------------------------------------------------------- */

/* Through the buffer of the thread's, so that the stack, a fiber's, may be small; it has nothing between two attempts. */
typedef struct getting {
    shoal_object *queue;
    zval *out;
    size_t limit; /* many: `out` is their list */
} getting;

static char *borrow(bool *lent)
{
    *lent = SHOAL_G(scratch_lent);
    SHOAL_G(scratch_lent) = true;
    return *lent ? emalloc(SHOAL_SCRATCH) : SHOAL_G(scratch);
}

static void give_back(char *buffer, bool lent)
{
    SHOAL_G(scratch_lent) = lent;
    if (UNEXPECTED(lent)) {
        efree(buffer);
    }
}

static int get(void *call, shoal_time deadline)
{
    const getting *getting = call;
    shoal_taken message;
    bool lent;
    char *buffer = borrow(&lent);
    int status = shoal_queue_get(&message, getting->queue, buffer, deadline);
    if (EXPECTED(status == SHOAL_OK) && !php_shoal_message_decode(getting->out, &message)) {
        status = SHOAL_ETYPE; /* thrown */
    }
    give_back(buffer, lent);
    return status;
}

#define BATCH 64    /* messages */
#define SHORTEST 16 /* bytes: a message with its record */

static int get_batch(void *call, shoal_time deadline)
{
    getting *getting = call;
    shoal_taken messages[BATCH];
    size_t count;
    bool lent;
    char *buffer = borrow(&lent);
    int status = shoal_queue_get_many(messages, MIN(getting->limit, BATCH), &count, getting->queue, buffer,
                                      SHOAL_SCRATCH, deadline);
    if (status == SHOAL_OK) {
        getting->limit -= count;
        status = php_shoal_messages_append(getting->out, messages, count) ? SHOAL_OK : SHOAL_ETYPE;
    }
    give_back(buffer, lent);
    return status;
}

static zend_always_inline int get_in_time(int (*attempt)(void *, shoal_time), getting *getting, shoal_time deadline)
{
    const shoal_trial trial = {
        .attempt = attempt, .object = getting->queue, .in_vain = SHOAL_EEMPTY, .operation = SHOAL_WAIT_GET};
    return php_shoal_try(&trial, getting, deadline);
}

static int get_one(zval *out, const shoal_handle *handle, shoal_time deadline)
{
    return get_in_time(get, &(getting){.queue = handle->object, .out = out}, deadline);
}

ZEND_METHOD(Shoal_Queue, get)
{
    shoal_time deadline;
    if (UNEXPECTED(!php_shoal_take_deadline(execute_data, &deadline))) {
        RETURN_THROWS();
    }
    SHOAL_THIS_HANDLE(handle);
    php_shoal_raise_unless_thrown(get_one(return_value, handle, deadline));
}

ZEND_METHOD(Shoal_Queue, tryGet)
{
    zval *fallback = NULL;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_ZVAL(fallback)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    int status = get_one(return_value, handle, SHOAL_NO_WAIT);
    if (status == SHOAL_EEMPTY) {
        if (fallback) {
            RETURN_COPY(fallback);
        }
        RETURN_NULL();
    }
    php_shoal_raise_unless_thrown(status);
}

/* Wait for the first; then those that are there by then: producers may be quicker than we are. */
static int get_all(getting *getting, shoal_time deadline)
{
    uint64_t there = 0;
    int status = get_in_time(get_batch, getting, deadline);
    bool some = status >= 0;
    if (some) {
        status = shoal_queue_size(&there, getting->queue);
        getting->limit = MIN(getting->limit, there);
    }
    while (status >= 0 && getting->limit > 0) {
        status = get_in_time(get_batch, getting, SHOAL_NO_WAIT);
    }
    return some && !EG(exception) ? SHOAL_OK : status;
}

ZEND_METHOD(Shoal_Queue, getMany)
{
    zend_long max;
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_LONG(max)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 2);
    if (max < 1) {
        zend_argument_value_error(1, "must be greater than 0");
        RETURN_THROWS();
    }
    array_init(return_value);
    getting getting = {.queue = handle->object, .out = return_value, .limit = (size_t)max};
    int status = get_all(&getting, deadline);
    if (status < 0 && status != SHOAL_EEMPTY) {
        php_shoal_raise_unless_thrown(status);
    }
}

/* ---- Looking, and the end ---------------------------------------------------------------------------- */

static zend_result count_elements(zend_object *object, zend_long *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    uint64_t size = 0;
    if (!handle->object) {
        php_shoal_raise_closed(object);
        return FAILURE;
    }
    int status = shoal_queue_size(&size, handle->object);
    php_shoal_raise_unless_thrown(status);
    *out = (zend_long)size;
    return status < 0 ? FAILURE : SUCCESS;
}

ZEND_METHOD(Shoal_Queue, count)
{
    zend_long count;
    ZEND_PARSE_PARAMETERS_NONE();
    if (count_elements(Z_OBJ_P(ZEND_THIS), &count) == SUCCESS) {
        RETURN_LONG(count);
    }
}

ZEND_METHOD(Shoal_Queue, isEmpty)
{
    zend_long count;
    ZEND_PARSE_PARAMETERS_NONE();
    if (count_elements(Z_OBJ_P(ZEND_THIS), &count) == SUCCESS) {
        RETURN_BOOL(count == 0);
    }
}

ZEND_METHOD(Shoal_Queue, isFull)
{
    uint64_t used;
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_HANDLE(handle);
    if (php_shoal_succeeded(shoal_queue_used(&used, handle->object))) {
        RETURN_BOOL(used + SHORTEST > shoal_queue_capacity(handle->object));
    }
}

ZEND_METHOD(Shoal_Queue, shutdown)
{
    bool immediate = false;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_BOOL(immediate)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    php_shoal_raise_unless_thrown(shoal_queue_shut(handle->object, immediate));
}

/* ---- foreach -------------------------------------------------------------------------------------------- */

/* A value is got when it is asked for, and not before: nobody else can get it then. */
typedef struct values_iterator {
    zend_object_iterator it;
    zval current; /* UNDEF: not got yet */
    zend_ulong number;
} values_iterator;

static void forget_current(zend_object_iterator *it)
{
    values_iterator *values = (values_iterator *)it;
    zval_ptr_dtor(&values->current);
    ZVAL_UNDEF(&values->current);
}

static void iterator_free(zend_object_iterator *it)
{
    forget_current(it);
    zval_ptr_dtor(&it->data);
}

static int iterator_valid(zend_object_iterator *it)
{
    values_iterator *values = (values_iterator *)it;
    const shoal_handle *handle = php_shoal_handle_of(Z_OBJ(it->data));
    if (!Z_ISUNDEF(values->current)) {
        return SUCCESS;
    }
    if (EG(exception)) {
        return FAILURE;
    }
    int status = get_one(&values->current, handle, SHOAL_FOREVER);
    if (status < 0) {
        ZVAL_UNDEF(&values->current);
    }
    if (status < 0 && status != SHOAL_ESHUT) {
        php_shoal_raise_unless_thrown(status);
    }
    return status < 0 ? FAILURE : SUCCESS;
}

static zval *iterator_current(zend_object_iterator *it)
{
    return iterator_valid(it) == SUCCESS ? &((values_iterator *)it)->current : NULL;
}

static void iterator_key(zend_object_iterator *it, zval *key)
{
    ZVAL_LONG(key, (zend_long)((values_iterator *)it)->number);
}

static void iterator_forward(zend_object_iterator *it)
{
    forget_current(it);
    ((values_iterator *)it)->number++;
}

/* foreach does it first of all; what was got already is the first value. */
static void iterator_rewind(zend_object_iterator *it)
{
    ((values_iterator *)it)->number = 0;
}

static const zend_object_iterator_funcs iterator_functions = {
    .dtor = iterator_free,
    .valid = iterator_valid,
    .get_current_data = iterator_current,
    .get_current_key = iterator_key,
    .move_forward = iterator_forward,
    .rewind = iterator_rewind,
};

static zend_object_iterator *get_iterator(zend_class_entry *ce, zval *object, int by_ref)
{
    if (by_ref) {
        zend_throw_error(NULL, "An iterator cannot be used with foreach by reference");
        return NULL;
    }
    if (!php_shoal_handle_of(Z_OBJ_P(object))->object) {
        php_shoal_raise_closed(Z_OBJ_P(object));
        return NULL;
    }
    values_iterator *values = emalloc(sizeof *values);
    zend_iterator_init(&values->it);
    ZVAL_OBJ_COPY(&values->it.data, Z_OBJ_P(object));
    values->it.funcs = &iterator_functions;
    values->number = 0;
    ZVAL_UNDEF(&values->current);
    return &values->it;
}

ZEND_METHOD(Shoal_Queue, getIterator)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zend_create_internal_iterator_zval(return_value, ZEND_THIS);
}

/* ---- The class --------------------------------------------------------------------------------------------- */

static bool get_used(zend_object *object, zval *out)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    uint64_t used;
    if (!handle->object || shoal_queue_used(&used, handle->object) < 0) {
        return false;
    }
    ZVAL_LONG(out, (zend_long)used);
    return true;
}

SHOAL_HANDLE_GETTER(capacity, ZVAL_LONG(out, (zend_long)shoal_queue_capacity(handle->object)))
SHOAL_HANDLE_GETTER(is_shutdown, ZVAL_BOOL(out, shoal_queue_is_shut(handle->object)))

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY("capacity", get_capacity),
    SHOAL_PROPERTY("used", get_used),
    SHOAL_PROPERTY("isShutdown", get_is_shutdown),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static void startup(shoal_class *class)
{
    zend_class_entry *ce = register_class_Shoal_Queue(zend_ce_countable, zend_ce_aggregate);
    php_shoal_handle_startup(class, ce);
    ce->get_iterator = get_iterator;
    class->handlers.count_elements = count_elements;
}

shoal_class php_shoal_queue_class = {
    .kind = SHOAL_KIND_QUEUE,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
