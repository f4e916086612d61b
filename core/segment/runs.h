/*
 * Runs of pages, from which spans and large blocks are made: taking, freeing, backing. Functions that change the
 * segment are called with the lock held and inside a change, but for shoal__back_ahead.
 */
#ifndef SHOAL_SEGMENT_RUNS_H
#define SHOAL_SEGMENT_RUNS_H

#include "segment/segment.h"

static inline uint32_t shoal__highest_bit(uint64_t n)
{
    return 63 - (uint32_t)__builtin_clzll(n);
}

/* Lists of pages, by page number + 1; *head is the first. */
void shoal__link_page(struct shoal_segment *segment, uint32_t *head, uint32_t page);
void shoal__link_page_after(struct shoal_segment *segment, uint32_t before, uint32_t page);
void shoal__unlink_page(struct shoal_segment *segment, uint32_t *head, uint32_t page);

uint64_t shoal__largest_free(const struct shoal_segment *segment);
uint32_t shoal__bin_of(uint32_t pages);

void shoal__set_kind(struct shoal_segment *segment, uint32_t page, enum page_kind kind);
uint32_t shoal__kind_of(const struct shoal_segment *segment, uint32_t page);
void shoal__count_used(struct shoal_segment *segment, uint64_t bytes, bool more);
/* More than heap_pages if no such run can exist. */
uint32_t shoal__pages_for(const struct shoal_segment *segment, uint64_t size);

/*
 * Cut `pages` from a free run. *holes: the run must be backed before use. The descriptors of its first and last page
 * say PAGE_PART until the caller sets them. SHOAL_ENOSPACE, with a sentence that names `wanted`, the bytes asked for.
 */
int shoal__take_run(struct shoal_segment *segment, uint32_t pages, uint64_t wanted, uint32_t *out, uint32_t *holes);
/*
 * How many descriptors, from the first, must be backed before a run of `pages` can be taken, if that takes long: then
 * the caller releases the lock and calls shoal__back_ahead. 0: few, or none, must be backed. They are published when
 * the run is taken; until then no process looks at them.
 */
uint32_t shoal__descriptors_ahead_locked(const struct shoal_segment *segment, uint32_t pages);
int shoal__back_ahead(struct shoal_segment *segment, uint32_t count, uint64_t wanted);
void shoal__give_run(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint32_t holes);
/* Back the pages. SHOAL_ENOSPACE: the host has no memory for them. */
int shoal__commit_pages(struct shoal_segment *segment, uint32_t page, uint32_t pages);
/*
 * Back the pages and copy `size` bytes to the byte `at` of the first one, which that byte lies in. 0, or < 0; or 1:
 * nothing is done that counts: back them, and copy.
 */
int shoal__fill_pages(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint64_t at, const void *bytes,
                      uint64_t size);
/* These pages hold blocks that readers access without a pin: they are never punched again. */
void shoal__keep_backed(struct shoal_segment *segment, uint32_t page, uint32_t pages);
/*
 * One part of the caller's change: a wholly backed run moves from the hands of a peer, whom page_sh.used names, to the list
 * at *head, and `used` says which list that is; or the other way, into our hands.
 */
void shoal__run_give_locked(struct shoal_segment *segment, uint32_t page, uint32_t *head, uint32_t used);
void shoal__run_take_locked(struct shoal_segment *segment, uint32_t page, uint32_t *head);
bool shoal__is_kept(const struct shoal_segment *segment, uint32_t page, uint32_t pages);
void shoal__format_run(struct shoal_segment *segment, uint32_t page, uint32_t pages, uint32_t holes);

#endif
