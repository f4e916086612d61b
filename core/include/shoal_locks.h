/*
 * The part of shoal.h about locks: Lock, RWLock, Semaphore, Event, Condition, Barrier, and waiting for them in pieces.
 * Included by shoal.h, after all that it uses.
 *
 * All of them: what a process holds belongs to the process, any of its threads may give it back, a forked child does
 * not have it, and it comes back when the process ends, however it ends. Uncontended: no system call. Waits take an
 * absolute deadline; SHOAL_EINTR means: a signal came first, call again with the same deadline.
 *
 * A thread is known by a number of its own, and not by the kernel's, which a later thread may get again: what a thread leaves
 * held when it ends is its process's, and no other thread's. What somebody holds or waits for keeps its name: shoal_object_remove.
 */
#ifndef SHOAL_LOCKS_H
#define SHOAL_LOCKS_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/* Of this thread: no other thread of this process has had it or will have it. A forked child's thread has its parent's. */
SHOAL_API uint64_t shoal_thread_number(void);

/* ---- Lock ------------------------------------------------------------------------------------ */

#define SHOAL_LOCK_REENTRANT 1u    /* the holding thread may take it again; a parameter of the object */
#define SHOAL_LOCK_ANY 0x80000000u /* open only: whatever it is */

/* SHOAL_EMISMATCH when the lock exists with other flags. */
SHOAL_API int shoal_lock_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                              uint32_t flags);
/*
 * Take `lock`, waiting until `deadline` at the latest.
 *
 *   SHOAL_OK          it is yours: this process's. Any thread may release it; a forked child does not have it.
 *   SHOAL_RECOVERED   it is yours, but its last holder died holding it: what it guards may be half-written.
 *   SHOAL_ETIMEDOUT   the deadline passed; you do not have it. (NO_WAIT: it is held, perhaps by this very thread, or others
 *                     sleep for it.)
 *   SHOAL_EINTR       a signal came first; call again with the same deadline.
 *   SHOAL_ELOCK       only without a deadline: this thread holds it already, and it is not reentrant; or the threads
 *                     that hold and wait for each other's locks form a cycle, which the message names. One of them is
 *                     told, so that it gives its locks back; you do not hold this one. Any number of threads, in
 *                     whatever processes, through whatever segments, if the process of one of them has attached all
 *                     of these for writing.
 *   SHOAL_EOWNERDIED  `strict`, and its last holder died: you hold nothing; shoal_lock_repair first.
 *
 * Uncontended: no system call.
 */
SHOAL_API int shoal_lock_acquire(shoal_object *lock, bool strict, shoal_time deadline);
SHOAL_API int shoal_lock_release(shoal_object *lock); /* SHOAL_ELOCK if this process does not hold it */
/* Declare sound what the lock of a dead owner guards. SHOAL_ELOCK if there is nothing to repair. */
SHOAL_API int shoal_lock_repair(shoal_object *lock);
SHOAL_API bool shoal_lock_is_locked(const shoal_object *lock); /* by a live process, this one included */
SHOAL_API bool shoal_lock_recovered(const shoal_object *lock); /* held by this process, and it got SHOAL_RECOVERED */
SHOAL_API bool shoal_lock_is_mine(const shoal_object *lock);   /* held by this process */
SHOAL_API bool shoal_lock_is_this_threads(const shoal_object *lock); /* held by this thread, and by no task of it */
SHOAL_API uint32_t shoal_lock_flags(const shoal_object *lock);

typedef struct shoal_owner {
    int32_t pid;      /* in its own PID namespace; 0: nobody holds the lock */
    int32_t thread;   /* kernel thread id, for information; 0: a task of an event loop, or not known */
    double since;     /* seconds since 1970, to about 4 ms; 0: not known */
    char program[16]; /* its name, as in /proc/PID/comm */
    bool alive;
    uint32_t count; /* of an RWLock how many of its threads read; permits of a Semaphore; else 1 */
} shoal_owner;

SHOAL_API int shoal_lock_owner(shoal_owner *out, const shoal_object *lock); /* of an RWLock: the writer */

/* ---- RWLock: many readers or one writer ------------------------------------------------------ */

