#include "sync/barrier.h"

#include "platform/clock.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "sync/asked.h"
#include "sync/eventcount.h"
#include "sync/look.h"

#define ALL_SLEEPERS INT32_MAX
#define FIRST_TO_COME 4u              /* those who arrive first have slices as short as any waiter's */
#define SOON (20 * SHOAL_MILLISECOND) /* longer than finding a dead owner of the mutex takes */

/* ---- Cells ---- */

static uint32_t parity(uint32_t generation)
{
    return generation & 1 ? PARTY_PARITY : 0;
}

/*
 * Has the party arrived in this generation? One parity bit is enough: a party that is still leaving a generation
 * occupies its cell, and while it does the next generation lacks a party and cannot be complete. Only a reset ends a
 * generation all the same, and it marks that party (PASSED).
 */
static bool has_arrived(uint32_t cell, uint32_t generation)
{
    return (cell & PARTY_WAITING) && !(cell & (PARTY_FAILED | PARTY_PASSED)) &&
           (cell & PARTY_PARITY) == parity(generation);
}

static uint32_t arrived(const struct barrier_sh *barrier, uint32_t parties, uint32_t generation)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < parties; i++)
        count += has_arrived(load_acquire(&barrier->cell[i]), generation);
    return count;
}

/*
 * The best cell to arrive in: our own from before, else a free one, else one of a party that is not waiting. -1: all
 * cells are waiting. The caller has prepared to sleep on `left`, so the loads are sequentially consistent.
 */
static int64_t cell_for(const struct barrier_sh *barrier, uint32_t me)
{
    int64_t best = -1;
    int best_rank = 0;
    for (uint32_t i = 0; i < barrier->parties; i++) {
        uint32_t cell = load_sequential(&barrier->cell[i]);
        int rank = cell & PARTY_WAITING ? 0 : (cell & MUTEX_OWNER) == me ? 3 : cell == 0 ? 2 : 1;
        if (rank > best_rank) {
            best_rank = rank;
            best = i;
        }
    }
    return best;
}

/* ---- Under the mutex ---- */

/* Word by word: readers may see a mixture of two breakers, but they only show it to people. */
static void copy_breaker(struct breaker_sh *to, const struct breaker_sh *from)
{
    for (size_t i = 0; i < sizeof *to / sizeof(shoal_word); i++)
        store_relaxed((shoal_word *)to + i, load_relaxed((const shoal_word *)from + i));
}

void shoal__barrier_breaker(struct breaker_sh *out, const struct barrier_sh *barrier)
{
    copy_breaker(out, &barrier->breaker);
    out->program[sizeof out->program - 1] = 0;
}

static void wake_waiting(struct barrier_sh *barrier)
{
    shoal__wake(&barrier->word, ALL_SLEEPERS);
    shoal__eventcount_notify(&barrier->left, ALL_SLEEPERS);
}

/* What a reset stores in a cell: a waiting party is told what became of its generation, any other party is removed. */
static uint32_t reset_cell(const struct shoal_party *party, uint32_t cell, uint32_t generation)
{
    if (!(cell & PARTY_WAITING) || party->is_dead(party, cell & MUTEX_OWNER))
        return 0;
    if (cell & (PARTY_FAILED | PARTY_PASSED))
        return cell;
    return cell | (has_arrived(cell, generation) ? PARTY_FAILED : PARTY_PASSED);
}

/*
 * Each party is marked before the generation ends, so that none takes its end for a passage. If we die half-way, the
 * next owner of the mutex resets again.
 */
static void reset_locked(struct barrier_sh *barrier, const struct shoal_party *party)
{
    uint32_t generation = shoal__barrier_generation(load_relaxed(&barrier->word));
    barrier->resetting = 1;
    program_order();
    SHOAL_POINT("barrier: resetting");
    for (uint32_t i = 0; i < barrier->parties; i++) {
        uint32_t cell;
        do
            cell = load_acquire(&barrier->cell[i]);
        /* the party is leaving right now: retry */
        while (!compare_swap(&barrier->cell[i], cell, reset_cell(party, cell, generation)));
        SHOAL_POINT("barrier: party told of the reset");
    }
    copy_breaker(&barrier->breaker, &(struct breaker_sh){0});
    SHOAL_POINT("barrier: all told of the reset");
    atomic_store(&barrier->word, (generation + 1) & ~BARRIER_BROKEN);
    program_order();
    SHOAL_POINT("barrier: generation ended by the reset");
    barrier->resetting = 0;
    SHOAL_POINT("barrier: reset, nobody woken");
    wake_waiting(barrier);
}

static bool lock_before(struct barrier_sh *barrier, const struct shoal_party *party, shoal_time deadline)
{
    int status = shoal__mutex_lock(&barrier->mutex, party, deadline);
    if (status < 0)
        return false;
    SHOAL_POINT("barrier: its mutex taken");
    if (status == SHOAL_RECOVERED && barrier->resetting)
        reset_locked(barrier, party);
    return true;
}

