/* Values as the messages of queues. */
#ifndef SHOAL_PYTHON_MESSAGE_H
#define SHOAL_PYTHON_MESSAGE_H

#include "binding.h"
#include "foreign.h"
#include "pages.h"

/* value_write, where what is larger than `capacity` is a ValueError: it never fits, whatever is in the queue. */
int message_write(ModuleState *state, shoal_writer *writer, PyObject *value, uint64_t capacity);

/* A value on its way into a Queue, encoded once, or to be copied from where it is. The value must live as long. */
typedef struct Outgoing {
    enum { OUT_STRING, OUT_ARRAY, OUT_LOAN, OUT_BYTES } how;
    int type;
    const void *bytes;
    size_t size;
    Loan *loan;
    Foreign foreign;
    shoal_writer writer;
} Outgoing;

int outgoing_begin(ModuleState *state, Outgoing *out, PyObject *value, const shoal_object *queue);
/* Bytes that are a message already, in its place. */
void outgoing_of_bytes(Outgoing *out, const void *bytes, size_t size);
/* A status of shoal_queue_put: first a glance with the GIL, then the rest without it. STATUS_RAISED: a signal's handler raised. */
int outgoing_put(Outgoing *out, shoal_object *queue, shoal_time deadline);
void outgoing_end(Outgoing *out);

/* message_read.c: what was got, as a new object. Ends `taken`, or has an array keep it. */
PyObject *message_take(ModuleState *state, shoal_taken *taken);
/* A copy of a message; arrays are NdArrays of their own. */
PyObject *message_read(ModuleState *state, const void *bytes, size_t size);

/* block= and timeout= of the methods of queue.Queue; NULL: not given. Without blocking the timeout is not looked at. */
int arg_blocking(PyObject *block, PyObject *timeout, shoal_time *deadline);
/* Is the time over, of which waiting may be no part? */
static inline bool is_over_at(shoal_time deadline)
{
    return deadline != SHOAL_FOREVER && deadline != SHOAL_NO_WAIT && shoal_now() >= deadline;
}

#endif
