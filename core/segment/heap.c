/*
 * Implements docs/format.md, "The heap": blocks. Small ones come from spans of one class with a bit per block
 * (Bonwick's slab allocator, 1994), larger ones are runs of pages.
 */
#include "segment/heap.h"

#include <string.h>

#include "platform/point.h"
#include "segment/journal.h"
#include "segment/runs.h"

#define SPAN_LIMIT 256u

/* ---- Geometry ---- */

/* By how many bits every class is larger than with the smallest granules, of 16 bytes. */
static uint32_t scale(const struct shoal_segment *segment)
{
    return segment->is.granule_shift - SMALLEST_GRANULE_SHIFT;
}

/* Sizes from 32 to 128 in steps of 16, then eight classes for each doubling. */
uint64_t shoal__class_size(const struct shoal_segment *segment, uint32_t block_class)
{
    uint32_t doubling = (block_class - 7) / 8, step = (block_class - 7) % 8 + 1;
    uint64_t size = block_class < 7 ? SMALLEST_BLOCK + 16u * block_class
                                    : ((uint64_t)128 << doubling) + ((uint64_t)step * 16 << doubling);
    return size << scale(segment);
}

static uint32_t class_of(const struct shoal_segment *segment, uint64_t size)
{
    uint64_t least = shoal__page_size(segment) / SPAN_LIMIT;
    size = ((size < least ? least : size) + (1u << scale(segment)) - 1) >> scale(segment);
    if (size <= SMALLEST_BLOCK)
        return 0;
    if (size <= 128)
        return (uint32_t)((size - SMALLEST_BLOCK + 15) / 16);
    uint32_t doubling = shoal__highest_bit(size - 1) - 7;
    return 7 + doubling * 8 + (uint32_t)((size - 1 - ((uint64_t)128 << doubling)) / ((uint64_t)16 << doubling));
}

uint32_t shoal__span_pages(const struct shoal_segment *segment, uint32_t block_class)
{
    uint64_t size = shoal__class_size(segment, block_class);
    uint64_t bytes = size * (size >> scale(segment) >= 8192 ? 4 : 8);
    return (uint32_t)((bytes + shoal__page_size(segment) - 1) >> segment->is.page_shift);
}

/* The size in granules, which fits 32 bits, so that shoal__locate divides 32-bit numbers. */
static uint32_t class_granules(const struct shoal_segment *segment, uint32_t block_class)
{
    return (uint32_t)(shoal__class_size(segment, block_class) >> segment->is.granule_shift);
}

uint32_t shoal__span_blocks(const struct shoal_segment *segment, uint32_t block_class)
{
    uint32_t shift = segment->is.page_shift - segment->is.granule_shift;
    uint32_t blocks = (shoal__span_pages(segment, block_class) << shift) / class_granules(segment, block_class);
    return blocks < SPAN_LIMIT ? blocks : SPAN_LIMIT;
}

/* ---- Spans ---- */

static int new_span(struct shoal_segment *segment, uint32_t block_class)
{
    uint32_t page, holes, pages = shoal__span_pages(segment, block_class);
    int status = shoal__take_run(segment, pages, (uint64_t)pages << segment->is.page_shift, &page, &holes);
    if (status == SHOAL_OK && holes && !shoal__is_kept(segment, page, pages))
        status = shoal__commit_pages(segment, page, pages);
    if (status < 0)
        return status;
    SHOAL_POINT("heap: span backed");
    struct page_sh *it = shoal__page(segment, page);
    shoal__keep_backed(segment, page, pages);
    SHOAL_POINT("heap: span kept");
    for (uint32_t i = 1; i + 1 < pages; i++) { /* no journal: ignored until the first page says it is a span */
        store_relaxed(&shoal__page(segment, page + i)->kind, PAGE_PART);
        shoal__page(segment, page + i)->pages = i;
    }
    if (pages > 1)
        shoal__change(segment, &shoal__page(segment, page + pages - 1)->pages, pages - 1);
    shoal__set_kind(segment, page, PAGE_SPAN);
    shoal__change(segment, &it->pages, pages);
    shoal__change(segment, &it->holes, 0);
    shoal__change(segment, &it->block_class, block_class);
    shoal__change(segment, &it->used, 0);
    for (uint32_t i = 0; i < 8; i++)
        shoal__change(segment, &it->map[i], 0);
    shoal__link_page(segment, &shoal__header(segment)->partial[block_class], page);
    return SHOAL_OK;
}