/*
 * Wait for the mutex for SOON at most: an owner that keeps it longer is stopped, and then the caller answers signals or
 * sleeps before it tries again.
 */
static bool lock_soon(struct barrier_sh *barrier, const struct shoal_party *party)
{
    return lock_before(barrier, party, shoal_now() + SOON);
}

static void unlock(struct barrier_sh *barrier)
{
    shoal__mutex_unlock(&barrier->mutex);
}

static int arrive_locked(struct barrier_sh *barrier, uint32_t me, struct shoal__wait *wait)
{
    uint32_t word = load_acquire(&barrier->word);
    uint32_t before = arrived(barrier, barrier->parties, word);
    int64_t cell = cell_for(barrier, me);
    if (word & BARRIER_BROKEN)
        return SHOAL_EBROKEN;
    if (cell < 0)
        return SHOAL_PENDING;
    wait->cell = (uint32_t)cell;
    wait->index = before;
    wait->seen = word;
    wait->last = before + 1 == barrier->parties;
    atomic_store(&barrier->cell[cell], me | PARTY_WAITING | parity(word));
    SHOAL_POINT("barrier: arrived");
    return SHOAL_OK;
}

/* ---- Arriving, passing, leaving ---- */

/* The mutex could not be had: sleep on it, and try again. */
static int mutex_is_held(struct barrier_sh *barrier, struct shoal__wait *wait)
{
    wait->word = (const uint32_t *)&barrier->mutex;
    wait->expected = load_relaxed(&barrier->mutex);
    if (!(wait->expected & MUTEX_SLOT))
        wait->slice = 1; /* It is free by now, and nobody would wake us. */
    return SHOAL_PENDING;
}

int shoal__barrier_arrive_try(struct barrier_sh *barrier, const struct shoal_party *party, struct shoal__wait *wait)
{
    int status = SHOAL_PENDING;
    for (int looks = 0; looks < 2 && status == SHOAL_PENDING; looks++) {
        if (looks > 0) { /* no cell: after this second look we may sleep */
            wait->word = (const uint32_t *)&barrier->left;
            wait->expected = shoal__eventcount_prepare(&barrier->left);
        }
        if (!lock_soon(barrier, party))
            return mutex_is_held(barrier, wait);
        status = arrive_locked(barrier, party->me, wait);
        unlock(barrier);
    }
    return status;
}

void shoal__barrier_leave(struct barrier_sh *barrier, const struct shoal_party *party, const struct shoal__wait *wait)
{
    shoal_word *cell = &barrier->cell[wait->cell];
    uint32_t seen = load_acquire(cell), me = party->me;
    while ((seen & (MUTEX_OWNER | PARTY_WAITING)) == (me | PARTY_WAITING)) {
        bool was_reset = seen & (PARTY_FAILED | PARTY_PASSED); /* after a reset it is no party any more */
        uint32_t left = was_reset ? 0 : seen & ~PARTY_WAITING;
        if (compare_swap(cell, seen, left))
            break;
        seen = load_acquire(cell);
    }
    SHOAL_POINT("barrier: left");
    shoal__eventcount_notify(&barrier->left, ALL_SLEEPERS);
}

/*
 * If a reset marked us but has not ended, its caller may have died: then taking the mutex ends the reset (lock_before).
 */
static void end_half_reset(struct barrier_sh *barrier, const struct shoal_party *party, const struct shoal__wait *wait)
{
    if (!(load_acquire(&barrier->cell[wait->cell]) & PARTY_FAILED))
        return;
    if (lock_soon(barrier, party))
        unlock(barrier);
}

int shoal__barrier_wait_try(struct barrier_sh *barrier, const struct shoal_party *party, struct shoal__wait *wait)
{
    uint32_t word = atomic_load(&barrier->word);
    if (word == wait->seen && wait->slice_over) {
        end_half_reset(barrier, party, wait);
        word = atomic_load(&barrier->word);
    }
    if (word == wait->seen) {
        wait->word = (const uint32_t *)&barrier->word;
        wait->expected = word;
        return SHOAL_PENDING;
    }
    /* Nobody woke us: the process that should have may have died, and other parties may have longer slices. */
    if (wait->slice_over || wait->flags & WAIT_OVERSLEPT)
        wake_waiting(barrier);
    bool failed = load_acquire(&barrier->cell[wait->cell]) & PARTY_FAILED; /* marked before the generation ended */
    bool ended = shoal__barrier_generation(word) != wait->seen;
    shoal__barrier_leave(barrier, party, wait);
    return ended && !failed ? SHOAL_OK : SHOAL_EBROKEN;
}

int shoal__barrier_pass(struct barrier_sh *barrier, const struct shoal_party *party, const struct shoal__wait *wait)
{
    if (!lock_soon(barrier, party))
        return SHOAL_PENDING;
    bool passed = load_acquire(&barrier->word) == wait->seen;
    if (passed)
        atomic_store(&barrier->word, (wait->seen + 1) & ~BARRIER_BROKEN); /* this one store lets all pass */
    SHOAL_POINT("barrier: passed, its mutex held");
    unlock(barrier);
    SHOAL_POINT("barrier: passed, nobody woken");
    if (passed && barrier->parties > 1)
        shoal__wake(&barrier->word, ALL_SLEEPERS);
    shoal__barrier_leave(barrier, party, wait);
    return passed ? SHOAL_OK : SHOAL_EBROKEN;
}