/*
 * A waiting writer keeps new readers out, so it waits for no more than the readers that are inside; and a writer that
 * comes when readers wait lets these in first, waiting up to 10 ms for each to wake up. So neither starves. A writer that
 * is stopped while it waits keeps others out for half a second: then it has lost its turn, and begins anew when it goes on.
 * A thread that reads may read again (also while a writer waits). Neither side asks for the other: there is no upgrade.
 */
SHOAL_API int shoal_rwlock_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length);
/*
 * As shoal_lock_acquire, but: SHOAL_RECOVERED for readers too, as long as no writer has come since one died writing.
 * SHOAL_ELOCK: this thread writes already (read, write), or reads (write: an upgrade would wait for itself), with a deadline
 * too, as it would keep all others out meanwhile; or a cycle. A try (NO_WAIT) is SHOAL_ETIMEDOUT then, as for anybody.
 */
SHOAL_API int shoal_rwlock_read(shoal_object *rwlock, shoal_time deadline);
SHOAL_API int shoal_rwlock_write(shoal_object *rwlock, shoal_time deadline);
/* SHOAL_ELOCK if this process does not read, or write. unlock gives back whichever this thread, else process, holds. */
SHOAL_API int shoal_rwlock_read_unlock(shoal_object *rwlock);
SHOAL_API int shoal_rwlock_write_unlock(shoal_object *rwlock);
SHOAL_API int shoal_rwlock_unlock(shoal_object *rwlock);
/* From writing to reading, with no writer between. SHOAL_ELOCK if this process does not write. */
SHOAL_API int shoal_rwlock_downgrade(shoal_object *rwlock);
SHOAL_API bool shoal_rwlock_is_writing(const shoal_object *rwlock); /* this process */
SHOAL_API bool shoal_rwlock_is_reading(const shoal_object *rwlock); /* this process */
/* This process reads or writes, and was told SHOAL_RECOVERED or would be now. */
SHOAL_API bool shoal_rwlock_recovered(const shoal_object *rwlock);

/* ---- Semaphore ------------------------------------------------------------------------------- */

/*
 * With permits (flags 0): 1 to 65,536, each in the hands of the process that acquired it; what a dead process held comes
 * back; releasing what this process does not hold is SHOAL_ELOCK, so there are never more than `value`.
 * As a signal (SHOAL_SEMAPHORE_SIGNAL): a plain count from 0 to 2^31 - 1 that anybody may raise; nobody owns anything.
 */
#define SHOAL_SEMAPHORE_SIGNAL 1u
#define SHOAL_SEMAPHORE_ANY 0x80000000u /* open only: whatever it is; `value` is not looked at */
#define SHOAL_SEMAPHORE_MOST_PERMITS 65536u

/* SHOAL_EMISMATCH when it exists with another value or other flags; SHOAL_EVALUE. */
SHOAL_API int shoal_semaphore_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                   uint32_t value, uint32_t flags);
SHOAL_API int shoal_semaphore_acquire(shoal_object *semaphore, shoal_time deadline); /* OK, ETIMEDOUT, EINTR */
/* Give back n at once, or none: SHOAL_ELOCK (more than this process holds), SHOAL_EOVERFLOW (signal above 2^31 - 1). */
SHOAL_API int shoal_semaphore_release(shoal_object *semaphore, uint32_t n);
SHOAL_API int shoal_semaphore_value(uint32_t *out, const shoal_object *semaphore); /* free now */
SHOAL_API uint32_t shoal_semaphore_initial(const shoal_object *semaphore);
SHOAL_API uint32_t shoal_semaphore_flags(const shoal_object *semaphore);
SHOAL_API uint32_t shoal_semaphore_held(const shoal_object *semaphore); /* by this process; signal: 0 */

/* ---- Event ----------------------------------------------------------------------------------- */

SHOAL_API int shoal_event_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length);
SHOAL_API int shoal_event_set(shoal_object *event);
SHOAL_API int shoal_event_clear(shoal_object *event);
SHOAL_API bool shoal_event_is_set(const shoal_object *event);
/*
 * Until it is set, or was set meanwhile (and perhaps cleared again): OK, ETIMEDOUT, EINTR. Works readonly, where nobody
 * wakes it: it looks after 1 ms, then in intervals that grow by a quarter, up to a second.
 */
SHOAL_API int shoal_event_wait(const shoal_object *event, shoal_time deadline);

/* ---- Waiting in pieces ----------------------------------------------------------------------- */

