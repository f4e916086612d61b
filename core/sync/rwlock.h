/*
 * The recoverable readers-writer lock. Implements docs/recovery.md, "RWLock".
 *
 * The writers' side is a lock word (sync/mutex.h), which the caller takes before `shoal__rwlock_drain_try` and gives back with
 * `shoal__rwlock_write_unlock`. Each peer has one cell that counts its reads:
 *
 *   bits 0-14   reads of that peer
 *   bit 15      WAITING: the peer wants to read, and a writer is inside
 *   bits 16-31  the peer's incarnation; of another than the present one: empty
 *
 * Cells of neighbouring slots lie in different cache lines, so that readers do not take them from each other; `lines` and
 * `rows` say which were ever used, so that a writer looks only there.
 */
#ifndef SHOAL_SYNC_RWLOCK_H
#define SHOAL_SYNC_RWLOCK_H

#include "sync/hold.h"

#define RWLOCK_LINES 64u

struct rwlock_sh {
    struct hold_sh writer;
    shoal_word gate;                     /* eventcount: readers sleep on it until a writer has left */
    shoal_word readers_wait;             /* 1: some reader's cell may be WAITING. Cleared by a writer in its grace */
    shoal_word drain;                    /* eventcount: the writer sleeps on it until readers have left, or come in */
    uint32_t stride;                     /* cells in a line; written once */
    shoal_word lines[RWLOCK_LINES / 32]; /* bit i: line i was used. Never cleared */
    shoal_word rows;                     /* cells from here on of each line were never used. Never decreases */
    shoal_word idle_since;               /* a moment: when the writer said IDLE last. Advice */
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

/* What a cell says of the peer `me`: nothing, if an earlier user of the slot left it. */
static inline uint32_t shoal__rwlock_content(uint32_t seen, uint32_t me)
{
    return (seen & 0xffff0000u) == shoal__rwlock_tag(me) ? seen & 0xffff : 0;
}

/*
 * Count this peer's read, if no writer is inside: SHOAL_OK, SHOAL_RECOVERED (the last writer died), SHOAL_PENDING, or
 * SHOAL_EOVERFLOW (more reads than a cell counts; without a sentence). `waiting`: RWLOCK_WAITING if other threads of this
 * process wait to read, else 0.
 */
int shoal__rwlock_enter(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting);
/* The same for one who waits: PENDING fills in what to sleep on. When slice_over, a dead writer is set aside. */
int shoal__rwlock_read_try(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting,
                           struct shoal__wait *wait);
void shoal__rwlock_read_cancel(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting);
void shoal__rwlock_nobody_waits(struct rwlock_sh *rwlock, const struct shoal_party *party); /* any more, of this peer */
/* The writer is dead: its word becomes a free one that tells of it, for readers and for the next writer. */
bool shoal__rwlock_set_aside(struct rwlock_sh *rwlock, const struct shoal_party *party);
void shoal__rwlock_leave(struct rwlock_sh *rwlock, uint32_t me, uint32_t reads);

/* The word is ours. 0: nobody reads, and nobody waits to: we may write. */
bool shoal__rwlock_is_empty(const struct rwlock_sh *rwlock);
/* Otherwise: let those in who waited, then wait for all to leave. SHOAL_OK or SHOAL_PENDING. Begin with phase 0. */
int shoal__rwlock_drain_try(struct rwlock_sh *rwlock, const struct shoal_party *party, struct shoal__wait *wait);
/*
 * The word of a writer that sleeps on `drain` says IDLE: it is not inside, and has nothing half done. Who wakes takes its
 * word back before it does anything (its value; 0: another has it by now, begin anew). Who waits for such a writer longer than
 * any slice takes the word from it, as it is stopped: then it is free.
 */
void shoal__rwlock_idle(struct rwlock_sh *rwlock);
uint32_t shoal__rwlock_take_back(struct rwlock_sh *rwlock, const struct shoal_party *party);
bool shoal__rwlock_set_idle_aside(struct rwlock_sh *rwlock);
/* Stop waiting for that, the word still ours: those who waited to come in have had their turn. */
void shoal__rwlock_drain_stop(struct rwlock_sh *rwlock, const struct shoal_party *party,
                              const struct shoal__wait *wait);
/* The word is ours: the owner bits of one who reads or waits to, and lives; 0: nobody does. */
uint32_t shoal__rwlock_reader(struct rwlock_sh *rwlock, const struct shoal_party *party);
/* recovered: let go as if the owner had died. */
void shoal__rwlock_write_unlock(struct rwlock_sh *rwlock, bool recovered);
/* The slot's number came round: reads and a write of its users of old are over. */
void shoal__rwlock_forget(struct rwlock_sh *rwlock, uint32_t slot);
/* The word is ours: count a read as well. False: the cell is full. */
bool shoal__rwlock_count_read(struct rwlock_sh *rwlock, const struct shoal_party *party);

#endif
