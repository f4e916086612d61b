/*
 * What the list of dtypes in shoal/view.h does not say: families, and which family converts to which.
 */
#ifndef SHOAL_VALUE_DTYPE_H
#define SHOAL_VALUE_DTYPE_H

#include "shoal.h"

#define SHOAL__DTYPE_COUNT 16 /* one more than the highest number */

/* In the order of numpy's `same_kind` casting: a family converts to itself and to the families after it. */
enum shoal__family {
    SHOAL__FAMILY_NONE, /* no dtype has this number */
    SHOAL__FAMILY_BOOL,
    SHOAL__FAMILY_UINT,
    SHOAL__FAMILY_INT,
    SHOAL__FAMILY_FLOAT,
    SHOAL__FAMILY_COMPLEX,
    SHOAL__FAMILY_BYTES, /* converts only to itself */
};

enum shoal__family shoal__dtype_family(shoal_dtype dtype);

/* Is its number in the list, with an item size that this number allows? */
bool shoal__dtype_valid(shoal_dtype dtype);

/* The width of the words that a change of byte order swaps: an item; of complex, half an item; of BYTES, 1. */
size_t shoal__dtype_word(shoal_dtype dtype);

bool shoal__dtype_equal(shoal_dtype a, shoal_dtype b);

/* As numpy's can_cast(from, to, "same_kind"), except that numbers do not convert to bytes. */
bool shoal__dtype_converts(shoal_dtype to, shoal_dtype from);

#endif
