/* A check of one image of a segment: what was found so far, and which blocks somebody accounts for. */
#ifndef SHOAL_SEGMENT_WALK_H
#define SHOAL_SEGMENT_WALK_H

#include "segment/segment.h"

struct shoal_walk {
    const shoal_segment *segment; /* the live mapping under its lock, or a private copy */
    shoal_report report;          /* NULL: only count */
    void *argument;
    int findings;
    uint32_t (*seen)[8]; /* for each page: the bits of blocks that something refers to */
    uint32_t *pins;      /* the entry of each pin, sorted */
    size_t pin_count, pin_capacity;
    bool no_memory;
    int unreadable; /* -errno of what the system would not read, else 0 */
    /* What is wrong with the body of an object of that kind; NULL: nothing. Given by the room above. */
    const char *(*judge)(const shoal_segment *segment, int kind, const void *body, uint64_t capacity);
};

void shoal__found_wrong(struct shoal_walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Note that something refers to the block at `ref`. False, with a finding, if there is none or it was noted before. */
bool shoal__account(struct shoal_walk *walk, uint32_t ref, const char *what);

void shoal__walk_heap(struct shoal_walk *walk);      /* runs, spans, bins, lists, the sum */
void shoal__walk_peers(struct shoal_walk *walk);     /* pins and runs in hand */
void shoal__walk_directory(struct shoal_walk *walk); /* the table, every entry and body, limbo */
void shoal__walk_leaks(struct shoal_walk *walk);     /* last: blocks nobody accounts for */

#endif
