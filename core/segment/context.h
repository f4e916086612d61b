/* The process's side: contexts, forks, and where names live. */
#ifndef SHOAL_SEGMENT_CONTEXT_H
#define SHOAL_SEGMENT_CONTEXT_H

#include "segment/segment.h"

/* The path of the segment `name` in malloc'd memory; SHOAL_EVALUE for a bad name. "fd:N": *fd = N and no path. */
int shoal__resolve(char **path, int *fd, struct shoal_context *context, const char *name);

/*
 * Keep all attaches of this process, in every context, as they are until they are let go: none comes, none goes. False:
 * one of them is in use; nothing is kept. shoal__next_attach: `after` NULL: the first; returns NULL after the last.
 */
bool shoal__keep_attaches(void);
void shoal__let_attaches_go(void);
struct shoal_segment *shoal__next_attach(const struct shoal_segment *after);
/*
 * Holds of ended threads must not name the kernel's id that this thread has now. Called once for all contexts, before
 * this thread first waits for a lock.
 */
void shoal__disown_ended(void);

#endif
