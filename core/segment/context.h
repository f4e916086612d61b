/* The process's side: contexts, forks, and where names live. */
#ifndef SHOAL_SEGMENT_CONTEXT_H
#define SHOAL_SEGMENT_CONTEXT_H

#include "segment/segment.h"

/* Path of the segment `name` in malloc'd memory; SHOAL_EVALUE for a bad name. "fd:N": *fd = N and no path. */
int shoal__resolve(char **path, int *fd, struct shoal_context *context, const char *name);

/* With the context's lock held: */
void shoal__detach_locked(struct shoal_segment *segment); /* if nothing holds it any more */

#endif
