/* The constants of a segment. docs/format.md, "Header". */
#ifndef SHOAL_SEGMENT_HEADER_H
#define SHOAL_SEGMENT_HEADER_H

#include "segment/segment.h"

/* The constants of a header, checked against the file's size: SHOAL_OK, SHOAL_ECORRUPT, SHOAL_EVERSION. */
int shoal__header_read(struct shoal_geometry *out, const struct header_sh *header, uint64_t file_size,
                       const char *name);
/* Read the header of an open file, and check it in the same way. If it looks wrong while it changes, read it again. */
int shoal__header_take(struct header_sh *header, struct shoal_geometry *is, int fd, uint64_t file_size,
                       const char *name);
/* Fill in the constants of a new header for a file of about `size` bytes. */
int shoal__header_plan(struct header_sh *header, uint64_t size, uint32_t lifetime);
uint32_t shoal__header_sum(const struct header_sh *header);
#define FIRST_COMMIT 4096u /* so many bytes of the roster, and of the table of pages, are backed in a new segment */
/* Format a mapping of zeroes as an empty segment: the header as planned, the heap one free run. */
void shoal__header_write(struct shoal_segment *segment, const struct header_sh *plan);

#endif
