/*
 * Holders and waiters: what is true of Lock, RWLock, Semaphore, Event, Condition and Barrier alike. Part of shoal.h.
 *
 * What a process holds belongs to the process: any of its threads may release it, a forked child does not have it, and
 * it is released when the process ends, however it ends. An uncontended call makes no system call. Waits take an
 * absolute deadline; SHOAL_EINTR means: a signal came first, call again with the same deadline.
 *
 * The library numbers threads itself, since the kernel gives an ended thread's id to a later thread. What a thread
 * still holds when it ends belongs to its process, and to no other thread. An object that is held or waited for cannot
 * be removed (shoal_object_remove).
 */
#ifndef SHOAL_HOLDERS_H
#define SHOAL_HOLDERS_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * The number of this thread, never reused in this process. In a forked child the thread that forked keeps its number.
 */
SHOAL_API uint64_t shoal_thread_number(void);

typedef struct shoal_owner {
    int32_t pid;      /* as its own PID namespace has it; 0: no process holds the lock */
    int32_t thread;   /* kernel thread id, for information; 0: a task of an event loop, or not known */
    double since;     /* seconds since 1970, to about 4 ms; 0: not known */
    char program[16]; /* the name of the program, as in /proc/PID/comm */
    bool alive;
    uint32_t count; /* RWLock: how many of the process's threads read; Semaphore: its permits; else 1 */
} shoal_owner;

/*
 * Write up to `limit` entries to `out`; *count is how many there are. Holders: of a Lock its owner, of an RWLock its
 * writer or its readers, of a Semaphore the processes with permits, of a Barrier the parties that have arrived.
 * Waiters: threads (thread 0: a task) that wait for any object of these six kinds, or for a Counter; waits through a
 * readonly attach are not seen. The list is a snapshot.
 *
 * An entry of waiters with `count` 0 says that the list is incomplete: that process has waits in this segment for which
 * there was no place to note them, because it waits for thousands of objects at once, or because the segment is full,
 * perhaps only for a moment.
 */
SHOAL_API int shoal_object_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
SHOAL_API int shoal_object_waiters(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
/* Call `each` with every object of these six kinds, opened, until `each` returns non-zero; that value is returned. */
typedef int (*shoal_each_lock)(void *argument, shoal_object *lock);
SHOAL_API int shoal_segment_each_lock(shoal_segment *segment, shoal_each_lock each, void *argument);
/* The same as a list of handles: close each, then shoal_list_free. */
SHOAL_API int shoal_segment_locks(shoal_object ***out, size_t *count, shoal_segment *segment);

#endif
