/*
 * Implements docs/format.md, "The heap". Free runs lie in segregated bins and are merged with their
 * neighbours at once (boundary tags: Knuth, TAOCP 1, 2.5); small blocks come from spans of one class with a
 * bit per block (Bonwick's slab allocator, 1994).
 */
#include "segment/heap.h"

#include <errno.h>
#include <string.h>

#include "platform/file.h"
#include "segment/journal.h"
#include "value/status.h"

#define BIN_TRIES 16 /* runs of the request's own bin looked at before a larger bin is cut */
#define SPAN_LIMIT 256u

/* ---- Geometry ---- */

static uint32_t highest_bit(uint64_t n)
{
    return 63 - (uint32_t)__builtin_clzll(n);
}

uint32_t shoal__bin_of(uint32_t pages)
{
    if (pages < 8)
        return pages;
    uint32_t high = highest_bit(pages);
    return 8 + (high - 3) * 4 + ((pages >> (high - 2)) & 3);
}

/* In granules of more than 16 bytes every class is as much larger. */
static uint32_t scale(const struct shoal_segment *segment)
{
    return segment->is.granule_shift - SMALLEST_GRANULE_SHIFT;
}

/* 32 to 128 in steps of 16, then eight classes for each doubling. */
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
    uint32_t doubling = highest_bit(size - 1) - 7;
    return 7 + doubling * 8 + (uint32_t)((size - 1 - ((uint64_t)128 << doubling)) / ((uint64_t)16 << doubling));
}

uint32_t shoal__span_pages(const struct shoal_segment *segment, uint32_t block_class)
{
    uint64_t size = shoal__class_size(segment, block_class), page = shoal__page_size(segment);
    uint64_t bytes = size * (size >> scale(segment) >= 8192 ? 4 : 8);
    return (uint32_t)((bytes + page - 1) / page);
}

uint32_t shoal__span_blocks(const struct shoal_segment *segment, uint32_t block_class)
{
    uint64_t bytes = (uint64_t)shoal__span_pages(segment, block_class) << segment->is.page_shift;
    uint64_t blocks = bytes / shoal__class_size(segment, block_class);
    return blocks < SPAN_LIMIT ? (uint32_t)blocks : SPAN_LIMIT;
}

static void set(struct shoal_segment *segment, uint32_t *word, uint32_t value)
{
    shoal__change(segment, word, value);
}

static void set_kind(struct shoal_segment *segment, uint32_t page, enum page_kind kind)
{
    shoal__change(segment, (uint32_t *)&shoal__page(segment, page)->kind, kind);
}

static uint32_t kind_of(const struct shoal_segment *segment, uint32_t page)
{
    return load_relaxed(&shoal__page(segment, page)->kind);
}

static void count_used(struct shoal_segment *segment, uint64_t bytes, bool more)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t granules = (uint32_t)(bytes >> segment->is.granule_shift);
    set(segment, &header->used, more ? header->used + granules : header->used - granules);
}

/* ---- Lists of pages: number + 1, the head in `head` ---- */

static void link_page(struct shoal_segment *segment, uint32_t *head, uint32_t page)
{
    struct page_sh *it = shoal__page(segment, page);
    set(segment, &it->next, *head);
    set(segment, &it->prev, 0);
    if (*head)
        set(segment, &shoal__page(segment, *head - 1)->prev, page + 1);
    set(segment, head, page + 1);
}

static void unlink_page(struct shoal_segment *segment, uint32_t *head, uint32_t page)
{
    struct page_sh *it = shoal__page(segment, page);
    if (it->prev)
        set(segment, &shoal__page(segment, it->prev - 1)->next, it->next);
    else
        set(segment, head, it->next);
    if (it->next)
        set(segment, &shoal__page(segment, it->next - 1)->prev, it->prev);
}

/* ---- Runs ---- */

