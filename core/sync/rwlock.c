#include "sync/rwlock.h"

#include "platform/clock.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "sync/eventcount.h"

#define ALL_SLEEPERS INT32_MAX
#define GRACE_TIME ((shoal_time)10000000) /* ns for which a writer lets in the readers that it kept out */

#define STILL 500u /* ms, five slices: a writer that has been IDLE for longer counts as stopped */

enum phase { FRESH, LETTING_IN, LETTING_OUT };

/* ---- Cells ---- */

/*
 * Change the cell of this process, as its other threads may do at the same time: add `reads` to the count, and set or
 * clear WAITING. False: the count is full.
 */
static bool change_cell(struct rwlock_sh *rwlock, uint32_t me, int reads, uint32_t waiting)
{
    shoal_word *cell = shoal__rwlock_cell(rwlock, me);
    for (;;) {
        uint32_t seen = load_relaxed(cell), count = shoal__rwlock_content(seen, me) & RWLOCK_COUNT;
        if (__builtin_expect(reads > 0 && count == RWLOCK_COUNT, 0))
            return false;
        if (compare_swap(cell, seen, shoal__rwlock_tag(me) | waiting | (count + (uint32_t)reads)))
            return true;
    }
}

/* Announce our line and row before the first store into our cell: a writer looks only at announced ones. */
static void use_cell(struct rwlock_sh *rwlock, uint32_t slot)
{
    uint32_t line = slot % RWLOCK_LINES, row = slot / RWLOCK_LINES, rows = load_relaxed(&rwlock->rows);
    while (rows <= row && !compare_swap(&rwlock->rows, rows, row + 1))
        rows = load_relaxed(&rwlock->rows);
    SHOAL_POINT("rwlock: row known");
    atomic_fetch_or_explicit(&rwlock->lines[line / 32], 1u << line % 32, memory_order_seq_cst);
    SHOAL_POINT("rwlock: line known");
}

/*
 * Announce our line and row if nobody has. Another process may have done so: these are acquire loads, so that a writer
 * that sees our store into the cell sees that announcement too.
 */
static inline void make_known(struct rwlock_sh *rwlock, uint32_t me)
{
    uint32_t slot = (me & MUTEX_SLOT) - 1, line = slot % RWLOCK_LINES;
    bool known =
        load_acquire(&rwlock->lines[line / 32]) >> line % 32 & 1 && load_acquire(&rwlock->rows) > slot / RWLOCK_LINES;
    if (__builtin_expect(!known, 0))
        use_cell(rwlock, slot);
}

/* ---- Readers ---- */

static bool keeps_readers_out(uint32_t word)
{
    return (word & MUTEX_SLOT) && !(word & MUTEX_GRACE);
}

int shoal__rwlock_enter(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting)
{
    uint32_t me = party->me;
    make_known(rwlock, me);
    if (!change_cell(rwlock, me, 1, waiting))
        return SHOAL_EOVERFLOW;
    SHOAL_POINT("rwlock: read counted");
    uint32_t word = atomic_load_explicit(&rwlock->writer.word, memory_order_seq_cst);
    if (__builtin_expect(!keeps_readers_out(word), 1)) {
        if (word & MUTEX_SLOT) /* a writer in its grace waits for us */
            shoal__eventcount_notify(&rwlock->drain, 1);
        return word & MUTEX_NEEDREC ? SHOAL_RECOVERED : SHOAL_OK;
    }
    change_cell(rwlock, me, -1, RWLOCK_WAITING);
    SHOAL_POINT("rwlock: uncounted, waiting");
    shoal__eventcount_notify(&rwlock->drain, 1);
    return SHOAL_PENDING;
}

void shoal__rwlock_leave(struct rwlock_sh *rwlock, uint32_t me, uint32_t reads)
{
    shoal_word *cell = shoal__rwlock_cell(rwlock, me);
    uint32_t seen, left;
    do {
        seen = load_relaxed(cell);
        left = shoal__rwlock_content(seen, me) & RWLOCK_COUNT;
        left = left > reads ? left - reads : 0;
    } while (
        !compare_swap(cell, seen, shoal__rwlock_tag(me) | (shoal__rwlock_content(seen, me) & RWLOCK_WAITING) | left));
    SHOAL_POINT("rwlock: read left, writer not told");
    if (left == 0)
        shoal__eventcount_notify(&rwlock->drain, 1);
}

