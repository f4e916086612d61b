/*
 * Readonly mappings of files that others can truncate, or punch holes into on a full file system: an access to what is
 * gone is a SIGBUS. While a process has guarded mappings, our SIGBUS handler puts a page of zeroes where a guarded
 * mapping was accessed, marks that mapping as damaged, and lets the access go on. Any other SIGBUS is passed on to the
 * handler that was there before.
 *
 * If a thread blocks SIGBUS the kernel kills the process without calling a handler. So SIGBUS is unblocked in each
 * thread that reads: by its first call, by every attach, and by one call in 256 after that, since it takes a system
 * call.
 *
 * A handler that somebody installs later is called first: if it neither ends the process nor passes on what is not its
 * own, nothing is guarded any more. SHOAL_GUARD=0 in the environment: nothing is guarded, and no signal is touched.
 */
#ifndef SHOAL_PLATFORM_GUARD_H
#define SHOAL_PLATFORM_GUARD_H

#include <stddef.h>

#include "platform/atomic.h"

struct shoal_guarded;

/*
 * Guard a mapping of `fd` (private_copy: a writable one) until shoal__unguard, which comes before it is unmapped.
 * *damaged becomes 1 at a fault. 0, or -ENOMEM; *out may be NULL.
 */
int shoal__guard(struct shoal_guarded **out, void *base, size_t size, int fd, bool private_copy, shoal_word *damaged);
void shoal__unguard(struct shoal_guarded *guarded);
void shoal__guard_descriptor(struct shoal_guarded *guarded, int fd); /* the file has another descriptor now */
/* Each call that reads a guarded mapping begins with this. */
void shoal__guard_thread(void);

#endif
