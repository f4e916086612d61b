/*
 * Implements docs/format.md, "The heap": runs of pages. Free runs lie in segregated bins and are merged with their
 * neighbours at once (boundary tags: Knuth, TAOCP 1, 2.5).
 */
#include "segment/runs.h"

#include <errno.h>
#include <string.h>

#include "platform/back.h"
#include "platform/point.h"
#include "segment/descriptor.h"
#include "segment/journal.h"
#include "value/status.h"

#define LARGEST_LOOKS 4096u /* runs looked at for the largest: lengths in one bin differ by a quarter at most */
#define BIN_TRIES 16        /* runs of the request's own bin that are tried before a run of a larger bin is cut */
#define LAST_TRIES 4096u /* runs tried before the segment is reported full: as many as shoal__largest_free looks at */
#define HOST_PAGE 4096u  /* or larger: what was written to is backed to the end of its page */
#define AHEAD 4096u      /* bytes: if more descriptors than that must be backed, it is done without the lock */

uint32_t shoal__bin_of(uint32_t pages)
{
    if (pages < 8)
        return pages;
    uint32_t high = shoal__highest_bit(pages);
    return 8 + (high - 3) * 4 + ((pages >> (high - 2)) & 3);
}

void shoal__set_kind(struct shoal_segment *segment, uint32_t page, enum page_kind kind)
{
    shoal__change(segment, (uint32_t *)&shoal__page(segment, page)->kind, kind);
}

uint32_t shoal__kind_of(const struct shoal_segment *segment, uint32_t page)
{
    return load_relaxed(&shoal__page(segment, page)->kind);
}

void shoal__count_used(struct shoal_segment *segment, uint64_t bytes, bool more)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t granules = (uint32_t)(bytes >> segment->is.granule_shift);
    shoal__change(segment, &header->used, more ? header->used + granules : header->used - granules);
}

/* ---- Lists of pages: number + 1, the head in `head` ---- */

void shoal__link_page(struct shoal_segment *segment, uint32_t *head, uint32_t page)
{
    struct page_sh *it = shoal__page(segment, page);
    shoal__change(segment, &it->next, *head);
    shoal__change(segment, &it->prev, 0);
    if (*head)
        shoal__change(segment, &shoal__page(segment, *head - 1)->prev, page + 1);
    shoal__change(segment, head, page + 1);
}

void shoal__link_page_after(struct shoal_segment *segment, uint32_t before, uint32_t page)
{
    struct page_sh *first = shoal__page(segment, before), *it = shoal__page(segment, page);
    shoal__change(segment, &it->next, first->next);
    shoal__change(segment, &it->prev, before + 1);
    if (first->next)
        shoal__change(segment, &shoal__page(segment, first->next - 1)->prev, page + 1);
    shoal__change(segment, &first->next, page + 1);
}

void shoal__unlink_page(struct shoal_segment *segment, uint32_t *head, uint32_t page)
{
    struct page_sh *it = shoal__page(segment, page);
    if (it->prev)
        shoal__change(segment, &shoal__page(segment, it->prev - 1)->next, it->next);
    else
        shoal__change(segment, head, it->next);
    if (it->next)
        shoal__change(segment, &shoal__page(segment, it->next - 1)->prev, it->prev);
}

/* ---- Runs ---- */

static void put_in_bin(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint32_t holes)
{
    struct header_sh *header = shoal__header(segment);
    struct page_sh *it = shoal__page(segment, page);
    uint32_t bin = shoal__bin_of(pages), last = page + pages - 1;
    shoal__set_kind(segment, page, PAGE_FREE);
    shoal__change(segment, &it->pages, pages);
    shoal__change(segment, &it->holes, holes);
    if (pages > 1 && last + 1 < segment->is.heap_pages) { /* read when the page after it is freed */
        shoal__set_kind(segment, last, PAGE_FREE_LAST);
        shoal__change(segment, &shoal__page(segment, last)->pages, pages);
    }
    shoal__link_page(segment, &header->bins[bin], page);
    shoal__change(segment, &header->bin_map[bin / 32], header->bin_map[bin / 32] | 1u << bin % 32);
}

static void take_from_bin(struct shoal_segment *segment, uint32_t page)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t bin = shoal__bin_of(shoal__page(segment, page)->pages);
    shoal__unlink_page(segment, &header->bins[bin], page);
    if (!header->bins[bin])
        shoal__change(segment, &header->bin_map[bin / 32], header->bin_map[bin / 32] & ~(1u << bin % 32));
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