static uint32_t first_free(const struct page_sh *span)
{
    uint32_t word = 0;
    while (span->map[word] == UINT32_MAX)
        word++;
    return word * 32 + (uint32_t)__builtin_ctz(~span->map[word]);
}

static int alloc_block(struct shoal_segment *segment, uint64_t size, uint32_t *ref)
{
    uint32_t block_class = class_of(segment, size);
    uint32_t *partial = &shoal__header(segment)->partial[block_class];
    if (!*partial) {
        int status = new_span(segment, block_class);
        if (status < 0)
            return status;
    }
    uint32_t page = *partial - 1;
    struct page_sh *span = shoal__page(segment, page);
    if (span->used == 0 && span->next) { /* fill spans in use first, so that the empty one can be freed */
        page = span->next - 1;
        span = shoal__page(segment, page);
    }
    uint32_t index = first_free(span);
    shoal__change(segment, &span->map[index / 32], span->map[index / 32] | 1u << index % 32);
    shoal__change(segment, &span->used, span->used + 1);
    if (span->used == shoal__span_blocks(segment, block_class))
        shoal__unlink_page(segment, partial, page);
    shoal__count_used(segment, shoal__class_size(segment, block_class), true);
    *ref = shoal__page_ref(segment, page) +
           (uint32_t)(index * shoal__class_size(segment, block_class) >> segment->is.granule_shift);
    return SHOAL_OK;
}

bool shoal__locate(const struct shoal_segment *segment, uint32_t ref, uint32_t *page, uint32_t *index)
{
    if (!shoal__block(segment, ref, 1))
        return false;
    uint32_t at = shoal__page_of(segment, ref);
    if (shoal__kind_of(segment, at) == PAGE_PART) {
        uint32_t back = shoal__once(&shoal__page(segment, at)->pages);
        if (back > at)
            return false;
        at -= back;
    }
    const struct page_sh *it = shoal__page(segment, at);
    uint32_t kind = shoal__kind_of(segment, at), block_class = shoal__once(&it->block_class);
    uint32_t inside = ref - shoal__page_ref(segment, at);
    *page = at;
    *index = 0;
    if (kind == PAGE_RUN)
        return inside == 0;
    if (kind != PAGE_SPAN || block_class >= CLASS_COUNT)
        return false;
    uint32_t size = class_granules(segment, block_class), number = inside / size;
    if (inside % size != 0 || number >= shoal__span_blocks(segment, block_class))
        return false;
    *index = number;
    return it->map[*index / 32] >> *index % 32 & 1;
}

/*
 * List a span that has room again. An empty span, if any, stays the first of its class: alloc_block and
 * shoal__free_empty_spans_locked look for it there.
 */
static void list_span(struct shoal_segment *segment, uint32_t *partial, uint32_t page)
{
    struct page_sh *first = *partial ? shoal__page(segment, *partial - 1) : NULL;
    if (first && first->used == 0)
        shoal__link_page_after(segment, *partial - 1, page);
    else
        shoal__link_page(segment, partial, page);
}

static void give_span(struct shoal_segment *segment, uint32_t *partial, uint32_t page)
{
    uint32_t pages = shoal__page(segment, page)->pages;
    shoal__unlink_page(segment, partial, page);
    shoal__set_kind(segment, page, PAGE_PART);
    shoal__give_run(segment, page, pages, 0);
}

static void free_block(struct shoal_segment *segment, uint32_t page, uint32_t index)
{
    struct page_sh *span = shoal__page(segment, page);
    uint32_t block_class = span->block_class;
    uint32_t *partial = &shoal__header(segment)->partial[block_class];
    bool was_full = span->used == shoal__span_blocks(segment, block_class);
    shoal__change(segment, &span->map[index / 32], span->map[index / 32] & ~(1u << index % 32));
    shoal__change(segment, &span->used, span->used - 1);
    shoal__count_used(segment, shoal__class_size(segment, block_class), false);
    if (was_full)
        list_span(segment, partial, page);
    bool only_one = *partial == page + 1 && !span->next;
    if (span->used == 0 && !only_one) /* one empty span stays for the next block of the class */
        give_span(segment, partial, page);
}

