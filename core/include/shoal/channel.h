/*
 * Channel: frames, of which readers want the newest. A writer never waits for readers, and a frame that a reader has
 * pinned stays as it is. Part of shoal.h. shoal_object_describe gives dtype and shape (or nil), bytes, slots, history,
 * newest, dropped, writing and pinned (pids).
 */
#ifndef SHOAL_CHANNEL_H
#define SHOAL_CHANNEL_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A channel has a few slots, each with room for a frame. A writer takes a slot that is neither the newest frame nor
 * pinned, the one with the oldest frame first, fills it without any lock, and publishes it. A reader pins the slot of
 * the frame it wants: from then on no writer takes that slot. There are enough slots for nobody to be in the way if
 * there are as many as writers and different frames that are pinned at one time, and one more.
 *
 * Frames are numbered from 1 on, by all writers together. After 4,294,967,295 comes 1 again; "newer" goes by the
 * shorter way round.
 *
 * A writer or a reader that is killed leaves nothing that is in anybody's way: its slots and pins are given away when
 * somebody wants them. A frame that was not published is gone.
 */
typedef struct shoal_channel_options {
    shoal_dtype dtype; /* number 0: frames of bytes, of any size up to `bytes`; with bytes 0: whatever is there */
    size_t ndim;
    const int64_t *shape; /* of each frame; NULL if ndim is 0 */
    uint64_t bytes;
    uint32_t slots; /* 3 to 16; 0: 8, or whatever is there */
    uint32_t
        history; /* how many of the newest frames can be read, if nobody takes their slots: 1 to 13, fewer than slots; 0: 1, or whatever is there */
} shoal_channel_options;

#define SHOAL_CHANNEL_SLOTS 16u
#define SHOAL_CHANNEL_HISTORY 13u

SHOAL_API void shoal_channel_options_init(shoal_channel_options *options); /* zeroes */
/*
 * Open the channel, or create it. SHOAL_ENOKEY: there is none, and neither dtype nor bytes are given. SHOAL_EMISMATCH:
 * it has other options. SHOAL_EVALUE: impossible ones. SHOAL_ENOSPACE: memory of all slots is taken at once.
 */
SHOAL_API int shoal_channel_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                 const shoal_channel_options *options);

typedef struct shoal_channel_facts { /* they never change */
    shoal_view frame;                /* data is NULL; dtype.number 0: frames of bytes */
    uint64_t bytes;                  /* of a frame, at most */
    uint32_t slots, history;
} shoal_channel_facts;
SHOAL_API int shoal_channel_facts_of(shoal_channel_facts *out, const shoal_object *channel);
SHOAL_API uint64_t
shoal_channel_newest(const shoal_object *channel); /* the newest frame's number; 0: none, or an error */
SHOAL_API uint64_t shoal_channel_dropped(const shoal_object *channel); /* how often a writer found no slot */

/* ---- Frames that are held: reference-counted, for languages and for views that outlive their channel ---- */

/*
 * A slot that this process has: begun by it, or pinned. Every function of a frame may be called from any thread. A frame
 * keeps its channel's handle and memory until it is closed.
 */
typedef struct shoal_frame shoal_frame;
/*
 * A slot to write into; what it held is arbitrary. Never waits for readers.
 *
 *   SHOAL_EFULL      all slots are being written or pinned: the frame is dropped, and counted in `dropped`.
 *   SHOAL_ETIMEDOUT  another process was stopped just while it began or published, and did not go on within a second.
 */
SHOAL_API int shoal_channel_begin(shoal_frame **out, shoal_object *channel);
/*
 * Make what was begun the newest frame, of `size` bytes (of a channel with a shape: of all its bytes). The slot is
 * everybody's then: the frame can only be closed. SHOAL_EVALUE: larger than the slot. SHOAL_ELOCK: it is not being
 * written, or by the parent of this process. SHOAL_ETIMEDOUT: as begin; call again.
 */
SHOAL_API int shoal_frame_publish(shoal_frame *frame, uint64_t size);
#define SHOAL_NEWEST UINT64_MAX /* in place of a number to be newer than */
/*
 * Pin a frame to read it in place: the oldest that is still there and newer than this number (0: all are), or the newest.
 * SHOAL_ETIMEDOUT: there is none. SHOAL_EREADONLY: a readonly attach cannot pin: shoal_channel_copy.
 */
SHOAL_API int shoal_channel_pin(shoal_frame **out, shoal_object *channel, uint64_t newer_than);
SHOAL_API shoal_frame *shoal_frame_retain(shoal_frame *frame);
/* The last one unpins it, or drops what was begun and not published; in a forked child it does neither. NULL is allowed. */
SHOAL_API void shoal_frame_close(shoal_frame *frame);
/*
 * What was begun is given back at once, whoever has references; its memory is lost to them. Does nothing to a frame that
 * is published or pinned, or that the parent of this process began.
 */
SHOAL_API void shoal_frame_drop(shoal_frame *frame);
SHOAL_API void *shoal_frame_data(const shoal_frame *frame);    /* 64-byte aligned; of a pinned frame: only to be read */
SHOAL_API uint64_t shoal_frame_size(const shoal_frame *frame); /* begun: the room that there is */
SHOAL_API uint64_t shoal_frame_number(const shoal_frame *frame); /* 0 until it is published */
SHOAL_API uint64_t
shoal_frame_time(const shoal_frame *frame); /* when it was published: nanoseconds since 1970, exact to a few ms */
/*
 * SHOAL_OK if its memory may be touched. SHOAL_ECLOSED: it is published or dropped, or was the parent's before a fork.
 * shoal_frame_lost points to a flag that says so, as shoal_object_lost; it is valid until the frame is closed.
 */
SHOAL_API int shoal_frame_usable(const shoal_frame *frame);
SHOAL_API const bool *shoal_frame_lost(const shoal_frame *frame);

/* ---- The same without memory of its own, for C: the channel's handle must stay open as long as a slot is held ---- */

typedef struct shoal_slot {
    void *data;
    uint64_t size, number, time;
    uint32_t slot, zero;
} shoal_slot;
SHOAL_API int shoal_slot_begin(shoal_slot *out, shoal_object *channel);
SHOAL_API int shoal_slot_publish(shoal_object *channel, shoal_slot *slot, uint64_t size);
SHOAL_API int shoal_slot_drop(shoal_object *channel, shoal_slot *slot);
SHOAL_API int shoal_slot_pin(shoal_slot *out, shoal_object *channel, uint64_t newer_than);
SHOAL_API int shoal_slot_unpin(shoal_object *channel, shoal_slot *slot);

/* ---- Copies ---- */

/*
 * Copy a frame, chosen as pin does; also through a readonly attach. It is retried when a writer takes the slot
 * meanwhile. SHOAL_LARGER: *size is what is needed.
 */
SHOAL_API int shoal_channel_copy(void *buffer, size_t capacity, size_t *size, uint64_t *number, uint64_t *time,
                                 const shoal_object *channel, uint64_t newer_than);
/*
 * Wait until there is a frame newer than `newer_than` (0: any). SHOAL_ETIMEDOUT, SHOAL_EINTR. In pieces:
 * SHOAL_WAIT_FRAME with newer_than as the argument. Through a readonly attach too, which looks again now and then.
 */
SHOAL_API int shoal_channel_wait(const shoal_object *channel, uint64_t newer_than, shoal_time deadline);

#endif
