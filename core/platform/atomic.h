/* Atomic words in shared memory: 32 bits wide, except the value of a Counter, which has 64 (docs/format.md). */
#ifndef SHOAL_PLATFORM_ATOMIC_H
#define SHOAL_PLATFORM_ATOMIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef _Atomic uint32_t shoal_word;

static inline uint32_t load_relaxed(const shoal_word *word)
{
    return atomic_load_explicit((shoal_word *)word, memory_order_relaxed);
}

static inline uint32_t load_acquire(const shoal_word *word)
{
    return atomic_load_explicit((shoal_word *)word, memory_order_acquire);
}

static inline void store_relaxed(shoal_word *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline void store_release(shoal_word *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* A load that forms a store-load (Dekker) pair with the store before it: docs/recovery.md, "Memory order". */
static inline uint32_t load_sequential(const shoal_word *word)
{
    return atomic_load_explicit((shoal_word *)word, memory_order_seq_cst);
}

/* Sequentially consistent if it succeeds; an acquire load if it fails. */
static inline bool compare_swap(shoal_word *word, uint32_t expected, uint32_t desired)
{
    return atomic_compare_exchange_strong_explicit(word, &expected, desired, memory_order_seq_cst,
                                                   memory_order_acquire);
}

/*
 * A compiler barrier, for data that only recovery reads. A thread that SIGKILL hits has executed a prefix of its
 * machine instructions in program order, and the proof of its death orders the stores of that prefix before recovery.
 * So the compiler must keep the order of these stores; the processor need not.
 */
static inline void program_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

/*
 * A sequentially consistent store that a sequentially consistent exchange of this thread follows: where an exchange is a
 * full barrier, as on x86, the store itself needs none.
 */
static inline void store_before_exchange(shoal_word *word, uint32_t value)
{
#if defined(__x86_64__) || defined(__i386__)
    atomic_store_explicit(word, value, memory_order_release);
#else
    atomic_store_explicit(word, value, memory_order_seq_cst);
#endif
}

static inline void fence_acquire(void)
{
    atomic_thread_fence(memory_order_acquire);
}

static inline void fence_release(void)
{
    atomic_thread_fence(memory_order_release);
}

/* Between the store and the load of a store-load (Dekker) pair: one of the two sides sees the other's store. */
static inline void fence_sequential(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

/*
 * Have the processor fetch the lines after the first of `size` bytes that will be read soon: all at once, while a copy that
 * waits for its size would begin later. The address need not be a mapped one. More lines than it fetches at a time are of
 * no use.
 */
static inline void fetch_early(const void *at, uint64_t size)
{
    const char *line = at, *end = line + (size < 2048 ? size : 2048);
    while ((line += 64) < end)
        __builtin_prefetch(line);
}

static inline void spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

#endif
