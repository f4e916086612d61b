/*
 * Does the descriptor still lead to the segment's file? Any code in this process can close the number and open another
 * file under it.
 */
#ifndef SHOAL_SEGMENT_DESCRIPTOR_H
#define SHOAL_SEGMENT_DESCRIPTOR_H

#include "segment/segment.h"

/*
 * 0: segment->fd is a descriptor of this segment's file. If somebody in this process closed it (closefrom), a peer
 * first opens the file again, by its name or through the mapping, and keeps the new number. A readonly attach does not,
 * since its pins belong to the old description. -EBADF: we have no descriptor of the file. Any other -errno: the system
 * did not say whether we have one.
 */
int shoal__descriptor(const struct shoal_segment *segment);
/* SHOAL_ESYSTEM, with a sentence for the error that shoal__descriptor returned. */
int shoal__no_descriptor(const struct shoal_segment *segment, int error);
/* Has the file memory for so many bytes? Known of tmpfs; else, or if the system does not say: true. */
bool shoal__may_hold(const struct shoal_segment *segment, uint64_t bytes);

#endif
