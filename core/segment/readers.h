/*
 * The pins of a readonly attach: shared byte locks on the file, one byte for the serial of each open object. Called
 * with the context's lock held. The kernel keeps all locks of a file in one list, which every query walks: so a reader
 * joins its locks to a few ranges.
 */
#ifndef SHOAL_SEGMENT_READERS_H
#define SHOAL_SEGMENT_READERS_H

#include "segment/segment.h"

int shoal__reader_pin(struct shoal_segment *segment, uint32_t serial); /* 0 or -errno; may be repeated */
void shoal__reader_unpin(struct shoal_segment *segment, uint32_t serial);
bool shoal__reader_pinned(const struct shoal_segment *segment, uint32_t serial); /* by this attach */
/* Take all pins of this attach once more, through the descriptor that a forked child will have: 0 or -errno. */
int shoal__reader_pin_for_child(const struct shoal_segment *segment, int fd);
/* Forget all pins: the descriptor is now of a new open file description, which has no locks yet. */
void shoal__reader_begin_anew(struct shoal_segment *segment);

#endif