static void put_in_bin(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint32_t holes)
{
    struct header_sh *header = shoal__header(segment);
    struct page_sh *it = shoal__page(segment, page);
    uint32_t bin = shoal__bin_of(pages), last = page + pages - 1;
    set_kind(segment, page, PAGE_FREE);
    set(segment, &it->pages, pages);
    set(segment, &it->holes, holes);
    if (pages > 1 && last + 1 < segment->is.heap_pages) { /* nothing can be freed after the heap's last page */
        set_kind(segment, last, PAGE_FREE_LAST);
        set(segment, &shoal__page(segment, last)->pages, pages);
    }
    link_page(segment, &header->bins[bin], page);
    set(segment, &header->bin_map[bin / 32], header->bin_map[bin / 32] | 1u << bin % 32);
}

static void take_from_bin(struct shoal_segment *segment, uint32_t page)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t bin = shoal__bin_of(shoal__page(segment, page)->pages);
    unlink_page(segment, &header->bins[bin], page);
    if (!header->bins[bin])
        set(segment, &header->bin_map[bin / 32], header->bin_map[bin / 32] & ~(1u << bin % 32));
}

static uint32_t next_bin(const struct header_sh *header, uint32_t bin)
{
    for (; bin < BIN_COUNT; bin = (bin / 32 + 1) * 32) {
        uint32_t rest = header->bin_map[bin / 32] >> bin % 32;
        if (rest)
            return bin + (uint32_t)__builtin_ctz(rest);
    }
    return BIN_COUNT;
}

/* A free run of at least `pages`: page + 1, or 0. */
static uint32_t find_run(const struct shoal_segment *segment, uint32_t pages)
{
    const struct header_sh *header = shoal__header(segment);
    uint32_t bin = shoal__bin_of(pages), tries = BIN_TRIES;
    for (uint32_t it = header->bins[bin]; it && tries; it = shoal__page(segment, it - 1)->next, tries--)
        if (shoal__page(segment, it - 1)->pages >= pages)
            return it;
    uint32_t larger = next_bin(header, bin + 1);
    if (larger < BIN_COUNT)
        return header->bins[larger];
    for (uint32_t it = header->bins[bin]; it; it = shoal__page(segment, it - 1)->next) /* before giving up, all of it */
        if (shoal__page(segment, it - 1)->pages >= pages)
            return it;
    return 0;
}

uint64_t shoal__largest_free(const struct shoal_segment *segment)
{
    const struct header_sh *header = shoal__header(segment);
    uint32_t largest = 0;
    for (uint32_t bin = BIN_COUNT; bin-- > 0 && !largest;)
        for (uint32_t it = header->bins[bin]; it; it = shoal__page(segment, it - 1)->next)
            if (shoal__page(segment, it - 1)->pages > largest)
                largest = shoal__page(segment, it - 1)->pages;
    return (uint64_t)largest << segment->is.page_shift;
}

static int no_memory(const struct shoal_segment *segment, uint64_t wanted, int error)
{
    if (error != -ENOSPC && error != -ENOMEM && error != -EDQUOT)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\": the system refused %llu bytes of memory: %s", segment->name,
                           (unsigned long long)wanted, strerror(-error));
    const char *slash = strrchr(segment->path, '/');
    return shoal__fail(SHOAL_ENOSPACE,
                       "the host's memory for segments is full: wanted %llu bytes for segment \"%s\", %llu are free in "
                       "%.*s; remove objects or segments, or make that file system larger (mount -o remount,size=...)",
                       (unsigned long long)wanted, segment->name,
                       (unsigned long long)shoal__file_free_space(segment->fd),
                       slash ? (int)(slash - segment->path) : 9, slash ? segment->path : "this host");
}

static int is_full(const struct shoal_segment *segment, uint64_t wanted)
{
    return shoal__fail(SHOAL_ENOSPACE,
                       "segment \"%s\" is full: wanted %llu bytes, the largest free block has %llu of its %llu bytes; "
                       "remove objects, or create it with a larger size",
                       segment->name, (unsigned long long)wanted, (unsigned long long)shoal__largest_free(segment),
                       (unsigned long long)segment->is.size);
}

/* Back a part of the file, for `wanted` bytes of a caller's; not of another file that has our descriptor's number by now. */
static int commit(const struct shoal_segment *segment, uint64_t offset, uint64_t size, uint64_t wanted)
{
    if (!shoal__file_same(segment->fd, segment->device, segment->inode))
        return shoal__fail(SHOAL_ESYSTEM,
                           "segment \"%s\": somebody in this process closed its descriptor %d; open it "
                           "again",
                           segment->name, segment->fd);
    int error = shoal__file_commit(segment->fd, offset, size);
    return error ? no_memory(segment, wanted, error) : SHOAL_OK;
}

