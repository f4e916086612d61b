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

/* NULL only when out of memory. Makes no system call that a later fork() would have to undo. */
SHOAL_API shoal_context *shoal_context_new(void);
/* Detaches every segment that is still attached. Views of arrays (shoal_object_retain) keep their memory. */
SHOAL_API void shoal_context_free(shoal_context *context);
/* Set where plain names live; the text is copied. NULL restores the default: $SHOAL_DIR, else /dev/shm. */
SHOAL_API int shoal_context_set_directory(shoal_context *context, const char *directory);
SHOAL_API const char *shoal_context_directory(shoal_context *context);
/*
 * Give up every lock that this thread (all_threads: this process) holds through `context`, as if the process had died:
 * the next taker of each gets SHOAL_RECOVERED. Returns how many there were. Call it at the end of a request, or of
 * whatever unit of work a worker repeats.
 */
SHOAL_API int shoal_context_abandon_locks(shoal_context *context, bool all_threads);
/*
 * For languages that must handle signals themselves: waits of this context return SHOAL_EINTR at least every `longest`
 * nanoseconds; call again with the same deadline. Default: SHOAL_FOREVER, only signals end a wait early.
 */
SHOAL_API void shoal_context_set_slice(shoal_context *context, shoal_time longest);
/*
 * Hooks for a language, for calls that find the structure of a segment locked. That lock is held for microseconds,
 * unless its holder is stopped. After a millisecond `begin` is called, and `end` when the call is done (let other
 * threads run between them); `answer` is called at every signal and every slice. It returns 0, or a status below zero:
 * then the call ends with that status and has done nothing. All three run on the calling thread, never while it holds a
 * lock of the library; each may be NULL. Calls that cannot fail do not call them: they wait 20 ms at most, and a later
 * call does what they left undone.
 */
typedef struct shoal_language {
    void (*begin)(void);
    int (*answer)(shoal_segment *segment); /* segment: whose structure is locked; it stays attached until the end */
    void (*end)(void);
} shoal_language;
SHOAL_API void shoal_context_set_language(shoal_context *context, const shoal_language *language);

#endif