/*
 * Every wait is one of these: for a language that must answer its signals, for a Condition and a Barrier (whose waits
 * have state), and for event loops. What this thread holds itself is SHOAL_ELOCK when until would wait for it, as above, and
 * SHOAL_PENDING to a try.
 *
 *   shoal_wait wait;
 *   status = shoal_wait_begin(&wait, object, SHOAL_WAIT_ACQUIRE, 0, 0);
 *   while (status == SHOAL_OK && (status = shoal_wait_until(&wait, deadline)) == SHOAL_EINTR)
 *       …
 *
 * or, never sleeping: shoal_wait_try; on SHOAL_PENDING let some thread sleep in shoal_wait_any, then try again. A wait
 * that is begun ends with another status of until or try than EINTR and PENDING, or with shoal_wait_cancel. It must stay
 * where it is in memory meanwhile, and is used by one thread at a time; the object must stay open.
 */
enum shoal_operation {
    SHOAL_WAIT_ACQUIRE = 1, /* Lock, Semaphore */
    SHOAL_WAIT_READ = 2,    /* RWLock */
    SHOAL_WAIT_WRITE = 3,
    SHOAL_WAIT_SET = 4,    /* Event */
    SHOAL_WAIT_VALUE = 5,  /* Counter: until it differs from `argument` */
    SHOAL_WAIT_NOTIFY = 6, /* Condition: shoal_condition_begin */
    SHOAL_WAIT_PASS = 7,   /* Barrier */
};

#define SHOAL_WAIT_STRICT 1u /* Lock: SHOAL_EOWNERDIED instead of SHOAL_RECOVERED */
#define SHOAL_WAIT_TASK 2u   /* for a task of an event loop: the hold does not belong to this thread */

typedef struct shoal_wait {
    /* After SHOAL_PENDING: worth another try when *word is not `expected`, or after `slice` nanoseconds. */
    const uint32_t *word;
    shoal_time slice;
    uint32_t expected;
    bool slice_over; /* set it before a try when that time has passed: the try looks for the dead */

    bool last;      /* Barrier, SHOAL_OK: all others wait for shoal_barrier_pass */
    uint32_t index; /* Barrier: 0 for the first to arrive … parties - 1 for the last */

    /* the library's */
    shoal_object *object;
    shoal_object *lock;
    int64_t argument;
    shoal_time look_at, patience, grace_end;
    uint32_t peer, operation, flags, phase, mark, seen, cell, ticket, taken, spins, place, depth, news;
} shoal_wait;

/* SHOAL_OK: begun, nothing is taken yet. SHOAL_ETYPE, SHOAL_EREADONLY, SHOAL_ELOCK (a task, and a reentrant Lock), … */
SHOAL_API int shoal_wait_begin(shoal_wait *wait, shoal_object *object, int operation, uint32_t flags, int64_t argument);
/* The statuses of the blocking call of that kind. SHOAL_ETIMEDOUT has ended it. */
SHOAL_API int shoal_wait_until(shoal_wait *wait, shoal_time deadline);
/* The same, or SHOAL_PENDING. */
SHOAL_API int shoal_wait_try(shoal_wait *wait);
/* Nothing is left behind; a wake-up that had come is passed on; a Barrier is broken. Nothing to do after the end. */
SHOAL_API void shoal_wait_cancel(shoal_wait *wait);
/* Is it worth another try now? */
SHOAL_API bool shoal_wait_is_ready(const shoal_wait *wait);
/*
 * Sleep until one of `count` pending waits is worth another try, `*bell` is not `heard`, the shortest of their slices has
 * passed, or a signal came. At most 127 of them are slept on; with more, or on a kernel without futex_waitv (5.16), this
 * returns after 2 ms, or so, to look. `bell` is the caller's own word; shoal_wait_ring changes it.
 */
SHOAL_API void shoal_wait_any(shoal_wait *const *waits, size_t count, const uint32_t *bell, uint32_t heard);
SHOAL_API void shoal_wait_ring(uint32_t *bell);

/* ---- Condition ------------------------------------------------------------------------------- */

/*
 * A condition belongs to one Lock of the same segment, for good. SHOAL_EMISMATCH when it exists with another (or with one
 * of that name that was removed since). lock NULL: open only.
 */
