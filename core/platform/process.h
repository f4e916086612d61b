/* The identity of this process, and whether it is still the one that attached. */
#ifndef SHOAL_PLATFORM_PROCESS_H
#define SHOAL_PLATFORM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t shoal__process_id(void);
/* A number that no other process has, in whatever PID namespace; a forked child has another. Never 0. */
uint64_t shoal__process_number(void);
uint32_t shoal__user_id(void);                        /* effective */
int shoal__working_directory(char *out, size_t size); /* 0 or -errno */

/*
 * The identity of this thread. `number`, for the library: unique in this process for ever. `id`, for people: the
 * kernel's, which a later thread may get again. The thread caches both; they are 0 until it asks. A forked child's
 * thread has its parent's number, which is unique there, too, and an id of its own.
 */
/* glibc reserves a few thread-local bytes, for libraries that are loaded late, too: one instruction reads them. */
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

/* how many numbers there are: one thread per microsecond for twelve days; larger ones are other marks */
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

void shoal__program_name(char out[16]);
int shoal__random(void *out, size_t size); /* 0 or -errno */
bool shoal__single_cpu(void);              /* then spinning is useless */

/*
 * A word that a fork wipes: in the child it reads 0, however the child was made (a raw clone runs no fork handlers).
 * NULL when there is no memory.
 */
uint32_t *shoal__fork_word_new(void);
void shoal__fork_word_free(uint32_t *word);

#endif