static void open_gate(struct rwlock_sh *rwlock)
{
    if (atomic_load_explicit(&rwlock->readers_wait, memory_order_seq_cst))
        shoal__eventcount_notify(&rwlock->gate, ALL_SLEEPERS);
}

static void give_word(struct rwlock_sh *rwlock, uint32_t seen)
{
    if (seen & MUTEX_WAITERS)
        shoal__wake(&rwlock->writer.word, 1);
    open_gate(rwlock);
}

static uint32_t moment(void)
{
    return (uint32_t)(shoal__coarse_realtime() / (uint64_t)SHOAL_MILLISECOND);
}

/* idle_since is stored first: a process that sees IDLE also sees since when. */
void shoal__rwlock_idle(struct rwlock_sh *rwlock)
{
    store_relaxed(&rwlock->idle_since, moment());
    SHOAL_POINT("rwlock: about to be idle");
    atomic_fetch_or(&rwlock->writer.word, MUTEX_IDLE);
    SHOAL_POINT("rwlock: idle");
}

uint32_t shoal__rwlock_take_back(struct rwlock_sh *rwlock, const struct shoal_party *party)
{
    uint32_t seen;
    do {
        seen = load_acquire(&rwlock->writer.word);
        if ((seen & MUTEX_OWNER) != party->me || !(seen & MUTEX_IDLE))
            return 0;
    } while (!compare_swap(&rwlock->writer.word, seen, seen & ~MUTEX_IDLE));
    SHOAL_POINT("rwlock: word taken back");
    return seen & ~MUTEX_IDLE;
}

/*
 * By the system's clock, which the writer used, too. If that was set meanwhile the writer may seem stopped: no harm, it
 * begins anew.
 */
static bool is_still(const struct rwlock_sh *rwlock)
{
    return moment() - load_relaxed(&rwlock->idle_since) > STILL;
}

bool shoal__rwlock_set_idle_aside(struct rwlock_sh *rwlock)
{
    uint32_t seen = load_acquire(&rwlock->writer.word);
    if (!(seen & MUTEX_IDLE) || !is_still(rwlock))
        return false;
    SHOAL_POINT("rwlock: its writer is still");
    if (!compare_swap(&rwlock->writer.word, seen, seen & (MUTEX_NEEDREC | MUTEX_WAITERS)))
        return false;
    SHOAL_POINT("rwlock: idle writer set aside");
    give_word(rwlock, seen);
    return true;
}

bool shoal__rwlock_set_aside(struct rwlock_sh *rwlock, const struct shoal_party *party)
{
    shoal_word *word = &rwlock->writer.word;
    uint32_t seen = load_acquire(word);
    if (!(seen & MUTEX_SLOT) || !party->is_dead(party, seen))
        return false;
    if (!compare_swap(word, seen, MUTEX_NEEDREC | (seen & MUTEX_WAITERS)))
        return false;
    SHOAL_POINT("rwlock: dead writer set aside");
    give_word(rwlock, seen);
    return true;
}

/*
 * As enter, but for a waiter: it looks at the word first, so that it never counts itself, even for a moment, while a
 * writer keeps readers out.
 */
static int knock(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting)
{
    if (!keeps_readers_out(atomic_load(&rwlock->writer.word)))
        return shoal__rwlock_enter(rwlock, party, waiting);
    make_known(rwlock, party->me);
    change_cell(rwlock, party->me, 0, RWLOCK_WAITING);
    SHOAL_POINT("rwlock: waiting to read");
    return SHOAL_PENDING;
}

int shoal__rwlock_read_try(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting,
                           struct shoal__wait *wait)
{
    for (;;) {
        uint32_t key = shoal__eventcount_prepare(&rwlock->gate);
        int status = knock(rwlock, party, waiting);
        if (status != SHOAL_PENDING)
            return status;
        atomic_store_explicit(&rwlock->readers_wait, 1, memory_order_seq_cst);
        SHOAL_POINT("rwlock: readers wait");
        if (wait->slice_over && (shoal__rwlock_set_aside(rwlock, party) || shoal__rwlock_set_idle_aside(rwlock)))
            continue;
        if (!keeps_readers_out(atomic_load(&rwlock->writer.word)))
            continue; /* the writer left before it could see that we wait */
        wait->word = (const uint32_t *)&rwlock->gate;
        wait->expected = key;
        return SHOAL_PENDING;
    }
}

void shoal__rwlock_nobody_waits(struct rwlock_sh *rwlock, const struct shoal_party *party)
{
    if (load_relaxed(shoal__rwlock_cell(rwlock, party->me)) & RWLOCK_WAITING)
        shoal__rwlock_read_cancel(rwlock, party, 0);
}