SHOAL_API int shoal_condition_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                   const shoal_object *lock);
/* "" and SHOAL_ECORRUPT's sentence when no lock can have the name that is there; NULL and SHOAL_ENOMEM's without memory. */
SHOAL_API const char *shoal_condition_lock_name(const shoal_object *condition, size_t *length);
/*
 * Open the Lock that it belongs to. SHOAL_ENOKEY when that was removed, SHOAL_EMISMATCH when its name is another Lock's, or
 * another kind's, by now: nothing is made. *out is a reference of the caller's.
 */
SHOAL_API int shoal_condition_lock(shoal_object **out, const shoal_object *condition);
/*
 * Let go of `lock` (however often this thread holds it), sleep until notified, take it back as often.
 *
 *   SHOAL_OK         notified; the lock is held
 *   SHOAL_RECOVERED  the same, and a holder of the lock died meanwhile
 *   SHOAL_ETIMEDOUT  not notified before the deadline; the lock is held all the same (shoal_lock_recovered tells)
 *   SHOAL_ELOCK      this process does not hold the lock
 *   SHOAL_ENOSPACE   as many wait as a condition has room for
 *
 * Signals do not end it; use the pieces below for that. No notification is lost: if the one who was notified dies, or
 * gives up, before it has the lock back, it goes to another who waited at that time.
 */
SHOAL_API int shoal_condition_wait(shoal_object *condition, shoal_object *lock, shoal_time deadline);
/* In pieces: begin (lets go of the lock), shoal_wait_until or _try (OK: notified), and in any case end, or cancel. */
SHOAL_API int shoal_condition_begin(shoal_wait *wait, shoal_object *condition, shoal_object *lock, uint32_t flags);
/*
 * Take the lock back: as shoal_lock_acquire. After SHOAL_EINTR, SHOAL_ETIMEDOUT and SHOAL_ELOCK (a cycle) call again, or
 * cancel, which gives the lock up. After SHOAL_EOWNERDIED (SHOAL_WAIT_STRICT) too: you do not hold the lock. A wait with SHOAL_WAIT_TASK never sleeps here: SHOAL_PENDING, as from shoal_wait_try,
 * then call this again. *notified: also if that came after the deadline. After OK and RECOVERED the wait is over.
 */
SHOAL_API int shoal_condition_end(bool *notified, shoal_wait *wait, shoal_time deadline);
/* Wake up to n (UINT32_MAX: all), the longest waiting first. SHOAL_ELOCK if this process does not hold the lock. */
SHOAL_API int shoal_condition_notify(uint32_t *notified, shoal_object *condition, shoal_object *lock, uint32_t n);

/* ---- Barrier --------------------------------------------------------------------------------- */

/*
 * `parties` threads meet: 1 to 4,096; 0: open only, whatever it is. SHOAL_EMISMATCH when it exists with another number.
 * Who has been at it once belongs to it until it closes the object; if such a process dies without that, at the barrier
 * or on its way to it, the barrier is broken for all who wait or will come, until somebody resets it.
 */
SHOAL_API int shoal_barrier_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                 uint32_t parties);
/* SHOAL_OK with *index, 0 to parties - 1; SHOAL_EBROKEN, with who broke it; SHOAL_ETIMEDOUT, which breaks it. */
SHOAL_API int shoal_barrier_wait(uint32_t *index, shoal_object *barrier, shoal_time deadline);
/* In pieces: when until or try returns OK with wait->last, nobody goes on until this. SHOAL_EBROKEN. */
SHOAL_API int shoal_barrier_pass(shoal_wait *wait);
SHOAL_API int shoal_barrier_abort(shoal_object *barrier); /* break it: all who wait get SHOAL_EBROKEN */
SHOAL_API int shoal_barrier_reset(shoal_object *barrier); /* empty and whole; who waits gets SHOAL_EBROKEN */
SHOAL_API bool shoal_barrier_broken(const shoal_object *barrier);
SHOAL_API uint32_t shoal_barrier_parties(const shoal_object *barrier);
SHOAL_API uint32_t shoal_barrier_waiting(const shoal_object *barrier); /* now, and alive */

/* ---- Who holds, who waits -------------------------------------------------------------------- */

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
/* Call `each` with every object of the six kinds above, open, until it returns non-zero (which is returned). */
typedef int (*shoal_each_lock)(void *argument, shoal_object *lock);
SHOAL_API int shoal_segment_each_lock(shoal_segment *segment, shoal_each_lock each, void *argument);

#endif
