/*
 * Queue: messages, first in first out. Part of shoal.h. shoal_object_describe gives capacity, messages, used (bytes), shut,
 * and shut_now (after an immediate shutdown).
 */
#ifndef SHOAL_QUEUE_H
#define SHOAL_QUEUE_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * Any number of processes put, and any number get; each message is a copy of bytes, by convention one item of MessagePack.
 * A message that was put stays until it is got, whoever dies. It is got at most once: one that a process has got goes with it
 * if it dies. Messages of one producer are got in the order in which they were put.
 *
 * A message of up to SHOAL_QUEUE_SMALL bytes lies in the queue's own memory, with 8 more bytes, rounded up to 16. A larger
 * one lies in whole pages of its own, which change hands: it is copied once, without any lock, when it is put, and not at
 * all when it is got. Both count for the capacity, but an empty queue takes any message that is not larger than its capacity.
 */
#define SHOAL_QUEUE_SMALL 8192u
#define SHOAL_QUEUE_CAPACITY ((uint64_t)1 << 20)

/*
 * Open the queue, or make it. `capacity` in bytes, up to 16 GiB; 0: as it is, or SHOAL_QUEUE_CAPACITY if it is made. SHOAL_EMISMATCH when
 * it exists with another capacity; SHOAL_ENOSPACE: the memory of small messages, `capacity` rounded up to a power of two (at
 * most 1 GiB), is taken when the queue is made.
 */
SHOAL_API int shoal_queue_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                               uint64_t capacity);
SHOAL_API uint64_t shoal_queue_capacity(const shoal_object *queue);
/* How many messages are there to be got: exact, and also through a readonly attach. 0 after an immediate shutdown. */
SHOAL_API int shoal_queue_size(uint64_t *out, const shoal_object *queue);
SHOAL_API int shoal_queue_used(uint64_t *out, const shoal_object *queue); /* bytes of the capacity */

/*
 * Put one message.
 *   SHOAL_OK         it is there.
 *   SHOAL_EFULL      there was no room before the deadline; or another process was at work in the queue all that time
 *                    without getting on (it was stopped, say: the sentence names it).
 *   SHOAL_ESHUT      the queue was shut.
 *   SHOAL_EVALUE     the message is larger than the capacity: it will never fit.
 *   SHOAL_ENOSPACE   (a large one) the segment has no room for it.
 *   SHOAL_EINTR      a signal came first, or the context's slice is over: nothing was put; call again with the same deadline.
 * Whatever the status but SHOAL_OK, nothing was put. The deadline bounds the whole call. With SHOAL_NO_WAIT a call waits for
 * no room, but up to half a second for others who are at work in the queue and run (20 ms for one who is stopped). With SHOAL_GLANCE it does not wait at all, never copies
 * more than SHOAL_QUEUE_SMALL bytes, and SHOAL_EFULL only means: call again with the real deadline.
 *
 * shoal_queue_put_string and shoal_queue_put_array encode one string (SHOAL_STR, SHOAL_BIN or SHOAL_STR_OR_BIN:
 * shoal_value_put_string) or one array and copy what it has once, from where it is. If a large message is an array, its elements
 * lie at a multiple of 64 bytes where it is got.
 */
SHOAL_API int shoal_queue_put(shoal_object *queue, const void *bytes, size_t size, shoal_time deadline);
SHOAL_API int shoal_queue_put_string(shoal_object *queue, int type, const void *bytes, size_t size,
                                     shoal_time deadline);
SHOAL_API int shoal_queue_put_array(shoal_object *queue, const shoal_view *view, shoal_time deadline);

/*
 * Put these messages, in their order: all that fit at a time become visible at once, and if not all fit it waits for room as
 * shoal_queue_put does. *done: so many were put, from the first, also after an error. SHOAL_OK: all. Before anything is put it
 * is SHOAL_EVALUE if one of them is larger than the capacity.
 */
typedef struct shoal_bytes {
    const void *bytes;
    size_t size;
} shoal_bytes;
SHOAL_API int shoal_queue_put_many(size_t *done, shoal_object *queue, const shoal_bytes *messages, size_t count,
                                   shoal_time deadline);

