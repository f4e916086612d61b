/*
 * Who holds and who waits: what is true of Lock, RWLock, Semaphore, Event, Condition and Barrier alike. Part of shoal.h.
 *
 * What a process holds belongs to the process, any of its threads may give it back, a forked child does
 * not have it, and it comes back when the process ends, however it ends. Uncontended: no system call. Waits take an
 * absolute deadline; SHOAL_EINTR means: a signal came first, call again with the same deadline.
 *
 * A thread is known by a number of its own, and not by the kernel's, which a later thread may get again: what a thread leaves
 * held when it ends is its process's, and no other thread's. What somebody holds or waits for keeps its name: shoal_object_remove.
 */
#ifndef SHOAL_HOLDERS_H
#define SHOAL_HOLDERS_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/* Of this thread: no other thread of this process has had it or will have it. A forked child's thread has its parent's. */
SHOAL_API uint64_t shoal_thread_number(void);

typedef struct shoal_owner {
    int32_t pid;      /* in its own PID namespace; 0: nobody holds the lock */
    int32_t thread;   /* kernel thread id, for information; 0: a task of an event loop, or not known */
    double since;     /* seconds since 1970, to about 4 ms; 0: not known */
    char program[16]; /* its name, as in /proc/PID/comm */
    bool alive;
    uint32_t count; /* of an RWLock how many of its threads read; permits of a Semaphore; else 1 */
} shoal_owner;

/*
 * Up to `limit` into `out`; *count is how many there are. Holders: of a Lock its owner, of an RWLock its writer or its
 * readers, of a Semaphore the processes with permits, of a Barrier those who have arrived. Waiters: threads (thread 0: a
 * task) that wait for any of them, or for a Counter; not who waits through a readonly attach. A moment's picture.
 *
 * An entry of waiters with `count` 0 says that the list is cut: that process has waits in this segment, for whatever, that found no place
 * to be noted in. It has thousands of them at once, or the segment is full, or it is so for a moment.
 */
SHOAL_API int shoal_object_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
SHOAL_API int shoal_object_waiters(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
/* Call `each` with every object of these six kinds, open, until it returns non-zero (which is returned). */
typedef int (*shoal_each_lock)(void *argument, shoal_object *lock);
SHOAL_API int shoal_segment_each_lock(shoal_segment *segment, shoal_each_lock each, void *argument);
/* The same as a list of handles: close each, then shoal_list_free. */
SHOAL_API int shoal_segment_locks(shoal_object ***out, size_t *count, shoal_segment *segment);

#endif
