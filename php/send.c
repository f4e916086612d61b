/* Values that are put into a Queue or a JobQueue. */
#include "message.h"

#include "exceptions.h"
#include "wait.h"
#include "wire.h"

#include "ext/spl/spl_iterators.h"

/* ---- One value ---------------------------------------------------------------------------------------- */

/* A value on its way. Into a Queue strings, arrays and loans are put from where they are; all others are encoded. */
typedef struct sending {
    const shoal_target *to;
    zval value; /* a reference of its own: a signal's handler may change the script's variables */
    struct shoal_lent *lent;
    shoal_ndarray *array;
    shoal_writer writer;
} sending;

static int put_array(const sending *sending, shoal_time deadline)
{
    if (!php_shoal_ndarray_here(sending->array)) {
        php_shoal_ndarray_raise(sending->array);
        return SHOAL_ECLOSED;
    }
    return shoal_queue_put_array(sending->to->queue, &sending->array->view, deadline);
}

static int put(void *call, shoal_time deadline)
{
    const sending *sending = call;
    const shoal_target *to = sending->to;
    const zval *value = &sending->value;
    if (to->sort) {
        return shoal_job_queue_put(to->queue, sending->writer.bytes, sending->writer.size, to->sort->priority,
                                   to->sort->delay, deadline);
    }
    if (Z_TYPE_P(value) == IS_STRING) {
        return shoal_queue_put_string(to->queue, SHOAL_STR_OR_BIN, Z_STRVAL_P(value), Z_STRLEN_P(value), deadline);
    }
    if (sending->lent) {
        return php_shoal_lent_put(sending->lent, deadline);
    }
    return sending->array ? put_array(sending, deadline)
                          : shoal_queue_put(to->queue, sending->writer.bytes, sending->writer.size, deadline);
}

static void end(void *call)
{
    shoal_writer_free(&((sending *)call)->writer);
}

/* The size of a string's message, to wait for room: up to 31 bytes it may be one less. */
static uint64_t size_of_string(uint64_t size)
{
    return size + (size < 256 ? 2 : size < 65536 ? 3 : 5);
}

static uint64_t size_of_array(const shoal_view *view)
{
    uint64_t size = 8 + 8 * (uint64_t)view->ndim + php_shoal_view_nbytes(view);
    return size + (size == 8 || size == 16 ? 2 : size < 256 ? 3 : size < 65536 ? 4 : 6);
}

static uint64_t size_of(const sending *sending)
{
    if (!sending->to->sort && Z_TYPE(sending->value) == IS_STRING) {
        return size_of_string(Z_STRLEN(sending->value));
    }
    return sending->array ? size_of_array(&sending->array->view) : sending->writer.size;
}

static int put_in_time(sending *sending, shoal_time deadline)
{
    const shoal_trial trial = {.attempt = put,
                               .end = end,
                               .object = sending->to->queue,
                               .in_vain = SHOAL_EFULL,
                               .operation = SHOAL_WAIT_PUT,
                               .argument = (int64_t)size_of(sending)};
    return php_shoal_try(&trial, sending, deadline);
}

/* Is it put from where it is? */
static bool is_in_place(sending *sending)
{
    zval *value = &sending->value;
    if (sending->to->sort) {
        return false;
    }
    if (Z_TYPE_P(value) == IS_OBJECT && Z_OBJCE_P(value) == php_shoal_ndarray_class.ce &&
        php_shoal_ndarray_made(php_shoal_ndarray_of(Z_OBJ_P(value)))) {
        sending->array = php_shoal_ndarray_of(Z_OBJ_P(value));
        sending->lent = php_shoal_lent_whole(sending->array, sending->to->queue);
    }
    return Z_TYPE_P(value) == IS_STRING || sending->array;
}

/* false: an exception. */
static bool prepare(sending *sending)
{
    sending->lent = NULL;
    sending->array = NULL;
    shoal_writer_init(&sending->writer);
    if (is_in_place(sending)) {
        return true;
    }
    sending->writer.limit = shoal_value_limit(sending->to->attachment->segment);
    return php_shoal_encode(&sending->writer, &sending->value);
}

int php_shoal_send(const shoal_target *to, zval *value, shoal_time deadline)
{
    sending sending;
    sending.to = to;
    ZVAL_COPY_DEREF(&sending.value, value);
    int status = prepare(&sending) ? put_in_time(&sending, deadline) : SHOAL_ETYPE;
    end(&sending);
    zval_ptr_dtor(&sending.value);
    return status;
}

/* ---- Many of an array ----------------------------------------------------------------------------------- */

#define BATCH 64
#define BATCH_BYTES 65536

/* Values one after the other in one writer; those that are large or put from where they are go by themselves. */
typedef struct batch {
    const shoal_target *to;
    size_t ends[BATCH]; /* in the writer */
    size_t count, done;
    uint64_t largest; /* message that goes with others, in bytes */
    shoal_writer writer;
} batch;

static int put_batch(void *call, shoal_time deadline)
{
    batch *batch = call;
    shoal_bytes messages[BATCH];
    size_t done, count = batch->count - batch->done;
    for (size_t i = 0; i < count; i++) {
        size_t at = batch->done + i, start = at ? batch->ends[at - 1] : 0;
        messages[i] = (shoal_bytes){batch->writer.bytes + start, batch->ends[at] - start};
    }
    int status = shoal_queue_put_many(&done, batch->to->queue, messages, count, deadline);
    batch->done += done;
    return done > 0 && (status == SHOAL_EFULL || status == SHOAL_EINTR) ? SHOAL_OK : status; /* it got on */
}