/* Back the descriptors of pages before `count`. Never taken back: it belongs to no change. */
static int commit_descriptors(struct shoal_segment *segment, uint32_t count, uint64_t wanted)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t have = load_relaxed(&header->pages_committed), step = 4096 / sizeof(struct page_sh);
    if (count <= have)
        return SHOAL_OK;
    count = (count + step - 1) / step * step;
    if (count > segment->is.heap_pages)
        count = segment->is.heap_pages;
    uint64_t size = (uint64_t)(count - have) * sizeof(struct page_sh);
    int status = commit(segment, segment->is.pages + (uint64_t)have * sizeof(struct page_sh), size, wanted);
    if (status == SHOAL_OK)
        store_release(&header->pages_committed, count);
    return status;
}

/* Cut `pages` from a free run. The first and the last page's descriptors say PAGE_PART until the caller says more. */
static int take_run(struct shoal_segment *segment, uint32_t pages, uint64_t wanted, uint32_t *out, uint32_t *holes)
{
    uint32_t found = find_run(segment, pages);
    if (!found)
        return is_full(segment, wanted);
    uint32_t page = found - 1, have = shoal__page(segment, page)->pages;
    uint32_t needed = page + pages + (page + pages < segment->is.heap_pages);
    int status = commit_descriptors(segment, needed, wanted);
    if (status < 0)
        return status;
    take_from_bin(segment, page);
    *holes = shoal__page(segment, page)->holes;
    if (have > pages)
        put_in_bin(segment, page + pages, have - pages, *holes);
    set_kind(segment, page, PAGE_PART);
    set_kind(segment, page + pages - 1, PAGE_PART);
    *out = page;
    return SHOAL_OK;
}

static void give_run(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint32_t holes)
{
    uint32_t after = page + pages;
    if (after < segment->is.heap_pages && kind_of(segment, after) == PAGE_FREE) {
        take_from_bin(segment, after);
        pages += shoal__page(segment, after)->pages;
        holes |= shoal__page(segment, after)->holes;
    }
    if (page > 0 && (kind_of(segment, page - 1) == PAGE_FREE || kind_of(segment, page - 1) == PAGE_FREE_LAST)) {
        uint32_t before = kind_of(segment, page - 1) == PAGE_FREE ? 1 : shoal__page(segment, page - 1)->pages;
        set_kind(segment, page, PAGE_PART);
        page -= before;
        pages += before;
        take_from_bin(segment, page);
        holes |= shoal__page(segment, page)->holes;
    }
    put_in_bin(segment, page, pages, holes);
}

static int commit_pages(struct shoal_segment *segment, uint32_t page, uint32_t pages)
{
    uint64_t size = (uint64_t)pages << segment->is.page_shift;
    return commit(segment, segment->is.heap + ((uint64_t)page << segment->is.page_shift), size, size);
}

/* These pages hold blocks that readers reach without a pin: they are never punched again. */
static void keep_backed(struct shoal_segment *segment, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        store_release(&shoal__page(segment, page + i)->keep, 1);
}

static void format_run(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint32_t holes)
{
    struct page_sh *it = shoal__page(segment, page);
    set_kind(segment, page, PAGE_RUN);
    set(segment, &it->pages, pages);
    set(segment, &it->holes, holes);
    set(segment, &it->used, 0);
    count_used(segment, (uint64_t)pages << segment->is.page_shift, true);
}

static uint32_t pages_for(const struct shoal_segment *segment, uint64_t size)
{
    uint64_t pages = (size + shoal__page_size(segment) - 1) >> segment->is.page_shift;
    return pages > segment->is.heap_pages ? segment->is.heap_pages + 1 : (uint32_t)pages;
}

