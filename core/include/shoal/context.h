/* What a process has of the library: its segments, its locks, its language. Part of shoal.h. */
#ifndef SHOAL_CONTEXT_H
#define SHOAL_CONTEXT_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * All state of the library in a process hangs off a context: usually one for each process. Two contexts
 * are two peers, as two processes are. A forked child inherits the context and is a peer of its own from birth; it holds
 * none of its parent's locks (docs/c.md, "Forks").
 */
typedef struct shoal_context shoal_context;
typedef struct shoal_segment shoal_segment;

/* NULL only when out of memory. Makes no system call that a later fork() would have to undo. */
SHOAL_API shoal_context *shoal_context_new(void);
/* Detaches what is still attached. Views of arrays (shoal_object_retain) keep their memory. */
SHOAL_API void shoal_context_free(shoal_context *context);
/* Where plain names live. Default: $SHOAL_DIR, else /dev/shm. Copied. NULL: back to the default. */
SHOAL_API int shoal_context_set_directory(shoal_context *context, const char *directory);
SHOAL_API const char *shoal_context_directory(shoal_context *context);
/*
 * Give up every lock that this thread (all_threads: this process) holds through `context`, as if the
 * process had died: the next taker of each is told SHOAL_RECOVERED. Returns how many there were.
 * For the end of a request, or of whatever a worker does in turns.
 */
SHOAL_API int shoal_context_abandon_locks(shoal_context *context, bool all_threads);
/*
 * For languages that must look at their own signals: waits of this context return SHOAL_EINTR at least every `longest`
 * nanoseconds; call again with the same deadline. Default: SHOAL_FOREVER, only signals end a wait early.
 */
SHOAL_API void shoal_context_set_slice(shoal_context *context, shoal_time longest);
/*
 * What a language does when a call finds the structure of a segment locked. That takes microseconds, unless who has it is
 * stopped: then, after a millisecond, `begin` is called and `end` when the call is done (let other threads run between
 * them), and `answer` at every signal and every slice. It returns 0, or a status below zero with which the call ends
 * then, having done nothing. All on the calling thread, none of them while a lock of ours is held; each may be NULL.
 * Not asked by calls that cannot fail: they wait 20 ms at most, and what is left is done by a later call.
 */
typedef struct shoal_language {
    void (*begin)(void);
    int (*answer)(shoal_segment *segment); /* whose structure it is; it stays attached until the end */
    void (*end)(void);
} shoal_language;
SHOAL_API void shoal_context_set_language(shoal_context *context, const shoal_language *language);

#endif
