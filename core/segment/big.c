/* Implements docs/recovery.md, "Big runs": memory that is backed, filled and punched without the lock. */
#include "segment/big.h"

#include <stdlib.h>
#include <string.h>

#include "platform/back.h"
#include "platform/point.h"
#include "segment/descriptor.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/notes.h"
#include "segment/runs.h"
#include "segment/warm.h"

int shoal__big_take_locked(struct shoal_segment *segment, uint64_t size, uint32_t *ref)
{
    uint32_t page, holes, pages = shoal__pages_for(segment, size);
    if ((*ref = shoal__warm_take_locked(segment, pages)))
        return SHOAL_OK;
    int status = shoal__take_run(segment, pages, size, &page, &holes);
    if (status < 0)
        return status;
    shoal__format_run(segment, page, pages, holes);
    *ref = shoal__page_ref(segment, page);
    shoal__big_take_back_locked(segment, *ref);
    return SHOAL_OK;
}

static void zero_pages(struct shoal_segment *segment, uint32_t page, uint32_t pages, bool kept_only)
{
    for (uint32_t i = page; i < page + pages; i++)
        if (!kept_only || load_relaxed(&shoal__page(segment, i)->keep))
            memset(shoal__at(segment, segment->is.heap + ((uint64_t)i << segment->is.page_shift)), 0,
                   shoal__page_size(segment));
}

int shoal__big_commit(struct shoal_segment *segment, uint32_t ref, bool zero)
{
    uint32_t page = shoal__page_of(segment, ref);
    struct page_sh *it = shoal__page(segment, page);
    /*
     * Pages that are punched and backed again read as zero, so only pages that are never punched (`keep`) need zeroes
     * written. If the run was not punched as a whole, zeroes are written to all of it.
     */
    bool punched = zero && it->holes && shoal__big_punch(segment, ref);
    SHOAL_POINT("big: to be backed");
    int status = it->holes ? shoal__commit_pages(segment, page, it->pages) : SHOAL_OK;
    if (status == SHOAL_OK && zero)
        zero_pages(segment, page, it->pages, punched);
    return status;
}

int shoal__big_fill(struct shoal_segment *segment, uint32_t ref, const struct shoal_filling *filling)
{
    uint32_t page = shoal__page_of(segment, ref);
    const struct page_sh *it = shoal__page(segment, page);
    SHOAL_POINT("big: to be filled");
    if (!filling->bytes)
        return shoal__big_commit(segment, ref, false);
    int status =
        it->holes ? shoal__fill_pages(segment, page, it->pages, filling->at, filling->bytes, filling->size) : 1;
    if (status <= 0)
        return status;
    if ((status = shoal__big_commit(segment, ref, false)) == SHOAL_OK)
        memcpy(shoal__at(segment, shoal__offset(segment, ref) + filling->at), filling->bytes, filling->size);
    return status;
}

void shoal__big_hand_over_locked(struct shoal_segment *segment, uint32_t ref)
{
    struct page_sh *it = shoal__page(segment, shoal__page_of(segment, ref));
    shoal__unlink_page(segment, &shoal__peer(segment, it->used - 1)->runs, shoal__page_of(segment, ref));
    shoal__change(segment, &it->used, 0);
    shoal__change(segment, &it->holes, 0);
}

void shoal__big_take_back_locked(struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page = shoal__page_of(segment, ref);
    shoal__link_page(segment, &shoal__peer(segment, segment->slot)->runs, page);
    shoal__change(segment, &shoal__page(segment, page)->used, segment->slot + 1);
}

uint32_t shoal__big_of_list_locked(const struct shoal_segment *segment, uint32_t slot, uint32_t link)
{
    uint32_t committed = load_relaxed(&shoal__header(segment)->pages_committed), page = link - 1;
    if (link == 0 || link > committed || committed > segment->is.heap_pages)
        return 0;
    const struct page_sh *it = shoal__page(segment, page);
    bool is_sound = load_relaxed(&it->kind) == PAGE_RUN && it->used == slot + 1 && it->next <= committed &&
                    it->prev <= committed && it->pages <= segment->is.heap_pages - page;
    return is_sound ? shoal__page_ref(segment, page) : 0;
}

int shoal__big_take_over_locked(struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page = shoal__page_of(segment, ref);
    shoal__run_take_locked(segment, page, &shoal__peer(segment, shoal__page(segment, page)->used - 1)->runs);
    return shoal__commit(segment);
}

/*
 * Punch the run's pages, except those that stay backed for readers without a pin (`keep`). Nothing is punched if a
 * hazard covers one of them, or if we have no descriptor of our file.
 */
bool shoal__big_punch(struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page = shoal__page_of(segment, ref), end = page + shoal__page(segment, page)->pages;
    bool all = shoal__descriptor(segment) == 0 && !shoal__is_read(segment, page, end);
    int status = all ? 0 : -1;
    if (all)
        shoal__page(segment, page)->holes = 1; /* before the first: who finds it in a dead one's hands backs it again */
    program_order();
    while (status >= 0 && page < end) {
        uint32_t stop = page;
        while (stop < end && !load_relaxed(&shoal__page(segment, stop)->keep))
            stop++;
        if (stop > page)
            status = shoal__file_punch(segment->fd, segment->is.heap + ((uint64_t)page << segment->is.page_shift),
                                       (uint64_t)(stop - page) << segment->is.page_shift);
        all = all && status == 0;
        page = stop + 1;
    }
    return all;
}