void shoal__rwlock_read_cancel(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t waiting)
{
    change_cell(rwlock, party->me, 0, waiting);
    SHOAL_POINT("rwlock: reading given up");
    shoal__eventcount_notify(&rwlock->drain, 1);
}

/* ---- The writer ---- */

/*
 * Does any cell have a bit of `what`? Cells of the dead and of earlier incarnations count, too, until sweep clears
 * them.
 */
static bool any_cell(struct rwlock_sh *rwlock, uint32_t what)
{
    uint32_t rows = atomic_load(&rwlock->rows);
    rows = rows < rwlock->stride ? rows : rwlock->stride;
    for (uint32_t half = 0; half < RWLOCK_LINES / 32; half++)
        for (uint32_t map = atomic_load(&rwlock->lines[half]); map; map &= map - 1) {
            const shoal_word *line = &rwlock->cell[(half * 32 + (uint32_t)__builtin_ctz(map)) * rwlock->stride];
            for (uint32_t i = 0; i < rows; i++)
                if (atomic_load_explicit(&line[i], memory_order_seq_cst) & what)
                    return true;
        }
    return false;
}

bool shoal__rwlock_is_empty(const struct rwlock_sh *rwlock)
{
    return !atomic_load(&((struct rwlock_sh *)rwlock)->readers_wait) &&
           !any_cell((struct rwlock_sh *)rwlock, RWLOCK_COUNT);
}

/* For each cell with a bit of `what`: free it if its peer is dead; else clear the bits `take` in it. */
static void sweep(struct rwlock_sh *rwlock, const struct shoal_party *party, uint32_t what, uint32_t take)
{
    for (uint32_t line = 0; line < RWLOCK_LINES; line++)
        for (uint32_t row = 0; row < rwlock->stride; row++) {
            shoal_word *cell = &rwlock->cell[line * rwlock->stride + row];
            uint32_t seen = load_acquire(cell), slot = row * RWLOCK_LINES + line;
            if (!(seen & what))
                continue;
            if (party->is_dead(party, shoal__mutex_me(slot, seen >> 16)))
                compare_swap(cell, seen, 0);
            else if (take)
                compare_swap(cell, seen, seen & ~take);
            SHOAL_POINT("rwlock: cell swept");
        }
}

/* A reader that comes after we took the word counts itself for a moment before it waits: it is found, too. */
uint32_t shoal__rwlock_reader(struct rwlock_sh *rwlock, const struct shoal_party *party)
{
    sweep(rwlock, party, RWLOCK_COUNT | RWLOCK_WAITING, 0);
    for (uint32_t line = 0; line < RWLOCK_LINES; line++)
        for (uint32_t row = 0; row < rwlock->stride; row++) {
            uint32_t seen = load_sequential(&rwlock->cell[line * rwlock->stride + row]);
            if (seen & (RWLOCK_COUNT | RWLOCK_WAITING))
                return shoal__mutex_me(row * RWLOCK_LINES + line, seen >> 16);
        }
    return 0;
}

static int sleep_on_drain(struct rwlock_sh *rwlock, struct shoal__wait *wait, uint32_t key)
{
    wait->word = (const uint32_t *)&rwlock->drain;
    wait->expected = key;
    return SHOAL_PENDING;
}

static void begin_grace(struct rwlock_sh *rwlock, struct shoal__wait *wait)
{
    atomic_fetch_or(&rwlock->writer.word, MUTEX_GRACE);
    SHOAL_POINT("rwlock: grace begun");
    shoal__eventcount_notify(&rwlock->gate, ALL_SLEEPERS);
    wait->grace_end = shoal_now() + GRACE_TIME;
    wait->phase = LETTING_IN;
}

/* The readers that waited come in now. A reader that does not run within GRACE_TIME loses its turn. */
static bool grace_is_over(struct rwlock_sh *rwlock, const struct shoal_party *party, struct shoal__wait *wait)
{
    atomic_store(&rwlock->readers_wait, 0);
    SHOAL_POINT("rwlock: readers had their turn");
    if (!any_cell(rwlock, RWLOCK_WAITING))
        return true;
    shoal_time rest = wait->grace_end - shoal_now();
    if (rest <= 0) {
        sweep(rwlock, party, RWLOCK_WAITING, RWLOCK_WAITING);
        return true;
    }
    atomic_store(&rwlock->readers_wait, 1);
    if (wait->slice_over)
        sweep(rwlock, party, RWLOCK_WAITING, 0);
    if (wait->slice_over && !any_cell(rwlock, RWLOCK_WAITING))
        return true; /* all waiting readers were dead */
    wait->slice = wait->slice == 0 || rest < wait->slice ? rest : wait->slice;
    return false;
}

