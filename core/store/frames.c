/* Implements docs/recovery.md, "Channel". */
#include "store/frames.h"

#include "platform/clock.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/alive.h"
#include "sync/eventcount.h"

#define ALL_SLOTS 0xffffu

/* ---- Cells ---- */

static inline uint32_t tag_of(uint32_t me)
{
    return (me & MUTEX_INCARNATION) >> 12 << 16;
}

static inline shoal_word *cell_of(const struct shoal_frames *frames, uint32_t roster_slot)
{
    return &frames->channel->cell[roster_slot % FRAMES_LINES * frames->cells + roster_slot / FRAMES_LINES];
}

/* Announce our line and row before the first store into our cell: a writer looks only at announced ones. */
static void use_cell(struct channel_sh *channel, uint32_t roster_slot)
{
    uint32_t line = roster_slot % FRAMES_LINES, row = roster_slot / FRAMES_LINES, rows = load_relaxed(&channel->rows);
    while (rows <= row && !compare_swap(&channel->rows, rows, row + 1))
        rows = load_relaxed(&channel->rows);
    SHOAL_POINT("frame: row known");
    atomic_fetch_or_explicit(&channel->lines[line / 32], 1u << line % 32, memory_order_seq_cst);
    SHOAL_POINT("frame: line known");
}

/* These are acquire loads: a writer that sees our store into the cell sees another's announcement of its line, too. */
static inline void make_known(struct channel_sh *channel, uint32_t roster_slot)
{
    uint32_t line = roster_slot % FRAMES_LINES;
    bool known = load_acquire(&channel->lines[line / 32]) >> line % 32 & 1 &&
                 load_acquire(&channel->rows) > roster_slot / FRAMES_LINES;
    if (__builtin_expect(!known, 0))
        use_cell(channel, roster_slot);
}

static inline uint32_t bits_in(uint32_t cell, uint32_t tag)
{
    return (cell & ~ALL_SLOTS) == tag ? cell & ALL_SLOTS : 0;
}

/* Other threads of this process may change the cell at the same time, and nobody else while we live. */
static inline void change_cell(shoal_word *cell, uint32_t tag, uint32_t set, uint32_t clear)
{
    if (shoal__is_single_threaded()) {
        uint32_t value = tag | ((bits_in(load_relaxed(cell), tag) | set) & ~clear);
        if (set)
            atomic_store(cell, value);
        else
            store_release(cell, value);
        return;
    }
    for (;;) {
        uint32_t seen = load_relaxed(cell), bits = bits_in(seen, tag);
        if (compare_swap(cell, seen, tag | ((bits | set) & ~clear)))
            return;
    }
}

bool shoal__frames_pin(const struct shoal_frames *frames, uint32_t me, uint32_t slot, uint32_t number)
{
    uint32_t roster_slot = (me & MUTEX_SLOT) - 1;
    make_known(frames->channel, roster_slot);
    change_cell(cell_of(frames, roster_slot), tag_of(me), 1u << slot, 0);
    SHOAL_POINT("frame: pin noted");
    return load_sequential(&frames->channel->slot[slot].number) == number;
}

void shoal__frames_unpin(const struct shoal_frames *frames, uint32_t me, uint32_t slot)
{
    change_cell(cell_of(frames, (me & MUTEX_SLOT) - 1), tag_of(me), 0, 1u << slot);
    SHOAL_POINT("frame: unpinned");
}

/* ---- Which slots are pinned ---- */

static inline uint32_t owner_of(uint32_t cell, uint32_t roster_slot)
{
    return (roster_slot + 1) | cell >> 16 << 12;
}

/* The bits of this cell, unless `ask` and its peer is dead: then they are taken out. */
static uint32_t bits_of(const struct shoal_party *party, shoal_word *word, uint32_t cell, uint32_t roster_slot,
                        bool ask)
{
    if (!ask || !party->is_dead(party, owner_of(cell, roster_slot)))
        return cell & ALL_SLOTS;
    compare_swap(word, cell, 0); /* or a new peer has changed it, which is alive: it counts */
    SHOAL_POINT("frame: pins of the dead taken out");
    return load_sequential(word) & ALL_SLOTS;
}

/* Bits of the slots that peers have pinned: two peers in neighbouring slots of the roster have cells in different lines. */
static uint32_t pinned(const struct shoal_frames *frames, const struct shoal_party *party, bool ask)
{
    struct channel_sh *channel = frames->channel;
    uint32_t bits = 0, rows = atomic_load(&channel->rows);
    uint64_t lines = atomic_load(&channel->lines[0]) | (uint64_t)atomic_load(&channel->lines[1]) << 32;
    rows = rows < frames->cells ? rows : frames->cells;
    for (; lines; lines &= lines - 1) {
        uint32_t line = (uint32_t)__builtin_ctzll(lines);
        shoal_word *word = &channel->cell[line * frames->cells];
        for (uint32_t row = 0; row < rows; row++, word++) {
            uint32_t cell = load_sequential(word);
            if (__builtin_expect(cell & ALL_SLOTS, 0))
                bits |= bits_of(party, word, cell, row * FRAMES_LINES + line, ask);
        }
    }
    return bits;
}