static int alloc_run(struct shoal_segment *segment, uint64_t size, uint32_t *ref)
{
    uint32_t page, holes, pages = pages_for(segment, size);
    int status = take_run(segment, pages, size, &page, &holes);
    if (status == SHOAL_OK && holes)
        status = commit_pages(segment, page, pages);
    if (status < 0)
        return status;
    format_run(segment, page, pages, 0);
    keep_backed(segment, page, pages);
    *ref = shoal__page_ref(segment, page);
    return SHOAL_OK;
}

/* ---- Spans ---- */

static int new_span(struct shoal_segment *segment, uint32_t block_class)
{
    uint32_t page, holes, pages = shoal__span_pages(segment, block_class);
    int status = take_run(segment, pages, (uint64_t)pages << segment->is.page_shift, &page, &holes);
    if (status == SHOAL_OK && holes)
        status = commit_pages(segment, page, pages);
    if (status < 0)
        return status;
    struct page_sh *it = shoal__page(segment, page);
    keep_backed(segment, page, pages);
    for (uint32_t i = 1; i + 1 < pages; i++) { /* inside a run: says nothing until the first page does */
        store_relaxed(&shoal__page(segment, page + i)->kind, PAGE_PART);
        shoal__page(segment, page + i)->pages = i;
    }
    if (pages > 1)
        set(segment, &shoal__page(segment, page + pages - 1)->pages, pages - 1);
    set_kind(segment, page, PAGE_SPAN);
    set(segment, &it->pages, pages);
    set(segment, &it->holes, 0);
    set(segment, &it->block_class, block_class);
    set(segment, &it->used, 0);
    for (uint32_t i = 0; i < 8; i++)
        set(segment, &it->map[i], 0);
    link_page(segment, &shoal__header(segment)->partial[block_class], page);
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
    uint32_t index = first_free(span);
    set(segment, &span->map[index / 32], span->map[index / 32] | 1u << index % 32);
    set(segment, &span->used, span->used + 1);
    if (span->used == shoal__span_blocks(segment, block_class))
        unlink_page(segment, partial, page);
    count_used(segment, shoal__class_size(segment, block_class), true);
    *ref = shoal__page_ref(segment, page) +
           (uint32_t)(index * shoal__class_size(segment, block_class) >> segment->is.granule_shift);
    return SHOAL_OK;
}

bool shoal__locate(const struct shoal_segment *segment, uint32_t ref, uint32_t *page, uint32_t *index)
{
    if (!shoal__block(segment, ref, 1))
        return false;
    uint32_t at = shoal__page_of(segment, ref);
    if (kind_of(segment, at) == PAGE_PART) {
        uint32_t back = shoal__page(segment, at)->pages;
        if (back > at)
            return false;
        at -= back;
    }
    const struct page_sh *it = shoal__page(segment, at);
    uint32_t kind = kind_of(segment, at), block_class = it->block_class; /* once: a readonly check reads live words */
    uint64_t inside = shoal__offset(segment, ref) - shoal__offset(segment, shoal__page_ref(segment, at));
    *page = at;
    *index = 0;
    if (kind == PAGE_RUN)
        return inside == 0;
    if (kind != PAGE_SPAN || block_class >= CLASS_COUNT)
        return false;
    uint64_t size = shoal__class_size(segment, block_class), number = inside / size;
    if (inside % size != 0 || number >= shoal__span_blocks(segment, block_class))
        return false;
    *index = (uint32_t)number;
    return it->map[*index / 32] >> *index % 32 & 1;
}

static void free_block(struct shoal_segment *segment, uint32_t page, uint32_t index)
{
    struct page_sh *span = shoal__page(segment, page);
    uint32_t block_class = span->block_class;
    uint32_t *partial = &shoal__header(segment)->partial[block_class];
    bool was_full = span->used == shoal__span_blocks(segment, block_class);
    set(segment, &span->map[index / 32], span->map[index / 32] & ~(1u << index % 32));
    set(segment, &span->used, span->used - 1);
    count_used(segment, shoal__class_size(segment, block_class), false);
    if (was_full)
        link_page(segment, partial, page);
    bool only_one = *partial == page + 1 && !span->next;
    if (span->used == 0 && !only_one) { /* one empty span stays for the next block of the class */
        uint32_t pages = span->pages;
        unlink_page(segment, partial, page);
        set_kind(segment, page, PAGE_PART);
        give_run(segment, page, pages, 0);
    }
}

