/*
 * The recoverable readers-writer lock. Implements docs/recovery.md, "RWLock".
 *
 * The writers' side is a lock word (sync/mutex.h), which the caller takes before `shoal__rwlock_drain_try` and releases
 * with `shoal__rwlock_write_unlock`. Each peer has one cell that counts its reads:
 *
 *   bits 0-14   reads of that peer
 *   bit 15      WAITING: the peer wants to read, and a writer is inside
 *   bits 16-31  the incarnation of the peer that wrote it; to a later user of the slot the cell is empty
 *
 * Cells of neighbouring slots lie in different cache lines, so that readers do not contend for them; `lines` and `rows`
 * say which cells were ever used, so that a writer looks only at those.
 */
#ifndef SHOAL_SYNC_RWLOCK_H
#define SHOAL_SYNC_RWLOCK_H

#include "sync/hold.h"

#define RWLOCK_LINES 64u

struct rwlock_sh {
    struct hold_sh writer;
    shoal_word gate;         /* eventcount: readers sleep on it until a writer has left */
    shoal_word readers_wait; /* 1: some reader's cell may be WAITING. A writer in its grace clears it */
    shoal_word drain; /* eventcount: the writer sleeps on it until readers have left, or, in its grace, come in */
    uint32_t stride;  /* cells in a line; written once */
    shoal_word lines[RWLOCK_LINES / 32]; /* bit i: line i was used. Never cleared */
    shoal_word rows;                     /* in no line was a cell from this index on ever used. Never decreases */
    shoal_word idle_since;               /* ms: when the writer last set IDLE. A hint */
    uint32_t zero[2];
    shoal_word cell[]; /* of slot s: (s % 64) * stride + s / 64 */
};
_Static_assert(sizeof(struct rwlock_sh) == 64, "docs/format.md, RWLock");

static inline uint32_t shoal__rwlock_stride(uint32_t slots)
{
    return (slots + RWLOCK_LINES - 1) / RWLOCK_LINES;
}

static inline uint64_t shoal__rwlock_size(uint32_t slots)
{
    return sizeof(struct rwlock_sh) + 4ull * RWLOCK_LINES * shoal__rwlock_stride(slots);
}

#define RWLOCK_COUNT 0x7fffu
#define RWLOCK_WAITING 0x8000u

static inline uint32_t shoal__rwlock_index(const struct rwlock_sh *rwlock, uint32_t slot)
{
    return slot % RWLOCK_LINES * rwlock->stride + slot / RWLOCK_LINES;
}

static inline shoal_word *shoal__rwlock_cell(struct rwlock_sh *rwlock, uint32_t me)
{
    return &rwlock->cell[shoal__rwlock_index(rwlock, (me & MUTEX_SLOT) - 1)];
}

static inline uint32_t shoal__rwlock_tag(uint32_t me)
{
    return (me & MUTEX_INCARNATION) >> 12 << 16;
}

/* What a cell says of the peer `me`: 0 if an earlier user of the slot left it. */
static inline uint32_t shoal__rwlock_content(uint32_t seen, uint32_t me)
{
    return (seen & 0xffff0000u) == shoal__rwlock_tag(me) ? seen & 0xffff : 0;
}

/*
 * Count this peer's read, if no writer is inside: SHOAL_OK, SHOAL_RECOVERED (the last writer died), SHOAL_PENDING, or
 * SHOAL_EOVERFLOW (the cell is full; sets no error message). `waiting`: RWLOCK_WAITING if other threads of this process
 * wait to read, else 0.
 */
int shoal__rwlock_enter(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting);
/*
 * The same for a waiter: SHOAL_PENDING comes with the word to sleep on. With wait.slice_over the word is freed first if
 * its writer is dead, or has been IDLE for long.
 */
int shoal__rwlock_read_try(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting,
                           struct shoal__wait *wait);
void shoal__rwlock_read_cancel(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting);
/* Clear WAITING in our cell, when no thread of this peer waits to read any more. */
void shoal__rwlock_nobody_waits(struct rwlock_sh *rwlock, const struct shoal_party *party);
/* If the writer is dead, free its word and set NEEDREC, for readers and for the next writer. */
bool shoal__rwlock_set_aside(struct rwlock_sh *rwlock, const struct shoal_party *party);
void shoal__rwlock_leave(struct rwlock_sh *rwlock, uint32_t me, uint32_t reads);

/* When the word is ours: true if nobody reads or waits to read; then we may write. */
bool shoal__rwlock_is_empty(const struct rwlock_sh *rwlock);
/*
 * If it is not empty: let waiting readers in, then wait for all to leave. SHOAL_OK or SHOAL_PENDING. wait.phase begins
 * at 0.
 */
int shoal__rwlock_drain_try(struct rwlock_sh *rwlock, const struct shoal_party *party, struct shoal__wait *wait);
/*
 * A writer that sleeps on `drain` sets IDLE in its word: it is not inside yet, so it has left nothing half done. When
 * it wakes it first takes its word back: shoal__rwlock_take_back returns the word, or 0 if another has taken it, and
 * then the writer begins anew. A waiter that finds such a writer still IDLE after five slices frees the word, since the
 * writer is stopped.
 */
void shoal__rwlock_idle(struct rwlock_sh *rwlock);
uint32_t shoal__rwlock_take_back(struct rwlock_sh *rwlock, const struct shoal_party *party);
bool shoal__rwlock_set_idle_aside(struct rwlock_sh *rwlock);
/*
 * Before a writer that gives up releases its word: if it was in its grace, waiting readers lose their turn (their
 * WAITING is cleared).
 */
void shoal__rwlock_drain_stop(struct rwlock_sh *rwlock, const struct shoal_party *party,
                              const struct shoal__wait *wait);
/* When the word is ours: the owner bits of a live process that reads or waits to read; 0: none. */
uint32_t shoal__rwlock_reader(struct rwlock_sh *rwlock, const struct shoal_party *party);
/* `recovered`: release as if the owner had died. */
void shoal__rwlock_write_unlock(struct rwlock_sh *rwlock, bool recovered);
/* The slot's incarnation wrapped around: reads and writes of its earlier users are over. */
void shoal__rwlock_forget(struct rwlock_sh *rwlock, uint32_t slot);
/* When the word is ours: count a read of ours as well. False: the cell is full. */
bool shoal__rwlock_count_read(struct rwlock_sh *rwlock, const struct shoal_party *party);

#endif
