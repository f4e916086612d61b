/* The process's side: contexts, forks, and where names live. */
#ifndef SHOAL_SEGMENT_CONTEXT_H
#define SHOAL_SEGMENT_CONTEXT_H

#include "segment/segment.h"

/* Path of the segment `name` in malloc'd memory; SHOAL_EVALUE for a bad name. "fd:N": *fd = N and no path. */
int shoal__resolve(char **path, int *fd, struct shoal_context *context, const char *name);

/*
 * Keep all that this process has attached, in whatever context, as it is: no attach comes, none goes, until they are let go.
 * False: somebody is at one of them; nothing is kept. `after` NULL: the first; NULL after the last.
 */
bool shoal__keep_attaches(void);
void shoal__let_attaches_go(void);
struct shoal_segment *shoal__next_attach(const struct shoal_segment *after);
/*
 * What threads that ended hold does not name the kernel's id that this thread has now. Once is enough, before it first waits for
 * a lock: for all contexts of the process.
 */
void shoal__disown_ended(void);

#endif
