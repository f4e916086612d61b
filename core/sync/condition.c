#include "sync/condition.h"

#include "platform/futex.h"
#include "platform/point.h"

static uint32_t top_of(const struct condition_sh *condition)
{
    uint32_t top = load_acquire(&condition->top);
    return top < condition->cells ? top : condition->cells;
}

static bool is_waiting(uint32_t word)
{
    return (word & MUTEX_SLOT) && !(word & CONDITION_NOTIFIED);
}

/* ---- Coming and going ---- */

static int64_t free_cell(struct condition_sh *condition)
{
    uint32_t top = top_of(condition);
    for (uint32_t i = 0; i < top; i++)
        if (load_relaxed(&condition->waiter[i].word) == 0)
            return i;
    if (top == condition->cells)
        return -1;
    store_release(&condition->top, top + 1);
    SHOAL_POINT("condition: top raised");
    return top;
}

/*
 * May the waiter with this ticket take over the notification in this cell? Only if it was waiting when the notification
 * was given.
 */
static bool came_before(uint32_t ticket, const struct waiter_sh *notified)
{
    return (int32_t)(ticket - load_relaxed(&notified->stamp)) < 0;
}

static bool has_heir(const struct condition_sh *condition, const struct waiter_sh *notified)
{
    for (uint32_t i = 0; i < top_of(condition); i++)
        if (is_waiting(load_acquire(&condition->waiter[i].word)) &&
            came_before(load_relaxed(&condition->waiter[i].ticket), notified))
            return true;
    return false;
}

/* First free the cells of waiters that died, then notifications that no waiter may take over. */
static void free_the_dead(struct condition_sh *condition, const struct shoal_party *party)
{
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < top_of(condition); i++) {
            struct waiter_sh *waiter = &condition->waiter[i];
            uint32_t seen = load_acquire(&waiter->word);
            if (is_waiting(seen) != (pass == 0) || ((seen & MUTEX_SLOT) && !party->is_dead(party, seen)))
                continue;
            if (pass == 0 || !has_heir(condition, waiter))
                compare_swap(&waiter->word, seen, 0);
            SHOAL_POINT("condition: cell of the dead freed");
        }
}

int64_t shoal__condition_enter(struct condition_sh *condition, const struct shoal_party *party, uint32_t *ticket)
{
    int64_t cell = free_cell(condition);
    if (cell < 0) {
        free_the_dead(condition, party);
        cell = free_cell(condition);
    }
    if (cell < 0)
        return -1;
    *ticket = load_relaxed(&condition->tickets);
    store_relaxed(&condition->tickets, *ticket + 1);
    SHOAL_POINT("condition: ticket taken");
    store_relaxed(&condition->waiter[cell].ticket, *ticket);
    /* A death before this store leaves the cell free and wastes a ticket. */
    store_release(&condition->waiter[cell].word, party->me);
    SHOAL_POINT("condition: cell taken");
    return cell;
}

static void lower_top(struct condition_sh *condition)
{
    uint32_t top = top_of(condition);
    while (top > 0 && load_relaxed(&condition->waiter[top - 1].word) == 0)
        store_release(&condition->top, --top);
}

/* ---- Notifications ---- */

/* A waiter that wakes without a notification looks for one to take over. */
static void wake_all(struct condition_sh *condition)
{
    for (uint32_t i = 0; i < top_of(condition); i++)
        if (is_waiting(load_acquire(&condition->waiter[i].word)))
            shoal__wake(&condition->waiter[i].word, 1);
}

static void give_up_cell(struct condition_sh *condition, uint32_t me, uint32_t cell)
{
    shoal_word *word = &condition->waiter[cell].word;
    if (compare_swap(word, me, 0))
        return;
    store_release(word, CONDITION_NOTIFIED);
    SHOAL_POINT("condition: passed on, nobody woken");
    wake_all(condition);
}

void shoal__condition_give_up(struct condition_sh *condition, uint32_t me, uint32_t cell, uint32_t taken)
{
    if (taken != CONDITION_NO_CELL)
        give_up_cell(condition, me, taken);
    give_up_cell(condition, me, cell);
}

/*
 * We have two notifications, and keep the earlier, which fewer others may take over; the later goes on to another
 * waiter. Our own cell is passed on or freed first: if we die in between, the notification in `taken` is taken over
 * like any dead waiter's.
 */
static bool keeps_taken(const struct condition_sh *condition, uint32_t cell, uint32_t taken)
{
    uint32_t own = load_relaxed(&condition->waiter[cell].stamp);
    return (int32_t)(load_relaxed(&condition->waiter[taken].stamp) - own) < 0;
}

bool shoal__condition_leave(struct condition_sh *condition, uint32_t me, uint32_t cell, uint32_t taken)
{
    shoal_word *own = &condition->waiter[cell].word;
    bool notified = load_acquire(own) & CONDITION_NOTIFIED;
    if (taken == CONDITION_NO_CELL) {
        store_release(own, 0);
    } else if (!notified) {
        store_release(own, 0);
        SHOAL_POINT("condition: own cell freed, the one taken over is not");
        store_release(&condition->waiter[taken].word, 0);
    } else if (keeps_taken(condition, cell, taken)) {
        give_up_cell(condition, me, cell);
        SHOAL_POINT("condition: own notification passed on");
        store_release(&condition->waiter[taken].word, 0);
    } else {
        store_release(own, 0);
        SHOAL_POINT("condition: own cell freed, the later is to be passed on");
        give_up_cell(condition, me, taken);
    }
    SHOAL_POINT("condition: cells freed");
    lower_top(condition);
    return notified || taken != CONDITION_NO_CELL;
}

