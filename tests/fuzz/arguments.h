/* What the parts of the target `arguments` share: bytes that choose, and complaints. */
#ifndef SHOAL_FUZZ_ARGUMENTS_H
#define SHOAL_FUZZ_ARGUMENTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoal.h"

struct bytes {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t take_byte(struct bytes *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static inline uint64_t take_number(struct bytes *in)
{
    uint64_t number = 0;
    size_t size = in->left < sizeof number ? in->left : sizeof number;
    memcpy(&number, in->at, size);
    in->at += size;
    in->left -= size;
    return number;
}

/* A number near something that matters, or any. */
static inline int64_t take_telling(struct bytes *in)
{
    static const int64_t telling[] = {0,
                                      1,
                                      -1,
                                      2,
                                      3,
                                      7,
                                      8,
                                      31,
                                      32,
                                      33,
                                      64,
                                      255,
                                      65536,
                                      INT32_MAX,
                                      UINT32_MAX,
                                      (int64_t)1 << 47,
                                      INT64_MAX,
                                      INT64_MIN,
                                      INT64_MIN + 1,
                                      -2,
                                      -8,
                                      4096};
    uint8_t choice = take_byte(in);
    if (choice >= 250)
        return (int64_t)take_number(in);
    return (int64_t)((uint64_t)telling[choice % (sizeof telling / sizeof *telling)] + (uint64_t)(choice / 100));
}

/* The rest, in memory of exactly that size: a read past its end is seen. */
static inline char *take_text(const struct bytes *in)
{
    char *text = malloc(in->left ? in->left : 1);
    memcpy(text, in->at, in->left);
    return text;
}

#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "VIOLATION: %s:%d: %s (last error: %s)\n", __FILE__, __LINE__, #condition,                 \
                    shoal_error_message());                                                                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

void try_view(struct bytes *in);     /* windows: where they lie */
void try_elements(struct bytes *in); /* windows: what is done through them */
void try_scalar(struct bytes *in);

#endif
