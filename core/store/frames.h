/*
 * The slots of a Channel and the pins on them. Implements docs/recovery.md, "Channel"; docs/format.md has the layout.
 *
 * `newest` decides which frames are published; the other words of a slot say who fills it and which frame it has. A peer
 * pins slots by bits in a cell of its own, where an RWLock has it: bits 0-15 are slots, bits 16-31 the incarnation of the
 * peer that wrote it (to a later user of the slot of the roster the cell is empty).
 *
 * A reader sets its bit and then looks at the slot's number; a writer sets the number to 0 and then looks at the cells,
 * all sequentially consistent: a store-load (Dekker) pair, of which one sees the other.
 */
#ifndef SHOAL_STORE_FRAMES_H
#define SHOAL_STORE_FRAMES_H

#include "segment/segment.h"

#define FRAMES_LINES 64u
#define FRAMES_MOST_CELLS 32u /* in a line: for 2,047 slots of the roster */

struct slot_sh {
    shoal_word owner;              /* owner bits of the process that fills it; 0: nobody */
    shoal_word number;             /* of the frame in it; 0: none that can be read */
    uint64_t size;                 /* of that frame, bytes */
    uint32_t seconds, nanoseconds; /* when it was published, since 1970 */
    uint32_t thread; /* the low bits of the number that the owner's process gives the thread that fills it */
    uint32_t zero[9];
};
_Static_assert(sizeof(struct slot_sh) == 64, "docs/format.md, Channel");

struct channel_sh {
    /* Constants. */
    uint32_t dtype, itemsize, ndim; /* dtype 0: frames of bytes */
    uint32_t slots, history;
    uint32_t cells;  /* in a line */
    uint64_t bytes;  /* of a frame, at most */
    uint64_t stride; /* from slot to slot, a multiple of 64 */
    uint64_t data;   /* offset of the first slot from the start of this struct */
    uint64_t zero;
    uint8_t gap0[8];
    int64_t shape[SHOAL_MAX_DIMS];

    /* Written with `lock`, but the mark of those who sleep on `frames`. */
    shoal_word lock;   /* of writers: while they begin, and while they publish */
    shoal_word newest; /* number of the newest frame: decides */
    shoal_word frames; /* eventcount: readers sleep on it */
    shoal_word dropped;
    uint8_t gap1[48];
    shoal_word where[16]; /* the slot of frame n: where[n % 16] */
    struct slot_sh slot[SHOAL_CHANNEL_SLOTS];

    shoal_word lines[FRAMES_LINES / 32]; /* bit i: line i of the cells was used. Never cleared */
    shoal_word rows;                     /* in no line was a cell from this index on ever used. Never decreases */
    uint32_t nothing;
    uint8_t gap2[48];
    shoal_word cell[]; /* of the peer in slot s of the roster: (s % 64) * cells + s / 64 */
};
_Static_assert(offsetof(struct channel_sh, lock) == 320 && offsetof(struct channel_sh, where) == 384 &&
                   offsetof(struct channel_sh, slot) == 448 && offsetof(struct channel_sh, lines) == 1472 &&
                   sizeof(struct channel_sh) == 1536,
               "docs/format.md, Channel");

/* A channel's body, with what was believed of it after a look. */
struct shoal_frames {
    struct channel_sh *channel;
    unsigned char *data; /* of the first slot */
    uint64_t stride, bytes;
    uint32_t slots, history, cells;
};

static inline uint64_t shoal__frames_data(uint32_t cells)
{
    return sizeof(struct channel_sh) + 4ull * FRAMES_LINES * cells;
}

static inline unsigned char *shoal__frame_data(const struct shoal_frames *frames, uint32_t slot)
{
    return frames->data + slot * frames->stride;
}

/* Is a frame of number `one` newer than one of number `other`? */
static inline bool shoal__frame_is_newer(uint32_t one, uint32_t other)
{
    return (int32_t)(one - other) > 0;
}

/*
 * Take the slot with the oldest frame of those that nobody fills or has pinned, and that is not the newest: SHOAL_OK,
 * SHOAL_EFULL, or SHOAL_ETIMEDOUT: the lock could not be had until `deadline`.
 */
int shoal__frames_begin(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t thread,
                        shoal_time deadline, uint32_t *slot);
/* Make what this process fills the newest frame; it has the slot no more. SHOAL_OK, SHOAL_ETIMEDOUT. */
int shoal__frames_publish(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t slot,
                          uint64_t size, shoal_time deadline, uint32_t *number);
void shoal__frames_drop(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t slot);
/* Does this process fill the slot? */
bool shoal__frames_is_filling(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t slot);

/* The frame that shoal_channel_pin gives: its number and slot, or false: there is none. */
bool shoal__frames_choose(const struct shoal_frames *frames, uint64_t newer_than, uint32_t *number, uint32_t *slot);
/* Is there a frame newer than that? */
bool shoal__frames_has_newer(const struct channel_sh *channel, uint32_t newer_than);
/* Set our bit of the slot. Then the frame is pinned if the slot still has this number: else take the bit out. */
bool shoal__frames_pin(const struct shoal_frames *frames, uint32_t me, uint32_t slot, uint32_t number);
void shoal__frames_unpin(const struct shoal_frames *frames, uint32_t me, uint32_t slot);
/* Has the slot still this frame, after what was copied from it? */
bool shoal__frames_is_still(const struct shoal_frames *frames, uint32_t slot, uint32_t number);

/* The n-th peer with pins, from 0 on: its owner bits, and *slots; 0: there are no more. For people to read. */
uint32_t shoal__frames_pinner(const struct shoal_frames *frames, const struct shoal_segment *segment, uint32_t *at,
                              uint32_t *slots);
/* The incarnations of a slot of the roster wrapped around: what earlier users of it left is nobody's. */
void shoal__frames_forget(struct channel_sh *channel, uint32_t roster_slot);

#endif
