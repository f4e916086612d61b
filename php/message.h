/* Values on their way through queues. */
#ifndef PHP_SHOAL_MESSAGE_H
#define PHP_SHOAL_MESSAGE_H

#include "ndarray.h"

/* ---- In (send.c) ---- */

/* How a job is put. */
typedef struct shoal_sort {
    uint32_t priority;
    shoal_time delay;
} shoal_sort;

/* Where to: a Queue, or a JobQueue, which has a `sort`. */
typedef struct shoal_target {
    shoal_object *queue;
    shoal_attachment *attachment;
    const shoal_sort *sort;
} shoal_target;

/*
 * Put `value`: SHOAL_OK, SHOAL_EFULL when there was no room before the deadline, or below zero with an exception pending or the core's
 * reason.
 */
int php_shoal_send(const shoal_target *to, zval *value, shoal_time deadline);
/* Those of `values`, an array or Traversable, in their order; *count: how many were put. SHOAL_EFULL: the deadline passed. */
int php_shoal_send_many(zend_long *count, const shoal_target *to, zval *values, shoal_time deadline);

/* ---- Out (message.c) ---- */

/* The value of a message that was got, which ends. Large arrays in it keep its pages. False: an exception. */
bool php_shoal_message_decode(zval *out, shoal_taken *message);
/* The values of several, appended to `list`. All messages end. False: an exception, after those that were appended. */
bool php_shoal_messages_append(zval *list, shoal_taken *messages, size_t count);

/* ---- Loans (loan.c) ---- */

/* An array of the shape and dtype of `view` in pages lent by `queue`. Below zero: nothing. */
int php_shoal_loan(zval *out, shoal_object *queue, const shoal_view *view, shoal_time deadline);
/* Is `array` the whole of a loan of that queue? NULL: no. */
struct shoal_lent *php_shoal_lent_whole(const shoal_ndarray *array, const shoal_object *queue);
/* Statuses as of shoal_queue_put. After SHOAL_OK no array shows the loan any more. */
int php_shoal_lent_put(struct shoal_lent *lent, shoal_time deadline);

#endif
