/* The identity of this process, and whether it is still the one that attached. */
#ifndef SHOAL_PLATFORM_PROCESS_H
#define SHOAL_PLATFORM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if defined __GLIBC__ && defined __has_include && __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define SHOAL__KNOWS_THREADS 1
#endif

uint32_t shoal__process_id(void);
/* A number that no other process has, in whatever PID namespace; a forked child has another. Never 0. */
uint64_t shoal__process_number(void);
uint32_t shoal__user_id(void);                        /* effective */
int shoal__working_directory(char *out, size_t size); /* 0 or -errno */

/*
 * The identity of this thread. `number` is the library's own: never reused in this process. `id` is the kernel's, for
 * people to read: a later thread may get the same one. Each thread caches both; they are 0 until shoal__ask_thread. In
 * a forked child the thread that forked keeps its number, which is unique there, too, and has an id of its own.
 */
/*
 * glibc keeps some thread-local space free for libraries that are loaded late; one instruction reads a variable there.
 */
#ifdef __GLIBC__
#define SHOAL__TLS_MODEL __attribute__((tls_model("initial-exec")))
#else
#define SHOAL__TLS_MODEL
#endif
struct shoal_thread {
    uint64_t number;
    int32_t id;
};
extern _Thread_local struct shoal_thread shoal__known_thread SHOAL__TLS_MODEL;
void shoal__ask_thread(void);

/*
 * how many numbers there are: enough for one thread per microsecond for twelve days; larger numbers are marks (holds.h)
 */
#define SHOAL__THREADS (((uint64_t)1 << 40) - 2)

static inline const struct shoal_thread *shoal__this_thread(void)
{
    if (__builtin_expect(shoal__known_thread.id == 0, 0))
        shoal__ask_thread();
    return &shoal__known_thread;
}

static inline int32_t shoal__thread_id(void)
{
    return shoal__this_thread()->id;
}

static inline uint64_t shoal__thread_number(void)
{
    uint64_t known = shoal__known_thread.number;
    return __builtin_expect(known != 0, 1) ? known : shoal__this_thread()->number;
}

/*
 * Has this process one thread only? Then no other can come while it is inside a call: what only this process's threads
 * change may be changed without locked instructions. False where the C library does not say.
 */
static inline bool shoal__is_single_threaded(void)
{
#ifdef SHOAL__KNOWS_THREADS
    return __libc_single_threaded;
#else
    return false;
#endif
}

void shoal__program_name(char out[16]);
bool shoal__is_stopped(uint32_t pid);      /* by a signal or a debugger; false also if that is not known */
int shoal__random(void *out, size_t size); /* 0 or -errno */
bool shoal__single_cpu(void);              /* then spinning is useless */

/*
 * A word that the kernel wipes in a forked child: it reads 0 there, even after a raw clone, which runs no fork
 * handlers. NULL when there is no memory.
 */
uint32_t *shoal__fork_word_new(void);
void shoal__fork_word_free(uint32_t *word);

#endif
