/* Chance, by the seed. */
#include "step.h"

uint64_t randomness, drawn;

uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint32_t below(size_t n)
{
    randomness += 0x9e3779b97f4a7c15u;
    uint32_t result = (uint32_t)(mix(randomness) % n);
    drawn = mix(drawn ^ (result + 1));
    return result;
}

/* In front of the C library: ids of segments and keys of their tables come from the seed as well. */
ssize_t getrandom(void *out, size_t size, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)below(256);
    return (ssize_t)size;
}
