/* Implements docs/recovery.md, "Big runs": the pool of runs that are nobody's and keep their memory. */
#include "segment/warm.h"

#include "platform/clock.h"
#include "segment/journal.h"
#include "segment/notes.h"
#include "segment/runs.h"

#define WARM_BYTES ((uint64_t)64 << 20) /* at most, and at most an eighth of the heap */
#define WARM_RUNS 16u
#define WARM_SECONDS 2u

static uint32_t seconds_now(void)
{
    uint32_t seconds, rest;
    shoal__coarse_moment(&seconds, &rest);
    return seconds;
}

/* The page of a link; in a damaged list none, and the list ends there. */
static const struct page_sh *warm_at(const struct shoal_segment *segment, uint32_t link)
{
    uint32_t committed = load_acquire(&shoal__header(segment)->pages_committed);
    if (link == 0 || link > committed || committed > segment->is.heap_pages)
        return NULL;
    const struct page_sh *it = shoal__page(segment, link - 1);
    bool is_sound = load_relaxed(&it->kind) == PAGE_RUN && shoal__once(&it->used) == RUN_WARM &&
                    shoal__once(&it->next) <= committed && shoal__once(&it->prev) <= committed &&
                    shoal__once(&it->pages) <= segment->is.heap_pages - (link - 1);
    return is_sound ? it : NULL;
}

static bool is_read(const struct shoal_segment *segment, uint32_t page)
{
    return shoal__is_read(segment, page, page + shoal__page(segment, page)->pages);
}

static bool has_room(const struct shoal_segment *segment, uint32_t pages)
{
    const struct header_sh *header = shoal__header(segment);
    uint64_t most = WARM_BYTES >> segment->is.page_shift, eighth = segment->is.heap_pages / 8;
    uint32_t runs = 0;
    for (const struct page_sh *it = warm_at(segment, header->warm); it && runs < WARM_RUNS;
         it = warm_at(segment, it->next))
        runs++;
    return runs < WARM_RUNS && (uint64_t)header->warm_pages + pages <= (most < eighth ? most : eighth);
}

bool shoal__warm_give_locked(struct shoal_segment *segment, uint32_t ref)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t page = shoal__page_of(segment, ref);
    struct page_sh *it = shoal__page(segment, page);
    if (it->holes || (!has_room(segment, it->pages) && !is_read(segment, page)))
        return false;
    shoal__run_give_locked(segment, page, &header->warm, RUN_WARM);
    shoal__change(segment, &it->map[0], seconds_now());
    shoal__change(segment, &header->warm_pages, header->warm_pages + it->pages);
    return true;
}

static uint32_t take_locked(struct shoal_segment *segment, uint32_t page)
{
    struct header_sh *header = shoal__header(segment);
    shoal__run_take_locked(segment, page, &header->warm);
    shoal__change(segment, &header->warm_pages, header->warm_pages - shoal__page(segment, page)->pages);
    return shoal__page_ref(segment, page);
}

uint32_t shoal__warm_take_locked(struct shoal_segment *segment, uint32_t pages)
{
    uint32_t looks = WARM_RUNS, link = shoal__header(segment)->warm;
    for (const struct page_sh *it; looks > 0 && (it = warm_at(segment, link)); link = it->next, looks--) {
        bool fits = it->pages >= pages && it->pages - pages <= pages / 4;
        if (fits && !is_read(segment, link - 1))
            return take_locked(segment, link - 1);
    }
    return 0;
}

/* ---- Decay ---- */

/* Also if the clock was set back. */
static bool is_old(const struct page_sh *it, uint32_t now)
{
    return now - shoal__once(&it->map[0]) >= WARM_SECONDS;
}

uint32_t shoal__warm_take_old_locked(struct shoal_segment *segment, bool any)
{
    uint32_t looks = WARM_LOOKS, link = shoal__header(segment)->warm, now = seconds_now();
    for (const struct page_sh *it; looks > 0 && (it = warm_at(segment, link)); link = it->next, looks--)
        if ((any || is_old(it, now)) && !is_read(segment, link - 1))
            return take_locked(segment, link - 1);
    return 0;
}

/* The list may change meanwhile. */
bool shoal__warm_may_have_old(const struct shoal_segment *segment)
{
    uint32_t looks = WARM_LOOKS, link = shoal__once(&shoal__header(segment)->warm), now = seconds_now();
    for (const struct page_sh *it; looks > 0 && (it = warm_at(segment, link)); link = shoal__once(&it->next), looks--)
        if (is_old(it, now))
            return true;
    return false;
}