uint32_t shoal__frames_pinner(const struct shoal_frames *frames, const struct shoal_segment *segment, uint32_t *at,
                              uint32_t *slots)
{
    uint32_t end = frames->cells * FRAMES_LINES;
    for (; *at < end; ++*at) {
        uint32_t cell = load_acquire(cell_of(frames, *at)), owner = owner_of(cell, *at);
        if (!(cell & ALL_SLOTS) || !shoal__is_present(segment, owner))
            continue;
        *slots = cell & ALL_SLOTS;
        ++*at;
        return owner;
    }
    return 0;
}

/* ---- The lock ---- */

/* A number that is above `newest` was given by one who died before the frame was published. */
static void mend(const struct shoal_frames *frames)
{
    struct channel_sh *channel = frames->channel;
    uint32_t newest = load_relaxed(&channel->newest);
    for (uint32_t i = 0; i < frames->slots; i++) {
        shoal_word *number = &channel->slot[i].number;
        if (load_relaxed(number) && (newest == 0 || shoal__frame_is_newer(load_relaxed(number), newest)))
            store_release(number, 0);
        SHOAL_POINT("frame: mended");
    }
}

static inline int lock(const struct shoal_frames *frames, const struct shoal_party *party, shoal_time deadline)
{
    shoal_word *word = &frames->channel->lock;
    if (__builtin_expect(shoal__mutex_try_free(word, party->me), 1))
        return SHOAL_OK;
    int status = shoal__mutex_lock(word, party, deadline);
    if (status == SHOAL_RECOVERED)
        mend(frames);
    return status < 0 ? status : SHOAL_OK;
}

/* ---- Writing ---- */

static uint32_t newest_slot(const struct shoal_frames *frames)
{
    uint32_t newest = load_relaxed(&frames->channel->newest);
    uint32_t slot = load_relaxed(&frames->channel->where[newest % 16]);
    return newest && slot < frames->slots ? 1u << slot : 0;
}

/* Bits of the slots that somebody fills. `ask`: those of the dead are free again. */
static uint32_t filled(const struct shoal_frames *frames, const struct shoal_party *party, bool ask)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < frames->slots; i++) {
        shoal_word *word = &frames->channel->slot[i].owner;
        uint32_t owner = load_acquire(word);
        if (owner && ask && party->is_dead(party, owner) && compare_swap(word, owner, 0))
            owner = 0;
        SHOAL_POINT("frame: owner looked at");
        bits |= owner ? 1u << i : 0;
    }
    return bits;
}

/* The slot with the oldest frame of those that are not in `busy`, one without a frame before all; -1: all are. */
static int oldest(const struct shoal_frames *frames, uint32_t busy)
{
    uint32_t newest = load_relaxed(&frames->channel->newest), most = 0;
    int best = -1;
    for (uint32_t i = 0; i < frames->slots; i++) {
        if (busy >> i & 1)
            continue;
        uint32_t number = load_relaxed(&frames->channel->slot[i].number);
        uint32_t age = number ? newest - number : UINT32_MAX;
        if (best < 0 || age > most) {
            best = (int)i;
            most = age;
        }
    }
    return best;
}

/*
 * Take this slot, unless a reader pins it just now. A death before `number` is 0 leaves the frame readable; after it the
 * slot is without a frame, and its owner is dead.
 */
static bool take(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t index, uint32_t thread,
                 bool ask, uint32_t *busy)
{
    struct slot_sh *slot = &frames->channel->slot[index];
    uint32_t number = load_relaxed(&slot->number);
    slot->thread = thread;
    store_relaxed(&slot->owner, party->me);
    SHOAL_POINT("frame: owned");
    atomic_store(&slot->number, 0);
    SHOAL_POINT("frame: unreadable");
    uint32_t pins = pinned(frames, party, ask);
    *busy |= pins;
    if (!(pins >> index & 1))
        return true;
    store_release(&slot->number, number);
    SHOAL_POINT("frame: readable again");
    store_release(&slot->owner, 0);
    return false;
}

static int find(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t thread, bool ask)
{
    uint32_t busy = newest_slot(frames) | filled(frames, party, ask);
    for (;;) {
        int slot = oldest(frames, busy);
        if (slot < 0 || take(frames, party, (uint32_t)slot, thread, ask, &busy))
            return slot;
        busy |= 1u << slot;
    }
}

