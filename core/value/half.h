/*
 * Converts IEEE 754 binary16 to double and back in integer arithmetic: not every compiler and host has _Float16.
 */
#ifndef SHOAL_VALUE_HALF_H
#define SHOAL_VALUE_HALF_H

#include <stdint.h>

/* This conversion is exact. */
double shoal__half_to_double(uint16_t half);

/* Rounds to nearest, ties to even; a number too large becomes infinite, a NaN keeps the top bits of its payload. */
uint16_t shoal__half_from_double(double value);

#endif