/*
 * A message that this process has got. `bytes` points into the caller's buffer; or, if `in_place`, to pages that are this
 * process's own now, at an even address or, of an array, so that its elements are aligned (above): use them in place as long as
 * you like, and also write there. shoal_taken_end gives the pages back; it may be called from any thread, and after the queue
 * was closed: a taken message keeps the segment attached. It does nothing to one in a buffer, or to one that has ended. The
 * struct may be moved, but not used twice. In a forked child the bytes are the parent's, who may give them back:
 * shoal_taken_is_ours says no there, and shoal_taken_end leaves the pages to the parent.
 */
typedef struct shoal_taken {
    const void *bytes;
    size_t size;
    bool in_place;
    uint64_t reserved[4]; /* for the library */
} shoal_taken;
SHOAL_API void shoal_taken_end(shoal_taken *taken);
SHOAL_API bool shoal_taken_is_ours(const shoal_taken *taken);

/*
 * Get the next message; `buffer` has room for SHOAL_QUEUE_SMALL bytes.
 *   SHOAL_OK      *out has it: call shoal_taken_end when it is not needed any more.
 *   SHOAL_EEMPTY  there was none before the deadline; or as SHOAL_EFULL says.
 *   SHOAL_ESHUT   the queue was shut, and there is none and will be none any more.
 *   SHOAL_EINTR   as above.
 */
SHOAL_API int shoal_queue_get(shoal_taken *out, shoal_object *queue, void *buffer, shoal_time deadline);
/*
 * Wait as shoal_queue_get until there is a message, then get up to `limit` of those that are there at once. Small ones are
 * copied to `buffer` one after the other, each at a multiple of 8 bytes, as long as they fit its `size` (at least
 * SHOAL_QUEUE_SMALL). *count: how many; at least 1 after SHOAL_OK, else 0.
 */
SHOAL_API int shoal_queue_get_many(shoal_taken *out, size_t limit, size_t *count, shoal_object *queue, void *buffer,
                                   size_t size, shoal_time deadline);

/*
 * A loan: pages that are this process's own, to be filled with a message of up to `size` bytes and put without a copy. It may
 * be given a `data_at`: the byte of the message that is to lie at a multiple of 64 bytes. The pages are not zeroed.
 * shoal_queue_put_loan puts the message, `size` bytes from loan->bytes, whose size may be smaller than what was lent; statuses
 * as of shoal_queue_put. After SHOAL_OK the loan is over; else it goes on, and can be put again. shoal_loan_end gives it
 * back; it may be called from any thread, after the queue was closed, and for a loan that is over. As with shoal_taken, a loan keeps
 * the segment attached, may be moved, and belongs to the process that took it: another's is SHOAL_ELOCK.
 * The deadline of shoal_queue_loan bounds how long it waits for others who take memory: SHOAL_ETIMEDOUT.
 */
typedef struct shoal_loan {
    void *bytes;
    size_t size;
    uint64_t reserved[4]; /* for the library */
} shoal_loan;
SHOAL_API int shoal_queue_loan(shoal_loan *out, shoal_object *queue, size_t size, size_t data_at, shoal_time deadline);
/* For an array of the shape and dtype of `view`: its head is written, and view->data points to its elements, in C order. */
SHOAL_API int shoal_queue_loan_array(shoal_loan *out, shoal_view *view, shoal_object *queue, shoal_time deadline);
SHOAL_API int shoal_queue_put_loan(shoal_loan *loan, size_t size, shoal_time deadline);
SHOAL_API void shoal_loan_end(shoal_loan *loan);

/*
 * No more puts: those that wait end with SHOAL_ESHUT. What is there can still be got; then gets, also those that wait, end with
 * SHOAL_ESHUT. immediate: what is there is dropped, too. For good; shutting again is allowed.
 *
 * Waits (shoal/wait.h): SHOAL_WAIT_PUT until there is room for a message of `argument` bytes, SHOAL_WAIT_GET until there is a
 * message; SHOAL_ESHUT where the call would say so. Others may be quicker: afterwards try with SHOAL_NO_WAIT.
 */
SHOAL_API int shoal_queue_shut(shoal_object *queue, bool immediate);
SHOAL_API bool shoal_queue_is_shut(const shoal_object *queue);

#endif
