/* Atomic words in shared memory: 32 bits wide, but for the value of a Counter (docs/format.md). */
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

/* Sequentially consistent, whether it succeeds or fails. */
static inline bool compare_swap(shoal_word *word, uint32_t expected, uint32_t desired)
{
    return atomic_compare_exchange_strong_explicit(word, &expected, desired, memory_order_seq_cst,
                                                   memory_order_acquire);
}

/*
 * SIGKILL leaves a program-order prefix of the machine instructions of the thread it hits, and the proof of its death
 * orders that prefix before recovery. So for data that only recovery reads the compiler must keep the order of stores,
 * and the processor need not.
 */
static inline void program_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
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

static inline void spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

#endif
