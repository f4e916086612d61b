/*
 * IEEE 754 binary16 in and out of double, by hand: not every compiler and host has _Float16.
 */
#ifndef SHOAL_VALUE_HALF_H
#define SHOAL_VALUE_HALF_H

#include <stdint.h>

/* The conversion is exact. */
double shoal__half_to_double(uint16_t half);

/* Rounds to nearest, ties to even; too large becomes an infinity, NaN stays NaN with the top of its payload. */
uint16_t shoal__half_from_double(double value);

#endif
