/*
 * The heap: runs of pages, and pages cut into blocks of one class. Functions that allocate or free are called with the
 * structure's lock held and inside a change: an abort, or the death of the caller, undoes all of it. Within one change
 * allocate first and free last: what was freed must not be written before the commit.
 */
#ifndef SHOAL_SEGMENT_HEAP_H
#define SHOAL_SEGMENT_HEAP_H

#include "segment/segment.h"

void shoal__heap_format(struct shoal_segment *segment); /* for a new segment: one free run */

/* A block of at least `size` bytes, 64-aligned when size is a multiple of 64; contents arbitrary. SHOAL_ENOSPACE. */
int shoal__alloc_locked(struct shoal_segment *segment, uint64_t size, uint32_t *ref);
bool shoal__free_locked(struct shoal_segment *segment, uint32_t ref); /* false: no block is allocated there (damage) */
/* Called between changes: free the empty span that each class keeps, whose pages larger requests may need. */
int shoal__free_empty_spans_locked(struct shoal_segment *segment);
/*
 * Find the block at `ref`: the first page of its span or run, and its index in the span. False: no block is allocated
 * there.
 */
bool shoal__locate(const struct shoal_segment *segment, uint32_t ref, uint32_t *page, uint32_t *index);
/* Bytes usable in the block; 0 if no allocated block starts at `ref`. */
uint64_t shoal__block_capacity(const struct shoal_segment *segment, uint32_t ref);
/* The same for writers: does not check that the block is allocated, and so needs no division. */
uint64_t shoal__block_room(const struct shoal_segment *segment, uint32_t ref);

/* Do these bytes lie in pages that stay backed for ever? Only then may a reader without a pin touch them. */
bool shoal__stays_backed(const struct shoal_segment *segment, uint32_t ref, uint64_t size);

uint64_t shoal__class_size(const struct shoal_segment *segment, uint32_t block_class);
uint32_t shoal__span_blocks(const struct shoal_segment *segment, uint32_t block_class);
uint32_t shoal__span_pages(const struct shoal_segment *segment, uint32_t block_class);

#endif