int shoal__free_empty_spans_locked(struct shoal_segment *segment)
{
    int status = SHOAL_OK;
    for (uint32_t i = 0; i < CLASS_COUNT && status == SHOAL_OK; i++) {
        uint32_t *partial = &shoal__header(segment)->partial[i];
        if (!*partial || shoal__page(segment, *partial - 1)->used > 0)
            continue;
        give_span(segment, partial, *partial - 1);
        SHOAL_POINT("heap: empty span given back");
        status = shoal__commit(segment);
    }
    return status;
}

/* ---- Blocks and runs together ---- */

static int alloc_run(struct shoal_segment *segment, uint64_t size, uint32_t *ref)
{
    uint32_t page, holes, pages = shoal__pages_for(segment, size);
    int status = shoal__take_run(segment, pages, size, &page, &holes);
    if (status == SHOAL_OK && holes && !shoal__is_kept(segment, page, pages))
        status = shoal__commit_pages(segment, page, pages);
    if (status < 0)
        return status;
    SHOAL_POINT("heap: run backed");
    shoal__format_run(segment, page, pages, 0);
    shoal__keep_backed(segment, page, pages);
    *ref = shoal__page_ref(segment, page);
    return SHOAL_OK;
}

void shoal__heap_format(struct shoal_segment *segment)
{
    struct page_sh *first = shoal__page(segment, 0);
    uint32_t bin = shoal__bin_of(segment->is.heap_pages);
    struct header_sh *header = shoal__header(segment);
    store_relaxed(&first->kind, PAGE_FREE);
    first->pages = segment->is.heap_pages;
    first->holes = 1;
    header->bins[bin] = 1;
    header->bin_map[bin / 32] = 1u << bin % 32;
}

int shoal__alloc_locked(struct shoal_segment *segment, uint64_t size, uint32_t *ref)
{
    return size <= (uint64_t)LARGEST_BLOCK << scale(segment) ? alloc_block(segment, size, ref)
                                                             : alloc_run(segment, size, ref);
}

bool shoal__free_locked(struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page, index;
    if (!shoal__locate(segment, ref, &page, &index))
        return false;
    if (shoal__kind_of(segment, page) == PAGE_SPAN) {
        free_block(segment, page, index);
        return true;
    }
    uint32_t pages = shoal__page(segment, page)->pages, holes = shoal__page(segment, page)->holes;
    shoal__count_used(segment, (uint64_t)pages << segment->is.page_shift, false);
    shoal__set_kind(segment, page, PAGE_PART);
    shoal__give_run(segment, page, pages, holes);
    return true;
}

uint64_t shoal__block_capacity(const struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page, index;
    if (!ref || !shoal__locate(segment, ref, &page, &index))
        return 0;
    const struct page_sh *it = shoal__page(segment, page);
    uint32_t block_class = shoal__once(&it->block_class), pages = shoal__once(&it->pages);
    if (shoal__kind_of(segment, page) != PAGE_SPAN)
        return (uint64_t)pages << segment->is.page_shift;
    return block_class < CLASS_COUNT ? shoal__class_size(segment, block_class) : 0;
}

uint64_t shoal__block_room(const struct shoal_segment *segment, uint32_t ref)
{
    if (!shoal__block(segment, ref, 1))
        return 0;
    uint32_t at = shoal__page_of(segment, ref);
    const struct page_sh *it = shoal__page(segment, at);
    if (shoal__kind_of(segment, at) == PAGE_PART && it->pages <= at)
        it -= it->pages;
    if (load_relaxed(&it->kind) != PAGE_SPAN)
        return (uint64_t)it->pages << segment->is.page_shift;
    return it->block_class < CLASS_COUNT ? shoal__class_size(segment, it->block_class) : 0;
}

bool shoal__stays_backed(const struct shoal_segment *segment, uint32_t ref, uint64_t size)
{
    if (!shoal__block(segment, ref, size))
        return false;
    uint64_t end = shoal__offset(segment, ref) + size - segment->is.heap, page_size = shoal__page_size(segment);
    uint32_t last = (uint32_t)((end + page_size - 1) >> segment->is.page_shift);
    for (uint32_t page = shoal__page_of(segment, ref); page < last; page++)
        if (!load_acquire(&shoal__page(segment, page)->keep))
            return false;
    return true;
}