void shoal__big_free_locked(struct shoal_segment *segment, uint32_t ref)
{
    struct page_sh *it = shoal__page(segment, shoal__page_of(segment, ref));
    shoal__unlink_page(segment, &shoal__peer(segment, it->used - 1)->runs, shoal__page_of(segment, ref));
    /* Whether all, some or none of it is backed now: the next taker commits all of it. */
    shoal__change(segment, &it->holes, 1);
    shoal__free_locked(segment, ref);
}

/* ---- Runs that are freed later ---- */

struct owed_run {
    struct owed_run *next;
    uint32_t ref, me; /* me: the owner's tag, since a forked child inherits this list, but not the runs */
};

/* If there is no memory to note the run, it is freed with our slot. */
void shoal__owe_run(struct shoal_segment *segment, uint32_t ref)
{
    struct owed_run *run = malloc(sizeof *run);
    if (!run)
        return;
    *run = (struct owed_run){atomic_load(&segment->owed_runs), ref, segment->party.me};
    while (!atomic_compare_exchange_weak(&segment->owed_runs, &run->next, run)) {
    }
    shoal__owe(segment);
}

/* Free, if nobody reads it. That is asked once more, as it may have been noted when it was to be punched. */
static void let_go_locked(struct shoal_segment *segment, uint32_t ref)
{
    if (!shoal__warm_give_locked(segment, ref))
        shoal__big_free_locked(segment, ref);
    shoal__commit(segment);
}

void shoal__pay_runs_locked(struct shoal_segment *segment)
{
    if (!atomic_load(&segment->owed_runs))
        return;
    for (struct owed_run *run = atomic_exchange(&segment->owed_runs, NULL), *next; run; run = next) {
        next = run->next;
        if (run->me == segment->party.me) {
            let_go_locked(segment, run->ref);
        }
        free(run);
    }
}

void shoal__forget_owed_runs(struct shoal_segment *segment)
{
    for (struct owed_run *run = atomic_exchange(&segment->owed_runs, NULL), *next; run; run = next) {
        next = run->next;
        free(run);
    }
}

static void big_return(struct shoal_segment *segment, uint32_t big)
{
    shoal__big_punch(segment, big);
    SHOAL_POINT("big: punched");
    if (!shoal__lock_shortly(segment)) {
        shoal__owe_run(segment, big);
        return;
    }
    let_go_locked(segment, big);
    shoal__pay_runs_locked(segment);
    shoal__unlock(segment);
}

/* ---- Warm runs get cold ---- */

/* More warm runs than there are: many, if readers kept more than the pool holds and have let go since. */
static uint64_t most_warm(const struct shoal_segment *segment)
{
    return shoal__warm_bytes(segment) / BIG_RUN + 1;
}

/* One run after the other: its memory is given back without the lock. Dead meanwhile, it goes with our slot. */
static void cool(struct shoal_segment *segment, bool all)
{
    uint64_t most = all ? most_warm(segment) : WARM_LOOKS;
    for (uint64_t i = 0; i < most && shoal__warm_bytes(segment) > 0; i++) {
        if ((!all && !shoal__warm_may_have_old(segment)) || !shoal__lock_shortly(segment))
            return;
        uint32_t ref = shoal__warm_take_old_locked(segment, all);
        if (ref)
            shoal__commit(segment);
        shoal__unlock(segment);
        if (!ref)
            return;
        SHOAL_POINT("big: taken out, to be punched");
        big_return(segment, ref);
    }
}

void shoal__big_cool(struct shoal_segment *segment)
{
    cool(segment, false);
}

void shoal__big_cool_all(struct shoal_segment *segment)
{
    cool(segment, true);
}

void shoal__big_cool_last_locked(struct shoal_segment *segment)
{
    uint64_t looks = most_warm(segment);
    uint32_t ref;
    while (looks-- > 0 && (ref = shoal__warm_take_old_locked(segment, true))) {
        shoal__commit(segment);
        shoal__big_punch(segment, ref);
        shoal__big_free_locked(segment, ref);
        shoal__commit(segment);
    }
}

/* ---- Letting go ---- */

static bool keep_warm(struct shoal_segment *segment, uint32_t big)
{
    if (shoal__page(segment, shoal__page_of(segment, big))->holes || !shoal__lock_shortly(segment))
        return false;
    bool kept = shoal__warm_give_locked(segment, big);
    if (kept)
        shoal__commit(segment);
    SHOAL_POINT("big: kept warm");
    shoal__unlock(segment);
    if (kept)
        shoal__big_cool(segment);
    return kept;
}

void shoal__big_dispose(struct shoal_segment *segment, uint32_t big)
{
    if (!big)
        return;
    SHOAL_POINT("big: old one in our hands");
    if (!keep_warm(segment, big))
        big_return(segment, big);
}
