/*
 * Converts rows of elements to the widest type of their family and back, a block at a time: so each pair of dtypes
 * converts through one of four wide types, and needs no loop of its own.
 */
#ifndef SHOAL_VALUE_CONVERT_H
#define SHOAL_VALUE_CONVERT_H

#include "shoal.h"

#define SHOAL__BLOCK 128 /* elements; as many as numpy's pairwise summation adds without splitting */

/* Which member is in use follows from the family of the dtype that was loaded. */
union shoal__block {
    int64_t i[SHOAL__BLOCK];   /* BOOL, INT */
    uint64_t u[SHOAL__BLOCK];  /* UINT */
    double f[SHOAL__BLOCK];    /* FLOAT */
    double c[SHOAL__BLOCK][2]; /* COMPLEX */
};

/* Load `n` elements, at most SHOAL__BLOCK, `step` bytes apart. Not for BYTES. */
void shoal__block_load(union shoal__block *out, shoal_dtype dtype, const unsigned char *at, int64_t step, size_t n);

/* Load them as doubles, whatever real dtype they have. Not for complex numbers. */
void shoal__block_load_real(double *out, shoal_dtype dtype, const unsigned char *at, int64_t step, size_t n);

/* Store `n` elements that were loaded as `from`; the pair must satisfy shoal__dtype_converts. Converts as C does. */
void shoal__block_store(unsigned char *at, int64_t step, shoal_dtype to, const union shoal__block *block,
                        shoal_dtype from, size_t n);

#endif