static void end_batch(void *call)
{
    shoal_writer_free(&((batch *)call)->writer);
}

static size_t size_of_next(const batch *batch)
{
    return batch->ends[batch->done] - (batch->done ? batch->ends[batch->done - 1] : 0);
}

/* Again and again wait for room for the next, and put all that fit. */
static int put_gathered(batch *batch, shoal_time deadline)
{
    int status = SHOAL_OK;
    while (status == SHOAL_OK && batch->done < batch->count) {
        const shoal_trial trial = {.attempt = put_batch,
                                   .end = end_batch,
                                   .object = batch->to->queue,
                                   .in_vain = SHOAL_EFULL,
                                   .operation = SHOAL_WAIT_PUT,
                                   .argument = (int64_t)size_of_next(batch)};
        status = php_shoal_try(&trial, batch, deadline);
    }
    return status;
}

/* Put what is gathered, and be ready for more. */
static int flush(batch *batch, zend_long *count, shoal_time deadline)
{
    int status = put_gathered(batch, deadline);
    *count += (zend_long)batch->done;
    batch->count = batch->done = 0;
    batch->writer.size = 0;
    return status;
}

static bool goes_by_itself(zval *value)
{
    return (Z_TYPE_P(value) == IS_STRING && Z_STRLEN_P(value) > SHOAL_QUEUE_SMALL / 2) ||
           (Z_TYPE_P(value) == IS_OBJECT && Z_OBJCE_P(value) == php_shoal_ndarray_class.ce);
}

static int send_one(batch *batch, zend_long *count, zval *value, shoal_time deadline)
{
    int status = flush(batch, count, deadline);
    if (status >= 0) {
        status = php_shoal_send(batch->to, value, deadline);
        *count += status >= 0;
    }
    return status;
}

/* Nothing that does not fit at all comes into a batch: what is before it is put. */
static int gather(batch *batch, zend_long *count, zval *value, shoal_time deadline)
{
    size_t before = batch->writer.size;
    ZVAL_DEREF(value);
    if (goes_by_itself(value)) {
        return send_one(batch, count, value, deadline);
    }
    batch->writer.limit = before + shoal_value_limit(batch->to->attachment->segment);
    if (!php_shoal_encode(&batch->writer, value)) {
        int status = flush(batch, count, SHOAL_NO_WAIT);
        return status == SHOAL_OK ? SHOAL_ETYPE : status;
    }
    if (batch->writer.size - before > batch->largest) {
        return send_one(batch, count, value, deadline);
    }
    batch->ends[batch->count++] = batch->writer.size;
    bool enough = batch->count == BATCH || batch->writer.size >= BATCH_BYTES;
    return enough ? flush(batch, count, deadline) : SHOAL_OK;
}

static bool is_over(shoal_time deadline)
{
    return deadline > SHOAL_NO_WAIT && deadline != SHOAL_FOREVER && shoal_now() >= deadline;
}

static int gather_all(batch *batch, zend_long *count, HashTable *values, shoal_time deadline)
{
    zval *value;
    ZEND_HASH_FOREACH_VAL(values, value) {
        int status = gather(batch, count, value, deadline);
        if (status >= 0 && batch->count == 0 && is_over(deadline)) {
            status = SHOAL_EFULL;
        }
        if (status < 0) {
            return status;
        }
    }
    ZEND_HASH_FOREACH_END();
    return flush(batch, count, deadline);
}

static int send_array(zend_long *count, const shoal_target *to, HashTable *values, shoal_time deadline)
{
    batch batch;
    batch.to = to;
    batch.count = batch.done = 0;
    shoal_writer_init(&batch.writer);
    batch.largest = MIN(SHOAL_QUEUE_SMALL, shoal_queue_capacity(to->queue));
    *count = 0;
    int status = gather_all(&batch, count, values, deadline);
    end_batch(&batch);
    return status;
}

/* ---- Many, one by one --------------------------------------------------------------------------------------- */

/* One by one: nobody knows how long the next one takes. */
typedef struct sending_many {
    const shoal_target *to;
    shoal_time deadline;
    zend_long count;
    int status;
} sending_many;

/* false: no more. */
static bool send_next(sending_many *many, zval *value)
{
    many->status = php_shoal_send(many->to, value, many->deadline);
    if (many->status >= 0) {
        many->count++;
        many->status = is_over(many->deadline) ? SHOAL_EFULL : SHOAL_OK;
    }
    return many->status >= 0;
}

static int send_iterated(zend_object_iterator *iterator, void *call)
{
    zval *value = iterator->funcs->get_current_data(iterator);
    return value && !EG(exception) && send_next(call, value) ? ZEND_HASH_APPLY_KEEP : ZEND_HASH_APPLY_STOP;
}

/* The calls of a JobQueue are one job each anyway. */
static void send_each(sending_many *many, HashTable *values)
{
    zval *value;
    ZEND_HASH_FOREACH_VAL(values, value) {
        if (!send_next(many, value)) {
            break;
        }
    }
    ZEND_HASH_FOREACH_END();
}

int php_shoal_send_many(zend_long *count, const shoal_target *to, zval *values, shoal_time deadline)
{
    sending_many many = {.to = to, .deadline = deadline};
    if (Z_TYPE_P(values) == IS_ARRAY && !to->sort) {
        return send_array(count, to, Z_ARRVAL_P(values), deadline);
    }
    if (Z_TYPE_P(values) == IS_ARRAY) {
        send_each(&many, Z_ARRVAL_P(values));
    } else {
        spl_iterator_apply(values, send_iterated, &many);
    }
    *count = many.count;
    return EG(exception) ? SHOAL_EVALUE : many.status;
}