/* ---- The two together ---- */

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

void shoal__free_locked(struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page, index;
    if (!shoal__locate(segment, ref, &page, &index))
        return; /* only in a damaged segment: check() reports the leak */
    if (kind_of(segment, page) == PAGE_SPAN) {
        free_block(segment, page, index);
        return;
    }
    uint32_t pages = shoal__page(segment, page)->pages, holes = shoal__page(segment, page)->holes;
    count_used(segment, (uint64_t)pages << segment->is.page_shift, false);
    set_kind(segment, page, PAGE_PART);
    give_run(segment, page, pages, holes);
}

uint64_t shoal__block_capacity(const struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page, index;
    if (!ref || !shoal__locate(segment, ref, &page, &index))
        return 0;
    const struct page_sh *it = shoal__page(segment, page);
    return kind_of(segment, page) == PAGE_SPAN ? shoal__class_size(segment, it->block_class)
                                               : (uint64_t)it->pages << segment->is.page_shift;
}

bool shoal__stays_backed(const struct shoal_segment *segment, uint32_t ref, uint64_t size)
{
    if (!shoal__block(segment, ref, size))
        return false;
    uint32_t last = (uint32_t)((shoal__offset(segment, ref) + size - 1 - segment->is.heap) >> segment->is.page_shift);
    for (uint32_t page = shoal__page_of(segment, ref); page <= last; page++)
        if (!load_acquire(&shoal__page(segment, page)->keep))
            return false;
    return true;
}

/* ---- Big runs ---- */

int shoal__big_take_locked(struct shoal_segment *segment, uint64_t size, uint32_t *ref)
{
    uint32_t page, holes, pages = pages_for(segment, size);
    int status = take_run(segment, pages, size, &page, &holes);
    if (status < 0)
        return status;
    format_run(segment, page, pages, holes);
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
    /* What is punched and backed again reads as zero; where holes are refused, and in pages never punched, we write. */
    bool punched = zero && it->holes && shoal__big_punch(segment, ref);
    int status = it->holes ? commit_pages(segment, page, it->pages) : SHOAL_OK;
    if (status == SHOAL_OK && zero)
        zero_pages(segment, page, it->pages, punched);
    return status;
}

void shoal__big_hand_over_locked(struct shoal_segment *segment, uint32_t ref)
{
    struct page_sh *it = shoal__page(segment, shoal__page_of(segment, ref));
    unlink_page(segment, &shoal__peer(segment, it->used - 1)->runs, shoal__page_of(segment, ref));
    set(segment, &it->used, 0);
    set(segment, &it->holes, 0);
}

void shoal__big_take_back_locked(struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page = shoal__page_of(segment, ref);
    link_page(segment, &shoal__peer(segment, segment->slot)->runs, page);
    set(segment, &shoal__page(segment, page)->used, segment->slot + 1);
}

/* Give the pages back to the host, but for those that readers without a pin may still look at. */
bool shoal__big_punch(struct shoal_segment *segment, uint32_t ref)
{
    uint32_t page = shoal__page_of(segment, ref), end = page + shoal__page(segment, page)->pages;
    bool all = shoal__file_same(segment->fd, segment->device, segment->inode);
    while (all && page < end) {
        uint32_t stop = page;
        while (stop < end && !load_relaxed(&shoal__page(segment, stop)->keep))
            stop++;
        if (stop > page)
            all = shoal__file_punch(segment->fd, segment->is.heap + ((uint64_t)page << segment->is.page_shift),
                                    (uint64_t)(stop - page) << segment->is.page_shift) == 0;
        page = stop + 1;
    }
    return all;
}

void shoal__big_free_locked(struct shoal_segment *segment, uint32_t ref)
{
    struct page_sh *it = shoal__page(segment, shoal__page_of(segment, ref));
    unlink_page(segment, &shoal__peer(segment, it->used - 1)->runs, shoal__page_of(segment, ref));
    set(segment, &it->holes, 1); /* punched, half punched or never committed: all the same to the next taker */
    shoal__free_locked(segment, ref);
}
