/* One walk of check() over an image of a segment: what it has found so far, and which blocks are referred to. */
#ifndef SHOAL_SEGMENT_FINDING_H
#define SHOAL_SEGMENT_FINDING_H

#include "segment/segment.h"

struct shoal_walk {
    const shoal_segment *segment; /* a private copy, or the live mapping under its lock */
    shoal_report report;          /* NULL: only count */
    void *argument;
    int findings;
    uint64_t *subjects; /* of each finding: see below */
    size_t subject_count, subject_capacity;
    bool without_counts; /* ignore findings about counts of the header: USED, NAMES, REMOVED */
    bool cut;            /* some of it was not walked: a list led nowhere, or too much was wrong */
    uint32_t (*seen)[8]; /* for each page: the bits of blocks that something refers to */
    uint32_t *pins;      /* the entry of each pin, sorted */
    size_t pin_count, pin_capacity;
    bool no_memory;
    int unreadable; /* -errno of a read that the system refused, else 0 */
};

/*
 * The subject of a finding: a block, by its ref, or one of these. The same damage has the same subject in every walk.
 */
#define ABOUT_PAGE(page) ((uint64_t)1 << 32 | (page))
#define ABOUT_PEER(slot) ((uint64_t)2 << 32 | (slot))
#define ABOUT_BIN(bin) ((uint64_t)3 << 32 | (bin))
#define ABOUT_CLASS(block_class) ((uint64_t)4 << 32 | (block_class))
#define ABOUT_BUCKET(i) ((uint64_t)5 << 32 | (i))
#define ABOUT_ALL(what) ((uint64_t)6 << 32 | (what))
enum { USED, FREE_RUNS, HEAP_END, NAMES, REMOVED, GROWTH, JOURNAL, COMMITTED, STRIPE, WARM, WARM_PAGES };

void shoal__found_wrong(struct shoal_walk *walk, uint64_t subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* After the walk: did it look at the subject? True also for a block that is not allocated any more. */
bool shoal__looked_at(const struct shoal_walk *walk, uint64_t subject);
/*
 * A number that changes when the block is freed or allocated again, so that a later walk can tell whether the subject
 * is still the same; constant for a subject that is no block. It is made from the block's contents: those of a block
 * that nothing refers to (a leak) never change.
 */
uint64_t shoal__hands_of(const shoal_segment *segment, uint64_t subject);
/*
 * Note that something refers to the block at `ref`. False, with a finding, if there is no such block or it was noted
 * before.
 */
bool shoal__account(struct shoal_walk *walk, uint32_t ref, const char *what);

#endif
