/* The process's side: contexts, forks, and where names live. */
#ifndef SHOAL_SEGMENT_CONTEXT_H
#define SHOAL_SEGMENT_CONTEXT_H

#include "segment/segment.h"

/* The path of the segment `name` in malloc'd memory; SHOAL_EVALUE for a bad name. "fd:N": *fd = N and no path. */
int shoal__resolve(char **path, int *fd, struct shoal_context *context, const char *name);

/*
 * Lock the list of contexts and every context, so that no attach of this process comes or goes before
 * shoal__let_attaches_go. False: another thread has one of these locks; none is held. shoal__next_attach walks all
 * attaches meanwhile: `after` NULL: the first; returns NULL after the last.
 */
bool shoal__keep_attaches(void);
void shoal__let_attaches_go(void);
struct shoal_segment *shoal__next_attach(const struct shoal_segment *after);
/*
 * The kernel may have given this thread the id of a thread that ended while it held locks. Remove that id from those
 * holds, in all contexts, so that they are not taken for this thread's. Called once by each thread, before it first
 * waits for a lock.
 */
void shoal__disown_ended(void);

#endif