static uint32_t first_in_bin(const struct shoal_segment *segment, uint32_t bin, uint32_t pages, uint32_t tries)
{
    for (uint32_t it = shoal__header(segment)->bins[bin]; it && tries; it = shoal__page(segment, it - 1)->next, tries--)
        if (shoal__page(segment, it - 1)->pages >= pages)
            return it;
    return 0;
}

/*
 * Find a free run of at least `pages`: page + 1, or 0. The search is bounded, since other processes wait for the lock:
 * if no larger bin has a run, and the request's own bin more than LAST_TRIES, a run that is long enough may be missed.
 */
static uint32_t find_run(const struct shoal_segment *segment, uint32_t pages)
{
    const struct header_sh *header = shoal__header(segment);
    uint32_t bin = shoal__bin_of(pages), found = first_in_bin(segment, bin, pages, BIN_TRIES);
    if (found)
        return found;
    uint32_t larger = next_bin(header, bin + 1);
    if (larger < BIN_COUNT)
        return header->bins[larger];
    return first_in_bin(segment, bin, pages, LAST_TRIES);
}

uint64_t shoal__largest_free(const struct shoal_segment *segment)
{
    const struct header_sh *header = shoal__header(segment);
    uint32_t largest = 0, looks = LARGEST_LOOKS;
    for (uint32_t bin = BIN_COUNT; bin-- > 0 && !largest;)
        for (uint32_t it = header->bins[bin]; it && it <= segment->is.heap_pages && looks > 0;
             it = shoal__page(segment, it - 1)->next, looks--)
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

/*
 * Back a part of the file. `wanted`, for the sentence: the bytes that the caller was asked for. The descriptor is
 * checked first, so that no other file is changed.
 */
static int commit(const struct shoal_segment *segment, uint64_t offset, uint64_t size, uint64_t wanted)
{
    int error = shoal__descriptor(segment);
    if (error)
        return shoal__no_descriptor(segment, error);
    error = shoal__file_commit(segment->fd, segment->base, offset, size);
    return error ? no_memory(segment, wanted, error) : SHOAL_OK;
}

/* Descriptors are backed in whole pages of the host. */
static uint32_t whole_step(const struct shoal_segment *segment, uint32_t count)
{
    uint32_t step = 4096 / sizeof(struct page_sh);
    uint64_t whole = ((uint64_t)count + step - 1) / step * step;
    return whole < segment->is.heap_pages ? (uint32_t)whole : segment->is.heap_pages;
}

/* How many descriptors, from the first, a run at `page` needs: to that of its last page, and of the page after that. */
static uint32_t descriptors_for(const struct shoal_segment *segment, uint32_t page, uint32_t pages)
{
    return page + pages + (page + pages < segment->is.heap_pages);
}

uint32_t shoal__descriptors_ahead_locked(const struct shoal_segment *segment, uint32_t pages)
{
    uint32_t found = find_run(segment, pages), have = load_relaxed(&shoal__header(segment)->pages_committed);
    uint32_t needed = found ? whole_step(segment, descriptors_for(segment, found - 1, pages)) : 0;
    bool many = needed > have && (uint64_t)(needed - have) * sizeof(struct page_sh) > AHEAD;
    return many && needed > segment->descriptors_backed ? needed : 0;
}

int shoal__back_ahead(struct shoal_segment *segment, uint32_t count, uint64_t wanted)
{
    uint32_t have = load_acquire(&shoal__header(segment)->pages_committed);
    if (count <= have)
        return SHOAL_OK;
    int status = commit(segment, segment->is.pages + (uint64_t)have * sizeof(struct page_sh),
                        (uint64_t)(count - have) * sizeof(struct page_sh), wanted);
    SHOAL_POINT("heap: descriptors backed ahead");
    return status;
}

/* Back the first `count` descriptors. Not journaled: they stay backed also if the change is aborted. */
static int commit_descriptors(struct shoal_segment *segment, uint32_t count, uint64_t wanted)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t have = load_relaxed(&header->pages_committed);
    if (count <= have)
        return SHOAL_OK;
    count = whole_step(segment, count);
    uint64_t size = (uint64_t)(count - have) * sizeof(struct page_sh);
    int status = SHOAL_OK;
    if (count > segment->descriptors_backed)
        status = commit(segment, segment->is.pages + (uint64_t)have * sizeof(struct page_sh), size, wanted);
    SHOAL_POINT("heap: descriptors backed");
    if (status == SHOAL_OK)
        store_release(&header->pages_committed, count);
    SHOAL_POINT("heap: descriptors known");
    return status;
}