/*
 * Did a writer enter within the last two grace times, by the coarse clock? A guess: it is wrong if the clock was set.
 */
static bool was_written_lately(const struct rwlock_sh *rwlock)
{
    uint32_t seconds, nanoseconds;
    shoal__coarse_moment(&seconds, &nanoseconds);
    int64_t passed = (int64_t)seconds - load_relaxed(&rwlock->writer.seconds);
    passed = passed * 1000000000 + nanoseconds - load_relaxed(&rwlock->writer.nanoseconds);
    return passed >= 0 && passed < 2 * GRACE_TIME;
}

/*
 * For a writer that does not wait: SHOAL_OK if nobody is inside and no reader waits. If readers wait, a glance leaves
 * them the turn; the last look does so only if a writer entered lately: otherwise they have had time to come in.
 */
static int try_once(struct rwlock_sh *rwlock, const struct shoal_party *party, const struct shoal__wait *wait)
{
    if (wait->slice_over)
        sweep(rwlock, party, RWLOCK_COUNT | RWLOCK_WAITING, 0);
    if (any_cell(rwlock, RWLOCK_COUNT))
        return SHOAL_PENDING;
    bool their_turn = atomic_load(&rwlock->readers_wait) && any_cell(rwlock, RWLOCK_WAITING);
    bool last_look = wait->slice_over; /* a glance is followed by a wait, which begins a grace */
    return their_turn && (!last_look || was_written_lately(rwlock)) ? SHOAL_PENDING : SHOAL_OK;
}

int shoal__rwlock_drain_try(struct rwlock_sh *rwlock, const struct shoal_party *party, struct shoal__wait *wait)
{
    if (wait->phase == FRESH) {
        if (wait->flags & WAIT_LOOK_ONCE)
            return try_once(rwlock, party, wait);
        wait->phase = LETTING_OUT;
        if (atomic_load(&rwlock->readers_wait))
            begin_grace(rwlock, wait);
    }
    uint32_t key = shoal__eventcount_prepare(&rwlock->drain);
    if (wait->phase == LETTING_IN) {
        if (!grace_is_over(rwlock, party, wait))
            return sleep_on_drain(rwlock, wait, key);
        atomic_fetch_and(&rwlock->writer.word, ~MUTEX_GRACE);
        SHOAL_POINT("rwlock: grace over");
        wait->phase = LETTING_OUT;
    } else if (load_relaxed(&rwlock->writer.word) & MUTEX_GRACE) {
        /* another thread of this process left GRACE in the word, which we took back */
        atomic_fetch_and(&rwlock->writer.word, ~MUTEX_GRACE);
    }
    if (wait->slice_over)
        sweep(rwlock, party, RWLOCK_COUNT, 0);
    if (any_cell(rwlock, RWLOCK_COUNT))
        return sleep_on_drain(rwlock, wait, key);
    return SHOAL_OK;
}

void shoal__rwlock_drain_stop(struct rwlock_sh *rwlock, const struct shoal_party *party, const struct shoal__wait *wait)
{
    if (wait->phase == LETTING_IN)
        sweep(rwlock, party, RWLOCK_WAITING, RWLOCK_WAITING);
}

void shoal__rwlock_write_unlock(struct rwlock_sh *rwlock, bool recovered)
{
    if (recovered)
        shoal__mutex_abandon(&rwlock->writer.word);
    else
        shoal__mutex_unlock(&rwlock->writer.word);
    SHOAL_POINT("rwlock: written, readers not told"); /* killed here: readers look at the end of their slice */
    open_gate(rwlock);
}

bool shoal__rwlock_count_read(struct rwlock_sh *rwlock, const struct shoal_party *party)
{
    /* keep WAITING if other threads of this process have set it */
    uint32_t waiting = load_relaxed(shoal__rwlock_cell(rwlock, party->me)) & RWLOCK_WAITING;
    make_known(rwlock, party->me);
    return change_cell(rwlock, party->me, 1, waiting);
}

void shoal__rwlock_forget(struct rwlock_sh *rwlock, uint32_t slot)
{
    store_relaxed(&rwlock->cell[shoal__rwlock_index(rwlock, slot)], 0);
    shoal__mutex_forget(&rwlock->writer.word, slot);
}
