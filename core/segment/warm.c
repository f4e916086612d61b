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

static bool is_read(const struct shoal_segment *segment, uint32_t page)
{
    return shoal__is_read(segment, page, page + shoal__page(segment, page)->pages);
}

static bool has_room(const struct shoal_segment *segment, uint32_t pages)
{
    const struct header_sh *header = shoal__header(segment);
    uint64_t most = WARM_BYTES >> segment->is.page_shift, eighth = segment->is.heap_pages / 8;
    uint32_t runs = 0;
    for (uint32_t it = header->warm; it && runs < WARM_RUNS; it = shoal__page(segment, it - 1)->next)
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
    uint32_t looks = WARM_RUNS;
    for (uint32_t it = shoal__header(segment)->warm; it && looks > 0;
         it = shoal__page(segment, it - 1)->next, looks--) {
        uint32_t have = shoal__page(segment, it - 1)->pages;
        if (have >= pages && have - pages <= pages / 4 && !is_read(segment, it - 1))
            return take_locked(segment, it - 1);
    }
    return 0;
}

/* ---- Decay ---- */

/* Also if the clock was set back. */
static bool is_old(const struct shoal_segment *segment, uint32_t page, uint32_t now)
{
    return now - shoal__once(&shoal__page(segment, page)->map[0]) >= WARM_SECONDS;
}

uint32_t shoal__warm_take_old_locked(struct shoal_segment *segment, bool any)
{
    uint32_t looks = WARM_LOOKS, now = seconds_now();
    for (uint32_t it = shoal__header(segment)->warm; it && looks > 0; it = shoal__page(segment, it - 1)->next, looks--)
        if ((any || is_old(segment, it - 1, now)) && !is_read(segment, it - 1))
            return take_locked(segment, it - 1);
    return 0;
}

/* The list may change meanwhile. */
bool shoal__warm_may_have_old(const struct shoal_segment *segment)
{
    uint32_t looks = WARM_LOOKS, now = seconds_now(), pages = load_acquire(&shoal__header(segment)->pages_committed);
    uint32_t it = shoal__once(&shoal__header(segment)->warm);
    while (it && it <= pages && it <= segment->is.heap_pages && looks-- > 0) {
        if (is_old(segment, it - 1, now))
            return true;
        it = shoal__once(&shoal__page(segment, it - 1)->next);
    }
    return false;
}
