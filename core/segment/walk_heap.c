/*
 * The heap's half of check(): every invariant of docs/format.md, "The heap". It checks every link before following it.
 */
#include "segment/walk_heap.h"

#include <stdlib.h>
#include <string.h>

#include "segment/heap.h"
#include "segment/runs.h"

static const struct page_sh *page_at(const struct shoal_walk *walk, uint32_t page)
{
    return shoal__page(walk->segment, page);
}

static uint32_t committed(const struct shoal_walk *walk)
{
    uint32_t pages = load_relaxed(&shoal__header(walk->segment)->pages_committed);
    return pages < walk->segment->is.heap_pages ? pages : walk->segment->is.heap_pages;
}

/* ---- Runs and spans ---- */

struct totals {
    uint32_t free_runs;
    uint32_t open_spans[CLASS_COUNT];
    uint64_t used; /* bytes */
};

static uint32_t walk_free(struct shoal_walk *walk, uint32_t page, struct totals *totals, bool after_free)
{
    uint32_t pages = shoal__once(&page_at(walk, page)->pages), last = page + pages - 1;
    totals->free_runs++;
    if (pages > walk->segment->is.heap_pages - page)
        return 0;
    if (after_free)
        shoal__found_wrong(walk, ABOUT_PAGE(page), "page %u: a free run follows another, not merged with it", page);
    if (pages > 1 && last + 1 < walk->segment->is.heap_pages &&
        (load_relaxed(&page_at(walk, last)->kind) != PAGE_FREE_LAST || page_at(walk, last)->pages != pages))
        shoal__found_wrong(walk, ABOUT_PAGE(page), "page %u: the last page of this free run is not marked as its last",
                           page);
    return pages;
}

static uint32_t count_bits(const struct page_sh *span, uint32_t blocks)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < blocks; i++)
        count += span->map[i / 32] >> i % 32 & 1;
    return count;
}

static uint32_t walk_span(struct shoal_walk *walk, uint32_t page, struct totals *totals)
{
    const struct page_sh *it = page_at(walk, page);
    uint32_t block_class = shoal__once(&it->block_class), pages = shoal__once(&it->pages);
    if (block_class >= CLASS_COUNT || pages != shoal__span_pages(walk->segment, block_class)) {
        shoal__found_wrong(walk, ABOUT_PAGE(page), "page %u: a span of class %u with %u pages is impossible", page,
                           block_class, pages);
        return pages;
    }
    uint32_t blocks = shoal__span_blocks(walk->segment, block_class), all = 0;
    for (int i = 0; i < 8; i++)
        all += (uint32_t)__builtin_popcount(it->map[i]);
    if (count_bits(it, blocks) != it->used || all != it->used)
        shoal__found_wrong(walk, ABOUT_PAGE(page), "page %u: the span counts %u blocks, its map has %u", page, it->used,
                           all);
    for (uint32_t i = 1; i < pages && page + i < committed(walk); i++)
        if (load_relaxed(&page_at(walk, page + i)->kind) != PAGE_PART || page_at(walk, page + i)->pages != i)
            shoal__found_wrong(walk, ABOUT_PAGE(page), "page %u does not say that it is page %u of a span", page + i,
                               i);
    totals->open_spans[block_class] += it->used < blocks;
    totals->used += it->used * shoal__class_size(walk->segment, block_class);
    return pages;
}

static uint32_t walk_one(struct shoal_walk *walk, uint32_t page, struct totals *totals, bool *was_free)
{
    uint32_t kind = load_relaxed(&page_at(walk, page)->kind), pages = 0, room = walk->segment->is.heap_pages - page;
    bool after_free = *was_free;
    *was_free = kind == PAGE_FREE;
    if (kind == PAGE_FREE)
        pages = walk_free(walk, page, totals, after_free);
    else if (kind == PAGE_SPAN)
        pages = walk_span(walk, page, totals);
    else if (kind == PAGE_RUN)
        pages = shoal__once(&page_at(walk, page)->pages);
    if (pages > room) /* after the checks that use it: in a readonly check it may have changed in between */
        pages = 0;
    if (kind == PAGE_RUN)
        totals->used += (uint64_t)pages << walk->segment->is.page_shift;
    if (pages == 0)
        shoal__found_wrong(walk, ABOUT_PAGE(page),
                           "page %u: neither a free run, nor a run, nor a span of possible length", page);
    return pages;
}

