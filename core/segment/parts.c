/* Implements docs/format.md, "Parts", and docs/recovery.md, "Parts of an object". */
#include "segment/parts.h"

#include "platform/point.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/runs.h"
#include "segment/table.h"

void shoal__part_give_locked(struct shoal_segment *segment, struct parts_sh *parts, uint32_t ref)
{
    shoal__run_give_locked(segment, shoal__page_of(segment, ref), &parts->runs, RUN_PART);
}

/* The page of a run in an object's list; NULL: none is there. */
static const struct page_sh *run_at(const struct shoal_segment *segment, uint32_t link)
{
    uint32_t committed = load_acquire(&shoal__header(segment)->pages_committed);
    if (link == 0 || link > committed || committed > segment->is.heap_pages)
        return NULL;
    const struct page_sh *it = shoal__page(segment, link - 1);
    bool is_sound = load_relaxed(&it->kind) == PAGE_RUN && shoal__once(&it->used) == RUN_PART &&
                    shoal__once(&it->next) <= committed && shoal__once(&it->prev) <= committed &&
                    shoal__once(&it->pages) <= segment->is.heap_pages - (link - 1);
    return is_sound ? it : NULL;
}

bool shoal__part_is_sound(const struct shoal_segment *segment, uint32_t ref, uint64_t size)
{
    const struct page_sh *it = shoal__block(segment, ref, 1) ? run_at(segment, shoal__page_of(segment, ref) + 1) : NULL;
    return it && shoal__page_ref(segment, shoal__page_of(segment, ref)) == ref &&
           size <= (uint64_t)shoal__once(&it->pages) << segment->is.page_shift;
}

bool shoal__part_take_locked(struct shoal_segment *segment, struct parts_sh *parts, uint32_t ref)
{
    if (!shoal__part_is_sound(segment, ref, 0))
        return false;
    uint32_t page = shoal__page_of(segment, ref);
    if (!shoal__page(segment, page)->prev && parts->runs != page + 1)
        return false;
    shoal__run_take_locked(segment, page, &parts->runs);
    return true;
}

struct list_sh *shoal__part_lists(const struct parts_sh *parts, uint64_t capacity, uint32_t *count)
{
    uint32_t lists = *(const volatile uint16_t *)&parts->lists, at = *(const volatile uint16_t *)&parts->at;
    *count = 0;
    if (lists == 0 || at % 8 || at < sizeof *parts || at + lists * sizeof(struct list_sh) > capacity)
        return NULL;
    *count = lists;
    return (struct list_sh *)((unsigned char *)parts + at);
}

/* Take the first block out of the list. Only its `next` counts: whatever else the block refers to goes with it. */
static int free_first(struct shoal_segment *segment, struct list_sh *list)
{
    uint32_t ref = list->first;
    const uint32_t *next = shoal__block(segment, ref, sizeof *next);
    if (!next)
        return shoal__directory_damaged(segment);
    shoal__change(segment, &list->first, *next);
    shoal__change(segment, &list->count, list->count - 1);
    if (!*next)
        shoal__change(segment, &list->last, 0);
    if (!shoal__free_locked(segment, ref)) {
        shoal__abort(segment);
        return shoal__directory_damaged(segment);
    }
    return shoal__commit(segment);
}

int shoal__part_free_locked(struct shoal_segment *segment, uint32_t body, uint32_t *big)
{
    uint64_t capacity = shoal__block_capacity(segment, body);
    struct parts_sh *parts = capacity < sizeof *parts ? NULL : shoal__at(segment, shoal__offset(segment, body));
    uint32_t count = 0;
    int status = 0;
    *big = 0;
    if (!parts)
        return 0;
    if (parts->runs) {
        uint32_t ref = run_at(segment, parts->runs) ? shoal__page_ref(segment, parts->runs - 1) : 0;
        if (!ref || !shoal__part_take_locked(segment, parts, ref))
            return shoal__directory_damaged(segment);
        status = shoal__commit(segment);
        SHOAL_POINT("parts: run in our hands");
        *big = status < 0 ? 0 : ref;
        return status < 0 ? status : 1;
    }
    struct list_sh *lists = shoal__part_lists(parts, capacity, &count);
    for (uint32_t i = 0; i < count; i++)
        if (lists[i].first) {
            status = free_first(segment, &lists[i]);
            SHOAL_POINT("parts: block freed");
            return status < 0 ? status : 1;
        }
    return 0;
}
