#include "value/hash.h"

#include "value/order.h"

static uint64_t rotate_left(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

/* Inlined, so that the state stays in registers: names are short, so a call's cost would show. */
__attribute__((always_inline)) static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[3];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[2] = rotate_left(v[2], 32);
}

static inline void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* The last bytes, fewer than 8, as a little-endian word, in two loads that may overlap. */
static inline uint64_t load_rest(const unsigned char *at, size_t n)
{
    if (n >= 4)
        return shoal__load_little(at, 4) | shoal__load_little(at + n - 4, 4) << 8 * (n - 4);
    if (n >= 2)
        return shoal__load_little(at, 2) | shoal__load_little(at + n - 2, 2) << 8 * (n - 2);
    return n == 1 ? *at : 0;
}

__attribute__((always_inline)) static inline uint64_t hash(const void *bytes, size_t n, const uint64_t key[2])
{
    const unsigned char *at = bytes;
    const unsigned char *last_word = at + (n & ~(size_t)7);
    uint64_t v[4] = {
        key[0] ^ 0x736f6d6570736575u,
        key[1] ^ 0x646f72616e646f6du,
        key[0] ^ 0x6c7967656e657261u,
        key[1] ^ 0x7465646279746573u,
    };
    for (; at != last_word; at += 8)
        absorb(v, shoal__load_little(at, 8));
    absorb(v, (uint64_t)n << 56 | load_rest(at, n & 7));
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t shoal__hash(const void *bytes, size_t n, const uint64_t key[2])
{
    return (uint32_t)hash(bytes, n, key);
}

uint64_t shoal__hash64(const void *bytes, size_t n, const uint64_t key[2])
{
    return hash(bytes, n, key);
}