static void walk_bins(struct shoal_walk *walk, const struct totals *totals)
{
    const struct header_sh *header = shoal__header(walk->segment);
    uint32_t listed = 0, limit = walk->segment->is.heap_pages;
    for (uint32_t bin = 0; bin < BIN_COUNT; bin++) {
        uint32_t before = 0;
        if ((header->bins[bin] != 0) != (header->bin_map[bin / 32] >> bin % 32 & 1))
            shoal__found_wrong(walk, ABOUT_BIN(bin), "bin %u and the map of bins disagree", bin);
        for (uint32_t it = shoal__once(&header->bins[bin]); it; it = shoal__once(&page_at(walk, it - 1)->next)) {
            if (it > committed(walk) || load_relaxed(&page_at(walk, it - 1)->kind) != PAGE_FREE ||
                shoal__bin_of(page_at(walk, it - 1)->pages) != bin || page_at(walk, it - 1)->prev != before ||
                listed++ >= limit) {
                shoal__found_wrong(walk, ABOUT_BIN(bin), "bin %u: its list is broken at page %u", bin, it - 1);
                walk->cut = true;
                return;
            }
            before = it;
        }
    }
    if (listed != totals->free_runs)
        shoal__found_wrong(walk, ABOUT_ALL(FREE_RUNS), "%u free runs, but the bins list %u", totals->free_runs, listed);
}

static void walk_partial(struct shoal_walk *walk, const struct totals *totals)
{
    const struct header_sh *header = shoal__header(walk->segment);
    for (uint32_t i = 0; i < CLASS_COUNT; i++) {
        uint32_t listed = 0, before = 0;
        for (uint32_t it = shoal__once(&header->partial[i]); it; it = shoal__once(&page_at(walk, it - 1)->next)) {
            if (it > committed(walk) || load_relaxed(&page_at(walk, it - 1)->kind) != PAGE_SPAN ||
                page_at(walk, it - 1)->block_class != i || page_at(walk, it - 1)->prev != before ||
                listed++ > totals->open_spans[i]) {
                shoal__found_wrong(walk, ABOUT_CLASS(i), "class %u: the list of its spans is broken at page %u", i,
                                   it - 1);
                walk->cut = true;
                return;
            }
            before = it;
        }
        if (listed != totals->open_spans[i])
            shoal__found_wrong(walk, ABOUT_CLASS(i), "class %u has %u spans with room, but its list has %u", i,
                               totals->open_spans[i], listed);
    }
}

void shoal__walk_heap(struct shoal_walk *walk)
{
    struct totals totals = {0};
    uint32_t changes = load_acquire(&shoal__journal(walk->segment)->changes);
    bool was_free = false;
    uint32_t page = 0, pages = 1;
    while (page < committed(walk) && (pages = walk_one(walk, page, &totals, &was_free)) > 0)
        page += pages;
    if (pages == 0) {
        walk->cut = true;
        return; /* the next run's beginning is not known */
    }
    if (page != walk->segment->is.heap_pages)
        shoal__found_wrong(walk, ABOUT_ALL(HEAP_END), "the heap ends at page %u instead of %u", page,
                           walk->segment->is.heap_pages);
    walk_bins(walk, &totals);
    walk_partial(walk, &totals);
    uint64_t counted = (uint64_t)shoal__once(&shoal__header(walk->segment)->used) << walk->segment->is.granule_shift;
    fence_acquire();
    /* if `changes` differs, the heap was changed meanwhile */
    if (counted != totals.used && changes == load_relaxed(&shoal__journal(walk->segment)->changes))
        shoal__found_wrong(walk, ABOUT_ALL(USED), "%llu bytes are allocated, the header counts %llu",
                           (unsigned long long)totals.used, (unsigned long long)counted);
}

static uint32_t block_ref(const shoal_segment *segment, uint32_t page, uint32_t index)
{
    uint32_t block_class = shoal__once(&shoal__page(segment, page)->block_class);
    uint64_t size = block_class < CLASS_COUNT ? shoal__class_size(segment, block_class) : 0;
    return shoal__page_ref(segment, page) + (uint32_t)(index * size >> segment->is.granule_shift);
}

void shoal__walk_leaks(struct shoal_walk *walk)
{
    uint32_t pages = 1, end = committed(walk);
    for (uint32_t page = 0; page < end && pages; page += pages) {
        const struct page_sh *it = page_at(walk, page);
        uint32_t kind = load_relaxed(&it->kind);
        pages = shoal__once(&it->pages);
        if (pages > end - page) /* only the last run, which is free, may extend beyond the descriptors */
            pages = end - page;
        if (kind == PAGE_RUN && !(walk->seen[page][0] & 1))
            shoal__found_wrong(walk, shoal__page_ref(walk->segment, page),
                               "leak: nothing refers to the run of %u pages at page %u", pages, page);
        for (uint32_t i = 0; kind == PAGE_SPAN && i < 256u; i++)
            if ((it->map[i / 32] & ~walk->seen[page][i / 32]) >> i % 32 & 1)
                shoal__found_wrong(walk, block_ref(walk->segment, page, i),
                                   "leak: nothing refers to block %u of the span at page %u", i, page);
    }
    walk->cut = walk->cut || pages == 0;
}