/* The dead are looked for only if there is no slot otherwise. */
int shoal__frames_begin(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t thread,
                        shoal_time deadline, uint32_t *slot)
{
    int status = lock(frames, party, deadline);
    if (status < 0)
        return status;
    int found = find(frames, party, thread, false);
    if (found < 0)
        found = find(frames, party, thread, true);
    if (found < 0)
        store_relaxed(&frames->channel->dropped, load_relaxed(&frames->channel->dropped) + 1);
    shoal__mutex_unlock(&frames->channel->lock);
    fence_release(); /* readers that copy: `number` is 0 before the first byte */
    *slot = (uint32_t)found;
    return found < 0 ? SHOAL_EFULL : SHOAL_OK;
}

int shoal__frames_publish(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t index,
                          uint64_t size, shoal_time deadline, uint32_t *number)
{
    struct channel_sh *channel = frames->channel;
    struct slot_sh *slot = &channel->slot[index];
    int status = lock(frames, party, deadline);
    if (status < 0)
        return status;
    uint32_t next = load_relaxed(&channel->newest) + 1;
    next += next == 0;
    slot->size = size;
    shoal__coarse_moment(&slot->seconds, &slot->nanoseconds);
    store_release(&slot->number, next);
    SHOAL_POINT("frame: numbered");
    store_release(&channel->where[next % 16], index);
    SHOAL_POINT("frame: found by its number");
    store_before_exchange(&channel->newest, next); /* the release of the lock */
    SHOAL_POINT("frame: published");
    store_release(&slot->owner, 0);
    SHOAL_POINT("frame: owned no more");
    shoal__mutex_unlock(&channel->lock);
    SHOAL_POINT("frame: nobody woken");
    shoal__eventcount_notify(&channel->frames, INT32_MAX);
    *number = next;
    return SHOAL_OK;
}

bool shoal__frames_is_filling(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t slot)
{
    return slot < frames->slots && party->me && load_relaxed(&frames->channel->slot[slot].owner) == party->me;
}

/* Its number is 0: it has no frame. */
void shoal__frames_drop(const struct shoal_frames *frames, const struct shoal_party *party, uint32_t slot)
{
    compare_swap(&frames->channel->slot[slot].owner, party->me, 0);
    SHOAL_POINT("frame: dropped");
}

/* ---- Reading ---- */

bool shoal__frames_has_newer(const struct channel_sh *channel, uint32_t newer_than)
{
    uint32_t newest = load_sequential(&channel->newest);
    return newest && (newer_than == 0 || shoal__frame_is_newer(newest, newer_than));
}

/* The number after this one. */
static inline uint32_t after(uint32_t number)
{
    return number + 1 + (number == UINT32_MAX);
}

static uint32_t first_wanted(const struct shoal_frames *frames, uint32_t newest, uint64_t newer_than)
{
    uint32_t behind = newest - (uint32_t)newer_than;
    if (newer_than == SHOAL_NEWEST || frames->history == 1)
        return newest;
    if (behind <= frames->history)
        return after((uint32_t)newer_than);
    uint32_t kept = newest - frames->history + 1;
    return kept && kept <= newest ? kept : 1; /* just after the numbers began again, the older ones are left out */
}

bool shoal__frames_choose(const struct shoal_frames *frames, uint64_t newer_than, uint32_t *number, uint32_t *slot)
{
    const struct channel_sh *channel = frames->channel;
    uint32_t newest = load_acquire(&channel->newest);
    bool any = newer_than == SHOAL_NEWEST || newer_than == 0;
    if (!newest || (!any && !shoal__frame_is_newer(newest, (uint32_t)newer_than)))
        return false;
    for (*number = first_wanted(frames, newest, newer_than); *number != newest; *number = after(*number)) {
        *slot = load_acquire(&channel->where[*number % 16]);
        if (*slot < frames->slots && load_acquire(&channel->slot[*slot].number) == *number)
            return true;
    }
    *slot = load_acquire(&channel->where[newest % 16]);
    return *slot < frames->slots;
}

bool shoal__frames_is_still(const struct shoal_frames *frames, uint32_t slot, uint32_t number)
{
    fence_acquire();
    return load_relaxed(&frames->channel->slot[slot].number) == number;
}

/* ---- Owners that are no more ---- */

void shoal__frames_forget(struct channel_sh *channel, uint32_t roster_slot)
{
    uint32_t cells = shoal__once(&channel->cells), at = roster_slot % FRAMES_LINES * cells + roster_slot / FRAMES_LINES;
    shoal__mutex_forget(&channel->lock, roster_slot);
    for (uint32_t i = 0; i < SHOAL_CHANNEL_SLOTS; i++) {
        uint32_t owner = load_relaxed(&channel->slot[i].owner);
        if ((owner & MUTEX_SLOT) == roster_slot + 1)
            compare_swap(&channel->slot[i].owner, owner, 0);
    }
    if (cells > roster_slot / FRAMES_LINES && cells <= FRAMES_MOST_CELLS)
        store_relaxed(&channel->cell[at], 0);
}
