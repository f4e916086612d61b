/*
 * Shoal: arrays, values, counters and locks in shared memory, by name, for processes of one host. This is the whole
 * interface: it includes a header for each noun (shoal/segment.h, shoal/value.h, shoal/lock.h …). Include only this
 * one.
 *
 * The promise: any process may be killed (SIGKILL) at any instruction. The other processes do not deadlock on what it
 * held, no store that a call has acknowledged is lost, and nothing that a call stores is seen half-written. A readonly
 * attach writes nothing, and no other process can block it.
 *
 * The price:
 *   - every process attached for writing can overwrite everything: attach untrusted readers readonly;
 *   - the bytes of an NdArray are plain memory: concurrent writers need a lock of their own;
 *   - waiters notice that an owner died at most 100 ms after the kernel has taken down its memory.
 *
 * Conventions. Every function that can fail returns a status: 0 success, < 0 an error, > 0 success with news. Test
 * `status < 0`; shoal_error_message() then says what was asked, what is there and what to do. Output parameters come
 * first in the argument list; they are NULL or zero after a failure. Nothing here prints, aborts, or uses errno. Waits
 * take an absolute deadline and return SHOAL_EINTR on a signal. Every function may be called from any thread. Names of
 * objects are UTF-8, 1 to 255 bytes, no NUL.
 */
#ifndef SHOAL_H
#define SHOAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An extension that links the core into itself hides the core's symbols with -DSHOAL_API= */
#if !defined(SHOAL_API) && defined(__GNUC__)
#define SHOAL_API __attribute__((visibility("default")))
#elif !defined(SHOAL_API)
#define SHOAL_API
#endif

#define SHOAL_VERSION "0.1.0"
#define SHOAL_FORMAT 6 /* version of docs/format.md; opening a segment of another version: SHOAL_EVERSION */

#include "shoal/status.h"
#include "shoal/context.h"
#include "shoal/segment.h"
#include "shoal/wire.h"
#include "shoal/info.h"
#include "shoal/kind.h"
#include "shoal/object.h"
#include "shoal/value.h"
#include "shoal/view.h"
#include "shoal/ndarray.h"
#include "shoal/counter.h"
#include "shoal/holders.h"
#include "shoal/lock.h"
#include "shoal/rwlock.h"
#include "shoal/semaphore.h"
#include "shoal/event.h"
#include "shoal/wait.h"
#include "shoal/condition.h"
#include "shoal/barrier.h"
#include "shoal/stream.h"
#include "shoal/queue.h"
#include "shoal/job.h"
#include "shoal/job_queue.h"
#include "shoal/channel.h"
#include "shoal/map.h"
#include "shoal/map_change.h"
#include "shoal/map_flight.h"
#include "shoal/locks.h"

#ifdef __cplusplus
}
#endif
#endif
