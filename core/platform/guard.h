/*
 * Readonly mappings of files that others can truncate, or punch holes into on a full file system: a touch of what is gone
 * is SIGBUS. While a process has guarded mappings, its handler of SIGBUS is one that puts a page of zeroes where a
 * guarded mapping was touched, marks that mapping as damaged, and lets the touch go on. Any other SIGBUS is passed on to
 * the handler that was there before.
 *
 * In a thread that blocks SIGBUS the kernel does not ask a handler, but kills the process. So SIGBUS is unblocked in each thread
 * that reads: by its first call, by every attach, and by one of 256 calls after that, as to ask takes a system call.
 *
 * A handler that somebody installs later is called first: if it neither ends the process nor hands on what is not its own, nothing
 * is guarded any more. SHOAL_GUARD=0 in the environment: nothing is guarded, and no signal is touched.
 */
#ifndef SHOAL_PLATFORM_GUARD_H
#define SHOAL_PLATFORM_GUARD_H

#include <stddef.h>

#include "platform/atomic.h"

struct shoal_guarded;

/*
 * Guard a mapping of `fd` (private_copy: one to write into) until shoal__unguard, which comes before it is unmapped.
 * *damaged becomes 1. 0, or -ENOMEM; *out may be NULL.
 */
int shoal__guard(struct shoal_guarded **out, void *base, size_t size, int fd, bool private_copy, shoal_word *damaged);
void shoal__unguard(struct shoal_guarded *guarded);
void shoal__guard_descriptor(struct shoal_guarded *guarded, int fd); /* the file has another number now */
/* Each call that reads a guarded mapping begins with it. */
void shoal__guard_thread(void);

#endif
