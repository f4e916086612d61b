/*
 * Guards readonly mappings of files that others can truncate, or punch holes into on a full file system, against the
 * SIGBUS of an access to a page that is gone. While a process has guarded mappings, our SIGBUS handler puts a page of
 * zeroes where a guarded mapping was accessed, marks that mapping as damaged, and lets the access go on. Any other
 * SIGBUS is passed on to the handler that was there before.
 *
 * If the faulting thread blocks SIGBUS, the kernel kills the process without calling a handler. So SIGBUS is unblocked
 * in each thread that reads: by its first call, by every attach, and, since it takes a system call, by only one call in
 * 256 after that.
 *
 * A handler that the program installs later is called first: if it neither ends the process nor passes on the signals
 * that are not its own, nothing is guarded any more. SHOAL_GUARD=0 in the environment: nothing is guarded, and no
 * signal is touched.
 */
#ifndef SHOAL_PLATFORM_GUARD_H
#define SHOAL_PLATFORM_GUARD_H

#include <stddef.h>

#include "platform/atomic.h"

struct shoal_guarded;

/*
 * Guard a mapping of `fd` (private_copy: a writable private one) until shoal__unguard, which must be called before the
 * mapping is unmapped. *damaged becomes 1 at a fault. 0, or -ENOMEM; *out is NULL then, and with SHOAL_GUARD=0.
 */
int shoal__guard(struct shoal_guarded **out, void *base, size_t size, int fd, bool private_copy, shoal_word *damaged);
void shoal__unguard(struct shoal_guarded *guarded);
void shoal__guard_descriptor(struct shoal_guarded *guarded, int fd); /* the file has another descriptor now */
/* Unblock SIGBUS, once in 256 calls: each call that reads a guarded mapping begins with this. */
void shoal__guard_thread(void);

#endif
