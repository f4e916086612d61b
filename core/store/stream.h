/*
 * A stream: a ring of records that is written over. Implements docs/recovery.md, "Stream".
 *
 * Writers take turns at `lock`. A write moves `head` past what it will write over, then writes the record and the mark of
 * its number, and then `newest`, which decides: before that store nothing has happened, after it all has. So a death leaves
 * nothing to be mended; between `head` and `newest` it leaves the oldest messages gone a little early.
 *
 * Readers store nothing. They copy, then look again: what was copied counts only if its place is not before `head` by then.
 * A look is of one moment: numbers and positions have 64 bits in it, so that a reader that was away for any length of time
 * is never mistaken.
 */
#ifndef SHOAL_STORE_STREAM_H
#define SHOAL_STORE_STREAM_H

#include "store/record.h"

/* Where message n ends: mark[n % 2]. Written before `newest` is n, and then not before it is n + 1. */
struct mark_sh {
    shoal_word tail, tail_high; /* the position behind it */
    shoal_word number_high;     /* the high half of n */
    shoal_word last;            /* the low half of the position of its record */
};

struct stream_sh {
    uint32_t units; /* of the ring; constant */
    uint32_t zero[15];
    shoal_word lock; /* of the writers: sync/mutex.h */
    uint32_t more_zero[15];
    shoal_word newest; /* the low half of the number of the newest message; 0: none yet */
    shoal_word head;   /* the low half of the position of the oldest record that is whole */
    shoal_word news;   /* an eventcount: readers sleep on it */
    uint32_t still_zero;
    struct mark_sh mark[2];
    uint32_t last_zero[4];
    /* from 192: the ring */
};
_Static_assert(sizeof(struct stream_sh) == 192 && offsetof(struct stream_sh, lock) == 64 &&
                   offsetof(struct stream_sh, newest) == 128 && offsetof(struct stream_sh, mark) == 144,
               "docs/format.md, Stream");

/* What was read of one moment. head <= tail, and tail - head <= units. */
struct shoal__moment {
    uint64_t newest;     /* a number */
    uint64_t head, tail; /* positions */
    uint64_t last;       /* of the newest record; `head` if that is being written over */
};
/*
 * SHOAL_OK; SHOAL_PENDING: messages came more quickly than one can look; SHOAL_ECORRUPT: its positions are impossible.
 * `units` is what the caller has checked, not what the stream says.
 */
int shoal__stream_look(struct shoal__moment *out, const struct stream_sh *stream, uint32_t units);

/* What a message of a ring can have, bytes. */
uint64_t shoal__stream_limit(uint32_t units);
/* For who has the lock: write a message of at most the limit, and return its number. It does not tell anybody. */
uint64_t shoal__stream_write(struct stream_sh *stream, uint32_t units, const void *bytes, uint32_t size);
/* For a stream that nobody else uses yet: the first message is to have this number. */
void shoal__stream_number_from(struct stream_sh *stream, uint64_t number);

/*
 * A place: `at` is a position, `next` the number that is expected there (0: whatever it is), and `skipped` were missed since
 * the last message.
 */
struct shoal__place {
    uint64_t next, at, skipped;
};
struct shoal__record {
    uint64_t number;
    uint32_t size;
};
void shoal__stream_place(struct shoal__place *out, const struct shoal__moment *moment, bool from_start);
/*
 * Copy the message at the place. The place moves forward to what can be read; past the message only with SHOAL_OK.
 *   SHOAL_OK, SHOAL_LARGER  `out` says what it is; with SHOAL_LARGER there was no room, or no buffer, and nothing was copied;
 *   SHOAL_EEMPTY            there is none;
 *   SHOAL_PENDING           it was written over while it was copied, `losses` times in this call: try again;
 *   SHOAL_ECORRUPT          what lies there is no record. The place is behind all that is there.
 */
int shoal__stream_read(struct shoal__record *out, struct shoal__place *place, const struct stream_sh *stream,
                       uint32_t units, void *buffer, size_t capacity, uint32_t losses);

/*
 * Is [head, tail) whole records, whose numbers have no gap? NULL, or what is wrong; also NULL if messages come so quickly that
 * this cannot be told.
 */
const char *shoal__stream_walk(const struct stream_sh *stream, uint32_t units);

#endif
