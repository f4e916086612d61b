/* Who this process is, and whether it is still the one that attached. */
#ifndef SHOAL_PLATFORM_PROCESS_H
#define SHOAL_PLATFORM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t shoal__process_id(void);
/* A number that no other process has, in whatever PID namespace: a forked child has another. Never 0. */
uint64_t shoal__process_number(void);
uint32_t shoal__user_id(void);                        /* effective */
int shoal__working_directory(char *out, size_t size); /* 0 or -errno */

/* The kernel's id of this thread, kept by the thread; 0: not asked yet. */
#ifdef __GLIBC__ /* keeps room for a few bytes of this, also for libraries that are loaded late: one instruction */
#define SHOAL__TLS_MODEL __attribute__((tls_model("initial-exec")))
#else
#define SHOAL__TLS_MODEL
#endif
extern _Thread_local int32_t shoal__known_thread_id SHOAL__TLS_MODEL;
int32_t shoal__ask_thread_id(void);

static inline int32_t shoal__thread_id(void)
{
    int32_t known = shoal__known_thread_id;
    return __builtin_expect(known != 0, 1) ? known : shoal__ask_thread_id();
}

void shoal__program_name(char out[16]);
int shoal__random(void *out, size_t size); /* 0 or -errno */
bool shoal__single_cpu(void);              /* spinning is no use here */

/*
 * A word that a fork wipes: in the child it reads 0, whichever way the child was made (fork handlers miss
 * raw clone). NULL when there is no memory.
 */
uint32_t *shoal__fork_word_new(void);
void shoal__fork_word_free(uint32_t *word);

#endif
