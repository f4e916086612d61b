#include "segment/places.h"

#include <string.h>

#include "platform/point.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "value/status.h"

#define FOR_ANY_WAIT 1u   /* place of the record; the others are reserved for waits that may be part of a deadlock, */
#define ROWS_FOR_LOCKS 2u /* and so are the last rows, this many */

/* ---- A walk ---- */

static uint64_t row_size(uint32_t row)
{
    uint32_t shift = WAIT_ROW_SHIFT + row - 1;
    return (uint64_t)1 << (shift < LARGEST_ROW_SHIFT ? shift : LARGEST_ROW_SHIFT);
}

struct shoal_places shoal__places_of(const struct shoal_segment *segment, uint32_t slot)
{
    struct peer_sh *peer = shoal__peer(segment, slot);
    return (struct shoal_places){.segment = segment, .link = &peer->waits_more, .count = PEER_WAITS};
}

static bool first_places(struct shoal_places *it)
{
    struct peer_sh *peer = (struct peer_sh *)((char *)it->link - offsetof(struct peer_sh, waits_more));
    it->wait = peer->waits;
    it->first = 1;
    return true;
}

/* A row's size is computed from its number: nothing in the segment is trusted for it. */
bool shoal__next_places(struct shoal_places *it)
{
    if (!it->wait)
        return first_places(it);
    uint32_t ref = it->row < WAIT_ROWS ? load_acquire(it->link) : 0;
    struct waits_sh *row = ref ? shoal__block(it->segment, ref, row_size(it->row + 1)) : NULL;
    if (!row)
        return false;
    it->row++;
    it->link = &row->next;
    it->wait = row->wait;
    it->first += it->count;
    it->count = (uint32_t)(row_size(it->row) / sizeof(struct wait_sh)) - 1;
    return true;
}

/* ---- Taking one ---- */

/* How many places of the row, from the first, this wait may use: a wait `of_lock` may be part of a deadlock. */
static uint32_t open_to(const struct shoal_places *row, bool of_lock)
{
    if (of_lock)
        return row->count;
    return row->row == 0 ? FOR_ANY_WAIT : row->row > WAIT_ROWS - ROWS_FOR_LOCKS ? 0 : row->count;
}

/* In a block each search begins where the last one ended: so consecutive waits find a free place at once. */
static uint32_t take_of_row(struct shoal_segment *segment, const struct shoal_places *row, bool of_lock)
{
    struct shoal_row *ours = &segment->rows[row->row];
    uint32_t room = open_to(row, of_lock), from = load_relaxed(&ours->next);
    if (row->row == 0)
        from = of_lock ? FOR_ANY_WAIT : 0;
    else if (load_relaxed(&ours->used) >= room)
        return 0;
    for (uint32_t i = 0; i < room; i++) {
        uint32_t at = (from + i) % room;
        shoal_word *object = &row->wait[at].object;
        if (load_relaxed(object) || !compare_swap(object, 0, BEING_FILLED_IN))
            continue;
        store_relaxed(&ours->next, at + 1);
        atomic_fetch_add_explicit(&ours->used, 1, memory_order_relaxed);
        return row->first + at;
    }
    return 0;
}

static uint32_t take(struct shoal_segment *segment, bool of_lock, uint32_t *rows)
{
    struct shoal_places row = shoal__places_of(segment, segment->slot);
    uint32_t place = 0;
    while (!place && shoal__next_places(&row)) {
        *rows = row.row;
        place = take_of_row(segment, &row, of_lock);
    }
    return place;
}

/* Add the row after the first `rows`, unless another thread has added it by now. Others see it from the commit on. */
static void add_row_locked(struct shoal_segment *segment, uint32_t rows)
{
    uint32_t ref;
    struct shoal_places last = shoal__places_of(segment, segment->slot);
    while (shoal__next_places(&last))
        ;
    if (last.row != rows || load_relaxed(last.link))
        return;
    if (shoal__alloc_locked(segment, row_size(rows + 1), &ref) < 0) {
        shoal__abort(segment);
        return;
    }
    memset(shoal__at(segment, shoal__offset(segment, ref)), 0, row_size(rows + 1));
    SHOAL_POINT("waits: row made");
    shoal__publish(segment, (shoal_word *)last.link, ref);
    shoal__commit(segment);
    SHOAL_POINT("waits: row added");
}

static void add_row(struct shoal_segment *segment, uint32_t rows, bool insist)
{
    struct shoal_told told; /* the thread's error message is kept: lack of memory here is no error of the wait */
    if (!(insist ? shoal__lock_shortly(segment) : shoal__lock_at_once(segment)))
        return;
    shoal__told_keep(&told);
    add_row_locked(segment, rows);
    shoal__told_again(&told);
    shoal__unlock(segment);
}

uint32_t shoal__take_place(struct shoal_segment *segment, bool of_lock, bool insist)
{
    uint32_t rows = 0, place = take(segment, of_lock, &rows);
    if (place || rows >= WAIT_ROWS - (of_lock ? 0 : ROWS_FOR_LOCKS))
        return place;
    add_row(segment, rows, insist);
    return take(segment, of_lock, &rows);
}

/* ---- Ours ---- */

static bool find_row(struct shoal_places *row, const struct shoal_segment *segment, uint32_t place)
{
    *row = shoal__places_of(segment, segment->slot);
    while (shoal__next_places(row))
        if (place - row->first < row->count)
            return true;
    return false;
}

struct wait_sh *shoal__place(const struct shoal_segment *segment, uint32_t place)
{
    struct shoal_places row;
    return find_row(&row, segment, place) ? &row.wait[place - row.first] : NULL;
}

/*
 * In this order: take the note away, count, free the place. So a reader that finds the same note and the same count
 * twice has seen one wait, and not two that followed each other.
 */
void shoal__give_place(struct shoal_segment *segment, uint32_t place)
{
    struct shoal_places row;
    if (!find_row(&row, segment, place))
        return;
    struct wait_sh *it = &row.wait[place - row.first];
    store_release(&it->object, BEING_FILLED_IN);
    SHOAL_POINT("waits: taken away");
    store_relaxed(&it->claim, 0);
    atomic_fetch_add(&it->changes, 1);
    store_release(&it->object, 0);
    atomic_fetch_sub_explicit(&segment->rows[row.row].used, 1, memory_order_relaxed);
}

/* ---- Freeing the blocks ---- */

bool shoal__free_places_locked(struct shoal_segment *segment, struct peer_sh *peer)
{
    uint32_t ref = load_relaxed(&peer->waits_more);
    struct waits_sh *row = ref ? shoal__block(segment, ref, row_size(1)) : NULL;
    if (!row)
        return false;
    shoal__publish(segment, &peer->waits_more, load_relaxed(&row->next));
    if (shoal__free_locked(segment, ref))
        return shoal__commit(segment) == SHOAL_OK;
    shoal__abort(segment);
    return false;
}
