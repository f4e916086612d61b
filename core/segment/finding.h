/* What a check of one image of a segment found so far, and which blocks somebody accounts for. */
#ifndef SHOAL_SEGMENT_FINDING_H
#define SHOAL_SEGMENT_FINDING_H

#include "segment/segment.h"

struct shoal_walk {
    const shoal_segment *segment; /* a private copy, or the live mapping under its lock */
    shoal_report report;          /* NULL: only count */
    void *argument;
    int findings;
    uint64_t *subjects; /* what each was about: below */
    size_t subject_count, subject_capacity;
    bool without_counts; /* what the header counts is not compared */
    bool cut;            /* some of it was not walked: a list that led nowhere, or too much was wrong */
    uint32_t (*seen)[8]; /* for each page: the bits of blocks that something refers to */
    uint32_t *pins;      /* the entry of each pin, sorted */
    size_t pin_count, pin_capacity;
    bool no_memory;
    int unreadable; /* -errno of what the system would not read, else 0 */
};

/* What a finding is about: a block, by its ref, or one of these. The same damage is the same subject in every walk. */
#define ABOUT_PAGE(page) ((uint64_t)1 << 32 | (page))
#define ABOUT_PEER(slot) ((uint64_t)2 << 32 | (slot))
#define ABOUT_BIN(bin) ((uint64_t)3 << 32 | (bin))
#define ABOUT_CLASS(block_class) ((uint64_t)4 << 32 | (block_class))
#define ABOUT_BUCKET(i) ((uint64_t)5 << 32 | (i))
#define ABOUT_ALL(what) ((uint64_t)6 << 32 | (what))
enum { USED, FREE_RUNS, HEAP_END, NAMES, REMOVED, GROWTH, JOURNAL, COMMITTED, STRIPE };

void shoal__found_wrong(struct shoal_walk *walk, uint64_t subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* After the walk: was the subject looked at in it, or is it gone? */
bool shoal__looked_at(const struct shoal_walk *walk, uint64_t subject);
/*
 * Another number when the block has been given to somebody else since, or none is there; the same for what is no block. A
 * block that nobody refers to is never freed, and never written.
 */
uint64_t shoal__hands_of(const shoal_segment *segment, uint64_t subject);
/* Note that something refers to the block at `ref`. False, with a finding, if there is none or it was noted before. */
bool shoal__account(struct shoal_walk *walk, uint32_t ref, const char *what);

#endif
