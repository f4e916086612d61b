/* What a process has of the library: its attached segments, held locks and language hooks. Part of shoal.h. */
#ifndef SHOAL_CONTEXT_H
#define SHOAL_CONTEXT_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * All state of the library in a process hangs off a context; usually a process has one. Two contexts are two peers, as
 * two processes are. A forked child inherits the context and is a peer of its own from birth; it holds none of its
 * parent's locks (docs/c.md, "Forks").
 */
typedef struct shoal_context shoal_context;
typedef struct shoal_segment shoal_segment;

/*
 * NULL only when out of memory. A process may fork after this call: nothing that it did has to be undone in the child.
 */
SHOAL_API shoal_context *shoal_context_new(void);
/* Detaches every segment that is still attached. Views of arrays (shoal_object_retain) keep their memory. */
SHOAL_API void shoal_context_free(shoal_context *context);
/* Set the directory of segments with plain names (copied). NULL restores the default: $SHOAL_DIR, else /dev/shm. */
SHOAL_API int shoal_context_set_directory(shoal_context *context, const char *directory);
SHOAL_API const char *shoal_context_directory(shoal_context *context);
/*
 * Give up every lock that this thread (all_threads: this process) holds through `context`, as if the process had died:
 * the next taker of each gets SHOAL_RECOVERED. Returns the number of locks given up. Call this at the end of a request,
 * or of any other unit of work that a worker repeats.
 */
SHOAL_API int shoal_context_abandon_locks(shoal_context *context, bool all_threads);
/*
 * For languages that must handle signals themselves: waits of this context return SHOAL_EINTR after at most `longest`
 * nanoseconds; call again with the same deadline. (A wait whose sleeps have grown beyond 100 ms returns at the end of a
 * sleep: at most 2 s through a readonly attach, 4 s in a crowd at a Barrier.) Default: SHOAL_FOREVER, only a signal to
 * the waiting thread ends a wait early.
 */
SHOAL_API void shoal_context_set_slice(shoal_context *context, shoal_time longest);
/*
 * Hooks of a language runtime, for calls that must wait for the lock of a segment's structure. A holder has that lock
 * for microseconds, unless it is stopped. A call that has waited for a millisecond calls `begin`, and calls `end` when
 * the call is done: between the two let other threads run (release the interpreter's lock). At every signal and at the
 * end of every slice (a bounded sleep) the call runs `answer`, which returns 0 to go on, or a status below zero: then
 * the call ends with that status and has done nothing. All three run on the calling thread, never while it holds a lock
 * of the library; each may be NULL. Calls that cannot fail do not use the hooks: they wait 20 ms at most, and a later
 * call does what they left undone.
 */
typedef struct shoal_language {
    void (*begin)(void);
    int (*answer)(shoal_segment *segment); /* the locked segment; it stays attached until `end` */
    void (*end)(void);
} shoal_language;
SHOAL_API void shoal_context_set_language(shoal_context *context, const shoal_language *language);

#endif
