/*
 * Stream: messages for everybody, the oldest of which are written over. Part of shoal.h. shoal_object_describe gives capacity,
 * oldest and newest.
 */
#ifndef SHOAL_STREAM_H
#define SHOAL_STREAM_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * Any number of processes send; each message is a copy of bytes, by convention one item of MessagePack, and has a number: 1,
 * 2, 3 … without a gap. Any number read: each reader has a place of its own (shoal_cursor), and gets every message, in order.
 * Nobody waits for readers: one who is slower than the messages misses some, and is told how many. Readers write nothing, so a
 * readonly attach is a full reader; it waits as shoal_event_wait does there. A message is whole or absent, whoever dies; a
 * sender that dies takes at most its own message with it, and sometimes the oldest ones, whose place it was about to use.
 *
 * Messages lie in a ring: a message takes its bytes and 8 more, rounded up to 16. The greatest takes half of the ring
 * (shoal_stream_limit).
 */
#define SHOAL_STREAM_CAPACITY ((uint64_t)1 << 20)

/*
 * Open the stream, or make it. `capacity`: bytes of the ring, rounded up to a power of two, 1 KiB to 1 GiB; 0: as it is, or
 * SHOAL_STREAM_CAPACITY if it is made. SHOAL_EMISMATCH when it exists with another capacity.
 */
SHOAL_API int shoal_stream_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                uint64_t capacity);
SHOAL_API uint64_t shoal_stream_capacity(const shoal_object *stream); /* of the ring, in bytes */
SHOAL_API uint64_t shoal_stream_limit(const shoal_object *stream);    /* of one message, in bytes */

/*
 * Send one message. It waits for no reader, only for others who are just sending.
 *   SHOAL_OK         it is there; *number is its number.
 *   SHOAL_ETIMEDOUT  another process was sending all that time without getting on (it was stopped, say: the sentence names it).
 *   SHOAL_EVALUE     it is larger than the stream's limit.
 *   SHOAL_EINTR      a signal came first, or the context's slice is over: nothing was sent; call again with the same deadline.
 * Whatever the status but SHOAL_OK, nothing was sent. The deadline bounds the whole call; with SHOAL_NO_WAIT it waits up to
 * 20 ms, with SHOAL_GLANCE not at all.
 */
SHOAL_API int shoal_stream_send(uint64_t *number, shoal_object *stream, const void *bytes, size_t size,
                                shoal_time deadline);

/*
 * The numbers of the oldest message that can still be read, and of the newest; oldest is newest + 1 when there is none, and 1 and
 * 0 when nothing was sent yet.
 */
SHOAL_API int shoal_stream_numbers(uint64_t *oldest, uint64_t *newest, const shoal_object *stream);

/*
 * A reader's place. It is plain memory of the process: it may be copied, which makes another reader at the same place (a forked
 * child has one), and there is nothing to end. One thread at a time uses it, with the stream that it was made for.
 */
typedef struct shoal_cursor {
    uint64_t next;        /* the number of the message that comes next, if it is not missed */
    uint64_t missed;      /* so many were written over before they were read, in all */
    uint64_t reserved[2]; /* for the library */
} shoal_cursor;
/* Begin at the oldest message that is there, or behind the newest. */
SHOAL_API int shoal_stream_reader(shoal_cursor *out, const shoal_object *stream, bool from_start);

/* A message that was read. */
typedef struct shoal_message {
    size_t size;
    uint64_t number;
    uint64_t missed; /* so many between the message that was read before and this one were written over */
} shoal_message;
/*
 * Copy the next message of this reader to `buffer`, and move its place on.
 *   SHOAL_OK         it is there, whole.
 *   SHOAL_LARGER     out->size > capacity: nothing was read. Call again with at least that much room; the message may be written
 *                    over meanwhile, and another be next.
 *   SHOAL_ETIMEDOUT  there was no newer message before the deadline.
 *   SHOAL_ECORRUPT   what lies there is no message. The place is behind it now: the next call goes on, and tells of those that
 *                    could not be read as missed.
 *   SHOAL_EINTR      a signal came first, or the context's slice is over, or messages were written over a thousand times more
 *                    quickly than they could be copied: call again with the same deadline. (With SHOAL_NO_WAIT, or when the
 *                    deadline has passed, the last is SHOAL_ETIMEDOUT.)
 * It waits for no sender, stopped or not. No system call unless it has to wait.
 *
 * Waits (shoal/wait.h): SHOAL_WAIT_GET until there is a message with a number above `argument`: cursor.next - 1. Then read with
 * SHOAL_NO_WAIT.
 */
SHOAL_API int shoal_stream_read(shoal_message *out, shoal_cursor *cursor, const shoal_object *stream, void *buffer,
                                size_t capacity, shoal_time deadline);

#endif