/* ---- Breaking ---- */

uint32_t shoal__barrier_find_dead(struct barrier_sh *barrier, const struct shoal_party *party)
{
    struct shoal_asked asked = shoal__asked_nobody(party);
    for (uint32_t i = 0; i < barrier->parties; i++) {
        uint32_t cell = load_acquire(&barrier->cell[i]), tag = cell & MUTEX_OWNER;
        if (tag == 0 || !shoal__asked_is_dead(&asked, tag))
            continue;
        if (!(cell & (PARTY_FAILED | PARTY_PASSED)))
            return tag;
        else if (compare_swap(&barrier->cell[i], cell, 0)) {
            SHOAL_POINT("barrier: dead party freed");
            shoal__eventcount_notify(&barrier->left, ALL_SLEEPERS);
        }
    }
    return 0;
}

uint32_t shoal__barrier_look_for_dead(struct barrier_sh *barrier, const struct shoal_party *party)
{
    if (!shoal__look_is_due(&barrier->look_due))
        return 0;
    shoal_time began = shoal_now();
    uint32_t dead = shoal__barrier_find_dead(barrier, party);
    shoal__look_is_over(&barrier->look_due, began);
    return dead;
}

shoal_time shoal__barrier_longest_slice(const struct shoal__wait *wait)
{
    shoal_time slice = SHOAL_LONGEST_SLICE * (wait->index / FIRST_TO_COME);
    return slice < SHOAL_LONGEST_SLICE   ? SHOAL_LONGEST_SLICE
           : slice < SHOAL_LONGEST_SLEEP ? slice
                                         : SHOAL_LONGEST_SLEEP;
}

int shoal__barrier_break(struct barrier_sh *barrier, const struct shoal_party *party, uint32_t generation,
                         const struct breaker_sh *breaker)
{
    if (!lock_soon(barrier, party))
        return SHOAL_PENDING;
    if (load_acquire(&barrier->word) == generation) {
        copy_breaker(&barrier->breaker, breaker);
        SHOAL_POINT("barrier: breaker written");
        atomic_store(&barrier->word, generation | BARRIER_BROKEN);
        SHOAL_POINT("barrier: broken, nobody woken");
        wake_waiting(barrier);
    }
    unlock(barrier);
    return SHOAL_OK;
}

int shoal__barrier_reset(struct barrier_sh *barrier, const struct shoal_party *party)
{
    if (!lock_soon(barrier, party))
        return SHOAL_PENDING;
    reset_locked(barrier, party);
    unlock(barrier);
    return SHOAL_OK;
}

uint32_t shoal__barrier_waiting(const struct barrier_sh *barrier, uint32_t parties, const struct shoal_party *party)
{
    struct shoal_asked asked = shoal__asked_nobody(party);
    uint32_t count = 0, generation = load_acquire(&barrier->word);
    for (uint32_t i = 0; i < parties; i++) {
        uint32_t cell = load_acquire(&barrier->cell[i]);
        count += has_arrived(cell, generation) && !shoal__asked_is_dead(&asked, cell & MUTEX_OWNER);
    }
    return count;
}

uint32_t shoal__barrier_claim(struct barrier_sh *barrier, const struct shoal_party *party)
{
    if (!lock_before(barrier, party, SHOAL_NO_WAIT))
        return load_acquire(&barrier->mutex) & MUTEX_OWNER;
    uint32_t word = load_acquire(&barrier->word);
    for (uint32_t i = 0; i < barrier->parties; i++) {
        uint32_t cell = load_acquire(&barrier->cell[i]);
        if (has_arrived(cell, word) && !party->is_dead(party, cell & MUTEX_OWNER)) {
            unlock(barrier);
            return cell & MUTEX_OWNER;
        }
    }
    return 0;
}

void shoal__barrier_unclaim(struct barrier_sh *barrier)
{
    unlock(barrier);
}

void shoal__barrier_quit(struct barrier_sh *barrier, const struct shoal_party *party)
{
    for (uint32_t i = 0; i < barrier->parties; i++) {
        uint32_t cell = load_acquire(&barrier->cell[i]);
        if ((cell & MUTEX_OWNER) == party->me && !(cell & PARTY_WAITING))
            compare_swap(&barrier->cell[i], cell, 0);
    }
    SHOAL_POINT("barrier: party no more");
}

void shoal__barrier_forget(struct barrier_sh *barrier, uint32_t slot)
{
    for (uint32_t i = 0; i < barrier->parties; i++) {
        uint32_t cell = load_relaxed(&barrier->cell[i]);
        if ((cell & MUTEX_SLOT) == slot + 1)
            compare_swap(&barrier->cell[i], cell, 0);
    }
}