/* Cut `pages` from a free run. The first and the last page's descriptors say PAGE_PART until the caller sets them. */
int shoal__take_run(struct shoal_segment *segment, uint32_t pages, uint64_t wanted, uint32_t *out, uint32_t *holes)
{
    uint32_t found = find_run(segment, pages);
    if (!found)
        return is_full(segment, wanted);
    uint32_t page = found - 1, have = shoal__page(segment, page)->pages;
    int status = commit_descriptors(segment, descriptors_for(segment, page, pages), wanted);
    if (status < 0)
        return status;
    take_from_bin(segment, page);
    *holes = shoal__page(segment, page)->holes;
    if (have > pages)
        put_in_bin(segment, page + pages, have - pages, *holes);
    shoal__set_kind(segment, page, PAGE_PART);
    shoal__set_kind(segment, page + pages - 1, PAGE_PART);
    *out = page;
    return SHOAL_OK;
}

void shoal__give_run(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint32_t holes)
{
    uint32_t after = page + pages;
    if (after < segment->is.heap_pages && shoal__kind_of(segment, after) == PAGE_FREE) {
        take_from_bin(segment, after);
        pages += shoal__page(segment, after)->pages;
        holes |= shoal__page(segment, after)->holes;
    }
    if (page > 0 &&
        (shoal__kind_of(segment, page - 1) == PAGE_FREE || shoal__kind_of(segment, page - 1) == PAGE_FREE_LAST)) {
        uint32_t before = shoal__kind_of(segment, page - 1) == PAGE_FREE ? 1 : shoal__page(segment, page - 1)->pages;
        shoal__set_kind(segment, page, PAGE_PART);
        page -= before;
        pages += before;
        take_from_bin(segment, page);
        holes |= shoal__page(segment, page)->holes;
    }
    put_in_bin(segment, page, pages, holes);
}

int shoal__commit_pages(struct shoal_segment *segment, uint32_t page, uint32_t pages)
{
    uint64_t size = (uint64_t)pages << segment->is.page_shift;
    return commit(segment, segment->is.heap + ((uint64_t)page << segment->is.page_shift), size, size);
}

int shoal__fill_pages(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint64_t at, const void *bytes,
                      uint64_t size)
{
    uint64_t all = (uint64_t)pages << segment->is.page_shift, rest = all - at - size;
    uint64_t start = segment->is.heap + ((uint64_t)page << segment->is.page_shift);
    int error = shoal__descriptor(segment);
    if (error)
        return shoal__no_descriptor(segment, error);
    error = shoal__file_fill(segment->fd, start + at, bytes, size);
    if (error < 0)
        return no_memory(segment, all, error);
    return error > 0 || rest < HOST_PAGE ? error : commit(segment, start + all - rest, rest, all);
}

/* These pages hold blocks that readers access without a pin: they are never punched again. */
void shoal__keep_backed(struct shoal_segment *segment, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        store_release(&shoal__page(segment, page + i)->keep, 1);
}

/* Backed then, whatever the free run says that they were cut from. */
bool shoal__is_kept(const struct shoal_segment *segment, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        if (!load_relaxed(&shoal__page(segment, page + i)->keep))
            return false;
    return true;
}

void shoal__format_run(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint32_t holes)
{
    struct page_sh *it = shoal__page(segment, page);
    shoal__set_kind(segment, page, PAGE_RUN);
    shoal__change(segment, &it->pages, pages);
    shoal__change(segment, &it->holes, holes);
    shoal__change(segment, &it->used, 0);
    shoal__count_used(segment, (uint64_t)pages << segment->is.page_shift, true);
}

void shoal__run_give_locked(struct shoal_segment *segment, uint32_t page, uint32_t *head, uint32_t used)
{
    struct page_sh *it = shoal__page(segment, page);
    shoal__unlink_page(segment, &shoal__peer(segment, it->used - 1)->runs, page);
    shoal__link_page(segment, head, page);
    shoal__change(segment, &it->used, used);
    if (it->holes)
        shoal__change(segment, &it->holes, 0);
}

void shoal__run_take_locked(struct shoal_segment *segment, uint32_t page, uint32_t *head)
{
    shoal__unlink_page(segment, head, page);
    shoal__link_page(segment, &shoal__peer(segment, segment->slot)->runs, page);
    shoal__change(segment, &shoal__page(segment, page)->used, segment->slot + 1);
}

uint32_t shoal__pages_for(const struct shoal_segment *segment, uint64_t size)
{
    uint64_t pages = (size + shoal__page_size(segment) - 1) >> segment->is.page_shift;
    return pages > segment->is.heap_pages ? segment->is.heap_pages + 1 : (uint32_t)pages;
}
