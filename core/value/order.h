/* Byte order. An array within a Value is stored in little-endian order, which most hosts have. */
#ifndef SHOAL_VALUE_ORDER_H
#define SHOAL_VALUE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The compiler reduces this to a constant. */
static inline bool shoal__host_is_little(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

static inline void shoal__store_little(unsigned char *at, uint64_t word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        at[i] = (unsigned char)(word >> 8 * i);
}

static inline uint64_t shoal__load_little(const unsigned char *at, size_t n)
{
    uint64_t word = 0;
    if (shoal__host_is_little()) {
        memcpy(&word, at, n);
        return word;
    }
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)at[i] << 8 * i;
    return word;
}

/* Reverse each word of `width` bytes within the `size` bytes at `at`. */
static inline void shoal__swap_words(unsigned char *at, size_t size, size_t width)
{
    for (unsigned char *word = at; width > 1 && word + width <= at + size; word += width) {
        for (size_t i = 0; i < width / 2; i++) {
            unsigned char byte = word[i];
            word[i] = word[width - 1 - i];
            word[width - 1 - i] = byte;
        }
    }
}

#endif