static bool may_take_over(const struct waiter_sh *waiter, uint32_t seen, const struct shoal_party *party,
                          uint32_t ticket, bool look_for_dead)
{
    if (!(seen & CONDITION_NOTIFIED) || !came_before(ticket, waiter))
        return false;
    return !(seen & MUTEX_SLOT) || (look_for_dead && party->is_dead(party, seen));
}

/*
 * Take over the notification of a waiter that died or gave up, if it was given while we waited. Of several take the
 * earliest: the fewest other waiters may take that one.
 */
static uint32_t take_over(struct condition_sh *condition, const struct shoal_party *party, uint32_t ticket,
                          bool look_for_dead)
{
    for (;;) {
        uint32_t best = CONDITION_NO_CELL, stamp = 0;
        for (uint32_t i = 0; i < top_of(condition); i++) {
            struct waiter_sh *waiter = &condition->waiter[i];
            uint32_t its = load_relaxed(&waiter->stamp);
            if (may_take_over(waiter, load_acquire(&waiter->word), party, ticket, look_for_dead) &&
                (best == CONDITION_NO_CELL || (int32_t)(its - stamp) < 0)) {
                best = i;
                stamp = its;
            }
        }
        if (best == CONDITION_NO_CELL)
            return best;
        uint32_t seen = load_acquire(&condition->waiter[best].word);
        if (may_take_over(&condition->waiter[best], seen, party, ticket, look_for_dead) &&
            compare_swap(&condition->waiter[best].word, seen, party->me | CONDITION_NOTIFIED)) {
            SHOAL_POINT("condition: taken over");
            return best;
        }
    }
}

int shoal__condition_try(struct condition_sh *condition, const struct shoal_party *party, uint32_t cell,
                         uint32_t ticket, uint32_t *taken, struct shoal__wait *wait)
{
    const shoal_word *word = &condition->waiter[cell].word;
    if (load_acquire(word) & CONDITION_NOTIFIED)
        return SHOAL_OK;
    *taken = take_over(condition, party, ticket, wait->slice_over);
    if (*taken != CONDITION_NO_CELL)
        return SHOAL_OK;
    wait->word = (const uint32_t *)word;
    wait->expected = party->me;
    return SHOAL_PENDING;
}

/* The longest waiting: the lowest ticket. Tickets wrap around, so they are compared by difference. */
static int64_t first_waiter(const struct condition_sh *condition)
{
    int64_t first = -1;
    uint32_t lowest = 0;
    for (uint32_t i = 0; i < top_of(condition); i++) {
        uint32_t ticket = load_relaxed(&condition->waiter[i].ticket);
        if (is_waiting(load_acquire(&condition->waiter[i].word)) && (first < 0 || (int32_t)(ticket - lowest) < 0)) {
            first = i;
            lowest = ticket;
        }
    }
    return first;
}

/* Waiters to be woken later, and how many there may be. */
struct later {
    shoal_word **wake;
    uint32_t count, room;
};

/*
 * The stamp is stored before NOTIFIED, and NOTIFIED before the wake-up. If we die after NOTIFIED, the waiter sees it at
 * the end of its slice.
 */
static bool notify_one(struct condition_sh *condition, uint32_t cell, struct later *later)
{
    struct waiter_sh *waiter = &condition->waiter[cell];
    uint32_t seen = load_acquire(&waiter->word);
    if (!is_waiting(seen))
        return false;
    store_relaxed(&waiter->stamp, load_relaxed(&condition->tickets));
    SHOAL_POINT("condition: stamped");
    if (!compare_swap(&waiter->word, seen, seen | CONDITION_NOTIFIED))
        return false; /* the waiter gave up just now */
    SHOAL_POINT("condition: notified, nobody woken");
    if (later->count < later->room)
        later->wake[later->count++] = &waiter->word;
    else
        shoal__wake(&waiter->word, 1);
    return true;
}

static uint32_t notify(struct condition_sh *condition, uint32_t n, struct later *later)
{
    uint32_t notified = 0;
    if (n >= top_of(condition)) {
        for (uint32_t i = 0; i < top_of(condition); i++)
            notified += notify_one(condition, i, later);
        return notified;
    }
    while (notified < n) {
        int64_t first = first_waiter(condition);
        if (first < 0)
            break;
        notified += notify_one(condition, (uint32_t)first, later);
    }
    return notified;
}

uint32_t shoal__condition_notify(struct condition_sh *condition, uint32_t n, shoal_word **wake, uint32_t *room)
{
    struct later later = {wake, 0, *room};
    uint32_t notified = notify(condition, n, &later);
    *room = later.count;
    return notified;
}

uint32_t shoal__condition_waiter(const struct condition_sh *condition, const struct shoal_party *party)
{
    for (uint32_t i = 0; i < top_of(condition); i++) {
        uint32_t seen = load_acquire(&condition->waiter[i].word);
        if ((seen & MUTEX_SLOT) && !party->is_dead(party, seen))
            return seen & MUTEX_OWNER;
    }
    return 0;
}

void shoal__condition_forget(struct condition_sh *condition, uint32_t slot)
{
    for (uint32_t i = 0; i < top_of(condition); i++) {
        shoal_word *word = &condition->waiter[i].word;
        for (uint32_t seen = load_relaxed(word); (seen & MUTEX_SLOT) == slot + 1; seen = load_relaxed(word))
            compare_swap(word, seen, seen & CONDITION_NOTIFIED); /* retry: a notifier may change the word meanwhile */
    }
}
